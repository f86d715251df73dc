"""The API as `runda serve` offers it, on a port of its own, and a program that asks it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from bot.api.serving import Api
from bot.shelf import Shelf
from bot.web import serving
from storage.database import Database

#: Where the world finds it, as answers say.
URL = "https://runda.example.org"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """`address`: http://127.0.0.1:…"""

    address: str

    def ask(self, path: str, token: str | None = None, method: str = "GET", **headers: str) -> Answer:
        host = HTTPConnection(self.address.removeprefix("http://"), timeout=10)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        host.request(method, path, headers=given)
        answer = host.getresponse()
        found = Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())
        host.close()
        return found


@contextmanager
def served(database: Database, clock: Any) -> Iterator[Served]:
    """In a thread with a loop of its own, so that whoever asks may wait."""
    with ThreadPoolExecutor(1) as executor:
        offer = Api(database, Shelf(), executor, clock, f"{URL}/")
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        ready: list[str] = []
        up = threading.Event()

        async def run() -> None:
            async with serving([offer], "127.0.0.1", 0) as address:
                assert address is not None
                ready.append(address)
                up.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
        thread.start()
        assert up.wait(10)
        try:
            yield Served(ready[0])
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()
