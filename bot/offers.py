"""What the house itself offers by HTTP, beside the platforms: addresses of calendars, the API, and calls to webhooks.

Only where it is said where the world finds this server (RUNDA_URL). Without that, no port is opened for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.wiring import House

#: What serving them takes; the rest of the house does without.
NEEDED = ("aiohttp", "icalendar")
MISSING = (
    "Calendars and the API are not served, since what they take is not installed: pip install '.[documents]'"
)


def offered(settings: Settings, house: House) -> Iterator[object]:
    """What has routes for `bot.web`."""
    if settings.url and not list(lacking(settings)):
        from bot.api.serving import Api
        from bot.calendars.serving import Feeds

        yield Feeds(house.database, house.shelf, house.executor)
        yield Api(house.database, house.shelf, house.executor, house.clock, settings.url)


@asynccontextmanager
async def calling(settings: Settings, house: House) -> AsyncIterator[None]:
    """Webhooks are told, until the block ends."""
    if not settings.url or list(lacking(settings)):
        yield
        return
    from bot.api.calling import Calls

    calls = Calls(house.database, house.executor, house.clock, settings.url, house.courier.nudge)
    async with calls.running():
        yield


def lacking(settings: Settings) -> Iterator[str]:
    """What is to be told where something cannot be offered."""
    if settings.url and not all(map(find_spec, NEEDED)):
        yield MISSING
