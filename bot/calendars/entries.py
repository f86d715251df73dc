"""What a calendar shows of a series: an entry for each meeting, and one of its own for a group that meets apart.

Entries are those of the sessions, since it is they that open: whatever moves a session moves its entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from bot.opening import WINDOW_DAYS
from bot.shelf import Shelf
from flows.calendar import WorkingDays
from flows.turn import OFFICE
from storage import tables as t
from storage.unit import Unit

Status = Literal["tentative", "confirmed", "cancelled"]
#: Acts of the audit log after which a date, or whether it holds, may be another.
DATE_ACTS = (
    "series created", "meetings confirmed", "series paused", "series resumed", "meeting cancelled",
    "series cancelled", "meeting moved", "move undone", "meeting started", "meeting added",
)  # fmt: skip
_STATUS: dict[str, Status] = {"tentative": "tentative", "cancelled": "cancelled", "missed": "cancelled"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting in a calendar. Times are aware; `zone` is that in which they are kept when clocks change."""

    name: str
    series: str
    title: str
    #: Whose it is, where not everyone meets then.
    circle: str | None
    start: datetime
    end: datetime
    zone: str
    status: Status
    #: People write over some days: nobody is busy all that time.
    open_days: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a series, or of one group; `sequence` and `changed` are those of its last change of dates."""

    title: str
    language: str
    entries: tuple[Entry, ...]
    sequence: int
    changed: datetime


def listing(connection: Connection, shelf: Shelf, series: Row[Any], circle: int | None, mark: str) -> Listing:
    """`series`: its row; `circle`: one group's id; `mark`: this installation's, in the names of entries."""
    reader = _Reader(Unit(connection), shelf, series, mark)
    rows = _sessions(connection, series.id)
    mine = [row for row in rows if row.circle_id == circle] if circle is not None else reader.together(rows)
    last = _last_change(connection, series)
    return Listing(
        series.title, series.language, tuple(reader.entries(mine, alone=circle is not None)),
        last.id if last else 0, last.at if last else series.created_at,
    )  # fmt: skip


def _sessions(connection: Connection, series: int) -> Sequence[Row[Any]]:
    s, m, c = t.sessions.c, t.meetings.c, t.circles.c
    found = (
        select(
            s.id,
            s.circle_id,
            s.meeting_id,
            s.phase,
            s.starts_at,
            s.own_date,
            m.number,
            m.status,
            c.kind,
            c.name,
        )
        .join(t.meetings, m.id == s.meeting_id)
        .join(t.circles, c.id == s.circle_id)
        .where(s.series_id == series)
        .order_by(m.number, c.kind.desc(), c.number)
    )
    return list(connection.execute(found))


def _last_change(connection: Connection, series: Row[Any]) -> Any:
    a = t.audit.c
    about = (a.object == series.slug) | a.object.startswith(f"{series.slug} ", autoescape=True)
    mine = a.organisation_id == series.organisation_id, about, a.act.in_(DATE_ACTS)
    last: Any = connection.execute(select(a.id, a.at).where(*mine).order_by(a.id.desc()).limit(1)).first()
    return last


class _Reader:
    """Turns sessions of one series into entries."""

    def __init__(self, unit: Unit, shelf: Shelf, series: Row[Any], mark: str) -> None:
        self.series, self.mark = series, mark
        self.programme = shelf.programme(unit, series.content_id)
        self.texts = shelf.programme_texts(unit, series.content_id, series.language, series.zone)
        self.bot = shelf.catalogue(series.language, series.zone)

    def together(self, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Of each meeting the first group that keeps the series' date, and every group that has one of its own."""
        groups = [row for row in rows if row.kind == "group"]
        first = {row.meeting_id: row.id for row in reversed(groups) if not row.own_date}
        return [row for row in groups if row.own_date or first.get(row.meeting_id) == row.id]

    def entries(self, rows: Sequence[Row[Any]], *, alone: bool) -> Iterator[Entry]:
        for row in rows:
            apart = row.own_date or alone
            yield Entry(
                name=f"{'session' if apart else 'meeting'}-{row.id if apart else row.meeting_id}@{self.mark}.runda",
                series=self.series.title, title=self._title(row.number),
                circle=row.name if apart else None, start=row.starts_at, end=self._end(row.starts_at),
                zone=self.series.zone, status=self._status(row), open_days=self.series.pace != "live",
            )  # fmt: skip

    def _title(self, number: int) -> str:
        rounds = self.programme.rounds
        title = self.texts.say(f"rounds.{rounds[number - 1].round}.title")
        return self.bot.say("meeting.title", number=number, of=len(rounds), title=title)

    def _end(self, start: datetime) -> datetime:
        if self.series.pace == "live":
            return start + timedelta(minutes=self.programme.form(self.series.form).minutes)
        days = self.series.window_days or WINDOW_DAYS
        return WorkingDays(self.series.zone, *OFFICE).window_end(start, days)

    def _status(self, row: Row[Any]) -> Status:
        if row.phase in ("cancelled", "missed") or self.series.status == "cancelled":
            return "cancelled"
        if self.series.status == "paused" and row.phase == "planned":
            return "tentative"
        return _STATUS.get(row.status, "confirmed") if row.phase == "planned" else "confirmed"
