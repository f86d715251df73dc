"""Telegram behind the port.

The rules:

- An update is confirmed to Telegram, by the next request for updates or by our answer to it, when `ear` has returned
  for all that it says. How: `hearing`, `polling`, `webhook`.
- Who we are is asked when it is first needed, and asked again until it is known: Telegram may be away when the house
  starts. Until then nothing is heard, and nothing sent.
- A group that becomes a supergroup is told of to `ear` by whoever notices first, also by a request that is refused.
- Names are those that people's own messages came with. They are not stored here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from adapters.port import (
    Address,
    Bucket,
    Capabilities,
    Counter,
    Ear,
    Known,
    Later,
    Outgoing,
    Refused,
    Shut,
    Taken,
)
from adapters.telegram import chats, commands, names, sending
from adapters.telegram.client import API, Client
from adapters.telegram.faults import Migrated
from adapters.telegram.hearing import Clock, Hearing, NotStored, PutAside
from adapters.telegram.polling import Alone, Polling, Turn
from adapters.telegram.reading import Me
from adapters.telegram.sending import Draw, Sending
from adapters.telegram.webhook import Webhook

log = logging.getLogger(__name__)

#: Messages in so many seconds. Telegram takes 20 a minute in a group, 1 a second in a private chat and 30 a second
#: of one bot (telegram.constants.FloodLimit), and says that the true limits vary. A group is to be able to read.
IN_GROUP, IN_PRIVATE, IN_ALL = (8, 60.0), (1, 1.0), (25, 1.0)
#: Seconds between attempts to find out who we are; and after a refusal that told of another address.
ASK_AGAIN, MOVED = 15.0, 1.0


class TelegramPlatform:
    """`adapters.port.Platform`, for one bot."""

    name = names.NAME
    capabilities = Capabilities(buttons=True, look_up=False, threads=True, hangs=True, reactions=True, sheets=False,
                                members=False, deletions=False, files=True, at_once=25)  # fmt: skip

    def __init__(
        self, token: str, clock: Clock, *, put_aside: PutAside, texts: Mapping[str, Mapping[str, str]],
        api: str = API, turn: Turn | None = None, webhook: str = "", draw: Draw = lambda _: None,
    ) -> None:  # fmt: skip
        """Asks Telegram nothing yet.

        `texts`: those under `telegram.`, by language, with the dots of their keys. `turn`: whether this
        process is the one that fetches. `webhook`: the address at which Telegram finds us; "": updates are fetched.
        `draw` makes photographs of drawings.
        """
        self.workspace = names.workspace(token)
        self.client = Client(token, api)
        self.hearing = Hearing(self.client, clock, put_aside, texts)
        self.sending = Sending(self.client, texts, draw)
        self.webhook = Webhook(webhook, token, self._take) if webhook else None
        self._clock, self._turn, self._texts = clock, turn or Alone(), texts
        self._me: Me | None = None
        self._ear: Ear | None = None
        self._running: asyncio.Task[None] | None = None

    # -- what people do

    async def listen(self, ear: Ear, _: Counter | None) -> None:
        """Start to hear. Telegram may be away: then it is waited for."""
        self._ear = ear
        self._running = asyncio.create_task(self._run(), name="telegram")

    async def _run(self) -> None:
        await self._introduce()
        if self.webhook is None:
            await Polling(self.client, self._clock, self._take, self._turn).run()

    async def _introduce(self) -> None:
        """Say where updates shall go, and what commands there are; until Telegram has taken it."""
        while True:
            try:
                me = await self.me()
                if self.webhook is not None:
                    await self.client.hear_at(self.webhook.url, self.webhook.secret)
                else:
                    await self.client.hear_here()
                log.info("Telegram: @%s, %s", me.username, "webhook" if self.webhook else "polling")
                await self._list_commands()
                return
            except Shut:
                log.error("Telegram does not accept TELEGRAM_BOT_TOKEN. Copy it again from BotFather.")
                await self._clock.sleep(ASK_AGAIN * 4)
            except Exception as fault:  # noqa: BLE001 - Telegram is waited for, whatever it says
                log.warning("Telegram does not answer yet: %s", fault)
                await self._clock.sleep(ASK_AGAIN)

    async def _list_commands(self) -> None:
        """Which commands people are shown. Without the list they work all the same."""
        try:
            for code, language in commands.CODES.items():
                texts = self._texts.get(language, {})
                for private, wanted in ((False, commands.IN_GROUPS), (True, commands.IN_PRIVATE)):
                    listed = [(commands.LISTED[language][one], texts[f"command.{one}"]) for one in wanted
                              if f"command.{one}" in texts]  # fmt: skip
                    if listed:
                        await self.client.list_commands(code, listed, private=private)
        except (Refused, Later, Shut, OSError) as fault:
            log.warning("the list of commands could not be set: %s", fault)

    async def _take(self, raw: Any) -> None:
        """Take in one update. Raises NotStored."""
        assert self._ear is not None
        try:
            me = await self.me()
        except Exception as fault:
            raise NotStored(f"who we are is not known yet: {fault}") from fault
        await self.hearing.take(raw, me, self._ear)
        if isinstance(raw, dict) and "my_chat_member" in raw:
            await self._look_again()

    async def _look_again(self) -> None:
        """Privacy mode is changed at BotFather, and the bot added to its groups anew."""
        with suppress(Later, Shut, OSError):
            self._me = await self.client.me()

    async def close(self) -> None:
        """Stop hearing. What has not been confirmed is brought again."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        await self._turn.leave()
        await self.hearing.close()
        await self.client.close()

    # -- what Runda says

    def buckets(self, outgoing: Outgoing) -> tuple[Bucket, ...]:
        """A chat with all its topics, and the whole bot. A mark is no message, and takes none's turn in its chat."""
        chat = sending.whither(outgoing).chat
        burst, seconds = IN_GROUP if names.is_group(chat) else IN_PRIVATE
        if sending.is_mark(outgoing):
            burst, seconds = 0, 0.0
        whole = Bucket(names.bucket(self.workspace), *IN_ALL)
        return Bucket(names.bucket(self.workspace, chat), burst, seconds, sending.requests(outgoing)), whole

    async def send(self, outgoing: Outgoing) -> Taken:
        me = await self.me()
        where = sending.whither(outgoing)
        asks = outgoing.spoken.sort == "question" and outgoing.message is None and where.group
        try:
            only_replies = asks and not await self.hears_all(where.chat)
            return await self.sending.send(outgoing, me, ask_reply=only_replies)
        except Shut as shut:
            if shut.whole or where.chat == sending.NOWHERE or str(where.chat) == outgoing.place.channel:
                raise
            # It is the person who cannot be reached, and not the place that it was said in.
            raise Refused(shut.reason, str(shut)) from shut
        except Migrated as migrated:
            await self._moved(migrated, me)
            raise Later(names.bucket(self.workspace, migrated.old), MOVED) from migrated

    async def _moved(self, migrated: Migrated, me: Me) -> None:
        """The message waits for the place's new address."""
        if self._ear is not None:
            await self._ear(chats.moved(me, migrated.old, migrated.new, self._clock.now()))

    def look_up_bucket(self, _: Outgoing) -> str:
        return ""

    async def look_up(self, _: Outgoing) -> Taken | None:
        """A bot cannot read what stands in a chat."""
        return None

    # -- what can be known

    async def me(self) -> Me:
        """Who the bot is. Raises Later, Shut or OSError until Telegram has told it once."""
        if self._me is None:
            self._me = await self.client.me()
        return self._me

    async def hears_all(self, chat: int) -> bool:
        """Whether what people write in a group is heard, and not only commands and replies to us."""
        me = await self.me()
        if me.hears_all or chat not in self.hearing.administers:
            if me.hears_all:
                return True
            with suppress(Refused, Shut, OSError):
                member = await self.client.member(chat, int(me.bot))
                self.hearing.administers[chat] = member.status == "administrator"
        return self.hearing.administers.get(chat, False)

    async def who(self, _: str, accounts: Collection[str]) -> list[Known]:
        """From what they have done since the start; else their names, which Telegram tells of those who are near."""
        found = [self.hearing.people.get(each) or await self._ask_for(each) for each in accounts]
        return [each for each in found if each is not None]

    async def about(self, place: Address, account: str) -> tuple[Known, bool, bool]:
        """Who somebody is; whether all that is written in the place is heard; whether topics can be made there.

        Raises as `who`.
        """
        chat, (known,) = (
            int(place.channel),
            await self.who(place.workspace, [account]) or [_nameless(account)],
        )
        if not names.is_group(chat):
            return known, True, False
        return known, await self.hears_all(chat), names.is_supergroup(chat) and await self._makes_topics(chat)

    async def _makes_topics(self, chat: int) -> bool:
        """It is a forum, and we have the right to."""
        try:
            member = await self.client.member(chat, int((await self.me()).bot))
            return bool(getattr(member, "can_manage_topics", False)) and await self.client.forum(chat)
        except Refused:
            return False

    async def _ask_for(self, account: str) -> Known | None:
        if not account.isdecimal():
            return None
        try:
            name = names.joined(await self.client.person(int(account)))
        except Refused:
            return None
        except Shut as shut:
            if shut.whole:
                raise
            return None
        return Known(account=account, name=name or account)

    async def members(self, _: Address) -> list[str]:
        """A bot cannot list a group's members."""
        return []


def _nameless(account: str) -> Known:
    """Somebody of whom Telegram tells us nothing."""
    return Known(account=account, name=account)
