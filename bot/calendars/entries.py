"""What a calendar shows of a series: an entry for each meeting, and one of its own for a group that meets apart.

Entries are those of the sessions, since it is they that open: whatever moves a session moves its entry. An entry
that has been there is never just left out, since a file that is read once more would leave it where it was: a group
that meets with the others again has its own entry struck out, and so has a meeting to which every group has a date
of its own. What was added and taken back before anybody had heard of it is left out, since nobody has it in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from bot.opening import WINDOW_DAYS
from bot.series.moving import ALONG, MOVED
from bot.shelf import Shelf
from flows.calendar import WorkingDays, local_moment
from flows.turn import OFFICE
from storage import tables as t
from storage.unit import Unit

Status = Literal["tentative", "confirmed", "cancelled"]
#: Acts of the audit log after which a date, or whether it holds, may be another.
DATE_ACTS = (
    "series created", "meetings confirmed", "series paused", "series resumed", "meeting cancelled",
    "series cancelled", "cancelling undone", MOVED, ALONG, "move undone", "meeting started", "meeting added",
    "group added", "adding undone", "group undone",
)  # fmt: skip
#: Phases of a session that was not held, and will not be.
OFF = ("cancelled", "missed")
_STATUS: dict[str, Status] = {"tentative": "tentative", "cancelled": "cancelled", "missed": "cancelled"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting in a calendar. Times are aware; `zone` is that in which they are kept when clocks change."""

    name: str
    #: Which session of the series it is.
    number: int
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
    #: Grows with every change of the entry, and may grow without one.
    sequence: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a series, or of one group; `changed`: when its dates were last changed."""

    title: str
    language: str
    entries: tuple[Entry, ...]
    changed: datetime


@dataclass(frozen=True, slots=True)
class _Shown:
    """A session that stands for an entry: its own (`apart`), or that of all who meet then. `off`: struck out."""

    row: Row[Any]
    apart: bool
    off: bool = False


def listing(connection: Connection, shelf: Shelf, series: Row[Any], circle: int | None, mark: str) -> Listing:
    """`series`: its row; `circle`: one group's id; `mark`: this installation's, in the names of entries."""
    acts = _acts(connection, series)
    rows = _sessions(connection, series.id)
    if circle is not None:
        shown = [_Shown(row, apart=True) for row in rows if row.circle_id == circle]
    else:
        shown = list(_together([row for row in rows if row.kind == "group"], _moved_alone(series, acts)))
    last = acts[-1] if acts else None
    reader = _Reader(Unit(connection), shelf, series, mark, last.id if last else 0)
    title = next((f"{series.title}: {each.row.name}" for each in shown if circle is not None), series.title)
    changed = last.at if last else series.created_at
    return Listing(title, series.language, tuple(map(reader.entry, shown)), changed)


def _together(rows: Sequence[Row[Any]], moved: set[tuple[int, int]]) -> Iterator[_Shown]:
    """Of each meeting one entry for the groups that keep the series' date, and one for every group with its own.

    `moved`: numbers of meetings, and of groups that have had an own date there at some time.
    """
    for _, same in groupby(rows, key=lambda row: int(row.number)):
        groups = list(same)
        # One that is on speaks for those that are with it; of several that are not, any does.
        keeping = sorted((row for row in groups if not row.own_date), key=lambda row: row.phase in OFF)
        keeps = next(iter(keeping), None)
        yield _Shown(keeps or groups[0], apart=False, off=keeps is None)
        for row in groups:
            if row.own_date or (row.number, row.circle_number) in moved:
                yield _Shown(row, apart=True, off=not row.own_date)


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
            m.pace,
            c.kind,
            c.name,
            c.number.label("circle_number"),
        )
        .join(t.meetings, m.id == s.meeting_id)
        .join(t.circles, c.id == s.circle_id)
        .where(s.series_id == series)
        .order_by(m.number, c.number)
    )
    return list(connection.execute(found))


def _acts(connection: Connection, series: Row[Any]) -> Sequence[Row[Any]]:
    """The acts that changed its dates, the earliest first."""
    a = t.audit.c
    about = (a.object == series.slug) | a.object.startswith(f"{series.slug} ", autoescape=True)
    mine = a.organisation_id == series.organisation_id, about, a.act.in_(DATE_ACTS)
    return list(connection.execute(select(a.id, a.act, a.object, a.at).where(*mine).order_by(a.id)))


def _moved_alone(series: Row[Any], acts: Sequence[Row[Any]]) -> set[tuple[int, int]]:
    """Meeting and group, by their numbers, of moves that were one group's."""
    moves = (each.object.removeprefix(series.slug).split() for each in acts if each.act == MOVED)
    return {(int(number), int(group)) for number, group, *_ in moves if group != "all"}


class _Reader:
    """Turns sessions of one series into entries."""

    def __init__(self, unit: Unit, shelf: Shelf, series: Row[Any], mark: str, last: int) -> None:
        self.series, self.mark, self.last = series, mark, last
        self.programme = shelf.programme(unit, series.content_id)
        self.texts = shelf.programme_texts(unit, series.content_id, series.language, series.zone)
        self.bot = shelf.catalogue(series.language, series.zone)

    def entry(self, shown: _Shown) -> Entry:
        row = shown.row
        name = f"session-{row.id}" if shown.apart else f"meeting-{row.meeting_id}"
        status: Status = "cancelled" if shown.off else self._status(row)
        return Entry(
            name=f"{name}@{self.mark}.runda", number=row.number, series=self.series.title,
            title=self._title(row.number), circle=row.name if shown.apart else None, start=row.starts_at,
            end=self._end(row.starts_at, row.pace),
            zone=self.series.zone, status=status, open_days=row.pace != "live",
            # Nobody's act stands behind a session that was missed; it is one step, and any act is two.
            sequence=2 * self.last + (row.phase == "missed"),
        )  # fmt: skip

    def _title(self, number: int) -> str:
        rounds = self.programme.rounds
        title = self.texts.say(f"rounds.{rounds[number - 1].round}.title")
        return self.bot.say("meeting.title", number=number, of=len(rounds), title=title)

    def _end(self, start: datetime, pace: str) -> datetime:
        if pace == "live":
            return start + timedelta(minutes=self.programme.form(self.series.form).minutes)
        days = self.series.window_days or WINDOW_DAYS
        return WorkingDays(self.series.zone, *OFFICE).window_end(start, days)

    def _status(self, row: Row[Any]) -> Status:
        if row.phase in OFF or self.series.status == "cancelled":
            return "cancelled"
        if self.series.status == "paused" and row.phase == "planned" and (held := self._held_up(row)):
            return held
        return _STATUS.get(row.status, "confirmed") if row.phase == "planned" else "confirmed"

    def _held_up(self, row: Row[Any]) -> Status | None:
        """What a pause makes of a date: of one that ends before it, nothing."""
        until = self.series.paused_until
        if until is None:
            return "tentative"
        return "cancelled" if local_moment(row.starts_at, self.series.zone).on < until else None
