"""What recaps are made from. A statement a table, however many groups; words are never read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, get_args

import msgspec
from sqlalchemy import and_, distinct, exists, func, or_, select

from flows import recap as recaps
from flows import state as states
from flows.effects import Role
from flows.kinds.finding import RELEASED
from flows.message import Levels, Message
from flows.recap import ActionState
from storage import tables as t
from storage.unit import SessionRow, Unit

#: What counts as having said something to the others: a list, so that a new role counts only if someone says so.
#: What a person wrote to Runda alone is not in it.
SAID: tuple[Role, ...] = ("answer", "note", "finding", "action", "reflection")
#: A finding that others may see: said yes to, or to other words for it that are still there.
_LET_OUT = or_(
    t.findings.c.state == "yes", and_(t.findings.c.state == "reworded", t.findings.c.words_id.is_not(None))
)


_message = msgspec.json.Decoder(Message).decode

# -- sittings


def sittings() -> Any:
    """Sessions with what is needed to make their recap."""
    s, mt, se, c = t.sessions.c, t.meetings.c, t.series.c, t.circles.c
    content = func.coalesce(mt.content_id, se.content_id).label("content_id")
    return (
        select(
            s.id, s.organisation_id, s.series_id, s.circle_id, s.meeting_id, s.place_id, s.phase, s.starts_at,
            mt.number, content, se.answering, c.name, c.number.label("circle_number"),
        )
        .join(t.meetings, mt.id == s.meeting_id)
        .join(t.series, se.id == s.series_id)
        .join(t.circles, c.id == s.circle_id)
    )  # fmt: skip


def said_something() -> Any:
    """Whether anybody said anything in the session of the enclosing statement."""
    r = t.replies.c
    return exists().where(r.session_id == t.sessions.c.id, r.role.in_(SAID))


def last_sittings(unit: Unit, rows: Sequence[SessionRow]) -> dict[int, Any]:
    """The last sitting of each circle before these in which something was said, by the id of the session that opens.

    One at which nobody was, or nothing was said, has nothing to be opened with: the one before it is meant.
    """
    s = t.sessions.c
    circles = {row.circle_id for row in rows}
    finished = sittings().where(s.circle_id.in_(circles), s.phase == "finished", said_something())
    by_circle: dict[int, list[Any]] = defaultdict(list)
    for found in unit.all(finished.order_by(t.meetings.c.number)):
        by_circle[found.circle_id].append(found)
    before = {row.id: [each for each in by_circle[row.circle_id] if each.number < row.number] for row in rows}
    return {session: found[-1] for session, found in before.items() if found}


# -- of one group


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
    """What the groups have put forward and not withdrawn, by session."""
    f = t.findings.c
    found: dict[int, list[recaps.FindingRow]] = defaultdict(list)
    mine = select(t.findings).where(f.session_id.in_(list(sessions)), f.state != "withdrawn")
    for row in unit.all(mine):
        found[row.session_id].append(recaps.FindingRow(row.reply_id, row.state, row.words_id))
    return found


def actions_of(unit: Unit, sessions: Iterable[int]) -> dict[int, list[recaps.ActionRow]]:
    """What the groups promised in these sessions, or said there how it stands, and have not withdrawn; by session.

    Each in the state that it has now: what was under way then may be done since.
    """
    wanted = list(sessions)
    a, r = t.actions.c, t.replies.c
    told_in = _told_in(unit, wanted)
    promised = select(r.session_id, a.reply_id, a.state).join(t.replies, r.id == a.reply_id)
    mine = promised.where(
        or_(r.session_id.in_(wanted), a.reply_id.in_(list(told_in))), a.state.in_(get_args(ActionState))
    )
    found: dict[int, list[recaps.ActionRow]] = defaultdict(list)
    for row in unit.all(mine):
        for session in {row.session_id, *told_in[row.reply_id]}.intersection(wanted):
            found[session].append(recaps.ActionRow(row.reply_id, row.state))
    return found


def _told_in(unit: Unit, sessions: Sequence[int]) -> dict[int, list[int]]:
    """In which of these sessions it was said how an action stands. Only what a session went through knows that."""
    s = t.sessions.c
    found: dict[int, list[int]] = defaultdict(list)
    for row in unit.all(select(s.id, s.state).where(s.id.in_(sessions), s.state.is_not(None))):
        for one in states.load(row.state).actions:
            found[one.reply].append(row.id)
    return found


def shared_at(unit: Unit, meetings: Iterable[int]) -> dict[int, list[recaps.Shared]]:
    """What groups have released at these meetings, by meeting."""
    f, s = t.findings.c, t.sessions.c
    released = (
        select(s.meeting_id, s.circle_id, f.reply_id, f.words_id)
        .join(t.sessions, s.id == f.session_id)
        .where(s.meeting_id.in_(list(meetings)), _LET_OUT)
    )
    found: dict[int, list[recaps.Shared]] = defaultdict(list)
    for row in unit.all(released):
        found[row.meeting_id].append(recaps.Shared(row.reply_id, row.circle_id, row.words_id))
    return found


def plenums_at(unit: Unit, meetings: Iterable[int]) -> dict[int, int]:
    """Everyone's session of these meetings, by meeting, where there is one."""
    s, c = t.sessions.c, t.circles.c
    held = select(s.meeting_id, s.id).join(t.circles, c.id == s.circle_id)
    mine = held.where(s.meeting_id.in_(list(meetings)), c.kind == "everyone")
    return {row.meeting_id: row.id for row in unit.all(mine)}


