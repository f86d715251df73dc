"""What a recap chooses, by rule; what it leaves out; that nothing takes the place of what is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from ruamel.yaml import YAML

from flows import message as m
from flows.effects import Role, Say
from flows.events import Setting
from flows.kinds.action import FollowUp, PlanActions
from flows.kinds.ask import Ask
from flows.kinds.finding import PutForward
from flows.kinds.note import Note
from flows.kinds.plenum import Share
from flows.kinds.recap import LookBack
from flows.language import placeholders
from flows.levels import FEW
from flows.programme import Route
from flows.recap import (
    ActionCounts,
    ActionRow,
    Decision,
    FindingRow,
    GroupRecap,
    IdeaCount,
    ManagerRecap,
    Numbered,
    Point,
    Question,
    Said,
    Shared,
    Turnout,
    compile_group,
    compile_manager,
    compile_plenum,
    compile_whole,
    counts_only,
    decisions,
    dump,
    from_units,
    load,
    parts,
    settled,
    without,
)
from flows.state import Agreed, Chosen, State
from flows.turn import Turn
from tests.flows.stage import route_of

START = datetime(2026, 10, 13, 9, tzinfo=UTC)
ROUTE = Route(
    "status",
    (
        LookBack(recap="last-time"),
        FollowUp.model_validate({"follow-up": "since"}),
        Ask(ask="fits"),
        Note(note="fits-note", of="fits"),
        Ask(ask="local"),
        Ask(ask="meaning"),
        PutForward(finding="aha"),
        PlanActions(action="next"),
    ),
)
KARI, OLA, SIV = 1001, 1002, 1003


def said(
    reply: int, person: int = KARI, step: str | None = "fits", role: Role = "answer", **more: Any
) -> Said:
    """A reply of usual length, sent so many minutes after the start as its id says."""
    more = {"size": 80, "sent_at": START + timedelta(minutes=reply), **more}
    return Said(reply=reply, person=person, step=step, role=role, **more)


def points(recap: GroupRecap, step: str) -> tuple[Point, ...]:
    return next((question.points for question in recap.questions if question.step == step), ())


def chosen(recap: GroupRecap, step: str = "fits") -> list[tuple[int, ...]]:
    return [point.replies for point in points(recap, step)]


# -- what is chosen


PLENUM = Route("status", (Share(share="shared"), Ask(ask="together")))


def test_of_the_plenum_three_answers_are_chosen_as_for_one_question_and_every_group_is_shown_them() -> None:
    rows = [
        said(1, KARI, "shared"), said(2, OLA, "together", reactions=2), said(3, KARI, "together"),
        said(4, SIV, "together"), said(5, SIV, "together", "reflection"), said(6, SIV, "fits"),
    ]  # fmt: skip
    chosen_there = compile_plenum(PLENUM, rows)
    assert [point.replies for point in chosen_there] == [(2,), (1,), (4,)]
    recap = compile_group(ROUTE, [said(9)], plenum=chosen_there)
    assert m.Heading(m.text("recap.plenum")) in parts(recap)
    assert load(dump(recap)) == recap
    assert without(recap, {2, 4}).plenum == (Point((1,), "spread"),)
    assert m.Heading(m.text("recap.plenum")) not in parts(without(recap, {1, 2, 4}))


def test_what_others_reacted_to_comes_first_then_a_spread_and_besides_a_note_only_what_it_cannot_hold() -> (
    None
):
    """A note and a spread over what it was made from said much the same twice."""
    rows = [said(1, OLA), said(2, SIV, reactions=2), said(3, KARI), said(4, OLA, late=True)]
    assert points(compile_group(ROUTE, rows), "fits") == (
        Point((2,), "marked"), Point((1,), "spread"), Point((3,), "spread"),
    )  # fmt: skip
    assert points(compile_group(ROUTE, [*rows, said(9, KARI, "fits-note", "note")]), "fits") == (
        Point((9,), "note"), Point((2,), "marked"), Point((4,), "spread", late=True),
    )  # fmt: skip


def test_of_a_long_note_the_lines_with_most_reactions_stay_in_the_order_they_were_written() -> None:
    lines = [said(reply, step="fits-note", role="note") for reply in (1, 2, 3)]
    marked = [said(4, step="fits-note", role="note", reactions=3), said(5, OLA, reactions=9)]
    assert chosen(compile_group(ROUTE, [*marked, *lines])) == [(1,), (2,), (4,)]


def test_most_reactions_come_first_and_of_equals_the_earliest() -> None:
    rows = [said(1, OLA, reactions=1), said(2, SIV, reactions=4), said(3, KARI, reactions=1)]
    assert chosen(compile_group(ROUTE, rows)) == [(2,), (1,), (3,)]


def test_several_messages_of_one_person_to_one_question_are_one_answer_in_their_order() -> None:
    rows = [said(4, OLA), said(3, KARI), said(1, KARI), said(2, OLA, step="local")]
    recap = compile_group(ROUTE, rows)
    assert chosen(recap) == [(1, 3), (4,)]
    assert chosen(recap, "local") == [(2,)]


def test_an_answer_does_not_gain_reactions_by_being_cut_in_pieces() -> None:
    rows = [said(1, KARI, reactions=2), said(2, KARI, reactions=2), said(3, OLA, reactions=3)]
    assert chosen(compile_group(ROUTE, rows)) == [(3,), (1, 2)]


def test_what_came_late_is_an_answer_of_its_own_and_marked() -> None:
    rows = [said(1, KARI), said(2, KARI, late=True), said(3, OLA, size=2)]
    assert points(compile_group(ROUTE, rows), "fits") == (
        Point((1,), "spread"), Point((3,), "spread"), Point((2,), "spread", late=True),
    )  # fmt: skip


def test_what_came_late_waits_for_what_came_in_time() -> None:
    rows = [
        said(1, KARI, late=True),
        said(2, OLA),
        said(3, SIV, reactions=1, late=True),
        said(4, 1004, reactions=1),
    ]
    assert chosen(compile_group(ROUTE, rows)) == [(4,), (3,), (2,)]
    assert chosen(compile_group(ROUTE, rows[:2])) == [(2,), (1,)]
    notes = [said(reply, step="fits-note", role="note", late=reply < 3) for reply in range(1, 5)]
    assert chosen(compile_group(ROUTE, notes)) == [(1,), (3,), (4,)]


def test_of_what_was_said_at_the_same_moment_the_lower_id_is_first() -> None:
    rows = [said(reply, 1000 + reply, sent_at=START) for reply in (3, 1, 4, 2)]
    assert chosen(compile_group(ROUTE, rows)) == [(1,), (2,), (3,)]


def test_at_a_table_every_message_of_the_note_taker_is_an_answer() -> None:
    rows = [said(1), said(2), said(3), said(4)]
    assert chosen(compile_group(ROUTE, rows, table=True)) == [(1,), (2,), (3,)]
    assert chosen(compile_group(ROUTE, rows)) == [(1, 2, 3, 4)]


def test_what_says_no_more_than_yes_waits_until_last() -> None:
    rows = [said(1, KARI, size=3), said(2, OLA), said(3, SIV, size=14), said(4, 1004, size=15)]
    assert chosen(compile_group(ROUTE, rows)) == [(2,), (4,), (1,)]


def test_the_quickest_do_not_have_every_question() -> None:
    people = (KARI, OLA, SIV, 1004, 1005)
    first = [said(reply, person, "fits") for reply, person in enumerate(people, 1)]
    second = [said(10 + reply, person, "local") for reply, person in enumerate(people, 1)]
    recap = compile_group(ROUTE, [*first, *second])
    assert chosen(recap, "fits") == [(1,), (2,), (3,)]
    assert chosen(recap, "local") == [(14,), (15,), (11,)]


def test_thoughts_since_last_time_are_chosen_by_the_same_rules() -> None:
    rows = [said(r, person, "last-time", "reflection") for r, person in enumerate((KARI, OLA, SIV, 1004), 1)]
    rows.append(said(9, SIV, "since", "reflection", reactions=1))
    assert compile_group(ROUTE, rows).reflections == (
        Point((9,), "marked"), Point((1,), "spread"), Point((2,), "spread"),
    )  # fmt: skip


def test_questions_stand_in_the_order_of_the_round_and_those_without_an_answer_apart() -> None:
    recap = compile_group(ROUTE, [said(1, step="meaning"), said(2, step="fits", role="solo")])
    assert [question.step for question in recap.questions] == ["meaning"]
    assert recap.unanswered == ("fits", "local")


def test_what_people_answer_when_the_groups_share_is_in_everyones_recap() -> None:
    everyone = Route("status", (Share(share="shared"), Ask(ask="together")))
    recap = compile_group(everyone, [said(1, step="shared")])
    assert recap.questions == (Question("shared", (Point((1,), "spread"),)),)
    assert recap.unanswered == ("together",)


def test_findings_and_actions_stand_in_order_but_for_what_was_no_answer() -> None:
    recap = compile_group(
        ROUTE,
        [said(2, step="aha", role="aside"), said(6, step="next", role="aside")],
        [FindingRow(3, "no"), FindingRow(2, "yes"), FindingRow(1, "reworded", 8)],
        [ActionRow(7, "open"), ActionRow(6, "open"), ActionRow(5, "done")],
    )
    assert recap.findings == (FindingRow(1, "reworded", 8), FindingRow(3, "no"))
    assert recap.actions == (ActionRow(5, "done"), ActionRow(7, "open"))


def test_of_what_others_released_every_group_has_a_line_before_any_has_two() -> None:
    shared = [Shared(reply, reply // 10) for reply in (11, 12, 13, 14, 21, 22, 31, 41)]
    recap = compile_group(ROUTE, [], shared=shared)
    assert {row.circle for row in recap.others[:4]} == {1, 2, 3, 4}
    assert {row.circle for row in recap.others[4:]} == {1, 2}
    assert (len(recap.others), recap.more) == (6, 2)


def test_of_many_groups_it_is_not_always_the_first_that_are_shown() -> None:
    """By lot: in another round the lot falls on others, and it never changes within one."""
    shared = [Shared(reply, reply) for reply in range(1, 51)]
    routes = (Route(name, ROUTE.steps) for name in ("status", "resources", "team"))
    shown = [{row.circle for row in compile_group(route, [], shared=shared).others} for route in routes]
    assert len(set().union(*shown)) > 6


# -- what always holds

STEPS = (*(step.id for step in ROUTE.steps), *["fits"] * 8, "local", None)
ROLES = (*get_args(Role), *["answer"] * 8, "reflection")
PEOPLE = st.integers(1001, 1005)
REPLIES = st.integers(1, 60)
ROWS = st.lists(
    st.builds(
        said, REPLIES, PEOPLE, st.sampled_from(STEPS), st.sampled_from(ROLES), late=st.booleans(),
        size=st.integers(1, 40), reactions=st.sampled_from((0, 0, 0, 1, 2)),
        sent_at=st.integers(0, 9).map(lambda n: START + timedelta(minutes=n)),
    ), unique_by=lambda row: row.reply, max_size=40,
)  # fmt: skip
WORDS = st.none() | REPLIES
FINDINGS = st.lists(
    st.builds(FindingRow, REPLIES, st.sampled_from(("proposed", "yes", "no", "reworded")), WORDS),
    unique_by=lambda row: row.reply, max_size=6,
)  # fmt: skip
ACTIONS = st.lists(
    st.builds(ActionRow, REPLIES, st.sampled_from(("open", "under-way", "done", "dropped"))),
    unique_by=lambda row: row.reply, max_size=6,
)  # fmt: skip
SHARED = st.lists(
    st.builds(Shared, st.integers(61, 99), st.integers(1, 4), WORDS),
    unique_by=lambda row: row.reply,
    max_size=12,
)
RECAPS = st.builds(compile_group, st.just(ROUTE), ROWS, FINDINGS, ACTIONS, SHARED, table=st.booleans())
MANAGERS = st.builds(compile_manager, st.just(ROUTE), st.just(Turnout(3, 4, 17)), FINDINGS, ACTIONS)


def lines(recap: GroupRecap | ManagerRecap) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every line, with the replies that it rests on."""
    if isinstance(recap, ManagerRecap):
        yield from ((str(row.number), (row.reply, *_of(row.words))) for row in recap.findings or ())
        return
    for step, listed in [*((q.step, q.points) for q in recap.questions), ("since", recap.reflections)]:
        yield from ((step, point.replies) for point in listed)
    yield from (("finding", (row.reply, *_of(row.words))) for row in recap.findings)
    yield from (("finding", (row.reply, *_of(row.words))) for row in recap.others)
    yield from (("action", (row.reply,)) for row in recap.actions)


