"""The engine's edges: what cannot be built, what is refused, budgets, zones, and one group's way to the plenum."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows import effects as fx
from flows import events as e
from flows.calendar import UnknownZone
from flows.engine import BUDGET, BudgetExceeded, advance
from flows.kinds.finding import OBJECTIONS
from flows.reading import Control, Help, Marked, Plain, Verdict, understand
from flows.state import ASKED_KEPT, FOUND_KEPT, State, dump
from tests.flows.stage import route_of, selfcheck, vocabulary

NOW = datetime(2026, 10, 24, 22, 50, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")


def setting(**given: Any) -> e.Setting:
    usual = {"pace": "live", "answering": "each", "zone": "Europe/Oslo", "number": 1, "of": 3, "minutes": 25}
    return e.Setting(**(usual | given))


def replied(reply: int, reading: Any, at: datetime = NOW, person: int = 1, **given: Any) -> e.Replied:
    return e.Replied(person=person, reply=reply, reading=reading, sent_at=at, **given)


def played(route: Any, *events: tuple[e.Event, datetime]) -> tuple[State, list[fx.Effect]]:
    state: State | None = None
    said: list[fx.Effect] = []
    for event, now in events:
        result = advance(route, state, event, now=now)
        assert result.ignored is None, (event, result.ignored)
        state, said = result.state, [*said, *result.effects]
    assert state is not None
    return state, said


# -- what cannot be built, or is refused


def test_an_event_without_a_zone_cannot_be_built() -> None:
    naive = datetime(2026, 10, 13, 9)  # noqa: DTZ001
    for build in (
        lambda: e.Delivered(1, naive),
        lambda: replied(1, Plain(), naive),
        lambda: setting(closes_at=naive),
    ):
        with pytest.raises(ValueError, match="has no zone"):
            build()


def test_a_now_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        advance(selfcheck().route(1), None, e.Opened(setting(), (1,)), now=datetime(2026, 10, 13, 9))  # noqa: DTZ001


def test_a_window_must_close_and_a_zone_must_exist() -> None:
    with pytest.raises(ValueError, match="closes_at"):
        setting(pace="async")
    with pytest.raises(UnknownZone):
        setting(zone="Europe/Olso")


def test_nothing_happens_before_the_opening() -> None:
    result = advance(selfcheck().route(1), None, e.TimeCame(), now=NOW)
    assert (result.state, result.effects) == (None, ())
    assert result.ignored == "time-came before the session has opened"


# -- budgets and bounds


def talk(count: int) -> Any:
    return route_of({"steps": [{"say": f"s{n}"} for n in range(count)]})


def test_a_budget_bounds_one_call() -> None:
    """As many steps as the budget may follow each other without waiting; one more is the programme's fault."""
    opened = advance(talk(BUDGET), None, e.Opened(setting(), (1,)), now=NOW).state
    said = advance(talk(BUDGET), opened, e.Pressed(1, "here"), now=NOW).effects
    assert isinstance(said[-1], fx.Finish)
    with pytest.raises(BudgetExceeded, match=f"more than {BUDGET} steps"):
        advance(talk(BUDGET + 1), opened, e.Pressed(1, "here"), now=NOW)


def test_the_state_stays_small_however_much_is_said() -> None:
    """Ten thousand messages of every sort, and a circle that goes back and forth: the state keeps its size."""
    route = route_of({"steps": [{"ask": "one"}, {"action": "do"}]})
    state, _ = played(route, (e.Opened(setting(), (1, 2)), NOW), (e.Pressed(1, "here"), NOW))
    readings = (
        Plain(),
        Marked("finding"),
        Marked("action"),
        Verdict(1, "no"),
        Control("next"),
        Control("back"),
    )
    now = NOW
    for reply in range(10_000):
        now += timedelta(seconds=1)
        present = state.prompt
        if present and present.at is None:
            state = advance(route, state, e.Delivered(present.prompt, now), now=now).state or state
        said = replied(reply, readings[reply % len(readings)], now, private=reply % 5 == 0)
        state = advance(route, state, said, now=now).state or state
        if state.phase == "finished":
            break
    assert len(state.findings) == len(state.actions) == FOUND_KEPT
    assert len(state.asked) == ASKED_KEPT
    assert len(dump(state)) < 9_000


