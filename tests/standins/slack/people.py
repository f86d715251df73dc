"""What people do in Slack. Each act changes the state and tells the app; it returns when the app has acknowledged.

With `wait=False` it returns at once. If the app does not acknowledge within `server.patience` seconds, the act
raises TimeoutError (repetitions, as Slack makes them, are within that).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from tests.standins.slack import events, shapes
from tests.standins.slack.delivery import Delivery
from tests.standins.slack.state import IM, PRIVATE, PUBLIC, Channel, Json, Message, Upload, User, Workspace
from tests.standins.slack.world import Grant, World

Who = User | str
Where = Channel | str
What = Message | str


class People(World):
    """Everything that a person, or another app, does."""

    patience: float

    async def _told(self, told: Iterable[Delivery | None], wait: bool) -> list[Delivery]:
        """Wait for these to be acknowledged."""
        self.changed()
        sent = [each for each in told if each is not None]
        if wait:
            try:
                async with asyncio.timeout(self.patience):
                    for each in sent:
                        await each.finished()
            except TimeoutError:
                kinds = ", ".join(each.type for each in sent if not each.acked)
                raise TimeoutError(f"Not acknowledged in {self.patience} s: {kinds}") from None
        return sent

    # -- messages

    async def say(
        self,
        user: Who,
        channel: Where | None,
        text: str = "",
        thread: What | None = None,
        broadcast: bool = False,
        files: Iterable[str | tuple[str, bytes]] = (),
        subtype: str = "",
        wait: bool = True,
    ) -> str:
        """Write in a channel, a thread, or (channel None) in the direct messages with the app. Returns the ts.

        `files` are names, or names with bytes; `subtype` may be me_message.
        """
        who = self.who(user)
        team = self.team_of(who)
        place = self.direct(team, team.bot, who) if channel is None else self.where(channel)
        assert who.id in place.members, f"{who.name} is not in {place.name or place.id}"
        assert not place.is_archived, f"{place.name} is archived"
        message = Message("", place.id, who.id, text, subtype, thread_ts=str(thread or ""))
        message.client_msg_id = f"00000000-0000-4000-8000-{self.ids.number():012d}"
        message.files = [self._upload_of(team, who, each) for each in files]
        if message.files:
            message.subtype = "file_share"
        if broadcast:
            message.subtype = "thread_broadcast"
        return await self._post(team, place, message, wait)

    async def _post(self, team: Workspace, place: Channel, message: Message, wait: bool) -> str:
        self.keep(place, message)
        told = [self.emit(team, events.posted(message, team), place)]
        if place.kind != IM and team.install and f"<@{team.install.bot_user}>" in message.text:
            told.append(self.emit(team, events.mention(message, team), place))
        await self._told(told, wait)
        return message.ts

    def payload_of(self, user: Who, channel: Where, text: str, thread: What | None = None) -> Json:
        """The event that `say` would tell of, kept as said and not told: for benches that send it themselves."""
        place, who = self.where(channel), self.who(user)
        team = self.team_of(place)
        message = self.keep(place, Message("", place.id, who.id, text, thread_ts=str(thread or "")))
        event = events.posted(message, team)
        return events.envelope(event, team, self.app_id, self.ids.new("Ev"), self.clock.now())

    def _upload_of(self, team: Workspace, who: User, given: str | tuple[str, bytes]) -> Json:
        name, content = (given, b"stand-in") if isinstance(given, str) else given
        upload = Upload(self.ids.new("F"), name, len(content), who.id, team.id, content=content)
        team.files[upload.id] = upload
        return shapes.file(upload, team)

    async def bot_says(
        self,
        channel: Where,
        text: str,
        name: str = "Other app",
        thread: What | None = None,
        wait: bool = True,
    ) -> str:
        """Another app writes: subtype bot_message, and a bot_id that is not ours."""
        place = self.where(channel)
        team = self.team_of(place)
        other = next((each for each in team.users.values() if each.is_bot and each.name == name), None)
        other = other or self._bot(team, name, app_id="A0SIOTHER")
        message = Message("", place.id, other.id, text, "bot_message", thread_ts=str(thread or ""))
        message.bot_id, message.app_id, message.username = other.bot_id, other.app_id, name
        return await self._post(team, place, message, wait)

    async def edit(self, user: Who, channel: Where, ts: What, text: str, wait: bool = True) -> list[Delivery]:
        """Change one's own message."""
        place, message, team = self._own(user, channel, ts)
        before = shapes.message(message, team)
        message.text = text
        # Slack says the second of an edit, and of its event a time stamp that no other has.
        told = float(place.next_ts(self.clock.now()))
        message.edited = {"user": message.user, "ts": f"{int(told)}.000000"}
        event = events.changed(message, before, team, place, told)
        return await self._told([self.emit(team, event, place)], wait)

    async def unfurl(self, channel: Where, ts: What, wait: bool = True) -> list[Delivery]:
        """Slack adds a preview to a message: a message_changed in which the words are the same."""
        place, message = self.where(channel), self.message(channel, ts)
        team = self.team_of(place)
        before = shapes.message(message, team)
        message.attachments = [
            *message.attachments,
            {"id": 1, "from_url": "https://example.org/", "text": "Preview"},
        ]
        event = events.changed(message, before, team, place, self.clock.now())
        return await self._told([self.emit(team, event, place)], wait)

    async def delete(self, user: Who, channel: Where, ts: What, wait: bool = True) -> list[Delivery]:
        """Take back one's own message."""
        place, message, team = self._own(user, channel, ts)
        return await self._told([self.remove(team, place, message)], wait)

    def _own(self, user: Who, channel: Where, ts: What) -> tuple[Channel, Message, Workspace]:
        place, message, who = self.where(channel), self.message(channel, ts), self.who(user)
        assert message.user == who.id, f"{who.name} did not write {message.ts}"
        assert not message.deleted, f"{message.ts} is deleted"
        return place, message, self.team_of(place)

    async def react(
        self, user: Who, channel: Where, ts: What, emoji: str, away: bool = False, wait: bool = True
    ) -> list[Delivery]:
        """Put an emoji (its name, without colons) on a message, or take it away."""
        place, message = self.where(channel), self.message(channel, ts)
        told = self.set_reaction(self.team_of(place), place, message, self.who(user), emoji, away)
        return await self._told([told], wait)

    # -- who is where

    async def join(
        self, user: Who, channel: Where, inviter: Who | None = None, wait: bool = True
    ) -> list[Delivery]:
        """Come into a channel; `user` may be the bot, whom someone invites."""
        place, who = self.where(channel), self.who(user)
        told = self.enter(self.team_of(place), place, who, self.who(inviter).id if inviter else "")
        return await self._told(told, wait)

    async def leave(self, user: Who, channel: Where, wait: bool = True) -> list[Delivery]:
        place, who = self.where(channel), self.who(user)
        team = self.team_of(place)
        place.members.remove(who.id)
        said = self.keep(
            place, Message("", place.id, who.id, f"<@{who.id}> has left the channel", subtype="channel_leave")
        )
        left = events.membership("member_left_channel", who, place, self.clock.now())
        told = [self.emit(team, left, place), self.emit(team, events.posted(said, team), place)]
        return await self._told(told, wait)

    async def kick_bot(
        self, channel: Where, by: Who | None = None, withheld: bool = False, wait: bool = True
    ) -> list[Delivery]:
        """Remove the app from a channel. Slack tells of it, and Slackbot writes; `withheld`: nothing tells."""
        place = self.where(channel)
        team = self.team_of(place)
        place.members.remove(team.bot.id)
        if withheld:
            return []
        now, actor = self.clock.now(), self._actor(team, by)
        slackbot = self.direct(team, team.bot, team.users[shapes.SLACKBOT])
        text = f"You have been removed from #{place.name} by <@{actor.id}>"
        notice = self.keep(slackbot, Message("", slackbot.id, shapes.SLACKBOT, text))
        told = [
            self.emit(team, events.about("left", place, actor, now), place, unseen=True),
            self.emit(
                team, events.membership("member_left_channel", team.bot, place, now), place, unseen=True
            ),
            self.emit(team, events.posted(notice, team), slackbot),
        ]
        return await self._told(told, wait)

    def _actor(self, team: Workspace, by: Who | None) -> User:
        if by is not None:
            return self.who(by, team)
        people = [each for each in team.users.values() if not each.is_bot and each.id != shapes.SLACKBOT]
        return next(iter(people), team.bot)

    async def deactivate(self, user: Who, wait: bool = True) -> list[Delivery]:
        """Close someone's account; they are no longer in any channel, and no channel is told."""
        who = self.who(user)
        who.deleted = True
        for place in self.team_of(who).channels.values():
            if place.kind in (PUBLIC, PRIVATE) and who.id in place.members:
                place.members.remove(who.id)
        return await self.user_changes(who, wait=wait)

    async def user_changes(self, user: Who, wait: bool = True, **to: Any) -> list[Delivery]:
        """Change a person's name, tz, locale, is_restricted ...: user_change tells of it."""
        who = self.who(user)
        for name, value in to.items():
            assert hasattr(who, name), name
            setattr(who, name, value)
        event = events.user_changed(who, self.clock.now())
        return await self._told([self.emit(self.team_of(who), event)], wait)

    # -- channels

    async def archive(self, channel: Where, by: Who | None = None, wait: bool = True) -> list[Delivery]:
        self.where(channel).is_archived = True
        return await self._about(channel, "archive", by, wait)

    async def unarchive(self, channel: Where, by: Who | None = None, wait: bool = True) -> list[Delivery]:
        """It is open again; whoever was in it still is."""
        self.where(channel).is_archived = False
        return await self._about(channel, "unarchive", by, wait)

    async def delete_channel(
        self, channel: Where, by: Who | None = None, wait: bool = True
    ) -> list[Delivery]:
        place = self.where(channel)
        told = self._about(place, "deleted", by, wait)
        place.deleted = True
        return await told

    async def rename(self, channel: Where, name: str, wait: bool = True) -> list[Delivery]:
        place = self.where(channel)
        place.name = name
        event = events.renamed(place, self.clock.now())
        return await self._told([self.emit(self.team_of(place), event, place)], wait)

    async def _about(self, channel: Where, what: str, by: Who | None, wait: bool) -> list[Delivery]:
        place = self.where(channel)
        team = self.team_of(place)
        event = events.about(what, place, self._actor(team, by), self.clock.now())
        return await self._told([self.emit(team, event, place)], wait)

    # -- the app in the workspace

    async def revoke_token(self, team: Workspace | None = None, wait: bool = True) -> list[Delivery]:
        """The bot's token is of no use any more."""
        team = team or self.first
        assert team.install is not None
        team.install.dead = "token_revoked"
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.install.bot_user]}}
        return await self._told([self.emit(team, event)], wait)

    async def uninstall(self, team: Workspace | None = None, wait: bool = True) -> list[Delivery]:
        """The app is taken out of the workspace, and its bot of all channels."""
        team = team or self.first
        assert team.install is not None
        team.install.dead, team.bot.deleted = "account_inactive", True
        for place in team.channels.values():
            if place.kind in (PUBLIC, PRIVATE) and team.bot.id in place.members:
                place.members.remove(team.bot.id)
        tokens = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot.id]}}
        return await self._told([self.emit(team, {"type": "app_uninstalled"}), self.emit(team, tokens)], wait)

    def grant(self, *scopes: str, team: Workspace | None = None) -> None:
        install = (team or self.first).install
        assert install is not None
        install.scopes |= set(scopes)

    def remove_scope(self, *scopes: str, team: Workspace | None = None) -> None:
        install = (team or self.first).install
        assert install is not None
        install.scopes -= set(scopes)

    def code(
        self,
        team: Workspace | None = None,
        user: Who = "",
        scopes: frozenset[str] | None = None,
        redirect_uri: str = "",
    ) -> str:
        """A code for oauth.v2.access, as when someone has let the app in."""
        team = team or self.first
        given = (
            frozenset(scopes)
            if scopes is not None
            else frozenset(team.install.scopes if team.install else ())
        )
        name = f"code-{self.ids.number()}"
        self.codes[name] = Grant(team, given, str(user), redirect_uri)
        return name

    def bot_mention(self, team: Workspace | None = None) -> str:
        """The app's name as it stands in a message that mentions it."""
        return f"<@{(team or self.first).bot.id}>"
