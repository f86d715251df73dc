"""What became of the recaps of a series: which wait, which went out, and to whom. No content is read here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import select

from bot.recaps import sources
from bot.recaps.sending import Posted, posted
from bot.series.office import UNDER_WAY
from storage import tables as t
from storage.unit import Unit

#: waits: for the group's next meeting, if there is one; opened: that is going on now; out: it was posted;
#: passed: the group has met since, without it.
Fate = Literal["waits", "opened", "out", "passed"]


_ById: TypeAlias = dict[int, list[Any]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows of one series. `sittings` are groups' finished sessions in which something was said."""

    sittings: list[Any]
    #: By circle, in the order of their meetings.
    sessions: dict[int, list[Any]]
    #: Versions without their content, the oldest first: by session, and of managers' recaps by meeting.
    groups: dict[int, list[Any]]
    managers: dict[int, list[Any]]
    #: Of managers' recaps of the whole series, by the last meeting that they tell of.
    whole: dict[int, list[Any]]
    posted: dict[int, list[Posted]]

    def fate(self, sitting: Any) -> Fate:
        later = [each for each in self.sessions[sitting.circle_id] if each.number > sitting.number]
        if any(self.posted.get(each.id) for each in self.groups[sitting.id]):
            return "out"
        # The recap that a session opened with is settled.
        if any(each.phase in UNDER_WAY for each in later):
            return "opened"
        met = {each.id for each in self.sittings}
        return "passed" if any(each.id in met for each in later) else "waits"

    def next_opening(self, sitting: Any) -> Any:
        """The session that will open with this recap; None where none is planned."""
        later = [each for each in self.sessions[sitting.circle_id] if each.number > sitting.number]
        return next((each for each in later if each.phase == "planned"), None)

    def went_out(self, versions: list[Any]) -> list[tuple[Any, Posted]]:
        return [(each, sent) for each in versions for sent in self.posted.get(each.id, ())]


def ledger(unit: Unit, series_id: int) -> Ledger:
    """A statement a table, however many groups there are."""
    s, mt, c = t.sessions.c, t.meetings.c, t.circles.c
    finished = sources.sittings().where(
        s.series_id == series_id, c.kind == "group", s.phase == "finished", sources.said_something()
    )
    sessions = select(s.id, s.circle_id, s.phase, s.starts_at, mt.number).join(
        t.meetings, mt.id == s.meeting_id
    )
    by_circle: dict[int, list[Any]] = defaultdict(list)
    for row in unit.all(sessions.where(s.series_id == series_id).order_by(mt.number)):
        by_circle[row.circle_id].append(row)
    groups, managers, whole = _versions(unit, series_id)
    sittings = unit.all(finished.order_by(mt.number, c.number))
    return Ledger(sittings, by_circle, groups, managers, whole, posted(unit, series_id))


def _versions(unit: Unit, series_id: int) -> tuple[_ById, _ById, _ById]:
    r, mt = t.recaps.c, t.meetings.c
    stored = select(
        r.id, r.meeting_id, r.session_id, r.whole, r.version, r.status, r.made_at, r.approved_at
    ).join(t.meetings, mt.id == r.meeting_id)
    groups: dict[int, list[Any]] = defaultdict(list)
    managers: dict[int, list[Any]] = defaultdict(list)
    whole: dict[int, list[Any]] = defaultdict(list)
    for row in unit.all(stored.where(mt.series_id == series_id).order_by(r.version)):
        if row.session_id is None:
            (whole if row.whole else managers)[row.meeting_id].append(row)
        else:
            groups[row.session_id].append(row)
    return groups, managers, whole
