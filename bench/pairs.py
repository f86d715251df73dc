"""The same work on two sides, in turn, and what the one is to the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeAlias

#: Does its work for the so-manieth time; returns seconds.
Side: TypeAlias = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Ratios:
    """Several times the same ratio. How far the least is from the most is how noisy the machine was."""

    each: tuple[float, ...]

    @classmethod
    def of(cls, measured: list[tuple[float, float]]) -> Ratios:
        """Of seconds, the first to the second."""
        return cls(tuple(first / second for first, second in measured))

    @property
    def least(self) -> float:
        return min(self.each)

    @property
    def median(self) -> float:
        return median(self.each)

    @property
    def most(self) -> float:
        return max(self.each)


@dataclass(frozen=True, slots=True)
class Goal:
    """What the median shall be."""

    bound: Literal["at least", "at most"]
    value: float

    def holds(self, found: float) -> bool:
        return found >= self.value if self.bound == "at least" else found <= self.value


def in_turn(times: int, ours: Side, theirs: Side) -> list[tuple[float, float]]:
    """A B A B: whatever else the machine does meets both sides alike."""
    return [(ours(turn), theirs(turn)) for turn in range(times)]
