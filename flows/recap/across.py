"""What groups settled each by itself, counted: which they agreed is weakest, and what they decided.

From five groups up, so that it is about no one of them; never which group, and none of the words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from flows.kinds.choose import Decide
from flows.kinds.level import Level
from flows.kinds.step import Step
from flows.levels import FEW, weakest
from flows.programme import Route
from flows.recap.shapes import Across, Held
from flows.state import State

#: Kinds that leave something settled in a group.
SETTLING = (Level, Decide)


def settles(route: Route) -> bool:
    return any(isinstance(step, SETTLING) for step in route.steps)


def settled(route: Route, states: Collection[State]) -> tuple[Across, ...]:
    """`states`: of the groups' sessions in that round."""
    return tuple(_counted(route, states))


def _counted(route: Route, states: Collection[State]) -> Iterator[Across]:
    for at, step in enumerate(route.steps):
        held = [found for state in states if (found := _held(route, step, at, state))]
        if len(held) < FEW:
            continue
        counted = Counter(option for found in held for option in found)
        ranked = sorted(counted, key=lambda option: (-counted[option], option))
        listed = tuple(Held(option, counted[option]) for option in ranked)
        if isinstance(step, Level):
            yield Across(step.id, "weakest", listed)
        else:
            yield Across(f"{step.id}.ask", "decided", listed)


def _held(route: Route, step: Step, at: int, state: State) -> tuple[str, ...]:
    """What one group holds, as texts of the programme; nothing where it has settled nothing, or it is another kind."""
    if isinstance(step, Level) and (scale := route.scales.get(step.of)):
        agreed = {scale.items[one.item]: one.level for one in state.agreed if one.step == at}
        return tuple(f"{scale.id}.items.{item}" for item in weakest(agreed))
    if isinstance(step, Decide):
        chosen = next((one.options for one in state.chosen if one.step == at), ())
        return tuple(f"{step.id}.{step.options[n]}" for n in chosen)
    return ()
