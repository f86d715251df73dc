"""The upkeep of what people may ask for: erasures that go on, days that come, and coordinators who are told in time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, select

from bot.recaps import sending
from bot.rights import days, erasing
from bot.rights.days import Countdown, What
from bot.rights.purging import Purging, recaps_left, replies_left
from bot.words import Speaker
from bot.work import Works
from flows.message import Message, Moment, Name, line, message
from storage import tables as t
from storage.audit import log_act
from storage.parked import reason_of
from storage.unit import Unit

log = logging.getLogger(__name__)

#: Who does it, in the audit log.
RUNDA = "Runda"
ANNOUNCED = "deletion announced"

#: The series of which something is kept still.
Left: TypeAlias = dict[What, set[int]]

_encode = msgspec.json.Encoder().encode


class Rights:
    """Called once a minute, from a worker thread; holds no state of its own. `folders` are the terminal's."""

    def __init__(self, works: Works, folders: Sequence[Path] = ()) -> None:
        self.works = works
        self.erasing = erasing.Erasing(works, folders)
        self.purging = Purging(works, Speaker(works.shelf))

    def look(self, now: datetime) -> int:
        """Do what is due. Returns whether there may be something to send, as a number of messages."""
        with self.works.database.read() as connection:
            people = erasing.pending(connection)
            series = [each for each in days.countdowns(connection) if each.near(now)]
            numbers = [each.series.id for each in series]
            left: Left = {
                "replies": replies_left(connection, numbers),
                "recaps": recaps_left(connection, numbers),
            }
        done = [self._alone("an erasure", partial(self._go_on, one, now)) for one in people]
        done += [self._alone("the days of a series", partial(self._one, each, left, now)) for each in series]
        self._alone("the days of what is of no session", partial(self.purging.loose, now))
        return sum(done)

    def _alone(self, what: str, do: Callable[[], int]) -> int:
        """One that fails does not stop the others; the next look is in a minute."""
        try:
            return do()
        except Exception as problem:  # noqa: BLE001 - told by its kind and place: it may hold words
            log.error("%s: %s", what, reason_of(problem))
            return 0

    def _go_on(self, person: int, now: datetime) -> int:
        self.erasing.go_on(person, now)
        return 1

    # -- days

    def _one(self, countdown: Countdown, kept: Left, now: datetime) -> int:
        left = {what: countdown.series.id in kept[what] for what in days.COLUMNS}
        told = self._announce(countdown, left, now)
        if left["replies"] and countdown.due("replies", now):
            self._purge(countdown, "replies", now)
        elif left["recaps"] and not left["replies"] and countdown.due("recaps", now):
            self._purge(countdown, "recaps", now)
        return told

    def _purge(self, countdown: Countdown, what: What, now: datetime) -> None:
        do = self.purging.replies if what == "replies" else self.purging.recaps
        count = do(countdown.series.id, now)
        self.works.database.forget()
        with self.works.database.write() as connection:
            if count:
                _record(connection, countdown.series, f"{what} deleted", f"{count}", now)

    def _announce(self, countdown: Countdown, left: dict[What, bool], now: datetime) -> int:
        told = 0
        for what in days.COLUMNS:
            until = countdown.until(what)
            if until is not None and left[what] and until - days.WARN <= now < until:
                with self.works.database.write() as connection:
                    told += _announced(connection, countdown.series, what, until, now)
        return told


def _announced(connection: Connection, series: Any, what: What, until: datetime, now: datetime) -> int:
    """Tell the coordinators, once for each date. Returns how many were."""
    unit, a = Unit(connection), t.audit.c
    named = f"{series.slug}/{what} {until:%Y-%m-%d}"
    unit.all(select(t.series.c.id).where(t.series.c.id == series.id).with_for_update())
    same = a.organisation_id == series.organisation_id, a.act == ANNOUNCED, a.object == named
    if unit.all(select(a.id).where(*same).limit(1)):
        return 0
    _record(connection, series, ANNOUNCED, f"{what} {until:%Y-%m-%d}", now)
    places = sending.private_places(unit, series.id, series.platform, "coordinator").values()
    body = _encode(_told(unit, series, what, until)).decode()
    to = sorted({place for place in places if place is not None})
    unit.add(t.outbox, [
        {"organisation_id": series.organisation_id, "place_id": place, "session_id": None, "version": 0, "effect": 0,
         "kind": "say", "sort": "answer", "body": body, "status": "queued"}
        for place in to
    ])  # fmt: skip
    unit.flush()
    return len(to)


def _told(unit: Unit, series: Any, what: What, until: datetime) -> Message:
    c = t.circles.c
    meets = select(c.id).where(c.series_id == series.id, c.kind.in_(("group", "everyone")))
    first = unit.all(meets.order_by(c.kind.desc(), c.number).limit(1))
    named = Name("circle", first[0].id if first else 0)
    if what == "replies":
        return message(
            "answer", line("rights.replies-go", group=named, at=Moment(until)), line("rights.backups")
        )
    return message("answer", line("rights.recaps-go", group=named, at=Moment(until)), line("rights.backups"))


def _record(connection: Connection, series: Any, act: str, what: str, now: datetime) -> None:
    log_act(connection, series.organisation_id, RUNDA, act, f"{series.slug}/{what}", now)
