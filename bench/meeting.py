"""Groups in the middle of a meeting, in a database that nobody serves yet.

Nothing is sent: whatever the house wants to say is taken for sent, by receipts such as the courier's. So what is
measured begins with what people write, however slowly a platform takes what the house says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from adapters.port import Address, Wrote
from bench import town
from bench.ground import Ground, persons
from bot.clock import SystemClock
from bot.happenings import Happening, Receipt
from bot.wiring import House, build
from storage import tables as t

#: Happenings in one unit: far more than wait in life, because nobody waits here.
_AT_ONCE = 500


def begun(file: Path, ground: Ground, groups: int) -> list[Address]:
    """A new database in which everyone of every group has answered the first question once.

    Returns where the groups talk.
    """
    database = town.found(file, groups, ground=ground)
    house, now = build(database, [], SystemClock()), SystemClock().now()
    try:
        while house.works.take_due(now):
            pass
        _hear_nothing_of_it(house, now)
        places = _places(house)
        for who, words in ((slice(1), "We are here"), (slice(None), "People who stay")):
            said = [
                _wrote(ground, place, person, words, now)
                for group, place in enumerate(places, 1)
                for person in persons(group)[who]
            ]
            _take(house, said, now)
            _hear_nothing_of_it(house, now)
        return places
    finally:
        house.executor.shutdown()
        database.close()


def _places(house: House) -> list[Address]:
    """By group: a thread where it has one, otherwise its channel."""
    s, p = t.sessions.c, t.places.c
    found = select(p.platform, p.workspace, p.channel, p.thread).join(t.sessions, s.place_id == p.id)
    with house.database.read() as connection:
        return [Address(*row) for row in connection.execute(found.order_by(s.circle_id))]


def _wrote(ground: Ground, place: Address, person: int, words: str, now: datetime) -> Wrote:
    key = f"{words}/{person}"
    return Wrote(key=key, place=place, account=ground.account(person), message=key, words=words, at=now)


def _hear_nothing_of_it(house: House, now: datetime) -> None:
    """Take what waits to be sent for sent, until nothing does."""
    while waiting := _receipts(house, now):
        _take(house, waiting, now)


def _receipts(house: House, now: datetime) -> list[Receipt]:
    o = t.outbox.c
    queued = select(o.id, o.session_id, o.prompt, o.slot, t.places.c.threads).join(t.places)
    with house.database.read() as connection:
        rows = connection.execute(queued.where(o.status == "queued").order_by(o.id)).all()
    named = {row.id: f"{int(now.timestamp())}.{row.id:06d}" for row in rows}
    return [
        Receipt(
            outbox=row.id, message=named[row.id], at=now, session=row.session_id, prompt=row.prompt,
            thread=named[row.id] if row.slot == "root" and row.threads else "",
        )
        for row in rows
    ]  # fmt: skip


def _take(house: House, happenings: Sequence[Happening], now: datetime) -> None:
    for first in range(0, len(happenings), _AT_ONCE):
        house.works.take(happenings[first : first + _AT_ONCE], now)
