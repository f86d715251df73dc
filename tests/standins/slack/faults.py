"""Trouble on demand: for requests to the Web API, and for what is delivered to the app.

    server.faults.next("chat.postMessage", "dropped_after", times=2, where=lambda call: "thread_ts" in call.args)
    server.faults.event("repeat")

Kinds for requests, in the order in which they can meet one:

- `ratelimited`: 429 with Retry-After (`retry_after`, seconds); not taken
- `error500`: HTTP 500 without a body; not taken. `error`: refused with the error `name`
- `never`: no answer ever comes; not taken. `dropped_before`: the connection is cut; not taken
- `dropped_after`: taken, then the connection is cut. `never_after`: taken, and no answer ever comes
- `error500_after`: taken, then HTTP 500
- `held`: waits until the fault's `release()`, then goes on as usual

Kinds for deliveries: `repeat` (the same event again), `twin` (the same message under another event id), `hold`
(kept until `release_events`, in that order or reversed), `lost` (the first attempt never arrives; it is sent
again as a retry), `cut` (the socket is cut as the envelope has been written).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.standins.slack.delivery import Delivery
    from tests.standins.slack.server import SlackServer
    from tests.standins.slack.web import Call

REQUEST_KINDS = (
    "ratelimited", "error500", "error", "never", "dropped_before", "dropped_after", "never_after", "error500_after",
    "held",
)  # fmt: skip
EVENT_KINDS = ("repeat", "twin", "hold", "lost", "cut")
AFTER = ("dropped_after", "never_after", "error500_after")


@dataclass
class Fault:
    """One kind of trouble, so many times. `met` holds what it has happened to."""

    method: str
    kind: str
    times: int
    where: Callable[[Any], bool]
    retry_after: int = 1
    name: str = "internal_error"
    #: Called in the server's loop as the fault strikes (after the request was taken, for the `_after` kinds).
    then: Callable[[], None] | None = None
    met: list[Any] = field(default_factory=list)
    released: bool = False

    def strikes(self, method: str, what: Any) -> bool:
        if self.times <= 0 or self.method not in (method, "*") or not self.where(what):
            return False
        self.times -= 1
        self.met.append(what)
        return True


def always(_: Any) -> bool:
    return True


class Faults:
    def __init__(self, server: SlackServer) -> None:
        self._server = server
        self._requests: list[Fault] = []
        self._events: list[Fault] = []

    def next(
        self,
        method: str,
        kind: str,
        times: int = 1,
        where: Callable[[Call], bool] = always,
        retry_after: int = 1,
        name: str = "internal_error",
        then: Callable[[], None] | None = None,
    ) -> Fault:
        """The next `times` requests to `method` ("*": any) for which `where` holds meet this fault."""
        assert kind in REQUEST_KINDS, f"{kind} is none of {', '.join(REQUEST_KINDS)}"
        self._requests.append(Fault(method, kind, times, where, retry_after, name, then))
        return self._requests[-1]

    def event(
        self,
        kind: str,
        times: int = 1,
        where: Callable[[Delivery], bool] = always,
        type: str = "*",  # noqa: A002
    ) -> Fault:
        """The next `times` events of `type` ("*": any) for which `where` holds meet this fault."""
        assert kind in EVENT_KINDS, f"{kind} is none of {', '.join(EVENT_KINDS)}"
        self._events.append(Fault(type, kind, times, where))
        return self._events[-1]

    def clear(self) -> None:
        """No more trouble, and what was held goes on."""
        for fault in self._requests:
            fault.released = True
        self._requests.clear()
        self._events.clear()
        self._server.changed()

    def release(self, fault: Fault) -> None:
        """Let go on what a `held` fault keeps."""
        fault.released = True
        self._server.changed()

    def of_event(self, delivery: Delivery) -> Fault | None:
        return next((fault for fault in self._events if fault.strikes(delivery.type, delivery)), None)

    async def meet(
        self, call: Call, request: web.Request, run: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Let the request run, unless a fault has other plans."""
        fault = next((each for each in self._requests if each.strikes(call.method, call)), None)
        if fault is None:
            return run()
        call.fault = fault.kind
        if fault.kind in AFTER:
            run()
        self._server.changed()
        if fault.then is not None:
            fault.then()
        return await self._strike(fault, call, request, run)

    async def _strike(
        self, fault: Fault, call: Call, request: web.Request, run: Callable[[], web.Response]
    ) -> web.StreamResponse:
        kind = fault.kind
        if kind == "held":
            await self._server.until(lambda: fault.released or self._server.closing, timeout=None)
            return run()
        if kind.startswith("never"):
            await self._server.until(lambda: self._server.closing or request.transport is None, timeout=None)
            return cut(request)
        if kind.startswith("dropped"):
            return cut(request)
        return refused(fault, call)


def cut(request: web.Request) -> web.StreamResponse:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def refused(fault: Fault, call: Call) -> web.Response:
    if fault.kind == "ratelimited":
        call.status, call.answer = 429, {"ok": False, "error": "ratelimited"}
        return web.json_response(call.answer, status=429, headers={"Retry-After": str(fault.retry_after)})
    if fault.kind == "error":
        call.status, call.answer = 200, {"ok": False, "error": fault.name}
        return web.json_response(call.answer)
    call.status = 500
    return web.Response(status=500, text="Internal Server Error", content_type="text/html")
