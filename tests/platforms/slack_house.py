"""Slack and the installed command beside each other: two processes, one clock, no waiting.

The stand-in runs in a thread of the test, `runda serve` in a process of its own (`tests.platforms.serve`). A test
lets people do something, and then all that follows from it happen: `settle` returns when nothing is due, nothing
can be sent now, and Slack has told all that it had to tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from storage.database import Database
from tests.databases import address
from tests.house.rig import EIGHT
from tests.platforms.serve import Clock, Order
from tests.platforms.slack_keeper import Keeper
from tests.platforms.slack_scene import Scene
from tests.platforms.waiting import Waiting
from tests.standins.slack import HandClock, standing_slack

#: By how Slack tells us: a line by which a house says that it serves.
TRANSPORTS = {"socket": "The terminal's threads", "http": "Requests are taken at"}
#: Seconds of the machine's clock that a test waits for what must come.
PATIENCE = 30


class Hands(HandClock):
    """The stand-in's clock, which moves the house's along."""

    def __init__(self, shared: Clock, start: datetime) -> None:
        super().__init__(start.timestamp())
        self.shared = shared
        shared.move(start)

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self.shared.move(datetime.fromtimestamp(self.now(), tz=EIGHT.tzinfo))


def wait_for(condition: Callable[[], object], what: Callable[[], str] = lambda: "it") -> None:
    """Look, again and again, until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what()} has not come"
        time.sleep(0.003)


@dataclass
class House:
    database: Database
    slack: Any
    scene: Scene
    keeper: Keeper
    clock: Clock
    order: Order
    transport: str
    waiting: Waiting

    # -- its lives

    def begin(self, boundary: str = "-", hit: int = 0) -> bool:
        """Begin a life; returns whether it listens."""
        order = replace(self.order, boundary=boundary, hit=hit)
        if not self.keeper.begin(order, TRANSPORTS[self.transport]):
            return False
        if self.transport == "http":
            self.slack.events_url = f"{self.keeper.url}/slack/events"
        wait_for(lambda: self.transport == "http" or self.slack.sockets.open or not self.keeper.lives())
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
            wait_for(lambda: self._quiet() or not self.keeper.lives(), self._left)
            asked = self.clock.wake()
            wait_for(lambda: self.clock.looked >= asked or not self.keeper.lives(), self._left)  # noqa: B023
            looked = self._quiet()

    def _quiet(self) -> bool:
        return not self.slack.deliveries.pending and not self.waiting.busy(self.now)

    def _left(self) -> str:
        told = self.slack.deliveries.pending, self.keeper.lives()
        return f"quiet at {self.now}: {self.waiting.told()}, {told}\n{self.log[-3000:]}\nthat"

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
        if to > self.now:
            self.slack.clock.advance(to.timestamp() - self.slack.clock.now())
            self.clock.wake()

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and wait for nothing."""
        self._move(self.now + timedelta(seconds=seconds))

    # -- what people do, with all that follows from it

    def say(self, who: str, words: str, thread: str | None = None, **more: Any) -> str:
        """In the channel, or in a thread of it."""
        return self._then(self.slack.say(who, self.scene.channel, words, thread=thread, **more))

    def together(self, thread: str, lines: Iterable[tuple[str, str]], *, ordered: bool) -> list[str]:
        """Several people, one after the other. `ordered`: it matters who was first."""
        return [self.say(who, line, thread) for who, line in lines]

    def tell(self, who: str, words: str, **more: Any) -> str:
        """In private."""
        return self._then(self.slack.say(who, None, words, **more))

    def does(self, act: str, *args: Any, **more: Any) -> Any:
        """Anything else that somebody does: an act of the stand-in, by name."""
        return self._then(getattr(self.slack, act)(*args, **more))

    def _then(self, done: Any) -> Any:
        self.settle()
        return done

    # -- what there is to see

    def roots(self) -> dict[str, str]:
        """The newest thread of each circle, by what it is called."""
        posts = [each for each in self.slack.posts(self.scene.channel) if not each.is_reply]
        return {each.text.partition("\n")[0]: each.ts for each in posts}


@contextmanager
def house(
    keeper: Keeper, database: Database, folder: Path, *, transport: str = "socket", language: str = "nb",
    at: datetime = EIGHT, **slack: Any,
) -> Iterator[House]:  # fmt: skip
    """A house that does not run yet, and a Slack with people in it."""
    clock = Clock(folder / "clock")
    with standing_slack(clock=Hands(clock, at), **slack) as standing:
        settings = {"DATABASE_URL": address(database.url), "RUNDA_DATA": str(folder / "data"), "RUNDA_PORT": "0",
                    "RUNDA_LANGUAGE": language, **standing.env(transport)}  # fmt: skip
        order = Order(str(folder), settings, str(folder / "clock"))
        try:
            with closing(Waiting(database)) as waiting:
                scene = Scene.on(standing, language)
                yield House(database, standing, scene, keeper, clock, order, transport, waiting)
        finally:
            keeper.kill()
            keeper.over()
