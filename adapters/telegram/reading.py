"""What an update comes to, and what is told alike wherever it is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from adapters.port import Address, Heard, Known
from adapters.telegram import names
from adapters.telegram.updates import Message, Update, User

#: What Telegram calls the languages that we speak. «no» is what older clients say for bokmål.
_LANGUAGES = {"nb": "nb", "no": "nb", "nn": "nn", "sv": "sv", "en": "en"}


class Me(NamedTuple):
    """The bot: its number, its name in addresses, and whether it hears all that is written in groups."""

    bot: str
    username: str
    hears_all: bool = False


class Query(NamedTuple):
    """A press that waits for an answer. `url` opens the private chat; `hint`: a text under `telegram.hint.`."""

    id: str
    url: str | None = None
    hint: str = ""


class Read(NamedTuple):
    """What an update comes to. `why` says, for whoever looks for a fault, why nothing was heard."""

    heard: tuple[Heard, ...] = ()
    why: str = ""
    query: Query | None = None
    known: tuple[Known, ...] = ()
    #: A text under `telegram.hint.` that tells the author how it is done, and the message that it answers.
    hint: str = ""
    #: The chat in which we have, or have no more, an administrator's rights.
    administers: tuple[int, bool] | None = None


def known(user: User) -> Known:
    """What an update tells of its author."""
    name = names.joined((user.first_name, user.last_name))
    language = _LANGUAGES.get(user.language_code.partition("-")[0].lower())
    return Known(account=str(user.id), name=name or str(user.id), language=language, bot=user.is_bot)


def common(update: Update, message: Message, me: Me) -> dict[str, Any]:
    """An update's number is chosen anew after a quiet week: with the message's, no two are ever alike."""
    author = message.from_
    return {
        "key": f"{me.bot}:{update.update_id}:{message.chat.id}:{message.message_id}",
        "place": place_of(message, me), "account": str(author.id) if author is not None else "",
    }  # fmt: skip


def place_of(message: Message, me: Me) -> Address:
    """Only a forum has topics: elsewhere the number names a row of replies, or a topic of one's own with a bot."""
    in_topic = message.is_topic_message and message.chat.type == "supergroup"
    return names.address(me.bot, message.chat.id, message.message_thread_id if in_topic else None)


def time_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
