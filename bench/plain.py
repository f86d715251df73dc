"""The other side: Python's `sqlite3` and nothing else, on the same file system and as durable as the house."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

#: As `storage.database` opens its files: nothing is told to be stored before it is on the disk.
DURABLE = ("journal_mode=WAL", "synchronous=FULL")
#: What is printed of either side.
PRAGMAS = ("journal_mode", "synchronous", "wal_autocheckpoint", "page_size", "foreign_keys")

Rows: TypeAlias = Sequence[tuple[Any, ...]]


def one_by_one(folder: Path, schema: Sequence[str], table: str, rows: Rows) -> float:
    """Seconds to insert rows, each in a transaction of its own."""
    with closing(_fresh(folder, schema)) as connection:
        statement = _insert(table, rows)
        began = time.perf_counter()
        for row in rows:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement, row)
            connection.execute("COMMIT")
        return time.perf_counter() - began


def all_at_once(folder: Path, schema: Sequence[str], tables: Mapping[str, Rows]) -> float:
    """Seconds to insert rows of several tables in one transaction."""
    with closing(_fresh(folder, schema)) as connection:
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for table, rows in tables.items():
            connection.executemany(_insert(table, rows), rows)
        connection.execute("COMMIT")
        return time.perf_counter() - began


def _insert(table: str, rows: Rows) -> str:
    values = ", ".join("?" * len(rows[0]))
    return f"INSERT INTO {table} VALUES ({values})"  # noqa: S608 - a table of our own


def _fresh(folder: Path, schema: Sequence[str]) -> sqlite3.Connection:
    """An empty file with these tables and indexes. Foreign keys are not looked at."""
    path = folder / "plain.db"
    remove(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in DURABLE:
        connection.execute(f"PRAGMA {pragma}")
    for statement in schema:
        connection.execute(statement)
    return connection


def remove(file: Path) -> None:
    """A database, with what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def pragmas(connection: Any) -> dict[str, str]:
    """What is in force. `connection` is sqlite3's, or SQLAlchemy's driver's."""
    told = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    levels = ("OFF", "NORMAL", "FULL", "EXTRA")
    return {name: levels[value] if name == "synchronous" else str(value) for name, value in told.items()}


def own_pragmas(folder: Path) -> dict[str, str]:
    """Those of this side."""
    with closing(_fresh(folder, ())) as connection:
        return pragmas(connection)


# -- reading what the house has written


def schema(path: Path, *tables: str) -> list[str]:
    """How tables and their indexes were made; of all tables, if none is named."""
    with closing(_looking(path)) as connection:
        made = connection.execute("SELECT tbl_name, sql FROM sqlite_master ORDER BY type DESC").fetchall()
    ours = [(table, sql) for table, sql in made if sql and not table.startswith("sqlite_")]
    return [sql for table, sql in ours if not tables or table in tables]


def contents(path: Path) -> dict[str, set[tuple[Any, ...]]]:
    """All rows of all tables."""
    with closing(_looking(path)) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith("sqlite_")
        ]
        return {name: set(connection.execute(f"SELECT * FROM {name}")) for name in names}  # noqa: S608


def select(path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(_looking(path)) as connection:
        return connection.execute(statement, values).fetchall()


def _looking(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)
