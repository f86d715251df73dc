"""What was told, taken in: an update is done with when the ear has returned for all that it says.

- Updates of one chat are taken in one after the other, in the order in which they came; chats do not wait for each
  other, whether updates are fetched or sent to us.
- One that the ear cannot store is brought again, and those after it in the same chat wait for it. One that fails
  again and again, while others are stored, is put aside whole (`put_aside`) and stops nobody any more; one that
  cannot be read is put aside at once. Where nothing at all can be stored, nothing is put aside.
- A press is answered as soon as it is stored, so that the button stops turning; whether that reaches anybody does
  not matter.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import msgspec

from adapters.port import Ear, Known
from adapters.telegram import parse, updates
from adapters.telegram.client import Client
from adapters.telegram.reading import Me, Query, Read
from adapters.telegram.render import plain

log = logging.getLogger(__name__)

#: How often an update is tried before it is put aside; others have been stored meanwhile.
ATTEMPTS = 5
#: People whose names are remembered from what they do.
REMEMBERED = 5000
#: Hints in one chat: no more than this, so that they stay hints. Counted since the start.
HINTS = 20

#: Keeps an update that cannot be taken in: its key, all of it, and why in short.
PutAside: TypeAlias = Callable[[str, str, str], Awaitable[None]]


class Clock(Protocol):
    def now(self) -> datetime:
        """The present time: aware, UTC."""

    async def sleep(self, seconds: float) -> None: ...


class NotStored(Exception):
    """It could not be taken in, and shall be brought again."""


@dataclass(slots=True)
class Lane:
    """A chat whose updates are being taken in, and how many of them."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Hearing:
    def __init__(
        self, client: Client, clock: Clock, put_aside: PutAside, texts: Mapping[str, Mapping[str, str]]
    ) -> None:
        """`texts` are those under `telegram.`, by language."""
        self.client, self.clock, self.put_aside, self.texts = client, clock, put_aside, texts
        self.people: OrderedDict[str, Known] = OrderedDict()
        #: Where we have an administrator's rights, and so hear everything, as far as we have been told.
        self.administers: dict[int, bool] = {}
        self._lanes: dict[int, Lane] = {}
        self._failed: dict[int, tuple[int, int]] = {}
        self._stored = 0
        self._hinted: dict[int, int] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def take(self, raw: Any, me: Me, ear: Ear) -> None:
        """Take in one update, after those of its chat that came before. Raises NotStored."""
        try:
            update = updates.read(raw)
        except ValueError as fault:
            await self._aside(raw, me, f"cannot be read: {type(fault).__name__}")
            return
        lane = self._lanes.get(update.chat)
        if lane is None:
            lane = self._lanes[update.chat] = Lane()
        lane.wanted += 1
        try:
            async with lane.lock:
                await self._take(update, raw, me, ear)
        finally:
            lane.wanted -= 1
            if not lane.wanted:
                del self._lanes[update.chat]

    async def _take(self, update: updates.Update, raw: Any, me: Me, ear: Ear) -> None:
        number = update.update_id
        try:
            read = parse.read(update, me, self.clock.now())
            self._remember(read)
            for each in read.heard:
                await ear(each)
        except Exception as fault:
            if not self._hopeless(number):
                raise NotStored(f"update {number}: {type(fault).__name__}") from fault
            await self._aside(raw, me, type(fault).__name__)
            return
        self._stored += 1
        self._failed.pop(number, None)
        self._after(update, read)

    def _hopeless(self, number: int) -> bool:
        """It has been tried often enough, and it is not that nothing at all can be stored."""
        tries, stored = self._failed.get(number, (0, self._stored))
        self._failed[number] = tries + 1, stored
        return tries + 1 >= ATTEMPTS and self._stored > stored

    async def _aside(self, raw: Any, me: Me, why: str) -> None:
        """Raises NotStored where not even that can be done."""
        try:
            number = updates.number(raw)
        except ValueError:
            number = 0
        whole = msgspec.json.encode(updates.without_numbers(raw)).decode()
        try:
            await self.put_aside(f"telegram:{me.bot}:{number}", whole, why)
        except Exception as fault:
            raise NotStored(f"update {number}: {type(fault).__name__}") from fault
        self._failed.pop(number, None)
        log.error("update %d was put aside (%s)", number, why)

    def _remember(self, read: Read) -> None:
        for each in read.known:
            self.people[each.account] = each
            self.people.move_to_end(each.account)
        while len(self.people) > REMEMBERED:
            self.people.popitem(last=False)
        if read.administers is not None:
            chat, does = read.administers
            self.administers[chat] = does

    # -- what is answered at once

    def _after(self, update: updates.Update, read: Read) -> None:
        if read.query is not None:
            language = read.known[0].language if read.known else None
            self._start(self._answer(read.query, self._text(read.query.hint, language)))
        message = update.message
        if read.hint and read.known and message is not None and self._hinted.get(message.chat.id, 0) < HINTS:
            self._hinted[message.chat.id] = self._hinted.get(message.chat.id, 0) + 1
            self._start(self._hint(message, self._text(read.hint, read.known[0].language)))

    def _text(self, hint: str, language: str | None) -> str:
        texts = self.texts.get(language or "") or self.texts.get("en", {})
        return texts.get(f"hint.{hint}", "") if hint else ""

    def _start(self, answer: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answer)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, query: Query, words: str) -> None:
        try:
            await self.client.answer(query.id, words, query.url)
        except Exception as fault:  # noqa: BLE001 - the press is stored; that its button turns for a while is no loss
            log.debug("a press could not be answered: %s", fault)

    async def _hint(self, message: updates.Message, words: str) -> None:
        topic = message.message_thread_id if message.is_topic_message else None
        try:
            if words:
                await self.client.say(message.chat.id, topic, plain(words), reply_to=message.message_id)
        except Exception as fault:  # noqa: BLE001 - a hint that does not arrive is no loss
            log.debug("a hint could not be given: %s", fault)

    async def close(self) -> None:
        """Presses that are stored are still answered, if that is quick."""
        if self._answering:
            await asyncio.wait(tuple(self._answering), timeout=1)
        for task in tuple(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
