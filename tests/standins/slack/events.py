"""The events that Slack tells the app of, as it writes them, and what each needs to be told.

Field names are those of ../shared/specs/slack/events; a test holds them to it.
"""

from __future__ import annotations

from typing import Any

from tests.standins.slack import shapes
from tests.standins.slack.state import (
    IM,
    MPIM,
    PRIVATE,
    PUBLIC,
    SCOPE_PREFIX,
    Channel,
    Json,
    Message,
    User,
    Workspace,
)

#: What a subscription in the manifest needs: any one of these scopes. Without, the event is not told.
SCOPES: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "app_home_opened": (),
    "app_uninstalled": (),
    "tokens_revoked": (),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "channel_left": ("channels:read",),
    "channel_archive": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "group_left": ("groups:read",),
    "group_archive": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "group_rename": ("groups:read",),
    "group_deleted": ("groups:read",),
    "user_change": ("users:read",),
}

#: The letter that member_joined_channel and member_left_channel have for the kind of channel.
LETTER = {PUBLIC: "C", PRIVATE: "C", MPIM: "C", IM: "D"}


def subscription(event: Json, channel: Channel | None) -> str:
    """The name under which a manifest subscribes to this event."""
    if event["type"] == "message" and channel is not None:
        return f"message.{SCOPE_PREFIX[channel.kind]}"
    return str(event["type"])


def channel_event(what: str, channel: Channel) -> str:
    """channel_archive for a public channel, group_archive for a private one."""
    return f"{'channel' if channel.kind == PUBLIC else 'group'}_{what}"


def posted(it: Message, team: Workspace) -> Json:
    channel = team.channels[it.channel]
    body = shapes.message(it, team, metadata=True) | {"channel": channel.id, "event_ts": it.ts}
    body["channel_type"] = channel.kind
    if it.subtype == "thread_broadcast":
        root = shapes.message(channel.messages[it.thread_ts], team)
        body["root"] = {
            name: root[name] for name in root.keys() - {"is_locked", "client_msg_id", "reply_users"}
        }
        # Slack leaves these to the root.
        for name in ("parent_user_id", "team"):
            body.pop(name, None)
    return body


def mention(it: Message, team: Workspace) -> Json:
    body = shapes.message(it, team) | {"type": "app_mention", "channel": it.channel, "event_ts": it.ts}
    body.pop("parent_user_id", None)
    return body


def changed(it: Message, before: Json, team: Workspace, channel: Channel, now: float) -> Json:
    stamp = f"{now:.6f}"
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": channel.id,
        "hidden": True,
        "message": shapes.message(it, team),
        "previous_message": before,
        "ts": stamp,
        "event_ts": stamp,
        "channel_type": channel.kind,
    }


def deleted(it: Message, before: Json, channel: Channel, now: float) -> Json:
    stamp = f"{now:.6f}"
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": channel.id,
        "hidden": True,
        "deleted_ts": it.ts,
        "previous_message": before,
        "ts": stamp,
        "event_ts": stamp,
        "channel_type": channel.kind,
    }


def reaction(it: Message, who: User, name: str, now: float, away: bool = False) -> Json:
    return {
        "type": "reaction_removed" if away else "reaction_added",
        "user": who.id,
        "item": {"type": "message", "channel": it.channel, "ts": it.ts},
        "reaction": name,
        "item_user": it.user,
        "event_ts": f"{now:.6f}",
    }


def membership(kind: str, who: User, channel: Channel, now: float, inviter: str = "") -> Json:
    body: Json = {
        "type": kind,
        "user": who.id,
        "channel": channel.id,
        "channel_type": LETTER[channel.kind],
        "team": channel.team_id,
        "event_ts": f"{now:.6f}",
    }
    return body | ({"inviter": inviter} if inviter else {})


def renamed(channel: Channel, now: float) -> Json:
    return {
        "type": channel_event("rename", channel),
        "channel": {
            "id": channel.id,
            "is_channel": channel.kind == PUBLIC,
            "is_mpim": False,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": channel.created,
        },
        "event_ts": f"{now:.6f}",
    }


def about(what: str, channel: Channel, by: User, now: float) -> Json:
    """archive, unarchive, deleted, left."""
    who = "actor_id" if what in ("deleted", "left") else "user"
    return {
        "type": channel_event(what, channel),
        "channel": channel.id,
        who: by.id,
        "event_ts": f"{now:.6f}",
    } | ({"is_moved": 0} if what in ("archive", "unarchive") else {})


def user_changed(who: User, now: float) -> Json:
    body = shapes.user(who, locale=True)
    return {"type": "user_change", "user": body, "cache_ts": int(now), "event_ts": f"{now:.6f}"}


def envelope(event: Json, team: Workspace, app_id: str, event_id: str, now: float) -> Json:
    """What is around an event: the body of the request, and the payload of a socket's envelope."""
    assert team.install is not None
    authorization: dict[str, Any] = {
        "enterprise_id": None,
        "team_id": team.id,
        "user_id": team.install.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "old-and-unused",
        "team_id": team.id,
        "enterprise_id": None,
        "api_app_id": app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }
