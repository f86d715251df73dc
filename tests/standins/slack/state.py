"""What a Slack workspace holds: people, channels, messages, files, views, and the app's installation in it.

Plain records that the server alone changes. Ids look like Slack's and are numbered, so that a failing test reads
the same each time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

#: The kinds of conversation, as `channel_type` in events and the prefix of scopes name them.
PUBLIC, PRIVATE, IM, MPIM = "channel", "group", "im", "mpim"
SCOPE_PREFIX = {PUBLIC: "channels", PRIVATE: "groups", IM: "im", MPIM: "mpim"}
ID_LETTER = {PUBLIC: "C", PRIVATE: "C", IM: "D", MPIM: "C"}


class Ids:
    """Ids of Slack's look: a letter, then eight capitals and digits."""

    def __init__(self) -> None:
        self._next = itertools.count(1)

    def new(self, letter: str) -> str:
        return f"{letter}0SI{next(self._next):06X}"

    def number(self) -> int:
        return next(self._next)


@dataclass
class User:
    id: str
    team_id: str
    name: str
    tz: str = "Europe/Oslo"
    tz_offset: int = 3600
    locale: str = "nb-NO"
    email: str = ""
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_admin: bool = False
    is_bot: bool = False
    is_app_user: bool = False
    deleted: bool = False
    bot_id: str = ""
    app_id: str = ""

    def __str__(self) -> str:
        return self.id


@dataclass
class Message:
    ts: str
    channel: str
    user: str
    text: str = ""
    subtype: str = ""
    thread_ts: str = ""
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    client_msg_id: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    #: Name of the emoji -> who, in the order in which they reacted.
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: Json = field(default_factory=dict)
    deleted: bool = False
    #: A deleted message that has replies stays as a tombstone.
    tombstone: bool = False
    #: As the app asked for: unfurl_links, unfurl_media, reply_broadcast, mrkdwn, parse.
    flags: Json = field(default_factory=dict)
    #: An ephemeral message is seen by this person alone, and is in no history.
    seen_by: str = ""

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts

    def __str__(self) -> str:
        return self.ts


@dataclass
class Channel:
    id: str
    team_id: str
    name: str
    kind: str = PUBLIC
    members: list[str] = field(default_factory=list)
    is_archived: bool = False
    deleted: bool = False
    created: int = 0
    creator: str = ""
    topic: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: list[Message] = field(default_factory=list)
    #: A root's ts -> what was answered to it, deleted ones too: thousands of messages must stay cheap.
    threads: dict[str, list[Message]] = field(default_factory=dict)
    last: tuple[int, int] = (0, 0)

    def next_ts(self, now: float) -> str:
        """A timestamp above all that this channel has had: seconds and six digits."""
        here = (int(now), int(now % 1 * 1_000_000))
        if here <= self.last:
            seconds, micros = self.last
            here = (seconds, micros + 1) if micros < 999_999 else (seconds + 1, 0)
        self.last = here
        return f"{here[0]}.{here[1]:06d}"

    def replies(self, ts: str) -> list[Message]:
        """What was answered in this thread, oldest first, without what is deleted."""
        return [m for m in self.threads.get(ts, ()) if not m.deleted]

    def __str__(self) -> str:
        return self.id


@dataclass
class View:
    id: str
    user: str
    team_id: str
    #: What the app sent, with the ids that Slack fills in.
    body: Json
    hash: str
    root: str
    previous: str = ""
    app_id: str = ""
    bot_id: str = ""
    #: What the person has filled in or changed so far: (block_id, action_id) -> Slack's value.
    filled: dict[tuple[str, str], Json] = field(default_factory=dict)
    #: The errors shown beside fields since the last submission: block_id -> text.
    errors: Json = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        found: list[Json] = self.body["blocks"]
        return found


@dataclass
class Upload:
    id: str
    name: str
    length: int
    user: str
    team_id: str
    alt_txt: str = ""
    content: bytes | None = None
    title: str = ""
    #: When it was said to be complete: it can be shown in blocks a moment later.
    complete: float | None = None
    shared_in: list[str] = field(default_factory=list)


@dataclass
class Install:
    """The app in one workspace."""

    token: str
    team_id: str
    bot_user: str
    bot_id: str
    scopes: set[str]
    installer: str = ""
    #: What a call with this token is answered, once it is of no use: token_revoked or account_inactive.
    dead: str = ""


@dataclass
class Workspace:
    id: str
    name: str
    domain: str
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    #: Open modals of a person, the last on top.
    modals: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    install: Install | None = None

    @property
    def url(self) -> str:
        return f"https://{self.domain}.slack.com/"

    @property
    def token(self) -> str:
        assert self.install is not None, f"The app is not installed in {self.name}."
        return self.install.token

    @property
    def bot(self) -> User:
        assert self.install is not None, f"The app is not installed in {self.name}."
        return self.users[self.install.bot_user]

    def views(self) -> Iterator[View]:
        """Every view that is open or published."""
        yield from itertools.chain.from_iterable(self.modals.values())
        yield from self.homes.values()

    def dm(self, user: str, other: str) -> Channel | None:
        """The direct messages between two accounts, if there are any."""
        both = {user, other}
        return next((c for c in self.channels.values() if c.kind == IM and set(c.members) == both), None)

    def __str__(self) -> str:
        return self.id
