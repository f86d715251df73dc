"""Before a sitting: its opening, and who is there.

A live meeting begins when someone says «we are here»; around a table, when those who sit there have been
counted. Everyone's session, and an async one, begin at once.
"""

from __future__ import annotations

from datetime import timedelta

from flows import events as e
from flows.course import begin
from flows.message import Part, choices, line, message
from flows.reading import Control, Count
from flows.turn import Turn

#: Live: nobody has said that they are there, so long after the meeting opened.
NOBODY = timedelta(minutes=10)
#: Live: the head count is waited for so long.
HEADCOUNT = timedelta(minutes=3)


def opens(turn: Turn) -> None:
    here = turn.live and not turn.state.setting.groups
    parts = [turn.title(), *_first(turn), *([line("meeting.here")] if here else [])]
    turn.say(message("question", *parts, choices=choices("here") if here else ()), slot="root")
    if here:
        turn.due("nobody", turn.now + NOBODY)
        turn.due("empty", turn.now + timedelta(minutes=turn.state.setting.minutes) + NOBODY)
    else:
        begin(turn)


def _first(turn: Turn) -> list[Part]:
    """What is told before anything is asked: that it is late, and at first what becomes of what one writes."""
    setting = turn.state.setting
    late: list[Part] = [line("meeting.late", n=setting.late)] if setting.late else []
    # Everyone has read it in their group.
    return [*late, line("meeting.privacy")] if setting.number == 1 and not setting.groups else late


def replied(turn: Turn, event: e.Replied) -> str | None:
    """People greet each other before a meeting; only «here» begins it."""
    if ignored := turn.stranger(event.person):
        return ignored
    turn.keep(event, "control" if isinstance(event.reading, Control | Count) else "aside")
    if isinstance(event.reading, Control) and event.reading.word == "here" and turn.state.phase == "lobby":
        _here(turn)
    elif turn.state.phase == "headcount" and isinstance(event.reading, Count):
        turn.set(heads=event.reading.number)
        begin(turn)
    return None


def _here(turn: Turn) -> None:
    turn.drop("nobody", "empty")
    if turn.table:
        turn.set(phase="headcount")
        turn.say(message("question", line("meeting.headcount")))
        turn.due("headcount", turn.now + HEADCOUNT)
    else:
        begin(turn)


def pressed(turn: Turn, event: e.Pressed) -> str | None:
    if ignored := turn.stranger(event.person):
        return ignored
    if event.press != "here":
        return f"{event.press} is no choice before the meeting has begun"
    _here(turn)
    return None


def nobody(turn: Turn) -> None:
    turn.tell("lobby.nobody", n=turn.state.setting.number)


def empty(turn: Turn) -> None:
    turn.tell("lobby.empty", n=turn.state.setting.number)
    turn.finish("nobody came")
