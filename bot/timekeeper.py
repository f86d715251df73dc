"""Time: APScheduler is the clockwork of a process, the database is the schedule.

What is due is a column with an index. The clockwork wakes at the next due moment, and at the latest every two
seconds, so that a change made by a command or by another process is seen; and it does the upkeep. Its jobs live in
memory: its own store would run them twice with two processes, and drop what is late.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import func, select

from bot.clock import Clock
from bot.work import DUE_AT_ONCE, Works
from storage import tables as t
from storage.database import Database

log = logging.getLogger(__name__)

#: Seconds between looks, and between signs of life.
LOOK, ALIVE = 2, 10


class Timekeeper:
    def __init__(
        self, database: Database, works: Works, clock: Clock, executor: Executor, name: str,
        after: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.database, self.works, self.clock, self.executor, self.name = (
            database,
            works,
            clock,
            executor,
            name,
        )
        self.after = after
        self._scheduler: AsyncIOScheduler | None = None

    async def tick(self) -> int:
        """Open and wake all that is due. Returns how many sessions there were."""
        loop, total = asyncio.get_running_loop(), 0
        while True:
            due = await loop.run_in_executor(self.executor, lambda: self.works.take_due(self.clock.now()))
            total += due
            if due < DUE_AT_ONCE:
                break
        if total:
            self.after()
        return total

    def next_due(self) -> datetime | None:
        """The earliest deadline of any session."""
        with self.database.read() as connection:
            return connection.execute(select(func.min(t.sessions.c.wake_at))).scalar()

    def seen(self) -> None:
        """A sign of life: for the health check, and so that nobody takes over what this process has claimed."""
        with self.database.write() as connection:
            connection.execute(t.workers.delete().where(t.workers.c.id == self.name))
            connection.execute(t.workers.insert().values(id=self.name, seen_at=self.clock.now()))

    def start(self) -> None:
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(job_defaults=options)
        self._scheduler.add_job(self._look, "interval", seconds=LOOK, id="look")
        self._scheduler.add_job(self._alive, "interval", seconds=ALIVE, id="alive")
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    async def _look(self) -> None:
        try:
            await self.tick()
            await self._wake_in_time()
        except Exception as problem:  # noqa: BLE001 - the clock must not stop; the next look is in two seconds
            log.error("a look at the clock failed: %s", type(problem).__name__)

    async def _wake_in_time(self) -> None:
        """A deadline before the next look gets a look of its own."""
        loop = asyncio.get_running_loop()
        due = await loop.run_in_executor(self.executor, self.next_due)
        if (
            self._scheduler is not None
            and due is not None
            and 0 < (due - self.clock.now()).total_seconds() < LOOK
        ):
            self._scheduler.add_job(self._look, "date", run_date=due, id="in-time", replace_existing=True)

    async def _alive(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self.executor, self.seen)
