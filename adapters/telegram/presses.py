"""What a button carries: the press itself, in 64 bytes; or an address that opens the private chat with it.

    next                    callback data: the press
    ^120.121^next           ... on the last message of several that are one
    t.me/RundaBot?start=open-answer-12-3    «open:answer:12:3», of a button in a group
    t.me/RundaBot?startgroup=K7QM4X2P&…     «add:K7QM4X2P»

An address takes letters, digits, _ and - only: a colon is written as -, a dash as _d, and a low line as __.
"""

from __future__ import annotations

import re

from adapters.port import ADDS, OPENS

#: Bytes of callback data, and characters of what an address carries (telegram.constants; Bot API).
LONGEST = 64
#: Begins a press that hands in a code.
CODE = "code:"
_MARK = "^"
_LONG = re.compile(r"\^(\d+(?:\.\d+)*)\^(.+)", re.DOTALL)
_WRITTEN = {"_": "__", "-": "_d", ":": "-"}
_READ = {written: letter for letter, written in _WRITTEN.items()}
_SAFE = re.compile(r"[A-Za-z0-9_:-]*")
_PAYLOAD = re.compile(r"__|_d|-|[A-Za-z0-9]")


def data(press: str, others: tuple[int, ...] = ()) -> str | None:
    """Callback data; `others`: the numbers of the messages that are one with the button's. None: it cannot be."""
    if not press or press.startswith(_MARK):
        return None
    if others and fits(long := f"{_MARK}{'.'.join(map(str, others))}{_MARK}{press}"):
        return long
    return press if fits(press) else None


def fits(press: str) -> bool:
    return len(press.encode()) <= LONGEST


def read(carried: str) -> tuple[str, tuple[int, ...]]:
    """The press of a button, and the numbers of the messages that are one with its own."""
    found = _LONG.fullmatch(carried)
    return (found[2], tuple(map(int, found[1].split(".")))) if found else (carried, ())


def payload(press: str) -> str | None:
    """A press as what an address carries; None where it cannot."""
    if not press.startswith(OPENS) or not _SAFE.fullmatch(press):
        return None
    written = "".join(_WRITTEN.get(letter, letter) for letter in press)
    return written if len(written) <= LONGEST else None


def opened(carried: str) -> str:
    """What `/start` with this is a press of: a sheet, the overview, or else a code."""
    if carried in ("", "home"):
        return f"{OPENS}home"
    if not carried.startswith("open-"):
        return f"{CODE}{carried}"
    return "".join(_READ.get(piece, piece) for piece in _PAYLOAD.findall(carried))


def address(username: str, press: str) -> str | None:
    """Opens the private chat, where the person's first touch sends it; or adds us to a group of one's choice.

    We ask for the right to make topics there, which makes us an administrator; whoever adds us may say no.
    """
    if press.startswith(ADDS):
        return (
            f"https://t.me/{username}?startgroup={press.removeprefix(ADDS)}&admin=manage_topics"
            if username
            else None
        )
    carried = payload(press)
    return f"https://t.me/{username}?start={carried}" if carried and username else None
