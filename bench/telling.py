"""How Slack and Telegram tell of a message: the whole requests, signed as they sign, and what they answer at first."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from adapters.port import Address
from bench.ground import Ground
from bench.posts import Post, request

WORDS = "We lack people who stay, and a ferry that waits for those who come late ({number})"
#: Of a workspace, its app and its bot; the secrets are of nothing.
TEAM, APP, BOT = "T0TOWN", "A0RUNDA", "U0RUNDA"
_SIGNS = "a-secret-of-the-bench"
#: A bot's number is the first part of its token. Where Telegram is to find us, the path is all that counts here.
_TOKEN = "4200042:a-token-of-the-bench"
_HOOK = "https://bench.invalid/telegram"
#: Supergroups are called by numbers below this one.
_CHATS = -1_000_000_000_000

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Telling:
    """One platform."""

    name: str
    ground: Ground
    #: For a house, by the address of what says yes.
    environment: Callable[[str], dict[str, str]]
    #: What the platform answers by the method that is asked, and whatever else it is asked.
    answers: Mapping[str, Mapping[str, Any]]
    others: Mapping[str, Any]
    #: A house that has asked all these is ready.
    ready: frozenset[str]
    #: Who takes it, where it was written, by which person, and the so-manieth message.
    post: Callable[[str, Address, int, int], Post]


# -- Slack


def _person(number: int) -> str:
    return f"U{number:08d}"


def _slack_post(host: str, place: Address, person: int, number: int) -> Post:
    """https://docs.slack.dev/reference/events/message"""
    stamp = f"{int(time.time())}.{number:06d}"
    words = WORDS.format(number=number)
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
    event = {
        "user": _person(person), "type": "message", "ts": stamp, "client_msg_id": f"bench-{number}", "text": words,
        "team": TEAM, "thread_ts": place.thread, "parent_user_id": BOT,
        "blocks": [{"type": "rich_text", "block_id": f"b{number}", "elements": [section]}],
        "channel": place.channel, "event_ts": stamp, "channel_type": "group",
    }  # fmt: skip
    body = _encode({
        "token": "unused", "team_id": TEAM, "context_team_id": TEAM, "context_enterprise_id": None,
        "api_app_id": APP, "event": event, "type": "event_callback", "event_id": f"Ev{number:09d}",
        "event_time": int(time.time()), "is_ext_shared_channel": False, "event_context": f"4-{number}",
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True,
                            "is_enterprise_install": False}],
    })  # fmt: skip
    return Post(stamp, request(host, "/slack/events", body, _signed(body)))


def _signed(body: bytes) -> dict[str, str]:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    now = str(int(time.time()))
    mark = hmac.new(_SIGNS.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={mark}"}


SLACK = Telling(
    name="slack",
    ground=Ground("slack", TEAM, lambda group: f"C{group:08d}", _person, _person, threads=True),
    environment=lambda api: {
        "SLACK_API_URL": f"{api}/api/", "SLACK_BOT_TOKEN": "xoxb-of-the-bench", "SLACK_SIGNING_SECRET": _SIGNS,
    },
    answers={"auth.test": {"ok": True, "url": "https://town.slack.com/", "team": "Town", "user": "runda",
                           "team_id": TEAM, "user_id": BOT, "bot_id": "B0RUNDA"}},
    others={"ok": True, "ts": "1.000001", "channel": "C00000001"},
    ready=frozenset({"auth.test"}),
    post=_slack_post,
)  # fmt: skip


# -- Telegram


def _telegram_post(host: str, place: Address, person: int, number: int) -> Post:
    """https://core.telegram.org/bots/api#update"""
    author = {"id": person, "is_bot": False, "first_name": f"Person {person}", "language_code": "nb"}
    chat = {"id": int(place.channel), "title": f"Group {place.channel}", "type": "supergroup"}
    said = {"message_id": number + 1_000_000, "from": author, "chat": chat, "date": int(time.time()),
            "text": WORDS.format(number=number)}  # fmt: skip
    body = _encode({"update_id": number + 1, "message": said})
    carried = {"X-Telegram-Bot-Api-Secret-Token": _secret()}
    return Post(str(said["message_id"]), request(host, "/telegram", body, carried))


def _secret() -> str:
    from adapters.telegram.webhook import secret

    return secret(_TOKEN, _HOOK)


_ME = {"id": 4200042, "is_bot": True, "first_name": "Runda", "username": "runda_bot", "can_join_groups": True,
       "can_read_all_group_messages": True, "supports_inline_queries": False}  # fmt: skip
_SAID = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
TELEGRAM = Telling(
    name="telegram",
    ground=Ground("telegram", "4200042", lambda group: str(_CHATS - group), str, str),
    environment=lambda api: {
        "TELEGRAM_API_URL": api, "TELEGRAM_BOT_TOKEN": _TOKEN, "TELEGRAM_WEBHOOK_URL": _HOOK,
    },
    answers={"getMe": {"ok": True, "result": _ME}, "sendMessage": {"ok": True, "result": _SAID}},
    others={"ok": True, "result": True},
    ready=frozenset({"getMe", "setWebhook"}),
    post=_telegram_post,
)  # fmt: skip
