"""How Slack writes its objects in answers and events."""

from __future__ import annotations

from typing import Any

from tests.standins.slack.state import (
    IM,
    MPIM,
    PRIVATE,
    PUBLIC,
    Channel,
    Json,
    Message,
    Upload,
    User,
    View,
    Workspace,
)

#: Where Slack's own announcements come from.
SLACKBOT = "USLACKBOT"


def user(who: User, locale: bool = False) -> Json:
    body: Json = {
        "id": who.id,
        "team_id": who.team_id,
        "name": who.name.lower().replace(" ", "."),
        "deleted": who.deleted,
        "profile": {
            "real_name": who.name,
            "real_name_normalized": who.name,
            "display_name": who.name,
            "display_name_normalized": who.name,
            "team": who.team_id,
            **({"email": who.email} if who.email else {}),
            **({"bot_id": who.bot_id, "api_app_id": who.app_id} if who.is_bot else {}),
        },
        "is_bot": who.is_bot,
        "is_app_user": who.is_app_user,
        "updated": 1_790_000_000,
    }
    if not who.deleted:
        # A deactivated account has neither name of its zone nor rights any more.
        body |= {
            "real_name": who.name,
            "tz": who.tz,
            "tz_label": who.tz,
            "tz_offset": who.tz_offset,
            "is_admin": who.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": who.is_restricted,
            "is_ultra_restricted": who.is_ultra_restricted,
        }
    if locale and not who.deleted:
        body["locale"] = who.locale
    return body


def conversation(it: Channel, bot: str, members: bool = False) -> Json:
    common: Json = {
        "id": it.id,
        "created": it.created,
        "is_channel": it.kind == PUBLIC,
        "is_group": it.kind == PRIVATE,
        "is_im": it.kind == IM,
        "is_mpim": it.kind == MPIM,
        "is_private": it.kind != PUBLIC,
        "is_archived": it.is_archived,
        "is_org_shared": False,
        "context_team_id": it.team_id,
    }
    if it.kind == IM:
        other = next((each for each in it.members if each != bot), bot)
        return common | {"user": other, "is_user_deleted": False, "is_open": True, "priority": 0}
    common |= {
        "name": it.name,
        "name_normalized": it.name,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "is_member": bot in it.members,
        "creator": it.creator,
        "topic": {"value": it.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
    return common | ({"num_members": len(it.members)} if members else {})


def message(it: Message, team: Workspace, metadata: bool = False, thread: bool = True) -> Json:
    """A message as it stands: in answers, and inside events about it."""
    if it.tombstone:
        return tombstone(it, team)
    body: Json = {"type": "message", "user": it.user, "text": it.text, "ts": it.ts, "team": team.id}
    given = {
        "subtype": it.subtype,
        "client_msg_id": it.client_msg_id,
        "blocks": it.blocks,
        "attachments": it.attachments,
        "files": it.files,
        "edited": it.edited,
        "thread_ts": it.thread_ts,
        "username": it.username,
    }
    body |= {name: value for name, value in given.items() if value}
    if it.bot_id:
        body |= {
            "bot_id": it.bot_id,
            "app_id": it.app_id,
            "bot_profile": bot_profile(team, it.bot_id, it.app_id),
        }
    if it.reactions:
        body["reactions"] = reactions(it)
    if metadata and it.metadata:
        body["metadata"] = it.metadata
    return body | (threaded(it, team) if thread else {})


def threaded(it: Message, team: Workspace) -> Json:
    home = team.channels[it.channel]
    if it.is_reply:
        parent = home.messages.get(it.thread_ts)
        return {"parent_user_id": parent.user} if parent else {}
    replies = home.replies(it.ts)
    if not replies:
        return {}
    return {
        "thread_ts": it.ts,
        "reply_count": len(replies),
        "reply_users_count": len({each.user for each in replies}),
        "reply_users": sorted({each.user for each in replies}),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def tombstone(it: Message, team: Workspace) -> Json:
    body = {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": SLACKBOT,
        "hidden": True,
        "ts": it.ts,
    }
    return body | threaded(it, team)


def bot_profile(team: Workspace, bot_id: str, app_id: str) -> Json:
    owner = next((each for each in team.users.values() if each.bot_id == bot_id), None)
    return {
        "id": bot_id,
        "app_id": app_id,
        "name": owner.name if owner else "",
        "deleted": False,
        "updated": 1_790_000_000,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
        "team_id": team.id,
    }


def reactions(it: Message) -> list[Json]:
    return [{"name": name, "users": list(who), "count": len(who)} for name, who in it.reactions.items()]


def file(it: Upload, team: Workspace) -> Json:
    url = f"{team.url}files/{it.user}/{it.id}/{it.name}"
    return {
        "id": it.id,
        "name": it.name,
        "title": it.title or it.name,
        "mimetype": "image/png" if it.name.endswith(".png") else "text/plain",
        "filetype": it.name.rpartition(".")[2],
        "user": it.user,
        "size": it.length,
        "mode": "hosted",
        "is_external": False,
        "file_access": "visible",
        "alt_txt": it.alt_txt,
        "url_private": url,
        "permalink": url,
    }


def view(it: View, values: Any = None) -> Json:
    body: Json = {
        "id": it.id,
        "team_id": it.team_id,
        "type": it.body["type"],
        "blocks": it.blocks,
        "private_metadata": it.body.get("private_metadata", ""),
        "callback_id": it.body.get("callback_id", ""),
        "external_id": it.body.get("external_id", ""),
        "state": {"values": values or {}},
        "hash": it.hash,
        "title": it.body.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
        "submit": it.body.get("submit"),
        "close": it.body.get("close"),
        "clear_on_close": it.body.get("clear_on_close", False),
        "notify_on_close": it.body.get("notify_on_close", False),
        "root_view_id": it.root,
        "previous_view_id": it.previous or None,
        "app_id": it.app_id,
        "app_installed_team_id": it.team_id,
        "bot_id": it.bot_id,
    }
    return body


def person(who: User, team: Workspace) -> Json:
    """The `user` of an interaction."""
    name = who.name.lower().replace(" ", ".")
    return {"id": who.id, "username": name, "name": name, "team_id": team.id}
