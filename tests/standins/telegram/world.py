"""What there is: the bot, people, chats, messages, and the updates about them.

One lock guards it all, so that people's acts may be called from any thread while the server runs in
its own; whoever changes something wakes those that wait for a condition.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from tests.standins.telegram import shapes, sight, spec
from tests.standins.telegram.clock import Clock
from tests.standins.telegram.feed import Feed
from tests.standins.telegram.model import Asked, Chat, Happened, Member, Message, Press, Topic, User

Where: TypeAlias = Chat | User | int
InTopic: TypeAlias = Topic | int | None

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W", bound="World")


def act(method: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], R]:
    """A change of the world: under the lock, and those who wait for something look again."""

    @functools.wraps(method)
    def locked(self: W, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.changed:
            result = method(self, *args, **kwargs)
            self.changed.notify_all()
            return result

    return locked


class World:
    """The state, and how a message comes to be."""

    def __init__(
        self,
        *,
        token: str = "4200001:stand-in",
        username: str = "runda_bot",
        name: str = "Runda",
        privacy: bool = True,
        clock: Clock | None = None,
        validate: bool = True,
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.clock = clock or Clock()
        self.token = token
        self.bot = User(int(token.partition(":")[0]), name, username=username, is_bot=True)
        self.privacy = privacy
        self.mentions_reach = False
        self.callback_life = 900.0  # seconds in which a press can be answered
        self.spec = spec.load() if validate else None
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.commands: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.requests: list[Asked] = []
        self.violations: list[str] = []
        self.feed = Feed()
        if self.spec:
            self.feed.check = self._check_update
        self.anonymous = User(sight.ANONYMOUS, "Group", username="GroupAnonymousBot", is_bot=True)
        self.channel_bot = User(sight.CHANNEL_BOT, "Channel", username="Channel_Bot", is_bot=True)
        self.telegram = User(sight.TELEGRAM, "Telegram")
        self._numbers = 0

    def _check_update(self, update: dict[str, Any]) -> None:
        assert self.spec is not None
        self.violations += [f"OURS: {fault}" for fault in self.spec.update(update)]

    # --- small things

    def number(self) -> int:
        """A number never given before."""
        self._numbers += 1
        return self._numbers

    def today(self) -> int:
        return int(self.clock.now())

    def where(self, chat: Where) -> Chat:
        """The chat as it is now: after a migration, the supergroup."""
        it = chat if isinstance(chat, Chat) else self.chats[chat.id if isinstance(chat, User) else chat]
        while it.became is not None:
            it = it.became
        return it

    def bot_in(self, chat: Chat) -> Member | None:
        return chat.members.get(self.bot.id)

    def log(self, chat: Chat, line: str, topic: int | None = None) -> None:
        chat.log.append(Happened(self.clock.now(), topic, line))

    # --- messages

    def post(self, chat: Chat, sender: User | None, **fields: Any) -> Message:
        """A new message of whoever it is; the bot is told if it may see it."""
        chat.last_id += 1
        it = Message(chat.last_id, chat, self.today(), sender, **fields)
        chat.messages[it.id] = it
        if sender is not None and sender.is_bot and not it.service and sender.id not in sight.STAND_INS:
            chat.last_bot = sender
        self.tell(it, "channel_post" if chat.type == "channel" else "message")
        return it

    def tell(self, it: Message, kind: str) -> None:
        if sight.seen(it, self.bot, mentions_reach=self.mentions_reach):
            self.feed.add(kind, shapes.message(it), it.chat.id)

    @act
    def repeat(self, last: int = 1, *, new_ids: bool = False) -> None:
        """The bot gets its last updates once more, confirmed or not: as they were, or under new ids."""
        self.feed.repeat(last, new_ids=new_ids)

    def member_changed(
        self, chat: Chat, who: User, by: User, old: dict[str, Any], new: dict[str, Any]
    ) -> None:
        """my_chat_member about the bot; chat_member about others, to an administrator who asked."""
        body = {
            "chat": shapes.chat(chat),
            "from": shapes.user(by),
            "date": self.today(),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        mine = self.bot_in(chat)
        if who is self.bot:
            self.feed.add("my_chat_member", body, chat.id)
        elif mine is not None and mine.admin:
            self.feed.add("chat_member", body, chat.id)

    # --- waiting

    def wait_until(self, condition: Callable[[], Any], within: float = 10.0) -> Any:
        """Waits, in real seconds, until the condition holds, and gives its value. Not in the server's own loop:
        there, `await server.until(...)`."""
        with self.changed:
            value = self.changed.wait_for(condition, timeout=within)
        if not value:
            raise AssertionError(
                f"not within {within} s; last requests: {[r.method for r in self.requests[-8:]]}"
            )
        return value
