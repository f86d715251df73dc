"""What coordinators write in forms, as values or as faults."""

from datetime import date, time

import pytest

from flows.forms import CREATE, MOVE, TRY_OUT, Field, FormFaults, Named, NamedGroup, When

ENOUGH = {"name": "North", "people": "Kari, Amir", "on": ["2026-10-13"], "at": "09:00"}


def faults(written):
    with pytest.raises(FormFaults) as told:
        CREATE.read(written)
    return {fault.field: fault.why for fault in told.value.faults}


def test_what_was_written_becomes_values():
    read = CREATE.read(
        {
            "name": " North ", "group": ["Fjord: Kari  Vik (Health), Amir", "Fjell: Liv"], "zone": "Europe/Oslo",
            "on": ["2026-10-13", "2026-10-27 13.30", "2026-11-10T08:05"], "at": "9:00", "window": "3",
            "which": "second", "tentative": True, "note_taker": ["Kari, Liv", "Amir"],
        }
    )  # fmt: skip
    assert read["name"] == "North"
    assert read["group"] == (
        NamedGroup("Fjord", (Named("Kari Vik", "Health"), Named("Amir"))),
        NamedGroup("Fjell", (Named("Liv"),)),
    )
    assert read["on"] == (
        When(date(2026, 10, 13)),
        When(date(2026, 10, 27), time(13, 30)),
        When(date(2026, 11, 10), time(8, 5)),
    )
    assert (read["at"], read["window"], read["which"], read["tentative"]) == (time(9), 3, "second", True)
    assert read["note_taker"] == ((Named("Kari"), Named("Liv")), (Named("Amir"),))


def test_what_was_left_empty_has_its_usual_value_or_none():
    read = CREATE.read(ENOUGH)
    assert (read["pace"], read["answering"], read["arena"]) == ("live", "each", "staff")
    assert (read["zone"], read["form"], read["coordinator"], read["tentative"]) == (None, None, (), False)


def test_every_fault_of_a_form_is_told_at_once():
    told = faults(
        {**ENOUGH, "name": "  ", "on": ["2026-13-01"], "at": "25:00", "pace": "slow", "window": "0"}
    )
    assert told.keys() == {"name", "on", "at", "pace", "window"}
    assert "write it like 2026-10-13" in told["on"]
    assert "write it like 09:00" in told["at"]
    assert "live, async" in told["pace"]
    assert "is needed" in told["name"]


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"people": None}, "people", "nobody is named"),
        ({"group": ["Fjord: Liv"]}, "group", "listed twice"),
        ({"on": []}, "on", "no date is given"),
        ({"rule": "every tuesday 09:00, six times"}, "rule", "dates are given twice"),
        ({"at": None}, "at", "at what time of day"),
        ({"on": [], "rule": "every tuesday 09:00, six times"}, "at", "holds its own time"),
        ({"people": None, "group": ["Kari, Amir"]}, "group", "is no group"),
        ({"people": "Kari (Health"}, "people", "is no name"),
        ({"people": f"Kari, {'A' * 101}"}, "people", "too long for a name"),
        ({"people": f"Kari ({'A' * 101})"}, "people", "too long for a name"),
        ({"name": "A" * 101}, "name", "too long for a name"),
        ({"on": ["1026-10-13"]}, "on", "check the year"),
    ],
)
def test_what_does_not_fit_is_told_by_field(changed, field, why):
    assert why in faults({**ENOUGH, **changed})[field]


def test_a_date_with_its_own_time_needs_no_other():
    assert CREATE.read({**ENOUGH, "on": ["2026-10-13 10:00"], "at": None})["on"][0].at == time(10)


def test_a_field_is_called_the_same_everywhere():
    assert CREATE.label(CREATE.fields[0]) == "form.series-create.name"


@pytest.mark.parametrize("form", [CREATE, MOVE, TRY_OUT], ids=lambda form: form.name)
def test_forms_are_sound(form):
    names = [field.name for field in form.fields]
    assert len(names) == len(set(names))
    for field in form.fields:
        assert (field.kind == "choice") == bool(field.choices)
        assert field.usual is None or field.read(field.usual)


def test_a_choice_is_one_of_its_own():
    with pytest.raises(ValueError, match="write one of live, async"):
        Field("pace", "choice", "", choices=("live", "async")).read("both")
