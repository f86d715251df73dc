"""What has to be done now and then, and that nobody asks for: the managers' recaps that wait, and wait too long.

- When the last group of a meeting has finished, the coordinators are told in private, once, that the managers'
  recap waits for their approval.
- What nobody has approved in time goes out as counts, once, marked so. The findings follow when they are approved.
- What somebody began to fill in, and has not touched for a week, is thrown away.
- Others look in the same minute: `besides`, each by itself.

What waits is a row (version 0, `bot.recaps`), so nothing is told or sent twice, whoever looks and however often.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import and_, delete, exists, or_, select

from bot.recaps import compile_managers, managers, sending
from flows import recap as recaps
from flows.message import Choice, Moment, Recap, Text, line, message
from storage import tables as t
from storage.database import Database
from storage.parked import reason_of
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.shelf import Shelf

log = logging.getLogger(__name__)

#: Meetings that one look takes on; the rest is for the next.
AT_ONCE = 50
#: How long what has been begun to be filled in is kept.
DRAFTS = timedelta(days=7)
#: Does what is due by then, and returns how many messages were queued.
Look: TypeAlias = Callable[[datetime], int]
_NOBODY: Mapping[str, Look] = {}
#: Sessions that nothing more is heard from before the managers' recap is made.
OVER = ("finished", "missed", "cancelled")


class Upkeep:
    """Called once a minute, from a worker thread; holds no state of its own."""

    def __init__(
        self, database: Database, shelf: Shelf, ids: Callable[[], int], besides: Mapping[str, Look] = _NOBODY
    ) -> None:  # fmt: skip
        """`besides`: who else looks, by what the log calls it."""
        self.database, self.shelf, self.ids, self.besides = database, shelf, ids, besides

    def look(self, now: datetime) -> int:
        """Tell and send what is due. Returns how many messages were queued."""
        with self.database.read() as connection:
            unit = Unit(connection)
            over = [row.id for row in unit.all(_just_over().limit(AT_ONCE))]
            late = [row.meeting_id for row in unit.all(_overdue(now).limit(AT_ONCE))]
            stale = unit.all(select(t.drafts.c.at).where(t.drafts.c.at <= now - DRAFTS).limit(1))
        if stale:
            self._forget_drafts(now)
        told = sum(self._one(each, now, self._tell) for each in over)
        told += sum(self._one(each, now, self._counts) for each in late)
        return told + sum(self._beside(what, look, now) for what, look in self.besides.items())

    def _beside(self, what: str, look: Look, now: datetime) -> int:
        """One that fails does not stop the others; the next look is in a minute."""
        try:
            return look(now)
        except Exception as problem:  # noqa: BLE001 - told by its kind and place: it may hold words
            log.error("%s: %s", what, reason_of(problem))
            return 0

    def _forget_drafts(self, now: datetime) -> None:
        with self.database.write() as connection:
            connection.execute(delete(t.drafts).where(t.drafts.c.at <= now - DRAFTS))

    def _one(self, meeting_id: int, now: datetime, do: Callable[[Unit, Any, datetime], int]) -> int:
        """One meeting in a transaction of its own, so that a faulty one does not stop the others."""
        try:
            with self.database.write() as connection:
                unit = Unit(connection)
                meeting = managers.meeting(unit, meeting_id)
                anchor = select(t.sessions.c.id).where(t.sessions.c.id == meeting.anchor)
                if not unit.all(anchor.with_for_update(skip_locked=True)):
                    return 0  # somebody else is at it
                return do(unit, meeting, now)
        except Exception as problem:  # noqa: BLE001 - the next look is in a minute
            log.error("the managers' recap of meeting %d: %s", meeting_id, type(problem).__name__)
            return 0

    def _tell(self, unit: Unit, meeting: Any, now: datetime) -> int:
        """Note that it waits, and tell the coordinators."""
        if not unit.all(_just_over().where(t.meetings.c.id == meeting.id)):
            return 0
        recap = managers.numbered_as(compile_managers(unit, self.shelf, meeting.id), ())
        points = recaps.dump(recap).decode()
        waits = {"id": self.ids(), "version": 0, "status": managers.WAITS, "made_at": now}
        unit.add(t.recaps, [{**managers.row_of(meeting, points), **waits}])
        unit.flush()
        if not _readers(unit, meeting):
            return 0
        until = Moment(managers.due(unit, meeting, now))
        read = Choice(f"open:recap:{meeting.series_id}:{meeting.number}:0", Text("counter.button.read"))
        waiting = line("manager.waiting", number=meeting.number, until=until)
        whole = [line("manager.whole-waiting")] if managers.is_last(unit, meeting) else []
        told = message("status", waiting, *whole, choices=(read,))
        to = sending.private_places(unit, meeting.series_id, meeting.platform, "coordinator")
        return sending.queue(unit, meeting, 0, told, list(to.values()))

    def _counts(self, unit: Unit, meeting: Any, now: datetime) -> int:
        """Send the counts, unless something went out that a coordinator had approved. It does not wait any more."""
        if not unit.all(_overdue(now).where(t.meetings.c.id == meeting.id)):
            return 0
        managers.settle(unit, meeting.id)
        stored = managers.versions(unit, meeting.id)
        to = _readers(unit, meeting)
        if not to or any(each.status in managers.OUT for each in stored):
            return 0
        made = compile_managers(unit, self.shelf, meeting.id)
        points = recaps.dump(recaps.counts_only(made)).decode()
        version, key = 1 + max((each.version for each in stored), default=0), self.ids()
        row = {"id": key, "version": version, "status": "counts", "made_at": now}
        unit.add(t.recaps, [{**managers.row_of(meeting, points), **row}])
        unit.flush()
        return sending.queue(unit, meeting, version, message("recap", Recap(key, short=True)), to)


def _readers(unit: Unit, meeting: Any) -> list[int | None]:
    """Where managers read, each alone and together; empty where nobody does."""
    alone = sending.private_places(unit, meeting.series_id, meeting.platform, "manager")
    return [*alone.values(), *sending.shared_places(unit, meeting.series_id)]


# -- statements


def _just_over() -> Any:
    """Meetings that every group has finished and whose managers' recap nobody waits for yet."""
    m, s, c, r = t.meetings.c, t.sessions.c, t.circles.c, t.recaps.c
    noted = exists().where(r.meeting_id == m.id, r.session_id.is_(None), r.version == 0)
    group = exists().where(c.id == s.circle_id, c.kind == "group")
    going_on = exists().where(s.meeting_id == m.id, s.phase.not_in(OVER), group)
    return select(m.id).where(m.status == "held", ~noted, ~going_on).order_by(m.id)


def _overdue(now: datetime) -> Any:
    """Meetings whose managers' recap has waited too long."""
    m, r, after = t.meetings.c, t.recaps.c, t.meetings.alias("after")
    opened = exists().where(
        after.c.series_id == m.series_id, after.c.number == m.number + 1, after.c.status.in_(("open", "held"))
    )
    late = or_(r.made_at <= now - managers.OVERDUE, and_(r.made_at <= now - managers.AT_LEAST, opened))
    waits = select(r.meeting_id).join(t.meetings, m.id == r.meeting_id)
    return waits.where(r.session_id.is_(None), r.status == managers.WAITS, late).order_by(r.made_at)
