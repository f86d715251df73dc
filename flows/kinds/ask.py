"""The open question."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from flows.answers import Item
from flows.effects import Keep
from flows.events import Filled, Replied
from flows.kinds.step import Minutes, Slug, Timed
from flows.message import Line, Moment, Part, Solo, line, message, programme
from flows.state import Asked, State
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route


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
        alone = self._alone(turn.state)
        asks = *head, Line(turn.own(self.id)), *self._how(turn, alone)
        said = message("question", *asks, tools=self.privately() if alone else ())
        turn.ask(said, "alone" if alone else "shared")

    def _alone(self, state: State) -> int:
        return self.alone if state.setting.pace == "live" and state.setting.answering == "each" else 0

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

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def hears(self, turn: Turn, event: Replied) -> None:
        super().hears(turn, event)
        if event.private:
            self._alone_wrote(turn, event.person)

    def sheet(self, route: Route, state: State, person: int) -> tuple[Item, ...]:
        if not self._alone(state):
            return ()
        asked = programme("rounds", route.round, self.id)
        return (Item(name="answer", sort="text", text=asked, required=True),)

    def filled(self, turn: Turn, event: Filled, asked: Asked) -> None:
        """What comes after sharing has begun is handed back at once."""
        late = asked.step != turn.state.step or not turn.going_on
        turn.effects += [
            Keep(reply, "solo", asked.prompt, self.id, late)
            for replies in event.words.values()
            for reply in replies
        ]
        if not late:
            self._alone_wrote(turn, event.person)
            turn.counts(event.person)
        if late or turn.state.part != "alone":
            self._hand_back(turn, event.person)

    def _alone_wrote(self, turn: Turn, person: int) -> None:
        if person not in turn.state.solos:
            turn.set(solos=(*turn.state.solos, person))

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
            self._hand_back(turn, person)

    def _hand_back(self, turn: Turn, person: int) -> None:
        own = Line(Solo(self.id, person))
        turn.say(message("answer", line("ask.yours"), own), "person", person=person)
