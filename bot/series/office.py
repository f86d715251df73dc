"""One series at hand: what its rows say, what is written in the audit log, and what people are told.

Rows that will change are locked when they are read, always in the order of their ids, so that a command and a
serving process never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update

from bot.happenings import Order
from bot.series.holidays import Closed, closures
from bot.series.homes import Where
from bot.series.problems import NotFound, SeriesProblem
from flows.calendar import LocalMoment, local_moment
from flows.events import Event
from flows.forms import Sentence
from flows.message import Message
from storage import tables as t
from storage.audit import log_act

#: A session that has not begun, and may still be given a date.
BEFORE = ("planned", "missed", "cancelled")
#: A session of which nothing is left but that it was held.
PURGED = "purged"
#: One of those that can be cancelled.
LEFT = ("planned", "missed")
#: A session that people are in.
UNDER_WAY = ("lobby", "headcount", "running", "paused")
#: Acts of Runda's own, in the audit log: people asked whether they come on a date, and reminded of it.
SIGN_UP = ("sign-up opened", "sign-up reminded")
#: Effects of the engine are counted from 0; what a coordinator says is counted from here, by its audit row.
ANNOUNCED = 1_000_000

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Change:
    """What a coordinator is told, and what the sessions under way are to be told in the same transaction."""

    told: tuple[str, ...]
    orders: tuple[Order, ...] = ()


@dataclass(slots=True)
class Office:
    """One series, one transaction, one moment."""

    connection: Connection
    series: Row[Any]
    actor: str
    now: datetime
    told: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    @property
    def paused(self) -> bool:
        return bool(self.series.status == "paused")

    def all(self, statement: Select[Any]) -> list[Row[Any]]:
        return list(self.connection.execute(statement))

    def done(self, *told: str) -> Change:
        return Change((*told, *self.told), tuple(self.orders))

    def refuse_cancelled(self) -> None:
        if self.series.status == "cancelled":
            words = f"{self.series.title} has been cancelled. Plan a new series instead."
            raise SeriesProblem(Sentence(words, "is-cancelled"))

    def no_groups(self) -> SeriesProblem:
        """What is for groups has to wait until there are some."""
        words = f"{self.series.title} has no groups yet: divide those who take part."
        return SeriesProblem(Sentence(words, "undivided"))

    # -- reading

    def meetings(self) -> list[Row[Any]]:
        m = t.meetings.c
        return self.all(select(t.meetings).where(m.series_id == self.series.id).order_by(m.number))

    def meeting(self, number: int) -> Row[Any]:
        """Raises SeriesProblem where the series has no such meeting."""
        found = self.meetings()
        for each in found:
            if each.number == number:
                return each
        there = ", ".join(str(each.number) for each in found) or "none"
        words = f"{self.series.title} has no session {number}. There is: {there}."
        raise SeriesProblem(Sentence(words, "no-session", number=number))

    def locked(self, number: int) -> Row[Any]:
        """A meeting, with its sessions locked first: who was at it before us has written what they did by now. Raises
        SeriesProblem."""
        self.sessions(self.meeting(number).id)
        return self.meeting(number)

    def circles(self, *kinds: str) -> list[Row[Any]]:
        """Those that meet: what was divided into groups is none of them any more."""
        c = t.circles.c
        wanted = select(t.circles).where(
            c.series_id == self.series.id, c.kind.in_(kinds or ("group", "everyone")), c.until.is_(None)
        )
        return self.all(wanted.order_by(c.kind.desc(), c.number))

    def circle(self, name: str) -> Row[Any]:
        """A group by its name or number. Raises NotFound."""
        groups = self.circles("group")
        for each in groups:
            if name.casefold() in (each.name.casefold(), str(each.number)):
                return each
        raise NotFound("group", name, [each.name for each in groups])

    def apart(self, name: str | None) -> Row[Any] | None:
        """The group that is meant by itself; None where all are: no group is named, or all who are not divided yet.

        What is done for all of those holds for the groups that they become. Raises NotFound.
        """
        circle = self.circle(name) if name is not None else None
        return circle if circle is not None and circle.number else None

    @property
    def closed(self) -> tuple[Closed, ...]:
        """When the organisation is closed."""
        o = t.organisations.c
        found = self.all(select(o.closed).where(o.id == self.series.organisation_id))
        return closures(found[0].closed)

    @property
    def whereabouts(self) -> Where:
        """Where the series is, and whoever is named without a circle."""
        return Where(self.series.platform, self.series.workspace, "")

    def home(self, circle: Row[Any]) -> Where:
        """Where a circle lives; where the series is, if it has no place yet."""
        p = t.places.c
        found = self.all(select(p.platform, p.workspace, p.channel).where(p.id == circle.home_id))
        return next((Where(row.platform, row.workspace, row.channel) for row in found), self.whereabouts)

    def sessions(
        self, meeting: int | None = None, circle: int | None = None, *, lock: bool = True
    ) -> list[Row[Any]]:
        """The series' sessions with the kind and home of their circle, locked for a change."""
        s, c = t.sessions.c, t.circles.c
        wanted = select(t.sessions, c.kind, c.home_id, c.name).join(t.circles, c.id == s.circle_id)
        wanted = wanted.where(s.series_id == self.series.id)
        if meeting is not None:
            wanted = wanted.where(s.meeting_id == meeting)
        if circle is not None:
            wanted = wanted.where(s.circle_id == circle)
        wanted = wanted.order_by(s.id)
        return self.all(wanted.with_for_update(of=t.sessions) if lock else wanted)

    def moment(self, meeting: Row[Any], session: Row[Any] | None = None) -> LocalMoment:
        """A meeting's local moment, or the session's own where its circle has another date."""
        if session is not None and session.own_date:
            return local_moment(session.starts_at, self.series.zone)
        return LocalMoment(meeting.local_date, meeting.local_time, self.series.zone, meeting.fold)

    def last_act(self) -> Row[Any] | None:
        """The newest row of the audit log about this series."""
        return next(iter(self.last_acts(1)), None)

    def last_acts(self, most: int = 100) -> list[Row[Any]]:
        """The newest first."""
        a, called = t.audit.c, self.series.slug
        about = (a.object == called) | a.object.startswith(f"{called} ", autoescape=True)
        mine = select(t.audit).where(a.organisation_id == self.series.organisation_id, about)
        return self.all(mine.order_by(a.id.desc()).limit(most))

    def of(self, act: Row[Any]) -> str:
        """What stands in the log with an act, besides the series."""
        return str(act.object.removeprefix(self.series.slug).strip())

    # -- writing

    def set_series(self, **values: Any) -> None:
        self.connection.execute(update(t.series).where(t.series.c.id == self.series.id).values(**values))

    def set_meetings(self, ids: Iterable[int], **values: Any) -> None:
        self.connection.execute(update(t.meetings).where(t.meetings.c.id.in_(list(ids))).values(**values))

    def set_sessions(self, ids: Iterable[int], **values: Any) -> None:
        self.connection.execute(update(t.sessions).where(t.sessions.c.id.in_(list(ids))).values(**values))

    def record(self, act: str, object_: str = "") -> int:
        """Write down who did what to this series. Returns the row's id."""
        what = f"{self.series.slug} {object_}".strip()
        return log_act(self.connection, self.series.organisation_id, self.actor, act, what, self.now)

    def announce(
        self, said: Message, sessions: Sequence[Row[Any]], audit: int, *, there: bool = False
    ) -> None:
        """Queue a message where the groups of these sessions are at home, once in each place.

        `there`: where the session itself is or was, such as its thread.
        """
        mine = [each for each in sessions if each.kind == "group"]
        groups = {each.place_id if there else each.home_id or each.place_id: each for each in mine}
        rows = [
            {"organisation_id": each.organisation_id, "place_id": place,
             "session_id": each.id, "version": each.version, "effect": ANNOUNCED + audit, "kind": "say",
             "sort": said.sort, "body": _encode(said).decode(), "status": "queued"}
            for place, each in groups.items()
        ]  # fmt: skip
        if rows:
            self.connection.execute(insert(t.outbox), rows)

    def order(self, act: str, audit: int, sessions: Iterable[Row[Any]], event: Event) -> None:
        """Have these sessions told, in the same transaction: see `bot.series.deciding`."""
        self.orders += [Order(f"{act}:{audit}:{each.id}", each.id, event) for each in sessions]


def open_office(connection: Connection, organisation: str, name: str, actor: str, now: datetime) -> Office:
    """The series that commands call `name`, of that organisation only. Raises NotFound."""
    s, o = t.series.c, t.organisations.c
    mine = select(t.series).join(t.organisations, o.id == s.organisation_id).where(o.name == organisation)
    found = list(connection.execute(mine.order_by(s.id)))
    for each in found:
        if name in (each.slug, each.title):
            return Office(connection, each, actor, now)
    raise NotFound("series", name, [each.slug for each in found])
