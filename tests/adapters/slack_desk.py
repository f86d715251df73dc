"""What the tests of the Slack adapter share: a house that remembers what it heard, and an app beside the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from adapters.port import Address, Asked, Block, Faults, Filled, Heard, Outgoing, Sheet, Spoken
from adapters.slack import Setup, SlackPlatform, socket
from adapters.slack import platform as adapter
from tests.standins.slack import SlackServer

#: Seconds after which the adapter looks, or tries again: outside of tests, one or more.
SOON = 0.02
NOON = datetime(2026, 10, 13, 12, 0, tzinfo=UTC)


class StillClock:
    def now(self) -> datetime:
        return NOON


class House:
    """An ear and a counter. Tests put in what it shall answer, or fail with."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.asked: list[Asked] = []
        self.filled: list[Filled] = []
        self.failing: list[Exception] = []
        self.sheet: Callable[[Asked], Sheet] = lambda asked: Sheet(name=asked.press, title="Sheet")
        self.result: Sheet | Faults | None = None
        #: What the ear waits for before it has stored anything.
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    async def ear(self, heard: Heard) -> None:
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        if self.failing:
            raise self.failing.pop()
        self.heard.append(heard)

    async def open(self, asked: Asked) -> Sheet:
        self.asked.append(asked)
        return self.sheet(asked)

    async def hand_in(self, filled: Filled) -> Sheet | Faults | None:
        self.filled.append(filled)
        return self.result


@asynccontextmanager
async def listening(
    slack: SlackServer,
    house: House,
    transport: str = "socket",
    keeper: Any = None,
    seal: Any = None,
    draw: Any = lambda _: None,
    **setup: Any,
) -> AsyncIterator[SlackPlatform]:
    """The adapter, told by the stand-in through a socket or by HTTP."""
    how = (
        {"app_token": slack.app_token} if transport == "socket" else {"signing_secret": slack.signing_secret}
    )
    given = {"bot_token": slack.token, "address": slack.api_url} | how | setup
    platform = SlackPlatform(Setup(**given), StillClock(), keeper, seal, draw=draw)
    runner = None
    if routes := platform.routes():
        app = web.Application()
        app.add_routes(routes)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.events_url = "http://{}:{}/slack/events".format(*runner.addresses[0][:2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "AGAIN", (SOON,))
        patch.setattr(socket, "AGAIN", (SOON,))
        patch.setattr(socket, "LOOK", SOON)
        await platform.listen(house.ear, house)
        try:
            if transport == "socket":
                await slack.until(lambda: slack.sockets.open)
            yield platform
        finally:
            await platform.close()
            if runner is not None:
                await runner.cleanup()


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def place(slack: SlackServer, channel: Any, thread: str = "") -> Address:
    return Address("slack", slack.first.id, getattr(channel, "id", channel), thread)


def saying(where: Address, *lines: str, token: str = "t-1", sort: str = "prompt", **more: Any) -> Outgoing:
    """A message of lines; of `blocks` and the like where they are given."""
    outgoing = {name: more.pop(name) for name in ("message", "opens", "only", "since") if name in more}
    blocks = more.pop("blocks", tuple(Block("line", line) for line in lines))
    return Outgoing(token, where, Spoken(sort, blocks, **more), **outgoing)
