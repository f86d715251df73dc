"""The port: what a platform tells us, what we tell a platform, and what it can and cannot do.

An adapter is a pure `parse` (payload to `Heard`), a pure `render` (`Spoken` to payload) and a thin client behind
`Platform`. What people did is told in the past tense; a platform's own words stay in its adapter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, TypeAlias

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
    #: Pictures and files that came with it. They are counted, never kept.
    files: int = 0
    #: It names the bot.
    called: bool = False


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


class Reacted(Struct, frozen=True, tag="reacted", kw_only=True):
    """A person put a mark on a message, or took it off. Platforms need not tell in which thread the message is."""

    key: str
    place: Address
    account: str
    message: str
    added: bool
    at: datetime


#: went: a person left a place; gone: a person's account was closed; shut, open: a place takes nothing any more, or
#: takes messages again; cut, back: the same for the whole workspace; moved: a place has another address (`to`);
#: threads: each meeting can have a thread of its own there from now on.
News = Literal["came", "went", "gone", "shut", "open", "cut", "back", "moved", "threads"]


class Learned(Struct, frozen=True, tag="learned", kw_only=True):
    """The platform told something about a place or a person."""

    key: str
    what: News
    place: Address
    at: datetime
    account: str | None = None
    #: A key under `delivery.why`, where something is shut or cut.
    why: str = ""
    to: Address | None = None


Heard: TypeAlias = Wrote | Rewrote | TookBack | Chose | Reacted | Learned


class Label(Struct, frozen=True):
    """A button in words. A press that begins with `OPENS` opens a sheet; any other is an event."""

    press: str
    words: str


#: What a press begins with that asks the counter for a sheet.
OPENS = "open:"
#: What a press begins with that is followed by a group's code, and takes us to a chat where nobody can ask us in: made
#: by the platform itself, and never heard.
ADDS = "add:"


class Link(Struct, frozen=True):
    """A message of ours that was posted earlier: where, which, and when."""

    place: Address
    message: str
    at: datetime


class Tally(Struct, frozen=True):
    """The numbers of a block, for whoever draws them: its words say the same."""

    #: levels (averages), agreed (levels that were agreed on), groups (how many), actions, actions-before
    of: str
    #: What is counted, how much, and how much the time before.
    counts: tuple[tuple[str, float, float | None], ...]


class Block(Struct, frozen=True):
    """A piece of a message in words: `kind` is line, heading, item (of a list), picture or file.

    A file is for platforms that take files; its words are its name, and no others are told of it.
    """

    kind: str
    words: str
    #: Before an item: its number in the list.
    number: int | None = None
    #: Where to read more of it; shown as the platform can.
    link: Link | None = None
    #: Of a picture: its file, as bytes of an SVG or PNG. Of a file: what is in it.
    file: bytes | None = None
    #: Buttons that belong to this piece alone.
    labels: tuple[Label, ...] = ()
    #: Of a piece that counts something.
    tally: Tally | None = None


class Spoken(Struct, frozen=True):
    """A message in words, in one language, ready to be rendered."""

    sort: str
    blocks: tuple[Block, ...]
    labels: tuple[Label, ...] = ()
    #: The platform's id of the message it belongs to (a receipt).
    about: str | None = None
    #: Buttons for whoever wants them, such as «next»: left out where a message is all words.
    tools: tuple[Label, ...] = ()
    #: nb, nn, sv or en: of the few words that a platform adds.
    language: str = "en"


class Outgoing(Struct, frozen=True):
    """One request to a platform. `token` is opaque, and lets a posted message be found again."""

    token: str
    place: Address
    spoken: Spoken
    #: The message to rewrite; None: a new message.
    message: str | None = None
    #: It is the first of its meeting, and opens the meeting's thread where the place has threads.
    opens: bool = False
    #: In a place without threads: the first message of the meeting that this one belongs to.
    root: str | None = None
    #: The account that alone is shown it.
    only: str | None = None
    #: When it was first tried, if it was: a platform that looks for it need not look further back.
    since: datetime | None = None


class Taken(NamedTuple):
    """What a platform calls a message that it took, and the thread that the message opened.

    `at`: when that was by the platform's clock, by which it also tells when people wrote. None: it has no clock.
    """

    message: str
    thread: str = ""
    at: datetime | None = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a platform can do; what it cannot is done by rule."""

    buttons: bool
    #: A posted message can be looked up by its token after a crash.
    look_up: bool
    #: Each meeting opens a thread of its own.
    threads: bool
    #: Receipts as a reaction on the message itself.
    reactions: bool
    #: A message can be shown to one person alone, in a place that others read.
    quietly: bool = False
    #: Shows sheets by itself; elsewhere they are asked field by field, in a private chat.
    sheets: bool = False
    #: Where there are no threads, a meeting hangs together by replies to its first message.
    hangs: bool = False
    #: The members of a place can be known.
    members: bool = True
    #: A deleted message is heard of.
    deletions: bool = True
    #: Takes files beside what is said.
    files: bool = False
    #: Messages on their way at the same time: few where look-ups are rationed.
    at_once: int = 50


