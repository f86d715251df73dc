"""The only place where the time is read. Everything else is handed a clock."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present time: aware, UTC."""

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def id_maker(milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> Callable[[], int]:
    """Ids that grow with time and that no two processes make alike: 41 bits of milliseconds, 22 at random."""

    def make() -> int:
        return (milliseconds() & (1 << 41) - 1) << 22 | random.getrandbits(22)  # nobody has to guess them

    return make
