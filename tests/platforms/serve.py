"""The installed command, life after life: `runda serve` on a clock that the test drives, and killed where it says.

    python -m tests.platforms.serve

As in `tests.house.victim`, one keeper reads every module once, and forks a child for each life, which serves in a
folder of its own. It is told of a life by a line of JSON on its standard input (`Order`). What the command says comes
back on standard output, and with it:

    pid PID              a life has begun
    at BOUNDARY HIT      it is about to die there
    ended STATUS         it is gone: 0, or minus the signal

So that no test waits, the house looks at the clock and at the outbox whenever the test asks it to (`Clock.wake`), and
at what is to be kept up where time has passed, besides when it does so by itself; it gives up on a request after a
moment; and its drawings are all the same dots, so that they take no time, and no fonts. Nothing else of it is changed.
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
from bot import timekeeper, wiring
from bot.cli import Caller, runda
from bot.documents import drawing
from bot.upkeep import Upkeep
from flows.programme import LANGUAGES
from tests.haste import warm

#: What the command imports only when it is needed.
LATE = (
    "bot.cli.serve", "bot.platforms.slack", "bot.platforms.telegram", "adapters.telegram.platform", "bot.counter.acts",
    "bot.counter.counter", "bot.joining.door", "bot.web",
)  # fmt: skip
_SHARED = struct.Struct("dqq")
#: Lives are fewer.
APART = 512
#: Seconds of the machine's clock: between looks at whether the test asks, and until the house gives up on a request.
GLANCE, PATIENCE = 0.002, 5.0
#: How a PNG begins.
DOTS = b"\x89PNG\r\n dots"


class Order(msgspec.Struct):
    """A life: where, with which settings, by which clock, and the boundary and the hit at which it kills itself."""

    folder: str
    environment: dict[str, str]
    clock: str
    boundary: str = "-"
    hit: int = 0
    #: Which life in this folder it is, from one.
    number: int = 0


class Clock:
    """In a file that two processes see: a moment, how often the house was asked to look, and how often it has."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_SHARED.pack(0, 0, 0))
        with file.open("r+b") as opened:
            self._shared = mmap(opened.fileno(), _SHARED.size)

    def now(self) -> datetime:
        return datetime.fromtimestamp(_SHARED.unpack(self._shared[:])[0], UTC)

    def move(self, to: datetime) -> None:
        self._shared[:8] = struct.pack("d", to.timestamp())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @property
    def asked(self) -> int:
        return int(_SHARED.unpack(self._shared[:])[1])

    @property
    def looked(self) -> int:
        return int(_SHARED.unpack(self._shared[:])[2])

    def wake(self) -> int:
        """Ask the house to look. It has when `looked` is as much as this."""
        asked = self.asked + 1
        self._shared[8:16] = struct.pack("q", asked)
        return asked

    def looks(self, asked: int) -> None:
        self._shared[16:] = struct.pack("q", asked)


class Timekeeper(timekeeper.Timekeeper):
    """Looks when it is asked to, too."""

    asked: Clock

    def _wind(self) -> None:
        super()._wind()
        self._watch = asyncio.create_task(self._watching(), name="watching")

    async def _watching(self) -> None:
        kept_up = None
        while self._scheduler is not None:
            if (asked := self.asked.asked) > self.asked.looked:
                await self._look()
                if kept_up != (kept_up := self.asked.now()):
                    await self._keep_up()
                self.after()
                self.asked.looks(asked)
            await asyncio.sleep(GLANCE)


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


def numbers(clock: Clock, life: int) -> Callable[[], int]:
    """Ids of replies that are the same in each run: what is sorted by them reads the same.

    Counted anew at each moment: how many were drawn before may be another number in another run.
    """
    drawn: Counter[int] = Counter()

    def number() -> int:
        moment = int(clock.now().timestamp() * 1000)
        drawn[moment] += 1
        return moment << 22 | life << 12 | drawn[moment]

    return number


def keeping(ids: Callable[[], int]) -> Callable[..., Upkeep]:
    """What is looked at now and then draws numbers of its own, however often it looks."""
    return lambda database, shelf, _, rights: Upkeep(database, shelf, ids, rights)


def hurry(clock: Clock) -> None:
    """Look when asked, give up soon."""
    Timekeeper.asked, wiring.Timekeeper = clock, Timekeeper  # type: ignore[misc]
    client.PATIENCE = client.CONNECT = PATIENCE  # type: ignore[assignment]
    drawing.as_png = lambda _: DOTS
    platform.AGAIN = socket.AGAIN = (0.05,)  # type: ignore[assignment]
    socket.PING = 0.25


def life(order: Order) -> None:
    """In the child: serve, and never return."""
    status = 1
    try:
        threading.Thread(target=_end_with_the_test, daemon=True).start()
        _settle_in(order)
        clock = Clock(Path(order.clock))
        hurry(clock)
        doomed = doom(order.boundary, order.hit)
        wiring.build = partial(wiring.build, checkpoint=doomed, ids=numbers(clock, order.number))
        wiring.Upkeep = keeping(numbers(clock, order.number + APART))  # type: ignore[misc,assignment]
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


def main() -> None:
    for late in LATE:
        import_module(late)
    warm(*LANGUAGES)
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
