"""The one function at the heart: `advance(route, state, event, now=...) -> Advance(state, effects)`.

The rules, in short:

- Data in, data out. The state and the event are ids, counts and times; `now` is passed in; nothing is read,
  nothing is waited for. Replaying a session's events gives the same state.
- `TRANSITIONS` says which event means what in which phase. An event that is not there, or does not fit, leaves
  the state as it was and says why: `Advance.ignored`.
- A step opens, hears, and closes (`flows.kinds`). The engine knows phases, control words and clocks; it knows
  no kind. One call runs on until the session has to wait for a person or a time, within `BUDGET` steps.
- Which question a message answers: the one it directly replies to, otherwise the last one that had been
  delivered when it was written. An answer to an earlier one is kept, and marked late.
- Every wait has an end: a deadline, or a person who was told.

What is ugly: a prompt's delivery comes back as an event, so a time box starts one event after its question was
asked, and a prompt that is never reported needs a deadline of its own (`undelivered`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from flows import events as e
from flows.controls import CONTROLS, control, more, pause, resume
from flows.effects import Effect, Publish
from flows.kinds.finding import released
from flows.message import Moment, Text, choices, line, message, programme
from flows.programme import Route
from flows.reading import Control, Count, Help, Marked
from flows.state import Asked, State
from flows.turn import Turn

#: Steps that one call may open: more than any round has, few enough to stop a programme that goes in circles.
BUDGET = 100
#: Live: nobody has said that they are there, so long after the meeting opened.
NOBODY = timedelta(minutes=10)
#: Live: the head count is waited for so long.
HEADCOUNT = timedelta(minutes=3)
#: Async: private reminders to those who have not answered; never more than these two.
REMINDED_AT = 0.5


class BudgetExceeded(Exception):
    """A round opened more steps in one call than any round has. The programme is at fault."""


class Advance(Struct, frozen=True):
    state: State | None
    effects: tuple[Effect, ...] = ()
    #: Why the event changed nothing; None where it did.
    ignored: str | None = None


Handler = Callable[[Turn, Any], str | None]


def advance(route: Route, state: State | None, event: e.Event, *, now: datetime) -> Advance:
    """Take one event. `now` is aware; the state is None until the session has opened.

    Raises `BudgetExceeded`, and nothing else on any event that its type allows.
    """
    if state is None:
        return _opened(route, event, now)
    handler = TRANSITIONS[state.phase].get(type(event)) or ANYWHERE.get(type(event))
    if handler is None:
        return Advance(state, (), f"{_name(event)} means nothing while {state.phase}")
    turn = Turn(route, state, now)
    if ignored := handler(turn, event):
        return Advance(state, (), ignored)
    _run(turn)
    return Advance(turn.state, tuple(turn.effects))


def _name(event: e.Event) -> str:
    return str(event.__struct_config__.tag)


# -- opening


def _opened(route: Route, event: e.Event, now: datetime) -> Advance:
    if not isinstance(event, e.Opened):
        return Advance(None, (), f"{_name(event)} before the session has opened")
    turn = Turn(route, State(setting=event.setting, phase="lobby", members=event.members), now)
    if event.setting.groups:
        _begin(turn)
    elif turn.live:
        here = line("meeting.here")
        turn.say(message("question", turn.title(), *_first(turn), here, choices=choices("here")), slot="root")
        turn.due("nobody", now + NOBODY)
        turn.due("empty", now + timedelta(minutes=event.setting.minutes) + NOBODY)
    else:
        turn.say(message("question", turn.title(), *_first(turn)), slot="root")
        _begin(turn)
    _run(turn)
    return Advance(turn.state, tuple(turn.effects))


def _first(turn: Turn) -> list[Any]:
    """What is told before anything is asked: that it is late, and at first what becomes of what one writes."""
    minutes, number = turn.state.setting.late, turn.state.setting.number
    late = [line("meeting.late", n=minutes)] if minutes else []
    return [*late, line("meeting.privacy")] if number == 1 else late


def _begin(turn: Turn) -> None:
    setting = turn.state.setting
    live_end = turn.now + timedelta(minutes=setting.minutes)
    turn.set(phase="running", deadlines={}, ends_at=live_end if turn.live else setting.closes_at, step=0)
    if not turn.live and setting.closes_at and not setting.groups:
        turn.due("reminder", turn.days.share(turn.now, setting.closes_at, REMINDED_AT))
        turn.due("last-call", turn.days.one_working_day_before(setting.closes_at))
    turn.open_step()


# -- going through the steps


def _run(turn: Turn) -> None:
    for _ in range(BUDGET):
        if turn.state.phase != "running" or not turn.over:
            return None
        turn.close_step()
        if turn.state.step + 1 >= len(turn.route.steps):
            return _finish(turn)
        turn.set(step=turn.state.step + 1)
        turn.open_step()
    raise BudgetExceeded(f"round {turn.route.round} opened more than {BUDGET} steps in one call")


def _finish(turn: Turn) -> None:
    setting = turn.state.setting
    if not setting.groups:
        turn.effects.append(Publish(released(turn.state.findings)))
        if setting.plenum:
            turn.say(message("question", line("plenum.go")))
    if setting.pause:
        back = Moment(turn.now + timedelta(minutes=setting.pause))
        turn.say(message("question", line("break.until", until=back)))
    else:
        turn.say(message("question", line("meeting.thanks")))
    turn.finish("done")


# -- replies


def _asked(state: State, event: e.Replied) -> Asked | None:
    """The prompt that a reply answers."""
    if event.prompt is not None:
        return next((asked for asked in state.asked if asked.prompt == event.prompt), state.prompt)
    before = [asked for asked in state.asked if asked.at and asked.at <= event.sent_at]
    return before[-1] if before else (state.asked[0] if state.asked else None)


def _stranger(turn: Turn, person: int) -> str | None:
    if turn.state.members and person not in turn.state.members:
        return "not a member of the circle"
    return None


def _replied(turn: Turn, event: e.Replied) -> str | None:
    if ignored := _stranger(turn, event.person):
        return ignored
    reading = event.reading
    asked = _asked(turn.state, event)
    if isinstance(reading, Control) and not event.private:
        return control(turn, event.person, reading.word, event)
    if isinstance(reading, Help) and (picture := turn.route.point(reading.number)):
        turn.keep(event, "control")
        _explain(turn, picture, reading.number)
    elif isinstance(reading, Marked) and reading.mark != "note":
        _marked(turn, event, reading, asked)
    elif asked is not None and asked.step == turn.state.step:
        turn.step.hears(turn, event)
    elif asked is not None:
        turn.keep(event, turn.route.steps[asked.step].ROLE, late=True, asked=asked)
    else:
        turn.keep(event, "aside")
    return None


def _explain(turn: Turn, picture: str, number: int) -> None:
    point = ("pictures", picture, "points", number)
    turn.say(message("answer", line("picture.point", number=number, label=programme(*point, "label")),
                     line("plain", text=programme(*point, "help"))))  # fmt: skip


def _marked(turn: Turn, event: e.Replied, reading: Marked, asked: Asked | None) -> None:
    """«Finding: …», «Action: …» at any time: the message says itself what it is."""
    turn.keep(event, "finding" if reading.mark == "finding" else "action", asked=asked)
    finding = reading.mark == "finding"
    turn.judge("findings" if finding else "actions", event.reply, "proposed" if finding else "open")
    turn.answered(event)


def _late_reply(turn: Turn, event: e.Replied) -> str | None:
    """After the sitting: kept under the question it answers, and marked late."""
    if ignored := _stranger(turn, event.person):
        return ignored
    asked = _asked(turn.state, event)
    turn.keep(
        event, turn.route.steps[asked.step].ROLE if asked else "aside", late=asked is not None, asked=asked
    )
    return None


def _in_lobby(turn: Turn, event: e.Replied) -> str | None:
    """People greet each other before a meeting; only «here» begins it."""
    if ignored := _stranger(turn, event.person):
        return ignored
    turn.keep(event, "control" if isinstance(event.reading, Control | Count) else "aside")
    if isinstance(event.reading, Control) and event.reading.word == "here":
        _here(turn)
    elif turn.state.phase == "headcount" and isinstance(event.reading, Count):
        turn.set(heads=event.reading.number)
        _begin(turn)
    return None


def _here(turn: Turn) -> None:
    turn.drop("nobody")
    if turn.table and turn.state.phase == "lobby":
        turn.set(phase="headcount")
        turn.say(message("question", line("meeting.headcount")))
        turn.due("headcount", turn.now + HEADCOUNT)
    else:
        _begin(turn)


# -- buttons, and words while paused


def _pressed(turn: Turn, event: e.Pressed) -> str | None:
    if ignored := _stranger(turn, event.person):
        return ignored
    if turn.state.phase == "running" and turn.step.pressed(turn, event):
        return None
    if event.press.startswith("help:") and (number := event.press.removeprefix("help:")).isdecimal():
        picture = turn.route.point(int(number))
        return _explain(turn, picture, int(number)) if picture else f"no point {number}"
    if event.press not in CONTROLS:
        return f"{event.press} is no choice here"
    return control(turn, event.person, event.press, event)


def _pressed_in_lobby(turn: Turn, event: e.Pressed) -> str | None:
    if ignored := _stranger(turn, event.person):
        return ignored
    return (
        _here(turn) if event.press == "here" else f"{event.press} is no choice before the meeting has begun"
    )


def _resumed_by_word(turn: Turn, event: e.Replied) -> str | None:
    """While paused people may go on writing; only «go on» starts the clock again."""
    if not isinstance(event.reading, Control):
        return _replied(turn, event)
    if ignored := _stranger(turn, event.person):
        return ignored
    turn.keep(event, "control")
    if event.reading.word == "resume":
        resume(turn, event)
    return None


def _resumed_by_press(turn: Turn, event: e.Pressed) -> str | None:
    if event.press != "resume":
        return "the meeting is paused"
    return _stranger(turn, event.person) or resume(turn, event)


# -- corrections


def _edited(turn: Turn, event: e.Edited) -> str | None:
    """The words changed in their row; what quotes them is sent anew by whoever holds the rows."""
    return _stranger(turn, event.person)


def _removed(turn: Turn, event: e.Removed) -> str | None:
    turn.forget(event.reply)
    return None


# -- time and delivery


def _time_came(turn: Turn, _: e.TimeCame) -> str | None:
    """Settle every deadline that is due, in order, each once; those that this sets are for the next time."""
    due = sorted((at, name) for name, at in turn.state.deadlines.items() if at <= turn.now)
    if not due:
        return "nothing is due yet"
    for at, name in due:
        if turn.state.deadlines.get(name) == at and not turn.over:
            turn.drop(name)
            _settle(turn, name)
    return None


def _settle(turn: Turn, name: str) -> None:
    settle = _DEADLINES.get(name)
    if settle:
        settle(turn)
    else:
        turn.step.times(turn, name)


def _time_up(turn: Turn) -> None:
    turn.over = True


def _warn(turn: Turn) -> None:
    turn.say(message("status", line("time.one-minute"), choices=choices("more", "next")))


def _undelivered(turn: Turn) -> None:
    turn.box(turn.now)


def _nobody(turn: Turn) -> None:
    turn.tell("lobby.nobody", n=turn.state.setting.number)


def _empty(turn: Turn) -> None:
    turn.tell("lobby.empty", n=turn.state.setting.number)
    turn.finish("nobody came")


def _remind(turn: Turn) -> None:
    """A private word to those who have not answered, and to nobody else."""
    turn.set(reminders=turn.state.reminders + 1)
    prompt, end = turn.state.prompt, turn.state.ends_at
    if prompt is None or end is None:
        return
    for person in turn.state.members:
        if person not in turn.state.answered:
            what = line("reminder", title=turn.own("title"), until=Moment(end))
            turn.say(message("status", what), "person", person=person)


_DEADLINES: dict[str, Callable[[Turn], None]] = {
    "box": _time_up, "settle": _time_up, "warning": _warn, "undelivered": _undelivered, "nobody": _nobody,
    "empty": _empty, "headcount": _begin, "reminder": _remind, "last-call": _remind,
}  # fmt: skip


def _delivered(turn: Turn, event: e.Delivered) -> str | None:
    asked = turn.state.asked
    if not any(one.prompt == event.prompt and one.at is None for one in asked):
        return "that prompt is not waiting to be delivered"
    turn.set(asked=tuple(replace(one, at=event.at) if one.prompt == event.prompt else one for one in asked))
    present = turn.state.prompt
    if (
        turn.state.phase == "running"
        and present
        and present.prompt == event.prompt
        and "undelivered" in turn.state.deadlines
    ):
        turn.box(event.at)
    return None


def _delivery_failed(turn: Turn, event: e.DeliveryFailed) -> str | None:
    """The circle cannot see the question: stop the clock, and tell those who can mend it."""
    present = turn.state.prompt
    if present is None or present.prompt != event.prompt:
        return "a later question has been asked"
    turn.tell("delivery.failed", n=turn.state.setting.number, why=Text(f"delivery.why.{event.reason}"))
    return pause(turn, event) if turn.state.phase == "running" else None


# -- people and coordinators


def _joined(turn: Turn, event: e.Joined) -> str | None:
    if event.person in turn.state.members:
        return "already a member"
    turn.set(members=(*turn.state.members, event.person))
    return None


def _left(turn: Turn, event: e.Left) -> str | None:
    if event.person not in turn.state.members:
        return "not a member of the circle"
    turn.set(members=tuple(person for person in turn.state.members if person != event.person))
    return None


def _stretched(turn: Turn, event: e.Stretched) -> str | None:
    return more(turn, event, timedelta(minutes=event.minutes))


def _published(turn: Turn, event: e.Published) -> str | None:
    return None if turn.step.arrives(turn, event) else "nothing is shared at this step"


def _added(turn: Turn, event: e.Published) -> str | None:
    """A group that comes after the plenum is still heard: what it released is added."""
    share = next((step for step in turn.route.steps if step.WORD == "share"), None)
    return None if share and share.arrives(turn, event) else "nothing is shared here"


def _closed(turn: Turn, _: e.Closed) -> str | None:
    if not turn.state.setting.groups:
        turn.effects.append(Publish(released(turn.state.findings)))
    turn.say(message("answer", line("meeting.closed")))
    turn.finish("closed")
    return None


#: What each event means in each phase.
TRANSITIONS: dict[str, dict[type, Handler]] = {
    "lobby": {e.Replied: _in_lobby, e.Pressed: _pressed_in_lobby, e.TimeCame: _time_came, e.Closed: _closed},
    "headcount": {e.Replied: _in_lobby, e.TimeCame: _time_came, e.Closed: _closed},
    "running": {
        e.Replied: _replied, e.Pressed: _pressed, e.TimeCame: _time_came, e.Paused: pause, e.Stretched: _stretched,
        e.Published: _published, e.Closed: _closed, e.DeliveryFailed: _delivery_failed,
    },
    "paused": {
        e.Replied: _resumed_by_word, e.Pressed: _resumed_by_press, e.Resumed: resume, e.Closed: _closed,
        e.Published: _published,
    },
    "finished": {e.Replied: _late_reply, e.Published: _added},
}  # fmt: skip
#: What means the same whatever the phase.
ANYWHERE: dict[type, Handler] = {
    e.Edited: _edited, e.Removed: _removed, e.Joined: _joined, e.Left: _left, e.Delivered: _delivered,
}  # fmt: skip
