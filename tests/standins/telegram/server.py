"""The server: the world, the wire to it, and how it is started, in a loop or in a thread."""

import asyncio
import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.standins.telegram import spec
from tests.standins.telegram.calls import CALLS
from tests.standins.telegram.errors import Refusal, bad
from tests.standins.telegram.faults import Faults
from tests.standins.telegram.feed import Update
from tests.standins.telegram.model import Asked
from tests.standins.telegram.pace import Pace
from tests.standins.telegram.polling import Polling
from tests.standins.telegram.reading import Reading
from tests.standins.telegram.webhook import Hook
from tests.standins.telegram.wire import application


class TelegramServer(Reading):
    """A Bot API server for one bot on 127.0.0.1. See the package for what it offers.

    `with server:` runs it in a thread of its own, `async with server:` in the running loop. Keyword
    arguments: token, username, name, privacy (mode on), clock, validate (hold all to the
    specification), pace (None: no limits), port (0: the system chooses).
    """

    def __init__(self, *, pace: Pace | None = None, port: int = 0, **world: Any) -> None:
        super().__init__(**world)
        self.pace = pace
        self.port = port
        self.faults = Faults()
        self.polling = Polling(self)
        self.hook = Hook(self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: web.AppRunner | None = None
        self._thread: threading.Thread | None = None
        self._done: Callable[[], None] = lambda: None
        self.feed.on_new = self._new_update

    # --- addresses

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """For Application.builder().base_url() and Bot(base_url=)."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    # --- taking requests

    async def take(self, asked: Asked) -> bytes:
        """The body of the answer; raises Refusal."""
        method, params = asked.method, self._values(asked)
        if method == "getUpdates":
            return ok(await self.polling.get_updates(params))
        if method == "setWebhook":
            result: Any = await self.hook.set(params)
        elif method == "deleteWebhook":
            result = await self.hook.delete(params)
        else:
            result = self._call(method, params)
        asked.answer = result
        self._check_answer(method, result)
        return json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()

    def _values(self, asked: Asked) -> dict[str, Any]:
        if self.spec is None:
            asked.params = spec.guess(asked.params)
            return asked.params
        asked.params, faults = self.spec.request(asked.method, asked.params)
        if faults:
            with self.changed:
                self.violations += faults
            raise bad(f"not in the specification: {'; '.join(faults)}")
        return asked.params

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getWebhookInfo":
            return self.hook.info()
        with self.changed:
            if method not in CALLS:
                self.violations.append(f"the stand-in does not know {method}")
                raise bad(f"the stand-in does not know {method}")
            self._keep_pace(method, params)
            return CALLS[method](self, params)

    def _keep_pace(self, method: str, params: dict[str, Any]) -> None:
        chat = self.chats.get(params.get("chat_id", 0))
        if self.pace is None or chat is None or not self.pace.counts(method):
            return
        if (refusal := self.pace.ask(chat, self.clock.now())) is not None:
            raise refusal

    def _check_answer(self, method: str, result: Any) -> None:
        if self.spec is not None and (faults := self.spec.answer(method, result)):
            with self.changed:
                self.violations += [f"OURS: {fault}" for fault in faults]

    async def called_back(self, body: bytes) -> None:
        """A method that a webhook's answer held."""
        params = json.loads(body)
        if not isinstance(params, dict) or "method" not in params:
            return
        asked = Asked(params.pop("method"), params, self.clock.now())
        self.requests.append(asked)
        try:
            await self.take(asked)
            asked.taken, asked.status = True, 200
        except Refusal as refusal:
            asked.status, asked.answer = refusal.code, refusal.body()

    def _new_update(self, update: Update) -> None:
        """From any thread: whoever polls wakes, a webhook gets it."""
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._pass_on, update)

    def _pass_on(self, update: Update) -> None:
        self.polling.wake()
        self.hook.bring(update)

    # --- asking about the past

    def asked(self, method: str) -> list[Asked]:
        """The requests for a method so far."""
        with self.changed:
            return [each for each in self.requests if each.method == method]

    @property
    def refusals(self) -> list[str]:
        """Every request that got anything but a yes: method, code, words."""
        with self.changed:
            found = [each for each in self.requests if each.status not in (None, 200)]
        words = [(each.answer or {}).get("description", "") for each in found]
        return [f"{each.method} {each.status} {why}".rstrip() for each, why in zip(found, words, strict=True)]

    async def until(self, condition: Callable[[], Any], within: float = 10.0) -> Any:
        """As `wait_until`, in an async test."""
        return await asyncio.to_thread(self.wait_until, condition, within)

    # --- running

    async def open(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._runner = web.AppRunner(
            application(self), access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def close(self) -> None:
        await self.hook.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = self._loop = None

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(timeout=10):
            raise RuntimeError("the stand-in did not start")
        return self

    async def _serve(self, ready: threading.Event) -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._done = lambda: loop.call_soon_threadsafe(over.set)  # type: ignore[assignment]
        await self.open()
        ready.set()
        await over.wait()
        await self.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done()
        if self._thread is not None:
            self._thread.join(timeout=10)


def ok(updates: list[Update]) -> bytes:
    return b'{"ok":true,"result":[' + b",".join(each.raw for each in updates) + b"]}"
