"""Who and what there is before a test begins: made silently, without updates."""

from collections.abc import Iterable

from tests.standins.telegram.model import Chat, ChatType, Member, Status, Topic, User
from tests.standins.telegram.world import World, act

#: What a group's administrator may do unless told otherwise.
ALL_RIGHTS = dict.fromkeys(
    (
        "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
        "can_promote_members", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
        "can_post_messages", "can_edit_messages",
    ),
    True,
)  # fmt: skip


class Setting(World):
    """Makers of people and chats."""

    @act
    def user(
        self,
        first_name: str,
        last_name: str | None = None,
        *,
        username: str | None = None,
        language: str | None = "nb",
        started: bool = False,
    ) -> User:
        """A person, with a private chat with the bot that is usable once they have pressed Start."""
        it = User(100_000 + self.number(), first_name, last_name, username, language, started=started)
        self.users[it.id] = it
        chat = Chat(it.id, "private", person=it)
        chat.members = {it.id: Member(it), self.bot.id: Member(self.bot)}
        self.chats[it.id] = chat
        return it

    @act
    def other_bot(self, name: str, username: str) -> User:
        it = User(200_000 + self.number(), name, username=username, is_bot=True)
        self.users[it.id] = it
        return it

    @act
    def group(self, title: str, members: Iterable[User] = (), *, bot: Status | None = "member") -> Chat:
        """A basic group; the first member is its creator. `bot`: what the bot is there, None: not in it."""
        return self._chat("group", title, members, bot)

    @act
    def supergroup(
        self,
        title: str,
        members: Iterable[User] = (),
        *,
        bot: Status | None = "member",
        forum: bool = False,
        username: str | None = None,
    ) -> Chat:
        """A supergroup, with topics if `forum`."""
        chat = self._chat("supergroup", title, members, bot)
        chat.forum, chat.username = forum, username
        chat.last_id = int(forum)  # in a forum, number 1 is General's own, and no topic's
        return chat

    def forum(
        self, title: str, members: Iterable[User] = (), *, bot: Status | None = "administrator"
    ) -> Chat:
        """A supergroup with topics; the bot is an administrator, who may manage them, unless told otherwise."""
        return self.supergroup(title, members, bot=bot, forum=True)

    @act
    def channel(
        self,
        title: str,
        members: Iterable[User] = (),
        *,
        bot: Status | None = "administrator",
        linked: Chat | None = None,
    ) -> Chat:
        """A channel; what is posted is forwarded to the `linked` group."""
        chat = self._chat("channel", title, members, bot)
        if linked is not None:
            chat.linked, linked.linked = linked, chat
        return chat

    @act
    def topic(self, chat: Chat, name: str, by: User | None = None) -> Topic:
        """A topic that was there already; its opening message counts, the bot heard nothing of it."""
        chat = self.where(chat)
        chat.last_id += 1
        it = Topic(chat.last_id, name, by or self.creator(chat))
        chat.topics[it.id] = it
        return it

    def _chat(self, type_: ChatType, title: str, members: Iterable[User], bot: Status | None) -> Chat:
        chat = Chat(self.new_id(type_), type_, title)
        for user in members:
            chat.members[user.id] = Member(user, "member" if chat.members else "creator")
        if bot is not None:
            rights = dict(ALL_RIGHTS) if bot == "administrator" else {}
            chat.members[self.bot.id] = Member(self.bot, bot, rights=rights, sees_all=not self.privacy)
        self.chats[chat.id] = chat
        return chat

    def new_id(self, type_: ChatType) -> int:
        """Basic groups have small negative ids; supergroups and channels begin with -100."""
        return -(4_000_000 + self.number()) if type_ == "group" else -(1_002_000_000_000 + self.number())

    def creator(self, chat: Chat) -> User:
        return next((each.user for each in chat.members.values() if each.status == "creator"), self.telegram)
