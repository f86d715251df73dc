"""From what is asked for to a plan: dates, groups, and what a coordinator is told."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.series.dates import clock_changes, closed_day
from bot.series.holidays import holidays_between
from bot.series.naming import first_free, slug
from bot.series.planning import Tenant
from bot.series.problems import NotFound, SeriesProblem, WhichTime
from flows.calendar import UnknownZone
from flows.rules import UnreadableRule
from tests.bot.a_series import AFTER, BEFORE, HERE, NOW, planned


def at(plan):
    """Local dates and times, as they stand on the wall."""
    return [f"{each.moment.on} {each.moment.at:%H:%M}" for each in plan.sittings]


def names(count):
    return ", ".join(f"Person {n}" for n in range(count))


# -- dates


def test_the_local_time_stays_when_the_clock_changes():
    plan = planned()
    assert at(plan) == ["2026-10-20 09:00", "2026-11-03 09:00", "2026-11-17 09:00"]
    assert [each.at.hour for each in plan.sittings] == [7, 8, 8]


def test_a_rule_gives_the_dates():
    plan = planned(rule="every second tuesday 09:00, three times", start="2026-10-07")
    assert at(plan) == ["2026-10-13 09:00", "2026-10-27 09:00", "2026-11-10 09:00"]


def test_a_rule_without_a_start_counts_from_today_where_the_series_is():
    late = datetime(2026, 10, 12, 23, 0, tzinfo=UTC)  # already the 13th, a Tuesday, in Oslo
    plan = planned(rule="every tuesday 09:00, three times", now=late)
    assert at(plan)[0] == "2026-10-13 09:00"


def test_a_rule_that_cannot_be_read_is_refused():
    with pytest.raises(UnreadableRule):
        planned(rule="now and then")


def test_rounds_are_held_in_their_order():
    plan = planned(on=[AFTER, "2026-11-17 08:00", BEFORE])
    assert at(plan) == ["2026-10-20 09:00", "2026-11-03 09:00", "2026-11-17 08:00"]
    assert [each.number for each in plan.sittings] == [1, 2, 3]


def test_a_one_day_form_puts_all_rounds_on_one_day_with_its_breaks():
    assert at(planned(on=[BEFORE], form="one-day")) == [
        "2026-10-20 09:00",
        "2026-10-20 09:55",
        "2026-10-20 10:50",
    ]


def test_a_date_named_again_is_the_next_round_of_that_day():
    assert at(planned(on=[BEFORE, BEFORE, AFTER], form="plenum")) == [
        "2026-10-20 09:00",
        "2026-10-20 09:40",
        "2026-11-03 09:00",
    ]


def test_a_time_that_does_not_exist_is_named_and_asked_about():
    with pytest.raises(WhichTime) as told:
        planned(on=["2026-10-20", "2027-03-28 02:30"], which="first")
    assert told.value.number == 2
    assert not told.value.twice
    assert "02:30 on 2027-03-28 does not exist in Europe/Oslo" in str(told.value)
    assert "such as 01:30 or 03:30" in str(told.value)


def test_a_time_that_comes_twice_is_asked_about_and_settled_by_saying_which():
    with pytest.raises(WhichTime) as told:
        planned(on=["2026-10-25"], at="02:30")
    assert told.value.twice
    assert "The first is at 00:30 UTC, the second at 01:30 UTC" in str(told.value)
    moments = {
        which: planned(on=["2026-10-25"], at="02:30", which=which).sittings[0]
        for which in ("first", "second")
    }
    assert [each.at.hour for each in moments.values()] == [0, 1]
    assert [each.moment.fold for each in moments.values()] == [0, 1]


def test_saying_which_means_nothing_where_a_time_comes_once():
    assert planned(which="second").sittings == planned().sittings


def test_a_date_that_has_passed_is_refused():
    with pytest.raises(SeriesProblem, match=r"Session 1: 2026-09-29 at 09:00 has passed"):
        planned(on=["2026-09-29"])


def test_zones_are_those_of_the_zone_database():
    assert planned(zone="Europe/Helsinki").sittings[0].at.hour == 6
    with pytest.raises(UnknownZone, match="Did you mean Europe/Oslo"):
        planned(zone="Oslo")


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        ({"on": [BEFORE, AFTER]}, "dates for 2. Without a date: 3."),
        ({"on": [BEFORE, AFTER, "2026-11-17", "2026-12-01"]}, "Of 4 dates, only the first 3 are used."),
        ({"on": [BEFORE, AFTER, "2026-11-21"]}, "Session 3: 2026-11-21 is a Saturday."),
        ({"on": [BEFORE, AFTER, "2027-05-17"]}, "Session 3: 2027-05-17 is Constitution Day and Pentecost Monday."),
        ({"on": [BEFORE, AFTER, "2027-05-06"], "zone": "Europe/Stockholm"}, "2027-05-06 is Ascension Day."),
        ({"on": [BEFORE, "2026-10-20 09:10"]}, "Session 2 begins before session 1 is over."),
        ({"on": [BEFORE, "2026-10-22"], "pace": "async"}, "Session 2 begins before session 1 is over."),
        ({"form": "one-day"}, "as for one day, but its sessions are on several days"),
        ({"coordinator": []}, "There is no coordinator"),
        ({"answering": "table", "note_taker": ["Kari"]}, "has no note-taker"),
        ({"manager": ["Kari"]}, "Kari is a manager and takes part"),
        ({"coordinator": ["Kari"]}, "Kari coordinates the series and takes part"),
        ({"coordinator": ["Siri Vik"], "manager": ["Siri Vik"]}, "Siri Vik coordinates the series and is a manager"),
        ({"arena": "elected"}, "its meetings are open"),
        ({"arena": "partners"}, "is no internal document"),
        ({"tenant": Tenant("Kunta", "fi", "Europe/Oslo")}, "no texts in fi, which Kunta uses; nb is used"),
    ],
)  # fmt: skip
def test_what_is_unwise_is_told_and_not_refused(written, warning):
    assert [each for each in planned(**written).warnings if warning in each]


def test_a_plan_with_nothing_to_mind_says_nothing():
    assert planned(coordinator=["Siri Vik"]).warnings == ()


def test_an_elected_body_is_not_asked_over_days():
    with pytest.raises(SeriesProblem, match="choose the live pace"):
        planned(arena="elected", pace="async")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"form": "long"}, "There is no form called long. There is: short, plenum, one-day"),
        ({"language": "sv", "programme": "NYNORSK"}, "no texts in sv; choose one of nn"),
        ({"people": "Kari, kari, Amir"}, "kari is listed twice"),
        ({"note_taker": ["Karri"]}, "Did you mean kari?"),
        ({"people": None, "group": ["A: Kari, Liv", "a: Amir, Jon"]}, "a is listed twice"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(written, words, tmp_path):
    if written.get("programme") == "NYNORSK":
        written = {**written, "programme": _small(tmp_path)}
    with pytest.raises(SeriesProblem) as told:
        planned(**written)
    assert words.casefold() in str(told.value).casefold()


SMALL = """\
programme: small
languages: [nn]
rounds:
  - round: one
    steps:
      - ask: what
        minutes: 5
