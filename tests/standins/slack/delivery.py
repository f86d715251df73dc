"""How the app is told: by signed requests to its address, or through its sockets, whichever it has.

Events are sent again until they are acknowledged: at once, after a minute, after five more. What a person presses
or submits is sent once; if the app is not there in three seconds, the person sees that it failed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from tests.standins.slack.state import Json

if TYPE_CHECKING:
    from tests.standins.slack.faults import Fault
    from tests.standins.slack.server import SlackServer

EVENT, INTERACTIVE, SLASH = "events_api", "interactive", "slash_commands"

#: Seconds that Slack waits for an acknowledgement.
ACK_SECONDS = 3.0
#: Seconds before each repetition of an event.
RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass
class Delivery:
    """Something that the app is to be told, and how that went."""

    kind: str
    #: The event's type, or block_actions, view_submission, /command.
    type: str
    payload: Json
    #: How often it was sent.
    attempts: int = 0
    acked: bool = False
    #: Why the last attempt was not acknowledged: http_timeout, http_error, connection_failed, timeout.
    reason: str = ""
    status: int = 0
    #: What the app answered with: an object, a text, or None.
    body: Any = None
    held: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def event(self) -> Json:
        found: Json = self.payload.get("event", {})
        return found

    async def finished(self) -> Delivery:
        """When it is acknowledged, or given up; at once while a fault holds it."""
        if self.task is not None and not self.held:
            await asyncio.shield(self.task)
        return self


@dataclass
class Outcome:
    acked: bool
    reason: str = ""
    status: int = 0
    body: Any = None
    again: bool = True


@dataclass
class Signer:
    """Signs as Slack does: docs.slack.dev/authentication/verifying-requests-from-slack.

    Receivers hold the timestamp against the machine's clock, so it is that one's, not the stand-in's.
    """

    secret: str
    _key: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._key = self.secret.encode()

    def headers(self, body: bytes, content_type: str = "application/json") -> dict[str, str]:
        stamp = str(int(time.time()))
        mark = hmac.new(self._key, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={mark}",
        }


class Deliveries:
    def __init__(self, server: SlackServer) -> None:
        self._server = server
        self.all: list[Delivery] = []
        self.held: list[Delivery] = []
        self._running: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    # -- taking on

    def send(self, delivery: Delivery) -> Delivery:
        """Take it on its way, in a task of its own: nothing that is told waits for another thing."""
        self.all.append(delivery)
        fault = self._server.faults.of_event(delivery) if delivery.kind == EVENT else None
        if fault is not None and fault.kind == "hold":
            delivery.held = True
            self.held.append(delivery)
        elif self._server.sockets.used or self._server.events_url:
            delivery.task = self._spawn(self._carry(delivery, fault))
        else:
            delivery.reason = "nobody listens"
        return delivery

    def release(self, reverse: bool = False) -> list[Delivery]:
        """Send what a `hold` fault has kept, in its order or the other way round, one after the other."""
        held, self.held = self.held[:: -1 if reverse else 1], []
        line = self._spawn(self._in_line(held))
        for delivery in held:
            delivery.held, delivery.task = False, line
        return held

    async def _in_line(self, held: list[Delivery]) -> None:
        for delivery in held:
            await self._carry(delivery, None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._server.changed()

    @property
    def pending(self) -> int:
        return len(self._running)

    async def close(self) -> None:
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    # -- carrying

    async def _carry(self, delivery: Delivery, fault: Fault | None) -> None:
        kind = fault.kind if fault is not None else ""
        await self._until_acked(delivery, kind)
        if kind == "repeat" or (kind == "cut" and not self._server.sockets.used):
            await self._attempt(delivery, delivery.attempts, "http_timeout")
        if kind == "twin":
            twin = {**delivery.payload, "event_id": self._server.ids.new("Ev")}
            await self._until_acked(Delivery(delivery.kind, delivery.type, twin), "")

    async def _until_acked(self, delivery: Delivery, fault: str) -> None:
        delays = (0.0, *self._server.retry_delays) if delivery.kind == EVENT else (0.0,)
        for number, delay in enumerate(delays):
            if number:
                await self._server.clock.sleep(delay)
            if fault == "lost" and number == 0:
                delivery.reason = "timeout" if self._server.sockets.used else "http_timeout"
                delivery.attempts += 1
                continue
            outcome = await self._attempt(
                delivery, number, delivery.reason, cut=fault == "cut" and number == 0
            )
            delivery.acked, delivery.reason = outcome.acked, outcome.reason
            delivery.status, delivery.body = outcome.status, outcome.body
            self._server.changed()
            if outcome.acked or not outcome.again:
                return

    async def _attempt(self, delivery: Delivery, number: int, reason: str, cut: bool = False) -> Outcome:
        delivery.attempts += 1
        if self._server.sockets.used:
            return await self._server.sockets.attempt(delivery, number, reason, cut)
        return await self._post(delivery, number, reason)

    # -- over HTTP

    async def _post(self, delivery: Delivery, number: int, reason: str) -> Outcome:
        body, headers = self._server.signed(delivery.kind, delivery.payload)
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        try:
            async with asyncio.timeout(self._server.ack_seconds):
                return await self.post(body, headers)
        except TimeoutError:
            return Outcome(acked=False, reason="http_timeout")
        except aiohttp.ClientError:
            return Outcome(acked=False, reason="connection_failed")

    async def post(self, body: bytes, headers: dict[str, str], url: str = "") -> Outcome:
        """One request to the app. Raises aiohttp.ClientError."""
        async with self.session().post(url or self._server.events_url, data=body, headers=headers) as answer:
            said = read(await answer.text(), answer.content_type)
            again = answer.headers.get("X-Slack-No-Retry") != "1"
            acked = answer.status == 200
            return Outcome(acked, "" if acked else "http_error", answer.status, said, again)

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session


def read(text: str, content_type: str) -> Any:
    """What the app answered with: an object, a text, or None where it said nothing."""
    if not text:
        return None
    return json.loads(text) if content_type == "application/json" else text


def encoded(kind: str, payload: Json) -> tuple[bytes, str]:
    """The body of a request of this kind, and its content type."""
    if kind == EVENT:
        return msgspec.json.encode(payload), "application/json"
    form = payload if kind == SLASH else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"
