"""Sign-up to a session: asked once for each date, answered in private, and only those who come are reminded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot.cli import Caller, runda
from bot.rights import showing
from bot.rights.erasing import Erasing
from bot.series import changes, moving, undoing, why
from bot.series.moving import To
from bot.series.signing import REMINDED as REMIND
from bot.series.signing import Signing, sign_by_name
from bot.shelf import Shelf
from storage import tables as t
from storage.database import Database
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_series import do, looking, made, meetings, refused, rows, sessions
from tests.bot.test_counter import set_up
from tests.flows.catalogues import catalogue

#: The first session is on 20 October at nine; the working day before it is a Monday.
ASKED = datetime(2026, 10, 2, 8, tzinfo=UTC)
REMINDED = datetime(2026, 10, 19, 7, tzinfo=UTC)


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    """The series for several municipalities, in a channel with eight people in two groups."""
    desk = Desk(sqlite_database)
    desk.appoint(language="nb")
    set_up(desk, what={"programme": "exchange"}, how={"form": "workshop"})
    yield desk
    desk.close()


def look(desk: Desk, at: datetime) -> None:
    desk.clock.at = at
    Signing(desk.works).look(at)


def said(desk: Desk, key: str) -> list[Any]:
    """What is said with this text, with the account whose private place it is in, or the channel."""
    o, p = t.outbox.c, t.places.c
    wanted = select(p.channel, o.session_id, o.body).join(t.places, p.id == o.place_id)
    with desk.database.read() as connection:
        return list(connection.execute(wanted.where(o.body.contains(f'"{key}"')).order_by(o.id)))


def answer(desk: Desk, who: str, comes: str) -> str:
    """As from the button: in the session of their own group."""
    (press,) = [each for each in presses(desk.ask("home", who=who)) if each.startswith("seat:")]
    assert press.replace("seat", "coming") in presses(desk.ask(press))
    desk.hand_in(press.replace("seat", "coming"), {"comes": comes})
    return words(desk.ask(press))


def test_that_it_is_counted_where_people_are_from_stands_with_what_is_kept(desk: Desk) -> None:
    told = "Vi teller hvor mange som deltar fra hver kommune eller enhet."
    assert told in words(desk.ask("kept", who="U1"))
    with desk.database.write() as connection:
        connection.execute(t.series.update().values(answering="table"))
    assert told not in words(desk.ask("kept", who="U1")), "nobody is counted at a table"


def test_each_group_is_asked_once_in_working_hours_where_the_round_asks_for_it(desk: Desk) -> None:
    look(desk, ASKED.replace(hour=20))
    assert said(desk, "signup.ask") == []
    for _ in range(2):
        look(desk, ASKED + timedelta(days=3))
    asked = said(desk, "signup.ask")
    groups = [row.id for row in sessions(desk.database, 1) if row.kind == "group"]
    assert sorted(row.session_id for row in asked) == groups
    assert all(f"open:coming:1:{row.session_id}" in row.body for row in asked)
    came = looking(desk.database, lambda office: {each.came.key for each in why.explained(office)})
    assert came == {"why.came.time-came"}, "nobody who runs the series did anything"


def test_a_group_with_a_date_of_its_own_is_asked_and_reminded_for_that_and_once(desk: Desk) -> None:
    """All were known by the first date: whose own was moved was not asked for it, and the others, when the first had
    met, were asked again."""
    one, two = [row.id for row in sessions(desk.database, 1) if row.kind == "group"]

    def asked() -> list[int]:
        return [row.session_id for row in said(desk, "signup.ask") if row.session_id in (one, two)]

    for day in (21, 22):
        do(desk.database, moving.move, 1, To(date(2026, 10, day), group="2"), now=ASKED)
        look(desk, ASKED)
    assert asked() == [one, two, two]
    for at in (REMINDED, REMINDED + timedelta(days=1, hours=1), REMINDED + timedelta(days=2)):
        look(desk, at)
    assert asked() == [one, two, two]
    reminded = [row.object.split("/")[1] for row in rows(desk.database, t.audit) if row.act == REMIND]
    assert reminded == ["1 2026-10-20 07:00 group-1", "1 2026-10-22 07:00 group-2"]


def test_only_who_comes_is_reminded_and_nobody_sees_who_it_is(desk: Desk) -> None:
    look(desk, ASKED)
    assert "Du har sagt at du kommer" in answer(desk, "U1", "yes")
    answer(desk, "U2", "no")
    answer(desk, "U3", "yes")
    assert "kan ikke" in answer(desk, "U3", "no").replace("ikke kan", "kan ikke")
    look(desk, REMINDED - timedelta(minutes=1))
    assert said(desk, "signup.reminder") == []
    for _ in range(2):
        look(desk, REMINDED)
    assert [row.channel for row in said(desk, "signup.reminder")] == ["U1"]
    page = words(desk.ask("meeting:1:1", who="U9"))
    assert "Påmeldt: 1. Kan ikke: 2. Tok del: 0." in page
    assert "Kari" not in page


def test_a_tentative_date_that_moves_three_months_is_asked_about_anew(desk: Desk) -> None:
    look(desk, ASKED)
    answer(desk, "U1", "yes")
    moved = desk.hand_in("move:1:1", {"to": "2027-01-21", "at": "09:00", "group": "all"}, who="U9")
    desk.hand_in(moved.name)
    look(desk, REMINDED)
    assert said(desk, "signup.reminder") == []
    assert f"{meetings(desk.database)[0].local_date}" == "2027-01-21"
    look(desk, datetime(2027, 1, 4, 8, tzinfo=UTC))
    assert ["2027-01-21" in row.body for row in said(desk, "signup.ask")][-2:] == [True, True]
    look(desk, datetime(2027, 1, 20, 8, tzinfo=UTC))
    assert said(desk, "signup.reminder") == []
    url = str(desk.database.url)
    told = (
        CliRunner()
        .invoke(runda, ["--database", url, "audit", "north", "--csv"], obj=Caller(desk.clock))
        .output
    )
    assert "2027-01-21" in told


def test_what_waits_to_be_said_of_a_date_is_withdrawn_when_the_session_gets_another(desk: Desk) -> None:
    """Story: a reminder that had been queued when the session was moved went out, of the date that was not."""

    def stand() -> list[tuple[str, str | None]]:
        o = t.outbox.c
        asked = o.body.contains('"signup.ask"') | o.body.contains('"signup.reminder"')
        return [
            (row.status, row.reason) for row in rows(desk.database, t.outbox, asked, o.session_id.in_(first))
        ]

    first = [row.id for row in sessions(desk.database, 1)]
    look(desk, ASKED)
    answer(desk, "U1", "yes")
    answer(desk, "U2", "yes")
    look(desk, REMINDED)
    assert stand() == [("queued", None)] * 4
    do(desk.database, moving.move, 1, To(date(2026, 10, 22)), now=REMINDED)
    assert stand() == [("dropped", "redated")] * 4
    say = catalogue("en").say
    told = looking(desk.database, lambda office: [why.in_words(say, each) for each in why.explained(office)])
    assert sum("the session got another date, or was cancelled, first" in each for each in told) == 4
    do(desk.database, moving.undo, now=REMINDED)
    assert stand() == [("queued", None)] * 4, "of the old date it is true again"
    do(desk.database, changes.cancel, 1, now=REMINDED)
    assert stand() == [("dropped", "redated")] * 4


def test_at_the_command_line_somebody_is_signed_up_and_counted(desk: Desk) -> None:
    url = ["--database", str(desk.database.url), "series", "coming", "north"]
    told = CliRunner().invoke(runda, [*url, "1", "Kari Vik"], obj=Caller(desk.clock)).output
    assert told == "Kari Vik: comes.\n"
    assert CliRunner().invoke(runda, [*url, "1"], obj=Caller(desk.clock)).output.startswith("Signed up: 1.")
    assert CliRunner().invoke(runda, [*url, "1", "Nobody"], obj=Caller(desk.clock)).exit_code == 2


def test_the_answer_is_shown_and_erased_as_all_else_that_is_ones_own(desk: Desk) -> None:
    answer(desk, "U1", "yes")
    (kari,) = [row.person_id for row in rows(desk.database, t.identities) if row.account == "U1"]
    with desk.database.read() as connection:
        (written,) = showing.of_person(connection, kari, "author").written
    assert list(written.scores.values()) == [1]
    erasing = Erasing(desk.works)
    with desk.database.write() as connection:
        erasing.begin(connection, kari, "test", desk.clock.at)
    erasing.go_on(kari, desk.clock.at)
    assert rows(desk.database, t.replies) == []


def test_the_answer_is_one_also_where_somebody_is_reached_in_private_since(desk: Desk) -> None:
    """What is said before anybody is met alone stands where the group is."""
    (kari,) = [row.person_id for row in rows(desk.database, t.identities) if row.account == "U1"]
    alone = [row.id for row in rows(desk.database, t.places) if row.person_id == kari]
    for whose, comes in ((None, "yes"), (kari, "no")):
        with desk.database.write() as connection:
            theirs = t.places.update().where(t.places.c.id.in_(alone))
            connection.execute(theirs.values(person_id=whose))
        answer(desk, "U1", comes)
    assert [row.value for row in every(desk, t.scores)] == [0]


def every(desk: Desk, table: Any) -> list[Any]:
    with desk.database.read() as connection:
        return list(connection.execute(select(table)))


def test_an_added_session_that_somebody_signed_up_to_is_not_taken_off_the_plan(
    sqlite_database: Database,
) -> None:
    made(sqlite_database, programme="exchange", on=["2026-10-20", "2026-11-03"])
    do(sqlite_database, moving.move, 3, To(date(2026, 12, 1)))
    do(sqlite_database, lambda office: sign_by_name(office, Shelf(), lambda: 1000, 3, "Kari", comes=True))
    with refused("The groups have heard of session 3. Cancel it instead."):
        do(sqlite_database, undoing.undo)
