"""The managers' recap of one meeting, or of the series up to it: from what was released, and counts by the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import func, select, update

from bot.ideas import sluice
from bot.recaps import sources
from flows import recap as recaps
from flows.message import Levels
from flows.reading import bare
from flows.recap import Across, FromUnit, GroupRecap, ManagerRecap
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
            s.language, a.place_id.label("place"), func.coalesce(m.content_id, s.content_id).label("content_id"),
        )
        .join(t.series, s.id == m.series_id)
        .join(a.id.table, a.id == first)
    )  # fmt: skip
    return unit.all(wanted.where(m.id == meeting_id))[0]


def compile_managers(unit: Unit, shelf: Shelf, meeting_id: int) -> ManagerRecap:
    """As it would be now. Of replies only released findings are read: people and groups are counted by the database."""
    return _compiled(unit, shelf, meeting(unit, meeting_id)).recap


def compile_whole(unit: Unit, shelf: Shelf, meeting_id: int) -> ManagerRecap:
    """The recap of all meetings that were held, up to and including this one; each is made as it would be now."""
    row, m = meeting(unit, meeting_id), t.meetings.c
    held = select(m.id).where(m.series_id == row.series_id, m.number <= row.number, m.status == "held")
    ids = [each.id for each in unit.all(held.order_by(m.number))]
    made = [_compiled(unit, shelf, meeting(unit, each)) for each in ids]
    return recaps.compile_whole(
        [each.recap for each in made],
        sources.turnout(unit, ids, table=row.answering == "table"),
        [finding for each in made for finding in each.findings],
        {reply: words for each in made for reply, words in each.said.items()},
        row.language,
    )


class _Compiled(NamedTuple):
    """A recap with what it was made from."""

    recap: ManagerRecap
    findings: list[recaps.FindingRow]
    said: dict[int, str]


def _compiled(unit: Unit, shelf: Shelf, row: Any) -> _Compiled:
    meeting_id = row.id
    programme = shelf.programme(unit, row.content_id)
    everyones = programme.route(row.number, everyone=True)
    plenum = next(iter(sources.plenums_at(unit, [meeting_id]).values()), None)
    stands = sources.states_of(unit, [plenum] if plenum is not None else [])
    findings, let_out = sources.released_at(unit, meeting_id)
    said = {reply: bare(words, shelf.vocabulary(row.language)) for reply, words in let_out.items()}
    route = programme.route(row.number)
    groups = sources.states_of(unit, sources.groups_at(unit, meeting_id)) if recaps.settles(route) else {}
    before = earlier(unit, row)
    made = recaps.compile_manager(
        route,
        sources.turnout(unit, [meeting_id], table=row.answering == "table"),
        findings,
        levels=tuple(_since(one, before) for one in sources.spreads_shown(unit, plenum)),
        chosen=recaps.decisions(everyones, stands.get(plenum or 0), plenum=True),
        across=tuple(recaps.settled(route, groups.values())),
        paired=sources.paired_at(unit, meeting_id),
        said=said,
        language=row.language,
    )
    ideas = sluice.counts(unit.connection, row.organisation_id) if programme.ideas else ()
    asked = programme.units and row.answering != "table"
    units = recaps.from_units(sources.came_from(unit, meeting_id)) if asked else ()
    made = replace(made, actions=sources.actions_counted(unit, meeting_id), ideas=tuple(ideas), units=units)
    if asked or made.across:
        made = _as_told(unit, row, made)
    return _Compiled(recaps.since(made, before[-1] if before else None), findings, said)


def _as_told(unit: Unit, meeting: Any, made: ManagerRecap) -> ManagerRecap:
    """With how groups settled things, and where people were from, as managers were told it first, of that meeting or
    of the series: who came late, or is said to be from elsewhere since, would be known by what is added."""
    r, m = t.recaps.c, t.meetings.c
    later = m.series_id == meeting.series_id, m.number >= meeting.number
    stored = select(r.points).join(t.meetings, m.id == r.meeting_id)
    stored = stored.where(*later, r.session_id.is_(None), r.status.in_(OUT)).order_by(r.made_at, r.id)
    told: dict[str, Across] = {}
    units: tuple[FromUnit, ...] = ()
    for row in unit.all(stored):
        recap = recaps.load(row.points)
        assert isinstance(recap, ManagerRecap), "a group's recap has its session"
        for here in (one for one in recap.rounds or (recap,) if one.round == made.round):
            told = {each.asked: each for each in here.across} | told
            units = units or here.units
    across = tuple(told.get(one.asked, one) for one in made.across)
    return replace(made, across=across, units=units or made.units)


def earlier(unit: Unit, meeting: Any) -> list[ManagerRecap]:
    """The managers' recaps of the meetings before, in the newest version that is stored of each; the latest last."""
    r, m = t.recaps.c, t.meetings.c
    before = select(m.number, r.points).join(t.meetings, m.id == r.meeting_id)
    mine = m.series_id == meeting.series_id, m.number < meeting.number, r.session_id.is_(None), ~r.whole
    newest: dict[int, ManagerRecap] = {}
    for row in unit.all(before.where(*mine).order_by(m.number, r.version)):
        found = recaps.load(row.points)
        if isinstance(found, ManagerRecap):
            newest[row.number] = found
    return list(newest.values())


