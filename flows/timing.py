"""What the clock does to a session, and what the platforms say of its questions.

A deadline has a name. Those of the step itself are its own; the others are settled here, by `DEADLINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from flows import events as e
from flows import lobby
from flows.calendar import local_moment, utc
from flows.controls import pause
from flows.course import APART, begin, publish
from flows.message import Moment, Part, Text, choices, line, message
from flows.state import Asked
from flows.turn import REMINDERS, Turn

#: With less left than this, «one minute left» is not true any more.
WORTH_A_WORD = timedelta(seconds=30)
#: A question that has stood for less is not reminded of yet.
FRESH = timedelta(hours=2)


def time_came(turn: Turn, _: e.TimeCame) -> str | None:
    """Settle every deadline that is due, in order, each once; those that this sets are for the next time."""
    due = sorted((at, name) for name, at in turn.state.deadlines.items() if at <= turn.now)
    if not due:
        return "nothing is due yet"
    if opens := turn.quiet_until():
        # After downtime, or a pause, it may be night. What was due waits for the morning.
        turn.set(deadlines={**turn.state.deadlines, **{name: opens for _, name in due}})
        return None
    for at, name in due:
        if turn.state.deadlines.get(name) == at and (not turn.over or name in REMINDERS):
            turn.drop(name)
            _settle(turn, name)
    return None


def _settle(turn: Turn, name: str) -> None:
    settle = DEADLINES.get(name)
    if settle:
        settle(turn)
    else:
        turn.step.times(turn, name)


def _time_up(turn: Turn) -> None:
    turn.over = True


def _warn(turn: Turn) -> None:
    # After downtime the minute may be nearly over, or over too.
    present, end = turn.state.prompt, turn.state.deadlines.get("box", turn.now)
    if present and end >= turn.now + WORTH_A_WORD:
        turn.say(
            message("status", line("time.one-minute"), choices=choices("next", "more", under=present.prompt))
        )


def _undelivered(turn: Turn) -> None:
    """Nobody has confirmed the question: take it as delivered. If it was not, its box starts anew when it is."""
    if present := turn.state.prompt:
        if not any(asked.assumed for asked in turn.state.asked):
            # Once: what follows is most often held up by the same.
            turn.tell("delivery.unconfirmed", n=turn.state.setting.number)
        _arrived(turn, replace(present, at=turn.now, assumed=True))
        turn.box(turn.now)


def _remind(turn: Turn, name: str) -> None:
    """A private word to those who have not answered, and to nobody else; later, if they have only just been asked."""
    prompt, end = turn.state.prompt, turn.state.ends_at
    if end is None or turn.now >= end:
        return
    if turn.over or prompt is None or prompt.at is None or prompt.at + FRESH > turn.now:
        if (later := turn.days.next_open(turn.now + FRESH)) < end:
            turn.due(name, later)
        return
    waited_for = [person for person in turn.state.members if person not in turn.state.answered]
    tools = turn.step.privately() if turn.step.asks_each(turn) else ()
    for person in waited_for:
        turn.say(message("status", *_reminder(turn, end), tools=tools), "person", person=person)
    turn.set(reminders=turn.state.reminders + bool(waited_for))
    # After downtime, or when this one was put off, the next may be due at once.
    turn.drop(*(other for other in REMINDERS if turn.state.deadlines.get(other, end) < turn.now + APART))


def _reminder(turn: Turn, end: datetime) -> Iterator[Part]:
    """How long there is time, or that it is the last day, and what the circle is at."""
    zone = turn.state.setting.zone
    last = local_moment(turn.now, zone).on == local_moment(end, zone).on
    yield line("reminder.today" if last else "reminder.open", title=turn.own("title"), until=Moment(end))
    if turn.step.TEXT:
        yield line("reminder.asks", question=turn.own(*turn.step.question.split(".")))
    yield line("reminder.alone")


def _forgotten(turn: Turn) -> None:
    """Paused, and nobody came back. What the circle has released is still its word."""
    asked = turn.state.prompt
    refused = asked is not None and asked.at is None and "undelivered" not in turn.state.left
    publish(turn)
    turn.finish("unreachable" if refused else "done")


DEADLINES: dict[str, Callable[[Turn], None]] = {
    "box": _time_up, "settle": _time_up, "warning": _warn, "undelivered": _undelivered, "nobody": lobby.nobody,
    "empty": lobby.empty, "headcount": begin, "reminder": partial(_remind, name="reminder"),
    "last-call": partial(_remind, name="last-call"), "forgotten": _forgotten,
}  # fmt: skip


# -- delivery


def delivered(turn: Turn, event: e.Delivered) -> str | None:
    before, present = turn.state.asked_as(event.prompt), turn.state.prompt
    if before is None or (before.at is not None and not before.assumed):
        return "that prompt is not waiting to be delivered"
    at = utc(event.at)
    _arrived(turn, replace(before, at=at, assumed=False))
    # Where it was taken as delivered before it was, people have lost time.
    news = before.at is None or at > before.at
    if turn.state.phase == "running" and before == present and before.step == turn.state.step and news:
        turn.box(at)
    return None


def _arrived(turn: Turn, asked: Asked) -> None:
    turn.set(asked=tuple(asked if one.prompt == asked.prompt else one for one in turn.state.asked))


def delivery_failed(turn: Turn, event: e.DeliveryFailed) -> str | None:
    """The circle cannot see the question: stop the clock, and tell those who can mend it."""
    present = turn.state.prompt
    if present is None or present.prompt != event.prompt or present.step != turn.state.step:
        return "a later question has been asked"
    if present.at is not None and not present.assumed:
        return "that prompt has been delivered"
    turn.tell("delivery.failed", n=turn.state.setting.number, why=Text(f"delivery.why.{event.reason}"))
    _arrived(turn, replace(present, at=None, assumed=False))
    turn.drop(
        *(name for name in (*turn.state.deadlines, *turn.state.left) if name not in (*REMINDERS, "forgotten"))
    )
    return pause(turn, event) if turn.state.phase == "running" else None
