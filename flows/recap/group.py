"""A group's recap: what it said in one round. The rules are told in `flows.recap`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flows.effects import Role
from flows.kinds.choose import Choose
from flows.kinds.level import Level
from flows.kinds.note import Note
from flows.programme import Route
from flows.recap.shapes import ActionRow, Decision, FindingRow, GroupRecap, Point, Question, Said, Shared, Why
from flows.state import Agreed, Chosen, State

#: Points on one question, and thoughts since last time (design.md section 8).
MOST = 3
#: Lines of other groups: about as many as are read before a meeting goes on.
OTHERS = 6
#: An answer of fewer characters says yes or no to what somebody else said.
SCANT = 15


def compile_group(
    route: Route,
    said: Iterable[Said],
    findings: Iterable[FindingRow] = (),
    actions: Iterable[ActionRow] = (),
    shared: Iterable[Shared] = (),
    plenum: tuple[Point, ...] = (),
    *,
    table: bool = False,
    chosen: tuple[Decision, ...] = (),
) -> GroupRecap:
    """The recap of one circle's way through one round.

    `said` are the circle's replies in that round that have not been removed; `shared` is without the circle's
    own. `chosen` are `decisions` of its session and of everyone's. `actions` are those named or followed up there.
    `plenum` are points of `compile_plenum`. `table`: one person wrote for all.
    """
    rows, topics, quoted = sorted(said, key=_when), _topics(route), Counter[int]()
    asides = {row.reply for row in rows if row.role == "aside"}
    #: A line that was put forward with the findings stands under its question.
    elsewhere = asides | {row.reply for row in rows if row.role == "note"}
    reflections = _points((), _answers(rows, "reflection", table=table), quoted)
    questions, tables = [], _tables(route)
    for topic in dict.fromkeys(topics.values()):
        here = [row for row in rows if row.step is not None and topics.get(row.step) == topic]
        notes = [row for row in here if row.role == "note"]
        columns = tables.get(topic, ())
        most = len(notes) if columns else MOST
        points = _points(notes, _answers(here, "answer", table=table), quoted, most)
        noted = (notes[0].step or "").partition(".")[0] if notes else None
        questions.append(Question(topic, points, noted, columns))
    others = _spread_over_circles(route.round, shared)
    return GroupRecap(
        round=route.round,
        reflections=reflections,
        questions=tuple(question for question in questions if question.points),
        unanswered=tuple(question.step for question in questions if not question.points),
        findings=tuple(sorted((row for row in findings if row.reply not in elsewhere), key=_by_reply)),
        actions=tuple(sorted((row for row in actions if row.reply not in asides), key=_by_reply)),
        others=others[:OTHERS],
        more=len(others[OTHERS:]),
        plenum=plenum,
        chosen=chosen,
    )


def decisions(route: Route, state: State | None, *, plenum: bool = False) -> tuple[Decision, ...]:
    """What a session has chosen so far; `plenum`: it is everyone's."""
    if state is None:
        return ()
    chosen = (_decision(route, one, plenum) for one in state.chosen if one.options)
    levels = (_levels(route, at, state.agreed) for at in sorted({one.step for one in state.agreed}))
    return (*chosen, *levels)


def _levels(route: Route, at: int, agreed: tuple[Agreed, ...]) -> Decision:
    """What a circle agreed on, item by item."""
    step = route.steps[at]
    assert isinstance(step, Level), "only this kind has people agree on levels"
    scale, here = (
        route.scales[step.of],
        sorted((one for one in agreed if one.step == at), key=lambda one: one.item),
    )
    names = tuple(f"{scale.id}.items.{scale.items[one.item]}" for one in here)
    return Decision(step.id, options=names, levels=tuple(one.level for one in here))


def _decision(route: Route, one: Chosen, plenum: bool) -> Decision:
    step = route.steps[one.step]
    assert isinstance(step, Choose), "only a vote leaves something chosen"
    question = f"{step.id}.ask" if step.options else step.id
    if step.options:
        names = tuple(f"{step.id}.{step.options[n]}" for n in one.options)
        return Decision(question, options=names, plenum=plenum)
    if scale := route.scales.get(step.of or ""):
        names = tuple(f"{scale.id}.items.{scale.items[n]}" for n in one.options)
        return Decision(question, options=names, plenum=plenum)
    return Decision(question, replies=one.options, plenum=plenum)


