"""What is heard of codes and of «I am in», before it comes to anything else.

An ear before the ears: a press that begins with `join:` or `code:` is done here, in one transaction with its key in
the log, and known when it is brought again; everything else is handed on unchanged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from adapters.port import Address, Chose, Ear, Heard, Known, Later, Shut
from bot.clock import Clock
from bot.joining import binding, codes, linking, managing, seating
from bot.joining.visit import Chat, Visit
from bot.work import Works, name
from flows.message import Choice, Name, Text, line, message
from storage import tables as t
from storage.database import TROUBLE
from storage.unit import StaleSession, Unit

log = logging.getLogger(__name__)

JOIN, CODE = "join:", "code:"
#: Attempts at an event that meets another unit on its way.
ATTEMPTS = 3


@runtime_checkable
class Chats(Protocol):
    """What a platform with such chats can say of them, beside `adapters.port.Platform`."""

    async def about(self, place: Address, account: str) -> tuple[Known, bool, bool]:
        """Whoever has the account; whether all that is written there is heard; whether topics can be made there."""


class Door:
    """`hear` is the ear of a platform whose groups cannot be listed."""

    def __init__(
        self, works: Works, chats: Chats, ear: Ear, clock: Clock, executor: Executor, organisation: str, *,
        after: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`organisation`: whose a workspace is that nobody has installed. `after`: there is something to send."""
        self.works, self.chats, self.ear, self.clock, self.executor = works, chats, ear, clock, executor
        self.organisation, self.after = organisation, after

    async def hear(self, heard: Heard) -> bool | None:
        """Returns when it is stored. Raises when it could not be."""
        if not isinstance(heard, Chose) or not heard.press.startswith((JOIN, CODE)):
            return await self.ear(heard)
        try:
            known, hears_all, topics = await self.chats.about(heard.place, heard.account)
        except (Later, Shut, OSError):  # the platform is away: what was asked for is done all the same
            known, hears_all, topics = Known(account=heard.account, name=heard.account), True, False
        chat = Chat(hears_all, topics)
        if await asyncio.get_running_loop().run_in_executor(
            self.executor, lambda: self._take(heard, known, chat)
        ):
            self.after()
        return None

    def _take(self, heard: Chose, known: Known, chat: Chat) -> bool:
        """Returns whether there is something to send."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(heard, known, chat)
            except (StaleSession, IntegrityError, *TROUBLE):
                if attempt == ATTEMPTS:
                    raise
        return False

    def _once(self, heard: Chose, known: Known, chat: Chat) -> bool:
        now, key = self.clock.now(), name(heard)
        with self.works.database.write() as connection:
            if Unit(connection).known([key]):
                return False
            visit = Visit(connection, heard, known, chat, now)
            became = _join(visit) if heard.press.startswith(JOIN) else self._code(visit)
            row = {"session_id": None, "version": None, "key": key, "event": f'{{"type":"came","became":"{became}"}}',
                   "ignored": None, "at": now}  # fmt: skip
            connection.execute(insert(t.log), row)
            if visit.happenings:
                self.works.settle(connection, visit.happenings, now)
            return visit.said or bool(visit.happenings)

    def _code(self, visit: Visit) -> str:
        """A code, typed or followed: in a group it is for the chat, in private for the person."""
        found = codes.find(visit.connection, visit.heard.press.removeprefix(CODE), visit.now)
        if found is None:
            return _answer(visit, self._owner(visit.connection, visit.place), "join.unknown-code")
        if found.purpose == codes.PERSON:
            return _answer(visit, found.organisation_id, linking.link(visit, found))
        managers = managing.circle(visit, found.circle_id)
        if managers is not None:
            return _answer(visit, found.organisation_id, managing.bind(visit, managers))
        group = seating.circle(visit, found.circle_id)
        if group is None:
            return _answer(visit, found.organisation_id, "join.over")
        if visit.private:
            return _answer(visit, group.organisation_id, seating.take_in(visit, group), group.id)
        became = binding.bind(visit, group)
        if became == "join.bound":
            visit.say(group.organisation_id, seating.invitation(visit, group.id, group.kind))
            return became
        return _answer(visit, group.organisation_id, became, group.id)

    def _owner(self, connection: Connection, place: Address) -> int | None:
        """The organisation whose the workspace is."""
        i, o = t.installations.c, t.organisations.c
        here = i.platform == place.platform, i.workspace == place.workspace
        installed = connection.execute(select(i.organisation_id).where(*here)).scalar()
        return installed or connection.execute(select(o.id).where(o.name == self.organisation)).scalar()


def _join(visit: Visit) -> str:
    """«I am in», in a group's chat: the message with the button tells who is."""
    number = visit.heard.press.removeprefix(JOIN)
    group = seating.circle(visit, int(number)) if number.isascii() and number.isdecimal() else None
    if group is None:
        return "join.over"
    if not _lives_here(visit, group):
        return "pressed where the group is not at home"
    became = seating.take_in(visit, group)
    if became == "join.in":
        _show(visit, group)
    return became


def _lives_here(visit: Visit, group: Any) -> bool:
    """What a press carries can be made up by whoever writes their own app: only the group's own chat is a way in."""
    p = t.places.c
    home = visit.one(select(p.platform, p.workspace, p.channel).where(p.id == group.home_id))
    return home is not None and tuple(home) == tuple(visit.place)[:3]


def _show(visit: Visit, group: Any) -> None:
    """The invitation with one name more; a new one, where the message is not ours to rewrite."""
    said, place, o = seating.invitation(visit, group.id), visit.place_row(visit.place), t.outbox.c
    mine = select(t.outbox).where(o.receipt == visit.heard.message, o.kind == "say")
    target = (
        visit.one(mine.where(o.place_id == place.id)) if place is not None and visit.heard.message else None
    )
    if target is not None:
        visit.rewrite(target, said)
    else:
        visit.say(group.organisation_id, said)


def _answer(visit: Visit, organisation: int | None, became: str, group: int | None = None) -> str:
    """Tell whoever came what became of it. A workspace that is nobody's has nothing to say."""
    if organisation is not None:
        named = {"group": Name("circle", group)} if group is not None and became in _NAMED else {}
        home = (Choice("open:home", Text("join.home")),) if visit.private else ()
        visit.say(organisation, message("answer", line(became, **named), choices=home))
    return became


#: Answers that name the group.
_NAMED = ("join.in", "join.already")
