"""Short names: what commands call a series, and how people and places are called on the terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

#: A platform's channel has room for 64 characters: a slug, a dash and the circle's number or name.
LONGEST = 50
#: Letters that Unicode does not take apart.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "å": "a", "ß": "ss", "đ": "d", "ł": "l"})


def slug(name: str, otherwise: str = "series") -> str:
    """The name in lower case a-z, digits and dashes; `otherwise` where nothing is left of it."""
    plain = unicodedata.normalize("NFC", name).casefold().translate(_PLAIN)
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:LONGEST].rstrip("-") or otherwise


def first_free(wanted: str, taken: Callable[[str], bool]) -> str:
    """The name itself, or with the first number behind it that nobody has."""
    name, number = wanted, 1
    while taken(name):
        number += 1
        name = f"{wanted}-{number}"
    return name
