"""getUpdates: a long poll, one at a time."""

import asyncio
from typing import TYPE_CHECKING, Any

from tests.standins.telegram.errors import POLL_AND_WEBHOOK, SECOND_POLLER, conflict
from tests.standins.telegram.feed import Update
from tests.standins.telegram.limits import LONG_POLL, UPDATES_AT_ONCE

if TYPE_CHECKING:
    from tests.standins.telegram.server import TelegramServer


class Poll:
    """One request that waits; a later one puts an end to it."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.replaced = False


class Polling:
    """The one who may poll now."""

    def __init__(self, server: "TelegramServer") -> None:
        self.server = server
        self.now: Poll | None = None

    def wake(self) -> None:
        """Something may be there. On the server's loop."""
        if self.now is not None:
            self.now.woken.set()

    async def get_updates(self, params: dict[str, Any]) -> list[Update]:
        if self.server.hook.url:
            raise conflict(POLL_AND_WEBHOOK)
        if self.now is not None:
            self.now.replaced = True
            self.now.woken.set()
        mine = self.now = Poll()
        with self.server.changed:
            self.server.feed.allow(params.get("allowed_updates"))
            self.server.feed.confirm(params.get("offset", 0))
            self.server.changed.notify_all()
        try:
            return await self._wait(mine, params)
        finally:
            if self.now is mine:
                self.now = None

    async def _wait(self, mine: Poll, params: dict[str, Any]) -> list[Update]:
        limit = max(1, min(params.get("limit", UPDATES_AT_ONCE), UPDATES_AT_ONCE))
        patience = min(params.get("timeout", 0), LONG_POLL)
        try:
            async with asyncio.timeout(patience):
                while True:
                    mine.woken.clear()
                    with self.server.changed:
                        taken = self.server.feed.take(limit)
                    if taken:
                        return taken
                    await mine.woken.wait()
                    if mine.replaced:
                        raise conflict(SECOND_POLLER)
        except TimeoutError:
            return []
