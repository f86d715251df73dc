"""HTTP: requests in each of the ways that the Bot API takes them, answers, faults, files."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.standins.telegram.errors import Refusal
from tests.standins.telegram.faults import Broken, Cut, Fault, Hang, Run, TooMany
from tests.standins.telegram.limits import UPLOAD
from tests.standins.telegram.model import Asked
from tests.standins.telegram.spec import Uploaded

if TYPE_CHECKING:
    from tests.standins.telegram.server import TelegramServer

FOREVER = 3600.0  # seconds: longer than any client waits


def application(server: "TelegramServer") -> web.Application:
    app = web.Application(client_max_size=UPLOAD + 2**20)
    wire = Wire(server)
    app.router.add_route("*", "/bot{token}/{method}", wire.handle)
    app.router.add_get("/file/bot{token}/{path:.+}", wire.download)
    return app


class Wire:
    """Between HTTP and the server."""

    def __init__(self, server: "TelegramServer") -> None:
        self.server = server

    async def handle(self, request: web.Request) -> web.StreamResponse:
        server, method = self.server, request.match_info["method"]
        if request.match_info["token"] != server.token:
            return answer(Refusal(401, "Unauthorized"))
        raw = await parameters(request)
        asked = Asked(method, raw, server.clock.now())
        with server.changed:
            server.requests.append(asked)
            fault = server.faults.take(method, raw)
            server.changed.notify_all()
        try:
            return await self._answered(request, asked, fault)
        finally:
            with server.changed:
                server.changed.notify_all()

    async def _answered(self, request: web.Request, asked: Asked, fault: Fault | None) -> web.StreamResponse:
        if (early := await self._trouble(request, asked, fault, "before")) is not None:
            return early
        try:
            body: bytes = await self.server.take(asked)
            asked.taken = True
        except Refusal as refusal:
            return note(asked, refusal)
        except Exception as error:
            with self.server.changed:
                self.server.violations.append(f"OURS: {asked.method} broke: {error!r}")
            raise
        if (late := await self._trouble(request, asked, fault, "after")) is not None:
            return late
        asked.status = 200
        return web.Response(body=body, content_type="application/json")

    async def _trouble(
        self, request: web.Request, asked: Asked, fault: Fault | None, when: str
    ) -> web.StreamResponse | None:
        """What the fault makes of the request at this point; None: it goes on."""
        if isinstance(fault, Hang | Cut | Run):
            return await self._at(request, fault) if fault.when == when else None
        if fault is None or when == "after":
            return None
        if isinstance(fault, TooMany):
            words = f"Too Many Requests: retry after {fault.seconds}"
            return note(asked, Refusal(429, words, {"retry_after": fault.seconds}))
        return broken(asked, fault)

    async def _at(self, request: web.Request, fault: Hang | Cut | Run) -> web.StreamResponse | None:
        if isinstance(fault, Run):
            # In a thread of its own: what happens may wait, or be an act that takes the lock.
            await asyncio.to_thread(fault.what)
            return None
        if isinstance(fault, Hang):
            await asyncio.sleep(FOREVER)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.server.token:
            return answer(Refusal(401, "Unauthorized"))
        for path, data in list(self.server.files.values()):
            if path == request.match_info["path"]:
                return web.Response(body=data, content_type="application/octet-stream")
        return answer(Refusal(404, "Not Found"))


def answer(refusal: Refusal) -> web.Response:
    return web.json_response(refusal.body(), status=refusal.code)


def note(asked: Asked, refusal: Refusal) -> web.Response:
    asked.status, asked.answer = refusal.code, refusal.body()
    return answer(refusal)


def broken(asked: Asked, fault: Broken) -> web.Response:
    asked.status, asked.answer = fault.code, {"description": "as planned"}
    if fault.html:
        return web.Response(status=fault.code, text="<html>Bad Gateway</html>", content_type="text/html")
    return answer(Refusal(fault.code, "Internal Server Error"))


async def parameters(request: web.Request) -> dict[str, Any]:
    """Query, form, multipart or JSON; a body's parameter wins over one in the address."""
    found: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        body: dict[str, Any] = json.loads(await request.read())
        return found | body
    if request.method != "POST":
        return found
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            found[name] = Uploaded(value.filename, value.content_type, value.file.read())
        else:
            found[name] = value
    return found
