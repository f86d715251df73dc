"""What people write and press, once the round goes on, while it is paused, and when it is over."""

from __future__ import annotations

from typing import cast

from msgspec.structs import replace

from flows import events as e
from flows import lobby
from flows.controls import CONTROLS, STEERING, control, means, resume, say_paused, stale
from flows.effects import Drop, Keep
from flows.message import line, message, programme
from flows.reading import MARKS, Control, ControlWord, Help, Mark, Marked, Marking, Verdict
from flows.state import Asked, Found, Written
from flows.turn import Turn, Which

#: Control words that only mean something while the round goes on.
ONLY_THEN = ("here", "resume", *STEERING)
#: Why a vote that is edited changes nothing: its author is told.
MOVED_ON, UNREAD = "the circle has moved on from it", "it cannot be counted"


# -- replies


def replied(turn: Turn, event: e.Replied) -> str | None:
    if ignored := turn.stranger(event.person):
        return ignored
    reading = event.reading
    if isinstance(reading, Control) and _steers(turn, event, reading.word):
        return control(turn, reading.word, event)
    if isinstance(reading, Help) and (picture := turn.route.point(reading.number, turn.state.step)):
        turn.keep(event, "control")
        _explain(turn, picture, reading.number, event.person if event.private else None)
    elif isinstance(reading, Marking) and mark(turn, event, reading.mark) is None:
        turn.keep(event, "control")
    elif not _marked(turn, event):
        _heard(turn, event)
    return None


def _steers(turn: Turn, event: e.Replied, word: str) -> bool:
    """Whether a control word can be one here; otherwise it is an answer like any other.

    Privately only help makes sense. «Here» and «go on» are said by several at once, and so mean nothing for a
    while after they were needed; later, «here» is an answer to a question about where.
    """
    if event.private or not means(turn, word):
        return event.private and word in ("help", "aside")
    if word == "here":
        return stale(turn, event) or len(turn.state.asked) <= 1
    return word != "resume" or stale(turn, event)


def _heard(turn: Turn, event: e.Replied) -> None:
    asked = _judging(turn, event) or turn.state.answers(event.prompt, event.sent_at)
    if asked is None:
        turn.keep(event, "aside")
    elif turn.route.steps[asked.step].confides(event):
        _said_aloud(turn, event, asked)
    elif _is_present(turn, asked):
        turn.step.hears(turn, event)
    else:
        turn.route.steps[asked.step].hears_late(turn, event, asked)


def _is_present(turn: Turn, asked: Asked) -> bool:
    """The circle is at what was asked: the step, and of one that asks several things, the part."""
    present = turn.state.prompt
    same = present is not None and (asked.step, asked.part) == (turn.state.step, present.part)
    # A step that has not asked yet, such as one that waits for groups, has no part.
    waits = present is not None and present.step != turn.state.step and asked.step == turn.state.step
    return turn.going_on and (same or waits)


def _said_aloud(turn: Turn, event: e.Replied, asked: Asked) -> None:
    """Numbers where scores are asked for: what was meant for Runda alone, or cannot be read. Nothing is stored."""
    turn.effects.append(Drop(event.reply))
    sheet = turn.route.steps[asked.step].sheet(turn.route, turn.state, event.person)
    said = line("answers.unread", n=len(sheet)) if event.private else line("answers.aloud")
    turn.say(message("answer", said), "person", person=event.person)


def cast_anew(turn: Turn, said: e.Replied) -> str | None:
    """A vote that is edited is a new vote of the same person, as long as what it answers stands."""
    asked = _standing(turn, said)
    if asked is None:
        return MOVED_ON
    if turn.step.confides(said):
        return UNREAD
    counted = Keep(said.reply, "control", asked.prompt, turn.step.place(asked.part))
    turn.step.hears(turn, said)
    return None if counted in turn.effects else UNREAD


def recall(turn: Turn, said: e.Replied) -> None:
    """A vote that is taken back is none, as long as what it answers stands; afterwards its count does. Its author is
    told either."""
    asked = turn.state.asked_as(said.prompt)
    if asked is None or not turn.route.steps[asked.step].TALLIES:
        return
    if _standing(turn, said) is None:
        turn.say(message("answer", line("answers.settled")), "person", person=said.person)
    elif turn.step.recalls(turn, said):
        turn.say(message("answer", line("answers.recalled")), "person", person=said.person)


