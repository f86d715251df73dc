"""Opening sheets, and taking them in: each in one transaction, by whoever may, and once.

    platform asked what it must be asked -> transaction: known? -> who is it? -> may they? -> sheet, or act -> commit

Opening changes nothing. What is handed in is written under its key in the log together with what it did, so that
the same again shows what came of it and does nothing. Where something is in the way nothing has happened, and the
visitor is told what, in their language, at the blank that it is about.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from adapters.port import (
    OPENS,
    Address,
    Asked,
    Block,
    Capabilities,
    Faults,
    Filled,
    Known,
    Later,
    Platform,
    Refused,
    Sheet,
    Shut,
)  # fmt: skip
from bot.clock import Clock
from bot.counter.acts import called
from bot.counter.sheets import notice
from bot.counter.visit import Gone, NotYours, Visit, Wrong, problem_as_wrong, text_of, texts_of
from bot.counter.visitor import visitor
from bot.series.problems import SeriesProblem
from bot.shelf import Shelf
from bot.trouble import in_short
from bot.work import Works
from storage import tables as t
from storage.database import TROUBLE, Database
from storage.unit import StaleSession

log = logging.getLogger(__name__)

#: Attempts at a visit that meets a serving process on its way.
ATTEMPTS = 3
#: Accounts whose language is remembered, so that a platform is not asked about them at every press.
REMEMBERED = 2000

T = TypeVar("T")


class There(NamedTuple):
    """What a platform has said: of accounts that are named in a sheet, and who is in the channel that it names."""

    known: tuple[Known, ...] = ()
    members: tuple[str, ...] = ()
    #: Blanks whose channels it does not let us look into, and why: a key under `delivery.why`.
    shut: tuple[tuple[str, str], ...] = ()


def quiet() -> None:
    """Nothing to wake."""


class Counter:
    """The counter behind the port."""

    def __init__(
        self, database: Database, works: Works, shelf: Shelf, clock: Clock, executor: Executor,
        platforms: Sequence[Platform], *, organisation: str = "Runda", after: Callable[[], None] = quiet,
    ) -> None:  # fmt: skip
        """`organisation`: whose a workspace is that nobody has installed. `after` is called when there may be
        something to send."""
        self.database, self.works, self.shelf, self.clock, self.executor = (
            database,
            works,
            shelf,
            clock,
            executor,
        )
        self.platforms = {platform.name: platform for platform in platforms}
        self.organisation, self.after = organisation, after
        self._languages: dict[tuple[str, str, str], str | None] = {}

    # -- the port

    async def open(self, asked: Asked) -> Sheet:
        """The sheet, or one that says politely why not."""
        language = await self._language(asked.place, asked.account)
        return await self.in_thread(lambda: self._tried(lambda: self.shown(asked, language)))

    async def hand_in(self, filled: Filled) -> Sheet | Faults | None:
        """What comes next: a sheet, or what is wrong. None: done."""
        language = await self._language(filled.place, filled.account)
        try:
            there = await self.who(filled)
        except (OSError, Later, Shut, Refused) as away:
            log.warning("%s could not be asked about people: %s", filled.place.platform, in_short(away))
            fault = away
            return await self.in_thread(lambda: self._unreachable(filled, language, fault))
        handed = await self.in_thread(lambda: self._tried(lambda: self.taken(filled, there, language)))
        self.after()
        return handed

    # -- in a thread

    def shown(self, asked: Asked, language: str | None = None) -> Sheet:
        with self.database.read() as connection:
            visit = self.visit(connection, asked.place, asked.account, language=language)
            visit.message, visit.about = asked.message, asked.about
            return page(visit, asked.press.removeprefix(OPENS))

    def taken(
        self, filled: Filled, there: There | None = None, language: str | None = None
    ) -> Sheet | Faults | None:  # fmt: skip
        """All of it or nothing."""
        try:
            with self.database.write() as connection:
                visit = self.visit(
                    connection, filled.place, filled.account, there, language=language, key=filled.key
                )
                if there is not None and there.shut:
                    raise Wrong({name: _why_shut(visit, why) for name, why in there.shut})
                return handed(visit, filled)
        except Wrong as wrong:
            return Faults(wrong.by_blank)
        except Instead as instead:
            return instead.sheet

    def visit(
        self, connection: Connection, place: Address, account: str, there: There | None = None, *,
        language: str | None = None, key: str = "", now: datetime | None = None,
    ) -> Visit:  # fmt: skip
        """Somebody at the counter, in that transaction. `language`: theirs, if the house does not know it."""
        there = there or There()
        who = visitor(connection, place, account, self.organisation)
        who.language = who.language or language
        known = {each.account: each for each in there.known}
        members = tuple(known[account] for account in there.members if account in known)
        return Visit(connection, self.works, who, now or self.clock.now(), self._capabilities(place), known, members,
                     key=key)  # fmt: skip

    def _tried(self, work: Callable[[], T]) -> T:
        """Again from the start, where another unit was in the way."""
        for _ in range(ATTEMPTS - 1):
            try:
                return work()
            except (StaleSession, IntegrityError, *TROUBLE):
                # Among those is the same again, brought twice at once: the second time it is known.
                continue
        return work()

    def _unreachable(self, filled: Filled, language: str | None, away: Exception) -> Faults:
        with self.database.read() as connection:
            visit = self.visit(connection, filled.place, filled.account, language=language)
            act, _ = called(filled.sheet)
            if isinstance(away, Shut | Refused) and act.channel:
                return Faults({act.channel: _why_shut(visit, away.reason)})
            return Faults({(act.channel or act.accounts[0]): visit.say("counter.fault.unreachable")})

    # -- platforms

    def _capabilities(self, place: Address) -> Capabilities:
        return self.platforms[place.platform].capabilities

    async def who(self, filled: Filled) -> There:
        """What the platform says of the people who are named in a sheet, and of those in a channel."""
        try:
            act, _ = called(filled.sheet)
        except Gone:
            return There()
        platform, place = self.platforms[filled.place.platform], filled.place
        channel = text_of(filled.written, act.channel) if act.channel else ""
        members = await platform.members(place._replace(channel=channel, thread="")) if channel else []
        shut: list[tuple[str, str]] = []
        if act.other and (other := text_of(filled.written, act.other)):
            try:
                await platform.members(place._replace(channel=other, thread=""))
            except (Shut, Refused) as away:
                shut.append((act.other, away.reason))
        accounts = {account for blank in act.accounts for account in texts_of(filled.written, blank)} | {
            *members
        }
        known = await platform.who(place.workspace, accounts) if accounts else []
        return There(tuple(known), tuple(members), tuple(shut))

    async def _language(self, place: Address, account: str) -> str | None:
        """The language that somebody has chosen on their platform. It is only asked for, never waited for long."""
        key = place.platform, place.workspace, account
        if key not in self._languages:
            try:
                found = await self.platforms[place.platform].who(place.workspace, [account])
            except (OSError, Later, Shut, Refused):
                return None
            if len(self._languages) >= REMEMBERED:
                self._languages.pop(next(iter(self._languages)))
            self._languages[key] = next((each.language for each in found if each.account == account), None)
        return self._languages[key]

    def in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        """Work on the database, out of the way of everybody else."""
        return asyncio.get_running_loop().run_in_executor(self.executor, work)


# -- one visit


def _why_shut(visit: Visit, reason: str) -> str:
    return visit.say("counter.fault.channel", why=visit.say(f"delivery.why.{reason}"))


class Instead(Exception):
    """Nothing was done: this sheet is shown instead."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet


def page(visit: Visit, name: str, told: Collection[str] = ()) -> Sheet:
    """The sheet of that name, with what is told at its top; or one that says why not."""
    try:
        act, numbers = called(name)
        act.may(visit, *numbers)
        sheet = act.sheet(visit, *numbers)
    except NotYours as refused:
        sheet = notice(visit, visit.say(refused.key), *_whom(visit, refused))
    except (Gone, SeriesProblem) as problem:
        why = problem.why if isinstance(problem, SeriesProblem) else None
        sheet = notice(visit, visit.tell(why) if why else visit.say("counter.gone"))
    lines = tuple(Block("line", words) for words in told)
    visit.told = len(lines)
    return msgspec.structs.replace(sheet, name=sheet.name or name, blocks=(*lines, *sheet.blocks))


def _whom(visit: Visit, refused: NotYours) -> list[str]:
    if refused.who:
        return [visit.say("counter.refused.who", names=", ".join(refused.who))]
    return [visit.say("counter.refused.nobody")] if visit.visitor.organisation is None else []


def handed(visit: Visit, filled: Filled) -> Sheet | None:
    """Do what a sheet asks for, unless it has been done. Raises Wrong and Instead; then nothing is to be kept."""
    if (before := _done_before(visit, filled)) is not None:
        return page(visit, before) if before else None
    try:
        act, numbers = called(filled.sheet)
        act.may(visit, *numbers)
        if act.does is None:
            raise Gone
        done = act.does(visit, filled.written, *numbers)
    except (NotYours, Gone):
        raise Instead(page(visit, filled.sheet)) from None
    except SeriesProblem as problem:
        raise _told_at(visit, filled.sheet, problem) from problem
    follows = done.page if done is not None else ""
    _remember(visit, filled, follows)
    return page(visit, done.page, done.told) if done is not None else None


def _told_at(visit: Visit, name: str, problem: SeriesProblem) -> Exception:
    """The problem at a blank of the sheet; where there is none, the sheet again with the problem at its top."""
    sheet = page(visit, name)
    if sheet.blanks:
        return problem_as_wrong(visit, problem, sheet)
    return Instead(page(visit, name, [visit.tell(problem.why or "")]))


def _key(filled: Filled) -> str:
    return f"sheet:{filled.place.platform}:{filled.place.workspace}:{filled.key}"


def _done_before(visit: Visit, filled: Filled) -> str | None:
    """The page that followed when this was handed in before; None: it has not been."""
    known = select(t.log.c.event).where(t.log.c.key == _key(filled))
    event = visit.connection.execute(known).scalar()
    return str(msgspec.json.decode(event)["then"]) if event is not None else None


def _remember(visit: Visit, filled: Filled, follows: str) -> None:
    event = msgspec.json.encode({"type": "handed-in", "sheet": filled.sheet, "then": follows}).decode()
    visit.connection.execute(insert(t.log).values(key=_key(filled), event=event, at=visit.now))
