"""trigger_id and response_url: what lets the app answer a person who has just done something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.standins.slack.errors import SlackError

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer
    from tests.standins.slack.state import Channel, Message, Workspace
    from tests.standins.slack.web import Call

#: Seconds for which a trigger is good, once.
TRIGGER_SECONDS = 3.0
#: How often, and for how many seconds, a response_url may be used.
RESPONSES, RESPONSE_SECONDS = 5, 1800.0


@dataclass
class Trigger:
    team: str
    user: str
    at: float
    used: bool = False


@dataclass
class Reply:
    """What a response_url stands for."""

    team: Workspace
    channel: Channel
    user: str
    message: Message | None
    at: float
    uses: int = 0


class Triggers:
    def __init__(self, server: SlackServer) -> None:
        self._server = server
        self._triggers: dict[str, Trigger] = {}
        self.replies: dict[str, Reply] = {}

    def new(self, team: str, user: str) -> str:
        name = f"{self._server.ids.number()}.{self._server.ids.number()}.0a0a0a"
        self._triggers[name] = Trigger(team, user, self._server.clock.now())
        return name

    def exchange(self, call: Call) -> str:
        """The person whose trigger it is. Raises SlackError: it is good once, and for three seconds."""
        found = self._triggers.get(str(call.need("trigger_id")))
        if found is None or found.team != call.workspace.id:
            raise SlackError("invalid_trigger_id")
        if found.used:
            raise SlackError("exchanged_trigger_id")
        if self._server.clock.now() - found.at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        found.used = True
        return found.user

    def reply_url(self, team: Workspace, channel: Channel, user: str, message: Message | None = None) -> str:
        name = f"R{self._server.ids.number()}"
        self.replies[name] = Reply(team, channel, user, message, self._server.clock.now())
        return f"{self._server.url}/respond/{name}"
