"""The feeds by HTTP. An address that is not one says nothing, not even whether it was one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor

from aiohttp import web

from bot.calendars.entries import listing
from bot.calendars.feeds import address, find_feed, mark_of
from bot.calendars.ics import to_ics
from bot.shelf import Shelf
from storage.database import Database

#: Whoever keeps a copy asks whether it is still right; nobody in between keeps one.
_HEADERS = {"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}


class Feeds:
    """What `bot.web` serves: one route."""

    def __init__(self, database: Database, shelf: Shelf, executor: Executor) -> None:
        self.database, self.shelf, self.executor = database, shelf, executor
        self.mark = mark_of(database)

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.get(address("", "{secret}"), self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        secret = request.match_info["secret"]
        loop = asyncio.get_running_loop()
        file = await loop.run_in_executor(self.executor, lambda: self._file(secret))
        if file is None:
            raise web.HTTPNotFound
        tag = hashlib.sha256(file).hexdigest()
        if tag in {each.value for each in request.if_none_match or ()}:
            return web.Response(status=304, headers=_HEADERS)
        response = web.Response(body=file, content_type="text/calendar", charset="utf-8", headers=_HEADERS)
        response.etag = tag
        return response

    def _file(self, secret: str) -> bytes | None:
        with self.database.read() as connection:
            found = find_feed(connection, secret)
            if found is None:
                return None
            series, circle = found
            return to_ics(listing(connection, self.shelf, series, circle, self.mark))