def _of(words: int | None) -> tuple[int, ...]:
    return () if words is None else (words,)


@given(ROWS, FINDINGS, ACTIONS, SHARED, st.randoms(use_true_random=False))
def test_the_same_rows_in_any_order_give_the_same_recap(
    rows: list[Said], findings: list[FindingRow], actions: list[ActionRow], shared: list[Shared], random: Any
) -> None:
    recap = compile_group(ROUTE, rows, findings, actions, shared)
    told = compile_manager(ROUTE, Turnout(1, 1, 5), findings, actions)
    for each in (rows, findings, actions, shared):
        random.shuffle(each)
    assert compile_group(ROUTE, rows, findings, actions, shared) == recap
    assert compile_manager(ROUTE, Turnout(1, 1, 5), findings, actions) == told


@given(ROWS, st.booleans())
def test_only_answers_notes_and_thoughts_are_quoted_at_their_own_question_and_three_at_most(
    rows: list[Said], table: bool
) -> None:
    recap, of = compile_group(ROUTE, rows, table=table), {row.reply: row for row in rows}
    for question in recap.questions:
        assert 1 <= len(question.points) <= 3
        for row in (of[reply] for point in question.points for reply in point.replies):
            assert row.role in ("answer", "note")
            assert row.step in (question.step, f"{question.step}-note")
    assert len(recap.reflections) <= 3
    assert all(of[r].role == "reflection" for point in recap.reflections for r in point.replies)
    quoted = [reply for _, replies in lines(recap) for reply in replies]
    assert len(quoted) == len(set(quoted)), "nothing is quoted twice"


