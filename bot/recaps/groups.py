"""A group's recap: made when it is asked for, kept when its next meeting opens with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sqlalchemy import select

from bot.recaps import answers, sources
from bot.recaps.others import Others
from flows import recap as recaps
from flows.programme import Route
from storage import tables as t
from storage.unit import SessionRow, Unit

if TYPE_CHECKING:
    from bot.shelf import Shelf

#: It does not go out; the meeting opens without it, and nothing is said of it.
HELD = "held"
#: It was held, and is not any more: made anew at the opening, as if nobody had been there.
RELEASED = "released"


def group_recaps(
    unit: Unit, shelf: Shelf, ids: Callable[[], int], rows: Sequence[SessionRow], now: datetime
) -> dict[int, int]:
    """For sessions that open: the recap of what their circle said last, made now unless a coordinator has been there.

    By session id; a session whose circle has not said anything yet, or whose recap is held, is not in the answer.
    """
    before = sources.last_sittings(unit, rows)
    told = answers.told_at(unit, [row for row in rows if row.id in before])
    answered = {before[session].id: each for session, each in told.items()}
    last = {each.id: each for each in before.values()}
    kept = newest(unit, last)
    fresh = [each for each in last.values() if each.id not in kept or kept[each.id].status == RELEASED]
    made = compile_groups(unit, shelf, fresh)
    known = {session: row.id for session, row in kept.items() if row.status not in (HELD, RELEASED)}
    for each in fresh:
        known[each.id] = ids()
        version = kept[each.id].version + 1 if each.id in kept else 1
        stored = {"id": known[each.id], "version": version, "status": "automatic", "made_at": now}
        recap = replace(made[each.id], answers=answered.pop(each.id, ()))
        unit.add(t.recaps, [{**row_of(each, recaps.dump(recap).decode()), **stored}])
    for session, theirs in answered.items():
        known[session] = ids()
        unit.add(
            t.recaps, [_with_answers(unit, kept[session].id, theirs) | {"id": known[session], "made_at": now}]
        )
    return {session: known[each.id] for session, each in before.items() if each.id in known}


def _with_answers(unit: Unit, recap: int, theirs: tuple[recaps.Answered, ...]) -> dict[str, Any]:
    """A coordinator's version with what managers have answered; of one that is held, the answers and nothing else."""
    row = unit.all(select(t.recaps).where(t.recaps.c.id == recap))[0]
    copy = {column.name: getattr(row, column.name) for column in t.recaps.columns}
    stored = recaps.load(row.points)
    assert isinstance(stored, recaps.GroupRecap), "a group's session has a group's recap"
    held = row.status == HELD
    left = recaps.GroupRecap(round=stored.round) if held else stored
    points = recaps.dump(replace(left, answers=theirs)).decode()
    bare = {"status": "automatic", "words": None} if held else {}
    return copy | bare | {"points": points, "version": row.version + 1}


def compile_groups(unit: Unit, shelf: Shelf, sittings: Sequence[Any]) -> dict[int, recaps.GroupRecap]:
    """The recaps of finished sessions, by rule, by session id; `sittings` are rows of `sources.sittings`."""
    if not sittings:
        return {}
    sessions = [row.id for row in sittings]
    said, findings = sources.said_in(unit, sessions), sources.findings_of(unit, sessions)
    actions = sources.actions_of(unit, sessions)
    shared = sources.shared_at(unit, {row.meeting_id for row in sittings})
    plenums, chosen = _plenums(unit, shelf, sittings), _chosen(unit, shelf, sittings)
    made, others = dict[int, recaps.GroupRecap](), dict[int, Others]()
    for row in sittings:
        route = shelf.programme(unit, row.content_id).route(row.number)
        if row.meeting_id not in others:
            others[row.meeting_id] = Others(route.round, shared[row.meeting_id])
        theirs = others[row.meeting_id]
        recap = recaps.compile_group(
            route, said[row.id], findings[row.id], actions[row.id], theirs.first_for(row.circle_id),
            plenums.get(row.meeting_id, ()), table=row.answering == "table",
            chosen=chosen[row.id],
        )  # fmt: skip
        made[row.id] = theirs.counted(recap, row.circle_id)
    return made


def _plenums(unit: Unit, shelf: Shelf, sittings: Sequence[Any]) -> dict[int, tuple[recaps.Point, ...]]:
    """What is shown of what everyone said, by meeting: chosen once, however many groups there are."""
    meetings = {row.meeting_id: row for row in sittings}
    sessions = sources.plenums_at(unit, meetings)
    said = sources.said_in(unit, sessions.values()) if sessions else {}
    return {
        meeting: recaps.compile_plenum(_everyones(unit, shelf, meetings[meeting]), said[session])
        for meeting, session in sessions.items()
    }


def _chosen(unit: Unit, shelf: Shelf, sittings: Sequence[Any]) -> dict[int, tuple[recaps.Decision, ...]]:
    """What was chosen, by session: in the circle, and where everyone met."""
    plenums = sources.plenums_at(unit, {row.meeting_id for row in sittings})
    states = sources.states_of(unit, [*(row.id for row in sittings), *plenums.values()])
    found = {}
    for row in sittings:
        route = shelf.programme(unit, row.content_id).route(row.number)
        own = recaps.decisions(route, states.get(row.id))
        all_of_them = states.get(plenums.get(row.meeting_id, 0))
        found[row.id] = (*own, *recaps.decisions(_everyones(unit, shelf, row), all_of_them, plenum=True))
    return found


def _everyones(unit: Unit, shelf: Shelf, row: Any) -> Route:
    return shelf.programme(unit, row.content_id).route(row.number, everyone=True)


def newest(unit: Unit, sessions: Sequence[int] | dict[int, Any]) -> dict[int, Any]:
    """The newest stored recap of each session: its id, version and status."""
    if not sessions:
        return {}
    r = t.recaps.c
    rows = select(r.session_id, r.id, r.version, r.status).where(r.session_id.in_(list(sessions)))
    return {row.session_id: row for row in unit.all(rows.order_by(r.version))}


def row_of(sitting: Any, points: str) -> dict[str, Any]:
    """What every stored version of a group's recap says of itself, in whatever status."""
    return {
        "organisation_id": sitting.organisation_id, "meeting_id": sitting.meeting_id, "session_id": sitting.id,
        "points": points, "words": None, "approved_at": None, "approved_by": None,
    }  # fmt: skip
