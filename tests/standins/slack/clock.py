"""The stand-in's time: the machine's own, hurried if one likes, or one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed on this clock."""


class SystemClock:
    """The machine's clock. With `speed` 100 a minute's wait lasts 0.6 s; what time it is stays true."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


class HandClock:
    """Stands still until `advance`. Call it in the server's loop (the synchronous facade does)."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self._now = start
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (self._now + seconds, self._count, done))
        await done

    def advance(self, seconds: float) -> None:
        """Move on, and wake those whose time has come, in their order."""
        self._now += seconds
        while self._waiting and self._waiting[0][0] <= self._now:
            done = heapq.heappop(self._waiting)[2]
            if not done.done():
                done.set_result(None)