@given(ROWS)
def test_nobody_is_quoted_twice_on_a_question_before_everybody_once(rows: list[Said]) -> None:
    plain = [msgspec.structs.replace(row, reactions=0) for row in rows]
    recap, of = compile_group(ROUTE, plain), {row.reply: row.person for row in plain}
    for question in recap.questions:
        heard = [of[point.replies[0]] for point in question.points if point.why == "spread"]
        here = (question.step, f"{question.step}-note")
        noted = any(point.why == "note" for point in question.points)  # which says what came before it
        said = (row for row in plain if row.role == "answer" and row.step in here)
        spoke = {row.person for row in said if row.late or not noted}
        assert len(heard) == len(set(heard)) or set(heard) == spoke


@given(ROWS)
def test_every_question_is_shown_or_unanswered(rows: list[Said]) -> None:
    recap = compile_group(ROUTE, rows)
    assert sorted([*(q.step for q in recap.questions), *recap.unanswered]) == ["fits", "local", "meaning"]


# -- taking back


@given(st.one_of(RECAPS, MANAGERS), st.sets(st.integers(1, 99), max_size=30))
def test_what_is_taken_back_takes_its_lines_and_nothing_takes_their_place(recap: Any, gone: set[int]) -> None:
    def expected(step: str, replies: tuple[int, ...]) -> tuple[int, ...]:
        answer = step not in ("finding", "action") and not step.isdecimal()
        left = tuple(reply for reply in replies if reply not in gone)
        return left if answer or left == replies else ()

    before = [(step, expected(step, replies)) for step, replies in lines(recap)]
    assert list(lines(without(recap, gone))) == [line for line in before if line[1]]
    for told in ("unanswered", "more", "people", "groups"):
        assert getattr(without(recap, gone), told, None) == getattr(recap, told, None)


