"""Time to ask people who are not there."""

from __future__ import annotations

from typing import ClassVar

from flows.kinds.step import Slug, Timed
from flows.message import Line, Moment, line, message
from flows.turn import Turn


class Wait(Timed):
    """Give the circle time to ask people outside it, and collect what they say.

    In a meeting so many minutes, or until someone says «next»; at the async pace its share of the window. What is
    written is an answer like any other: seen by the circle, and in its recap.
    """

    WORD: ClassVar[str] = "wait"

    wait: Slug

    def opens(self, turn: Turn) -> None:
        closes = turn.state.ends_at
        until = line("ask.async", until=Moment(closes)) if not turn.live and closes else None
        how = until or line("wait.how", n=self.minutes)
        turn.ask(message("question", Line(turn.own(self.id)), how))

    def topics(self) -> tuple[str, ...]:
        return (self.id,)