def _since(levels: Levels, before: Sequence[ManagerRecap]) -> Levels:
    """With the spread of the same scale that managers were shown last; whether both may be is seen when it is said."""
    same = (one for each in reversed(before) for one in each.levels
            if (one.step, one.names) == (levels.step, levels.names))  # fmt: skip
    last = next(same, None)
    if last is not None and (last.leaders or levels.leaders):
        return levels  # no change is shown of leaders and others
    return replace(levels, before=last.replies if last else ())


def versions(unit: Unit, meeting_id: int, *, whole: bool = False) -> list[Any]:
    """All that is stored of it, the oldest first; version 0 only says whether it waits."""
    r = t.recaps.c
    mine = select(t.recaps).where(r.meeting_id == meeting_id, r.session_id.is_(None), r.whole == whole)
    return unit.all(mine.order_by(r.version))


def written_before(unit: Unit, meeting: Any) -> list[str | None]:
    """What a coordinator has made of the recaps of the meetings up to this one, of each the newest."""
    r, m = t.recaps.c, t.meetings.c
    stored = select(m.number, r.words).join(t.meetings, m.id == r.meeting_id)
    mine = m.series_id == meeting.series_id, m.number <= meeting.number, r.session_id.is_(None), ~r.whole
    touched = stored.where(*mine, r.status.in_(("edited", "approved"))).order_by(m.number, r.version)
    return list({row.number: row.words for row in unit.all(touched)}.values())


def held_until(unit: Unit, meeting: Any) -> int:
    """How many meetings of the series have been held, up to and including this one."""
    m = t.meetings.c
    held = m.series_id == meeting.series_id, m.number <= meeting.number, m.status == "held"
    return int(unit.all(select(func.count()).where(*held))[0][0])


def is_last(unit: Unit, meeting: Any) -> bool:
    """Whether it ends its series, and others have been held before it."""
    m = t.meetings.c
    to_come = (
        m.series_id == meeting.series_id,
        m.number > meeting.number,
        m.status.not_in(("missed", "cancelled")),
    )
    return not unit.all(select(m.id).where(*to_come).limit(1)) and held_until(unit, meeting) > 1


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
        listed.append(replace(one, number=known.get(one.reply, last)))
    return replace(recap, findings=tuple(sorted(listed, key=lambda one: one.number)))


def row_of(meeting: Any, points: str, *, whole: bool = False) -> dict[str, Any]:
    """What every stored version says of itself, in whatever status."""
    return {
        "organisation_id": meeting.organisation_id, "meeting_id": meeting.id, "session_id": None, "whole": whole,
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
