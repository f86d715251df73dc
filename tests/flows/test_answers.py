"""What somebody may fill in privately, what is wrong with it, and numbers written in its place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flows import events as e
from flows.answers import UNSURE, AnswerSheet, answer_sheet, faults, in_order, too_late
from flows.engine import advance
from flows.message import Quote, Text
from flows.programme import Route
from flows.reading import Control, Count, Digits, Plain, understand
from flows.state import State
from tests.flows.stage import route_of, vocabulary

NOW = datetime(2026, 10, 13, 7, tzinfo=UTC)
STEPS = [
    {"scale": "climate", "items": ["a", "b"], "low": 0, "high": 3}, {"ask": "one", "alone": 1, "minutes": 5},
    {"form": "before", "fields": ["what", {"field": "first", "of": "what"}], "alone": True}, {"ask": "two"},
]  # fmt: skip


def at(step: int, answering: e.Answering = "each") -> tuple[Route, State]:
    """A circle of two people at that step, from 0."""
    route, state = route_of({"steps": STEPS}), None
    setting = e.Setting(pace="live", answering=answering, zone="UTC", number=1, of=1, minutes=25)
    events: list[e.Event] = [e.Opened(setting, (1, 2)), e.Pressed(1, "here")]
    if answering == "table":
        events.append(e.Replied(person=1, reply=1, reading=Count(4), sent_at=NOW))
    for event in events:
        state = advance(route, state, event, now=NOW).state
    while state is not None and state.step < step:
        state = advance(route, state, e.Pressed(1, "next"), now=NOW).state
    assert state is not None
    return route, state


def sheet(step: int, person: int = 1, prompt: int | None = None) -> AnswerSheet | None:
    return answer_sheet(*at(step), prompt, person)


def test_a_scale_has_an_item_each_with_all_it_may_be_given() -> None:
    found = sheet(0)
    assert found is not None
    assert [item.name for item in found.items] == ["a", "b"]
    assert [(one.code, one.value) for one in found.items[0].options] == [
        ("0", 0), ("1", 1), ("2", 2), ("3", 3), (UNSURE, None)
    ]  # fmt: skip
    assert found.sight == Text("sight.score")


def test_nobody_else_is_given_a_sheet_and_nobody_too_late() -> None:
    assert sheet(0, person=3) is None
    assert sheet(1, prompt=1) is None
    assert sheet(3) is None
    assert answer_sheet(at(0)[0], None, None, 1) is None
    assert too_late(at(0)[0]) == too_late() == Text("answers.closed")
    assert answer_sheet(*at(1, "table"), None, 1) is None


def test_a_form_asks_next_about_what_one_has_written_oneself() -> None:
    route, state = at(2)
    prompt = state.prompt
    assert prompt is not None
    first = answer_sheet(route, state, None, 1)
    assert first is not None
    assert [(item.name, item.sort, item.many) for item in first.items] == [("what", "text", True)]
    filled = e.Filled(person=1, prompt=prompt.prompt, sent_at=NOW, words={"what": (11, 12)})
    after = advance(route, state, filled, now=NOW).state
    then, other = answer_sheet(route, after, None, 1), answer_sheet(route, after, None, 2)
    assert then is not None
    assert other is not None
    assert [item.sort for item in then.items] == ["text", "choices"]
    assert [option.text.params["text"] for option in then.items[1].options] == [Quote(11), Quote(12)]
    assert [item.name for item in other.items] == ["what"]


def test_a_sheet_is_told_what_is_wrong_with_it() -> None:
    scale, alone = sheet(0), sheet(1)
    assert scale is not None
    assert alone is not None
    assert faults(scale, {"a": "3", "b": "9"}) == {"b": Text("answers.no-option")}
    assert faults(scale, {}) == {}
    assert faults(alone, {"answer": "  "}) == {"answer": Text("answers.needed")}
    assert faults(alone, {"answer": "Time"}) == {}


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("3 0", {"a": "3", "b": "0"}), ("3, ?", {"a": "3", "b": UNSURE}), ("2;1", {"a": "2", "b": "1"}),
        ("3\n1", {"a": "3", "b": "1"}), ("3", None), ("3 0 1", None), ("4 0", None), ("three 0", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_can_be_written_in_order(words: str, codes: dict[str, str] | None) -> None:
    scale = sheet(0)
    assert scale is not None
    assert in_order(scale, words) == codes


@pytest.mark.parametrize(
    ("words", "reading"),
    [
        ("3 2 1", Digits((3, 2, 1))), ("3, ?, 0", Digits((3, 0))), ("10;2", Digits((10, 2))), ("3", Count(3)),
        ("? ?", Plain()), ("2026 was good", Plain()), ("next", Control("next")), ("1 000 000", Plain()),
    ],
)  # fmt: skip
def test_numbers_are_read_as_numbers_only_where_there_is_nothing_else(words: str, reading: Any) -> None:
    assert understand(words, vocabulary()) == reading


def test_a_hushed_event_tells_no_number() -> None:
    for said in (Count(3), Digits((3, 2))):
        event = e.Replied(person=1, reply=1, reading=said, sent_at=NOW)
        assert e.hushed(event).reading == Digits()
    plain = e.Replied(person=1, reply=1, reading=Plain(), sent_at=NOW)
    assert e.hushed(plain) is plain


def test_what_was_chosen_needs_a_reply_to_be_stored_under() -> None:
    with pytest.raises(ValueError, match="needs a reply"):
        e.Filled(person=1, prompt=1, sent_at=NOW, items=("a",))
