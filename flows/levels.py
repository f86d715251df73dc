"""How scores are spread, and when that may be shown.

The rules (design.md, section 8), for one item among the same people:

- from five answers up; «I do not know» is no answer;
- not when all gave the same, which would tell what each one gave;
- at one level only: for everyone together, or in the circle, never both, so that nothing can be subtracted;
- all or nothing: a message names the replies that it rests on. When one of them is gone, the spread goes too, since
  what changed would tell what the one had given;
- shown again in the same sitting, because somebody went back or at a later step: as before, unless at least five
  answers are new or gone;
- a score can be changed until it may have been shown: as long as the question that asked for it stands. After that a
  change counts for nothing, and what was posted is not written anew;
- a change since last time only where the people are the same, or differ by at least five;
- the leaders and the others side by side (`gap`) only where at least five of each have answered, both sides of an item
  or neither, and never all together beside them; that it is shown so, or for all together, hangs on how many have
  answered, never on what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

#: Answers, and people by which two sets differ.
FEW = 5


def spread(values: Iterable[int | None], replies: int, found: int) -> dict[int, int] | None:
    """How many gave which value, from the lowest; None: it may not be shown.

    `values`: of one item, None for «I do not know». `replies`: how many the message rests on; `found`: how many of
    them there still are.
    """
    counted = Counter(value for value in values if value is not None)
    if found != replies or counted.total() < FEW or len(counted) < 2:
        return None
    return dict(sorted(counted.items()))


def comparable(before: Collection[int], now: Collection[int]) -> bool:
    """Whether a change may be shown: the same people, or two sets that differ by at least five."""
    changed = set(before) ^ set(now)
    return not changed or len(changed) >= FEW


def sides(replies: Collection[int], leaders: Collection[int]) -> tuple[tuple[int, ...], ...]:
    """The replies as they are shown: the leaders' and the others', or all together where one side is too few."""
    theirs, others = (tuple(one for one in replies if (one in leaders) is side) for side in (True, False))
    return (theirs, others) if min(len(theirs), len(others)) >= FEW else (tuple(replies),)


def shown_again(
    before: tuple[int, ...], now: tuple[int, ...], leaders: Collection[int] = ()
) -> tuple[int, ...]:
    """Of replies that a spread was shown over, and those there are now: which may be shown, so that nothing can be
    subtracted from what people saw. `leaders`: those that are shown apart, where they may be."""
    was, would_be = sides(before, leaders), sides(now, leaders)
    same_way = len(was) == len(would_be) and all(map(_tells_of_nobody, was, would_be))
    return now if not before or same_way else before


def _tells_of_nobody(before: Collection[int], now: Collection[int]) -> bool:
    news, gone = set(now) - set(before), set(before) - set(now)
    return not news | gone or max(len(news), len(gone)) >= FEW


def weakest(agreed: dict[str, int]) -> tuple[str, ...]:
    """Of levels that a group has agreed on, the lowest: that one decides, however high the others are."""
    least = min(agreed.values(), default=0)
    return tuple(item for item, level in agreed.items() if level == least)


def average(spread: Mapping[int, int]) -> float:
    """Of a spread that may be shown, to one decimal."""
    return round(sum(value * n for value, n in spread.items()) / sum(spread.values()), 1)
