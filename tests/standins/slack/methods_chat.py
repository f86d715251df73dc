"""chat.*: what the app posts, changes and deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standins.slack import events, limits, shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.state import PUBLIC, Channel, Json, Message
from tests.standins.slack.web import Call, method

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

FLAGS = ("unfurl_links", "unfurl_media", "reply_broadcast", "mrkdwn", "parse", "link_names")
WRITE = "chat:write"


@method("chat.postMessage", WRITE)
def post_message(server: SlackServer, call: Call) -> Json:
    channel = target(server, call)
    check_content(server, call)
    message = Message(
        ts="",
        channel=channel.id,
        user=call.bot.id,
        bot_id=call.bot.bot_id,
        app_id=call.bot.app_id,
        thread_ts=thread_of(server, call, channel),
        username=call.arg("username"),
        metadata=call.arg("metadata", {}),
        flags={
            name: call.flag(name) if name != "parse" else call.args[name]
            for name in FLAGS
            if name in call.args
        },
        **content(server, call),
    )
    if message.is_reply and call.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    server.keep(channel, message)
    server.emit(call.workspace, events.posted(message, call.workspace), channel)
    body = shapes.message(message, call.workspace, metadata=True, thread=False)
    return {"channel": channel.id, "ts": message.ts, "message": body}


def target(server: SlackServer, call: Call) -> Channel:
    """Where it goes. A person's id means the direct messages with them, also of one who is deactivated.

    That deactivated people's messages are taken: python-slack-sdk#1156.
    """
    wanted, team = str(call.need("channel")), call.workspace
    if wanted in team.users:
        if team.users[wanted].is_bot:
            raise SlackError("cannot_dm_bot")
        return server.direct(team, team.bot, team.users[wanted])
    channel = call.channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.bot.id not in channel.members:
        assert call.install is not None
        if channel.kind != PUBLIC or "chat:write.public" not in call.install.scopes:
            raise SlackError("not_in_channel")
    return channel


def thread_of(server: SlackServer, call: Call, channel: Channel) -> str:
    """The root that is replied to. Replying to a reply is said to be avoided, so it is a violation here."""
    ts = str(call.arg("thread_ts"))
    if not ts:
        return ""
    root = channel.messages.get(ts)
    if root is None or (root.deleted and not root.tombstone):
        raise SlackError("thread_not_found")
    if root.is_reply:
        server.violation(call, f"thread_ts {ts} is a reply, not a thread's first message")
        return root.thread_ts
    return ts


def check_content(server: SlackServer, call: Call) -> None:
    """Raises SlackError: a message needs something to show, within the limits."""
    markdown = str(call.arg("markdown_text"))
    if markdown and (call.arg("text") or call.arg("blocks")):
        raise SlackError("markdown_text_conflict")
    if len(markdown) > limits.MARKDOWN_MOST:
        raise SlackError("msg_too_long")
    limits.check_attachments(call.arg("attachments", None))
    limits.check_blocks(call.arg("blocks", None), call.arg("attachments", None))
    check_pictures(server, call)
    if not any(call.arg(name) for name in ("text", "blocks", "attachments", "markdown_text")):
        raise SlackError("no_text")
    if call.arg("blocks") and not call.arg("text"):
        server.warn(call, "blocks without a text for screen readers and notifications")
    if call.arg("metadata", {}) != {}:
        limits.check_metadata(call.args["metadata"])


def check_pictures(server: SlackServer, call: Call) -> None:
    """Raises SlackError for a block with a file that is none of the workspace's, is no picture, or is too new."""
    from tests.standins.slack.methods_files import can_be_shown

    for number, block in enumerate(call.arg("blocks", None) or ()):
        if "slack_file" in block and not can_be_shown(server, call, block):
            unseen = [f"invalid slack file [json-pointer:/blocks/{number}/slack_file]"]
            raise SlackError("invalid_blocks", errors=unseen, response_metadata=limits.messages(unseen))


def content(server: SlackServer, call: Call) -> Json:
    """Text and blocks as they are kept: long texts cut, blocks with ids."""
    text = str(call.arg("text") or call.arg("markdown_text"))
    return {
        "text": text[: limits.TEXT_CUT],
        "blocks": server.with_ids(call.arg("blocks", [])),
        "attachments": call.arg("attachments", []),
    }


@method("chat.postEphemeral", WRITE)
def post_ephemeral(server: SlackServer, call: Call) -> Json:
    channel = target(server, call)
    if call.need("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    check_content(server, call)
    message = Message(
        ts=channel.next_ts(server.clock.now()),
        channel=channel.id,
        user=call.bot.id,
        bot_id=call.bot.bot_id,
        app_id=call.bot.app_id,
        thread_ts=thread_of(server, call, channel),
        seen_by=call.args["user"],
        **content(server, call),
    )
    channel.ephemerals.append(message)
    return {"message_ts": message.ts}


@method("chat.update", WRITE)
def update(server: SlackServer, call: Call) -> Json:
    channel = call.channel()
    message = own(call, channel, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if len(str(call.arg("text"))) > limits.UPDATE_MOST:
        raise SlackError("msg_too_long")
    check_content(server, call)
    before = shapes.message(message, call.workspace)
    change(server, call, message)
    server.emit(
        call.workspace, events.changed(message, before, call.workspace, channel, server.clock.now()), channel
    )
    body = shapes.message(message, call.workspace, metadata=True, thread=False)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": body}


def change(server: SlackServer, call: Call, message: Message) -> None:
    """What is not given stays, but blocks go when only a text is given; "(edited)" is shown only then."""
    new = content(server, call)
    if new["text"]:
        message.text = new["text"]
    if new["text"] or "blocks" in call.args:
        message.blocks = new["blocks"]
    if "attachments" in call.args:
        message.attachments = new["attachments"]
    if "metadata" in call.args:
        message.metadata = call.args["metadata"] or {}
    if not new["blocks"]:
        message.edited = {"user": message.user, "ts": f"{server.clock.now():.6f}"}


@method("chat.delete", WRITE)
def delete(server: SlackServer, call: Call) -> Json:
    channel = call.channel()
    message = own(call, channel, "cant_delete_message")
    server.remove(call.workspace, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def own(call: Call, channel: Channel, error: str) -> Message:
    """The app's own message. Raises SlackError."""
    message = standing(channel, call.need("ts"))
    if message.user != call.bot.id or message.subtype in ("channel_join", "channel_leave"):
        raise SlackError(error)
    return message


def standing(channel: Channel, ts: Any) -> Message:
    """A message that is there. Ephemeral ones are in no history. Raises SlackError."""
    found = channel.messages.get(str(ts))
    if found is None or found.deleted:
        raise SlackError("message_not_found")
    return found


@method("chat.getPermalink")
def get_permalink(_: SlackServer, call: Call) -> Json:
    channel = call.channel()
    message = standing(channel, call.need("message_ts"))
    link = f"{call.workspace.url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
