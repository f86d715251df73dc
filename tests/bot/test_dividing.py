"""Before there are groups: what each thinks beforehand, for all who take part; then they are divided, and meet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from adapters.port import Sheet
from bot import library
from bot.calendars.entries import listing
from bot.cli import Caller, runda
from bot.cli.telling import of_rehearsal
from bot.joining import codes
from bot.recaps import away
from bot.recaps.ledger import ledger
from bot.recaps.telling import of_series
from bot.rights.showing import as_text, of_person
from bot.series import why
from bot.series.deciding import foreseen
from bot.series.dividing import Reminding, divide
from bot.series.members import add_group, join, leave
from bot.series.moving import To, move, start
from bot.series.office import open_office
from bot.series.overview import needs, view
from bot.series.problems import SeriesProblem
from bot.series.rehearsal import rehearse
from bot.series.signing import CANNOT_COME, sign_by_name, signed
from bot.series.undoing import undo
from bot.shelf import Shelf
from flows.forms import CREATE, DIVIDE, FormFaults, NamedGroup
from flows.language import Catalogue
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_meeting import Clock, Played
from tests.bot.a_series import NOW, do, looking, made, planned, refused, rows, sessions, works
from tests.bot.test_counter import faults, steps

PEOPLE = "Kari (Fjord), Amir (Fjord), Liv (Fjell), Jon (Fjell), Ola, Siri"
FIRST, SECOND = datetime(2026, 10, 20, 7, tzinfo=UTC), datetime(2026, 11, 3, 8, tzinfo=UTC)
SAID = {"kari": "Young people move\nThe ferry is late", "ola": "No nurses"}


def before_groups(database: Database, **more: Any) -> None:
    asked = {
        "people": PEOPLE,
        "undivided": True,
        "form": "gathering",
        "coordinator": ["Berit"],
    }
    made(database, **({"programme": "training", "on": ["2026-10-20", "2026-11-03"]} | asked | more))


@pytest.fixture
def training(sqlite_database: Database) -> Database:
    before_groups(sqlite_database)
    return sqlite_database


@pytest.fixture
def played(training: Database) -> Iterator[Played]:
    with Played(training, FIRST, 1) as played:
        yield played


def waiting(database: Database) -> list[str]:
    say = Catalogue("en", library.bot_texts("en"), "Europe/Oslo").say
    found: list[str] = looking(database, lambda office: list(needs(office, say)))
    return found


def think_ahead(played: Played) -> None:
    """Two of them answer alone; the window of the prework closes, and that of everyone."""
    played.go(FIRST)
    desk = Desk(played.database, played.clock.at, name="terminal", workspace="local")
    for who, challenges in SAID.items():
        sheet = desk.ask("answer", who=who)
        assert "So do the other groups, without names." in words(sheet)  # as at the question
        assert isinstance(desk.hand_in(sheet.name, {"challenges": challenges}), Sheet)
    desk.close()
    played.settle()
    played.go(FIRST + timedelta(days=9))


def test_all_think_ahead_privately_and_then_meet_in_groups(database: Database) -> None:
    before_groups(database)
    assert "before session 2, Tuesday 3 November" in waiting(database)[0]
    with Played(database, FIRST, 1) as played:
        think_ahead(played)
        assert "You can answer until Friday 23 October at 16:00." in played.posts("@siri")[0]
        assert (
            len(played.posts("@siri")) == len(played.posts("@kari")) + 2
        )  # and is reminded, as who has answered is not
        listed = next(
            post for post in played.posts("north-everyone") if post.startswith("The list has 3 lines")
        )
        assert all(line in listed for said in SAID.values() for line in said.splitlines())

        reminded = []
        for days in (6, 5, 1, 1):  # two working days before, once; Sunday is none of them
            played.go(max(played.clock.at, SECOND - timedelta(days=days)))
            played.upkeep()
            reminded.append(sum("nobody is in groups" in post for post in played.posts("@berit")))
        assert reminded == [0, 0, 1, 1]

        told = do(database, divide, Shelf(), 2, now=played.clock.at).told
        assert told[0] == "Groups of North: 2."
        groups = looking(database, view).people
        assert [len(groups[f"Group {n}"]) for n in (1, 2)] == [3, 3]
        assert not any(
            {"Kari", "Amir"} <= set(group) or {"Liv", "Jon"} <= set(group) for group in groups.values()
        )
        assert not any("groups yet" in each for each in waiting(database))
        played.settle()
        mine = groups["Group 1"] if "Kari" in groups["Group 1"] else groups["Group 2"]
        assert all(f"- {name}" in played.posts("@kari")[-1] for name in mine)

        desk = Desk(database, played.clock.at, name="terminal", workspace="local")
        # And not: it is for others, or: write in the thread, where nobody sits any more.
        assert "This is over" in words(desk.ask("answer:1:1", who="siri"))
        desk.close()

        played.go(SECOND)  # in minutes, as the series is
        for number, group in enumerate(("north-1", "north-2"), 1):
            played.say(group, groups[f"Group {number}"][0].lower(), "we are here")
            assert any("No nurses" in post for post in played.posts(group))  # a tangle to choose
        assert played.posts("north-all")[-1].startswith("Your group has finished")
    circles = {(each.number, each.name): each.phase for each in sessions(database)}
    assert circles[1, "All who take part"] == "finished"
    assert {name for number, name in circles if number == 2} == {"Group 1", "Group 2", "Everyone"}


def test_a_session_for_groups_does_not_open_without_and_is_held_later(played: Played) -> None:
    played.go(SECOND)
    assert {each.phase for each in sessions(played.database, 2)} == {"missed"}
    told = [post for post in played.posts("@berit") if "did not" in post]
    assert len(told) == 1
    assert "nobody is in groups yet" in told[0]
    assert {"Session 2 did not open. Give it a new date."} < set(waiting(played.database))
    now = played.clock.at
    do(played.database, divide, Shelf(), now=now)
    do(played.database, move, 2, To(date(2026, 11, 10)), now=now)
    played.go(SECOND + timedelta(days=7))
    assert {each.phase for each in sessions(played.database, 2)} == {"lobby"}
    assert waiting(played.database) == ["Group 1 has not begun: nobody has said that they are here."]


def test_before_that_nothing_else_is_said_to_open(training: Database) -> None:
    with refused("has no groups yet: divide those who take part."):
        do(training, start, 2)
    opens = do(training, start, 1).told[0]
    assert opens == "Session 1 opens now, as soon as Runda is running."
    shown = looking(training, rehearse)
    assert [(each.number, bool(each.shown)) for each in shown] == [(1, True), (2, False)]
    assert "  It does not open before" in "\n".join(of_rehearsal(shown, "North", "Europe/Oslo"))
    desk = Desk(training, name="terminal", workspace="local")
    assert "There are no groups yet." in words(desk.ask("preview:1:2", who="berit"))
    desk.close()
    do(training, divide, Shelf())
    assert all(each.shown for each in looking(training, rehearse))


def test_what_comes_of_dividing_them_later_is_said_when_a_series_is_planned() -> None:
    def minded(**more: Any) -> str:
        return "\n".join(planned(people=PEOPLE, undivided=True, coordinator=["Berit"], **more).warnings)

    two = {"programme": "training", "on": ["2026-10-20", "2026-11-03"]}
    assert "Session 1 goes over days, not minutes" in minded(**two)
    assert "over days" not in minded(**two, pace="async")
    assert "nobody is asked anything before they are divided" in minded()


def test_who_sits_where_is_said_of_everybody_once(training: Database) -> None:
    fjord = NamedGroup(
        "Fjord", CREATE.read({"name": "x", "people": PEOPLE, "on": ["2026-10-20"], "at": "09:00"})["people"]
    )
    few, again = NamedGroup("Fjord", fjord.people[:4]), NamedGroup("Fjell", fjord.people[3:])
    for named, because in (
        ((few,), "In none of the groups: Ola, Siri."),
        ((few, again), "Jon is listed twice"),
        ((few, NamedGroup("fjord", fjord.people[4:])), "There is a group called"),
    ):
        with pytest.raises(SeriesProblem, match=because):
            do(training, divide, Shelf(), None, named)
    with pytest.raises(SeriesProblem, match="6 people cannot be divided into 7 groups"):
        do(training, divide, Shelf(), 7)
    assert do(training, divide, Shelf(), None, (fjord,)).told == (
        "Groups of North: 1.", "Fjord: Kari, Amir, Liv, Jon, Ola, Siri",
    )  # fmt: skip
    # Of one group nobody meets as everyone.
    assert {(each.name, each.phase) for each in sessions(training)} == {("Fjord", "planned")}
    with pytest.raises(SeriesProblem, match="has its groups already"):
        do(training, divide, Shelf(), 2)


def test_until_then_people_come_and_go_and_nobody_is_divided_in_the_middle_of_it(played: Played) -> None:
    database = played.database
    with pytest.raises(SeriesProblem, match="no groups yet"):
        do(database, add_group, NamedGroup("Elv", ()))
    assert do(database, leave, "Siri").told == ("Siri is out of North. What Siri has said is kept.",)
    played.go(FIRST)
    assert (
        do(database, join, "Nora", now=played.clock.at).told[0]
        == "Nora is in All who take part. Nobody else has moved."
    )
    played.settle()
    assert "Fill it in on your own" in played.posts("@nora")[0]  # whoever comes late is asked too
    with pytest.raises(SeriesProblem, match="Session 1 is going on"):
        do(database, divide, Shelf(), now=played.clock.at)


def test_what_is_moved_for_all_of_them_by_name_moves_on_with_the_others(training: Database) -> None:
    """Story: it was a date of their own, every group got it as its own, and a later move for all left them there."""
    before = [(each.name, each.starts_at, each.own_date) for each in sessions(training)]
    theirs = To(date(2026, 11, 10), group="All who take part")
    assert do(training, move, 2, theirs).told[0].startswith("Session 2 moves from")
    do(training, undo)
    assert [(each.name, each.starts_at, each.own_date) for each in sessions(training)] == before
    do(training, move, 2, theirs)
    do(training, divide, Shelf(), 2)
    do(training, move, 2, To(date(2026, 11, 17)))
    assert {f"{each.starts_at:%m-%d}" for each in sessions(training, 2)} == {"11-17"}


def test_who_would_hear_of_a_change_are_the_groups_that_there_are(sqlite_database: Database) -> None:
    """In one channel of Slack, all of them live where those lived who have been divided."""
    people = ", ".join(
        f"{name} <U{n}>" for n, name in enumerate(("Kari", "Amir", "Liv", "Jon", "Ola", "Siri"))
    )
    there = {"platform": "slack", "workspace": "T1", "channel": "C1"}
    before_groups(sqlite_database, people=people, coordinator=["Berit <U9>"], **there)
    do(sqlite_database, divide, Shelf(), 2)
    seen = looking(
        sqlite_database, lambda office: foreseen(office, lambda at: move(at, 2, To(date(2026, 11, 10))))
    )
    assert seen.heard == ("Group 1", "Group 2")


def test_who_has_signed_up_before_has_signed_up_in_their_group(sqlite_database: Database) -> None:
    before_groups(sqlite_database, programme="exchange", form="workshop", pace="live")
    ids, signs = itertools.count(1000).__next__, {"Kari": True, "Liv": False, "Ola": True}
    for name, comes in signs.items():
        do(sqlite_database, lambda at: sign_by_name(at, Shelf(), ids, 1, name, comes=comes))  # noqa: B023
    do(sqlite_database, divide, Shelf(), 3)
    m, p = t.memberships.c, t.people.c
    seated = select(p.name, m.circle_id).join(t.memberships, m.person_id == p.id).where(m.until.is_(None))
    found = {}
    with sqlite_database.read() as connection:
        for session in sessions(sqlite_database, 1):
            names = {row.id: row.name for row in rows(sqlite_database, t.people)}
            found |= {
                (names[who], session.circle_id): comes for who, comes in signed(connection, [session]).items()
            }
        expected = {(row.name, row.circle_id) for row in connection.execute(seated) if row.name in signs}
    assert {one: signs[one[0]] for one in expected} == found


def test_who_comes_in_at_the_same_moment_sits_in_a_group(postgres_database: Database) -> None:
    before_groups(postgres_database)
    with ThreadPoolExecutor(2) as others:
        with postgres_database.write() as connection:
            divide(open_office(connection, "Runda", "north", "test", NOW), Shelf(), 2)
            coming = others.submit(do, postgres_database, join, "Nora")
            again = others.submit(do, postgres_database, divide, Shelf(), 2)
            wait([coming, again], timeout=0.5)
        assert "Nora is in Group 1." in str(coming.result())
        assert "has its groups already" in str(again.exception())
    m, c = t.memberships.c, t.circles.c
    seats = select(c.number).join(t.memberships, m.circle_id == c.id).where(m.until.is_(None))
    with postgres_database.read() as connection:
        assert sorted(connection.execute(seats).scalars()) == [1, 1, 1, 1, 2, 2, 2]


def test_who_could_not_come_has_no_recap_of_what_each_wrote_alone(played: Played) -> None:
    (siri,) = rows(played.database, t.people, t.people.c.name == "Siri")
    act = {
        "organisation_id": siri.organisation_id,
        "actor": f"person:{siri.id}",
        "act": CANNOT_COME,
        "object": "north/1",
    }
    with played.database.write() as connection:
        connection.execute(t.audit.insert(), act | {"at": NOW})
    think_ahead(played)
    played.upkeep()
    played.go(played.clock.at + timedelta(days=4, hours=2))
    assert away.look(played.house.works, played.clock.at) == 0


def test_what_is_said_to_all_of_them_meanwhile_is_shown_nowhere_else_and_who_said_it_hears_so_once(
    played: Played,
) -> None:
    """Story: a remark in the common chat was kept, shown nowhere, and nobody was told so."""
    played.go(FIRST)
    for remark in ("I look forward to it", "And to the coffee"):
        played.say("north-all", "siri", remark)
    told = {place: [post for post in played.posts(place) if "comes in no list" in post]
            for place in ("@siri", "@kari", "north-all")}  # fmt: skip
    assert [len(posts) for posts in told.values()] == [1, 0, 0]
    think_ahead(played)
    played.say("north-all", "ola", "That was the last of it")  # when it is over, too
    assert "comes in no list" in played.posts("@ola")[-1]
    desk = Desk(played.database, played.clock.at, name="terminal", workspace="local")
    assert "can still write" not in words(desk.ask("answer:1:1", who="siri"))  # though nobody is divided yet
    desk.close()


def test_what_stands_in_everyones_list_is_not_said_to_be_known_to_runda_alone(played: Played) -> None:
    think_ahead(played)
    (kari,) = rows(played.database, t.people, t.people.c.name == "Kari")
    say = Catalogue("en", library.bot_texts("en"), "Europe/Oslo")
    with played.database.read() as connection:
        shown = as_text(of_person(connection, kari.id, "author"), say, played.clock.at)
    (line,) = [line for line in shown.splitlines() if "The ferry is late" in line]
    assert "written alone, shown to the others" in line


def test_what_each_wrote_alone_is_in_no_list_of_recaps(played: Played) -> None:
    """Story: it stood there as made by rule, and as waiting for a session that was another circle's by then."""
    think_ahead(played)
    listed = looking(
        played.database,
        lambda office: list(
            of_series(office, Unit(office.connection), ledger(Unit(office.connection), office.series.id))
        ),
    )
    assert [line.partition(":")[0] for line in listed[1:]] == ["  managers"]


