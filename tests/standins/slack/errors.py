"""A refusal, as Slack words it."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """Answered as {"ok": false, "error": name, ...}; `retry_after` makes it an HTTP 429."""

    def __init__(self, name: str, retry_after: int = 0, **extra: Any) -> None:
        super().__init__(name)
        self.name, self.retry_after, self.extra = name, retry_after, extra

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.name, **self.extra}
