"""Codes: eight letters and digits that cannot be taken for each other, forty bits in all.

A group has one code at a time. A person's is good for a quarter of an hour, and once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from storage import tables as t

#: Without I, O, 0 and 1.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 8
#: How long a person's code is good.
SOON = timedelta(minutes=15)
GROUP, PERSON = "group", "person"

#: Draws a number below the one given.
Draw = Callable[[int], int]


def tidy(typed: str) -> str:
    """A code as it is kept, however it was typed."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def shown(code: str) -> str:
    """A code as people read it: K7QM-4X2P."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def of_group(connection: Connection, circle: int, now: datetime, draw: Draw = secrets.randbelow) -> str:
    """The group's code, made if it has none."""
    c = t.codes.c
    found = connection.execute(select(c.code).where(c.circle_id == circle)).scalar()
    return (
        str(found)
        if found is not None
        else _make(connection, _owner(circle), GROUP, now, draw, circle_id=circle)
    )


def replace(connection: Connection, circle: int, now: datetime, draw: Draw = secrets.randbelow) -> str:
    """A new code for the group; the old one is good for nothing any more."""
    connection.execute(delete(t.codes).where(t.codes.c.circle_id == circle))
    return of_group(connection, circle, now, draw)


def of_person(connection: Connection, person: int, now: datetime, draw: Draw = secrets.randbelow) -> str:
    """A code by which this person is the same on another platform. Those made before are good no more."""
    connection.execute(delete(t.codes).where(t.codes.c.person_id == person))
    owner = select(t.people.c.organisation_id).where(t.people.c.id == person)
    return _make(connection, owner, PERSON, now, draw, person_id=person, until=now + SOON)


def find(connection: Connection, typed: str, now: datetime) -> Any:
    """The row of a code that is good now; None. Locked, so that what is good once is used once."""
    c = t.codes.c
    wanted = select(t.codes).where(
        c.code == tidy(typed), c.used_at.is_(None), (c.until.is_(None)) | (c.until > now)
    )
    return connection.execute(wanted.with_for_update()).first()


def use_up(connection: Connection, code: str, now: datetime) -> None:
    connection.execute(update(t.codes).where(t.codes.c.code == code).values(used_at=now))


def _owner(circle: int) -> Any:
    s, c = t.series.c, t.circles.c
    return select(s.organisation_id).join(t.circles, c.series_id == s.id).where(c.id == circle)


def _make(
    connection: Connection, owner: Any, purpose: str, now: datetime, draw: Draw, **more: Any
) -> str:  # fmt: skip
    code = "".join(LETTERS[draw(len(LETTERS))] for _ in range(LENGTH))
    organisation = connection.execute(owner).scalar_one()
    row = {"code": code, "organisation_id": organisation, "purpose": purpose, "made_at": now, **more}
    connection.execute(insert(t.codes), row)
    return code