@given(st.one_of(RECAPS, MANAGERS), st.sets(REPLIES), st.sets(REPLIES))
def test_taking_back_in_turn_is_taking_back_at_once(recap: Any, one: set[int], other: set[int]) -> None:
    assert without(without(recap, one), other) == without(recap, one | other)
    assert without(recap, ()) == recap


def test_a_question_whose_last_line_is_taken_back_goes_and_is_not_called_unanswered() -> None:
    recap = without(compile_group(ROUTE, [said(1), said(2, OLA, step="local")]), {1})
    assert [question.step for question in recap.questions] == ["local"]
    assert recap.unanswered == ("meaning",)


def test_a_finding_goes_with_its_rewording_for_what_is_left_was_never_released() -> None:
    told = compile_manager(ROUTE, Turnout(1, 1, 5), [FindingRow(1, "reworded", 2)])
    assert told.findings == (Numbered(1, 1, 2),)
    assert without(told, {2}).findings == ()
    assert compile_manager(ROUTE, Turnout(1, 1, 5), [FindingRow(1, "reworded")]).findings == ()


# -- managers


def test_managers_get_released_findings_and_counts_and_nothing_else() -> None:
    states = ("proposed", "yes", "no", "reworded")
    findings = [FindingRow(reply, state, 50) for reply, state in enumerate(states, 1)]
    actions = [ActionRow(7, "open"), ActionRow(8, "under-way"), ActionRow(9, "open"), ActionRow(6, "dropped")]
    told = compile_manager(ROUTE, Turnout(2, 3, 11), findings, actions)
    assert (told.groups, told.of, told.people) == (2, 3, 11)
    assert {row.reply for row in told.findings or ()} == {2, 4}
    assert told.actions == ActionCounts(open=2, under_way=1, dropped=1)


@pytest.mark.parametrize(("people", "shown"), [(0, None), (4, None), (5, 5), (6, 6)])
def test_fewer_people_than_five_are_not_counted_aloud(people: int, shown: int | None) -> None:
    assert compile_manager(ROUTE, Turnout(1, 2, people)).people == shown


def test_the_order_of_findings_does_not_give_their_group_away() -> None:
    """Replies of one group have ids close to each other; neighbours in the list should not."""
    told = compile_manager(ROUTE, Turnout(9, 9, 45), [FindingRow(reply, "yes") for reply in range(1, 201)])
    replies = [row.reply for row in told.findings or ()]
    assert sorted(replies) == list(range(1, 201))
    near = sum(abs(one - other) <= 3 for one, other in pairwise(replies))
    assert near <= 20, "by chance it would be about six in two hundred"


def test_a_finding_keeps_its_number_when_another_goes() -> None:
    told = compile_manager(ROUTE, Turnout(2, 2, 9), [FindingRow(reply, "yes") for reply in (1, 2, 3)])
    first, second, third = told.findings or ()
    assert without(told, {second.reply}).findings == (first, third)
    assert [row.number for row in (first, second, third)] == [1, 2, 3]


def test_without_approval_only_counts_go_out() -> None:
    told = compile_manager(ROUTE, Turnout(2, 2, 9), [FindingRow(1, "yes")], [ActionRow(2, "done")],
                           chosen=(Decision("next", options=("next.go",), plenum=True),))  # fmt: skip
    bare = counts_only(told)
    assert told.chosen
    assert (bare.findings, bare.people, bare.actions) == (None, 9, ActionCounts(done=1))
    assert bare.chosen == (), "what everyone chose waits for approval (flows.sight)"
    assert without(bare, {1}) == bare


# -- keeping


def numbers(shape: Any) -> set[int]:
    if isinstance(shape, dict | list):
        return set().union(*map(numbers, shape.values() if isinstance(shape, dict) else shape))
    return {shape} if isinstance(shape, int) else set()


@given(st.one_of(RECAPS, MANAGERS))
def test_a_recap_is_kept_as_json_without_people(recap: Any) -> None:
    assert load(dump(recap)) == recap
    assert numbers(json.loads(dump(recap))).isdisjoint(range(1001, 1006))


@given(MANAGERS)
def test_a_managers_recap_has_no_id_in_it_but_those_of_released_findings(told: ManagerRecap) -> None:
    rests = {reply for _, replies in lines(told) for reply in replies}
    counts = {
        told.schema,
        told.groups,
        told.of,
        told.people,
        told.placed,
        *msgspec.structs.astuple(told.actions),
    }
    places = {number for row in told.findings or () for number in (row.number, row.side)}
    assert numbers(json.loads(dump(told))) <= rests | counts | places


