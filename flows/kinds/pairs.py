"""One to one: who wants to meet somebody from elsewhere, and whom."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from flows.effects import Pair
from flows.events import Pressed, Replied
from flows.kinds.step import Minutes, Slug, Timed
from flows.message import Choice, Line, Name, Points, Text, line, message
from flows.pairs import draw
from flows.reading import Verdict
from flows.state import Asked
from flows.turn import Turn


class Pairs(Timed):
    """Ask who wants to meet one to one, and draw pairs of those who said yes.

    Both have said yes, two of the same unit do not meet, and nobody meets the same again, as long as there is another
    way; with an odd number, three meet. A unit is where the coordinator says that somebody is from, such as a
    municipality; where that is not said, their group is. The draw is the same on every machine, and each pair is told
    why it is theirs («you have not met before»). Everyone sees who meets whom. With `turns`, in a meeting, each then
    has the word for so many minutes, one after the other, and it is said whose turn it is. Managers are told how many
    pairs were drawn, from five people up.
    """

    WORD: ClassVar[str] = "pairs"
    JUDGES: ClassVar[bool] = True
    TALLIES: ClassVar[bool] = True

    pairs: Slug
    turns: Minutes = Field(
        0, description="Minutes that each then has the word; of all the minutes, thrice so many."
    )

    def opens(self, turn: Turn) -> None:
        turn.set(votes={})
        buttons = Choice("yes", Text("choice.join-in")), Choice("no", Text("choice.stay-out"))
        asks = Line(turn.own(self.id)), line("pairs.how"), line("pairs.rules")
        turn.ask(message("question", *asks, choices=buttons))

    def hears(self, turn: Turn, event: Replied) -> None:
        verdict = event.reading if isinstance(event.reading, Verdict) else None
        if verdict and verdict.word in ("yes", "no") and not self._round(turn):
            turn.keep(event, "control")
            self._says(turn, event.person, verdict.word)
        else:
            super().hears(turn, event)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        turn.keep(
            event, "control" if isinstance(event.reading, Verdict) else "answer", late=True, asked=asked
        )

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        if event.press not in ("yes", "no") or self._round(turn):
            return False
        self._says(turn, event.person, event.press)
        return True

    def _says(self, turn: Turn, person: int, word: str) -> None:
        """The last word of each counts."""
        others = {one: said for one, said in turn.state.votes.items() if one != person}
        turn.set(votes={**others, person: ()} if word == "yes" else others)
        turn.counts(person)

    def recalls(self, turn: Turn, said: Replied) -> bool:
        """Who takes a yes back is not drawn; a no has counted for nothing."""
        yes = isinstance(said.reading, Verdict) and said.reading.word == "yes"
        if not yes or said.person not in turn.state.votes:
            return False
        turn.set(votes={one: cast for one, cast in turn.state.votes.items() if one != said.person})
        turn.uncounts(said.person)
        return True

    def _round(self, turn: Turn) -> int:
        """Whose turn it is to speak, from 1; 0 while people are asked whether they want to."""
        asked = turn.state.prompt
        return asked.part if asked and asked.step == turn.state.step else 0

    def span(self, turn: Turn) -> timedelta:
        return timedelta(minutes=self.turns if self._round(turn) else self.minutes - 3 * self.turns)

    def closes(self, turn: Turn) -> None:
        if self._round(turn) or self._draws(turn):
            self._gives_the_word(turn, self._round(turn) + 1)

    def _gives_the_word(self, turn: Turn, number: int) -> None:
        of = len(turn.state.options)
        if not self.turns or not turn.live or number > of:
            return
        turn.over = False
        turn.drop("box", "warning", "settle", "undelivered")
        turn.ask(message("question", line("pairs.turn", turn=number, of=of, n=self.turns)), "", number)

    def _draws(self, turn: Turn) -> bool:
        setting = turn.state.setting
        units = {person: seat.unit for seat in setting.seats for person in seat.people if seat.unit}
        seed = f"{turn.route.round} {self.id} {setting.number}"
        drawn = draw(turn.state.votes, seed, units=units, met=setting.met)
        # As many turns as the most who meet: that stands, whoever leaves. Who said yes is not kept.
        turn.set(votes={}, options=tuple(range(max((len(pair.people) for pair in drawn), default=0))))
        if not drawn:
            turn.say(message("answer", line("pairs.nobody")))
            return False
        turn.effects += [Pair(pair.people) for pair in drawn]
        told = tuple(_told(pair.people, Text(f"pairs.why.{pair.why}")) for pair in drawn)
        turn.say(message("answer", line("pairs.drawn", n=len(drawn)), Points(told)), slot=f"note:{self.id}")
        return True


def _told(people: tuple[int, ...], why: Text) -> Text:
    names = [Name("person", one) for one in people]
    if len(names) == 3:
        return Text("pairs.three", {"one": names[0], "two": names[1], "three": names[2], "why": why})
    return Text("pairs.two", {"one": names[0], "two": names[1], "why": why})
