"""Telegram and the installed command beside each other: two processes, one clock, no waiting.

The stand-in runs in a thread of the test, `runda serve` in a process of its own (`tests.platforms.serve`). A test
lets people do something, and then all that follows from it happen: `settle` returns when Telegram has told all that
it had to tell, nothing is due, and nothing more can be sent now.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bot.cli import Caller, runda
from storage.database import Database
from tests.databases import address
from tests.house.rig import EIGHT
from tests.platforms.serve import Clock, Order
from tests.platforms.slack_keeper import Keeper
from tests.platforms.telegram_rig import Shared, Town
from tests.platforms.waiting import Waiting
from tests.standins.telegram import Chat, Message, TelegramServer, Topic, User

#: By how Telegram tells us: a line by which a house says that it serves.
TRANSPORTS = {"polling": "The terminal's threads", "webhook": "Requests are taken at"}
#: Seconds of the machine's clock: between two looks, and until a test gives up.
GLANCE, PATIENCE = 0.004, 30.0


@dataclass
class House:
    database: Database
    server: TelegramServer
    town: Town
    keeper: Keeper
    clock: Clock
    order: Order
    transport: str
    waiting: Waiting
    #: Another platform in the same house: whether it is quiet, and how its clock is moved along with ours.
    elsewhere: Callable[[], bool] = field(default=lambda: True)
    mover: Callable[[datetime], None] | None = None
    #: Presses from before the present life: one that was stored just before the last life ended is never answered.
    _earlier: frozenset[str] = frozenset()

    # -- its lives

    def begin(self, boundary: str = "-", hit: int = 0) -> bool:
        """Begin a life; returns whether it listens."""
        known = len(self.server.asked("setMyCommands"))
        self._earlier = frozenset(self.server.presses)
        environment = self.order.environment | _hook(self.transport)
        order = replace(self.order, environment=environment, boundary=boundary, hit=hit)
        if not self.keeper.begin(order, TRANSPORTS[self.transport]):
            return False
        # It lists its commands when it has said how it wants to hear; the last list is that of all in Swedish.
        self._wait(
            lambda: len(self.server.asked("setMyCommands")) >= known + LISTS or not self.keeper.lives()
        )
        return self.keeper.lives()

    @property
    def log(self) -> str:
        """What the house has said to its operator."""
        file = Path(self.order.folder) / "serve.log"
        return file.read_text() if file.exists() else ""

    # -- time

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def settle(self) -> None:
        """Until nothing is left to do now; or until the house has died."""
        looked = False
        while not looked and self.keeper.lives():
            self._wait(lambda: self._quiet() or not self.keeper.lives())
            asked = self.clock.wake()
            self._wait(lambda: self.clock.looked >= asked or not self.keeper.lives())  # noqa: B023
            looked = self._quiet()

    def _wait(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self._left()
            time.sleep(GLANCE)

    def _quiet(self) -> bool:
        feed = self.server.feed
        presses = tuple(self.server.presses.items())
        waits = any(not each.answered for key, each in presses if key not in self._earlier)
        return (
            not (feed.waiting or feed.again or waits) and self.elsewhere() and not self.waiting.busy(self.now)
        )

    def _left(self) -> str:
        pressed = [each for each in self.server.presses.values() if not each.answered]
        told = self.server.feed.waiting, pressed, self.server.requests[-3:]
        return f"not quiet at {self.now}: {self.waiting.told()}\n{told}\n{self.log[-3000:]}"

    def go(self, *, minutes: float = 0, to: datetime | None = None) -> None:
        """Let time pass, stopping wherever something is due."""
        end = to or self.now + timedelta(minutes=minutes)
        self.settle()
        while (moment := self.waiting.next(self.now)) is not None and moment <= end:
            self._move(moment)
            self.settle()
        self._move(end)
        self.settle()

    def _move(self, to: datetime) -> None:
        to = max(self.now, to)
        self.clock.move(to) if self.mover is None else self.mover(to)
        self.clock.wake()

    # -- what is done at the machine

    def runda(self, *words: str) -> None:
        """A command beside the house, at its time."""
        settled = ["--database", address(self.database.url), "--data", self.order.folder]
        caller = Caller(self.clock)
        try:
            runda([*settled, *words], obj=caller, standalone_mode=False)
        finally:
            caller.close()
        self.settle()

    # -- what people do, with all that follows from it

    def say(
        self, who: str, chat: Chat | User, words: str, topic: Topic | None = None, **more: Any
    ) -> Message:
        return self._then(self.server.say(self.town[who], chat, words, topic, **more))

    def tell(self, who: str, words: str, **more: Any) -> Message:
        """In private."""
        return self.say(who, self.town[who], words, **more)

    def press(self, who: str, message: Message, words: str) -> Any:
        return self._then(self.server.press(self.town[who], message, words))

    def does(self, act: str, *args: Any, **more: Any) -> Any:
        """Anything else that somebody does: an act of the stand-in, by name."""
        return self._then(getattr(self.server, act)(*args, **more))

    def _then(self, done: Any) -> Any:
        self.settle()
        return done


#: Requests by which a house lists its commands: for everyone and in each language, in groups and in private.
LISTS = 12


@contextmanager
def house(
    keeper: Keeper, database: Database, folder: Path, *, transport: str = "polling", language: str = "nb",
    at: datetime = EIGHT, environment: dict[str, str] | None = None, **world: Any,
) -> Iterator[House]:  # fmt: skip
    """A house that does not run yet, and a Telegram with people in it. What the stand-in refuses fails the test."""
    clock = Clock(folder / "clock")
    clock.move(at)
    server = TelegramServer(**world)
    server.clock = Shared(clock)
    with server:
        settings = {"DATABASE_URL": address(database.url), "RUNDA_DATA": str(folder / "data"),
                    "RUNDA_LANGUAGE": language, "TELEGRAM_BOT_TOKEN": server.token, "TELEGRAM_API_URL": server.url,
                    **(environment or {})}  # fmt: skip
        order = Order(str(folder), settings, str(folder / "clock"))
        try:
            with closing(Waiting(database)) as waiting:
                yield House(
                    database, server, Town(server, language), keeper, clock, order, transport, waiting
                )
        finally:
            keeper.kill()
            keeper.over()
    assert server.violations == []


def _hook(transport: str) -> dict[str, str]:
    """Where Telegram finds the house, if it is to bring what it has: a port that the system has just chosen."""
    if transport == "polling":
        return {}
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    return {"TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram", "RUNDA_PORT": str(port)}