# -- across groups: counted by the database, however much was said


def states_of(unit: Unit, sessions: Iterable[int]) -> dict[int, states.State]:
    """How sessions stand, for what a vote has left."""
    s = t.sessions.c
    rows = unit.all(select(s.id, s.state).where(s.id.in_(list(sessions)), s.state.is_not(None)))
    return {row.id: states.load(row.state) for row in rows}


def turnout(unit: Unit, meetings: Sequence[int], *, table: bool) -> recaps.Turnout:
    """How many groups and people said something at any of these. At a table one writes for all, and nobody is counted.

    Asked for each who is or was in a group, whether there is anything of theirs: that takes as long however much there
    is. Whoever is in no group is not heard there.
    """
    s, found = t.sessions.c, _spoke(meetings)
    counted: Any = select(func.count(distinct(found.c.circle)), func.count(distinct(found.c.person)))
    groups, people = unit.all(counted)[0]
    of = unit.all(select(func.count(distinct(s.circle_id))).where(_of_groups(meetings)))[0][0]
    return recaps.Turnout(groups, of, 0 if table else people)


def came_from(unit: Unit, meeting_id: int) -> dict[int, int]:
    """How many people who said something in a meeting's groups are from each unit; 0: where it is not known."""
    p, found = t.people.c, _spoke([meeting_id])
    counted: Any = select(p.unit_id, func.count(distinct(p.id))).join(found, found.c.person == p.id)
    return {key or 0: n for key, n in unit.all(counted.group_by(p.unit_id))}


def _spoke(meetings: Sequence[int]) -> Any:
    """Who said something in which group at any of these meetings."""
    r, s, m = t.replies.c, t.sessions.c, t.memberships.c
    theirs = r.session_id == s.id, r.person_id == m.person_id
    said = exists().where(*theirs, r.role.in_(SAID))
    spoke = select(m.circle_id.label("circle"), m.person_id.label("person")).join(
        t.sessions, m.circle_id == s.circle_id
    )
    return spoke.where(_of_groups(meetings), said).subquery()


def groups_at(unit: Unit, meeting_id: int) -> list[int]:
    """The groups' sessions of a meeting."""
    return [row.id for row in unit.all(select(t.sessions.c.id).where(_of_groups([meeting_id])))]


