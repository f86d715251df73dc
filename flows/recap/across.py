"""What groups settled each by itself, counted: which they agreed is weakest, and what they decided.

From five groups up, so that it is about no one of them; never which group, and none of the words. What a kind hands
over to be counted, it says itself (`Step.settles`), and has told its circle before (`sight.settled`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from flows.levels import FEW
from flows.programme import Route
from flows.recap.shapes import Across, Held
from flows.state import State


def settles(route: Route) -> bool:
    return any(step.COUNTED for step in route.steps)


def settled(route: Route, states: Iterable[State]) -> Iterator[Across]:
    """`states`: of the groups' sessions in that round."""
    stands = list(states)
    for at, step in enumerate(route.steps):
        held = [found for state in stands if (found := step.settles(route, state, at))]
        if len(held) >= FEW:
            counted = Counter(option for found in held for option in found)
            ranked = sorted(counted, key=lambda option: (-counted[option], option))
            listed = tuple(Held(option, counted[option]) for option in ranked)
            yield Across(step.question, step.COUNTED, listed)