#: As stored by the first version; a later one must still read it.
STORED_GROUP = (
    b'{"type":"group","schema":1,"round":"status","questions":[{"step":"fits","points":[{"replies":[1,2],'
    b'"why":"marked","late":true}]}],"findings":[{"reply":3,"state":"reworded","words":4}],"reflections":[],'
    b'"others":[{"reply":5,"circle":6,"words":null}],"more":0,"actions":[{"reply":7,"state":"open"}],'
    b'"unanswered":["local"]}'
)
STORED_MANAGER = (
    b'{"type":"manager","schema":1,"round":"status","groups":2,"of":3,"people":null,'
    b'"findings":[{"number":1,"reply":3,"words":4}],"actions":{"open":1,"under_way":0,"done":0,"dropped":0}}'
)


def test_a_stored_recap_is_read_and_written_as_it_was() -> None:
    recap = load(STORED_GROUP)
    assert recap == GroupRecap(
        round="status",
        questions=(Question("fits", (Point((1, 2), "marked", late=True),)),),
        findings=(FindingRow(3, "reworded", 4),),
        others=(Shared(5, 6),),
        actions=(ActionRow(7, "open"),),
        unanswered=("local",),
    )
    now = STORED_GROUP.replace(b'"more":0,', b'"more":0,"plenum":[],')
    assert dump(recap) == now[:-1] + b',"chosen":[],"answers":[]}'
    later = b',"levels":[],"chosen":[],"common":null,"placed":false,"asks":[],"across":[],"pairs":null'
    assert (
        dump(load(STORED_MANAGER))
        == STORED_MANAGER[:-1] + later + b',"ideas":[],"units":[],"before":null,"rounds":[]}'
    )


def test_what_is_no_recap_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        load(b'{"type":"minutes","round":"status"}')


def test_rows_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match=r"reply 1 .* aware"):
        said(1, sent_at=datetime(2026, 10, 13))  # noqa: DTZ001
    with pytest.raises(ValueError, match="3 of 2 groups"):
        Turnout(3, 2, 10)
    with pytest.raises(ValueError, match="-1 people"):
        Turnout(1, 2, -1)


# -- showing


def own(step: str) -> m.Text:
    return m.programme("rounds", "status", step)


def test_a_groups_recap_is_shown_with_what_matters_most_first() -> None:
    recap = compile_group(
        ROUTE,
        [
            said(1, step="fits-note", role="note"),
            said(2, OLA, step="fits", reactions=1), said(3, OLA, step="fits"),
            said(4, SIV, step="local", late=True),
            said(5, step="last-time", role="reflection"),
        ],
        [FindingRow(6, "yes")], [ActionRow(7, "open")], [Shared(reply, 2) for reply in range(20, 28)],
    )  # fmt: skip
    shown = parts(recap, automatic=True)
    assert shown == (
        m.Heading(m.text("recap.title", theme=own("theme"))),
        m.line("recap.automatic"),
        m.Heading(m.text("recap.findings")), m.Points((m.Finding(6),)),
        m.Heading(own("fits"), "fits-note"), m.Points((m.Quote(1),)),
        m.line("recap.besides"), m.Points((m.Answer((2, 3)),)),
        m.Heading(own("local")), m.Points((m.text("recap.late", words=m.Quote(4)),)),
        m.Heading(m.text("recap.reflections")), m.Points((m.Quote(5),)),
        m.Heading(m.text("recap.others")), m.Points(tuple(m.Finding(row.reply, outside=True) for row in recap.others)),
        m.line("recap.others-more", n=2),
        m.Heading(m.text("recap.actions")), m.Points((m.Action(7),)),
        m.Heading(m.text("recap.unanswered")), m.Points((own("meaning"),)),
        m.line("recap.points-by-rule"),
    )  # fmt: skip
    assert parts(recap) == tuple(part for part in shown if part != m.line("recap.automatic"))


def test_that_others_said_more_is_only_told_where_something_of_theirs_is_shown() -> None:
    def told(of: int, gone: set[int]) -> bool:
        shared = [Shared(reply, 2) for reply in range(1, of + 1)]
        shown = parts(without(compile_group(ROUTE, [], shared=shared), gone))
        return any(isinstance(part, m.Line) for part in shown)

    assert told(7, set())
    assert not told(6, set())
    assert not told(7, set(range(1, 8)))


def test_a_managers_recap_is_shown_as_counts_and_numbered_findings() -> None:
    told = compile_manager(
        ROUTE, Turnout(2, 3, 11), [FindingRow(1, "yes"), FindingRow(2, "yes")], [ActionRow(3, "under-way")]
    )
    first, second = told.findings or ()
    head = (
        m.Heading(m.text("manager.title", title=own("title"))),
        m.line("manager.took-part", n=2, m=3),
        m.line("manager.people", n=11),
    )
    actions = m.line("manager.actions", states=m.text("manager.state.under-way", n=1))
    listed = m.Points(
        (m.Finding(first.reply, outside=True), m.Finding(second.reply, outside=True)),
        numbered=True,
        numbers=(1, 2),
    )
    assert parts(told) == (*head, m.Heading(m.text("manager.findings")), listed, actions)
    left = m.Points((m.Finding(second.reply, outside=True),), numbered=True, numbers=(2,))
    assert parts(without(told, {first.reply}))[4] == left
    assert parts(counts_only(told)) == (*head, m.line("manager.counts-only"), actions)


def test_a_round_where_little_happened_says_so() -> None:
    assert parts(compile_manager(ROUTE, Turnout(0, 3, 0))) == (
        m.Heading(m.text("manager.title", title=own("title"))),
        m.line("manager.took-part", n=0, m=3),
        m.line("manager.no-findings"),
    )


