"""The open question."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from flows.events import Replied
from flows.kinds.step import Minutes, Slug, Timed
from flows.message import Line, Moment, Part, Solo, line, message
from flows.turn import Turn


class Ask(Timed):
    """Ask one open question, and collect what each person says.

    With `alone`, a live meeting begins with so many minutes of thinking alone: what is then written privately is
    seen by nobody else, and handed back to its author when sharing opens. What is written in the thread is seen
    by the circle. Hands its replies to the recap of the circle; never to managers.
    """

    WORD: ClassVar[str] = "ask"

    ask: Slug
    alone: Minutes = Field(0, description="Minutes to think alone first, within the time box.")

    def opens(self, turn: Turn) -> None:
        n, of = turn.route.question(turn.state.step)
        head: list[Part] = [line("ask.count", n=n, of=of)] if of > 1 else []
        alone = self.alone if turn.live and not turn.table else 0
        said = message("question", *head, Line(turn.own(self.id)), *self._how(turn, alone))
        turn.ask(said, "alone" if alone else "shared")

    def _how(self, turn: Turn, alone: int) -> list[Part]:
        if turn.table:
            return [line("ask.table")]
        if turn.live:
            return [line("ask.alone", n=alone)] if alone else []
        closes = turn.state.ends_at
        return [line("ask.async", until=Moment(closes))] if closes else []

    def boxed(self, turn: Turn, start: object) -> None:
        if turn.state.part == "alone" and isinstance(start, datetime):
            turn.due("alone", start + timedelta(minutes=self.alone))

    def hears(self, turn: Turn, event: Replied) -> None:
        super().hears(turn, event)
        if event.private and event.person not in turn.state.solos:
            turn.set(solos=(*turn.state.solos, event.person))

    def moves_on(self, turn: Turn) -> None:
        """«Next» while people think alone means that they have thought enough."""
        if turn.state.part == "alone":
            turn.set(since=turn.now)
            self._share(turn)
        else:
            super().moves_on(turn)

    def times(self, turn: Turn, name: str) -> None:
        if name == "alone":
            self._share(turn)
            # After downtime the whole box may be over; there is still to be time to share.
            if turn.state.deadlines.get("box", turn.now) <= turn.now:
                turn.until(turn.now + timedelta(minutes=max(self.minutes - self.alone, 1)))

    def _share(self, turn: Turn) -> None:
        turn.drop("alone")
        turn.set(part="shared")
        turn.say(message("question", line("ask.share")))
        for person in turn.state.solos:
            own = Line(Solo(self.id, person))
            turn.say(message("answer", line("ask.yours"), own), "person", person=person)
