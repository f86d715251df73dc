"""The requests that we make, one method each: python-telegram-bot's `Bot`, and nothing more of it.

Its update loop confirms before anything is stored, and its own rate limiter forgets at restart: both are left out.
Updates are fetched as plain data, since what is not understood must be kept all the same. Whatever goes wrong is
raised as `faults` has it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    LinkPreviewOptions,
    ReactionTypeEmoji,
    ReplyParameters,
    Update,
)
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from adapters.telegram import faults, names
from adapters.telegram.reading import Me
from adapters.telegram.render import Keyboard, Part
from adapters.telegram.updates import KINDS

#: Where Telegram answers, unless one runs a Bot API server of one's own.
API = "https://api.telegram.org"
#: Seconds: to connect, to send, to be answered, for a free connection; a file takes longer.
CONNECT, WRITE, READ, POOL, FILE = 10.0, 15.0, 20.0, 5.0, 60.0
#: Seconds that an empty request for updates may be kept waiting. Telegram keeps it 50 at most.
WAIT = 50
#: The most that Telegram hands over at once.
MOST = 100

#: python-telegram-bot tells lengths of time as timedeltas, and does not warn at each that it will.
os.environ.setdefault("PTB_TIMEDELTA", "true")

#: The libraries tell addresses, which hold the token, and what people write. What goes wrong is told by us.
for _library in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

T = TypeVar("T")


def _request(connections: int, read: float = READ) -> HTTPXRequest:
    return HTTPXRequest(connection_pool_size=connections, connect_timeout=CONNECT, write_timeout=WRITE,
                        read_timeout=read, pool_timeout=POOL, media_write_timeout=FILE)  # fmt: skip


class Client:
    """One bot. Every method may raise Later, Shut, Refused, OSError and `faults.Migrated`."""

    def __init__(self, token: str, api: str = API) -> None:
        """Asks nothing yet. `api` is without the part that names the bot."""
        api = (api or API).rstrip("/")
        self.workspace = names.workspace(token)
        self._connections = _request(50), _request(1, WAIT + READ)
        self._bot = Bot(token, base_url=f"{api}/bot", base_file_url=f"{api}/file/bot",
                        request=self._connections[0], get_updates_request=self._connections[1])  # fmt: skip

    async def close(self) -> None:
        for each in self._connections:  # a bot that has not asked who it is closes nothing by itself
            await each.shutdown()

    async def _ask(self, asked: Awaitable[T], chat: int | None = None) -> T:
        try:
            return await asked
        except TelegramError as problem:
            bucket = names.bucket(self.workspace, chat)
            raise faults.translate(problem, chat, bucket) from problem

    # -- what people do

    async def me(self) -> Me:
        me = await self._ask(self._bot.get_me())
        return Me(str(me.id), me.username or "", bool(me.can_read_all_group_messages))

    async def updates(self, offset: int | None, wait: int = WAIT) -> list[Any]:
        """Updates as plain data, from `offset` on; asking for them confirms all before. Raises Occupied too."""
        asked: dict[str, Any] = {"limit": MOST, "timeout": wait, "allowed_updates": list(KINDS)}
        if offset is not None:
            asked["offset"] = offset
        # `get_updates` would make objects of what is told, and lose what it does not understand.
        found = await self._ask(self._bot._post("getUpdates", asked, read_timeout=wait + READ))
        return found if isinstance(found, list) else []

    async def hear_at(self, url: str, secret: str) -> None:
        """Have updates sent to a web address. What waits is not dropped."""
        await self._ask(self._bot.set_webhook(url, secret_token=secret, allowed_updates=list(KINDS),
                                              drop_pending_updates=False))  # fmt: skip

    async def hear_here(self) -> None:
        """Have updates fetched again. What waits is not dropped."""
        await self._ask(self._bot.delete_webhook(drop_pending_updates=False))

    async def webhook(self) -> tuple[str, int, str]:
        """Where updates are sent ("": nowhere), how many wait, and what went wrong last."""
        told = await self._ask(self._bot.get_webhook_info())
        return told.url, told.pending_update_count, told.last_error_message or ""

    async def answer(self, query: str, words: str = "", url: str | None = None) -> None:
        await self._ask(self._bot.answer_callback_query(query, text=words or None, url=url))

    async def list_commands(self, code: str, listed: Sequence[tuple[str, str]], *, private: bool) -> None:
        """The commands that people are shown, in groups or in private, by Telegram's two letters of a language."""
        scope = BotCommandScopeAllPrivateChats() if private else BotCommandScopeAllGroupChats()
        commands = [BotCommand(word, told) for word, told in listed]
        await self._ask(self._bot.set_my_commands(commands, scope=scope, language_code=code or None))

    # -- what we say

    async def say(
        self,
        chat: int,
        topic: int | None,
        part: Part,
        keyboard: Keyboard = (),
        *,
        reply_to: int | None = None,
    ) -> int:
        """Returns the message's number."""
        more: dict[str, Any] = {
            "parse_mode": "HTML", "message_thread_id": topic, "reply_markup": _keyboard(keyboard),
            "reply_parameters": _reply(reply_to),
        }  # fmt: skip
        if part.kind == "text":
            said = self._bot.send_message(chat, part.html, link_preview_options=_NO_PREVIEW, **more)
        else:
            send = self._bot.send_photo if part.kind == "photo" else self._bot.send_document
            said = send(chat, part.file, caption=part.html or None, filename=part.name, **more)
        return (await self._ask(said, chat)).message_id

    async def rewrite(self, chat: int, message: int, part: Part, keyboard: Keyboard = ()) -> None:
        """Other words, or another file; of a photograph, other words below it. That it says so already is as good."""
        more: dict[str, Any] = {"reply_markup": _keyboard(keyboard)}
        if part.kind == "text":
            change: Awaitable[Any] = self._bot.edit_message_text(
                part.html, chat, message, parse_mode="HTML", link_preview_options=_NO_PREVIEW, **more
            )
        elif part.kind == "photo":
            change = self._bot.edit_message_caption(
                chat, message, caption=part.html, parse_mode="HTML", **more
            )
        else:
            file = InputMediaDocument(part.file, filename=part.name)
            change = self._bot.edit_message_media(file, chat, message, **more)
        try:
            await self._ask(change, chat)
        except faults.Unchanged:
            return

    async def delete(self, chat: int, message: int) -> None:
        await self._ask(self._bot.delete_message(chat, message), chat)

    async def react(self, chat: int, message: int, emoji: str) -> None:
        await self._ask(self._bot.set_message_reaction(chat, message, [ReactionTypeEmoji(emoji)]), chat)

    async def topic(self, chat: int, name: str) -> int:
        """Make a topic. Returns its number."""
        made = await self._ask(self._bot.create_forum_topic(chat, name), chat)
        return made.message_thread_id

    # -- what can be known

    async def person(self, account: int) -> tuple[str, str]:
        """First and last name of somebody who has written to us or shares a group."""
        chat = await self._ask(self._bot.get_chat(account), account)
        return chat.first_name or "", chat.last_name or ""

    async def member(self, chat: int, account: int) -> Any:
        """python-telegram-bot's ChatMember."""
        return await self._ask(self._bot.get_chat_member(chat, account), chat)

    async def forum(self, chat: int) -> bool:
        return bool((await self._ask(self._bot.get_chat(chat), chat)).is_forum)


_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def _reply(to: int | None) -> ReplyParameters | None:
    return ReplyParameters(to, allow_sending_without_reply=True) if to is not None else None


def _keyboard(rows: Keyboard) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup([
        [InlineKeyboardButton(each.words, url=each.url) if each.url else
         InlineKeyboardButton(each.words, callback_data=each.data) for each in row]
        for row in rows
    ])  # fmt: skip


#: Only so that a mistake in `KINDS` is seen when the module is read.
assert set(KINDS) <= set(Update.ALL_TYPES)
