"""What chats, topics and messages are called, in the house's words and in Telegram's.

- A workspace is a bot: its number is the first part of its token, so two bots never mix.
- A channel is a chat, a thread is a topic. General is no topic: it takes messages without a number only.
- Messages are numbered by supergroup. Plain groups and private chats share one row of numbers, and a plain group
  that becomes a supergroup begins a new one: so messages of plain groups are marked, and none is taken for another.
- A text that is too long for one message is several. They are one to the house, called by all their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.port import Address

NAME = "telegram"
#: Chats with lower numbers are supergroups (and channels), others below 0 plain groups.
_SUPERGROUPS = -1_000_000_000_000
_PLAIN = "g"


def address(bot: str, chat: int, topic: int | None = None) -> Address:
    return Address(NAME, bot, str(chat), str(topic) if topic else "")


def workspace(token: str) -> str:
    """The bot's own number."""
    return token.partition(":")[0]


def is_group(chat: int) -> bool:
    return chat < 0


def is_supergroup(chat: int) -> bool:
    return chat <= _SUPERGROUPS


def message(chat: int, *numbers: int) -> str:
    """What the house calls a message of a chat, or several that are one."""
    mark = _PLAIN if is_group(chat) and not is_supergroup(chat) else ""
    return mark + ".".join(map(str, sorted(numbers)))


def numbers(chat: int, message: str) -> tuple[int, ...]:
    """Telegram's numbers of it; none, if it is not of this chat but of the plain group that this one was."""
    marked = message.startswith(_PLAIN)
    if marked == is_supergroup(chat) and marked:
        return ()
    parts = message.removeprefix(_PLAIN).split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def link(chat: int, thread: str, message: str) -> str | None:
    """Where a message of a supergroup can be read by its members; other chats have no such addresses."""
    found = numbers(chat, message) if is_supergroup(chat) else ()
    if not found:
        return None
    inside = [str(_SUPERGROUPS - chat), *([thread] if thread else []), str(found[0])]
    return f"https://t.me/c/{'/'.join(inside)}"


def bucket(bot: str, chat: int | str | None = None) -> str:
    """What shares a pace: a chat with all its topics, or the whole bot."""
    return f"{NAME}:{bot}" + (f":{chat}" if chat is not None else "")


def joined(words: Iterable[str]) -> str:
    return " ".join(word for word in words if word)
