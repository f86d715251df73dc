"""Backups: one file, taken while the house is in use; putting one back; and what must be asked after that.

- A backup is the database as it was at one moment. Nobody waits while it is taken.
- A file is written beside its place and moved there when it is whole, so that a crash leaves the old one.
- What is put back is a world that stopped when the backup was made. Messages that waited then may have gone
  out since, so delivery is held until the operator has looked and said what became of them. The outbox goes on
  with numbers that were never given: platforms remember messages by them.
- PostgreSQL has tools of its own that do this better. They are named, and delivery is held by hand.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, func, select, text, update
from sqlalchemy.engine import URL

from storage import tables as t
from storage.database import HEAD, Database, DatabaseProblem, read_only, sole_server, version_of
from storage.migrate import upgrade

#: More messages than anyone sends between two backups.
LEAP = 1_000_000
DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing is sent. Rows of the outbox up to `outbox_id` may have been sent before it began."""

    since: datetime
    reason: str
    outbox_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of the outbox that a hold leaves in doubt, without their words: how many, and where."""

    count: int
    #: platform, channel, how many
    places: tuple[tuple[str, str, int], ...]


# -- taking one


def save(database: Database, file: Path, *, replace: bool = False) -> int:
    """Write a backup while the database is in use. Returns its size in bytes. Raises DatabaseProblem."""
    path = _embedded(
        database,
        f'pg_dump --format=custom --file={file} "$DATABASE_URL" takes one of PostgreSQL while it is in use.',
    )
    if file.exists() and not replace:
        raise DatabaseProblem(
            f"{file} exists already; it was left as it is. Name another file, or add --replace."
        )
    with _written_beside(file) as part, closing(sqlite3.connect(path)) as source:
        _copy(source, part)
    return file.stat().st_size


def _embedded(database: Database, way_out: str) -> Path:
    if database.path is None:
        raise DatabaseProblem(f"{database} is not a file that Runda can copy. {way_out}")
    return database.path


@contextmanager
def _written_beside(file: Path) -> Iterator[Path]:
    """A file to write, that becomes `file` when the block ends well, and is gone if it does not."""
    part = file.with_name(f"{file.name}.part")
    _remove(part)
    os.close(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    )  # nobody else reads what people wrote
    try:
        yield part
        _sync(part)
        part.replace(file)
        _sync(file.parent)
    except sqlite3.Error as problem:
        raise DatabaseProblem(
            f"{file} was not written: {problem}. What was there before is untouched."
        ) from problem
    finally:
        _remove(part)


def _copy(source: sqlite3.Connection, into: Path) -> None:
    """All in one step: then a writer on the other side does not make it start again. Raises sqlite3.Error."""
    with closing(sqlite3.connect(into)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
        wrong = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if wrong != "ok":
            raise sqlite3.DatabaseError(f"the database is damaged ({wrong})")


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(file: Path) -> None:
    for name in (file, *_beside(file)):
        name.unlink(missing_ok=True)


def _beside(file: Path) -> tuple[Path, Path]:
    """What SQLite keeps beside a file in use."""
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


# -- putting one back


def restore(database: Database, file: Path, *, at: datetime, replace: bool = False) -> str:
    """Put a backup in the place of the database, and hold delivery. Returns the version that the backup had.

    An older backup is brought up to this version. Raises DatabaseProblem; then the database is as it was.
    """
    path = _embedded(
        database,
        f'pg_restore --clean --if-exists --no-owner --dbname="$DATABASE_URL" {file} puts one back into PostgreSQL. '
        "Stop every runda serve first, and run runda restore --hold before you start one.",
    )
    found = _usable(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with sole_server(database):
        if not replace and not _is_empty(path):
            raise DatabaseProblem(
                f"{database} is in use: it holds what people have said. It was left as it is. Keep it with "
                "runda backup, then add --replace; or restore into another folder, with --data."
            )
        with _written_beside(path) as part:
            with closing(read_only(file)) as source:
                _copy(source, part)
            _prepare(part, f"restored from {file.name}", at)
            _retire(path)
    return found


def _usable(file: Path) -> str:
    if not file.is_file():
        raise DatabaseProblem(f"There is no backup at {file}.")
    found = version_of(file)
    if found is None:
        raise DatabaseProblem(f"{file} holds no Runda tables. Name a file that runda backup has written.")
    if found > HEAD:
        raise DatabaseProblem(
            f"{file} was made by a newer Runda (tables {found}, this one knows {HEAD}). Install that version first."
        )
    return found


def _is_empty(path: Path) -> bool:
    """There is no file, or no organisation in it. What cannot be read may hold anything."""
    if not path.exists():
        return True
    try:
        with closing(read_only(path)) as looking:
            tables = looking.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            if ("organisations",) not in tables:
                return not tables
            return looking.execute("SELECT 1 FROM organisations LIMIT 1").fetchone() is None
    except sqlite3.Error:
        return False


def _prepare(part: Path, reason: str, at: datetime) -> None:
    restored = Database(URL.create("sqlite", database=str(part)).render_as_string())
    try:
        upgrade(restored)
        with restored.write() as connection:
            connection.execute(t.workers.delete())  # those processes served another file
            hold(connection, reason=reason, at=at)
    finally:
        restored.close()
    if any(each.exists() for each in _beside(part)):
        raise DatabaseProblem(f"{part} could not be finished. The database is as it was; try again.")


def _retire(path: Path) -> None:
    """See to it that nothing of the old database is left beside the file: SQLite would mix it into the new one."""
    if not path.exists():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    wal, shm = _beside(path)
    if wal.exists() and _is_readable(path):
        raise DatabaseProblem(
            f"Another command is using {path}. The database is as it was; try again after it."
        )
    wal.unlink(missing_ok=True)
    shm.unlink(missing_ok=True)


def _is_readable(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as old:
            old.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return True


# -- delivery, held


def hold(connection: Connection, *, reason: str, at: datetime) -> None:
    """Send nothing until `release`. What the outbox holds now may have been sent already."""
    newest = connection.execute(select(func.max(t.outbox.c.id))).scalar() or 0
    connection.execute(t.holds.delete().where(t.holds.c.name == DELIVERY))
    connection.execute(t.holds.insert().values(name=DELIVERY, since=at, reason=reason, outbox_id=newest))
    _leap(connection, newest + LEAP)


def _leap(connection: Connection, to: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = 'outbox'"))
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', :to)"), {"to": to})
    else:
        connection.execute(text("SELECT setval(pg_get_serial_sequence('outbox', 'id'), :to)"), {"to": to})


def delivery_held(connection: Connection) -> bool:
    """Whether nothing may be sent. The courier asks in the transaction in which it claims."""
    return held(connection) is not None


def held(connection: Connection) -> Hold | None:
    found = connection.execute(select(t.holds).where(t.holds.c.name == DELIVERY)).first()
    return Hold(found.since, found.reason, found.outbox_id or 0) if found else None


def in_doubt(connection: Connection) -> Waiting:
    """The messages that were waiting, or on their way, when the hold began."""
    of = held(connection)
    if of is None:
        return Waiting(0, ())
    found = tuple(
        (platform, channel, count) for platform, channel, count in connection.execute(_in_doubt(of))
    )
    return Waiting(sum(count for _, _, count in found), found)


def _in_doubt(of: Hold) -> Select[str, str, int]:
    o, p = t.outbox.c, t.places.c
    return (
        select(p.platform, p.channel, func.count())
        .join(t.outbox, o.place_id == p.id)
        .where(o.id <= of.outbox_id, o.status.in_(("queued", "sending")))
        .group_by(p.platform, p.channel)
        .order_by(p.platform, p.channel)
    )


def release(connection: Connection, *, send: bool) -> int:
    """Let delivery go on. Returns how many messages were in doubt: they are sent now, or, if not `send`, never."""
    of = held(connection)
    if of is None:
        return 0
    count = in_doubt(connection).count
    if not send:
        o = t.outbox.c
        these = o.id <= of.outbox_id, o.status.in_(("queued", "sending"))
        dropped = {"status": "dropped", "reason": "restored", "claimed_by": None}
        connection.execute(update(t.outbox).where(*these).values(**dropped))
    connection.execute(t.holds.delete().where(t.holds.c.name == DELIVERY))
    return count
