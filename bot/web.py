"""One small server for everything that needs HTTP: whoever offers routes has them served, platform or not.

It listens to this machine alone unless told otherwise: what stands in front of it, and speaks TLS with the world, is
the operator's. Where nothing is offered, nothing is imported and no port is opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.settings import Misconfigured

#: Bytes of a request: Slack's largest view is a quarter of it.
MOST = 1024 * 1024
#: Seconds that requests have to be answered when the house stops.
LAST = 3.0


@asynccontextmanager
async def serving(offers: Iterable[object], host: str, port: int) -> AsyncIterator[str | None]:
    """Serve the routes of those that have any, until the block ends. Gives the address, or None.

    Port 0: one that the system chooses. Raises Misconfigured where the port is taken.
    """
    routes = [route for each in offers for route in _routes(each)]
    if not routes:
        yield None
        return
    from aiohttp import web

    app = web.Application(client_max_size=MOST)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LAST)
    await runner.setup()
    try:
        yield await _listen(runner, web.TCPSite(runner, host, port), host, port)
    finally:
        await runner.cleanup()


async def _listen(runner: Any, site: Any, host: str, port: int) -> str:
    try:
        await site.start()
    except OSError as taken:
        raise Misconfigured(
            f"Nothing can be served at {host}:{port}: {taken.strerror}. Set RUNDA_HOST and RUNDA_PORT."
        ) from taken
    return "http://{}:{}".format(*runner.addresses[0][:2])


def _routes(offer: object) -> Sequence[Any]:
    """`routes()` gives route definitions of aiohttp, `webhook` is one address that is posted to; most have neither."""
    if (offered := getattr(offer, "routes", None)) is not None:
        return list(offered())
    hook = getattr(offer, "webhook", None)
    return [_posted(hook)] if hook is not None else ()


def _posted(hook: Any) -> Any:
    from aiohttp import web

    from adapters.telegram.webhook import HEADER

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=await hook.answer(request.headers.get(HEADER), await request.read()))

    return web.post(hook.path, answer)
