"""The Web API's front door: reads the arguments, finds whose token it is, checks, answers, and records.

slack_sdk sends JSON, forms and query strings; all three are read. Unknown methods, arguments that Slack does not
document and missing ones are noted in `violations`, and refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.standins.slack.errors import SlackError
from tests.standins.slack.state import Channel, Install, Json, User, Workspace

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

#: Arguments that are JSON inside a form or a query string, and how Slack calls it when they are not.
STRUCTURED = {
    "blocks": "invalid_blocks_format",
    "attachments": "invalid_attachments",
    "metadata": "invalid_metadata_format",
    "view": "invalid_arguments",
    "files": "invalid_arguments",
    "file_ids": "invalid_arguments",
    "unfurled_attachments": "invalid_attachments",
}
TRUE = {"1", "true", "True"}


@dataclass
class Call:
    """One request to the Web API, and what came of it."""

    method: str
    args: Json
    at: float
    token: str = field(default="", repr=False)
    status: int = 0
    answer: Json = field(default_factory=dict)
    #: The fault that met it, if one did.
    fault: str = ""
    #: Whether the server took it: the method ran and succeeded, whatever the caller was told.
    taken: bool = False
    team: Workspace | None = field(default=None, repr=False)
    install: Install | None = field(default=None, repr=False)

    def arg(self, name: str, default: Any = "") -> Any:
        value = self.args.get(name)
        return default if value is None or value == "" else value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name)
        return default if value is None else value is True or str(value) in TRUE

    def whole(self, name: str, default: int) -> int:
        try:
            return int(self.arg(name, default))
        except ValueError:
            raise SlackError("invalid_arguments") from None

    def need(self, name: str) -> Any:
        value = self.arg(name)
        if value == "":
            raise SlackError(
                "invalid_arguments",
                response_metadata={"messages": [f"[ERROR] missing required field: {name}"]},
            )
        return value

    @property
    def workspace(self) -> Workspace:
        assert self.team is not None, f"{self.method} is called without a workspace's token"
        return self.team

    @property
    def bot(self) -> User:
        return self.workspace.bot

    def may(self, *scopes: str) -> None:
        """Raises SlackError unless the token has one of these scopes."""
        assert self.install is not None
        if not self.install.scopes & set(scopes):
            provided = ",".join(sorted(self.install.scopes))
            raise SlackError("missing_scope", needed=",".join(scopes), provided=provided)

    def channel(self, name: str = "channel", known: bool = True) -> Channel:
        """The conversation that an argument names. Raises SlackError; a private one must have the bot in it."""
        found = self.workspace.channels.get(str(self.need(name)))
        hidden = found is not None and found.kind != "channel" and self.bot.id not in found.members
        if found is None or found.deleted or (known and hidden):
            raise SlackError("channel_not_found")
        return found


@dataclass(frozen=True)
class Method:
    run: Callable[[SlackServer, Call], Json]
    #: One of these scopes is needed.
    scopes: tuple[str, ...]
    #: "bot", "app" (an xapp- token) or "none".
    token: str


METHODS: dict[str, Method] = {}


def method(
    name: str, *scopes: str, token: str = "bot"
) -> Callable[[Callable[..., Json]], Callable[..., Json]]:
    """Register what a Web API method does."""

    def register(run: Callable[..., Json]) -> Callable[..., Json]:
        METHODS[name] = Method(run, scopes, token)
        return run

    return register


async def handle(server: SlackServer, request: web.Request) -> web.StreamResponse:
    """Answer /api/METHOD."""
    name = request.match_info["method"]
    call = Call(name, await arguments(request), server.clock.now(), token=bearer(request))
    call.token = str(call.args.pop("token", "") or call.token)
    server.requests.append(call)
    try:
        return await server.faults.meet(call, request, lambda: answered(server, call, request))
    finally:
        server.changed()


def answered(server: SlackServer, call: Call, request: web.Request) -> web.Response:
    headers, known = {}, METHODS.get(call.method)
    try:
        if known is None:
            server.violation(call, "unknown method")
            raise SlackError("unknown_method")
        if call.method == "oauth.v2.access":
            call.args |= basic(request)
        authorize(server, call, known)
        server.specs.hold(server, call)
        server.rates.check(call)
        call.answer = {"ok": True, **known.run(server, call)}
        call.status, call.taken = 200, True
    except SlackError as error:
        call.answer, call.status = error.body(), 200
        if error.retry_after:
            call.status, headers["Retry-After"] = 429, str(error.retry_after)
    if call.install is not None:
        headers["X-OAuth-Scopes"] = ",".join(sorted(call.install.scopes))
        headers["X-Accepted-OAuth-Scopes"] = ",".join(known.scopes if known else ())
    return web.json_response(call.answer, status=call.status, headers=headers)


def authorize(server: SlackServer, call: Call, known: Method) -> None:
    """Raises SlackError unless the token is of the right kind, alive, and has a scope for this method."""
    if known.token == "none":
        return
    if not call.token:
        raise SlackError("not_authed")
    if known.token == "app":
        if call.token.startswith("xoxb-"):
            raise SlackError("not_allowed_token_type")
        if call.token != server.app_token:
            raise SlackError("invalid_auth")
        return
    if call.token == server.app_token:
        raise SlackError("not_allowed_token_type")
    call.team, call.install = server.whose(call.token)
    if call.install.dead:
        raise SlackError(call.install.dead)
    if known.scopes:
        call.may(*known.scopes)


def bearer(request: web.Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind == "Bearer" else ""


def basic(request: web.Request) -> Json:
    """The client's id and secret, where they came in the header."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return {}
    client_id, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return {"client_id": client_id, "client_secret": secret}


async def arguments(request: web.Request) -> Json:
    """Query string, then form or JSON; structured arguments are decoded."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        raw = await request.read()
        args |= json.loads(raw) if raw else {}
    else:
        args |= dict(await request.post())
    return {name: structured(name, value) for name, value in args.items() if value is not None}


def structured(name: str, value: Any) -> Any:
    if name not in STRUCTURED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # the method refuses what is not an object, in its own words
