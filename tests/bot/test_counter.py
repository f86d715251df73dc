"""The counter, by stories: what coordinators, managers and participants do by forms and pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import insert, update

from adapters.port import Faults, Later, Sheet, Shut
from bot.counter import begun, preview
from bot.counter.sheets import in_pages
from bot.happenings import Order
from flows import state as states
from flows.events import Delivered, Pressed
from storage import tables as t
from storage.database import Database
from tests.bot.a_counter import WORKSPACE, Desk, presses, words
from tests.bot.a_series import NOW, meetings, rows, sessions

OPENS = datetime(2026, 10, 20, 7, 0, tzinfo=UTC)


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    desk = Desk(sqlite_database)
    yield desk
    desk.close()


@pytest.fixture
def either(database: Database) -> Iterator[Desk]:
    """On both engines; a series in a channel, as `north`."""
    desk = Desk(database)
    desk.appoint()
    set_up(desk)
    yield desk
    desk.close()


@pytest.fixture
def north(desk: Desk) -> Desk:
    """A series in a channel, set up by Berit (U9), with Eva (U8) as its manager."""
    desk.appoint()
    set_up(desk)
    return desk


def steps(**changed: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    return [
        ("setup", {"name": "North", "programme": "selfcheck", "language": "nb", **changed.get("what", {})}),
        ("setup-how", {"pace": "live", "answering": "each", "arena": "staff", "form": "", **changed.get("how", {})}),
        ("setup-who", {"channel": "C1", "people": (), "split": "divided", "coordinator": ("U9",), "manager": ("U8",),
                       **changed.get("who", {})}),
        ("setup-when", {"first": "2026-10-20", "at": "09:00", "apart": "2", "others": "", **changed.get("when", {})}),
    ]  # fmt: skip


def set_up(desk: Desk, **changed: dict[str, object]) -> Sheet:
    """A series of eight in a channel, through all steps. Returns the page of the series."""
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U10", "B1"]
    for name, written in steps(**changed):
        sheet = desk.hand_in(name, written)
        assert isinstance(sheet, Sheet), sheet
    assert sheet.name == "setup-check"
    made = desk.hand_in("setup-check")
    assert isinstance(made, Sheet), made
    return made


def opened(desk: Desk) -> None:
    """Meeting 1 is under way: it has opened, and both groups have said that they are here."""
    desk.clock.at = OPENS
    desk.works.take_due(OPENS)
    here = [
        Order(f"here:{each.id}", each.id, Pressed(states.load(each.state).members[0], "here"))
        for each in sessions(desk.database, 1)
        if each.kind == "group"
    ]
    desk.works.take(here, OPENS)
    asked = [
        (each, states.load(each.state).prompt) for each in sessions(desk.database, 1) if each.kind == "group"
    ]
    there = [
        Order(f"there:{each.id}", each.id, Delivered(prompt.prompt, OPENS))
        for each, prompt in asked
        if prompt
    ]
    desk.works.take(there, OPENS)


def faults(result: object) -> dict[str, str]:
    assert isinstance(result, Faults), result
    return result.by_blank


# -- setting up


def test_a_series_is_set_up_in_four_steps_and_shown_before_anything_is_made(desk: Desk) -> None:
    desk.appoint()
    assert "setup" in presses(desk.ask("home"))
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U10", "B1"]
    for name, written in steps():
        sheet = desk.hand_in(name, written)
    assert rows(desk.database, t.series) == []
    assert "Økt 2: Forsterke lokale ressurser. tirsdag 3. november kl. 09:00" in words(sheet)
    assert "Gruppe 2: Kari Vik, Amir Ali, Per Lund, Nora Lie" in words(sheet)
    page = desk.hand_in("setup-check")
    assert page.name == "series:1"
    assert "Møteserien er satt opp." in words(page)
    (series,) = rows(desk.database, t.series)
    assert (series.platform, series.workspace, series.language) == ("slack", WORKSPACE, "nb")
    homes = {row.channel: row.threads for row in rows(desk.database, t.places) if row.person_id is None}
    assert homes == {"C1": True}
    assert len(rows(desk.database, t.memberships, t.memberships.c.role == "participant")) == 8
    assert {row.language for row in rows(desk.database, t.people)} == {None, "nb"}
    assert rows(desk.database, t.audit)[-1].actor == "person:1"
    assert "setup" in presses(desk.ask("home"))
    assert "Kast det" not in [label.words for label in desk.ask("setup").labels]


def test_what_was_filled_in_is_there_when_one_comes_back(desk: Desk) -> None:
    desk.appoint()
    desk.hand_in("setup", steps()[0][1] | {"name": "Fjordane"})
    assert "Fortsett oppsettet" in [label.words for label in desk.ask("home").labels]
    blanks = {blank.name: blank.value for blank in desk.ask("setup").blanks}
    assert blanks["name"] == "Fjordane"
    assert desk.hand_in("setup-drop").name == "home"
    assert {blank.name: blank.value for blank in desk.ask("setup").blanks}["name"] is None


def test_what_a_programme_is_for_and_comes_from_is_told_when_it_is_chosen(desk: Desk) -> None:
    desk.appoint()
    told = words(desk.hand_in("setup", steps()[0][1] | {"programme": "culture"}))
    assert "Tre samlinger" in told
    assert "Göran Ekvall" in told


def test_a_step_that_was_not_taken_is_asked_for(desk: Desk) -> None:
    desk.appoint()
    for press in ("setup-how", "setup-who", "setup-when", "setup-check"):
        assert "finnes ikke" in words(desk.ask(press))
    desk.hand_in(*steps()[0])
    assert "finnes ikke" in words(desk.ask("setup-check"))


def test_faults_are_told_at_the_blank_in_the_persons_language(desk: Desk) -> None:
    desk.appoint()
    assert faults(desk.hand_in("setup", {"name": " ", "programme": "selfcheck", "language": "nb"})) == {
        "name": "Dette må fylles ut."
    }
    desk.hand_in(*steps()[0])
    assert faults(desk.hand_in("setup-how", {"window": "mange"})) == {
        "window": "Skriv et helt tall, 1 eller mer."
    }
    desk.hand_in(*steps()[1])
    told = faults(desk.hand_in("setup-who", {"channel": "C2", "people": ("B1",), "coordinator": ("U9",)}))
    assert told == {"people": "Robot er en bot. Velg et menneske."}
    assert faults(desk.hand_in("setup-who", {"channel": "C2", "coordinator": ()})).keys() == {
        "people",
        "coordinator",
    }
    desk.platform.channels["C1"] = ["U1", "U2"]
    desk.hand_in(*steps()[2])
    wrong = {"first": "31.2.2026", "at": "25", "apart": "2", "others": "13.10.2026\nsnart"}
    assert faults(desk.hand_in("setup-when", wrong)).keys() == {"first", "at", "others"}


def test_managers_may_read_together_in_a_channel_of_their_own(desk: Desk) -> None:
    desk.appoint()
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4"]
    for step in steps()[:2]:
        desk.hand_in(*step)
    (hint,) = [each.hint for each in desk.ask("setup-who").blanks if each.name == "managers_place"]
    assert "Alle i den kanalen får lese den" in hint
    near = faults(desk.hand_in(*steps(who={"managers_place": "C1"})[2]))
    assert "Velg en egen kanal for lederne" in near["managers_place"]
    desk.platform.closed.add("C9")
    away = faults(desk.hand_in(*steps(who={"managers_place": "C9"})[2]))
    assert away.keys() == {"managers_place"}
    assert "Inviter Runda dit først" in away["managers_place"]
    desk.platform.closed.clear()
    set_up(desk, who={"managers_place": "C9"})
    # The groups are told when their first meeting opens.
    assert "legges også i en kanal" in words(desk.ask("preview:1:1"))
    assert "Alle i kanalen leser den" in words(desk.ask("people:1"))
    (there,) = desk.ask("managers-place:1").blanks
    assert there.value == "C9"
    near = faults(desk.hand_in("managers-place:1", {"managers_place": "C1"}))
    assert "Velg en egen kanal for lederne" in near["managers_place"]
    # Neither a manager nor anybody else changes that.
    refused = desk.hand_in("managers-place:1", {"managers_place": "C8"}, who="U8")
    assert "koordinator" in words(refused)
    page = desk.hand_in("managers-place:1", {"managers_place": ""}, who="U9")
    assert "bare hver for seg" in words(page)
    assert "Alle i kanalen leser den" not in words(page)
    assert rows(desk.database, t.circles, t.circles.c.kind == "managers") == []


def test_a_coordinator_says_where_people_are_from(desk: Desk) -> None:
    desk.appoint()
    set_up(desk)
    who, _ = desk.ask("unit:1").blanks
    two = tuple(option.value for option in who.options[:2])
    assert faults(desk.hand_in("unit:1", {"who": (), "unit": "Fjord"})).keys() == {"who"}
    assert "høyst 100 tegn" in str(faults(desk.hand_in("unit:1", {"who": two, "unit": "Fjord" * 50})))
    names = ", ".join(option.words for option in who.options[:2])
    assert f"Fra Fjord: {names}." in words(desk.hand_in("unit:1", {"who": two, "unit": "Fjord"}))
    assert [row.name for row in rows(desk.database, t.units)] == ["Fjord"]
    assert "Ikke kjent lenger" in words(desk.hand_in("unit:1", {"who": two, "unit": ""}))
    assert {row.unit_id for row in rows(desk.database, t.people)} == {None}


def test_a_coordinator_says_which_groups_are_the_leaders(desk: Desk) -> None:
    desk.appoint()
    set_up(desk, what={"programme": "culture"}, how={"form": "gathering"})
    assert "leaders:1" in presses(desk.ask("people:1"))
    (asked,) = desk.ask("leaders:1").blanks
    assert [option.value for option in asked.options] == ["1", "2"]
    page = words(desk.hand_in("leaders:1", {"leaders": ("2",)}))
    assert "Gruppe 2: dette er ledernes grupper." in page
    assert "Gruppe 2 (ledere): " in page
    assert "Ingen gruppe er ledernes" in words(desk.hand_in("leaders:1", {"leaders": ()}))


def test_own_dates_come_in_place_of_weeks(desk: Desk) -> None:
    desk.appoint()
    page = set_up(desk, when={"others": "27.10.2026 13:00\n17.11.2026"})
    told = words(page)
    assert "tirsdag 20. oktober kl. 09:00" in told
    assert "tirsdag 27. oktober kl. 13:00" in told
    assert "tirsdag 17. november kl. 09:00" in told


def test_all_may_be_one_group_and_one_may_write_for_the_table(desk: Desk) -> None:
    desk.appoint()
    set_up(desk, how={"answering": "table"}, who={"split": "one", "note_taker": ("U2",)})
    assert [row.kind for row in rows(desk.database, t.circles)] == ["group"]
    assert [row.role for row in rows(desk.database, t.memberships)].count("note-taker") == 1


def test_a_plan_that_cannot_be_made_says_why_and_leads_back(desk: Desk) -> None:
    desk.appoint()
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4"]
    for name, written in steps(how={"pace": "async", "arena": "elected"}):
        sheet = desk.hand_in(name, written)
    assert "Et folkevalgt organ møtes åpent" in words(sheet)
    assert sheet.submit == ""
    assert {"setup", "setup-how", "setup-who", "setup-when"} <= set(presses(sheet))


def test_a_channel_that_runda_is_not_in_is_told_where_it_was_chosen(desk: Desk) -> None:
    desk.appoint()
    for step in steps()[:2]:
        desk.hand_in(*step)
    desk.platform.away = Shut("removed")
    assert "Inviter Runda dit først" in faults(desk.hand_in(*steps()[2]))["channel"]
    desk.platform.away = Later("who", 3)
    assert "svarer ikke akkurat nå" in faults(desk.hand_in(*steps()[2]))["channel"]


# -- looking and changing


def test_a_coordinator_moves_pauses_and_goes_on(either: Desk) -> None:
    sheet = either.ask("move:1:2")
    assert {blank.name: blank.value for blank in sheet.blanks} == {
        "to": "2026-11-03",
        "at": "09:00",
        "group": "all",
    }
    shown = either.hand_in("move:1:2", {"to": "2026-11-04", "at": "09:00", "group": "all"})
    assert "til onsdag 4. november kl. 09:00." in words(shown)
    assert "Får vite det: Gruppe 1, Gruppe 2." in words(shown)
    assert {row.starts_at.day for row in sessions(either.database, 2)} == {3}
    page = either.hand_in(shown.name)
    assert page.name == "meeting:1:2"
    assert "Økt 2 er flyttet fra tirsdag 3. november kl. 09:00 til onsdag 4. november kl. 09:00." in words(
        page
    )
    assert {row.starts_at.day for row in sessions(either.database, 2)} == {4}
    assert "undo:1" in presses(either.ask("series:1"))
    assert "tirsdag 3. november kl. 09:00 igjen" in words(either.hand_in("undo:1"))
    assert faults(either.hand_in("pause:1", {"until": "", "over": True})) == {
        "until": "Si hvilken dag pausen slutter."
    }
    assert faults(either.hand_in("pause:1", {"until": "2026-10-01"})).keys() == {"until"}
    ends = words(either.hand_in("pause:1", {"until": "2026-12-25"}))
    assert "Pausen slutter fredag 25. desember, en dag da få er på jobb." in ends
    shown = either.hand_in("pause:1", {"until": "2026-10-26"})
    assert "Den fortsetter av seg selv mandag 26. oktober." in words(shown)
    assert "Økt 1, tirsdag 20. oktober kl. 09:00, faller i pausen" in words(shown)
    assert "Får vite det: Gruppe 1, Gruppe 2." in words(shown)
    assert "resume:1" not in presses(either.ask("series:1"))
    assert "Møteserien står på pause" in words(either.hand_in(shown.name))
    page = either.ask("home")
    assert "På pause til mandag 26. oktober. Neste: tirsdag 3. november kl. 09:00" in words(page)
    assert "move:1:1" in presses(page)
    assert "Møteserien står på pause. Ingenting åpner" in words(either.sure("pause:1", {"until": ""}))
    assert {"resume:1", "pause:1"} < {*presses(either.ask("series:1"))}
    assert "Møteserien fortsetter. Neste: tirsdag 20. oktober kl. 09:00." in words(either.hand_in("resume:1"))


def test_a_round_is_held_once_more_after_its_dates_have_been_shown(north: Desk) -> None:
    assert "repeat:1:2" not in presses(north.ask("meeting:1:2"))
    with north.database.write() as connection:
        connection.execute(update(t.meetings).where(t.meetings.c.number == 2).values(status="held"))
    assert "repeat:1:2" in presses(north.ask("meeting:1:2"))
    assert faults(north.hand_in("repeat:1:2", {"to": "2026-10-01"}))["to"].startswith("Økt 4: ")
    shown = north.hand_in("repeat:1:2", {"to": "2026-12-24", "at": "13:00"})
    assert "Økt 4 er økt 2 en gang til." in words(shown)
    assert "torsdag 24. desember kl. 13:00" in words(shown)
    assert "Får vite det: Gruppe 1, Gruppe 2." in words(shown)
    assert len(meetings(north.database)) == 3
    assert "Det er bare koordinatorene" in words(north.hand_in(shown.name, who="U1"))
    page = north.hand_in(shown.name, who="U9")
    assert page.name == "series:1"
    assert "meeting:1:4" in presses(page)
    assert {f"{row.starts_at:%m-%d %H}" for row in sessions(north.database, 4)} == {"12-24 12"}
    assert "undo:1" in presses(page)
    asked = words(north.ask("undo:1"))
    assert "Økt 4 er ute av planen igjen. Ingen hadde fått vite om den.\nIngen gruppe får vite det." in asked
    assert len(meetings(north.database)) == 4
    assert "meeting:1:4" not in presses(north.hand_in("undo:1"))
    assert len(meetings(north.database)) == 3


def test_a_later_version_of_the_programme_is_used_by_what_has_not_opened(
    north: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "programme:1" not in presses(north.ask("series:1"))
    opened(north)
    now = begun.shipped("selfcheck")
    later = replace(now, programme=now.programme.model_copy(update={"version": now.programme.version + 1}))
    monkeypatch.setattr(begun, "shipped", lambda _: later)
    assert "programme:1" in presses(north.ask("series:1"))
    shown = words(north.ask("programme:1"))
    assert "Programmet er byttet. Økter som får det nye: 2, 3." in shown
    assert shown.endswith("Ingen gruppe får vite det.")
    before = {row.content_id for row in rows(north.database, t.series)}
    assert "Økter som får det nye: 2, 3." in words(north.hand_in("programme:1"))
    assert {row.content_id for row in rows(north.database, t.series)}.isdisjoint(before)
    assert {meetings(north.database)[0].content_id} == before
    assert "programme:1" not in presses(north.ask("series:1"))
    assert "Programmet er som det var før. Økter som får det: 2, 3." in words(north.hand_in("undo:1"))
    assert {row.content_id for row in rows(north.database, t.series)} == before
    assert "programme:1" in presses(north.ask("series:1"))


def test_a_group_comes_late_with_those_of_its_channel(north: Desk) -> None:
    shown = words(north.ask("group:1"))
    assert "Økt 1 er tirsdag 20. oktober kl. 09:00.\nØkt 2 er tirsdag 3. november kl. 09:00.\n" in shown
    assert shown.endswith("Ingen gruppe får vite det.")
    assert faults(north.hand_in("group:1", {"name": "", "channel": "C2"})).keys() == {"name"}
    assert faults(north.hand_in("group:1", {"name": "Elv", "channel": "C2"})).keys() == {"people"}
    north.platform.channels["C2"] = ["U11", "B1"]
    assert "Det er bare koordinatorene" in words(
        north.hand_in("group:1", {"name": "Elv", "channel": "C2"}, who="U1")
    )
    page = words(north.hand_in("group:1", {"name": "Elv", "channel": "C2"}, who="U9"))
    assert "Elv er med fra og med økt 1." in page
    assert "Elv: Tor Aas" in page
    (elv,) = rows(north.database, t.circles, t.circles.c.name == "Elv")
    assert len([row for row in sessions(north.database) if row.circle_id == elv.id]) == 3
    assert faults(north.hand_in("group:1", {"name": "Elv", "channel": "C2"})).keys() == {"name"}
    assert "Elv er tatt ut igjen" in words(north.hand_in("undo:1"))
    assert not rows(north.database, t.circles, t.circles.c.name == "Elv")
    assert "Den siste endringen kan ikke angres" in words(north.ask("undo:1"))


def test_closed_days_are_named_and_taken_back_and_what_is_on_them_is_shown_first(north: Desk) -> None:
    assert "closed:1" in presses(north.ask("rules:1"))
    assert "close:1" in presses(north.ask("closed:1"))
    assert faults(north.hand_in("close:1", {"first": "", "last": "x"})).keys() == {"first", "last"}
    shown = north.hand_in("close:1", {"first": "2026-11-06", "last": "2026-11-02"})
    assert "North, økt 2: " in words(shown)
    assert "økt 1" not in words(shown)
    assert words(shown).endswith("Ingen gruppe får vite det.")
    assert "Det er bare koordinatorene" in words(north.hand_in(shown.name, who="U1"))
    assert [row.closed for row in rows(north.database, t.organisations)] == [None]
    page = north.hand_in(shown.name, who="U9")
    assert [row.closed for row in rows(north.database, t.organisations)] == ["2026-11-02..2026-11-06"]
    assert "dag da få er på jobb" in words(north.hand_in("move:1:2", {"to": "2026-11-05"}))
    assert "reopen:1:20261102:20261106" in presses(page)
    north.hand_in("reopen:1:20261102:20261106")
    assert [row.closed for row in rows(north.database, t.organisations)] == [None]


def test_one_group_is_moved_alone(north: Desk) -> None:
    page = north.sure("move:1:2", {"to": "2026-11-05", "at": "13:00", "group": "2"})
    assert "Økt 2 for Gruppe 2 er flyttet" in words(page)
    assert {row.own_date for row in sessions(north.database, 2) if row.kind == "group"} == {True, False}


def test_what_cannot_be_done_is_told_and_nothing_happens(either: Desk) -> None:
    before = rows(either.database, t.audit)
    assert faults(either.hand_in("move:1:2", {"to": "2026-11-03", "at": "09:00"})) == {
        "to": "Økt 2 er tirsdag 3. november kl. 09:00 allerede. Velg en annen dato eller tid."
    }
    assert faults(either.hand_in("move:1:1", {"to": "2026-10-25", "at": "02:30"}))["at"].startswith(
        "02:30 kommer to"
    )
    assert faults(either.hand_in("move:1:2", {"to": "", "at": "9"})).keys() == {"to", "at"}
    again = either.hand_in("undo:1")
    assert "Den siste endringen kan ikke angres" in words(again)
    assert again.name == "undo:1"
    assert rows(either.database, t.audit) == before


def test_handed_in_again_it_is_done_once_and_shows_the_same_page(either: Desk) -> None:
    first = either.sure("move:1:2", {"to": "2026-11-04", "at": "09:00"}, key="same")
    moves = rows(either.database, t.audit, t.audit.c.act == "meeting moved")
    again = either.sure("move:1:2", {"to": "2026-11-04", "at": "09:00"}, key="same")
    assert again.name == first.name
    assert rows(either.database, t.audit, t.audit.c.act == "meeting moved") == moves
    made = len(rows(either.database, t.series))
    for _ in range(2):
        assert set_up_again(either).name == "series:2"
    assert len(rows(either.database, t.series)) == made + 1


def set_up_again(desk: Desk) -> Sheet:
    for name, written in steps(what={"name": "South"}):
        desk.hand_in(name, written, key=f"again-{name}")
    sheet = desk.hand_in("setup-check", key="again")
    assert isinstance(sheet, Sheet)
    return sheet


def test_a_meeting_is_started_cancelled_and_confirmed(north: Desk) -> None:
    assert "Økt 1 åpner nå." in words(north.hand_in("start:1:1", {"group": "1"}))
    assert "avlyst" in words(north.hand_in("cancel:1:3"))
    assert [row.status for row in meetings(north.database)] == ["confirmed", "confirmed", "cancelled"]
    assert "Det er ingen dato å bekrefte." in words(north.hand_in("confirm:1"))
    assert "Møteserien er avlyst." in words(north.hand_in("stop:1"))
    assert presses(north.ask("series:1"))[0] == "recaps:1"


def test_tentative_dates_are_confirmed(desk: Desk) -> None:
    desk.appoint()
    assert "confirm:1" in presses(set_up(desk, how={"tentative": True}))
    assert "Økt 2 er bekreftet" in words(desk.hand_in("confirm:1:2"))
    assert [row.status for row in meetings(desk.database)] == ["tentative", "confirmed", "tentative"]


def test_people_come_and_go_and_roles_are_handed_over(north: Desk) -> None:
    page = north.hand_in("add:1", {"who": "U11", "group": "all"})
    assert "Tor Aas er i Gruppe 1. Ingen andre er flyttet." in words(page)
    assert faults(north.hand_in("add:1", {"who": "B1", "group": "all"})) == {
        "who": "Robot er en bot. Velg et menneske."
    }
    assert "er med allerede" in faults(north.hand_in("add:1", {"who": "U11", "group": "2"}))["who"]
    remove = north.ask("remove:1")
    tor = next(option.value for option in remove.blanks[0].options if option.words == "Tor Aas")
    assert "Tor Aas er ute." in words(north.hand_in("remove:1", {"who": tor}))
    page = north.hand_in("give:1", {"role": "coordinator", "who": "U10", "instead": "coordinator.1"})
    assert "Ikke funnet" not in words(page)
    assert "bare koordinatorene" not in words(page)
    assert "Nora Lie er koordinator for møteserien i stedet for Berit Haug." in words(page)
    refused = north.hand_in("pause:1")
    assert "Det er bare koordinatorene" in words(refused)
    assert "Du kan spørre: Nora Lie." in words(refused)


def test_the_last_coordinator_hands_over_instead(north: Desk) -> None:
    holder = north.ask("take:1").blanks[0].options[0]
    assert holder.words == "Berit Haug (Koordinator)"
    assert "er den eneste koordinatoren" in faults(north.hand_in("take:1", {"role": holder.value}))["role"]


# -- who may


def test_a_stranger_is_told_whom_to_ask_and_can_do_nothing(north: Desk) -> None:
    before = {table.name: rows_of(north.database, table) for table in (t.series, t.meetings, t.memberships)}
    home = north.ask("home", who="U11")
    assert "kjenner deg ikke" in words(home)
    for press in (
        "series:1",
        "move:1:2",
        "recaps:1",
        "people:1",
        "setup",
        "appointed",
        "live:1",
        "preview:1:1",
    ):
        sheet = north.ask(press, who="U11")
        assert sheet.blanks == ()
        assert sheet.submit == ""
        assert "Berit Haug" in words(sheet)
        assert "North" not in words(sheet)
    for name in ("pause:1", "move:1:2", "add:1", "stop:1", "setup", "appoint", "live:1"):
        north.hand_in(name, {"to": "2026-11-04", "who": "U11"}, who="U11")
    assert {
        table.name: rows_of(north.database, table) for table in (t.series, t.meetings, t.memberships)
    } == before


def rows_of(database: Database, table: object) -> list[object]:
    return rows(database, table)


def test_a_participant_sees_their_own_and_nothing_of_the_coordinators(north: Desk) -> None:
    home = north.ask("home", who="U1")
    assert "økt 1, tirsdag 20. oktober kl. 09:00" in words(home)
    assert sorted(presses(home)) == ["ideas", "kept", "seat:1:2"]
    assert "Det er bare koordinatorene" in words(north.ask("series:1", who="U1"))
    kept = words(north.ask("kept", who="U1"))
    assert "Hva vi tar vare på" in kept
    assert "Ingen får en liste over hvem som har svart" in kept


def test_nothing_is_read_across_organisations(north: Desk) -> None:
    """The same installation serves another organisation, in another workspace."""
    with north.database.write() as connection:
        row = {"name": "Elsewhere", "language": "sv", "zone": "Europe/Stockholm", "created_at": NOW}
        other = connection.execute(insert(t.organisations).returning(t.organisations.c.id), row).scalar_one()
        connection.execute(insert(t.installations), {
            "organisation_id": other, "platform": "slack", "workspace": WORKSPACE, "name": "E", "about": "{}",
            "installed_at": NOW,
        })  # fmt: skip
    for press in ("home", "series:1", "move:1:2", "people:1", "setup"):
        sheet = north.ask(press, who="U9")
        assert "North" not in words(sheet)
        assert "Berit" not in words(sheet)
        assert sheet.blanks == ()


def test_who_is_appointed_sees_all_series_but_not_what_is_for_their_coordinators(north: Desk) -> None:
    north.hand_in("appoint", {"who": "U10"})
    home = north.ask("home", who="U10")
    assert "series:1" in presses(home)
    assert set(presses(north.ask("series:1"))) >= {"people:1", "meeting:1:1"}
    assert "recaps:1" not in presses(north.ask("series:1"))
    assert "Det er bare koordinatorene" in words(north.ask("recaps:1"))
    assert north.ask("give:1").blanks[0].options[0].value == "coordinator"
    assert len(north.ask("give:1").blanks[0].options) == 1
    assert "role" in faults(north.hand_in("give:1", {"role": "manager", "who": "U10"}))


def test_the_appointed_let_others_and_hand_over(north: Desk) -> None:
    assert "Nora Lie kan sette opp møteserier." in words(north.hand_in("appoint", {"who": "U10"}))
    berit = next(row.id for row in rows(north.database, t.people) if row.name == "Berit Haug")
    gone = north.hand_in("dismiss", {"who": str(berit)}, who="U9")
    assert gone.name == "home"
    assert "for dem som har fått det ansvaret" in words(north.ask("setup"))
    nora = next(row.id for row in rows(north.database, t.people) if row.name == "Nora Lie")
    assert "den eneste" in faults(north.hand_in("dismiss", {"who": str(nora)}, who="U10"))["who"]


def test_what_is_not_there_is_told_so(north: Desk) -> None:
    for press in (
        "nonsense",
        "series:99",
        "series",
        "move:1",
        "move:1:x",
        "meeting:1:9",
        "preview:1:1:99",
        "recap:1:9:1",
    ):
        sheet = north.ask(press)
        assert sheet.title == "Fra Runda", press
        assert sheet.blanks == ()


def test_before_anybody_is_appointed_the_way_in_is_told(desk: Desk) -> None:
    assert "runda coordinator add" in words(desk.ask("setup"))


def test_a_language_that_the_platform_knows_is_used_until_the_house_knows_another(desk: Desk) -> None:
    desk.platform.known["U1"] = desk.platform.known["U1"].__class__(account="U1", name="Kari", language="sv")
    assert "känner inte dig" in words(desk.ask("home", who="U1"))
    desk.ask("home", who="U1")
    assert desk.platform.asked == 1
    desk.platform.away = OSError("away")
    assert "does not know you" in words(desk.ask("home", who="U2"))


# -- in a meeting


def test_where_everybody_stands_is_told_as_counts(north: Desk) -> None:
    opened(north)
    told = words(north.ask("series:1"))
    assert "Gruppe 1: spørsmål 1 av" in told
    assert "ingen svar ennå" in told
    assert "live:1" in presses(north.ask("series:1"))


def boxes(desk: Desk) -> dict[int, datetime]:
    """Until when each group has time for its question."""
    groups = [each for each in sessions(desk.database, 1) if each.kind == "group"]
    return {each.id: states.load(each.state).deadlines["box"] for each in groups}


def test_one_act_for_all_groups(either: Desk) -> None:
    opened(either)
    sheet = either.ask("live:1")
    assert "Gruppe 2: spørsmål 1 av" in words(sheet)
    before = boxes(either)
    page = either.hand_in("live:1", {"what": "more", "minutes": "5"})
    assert "Gjort for 2 grupper." in words(page)
    assert boxes(either) == {key: at + timedelta(minutes=5) for key, at in before.items()}
    assert faults(either.hand_in("live:1", {"what": "more", "minutes": "0"})).keys() == {"minutes"}
    assert faults(either.hand_in("live:1", {"what": ""})).keys() == {"what"}
    assert "Gjort for 2 grupper." in words(either.hand_in("live", {"what": "stop"}))
    assert "Ingen gruppe er i en økt nå." in words(either.ask("live"))


def test_all_groups_are_gathered_in_plenum(desk: Desk) -> None:
    desk.appoint()
    set_up(desk, how={"form": "plenum"})
    opened(desk)
    assert "Gjort for 2 grupper." in words(desk.hand_in("live:1", {"what": "gather"}))
    phases = {row.kind: row.phase for row in sessions(desk.database, 1)}
    assert phases["group"] == "finished"
    assert {row.waits_for for row in rows(desk.database, t.publications)} == {
        row.id for row in sessions(desk.database, 1) if row.kind == "everyone"
    }


def test_where_nothing_is_planned_for_all_nobody_is_gathered(north: Desk) -> None:
    opened(north)
    assert "Det gjaldt ingen av gruppene nå." in words(north.hand_in("live:1", {"what": "gather"}))
    assert {row.phase for row in sessions(north.database, 1)} == {"running"}


def test_what_is_said_to_all_goes_where_each_group_is(either: Desk) -> None:
    opened(either)
    assert faults(either.hand_in("live:1", {"what": "say", "words": " "})).keys() == {"words"}
    either.hand_in("live:1", {"what": "say", "words": "Kaffen er klar."})
    said = rows(either.database, t.outbox, t.outbox.c.body.contains("counter.said"))
    assert {row.session_id for row in said} == {
        row.id for row in sessions(either.database, 1) if row.kind == "group"
    }
    assert "Kaffen" not in "".join(row.body for row in said)
    (kept,) = rows(either.database, t.replies)
    assert (kept.words, kept.role, kept.private) == ("Kaffen er klar.", "aside", True)


def test_shut_places_are_shown_to_those_who_run_it(north: Desk) -> None:
    with north.database.write() as connection:
        connection.execute(update(t.places).where(t.places.c.channel == "C1").values(blocked="archived"))
    for press in ("home", "series:1"):
        assert "Gruppe 1 kan ikke nås: stedet er arkivert" in words(north.ask(press))


def test_a_meeting_is_shown_as_it_will_be_sent(north: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = words(north.ask("preview:1:1"))
    assert "Økt 1 av 3: Kartlegge status" in whole
    assert "Side 1 av 1." in whole
    monkeypatch.setattr(preview, "in_pages", partial(in_pages, most=3))
    pages = [north.ask("preview:1:1")]
    while later := [label for label in pages[-1].labels if label.words == "Etter"]:
        pages.append(north.ask(later[0].press.removeprefix("open:")))
    assert len(pages) > 2
    shown = [block.words for page in pages for block in page.blocks[2:]]
    assert whole.splitlines()[3:] == "\n".join(shown).splitlines()


# -- answered in private


def test_a_private_note_is_asked_for_with_who_will_see_it_first(either: Desk) -> None:
    opened(either)
    person = next(account for account in ("U1", "U2", "U3") if either.ask("answer", who=account).blanks)
    sheet = either.ask("answer", who=person)
    name = sheet.blanks[0].name
    assert "ser" in sheet.blocks[0].words
    done = either.hand_in(sheet.name, {name: "Bare til meg."}, key="note")
    assert done is None
    either.hand_in(sheet.name, {name: "Bare til meg."}, key="note")
    (kept,) = rows(either.database, t.replies)
    assert (kept.words, kept.role, kept.private) == ("Bare til meg.", "solo", True)
    assert (
        "til en annen gruppe" in words(either.ask(sheet.name, who="U9")) or not either.ask(sheet.name).blanks
    )


def test_a_note_taker_enters_what_is_on_paper_in_one_form(north: Desk) -> None:
    """The table has opened; who sits at another may not, and nobody where each answers, whatever they press."""
    (own,) = [
        each for each in ("1", "2") if "annen gruppe" not in words(north.ask(f"paper:1:1:{each}", who="U1"))
    ]
    assert "svarer hver for seg" in words(north.ask(f"paper:1:1:{own}"))
    north.works.take_due(datetime(2026, 10, 20, 7, tzinfo=UTC))
    assert "svarer hver for seg" in str(north.hand_in(f"paper:1:1:{own}", {"heads": "5", "q1": "Ferga"}))
    assert not rows(north.database, t.replies)
    with north.database.write() as connection:
        connection.execute(update(t.series).values(answering="table"))
    seat = {row.circle_id: row.person_id for row in rows(north.database, t.memberships) if row.circle_id}
    sitting = next(row for row in sessions(north.database, 1) if row.name == "Gruppe 1")
    (account,) = [
        row.account
        for row in rows(north.database, t.identities, t.identities.c.person_id == seat[sitting.circle_id])
    ]
    assert "paper:1:1:1" in presses(north.ask("home", who=account))
    form = north.ask("paper:1:1:1")
    assert form.blanks[1].label.startswith("1. ")
    assert "2 linjer fra Gruppe 1 er skrevet inn." in words(
        north.hand_in("paper:1:1:1", {"heads": "5", "q1": "Ferga\nSkolen"})
    )
    assert [row.words for row in rows(north.database, t.replies) if row.step] == ["Ferga", "Skolen"]
    assert "annen gruppe" in words(north.ask("paper:1:1:2"))
