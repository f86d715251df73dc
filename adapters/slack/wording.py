"""Words as people read them, and words as Slack writes them. Pure.

Slack writes `&`, `<` and `>` as entities, and puts what is more than text between `<` and `>`
(https://docs.slack.dev/messaging/formatting-message-text). Everything else is kept as it was written: emoji are
`:names:`, and what somebody has made bold stays between its stars, which Slack shows as bold again.
"""

from __future__ import annotations

import re

_ANGLED = re.compile(r"<([^<>]*)>")
_ADDRESS = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]}\"'»”]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def plain(text: str, *, bot: str = "") -> str:
    """What a person wrote, in plain words; the mention of our own account is left out."""
    words = _ANGLED.sub(lambda found: _inside(found[1], bot), text)
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _UNPRINTABLE.sub("", words).strip()


def _inside(said: str, bot: str) -> str:
    """A mention, a channel, a date or a link. Entities in it are undone with those around it."""
    target, bar, label = said.partition("|")
    if target.startswith("@"):
        return "" if target[1:] == bot else f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label if bar else f"@{target[1:].partition('^')[0]}"
    address = target.removeprefix("mailto:")
    return f"{label} ({target})" if label and label not in (target, address) else address


def marked(words: str) -> str:
    """Plain words as Slack's mrkdwn, addresses as links. Nobody is called by what stands in them."""
    escaped = escape(words)
    return _ADDRESS.sub(lambda found: f"<{found[0]}>", escaped) if "://" in escaped else escaped


def escape(words: str) -> str:
    return _UNPRINTABLE.sub("", words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size(words: str) -> int:
    """Characters that words come to at most as mrkdwn; never less for more words."""
    extra = 4 * words.count("&") + 3 * (words.count("<") + words.count(">"))
    return length(words) + extra + 2 * words.count("://")


def length(words: str) -> int:
    """Characters, as the strictest counts them: one beyond the basic plane is two."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


def cut(words: str, most: int) -> str:
    """Words in at most so many characters, with the sign that some are missing."""
    words = words.strip()
    if length(words) <= most:
        return words
    return words[: _fitting(words, most - 1, length)].rstrip() + "…" if most > 2 else "…"


def split(words: str, most: int) -> list[str]:
    """Words in pieces that come to at most so many characters of mrkdwn each: at a paragraph if one ends in the
    second half of what would fit, otherwise at a line, otherwise between two words, otherwise anywhere."""
    pieces: list[str] = []
    rest = words.strip()
    while rest and size(rest) > most:
        fits = _fitting(rest, most, size)
        at = next((at for sign in ("\n\n", "\n", " ") if (at := rest.rfind(sign, fits // 2, fits)) > 0), fits)
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*pieces, rest] if rest else pieces


def _fitting(words: str, most: int, measure: object) -> int:
    """How many of the first letters come to at most so much; at least one."""
    assert callable(measure)
    low, high = 1, min(len(words), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(words[:middle]) <= most else (low, middle - 1)
    return low
