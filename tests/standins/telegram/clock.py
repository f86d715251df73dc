"""The stand-in's time. Everything that has a date, a pace, an age or a delay asks it.

`Clock()` is the real time; `Clock(scale=60)` lets a minute of the stand-in pass in a second;
`HandClock()` stands still until a test moves it, and wakes whoever waited for the moments passed.
"""

import asyncio
import threading
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970, real or compressed."""

    def __init__(self, *, scale: float = 1.0) -> None:
        self.scale = scale
        self._began = time.time()
        self._mark = time.monotonic()

    def now(self) -> float:
        return self._began + (time.monotonic() - self._mark) * self.scale

    async def wait(self, seconds: float) -> None:
        """Waits that long in the stand-in's seconds."""
        await asyncio.sleep(seconds / self.scale)


class HandClock(Clock):
    """Moves only by `move(seconds)`, from any thread."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        super().__init__()
        self._now = start.timestamp()
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    def move(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
            due = [each for each in self._waiting if each[0] <= self._now]
            self._waiting = [each for each in self._waiting if each[0] > self._now]
        for _, loop, event in due:
            loop.call_soon_threadsafe(event.set)

    @property
    def waiting(self) -> int:
        """How many wait for a later moment."""
        return len(self._waiting)

    async def wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        event = asyncio.Event()
        with self._lock:
            self._waiting.append((self._now + seconds, asyncio.get_running_loop(), event))
        await event.wait()
