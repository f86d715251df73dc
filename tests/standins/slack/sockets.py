"""Socket Mode: hello, envelopes, acknowledgements, re-sending, disconnect.

Each envelope goes to one of the open connections, in turn. One that is not acknowledged in time, or whose
connection is lost, is sent again. While the app has no connection, events wait for one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.standins.slack.delivery import EVENT, INTERACTIVE, Delivery, Outcome
from tests.standins.slack.state import Json

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

MOST = 10


@dataclass(eq=False)
class Connection:
    socket: web.WebSocketResponse
    request: web.Request
    #: Envelopes that this connection has carried and not yet acknowledged.
    waiting: dict[str, asyncio.Future[Outcome]] = field(default_factory=dict)
    #: How many envelopes it has been given.
    carried: int = 0
    leaving: bool = False

    def lose(self) -> None:
        """Cut it: nothing is said, and what it carried is lost."""
        self.leaving = True
        if self.request.transport is not None:
            self.request.transport.abort()


class Sockets:
    def __init__(self, server: SlackServer) -> None:
        self._server = server
        self._tickets: set[str] = set()
        self.open: list[Connection] = []
        #: Whether the app has ever connected: from then on it is told through sockets.
        self.used = False
        self._turn = itertools.count()

    def new_url(self) -> str:
        """An address for one connection."""
        ticket = f"ticket{self._server.ids.number()}"
        self._tickets.add(ticket)
        return (
            f"{self._server.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self._server.app_id}"
        )

    async def accept(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        connection = Connection(socket, request)
        if len(self.open) >= MOST:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return socket
        await self._serve(connection)
        return socket

    async def _serve(self, connection: Connection) -> None:
        self.open.append(connection)
        try:
            await connection.socket.send_json(self._hello())
            self.used = True
            self._server.changed()
            async for message in connection.socket:
                if message.type == WSMsgType.TEXT:
                    self._acknowledge(connection, json.loads(message.data))
        except ConnectionError:
            pass  # it went away in the middle of the greeting
        finally:
            self._gone(connection)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "connection_info": {"app_id": self._server.app_id},
            "debug_info": {"host": "stand-in", "build_number": 1, "approximate_connection_time": 18060},
        }

    def _acknowledge(self, connection: Connection, said: Json) -> None:
        waiting = connection.waiting.pop(said.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(Outcome(acked=True, status=200, body=said.get("payload")))

    def _gone(self, connection: Connection) -> None:
        if connection in self.open:
            self.open.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_result(Outcome(acked=False, reason="timeout"))
        self._server.changed()

    async def attempt(self, delivery: Delivery, number: int, reason: str, cut: bool = False) -> Outcome:
        """Send it over one connection and wait for the acknowledgement."""
        if delivery.kind != EVENT and not self.open:
            return Outcome(acked=False, reason="timeout")
        await self._server.until(lambda: any(not each.leaving for each in self.open), timeout=None)
        usable = [each for each in self.open if not each.leaving]
        connection = usable[next(self._turn) % len(usable)]
        envelope_id = f"{self._server.ids.number():08x}-0000-4000-8000-000000000000"
        waiting = connection.waiting[envelope_id] = asyncio.get_running_loop().create_future()
        connection.carried += 1
        try:
            await connection.socket.send_json(wrapped(delivery, envelope_id, number, reason))
        except ConnectionError:
            return Outcome(acked=False, reason="timeout")
        if cut:
            await asyncio.sleep(0)
            connection.lose()
        return await self._acknowledged(connection, envelope_id, waiting)

    async def _acknowledged(
        self, connection: Connection, envelope_id: str, waiting: asyncio.Future[Outcome]
    ) -> Outcome:
        try:
            async with asyncio.timeout(self._server.ack_seconds):
                return await waiting
        except TimeoutError:
            return Outcome(acked=False, reason="timeout")
        finally:
            connection.waiting.pop(envelope_id, None)

    # -- what a test does to them

    def cut(self) -> int:
        """Cut every connection without a word. Returns how many there were."""
        lost = list(self.open)
        for connection in lost:
            connection.lose()
        return len(lost)

    async def ask_to_leave(self, reason: str = "refresh_requested") -> None:
        """Send `disconnect`: `warning` comes some seconds before `refresh_requested`, which closes."""
        for connection in list(self.open):
            connection.leaving = reason != "warning"
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}}
            )

    async def close(self) -> None:
        for connection in list(self.open):
            await connection.socket.close()


def wrapped(delivery: Delivery, envelope_id: str, number: int, reason: str) -> Json:
    body: Json = {
        "envelope_id": envelope_id,
        "type": delivery.kind,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind != EVENT,
    }
    if delivery.kind == EVENT:
        body |= {"retry_attempt": number, "retry_reason": reason}
    return body


__all__ = ["INTERACTIVE", "Connection", "Sockets", "wrapped"]