# -- zones


def test_a_box_lasts_its_minutes_over_a_clock_change() -> None:
    """Story: arithmetic on a local time is done on the wall clock; a five-minute box in the night of the change would
    have lasted an hour and five, had `now` been handed in as local time."""
    route = route_of({"steps": [{"ask": "one", "minutes": 15}]})
    here = datetime(2026, 10, 25, 2, 50, tzinfo=OSLO)
    local, _ = played(
        route, (e.Opened(setting(), (1,)), here), (e.Pressed(1, "here"), here), (e.Delivered(1, here), here)
    )
    instant = here.astimezone(UTC)
    utc, _ = played(
        route,
        (e.Opened(setting(), (1,)), instant),
        (e.Pressed(1, "here"), instant),
        (e.Delivered(1, instant), instant),
    )
    assert dump(local) == dump(utc)
    assert local.deadlines["box"] == instant + timedelta(minutes=15)


# -- several deadlines at once


def test_what_is_due_is_settled_in_order_and_once() -> None:
    """After an outage everything is due at once: one wake-up settles it, and the next has nothing to do."""
    route = route_of({"steps": [{"ask": "one", "alone": 2, "minutes": 6}, {"ask": "two", "minutes": 6}]})
    state, _ = played(
        route, (e.Opened(setting(), (1,)), NOW), (e.Pressed(1, "here"), NOW), (e.Delivered(1, NOW), NOW),
        (replied(1, Plain(), private=True), NOW),
    )  # fmt: skip
    assert set(state.deadlines) == {"alone", "warning", "box"}
    later = NOW + timedelta(hours=1)
    once = advance(route, state, e.TimeCame(), now=later)
    keys = [each.message.parts[0].content.key for each in once.effects if isinstance(each, fx.Say)]  # type: ignore[union-attr]
    assert keys == ["ask.share", "ask.yours"]
    again = advance(route, once.state, e.TimeCame(), now=later)
    assert again.ignored == "nothing is due yet"


# -- across groups


def test_what_a_group_publishes_is_what_everyone_sees() -> None:
    """A group releases one of two findings; what its session publishes begins the plenum in everyone's."""
    steps = [{"finding": "aha"}, {"release": "may", "of": "aha"}]
    at = [NOW + timedelta(minutes=n) for n in range(9)]
    _, said = played(
        route_of({"steps": steps}),
        (e.Opened(setting(plenum=True), (1, 2)), at[0]),
        (e.Pressed(1, "here"), at[0]),
        (e.Delivered(1, at[0]), at[0]),
        (replied(11, Plain(), at[1]), at[1]),
        (replied(12, Plain(), at[1], 2), at[1]),
        (replied(13, Control("next"), at[2]), at[2]),
        (e.Delivered(2, at[2]), at[2]),
        (replied(14, Verdict(None, "yes"), at[3]), at[3]),
        (replied(15, Verdict(1, "no"), at[3], 1), at[3]),
        (e.TimeCame(), at[3] + OBJECTIONS),
    )
    (published,) = (each for each in said if isinstance(each, fx.Publish))
    assert published.findings == (12,)
    state, said = played(
        selfcheck().route(1, everyone=True),
        (e.Opened(setting(groups=1)), at[0]),
        (e.Published(51, published.findings), at[4]),
    )
    assert (state.arrived, state.shown, state.part) == (1, 1, "sharing")


# -- reading


@pytest.mark.parametrize(
    ("words", "reading"),
    [
        ("3?", Help(3)),
        ("Help 3", Help(3)),
        ("What is 3?", Help(3)),
        ("2026?", Plain()),
        ("123?", Plain()),
        ("²?", Plain()),
        ("?", Control("help")),
        ("Next!", Control("next")),
        ("next, the harbour", Plain()),
        ("2 no", Verdict(2, "no")),
        ("2: no", Verdict(2, "no")),
        ("12 people came", Plain()),
        ("2026: a good year", Plain()),
        ("Finding: the harbour", Marked("finding")),
        ("Finding:", Plain()),
        ("", Plain()),
    ],
)
def test_a_message_is_read_as_a_whole(words: str, reading: Any) -> None:
    assert understand(words, vocabulary()) == reading
