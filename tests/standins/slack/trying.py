"""What the stand-in's own tests share: a scene, a Bolt app that listens, and small blocks to send."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import SlackServer, specs
from tests.standins.slack.state import Channel, Json, User

needs_specs = pytest.mark.skipif(not specs.pages(), reason=f"{specs.FOLDER} is not there")


def run(story: Callable[[], Awaitable[None]]) -> None:
    """A test's story in a loop of its own, with everything ended at its end."""
    asyncio.run(asyncio.wait_for(story(), 20))


@asynccontextmanager
async def slack(**settings: Any) -> AsyncIterator[SlackServer]:
    async with SlackServer(**settings) as server:
        yield server


def people(server: SlackServer) -> tuple[User, User, Channel]:
    kari, per = server.user("Kari"), server.user("Per")
    return kari, per, server.channel("team", [kari, per])


def client(server: SlackServer, **more: Any) -> AsyncWebClient:
    return AsyncWebClient(server.token, base_url=server.api_url, retry_handlers=[], **more)


async def refusal(asked: Awaitable[Any]) -> Json:
    """What the server refused with."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    response = caught.value.response
    return response.data if isinstance(response.data, dict) else {}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": f"act-{text}"} | more


def actions(*them: Json) -> Json:
    return {"type": "actions", "elements": list(them)}


def asking(label: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain(label), "element": element} | more


def modal(*blocks: Json, **more: Any) -> Json:
    body = {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Save")}
    return body | {"blocks": list(blocks)} | more


NAME = asking("Name", {"type": "plain_text_input", "action_id": "name"}, block_id="name")


class Heard:
    """A Bolt app that notes what it hears and does what a test gives it to do."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.events: list[Json] = []
        self.bodies: list[Json] = []
        self.app = AsyncApp(
            client=client(server), signing_secret=server.signing_secret, ignoring_self_events_enabled=False
        )
        for name in sorted({each.partition(".")[0] for each in server.subscriptions}):
            self.app.event(name)(self._event)

    async def _event(self, event: Json, body: Json) -> None:
        self.events.append(event)
        self.bodies.append(body)

    def types(self) -> list[str]:
        return [each.get("subtype") or each["type"] for each in self.events]


@asynccontextmanager
async def by_socket(heard: Heard) -> AsyncIterator[Heard]:
    handler = AsyncSocketModeHandler(heard.app, heard.server.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await heard.server.until(lambda: heard.server.sockets.open)
    try:
        yield heard
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def by_http(heard: Heard) -> AsyncIterator[Heard]:
    async with served(heard.app.web_app("/slack/events")) as url:
        heard.server.events_url = url
        yield heard


Transport = Callable[[Heard], contextlib.AbstractAsyncContextManager[Heard]]
both_ways = pytest.mark.parametrize("transport", [by_socket, by_http])


def option(text: str, value: str = "v") -> Json:
    return {"text": plain(text), "value": value}


def select(*options: Json, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": list(options)} | more
