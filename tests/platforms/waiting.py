"""What a house in a process of its own has still to do, as its database tells it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import OperationalError

from bot.claims import _HEADS
from storage import tables as t
from storage.database import Database
from storage.unit import Unit

_FLYING = select(t.outbox.c.id).where(t.outbox.c.status == "sending").limit(1)
_WAITING = select(t.outbox.c.id).where(t.outbox.c.status == "queued").limit(1)
_DUE = select(t.sessions.c.id).where(t.sessions.c.wake_at <= bindparam("now")).limit(1)
_QUEUED = select(t.outbox.c.place_id).where(t.outbox.c.status == "queued")
#: What comes by itself: the first of each.
_LATER = tuple(
    select(func.min(column)).where(column > bindparam("now"), *only)
    for column, *only in (
        (t.outbox.c.not_before, t.outbox.c.status == "queued"),
        (t.sessions.c.wake_at,),
        (t.places.c.look_at, t.places.c.id.in_(_QUEUED)),
    )
)


class Waiting:
    """Looked at again and again: so it asks SQLite for no more than whether anybody has written since the last look."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._beside = sqlite3.connect(database.path) if database.path else None
        self._seen: object = None
        self._was_busy = False

    def close(self) -> None:
        if self._beside is not None:
            self._beside.close()

    def busy(self, now: datetime) -> bool:
        """Something is on its way, can be sent now, or is due."""
        seen = self._written(), now
        if seen != self._seen:
            self._seen, self._was_busy = seen, self._look(now)
        return self._was_busy

    def _written(self) -> object:
        """Another thing after each commit."""
        return self._beside.execute("PRAGMA data_version").fetchone() if self._beside else object()

    def _look(self, now: datetime) -> bool:
        try:
            with self.database.read() as connection:
                if connection.execute(_FLYING).first():
                    return True
                if not any(connection.execute(each, {"now": now}).first() for each in (_WAITING, _DUE)):
                    return False  # most looks can do with so much
                if connection.execute(_HEADS, {"now": now, "most": 1}).first():
                    return True
                return bool(Unit(connection).due(now, 1))
        except OperationalError:
            return True  # PostgreSQL: the house has just taken what was looked at here

    def next(self, now: datetime) -> datetime | None:
        """When something comes by itself."""
        with self.database.read() as connection:
            moments = [connection.execute(each, {"now": now}).scalar() for each in _LATER]
        return min((each for each in moments if each is not None), default=None)

    def told(self) -> list[object]:
        """For whoever waits in vain: what has not been sent."""
        o = t.outbox.c
        left = select(o.id, o.status, o.reason, o.not_before).where(o.status.in_(("queued", "sending")))
        with self.database.read() as connection:
            return list(connection.execute(left))
