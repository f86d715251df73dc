"""Pages of a list, with a cursor that says where the next one begins."""

from __future__ import annotations

import base64
from typing import Any, TypeVar

from tests.standins.slack.errors import SlackError
from tests.standins.slack.web import Call

T = TypeVar("T")


def page(call: Call, everything: list[T], most: int, usual: int) -> tuple[list[T], dict[str, Any]]:
    """The page that the call asks for, and `response_metadata` for the answer."""
    start, size = start_of(call), min(call.whole("limit", usual), most)
    if size < 1:
        raise SlackError("invalid_limit")
    rest = len(everything) > start + size
    cursor = base64.b64encode(f"next:{start + size}".encode()).decode() if rest else ""
    return everything[start : start + size], {"response_metadata": {"next_cursor": cursor}}


def start_of(call: Call) -> int:
    cursor = call.arg("cursor")
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:"))
    except ValueError:
        raise SlackError("invalid_cursor") from None
