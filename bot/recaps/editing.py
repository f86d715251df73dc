"""What a coordinator asks to have changed in a recap: lines by number, left out, in other words, put back.

In the managers' recap also: which findings belong together and under what heading, and which ask something of
managers. `bot.recaps.arranging` does that.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot.recaps.wording import RecapLine, Wording
from bot.series.problems import SeriesProblem
from flows.forms import Sentence

#: Characters: no platform takes a longer message.
LONGEST = 2000


class Edit(Struct, frozen=True, kw_only=True):
    """Lines by the number that the preview shows."""

    drop: tuple[int, ...] = ()
    say: tuple[tuple[int, str], ...] = ()
    restore: tuple[int, ...] = ()
    #: Findings that belong together, with all that belongs with them already; those that belong with no other.
    together: tuple[tuple[int, ...], ...] = ()
    apart: tuple[int, ...] = ()
    #: Of what a finding belongs to.
    heading: tuple[tuple[int, str], ...] = ()
    asks: tuple[int, ...] = ()
    asks_not: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.drop or self.say or self.restore or self.arranges)

    @property
    def arranges(self) -> bool:
        return bool(self.together or self.apart or self.heading or self.asks or self.asks_not)


def applied(edit: Edit, wording: Wording, lines: Sequence[RecapLine]) -> Wording:
    """Raises SeriesProblem for a line that is not there, one that is named twice, and words that say nothing."""
    keys = {one.number: one.key for one in lines}
    named = [*edit.drop, *(number for number, _ in edit.say), *edit.restore]
    for number in named:
        _check(number, named, keys)
    says = {keys[number]: _words(number, words) for number, words in edit.say}
    drop, touched = {keys[number] for number in edit.drop}, {keys[number] for number in named}
    kept = {key: words for key, words in wording.says.items() if key not in touched}
    out = drop | {key for key in wording.out if key not in touched}
    gone = tuple(key for key in wording.gone if key not in touched)
    return replace(wording, says=kept | says, out=tuple(sorted(out)), gone=gone)


def _check(number: int, named: Sequence[int], keys: dict[int, int]) -> None:
    if number not in keys:
        there = f"from 1 to {max(keys)}" if keys else "none"
        raise SeriesProblem(
            f"The recap has no line {number}; its lines: {there}. See them: runda recap show."
        )
    if named.count(number) > 1:
        raise SeriesProblem(
            f"Line {number} is named twice. Leave it out, put it back, or say what it shall be."
        )


def _words(number: int, words: str) -> str:
    said = words.strip()
    if not said:
        raise SeriesProblem(f"Line {number} would be empty. Leave it out instead.")
    if len(said) > LONGEST:
        told = f"Line {number} has {len(said)} characters; there is room for {LONGEST}."
        raise SeriesProblem(Sentence(told, "recap.line-long", n=LONGEST))
    return said
