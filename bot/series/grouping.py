"""The groups of a series: as the coordinator has named them, or a list of people divided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot import library
from bot.series.problems import NotFound, SeriesProblem
from flows import groups
from flows.forms import At, Named, NamedGroup, Sentence
from flows.groups import GroupWarning
from flows.programme import GroupSize

#: Who sits with whom is the same each time a list is divided; another seed would divide it otherwise.
SEED = 1
#: What circles are called, where the coordinator has not named them.
GROUP = {"nb": "Gruppe {n}", "nn": "Gruppe {n}", "sv": "Grupp {n}", "en": "Group {n}"}
#: All who take part, until they are divided.
UNDIVIDED = {
    "nb": "Alle som deltar",
    "nn": "Alle som deltek",
    "sv": "Alla som deltar",
    "en": "All who take part",
}
EVERYONE = {"nb": "Alle", "nn": "Alle", "sv": "Alla", "en": "Everyone"}
MANAGERS = {"nb": "Lederne", "nn": "Leiarane", "sv": "Cheferna", "en": "The managers"}

#: Groups by name, each with its people and its channel.
_Formed: TypeAlias = list[NamedGroup]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    people: tuple[Named, ...]
    note_takers: tuple[Named, ...] = ()
    #: The channel it lives in, if it has one of its own.
    at: At | None = None


def form_groups(
    listed: Sequence[Named],
    chosen: Sequence[NamedGroup],
    note_takers: Sequence[Named],
    size: GroupSize,
    language: str,
    *,
    undivided: bool = False,
) -> tuple[tuple[Group, ...], list[Sentence]]:
    """The groups that were `chosen`, or the people `listed`, divided; and what is not as it should be, in words.

    `undivided`: they are one circle, however many they are, and are divided later.

    Raises SeriesProblem for somebody listed twice, or a note-taker who does not take part.
    """
    _refuse_twice([*listed, *(one for group in chosen for one in group.people)])
    _refuse_twice([Named(group.name) for group in chosen])
    if undivided:
        formed: _Formed = [NamedGroup(UNDIVIDED[language], tuple(listed))]
        warnings: list[GroupWarning] = []
    elif chosen:
        formed = list(chosen)
        warnings = list(_outside(formed, size))
    else:
        split = groups.sizes(len(listed), size.low, size.high)
        formed, warnings = _divided(listed, split.sizes, language), list(split.warnings)
    return tuple(_with_note_takers(formed, note_takers)), [in_words(warning) for warning in warnings]


def unpeopled(n: int | None, language: str) -> tuple[NamedGroup, ...]:
    """So many groups that nobody is in yet."""
    return tuple(NamedGroup(GROUP[language].format(n=number), ()) for number in range(1, (n or 0) + 1))


def _divided(listed: Sequence[Named], sizes: Sequence[int], language: str) -> _Formed:
    """People of the same unit in different groups, each group in the order of the list."""
    people = {one.at.id if one.at else one.name: one for one in listed}
    order = {key: index for index, key in enumerate(people)}
    units = {key: one.unit for key, one in people.items() if one.unit}
    divided = groups.split(list(people), sizes, keep_apart=units, seed=SEED)
    return [
        NamedGroup(
            GROUP[language].format(n=n), tuple(people[key] for key in sorted(keys, key=order.__getitem__))
        )
        for n, keys in enumerate(divided, 1)
    ]


def _outside(formed: _Formed, size: GroupSize) -> Iterator[GroupWarning]:
    for group in formed:
        if not group.people:
            continue
        if len(group.people) < size.low:
            yield GroupWarning(groups.SMALL, len(group.people), size.low)
        elif len(group.people) > size.high:
            yield GroupWarning(groups.LARGE, len(group.people), size.high)


def _refuse_twice(listed: Sequence[Named]) -> None:
    seen: set[str] = set()
    for one in listed:
        if one.key in seen:
            words = f"{one.name} is listed twice. Write each once; tell namesakes apart by surname."
            raise SeriesProblem(Sentence(words, "listed-twice", name=one.name))
        seen.add(one.key)


def _with_note_takers(formed: _Formed, takers: Sequence[Named]) -> Iterator[Group]:
    everybody = [one for group in formed for one in group.people]
    writing = {one_of(everybody, one, "participant").key for one in takers}
    for group in formed:
        yield Group(
            group.name, group.people, tuple(one for one in group.people if one.key in writing), group.at
        )


def one_of(listed: Sequence[Named], wanted: Named, what: str) -> Named:
    """Who is meant among these: by account, where one was written, otherwise by name. Raises NotFound."""
    for one in listed:
        same = one.key == wanted.key if wanted.at else one.name.casefold() == wanted.name.casefold()
        if same:
            return one
    raise NotFound(what, wanted.name, [one.name for one in listed])


def in_words(warning: GroupWarning) -> Sentence:
    said = library.bot_catalogue("en", "UTC")
    words = said.say(warning.code, n=warning.n, limit=warning.limit)
    return Sentence(words, warning.code, n=warning.n, limit=warning.limit)
