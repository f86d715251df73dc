"""A planned series to test with, and ways to look at it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot import library
from bot.happenings import Order
from bot.series import making, pausing
from bot.series.deciding import decide
from bot.series.moving import To
from bot.series.office import Change, Office, open_office
from bot.series.planning import Plan, Tenant, Wish, plan
from bot.series.problems import SeriesProblem
from bot.shelf import Shelf
from bot.wiring import tomb_maker
from bot.work import Works
from flows import state as states
from flows.events import Pressed
from flows.forms import CREATE
from storage import tables as t
from storage.database import Database

NOW = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
HERE = Tenant("Runda", "en", "Europe/Oslo")
PEOPLE = "Kari, Amir, Liv, Jon, Ola, Siri, Per, Eva"
#: The clock in Oslo is put back on 25 October 2026.
BEFORE, AFTER, LATER = "2026-10-20", "2026-11-03", "2026-11-17"
#: 09:00 in Oslo, before that.
OPENS = datetime(2026, 10, 20, 7, 0, tzinfo=UTC)


def planned(
    *, now: datetime = NOW, tenant: Tenant = HERE, programme: str = "selfcheck", **written: Any
) -> Plan:
    """A plan from what was written in the form; by default eight people, three Tuesdays at nine."""
    if not {"on", "rule"} & written.keys():
        written |= {"on": [BEFORE, AFTER, LATER]}
    if "on" in written and "at" not in written:
        written |= {"at": "09:00"}
    if not {"people", "group"} & written.keys():
        written |= {"people": PEOPLE}
    return plan(Wish.of(CREATE.read({"name": "North", **written})), library.read(programme), tenant, now)


def made(database: Database, *, organisation: str = "Runda", now: datetime = NOW, **written: Any) -> str:
    """The same plan as rows. Returns what commands call it."""
    with database.write() as connection:
        return making.make(connection, planned(now=now, **written), organisation, "test", now)


def do(
    database: Database, act: Callable[..., Change], *args: Any, called: str = "north", now: datetime = NOW
) -> Change:
    """Carry a change out, as a command does, with what sessions under way are told."""
    done = decide(works(database), "Runda", called, "test", lambda office: act(office, *args), now)
    assert set(done.outcomes) <= {"applied"}
    return done.change


def looking(
    database: Database, look: Callable[[Office], Any], *, called: str = "north", now: datetime = NOW
) -> Any:
    with database.read() as connection:
        return look(open_office(connection, "Runda", called, "test", now))


def refused(words: str) -> Any:
    """What is done in it is refused with these words."""
    return pytest.raises(SeriesProblem, match=re.escape(words))


def on(day: str) -> To:
    return To(date.fromisoformat(day))


def until(day: str, **more: Any) -> Callable[[Office], Change]:
    """A pause that ends on that day."""
    return lambda office: pausing.pause(office, date.fromisoformat(day), **more)


def opened(database: Database, now: datetime = OPENS, *, here: bool = True) -> list[Any]:
    """Meeting 1 is under way: it has opened, and both groups have said that they are here."""
    house = works(database)
    house.take_due(now)
    if here:
        people = {
            each.id: states.load(each.state).members[0]
            for each in sessions(database, 1)
            if each.kind == "group" and each.state
        }
        house.take(
            [Order(f"here:{key}", key, Pressed(person, "here")) for key, person in people.items()], now
        )
    return [each for each in sessions(database, 1) if each.kind == "group"]


def works(database: Database) -> Works:
    """Numbers of replies and recaps start anew for each, far apart."""
    with database.read() as connection:
        first = 1000 * (1 + len(list(connection.execute(select(t.log.c.id)))))
    return Works(
        database, Shelf(), itertools.count(first).__next__, tomb_maker(database.secret("tombstones"))
    )


def rows(database: Database, table: Any, *where: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(table).where(*where).order_by(table.c.id)))


def meetings(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(
            connection.execute(select(t.meetings).order_by(t.meetings.c.series_id, t.meetings.c.number))
        )


def sessions(database: Database, number: int | None = None) -> list[Any]:
    """Sessions with their circle's name and kind, and their meeting's number."""
    s, c, m = t.sessions.c, t.circles.c, t.meetings.c
    wanted = select(t.sessions, c.name, c.kind, m.number).join(t.circles, c.id == s.circle_id)
    wanted = wanted.join(t.meetings, m.id == s.meeting_id).order_by(m.number, s.id)
    with database.read() as connection:
        return list(connection.execute(wanted if number is None else wanted.where(m.number == number)))


def announced(database: Database) -> list[Any]:
    """What coordinators had said in the threads: rows of the outbox that the engine did not write."""
    return rows(database, t.outbox, t.outbox.c.effect >= 1_000_000)


def keys(outbox: Sequence[Any]) -> list[str]:
    """The keys of the first texts of these messages."""
    import msgspec

    from flows.message import Line, Message, Text

    found = []
    for row in outbox:
        first = msgspec.json.decode(row.body, type=Message).parts[0]
        assert isinstance(first, Line)
        assert isinstance(first.content, Text)
        found.append(first.content.key)
    return found
