"""What anyone in the circle can do to the round: next, back, five more minutes, pause, help, take back.

A control word counts only as a whole message; its button and its word are one path. What was written is kept,
and its receipt offers «that was an answer».
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flows import events as e
from flows.effects import Keep, Say
from flows.message import Moment, Text, choices, line, message
from flows.state import Undo
from flows.turn import Turn

#: «Five more minutes.»
MORE = timedelta(minutes=5)


def control(turn: Turn, person: int, word: str, event: e.Replied | e.Pressed) -> str | None:
    """One way for a written word and a press. What was written is kept; the receipt offers a way back."""
    if isinstance(event, e.Replied):
        turn.keep(event, "control")
    before = turn.state.step
    ignored = CONTROLS[word](turn, event)
    if ignored is None and isinstance(event, e.Replied) and word in ("next", "back", "pause"):
        turn.set(undo=Undo(person, event.reply, before))
        turn.effects.append(_taken(word, event.reply))
    # A word that changed nothing was still written, and is kept.
    return ignored if isinstance(event, e.Pressed) else None


def _taken(word: str, reply: int) -> Say:
    said = message(
        "receipt",
        line("control.taken", word=Text(f"choice.{word}")),
        choices=choices("was-answer"),
        about=reply,
    )
    return Say(said)


def _next(turn: Turn, _: object) -> str | None:
    turn.over = True
    return None


def _back(turn: Turn, _: object) -> str | None:
    before = turn.route.waits_before(turn.state.step)
    if before is None:
        return "there is nothing to go back to"
    _return_to(turn, before)
    return None


def _return_to(turn: Turn, step: int) -> None:
    turn.close_step()
    turn.set(step=step)
    turn.say(message("answer", line("control.back")))
    turn.open_step()


def more(turn: Turn, _: object, by: timedelta = MORE) -> str | None:
    end = turn.state.deadlines.get("box")
    if end is None:
        return "nothing is being timed"
    turn.until(end + by)
    minutes = int(by.total_seconds()) // 60
    turn.say(message("answer", line("control.more", n=minutes, until=Moment(end + by))))
    turn.show_status()
    return None


def pause(turn: Turn, _: object) -> str | None:
    left = {name: int((at - turn.now).total_seconds()) for name, at in turn.state.deadlines.items()}
    turn.set(phase="paused", left=left, deadlines={})
    turn.say(message("answer", line("control.paused"), choices=choices("resume")))
    turn.update("root", message("status", turn.title(), line("status.paused")))
    return None


def resume(turn: Turn, _: object) -> str | None:
    deadlines = {name: turn.now + timedelta(seconds=max(s, 0)) for name, s in turn.state.left.items()}
    turn.set(phase="running", deadlines=deadlines, left={})
    turn.say(message("answer", line("control.resumed")))
    turn.show_status()
    return None


def _help(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    turn.say(message("answer", line("control.help")), "person", person=event.person)
    return None


def _aside(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    """«Not an answer»: the author's own message is kept out of notes and recaps."""
    if event.about is None:
        return "which message is not said"
    turn.effects.append(Keep(event.about, "aside"))
    turn.forget(event.about)
    turn.say(message("answer", line("control.aside")), "person", person=event.person)
    return None


def _was_answer(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    """Put back what a control word changed, and count it as the answer it was."""
    undo = turn.state.undo
    if undo is None or undo.person != event.person:
        return "there is no control word of yours to take back"
    step = turn.route.steps[undo.before]
    asked = next((a for a in reversed(turn.state.asked) if a.step == undo.before), None)
    turn.effects.append(Keep(undo.reply, step.ROLE, asked.prompt if asked else None, step.id))
    turn.set(undo=None)
    if undo.before != turn.state.step:
        _return_to(turn, undo.before)
    return None


def _nothing(turn: Turn, _: object) -> str | None:
    return "the meeting is already under way"


CONTROLS: dict[str, Callable[[Turn, Any], str | None]] = {
    "here": _nothing, "resume": _nothing, "next": _next, "back": _back, "more": more, "pause": pause,
    "help": _help, "aside": _aside, "was-answer": _was_answer,
}  # fmt: skip
