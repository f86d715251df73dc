"""The one function at the heart: `advance(route, state, event, now=...) -> Advance(state, effects)`.

The rules, in short:

- Data in, data out. The state and the event are ids, counts and times; `now` is passed in; nothing is read,
  nothing is waited for. Replaying a session's events gives the same state.
- `TRANSITIONS` says which event means what in which phase. An event that is not there, or does not fit, leaves
  the state as it was and says why: `Advance.ignored`.
- A step opens, hears, and closes (`flows.kinds`). The engine knows phases, control words and clocks; it knows
  no kind. One call runs on until the session has to wait for a person or a time, within `BUDGET` steps.
- Which question a message answers: the one it directly replies to, otherwise the last one that had been
  delivered when it was written. An answer to an earlier one is kept, and marked late; a «next» or «back» that
  was said of an earlier one moves nothing.
- A person can always take back and always say no: an author's message, a finding's release.
- Every wait has an end: a deadline, or a coordinator who was told.
- At the async pace nothing is sent by the clock alone in quiet hours, and nothing is asked after the window.

What is ugly: a prompt's delivery comes back as an event, so a time box starts one event after its question was
asked, and a prompt that is never reported needs a deadline of its own (`undelivered`). If its delivery is
reported after that, its box starts anew. A refused prompt has neither box nor that deadline; that is how
`resume` knows that it must be asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from flows import events as e
from flows import lobby
from flows.controls import go_on, held, pause, stretched
from flows.course import BUDGET, BudgetExceeded, finish, publish, run
from flows.effects import Effect
from flows.hearing import (
    attached,
    cast_anew,
    filled,
    pressed,
    pressed_afterwards,
    pressed_while_paused,
    recall,
    replied,
    replied_afterwards,
    replied_while_paused,
)
from flows.kinds.respond import Gross
from flows.message import line, message
from flows.programme import Route
from flows.state import State
from flows.timing import delivered, delivery_failed, time_came
from flows.turn import Turn

__all__ = ["ANYWHERE", "BUDGET", "TRANSITIONS", "Advance", "BudgetExceeded", "advance"]


class Advance(Struct, frozen=True):
    state: State | None
    effects: tuple[Effect, ...] = ()
    #: Why the event changed nothing; None where it did.
    ignored: str | None = None


Handler = Callable[[Turn, Any], str | None]


def advance(route: Route, state: State | None, event: e.Event, *, now: datetime) -> Advance:
    """Take one event. `now` is aware; the state is None until the session has opened.

    Raises `BudgetExceeded`, ValueError for a naive `now`, and nothing else on any event that its type allows.
    """
    if state is None:
        return _opened(route, event, now)
    handler = TRANSITIONS[state.phase].get(type(event)) or ANYWHERE.get(type(event))
    if handler is None:
        return Advance(state, (), f"{_name(event)} means nothing while {state.phase}")
    turn = Turn(route, state, now)
    if ignored := handler(turn, event):
        return Advance(state, (), ignored)
    run(turn)
    return Advance(turn.state, tuple(turn.effects))


def _name(event: e.Event) -> str:
    return str(event.__struct_config__.tag)


def _opened(route: Route, event: e.Event, now: datetime) -> Advance:
    if not isinstance(event, e.Opened):
        return Advance(None, (), f"{_name(event)} before the session has opened")
    turn = Turn(route, State(setting=event.setting, phase="lobby", members=event.members), now)
    lobby.opens(turn, event)
    run(turn)
    return Advance(turn.state, tuple(turn.effects))


# -- corrections


def _edited(turn: Turn, event: e.Edited) -> str | None:
    """The words changed in their row; what quotes them is sent anew by whoever holds the rows."""
    return turn.stranger(event.person) or (cast_anew(turn, event.said) if event.said else None)


def _removed(turn: Turn, event: e.Removed) -> str | None:
    scored = turn.going_on and turn.state.scored_by(turn.state.step).get(event.person) == event.reply
    turn.forget(event.reply)
    if scored:
        turn.uncounts(event.person)
    if event.said is not None:
        recall(turn, event.said)
    if turn.going_on:
        turn.step.taken_back(turn)
    return None


# -- people and coordinators


def _joined(turn: Turn, event: e.Joined) -> str | None:
    if event.person in turn.state.members or turn.state.setting.groups:
        return "already a member"
    turn.set(members=(*turn.state.members, event.person))
    if turn.going_on:
        turn.ask_alone(event.person)
    turn.settle()
    return None


def _left(turn: Turn, event: e.Left) -> str | None:
    """Whoever leaves takes along what they have cast in a vote that goes on."""
    state, gone = turn.state, event.person
    if gone not in state.members and gone not in state.votes:
        return "not a member of the circle"
    turn.set(
        members=tuple(person for person in state.members if person != gone),
        votes={person: cast for person, cast in state.votes.items() if person != gone},
    )
    turn.settle()
    return None


def _resumed(turn: Turn, event: e.Resumed) -> str | None:
    return go_on(turn, event) if turn.going_on else lobby.goes_on(turn, event)


def _published(turn: Turn, event: e.Published) -> str | None:
    """A group that comes after the plenum, or at a later step of it, is still heard: what it released is added."""
    present = (turn.step,) if turn.going_on else ()
    shown = any(step.arrives(turn, event) for step in (*present, *turn.route.steps))
    for at, step in _lists(turn):
        if step.gathers(turn, at):
            _as_it_is_now(turn)
    return None if shown else "nothing is shared here"


def _curated(turn: Turn, event: e.Curated) -> str | None:
    """The list that was made last, whatever is going on by now, and when all is over too."""
    lists = [(at, step) for at, step in _lists(turn) if turn.lines(at)]
    why = lists[-1][1].curated(turn, event, lists[-1][0]) if lists else "there is no list here"
    if why is None:
        _as_it_is_now(turn)
    return why


def _lists(turn: Turn) -> list[tuple[int, Gross]]:
    """Those that have been begun, and where in the round they stand."""
    there = enumerate(turn.route.steps[: turn.state.step + 1])
    return [(at, step) for at, step in there if isinstance(step, Gross)]


def _as_it_is_now(turn: Turn) -> None:
    """A list has changed: the rounds that follow choose from it as it is, also when all is over here."""
    if turn.state.phase == "finished":
        publish(turn)


def _gathered(turn: Turn, _: e.Gathered) -> str | None:
    if not turn.state.setting.plenum:
        return "this sitting has no plenum"
    turn.step.breaks_off(turn)
    turn.close_step()
    finish(turn)
    return None


def _closed(turn: Turn, _: e.Closed) -> str | None:
    if turn.going_on:
        turn.step.breaks_off(turn)
    publish(turn)
    turn.say(message("answer", line("meeting.closed")))
    turn.finish("closed")
    return None


#: What each event means in each phase.
TRANSITIONS: dict[str, dict[type, Handler]] = {
    "lobby": {
        e.Replied: lobby.replied, e.Pressed: lobby.pressed, e.TimeCame: time_came, e.Paused: pause,
        e.Closed: _closed,
    },
    "headcount": {e.Replied: lobby.replied, e.TimeCame: time_came, e.Paused: pause, e.Closed: _closed},
    "running": {
        e.Replied: replied, e.Pressed: pressed, e.TimeCame: time_came, e.Paused: pause, e.Stretched: stretched,
        e.Published: _published, e.Gathered: _gathered, e.Closed: _closed, e.DeliveryFailed: delivery_failed,
        e.Filled: filled,
    },
    "paused": {
        e.Replied: replied_while_paused, e.Pressed: pressed_while_paused, e.TimeCame: time_came,
        e.Paused: held, e.Resumed: _resumed, e.Published: _published, e.Closed: _closed,
        e.DeliveryFailed: delivery_failed, e.Filled: filled,
    },
    "finished": {
        e.Replied: replied_afterwards, e.Pressed: pressed_afterwards, e.Published: _published, e.Filled: filled,
    },
}  # fmt: skip
#: What means the same whatever the phase.
ANYWHERE: dict[type, Handler] = {
    e.Edited: _edited, e.Removed: _removed, e.Joined: _joined, e.Left: _left, e.Delivered: delivered,
    e.Attached: attached, e.Curated: _curated,
}  # fmt: skip