def paired_at(unit: Unit, meeting_id: int) -> recaps.Turnout:
    """How many pairs were drawn at a meeting, and of how many people; three who meet are one."""
    p, s = t.pairs.c, t.sessions.c
    drawn = select(p.one_id, p.other_id).join(t.sessions, s.id == p.session_id)
    together: dict[int, set[int]] = {}
    for row in unit.all(drawn.where(s.meeting_id == meeting_id)):
        met = {row.one_id, row.other_id}
        met |= {each for person in tuple(met) for each in together.get(person, ())}
        together |= dict.fromkeys(met, met)
    pairs = len({min(met) for met in together.values()})
    return recaps.Turnout(pairs, pairs, len(together))


def released_at(unit: Unit, meeting_id: int) -> tuple[list[recaps.FindingRow], dict[int, str]]:
    """The findings that the groups of a meeting have released, and the words of each as it was let out.

    Of what people wrote, these words alone are read for managers.
    """
    f, s, r, wrote = t.findings.c, t.sessions.c, t.replies.c, t.replies.alias("wrote").c
    let_out = func.coalesce(f.words_id, f.reply_id)
    mine = (
        select(f.reply_id, f.state, f.words_id, s.circle_id, wrote.step, r.words.label("said"))
        .join(t.sessions, s.id == f.session_id)
        .join(t.replies, r.id == let_out)
        .join(wrote.id.table, wrote.id == f.reply_id)
    )
    found = unit.all(mine.where(_of_groups([meeting_id]), f.state.in_(RELEASED), _LET_OUT))
    rows = [
        recaps.FindingRow(row.reply_id, row.state, row.words_id, row.circle_id, row.step) for row in found
    ]
    return rows, {row.reply_id: row.said for row in found}


def spreads_shown(unit: Unit, session: int | None) -> tuple[Levels, ...]:
    """The spreads that everyone's session has shown, each with exactly the replies that it was shown with.

    As its messages say: a group that came later is in none of them. Of each scale the first, if it was shown again.
    """
    if session is None:
        return ()
    o = t.outbox.c
    asked = select(o.body).where(o.session_id == session, o.kind == "say", o.body.contains('"type":"levels"'))
    found: dict[str, Levels] = {}
    for row in unit.all(asked.order_by(o.id)):
        for part in _message(row.body).parts:
            if isinstance(part, Levels):
                found.setdefault(part.step, part)
    return tuple(found.values())


def actions_counted(unit: Unit, meeting_id: int) -> recaps.ActionCounts:
    """The actions of the series' groups from its beginning up to and including that meeting.

    Each in the state that it has now, which the follow-up of a later meeting may have given it: managers want to know
    what became of things, and no state but the last is kept. Asked of each action, whose reply it is: so it takes as
    long however much else was said.
    """
    a, r, s, mt, c = t.actions.c, t.replies.c, t.sessions.c, t.meetings.c, t.circles.c
    this = select(mt.series_id, mt.number).where(mt.id == meeting_id).subquery()
    groups = select(c.id).where(c.series_id == this.c.series_id, c.kind == "group")
    sat = t.replies.join(t.sessions, s.id == r.session_id).join(t.meetings, mt.id == s.meeting_id)
    by_then = exists().select_from(sat).where(r.id == a.reply_id, mt.number <= this.c.number)
    mine = select(a.state, func.count()).where(a.circle_id.in_(groups), by_then.correlate(t.actions))
    mine = mine.where(a.state.in_(get_args(ActionState))).group_by(a.state)
    return recaps.ActionCounts(**{state.replace("-", "_"): count for state, count in unit.all(mine)})


def _of_groups(meetings: Sequence[int]) -> Any:
    """Sessions of groups, and not everyone's, at these meetings."""
    return and_(t.sessions.c.meeting_id.in_(meetings), _of_a_group())


def _of_a_group() -> Any:
    return exists().where(t.circles.c.id == t.sessions.c.circle_id, t.circles.c.kind == "group")
