"""The managers' recap of one meeting: from what was released and from counts, which the database makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sqlalchemy import func, select, update

from bot.recaps import sources
from flows import recap as recaps
from flows.kinds.spread import Spread
from flows.levels import FEW
from flows.message import Levels
from flows.programme import Route
from flows.recap import GroupRecap, ManagerRecap, Numbered
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.shelf import Shelf

#: Version 0 of a meeting: it waits for approval; or it does not any more.
WAITS, SETTLED = "draft", "settled"
#: What has been sent to managers.
OUT = ("approved", "counts")
#: A coordinator who is away for a week is not waited for: what a meeting led to is news for about so long.
OVERDUE = timedelta(days=7)
#: The next meeting should not open before managers have heard of this one. But a coordinator has a day at least: on
#: the one-day form, the next meeting opens minutes later.
AT_LEAST = timedelta(days=1)


def meeting(unit: Unit, meeting_id: int) -> Any:
    """A meeting with what is needed to make its recap, and to send it.

    `anchor` is the session under whose name it is sent, so that its words are found; whoever changes the managers'
    recap of a meeting locks that session first.
    """
    m, s = t.meetings.c, t.series.c
    a = t.sessions.alias("anchor").c
    first = select(func.min(t.sessions.c.id)).where(t.sessions.c.meeting_id == m.id).scalar_subquery()
    wanted = (
        select(
            m.id, m.number, m.series_id, s.organisation_id, s.platform, s.answering, a.id.label("anchor"),
            a.place_id.label("place"), func.coalesce(m.content_id, s.content_id).label("content_id"),
        )
        .join(t.series, s.id == m.series_id)
        .join(a.id.table, a.id == first)
    )  # fmt: skip
    return unit.all(wanted.where(m.id == meeting_id))[0]


def compile_managers(unit: Unit, shelf: Shelf, meeting_id: int) -> ManagerRecap:
    """As it would be now. No reply is read: people and groups are counted by the database."""
    row = meeting(unit, meeting_id)
    everyones = shelf.programme(unit, row.content_id).route(row.number, everyone=True)
    plenum = list(sources.plenums_at(unit, [meeting_id]).values())
    stands = sources.states_of(unit, plenum)
    made = recaps.compile_manager(
        shelf.programme(unit, row.content_id).route(row.number),
        sources.turnout(unit, meeting_id, table=row.answering == "table"),
        sources.released_at(unit, meeting_id),
        levels=_levels(unit, everyones, meeting_id),
        chosen=recaps.decisions(everyones, stands.get(next(iter(plenum), 0)), plenum=True),
    )
    return replace(made, actions=sources.actions_counted(unit, meeting_id))


def _levels(unit: Unit, route: Route, meeting_id: int) -> tuple[Levels, ...]:
    """The spreads that everyone was shown, and no other: whether each may be is seen when it is said."""
    shown = (step for step in route.steps if isinstance(step, Spread) and step.of in route.scales)
    made = ((route.scales[step.of], sources.given_at(unit, meeting_id, step.of)) for step in shown)
    return tuple(scale.levels(route.round, replies) for scale, replies in made if len(replies) >= FEW)


def versions(unit: Unit, meeting_id: int) -> list[Any]:
    """All that is stored of it, the oldest first; version 0 only says whether it waits."""
    r = t.recaps.c
    mine = select(t.recaps).where(r.meeting_id == meeting_id, r.session_id.is_(None))
    return unit.all(mine.order_by(r.version))


def numbered_as(recap: ManagerRecap, earlier: Iterable[GroupRecap | ManagerRecap]) -> ManagerRecap:
    """With the numbers that managers know the findings by from earlier versions; new ones come after them."""
    known = {
        one.reply: one.number
        for each in earlier
        if isinstance(each, ManagerRecap)
        for one in each.findings or ()
    }
    last = max(known.values(), default=0)
    listed = []
    for one in recap.findings or ():
        if one.reply not in known:
            last += 1
        listed.append(Numbered(known.get(one.reply, last), one.reply, one.words))
    return replace(recap, findings=tuple(sorted(listed, key=lambda one: one.number)))


def row_of(meeting: Any, points: str) -> dict[str, Any]:
    """What every stored version says of itself, in whatever status."""
    return {
        "organisation_id": meeting.organisation_id, "meeting_id": meeting.id, "session_id": None,
        "points": points, "words": None, "approved_at": None, "approved_by": None,
    }  # fmt: skip


def next_session(unit: Unit, meeting: Any) -> datetime | None:
    """When the series' next session that is certain starts."""
    m, s = t.meetings.c, t.sessions.c
    following = (
        select(func.min(s.starts_at))
        .join(t.meetings, m.id == s.meeting_id)
        .where(m.series_id == meeting.series_id, m.number > meeting.number)
        .where(m.status == "confirmed", s.phase == "planned")
    )
    found: datetime | None = unit.all(following)[0][0]
    return found


def due(unit: Unit, meeting: Any, since: datetime) -> datetime:
    """When counts go out, as things stand, if it has waited since then and nobody approves it."""
    opens = next_session(unit, meeting)
    return min(since + OVERDUE, max(opens, since + AT_LEAST)) if opens else since + OVERDUE


def settle(unit: Unit, meeting_id: int) -> None:
    """It does not wait any more: a version has gone out."""
    r = t.recaps.c
    waits = update(t.recaps).where(r.meeting_id == meeting_id, r.session_id.is_(None), r.status == WAITS)
    unit.run(waits.values(status=SETTLED))
