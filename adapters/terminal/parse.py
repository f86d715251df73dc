"""What comes in by the socket: one JSON object to a line, in either direction.

    -> {"key": "k1", "do": "wrote", "place": "fjord-1", "account": "kari", "message": "m1", "words": "The ferry."}
    <- {"key": "k1", "ok": true, "error": null, "detail": ""}

`ok` means that it is stored. The caller makes `key` and `message`, so that the same line sent again, after an
answer that was lost, changes nothing. Pure: bytes in, `Heard` out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from adapters.port import Chose, Heard, Rewrote, TookBack, Wrote
from adapters.terminal import names

#: Characters in one message: far more than anybody types, far less than what would fill a memory.
LONGEST_WORDS = 20_000
#: Of one message: what the column of a revision holds, and more than anybody makes.
MOST_EDITS = 2**31 - 1

Do = Literal["wrote", "rewrote", "took-back", "chose"]
Why = Literal[
    "unreadable", "too-long", "nothing-written", "incomplete", "not-yours", "not-stored", "not-shown"
]


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a person does. Which fields it takes depends on `do`, as in `adapters.port`."""

    key: str
    do: Do
    place: str
    account: str
    message: str | None = None
    words: str = ""
    reply_to: str | None = None
    revision: int = 0
    press: str = ""
    about: str | None = None
    #: When it was done, if it could not be sent at once; aware. Otherwise: now.
    at: datetime | None = None


class Answer(Struct, frozen=True):
    """To the request with that key; without a key, to a line that could not be read."""

    key: str | None
    ok: bool
    error: Why | None = None
    #: For whoever looks for a fault, in English.
    detail: str = ""


class Unheard(Exception):
    """A request that means nothing here. `answer` says why."""

    def __init__(self, key: str | None, why: Why, detail: str = "") -> None:
        super().__init__(detail or why)
        self.answer = Answer(key, ok=False, error=why, detail=detail)


class _Keyed(Struct):
    key: str | None = None


_request = msgspec.json.Decoder(Request).decode
_keyed = msgspec.json.Decoder(_Keyed).decode
_answer = msgspec.json.Decoder(Answer).decode
_encode = msgspec.json.Encoder().encode


def to_line(said: Request | Answer) -> bytes:
    return _encode(said) + b"\n"


def answer(line: bytes) -> Answer:
    """Raises ValueError."""
    return _answer(line)


def heard(line: bytes, now: datetime) -> Heard:
    """What a line says that a person did. Nobody does anything later than `now`. Raises Unheard."""
    request = _read(line)
    _check(request)
    at = min(request.at, now) if request.at else now
    return _MAKE[request.do](request, {
        "key": request.key, "place": names.address(request.place), "account": request.account, "at": at,
    })  # fmt: skip


def _read(line: bytes) -> Request:
    try:
        return _request(line)
    except ValueError as fault:
        raise Unheard(_key(line), "unreadable", str(fault)) from fault


def _key(line: bytes) -> str | None:
    try:
        return _keyed(line).key
    except ValueError:
        return None


def _check(request: Request) -> None:
    """What no column takes, and what is not for this person to do."""
    given = {"key": request.key, "place": request.place, "account": request.account}
    if request.do != "chose":
        given["message"] = request.message or ""
    for name, value in given.items():
        if not value.strip() or len(value) > names.LONGEST or not value.isprintable():
            detail = f"{name} takes 1 to {names.LONGEST} printable characters"
            raise Unheard(request.key, "incomplete", detail)
    if len(request.words) > LONGEST_WORDS:
        raise Unheard(request.key, "too-long", f"a message takes {LONGEST_WORDS} characters at most")
    if request.at and request.at.tzinfo is None:
        raise Unheard(request.key, "incomplete", "at needs a time zone")
    if names.owner(request.place) not in (None, request.account):
        raise Unheard(request.key, "not-yours", f"{request.place} is somebody else's private place")


def _words(request: Request) -> str:
    """No database takes a NUL."""
    words = request.words.replace("\0", "").strip()
    if not words:
        raise Unheard(request.key, "nothing-written", "words are missing")
    return words


def _wrote(request: Request, common: dict[str, Any]) -> Heard:
    private = names.owner(request.place) is not None
    message, words = request.message or "", _words(request)
    return Wrote(**common, message=message, words=words, reply_to=request.reply_to, private=private)


def _rewrote(request: Request, common: dict[str, Any]) -> Heard:
    if not 1 <= request.revision <= MOST_EDITS:
        raise Unheard(request.key, "incomplete", "revision counts from 1, and grows with every edit")
    return Rewrote(**common, message=request.message or "", words=_words(request), revision=request.revision)


def _took_back(request: Request, common: dict[str, Any]) -> Heard:
    return TookBack(**common, message=request.message or "")


def _chose(request: Request, common: dict[str, Any]) -> Heard:
    if not request.press:
        raise Unheard(request.key, "incomplete", "press is missing")
    return Chose(**common, press=request.press, message=request.message, about=request.about)


_MAKE: dict[Do, Callable[[Request, dict[str, Any]], Heard]] = {
    "wrote": _wrote, "rewrote": _rewrote, "took-back": _took_back, "chose": _chose,
}  # fmt: skip
