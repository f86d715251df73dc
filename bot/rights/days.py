"""How long what people said is kept, and until when: days after a series' last date, for replies and recaps apart.

A series has its own numbers, or its organisation's. Where neither says anything, it is kept until somebody decides, and
whoever asks is told so. A meeting that is moved or added moves the days with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, func, select, update

from bot.series.office import UNDER_WAY, Office
from bot.series.problems import SeriesProblem
from storage import tables as t

What = Literal["replies", "recaps"]
COLUMNS: dict[What, str] = {"replies": "retention_days", "recaps": "recaps_days"}
#: So long before, coordinators are told: time to make files, and to approve what waits.
WARN = timedelta(days=14)
#: The shortest and the longest life that can be asked for: a round of several days has to be over by then.
LEAST, MOST = 14, 36_500


@dataclass(frozen=True, slots=True)
class Countdown:
    """Until when a series' replies and recaps are kept; None: until somebody decides."""

    series: Any
    #: When its last meeting is; when it was made, if it has none.
    last: datetime
    replies: datetime | None
    recaps: datetime | None

    def until(self, what: What) -> datetime | None:
        return self.replies if what == "replies" else self.recaps

    def left(self, what: What, now: datetime) -> int | None:
        """Whole days that are left; 0 on the last one and after it."""
        until = self.until(what)
        return None if until is None else max(0, (until - now).days)

    def near(self, now: datetime) -> bool:
        """One of the days has come, or coordinators are to be told of it."""
        return any(until is not None and until - WARN <= now for until in (self.replies, self.recaps))

    def due(self, what: What, now: datetime) -> bool:
        until = self.until(what)
        return until is not None and until <= now


def countdowns(connection: Connection, series: int | None = None) -> list[Countdown]:
    """Of all series, or of one."""
    s, o, n = t.series.c, t.organisations.c, t.sessions.c
    held = select(n.series_id, func.max(n.starts_at).label("last")).where(n.phase != "cancelled")
    held = held if series is None else held.where(n.series_id == series)
    ends = held.group_by(n.series_id).subquery()  # read once: there may be thousands of series
    found = select(
        t.series, ends.c.last, o.retention_days.label("of_replies"), o.recaps_days.label("of_recaps")
    ).join_from(t.series, t.organisations, o.id == s.organisation_id)
    found = found.outerjoin(ends, ends.c.series_id == s.id)
    if series is not None:
        found = found.where(s.id == series)
    return [_counted(row) for row in connection.execute(found.order_by(s.id))]


def _counted(row: Any) -> Countdown:
    last = row.last or row.created_at
    replies, recaps = _days(row.retention_days, row.of_replies), _days(row.recaps_days, row.of_recaps)
    ends = None if replies is None else last + timedelta(days=replies)
    goes = None if recaps is None else last + timedelta(days=recaps)
    return Countdown(row, last, ends, goes)


def _days(own: int | None, otherwise: int | None) -> int | None:
    return own if own is not None else otherwise


def lengths(connection: Connection, series: Collection[int]) -> dict[int, tuple[int | None, int | None]]:
    """By series, so many days replies are kept after its last meeting, and recaps; None: until somebody decides."""
    s, o = t.series.c, t.organisations.c
    own = select(
        s.id,
        func.coalesce(s.retention_days, o.retention_days).label("replies"),
        func.coalesce(s.recaps_days, o.recaps_days).label("recaps"),
    ).join_from(t.series, t.organisations, o.id == s.organisation_id)
    return {row.id: (row.replies, row.recaps) for row in connection.execute(own.where(s.id.in_(series)))}


def shortest(connection: Connection) -> dict[int, timedelta]:
    """By organisation, the shortest life that it has decided on for any of its replies; those that have not, are not
    there."""
    o, s = t.organisations.c, t.series.c
    own = select(s.organisation_id.label("whose"), s.retention_days.label("days"))
    decided = own.union_all(select(o.id, o.retention_days)).subquery().c
    least = select(decided.whose, func.min(decided.days)).where(decided.days.is_not(None))
    return {whose: timedelta(days=days) for whose, days in connection.execute(least.group_by(decided.whose))}


def under_way(connection: Connection, series: int) -> bool:
    """People are in a meeting of it, and a clock is running: nothing is deleted under their hands."""
    n = t.sessions.c
    held = n.series_id == series, n.phase.in_(UNDER_WAY), n.wake_at.is_not(None)
    return connection.execute(select(n.id).where(*held).limit(1)).first() is not None


# -- deciding


def decide(office: Office, what: What, days: int | None) -> None:
    """A series' own number; None: its organisation's. Raises SeriesProblem."""
    _check(what, days)
    office.set_series(**{COLUMNS[what]: days})
    note(office, f"{what} kept", _called(days))


def decide_for_all(
    connection: Connection, organisation: Any, what: What, days: int | None, actor: str, now: datetime
) -> None:
    """What holds for every series of an organisation that has no number of its own. Raises SeriesProblem."""
    _check(what, days)
    o = t.organisations.c
    connection.execute(update(t.organisations).where(o.id == organisation).values(**{COLUMNS[what]: days}))
    row = {
        "organisation_id": organisation,
        "actor": actor,
        "act": f"{what} kept",
        "object": _called(days),
        "at": now,
    }
    connection.execute(t.audit.insert(), row)


def _called(days: int | None) -> str:
    return "until decided" if days is None else f"{days} days"


def _check(what: What, days: int | None) -> None:
    if days is not None and not LEAST <= days <= MOST:
        raise SeriesProblem(
            f"{what.capitalize()} can be kept from {LEAST} to {MOST} days after the last session; {days} is not one of "
            "these."
        )


def note(office: Office, act: str, what: str = "") -> int:
    """In the audit log, not as a change of the plan, so that a move before it can still be undone. Returns the row's
    id."""
    row = {"organisation_id": office.series.organisation_id, "actor": office.actor, "act": act,
           "object": f"{office.series.slug}/{what}".rstrip("/"), "at": office.now}  # fmt: skip
    return int(office.connection.execute(t.audit.insert().returning(t.audit.c.id), row).scalar_one())
