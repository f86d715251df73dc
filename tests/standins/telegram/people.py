"""What people write, press and show. Each act is told to the bot as Telegram would tell it."""

from typing import Any

from tests.standins.telegram import entities, shapes
from tests.standins.telegram.limits import DELETE_WITHIN, START_PAYLOAD
from tests.standins.telegram.model import Chat, Message, Press, Topic, User
from tests.standins.telegram.setting import Setting
from tests.standins.telegram.world import InTopic, Where, act


def topic_id(topic: InTopic) -> int | None:
    return topic.id if isinstance(topic, Topic) else topic


class People(Setting):
    """Acts of people, of other bots and of channels. A person who may not do it raises ValueError."""

    # --- writing

    @act
    def say(
        self, user: User, chat: Where, text: str, topic: InTopic = None, reply_to: Message | None = None
    ) -> Message:
        """A text of a person. In a forum, without a topic it is said in General."""
        return self._say(user, self.where(chat), text, topic_id(topic), reply_to)

    def _say(
        self,
        user: User,
        chat: Chat,
        text: str,
        topic: int | None = None,
        reply_to: Message | None = None,
        **more: Any,
    ) -> Message:
        topic = reply_to.topic if reply_to is not None and topic is None else topic
        if user.id in self.users:
            self._may_write(user, chat, topic)
        seen, marks = entities.read(text, None, None)
        it = self.post(chat, user, text=seen, entities=marks, topic=topic, reply_to=reply_to, **more)
        self.log(chat, f"{it.author}: {self.brief(it)}", topic)
        return it

    def _may_write(self, user: User, chat: Chat, topic: int | None) -> None:
        member = chat.members.get(user.id)
        if member is None or not member.there or not member.can_send:
            raise ValueError(f"{user.name} may not write in {chat.name}")
        if chat.type == "private" and not user.is_bot and (not user.started or user.blocked):
            raise ValueError(f"{user.name} has not pressed Start, or has blocked the bot")
        it = chat.topics.get(topic) if topic is not None else None
        if topic is not None and (it is None or it.deleted):
            raise ValueError(f"{chat.name} has no topic {topic}")
        if (it.closed if it else chat.general_closed) and not member.admin:
            raise ValueError(f"the topic {topic or 'General'} is closed")

    @staticmethod
    def brief(it: Message) -> str:
        what = "".join(f"({name}) " for name in it.media)
        return f"{what}{it.text}".replace("\n", " / ").strip()

    @act
    def edit(self, message: Message, text: str) -> None:
        """The writer changes a message; the bot hears of it by the same rule as of a new one."""
        message.text, message.entities = entities.read(text, None, None)
        message.edited = self.today()
        self.log(message.chat, f"{message.author} edits {message.id}: {self.brief(message)}", message.topic)
        self.tell(message, "edited_channel_post" if message.chat.type == "channel" else "edited_message")

    @act
    def touch(self, message: Message) -> None:
        """An edited_message without any visible change, as Telegram at times sends."""
        message.edited = self.today()
        self.tell(message, "edited_message")

    @act
    def delete(self, message: Message) -> None:
        """Takes a message away, anyone's. No bot is ever told."""
        message.deleted = True
        message.chat.messages.pop(message.id, None)
        self.log(message.chat, f"deleted: {message.id}", message.topic)

    @act
    def forward(
        self, user: User, chat: Where, message: Message, topic: InTopic = None, *, hidden: bool = False
    ) -> Message:
        """Forwards a message; `hidden`: its writer does not want to be linked."""
        origin: dict[str, Any] = {"type": "user", "date": message.date}
        if message.chat.type == "channel":
            origin |= {"type": "channel", "chat": shapes.chat(message.chat), "message_id": message.id}
        elif hidden or message.sender is None:
            origin |= {"type": "hidden_user", "sender_user_name": message.author}
        else:
            origin["sender_user"] = shapes.user(message.sender)
        more: dict[str, Any] = {"extra": {"forward_origin": origin}, "media": dict(message.media)}
        return self._say(user, self.where(chat), message.text, topic_id(topic), **more)

    # --- others than people

    @act
    def say_anonymously(
        self, user: User, chat: Where, text: str, topic: InTopic = None, reply_to: Message | None = None
    ) -> Message:
        """An administrator who stays anonymous: the group itself speaks."""
        chat = self.where(chat)
        if not chat.members[user.id].admin:
            raise ValueError(f"{user.name} is no administrator of {chat.name}")
        return self._say(self.anonymous, chat, text, topic_id(topic), reply_to, sender_chat=chat)

    @act
    def say_as_channel(self, channel: Chat, chat: Where, text: str, topic: InTopic = None) -> Message:
        """Someone who writes in a group in the name of a channel."""
        return self._say(self.channel_bot, self.where(chat), text, topic_id(topic), sender_chat=channel)

    @act
    def channel_post(self, channel: Chat, text: str) -> Message:
        """A post; the linked group gets it forwarded by itself."""
        seen, marks = entities.read(text, None, None)
        it = self.post(channel, None, text=seen, entities=marks, sender_chat=channel)
        self.log(channel, f"{channel.name}: {self.brief(it)}")
        if channel.linked is not None:
            self._forward_post(it, channel, channel.linked)
        return it

    def _forward_post(self, it: Message, channel: Chat, group: Chat) -> None:
        origin = {"type": "channel", "chat": shapes.chat(channel), "message_id": it.id, "date": it.date}
        extra = {"is_automatic_forward": True, "forward_origin": origin}
        self._say(self.telegram, self.where(group), it.text, sender_chat=channel, extra=extra)

    # --- the private chat with the bot

    @act
    def start(self, user: User, payload: str | None = None) -> Message:
        """Presses Start, by a deep link if there is a payload. Ends a block."""
        if payload is not None and not (0 < len(payload) <= START_PAYLOAD and is_payload(payload)):
            raise ValueError(f"Telegram takes no such start payload: {payload!r}")
        chat = self.where(user)
        if user.blocked:
            self._blocks(user, chat, blocked=False)
        user.started = True
        return self._say(user, chat, f"/start {payload}" if payload else "/start")

    @act
    def block(self, user: User) -> None:
        """Blocks the bot."""
        self._blocks(user, self.where(user), blocked=True)

    def _blocks(self, user: User, chat: Chat, *, blocked: bool) -> None:
        mine = chat.members[self.bot.id]
        old = shapes.member(mine, chat)
        user.blocked = blocked
        mine.status = "kicked" if blocked else "member"
        self.member_changed(chat, self.bot, user, old, shapes.member(mine, chat))

    # --- buttons and reactions

    @act
    def press(self, user: User, message: Message, text: str) -> Press:
        """Presses the button with this text. One with a deep link to the bot opens it, and starts there."""
        if message.deleted:
            raise LookupError(f"message {message.id} is gone")
        if message.chat.type == "private" and user.blocked:
            raise ValueError(f"{user.name} has blocked the bot")
        button = message.button(text)
        it = Press(str(9_000_000_000 + self.number()), user, message, button, self.clock.now())
        self.log(message.chat, f"{user.name} presses [{text}]", message.topic)
        if url := button.get("url"):
            it.answered, it.url = True, url
            self.follow(user, url)
        else:
            self.presses[it.id] = it
            self.feed.add("callback_query", self._query(it), message.chat.id)
        return it

    def _query(self, it: Press) -> dict[str, Any]:
        old = self.clock.now() - it.message.date > DELETE_WITHIN
        return {
            "id": it.id,
            "from": shapes.user(it.user),
            "message": shapes.inaccessible(it.message) if old else shapes.message(it.message),
            "chat_instance": str(abs(it.message.chat.id) * 31),
            "data": it.button["callback_data"],
        }

    @act
    def follow(self, user: User, url: str) -> Message | None:
        """Opens an address: a deep link to the bot starts a private chat with its payload."""
        head, asked, payload = url.partition("?start=")
        if asked and head.lower().endswith(f"t.me/{self.bot.username}".lower()):
            return self.start(user, payload)
        return None

    @act
    def react(self, user: User, message: Message, *emoji: str) -> None:
        """Sets the person's reactions to exactly these. The bot hears only as administrator who asked."""
        old = [each for each, users in message.reactions.items() if user in users]
        self.set_reactions(user, message, emoji)
        self.log(
            message.chat, f"{user.name} reacts {' '.join(emoji) or 'no more'} on {message.id}", message.topic
        )
        mine = self.bot_in(message.chat)
        if mine is not None and (mine.admin or message.chat.type == "private"):
            self.feed.add("message_reaction", self._reaction(user, message, old, emoji), message.chat.id)

    def set_reactions(self, user: User, message: Message, emoji: tuple[str, ...]) -> None:
        for users in message.reactions.values():
            if user in users:
                users.remove(user)
        for each in emoji:
            message.reactions.setdefault(each, []).append(user)
        message.reactions = {each: users for each, users in message.reactions.items() if users}

    def _reaction(self, user: User, it: Message, old: list[str], new: tuple[str, ...]) -> dict[str, Any]:
        return {
            "chat": shapes.chat(it.chat),
            "message_id": it.id,
            "user": shapes.user(user),
            "date": self.today(),
            "old_reaction": [{"type": "emoji", "emoji": each} for each in old],
            "new_reaction": [{"type": "emoji", "emoji": each} for each in new],
        }


def is_payload(text: str) -> bool:
    return text.isascii() and text.replace("_", "").replace("-", "").isalnum()
