"""The levels that a circle agrees on, where the weakest decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from flows.controls import stale
from flows.effects import Role
from flows.events import Pressed, Profile, Replied
from flows.kinds.scale import Scale
from flows.kinds.step import Slug, Timed
from flows.levels import weakest
from flows.message import Choice, Line, Numbers, Part, Points, Text, line, message
from flows.reading import Count
from flows.state import Agreed, Asked, State
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route


class Level(Timed):
    """Have the circle agree on one level for each item of a `scale`, after it has seen how its scores are spread.

    Every item must be at `plus` or more: the weakest decides, and is named; nothing is added up or averaged. The last
    level that is said stands, until somebody says «next». What was agreed of the same scale in earlier rounds is told
    beside it. Seen by the circle, and in its recap; managers are told how
    many groups found what weakest, from five groups up.
    """

    WORD: ClassVar[str] = "level"
    ROLE: ClassVar[Role] = "answer"
    COUNTED: ClassVar[str] = "manager.weakest"
    TALLIES: ClassVar[bool] = True

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

    def recalls(self, turn: Turn, said: Replied) -> bool:
        """Nothing is agreed on then: what was said before it was left. The circle, which was told of it, is told."""
        part = turn.state.prompt.part if turn.state.prompt else 0
        here = [one for one in turn.state.agreed if (one.step, one.item) == (turn.state.step, part)]
        if not isinstance(said.reading, Count) or [one.level for one in here] != [said.reading.number]:
            return False
        turn.set(agreed=tuple(one for one in turn.state.agreed if one not in here))
        turn.say(message("answer", line("level.recalled")))
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
        agreed = self.agreed(turn.route, turn.state, turn.state.step)
        if not agreed:
            return
        listed = tuple(self._item(turn, scale, item, n) for item, n in agreed.items())
        weak = weakest(agreed)
        said = "level.weakest" if agreed[weak[0]] < self.plus else "level.in-plus"
        names = Points(tuple(turn.own(scale.id, "items", item) for item in weak))
        told = line("level.weakest") if said == "level.weakest" else line("level.in-plus")
        turn.say(message("answer", line("level.agreed"), Points(listed), told, names), slot=f"note:{self.id}")

    def _item(self, turn: Turn, scale: Scale, item: str, n: int) -> Text:
        """The level of an item, and what it was at each sitting before."""
        earlier = (each.levels.get(item) for each in turn.state.setting.profiles if each.scale == scale.id)
        before = tuple(one for one in earlier if one is not None)
        said = Text("level.item", {"item": turn.own(scale.id, "items", item), "n": n})
        return Text("level.since", {"said": said, "before": Numbers(before)}) if before else said

    def agreed(self, route: Route, state: State, at: int) -> dict[str, int]:
        """The level of each item that the circle agreed on at this step (from 0), in the order of the scale."""
        scale = route.scales.get(self.of)
        found = {one.item: one.level for one in state.agreed if one.step == at}
        return {item: found[n] for n, item in enumerate(scale.items) if n in found} if scale else {}

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def settles(self, route: Route, state: State, at: int) -> tuple[str, ...]:
        return tuple(f"{self.of}.items.{item}" for item in weakest(self.agreed(route, state, at)))


def profiles(route: Route, state: State) -> Iterator[Profile]:
    """What a circle agreed on in a round: for its later sittings."""
    for at, step in enumerate(route.steps):
        if isinstance(step, Level) and (agreed := step.agreed(route, state, at)):
            yield Profile(step.of, agreed)
