"""The Bot API's JSON of users, chats, members and messages."""

from typing import Any

from tests.standins.telegram.model import Chat, Member, Message, Topic, User

Json = dict[str, Any]

#: Rights of an administrator that every ChatMemberAdministrator names.
NAMED_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
#: What a restricted member may send, beside plain text.
KINDS_TO_SEND = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag",
)  # fmt: skip
OTHER_PERMISSIONS = ("can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics")


def without_none(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def user(it: User) -> Json:
    return without_none(
        {
            "id": it.id,
            "is_bot": it.is_bot,
            "first_name": it.first_name,
            "last_name": it.last_name,
            "username": it.username,
            "language_code": it.language_code,
        }
    )


def chat(it: Chat) -> Json:
    person = it.person
    return without_none(
        {
            "id": it.id,
            "type": it.type,
            "title": it.title,
            "username": person.username if person else it.username,
            "first_name": person.first_name if person else None,
            "last_name": person.last_name if person else None,
            "is_forum": it.forum or None,
        }
    )


def full_chat(it: Chat) -> Json:
    """ChatFullInfo."""
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    full = chat(it) | {
        "accent_color_id": it.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }
    pinned = [message(each) for each in it.messages.values() if each.pinned and not each.deleted]
    if pinned:
        full["pinned_message"] = pinned[-1]
    if it.is_group:
        full["permissions"] = dict.fromkeys(KINDS_TO_SEND + OTHER_PERMISSIONS, True)
    return full | ({"linked_chat_id": it.linked.id} if it.linked else {})


def member(it: Member, where: Chat) -> Json:
    """A ChatMember of the kind that its status says."""
    base: Json = {"status": it.status, "user": user(it.user)}
    if it.status == "administrator":
        return base | administrator(it, where)
    if it.status == "creator":
        return base | without_none({"is_anonymous": it.anonymous, "custom_title": it.title})
    if it.status == "restricted":
        return base | restricted(it)
    if it.status == "kicked":
        return base | {"until_date": 0}
    return base


def administrator(it: Member, where: Chat) -> Json:
    names = NAMED_RIGHTS + (CHANNEL_RIGHTS if where.type == "channel" else GROUP_RIGHTS)
    rights = {name: it.rights.get(name, False) for name in names}
    return rights | without_none(
        {
            "can_be_edited": False,
            "is_anonymous": it.anonymous,
            "can_manage_chat": True,
            "custom_title": it.title,
        }
    )


def restricted(it: Member) -> Json:
    rights = dict.fromkeys(KINDS_TO_SEND, it.can_send) | dict.fromkeys(OTHER_PERMISSIONS, False)
    return rights | {"is_member": True, "until_date": 0}


def topic(it: Topic) -> Json:
    return {"message_thread_id": it.id, "name": it.name, "icon_color": it.icon_color}


def message(it: Message, *, depth: int = 1) -> Json:
    """A Message; the one that it replies to is told one level deep, as Telegram does."""
    told: Json = {"message_id": it.id, "date": it.date, "chat": chat(it.chat)}
    if it.sender:
        told["from"] = user(it.sender)
    if it.sender_chat:
        told["sender_chat"] = chat(it.sender_chat)
    told |= thread(it)
    if depth and (earlier := answers(it)):
        told["reply_to_message"] = message(earlier, depth=depth - 1)
    told |= content(it) | it.extra | it.service
    if it.keyboard:
        told["reply_markup"] = {"inline_keyboard": it.keyboard}
    if it.edited:
        told["edit_date"] = it.edited
    return told


def content(it: Message) -> Json:
    names = ("caption", "caption_entities") if it.media else ("text", "entities")
    told = dict(it.media)
    if it.text:
        told[names[0]] = it.text
    if it.entities:
        told[names[1]] = it.entities
    return told


def thread(it: Message) -> Json:
    """In a topic: its id, and that it is one. In other supergroups a reply names its thread's root."""
    if it.topic is not None:
        return {"message_thread_id": it.topic, "is_topic_message": True}
    if it.chat.type == "supergroup" and not it.chat.forum and it.reply_to is not None:
        root = it.reply_to
        while root.reply_to is not None:
            root = root.reply_to
        return {"message_thread_id": root.id}
    return {}


def answers(it: Message) -> Message | None:
    """What the message replies to. In a topic, one that replies to nothing replies to its opening."""
    if it.reply_to is not None:
        return it.reply_to
    if it.topic is not None and it.topic != it.id:
        return it.chat.messages.get(it.topic)
    return None


def inaccessible(it: Message) -> Json:
    return {"chat": chat(it.chat), "message_id": it.id, "date": 0}
