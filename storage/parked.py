"""Parked events: what could not be taken in, kept whole until somebody has mended what was wrong.

An event is parked under its own name, so that one which is brought again is not parked twice. Once it is settled,
its words are gone from here. A reason never holds words of anybody: it names the kind of error, and where.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError

from storage import tables as t
from storage.database import TROUBLE, Database, DatabaseProblem
from storage.upsert import insert_into


class NotParked(LookupError):
    """No such event waits."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No parked event has the number {number}. See those that wait with: runda parked")
        self.number = number


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked event, without what it holds."""

    number: int
    key: str | None
    at: datetime
    reason: str
    tries: int


def park(connection: Connection, *, key: str | None, raw: str, reason: str, at: datetime) -> None:
    """Keep an event. `raw` is all of it, as it can be taken in again."""
    new = insert_into(t.parked, connection.dialect.name).values(key=key, raw=raw, reason=reason, at=at)
    again = {"raw": raw, "reason": reason, "tries": t.parked.c.tries + 1, "settled_at": None}
    connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=again))


def reason_of(problem: BaseException) -> str:
    """What went wrong and where, such as "KeyError at work.py:120". Messages of errors may quote people."""
    kind = type(problem.orig if isinstance(problem, DBAPIError) and problem.orig else problem).__name__
    ours = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if "site-packages" not in frame.filename and not frame.filename.startswith("<")
    ]
    return f"{kind} at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else kind


def waiting(connection: Connection) -> list[Parked]:
    """Those that nobody has settled, oldest first."""
    p = t.parked.c
    unsettled = (
        select(p.id, p.key, p.at, p.reason, p.tries).where(p.settled_at.is_(None)).order_by(p.at, p.id)
    )
    return [Parked(*row) for row in connection.execute(unsettled)]


def content(connection: Connection, number: int) -> str:
    """All of an event, words included. Raises NotParked."""
    p = t.parked.c
    found = connection.execute(select(p.raw).where(p.id == number, p.settled_at.is_(None))).scalar()
    if found is None:
        raise NotParked(number)
    return str(found)


def settle(connection: Connection, number: int, *, at: datetime) -> None:
    """Done with, or given up: it is listed no more, and what it held is forgotten. Raises NotParked."""
    p = t.parked.c
    settled = update(t.parked).where(p.id == number, p.settled_at.is_(None)).values(settled_at=at, raw="")
    if connection.execute(settled).rowcount == 0:
        raise NotParked(number)


def retry(database: Database, number: int, take: Callable[[str], object], *, at: datetime) -> str | None:
    """Take an event in again: `take` is handed all of it, and commits by itself.

    Returns None when that went well, and otherwise the reason why it is still parked. A crash between `take` and
    the note that it is settled does no harm: the event is known by then, and refused. Raises NotParked, and
    whatever `take` raises when it is the database that is in trouble, and not the event.
    """
    with database.read() as connection:
        event = content(connection, number)
    try:
        take(event)
    except (DatabaseProblem, *TROUBLE):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever it was, the event stays where it is
        reason = reason_of(problem)
        with database.write() as connection:
            _failed_again(connection, number, reason)
        return reason
    with database.write() as connection:
        settle(connection, number, at=at)
    return None


def _failed_again(connection: Connection, number: int, reason: str) -> None:
    p = t.parked.c
    connection.execute(update(t.parked).where(p.id == number).values(reason=reason, tries=p.tries + 1))
