"""Trouble over a whole series: every kind of it in each of its meetings, at moments that a seed has drawn.

Which seed: `tests.chance`. The moments are printed, and pytest shows them where a test fails.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.chance import a_seed

#: Trouble begins: gives what tells, in `met`, what it has met.
Trouble: TypeAlias = Callable[[], Sequence[Any]]
#: The deeds of a meeting among which they are; those after which requests do not fail any more, since the last steps
#: are short; how many there are for each; and how many are left to be told before the house turns.
DEEDS, CALMER, APART, LEFT = 64, 52, 4, 8


@dataclass
class Weather:
    """In each meeting, every trouble of `asking` once, and every trouble of `telling` before `turns` and after it.

    `turns` is called in the middle: from then on the house is told in the other way, and each may fail.
    """

    asking: dict[str, Trouble]
    telling: dict[str, Trouble]
    #: What must begin early, to be met.
    early: dict[str, Trouble]
    turns: Callable[[], None]
    seed: int = field(default_factory=a_seed)
    #: By deed of the present meeting, what begins before it.
    _due: dict[int, list[str]] = field(default_factory=dict)
    _begun: dict[str, list[Any]] = field(default_factory=dict)
    _deeds: int = 0

    def brews(self, number: int) -> None:
        """A meeting begins."""
        self._due, self._begun, self._deeds = self._drawn(random.Random(f"{self.seed}/{number}")), {}, 0
        print(f"seed {self.seed}, meeting {number}: {self._due}")

    def _drawn(self, chance: random.Random) -> dict[int, list[str]]:
        """Requests fail one after the other: several together would take longer than people wait."""
        due: dict[int, list[str]] = {}
        moments = chance.sample(range(0, CALMER, APART), len(self.asking))
        for kind, moment in zip(self.asking, moments, strict=True):
            due.setdefault(moment + chance.randrange(APART // 2), []).append(kind)
        for first in (0, DEEDS // 2):
            for kind in self.telling:
                due.setdefault(first + chance.randrange(DEEDS // 2 - LEFT), []).append(kind)
        for kind in self.early:
            due.setdefault(chance.randrange(DEEDS // 4), []).append(kind)
        return dict(sorted(due.items()))

    def deed(self) -> None:
        """Somebody is about to do something."""
        if self._deeds == DEEDS // 2:
            self._has_met(self.telling)
            self.turns()
        for name in self._due.pop(self._deeds, ()):
            self._begun.setdefault(name, []).extend((self.asking | self.telling | self.early)[name]())
        self._deeds += 1

    def clears(self) -> None:
        """The meeting is over."""
        assert not self._due, f"{self._deeds} deeds are too few for {self._due}"
        self._has_met(self._begun)

    def _has_met(self, kinds: Iterable[str]) -> None:
        missed = [name for name in kinds if not all(each.met for each in self._begun[name])]
        assert not missed, f"nothing has met all of {missed}"