def test_why_they_are_told_of_dividing_is_known(training: Database) -> None:
    """Nobody has asked for it: time had come, or a coordinator did something."""

    def came(key: str) -> set[str]:
        with training.read() as connection:
            all_ = why.all_rows(connection)
            found = zip(all_, why.explain(connection, all_, NOW), strict=True)
            return {each.came.key for row, each in found if f'"{key}"' in row.body}

    Reminding(works(training)).look(SECOND - timedelta(days=4))
    works(training).take_due(SECOND)
    do(training, divide, Shelf(), 2, now=SECOND)
    assert came("series.undivided") == {"why.came.time-came"}
    assert came("series.undivided-missed") == {"why.came.missed"}
    assert came("series.divided") == {"why.came.decided"}


def test_at_the_command_line(training: Database) -> None:
    def told(*args: str, code: int = 0) -> str:
        done = CliRunner().invoke(
            runda, ["--database", str(training.url), "series", *args], obj=Caller(Clock(NOW))
        )
        assert done.exit_code == code, done.output
        return done.output

    dates = [
        "--on",
        "2026-10-20",
        "--on",
        "2026-11-03",
        "--at",
        "09:00",
        "--coordinator",
        "Berit",
        "--undivided",
    ]
    assert "All who take part (south-all): Kari" in told(
        "create", "training", "--name", "South", "--people", PEOPLE, "--language", "en", *dates
    )
    assert "No groups yet. Divide those who take part: runda series divide south" in told("show", "south")
    foreseen = told(
        "divide", "south", "--group", "A: Kari", "--group", "B: Liv, Ola, Amir, Jon, Siri", "--dry-run"
    )
    assert "Told of it, each alone: 6.\nNothing was changed" in foreseen
    assert "No group is told" not in foreseen
    few = told("divide", "south", "--group", "A: Kari", "--group", "B: Liv, Ola", "--group", "C: Amir, Jon, Siri",
               "--dry-run")  # fmt: skip
    assert few.count("A group has only") == 1
    assert "say how many groups" in told("divide", "south", "--groups", "2", "--group", "A: Kari", code=2)
    shared = ("Fjord: Kari, Liv, Ola", "Fjell: Amir, Jon, Siri")
    assert "Fjell: Amir, Jon, Siri" in told("divide", "south", "--group", shared[0], "--group", shared[1])
    assert "No groups yet" not in told("show", "south")


