"""The things of the stand-in's world. They change in place, under the world's lock."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]
ChatType: TypeAlias = Literal["private", "group", "supergroup", "channel"]


@dataclass(eq=False, repr=False)
class User:
    """A person or a bot. `started`, `blocked`, `gone` are about our bot: what it may write to them."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False
    gone: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(eq=False, repr=False)
class Member:
    """Who someone is in a chat. `sees_all` is fixed when a bot joins: privacy mode works so."""

    user: User
    status: Status = "member"
    anonymous: bool = False
    rights: dict[str, bool] = field(default_factory=dict)
    title: str | None = None
    can_send: bool = True
    sees_all: bool = False

    @property
    def admin(self) -> bool:
        return self.status in ("creator", "administrator")

    @property
    def there(self) -> bool:
        return self.status not in ("left", "kicked")

    def may(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and self.rights.get(right, False))

    def __repr__(self) -> str:
        return f"<{self.user.name}: {self.status}>"


@dataclass(eq=False, repr=False)
class Topic:
    """A topic of a forum; its id is that of the message that opened it."""

    id: int
    name: str
    creator: User
    icon_color: int = 7322096
    closed: bool = False
    deleted: bool = False

    def __repr__(self) -> str:
        return f"<topic {self.id}: {self.name}>"


@dataclass(eq=False, repr=False)
class Chat:
    """A chat with all that was said in it. `topics` has no General: that one has no id."""

    id: int
    type: ChatType
    title: str | None = None
    person: User | None = None
    username: str | None = None
    forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, "Message"] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    general_closed: bool = False
    last_id: int = 0
    last_bot: User | None = None
    erased: bool = False
    became: "Chat | None" = None
    was: "Chat | None" = None
    linked: "Chat | None" = None
    log: list["Happened"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.title or (self.person.name if self.person else str(self.id))

    @property
    def is_group(self) -> bool:
        return self.type in ("group", "supergroup")

    def __repr__(self) -> str:
        return f"<{self.type} {self.id}: {self.name}>"


@dataclass(eq=False, repr=False)
class Message:
    """A message, or a service message. `text` is the caption where `media` is set.

    `topic` is the topic's id in a forum, None in General and everywhere else. `media`,
    `service` and `extra` are fields of the Bot API's Message as they are sent; `note` is what people
    see of a service message; `ours`, that the bot wrote it.
    """

    id: int
    chat: Chat
    date: int
    sender: User | None
    sender_chat: Chat | None = None
    topic: int | None = None
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, Any] = field(default_factory=dict)
    service: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    ours: bool = False
    reply_to: "Message | None" = None
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    markup: dict[str, Any] = field(default_factory=dict)
    edited: int | None = None
    deleted: bool = False
    pinned: bool = False
    reactions: dict[str, list[User]] = field(default_factory=dict)

    @property
    def author(self) -> str:
        """Who people see as its writer."""
        who = self.sender_chat or self.sender
        return who.name if who else self.chat.name

    @property
    def buttons(self) -> list[list[str]]:
        return [[button["text"] for button in row] for row in self.keyboard]

    def button(self, text: str) -> dict[str, Any]:
        """The inline button with this text; LookupError names those that there are."""
        for row in self.keyboard:
            for each in row:
                if each["text"] == text:
                    return each
        raise LookupError(f"no button {text!r} on message {self.id}: {self.buttons}")

    def __repr__(self) -> str:
        return f"<message {self.id} of {self.author}: {self.text or self.note:.40}>"


@dataclass(eq=False, repr=False)
class Press:
    """A button pressed: what the person was told, once the bot has answered."""

    id: str
    user: User
    message: Message
    button: dict[str, Any]
    at: float
    answered: bool = False
    text: str | None = None
    alert: bool = False
    url: str | None = None

    def __repr__(self) -> str:
        return f"<{self.user.name} pressed [{self.button['text']}], answered: {self.answered}, text: {self.text!r}>"


@dataclass(frozen=True)
class Happened:
    """A line of a chat's history: at what time (seconds since 1970), in which topic, what."""

    at: float
    topic: int | None
    line: str


@dataclass(eq=False, repr=False)
class Asked:
    """A request as it came, and how it was answered. `status` is None where the line was cut."""

    method: str
    params: dict[str, Any]
    at: float
    status: int | None = None
    answer: Any = None
    taken: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 200

    def __repr__(self) -> str:
        return f"<{self.method} {self.params}: {self.status}>"
