"""Where Slack comes in, by HTTP or by a socket: one way for both, and an answer only after the house has it.

Bolt checks signatures, answers Slack's own questions (`url_verification`, `ssl_check`) and knows both transports. What
it would do besides (listeners by pattern, a client and an authorization for every event) is not needed: a single
middleware takes everything, right after the signature. Bolt answers what a middleware answers, so nothing is
acknowledged before the ear has returned; and an ear that raises makes a 500, or no acknowledgement at all, and Slack
brings it again.

A signed event by HTTP, which is most of what comes, goes around Bolt's dispatch: that lays out a context and a client
for each, and takes longer than all the rest of the way to the ear. What is not signed is Bolt's to refuse.

https://docs.slack.dev/apis/events-api#responding
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from adapters.slack import quiet

log = logging.getLogger(__name__)

Json: TypeAlias = dict[str, Any]
#: Takes what Slack tells, and returns what it is to be answered, if anything, once that is stored.
Take: TypeAlias = Callable[[Json], Awaitable[Json | None]]

_decode = msgspec.json.Decoder(Json).decode

EVENTS, INSTALL, REDIRECT = "/slack/events", "/slack/install", "/slack/oauth_redirect"


class _All(AsyncMiddleware):
    """Takes everything but what Bolt answers by itself."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]  # noqa: A002
    ) -> BoltResponse | None:  # fmt: skip
        if req.body.get("type") == "url_verification":
            return await next()
        try:
            answer = await self._take(req.body)
        except Exception as fault:  # noqa: BLE001 - whatever it was, Slack is told that we do not have it
            _lost(fault)
            return BoltResponse(status=500)
        return BoltResponse(status=200, body=answer or "")


def _lost(fault: Exception) -> None:
    log.error("what Slack told could not be taken in: %s", type(fault).__name__)


class Door:
    """`signing_secret` is of requests by HTTP; a socket is trusted by the token that it was opened with."""

    def __init__(self, take: Take, *, signing_secret: str = "") -> None:
        self._take, self._busy, self._idle, self.open = take, 0, asyncio.Event(), False
        self._idle.set()
        self._signed = SignatureVerifier(signing_secret) if signing_secret else None
        #: How workspaces install us, once that is open.
        self.flow: AsyncOAuthFlow | None = None
        self.app = AsyncApp(
            name="runda", logger=quiet.logger(), signing_secret=signing_secret, process_before_response=True,
            request_verification_enabled=bool(signing_secret), authorize=_nobody,
            before_authorize=_All(self._counted), ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False, attaching_conversation_kwargs_enabled=False,
        )  # fmt: skip

    async def _counted(self, body: Json) -> Json | None:
        self._busy += 1
        self._idle.clear()
        try:
            return await self._take(body)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def idle(self, seconds: float) -> None:
        """Returns when all that came in has been answered, or after so long."""
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
            await asyncio.sleep(0)  # the last answer is on its way
        except TimeoutError:
            log.warning(
                "%d things that Slack told have not been answered; it will bring them again", self._busy
            )

    # -- by HTTP

    def routes(self, *, events: bool, installing: bool) -> list[web.RouteDef]:
        told = [web.post(EVENTS, self._http)] if events else []
        ways_in = [web.get(INSTALL, self._install), web.get(REDIRECT, self._installed)] if installing else []
        return told + ways_in

    async def _http(self, request: web.Request) -> web.Response:
        if not self.open:
            return web.Response(status=503)
        if not _legible(request):
            return web.Response(status=401)
        event = await self._event(request)
        if event is None:
            return await to_aiohttp_response(await self.app.async_dispatch(await _asked(request)))
        try:
            await self._counted(event)
        except Exception as fault:  # noqa: BLE001 - as above
            _lost(fault)
            return web.Response(status=500)
        return web.Response()

    async def _event(self, request: web.Request) -> Json | None:
        """The event, if it is one, and is signed."""
        if self._signed is None or request.content_type != "application/json":
            return None
        raw, headers = await request.read(), request.headers
        when, mark = headers.get("X-Slack-Request-Timestamp"), headers.get("X-Slack-Signature")
        try:
            told = _decode(raw) if self._signed.is_valid(raw, when, mark) else {}
        except ValueError:  # no text, or no JSON
            return None
        return told if told.get("type") == "event_callback" else None

    async def _install(self, request: web.Request) -> web.Response:
        if self.flow is None:
            return web.Response(status=503)
        return await to_aiohttp_response(await self.flow.handle_installation(await _asked(request)))

    async def _installed(self, request: web.Request) -> web.Response:
        if self.flow is None:
            return web.Response(status=503)
        return await to_aiohttp_response(await self.flow.handle_callback(await _asked(request)))


def _legible(request: web.Request) -> bool:
    """Whether what signs it could be a signature: slack_sdk's verifier raises over what could not."""
    when, mark = (request.headers.get(f"X-Slack-{name}", "") for name in ("Request-Timestamp", "Signature"))
    return (not when or (when.isascii() and when.isdecimal())) and mark.isascii()


async def _asked(request: web.Request) -> AsyncBoltRequest:
    headers: Any = request.headers
    return AsyncBoltRequest(body=await request.text(), query=request.query_string, headers=headers)


async def _nobody() -> AuthorizeResult:
    """Never asked: what would have to be authorized has been taken before."""
    return AuthorizeResult(enterprise_id=None, team_id=None)