def test_the_calendar_of_all_of_them_is_the_series_own(training: Database) -> None:
    """Story: its entries were one circle's, so that they stayed where they were once there were groups."""
    caller, of_all = Caller(Clock(NOW)), ("--group", "All who take part")
    files = [
        CliRunner()
        .invoke(runda, ["--database", str(training.url), "calendar", "north", *group], obj=caller)
        .stdout
        for group in ((), of_all)
    ]
    assert "UID:meeting-" in files[1]
    assert files[0] == files[1]


def test_in_the_chat_they_are_set_up_without_groups_and_divided_later(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.appoint()
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U10", "B1"]
    for name, written in steps(what={"programme": "training"}, who={"split": "later"}):
        sheet = desk.hand_in(name, written)
    assert "Alle som deltar: Kari Vik" in words(sheet)
    assert "Ingen er i grupper ennå" in words(desk.hand_in("setup-check"))
    assert "divide:1" in presses(desk.ask("people:1"))
    assert "group:1" not in presses(desk.ask("people:1"))
    assert faults(desk.hand_in("divide:1", {"groups": "2", "group": "Fjord: Kari Vik"})).keys() == {"group"}
    assert "Skriv hvor de sitter også" in str(faults(desk.hand_in("divide:1", {"group": "Fjord: Kari Vik"})))
    shown = desk.hand_in("divide:1", {"groups": "2"})
    assert "Gruppe 2: " in words(shown)
    assert "Ingen er i grupper ennå" in words(desk.ask("series:1"))
    page = desk.hand_in(shown.name)
    assert "De er i 2 grupper nå." in words(page)
    assert {"group:1"} == {"divide:1", "group:1"} & set(presses(page))
    homes = rows(sqlite_database, t.places, t.places.c.person_id.is_(None))
    assert [(home.channel, home.threads) for home in homes] == [("C1", True)]
    desk.close()


def test_on_telegram_people_come_by_a_code_and_each_group_gets_its_own(sqlite_database: Database) -> None:
    database = sqlite_database
    on_telegram = {
        "platform": "telegram",
        "workspace": "777",
        "acknowledged": True,
        "coordinator": ["Berit <9>"],
    }
    before_groups(database, **on_telegram, people="Kari <1>, Amir <2>, Liv <3>, Jon <4>")
    with pytest.raises(SeriesProblem, match="elsewhere name the people"):
        planned(programme="training", people="", undivided=True)
    with pytest.raises(FormFaults, match="divided later"):
        planned(programme="training", undivided=True, group=["Fjord: Kari"])
    c = t.circles.c
    of_all = select(t.codes.c.code).join(t.circles, t.codes.c.circle_id == c.id).where(c.number == 0)
    with database.read() as connection:
        code = connection.execute(of_all).scalar_one()
    assert "No chat yet: Group 1, Group 2." in do(database, divide, Shelf(), 2).told[-1]
    with database.write() as connection:
        assert codes.find(connection, code, FIRST) is None
        there = select(c.name).join(t.codes, t.codes.c.circle_id == c.id).order_by(c.name)
        assert list(connection.execute(there).scalars()) == ["Everyone", "Group 1", "Group 2"]
    assert DIVIDE.read({"groups": "", "group": []}) == {"groups": None, "group": ()}


def test_only_what_comes_before_groups_goes_over_days(training: Database) -> None:
    plan = looking(training, lambda office: listing(office.connection, Shelf(), office.series, None, "mark"))
    assert [each.open_days for each in plan.entries] == [True, False]
    with pytest.raises(SeriesProblem, match="with groups from the start"):
        planned(people=PEOPLE, undivided=True, arena="elected", programme="training", on=["2026-10-20"])
