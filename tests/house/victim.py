"""The process that is killed: the house of `runda serve`, on a clock that the test drives.

    python -m tests.house.victim DATABASE_URL DATA_FOLDER CLOCK_FILE LEASE

CLOCK_FILE holds the time; `-`: it is the machine's. LEASE: seconds after which a silent process is taken for dead.

Starting Python and reading every module takes most of a second, so one keeper does it once, and forks a child for
each life. It is told of a life by a line on its standard input: `- 0`, or a boundary and a hit, such as
`claimed 3`: then the child kills itself (SIGKILL) when it comes there for the third time. Told back, a line each:

    ready PID            it listens
    at BOUNDARY HIT      it is about to die there
    ended STATUS         it is gone: 0, or minus the signal

A child that nobody holds any more, because the test is gone, ends by itself.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import signal
import struct
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.terminal import TerminalPlatform
from bot.clock import Clock, SystemClock
from bot.wiring import build, running
from storage.database import Database
from tests.haste import warm

_SECONDS = struct.Struct("d")


class SharedClock:
    """A moment in a file that two processes see."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_SECONDS.pack(0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _SECONDS.size)

    def now(self) -> datetime:
        return datetime.fromtimestamp(_SECONDS.unpack(self._shared[:])[0], UTC)

    def move(self, to: datetime) -> None:
        self._shared[:] = _SECONDS.pack(to.timestamp())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def doom(boundary: str, hit: int) -> Callable[[str], None]:
    """A checkpoint that is the end of the process."""
    been: Counter[str] = Counter()

    def checkpoint(name: str) -> None:
        been[name] += 1
        if name == boundary and been[name] == hit:
            tell("at", name, hit)
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


@dataclass(frozen=True)
class Household:
    """Where the house stands, and by which clock."""

    url: str
    folder: Path
    clock: Clock
    lease: timedelta

    @classmethod
    def of(cls, url: str, folder: str, clock: str, lease: str) -> Household:
        keeps = SystemClock() if clock == "-" else SharedClock(Path(clock))
        return cls(url, Path(folder), keeps, timedelta(seconds=float(lease)))


async def live(at: Household, checkpoint: Callable[[str], None]) -> None:
    database, stopped, loop = Database(at.url), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_reader(0, stopped.set)  # the test has let go
    platform = TerminalPlatform(at.folder / "terminal", at.clock)
    async with running(build(database, [platform], at.clock, checkpoint=checkpoint, lease=at.lease)):
        tell("ready", os.getpid())
        await stopped.wait()
    database.close()


def life(at: Household, boundary: str, hit: int) -> None:
    """In the child: live, and never return."""
    status = 1
    try:
        asyncio.run(live(at, doom(boundary, hit)))
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not run on in the keeper's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    at = Household.of(*sys.argv[1:])
    warm("en")
    tell("waiting")
    with os.fdopen(0, "rb", buffering=0, closefd=False) as orders:
        while line := orders.readline():
            boundary, hit = line.split()
            child = os.fork()
            if not child:
                life(at, boundary.decode(), int(hit))
            _, status = os.waitpid(child, 0)
            tell("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
