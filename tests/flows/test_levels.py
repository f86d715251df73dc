"""When a spread of scores may be shown: the rules of design.md section 8, on anything."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from flows.levels import FEW, comparable, shown_again, sides, spread, weakest

VALUES = st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=30)


@given(VALUES, st.integers(0, 3))
def test_a_spread_is_shown_from_five_answers_up_and_never_where_all_are_alike(
    values: list[int | None], gone: int
) -> None:
    shown = spread(values, len(values) + gone, len(values))
    said = [value for value in values if value is not None]
    may = not gone and len(said) >= FEW and len(set(said)) > 1
    assert shown == (dict(sorted(Counter(said).items())) if may else None)


@given(st.sets(st.integers(1, 20)), st.sets(st.integers(1, 20)))
def test_a_change_tells_of_nobody(before: set[int], now: set[int]) -> None:
    """What could be subtracted is nothing at all, or the scores of five at least."""
    assert comparable(before, now) == (len(before ^ now) == 0 or len(before ^ now) >= FEW)


@given(st.sets(st.integers(1, 20)), st.sets(st.integers(1, 20)))
def test_shown_again_a_spread_tells_of_nobody(before: set[int], now: set[int]) -> None:
    shown = set(shown_again(tuple(sorted(before)), tuple(sorted(now))))
    assert shown in (before, now)
    assert shown == (now if not before or len(now - before) >= FEW or len(before - now) >= FEW else before)


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_side_by_side_only_from_five_of_each_and_again_only_where_each_side_tells_of_nobody(
    before: set[int], now: set[int], leaders: set[int]
) -> None:
    shown = shown_again(tuple(sorted(before)), tuple(sorted(now)), leaders)
    few = min(len(now & leaders), len(now - leaders)) < FEW
    assert [set(side) for side in sides(sorted(now), leaders)] == (
        [now] if few else [now & leaders, now - leaders]
    )
    assert set(shown) in (before, now)
    if before and set(shown) != before:
        was, later = sides(sorted(before), leaders), sides(shown, leaders)
        assert len(was) == len(later), "what was shown for all together would be subtracted from a side"
        assert all(
            set(one) == set(other) or max(len({*one} - {*other}), len({*other} - {*one})) >= FEW
            for one, other in zip(was, later, strict=True)
        )


def test_the_weakest_decides_however_high_the_others_are() -> None:
    assert weakest({"need": 4, "value": 4, "team": 1}) == ("team",)
    assert weakest({"need": 2, "value": 2}) == ("need", "value")
    assert weakest({}) == ()
