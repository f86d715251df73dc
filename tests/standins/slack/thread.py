"""The stand-in in a thread of its own, for tests that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.standins.slack.server import SlackServer

#: Attributes whose own methods must run in the server's loop as well.
PARTS = ("faults", "sockets", "deliveries", "clock", "rates")


class Standing:
    """A running server. Every method of `SlackServer` is here, and returns what it gives, waited for.

    Attributes (requests, violations, url ...) are read as they are; setting one sets the server's.
    """

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_loop", loop)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name in PARTS and not callable(found):
            return Standing(found, self._loop)
        if inspect.ismethod(found):
            return functools.partial(in_loop, self._loop, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._target, name, value)


def in_loop(loop: asyncio.AbstractEventLoop, run: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run a method of the server where it lives, and wait for what it gives.

    From within (a condition that `until` looks at, a fault's `where`) it runs at once; only an act cannot.
    """
    if running() is loop:
        return run(*args, **kwargs)

    async def inside() -> Any:
        result = run(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    return asyncio.run_coroutine_threadsafe(inside(), loop).result()


def running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


@contextmanager
def standing_slack(**settings: Any) -> Iterator[Any]:
    """A `SlackServer(**settings)` that runs in a thread until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stand-in Slack")
    thread.start()
    try:
        server = in_loop(loop, functools.partial(SlackServer, **settings))
        in_loop(loop, server.start)
        try:
            yield Standing(server, loop)
        finally:
            in_loop(loop, server.stop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
