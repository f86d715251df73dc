"""The door: everything that happens comes in here, and whoever brought it hears when it is stored.

Nobody waits for a batch to fill: a batch is what happened to be waiting. If a batch fails, each of its events
runs alone; one that still fails is parked, whole, and its bringer told that we have it. Where the database
itself is in trouble nothing is parked and nobody is told so: the platform will bring it again.

A receipt that the engine cannot take in is parked too, but what it says of the message is written down all the
same: otherwise that place would wait for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import msgspec
from sqlalchemy.exc import IntegrityError

from adapters.port import Heard
from bot.clock import Clock
from bot.happenings import Happening, Receipt, Refusal
from bot.trouble import in_short
from bot.work import Works, book, name
from storage.database import TROUBLE
from storage.parked import park, reason_of
from storage.unit import StaleSession, Unit

log = logging.getLogger(__name__)

#: Events in one unit of work: what a unit costs is shared by those waiting, and none waits long.
BATCH = 64
#: Attempts at an event that meets another unit on its way.
ATTEMPTS = 3

T = TypeVar("T")
Checkpoint = Callable[[str], None]


def nowhere(_: str) -> None:
    """The checkpoint of a running house: does nothing. Tests kill the process at named ones."""


class Intake:
    """Takes happenings in, one unit of work at a time per worker."""

    def __init__(
        self, works: Works, clock: Clock, executor: Executor, *, checkpoint: Checkpoint = nowhere,
        after: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`after` is called when something has been committed that is to be sent."""
        self.works, self.clock, self.executor = works, clock, executor
        self.checkpoint, self.after = checkpoint, after
        self._waiting: asyncio.Queue[tuple[Happening, asyncio.Future[str]]] = asyncio.Queue()

    async def hear(self, heard: Heard) -> bool:
        """A platform's ear: returns when what was heard is stored, or parked; and whether it was news."""
        return await self.put(heard) == "applied"

    async def put(self, happening: Happening) -> str:
        """Returns "applied", "known", "parked" or why it was ignored. Raises when it could not be stored at all."""
        self.checkpoint("received")
        stored: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((happening, stored))
        return await stored

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            if await self._settle(batch):
                self.after()

    async def idle(self) -> None:
        """Returns when nothing is waiting. For clocks that are driven by hand."""
        while not self._waiting.empty():
            await asyncio.sleep(0)

    async def _settle(self, batch: Sequence[tuple[Happening, asyncio.Future[str]]]) -> bool:
        """Returns whether there may be something new to send."""
        try:
            outcomes = await self._in_thread(
                lambda: self.works.take([each for each, _ in batch], self.clock.now())
            )
        except Exception as problem:  # noqa: BLE001 - whatever it was, each event gets its own chance
            if len(batch) > 1:
                log.warning("a batch of %d is taken one by one: %s", len(batch), in_short(problem))
            for each, stored in batch:
                await self._alone(each, stored)
            return True
        self.checkpoint("committed")
        for (_, stored), outcome in zip(batch, outcomes, strict=True):
            if not stored.done():
                stored.set_result(outcome)
        return outcomes.said

    async def _alone(self, each: Happening, stored: asyncio.Future[str]) -> None:
        try:
            outcome = await self._in_thread(lambda: self._try(each))
        except Exception as problem:  # noqa: BLE001 - told to whoever brought the event
            log.error("an event could not be stored: %s", in_short(problem))
            if not stored.done():
                stored.set_exception(problem)
            return
        self.checkpoint("committed")
        if not stored.done():
            stored.set_result(outcome)

    def _try(self, each: Happening) -> str:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.works.take([each], self.clock.now())[0]
            except (StaleSession, *TROUBLE):
                # Another unit was first, or the database is in trouble: neither is the event's fault.
                if attempt == ATTEMPTS:
                    raise
            except Exception as problem:  # noqa: BLE001 - a poisoned event must not stop the others
                # Another process may have been handed the same event, and taken it in meanwhile.
                if attempt == ATTEMPTS or not isinstance(problem, IntegrityError):
                    return self._park(each, problem)
        raise StaleSession("gave up")

    def _park(self, each: Happening, problem: Exception) -> str:
        reason = reason_of(problem)
        with self.works.database.write() as connection:
            park(
                connection,
                key=name(each),
                raw=msgspec.json.encode(each).decode(),
                reason=reason,
                at=self.clock.now(),
            )
            if isinstance(each, Receipt | Refusal):
                unit = Unit(connection)
                book(unit, each)
                unit.flush()
        log.error("an event was parked (%s); see: runda parked", reason)
        return "parked"

    def _in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self.executor, work)
