"""Who does what by when, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from flows.effects import Role
from flows.events import Replied
from flows.kinds.step import Slug, Timed
from flows.message import Action, Line, Points, line, message
from flows.reading import Verdict
from flows.turn import Turn

#: What people may say of an action, and whether it is then settled.
SETTLED = {"done": True, "under-way": False, "dropped": True}


class PlanActions(Timed):
    """Ask what the circle will do before next time: who, what, by when.

    Each message is one action. Seen by the circle; managers see the action and its state, never who.
    Asked about again by `follow-up`.
    """

    WORD: ClassVar[str] = "action"
    ROLE: ClassVar[Role] = "action"

    action: Slug

    def opens(self, turn: Turn) -> None:
        turn.ask(message("question", Line(turn.own(self.id)), line("action.how")))

    def hears(self, turn: Turn, event: Replied) -> None:
        turn.keep(event, "action")
        turn.judge("actions", event.reply, "open")
        turn.answered(event)


class FollowUp(Timed):
    """Ask what became of the actions that are not settled: done, under way, dropped.

    Passes over itself when there are none. Their state is in the recaps of the circle and of managers.
    """

    WORD: ClassVar[str] = "follow-up"
    ROLE: ClassVar[Role] = "control"
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
        number = reading.number or (1 if len(waiting) == 1 else 0)
        turn.keep(event, "control")
        if 0 < number <= len(waiting):
            turn.judge("actions", waiting[number - 1], reading.word)
        told = {one.reply for one in turn.state.actions}
        turn.over = told.issuperset(waiting)
