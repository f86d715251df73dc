"""The installed command, life after life: `runda serve` on a clock that the test drives, and killed where it says.

    python -m tests.platforms.serve

As in `tests.house.victim`, one keeper reads every module once, and forks a child for each life, which serves in a
folder of its own. It is told of a life by a line of JSON on its standard input (`Order`). What the command says comes
back on standard output, and with it:

    pid PID              a life has begun
    at BOUNDARY HIT      it is about to die there
    ended STATUS         it is gone: 0, or minus the signal

So that no test waits, the house looks at the clock and at the outbox many times a second, and gives up on a request
after a moment. Nothing else of it is changed.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import struct
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from mmap import mmap
from pathlib import Path

import msgspec

from adapters.slack import client, platform, socket
from bot import courier, library, timekeeper, wiring
from bot.cli import Caller, runda
from bot.upkeep import Upkeep
from flows.programme import LANGUAGES

#: What the command imports only when it is needed.
LATE = ("bot.cli.serve", "bot.platforms.slack", "bot.counter.acts", "bot.counter.counter", "bot.joining.door", "bot.web")
_MOMENTS = struct.Struct("dd")
#: Seconds of the machine's clock: between looks of the house, and until it gives up on a request.
LOOK, UPKEEP, PATIENCE = 0.01, 0.05, 0.5


class Order(msgspec.Struct):
    """A life: where, with which settings, by which clock, and the boundary and the hit at which it kills itself."""

    folder: str
    environment: dict[str, str]
    clock: str
    boundary: str = "-"
    hit: int = 0


class Clock:
    """A moment that two processes see in a file, and the moment at which the upkeep has looked at everything."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_MOMENTS.pack(0, 0))
        with file.open("r+b") as opened:
            self._shared = mmap(opened.fileno(), _MOMENTS.size)

    def now(self) -> datetime:
        return datetime.fromtimestamp(_MOMENTS.unpack(self._shared[:])[0], UTC)

    def move(self, to: datetime) -> None:
        self._shared[:8] = struct.pack("d", to.timestamp())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @property
    def kept_up(self) -> bool:
        """The upkeep has looked since this moment came."""
        now, seen = _MOMENTS.unpack(self._shared[:])
        return bool(seen >= now)

    def saw(self, at: datetime) -> None:
        self._shared[8:] = struct.pack("d", at.timestamp())


class WatchedUpkeep(Upkeep):
    """Says when it has looked, so that a test need not wait for longer."""

    clock: Clock

    def look(self, now: datetime) -> int:
        found = super().look(now)
        self.clock.saw(now)
        return found


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


def hurry(clock: Clock) -> None:
    """Look often, give up soon."""
    timekeeper.LOOK, timekeeper.UPKEEP, courier.LOOK = LOOK, UPKEEP, LOOK
    client.PATIENCE = client.CONNECT = PATIENCE
    platform.AGAIN = socket.AGAIN = (0.05,)
    socket.PING = 0.25
    WatchedUpkeep.clock = clock
    wiring.Upkeep = WatchedUpkeep


def life(order: Order) -> None:
    """In the child: serve, and never return."""
    status = 1
    try:
        threading.Thread(target=_end_with_the_test, daemon=True).start()
        _settle_in(order)
        clock = Clock(Path(order.clock))
        hurry(clock)
        wiring.build = partial(wiring.build, checkpoint=doom(order.boundary, order.hit))
        runda(["serve"], obj=Caller(clock), standalone_mode=False)
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not run on in the keeper's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _end_with_the_test() -> None:
    """Nothing more is ordered while a child lives: what there is to read is the end."""
    select.select([0], [], [])
    os._exit(1)


def _settle_in(order: Order) -> None:
    os.chdir(order.folder)
    os.environ.update(order.environment)
    with open("serve.log", "ab") as log:
        os.dup2(log.fileno(), 2)


def warm() -> None:
    """What every life would read first, and what never changes."""
    for late in LATE:
        import_module(late)
    for language in LANGUAGES:
        library.bot_texts(language)
    library.content_json(library.read("selfcheck"))


def main() -> None:
    warm()
    tell("waiting")
    with os.fdopen(0, "rb", buffering=0, closefd=False) as orders:
        while line := orders.readline():
            order = msgspec.json.decode(line, type=Order)
            child = os.fork()
            if not child:
                life(order)
            tell("pid", child)
            _, status = os.waitpid(child, 0)
            tell("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
