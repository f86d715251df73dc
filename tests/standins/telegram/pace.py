"""How many messages of the bot Telegram lets through, when it is strict about it.

Sliding windows: one a second in a chat, twenty a minute in a group with all its topics, thirty a
second over all. A message that does not fit is refused with the seconds after which it would.
Real limits are looser at times, and never told; a bot that stands this stands those.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.standins.telegram.errors import Refusal, too_many
from tests.standins.telegram.limits import OVERALL, PER_CHAT, PER_GROUP
from tests.standins.telegram.model import Chat


@dataclass
class Pace:
    """Limits as (messages, seconds); None is no limit. Edits count unless told otherwise."""

    per_chat: tuple[int, float] | None = PER_CHAT
    per_group: tuple[int, float] | None = PER_GROUP
    overall: tuple[int, float] | None = OVERALL
    edits: bool = True
    taken: dict[tuple[str, int], deque[float]] = field(default_factory=dict)

    def counts(self, method: str) -> bool:
        if method.startswith("edit") and not method.endswith("ForumTopic"):
            return self.edits
        return method.startswith(("send", "copy", "forward")) and method != "sendChatAction"

    def ask(self, chat: Chat, now: float) -> Refusal | None:
        """Takes a place in every window, or tells how long to wait for one."""
        windows = [(self._window("chat", chat.id), self.per_chat), (self._window("all", 0), self.overall)]
        if chat.is_group:
            windows.append((self._window("group", chat.id), self.per_group))
        wait = max((waiting(window, limit, now) for window, limit in windows), default=0.0)
        if wait > 0:
            return too_many(max(1, math.ceil(wait)))
        for window, _ in windows:
            window.append(now)
        return None

    def _window(self, kind: str, number: int) -> deque[float]:
        return self.taken.setdefault((kind, number), deque())


def waiting(window: deque[float], limit: tuple[int, float] | None, now: float) -> float:
    """Seconds until the window has a free place."""
    if limit is None:
        return 0.0
    count, seconds = limit
    while window and window[0] <= now - seconds:
        window.popleft()
    return window[-count] + seconds - now if len(window) >= count else 0.0
