"""Groups of four to six, formed once and then left in peace.

The rules of this module:

- A group has 4 to 6 people, 5 if there is a choice: five people talk with each other, ten listen
  to one. The sizes of one split differ by at most one.
- Seven people cannot be divided so, and every number from eight on can. Whatever the number, the
  answer is a split; what is wrong with it is told as a warning, and a coordinator decides.
- People who have begun together stay together: whoever joins or leaves moves nobody else.
- Who sits with whom is settled by a hash of the seed and the person, not by chance, so that the
  same call gives the same groups on every machine, in whatever order the list was written.

Warnings are codes with numbers; the words for them are in the catalogues, under the same code.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

LOW, HIGH, TARGET = 4, 6, 5
"""The self-check's "groups of 4-6 persons", and the middle of it, which survives one dropout."""

SMALL = "group.small"
"""A group of `n`, fewer than `limit`."""

LARGE = "group.large"
"""A group of `n`, more than `limit`."""

SEVEN = "group.seven"
"""Seven people, who are one group because they cannot be divided, more than `limit`."""


@dataclass(frozen=True, slots=True)
class GroupWarning:
    """One thing a coordinator should know: a code, the size of the group and the limit it passes."""

    code: str
    n: int
    limit: int


@dataclass(frozen=True, slots=True)
class Split:
    """How many people in each group, biggest first, and what is not as it should be."""

    sizes: tuple[int, ...]
    warnings: tuple[GroupWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """The groups after somebody joined or left, the index of the one concerned, and warnings."""

    groups: tuple[tuple[T, ...], ...]
    index: int
    warnings: tuple[GroupWarning, ...] = ()


def sizes(n: int, low: int = LOW, high: int = HIGH, target: int = TARGET) -> Split:
    """Divide `n` people into groups of `low` to `high`, as near `target` as can be.

    Fewer than `low` are one small group; a number that cannot be divided gives groups that are too
    large rather than too small, since a group can lose somebody on the day but not find somebody.
    Raise ValueError for n < 1, or for bounds that no group can meet.
    """
    if n < 1:
        raise ValueError(f"{n} people cannot be divided into groups; give one or more")
    if not 1 <= low <= high:
        raise ValueError(f"no group has at least {low} and at most {high} people; give 1 <= low <= high")
    return evenly(n, _how_many(n, low, high, target), low, high)


def evenly(n: int, groups: int, low: int = LOW, high: int = HIGH) -> Split:
    """Divide `n` people into so many groups; what is not within `low` to `high` is told.

    Raise ValueError for fewer people than groups.
    """
    if not 1 <= groups <= n:
        raise ValueError(f"{n} people cannot be divided into {groups} groups; give each group somebody")
    split = _even(n, groups)
    large = SEVEN if split == (7,) else LARGE
    small_ones = (GroupWarning(SMALL, size, low) for size in split if size < low)
    large_ones = (GroupWarning(large, size, high) for size in split if size > high)
    return Split(split, (*small_ones, *large_ones))


def _how_many(n: int, low: int, high: int, target: int) -> int:
    """The number of groups whose mean size is nearest the target; of two as near, the more groups,
    since the quiet ones pay for every seat above five."""
    fewest, most = -(-n // high), max(1, n // low)
    return min(range(min(fewest, most), most + 1), key=lambda k: (Fraction(abs(n - k * target), k), -k))


def _even(n: int, groups: int) -> tuple[int, ...]:
    small, bigger = divmod(n, groups)
    return (small + 1,) * bigger + (small,) * (groups - bigger)


def split(
    people: Sequence[T], sizes: Sequence[int], *, keep_apart: Mapping[T, str] | None = None, seed: int
) -> tuple[tuple[T, ...], ...]:
    """Put people in groups of the given sizes, the same for the same people, sizes and seed.

    Those with the same label in `keep_apart` (a unit, a municipality) are spread as evenly as the
    sizes allow; people without a label are spread too. A person must have a `str()` of its own that
    is the same in every process: an id. Raise ValueError if the sizes do not add up to the people,
    or a person is listed twice.
    """
    if len({str(person) for person in people}) != len(people):
        raise ValueError("somebody is listed twice; give each person once")
    if sum(sizes) != len(people) or min(sizes, default=0) < 0:
        raise ValueError(f"groups of {list(sizes)} do not seat {len(people)} people; let the sizes add up")
    groups: list[list[T]] = [[] for _ in sizes]
    for person, seat in zip(_dealt(people, keep_apart or {}, seed), _seats(sizes), strict=True):
        groups[seat].append(person)
    return tuple(tuple(group) for group in groups)


def _dealt(people: Sequence[T], labels: Mapping[T, str], seed: int) -> list[T]:
    """The order in which people are dealt out: label by label, so that those who share one land in
    different groups, the most common label first, while all groups still have room."""
    count = Counter(labels.get(person) for person in people)

    def place(person: T) -> tuple[bool, int, bytes, str, bytes]:
        label = labels.get(person)
        return label is None, -count[label], _hash(seed, label or ""), label or "", _hash(seed, str(person))

    return sorted(people, key=place)


def _hash(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{text}".encode()).digest()


def _seats(sizes: Sequence[int]) -> Iterator[int]:
    """One seat in each group in turn, bigger groups first, so that the last lap cannot pass over a
    group and then come back to it within one label."""
    order = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    return (index for lap in range(max(sizes, default=0)) for index in order if lap < sizes[index])


def join(groups: Sequence[Sequence[T]], person: T, *, high: int = HIGH) -> Change[T]:
    """Put a newcomer in the smallest group, the first of those; nobody else moves.

    The smallest has room whenever any has; if all are full, it becomes too large, with a warning.
    Raise ValueError if there are no groups, or the person is in one already.
    """
    if not groups:
        raise ValueError("there are no groups to join; form them first, with sizes() and split()")
    if any(person in group for group in groups):
        raise ValueError(f"{person} is in a group already; leave it before joining another")
    index = min(range(len(groups)), key=lambda i: len(groups[i]))
    joined = (*groups[index], person)
    warnings = (GroupWarning(LARGE, len(joined), high),) if len(joined) > high else ()
    return Change(_replaced(groups, index, joined), index, warnings)


def leave(groups: Sequence[Sequence[T]], person: T, *, low: int = LOW) -> Change[T]:
    """Take somebody out; nobody else moves, and a group that is left empty keeps its place.

    A group that has become too small is told by a warning. Raise ValueError for a stranger.
    """
    index = next((i for i, group in enumerate(groups) if person in group), None)
    if index is None:
        raise ValueError(f"{person} is in none of the groups; check who is to leave")
    stayed = tuple(member for member in groups[index] if member != person)
    warnings = (GroupWarning(SMALL, len(stayed), low),) if len(stayed) < low else ()
    return Change(_replaced(groups, index, stayed), index, warnings)


def _replaced(groups: Sequence[Sequence[T]], index: int, group: tuple[T, ...]) -> tuple[tuple[T, ...], ...]:
    return tuple(group if i == index else tuple(old) for i, old in enumerate(groups))
