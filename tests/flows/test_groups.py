"""Forming groups, and leaving them in peace."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.groups import Change, GroupWarning, Split, join, leave, sizes, split

calm = settings(deadline=None)  # a busy machine is not a fault in the code

PEOPLE = st.lists(st.integers(1, 10_000), min_size=1, max_size=60, unique=True)
SEEDS = st.integers()


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, Split((1,), (GroupWarning("group.small", 1, 4),))),
        (3, Split((3,), (GroupWarning("group.small", 3, 4),))),
        (4, Split((4,))),
        (6, Split((6,))),
        (7, Split((7,), (GroupWarning("group.seven", 7, 6),))),
        (8, Split((4, 4))),
        (9, Split((5, 4))),
        (10, Split((5, 5))),
        (11, Split((6, 5))),
        (12, Split((4, 4, 4))),  # as far from five as 6 + 6, and more get to speak in smaller groups
        (14, Split((5, 5, 4))),
        (16, Split((6, 5, 5))),
        (30, Split((5,) * 6)),
    ],
)
def test_sizes_are_those_of_the_source(n: int, expected: Split) -> None:
    assert sizes(n) == expected


@calm
@given(n=st.integers(8, 5_000))
def test_every_number_from_eight_is_split_into_four_to_six(n: int) -> None:
    found = sizes(n)
    assert sum(found.sizes) == n
    assert set(found.sizes) <= {4, 5, 6}
    assert found.sizes[0] - found.sizes[-1] <= 1
    assert list(found.sizes) == sorted(found.sizes, reverse=True)
    assert found.warnings == ()


@calm
@given(n=st.integers(20, 5_000))
def test_in_a_crowd_all_but_a_few_groups_are_of_five(n: int) -> None:
    found = Counter(sizes(n).sizes)
    assert found[4] + found[6] <= 4


@calm
@given(n=st.integers(1, 500), low=st.integers(1, 9), more=st.integers(0, 5), target=st.integers(1, 12))
def test_any_bounds_give_a_split_and_warn_of_what_they_cannot_hold(
    n: int, low: int, more: int, target: int
) -> None:
    found = sizes(n, low, low + more, target)
    assert sum(found.sizes) == n
    assert found.sizes[0] - found.sizes[-1] <= 1
    assert min(found.sizes) >= min(n, low)  # too large rather than too small
    outside = [size for size in found.sizes if not low <= size <= low + more]
    assert [warning.n for warning in found.warnings] == outside


def test_groups_that_are_too_large_are_told_one_by_one() -> None:
    assert sizes(14, 5, 6) == Split((7, 7), (GroupWarning("group.large", 7, 6),) * 2)
    assert sizes(5, 3, 4) == Split((5,), (GroupWarning("group.large", 5, 4),))


@pytest.mark.parametrize("arguments", [(0,), (-1,), (8, 0, 6), (8, 6, 4)])
def test_what_cannot_be_divided_is_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="give"):
        sizes(*arguments)


@calm
@given(people=PEOPLE, seed=SEEDS, units=st.integers(1, 5))
def test_everybody_is_in_one_group_and_each_unit_is_spread(people: list[int], seed: int, units: int) -> None:
    wanted = sizes(len(people)).sizes
    unit = {person: f"unit {person % units}" for person in people if person % 7}  # and some have none
    groups = split(people, wanted, keep_apart=unit, seed=seed)
    assert tuple(map(len, groups)) == wanted
    assert sorted(person for group in groups for person in group) == sorted(people)
    for label in (*unit.values(), None):
        counts = [sum(unit.get(person) == label for person in group) for group in groups]
        assert max(counts) - min(counts) <= 1


@calm
@given(people=PEOPLE, seed=SEEDS, shuffle=st.integers())
def test_the_order_of_the_list_decides_nothing(people: list[int], seed: int, shuffle: int) -> None:
    wanted = sizes(len(people)).sizes
    again = list(people)
    Random(shuffle).shuffle(again)
    assert split(again, wanted, seed=seed) == split(people, wanted, seed=seed)


@calm
@given(wanted=st.lists(st.integers(0, 8), max_size=8), seed=SEEDS)
def test_sizes_of_any_kind_are_kept_in_their_order(wanted: list[int], seed: int) -> None:
    groups = split(range(sum(wanted)), wanted, keep_apart={n: str(n % 2) for n in range(30)}, seed=seed)
    assert [len(group) for group in groups] == wanted


def test_the_groups_of_a_seed_are_the_same_in_every_release() -> None:
    """Whoever runs `series create` again, on another machine, gets the groups that were announced."""
    people = ["kari", "ola", "siv", "per", "anne", "jon", "liv", "nils"]
    announced = (("per", "liv", "kari", "siv"), ("nils", "ola", "anne", "jon"))
    assert split(people, (4, 4), seed=1) == announced
    assert split(people, (4, 4), seed=2) != announced


def test_people_who_do_not_fit_the_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="let the sizes add up"):
        split(["kari", "ola"], (3,), seed=1)
    with pytest.raises(ValueError, match="let the sizes add up"):
        split(["kari", "ola"], (3, -1), seed=1)
    with pytest.raises(ValueError, match="give each person once"):
        split(["kari", "kari"], (2,), seed=1)


def test_a_newcomer_joins_the_smallest_group() -> None:
    groups = (("a", "b", "c", "d", "e"), ("f", "g", "h", "i"), ("j", "k", "l", "m"))
    assert join(groups, "new") == Change((groups[0], (*groups[1], "new"), groups[2]), 1)


def test_when_all_groups_are_full_the_newcomer_is_taken_in_with_a_warning() -> None:
    full = (tuple("abcdef"), tuple("ghijkl"))
    assert join(full, "new") == Change(((*full[0], "new"), full[1]), 0, (GroupWarning("group.large", 7, 6),))
    assert join(full, "new", high=7).warnings == ()


def test_those_who_stay_are_not_moved_when_somebody_leaves() -> None:
    groups = (tuple("abcde"), tuple("fghi"))
    assert leave(groups, "c") == Change((tuple("abde"), groups[1]), 0)
    assert leave(groups, "f") == Change((groups[0], tuple("ghi")), 1, (GroupWarning("group.small", 3, 4),))
    assert leave((("a",), groups[1]), "a").groups == ((), groups[1])  # the others keep their index


@calm
@given(people=PEOPLE, seed=SEEDS, comings=st.lists(st.integers(1, 10_000), max_size=30))
def test_whoever_comes_and_goes_moves_nobody_else(people: list[int], seed: int, comings: list[int]) -> None:
    groups = split(people, sizes(len(people)).sizes, seed=seed)
    for person in comings:
        inside = any(person in group for group in groups)
        change = leave(groups, person) if inside else join(groups, person)
        assert (person in change.groups[change.index]) is not inside
        assert [[other for other in group if other != person] for group in change.groups] == [
            [other for other in group if other != person] for group in groups
        ]
        groups = change.groups


def test_joining_twice_and_leaving_from_outside_are_refused() -> None:
    with pytest.raises(ValueError, match="in a group already"):
        join((("a",),), "a")
    with pytest.raises(ValueError, match="form them first"):
        join((), "a")
    with pytest.raises(ValueError, match="check who is to leave"):
        leave((("a",),), "b")