def _standing(turn: Turn, said: e.Replied) -> Asked | None:
    """What this answers, if the circle is at it."""
    asked = turn.state.prompt
    return asked if asked and asked.prompt == said.prompt and _is_present(turn, asked) else None


def filled(turn: Turn, event: e.Filled) -> str | None:
    if ignored := turn.stranger(event.person):
        return ignored
    asked = turn.state.asked_as(event.prompt)
    if asked is None or not turn.route.steps[asked.step].sheet(turn.route, turn.state, event.person):
        return "nothing is filled in there"
    turn.route.steps[asked.step].filled(turn, event, asked)
    return None


def attached(turn: Turn, event: e.Attached) -> str | None:
    """Only words are kept; whoever sent a picture alone is told so, and nobody else."""
    if ignored := turn.stranger(event.person):
        return ignored
    turn.say(message("answer", line("aside.files")), "person", person=event.person)
    return None


def _judging(turn: Turn, event: e.Replied) -> Asked | None:
    """A verdict, «2 no», at a step that takes none: it is about the step before, which closed while it was written."""
    if event.prompt is not None or not isinstance(event.reading, Verdict):
        return None
    asked = turn.state.answers(event.prompt, event.sent_at)
    if asked is None:
        return None
    step, before = turn.route.steps[asked.step], turn.state.asked_as(asked.prompt - 1)
    # A bare «no» may answer a question, but it is nobody's action.
    clear = event.reading.number is not None or step.ROLE in ("finding", "action")
    if before is None or step.JUDGES or not clear:
        return None
    return before if turn.route.steps[before.step].JUDGES else None


def mark(turn: Turn, event: e.Replied | e.Pressed, what: Mark) -> str | None:
    """Anyone in the circle makes a message, their own or another's, a line of the note, a finding or an action.

    Not what its author wrote privately or called no answer. Its author can take it back: «that was an answer».
    """
    meant = event.meant or e.Meant(event.person)
    asked = turn.state.asked_as(meant.prompt)
    if event.about is None or event.about == getattr(event, "reply", None) or asked is None:
        return "which message is not said"
    if event.private or meant.role not in ("answer", "note", "finding", "action", "reflection"):
        return "that message is not among what the circle said"
    if what == meant.role:
        return "it is one already"
    if what != "note" and not _put_forward(turn, event.about, what):
        return "there is no room for more, or it has been taken back"
    _refile(turn, event.about, what, asked, meant)
    return None


def _put_forward(turn: Turn, reply: int, what: Mark) -> bool:
    which: Which = "findings" if what == "finding" else "actions"
    known = any(one.reply == reply for one in getattr(turn.state, which))
    if known or not turn.room(which):
        return False
    turn.forget(reply)
    turn.found(which, Found(reply, "proposed" if what == "finding" else "open"))
    return True


def _refile(turn: Turn, reply: int, what: Mark, asked: Asked, meant: e.Meant) -> None:
    """What it was before, it is no more; whoever wrote it sees that it was taken up."""
    at = turn.route.note_of(asked.step) if what == "note" else asked.step
    if meant.role in ("finding", "action") and what == "note":
        turn.forget(reply)
    if what == "note" and turn.route.steps[at].WORD == "note":
        turn.writes(Written(at, 0, reply))
    place = turn.route.steps[at].place(asked.part if at == asked.step else 0)
    turn.effects.append(Keep(reply, what, asked.prompt, place, meant.late))
    turn.say(message("receipt", line("receipt.kept"), about=reply))
    for step in {at} if what == "note" else turn.state.noted if meant.role == "note" else ():
        turn.show_note(step)
    if turn.going_on and what == "finding":
        turn.step.finding_added(turn)
    elif turn.going_on:
        turn.step.taken_back(turn)


