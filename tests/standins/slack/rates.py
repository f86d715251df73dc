"""How often a method may be called, as Slack counts: per method, per workspace, in a minute.

docs.slack.dev/apis/web-api/rate-limits. The limited cohort is an app that is sold or spread outside the
Marketplace: one request a minute and 15 objects from conversations.history and .replies.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from tests.standins.slack.errors import SlackError

if TYPE_CHECKING:
    from tests.standins.slack.clock import Clock
    from tests.standins.slack.web import Call

READS = ("conversations.history", "conversations.replies")
TIER_3 = 50
MINUTE = 60.0


class Rates:
    """`per_minute` may be changed by a test: method -> requests a minute; `posts_a_second` per channel or None."""

    def __init__(self, clock: Clock, cohort: str = "internal", posts_a_second: float | None = None) -> None:
        assert cohort in ("internal", "limited"), cohort
        self._clock, self.cohort, self.posts_a_second = clock, cohort, posts_a_second
        self.per_minute = dict.fromkeys(READS, 1 if cohort == "limited" else TIER_3)
        self._taken: dict[tuple[str, ...], deque[float]] = defaultdict(deque)

    @property
    def most_objects(self) -> int:
        """The most, and without `limit` the number of, messages that one read returns."""
        return 15 if self.cohort == "limited" else 999

    def check(self, call: Call) -> None:
        """Raises SlackError, with Retry-After, when it is too soon."""
        if most := self.per_minute.get(call.method):
            self._count((call.method, str(call.team)), most, MINUTE)
        if self.posts_a_second and call.method == "chat.postMessage":
            self._count(("post", str(call.team), str(call.arg("channel"))), 1, 1 / self.posts_a_second)

    def _count(self, key: tuple[str, ...], most: int, seconds: float) -> None:
        now, taken = self._clock.now(), self._taken[key]
        while taken and taken[0] <= now - seconds:
            taken.popleft()
        if len(taken) >= most:
            raise SlackError("ratelimited", retry_after=max(1, math.ceil(taken[0] + seconds - now)))
        taken.append(now)
