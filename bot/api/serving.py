"""The API by HTTP. Whoever has no token that holds is told the same whatever they ask: not even whether it is there."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import msgspec
from aiohttp import web
from msgspec import Struct

from bot.api import tokens
from bot.api.openapi import LAST, LEAST, MOST, OPERATIONS, USUAL, Operation, refusal
from bot.api.reading import BASE, Asked, Reader
from bot.calendars.feeds import mark_of
from bot.clock import Clock
from bot.shelf import Shelf
from storage.database import Database

#: Whoever keeps a copy asks whether it is still right; nobody in between keeps one.
_KEPT = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
#: What only says no is kept by nobody.
_NOT_KEPT = {"Cache-Control": "no-store"}
_READS = ("GET", "HEAD")
_PATH = {"series": re.compile(r"[a-z0-9-]{1,60}"), "number": re.compile(r"[1-9][0-9]{0,2}")}
_AFTER, _LIMIT = re.compile(r"[0-9]{1,19}"), re.compile(r"[0-9]{1,3}")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked, taken out of HTTP. `operation`: None: nothing that there is."""

    secret: str
    method: str
    operation: Operation | None
    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]


class Api:
    """What `bot.web` serves. `url`: where the world finds this server."""

    def __init__(self, database: Database, shelf: Shelf, executor: Executor, clock: Clock, url: str) -> None:
        self.database, self.shelf, self.executor, self.clock = database, shelf, executor, clock
        self.url, self.mark = url.rstrip("/"), mark_of(database)

    def routes(self) -> Sequence[web.RouteDef]:
        """Whatever else begins so is answered as well, so that nobody learns from an answer what there is."""
        known = [web.get(BASE + each.path, self._handler(each)) for each in OPERATIONS]
        return [*known, web.route("*", "/api/{rest:.*}", self._handler(None))]

    def _handler(self, operation: Operation | None) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
            secret = secret.strip() if scheme.lower() == "bearer" else ""
            asked = _Request(
                secret, request.method, operation, request.match_info, list(request.query.items())
            )
            loop = asyncio.get_running_loop()
            status, body = await loop.run_in_executor(self.executor, lambda: self._answer(asked))
            return _refused(status) if body is None else _told(request, _encode(body))

        return answer

    def _answer(self, asked: _Request) -> tuple[int, Struct | None]:
        """Status, and what there is; in a worker thread."""
        with self.database.read() as connection:
            bearer = tokens.bearer(connection, asked.secret)
            if bearer is None:
                return 401, None
            if asked.method not in _READS:
                return 405, None
            if asked.operation is None:
                return 404, None
            if asked.operation.scope not in bearer.scopes:
                return 403, None
            if not all(_PATH[name].fullmatch(given) for name, given in asked.path.items()):
                return 404, None
            wanted = _wanted(asked)
            if wanted is None:
                return 400, None
            reader = Reader(
                connection, self.shelf, bearer.organisation, self.clock.now(), self.mark, self.url
            )
            found = asked.operation.read(reader, wanted)
            return (200, found) if found is not None else (404, None)


def _wanted(asked: _Request) -> Asked | None:
    """None: it asks for something that there is not, or twice for the same."""
    series, number = asked.path.get("series", ""), int(asked.path.get("number", 0))
    given: dict[str, str] = (
        {"after": "0", "limit": str(USUAL)} if asked.operation and asked.operation.paged else {}
    )
    names = [name for name, _ in asked.query]
    if len(names) != len(set(names)) or not set(names) <= given.keys():
        return None
    if not given:
        return Asked(0, USUAL, series, number)
    given |= dict(asked.query)
    if not _AFTER.fullmatch(given["after"]) or not _LIMIT.fullmatch(given["limit"]):
        return None
    limit = int(given["limit"])
    return Asked(min(int(given["after"]), LAST), limit, series, number) if LEAST <= limit <= MOST else None


def _told(request: web.Request, body: bytes) -> web.Response:
    tag = hashlib.sha256(body).hexdigest()
    if tag in {each.value for each in request.if_none_match or ()}:
        unchanged = web.Response(status=304, headers=_KEPT)
        unchanged.etag = tag
        return unchanged
    response = web.Response(body=body, content_type="application/json", headers=_KEPT)
    response.etag = tag
    return response


def _refused(status: int) -> web.Response:
    more = {401: {"WWW-Authenticate": "Bearer"}, 405: {"Allow": ", ".join(_READS)}}.get(status, {})
    body = _encode(refusal(status))
    return web.Response(
        status=status, body=body, content_type="application/problem+json", headers={**_NOT_KEPT, **more}
    )
