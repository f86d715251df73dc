"""Socket Mode: Slack's events by a connection that we open, so that nobody has to reach us.

Bolt's handler sends an envelope's acknowledgement when Bolt has answered it with 200, which here is when it is stored
(`door`). Envelopes are worked on beside each other. What has not been acknowledged when a connection goes, Slack sends
again by the next.

slack_sdk follows when Slack asks it to move. When a connection is simply lost it waits, and if the new address does
not answer it tries that one for ever. So a connection that is lost is given up here, and made anew from the beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from adapters.port import Later, Refused, Shut
from adapters.slack import quiet
from adapters.slack.client import Client, direct
from adapters.slack.door import Door

log = logging.getLogger(__name__)

#: Seconds between signs of life; a connection without four of them is dead.
PING = 5.0
#: Seconds between looks at the connection, and looks that it may be away while slack_sdk moves it.
LOOK, AWAY = 1.0, 2
#: Seconds that a connection may take to open.
OPENING = 10.0
#: Seconds between attempts, where Slack gives no address: one a minute is allowed for sure.
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
        self._session: SocketModeClient | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    async def open(self) -> None:
        """Returns when connected, or when that takes long: then it goes on by itself."""
        self._keeping = asyncio.create_task(self._keep(), name="slack socket")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._connected.wait(), FIRST)

    async def _keep(self) -> None:
        """Connect, and connect again, for as long as we listen."""
        attempt = 0
        while True:
            if (address := await self._address()) is None:
                await asyncio.sleep(AGAIN[min(attempt, len(AGAIN) - 1)])
                attempt += 1
            elif await self._connect(address):
                attempt = 0
                await self._until_lost()
                log.warning("the connection to Slack was lost")
            await self._drop()

    async def _address(self) -> str | None:
        """Where to connect to; None where Slack does not say."""
        try:
            return str((await self._client.call("", "apps.connections.open", app_token=self._token))["url"])
        except Later as later:
            await asyncio.sleep(later.seconds)
        except Shut as shut:
            log.error("Slack does not take the app-level token (%s)", shut)
            await self._refused(shut)
        except (Refused, OSError) as fault:
            log.warning("no connection to Slack: %s", fault)
        return None

    async def _connect(self, address: str) -> bool:
        handler = AsyncSocketModeHandler(self._door.app, self._token, quiet.logger(), self._client.web(),
                                         ping_interval=PING)  # fmt: skip
        self._session = session = handler.client
        session.wss_uri = address
        session.proxy = None if direct(self._client.address) else session.proxy
        try:
            await asyncio.wait_for(session.connect(), OPENING)  # type: ignore[no-untyped-call]
        except TimeoutError:
            return False
        self._connected.set()
        return True

    async def _until_lost(self) -> None:
        away = 0
        while away <= AWAY and self._session is not None:
            await asyncio.sleep(LOOK)
            away = 0 if await self._session.is_connected() else away + 1

    async def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(Exception):  # it may have broken already
                await session.close()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Take in nothing more, and answer what has come."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._session is not None:
            self._session.auto_reconnect_enabled = False
            if self._session.message_receiver is not None:
                self._session.message_receiver.cancel()
            await self._door.idle(LAST)
        await self._drop()
