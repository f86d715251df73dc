"""users.* and reactions.*"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.slack import shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.methods_chat import standing
from tests.standins.slack.paging import page
from tests.standins.slack.state import PUBLIC, Channel, Json, Message
from tests.standins.slack.web import Call, method

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

#: Distinct emoji on one message.
MOST_REACTIONS = 50


@method("users.info", "users:read")
def info(_: SlackServer, call: Call) -> Json:
    found = call.workspace.users.get(str(call.need("user")))
    if found is None:
        raise SlackError("user_not_found")
    return {"user": shapes.user(found, locale=call.flag("include_locale"))}


@method("users.list", "users:read")
def everyone(server: SlackServer, call: Call) -> Json:
    found, more = page(call, list(call.workspace.users.values()), most=1000, usual=1000)
    bodies = [shapes.user(each, locale=call.flag("include_locale")) for each in found]
    return {"members": bodies, "cache_ts": int(server.clock.now()), **more}


@method("reactions.add", "reactions:write")
def add(server: SlackServer, call: Call) -> Json:
    channel, message = item(call)
    name = emoji(call)
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot.id in message.reactions.get(name, []):
        raise SlackError("already_reacted")
    if name not in message.reactions and len(message.reactions) >= MOST_REACTIONS:
        raise SlackError("too_many_emoji")
    server.set_reaction(call.workspace, channel, message, call.bot, name)
    return {}


@method("reactions.remove", "reactions:write")
def remove(server: SlackServer, call: Call) -> Json:
    channel, message = item(call)
    name = emoji(call)
    if call.bot.id not in message.reactions.get(name, []):
        raise SlackError("no_reaction")
    server.set_reaction(call.workspace, channel, message, call.bot, name, away=True)
    return {}


@method("reactions.get", "reactions:read")
def get(_: SlackServer, call: Call) -> Json:
    channel, message = item(call)
    return {"type": "message", "channel": channel.id, "message": shapes.message(message, call.workspace)}


def item(call: Call) -> tuple[Channel, Message]:
    """The message that is meant. Raises SlackError; one must be in a channel to react there."""
    if not call.arg("channel") or not call.arg("timestamp"):
        raise SlackError("no_item_specified")
    channel = call.channel()
    if channel.kind == PUBLIC and call.bot.id not in channel.members:
        raise SlackError("not_in_channel")
    return channel, standing(channel, call.args["timestamp"])


def emoji(call: Call) -> str:
    name = str(call.need("name"))
    if ":" in name or not name.isascii():
        raise SlackError("invalid_name")
    return name
