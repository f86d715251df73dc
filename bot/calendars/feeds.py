"""Addresses of feeds: nobody guesses one, the database does not know it, and it can be taken back.

What is kept is a hash of the secret in the address; whoever reads the database, or a backup, reads no address.
Whoever makes a new address for the same thing takes the old one back.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from storage import tables as t
from storage.database import Database

#: Bytes of chance in an address.
CHANCE = 24


@dataclass(frozen=True, slots=True)
class Feed:
    """What an address shows: a series, or one group of it."""

    series: int
    circle: int | None


def open_feed(connection: Connection, feed: Feed, now: datetime) -> str:
    """A new address's secret; an older one for the same is closed."""
    close_feed(connection, feed, now)
    secret = secrets.token_urlsafe(CHANCE)
    row = {"hash": hashed(secret), "series_id": feed.series, "circle_id": feed.circle, "since": now}
    connection.execute(insert(t.feeds), row)
    return secret


def close_feed(connection: Connection, feed: Feed, now: datetime) -> bool:
    """Take the address back. Returns whether there was one."""
    f = t.feeds.c
    circle = f.circle_id.is_(None) if feed.circle is None else f.circle_id == feed.circle
    theirs = update(t.feeds).where(f.series_id == feed.series, circle, f.until.is_(None))
    return bool(connection.execute(theirs.values(until=now)).rowcount)


def find_feed(connection: Connection, secret: str) -> tuple[Row[Any], int | None] | None:
    """The row of the series, and one group's id if it is one group's, that an address shows; None: no such address."""
    f = t.feeds.c
    found = (
        select(t.series, f.circle_id)
        .join(t.feeds, f.series_id == t.series.c.id)
        .where(f.hash == hashed(secret), f.until.is_(None))
    )
    row = connection.execute(found).first()
    return (row, row.circle_id) if row is not None else None


def address(url: str, secret: str) -> str:
    """Where the feed is found, on a house that is found at `url`."""
    return f"{url.rstrip('/')}/calendar/{secret}.ics"


def mark_of(database: Database) -> str:
    """What names of entries end with: no other installation's do."""
    return database.secret("mark")[:12]


def hashed(secret: str) -> str:
    """What is kept of something that is shown once."""
    return hashlib.sha256(secret.encode()).hexdigest()
