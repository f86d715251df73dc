"""Socket Mode: Slack's events by a connection that we open, so that nobody has to reach us.

Bolt's handler sends an envelope's acknowledgement when Bolt has answered it with 200, which here is when it is stored
(`door`). Envelopes are worked on beside each other. What has not been acknowledged when a connection goes, Slack sends
again by the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from adapters.port import Later, Refused, Shut
from adapters.slack import quiet
from adapters.slack.client import Client, direct
from adapters.slack.door import Door

log = logging.getLogger(__name__)

#: Seconds between signs of life; a connection without four of them is dead.
PING = 5.0
#: Seconds between attempts to connect at first: Slack allows one a minute for sure.
AGAIN = (2, 5, 15, 60)
#: Seconds that listening waits for the connection before it goes on trying by itself.
FIRST = 10.0
#: Seconds that those who wait have to be answered when we close.
LAST = 3.0


class Socket:
    """`refused` is called with the reason each time Slack takes the app's token for nothing."""

    def __init__(
        self, client: Client, door: Door, token: str, refused: Callable[[Shut], Awaitable[None]]
    ) -> None:
        self._client, self._door, self._token, self._refused = client, door, token, refused
        self._handler: AsyncSocketModeHandler | None = None
        self._opening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Returns when connected, or when that takes long: then it goes on by itself."""
        self._opening = asyncio.create_task(self._open(), name="slack socket")
        await asyncio.wait({self._opening}, timeout=FIRST)

    async def _open(self) -> None:
        attempt = 0
        while (address := await self._address(attempt)) is None:
            attempt += 1
        web = self._client.web()
        handler = AsyncSocketModeHandler(self._door.app, self._token, quiet.logger(), web, ping_interval=PING)
        if direct(self._client.address):
            handler.client.proxy = None
        handler.client.wss_uri = address
        self._handler = handler
        await handler.client.connect()  # type: ignore[no-untyped-call]

    async def _address(self, attempt: int) -> str | None:
        """Where to connect to; None, after a while, where Slack does not say."""
        wait: float = AGAIN[min(attempt, len(AGAIN) - 1)]
        try:
            return str((await self._client.call("", "apps.connections.open", app_token=self._token))["url"])
        except Later as later:
            wait = later.seconds
        except Shut as shut:
            log.error("Slack does not take the app-level token (%s)", shut)
            await self._refused(shut)
        except (Refused, OSError) as fault:
            log.warning("no connection to Slack yet: %s", fault)
        await asyncio.sleep(wait)
        return None

    async def close(self) -> None:
        """Take in nothing more, and answer what has come."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._handler is None:
            return
        client = self._handler.client
        client.auto_reconnect_enabled = False
        if client.message_receiver is not None:
            client.message_receiver.cancel()
        await self._door.idle(LAST)
        with contextlib.suppress(Exception):  # it may have broken already
            await client.close()  # type: ignore[no-untyped-call]