def test_what_a_recap_says_can_be_sent() -> None:
    """Every part is of a message's own types, and comes back from storage as it was."""
    rows = [said(1), said(2), said(3, OLA, late=True)]
    shown = m.message("recap", *parts(compile_group(ROUTE, rows)))
    assert msgspec.json.decode(msgspec.json.encode(shown), type=m.Message) == shown


@pytest.mark.parametrize("language", ["en", "nb", "nn", "sv"])
def test_every_text_of_a_recap_is_in_every_language_with_its_parameters(language: str) -> None:
    raw = (Path(__file__).parents[2] / "flows" / "texts" / f"{language}.yaml").read_text(encoding="utf-8")
    texts = YAML(typ="safe").load(raw)
    rows = [
        said(1, step="fits-note", role="note"),
        said(2, late=True),
        said(3, step="since", role="reflection"),
    ]
    shared = [Shared(reply, 2) for reply in range(4, 12)]
    full = compile_group(ROUTE, rows, [FindingRow(12, "yes")], [ActionRow(13, "open")], shared)
    told = compile_manager(ROUTE, Turnout(1, 2, 9), [FindingRow(12, "yes")], [ActionRow(13, "open")])
    bare = compile_manager(ROUTE, Turnout(0, 2, 0))
    shown = [*parts(full, automatic=True), *parts(told), *parts(bare), *parts(counts_only(told))]
    for text in filter(
        lambda one: not one.key.startswith("programme:"), chain.from_iterable(map(keyed, shown))
    ):
        entry = reduce(lambda level, name: level[name], text.key.split("."), texts)
        assert placeholders(entry) <= text.params.keys(), text.key


def keyed(part: m.Part) -> list[m.Text]:
    if isinstance(part, m.Heading):
        return [part.text]
    items = part.items if isinstance(part, m.Points) else (part.content,) if isinstance(part, m.Line) else ()
    return [item for item in items if isinstance(item, m.Text)]


# -- kinds that ask more than one thing


def test_every_kind_is_quoted_under_what_it_asks() -> None:
    """A form field by field, a decision's owner by itself, and what was written alone not at all."""
    fields = ["goal", {"field": "who", "of": "goal"}]
    steps = [
        {"ask": "one"}, {"note": "one-note", "of": "one"}, {"wait": "outside"}, {"scale": "climate", "items": ["a"]},
        {"spread": "seen", "of": "climate"}, {"choose": "best", "of": "one"}, {"form": "plan", "fields": fields},
        {"form": "before", "fields": ["what"], "alone": True}, {"sentence": "need"}, {"again": "there", "from": "one"},
        {"pitch": "case", "fields": ["need"]}, {"decide": "go-on"},
    ]  # fmt: skip
    topics = [topic for step in route_of({"steps": steps}).steps for topic in step.topics()]
    assert topics == ["one", "outside", "seen", "plan.goal", "plan.who", "need", "case.need", "go-on.owner"]
    assert Share(share="s").topics() == ("s",)


def test_a_field_has_its_own_heading_and_links_to_the_forms_message() -> None:
    route = route_of({"steps": [{"form": "plan", "fields": ["goal", "what"]}]})
    at = datetime(2026, 10, 13, tzinfo=UTC)
    row = Said(reply=1, person=5, step="plan.what", role="note", size=20, sent_at=at)
    recap = compile_group(route, [row])
    assert recap.questions == (Question("plan.what", (Point((1,), "note"),), "plan"),)
    assert recap.unanswered == ("plan.goal",)
    headings = [part for part in parts(recap) if isinstance(part, m.Heading)]
    assert headings[1] == m.Heading(m.programme("rounds", "only", "plan", "what"), "plan")


CHOICES = [
    {"scale": "climate", "items": ["a", "b"]}, {"finding": "aha"}, {"choose": "way", "options": ["x", "y"]},
    {"choose": "item", "of": "climate"}, {"choose": "best", "of": "aha"},
]  # fmt: skip


def test_what_was_chosen_is_told_and_goes_when_it_is_taken_back() -> None:
    route = route_of({"steps": CHOICES})
    setting = Setting(pace="live", answering="each", zone="UTC", number=1, of=1, minutes=25)
    chosen = (Chosen(2, (1,)), Chosen(3, (0,)), Chosen(4, (41, 42)))
    made = decisions(route, State(setting=setting, phase="finished", chosen=chosen))
    assert made == (
        Decision("way.ask", options=("way.y",)), Decision("item", options=("climate.items.a",)),
        Decision("best", replies=(41, 42)),
    )  # fmt: skip
    assert decisions(route, None) == ()
    recap = compile_group(route, [], chosen=made)
    assert m.Points((m.Quote(41), m.Quote(42))) in parts(recap)
    assert without(recap, [41]).chosen[2] == Decision("best", replies=(42,))
    assert without(recap, [41, 42]).chosen == made[:2]


def test_managers_are_told_what_everyone_chose_and_no_words_of_anybodys() -> None:
    route = route_of({"steps": CHOICES})
    spread = m.Levels("climate", (), ("a",), (1, 2, 3, 4, 5))
    chosen = (
        Decision("way.ask", options=("way.y",)), Decision("item", options=("climate.items.a",), plenum=True),
        Decision("best", replies=(41,), plenum=True),
    )  # fmt: skip
    told = compile_manager(route, Turnout(2, 2, 9), levels=(spread,), chosen=chosen)
    assert told.chosen == (chosen[1],)
    assert spread in parts(told)
    assert without(told, [3]).levels == ()
    assert counts_only(told).levels == ()


