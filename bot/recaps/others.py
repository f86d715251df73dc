"""What a group is shown of the others: the same as `flows.recap` would choose from all of it, drawn once a meeting.

With a thousand groups, each would otherwise draw from what all the others have released.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from flows.recap import GroupRecap, Shared
from flows.recap.group import OTHERS, lot


class Others:
    """What the groups of one meeting released, in the order in which others are shown it."""

    def __init__(self, round_: str, released: Iterable[Shared]) -> None:
        drawn = sorted(released, key=lambda row: lot(round_, row.reply))
        self.count = Counter(row.circle for row in drawn)
        seen, turns = Counter[int](), dict[int, int]()
        for row in drawn:
            turns[row.reply] = seen[row.circle]
            seen[row.circle] += 1
        self.drawn = sorted(drawn, key=lambda row: turns[row.reply])

    def first_for(self, circle: int) -> list[Shared]:
        """As many as a recap has room for, none of them the circle's own."""
        found: list[Shared] = []
        for row in self.drawn:
            if len(found) == OTHERS:
                break
            if row.circle != circle:
                found.append(row)
        return found

    def counted(self, recap: GroupRecap, circle: int) -> GroupRecap:
        """With how many more there are than it shows."""
        return replace(recap, more=self.count.total() - self.count[circle] - len(recap.others))
