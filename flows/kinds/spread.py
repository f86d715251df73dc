"""How scores are spread, and what people make of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from flows.kinds.scale import Scale
from flows.kinds.step import Slug, Timed
from flows.levels import FEW, shown_again
from flows.message import Line, Part, line, message
from flows.turn import Turn


class Spread(Timed):
    """Show how the scores of a `scale` are spread, item by item, and ask what people make of it.

    In a plenum: of all who answered. In a group's own steps: of the group. At one of the two only; by the rules,
    from five answers up and never where all are alike. Shown again, it is as before, unless at least five answers are
    new: what one gave is not to be worked out. `since`: with the change since an earlier round, where it may be
    shown. What is answered is seen by the circle and in its recap.
    """

    WORD: ClassVar[str] = "spread"

    spread: Slug
    of: Slug = Field(description="The scale.")
    since: bool = Field(default=False, strict=True, description="With the change since an earlier round.")

    def opens(self, turn: Turn) -> None:
        turn.ask(message("question", *self._levels(turn), Line(turn.own(self.id))))

    def _levels(self, turn: Turn) -> list[Part]:
        at, replies = turn.state.step, self._replies(turn)
        replies = shown_again(turn.state.spreads.get(at, ()), replies)
        scale = turn.route.scales.get(self.of)
        if scale is None or len(replies) < FEW:
            return [line("levels.few")]
        turn.set(spreads={**turn.state.spreads, at: replies})
        before = tuple(one for each in turn.state.setting.given if self.since and each.step == self.of
                       for one in each.replies)  # fmt: skip
        return [line("levels.shown", n=len(replies)), scale.levels(turn.route.round, replies, before)]

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
