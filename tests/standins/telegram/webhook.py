"""Updates brought to the bot: in order within a chat, chats beside each other, again until taken.

A delay doubles from one second to a minute, or is what Retry-After says, on the stand-in's clock.
An answer may hold a method, which is then called. http on a loopback address is taken, as a local
Bot API server does; 410 is a failure like another here.
"""

import asyncio
import contextlib
import re
from collections import deque
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.telegram.errors import bad
from tests.standins.telegram.feed import Update
from tests.standins.telegram.limits import SECRET_TOKEN

if TYPE_CHECKING:
    from tests.standins.telegram.server import TelegramServer

HEADER = "X-Telegram-Bot-Api-Secret-Token"
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0  # seconds
SECRET = re.compile(rf"[A-Za-z0-9_-]{{0,{SECRET_TOKEN}}}")


class Hook:
    """Where updates are brought, and what waits to be. Everything here runs on the server's loop."""

    def __init__(self, server: "TelegramServer") -> None:
        self.server = server
        self.url = ""
        self.secret = ""
        self.at_once = 40
        self.patience = 30.0  # real seconds for one delivery
        self.failed: tuple[int, str] | None = None
        self.queues: dict[int, deque[Update]] = {}
        self.delays: dict[int, float] = {}  # the last delay of an update, seconds
        self.queued: set[int] = set()  # ids of the updates in the queues
        self.workers: dict[int, asyncio.Task[None]] = {}
        self.session: aiohttp.ClientSession | None = None
        self.room = asyncio.Semaphore(self.at_once)

    async def set(self, params: dict[str, Any]) -> bool:
        if not SECRET.fullmatch(params.get("secret_token", "")):
            raise bad("secret token contains unallowed characters")
        url = params["url"]
        if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        await self.stop()
        feed = self.server.feed
        with self.server.changed:
            feed.allow(params.get("allowed_updates"))
            if params.get("drop_pending_updates"):
                feed.drop()
            self.url, self.secret = url, params.get("secret_token", "")
            self.at_once = max(1, min(params.get("max_connections", 40), 100))
            waiting = list(feed.waiting.values()) if url else []
        self.room = asyncio.Semaphore(self.at_once)
        for update in waiting:
            self.bring(update)
        return True

    async def delete(self, params: dict[str, Any]) -> bool:
        gone = {"url": ""}
        if "drop_pending_updates" in params:
            gone["drop_pending_updates"] = params["drop_pending_updates"]
        return await self.set(gone)

    def info(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.server.feed.waiting),
        }
        if self.url:
            told["max_connections"] = self.at_once
        if self.server.feed.allowed:
            told["allowed_updates"] = sorted(self.server.feed.allowed)
        if self.failed is not None:
            told["last_error_date"], told["last_error_message"] = self.failed
        return told

    async def stop(self) -> None:
        """No more deliveries; what was not taken waits in the feed."""
        self.url = ""
        self.queued.clear()
        workers, self.workers, self.queues = list(self.workers.values()), {}, {}
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self.session is not None:
            await self.session.close()
            self.session = None

    # --- bringing

    def bring(self, update: Update) -> None:
        """Queues an update behind the others of its chat: once, unless it is to be repeated."""
        feed = self.server.feed
        due = update.id in feed.waiting and update.id not in self.queued
        if not self.url or not (due or any(each is update for each in feed.again)):
            return
        self.queued.add(update.id)
        self.queues.setdefault(update.queue, deque()).append(update)
        if update.queue not in self.workers:
            self.workers[update.queue] = asyncio.create_task(self._work(update.queue))

    async def _work(self, queue: int) -> None:
        waiting = self.queues[queue]
        while waiting:
            async with self.room:
                taken = await self._deliver(waiting[0])
            if taken is None:
                update = waiting.popleft()
                with self.server.changed:
                    self.server.feed.waiting.pop(update.id, None)
                    self.server.feed.again = [it for it in self.server.feed.again if it is not update]
                    self.server.feed.gave(update)
                    self.server.changed.notify_all()
                self.delays.pop(update.id, None)
                self.queued.discard(update.id)
            else:
                await self.server.clock.wait(taken)
        del self.workers[queue], self.queues[queue]

    async def _deliver(self, update: Update) -> float | None:
        """None if it was taken, otherwise the seconds to wait before the next try."""
        if self.session is None:
            timeout = aiohttp.ClientTimeout(total=self.patience)
            self.session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        headers = {"Content-Type": "application/json"} | ({HEADER: self.secret} if self.secret else {})
        try:
            async with self.session.post(self.url, data=update.raw, headers=headers) as response:
                body = await response.read()
                if response.ok:
                    await self._called(response.content_type, body)
                    return None
                return self._later(update, f"Wrong response from the webhook: {response.status} {response.reason}",
                                   response.headers.get("Retry-After"))  # fmt: skip
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return self._later(update, f"Connection failed: {type(error).__name__}")

    def _later(self, update: Update, why: str, asked: str | None = None) -> float:
        with self.server.changed:
            self.failed = (self.server.today(), why)
            self.server.changed.notify_all()
        delay = min(self.delays.get(update.id, FIRST_DELAY / 2) * 2, LONGEST_DELAY)
        self.delays[update.id] = delay
        return float(asked) if asked and asked.isdigit() else delay

    async def _called(self, kind: str, body: bytes) -> None:
        """A method in the answer: called, its result told to nobody."""
        if kind == "application/json" and body:
            with contextlib.suppress(ValueError):
                await self.server.called_back(body)
