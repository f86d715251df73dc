"""Houses in the test's own process, behind the same face as those in a process of their own: quick, and for trouble.

The stories of the whole self-check are told without a word of `await`. So the house, and the platform's stand-in with
it, live in a loop in a thread, and each deed waits for what follows from it. People here have patience: they go on
when what they wait for has been said, and press again when nothing came of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import func, select

from storage import tables as t
from storage.database import Database
from tests.house.rig import EIGHT, Clock
from tests.platforms import slack_house, slack_rig, telegram_house, telegram_rig
from tests.platforms.serve import Order
from tests.platforms.slack_scene import Scene
from tests.platforms.weather import Weather
from tests.standins.slack import NotOffered, SlackServer
from tests.standins.slack.thread import Standing
from tests.standins.telegram import TelegramServer

T = TypeVar("T")
#: As long as people wait for what is to be said.
PATIENCE = timedelta(minutes=5)
#: By how a platform tells us, the other way.
OTHER = {"socket": "http", "http": "socket", "polling": "webhook", "webhook": "polling"}
#: Acts that open something.
OPENING = ("press_in", "slash", "open_home")


class Loop:
    """In a thread of its own; whoever has something run there waits for it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="inside")
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @contextmanager
    def within(self, block: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """As `async with` does there."""
        given = self.run(block.__aenter__())
        try:
            yield given
        except BaseException as failed:
            self.run(block.__aexit__(type(failed), failed, failed.__traceback__))
            raise
        self.run(block.__aexit__(None, None, None))

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@contextmanager
def looping() -> Iterator[Loop]:
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


@dataclass(kw_only=True)
class Inside:
    """What both have in common: lives, time, and the weather."""

    database: Database
    transport: str
    loop: Loop
    weather: Weather | None = None
    trial: Any = None
    _life: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def lives(self) -> Iterator[Self]:
        with self._life:
            self._begins()
            yield self

    def _begins(self) -> None:
        self.trial = self._life.enter_context(self.loop.within(self._living()))

    def _living(self) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError

    def turns(self) -> None:
        """From now on it is told in the other way."""
        self._life.close()
        self.transport = OTHER[self.transport]
        self._begins()

    @property
    def now(self) -> datetime:
        moment: datetime = self.trial.rig.clock.at
        return moment

    def settle(self) -> None:
        """Until nothing is left to do now, and what people wait for has been said."""
        self.loop.run(self.trial.settle())
        end = self.now + PATIENCE
        while (moment := self._to_be_said()) is not None and moment <= end:
            self.loop.run(self.trial.go(to=moment))

    def _to_be_said(self) -> Any:
        o = t.outbox.c
        waited_for = o.status == "queued", o.kind == "say", o.sort.in_(("question", "answer", "recap"))
        with self.database.read() as connection:
            return connection.execute(select(func.min(o.not_before)).where(*waited_for)).scalar()

    def go(self, *, minutes: float = 0, to: datetime | None = None) -> None:
        self.deed()
        end = to or self.now + timedelta(minutes=minutes)
        self.loop.run(self.trial.go(to=end))
        self.settle()

    def deed(self) -> None:
        """Before each."""
        if self.weather is not None:
            self.weather.deed()


@dataclass(kw_only=True)
class SlackInside(Inside, slack_house.House):
    keeper: Any = None
    order: Any = None
    waiting: Any = None
    #: Holds what several say next, until it is told the other way round.
    _mixes: Any = None

    def _living(self) -> AbstractAsyncContextManager[Any]:
        return slack_rig.living(
            self.database, self.scene.slack._target, self.clock, self.scene, self.transport
        )

    def say(self, who: str, words: str, thread: str | None = None, **more: Any) -> str:
        self.deed()
        return super().say(who, words, thread, **more)

    def together(self, thread: str, lines: Iterable[tuple[str, str]], *, ordered: bool) -> list[str]:
        lines = list(lines)
        if self._mixes is None or ordered or len(lines) < 2:
            return super().together(thread, lines, ordered=ordered)
        held, self._mixes = self._mixes, None
        held.times = len(lines)
        said = super().together(thread, lines, ordered=ordered)
        self.slack.deliveries.release(reverse=True)
        self.settle()
        return said

    def mixed(self) -> list[Any]:
        """What several say next is told in another order."""
        self._mixes = self.slack.faults.event("hold", 0, type="message")
        return [self._mixes]

    def asked_to_leave(self) -> list[Any]:
        """Slack ends the connection, if there is one."""
        if self.transport == "socket":
            self.slack.sockets.ask_to_leave("warning")
        return []

    def tell(self, who: str, words: str, **more: Any) -> str:
        self.deed()
        return super().tell(who, words, **more)

    def does(self, act: str, *args: Any, **more: Any) -> Any:
        """Slack warns whoever presses when it has had no answer, and who opens something sees whether it came."""
        self.deed()
        opens = act in OPENING or str(args[-1]).startswith("open:")
        done = None
        while True:
            before = len(self.slack.requests)
            try:
                done = super().does(act, *args, **more)
            except NotOffered:
                if done is None:
                    raise
                return done  # it had come, and only the answer had not
            came = not opens or not any(each.fault for each in self.slack.requests[before:])
            if came and getattr(done, "ok", True):
                return done


@contextmanager
def slack_inside(database: Database, transport: str, language: str) -> Iterator[SlackInside]:
    """A house that listens, and a Slack with people in it. A fault in Slack's eyes fails the test."""
    clock = Clock(EIGHT)
    with looping() as loop, loop.within(SlackServer(slack_rig.TheirClock(clock))) as server:
        scene = Scene.on(server, language)
        slack = scene.slack = Standing(server, loop.loop)
        with SlackInside(
            database=database, slack=slack, scene=scene, clock=clock, transport=transport, loop=loop
        ).lives() as house:
            yield house
    assert (server.violations, server.doubles()) == ([], [])


@dataclass(kw_only=True)
class TelegramInside(Inside, telegram_house.House):
    keeper: Any = None
    waiting: Any = None

    def _living(self) -> AbstractAsyncContextManager[Any]:
        return telegram_rig.living(self.database, self.server, self.clock, self.town, self.transport)

    def say(self, who: str, *args: Any, **more: Any) -> Any:
        self.deed()
        return super().say(who, *args, **more)

    def press(self, *args: Any) -> Any:
        self.deed()
        return super().press(*args)


@contextmanager
def telegram_inside(
    database: Database, folder: Path, transport: str, language: str, **world: Any
) -> Iterator[TelegramInside]:
    """A house that listens, and a Telegram with people in it. What is against the Bot API fails the test."""
    clock, server = telegram_rig.Clock(EIGHT), TelegramServer(**world)
    order = Order(str(folder), {}, "")
    with (
        looping() as loop,
        loop.within(server),
        TelegramInside(
            database=database,
            server=server,
            town=telegram_rig.Town(server, language),
            clock=clock,
            order=order,
            transport=transport,
            loop=loop,
        ).lives() as house,
    ):
        yield house
    assert server.violations == []
