"""What people write with a slash. In privacy mode that, and replies to us, is all that we hear of a group.

Telegram takes a-z, digits and _ in a command, so the Swedish words lose their dots.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Meaning = Literal["answer", "undo", "help", "home", "cancel"]

#: What each may be called, in any language at any time.
WORDS: dict[str, Meaning] = {
    "svar": "answer", "answer": "answer",
    "angre": "undo", "angra": "undo", "slett": "undo", "radera": "undo", "takeback": "undo", "undo": "undo",
    "hjelp": "help", "hjalp": "help", "help": "help",
    "runda": "home", "start": "home",
    "avbryt": "cancel", "cancel": "cancel",
}  # fmt: skip

#: What each is called in the list that Telegram shows, by language. Telegram asks clients in Norwegian for nb, nn
#: or no, as they call themselves.
LISTED: dict[str, dict[Meaning, str]] = {
    "nb": {"answer": "svar", "undo": "angre", "help": "hjelp", "home": "runda", "cancel": "avbryt"},
    "nn": {"answer": "svar", "undo": "angre", "help": "hjelp", "home": "runda", "cancel": "avbryt"},
    "sv": {"answer": "svar", "undo": "angra", "help": "hjalp", "home": "runda", "cancel": "avbryt"},
    "en": {"answer": "answer", "undo": "takeback", "help": "help", "home": "runda", "cancel": "cancel"},
}
#: Telegram's code, and the language that stands for it; "": everyone else.
CODES = {"": "en", "en": "en", "nb": "nb", "no": "nb", "nn": "nn", "sv": "sv"}
#: Where each is of use.
IN_GROUPS: tuple[Meaning, ...] = ("answer", "undo", "help", "home")
IN_PRIVATE: tuple[Meaning, ...] = ("home", "help", "undo", "cancel")

_COMMAND = re.compile(r"/(?P<word>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<rest>.*))?", re.DOTALL)


class Command(NamedTuple):
    """A message that is a command: None for one that we do not know, or of another bot."""

    meaning: Meaning | None
    rest: str = ""


def command(words: str, username: str) -> Command | None:
    """The command that a message begins with; None: it is none. `username` is our own."""
    if not words.startswith("/"):
        return None  # as most often
    found = _COMMAND.fullmatch(words)
    if found is None:
        return None
    if found["bot"] and found["bot"].casefold() != username.casefold():
        return Command(None)
    return Command(WORDS.get(found["word"].casefold()), (found["rest"] or "").strip())