texts:
  nn: {title: Lite, about: Lite, rounds: {one: {title: Eitt, theme: det eine, what: "Kva?"}}}
"""


def _small(folder):
    file = folder / "small.yaml"
    file.write_text(SMALL, "utf-8")
    return str(file)


# -- groups


@pytest.mark.parametrize(
    ("count", "sizes"), [(4, [4]), (6, [6]), (8, [4, 4]), (9, [5, 4]), (13, [5, 4, 4]), (23, [5, 5, 5, 4, 4])]
)
def test_people_are_divided_in_groups_of_four_to_six(count, sizes):
    plan = planned(people=names(count), coordinator=["Siri"])
    assert [len(group.people) for group in plan.groups] == sizes
    assert sorted(one.name for one in plan.people) == sorted(names(count).split(", "))
    assert plan.warnings == ()


def test_seven_people_are_one_group_with_a_warning():
    plan = planned(people=names(7), coordinator=["Siri"])
    assert [len(group.people) for group in plan.groups] == [7]
    assert [warning[:31] for warning in plan.warnings] == ["7 people cannot be divided into"]


def test_people_of_one_unit_come_into_different_groups():
    plan = planned(people="A (x), B (x), C, D, E, F, G, H")
    assert [sum(one.name in "AB" for one in group.people) for group in plan.groups] == [1, 1]


def test_groups_that_a_coordinator_has_put_together_stand_as_they_are():
    plan = planned(
        group=["Fjord: Kari, Amir, Liv, Jon", "Fjell: Ola, Per"], note_taker=["Per"], coordinator=["Siri"]
    )
    assert [(group.name, tuple(one.name for one in group.people)) for group in plan.groups] == [
        ("Fjord", ("Kari", "Amir", "Liv", "Jon")),
        ("Fjell", ("Ola", "Per")),
    ]
    assert [one.name for one in plan.groups[1].note_takers] == ["Per"]
    assert plan.warnings == ("A group has only 2 people. From 4 people on, a conversation goes more easily.",)


def test_groups_are_called_in_the_series_own_language():
    assert [group.name for group in planned(language="sv").groups] == ["Grupp 1", "Grupp 2"]


def test_everyone_meets_only_where_there_is_more_than_one_group_and_the_form_has_time():
    assert planned(form="plenum").plenums == {1, 2, 3}
    assert planned(form="short").plenums == set()
    assert planned(form="plenum", people=names(5)).plenums == set()


# -- time and names


def test_clock_changes_between_two_days():
    found = list(clock_changes(date(2026, 10, 24), date(2027, 4, 1), "Europe/Oslo"))
    assert found == [(date(2026, 10, 25), timedelta(hours=-1)), (date(2027, 3, 28), timedelta(hours=1))]
    assert list(clock_changes(date(2026, 10, 25), date(2026, 12, 1), "Europe/Oslo")) == []


@pytest.mark.parametrize(
    ("day", "zone", "why"),
    [
        ("2026-12-25", "Europe/Oslo", "Christmas Day"),
        ("2027-03-25", "Europe/Oslo", "Maundy Thursday"),
        ("2027-03-25", "Europe/Stockholm", "the day before Easter"),
        ("2027-06-06", "Europe/Stockholm", "National Day"),
        ("2027-05-17", "Europe/Oslo", "Constitution Day and Pentecost Monday"),
        ("2026-05-17", "Europe/Oslo", "Constitution Day"),
        ("2027-05-17", "Europe/Stockholm", None),
        ("2026-11-01", "Europe/Paris", "a Sunday"),
    ],
)
def test_days_on_which_few_people_work(day, zone, why):
    assert closed_day(date.fromisoformat(day), zone) == why


@pytest.mark.parametrize(
    ("day", "zone", "why"),
    [
        ("2026-12-24", "Europe/Oslo", "Christmas Eve"),
        ("2026-12-29", "Europe/Stockholm", "between Christmas and New Year"),
        ("2026-12-31", "Europe/Stockholm", "New Year's Eve"),
        ("2026-06-19", "Europe/Stockholm", "Midsummer Eve"),
        ("2026-06-19", "Europe/Oslo", None),
        ("2027-05-07", "Europe/Oslo", "between a holiday and a weekend"),  # after Ascension Day
        ("2028-06-05", "Europe/Stockholm", "between a holiday and a weekend"),  # before the National Day
        ("2026-04-01", "Europe/Oslo", "the day before Easter"),
        ("2026-04-02", "Europe/Stockholm", "the day before Easter"),
        ("2026-10-13", "Europe/Oslo", None),
        ("2026-12-24", "Europe/Berlin", None),
    ],
)
def test_the_days_around_holidays_are_known(day, zone, why):
    assert closed_day(date.fromisoformat(day), zone) == why


def test_holidays_between_two_meetings_leave_weekends_out():
    found = dict(holidays_between(date(2026, 12, 15), date(2027, 1, 12), "Europe/Oslo"))
    assert found == {date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "New Year's Day"}


@pytest.mark.parametrize(
    ("name", "short"),
    [("Nord og sør", "nord-og-sor"), ("  Ærlig Åse! ", "aerlig-ase"), ("Ürümqi 2", "urumqi-2"), ("日本", "series"),
     ("x" * 80, "x" * 50)],
)  # fmt: skip
def test_short_names(name, short):
    assert slug(name) == short


def test_a_name_that_is_taken_gets_a_number():
    assert first_free("nord", {"nord", "nord-2"}.__contains__) == "nord-3"


def test_what_is_not_found_names_what_is_nearest_and_what_there_is():
    assert str(NotFound("group", "Fjort", ["Fjord", "Fjell"])) == (
        "There is no group called Fjort. Did you mean Fjord? There is: Fjord, Fjell."
    )
    assert "There is none yet" in str(NotFound("series", "x", []))
    # A first name alone, as people are called.
    assert "Did you mean Kåre Ødegård?" in str(NotFound("person", "kåre", ["Kari", "Kåre Ødegård"]))


def test_the_same_wish_gives_the_same_plan():
    assert planned() == planned(tenant=HERE, now=NOW)
    assert time(9) == planned().sittings[0].moment.at
