"""Who meets whom: everybody once, by the rules, and the same wherever it is drawn."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from flows.pairs import Pair, draw

PEOPLE = st.lists(st.integers(1, 60), unique=True, max_size=12)


@given(PEOPLE, st.integers(1, 5), st.randoms(use_true_random=False))
def test_everybody_meets_somebody_and_the_order_of_the_list_says_nothing(people, units, shuffler) -> None:  # type: ignore[no-untyped-def]
    where = {one: one % units for one in people}
    pairs = draw(people, "s", units=where)
    seated = [one for pair in pairs for one in pair.people]
    assert sorted(seated) == (sorted(people) if len(people) > 1 else [])
    assert [len(pair.people) for pair in pairs if len(pair.people) != 2] == (
        [3] if len(people) > 2 and len(people) % 2 else []
    )
    again = list(people)
    shuffler.shuffle(again)
    assert draw(again, "s", units=where) == pairs


@given(PEOPLE)
def test_what_is_said_of_a_pair_is_so(people: list[int]) -> None:
    where, met = {one: one % 3 for one in people}, set(list(combinations(sorted(people), 2))[::2])
    for pair in draw(people, "s", units=where, met=met):
        both = list(combinations(sorted(pair.people), 2))
        # Of three, two are met by the third: the middle is what is told.
        again = any(one in met for one in both)
        same = any(where[one] == where[other] for one, other in both)
        assert (pair.why == "met-before") == again or len(pair.people) == 3
        assert pair.why != "new" or not (again or same)


def test_nobody_meets_twice_until_all_have_met() -> None:
    """Eight people, seven rounds: all twenty-eight pairs, each once."""
    met: set[tuple[int, int]] = set()
    for number in range(7):
        pairs = draw(range(1, 9), f"round {number}", met=met)
        assert {pair.why for pair in pairs} == {"new"}
        met |= {(min(pair.people), max(pair.people)) for pair in pairs}
    assert len(met) == 28
    assert {pair.why for pair in draw(range(1, 9), "round 8", met=met)} == {"met-before"}


def test_two_of_one_municipality_do_not_meet_while_there_is_another_way() -> None:
    units = {1: 7, 2: 7, 3: 8, 4: 8, 5: 9, 6: 9}
    for seed in "abcdefgh":
        assert {pair.why for pair in draw(units, seed, units=units)} == {"new"}
    assert draw([1, 2], "a", units=units)[0].why == "same-unit"


def test_whoever_has_seldom_been_one_of_three_goes_first() -> None:
    threes = {1: 1, 2: 1, 3: 0, 4: 1, 5: 1}
    (three,) = (pair for pair in draw(range(1, 6), "s", threes=threes) if len(pair.people) == 3)
    assert three.people[-1] == 3


def test_alone_there_is_nobody_to_meet() -> None:
    assert draw([1], "s") == ()
    assert draw([], "s") == ()
    assert set(draw([2, 1], "s")[0].people) == {1, 2}
    assert draw([1, 2], "s") == (Pair(draw([1, 2], "s")[0].people, "new"),)
