"""How scores are spread, and what people make of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from flows.kinds.scale import Scale
from flows.kinds.step import Slug, Timed
from flows.levels import FEW, shown_again, sides
from flows.message import Line, Part, line, message
from flows.turn import Turn


class Spread(Timed):
    """Show how the scores of a `scale` are spread, item by item, and ask what people make of it.

    In a plenum: of all who answered. In a group's own steps: of the group. At one of the two only; by the rules,
    from five answers up and never where all are alike. Shown again, it is as before, unless at least five answers are
    new: what one gave is not to be worked out. `since`: with the change since an earlier round, where it may be
    shown. Of a scale with `gap`: the leaders' groups and the others side by side, where at least five of each have
    answered, otherwise all together. What is answered is seen by the circle and in its recap.
    """

    WORD: ClassVar[str] = "spread"

    spread: Slug
    of: Slug = Field(description="The scale.")
    since: bool = Field(default=False, strict=True, description="With the change since an earlier round.")

    def opens(self, turn: Turn) -> None:
        turn.ask(message("question", *self._levels(turn), Line(turn.own(self.id))))

    def _levels(self, turn: Turn) -> list[Part]:
        at, scale = self._first(turn), turn.route.scales.get(self.of)
        leaders = self._leaders(turn) if scale is not None and scale.gap else ()
        replies = shown_again(turn.state.spreads.get(at, ()), self._replies(turn), leaders)
        if scale is None or len(replies) < FEW:
            return [line("levels.few")]
        turn.set(spreads={**turn.state.spreads, at: replies})
        before = tuple(one for each in turn.state.setting.given if self.since and each.step == self.of
                       for one in each.replies)  # fmt: skip
        apart = sides(replies, leaders)[:-1]
        told = [line("levels.gap" if apart else "levels.gap-few")] if leaders else []
        shown = scale.levels(turn.route.round, replies, before, *apart)
        return [line("levels.shown", n=len(replies)), *told, shown]

    def _first(self, turn: Turn) -> int:
        """The first step that shows these scores: what is shown of them there and later is held against each other."""
        steps = enumerate(turn.route.steps)
        return next(n for n, step in steps if isinstance(step, Spread) and step.of == self.of)

    def _leaders(self, turn: Turn) -> tuple[int, ...]:
        """What the leaders' groups gave; nothing where not everyone meets."""
        theirs = {seat.circle for seat in turn.state.setting.seats if seat.leaders}
        return tuple(one for each in turn.given(self.of) if each.circle in theirs for one in each.replies)

    def _replies(self, turn: Turn) -> tuple[int, ...]:
        if turn.state.setting.groups:
            return tuple(sorted(one for each in turn.given(self.of) for one in each.replies))
        at = next(
            (n for n, step in enumerate(turn.route.steps) if isinstance(step, Scale) and step.id == self.of),
            0,
        )
        return tuple(sorted(turn.state.scored_by(at).values()))

    def topics(self) -> tuple[str, ...]:
        return (self.id,)
