"""What a person fills in for Runda alone: described here as data, shown by whoever can.

A question that can be answered privately carries a tool «open:answer». Whoever shows sheets does this:

1. `answer_sheet` gives what is asked, as keys and codes. None: there is nothing to fill in for this person, or not
   any more; that is said politely (`answers.closed`). `prompt` is that of the message whose button it was.
2. What comes back is stored in the transaction of one event, `flows.events.Filled`: for every text a reply's row,
   private, with the words (for every line of it, where the item is `many`); for all that was chosen by `choice` one
   more reply's row, without words, and under it a row of `scores` for each item. What was chosen by `choices` are
   ids of replies, and stands in the event. A sheet is checked by `faults` before anything is stored. When it is
   handed in, the sheet is looked up anew: what one has written may be what the next page asks about.
3. Where no sheet can be shown, numbers can be written privately, in order: `in_order` reads them. What it reads is
   handed in as if a sheet had been.

The values never reach the engine: events and the state hold ids and names of items, so that a log can be kept after
everything that was said has been erased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from flows.message import Text

if TYPE_CHECKING:
    from flows.programme import Route
    from flows.state import State

Sort = Literal["text", "choice", "choices"]
#: The code of «I do not know», and what people may write for it.
UNSURE = "unsure"
_UNSURE = ("?", "-", "–", "x")
#: The press that asks for a sheet.
OPEN = "open:answer"


class Option(Struct, frozen=True):
    """One of the answers that may be chosen. `code`: a whole number, or `UNSURE`; of choices, a reply's id."""

    code: str
    text: Text

    @property
    def value(self) -> int | None:
        """What is stored in a row of `scores`; None: does not know."""
        return None if self.code == UNSURE else int(self.code)


class Item(Struct, frozen=True, kw_only=True):
    """One thing that is asked. `options` are for a choice, in order; of `choices` any number may be chosen."""

    name: str
    sort: Sort
    text: Text
    help: Text | None = None
    options: tuple[Option, ...] = ()
    required: bool = False
    #: Of a text: every line of it is an answer of its own, and gets a reply of its own.
    many: bool = False


class AnswerSheet(Struct, frozen=True, kw_only=True):
    """What one person may fill in under one prompt. `sight` says in a sentence who will see it."""

    prompt: int
    step: str
    title: Text
    sight: Text
    items: tuple[Item, ...]


def answer_sheet(route: Route, state: State | None, prompt: int | None, person: int) -> AnswerSheet | None:
    """The sheet of a prompt (None: the present one) for this person, as long as the circle is at its step."""
    asked = state.asked_as(prompt) if state and prompt else state.prompt if state else None
    if state is None or asked is None or asked.step != state.step or not state.going_on:
        return None
    if person not in state.members and not state.setting.groups:
        return None
    step = route.steps[asked.step]
    items = step.sheet(route, state, person)
    if not items:
        return None
    title = Text("answers.choose" if any(item.options for item in items) else "answers.write")
    return AnswerSheet(prompt=asked.prompt, step=step.id, title=title, sight=step.sight, items=items)


def too_late(route: Route | None = None) -> Text:
    """What somebody is told who asks for a sheet, and `answer_sheet` gives none.

    Where each answers all of it alone, nothing is answered in the thread, and once people are divided nobody is there.
    """
    alone = route is not None and all(step.apart for step in route.steps)
    return Text("answers.over" if alone else "answers.closed")


def faults(sheet: AnswerSheet, written: Mapping[str, str]) -> dict[str, Text]:
    """What is wrong with a sheet as it was filled in, by item: nothing where something is needed, or no option."""
    found = {}
    for item in sheet.items:
        value = written.get(item.name, "").strip()
        if item.required and not value:
            found[item.name] = Text("answers.needed")
        elif value and item.sort == "choice" and value not in {option.code for option in item.options}:
            found[item.name] = Text("answers.no-option")
    return found


def in_order(sheet: AnswerSheet, words: str) -> dict[str, str] | None:
    """Codes by item of what was written as «3 2 ? 0», in the order of the items; None where it is no such thing."""
    chosen = [item for item in sheet.items if item.sort == "choice"]
    codes = [UNSURE if each in _UNSURE else each for each in re.split(r"[\s,;]+", words.strip())]
    if not chosen or len(codes) != len(chosen):
        return None
    fits = all(_has(item.options, code) for item, code in zip(chosen, codes, strict=True))
    return {item.name: code for item, code in zip(chosen, codes, strict=True)} if fits else None


def _has(options: Sequence[Option], code: str) -> bool:
    return any(option.code == code for option in options)
