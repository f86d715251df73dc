"""What belongs together in the managers' recap, as a coordinator puts it: ids, and own headings.

Nothing is added that nobody said: a line of what is common stands for findings of at least two groups, and leads to
them by their numbers. A heading is given to exactly these findings; when one comes or goes, it is given anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from bot.recaps.editing import Edit
from bot.recaps.wording import Wording, headings
from bot.series.problems import SeriesProblem
from flows.forms import Sentence
from flows.recap import ManagerRecap

#: Characters of a heading: a line, not a text.
LONGEST = 120


def arranged(edit: Edit, wording: Wording, recap: ManagerRecap) -> Wording:
    """`recap`: as it stands with the changes so far. Raises SeriesProblem."""
    if not edit.arranges:
        return wording
    replies = {one.number: one.reply for one in recap.findings or ()}
    sides = {one.reply: one.side for one in recap.findings or ()}
    named = [*edit.apart, *edit.asks, *edit.asks_not, *(number for number, _ in edit.heading)]
    _check([*named, *(number for each in edit.together for number in each)], replies)
    themes = [set(theme) for theme in recap.common or ()]
    for numbers in edit.together:
        themes = _joined(themes, {replies[number] for number in numbers})
        _of_several(next(each for each in themes if replies[numbers[0]] in each), sides, numbers)
    out = {replies[number] for number in edit.apart}
    left = [theme - out for theme in themes]
    standing = tuple(tuple(sorted(theme)) for theme in left if len({sides[reply] for reply in theme}) > 1)
    asks = {*wording.asks, *(replies[number] for number in edit.asks)}
    asks -= {replies[number] for number in edit.asks_not}
    touched = edit.together or edit.apart or edit.heading
    return replace(
        wording,
        themes=standing if touched else wording.themes,
        heads=_heads(edit, wording, recap, standing, replies) if touched else wording.heads,
        asks=tuple(sorted(asks)),
    )


def _joined(themes: Iterable[set[int]], named: set[int]) -> list[set[int]]:
    """The named ones in one place, with all that was together with any of them; where the first of these was."""
    hit = [theme for theme in themes if theme & named]
    whole = named.union(*hit)
    left = [theme for theme in themes if theme not in hit]
    return [whole, *left]


def _heads(
    edit: Edit, wording: Wording, recap: ManagerRecap, standing: tuple[tuple[int, ...], ...], replies: Mapping[int, int]
) -> dict[int, str]:  # fmt: skip
    """Headings of what has not changed, and the new ones. Raises SeriesProblem."""
    before = headings(wording, recap)
    same = {tuple(sorted(theme)) for theme in recap.common or ()}
    kept = {theme[0]: before[theme[0]] for theme in standing if theme in same and theme[0] in before}
    for number, words in edit.heading:
        theme = next((each for each in standing if replies[number] in each), None)
        if theme is None:
            told = f"Finding {number} belongs with no other. Put it together with one of another group first."
            raise SeriesProblem(Sentence(told, "recap.alone", number=number))
        kept[theme[0]] = _words(words)
    return kept


def _check(numbers: Iterable[int], replies: Mapping[int, int]) -> None:
    for number in numbers:
        if number not in replies:
            there = ", ".join(map(str, replies)) or "none"
            told = f"The recap has no finding {number}; its findings: {there}. See them: runda recap show."
            raise SeriesProblem(Sentence(told, "recap.no-finding", number=number))


def _of_several(theme: set[int], sides: Mapping[int, int], numbers: tuple[int, ...]) -> None:
    if len({sides[reply] for reply in theme}) < 2:
        named = ", ".join(map(str, numbers))
        told = f"Findings {named} are of one group. What is common is what at least two groups have said."
        raise SeriesProblem(Sentence(told, "recap.one-group", numbers=named))


def _words(words: str) -> str:
    said = " ".join(words.split())
    if not said:
        raise SeriesProblem(Sentence("A heading has words in it.", "needed"))
    if len(said) > LONGEST:
        told = f"The heading has {len(said)} characters; there is room for {LONGEST}."
        raise SeriesProblem(Sentence(told, "recap.line-long", n=LONGEST))
    return said
