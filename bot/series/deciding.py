"""Carry a coordinator's change out: what is planned, and what sessions under way are told, in one transaction.

Either all of it has happened or nothing: a command that is cut off can be given again as if it had not been given.
Where a serving process or another coordinator is in the way, the change is made anew from the start, from what stands
then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection, func, or_, select
from sqlalchemy.exc import IntegrityError

from bot.happenings import Order
from bot.series.office import Change, Office, open_office
from bot.work import Works, name
from storage import tables as t
from storage.database import TROUBLE
from storage.parked import park, reason_of
from storage.unit import StaleSession

#: Attempts at a change that meets a serving process on its way.
ATTEMPTS = 3

Act: TypeAlias = Callable[[Office], Change]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a coordinator is told, and by order what became of it: "applied", "parked" or why it was ignored."""

    change: Change
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change would say to the coordinator, and who would be told: groups by name, and how many people alone."""

    told: tuple[str, ...]
    heard: tuple[str, ...]
    alone: int


def foreseen(office: Office, act: Act) -> Foreseen:
    """Make a change, and take it back: it is exactly what would happen. Raises SeriesProblem where it cannot be."""
    connection, o, c = office.connection, t.outbox.c, t.circles.c
    with connection.begin_nested() as trial:
        newest = connection.execute(select(func.max(o.id))).scalar() or 0
        change = act(Office(connection, office.series, office.actor, office.now))
        told = select(o.place_id).where(o.id > newest, o.session_id.is_not(None))
        ordered = select(t.sessions.c.circle_id).where(
            t.sessions.c.id.in_({each.session for each in change.orders})
        )
        groups = select(c.name).where(c.series_id == office.series.id, c.kind == "group", c.until.is_(None))
        groups = groups.order_by(c.number)
        there = connection.execute(groups.where(or_(c.home_id.in_(told), c.id.in_(ordered))))
        heard = tuple(there.scalars())
        private = select(func.count(o.place_id.distinct())).join(t.places, t.places.c.id == o.place_id)
        private = private.where(o.id > newest, o.session_id.is_(None), t.places.c.person_id.is_not(None))
        alone = int(connection.execute(private).scalar_one())
        trial.rollback()
    return Foreseen(change.told, heard, alone)


def decide(works: Works, organisation: str, called: str, actor: str, act: Act, now: datetime) -> Decided:
    """Raises SeriesProblem, and the database's trouble where it lasts; then nothing has happened."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _once(works, organisation, called, actor, act, now)
        except (StaleSession, IntegrityError, *TROUBLE):
            # Or another coordinator's change: what they added is there the next time.
            continue
    return _once(works, organisation, called, actor, act, now)


def _once(works: Works, organisation: str, called: str, actor: str, act: Act, now: datetime) -> Decided:
    with works.database.write() as connection:
        change = act(open_office(connection, organisation, called, actor, now))
        return Decided(change, tuple(tell_all(works, connection, change.orders, now)))


def tell_all(works: Works, connection: Connection, orders: tuple[Order, ...], now: datetime) -> list[str]:
    """What became of each. All at once; where one cannot be taken in, each by itself, so that a faulty session does
    not stop the rest."""
    if not orders:
        return []
    try:
        with connection.begin_nested():
            return works.settle(connection, orders, now)
    except (StaleSession, *TROUBLE):
        raise
    except Exception:  # noqa: BLE001 - found out one by one
        return [_tell_one(works, connection, each, now) for each in orders]


def _tell_one(works: Works, connection: Connection, order: Order, now: datetime) -> str:
    try:
        with connection.begin_nested():
            return works.settle(connection, [order], now)[0]
    except (StaleSession, *TROUBLE):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever it was, it is kept, and can be tried again
        raw = msgspec.json.encode(order).decode()
        park(connection, key=name(order), raw=raw, reason=reason_of(problem), at=now)
        return "parked"
