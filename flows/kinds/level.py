"""The levels that a circle agrees on, where the weakest decides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from flows.controls import stale
from flows.effects import Role
from flows.events import Pressed, Replied
from flows.kinds.scale import Scale
from flows.kinds.step import Slug, Timed
from flows.levels import weakest
from flows.message import Choice, Line, Part, Points, Text, line, message
from flows.reading import Count
from flows.state import Agreed, Asked, State
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route


class Level(Timed):
    """Have the circle agree on one level for each item of a `scale`, after it has seen how its scores are spread.

    Every item must be at `plus` or more: the weakest decides, and is named; nothing is added up or averaged. The last
    level that is said stands, until somebody says «next». Seen by the circle, and in its recap; managers are told how
    many groups found what weakest, from five groups up.
    """

    WORD: ClassVar[str] = "level"
    ROLE: ClassVar[Role] = "answer"
    COUNTED: ClassVar[str] = "manager.weakest"

    level: Slug
    of: Slug = Field(description="The scale.")
    plus: int = Field(1, ge=-9, le=99, description="From this level up an item is in plus.")

    def opens(self, turn: Turn) -> None:
        self._ask(turn, 0)

    def _scale(self, turn: Turn) -> Scale | None:
        return turn.route.scales.get(self.of)

    def _ask(self, turn: Turn, part: int) -> None:
        scale = self._scale(turn)
        if scale is None or part >= len(scale.items):
            turn.over = True
            return
        first: list[Part] = [] if part else [Line(turn.own(self.id)), line("sight.settled")]
        item = Line(turn.own(scale.id, "items", scale.items[part]))
        count = line("level.count", n=part + 1, of=len(scale.items))
        points = range(scale.low, scale.high + 1)
        buttons = tuple(Choice(f"level-{n - scale.low}", Text("choice.pick", {"n": n})) for n in points)
        how = line("level.how", low=scale.low, high=scale.high)
        turn.ask(message("question", *first, count, item, how, choices=buttons), "", part)

    # -- agreeing

    def hears(self, turn: Turn, event: Replied) -> None:
        reading = event.reading
        if (
            not event.private
            and isinstance(reading, Count)
            and not stale(turn, event)
            and self._says(turn, reading.number)
        ):
            turn.keep(event, "control")
        else:
            super().hears(turn, event)

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        word, _, number = event.press.partition("-")
        scale = self._scale(turn)
        if (
            word != "level"
            or not number.isdecimal()
            or len(number) > 2
            or scale is None
            or stale(turn, event)
        ):
            return False
        return self._says(turn, scale.low + int(number))

    def _says(self, turn: Turn, level: int) -> bool:
        scale, asked = self._scale(turn), turn.state.prompt
        if scale is None or asked is None or not scale.low <= level <= scale.high:
            return False
        at = turn.state.step
        others = tuple(one for one in turn.state.agreed if (one.step, one.item) != (at, asked.part))
        turn.set(agreed=(*others, Agreed(at, asked.part, level)))
        turn.say(message("answer", line("level.said", n=level)))
        return True

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        turn.keep(event, "control" if isinstance(event.reading, Count) else "answer", late=True, asked=asked)

    # -- moving on

    def span(self, turn: Turn) -> timedelta:
        scale = self._scale(turn)
        return timedelta(minutes=self.minutes) / (len(scale.items) if scale else 1)

    def closes(self, turn: Turn) -> None:
        asked, scale = turn.state.prompt, self._scale(turn)
        if asked is None or scale is None or asked.step != turn.state.step:
            return
        if asked.part + 1 < len(scale.items) and not turn.window_closed:
            turn.over = False
            turn.drop("box", "warning", "settle", "undelivered")
            self._ask(turn, asked.part + 1)
        else:
            self._tell(turn, scale)

    def _tell(self, turn: Turn, scale: Scale) -> None:
        agreed = {
            scale.items[one.item]: one.level for one in turn.state.agreed if one.step == turn.state.step
        }
        if not agreed:
            return
        listed = tuple(
            Text("level.item", {"item": turn.own(scale.id, "items", item), "n": agreed[item]})
            for item in scale.items
            if item in agreed
        )
        weak = weakest(agreed)
        said = "level.weakest" if agreed[weak[0]] < self.plus else "level.in-plus"
        names = Points(tuple(turn.own(scale.id, "items", item) for item in weak))
        told = line("level.weakest") if said == "level.weakest" else line("level.in-plus")
        turn.say(message("answer", line("level.agreed"), Points(listed), told, names), slot=f"note:{self.id}")

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def settles(self, route: Route, state: State, at: int) -> tuple[str, ...]:
        scale = route.scales.get(self.of)
        if scale is None:
            return ()
        agreed = {scale.items[one.item]: one.level for one in state.agreed if one.step == at}
        return tuple(f"{scale.id}.items.{item}" for item in weakest(agreed))
