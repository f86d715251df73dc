"""Before a sitting: its opening, and who is there.

A live meeting begins when someone says «we are here»; around a table, when those who sit there have been
counted. Everyone's session, and an async one, begin at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flows import events as e
from flows.controls import say_paused
from flows.course import begin
from flows.message import Message, Name, Part, choices, line, message
from flows.reading import Control, Count
from flows.turn import Turn

#: Live: nobody has said that they are there, so long after the meeting opened.
NOBODY = timedelta(minutes=10)
#: Live: the head count is waited for so long.
HEADCOUNT = timedelta(minutes=3)


def opens(turn: Turn, event: e.Opened) -> None:
    turn.say(_opening(turn, event), slot="root")
    if _waits(turn):
        turn.due("nobody", turn.now + NOBODY)
        turn.due("empty", turn.now + timedelta(minutes=turn.state.setting.minutes) + NOBODY)
    else:
        begin(turn)


def _waits(turn: Turn) -> bool:
    return turn.live and not turn.state.setting.groups


def _opening(turn: Turn, event: e.Opened | None = None) -> Message:
    """`event`: when it opens, it is told who else hears or reads what comes of it, before anything is said."""
    here = (line("meeting.here"),) if _waits(turn) else ()
    told = [*_first(turn), *_counted(turn), *(_readers(turn, event) if event is not None else ())]
    return message("question", turn.title(), *told, *here, choices=choices("here") if here else ())


def _readers(turn: Turn, event: e.Opened) -> Iterator[Part]:
    """Where managers read together, once; and whoever hears what is said here in another role too."""
    if event.managers_place and turn.state.setting.number == 1 and not turn.state.setting.groups:
        yield line("meeting.managers-place")
    for each in event.also:
        yield line(f"meeting.also.{each.role}", who=Name("person", each.person))


def _first(turn: Turn) -> list[Part]:
    """What is told before anything is asked: that it is late, and at first what becomes of what one writes."""
    setting = turn.state.setting
    late: list[Part] = [line("meeting.late", n=setting.late)] if setting.late else []
    # Everyone has read it in their group.
    first = setting.number == 1 and not setting.groups
    return [*late, line("meeting.privacy"), *_kept(setting)] if first else late


def _counted(turn: Turn) -> Iterator[Part]:
    """That where people are from is counted, each time that it is: a programme may come to ask for it on its way."""
    if turn.route.units and not turn.table and not turn.state.setting.groups:
        yield line("meeting.units")


def _kept(setting: e.Setting) -> Iterator[Part]:
    if setting.kept is not None:
        replies, recaps = setting.kept
        yield (
            line("meeting.kept.replies-open") if replies is None else line("meeting.kept.replies", n=replies)
        )
        yield line("meeting.kept.recaps-open") if recaps is None else line("meeting.kept.recaps", n=recaps)


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


def replied_while_paused(turn: Turn, event: e.Replied) -> str | None:
    """«We are here» begins nothing in a series that is paused, and is told why."""
    if ignored := replied(turn, event):
        return ignored
    reading = event.reading
    if isinstance(reading, Count) or (isinstance(reading, Control) and reading.word in ("here", "resume")):
        say_paused(turn)
    return None


def pressed_while_paused(turn: Turn, event: e.Pressed) -> str | None:
    if ignored := turn.stranger(event.person):
        return ignored
    if event.press not in ("here", "resume"):
        return "the meeting is paused"
    say_paused(turn)
    return None


def goes_on(turn: Turn, event: e.Resumed) -> str | None:
    """Back to where it was, with the time that was left, and asking again: much may have been said meanwhile."""
    phase, left = turn.state.phase_paused, turn.state.left
    deadlines = {name: turn.now + timedelta(seconds=seconds) for name, seconds in left.items()}
    turn.set(phase=phase, deadlines=deadlines, left={})
    if event.after == "moved":
        turn.goes_on(event)
    else:
        turn.update("root", _opening(turn))
    resumed, asks = line("control.resumed"), line("meeting.here" if phase == "lobby" else "meeting.headcount")
    head = () if event.after == "moved" else (resumed,)
    turn.say(message("question", *head, asks, choices=choices("here") if phase == "lobby" else ()))
    return None


def nobody(turn: Turn) -> None:
    turn.tell("lobby.nobody", n=turn.state.setting.number)


def empty(turn: Turn) -> None:
    turn.tell("lobby.empty", n=turn.state.setting.number)
    turn.finish("nobody came")
