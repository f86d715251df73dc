"""Recaps, from rows to rows: what flows.recap chooses from, and where its choice is kept.

A group's recap is made when it is asked for, and kept when its next meeting opens with it, or when a coordinator
holds, edits or approves it. The managers' recap of a round waits for a coordinator's approval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from flows import recap as recaps
from storage import tables as t
from storage.unit import SessionRow, Unit

if TYPE_CHECKING:
    from bot.work import Shelf

#: A recap that a coordinator holds does not go out; the meeting opens without it.
HELD = "held"


def group_recaps(
    unit: Unit, shelf: Shelf, ids: Callable[[], int], rows: Sequence[SessionRow], now: datetime
) -> dict[int, int]:
    """For sessions that open: the recap of what their circle said last, made now unless a coordinator has been there.

    By session id; a session whose circle has not met before, or whose recap is held, is not in the answer.
    """
    before = _last_sittings(unit, rows)
    kept = _kept(unit, [last.id for last in before.values()])
    fresh = [last for last in before.values() if last.id not in kept]
    made = compile_groups(unit, shelf, fresh)
    stored = {last.id: ids() for last in fresh}
    unit.add(t.recaps, [_row(stored[last.id], last, made[last.id], "automatic", now) for last in fresh])
    known = {session: row.id for session, row in kept.items() if row.status != HELD} | stored
    return {session: known[last.id] for session, last in before.items() if last.id in known}


def compile_groups(unit: Unit, shelf: Shelf, sittings: Sequence[Any]) -> dict[int, recaps.GroupRecap]:
    """The recaps of finished sessions, by rule; `sittings` are rows of `_sittings`."""
    if not sittings:
        return {}
    sessions = [row.id for row in sittings]
    said, findings = said_in(unit, sessions), findings_of(unit, sessions)
    actions = _actions(unit, sessions)
    shared = _shared(unit, {row.meeting_id for row in sittings})
    return {
        row.id: recaps.compile_group(
            shelf.programme(unit, row.content_id).route(row.number),
            said[row.id],
            findings[row.id],
            actions[row.id],
            [one for one in shared[row.meeting_id] if one.circle != row.circle_id],
            table=row.answering == "table",
        )
        for row in sittings
    }


def compile_managers(unit: Unit, shelf: Shelf, meeting_id: int) -> recaps.ManagerRecap:
    """The managers' recap of one meeting, from what was released and from counts."""
    c, s = t.circles.c, t.sessions.c
    groups = unit.all(_sittings().where(s.meeting_id == meeting_id, c.kind == "group"))
    said = said_in(unit, [row.id for row in groups])
    spoke = {one.person for rows in said.values() for one in rows if one.role not in ("aside", "control")}
    taking_part = sum(any(one.role not in ("aside", "control") for one in said[row.id]) for row in groups)
    findings = [one for rows in findings_of(unit, [row.id for row in groups]).values() for one in rows]
    actions = [one for rows in _actions(unit, [row.id for row in groups]).values() for one in rows]
    first = groups[0]
    route = shelf.programme(unit, first.content_id).route(first.number)
    return recaps.compile_manager(
        route, recaps.Turnout(taking_part, len(groups), len(spoke)), findings, actions
    )


# -- what was said


def said_in(unit: Unit, sessions: Iterable[int]) -> dict[int, list[recaps.Said]]:
    """Replies without their words, by session."""
    r = t.replies.c
    rows = select(
        r.session_id, r.id, r.person_id, r.step, r.role, r.late, func.length(r.words).label("size"), r.reactions,
        r.sent_at,
    ).where(r.session_id.in_(list(sessions)))  # fmt: skip
    found: dict[int, list[recaps.Said]] = defaultdict(list)
    for row in unit.all(rows):
        found[row.session_id].append(
            recaps.Said(reply=row.id, person=row.person_id, step=row.step, role=row.role, late=row.late,
                        size=row.size, reactions=row.reactions, sent_at=row.sent_at)
        )  # fmt: skip
    return found


def findings_of(unit: Unit, sessions: Iterable[int]) -> dict[int, list[recaps.FindingRow]]:
    f = t.findings.c
    found: dict[int, list[recaps.FindingRow]] = defaultdict(list)
    for row in unit.all(select(t.findings).where(f.session_id.in_(list(sessions)))):
        found[row.session_id].append(recaps.FindingRow(row.reply_id, row.state, row.words_id))
    return found


def _actions(unit: Unit, sessions: Iterable[int]) -> dict[int, list[recaps.ActionRow]]:
    a, r = t.actions.c, t.replies.c
    promised = select(r.session_id, a.reply_id, a.state).join(t.replies, r.id == a.reply_id)
    found: dict[int, list[recaps.ActionRow]] = defaultdict(list)
    for row in unit.all(promised.where(r.session_id.in_(list(sessions)))):
        found[row.session_id].append(recaps.ActionRow(row.reply_id, row.state))
    return found


def _shared(unit: Unit, meetings: Iterable[int]) -> dict[int, list[recaps.Shared]]:
    """What groups have released at these meetings, by meeting."""
    f, s = t.findings.c, t.sessions.c
    released = (
        select(s.meeting_id, s.circle_id, f.reply_id, f.words_id)
        .join(t.sessions, s.id == f.session_id)
        .where(s.meeting_id.in_(list(meetings)), f.state.in_(("yes", "reworded")))
    )
    found: dict[int, list[recaps.Shared]] = defaultdict(list)
    for row in unit.all(released):
        found[row.meeting_id].append(recaps.Shared(row.reply_id, row.circle_id, row.words_id))
    return found


# -- sittings


def _sittings() -> Any:
    s, mt, se = t.sessions.c, t.meetings.c, t.series.c
    content = func.coalesce(mt.content_id, se.content_id).label("content_id")
    return (
        select(s.id, s.organisation_id, s.circle_id, s.meeting_id, s.phase, mt.number, content, se.answering)
        .join(t.meetings, mt.id == s.meeting_id)
        .join(t.series, se.id == s.series_id)
        .join(t.circles, t.circles.c.id == s.circle_id)
    )


def _last_sittings(unit: Unit, rows: Sequence[SessionRow]) -> dict[int, Any]:
    """The last finished session of each circle before these, by the id of the session that now opens."""
    s, mt = t.sessions.c, t.meetings.c
    finished = _sittings().where(s.circle_id.in_([row.circle_id for row in rows]), s.phase == "finished")
    latest: dict[tuple[int, int], Any] = {}
    for found in unit.all(finished.order_by(mt.number)):
        for row in rows:
            if row.circle_id == found.circle_id and found.number < row.number:
                latest[row.id, 0] = found
    return {session: found for (session, _), found in latest.items()}


def _kept(unit: Unit, sessions: Sequence[int]) -> dict[int, Any]:
    """The newest stored recap of each session."""
    if not sessions:
        return {}
    r = t.recaps.c
    rows = select(r.session_id, r.id, r.status).where(r.session_id.in_(sessions)).order_by(r.version)
    return {row.session_id: row for row in unit.all(rows)}


def _row(recap_id: int, sitting: Any, recap: recaps.GroupRecap, status: str, now: datetime) -> dict[str, Any]:
    return {
        "id": recap_id, "organisation_id": sitting.organisation_id, "meeting_id": sitting.meeting_id,
        "session_id": sitting.id, "version": 1, "status": status, "points": recaps.dump(recap).decode(),
        "made_at": now,
    }  # fmt: skip
