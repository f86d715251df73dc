"""What anyone in the circle can do to the round: next, back, five more minutes, pause, help, take back.

A control word counts only as a whole message; its button and its word are one path. What was written is kept,
and the first receipt that somebody gets for one offers «that was an answer»; it can be written at any time.

Two people often say «next» in the same second. What was said of an earlier question, before the present one had
reached the circle, moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flows import events as e
from flows.effects import Keep, Say
from flows.message import Moment, Text, choices, line, message
from flows.reading import ControlWord
from flows.state import UNDOS_KEPT, Undo
from flows.turn import WARNED_FROM, Turn

#: «Five more minutes.»
MORE = timedelta(minutes=5)
#: Minutes are not taken back where less than this would be left; as much as the word before the end says.
LEFT_AT_LEAST = timedelta(minutes=1)
#: The most that a coordinator may add at once: a working day.
MORE_AT_MOST = 480
#: A sitting that someone in the circle paused, and nobody resumed, ends so long after its time was out.
FORGOTTEN = timedelta(hours=1)

#: Under this name the time that was left of the whole sitting is kept, while it is paused.
END = "end"

#: Words about the question that stands when they are said.
MOVING = ("next", "back", "more")
#: Words that move everyone in the circle.
STEERING = (*MOVING, "pause")
#: Words that are easily meant as an answer, and can be taken back.
DOUBTFUL = ("next", "back", "more", "pause")


def stale(turn: Turn, event: e.Replied | e.Pressed) -> bool:
    """It was said of an earlier question: the present one had not reached the circle."""
    present, since = turn.state.prompt, turn.state.since
    if event.prompt is not None:
        return present is not None and event.prompt != present.prompt
    if isinstance(event, e.Pressed):
        return False
    late = since is not None and event.sent_at < since
    return late or (present is not None and turn.state.seen(event.sent_at) != present)


def means(turn: Turn, word: str) -> bool:
    """Whether the word can be a control at this pace; otherwise it is an answer like any other."""
    if word in ("here", "more"):
        return turn.live
    return turn.steered or word not in STEERING


def control(turn: Turn, word: ControlWord, event: e.Replied | e.Pressed) -> str | None:
    """One way for a written word and a press. What was written is kept; the receipt offers a way back."""
    too_late = word in MOVING and stale(turn, event)
    undo = _undo(turn, word, event) if isinstance(event, e.Replied) else None
    if isinstance(event, e.Replied):
        turn.keep(event, "control")
    ignored = "the circle has moved on from that question" if too_late else CONTROLS[word](turn, event)
    if undo is None:
        return ignored
    if word in DOUBTFUL:
        told = any(each.person == undo.person for each in turn.state.undos)
        turn.set(undos=(*turn.state.undos, undo)[-UNDOS_KEPT:])
        if ignored is None and not told:
            turn.effects.append(_taken(word, undo.reply))
    # A word that changed nothing was still written, and is kept.
    return None


def _undo(turn: Turn, word: ControlWord, event: e.Replied) -> Undo:
    """What the word would be an answer to, if it was one."""
    state = turn.state
    asked = state.answers(event.prompt, event.sent_at) if stale(turn, event) else state.prompt
    step = asked.step if asked and stale(turn, event) else state.step
    return Undo(event.person, event.reply, word, step, asked.prompt if asked else None)


def _taken(word: str, reply: int) -> Say:
    said = message(
        "receipt",
        line("control.taken", word=Text(f"choice.{word}")),
        choices=choices("was-answer"),
        about=reply,
    )
    return Say(said)


def _next(turn: Turn, _: object) -> str | None:
    turn.step.moves_on(turn)
    return None


def _back(turn: Turn, _: object) -> str | None:
    """To the nearest step before this one that asked something; those that passed over themselves would again."""
    before = [asked.step for asked in turn.state.asked if asked.step < turn.state.step]
    if not before:
        return "there is nothing to go back to"
    _return_to(turn, max(before))
    return None


def _return_to(turn: Turn, step: int) -> None:
    turn.say(message("answer", line("control.back")))
    turn.go_to(step)


def more(turn: Turn, _: object, by: timedelta = MORE) -> str | None:
    end = turn.state.deadlines.get("box")
    if end is None or not turn.live:
        return "nothing is being timed"
    turn.until(end + by)
    minutes = int(by.total_seconds()) // 60
    turn.say(message("answer", line("control.more", n=minutes, until=Moment(end + by))))
    turn.show_status()
    return None


def stretched(turn: Turn, event: e.Stretched) -> str | None:
    if not 0 < event.minutes <= MORE_AT_MOST:
        return f"{event.minutes} minutes cannot be added: give 1 to {MORE_AT_MOST}"
    return more(turn, event, timedelta(minutes=event.minutes))


def pause(turn: Turn, event: object) -> str | None:
    """Stop the clocks. Who paused goes on; but a circle may forget to, and go home."""
    left = {name: turn.seconds_to(at) for name, at in turn.state.deadlines.items()}
    if turn.state.ends_at:
        left[END] = turn.seconds_to(turn.state.ends_at)
    end = max(turn.state.ends_at or turn.now, turn.now) + FORGOTTEN
    forgotten = {} if isinstance(event, e.Paused) else {"forgotten": turn.waking(end)}
    turn.set(phase="paused", left=left, deadlines=forgotten)
    if isinstance(event, e.Paused) and event.unreachable:
        return None
    say_paused(turn)
    turn.update("root", message("status", turn.title(), line("status.paused")))
    return None


def held(turn: Turn, event: e.Paused) -> str | None:
    """A coordinator pauses what somebody else has paused: from now on it stays so until they resume it."""
    if turn.state.held:
        return "the meeting is paused"
    turn.set(deadlines={})
    if not event.unreachable:
        say_paused(turn)
    return None


def say_paused(turn: Turn) -> None:
    """That nothing is timed, and who starts the clock again: what a coordinator paused waits for them."""
    if turn.state.held:
        turn.say(message("answer", line("control.paused-by-coordinator")))
    else:
        turn.say(message("answer", line("control.paused"), choices=choices("resume")))


def resume(turn: Turn, event: object) -> str | None:
    """Whoever says so may lift what a member paused, or what stopped by itself; a coordinator's pause only they do."""
    if turn.state.held:
        say_paused(turn)
        return None
    return go_on(turn, event)


