"""Sending what somebody types in the terminal, and what they are told where it is refused."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli import FAILED, Told

if TYPE_CHECKING:
    from adapters.terminal.parse import Answer, Request
    from bot.cli import Caller

COMMANDS = """\
/edit WORDS      change your last message
/undo            take your last message back
/private WORDS   write to Runda alone
//WORDS          say WORDS with a / before them
Ctrl-D           leave"""
#: What a request may be refused for, in words.
REFUSED = {
    "not-yours": "That is somebody else's private place.",
    "nothing-written": "There is nothing in that message.",
    "too-long": "That message is too long. Send it in parts.",
    "not-stored": "Runda could not store it. Look at what runda serve says, and send it again.",
    "not-shown": "It is stored, but could not be shown in the place. Look at what runda serve says.",
}


def deliver(terminal: Path, request: Request) -> None:
    """Send a request until it is answered. Raises Told, and ConnectionError where nobody serves."""
    from adapters.terminal.client import Client, Dropped

    try:
        with Client(terminal) as client:
            _settled(client.ask(request))
    except Dropped:  # the house may have been started anew: the same request counts once
        with Client(terminal) as client:
            _settled(client.ask(request))


def _settled(answer: Answer) -> None:
    if not answer.ok:
        raise Told(REFUSED.get(answer.error or "") or f"It cannot be sent: {answer.detail}", FAILED)


def request(caller: Caller, place: str, account: str, *, do: Any = "wrote", **what: Any) -> Request:
    """A request with a key of its own; a new message is called as the key."""
    from adapters.terminal.parse import Request

    message = what.pop("message", None)
    key = message if do == "wrote" and message else secrets.token_hex(12)
    return Request(
        key=key, do=do, place=place, account=account, message=message or key, at=caller.clock.now(), **what
    )


def folder(caller: Caller) -> Path:
    return caller.settings.data / "terminal"


def readable(words: str) -> str:
    """What was typed in another encoding than the terminal's is shown as question marks."""
    return words.encode("utf-8", "replace").decode()
