"""The port: what a platform tells us, what we tell a platform, and what it can and cannot do.

An adapter is a pure `parse` (payload to `Heard`), a pure `render` (`Spoken` to payload) and a thin client behind
`Platform`. What people did is told in the past tense; a platform's own words stay in its adapter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from msgspec import Struct


class Address(NamedTuple):
    """A place on a platform: a channel or chat, and a thread or topic in it ("" where there is none)."""

    platform: str
    workspace: str
    channel: str
    thread: str = ""


class Wrote(Struct, frozen=True, tag="wrote", kw_only=True):
    """A person wrote a message. `key` is the platform's id of the event, `message` of the message."""

    key: str
    place: Address
    account: str
    message: str
    words: str
    at: datetime
    #: The message it directly replies to, by the platform's id.
    reply_to: str | None = None
    #: Nobody but the bot and the author sees it.
    private: bool = False


class Rewrote(Struct, frozen=True, tag="rewrote", kw_only=True):
    """A person edited a message; `revision` grows with every edit."""

    key: str
    place: Address
    account: str
    message: str
    words: str
    revision: int
    at: datetime


class TookBack(Struct, frozen=True, tag="took-back", kw_only=True):
    """A message was deleted by its author."""

    key: str
    place: Address
    account: str
    message: str
    at: datetime


class Chose(Struct, frozen=True, tag="chose", kw_only=True):
    """A person pressed a button of one of our messages, or marked a message."""

    key: str
    place: Address
    account: str
    press: str
    at: datetime
    #: Our message that carried the button.
    message: str | None = None
    #: The person's message that was marked.
    about: str | None = None


Heard: TypeAlias = Wrote | Rewrote | TookBack | Chose


class Label(Struct, frozen=True):
    """A button in words."""

    press: str
    words: str


class Link(Struct, frozen=True):
    """A message of ours that was posted earlier: where, which, and when."""

    place: Address
    message: str
    at: datetime


class Block(Struct, frozen=True):
    """A piece of a message in words: `kind` is line, heading, item (of a list) or picture."""

    kind: str
    words: str
    #: Before an item: its number in the list.
    number: int | None = None
    #: Where to read more of it; shown as the platform can.
    link: Link | None = None
    #: Of a picture: its file, as bytes of an SVG or PNG.
    file: bytes | None = None


class Spoken(Struct, frozen=True):
    """A message in words, in one language, ready to be rendered."""

    sort: str
    blocks: tuple[Block, ...]
    labels: tuple[Label, ...] = ()
    #: The platform's id of the message it belongs to (a receipt).
    about: str | None = None


class Outgoing(Struct, frozen=True):
    """One request to a platform. `token` is opaque, and lets a posted message be found again."""

    token: str
    place: Address
    spoken: Spoken
    #: The message to rewrite; None: a new message.
    message: str | None = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a platform can do; what it cannot is done by rule."""

    buttons: bool
    #: A posted message can be looked up by its token after a crash.
    look_up: bool
    #: Each meeting opens a thread of its own.
    threads: bool
    #: Receipts as a reaction on the message itself.
    reactions: bool


class Refused(Exception):
    """The platform will never take this message. `reason` is a key under `delivery.why`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class Later(Exception):
    """The platform takes nothing in this bucket for so many seconds."""

    def __init__(self, bucket: str, seconds: float) -> None:
        super().__init__(f"{bucket} is closed for {seconds:g} s")
        self.bucket, self.seconds = bucket, seconds


#: Takes what was heard, and returns once it is stored: only then may a platform be told that we have it.
Ear: TypeAlias = Callable[[Heard], Awaitable[None]]


class Platform(Protocol):
    """A chat platform, as the rest of the house sees it."""

    name: str
    capabilities: Capabilities

    async def listen(self, ear: Ear) -> None:
        """Start to hear. Returns when listening; what is heard is acknowledged after `ear` has returned."""

    async def send(self, outgoing: Outgoing) -> str:
        """Send, and return the platform's id of the message. Raises Refused, Later or OSError (unknown)."""

    async def look_up(self, outgoing: Outgoing) -> str | None:
        """After a crash: the id of the message if the platform took it."""

    async def close(self) -> None: ...
