"""Who does what by when, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from flows.effects import Role
from flows.events import Replied
from flows.kinds.step import Slug, Timed
from flows.message import Action, Line, Points, line, message
from flows.reading import Count, Verdict
from flows.state import Asked, Found, FoundState
from flows.turn import Turn

#: What people may say of an action.
SETTLED: dict[str, FoundState] = {"done": "done", "under-way": "under-way", "dropped": "dropped"}


class PlanActions(Timed):
    """Ask what the circle will do before next time: who, what, by when.

    Each message is one action. Seen by the circle; managers see only how many actions are in which state.
    Asked about again by `follow-up`.
    """

    WORD: ClassVar[str] = "action"
    ROLE: ClassVar[Role] = "action"

    action: Slug

    def opens(self, turn: Turn) -> None:
        turn.ask(message("question", Line(turn.own(self.id)), line("action.how")))

    def hears(self, turn: Turn, event: Replied) -> None:
        if event.private or isinstance(event.reading, Verdict | Count) or not turn.room("actions"):
            turn.keep(event, "answer")
        else:
            turn.keep(event, "action")
            turn.found("actions", Found(event.reply, "open"))
        turn.answered(event)


class FollowUp(Timed):
    """Ask what became of the actions that are not settled: done, under way, dropped.

    Passes over itself when there are none. The circle's recap of a meeting has the actions that were named or settled
    there, with how each stands; managers see only how many of the series' actions are in which state.
    """

    WORD: ClassVar[str] = "follow-up"
    ROLE: ClassVar[Role] = "control"
    JUDGES: ClassVar[bool] = True
    TEXT: ClassVar[bool] = False

    follow_up: Slug = Field(alias="follow-up")

    def opens(self, turn: Turn) -> None:
        waiting = turn.state.setting.actions
        if not waiting:
            turn.over = True
            return
        listed = Points(tuple(Action(reply) for reply in waiting), numbered=True)
        turn.ask(message("question", line("follow-up.ask", n=len(waiting)), listed, line("follow-up.how")))

    def hears(self, turn: Turn, event: Replied) -> None:
        reading, waiting = event.reading, turn.state.setting.actions
        if not isinstance(reading, Verdict) or reading.word not in SETTLED:
            turn.keep(event, "reflection")
            return
        turn.keep(event, "control")
        turn.counts(event.person)
        if not self._told(turn, reading):
            turn.say(message("answer", line("follow-up.how")))
        told = {one.reply for one in turn.state.actions}
        turn.over = told.issuperset(waiting)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        reading = event.reading
        if isinstance(reading, Verdict) and reading.word in SETTLED and self._told(turn, reading):
            turn.keep(event, "control", late=True, asked=asked)
        else:
            super().hears_late(turn, event, asked)

    def _told(self, turn: Turn, reading: Verdict) -> bool:
        """Write down how an action stands, if it is clear which. Without a number, where there is only one."""
        waiting = turn.state.setting.actions
        number = reading.number or (1 if len(waiting) == 1 else 0)
        if not 0 < number <= len(waiting):
            return False
        turn.found("actions", Found(waiting[number - 1], SETTLED[reading.word]))
        return True
