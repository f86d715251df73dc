"""The groups of a series: as the coordinator has named them, or a list of people divided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot import library
from bot.series.problems import NotFound, SeriesProblem
from flows import groups
from flows.forms import Named, NamedGroup
from flows.groups import GroupWarning
from flows.language import Catalogue
from flows.programme import GroupSize

#: Who sits with whom is the same each time a list is divided; another seed would divide it otherwise.
SEED = 1
#: What circles are called, where the coordinator has not named them.
GROUP = {"nb": "Gruppe {n}", "nn": "Gruppe {n}", "sv": "Grupp {n}", "en": "Group {n}"}
EVERYONE = {"nb": "Alle", "nn": "Alle", "sv": "Alla", "en": "Everyone"}

#: Groups by name, each with its people's names.
_Formed: TypeAlias = list[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    people: tuple[str, ...]
    note_takers: tuple[str, ...] = ()


def form_groups(
    listed: Sequence[Named],
    chosen: Sequence[NamedGroup],
    note_takers: Sequence[Named],
    size: GroupSize,
    language: str,
) -> tuple[tuple[Group, ...], list[str]]:
    """The groups that were `chosen`, or the people `listed`, divided; and what is not as it should be, in words.

    Raises SeriesProblem for somebody listed twice, or a note-taker who does not take part.
    """
    _refuse_twice([one.name for one in (*listed, *(one for group in chosen for one in group.people))])
    _refuse_twice([group.name for group in chosen])
    if chosen:
        formed: _Formed = [(group.name, tuple(one.name for one in group.people)) for group in chosen]
        warnings = list(_outside(formed, size))
    else:
        split = groups.sizes(len(listed), size.low, size.high)
        formed, warnings = _divided(listed, split.sizes, language), list(split.warnings)
    return tuple(_with_note_takers(formed, note_takers)), [in_words(warning) for warning in warnings]


def _divided(listed: Sequence[Named], sizes: Sequence[int], language: str) -> _Formed:
    """People of the same unit in different groups, each group in the order of the list."""
    order = {one.name: index for index, one in enumerate(listed)}
    units = {one.name: one.unit for one in listed if one.unit}
    divided = groups.split(list(order), sizes, keep_apart=units, seed=SEED)
    return [
        (GROUP[language].format(n=n), tuple(sorted(people, key=order.__getitem__)))
        for n, people in enumerate(divided, 1)
    ]


def _outside(formed: _Formed, size: GroupSize) -> Iterator[GroupWarning]:
    for _, people in formed:
        if len(people) < size.low:
            yield GroupWarning(groups.SMALL, len(people), size.low)
        elif len(people) > size.high:
            yield GroupWarning(groups.LARGE, len(people), size.high)


def _refuse_twice(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise SeriesProblem(f"{name} is listed twice. Write each once; tell namesakes apart by surname.")
        seen.add(name.casefold())


def _with_note_takers(formed: _Formed, takers: Sequence[Named]) -> Iterator[Group]:
    everybody = {name.casefold(): name for _, people in formed for name in people}
    for one in takers:
        if one.name.casefold() not in everybody:
            raise NotFound("participant", one.name, everybody.values())
    writing = {one.name.casefold() for one in takers}
    for name, people in formed:
        yield Group(name, people, tuple(one for one in people if one.casefold() in writing))


def in_words(warning: GroupWarning) -> str:
    said = Catalogue("en", library.bot_texts("en"), "UTC")
    return said.say(warning.code, n=warning.n, limit=warning.limit)
