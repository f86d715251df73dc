"""The door: everything that happens comes in here, and whoever brought it hears when it is stored.

Nobody waits for a batch to fill: a batch is what happened to be waiting, and what was being read just then. If a
batch fails, each of its events runs alone; one that still fails is parked, whole, and its bringer told that we have
it. Where the database itself is in trouble nothing is parked and nobody is told so: the platform will bring it again.

A receipt that the engine cannot take in is parked too, but what it says of the message is written down all the
same: otherwise that place would wait for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import TypeAlias

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
#: Turns of the event loop that a request by HTTP takes from its socket to here: what has been read goes along.
TURNS = 3
#: Attempts at an event that meets another unit on its way.
ATTEMPTS = 3

Checkpoint = Callable[[str], None]


def nowhere(_: str) -> None:
    """The checkpoint of a running house: does nothing. Tests kill the process at named ones."""


#: What happened, and who waits to hear that it is stored.
_Waiting: TypeAlias = tuple[Happening, "asyncio.Future[str]"]


class Intake:
    """Takes happenings in, one unit of work at a time. What comes meanwhile is the next unit."""

    def __init__(
        self, works: Works, clock: Clock, executor: Executor, *, checkpoint: Checkpoint = nowhere,
        after: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`after` is called when something has been committed that is to be sent."""
        self.works, self.clock, self.executor = works, clock, executor
        self.checkpoint, self.after = checkpoint, after
        self._waiting: deque[_Waiting] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        #: A unit is under way, or will be as soon as the executor has a thread for it.
        self._busy = False

    async def hear(self, heard: Heard) -> bool:
        """A platform's ear: returns when what was heard is stored, or parked; and whether it was news."""
        return await self.put(heard) == "applied"

    async def put(self, happening: Happening) -> str:
        """Returns "applied", "known", "parked" or why it was ignored. Raises when it could not be stored at all."""
        self.checkpoint("received")
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[str] = loop.create_future()
        self._waiting.append((happening, stored))
        if len(self._waiting) == 1:  # the others go with it: those of this moment, or of the unit under way
            loop.call_soon(self._gather)
        return await stored

    async def run(self) -> None:
        """Work until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._begin()
        try:
            await self._loop.create_future()
        finally:
            self._loop = None

    def _gather(self, before: int = 0, turns: int = TURNS) -> None:
        """Begin when so many turns of the loop have brought nothing more than the `before` that waited."""
        waiting = len(self._waiting)
        turns = TURNS if waiting > before else turns - 1
        if self._busy or self._loop is None or not turns or not 0 < waiting < BATCH:
            self._begin()
        else:
            self._loop.call_soon(self._gather, waiting, turns)

    def _begin(self) -> None:
        """Have a thread take in what waits, unless one does."""
        if self._busy or self._loop is None or not self._waiting:
            return
        self._busy = True
        self.executor.submit(self._work, self._loop)

    # -- in a thread of the executor's

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """One unit."""
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        became, said = self._settle([each for each, _ in batch])
        self._busy = False
        with suppress(RuntimeError):  # the loop has been closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(self._tell, batch, became, said)

    def _settle(self, happenings: Sequence[Happening]) -> tuple[Sequence[str | Exception], bool]:
        """What became of each, and whether there may be something new to send."""
        try:
            outcomes = self.works.take(happenings, self.clock.now())
        except Exception as problem:  # noqa: BLE001 - whatever it was, each event gets its own chance
            if len(happenings) > 1:
                log.warning("a batch of %d is taken one by one: %s", len(happenings), in_short(problem))
            return [self._alone(each) for each in happenings], True
        self.checkpoint("committed")
        return outcomes, outcomes.said

    def _alone(self, each: Happening) -> str | Exception:
        try:
            outcome = self._try(each)
        except Exception as problem:  # noqa: BLE001 - told to whoever brought the event
            log.error("an event could not be stored: %s", in_short(problem))
            return problem
        self.checkpoint("committed")
        return outcome

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

    # -- and back

    def _tell(self, batch: Sequence[_Waiting], became: Sequence[str | Exception], said: bool) -> None:
        """The next unit is behind what the executor has to do otherwise: delivery and clocks have their turn."""
        self._gather()
        for (_, stored), outcome in zip(batch, became, strict=True):
            if stored.done():
                continue
            if isinstance(outcome, Exception):
                stored.set_exception(outcome)
            else:
                stored.set_result(outcome)
        if said:
            self.after()
