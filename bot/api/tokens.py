"""Tokens: each is one organisation's, says what it may read, is shown once, and can be taken back.

What is kept is a hash. Whoever reads the database, or a backup, reads no token.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, insert, select, update

from bot.calendars.feeds import CHANCE, hashed
from storage import tables as t

Scope = Literal["schedule", "recaps"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: So that whoever finds one knows what it is, and tools that look for leaks find it.
PREFIX = "runda_"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever has a token that holds."""

    organisation: int
    scopes: frozenset[str]


def make(
    connection: Connection, organisation: int, name: str, scopes: Collection[Scope], now: datetime
) -> tuple[int, str]:  # fmt: skip
    """A new token: its number, and the token itself, which nobody can read again."""
    secret = PREFIX + secrets.token_urlsafe(CHANCE)
    row = {
        "organisation_id": organisation, "name": name, "hash": hashed(secret), "since": now,
        "scopes": " ".join(each for each in SCOPES if each in scopes),
    }  # fmt: skip
    number = connection.execute(insert(t.tokens).returning(t.tokens.c.id), row).scalar_one()
    return int(number), secret


def revoke(connection: Connection, organisation: int, number: int, now: datetime) -> bool:
    """Take it back. Returns whether there was one that held."""
    return end(connection, t.tokens, organisation, number, now)


def held(connection: Connection, organisation: int) -> list[Row[Any]]:
    """Those that hold, in the order in which they were made."""
    k = t.tokens.c
    mine = select(t.tokens).where(k.organisation_id == organisation, k.until.is_(None))
    return list(connection.execute(mine.order_by(k.id)))


def bearer(connection: Connection, secret: str) -> Bearer | None:
    """Who has this token; None: nobody, or not any more."""
    k = t.tokens.c
    found = select(k.organisation_id, k.scopes).where(k.hash == hashed(secret), k.until.is_(None))
    row = connection.execute(found).first()
    return Bearer(row.organisation_id, frozenset(row.scopes.split())) if row is not None else None


def end(connection: Connection, table: Any, organisation: int, number: int, now: datetime) -> bool:
    """End a row of the organisation's that has a beginning and an end. Returns whether there was one."""
    theirs = update(table).where(table.c.id == number, table.c.organisation_id == organisation)
    return bool(connection.execute(theirs.where(table.c.until.is_(None)).values(until=now)).rowcount)
