"""What Telegram tells of chats, and of who is in them: where we may write, and who came and went. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.port import Address, Learned, News
from adapters.telegram import names
from adapters.telegram.reading import Me, Read, known, place_of, time_of
from adapters.telegram.updates import ChatMember, ChatMemberUpdated, Message, Update


def of_the_chat(update: Update, message: Message, me: Me) -> Read | None:
    """What Telegram itself tells in a message; None: somebody wrote it."""
    here = message.chat.id
    if message.migrate_to_chat_id is not None:
        return Read((moved(me, here, message.migrate_to_chat_id, time_of(message.date)),))
    if message.migrate_from_chat_id is not None:
        return Read((moved(me, message.migrate_from_chat_id, here, time_of(message.date)),))
    if message.forum_topic_reopened is not None:
        return Read((learned(update, "open", place_of(message, me), message.date, me),))
    if message.new_chat_members or message.left_chat_member is not None:
        news = tuple(_came_and_went(update, message, me))
        return Read(news, why="" if news else "a bot came or went")
    return None


def moved(me: Me, old: int, new: int, at: datetime) -> Learned:
    """A plain group has become a supergroup. It is told three times over, and is one event."""
    return Learned(key=f"{me.bot}:moved:{old}:{new}", what="moved", place=names.address(me.bot, old), at=at,
                   to=names.address(me.bot, new))  # fmt: skip


def _came_and_went(update: Update, message: Message, me: Me) -> Iterator[Learned]:
    place = names.address(me.bot, message.chat.id)
    for user in message.new_chat_members:
        if not user.is_bot:
            yield learned(update, "came", place, message.date, me, account=str(user.id))
    left = message.left_chat_member
    if left is not None and not left.is_bot:
        yield learned(update, "went", place, message.date, me, account=str(left.id))


def learned(
    update: Update,
    what: News,
    place: Address,
    date: int,
    me: Me,
    *,
    account: str | None = None,
    why: str = "",
) -> Learned:
    key = f"{me.bot}:{update.update_id}:{what}:{account or place.channel}"
    return Learned(key=key, what=what, place=place, at=time_of(date), account=account, why=why)


def member(update: Update, told: ChatMemberUpdated, me: Me) -> Read:
    was, now = told.old_chat_member.there, told.new_chat_member.there
    user = told.new_chat_member.user
    if was == now or user.is_bot:
        return Read(why="nobody came or went")
    what: News = "came" if now else "went"
    place = names.address(me.bot, told.chat.id)
    return Read((learned(update, what, place, told.date, me, account=str(user.id)),))


def ours(update: Update, told: ChatMemberUpdated, me: Me) -> Read:
    """What we may do in a chat: a person who has blocked us, or a group that has taken us in, or out."""
    place, now = names.address(me.bot, told.chat.id), told.new_chat_member
    why = _shut(now, private=told.chat.type == "private")
    news = [learned(update, "shut" if why else "open", place, told.date, me, why=why)]
    rules = now.status == "administrator"
    if rules and now.can_manage_topics and told.chat.is_forum:
        news.append(learned(update, "threads", place, told.date, me))
    return Read(tuple(news), administers=(told.chat.id, rules), known=(known(told.from_),))


def _shut(member: ChatMember, *, private: bool) -> str:
    """Why nothing can be written there, as a key under `delivery.why`; "": it can."""
    if not member.there:
        return "blocked" if private else "removed"
    return "forbidden" if member.status == "restricted" and not member.can_send_messages else ""