def test_levels_that_were_agreed_on_are_in_the_recap() -> None:
    route = route_of(
        {"steps": [{"scale": "climate", "items": ["a", "b"]}, {"level": "agreed", "of": "climate"}]}
    )
    setting = Setting(pace="live", answering="each", zone="UTC", number=1, of=1, minutes=25)
    made = decisions(
        route, State(setting=setting, phase="finished", agreed=(Agreed(1, 1, 2), Agreed(1, 0, 3)))
    )
    assert made == (Decision("agreed", options=("climate.items.a", "climate.items.b"), levels=(3, 2)),)
    shown = parts(compile_group(route, [], chosen=made))
    listed = next(part for part in shown if isinstance(part, m.Points))
    assert [item.params["n"] for item in listed.items if isinstance(item, m.Text)] == [3, 2]


# -- what steps hand to managers, and a whole series


CARDS = [
    {"ask": "gaps"}, {"note": "gaps-note", "of": "gaps"}, {"form": "card", "fields": ["need", "partners"]},
    {"scale": "five", "items": ["need", "team"], "low": 0, "high": 4}, {"level": "agreed", "of": "five"},
    {"finding": "best"}, {"release": "let-out", "of": "best", "also": ["gaps-note", "card"]}, {"decide": "go-on"},
]  # fmt: skip


def cards() -> Route:
    return route_of({"steps": CARDS})


def standing(**more: Any) -> State:
    setting = Setting(pace="live", answering="each", zone="UTC", number=1, of=1, minutes=90)
    return State(setting=setting, phase="running", members=(KARI,), **more)


def asked_at(route: Route, step: int) -> list[m.Part]:
    turn = Turn(route, standing(step=step), START)
    turn.open_step()
    return [part for each in turn.effects if isinstance(each, Say) for part in each.message.parts]


def released(reply: int, step: str, circle: int) -> FindingRow:
    return FindingRow(reply, "yes", None, circle, step)


def test_lines_that_were_put_forward_stand_under_what_they_answer_and_a_card_stands_together() -> None:
    rows = [
        released(1, "card.partners", 7), released(2, "card.need", 8), released(3, "gaps-note", 7),
        released(4, "card.need", 7), released(5, "best", 8), released(6, "card.partners", 8),
    ]  # fmt: skip
    told = compile_manager(cards(), Turnout(2, 2, 8), rows)
    listed = [(one.asked, one.field, one.reply) for one in told.findings or ()]
    assert listed[:2] == [("", "", 5), ("gaps", "", 3)]
    assert [(asked, field) for asked, field, _ in listed[2:]] == [
        ("card.ask", "card.need"), ("card.ask", "card.partners"),
    ] * 2  # fmt: skip
    assert {frozenset(reply for *_, reply in listed[2:4]), frozenset(reply for *_, reply in listed[4:])} == {
        frozenset({1, 4}), frozenset({2, 6}),
    }  # fmt: skip
    heads = [part.text.key for part in parts(told) if isinstance(part, m.Heading)]
    assert heads[1:] == ["manager.findings", "programme:rounds.only.gaps", "programme:rounds.only.card.ask"]
    (card,) = (part for part in parts(told) if isinstance(part, m.Points) and len(part.items) == 4)
    assert isinstance(card.items[0], m.Text)
    assert card.items[0].params["field"] == m.programme("rounds", "only", "card", "need")


def test_what_groups_settle_is_counted_from_five_groups_up_and_only_if_they_were_told() -> None:
    route = cards()
    at = {step.id: n for n, step in enumerate(route.steps)}
    low = [Agreed(at["agreed"], 0, 1), Agreed(at["agreed"], 1, 3)]
    stands = [standing(agreed=tuple(low), chosen=(Chosen(at["go-on"], (n % 2,)),)) for n in range(5)]
    weakest, decided = tuple(settled(route, stands))
    assert (weakest.asked, weakest.counted) == ("agreed", "manager.weakest")
    assert [(one.option, one.groups) for one in weakest.held] == [("five.items.need", 5)]
    assert [(one.option, one.groups) for one in decided.held] == [
        ("go-on.continue", 3), ("go-on.not-now", 2),
    ]  # fmt: skip
    assert list(settled(route, stands[1:])) == [], "of four groups, each would be known"
    asked = [part for step in ("agreed", "go-on") for part in asked_at(route, at[step])]
    assert asked.count(m.line("sight.settled")) == 2
    told = compile_manager(route, Turnout(5, 5, 20), across=(weakest, decided))
    assert m.line("manager.weakest") in parts(told)
    assert m.line("manager.weakest") not in parts(counts_only(told)), "nobody has approved it"


def test_pairs_are_counted_from_five_people_up() -> None:
    assert compile_manager(ROUTE, Turnout(1, 1, 9), paired=Turnout(2, 2, 4)).pairs is None
    told = compile_manager(ROUTE, Turnout(1, 1, 9), paired=Turnout(2, 2, 5))
    assert m.line("manager.pairs", n=2) in parts(told)