def compile_plenum(route: Route, said: Iterable[Said]) -> tuple[Point, ...]:
    """At most three points of what was answered where everyone met; every group that was there is shown the same.

    `route` and `said` are of everyone's session. Only for those who take part in the series: all of them could hear it.
    """
    topics = _topics(route)
    rows = [row for row in sorted(said, key=_when) if row.step in topics]
    return _points(
        (row for row in rows if row.role == "note"), _answers(rows, "answer", table=False), Counter()
    )


def _when(row: Said) -> tuple[datetime, int]:
    return row.sent_at, row.reply


def _by_reply(row: FindingRow | ActionRow) -> int:
    return row.reply


def _topics(route: Route) -> dict[str, str]:
    """From a step that people answer to the question it belongs to; for a note, the one that it is of."""
    own = {topic: topic for step in route.steps for topic in step.topics()}
    return {**own, **{step.id: step.of for step in route.steps if isinstance(step, Note)}}


def _tables(route: Route) -> dict[str, tuple[str, ...]]:
    """By question, the texts of the columns of what was written as rows."""
    with_columns = ((step, step.columns()) for step in route.steps)
    return {topic: tuple(".".join((step.id, *one)) for one in columns)
            for step, columns in with_columns if columns for topic in step.topics()}  # fmt: skip


@dataclass(frozen=True)
class _Answer:
    """What one person said to one question, in the order in which it was written."""

    parts: tuple[Said, ...]

    @property
    def person(self) -> int:
        return self.parts[0].person

    @property
    def late(self) -> bool:
        return self.parts[0].late

    @property
    def scant(self) -> bool:
        return sum(part.size for part in self.parts) < SCANT

    @property
    def reactions(self) -> int:
        """Those of its best part: an answer does not gain by being cut in pieces."""
        return max(part.reactions for part in self.parts)

    def point(self, why: Why) -> Point:
        return Point(tuple(part.reply for part in self.parts), why, self.late)


def _answers(rows: Iterable[Said], role: Role, *, table: bool) -> list[_Answer]:
    """Join the messages that are one answer; the earliest begun first."""
    joined: dict[object, list[Said]] = {}
    for row in rows:
        if row.role == role:
            joined.setdefault(row.reply if table else (row.person, row.step, row.late), []).append(row)
    return [_Answer(tuple(parts)) for parts in joined.values()]


def _points(
    notes: Iterable[Said], answers: Iterable[_Answer], quoted: Counter[int], most: int = MOST
) -> tuple[Point, ...]:
    """At most three points, by the rules. `quoted` counts the points of each person, and is added to.

    A note says already what the group made of what was said: besides stands what others marked, or what came late.
    """
    best = sorted(notes, key=lambda row: (-row.reactions, row.late))[:most]
    points = [Point((row.reply,), "note", row.late) for row in sorted(best, key=_when)]
    left, here = [one for one in answers if not best or one.reactions or one.late], Counter[int]()

    def turn(one: _Answer) -> tuple[int, int, bool, int, bool]:
        return -one.reactions, here[one.person], one.scant, quoted[one.person], one.late

    while left and len(points) < most:
        chosen = min(left, key=turn)
        left.remove(chosen)
        here[chosen.person] += 1
        points.append(chosen.point("marked" if chosen.reactions else "spread"))
    quoted.update(here)
    return tuple(points)


def _spread_over_circles(salt: str, shared: Iterable[Shared]) -> tuple[Shared, ...]:
    """One line of each circle before a second of any; which come first is drawn by lot, always the same."""
    drawn = sorted(shared, key=lambda row: lot(salt, row.reply))
    seen, turns = Counter[int](), dict[int, int]()
    for row in drawn:
        turns[row.reply] = seen[row.circle]
        seen[row.circle] += 1
    return tuple(sorted(drawn, key=lambda row: turns[row.reply]))


def lot(salt: str, reply: int) -> bytes:
    """A place in an order that says nothing of when or where a reply was written."""
    return hashlib.sha256(f"{salt} {reply}".encode()).digest()