class Bucket(NamedTuple):
    """What shares a pace: at most `burst` requests in `seconds`; 0: as fast as the platform takes them."""

    name: str
    burst: int = 0
    seconds: float = 0
    #: Requests that this message is: a picture or a long text may be several.
    takes: int = 1


class Refused(Exception):
    """The platform will never take this message. `reason` is a key under `delivery.why`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class Shut(Exception):
    """The place, or with `whole` the workspace, takes nothing until somebody has mended it.

    `reason` is a key under `delivery.why`. The message waits, and is tried again now and then.
    """

    def __init__(self, reason: str, detail: str = "", *, whole: bool = False) -> None:
        super().__init__(detail or reason)
        self.reason, self.whole = reason, whole


class Later(Exception):
    """The platform takes nothing in this bucket for so many seconds."""

    def __init__(self, bucket: str, seconds: float) -> None:
        super().__init__(f"{bucket} is closed for {seconds:g} s")
        self.bucket, self.seconds = bucket, seconds


# -- sheets: what is asked and answered at once, between one person and the house


Kind = Literal[
    "line", "area", "choice", "choices", "date", "time", "person", "people", "place", "flag", "number"
]
#: text, or several texts, or a tick
Written: TypeAlias = str | tuple[str, ...] | bool


class Option(Struct, frozen=True):
    value: str
    words: str


class Blank(Struct, frozen=True, kw_only=True):
    """One thing to fill in. `person`, `people` and `place` are answered with the platform's ids."""

    name: str
    kind: Kind
    label: str
    hint: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    value: Written | None = None


class Sheet(Struct, frozen=True, kw_only=True):
    """A form or a page in words, in one language. `name` comes back in `Filled`, and says all the house needs."""

    name: str
    title: str
    blocks: tuple[Block, ...] = ()
    blanks: tuple[Blank, ...] = ()
    #: Hands the sheet in; "": there is nothing to hand in.
    submit: str = ""
    #: Leaves it, and what was written, behind.
    cancel: str = ""
    labels: tuple[Label, ...] = ()


class Asked(Struct, frozen=True, kw_only=True):
    """Somebody wants a sheet: the one that a press names (`open:…`), «open:home» for the overview."""

    place: Address
    account: str
    press: str
    at: datetime
    #: Our message that carried the button, and the person's message that was marked.
    message: str | None = None
    about: str | None = None


class Filled(Struct, frozen=True, kw_only=True):
    """Somebody handed a sheet in. The same `key` again changes nothing."""

    key: str
    place: Address
    account: str
    sheet: str
    written: dict[str, Written]
    at: datetime


class Faults(Struct, frozen=True):
    """A sheet cannot be used as it was filled in: what is wrong, in words, by blank."""

    by_blank: dict[str, str]


class Counter(Protocol):
    """Where a person and the house deal with each other directly. Who may do what is decided there."""

    async def open(self, asked: Asked) -> Sheet:
        """The sheet, or one that says politely why not. Changes nothing."""

    async def hand_in(self, filled: Filled) -> Sheet | Faults | None:
        """What comes next; None: done, close it. It is stored when this returns."""


class Known(Struct, frozen=True, kw_only=True):
    """What a platform says of an account. None of it is kept but the name and the language."""

    account: str
    name: str
    #: nb, nn, sv or en, where the person has chosen one of them on the platform.
    language: str | None = None
    bot: bool = False
    #: The account has been closed.
    gone: bool = False


#: Takes what was heard, and returns once it is stored: only then may a platform be told that we have it. True: it
#: was news, and has been taken in just now. None: nobody knows.
Ear: TypeAlias = Callable[[Heard], Awaitable[bool | None]]


class Platform(Protocol):
    """A chat platform, as the rest of the house sees it."""

    name: str
    capabilities: Capabilities

    async def listen(self, ear: Ear, counter: Counter | None) -> None:
        """Start to hear. Returns when listening; what is heard is acknowledged after `ear` has returned.

        No counter: there are no sheets.
        """

    def buckets(self, outgoing: Outgoing) -> tuple[Bucket, ...]:
        """What paces this request. Pure."""

    def look_up_bucket(self, outgoing: Outgoing) -> str:
        """What paces its look-up, by name; "" where there is none. Pure."""

    async def send(self, outgoing: Outgoing) -> Taken:
        """Send. Raises Refused, Shut, Later or OSError (nobody knows whether it arrived)."""

    async def look_up(self, outgoing: Outgoing) -> Taken | None:
        """After a crash: the message, if the platform took it. Raises Later where look-ups are rationed."""

    async def who(self, workspace: str, accounts: Collection[str]) -> list[Known]:
        """Those of the accounts that there are. Raises Later, Shut or OSError."""

    async def members(self, place: Address) -> list[str]:
        """The accounts in a place, bots left out; empty where that cannot be known. Raises as `who`."""

    async def close(self) -> None: ...