@given(st.dictionaries(st.integers(0, 6), st.integers(1, 12)))
def test_people_are_counted_by_unit_only_where_no_few_are_left_over(counts: dict[int, int]) -> None:
    told = from_units(counts)
    known = {one.unit: one.n for one in told if one.unit}
    rest = sum(one.n for one in told if not one.unit)
    assert known.items() <= counts.items()
    assert all(one.n >= FEW for one in told), "what a manager reads, or can subtract from the sum"
    assert sum(known.values()) + rest == (sum(counts.values()) if told else 0)
    hidden = {unit: n for unit, n in counts.items() if unit and n >= FEW and unit not in known}
    assert len(hidden) <= 1, "no more is hidden than hides the few"


def test_where_people_are_from_is_told_by_name_and_the_rest_together() -> None:
    told = replace(compile_manager(ROUTE, Turnout(2, 2, 19)), units=from_units({7: 8, 8: 6, 9: 3, 0: 2}))
    named = (
        m.text("manager.unit", unit=m.Name("unit", 7), n=8),
        m.text("manager.unit", unit=m.Name("unit", 8), n=6),
    )
    other = m.text("manager.unit", unit=m.text("manager.elsewhere"), n=5)
    shown = parts(told)
    assert shown[shown.index(m.Heading(m.text("manager.units"))) + 1] == m.Points((*named, other))
    assert from_units({7: 8, 9: 3}) == (), "the three would be what is missing"


def test_the_whole_series_numbers_its_findings_through_and_shows_each_scale_once() -> None:
    def levels(*replies: int) -> m.Levels:
        return m.Levels("climate", (own("climate"),), ("trust",), replies)

    rows = [FindingRow(1, "yes", circle=7), FindingRow(2, "no", circle=7), FindingRow(3, "yes", circle=8)]
    later = [FindingRow(4, "reworded", 5, circle=7)]
    other = Route("later", ROUTE.steps)
    first = compile_manager(ROUTE, Turnout(2, 2, 9), rows, levels=(levels(10, 11),), paired=Turnout(3, 3, 6))
    last = compile_manager(other, Turnout(1, 2, 4), later, levels=(levels(12, 13),))
    said_ = {1: "The ferry is late.", 3: "Nobody asks.", 4: "A ferry in the morning."}
    whole = compile_whole([first, last], Turnout(2, 2, 9), [*rows, *later], said_, "en")
    assert [(one.number, one.round) for one in whole.findings or ()] == [
        (1, ROUTE.round),
        (2, ROUTE.round),
        (3, "later"),
    ]
    assert {one.reply for one in whole.findings or ()} == {1, 3, 4}
    assert [one.groups for one in whole.rounds] == [2, 1]
    assert whole.rounds[0].levels == ()
    (shown,) = whole.rounds[1].levels
    assert (shown.replies, shown.before, shown.first) == ((12, 13), (10, 11), True)
    assert not any(one.findings for one in whole.rounds)
    sides = {one.reply: one.side for one in whole.findings or ()}
    assert sides[1] == sides[4] != sides[3], "the same group is the same in each round"
    assert whole.common == (), "the ferry is one group's, twice"
    assert without(whole, {12}).rounds[1].levels == ()
    assert [one.reply for one in without(whole, {5}).findings or ()] == [
        one.reply for one in (whole.findings or ())[:2]
    ]
    heads = [part.text for part in parts(whole) if isinstance(part, m.Heading)]
    assert heads[0] == m.text("manager.whole", title=m.programme("title"))
    assert [head.params["title"] for head in heads if head.key == "manager.of-round"] == [
        own("title"), m.programme("rounds", "later", "title"), m.programme("rounds", "later", "title"),
    ]  # fmt: skip
    assert heads[-1].params["what"] == m.programme("rounds", "later", "climate", "ask"), (
        "counts say of which round"
    )
    shown_now = parts(whole)
    assert shown_now[shown_now.index(m.line("manager.pairs", n=3)) - 1] == m.Heading(own("title"))
    turnouts = next(part for part in shown_now if isinstance(part, m.Points)).items
    assert turnouts[0] == m.text("manager.came", groups=_groups(ROUTE.round, 2), n=9)
    assert turnouts[1] == _groups("later", 1), "four people would be known"
    assert load(dump(whole)) == whole


def _groups(name: str, n: int) -> m.Text:
    return m.text("manager.round", title=m.programme("rounds", name, "title"), n=n, m=2)


def test_ideas_are_counts_that_stand_as_the_last_round_has_them_and_wait_for_no_approval() -> None:
    since = datetime(2026, 5, 4, 9, tzinfo=UTC)
    made = compile_manager(ROUTE, Turnout(2, 2, 9))
    last = replace(made, ideas=(IdeaCount("received", 2, since),))
    whole = compile_whole([made, last], Turnout(2, 2, 9), [], {}, "en")
    told = m.text("manager.idea", status=m.text("idea.status.received"), n=2, since=m.Moment(since))
    for recap in (whole, counts_only(whole), last):
        shown = parts(recap)
        assert shown[shown.index(m.Heading(m.text("manager.ideas"))) + 1] == m.Points((told,))
        assert load(dump(recap)) == recap
    assert m.Heading(m.text("manager.ideas")) not in parts(made), "there is none"
