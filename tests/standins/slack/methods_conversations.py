"""conversations.*: channels, who is in them, and what has been said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.slack import shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.paging import page
from tests.standins.slack.state import IM, MPIM, PRIVATE, PUBLIC, SCOPE_PREFIX, Channel, Json, Message, User
from tests.standins.slack.web import Call, method

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

READ = tuple(f"{prefix}:read" for prefix in SCOPE_PREFIX.values())
HISTORY = tuple(f"{prefix}:history" for prefix in SCOPE_PREFIX.values())
OPEN = ("channels:manage", "groups:write", "im:write", "mpim:write")
TYPES = {"public_channel": PUBLIC, "private_channel": PRIVATE, "im": IM, "mpim": MPIM}
MOST_IN_MPIM = 8


def readable(call: Call, what: str) -> Channel:
    """The conversation, when the token's scopes go for its kind. Raises SlackError."""
    channel = call.channel()
    call.may(f"{SCOPE_PREFIX[channel.kind]}:{what}")
    return channel


@method("conversations.info", *READ)
def info(_: SlackServer, call: Call) -> Json:
    channel = readable(call, "read")
    body = shapes.conversation(channel, call.bot.id, members=call.flag("include_num_members"))
    if channel.kind == IM:
        body["is_user_deleted"] = call.workspace.users[body["user"]].deleted
    return {"channel": body}


@method("conversations.members", *READ)
def members(_: SlackServer, call: Call) -> Json:
    channel = readable(call, "read")
    found, more = page(call, list(channel.members), most=999, usual=100)
    return {"members": found, **more}


@method("conversations.list", *READ)
def everything(_: SlackServer, call: Call) -> Json:
    bot = call.bot.id
    seen = [each for each in call.workspace.channels.values() if each.kind == PUBLIC or bot in each.members]
    found, more = page(call, of_types(call, seen), most=999, usual=100)
    return {"channels": [shapes.conversation(each, bot, members=True) for each in found], **more}


@method("users.conversations", *READ)
def of_user(_: SlackServer, call: Call) -> Json:
    bot, who = call.bot.id, call.arg("user", call.bot.id)
    shared = [each for each in call.workspace.channels.values() if who in each.members]
    seen = [each for each in shared if each.kind == PUBLIC or bot in each.members]
    found, more = page(call, of_types(call, seen), most=999, usual=100)
    return {"channels": [shapes.conversation(each, bot) for each in found], **more}


def of_types(call: Call, channels: list[Channel]) -> list[Channel]:
    """Those of the asked-for types, each of which needs its own scope. Raises SlackError."""
    names = str(call.arg("types", "public_channel")).replace(" ", "").split(",")
    if set(names) - TYPES.keys():
        raise SlackError("invalid_types")
    for name in names:
        call.may(f"{SCOPE_PREFIX[TYPES[name]]}:read")
    kinds = {TYPES[name] for name in names}
    archived = not call.flag("exclude_archived")
    return [
        each
        for each in channels
        if each.kind in kinds and not each.deleted and (archived or not each.is_archived)
    ]


@method("conversations.history", *HISTORY)
def history(server: SlackServer, call: Call) -> Json:
    """Newest first; replies are not in it, but those that were sent to the channel too are."""
    channel = member(call, readable(call, "history"))
    shown = [
        m
        for m in channel.messages.values()
        if there(m) and (not m.is_reply or m.subtype == "thread_broadcast")
    ]
    found, more = read(server, call, within(call, shown)[::-1])
    return {"messages": found, "pin_count": 0, **more}


@method("conversations.replies", *HISTORY)
def replies(server: SlackServer, call: Call) -> Json:
    """The root first, then its replies, oldest first. A reply's ts gives that reply alone."""
    channel = member(call, readable(call, "history"))
    root = channel.messages.get(str(call.need("ts")))
    if root is None or not there(root):
        raise SlackError("thread_not_found")
    under = [] if root.is_reply else within(call, channel.replies(root.ts))
    found, more = read(server, call, [root, *under])
    return {"messages": found, **more}


def there(message: Message) -> bool:
    return message.tombstone or not message.deleted


def member(call: Call, channel: Channel) -> Channel:
    if call.bot.id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def within(call: Call, found: list[Message]) -> list[Message]:
    """Between `oldest` and `latest`; the ends themselves only when `inclusive`."""
    oldest, latest = stamp(call, "oldest"), stamp(call, "latest")
    ends = call.flag("inclusive")
    after = [m for m in found if not oldest or at(m.ts) > oldest or (ends and at(m.ts) == oldest)]
    return [m for m in after if not latest or at(m.ts) < latest or (ends and at(m.ts) == latest)]


def stamp(call: Call, name: str) -> tuple[int, str] | None:
    text = str(call.arg(name))
    if text in ("", "0"):
        return None
    if not text.replace(".", "", 1).isdigit():
        raise SlackError(f"invalid_ts_{name}")
    return at(text)


def at(ts: str) -> tuple[int, str]:
    """A timestamp that can be compared: as a float it would lose its last digits."""
    seconds, _, digits = ts.partition(".")
    return int(seconds), digits.ljust(6, "0")


def read(server: SlackServer, call: Call, found: list[Message]) -> tuple[list[Json], Json]:
    most = server.rates.most_objects
    shown, more = page(call, found, most=most, usual=min(100, most))
    metadata = call.flag("include_all_metadata")
    bodies = [shapes.message(each, call.workspace, metadata=metadata) for each in shown]
    has_more = bool(more["response_metadata"]["next_cursor"])
    return bodies, {"has_more": has_more, **(more if has_more else {})}


@method("conversations.open", *OPEN)
def open_(server: SlackServer, call: Call) -> Json:
    if call.arg("channel"):
        return opened(call, call.channel())
    wanted = [each for each in str(call.arg("users")).replace(" ", "").split(",") if each]
    if not wanted:
        raise SlackError("users_list_not_supplied")
    people = [call.workspace.users.get(each) for each in wanted]
    if not all(people):
        raise SlackError("user_not_found")
    return opened(call, conversation_with(server, call, [each for each in people if each]))


def conversation_with(server: SlackServer, call: Call, people: list[User]) -> Channel:
    if any(each.deleted for each in people):
        raise SlackError("user_disabled")
    if len(people) > MOST_IN_MPIM:
        raise SlackError("too_many_users")
    if len(people) > 1:
        call.may("mpim:write")
        return server.group_direct(call.workspace, [call.bot, *people])
    if people[0].is_bot:
        raise SlackError("cannot_dm_bot")
    call.may("im:write")
    return server.direct(call.workspace, call.bot, people[0])


def opened(call: Call, channel: Channel) -> Json:
    if call.flag("return_im"):
        return {"channel": shapes.conversation(channel, call.bot.id)}
    return {"channel": {"id": channel.id}}


@method("conversations.join", "channels:join")
def join(server: SlackServer, call: Call) -> Json:
    channel = call.channel()
    if channel.kind != PUBLIC:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot.id in channel.members:
        return {
            "channel": shapes.conversation(channel, call.bot.id),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    server.enter(call.workspace, channel, call.bot)
    return {"channel": shapes.conversation(channel, call.bot.id)}
