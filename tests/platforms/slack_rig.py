"""A house and Slack's stand-in in one loop, on one clock that the test drives: for what is small, and must be quick.

The adapter, the ears, the counter and the courier are those of `runda serve`; only the clockwork is the test's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from adapters.slack import Setup, SlackPlatform
from bot.intake import nowhere
from bot.platforms.installations import Installations
from bot.settings import Settings
from bot.web import serving
from bot.wiring import build, working
from storage import tables as t
from storage.database import Database
from tests.house.rig import EIGHT, NINE, Clock, Rig, rows
from tests.platforms.slack_scene import FJORD, Scene
from tests.standins.slack import SlackServer


class TheirClock:
    """The same time for Slack. Whoever sleeps there is woken at once: what is told again is told again soon."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> float:
        return self.clock.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class Trial:
    slack: SlackServer
    scene: Scene
    rig: Rig
    platform: SlackPlatform
    #: The thread that most is said in.
    thread: str = ""
    _sent: list[str] = field(default_factory=list)

    async def settle(self) -> None:
        """Until Slack has told everything, and nothing is due or can be sent now."""
        await self.slack.settled()
        await self.rig.settle()
        await self.slack.settled()

    async def go(self, *, minutes: float = 0, to: datetime | None = None) -> None:
        await self.settle()
        await self.rig.go(minutes=minutes, to=to)
        await self.settle()

    # -- what people do

    async def say(self, who: str, words: str = "", thread: str | None = "", **more: Any) -> str:
        """In the thread, unless another one, or none (None), is named."""
        where = self.thread if thread == "" else thread
        ts = await self.slack.say(who, self.scene.channel, words, thread=where, **more)
        await self.settle()
        return ts

    async def tell(self, who: str, words: str, **more: Any) -> str:
        ts = await self.slack.say(who, None, words, **more)
        await self.settle()
        return ts

    async def does(self, act: str, *args: Any, **more: Any) -> Any:
        done = await getattr(self.slack, act)(*args, **more)
        await self.settle()
        return done

    async def press(self, who: str, what: str) -> Any:
        """The newest button in the thread, or in what the person alone was shown, that stands for this."""
        return await self.does("press", who, self.scene.channel, self.carrying(what, who), what)

    def carrying(self, what: str, who: str = "") -> Any:
        place = self.scene.channel
        seen = [
            each
            for each in place.ephemerals
            if each.seen_by == getattr(self.scene.people.get(who), "id", None)
        ]
        posts = [each for each in self.slack.posts(place) if self.thread in (each.thread_ts, each.ts)]
        return [each.ts for each in (*posts, *seen) if f"'value': '{what}" in str(each.blocks)][-1]

    # -- what came of it

    @property
    def replies(self) -> list[str]:
        """Words that are kept, in the order in which they were written."""
        found = sorted(rows(self.rig.database, t.replies), key=lambda row: (row.sent_at, row.id))
        return [row.words for row in found if row.role != "control"]

    def whispers(self, who: str) -> list[str]:
        return [each.text for each in self.slack.whispers(self.scene.channel, who)]

    def told(self, who: str = "Berit") -> str:
        """What somebody has been told in private."""
        return self.slack.dm_transcript(who)

    @property
    def said(self) -> list[str]:
        """What Runda has said in the thread."""
        return [
            each.text for each in self.slack.posts(self.scene.channel, self.thread) if each.ts != self.thread
        ]


@asynccontextmanager
async def trial(
    database: Database, *, language: str = "nb", at: datetime = EIGHT, transport: str = "socket",
    distributed: bool = False, **slack: Any,
) -> AsyncIterator[Trial]:  # fmt: skip
    """A house that listens, in a Slack with people in it; no series yet. A fault in Slack's eyes fails the test."""
    clock = Clock(at)
    async with SlackServer(TheirClock(clock), **slack) as server:
        scene = Scene.on(server, language)
        async with living(database, server, clock, scene, transport, distributed=distributed) as it:
            yield it
        assert server.violations == []
        assert server.doubles() == []


@asynccontextmanager
async def living(
    database: Database, server: SlackServer, clock: Clock, scene: Scene, transport: str = "socket", *,
    distributed: bool = False, checkpoint: Callable[[str], None] = nowhere,
) -> AsyncIterator[Trial]:  # fmt: skip
    """One life of a house."""
    setup = _setup(server, transport, distributed=distributed)
    platform = SlackPlatform(setup, clock, _keeper(database, clock, server))
    house = build(database, [platform], clock, checkpoint=checkpoint)
    async with working(house), serving([platform], "127.0.0.1", 0) as address:
        server.events_url, server.sockets.used = f"{address}/slack/events" if address else "", False
        await house.courier.recover(everything=True)
        await platform.listen(house.intake.hear, house.counter)
        yield Trial(server, scene, Rig(database, clock, None, house, count(1)), platform)
        await house.courier.stop()


def _setup(server: SlackServer, transport: str, *, distributed: bool) -> Setup:
    way = (
        {"app_token": server.app_token}
        if transport == "socket"
        else {"signing_secret": server.signing_secret}
    )
    own = server.client_id if distributed else ""
    return Setup(bot_token=server.token, address=server.api_url, client_id=own, **way)


def _keeper(database: Database, clock: Clock, server: SlackServer) -> Installations:
    return Installations(database, clock, Settings(slack_bot_token=server.token, language="nb"), None)


@asynccontextmanager
async def meeting(database: Database, **more: Any) -> AsyncIterator[Trial]:
    """Fjord, alone in its channel, asked to share what it thinks of the first question."""
    async with trial(database, **more) as it:
        it.scene.series(database, group=[it.scene.group("Fjord", FJORD)])
        await it.go(to=NINE)
        it.thread = it.slack.posts(it.scene.channel)[0].ts
        await it.press("Kari", "here")
        await it.go(minutes=1.5)
        yield it
