"""Requests held to what Slack documents, read from `../shared/specs/slack` beside the repository, where it is."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.standins.slack.errors import SlackError

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer
    from tests.standins.slack.web import Call

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "specs" / "slack"

#: Taken by every method, and said by no page: what slack_sdk adds for organisations, and `token`.
EVERYWHERE = {"team_id", "token"}

#: Methods that have no page in the folder.
UNDOCUMENTED: dict[str, dict[str, Any]] = {
    "api.test": {"args": {"error": {}, "foo": {}}},
    "auth.revoke": {"args": {"test": {"type": "boolean"}}},
}


@cache
def pages() -> dict[str, dict[str, Any]]:
    """Each method's page; empty where the folder is absent."""
    found = {path.stem: json.loads(path.read_text()) for path in (FOLDER / "methods").glob("*.json")}
    return {**found, **UNDOCUMENTED} if found else {}


def sample(name: str) -> dict[str, Any]:
    """An event or interaction as `events/Message` or `interactions/BlockAction` shows its fields."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


class Specs:
    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def hold(self, server: SlackServer, call: Call) -> None:
        """Note what is unknown, missing or of another type. Raises SlackError where strict."""
        problems = list(self.problems(call))
        for each in problems:
            server.violation(call, each)
        if problems and self.strict:
            raise SlackError(
                "invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in problems]}
            )

    def problems(self, call: Call) -> list[str]:
        page = pages().get(call.method)
        if page is None:
            return []
        documented = page["args"]
        unknown = [
            f"unknown argument: {name}" for name in call.args if name not in documented.keys() | EVERYWHERE
        ]
        needed = [name for name, each in documented.items() if each.get("required")]
        missing = [f"missing required field: {name}" for name in needed if call.args.get(name) in (None, "")]
        wrong = [
            f"{name} must be a {documented[name]['type']}"
            for name, value in call.args.items()
            if not fits(documented.get(name, {}).get("type"), value)
        ]
        return unknown + missing + wrong


def fits(kind: str | None, value: Any) -> bool:
    """Whether a value can be read as Slack's `boolean`, `number`, `integer` or `string`."""
    if kind == "boolean":
        return isinstance(value, bool) or str(value) in ("0", "1", "true", "false")
    if kind in ("number", "integer"):
        return not isinstance(value, bool) and str(value).lstrip("-").isdigit()
    if kind == "string":
        return isinstance(value, str | int | list)  # blocks of files.completeUploadExternal are a "string"
    return True
