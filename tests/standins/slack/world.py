"""The stand-in's state and every change to it, whoever makes it. Finds things by name, id or the record itself."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.standins.slack import events, shapes
from tests.standins.slack.elements import STATEFUL
from tests.standins.slack.errors import SlackError
from tests.standins.slack.state import (
    ID_LETTER,
    IM,
    MPIM,
    PRIVATE,
    PUBLIC,
    Channel,
    Ids,
    Install,
    Json,
    Message,
    User,
    View,
    Workspace,
)

if TYPE_CHECKING:
    from tests.standins.slack.clock import Clock
    from tests.standins.slack.delivery import Delivery

#: The scopes that a new installation has, unless it is said otherwise.
SCOPES = frozenset(
    {
        "app_mentions:read", "channels:history", "channels:read", "channels:join", "chat:write",
        "commands", "files:write", "groups:history", "groups:read", "im:history", "im:read",
        "im:write", "mpim:history", "mpim:read", "mpim:write", "reactions:read", "reactions:write",
        "team:read", "users:read",
    }
)  # fmt: skip


@dataclass
class Grant:
    """What a code of the OAuth flow stands for."""

    team: Workspace
    scopes: frozenset[str]
    user: str
    redirect_uri: str


class World:
    """Workspaces and what is in them."""

    clock: Clock
    app_id: str
    app_name: str

    def __init__(self) -> None:
        self.ids = Ids()
        self.workspaces: dict[str, Workspace] = {}
        self.codes: dict[str, Grant] = {}
        self.dead_tokens: dict[str, Install] = {}

    def emit(
        self, team: Workspace, event: Json, channel: Channel | None = None, unseen: bool = False
    ) -> Delivery | None:
        raise NotImplementedError

    def changed(self) -> None:
        raise NotImplementedError

    # -- setting the scene

    def workspace(
        self, name: str, scopes: frozenset[str] | set[str] | None = SCOPES, token: str = ""
    ) -> Workspace:
        """A new workspace; with the app in it, unless `scopes` is None."""
        team = Workspace(self.ids.new("T"), name, name.lower().replace(" ", "-"))
        self.workspaces[team.id] = team
        team.users[shapes.SLACKBOT] = User(shapes.SLACKBOT, team.id, "Slackbot")
        if scopes is not None:
            self.install(team, frozenset(scopes), token=token)
        return team

    def install(
        self, team: Workspace, scopes: frozenset[str], installer: str = "", token: str = ""
    ) -> Install:
        """Install the app, or install it anew: the bot stays who it was, with a new token."""
        old = team.install
        bot = team.users[old.bot_user] if old else self._bot(team)
        bot.deleted = False
        token = token or f"xoxb-{team.id}-{self.ids.number()}"
        if old is not None:
            old.dead = old.dead or "token_revoked"
            self.dead_tokens[old.token] = old
        team.install = Install(token, team.id, bot.id, bot.bot_id, set(scopes), installer)
        return team.install

    def _bot(self, team: Workspace, name: str = "", app_id: str = "") -> User:
        who = User(self.ids.new("U"), team.id, name or self.app_name, is_bot=True, tz="America/Los_Angeles")
        who.bot_id, who.app_id, who.tz_offset, who.locale = (
            self.ids.new("B"),
            app_id or self.app_id,
            -28800,
            "en-US",
        )
        team.users[who.id] = who
        return who

    def user(self, name: str, team: Workspace | None = None, **more: Any) -> User:
        """A new person; `tz`, `tz_offset`, `locale`, `email`, `is_restricted`, `is_admin` ... may be given."""
        team = team or self.first
        who = User(self.ids.new("U"), team.id, name, **more)
        team.users[who.id] = who
        return who

    def channel(
        self,
        name: str,
        members: list[User | str] | None = None,
        private: bool = False,
        bot: bool = True,
        team: Workspace | None = None,
    ) -> Channel:
        """A new channel with these people, and the bot unless `bot` is False. Nobody is told of it."""
        team = team or self.first
        kind = PRIVATE if private else PUBLIC
        people = [self.who(each, team).id for each in members or []]
        return self._channel(team, name, kind, people + ([team.bot.id] if bot else []))

    def _channel(self, team: Workspace, name: str, kind: str, members: list[str]) -> Channel:
        it = Channel(
            self.ids.new(ID_LETTER[kind]), team.id, name, kind, members, created=int(self.clock.now())
        )
        it.creator = members[0] if members else ""
        team.channels[it.id] = it
        return it

    def direct(self, team: Workspace, one: User, other: User) -> Channel:
        """The direct messages between two, opened if need be."""
        return team.dm(one.id, other.id) or self._channel(team, "", IM, [one.id, other.id])

    def group_direct(self, team: Workspace, people: list[User]) -> Channel:
        ids = {each.id for each in people}
        for each in team.channels.values():
            if each.kind == MPIM and set(each.members) == ids:
                return each
        name = "mpdm-" + "--".join(sorted(each.name.lower() for each in people)) + "-1"
        return self._channel(team, name, MPIM, sorted(ids))

    # -- finding

    @property
    def first(self) -> Workspace:
        return next(iter(self.workspaces.values()))

    def whose(self, token: str) -> tuple[Workspace, Install]:
        """Raises SlackError for a token that nobody has ever had."""
        for team in self.workspaces.values():
            if team.install is not None and team.install.token == token:
                return team, team.install
        if token in self.dead_tokens:
            old = self.dead_tokens[token]
            return self.workspaces[old.team_id], old
        raise SlackError("invalid_auth")

    def who(self, given: User | str, team: Workspace | None = None) -> User:
        """A person by record, id or name."""
        if isinstance(given, User):
            return given
        for each in [team] if team else self.workspaces.values():
            for user in each.users.values():
                if given in (user.id, user.name):
                    return user
        raise LookupError(f"There is nobody called {given}.")

    def team_of(self, it: User | Channel | Message) -> Workspace:
        if isinstance(it, Message):
            return next(each for each in self.workspaces.values() if it.channel in each.channels)
        return self.workspaces[it.team_id]

    def where(self, given: Channel | str) -> Channel:
        """A channel by record, id or name, with or without #."""
        if isinstance(given, Channel):
            return given
        for team in self.workspaces.values():
            for each in team.channels.values():
                if given.removeprefix("#") in (each.id, each.name):
                    return each
        raise LookupError(f"There is no channel {given}.")

    def message(self, channel: Channel | str, ts: Message | str) -> Message:
        """A message, or an ephemeral one, by its ts."""
        if isinstance(ts, Message):
            return ts
        place = self.where(channel)
        found = place.messages.get(ts) or next((each for each in place.ephemerals if each.ts == ts), None)
        if found is None:
            raise LookupError(f"There is no message {ts} in {place.name or place.id}.")
        return found

    # -- changes

    def keep(self, channel: Channel, message: Message) -> Message:
        """Give a message its ts and put it in its channel; a root knows then that it is one."""
        message.ts = channel.next_ts(self.clock.now())
        channel.messages[message.ts] = message
        root = channel.messages.get(message.thread_ts)
        if root is not None and root is not message:
            root.thread_ts = root.ts
            channel.threads.setdefault(root.ts, []).append(message)
        self.changed()
        return message

    def remove(self, team: Workspace, channel: Channel, message: Message) -> Delivery | None:
        """Delete a message. One that has replies stays as a tombstone, which Slack tells of as a change."""
        before, now = shapes.message(message, team), self.clock.now()
        replies = bool(channel.replies(message.ts)) and not message.is_reply
        message.deleted, message.tombstone = True, replies
        self.changed()
        if replies:
            return self.emit(team, events.changed(message, before, team, channel, now), channel)
        return self.emit(team, events.deleted(message, before, channel, now), channel)

    def set_reaction(
        self, team: Workspace, channel: Channel, message: Message, who: User, name: str, away: bool = False
    ) -> Delivery | None:
        people = message.reactions.setdefault(name, [])
        if away:
            people.remove(who.id)
        else:
            people.append(who.id)
        if not people:
            del message.reactions[name]
        return self.emit(team, events.reaction(message, who, name, self.clock.now(), away), channel)

    def enter(self, team: Workspace, channel: Channel, who: User, inviter: str = "") -> list[Delivery | None]:
        """Someone comes into a channel: they are a member, and the channel is told."""
        channel.members.append(who.id)
        said = Message("", channel.id, who.id, f"<@{who.id}> has joined the channel", subtype="channel_join")
        self.keep(channel, said)
        joined = events.membership("member_joined_channel", who, channel, self.clock.now(), inviter)
        return [self.emit(team, joined, channel), self.emit(team, events.posted(said, team), channel)]

    # -- views

    def make_view(self, team: Workspace, user: str, body: Json, under: View | None = None) -> View:
        view = View(self.ids.new("V"), user, team.id, {}, "", "")
        view.app_id, view.bot_id = self.app_id, team.bot.bot_id
        view.root = under.root if under else view.id
        view.previous = under.id if under else ""
        self.change_view(view, body)
        return view

    def change_view(self, view: View, body: Json) -> None:
        """What a person has filled in stays where block_id and action_id stay."""
        view.body = {**body, "blocks": self.with_ids(body["blocks"])}
        view.hash = f"{int(self.clock.now())}.{self.ids.number():08x}"
        view.errors = {}
        here = {(block["block_id"], each["action_id"]) for block, each in stateful(view.blocks)}
        view.filled = {key: value for key, value in view.filled.items() if key in here}
        self.changed()

    def with_ids(self, blocks: list[Json]) -> list[Json]:
        """A copy in which every block has a block_id and every interactive element an action_id, as Slack does."""
        copied: list[Json] = copy.deepcopy(blocks)
        for block in copied:
            block.setdefault("block_id", f"b{self.ids.number()}")
            for element in elements(block):
                if element.get("type") in STATEFUL | {"button", "overflow"}:
                    element.setdefault("action_id", f"a{self.ids.number()}")
        return copied


def elements(block: Json) -> list[Json]:
    """The interactive parts of a block, wherever they stand in it."""
    inside = block.get("elements", []) if block.get("type") == "actions" else []
    return [each for each in (*inside, block.get("accessory"), block.get("element")) if each]


def stateful(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Every element that keeps what a person chose, with its block."""
    return [(block, each) for block in blocks for each in elements(block) if each["type"] in STATEFUL]
