"""What Telegram's refusals mean, in one table.

They are told in words only; these are those of its own server (tdlib/telegram-bot-api, Client.cpp), in lower case
and as far as they must be read. What is in no row is refused for good, and its words go to the log.

    Refused     never: this message
    Shut        not until somebody has mended it: this place, or with `whole` everything
    Later       not yet: this bucket
    OSError     nobody knows
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal, NamedTuple

import httpx
from telegram import error

from adapters.port import Later, Refused, Shut

#: Seconds after a connection that could not be made: nothing was sent.
AGAIN = 5.0
#: Characters of what Telegram says, in a log.
SHORT = 120
_TOKEN = re.compile(r"\d+:[\w-]{8,}")


class Migrated(Exception):
    """The group has become a supergroup, with another number."""

    def __init__(self, old: int, new: int) -> None:
        super().__init__(f"{old} is {new} now")
        self.old, self.new = old, new


class Unchanged(Exception):
    """It says that already."""


class Occupied(Exception):
    """Somebody else asks for this bot's updates, or they go to a web address."""


class _Row(NamedTuple):
    said: str
    then: Literal["refused", "shut", "unchanged"]
    #: A key under `delivery.why`.
    reason: str = ""


_TABLE = (
    _Row("message is not modified", "unchanged"),
    # a person
    _Row("bot was blocked by the user", "shut", "blocked"),
    _Row("bot can't initiate conversation", "shut", "not-started"),
    _Row("user is deactivated", "refused", "gone"),
    _Row("bot can't send messages to bots", "refused", "forbidden"),
    # a group
    _Row("bot was kicked", "shut", "removed"),
    _Row("bot is not a member", "shut", "removed"),
    _Row("group chat was deactivated", "shut", "not-found"),
    _Row("group chat was deleted", "shut", "not-found"),
    _Row("chat not found", "shut", "not-found"),
    _Row("channel_private", "shut", "removed"),
    _Row("not enough rights", "shut", "forbidden"),
    _Row("have no rights", "shut", "forbidden"),
    _Row("need administrator rights", "shut", "forbidden"),
    _Row("chat_write_forbidden", "shut", "forbidden"),
    _Row("chat_send_plain_forbidden", "shut", "forbidden"),
    _Row("chat_restricted", "shut", "forbidden"),
    # a topic
    _Row("topic_closed", "shut", "topic-closed"),
    _Row("topic_deleted", "shut", "topic-gone"),
    _Row("message thread not found", "shut", "topic-gone"),
    _Row("topic_id_invalid", "shut", "topic-gone"),
    # a message
    _Row("message to edit not found", "refused", "not-found"),
    _Row("message can't be edited", "refused", "not-found"),
    _Row("message to react not found", "refused", "not-found"),
    _Row("message to be replied not found", "refused", "not-found"),
    _Row("message_id_invalid", "refused", "not-found"),
    _Row("message is too long", "refused", "too-long"),
    _Row("caption is too long", "refused", "too-long"),
    _Row("reply markup is too long", "refused", "too-long"),
)


def translate(problem: error.TelegramError, chat: int | None, bucket: str) -> Exception:
    """What is raised in the place of what python-telegram-bot raises. `bucket` is that of the chat."""
    if isinstance(problem, error.RetryAfter):
        return Later(bucket, seconds(problem))
    if isinstance(problem, error.ChatMigrated):
        return Migrated(chat or 0, problem.new_chat_id)
    if isinstance(problem, error.InvalidToken):
        return Shut("token", "Telegram does not know it", whole=True)
    if isinstance(problem, error.Conflict):
        return Occupied(str(problem))
    if isinstance(problem, error.BadRequest | error.Forbidden):
        return _refusal(problem, chat)
    if unsent(problem):
        return Later(bucket, AGAIN)
    return OSError(f"Telegram: {type(problem).__name__}: {in_short(problem)}")


def _refusal(problem: error.TelegramError, chat: int | None) -> Exception:
    said = problem.message.lower()
    row = next((row for row in _TABLE if row.said in said), None)
    if row is None:
        return Refused("unknown" if isinstance(problem, error.BadRequest) else "forbidden", problem.message)
    if row.then == "unchanged":
        return Unchanged()
    if row.then == "refused":
        return Refused(row.reason, problem.message)
    # Of somebody who has never written to it, a bot is told that there is no such chat.
    never = row.reason == "not-found" and chat is not None and chat > 0
    return Shut("not-started" if never else row.reason, problem.message)


def in_short(problem: error.TelegramError) -> str:
    """What may stand in a log: neither a token, nor what was told by an answer that could not be read."""
    head = problem.message.partition(". Parsing the server response")[0]
    return _TOKEN.sub("…", head)[:SHORT]


def seconds(problem: error.RetryAfter) -> float:
    """However it is told: whole seconds, or a timedelta."""
    told = problem.retry_after
    return told.total_seconds() if isinstance(told, timedelta) else float(told)


def unsent(problem: error.TelegramError) -> bool:
    """The connection could not be made, so Telegram has nothing of it."""
    cause = problem.__cause__
    return isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
