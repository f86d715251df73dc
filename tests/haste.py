"""Tests' databases, in this process: nothing waits for the disk, and SQLite's rows come in an order of their own.

A wait at every commit is most of what a small one takes. Nobody cuts the power during a test; what is killed is our
own process, and that loses nothing by this. And where a statement asks for no order, rows that happen to come as they
were written would hide it until one of them is written anew: so they come the other way round.

Nothing is put into SQL twice. SQLAlchemy keeps what it has compiled with the engine that it was for, and each test has
a database of its own, so all of it would be made anew for each test. Here databases of one kind share it.
"""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache

from bot import library
from flows.language import Catalogue
from storage import database


class Compiled(LRUCache[Any, Any]):
    """Known by the statement and by what the dialect is called, instead of by the engine's own dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_called(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_called(key), value)


def _called(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return key[0].name, *key[1:]


#: As many statements as the whole suite has, more or less.
_COMPILED = Compiled(5_000)


def hasten() -> None:
    """From now on, in this process."""
    database._WAITS[True] = "OFF"
    os.fsync = lambda _: None
    database._PRAGMAS = (*database._PRAGMAS, "reverse_unordered_selects=ON")
    sharing = {"compiled_cache": _COMPILED}
    database.create_engine = partial(create_engine, execution_options=sharing)  # type: ignore[attr-defined]


def warm(*languages: str) -> None:
    """For a process that forks others: what each of them would read first, and what never changes."""
    hasten()
    with suppress(ImportError):
        import psycopg  # noqa: F401
    for language in languages:
        library.bot_catalogue(language, "Europe/Oslo")
        said = Catalogue(language, {"all": {"other": "{n} {at:moment} {at:date}"}}, "Europe/Oslo")
        said.say("all", n=1, at=datetime(2026, 10, 13, tzinfo=UTC))
    library.content_json(library.read("selfcheck"))
    gc.freeze()
