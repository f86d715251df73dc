"""The updates that wait for the bot: numbered, in order, until they are confirmed.

True to getUpdates: asking from an offset on forgets everything before it; a negative offset keeps
only the last so many; what is not confirmed comes again. `allowed_updates` counts when an update is
made, and the last setting stays. A webhook takes from the same feed, one update of a chat at a time.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.standins.telegram.limits import ONLY_WHEN_ASKED, UPDATES_AT_ONCE


@dataclass(frozen=True)
class Update:
    """One update; `queue` is the chat whose order it belongs to."""

    id: int
    kind: str
    queue: int
    body: dict[str, Any]
    raw: bytes


class Feed:
    """All updates not confirmed yet."""

    def __init__(self, first_id: int = 7001) -> None:
        self.waiting: dict[int, Update] = {}
        self.again: list[Update] = []  # given once more although confirmed: repeats on demand
        self.given: dict[int, Update] = {}  # the last ones, to be repeated
        self.allowed: frozenset[str] = frozenset()  # empty: Telegram's default
        self.check: Callable[[dict[str, Any]], None] = lambda _: None
        self.on_new: Callable[[Update], None] = lambda _: None
        self._next = first_id

    def wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in ONLY_WHEN_ASKED

    def add(self, kind: str, body: dict[str, Any], queue: int) -> Update | None:
        """Queues an update, if the bot asked for its kind."""
        if not self.wants(kind):
            return None
        number, self._next = self._next, self._next + 1
        update = self._made(number, kind, body, queue)
        self.waiting[number] = update
        self.on_new(update)
        return update

    def _made(self, number: int, kind: str, body: dict[str, Any], queue: int) -> Update:
        whole = {"update_id": number, kind: body}
        self.check(whole)
        return Update(number, kind, queue, whole, json.dumps(whole, ensure_ascii=False).encode())

    def allow(self, kinds: Iterable[str] | None) -> None:
        """The bot's wish; None leaves the last one."""
        if kinds is not None:
            self.allowed = frozenset(kinds)

    def confirm(self, offset: int) -> None:
        """Forgets what lies before the offset."""
        if offset < 0:
            for number in list(self.waiting)[:offset]:
                del self.waiting[number]
        elif offset:
            while self.waiting and (first := next(iter(self.waiting))) < offset:
                del self.waiting[first]

    def take(self, limit: int) -> list[Update]:
        """The next ones, which stay until confirmed; repeats on demand come first, once."""
        repeats, self.again = self.again, []
        taken = repeats + [update for _, update in zip(range(limit), self.waiting.values(), strict=False)]
        for update in taken:
            self.gave(update)
        return taken[:UPDATES_AT_ONCE]

    def gave(self, update: Update) -> None:
        self.given[update.id] = update
        if len(self.given) > 2 * UPDATES_AT_ONCE:
            del self.given[next(iter(self.given))]

    def repeat(self, last: int = 1, *, new_ids: bool = False) -> None:
        """The last given updates once more: under their own ids, or as new ones."""
        for update in list(self.given.values())[-last:]:
            if new_ids:
                self.add(update.kind, update.body[update.kind], update.queue)
            else:
                self.again.append(update)
                self.on_new(update)

    def drop(self) -> None:
        self.waiting.clear()
