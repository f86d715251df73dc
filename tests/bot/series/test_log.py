"""The audit log in words."""

import ast
from datetime import date
from importlib import import_module
from pathlib import Path

from sqlalchemy import select

import bot
from bot.rights import audit
from bot.rights.look import RUNDA
from bot.series import changes, close_by, members, moving, pausing, texts, undoing
from bot.series.deciding import decide
from bot.series.dividing import REMINDED
from bot.series.moving import To
from flows.forms import Named, NamedGroup
from storage import tables as t
from tests.bot.a_series import AFTER, NOW, made, on, rows, until, works
from tests.flows.catalogues import catalogue

#: What notes an act down is called.
NOTING = ("record", "note", "log_act")


def lines(database, language="en", called="north"):
    """Without times."""
    with database.read() as connection:
        (owner,) = connection.execute(select(t.organisations.c.id)).scalars()
        told = audit.Told(connection, owner, catalogue(language))
        return [told.line(each) for each in audit.acts(connection, "coordinator", owner, called)]


def done(database, who, *acts):
    person = next(row.id for row in rows(database, t.people) if row.name == who)
    for act, *args in acts:
        decide(works(database), "Runda", "north", f"person:{person}", lambda office: act(office, *args), NOW)  # noqa: B023


def test_every_change_is_told_by_who_made_it_and_in_words(database):
    made(database, coordinator=["Siri Vik"], manager=["Per Lund"], on=["2026-10-20", AFTER])
    late = NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"), Named("Knut")))
    done(
        database, "Siri Vik",
        (moving.move, 2, To(date(2026, 11, 10))), (undoing.undo,), (moving.move, 1, To(date(2026, 10, 22), group="2")),
        (until("2026-10-12"),), (pausing.resume,), (changes.cancel, 2), (moving.move, 3, on("2026-12-01")),
        (texts.repeat, 1, on("2026-12-08")), (undoing.undo,), (members.add_group, late), (undoing.undo,),
        (members.join, "Nora", "1"), (members.give_role, "manager", "Eva"), (close_by.decide, 4, "2"),
    )  # fmt: skip
    done(database, "Per Lund", (members.leave, "Nora"))
    done(database, "Kari", (members.come_from, "Fjord", ["Kari"]))
    told = lines(database)
    assert told[0] == "test planned the series"
    siri = [line.removeprefix("Siri Vik (coordinator) ") for line in told if line.startswith("Siri Vik")]
    assert siri == [
        "moved session 2; before, it was 3 November 2026 at 09:00",
        "took back the move of session 2",
        "moved session 1 for Group 2; before, it was 20 October 2026 at 09:00",
        "paused the series until 12 October 2026",
        "let the series go on",
        "cancelled session 2",
        "gave session 3 a date",
        "gave session 4 a date",
        "took session 4 off the plan again",
        "added a group",
        "took a group out again",
        "took Nora in",
        "named Eva as a manager",
        "has Group 2 asked between the sessions how it goes",
    ]
    assert told[-2:] == [
        "Per Lund (manager) took Nora out",
        "Somebody who takes part wrote down where Kari is from",
    ]
    assert lines(database, "nb")[1] == (
        "Siri Vik (koordinator) flyttet økt 2, som før var 3. november 2026 kl. 09:00"
    )


def noted():
    """Acts that are noted down by what stands there: written out, or by a name that the module has for it."""
    house = Path(bot.__file__).parent
    for path in sorted(house.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in NOTING:
                known = vars(import_module(".".join(("bot", *path.relative_to(house).with_suffix("").parts))))
                said = (each.value if isinstance(each, ast.Constant) else known.get(ast.unparse(each))
                        for each in node.args)  # fmt: skip
                yield from [each for each in said if isinstance(each, str) and each != RUNDA][:1]


def test_every_act_has_its_words():
    acts = set(noted())
    assert len(acts) > 50
    said = catalogue("en").entries
    assert {act for act in acts if f"audit.act.{audit.kind(act)}" not in said} == set()


def test_what_has_no_words_or_does_not_read_is_told_as_it_stands(database):
    made(database)
    with database.write() as connection:
        for act, what in (
            ("something new", "north 9"),
            ("meeting moved", "north 9"),
            ("person added", "north person:77"),
        ):
            row = {"organisation_id": 1, "actor": "x", "act": act, "object": what, "at": NOW}
            connection.execute(t.audit.insert(), row)
    with database.write() as connection:
        row = {"organisation_id": 1, "actor": "x", "act": "backup made", "object": "b.db", "at": NOW}
        connection.execute(t.audit.insert(), row)
    with database.read() as connection:
        *_, of_all = audit.acts(connection, "operator", 1)
        told = audit.Told(connection, 1, catalogue("en"))
        assert (told.called(of_all), told.line(of_all)) == ("", "x made a backup: b.db")
    assert lines(database)[1:] == [
        "x something new, north 9",
        "x meeting moved, north 9",
        "x took somebody in",
    ]


def test_who_only_takes_part_has_no_name_whatever_they_are_elsewhere(database):
    made(database, coordinator=["Siri Vik"], manager=["Per Lund", "Nora"])
    made(database, name="South", people="Per Lund, Siri Vik, Liv, Jon", coordinator=["Siri Vik"])
    people = {row.name: row.id for row in rows(database, t.people)}
    acts = (("Per Lund", "cannot come", "south/1"), ("Siri Vik", "cannot come", "south/1"),
            ("Per Lund", "unit set", f"south person:{people['Liv']}"), ("Nora", "recaps read", "north/1"))  # fmt: skip
    with database.write() as connection:
        for who, act, what in acts:
            row = {
                "organisation_id": 1,
                "actor": f"person:{people[who]}",
                "act": act,
                "object": what,
                "at": NOW,
            }
            connection.execute(t.audit.insert(), row)
    assert lines(database, called="south")[1:] == [
        "Somebody who takes part told the group of not coming to session 1",
        "Somebody who takes part told the group of not coming to session 1",
        "Somebody who takes part wrote down where Liv is from",
    ]
    assert lines(database)[-1].startswith("Nora (manager) read the recaps")


def test_runda_reminds_of_dividing_in_words(database):
    made(database, undivided=True)
    with database.write() as connection:
        row = {
            "organisation_id": 1,
            "actor": "Runda",
            "act": REMINDED,
            "object": "north/2 2026-11-03 08:00",
            "at": NOW,
        }
        connection.execute(t.audit.insert(), row)
    assert lines(database)[-1] == "Runda reminded the coordinators that nobody is in groups before session 2"
