"""A house on a clock that is driven by hand, with a chat platform in memory that forgives nothing.

The house is wired as in `runda serve`. Only time, and what the platform does, are the test's.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
from sqlalchemy import Table, func, select

from adapters.port import Address, Bucket, Capabilities, Outgoing, Refused, Spoken, Taken, Wrote
from bot import library
from bot.happenings import Happening
from bot.series import making
from bot.series.office import Change, open_office
from bot.series.planning import Tenant, Wish, plan
from bot.wiring import House, build, working
from flows import state as states
from flows.engine import advance
from flows.events import Event
from flows.forms import CREATE
from storage import tables as t
from storage.database import Database
from storage.unit import Unit

HERE = Tenant("Runda", "en", "Europe/Oslo")
#: A Tuesday morning in Oslo, an hour before nine.
EIGHT = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)
NINE = EIGHT + timedelta(hours=1)
GROUPS = ("Fjord: Kari, Amir, Liv, Jon", "Fjell: Tor, Sigrid, Ola, Eva")
COORDINATOR = "Berit"
CAPABLE = Capabilities(buttons=False, look_up=True, threads=False, reactions=True)

_event = msgspec.json.Decoder(Event).decode


def driven(story: Callable[..., Any]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @functools.wraps(story)
    def test(*args: Any, **kwargs: Any) -> None:
        asyncio.run(story(*args, **kwargs))

    return test


# -- a series


def planned(
    database: Database, *, now: datetime = EIGHT, on: Iterable[str] = ("2026-10-13",), at: str = "09:00",
    name: str = "North", group: Iterable[str] = GROUPS, pace: str = "live", form: str = "plenum", **more: Any,
) -> str:  # fmt: skip
    """Plan a self-check in those groups, with Berit as its coordinator. Returns what commands call it."""
    asked = {"name": name, "on": list(on), "at": at, "group": list(group), "pace": pace, "form": form,
             "coordinator": [COORDINATOR], **more}  # fmt: skip
    with database.write() as connection:
        wanted = plan(Wish.of(CREATE.read(asked)), _selfcheck(), HERE, now)
        return making.make(connection, wanted, HERE.name, "test", now)


@functools.cache
def _selfcheck() -> library.Content:
    """Read once: it never changes, and takes half a second."""
    return library.read("selfcheck")


def change(
    database: Database, act: Callable[..., Change], *args: Any, now: datetime, called: str = "north"
) -> Change:
    """Change a series as a command does. Orders, if there are any, are for the caller to give."""
    with database.write() as connection:
        return act(open_office(connection, HERE.name, called, "test", now), *args)


# -- the clock and the platform


@dataclass
class Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Post:
    """A message as the platform keeps it; `was`: what it rewrote."""

    id: str
    token: str
    place: str
    at: datetime
    spoken: Spoken
    was: str | None = None

    @property
    def words(self) -> str:
        return "\n".join(block.words for block in self.spoken.blocks)


def at_ease(_: Outgoing) -> None:
    """No trouble."""


@dataclass
class Chat:
    """Takes each request once, one at a time in a place. What should never come is written down in `faults`."""

    clock: Clock
    name: str = "terminal"
    capabilities: Capabilities = CAPABLE
    posts: list[Post] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    #: Trouble before a message is taken, after it was taken, and when one is looked up: each may raise.
    before: Callable[[Outgoing], None] = at_ease
    after: Callable[[Outgoing], None] = at_ease
    looking: Callable[[Outgoing], None] = at_ease
    #: Places that take nothing until their event is set.
    stuck: dict[str, asyncio.Event] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: count(1))

    async def listen(self, ear: Any, _: Any = None) -> None:
        self.ear = ear

    def buckets(self, _: Outgoing) -> tuple[Bucket, ...]:
        return ()

    def look_up_bucket(self, _: Outgoing) -> str:
        return ""

    async def send(self, outgoing: Outgoing) -> Taken:
        place = outgoing.place.channel
        if place in self._busy:
            self.faults.append(f"two messages at the same time in {place}")
        self._busy.add(place)
        try:
            await self._wait(place)
            self.before(outgoing)
            post = self._take(outgoing, place)
            self.after(outgoing)
            return Taken(post.id)
        finally:
            self._busy.discard(place)

    async def _wait(self, place: str) -> None:
        await asyncio.sleep(0)
        if place in self.stuck:
            await self.stuck[place].wait()

    def _take(self, outgoing: Outgoing, place: str) -> Post:
        if outgoing.token in {post.token for post in self.posts}:
            self.faults.append(f"{outgoing.token} came twice to {place}")
        if outgoing.message is not None and outgoing.message not in {post.id for post in self.posts}:
            raise Refused("not-found")
        post = Post(
            f"m{next(self._numbers)}", outgoing.token, place, self.clock.at, outgoing.spoken, outgoing.message
        )
        self.posts.append(post)
        return post

    async def look_up(self, outgoing: Outgoing) -> Taken | None:
        self.looking(outgoing)
        found = [post for post in self.posts if post.token == outgoing.token]
        return Taken(found[0].was or found[0].id) if found else None

    async def close(self) -> None:
        pass

    def said(self, place: str) -> list[str]:
        """The words of what was posted in a place, in order, without what was rewritten."""
        return [post.words for post in self.posts if post.place == place and post.was is None]


# -- the house


@dataclass
class Rig:
    database: Database
    clock: Clock
    chat: Chat
    house: House
    _numbers: Any = field(default_factory=lambda: count(1))

    async def settle(self) -> None:
        """Until nothing is due and nothing more can be sent now."""
        moved = 1
        while moved:
            moved = await self.house.timekeeper.tick()
            while await self.house.courier.round():
                moved = 1

    async def go(self, *, minutes: float = 0, to: datetime | None = None) -> None:
        """Let time pass, stopping wherever something is due."""
        end = to or self.clock.at + timedelta(minutes=minutes)
        await self.settle()
        while (moment := self._next()) is not None and moment <= end:
            self.clock.at = max(self.clock.at, moment)
            await self.settle()
        self.clock.at = end
        await self.settle()

    def _next(self) -> datetime | None:
        o, s = t.outbox.c, t.sessions.c
        with self.database.read() as connection:
            held = select(func.min(o.not_before)).where(o.status == "queued", o.not_before > self.clock.at)
            wakes = select(func.min(s.wake_at)).where(s.wake_at > self.clock.at)
            moments = [connection.execute(each).scalar() for each in (held, wakes)]
        return min((each for each in moments if each is not None), default=None)

    async def hear(self, happening: Happening) -> str:
        """Take something in, and let what follows from it happen. Returns what became of it."""
        outcome = await self.house.intake.put(happening)
        await self.settle()
        return outcome

    async def say(self, place: str, who: str, words: str, **more: Any) -> str:
        return await self.hear(self.wrote(place, who, words, **more))

    def wrote(self, place: str, who: str, words: str, **more: Any) -> Wrote:
        number = more.pop("number", None) or next(self._numbers)
        return Wrote(key=f"k{number}", place=Address("terminal", "local", place), account=who, message=f"u{number}",
                     words=words, at=self.clock.at, **more)  # fmt: skip

    def rows(self, table: Table, *where: Any) -> list[Any]:
        return rows(self.database, table, *where)

    def outbox(self, place: str) -> list[Any]:
        """The rows for a place and its threads, in order."""
        of = select(t.places.c.id).where(t.places.c.channel == place)
        return sorted(self.rows(t.outbox, t.outbox.c.place_id.in_(of)), key=lambda row: row.id)


@asynccontextmanager
async def standing(
    database: Database, *, at: datetime = NINE, chat: Chat | None = None
) -> AsyncIterator[Rig]:
    """A house that has just started at that time, with what was left unsent taken over. Faults fail the test."""
    clock = Clock(at)
    chat = chat or Chat(clock)
    chat.clock = clock
    house = build(database, [chat], clock)
    async with working(house):
        await chat.listen(house.intake.hear)
        await house.courier.recover(everything=True)
        yield Rig(database, clock, chat, house, count(len(rows(database, t.log)) + 1))
        await house.courier.stop()
    assert chat.faults == []


def rows(database: Database, table: Table, *where: Any) -> list[Any]:
    """In the order of their primary keys: of most tables that is the order in which they were made."""
    with database.read() as connection:
        return list(connection.execute(select(table).where(*where).order_by(*table.primary_key)))


# -- what must hold whatever happened


def replayed(database: Database) -> int:
    """The log says the same again: each session's state, and what was ignored. Returns how many events it holds."""
    with database.read() as connection:
        unit = Unit(connection)
        sessions = unit.sessions([row.id for row in connection.execute(select(t.sessions.c.id))])
        return sum(_replay(unit, row) for row in sessions.values())


def _replay(unit: Unit, row: Any) -> int:
    log = t.log.c
    route = _programme(unit, row.content_id).route(row.number, everyone=row.circle_kind == "everyone")
    state, events, opened = None, unit.all(select(t.log).where(log.session_id == row.id).order_by(log.id)), 0
    for entry in events:
        result = advance(route, state, _event(entry.event), now=entry.at)
        assert result.ignored == entry.ignored
        opened += '"opened"' in entry.event
        state = result.state
    assert opened <= 1
    kept = states.load(row.state) if row.state else None
    assert state == kept
    return len(events)


@functools.lru_cache(maxsize=4)
def _content(body: str) -> library.Content:
    return library.content_from_json(body)


def _programme(unit: Unit, content_id: str) -> Any:
    return _content(unit.all(select(t.contents.c.body).where(t.contents.c.id == content_id))[0][0]).programme


def words_of(database: Database, keys: Collection[str]) -> dict[str, list[str]]:
    """By message id: the words of every reply that is kept of it."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    for row in rows(database, t.replies):
        found.setdefault(row.message, []).append(row.words)
    return found
