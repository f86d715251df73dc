"""From rows to answers: one organisation's, at one moment. None: there is nothing such that this organisation has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from msgspec.structs import asdict
from sqlalchemy import Connection, Row, exists, select

from bot.api import shapes
from bot.calendars.entries import Entry, listing
from bot.documents import recaps as documents
from bot.documents.text import shape
from bot.series.office import Office
from bot.series.overview import glance
from bot.shelf import Shelf
from bot.words import Speaker
from flows import recap as recaps
from flows import sight
from storage import tables as t
from storage.unit import Unit

#: Where the API begins.
BASE = "/api/v1"


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a list: what comes after a number, and at most how much. `series`, `number`: of the address."""

    after: int
    limit: int
    series: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """`mark`: this installation's, in the ids of sessions; `url`: where the world finds it."""

    connection: Connection
    shelf: Shelf
    organisation: int
    now: datetime
    mark: str
    url: str

    def all_series(self, asked: Asked) -> shapes.AllSeries:
        s = t.series.c
        mine = (
            select(t.series).where(s.organisation_id == self.organisation, s.id > asked.after).order_by(s.id)
        )
        rows, cursor = _page(self._all(mine.limit(asked.limit + 1)), asked.limit)
        return shapes.AllSeries(tuple(map(self._series, rows)), cursor)

    def series(self, asked: Asked) -> shapes.Series | None:
        row = self._row(asked.series)
        return self._series(row) if row is not None else None

    def sessions(self, asked: Asked) -> shapes.Schedule | None:
        row = self._row(asked.series)
        if row is None:
            return None
        entries = listing(self.connection, self.shelf, row, None, self.mark).entries
        return shapes.Schedule(tuple(map(_session, entries)))

    def recaps(self, asked: Asked) -> shapes.Briefs:
        """Those that stand now: a new version takes the place of the one before, and comes later in the list."""
        r, s = t.recaps.c, t.series.c
        mine = _went_out().where(s.organisation_id == self.organisation, r.id > asked.after).order_by(r.id)
        rows, cursor = _page(self._all(mine.limit(asked.limit + 1)), asked.limit)
        return shapes.Briefs(tuple(map(self._brief, rows)), cursor)

    def recap(self, asked: Asked, *, whole: bool = False) -> shapes.Recap | None:
        """Of a session, or of the whole series up to it."""
        s, m, r = t.series.c, t.meetings.c, t.recaps.c
        mine = (
            s.organisation_id == self.organisation,
            s.slug == asked.series,
            m.number == asked.number,
            r.whole == whole,
        )
        row = next(iter(self._all(_went_out().where(*mine))), None)
        if row is None:
            return None
        sight.require("manager", "released", given={"approved"})
        office = Office(self.connection, cast(Row[Any], self._row(asked.series)), "", self.now)
        unit, speaker = Unit(self.connection), Speaker(self.shelf)
        said = shape(documents.of_managers(office, unit, speaker, "manager", asked.number, whole=whole))
        brief = self._brief(row)
        return shapes.Recap(
            brief.series, brief.number, brief.whole, brief.version, brief.status, brief.approved_at,
            cast(Any, said.language), _counts(unit, row.points, office.series.zone), said.text,
        )  # fmt: skip

    def series_recap(self, asked: Asked) -> shapes.Recap | None:
        return self.recap(asked, whole=True)

    # -- rows

    def _all(self, statement: Any) -> Sequence[Row[Any]]:
        return list(self.connection.execute(statement))

    def _row(self, name: str) -> Row[Any] | None:
        s = t.series.c
        mine = select(t.series).where(s.organisation_id == self.organisation, s.slug == name)
        return self.connection.execute(mine).first()

    def _series(self, row: Row[Any]) -> shapes.Series:
        seen = glance(Office(self.connection, row, "", self.now))
        return shapes.Series(
            seen.called, seen.title, cast(Any, seen.status), row.language, seen.zone,
            f"{self.url}{BASE}/series/{seen.called}/sessions",
        )  # fmt: skip

    def _brief(self, row: Row[Any]) -> shapes.Brief:
        where = (
            f"{self.url}{BASE}/series/{row.slug}/sessions/{row.number}/{'series-' if row.whole else ''}recap"
        )
        status: Any = "counts" if row.status == "counts" else "approved"
        return shapes.Brief(row.slug, row.number, row.whole, row.version, status, row.approved_at, where)


def _went_out() -> Any:
    """Of each meeting the newest managers' recap that they have been sent, and the newest of the series until then."""
    r, m, s, newer = t.recaps.c, t.meetings.c, t.series.c, t.recaps.alias("newer").c
    later = exists().where(
        newer.meeting_id == r.meeting_id, newer.session_id.is_(None), newer.whole == r.whole,
        newer.status.in_(documents.SENT), newer.version > r.version,
    )  # fmt: skip
    sent = select(r.id, r.whole, r.version, r.status, r.approved_at, r.points, m.number, s.slug)
    sent = sent.join_from(t.recaps, t.meetings, m.id == r.meeting_id).join(t.series, s.id == m.series_id)
    return sent.where(r.session_id.is_(None), r.status.in_(documents.SENT), ~later)


def _page(rows: Sequence[Row[Any]], limit: int) -> tuple[Sequence[Row[Any]], str | None]:
    """Of one row more than is wanted: those, and where the next page begins."""
    return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None


def _session(entry: Entry) -> shapes.Session:
    zone = ZoneInfo(entry.zone)
    return shapes.Session(
        entry.name, entry.number, entry.title, entry.circle, entry.start.astimezone(zone),
        entry.end.astimezone(zone), entry.open_days, entry.status, entry.sequence,
    )  # fmt: skip


def _counts(unit: Unit, points: str, zone: str) -> shapes.Counts:
    found = recaps.load(points)
    assert isinstance(found, recaps.ManagerRecap), "a recap that is no group's is the managers'"
    ideas = (
        shapes.Ideas(cast(Any, one.status), one.n, one.since.astimezone(ZoneInfo(zone)).date())
        for one in found.ideas
    )
    actions = shapes.Actions(**asdict(found.actions))
    u = t.units.c
    told = unit.all(select(u.id, u.name).where(u.id.in_([one.unit for one in found.units])))
    names = {one.id: one.name for one in told}
    units = (shapes.Units(names.get(one.unit), one.n) for one in found.units)
    return shapes.Counts(found.groups, found.of, found.people, actions, tuple(ideas), tuple(units))
