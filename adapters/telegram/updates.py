"""What Telegram tells, as far as we read it (https://core.telegram.org/bots/api#update). The rest is left unread.

Phone numbers, files and places are not among it: what is not read cannot be kept.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

#: What we ask Telegram for. Reactions and members are told to administrators only, and only if asked for.
KINDS = (
    "message", "edited_message", "callback_query", "message_reaction", "my_chat_member", "chat_member",
)  # fmt: skip


class User(Struct, frozen=True):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str = ""


class Chat(Struct, frozen=True):
    id: int
    #: private, group, supergroup or channel
    type: str
    title: str = ""
    is_forum: bool = False


class Message(Struct, frozen=True, kw_only=True):
    message_id: int
    #: Seconds since 1970; 0: too old to be shown.
    date: int
    chat: Chat
    from_: User | None = field(name="from", default=None)
    #: It was sent in the name of a chat: an anonymous administrator, or a channel.
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: Message | None = None
    text: str = ""
    caption: str = ""
    edit_date: int = 0
    media_group_id: str = ""
    via_bot: User | None = None
    forward_origin: Any = None
    # files; of a picture, one in several sizes
    photo: list[Any] = []
    animation: Any = None
    audio: Any = None
    document: Any = None
    video: Any = None
    video_note: Any = None
    voice: Any = None
    # what Telegram tells of the chat itself
    new_chat_members: list[User] = []
    left_chat_member: User | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None
    forum_topic_created: Any = None
    forum_topic_reopened: Any = None


class CallbackQuery(Struct, frozen=True, kw_only=True):
    """Somebody pressed a button."""

    id: str
    from_: User = field(name="from")
    message: Message | None = None
    data: str = ""


class ChatMember(Struct, frozen=True):
    user: User
    #: creator, administrator, member, restricted, left or kicked
    status: str
    #: Of somebody restricted.
    is_member: bool = True
    can_send_messages: bool = True
    #: Of an administrator.
    can_manage_topics: bool = False

    @property
    def there(self) -> bool:
        return self.status not in ("left", "kicked") and self.is_member


class ChatMemberUpdated(Struct, frozen=True, kw_only=True):
    chat: Chat
    from_: User = field(name="from")
    date: int
    old_chat_member: ChatMember
    new_chat_member: ChatMember


class MessageReactionUpdated(Struct, frozen=True):
    chat: Chat
    message_id: int
    date: int
    user: User | None = None
    old_reaction: list[Any] = []
    new_reaction: list[Any] = []


class Update(Struct, frozen=True):
    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: CallbackQuery | None = None
    message_reaction: MessageReactionUpdated | None = None
    my_chat_member: ChatMemberUpdated | None = None
    chat_member: ChatMemberUpdated | None = None

    @property
    def chat(self) -> int:
        """The chat that it is about, whose updates are taken in one after the other; 0: none."""
        told = (
            self.message or self.edited_message or self.message_reaction or self.my_chat_member or self.chat_member
        )  # fmt: skip
        if told is not None:
            return told.chat.id
        query = self.callback_query
        return query.message.chat.id if query is not None and query.message is not None else 0


class _Numbered(Struct, frozen=True):
    update_id: int


def read(raw: object) -> Update:
    """An update from its JSON, as Python's own types. Raises msgspec.ValidationError, a ValueError."""
    return msgspec.convert(raw, Update)


def number(raw: object) -> int:
    """An update's number, whatever else it holds. Raises as `read`."""
    return msgspec.convert(raw, _Numbered).update_id


def without_numbers(raw: Any) -> Any:
    """An update as it may be kept: a contact is a telephone number, and no telephone number is."""
    if isinstance(raw, dict):
        return {name: without_numbers(it) for name, it in raw.items() if name not in _NUMBERS}
    return [without_numbers(it) for it in raw] if isinstance(raw, list) else raw


#: What Telegram calls what holds a telephone number.
_NUMBERS = ("contact", "phone_number")


def chat_of(raw: object) -> int:
    """The chat that an update is about; 0 also for one that cannot be read."""
    try:
        return read(raw).chat
    except ValueError:
        return 0