def go_on(turn: Turn, event: object) -> str | None:
    left = {name: turn.now + timedelta(seconds=seconds) for name, seconds in turn.state.left.items()}
    deadlines = {name: turn.waking(at) for name, at in left.items()}
    # The sitting ends as much later as it stood still: a window of days, or the time for a plenum.
    end = deadlines.pop(END, turn.state.ends_at)
    turn.set(phase="running", deadlines=deadlines, left={}, since=turn.now, ends_at=end)
    turn.goes_on(event)
    asked = turn.state.prompt
    asks = asked is not None and asked.step == turn.state.step and turn.state.part != "waiting"
    unboxed = asks and "box" not in deadlines
    if unboxed and asked and asked.at:
        # It arrived while nothing was timed.
        turn.box(turn.now)
        return None
    if unboxed and "undelivered" not in deadlines:
        # It was refused, and nobody has seen it.
        turn.open_step()
    if not isinstance(event, e.Resumed) or event.after != "moved":
        turn.show_status()
    return None


def _help(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    words = line("control.help" if turn.steered else "control.help-async")
    turn.say(message("answer", line("control.heard"), words), "person", person=event.person)
    return None


def _aside(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    """«Not an answer»: the author's own message is kept out of notes and recaps."""
    if event.about is None or event.about == getattr(event, "reply", None):
        return "which message is not said"
    if event.meant and event.meant.person != event.person:
        return "only its author can say that a message is no answer"
    turn.effects.append(Keep(event.about, "aside"))
    turn.forget(event.about)
    turn.say(message("answer", line("control.aside")), "person", person=event.person)
    return None


def _was_answer(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    """Count a control word as the answer that it was, and put back what it changed, if that still stands."""
    mine = [undo for undo in turn.state.undos if undo.person == event.person]
    mine = [undo for undo in mine if event.about in (None, undo.reply)]
    if not mine:
        return _mark_taken_back(turn, event)
    undo, untouched = mine[-1], _untouched(turn, mine[-1])
    step = turn.route.steps[undo.step]
    asked = turn.state.asked_as(undo.prompt)
    turn.effects.append(
        Keep(undo.reply, step.role_otherwise, undo.prompt, step.place(asked.part if asked else 0))
    )
    turn.set(undos=tuple(each for each in turn.state.undos if each != undo))
    if untouched and undo.word == "pause":
        resume(turn, event)
    elif untouched and undo.word == "more":
        _take_back(turn, MORE)
    elif untouched:
        _return_to(turn, undo.step)
    return None


def _mark_taken_back(turn: Turn, event: e.Replied | e.Pressed) -> str | None:
    """Somebody has made a message a note, a finding or an action: to its author it was an answer."""
    meant, asked = event.meant, turn.state.asked_as(event.meant.prompt) if event.meant else None
    marked = meant and meant.person == event.person and meant.role in ("note", "finding", "action")
    if not (meant and marked and event.about and asked):
        return "there is no control word of yours to take back"
    step = turn.route.steps[asked.step]
    turn.effects.append(
        Keep(event.about, step.role_otherwise, asked.prompt, step.place(asked.part), meant.late)
    )
    turn.forget(event.about)
    for noted in turn.state.noted if meant.role == "note" else ():
        turn.show_note(noted)
    if turn.going_on:
        turn.step.taken_back(turn)
    return None


def _take_back(turn: Turn, minutes: timedelta) -> None:
    """Take minutes back that were given, unless people count on them by now: a question keeps all of its own."""
    asked, end = turn.state.prompt, turn.state.deadlines.get("box")
    if not (asked and asked.at and end):
        return
    own = asked.at + turn.step.span(turn)
    if end - minutes >= max(own, turn.now + LEFT_AT_LEAST):
        turn.until(end - minutes)
        if turn.step.span(turn) >= timedelta(minutes=WARNED_FROM):
            turn.due("warning", end - minutes - LEFT_AT_LEAST)
        turn.say(message("answer", line("control.as-before", until=Moment(end - minutes))))
        turn.show_status()


def _untouched(turn: Turn, undo: Undo) -> bool:
    """Nobody has moved the circle since; otherwise putting it back would undo what others did."""
    state = turn.state
    if state.undos[-1] != undo:
        return False
    if undo.word == "pause":
        return state.phase == "paused" and not state.held
    asked = (state.prompt.prompt if state.prompt else 0) - (undo.prompt or 0)
    if undo.word == "more":
        return state.phase == "running" and asked == 0
    return state.phase == "running" and state.step != undo.step and asked <= 1


def _nothing(_turn: Turn, _: object) -> str | None:
    return "the meeting is already under way"


CONTROLS: dict[str, Callable[[Turn, Any], str | None]] = {
    "here": _nothing, "resume": _nothing, "next": _next, "back": _back, "more": more, "pause": pause,
    "help": _help, "aside": _aside, "was-answer": _was_answer,
}  # fmt: skip
