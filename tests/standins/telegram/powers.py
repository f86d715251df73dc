"""What people do to chats, to each other and to the bot: in and out, powers, topics, migration."""

from typing import Any

from tests.standins.telegram import shapes
from tests.standins.telegram.model import Chat, Member, Message, Topic, User
from tests.standins.telegram.setting import ALL_RIGHTS
from tests.standins.telegram.showing import Showing
from tests.standins.telegram.world import InTopic, act


class Powers(Showing):
    """Acts on chats. `by` is who does it: the chat's creator, if nobody is named. The bot is `server.bot`."""

    # --- in and out

    @act
    def join(self, who: User, chat: Chat, by: User | None = None, *, payload: str | None = None) -> None:
        """Someone joins, or is added: the bot too, and it then has the privacy that it has at this time.

        `payload`: the bot came by a startgroup link, and whoever added it says /start with that.
        """
        chat = self.where(chat)
        member = chat.members.setdefault(who.id, Member(who, "left"))
        old = shapes.member(member, chat)
        member.status, member.rights, member.can_send = "member", {}, True
        member.sees_all = who is self.bot and not self.privacy
        actor = by or (self.creator(chat) if who.is_bot else who)
        self.member_changed(chat, who, actor, old, shapes.member(member, chat))
        self.serve(chat, actor, f"{who.name} joins", new_chat_members=[shapes.user(who)])
        if payload is not None:
            self._say(actor, chat, f"/start@{who.username} {payload}")

    @act
    def leave(self, who: User, chat: Chat) -> None:
        """Someone leaves by themselves."""
        self._out(who, self.where(chat), who, "left")

    @act
    def kick(self, who: User, chat: Chat, by: User | None = None) -> None:
        """Someone, or the bot, is removed and banned."""
        chat = self.where(chat)
        self._out(who, chat, by or self.creator(chat), "kicked")

    def _out(self, who: User, chat: Chat, by: User, status: str) -> None:
        self._change(who, chat, by, status=status, rights={})
        if chat.type != "channel":
            self.serve(chat, by, f"{who.name} is out", left_chat_member=shapes.user(who))

    # --- powers

    @act
    def promote(
        self,
        who: User,
        chat: Chat,
        by: User | None = None,
        *,
        anonymous: bool = False,
        rights: dict[str, bool] | None = None,
    ) -> None:
        """Makes someone, or the bot, an administrator; with all rights unless `rights` says which."""
        chat = self.where(chat)
        given = dict(ALL_RIGHTS) if rights is None else rights
        self._change(who, chat, by, status="administrator", anonymous=anonymous, rights=given, can_send=True)

    @act
    def demote(self, who: User, chat: Chat, by: User | None = None) -> None:
        self._change(who, self.where(chat), by, status="member", rights={}, anonymous=False)

    @act
    def restrict(self, who: User, chat: Chat, by: User | None = None, *, can_send: bool = False) -> None:
        """Takes away what someone, or the bot, may send; `can_send=True` gives it back."""
        chat = self.where(chat)
        if chat.type != "supergroup":
            raise ValueError("only in a supergroup can someone be restricted")
        self._change(
            who, chat, by, status="member" if can_send else "restricted", can_send=can_send, rights={}
        )

    def _change(self, who: User, chat: Chat, by: User | None, **changes: object) -> None:
        member = chat.members[who.id]
        old = shapes.member(member, chat)
        for name, value in changes.items():
            setattr(member, name, value)
        actor = by or self.creator(chat)
        if member.there or chat.type in ("private", "channel"):
            self.log(chat, f"{actor.name} makes {who.name} {member.status}")
        self.member_changed(chat, who, actor, old, shapes.member(member, chat))

    @act
    def set_privacy(self, on: bool) -> None:
        """As in BotFather. Holds in the chats that the bot is added to from now on, not in those it is in."""
        self.privacy = on

    # --- topics

    @act
    def open_topic(self, user: User, chat: Chat, name: str) -> Topic:
        chat = self.where(chat)
        it = Topic(chat.last_id + 1, name, user)
        chat.topics[it.id] = it
        created = {"name": name, "icon_color": it.icon_color}
        self.serve(chat, user, f"{user.name} opens the topic {name}", it.id, forum_topic_created=created)
        return it

    @act
    def close_topic(self, user: User, chat: Chat, topic: InTopic) -> None:
        """Closes a topic; None closes General."""
        self._close(user, self.where(chat), topic, closed=True)

    @act
    def reopen_topic(self, user: User, chat: Chat, topic: InTopic) -> None:
        self._close(user, self.where(chat), topic, closed=False)

    def _close(self, user: User, chat: Chat, topic: InTopic, *, closed: bool) -> None:
        word = "closes" if closed else "reopens"
        event: dict[str, Any] = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
        if topic is None:
            chat.general_closed = closed
            self.serve(chat, user, f"{user.name} {word} General", **event)
            return
        it = self.topic_of(chat, topic)
        it.closed = closed
        self.serve(chat, user, f"{user.name} {word} the topic {it.name}", it.id, **event)

    @act
    def rename_topic(self, user: User, chat: Chat, topic: Topic, name: str) -> None:
        topic.name = name
        line = f"{user.name} renames the topic to {name}"
        self.serve(self.where(chat), user, line, topic.id, forum_topic_edited={"name": name})

    @act
    def delete_topic(self, user: User, chat: Chat, topic: InTopic) -> None:
        """Deletes a topic with all its messages. No bot is told."""
        chat = self.where(chat)
        it = self.topic_of(chat, topic)
        self.log(chat, f"{user.name} deletes the topic {it.name}", it.id)
        self.drop_topic(chat, it)

    def drop_topic(self, chat: Chat, it: Topic) -> None:
        it.deleted = True
        for message in [each for each in chat.messages.values() if each.topic == it.id]:
            message.deleted = True
            del chat.messages[message.id]

    @staticmethod
    def topic_of(chat: Chat, topic: InTopic) -> Topic:
        return topic if isinstance(topic, Topic) else chat.topics[topic or 0]

    # --- the chat itself

    @act
    def rename(self, user: User, chat: Chat, title: str) -> None:
        chat = self.where(chat)
        chat.title = title
        self.serve(chat, user, f"{user.name} names the chat {title}", new_chat_title=title)

    @act
    def pin(self, user: User, message: Message) -> None:
        message.pinned = True
        told = shapes.message(message, depth=0)
        self.serve(message.chat, user, f"{user.name} pins {message.id}", message.topic, pinned_message=told)

    @act
    def erase(self, chat: Chat) -> None:
        """The creator deletes the whole group."""
        chat = self.where(chat)
        self._change(self.bot, chat, None, status="left", rights={})
        chat.erased = True

    @act
    def migrate(self, chat: Chat, *, forum: bool = False) -> Chat:
        """A basic group becomes a supergroup with a new id, where the old messages cannot be reached."""
        chat = self.where(chat)
        if chat.type != "group":
            raise ValueError(f"{chat.name} is no basic group")
        new = Chat(self.new_id("supergroup"), "supergroup", chat.title, forum=forum, was=chat)
        new.members = chat.members
        self.chats[new.id] = new
        self.serve(chat, self.creator(chat), "becomes a supergroup", migrate_to_chat_id=new.id)
        self.serve(new, self.anonymous, "was a group", migrate_from_chat_id=chat.id)
        chat.became = new
        return new

    def serve(self, chat: Chat, by: User, line: str, topic: int | None = None, **service: Any) -> Message:
        """A service message."""
        self.log(chat, line, topic)
        return self.post(chat, by, topic=topic, service=service, note=line)
