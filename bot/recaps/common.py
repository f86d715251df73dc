"""A line of what is common, in words: headed by a coordinator, or by the words that recur in what is there now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flows.language import REGIONS, Catalogue
from flows.message import Theme
from flows.recap.common import Told, recurring


def say(
    theme: Theme, heading: str | None, read: Callable[[int], str | None], catalogue: Catalogue, spoken: str
) -> str | None:
    """`read`: the words of a finding as it was let out; `spoken`: the language that these are in.

    None: there is nothing to head it with any more, and nobody has put it together.
    """
    counts: dict[str, Any] = {
        "numbers": listed(theme.numbers, catalogue.language),
        "n": len(set(theme.sides)),
        "m": theme.of,
    }
    if heading is not None:
        return catalogue.say("manager.headed", words=heading, **counts)
    there = ((reply, side, read(reply)) for reply, side in zip(theme.replies, theme.sides, strict=True))
    told = [Told(reply, side, words) for reply, side, words in there if words]
    if words := recurring(told, spoken):
        return catalogue.say("manager.recur", words=", ".join(words), **counts)
    return catalogue.say("manager.together", **counts) if theme.placed else None


def listed(numbers: tuple[int, ...], language: str) -> str:
    """«1, 3 and 4»."""
    from babel.lists import format_list  # not before somebody reads a recap

    return format_list([str(number) for number in sorted(numbers)], locale=REGIONS.get(language, language))
