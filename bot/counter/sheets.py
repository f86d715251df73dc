"""The pieces that sheets are made of, in the visitor's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from adapters.port import OPENS, Blank, Block, Kind, Label, Option, Sheet, Written
from bot.counter.visit import Visit, name_of
from flows.forms import Field

T = TypeVar("T")

#: Characters on a page, and pieces: more is not read in one go, and platforms have no room for it.
LONG, MOST = 6000, 25


def title(visit: Visit, key: str) -> str:
    return visit.say(key)


def line(words: str, *labels: Label) -> Block:
    return Block("line", words, labels=labels)


def item(words: str, *labels: Label) -> Block:
    return Block("item", words, labels=labels)


def heading(words: str) -> Block:
    return Block("heading", words)


def button(visit: Visit, key: str, act: str, *numbers: object) -> Label:
    """A button that opens a sheet."""
    return Label(f"{OPENS}{name_of(act, *numbers)}", visit.say(key))


def sheet(
    visit: Visit, key: str, *blocks: Block, blanks: Iterable[Blank] = (), submit: str = "",
    labels: Iterable[Label] = (),
) -> Sheet:  # fmt: skip
    """`key`: of the title; `submit`: of the word that hands it in. Its name is put on it by the counter."""
    return Sheet(
        name="",
        title=visit.say(key),
        blocks=blocks,
        blanks=tuple(blanks),
        submit=visit.say(submit) if submit else "",
        cancel=visit.say("counter.button.leave") if submit else visit.say("counter.button.close"),
        labels=tuple(labels),
    )


def notice(visit: Visit, *lines: str) -> Sheet:
    """A page that says something, and leads home."""
    home = button(visit, "counter.button.home", "home")
    return sheet(visit, "counter.title.notice", *map(line, lines), labels=[home])


def blank(
    visit: Visit, name: str, kind: Kind, key: str, *, hint: str = "", required: bool = False,
    options: Iterable[Option] = (), value: Written | None = None,
) -> Blank:  # fmt: skip
    """`key`, `hint`: of the texts."""
    return Blank(name=name, kind=kind, label=visit.say(key), hint=visit.say(hint) if hint else "", required=required,
                 options=tuple(options), value=value)  # fmt: skip


def choice(visit: Visit, field: Field, value: str | None = None) -> Blank:
    """A blank for a field of few choices, of the form by which a series is planned."""
    options = [Option(each, visit.say(f"form.choice.{each}")) for each in field.choices]
    label = visit.say(f"form.series-create.{field.name}")
    return Blank(
        name=field.name, kind="choice", label=label, options=tuple(options), value=value or field.usual
    )


def groups(visit: Visit, circles: Iterable[Any], *, everyone: str | None = None) -> Iterator[Option]:
    """Groups to choose among, by their numbers; first, with the text of that key, all of them."""
    if everyone:
        yield Option("all", visit.say(everyone))
    for each in circles:
        yield Option(str(each.number), each.name)


# -- what is longer than a page


def in_pages(pieces: Iterable[T], length: Callable[[T], int], *, most: int = MOST) -> list[list[T]]:
    """Pieces in their order, as many on a page as there is room for; one empty page where there are none."""
    pages: list[list[T]] = [[]]
    size = 0
    for each in pieces:
        size += length(each)
        if pages[-1] and (len(pages[-1]) >= most or size > LONG):
            pages.append([])
            size = length(each)
        pages[-1].append(each)
    return pages


def turning(visit: Visit, act: str, page: int, of: int, *numbers: object) -> Iterator[Label]:
    """Buttons to the page before and the page after."""
    if page > 1:
        yield button(visit, "counter.button.earlier", act, *numbers, page - 1)
    if page < of:
        yield button(visit, "counter.button.later", act, *numbers, page + 1)
