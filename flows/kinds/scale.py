"""Scores that people give privately, and how they are spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flows.answers import UNSURE, Item, Option
from flows.effects import Given, Keep
from flows.events import Filled, Replied
from flows.kinds.step import Slug, Texts, Timed
from flows.message import Levels, Line, Part, Points, Text, line, message, programme
from flows.reading import Count, Digits
from flows.state import Asked
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route
    from flows.state import State


class Scale(Timed):
    """Ask each for scores, privately: so many items, each from `low` to `high`, or «I do not know».

    Answered in a form of one's own, or as numbers written to Runda alone, in the order of the items; the latest
    counts. Numbers that are written in the thread are not stored, and their author is told so. Nobody sees what
    another has given. How they are spread is shown by `spread`, never here. At a table each answers too. With `gap`
    it is shown for the leaders' groups and the others side by side, in the plenum, where at least five of each have
    answered; people are told so at the question. Hands nothing to the recap.
    """

    WORD: ClassVar[str] = "scale"
    SIGHT: ClassVar[str] = "sight.score"

    scale: Slug
    items: tuple[Slug, ...] = Field(min_length=1, max_length=20, description="What is scored, one text each.")
    reversed: tuple[Slug, ...] = Field((), description="Items where little is good.")
    low: int = Field(0, ge=-9, le=9, description="The lowest score.")
    high: int = Field(3, ge=-9, le=99, description="The highest score.")
    gap: bool = Field(
        default=False, strict=True, description="Leaders' groups and the others side by side, in the plenum."
    )

    @property
    def sight(self) -> Text:
        return Text("sight.gap") if self.gap else super().sight

    @property
    def apart(self) -> bool:
        return True

    @property
    def question(self) -> str:
        return f"{self.id}.ask"

    def opens(self, turn: Turn) -> None:
        turn.ask_each()

    def asks_each(self, turn: Turn) -> tuple[Part, ...]:
        listed = Points(tuple(turn.own(self.id, "items", item) for item in self.items), numbered=True)
        how = line("scale.how", low=self.low, high=self.high, least=turn.own(self.id, "low"),
                   most=turn.own(self.id, "high"))  # fmt: skip
        return Line(turn.own(self.id, "ask")), listed, how, Line(self.sight)

    def sheet(self, route: Route, state: State, person: int) -> tuple[Item, ...]:
        def text(*path: str) -> Text:
            return programme("rounds", route.round, self.id, *path)

        ends = {self.low: text("low"), self.high: text("high")}
        labels = {n: Text("scale.end", {"n": n, "label": end}) for n, end in ends.items()}
        points = range(self.low, self.high + 1)
        rated = tuple(Option(str(n), labels.get(n) or Text("scale.point", {"n": n})) for n in points)
        options = (*rated, Option(UNSURE, Text("scale.unsure")))
        return tuple(
            Item(name=item, sort="choice", text=text("items", item), options=options) for item in self.items
        )

    def confides(self, event: Replied) -> bool:
        return isinstance(event.reading, Count | Digits)

    def gives(self, route: Route, state: State, at: int) -> tuple[Given, ...]:
        """To be shown once, for everyone together; `spread` in the circle's own steps shows it there instead."""
        if any(step.WORD == "spread" and getattr(step, "of", None) == self.id for step in route.steps):
            return ()
        replies = tuple(sorted(state.scored_by(at).values()))
        return (Given(self.id, replies),) if replies else ()

    def filled(self, turn: Turn, event: Filled, asked: Asked) -> None:
        """What somebody gave before is put aside: the latest counts, and a person counts once."""
        if event.chosen is None:
            return
        late = asked.step != turn.state.step or not turn.going_on
        turn.effects.append(Keep(event.chosen, "score", asked.prompt, self.id, late))
        if late:
            turn.say(message("answer", line("scale.late")), "person", person=event.person)
            return
        if before := turn.state.scored_by(asked.step).get(event.person):
            turn.effects.append(Keep(before, "aside"))
        turn.scored(asked.step, event.person, event.chosen)
        turn.counts(event.person)

    def levels(
        self,
        name: str,
        replies: tuple[int, ...],
        before: tuple[int, ...] = (),
        leaders: tuple[int, ...] = (),
    ) -> Levels:
        """How these are spread, of the round of that name."""
        items = tuple(programme("rounds", name, self.id, "items", item) for item in self.items)
        return Levels(self.id, items, self.items, replies, self.reversed, before, leaders=leaders)

    @classmethod
    def texts(cls, raw: Mapping[str, Any]) -> Texts:
        named = [item for item in raw.get("items") or () if isinstance(item, str)]
        return {"ask": True, "items": dict.fromkeys(named, True), "low": True, "high": True}
