"""Who meets whom, one to one: fair over time, never twice, and explained.

The rules of this module:

- Only those who said yes are drawn, and both are: nobody is given to somebody who did not want it.
- Two of the same unit (a municipality, a department) do not meet, as long as there is another way.
- Two who have met do not meet again, as long as there is another way.
- With an odd number, three meet. Whoever has been one of three most seldom goes into the three first.
- The draw is by a hash of the seed and the people, not by chance: the same call gives the same pairs on every
  machine, whatever order the list was written in.

What is ugly: the best pairing is looked for by going through them, the cheapest choices first, up to a budget; for more
people than one sitting has it may be good and not the best. What was left out of the rules is told with the pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

Why = Literal["new", "same-unit", "met-before"]
Cost: TypeAlias = Callable[[int, int], int]
#: Pairs tried before the best so far is taken: a sitting of 30 people needs some hundreds.
MOST_TRIED = 20_000


class Pair(Struct, frozen=True):
    """Two people, or three; and what may be said of why: «you have not met before»."""

    people: tuple[int, ...]
    why: Why = "new"


def draw(
    people: Collection[int],
    seed: str,
    *,
    units: Mapping[int, int] = {},
    met: Collection[tuple[int, int]] = (),
    threes: Mapping[int, int] = {},
) -> tuple[Pair, ...]:
    """Pairs of these people; one person alone is not in any.

    `units`: where each is from. `met`: who has met whom, in earlier rounds. `threes`: how often each has been one of
    three.
    """
    known = {frozenset(pair) for pair in met}

    def cost(one: int, other: int) -> int:
        same = units.get(one) is not None and units.get(one) == units.get(other)
        return 2 * (frozenset((one, other)) in known) + same

    order = sorted(people, key=lambda one: _lot(seed, one))
    third = _third(order, threes) if len(order) > 2 and len(order) % 2 else None
    found = _best([one for one in order if one != third], cost) if len(order) > 1 else []
    if third is None:
        return tuple(Pair(pair, _why(cost(*pair))) for pair in found)
    joined = min(found, key=lambda pair: (cost(pair[0], third) + cost(pair[1], third), _lot(seed, *pair)))
    costs = {pair: cost(*pair) for pair in found}
    costs[joined] = max(costs[joined], cost(joined[0], third), cost(joined[1], third))
    return tuple(Pair((*pair, third) if pair == joined else pair, _why(costs[pair])) for pair in found)


def _why(cost: int) -> Why:
    return "met-before" if cost >= 2 else "same-unit" if cost else "new"


def _third(order: Sequence[int], threes: Mapping[int, int]) -> int:
    return min(order, key=lambda one: (threes.get(one, 0), order.index(one)))


def _best(order: Sequence[int], cost: Cost) -> list[tuple[int, int]]:
    """The cheapest pairing that is found within the budget: pairs with the next in order first."""
    best: list[tuple[int, int]] = []
    least = float("inf")
    for tried, (total, pairs) in enumerate(_pairings(list(order), cost, 0)):
        if total < least:
            best, least = pairs, total
        if least == 0 or tried >= MOST_TRIED:
            break
    return best


def _pairings(left: list[int], cost: Cost, so_far: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    if not left:
        yield so_far, []
        return
    # Whoever has the fewest cheap partners chooses first; otherwise the last two would often have to meet again.
    one = min(left, key=lambda each: sum(cost(each, other) == 0 for other in left if other != each))
    others = sorted((other for other in left if other != one), key=lambda other: cost(one, other))
    for other in others:
        rest = [each for each in left if each not in (one, other)]
        for total, pairs in _pairings(rest, cost, so_far + cost(one, other)):
            yield total, [(one, other), *pairs]


def _lot(*parts: object) -> bytes:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).digest()
