"""Updates, fetched: asked for, stored, and only then confirmed.

Asking from number N on tells Telegram that all before N are done with. So N grows no further than to the first
update that is not stored; what has been stored behind it is remembered, and not taken in again. After a crash
Telegram brings again what had not been confirmed, and the house knows what it knows.

One process at a time fetches the updates of a bot. `Turn` is asked before each request; where several processes
serve one database, it is a lock in it. Somebody elsewhere with the same token is told of in the log, and waited out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from adapters.port import Later, Refused, Shut
from adapters.telegram import updates
from adapters.telegram.client import Client
from adapters.telegram.faults import Occupied
from adapters.telegram.hearing import Clock, NotStored

log = logging.getLogger(__name__)

#: Seconds between attempts: when something went wrong, longer each time; and where another process fetches.
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
NOT_OURS = 5.0
#: Seconds that a request of somebody else with the same token is waited out, and one with a token that is not valid.
OCCUPIED, NO_TOKEN = 30.0, 60.0

#: Takes in one update; raises NotStored.
Take = Callable[[Any], Awaitable[None]]


class Turn(Protocol):
    """Which of several processes fetches the updates of a bot."""

    async def ours(self) -> bool:
        """Whether it is this one, now."""

    async def leave(self) -> None:
        """Let another have it."""


class Alone:
    """There is one process."""

    async def ours(self) -> bool:
        return True

    async def leave(self) -> None:
        pass


class Polling:
    def __init__(self, client: Client, clock: Clock, take: Take, turn: Turn) -> None:
        self.client, self.clock, self._take, self._turn = client, clock, take, turn
        self._offset: int | None = None
        #: Numbers from the offset on that are stored.
        self._stored: set[int] = set()
        self._faults = 0

    async def run(self) -> None:
        """Fetch and take in until cancelled, whatever goes wrong."""
        while True:
            pause = await self._round()
            if pause:
                await self.clock.sleep(pause)

    async def _round(self) -> float:
        """One request, and what came of it. Returns the seconds to wait before the next."""
        try:
            if not await self._turn.ours():
                self._forget()
                return NOT_OURS
            return await self._store(await self.client.updates(self._offset))
        except Exception as fault:  # noqa: BLE001 - fetching goes on
            return self._pause(fault)

    def _forget(self) -> None:
        """Another process fetches: what it has confirmed is its affair."""
        self._offset = None
        self._stored.clear()

    async def _store(self, found: list[Any]) -> float:
        """Take in what was fetched, and move the offset as far as all is stored. Returns the seconds to wait."""
        numbers = [updates.number(raw) for raw in found]
        chats: dict[int, list[tuple[int, Any]]] = {}
        for number, raw in zip(numbers, found, strict=True):
            if number not in self._stored:
                chats.setdefault(updates.chat_of(raw), []).append((number, raw))
        before = len(self._stored)
        await asyncio.gather(*(self._store_chat(lane) for lane in chats.values()))
        some = len(self._stored) > before
        left = [number for number in numbers if number not in self._stored]
        if numbers:
            self._offset = min(left) if left else max(numbers) + 1
            self._stored = {number for number in self._stored if number >= self._offset}
        if some or not left:
            self._faults = 0
        # One that cannot be stored keeps nobody else waiting for long.
        return self._later() if left else 0

    async def _store_chat(self, lane: list[tuple[int, Any]]) -> None:
        """In their order; those behind one that cannot be stored wait with it."""
        for number, raw in lane:
            try:
                await self._take(raw)
            except NotStored as fault:
                log.warning("not stored, and fetched again: %s", fault)
                return
            self._stored.add(number)

    def _pause(self, fault: Exception) -> float:
        if isinstance(fault, Occupied):
            log.error(
                "Telegram hands this bot's updates to somebody else (%s). Another program runs with the same "
                "TELEGRAM_BOT_TOKEN: stop it, or make a bot of its own for it with BotFather.",
                fault,
            )
            return OCCUPIED
        if isinstance(fault, Shut):
            log.error("Telegram does not accept TELEGRAM_BOT_TOKEN. Copy it again from BotFather.")
            return NO_TOKEN
        if isinstance(fault, Later):
            return max(fault.seconds, PAUSES[0])
        told = fault if isinstance(fault, OSError | Refused) else type(fault).__name__
        log.warning("updates could not be fetched: %s", told)
        return self._later()

    def _later(self) -> float:
        pause = PAUSES[min(self._faults, len(PAUSES) - 1)]
        self._faults += 1
        return pause