def _marked(turn: Turn, event: e.Replied) -> bool:
    """«Finding: …», «Action: …» at any time: the message says itself what it is. Written privately, it stays so."""
    mark = event.reading.mark if isinstance(event.reading, Marked) else "note"
    if mark == "note" or event.private or not turn.room("findings" if mark == "finding" else "actions"):
        return False
    turn.keep(event, mark, asked=turn.state.answers(event.prompt, event.sent_at))
    if mark == "finding":
        turn.found("findings", Found(event.reply, "proposed"))
    else:
        turn.found("actions", Found(event.reply, "open"))
    turn.receipt(event)
    if turn.going_on:
        turn.settle()
        if mark == "finding":
            turn.step.finding_added(turn)
    return True


def _explain(turn: Turn, picture: str, number: int, person: int | None) -> None:
    point = ("pictures", picture, "points", number)
    said = message("answer", line("picture.point", number=number, label=programme(*point, "label")),
                   line("plain", text=programme(*point, "help")))  # fmt: skip
    turn.say(said, "person" if person else "circle", person=person)


def replied_while_paused(turn: Turn, event: e.Replied) -> str | None:
    """People may go on writing; only «resume» starts the clock again."""
    if not turn.going_on:
        return lobby.replied_while_paused(turn, event)
    word = _steering(turn, event)
    if word in (None, "here"):
        return replied(turn, event)
    if ignored := turn.stranger(event.person):
        return ignored
    turn.keep(event, "control")
    if word == "resume":
        resume(turn, event)
    else:
        say_paused(turn)
    return None


def replied_afterwards(turn: Turn, event: e.Replied) -> str | None:
    """After the sitting: kept under the question it answers, and marked late."""
    if not _steering(turn, event):
        return replied(turn, event)
    if ignored := turn.stranger(event.person):
        return ignored
    turn.keep(event, "control")
    return None


def _steering(turn: Turn, event: e.Replied) -> str | None:
    """The control word that steers the round, if it is one."""
    reading = event.reading
    if event.private or not isinstance(reading, Control) or reading.word not in ONLY_THEN:
        return None
    return reading.word if means(turn, reading.word) else None


# -- buttons


def pressed(turn: Turn, event: e.Pressed) -> str | None:
    if ignored := turn.stranger(event.person):
        return ignored
    word, number = _code(event.press)
    if word == "help" and number is not None:
        return _helped(turn, number, event.person if event.private else None)
    if word in MARKS:
        return mark(turn, event, word)
    event = replace(event, press=word, prompt=number if event.prompt is None else event.prompt)
    asked = turn.state.prompt if event.prompt is None else turn.state.asked_as(event.prompt)
    if asked and asked.step == turn.state.step and turn.going_on:
        taken = turn.step.pressed(turn, event)
    else:
        taken = asked is not None and turn.route.steps[asked.step].pressed_late(turn, event)
    if taken or word not in CONTROLS:
        return None if taken else f"{event.press} is no choice here"
    if not means(turn, word):
        return f"{word} is no choice where there are days to answer in"
    return control(turn, cast(ControlWord, word), event)


def _helped(turn: Turn, number: int, person: int | None) -> str | None:
    picture = turn.route.point(number, turn.state.step)
    if picture is None:
        return f"no picture has a point {number}"
    _explain(turn, picture, number, person)
    return None


def _code(press: str) -> tuple[str, int | None]:
    """«help:3» is help with point 3, and «next:3» the «next» that stood under prompt 3."""
    word, _, number = press.partition(":")
    return word, int(number) if number.isdecimal() and len(number) <= 6 else None


def pressed_while_paused(turn: Turn, event: e.Pressed) -> str | None:
    if not turn.going_on:
        return lobby.pressed_while_paused(turn, event)
    if event.press == "resume":
        return turn.stranger(event.person) or resume(turn, event)
    if _code(event.press)[0] in ONLY_THEN:
        return "the meeting is paused"
    return pressed(turn, event)


def pressed_afterwards(turn: Turn, event: e.Pressed) -> str | None:
    """After the sitting one can still take back, say no, and ask for help."""
    if _code(event.press)[0] in ONLY_THEN:
        return "the meeting is over"
    return pressed(turn, event)
