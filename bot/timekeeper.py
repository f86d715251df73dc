"""Time: APScheduler is the clockwork of a process, the database is the schedule.

What is due is a column with an index. The clockwork wakes at the next due moment, and at the latest every two
seconds, so that a change made by a command or by another process is seen; and it does the upkeep. Its jobs live in
memory: its own store would run them twice with two processes, and drop what is late.

A session that cannot be opened or woken, because its programme or a fault of ours is in the way, holds up nobody
else: it is left alone for a minute, and then tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import func, or_, select

from bot.clock import Clock
from bot.trouble import in_short
from bot.work import DUE_AT_ONCE, Works
from storage import tables as t
from storage.database import TROUBLE, Database
from storage.parked import reason_of
from storage.unit import StaleSession

log = logging.getLogger(__name__)
# A look that takes longer than the time to the next one is waited for, and needs nobody's attention.
logging.getLogger("apscheduler").setLevel(logging.ERROR)

#: Seconds between looks, between signs of life, and between looks at what is rare (`bot.upkeep`).
LOOK, ALIVE, UPKEEP = 2, 10, 60
#: A session that could not be woken is tried again after so long.
FAULTY = timedelta(minutes=1)
#: Processes that have not been seen for so long are forgotten.
FORGOTTEN = timedelta(days=1)

T = TypeVar("T")


class Timekeeper:
    def __init__(
        self, database: Database, works: Works, clock: Clock, executor: Executor, name: str,
        after: Callable[[], None] = lambda: None, *, alive: float = ALIVE,
        upkeep: Callable[[datetime], int] = lambda _: 0,
    ) -> None:  # fmt: skip
        """`alive`: seconds between signs of life, several in the time after which a process is taken for dead.

        `upkeep`: what is to be done now and then; returns how many messages it has queued.
        """
        self.database, self.works, self.clock = database, works, clock
        self.executor, self.name = executor, name
        self.after, self.alive, self.upkeep = after, alive, upkeep
        self._scheduler: AsyncIOScheduler | None = None
        #: Sessions that cannot be woken, until when they are left alone.
        self._faulty: dict[int, datetime] = {}

    async def tick(self) -> int:
        """Open and wake all that is due. Returns how many sessions there were."""
        total = 0
        while True:
            due = await self._in_thread(lambda: self._take(self.clock.now()))
            total += due
            if due < DUE_AT_ONCE:
                break
        if total:
            self.after()
        return total

    def _take(self, now: datetime) -> int:
        self._faulty = {session: until for session, until in self._faulty.items() if until > now}
        try:
            return self.works.take_due(now, but=self._faulty)
        except (StaleSession, *TROUBLE):
            raise
        except Exception:  # noqa: BLE001 - whatever it was, each session gets its own chance
            return self._one_by_one(now)

    def _one_by_one(self, now: datetime) -> int:
        due = self.works.due(now, but=self._faulty)
        for session in due:
            try:
                self.works.take_due(now, only=session)
            except (StaleSession, *TROUBLE):
                raise
            except Exception as problem:  # noqa: BLE001 - a poisoned session must not stop the others
                log.error("session %d cannot be opened or woken: %s", session, reason_of(problem))
                self._faulty[session] = now + FAULTY
        return len(due)

    async def keep_up(self) -> int:
        """Do what is rare: see `bot.upkeep`. Returns how many messages were queued."""
        queued = await self._in_thread(lambda: self.upkeep(self.clock.now()))
        if queued:
            self.after()
        return queued

    def next_due(self) -> datetime | None:
        """The earliest deadline of any session."""
        with self.database.read() as connection:
            # Said twice, so that both engines read it off the index of those that wait.
            waiting = t.sessions.c.wake_at.is_not(None)
            return connection.execute(select(func.min(t.sessions.c.wake_at)).where(waiting)).scalar()

    def seen(self) -> None:
        """A sign of life: for the health check, and so that nobody takes over what this process has claimed."""
        with self.database.write() as connection:
            old = or_(t.workers.c.id == self.name, t.workers.c.seen_at < self.clock.now() - FORGOTTEN)
            connection.execute(t.workers.delete().where(old))
            connection.execute(t.workers.insert().values(id=self.name, seen_at=self.clock.now()))

    def gone(self) -> None:
        """A clean stop: nobody needs to wait for signs of life."""
        with self.database.write() as connection:
            connection.execute(t.workers.delete().where(t.workers.c.id == self.name))

    async def begin(self) -> None:
        """The first sign of life, and a look at what came due while nobody was running; then the clockwork."""
        await self._in_thread(self.seen)
        await self._look()
        self._wind()

    async def end(self) -> None:
        """Stop the clockwork, and say goodbye: nobody has to wait for signs of life that will not come."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        try:
            await self._in_thread(self.gone)
        except Exception as problem:  # noqa: BLE001 - the others will miss it in time
            log.error("a goodbye failed: %s", in_short(problem))

    def _wind(self) -> None:
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(job_defaults=options)
        self._scheduler.add_job(self._look, "interval", seconds=LOOK, id="look")
        self._scheduler.add_job(self._alive, "interval", seconds=self.alive, id="alive")
        self._scheduler.add_job(self._keep_up, "interval", seconds=UPKEEP, id="upkeep")
        self._scheduler.start()

    async def _look(self) -> None:
        try:
            await self.tick()
            await self._wake_in_time()
        except Exception as problem:  # noqa: BLE001 - the clock must not stop; the next look is in two seconds
            log.error("a look at the clock failed: %s", in_short(problem))

    async def _wake_in_time(self) -> None:
        """A deadline before the next look gets a look of its own."""
        due = await self._in_thread(self.next_due)
        if (
            self._scheduler is not None
            and due is not None
            and 0 < (due - self.clock.now()).total_seconds() < LOOK
        ):
            self._scheduler.add_job(self._look, "date", run_date=due, id="in-time", replace_existing=True)

    async def _keep_up(self) -> None:
        try:
            await self.keep_up()
        except Exception as problem:  # noqa: BLE001 - the next look at it is in a minute
            log.error("the upkeep failed: %s", in_short(problem))

    async def _alive(self) -> None:
        try:
            await self._in_thread(self.seen)
        except Exception as problem:  # noqa: BLE001 - the next sign of life comes in seconds
            log.error("a sign of life failed: %s", in_short(problem))

    def _in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self.executor, work)
