"""Telegram, put together with the rest of the house: settings, texts, the database's lock, what is put aside."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.port import Heard
from bot import library
from bot.clock import Clock
from bot.documents.drawing import drawn
from bot.settings import Misconfigured, Settings
from flows.programme import LANGUAGES
from storage.database import Database
from storage.parked import park

if TYPE_CHECKING:
    from adapters.telegram.platform import TelegramPlatform

log = logging.getLogger(__name__)

NOT_INSTALLED = (
    "Telegram is set up, and its libraries are not installed: pip install '.[telegram]' in Runda's folder"
)
#: How long the lock of a process is taken for granted, between looks whether its connection still holds it.
GRANTED = timedelta(seconds=2)


def telegram(settings: Settings, database: Database, clock: Clock) -> TelegramPlatform | None:
    """The platform, if there is a token for it. Nothing is asked of Telegram yet. Raises Misconfigured."""
    if settings.telegram_bot_token is None:
        return None
    try:
        # Nobody here reads Telegram's passports, or calls httpx's own command line: 11 MiB of memory.
        with _without("cryptography", "httpx._main"):
            from adapters.telegram.client import API
            from adapters.telegram.platform import TelegramPlatform
    except ModuleNotFoundError as missing:
        raise Misconfigured(NOT_INSTALLED) from missing

    token = settings.telegram_bot_token.get_secret_value()
    turn = None if database.sqlite else Lock(database, clock, f"telegram {token.partition(':')[0]}")

    async def put_aside(key: str, whole: str, why: str) -> None:
        kept = msgspec.json.encode(Aside(token.partition(":")[0], msgspec.Raw(whole.encode()))).decode()
        await asyncio.to_thread(_park, database, clock, key, kept, why)

    return TelegramPlatform(token, clock, put_aside=put_aside, texts=texts(), api=settings.telegram_api_url or API,
                            turn=turn, webhook=settings.telegram_webhook_url or "", draw=drawn)  # fmt: skip


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """As if these were not installed, while libraries are loaded that can do without."""
    hidden = [each for each in modules if each not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for each in hidden:
            del sys.modules[each]


def texts() -> dict[str, dict[str, str]]:
    """The texts under `telegram.`, by language, with the dots of their keys."""
    return {language: dict(_flat(library.bot_texts(language).get("telegram", {}))) for language in LANGUAGES}


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, entry in tree.items():
        if isinstance(entry, Mapping):
            yield from _flat(entry, f"{above}{name}.")
        else:
            yield above + name, str(entry)


class Aside(Struct, frozen=True, tag="telegram-update"):
    """An update that could not be taken in, whole, and the bot that it was for."""

    bot: str
    update: msgspec.Raw


def heard_again(aside: Aside, now: datetime) -> tuple[Heard, ...]:
    """What an update that was put aside says, read anew. Raises ValueError where it still cannot be read.

    A code, or a press of a button that opens a form, is not done again: whoever pressed has pressed again since.
    """
    from adapters.telegram import parse, updates
    from adapters.telegram.reading import Me

    update = updates.read(msgspec.json.decode(aside.update))
    return parse.read(update, Me(aside.bot, ""), now).heard


def _park(database: Database, clock: Clock, key: str, whole: str, why: str) -> None:
    with database.write() as connection:
        park(connection, key=key, raw=whole, reason=why, at=clock.now())


class Lock:
    """`adapters.telegram.polling.Turn`, for several processes on one PostgreSQL: a lock that goes with a connection.

    Whoever holds it fetches; when that process ends, however that is, PostgreSQL gives the lock to another. SQLite
    has one server, which needs none.
    """

    def __init__(self, database: Database, clock: Clock, name: str) -> None:
        self.database, self.clock = database, clock
        self.key = int.from_bytes(hashlib.sha256(f"runda {name}".encode()).digest()[:8], "big", signed=True)
        self._connection: Connection | None = None
        self._seen: datetime | None = None

    async def ours(self) -> bool:
        now = self.clock.now()
        if self._seen is not None and now - self._seen < GRANTED:
            return True
        held = await asyncio.to_thread(self._hold)
        self._seen = now if held else None
        return held

    async def leave(self) -> None:
        await asyncio.to_thread(self._let_go)

    def _hold(self) -> bool:
        """Whether the lock is ours: still, or now. Where the database is away, it is not."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._try()
        except SQLAlchemyError as problem:
            log.warning("the lock is lost: %s", type(problem).__name__)
            self._let_go()
            return False

    def _try(self) -> bool:
        connection = self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        held = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": self.key}).scalar())
        if held:
            self._connection = connection
        else:
            connection.close()
        return held

    def _let_go(self) -> None:
        """Its connection is not used again: what a pool keeps would keep the lock."""
        connection, self._connection, self._seen = self._connection, None, None
        if connection is not None:
            connection.invalidate()
            connection.close()
