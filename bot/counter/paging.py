"""Pages and questions in words, for platforms without sheets: made when they are sent, from what stands then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from adapters.port import OPENS, Address, Blank, Block, Label, Spoken
from bot.counter.counter import Counter, page
from bot.counter.drafts import TOLD, YES, Draft, load, options_of, standing, ticked, whose
from bot.counter.talk import CHECK, QUESTION
from bot.counter.visit import Visit
from storage import tables as t
from storage.unit import Unit


class Pages:
    """What a `flows.message.Page` says to the one person whose place it is sent to."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def __call__(self, unit: Unit, row: Any, name: str, now: datetime) -> tuple[Spoken, tuple[int, ...]]:
        """The message, and the replies that it shows. Without blocks: it is new, and there is nothing left to say.

        `row` names the place: platform, workspace and channel, which is called as the account.
        """
        place = Address(row.platform, row.workspace, row.channel, "")
        visit = self.counter.visit(unit.connection, place, row.channel, now=now)
        kind, _, rest = name.partition(":")
        if kind in (QUESTION, CHECK):
            draft = load(unit.connection, place, row.channel)
            spoken = _asked(visit, draft, rest) if kind == QUESTION else _looked_at(visit, draft, rest)
        else:
            begun = load(unit.connection, place, row.channel) is not None
            spoken = _page(visit, name, _told(visit, place, row.channel, name), begun=begun)
        if not spoken.blocks and row.kind == "update":
            # A question that is asked no more may name somebody who has had themselves erased.
            spoken = Spoken("answer", (Block("line", visit.say("counter.guided.over")),))
        return msgspec.structs.replace(spoken, language=visit.language), tuple(visit.quotes)


def _told(visit: Visit, place: Address, account: str, name: str) -> list[str]:
    kept = visit.all(select(t.drafts).where(*whose(place, account, TOLD), t.drafts.c.sheet == name))
    return list(msgspec.json.decode(kept[0].written)["told"]) if kept else []


def _page(visit: Visit, name: str, told: list[str], *, begun: bool) -> Spoken:
    """A page as it is; what hands it in is one more button, and so is going on with what had been begun."""
    sheet = page(visit, name, told)
    labels = list(sheet.labels)
    if name == "home" and begun:
        labels.append(Label(f"{OPENS}on", visit.say("counter.button.on")))
    if sheet.submit:
        labels = [
            Label(f"{OPENS}do:{sheet.name}", sheet.submit),
            *labels,
            Label(f"{OPENS}cancel", sheet.cancel),
        ]
    return Spoken("answer", (Block("heading", sheet.title), *sheet.blocks), tuple(labels))


# -- a question


def _asked(visit: Visit, draft: Draft | None, name: str) -> Spoken:
    """One blank of the sheet. What introduces the sheet stands before its first."""
    if draft is None or draft.asks != name:
        return Spoken("answer", ())
    sheet = page(visit, draft.sheet)
    index = next((number for number, blank in enumerate(sheet.blanks) if blank.name == name), None)
    if index is None:
        return Spoken("answer", ())
    blank = sheet.blanks[index]
    blocks = [Block("heading", sheet.title), *sheet.blocks] if index == 0 and not draft.faults else []
    if name in draft.faults:
        blocks.append(Block("line", draft.faults[name]))
    label = visit.say("counter.guided.step", n=index + 1, of=len(sheet.blanks), label=blank.label)
    words = [label if len(sheet.blanks) > 1 else blank.label, blank.hint, *_stands(visit, draft, blank)]
    blocks.append(Block("line", "\n".join(filter(None, words))))
    above = sheet.labels if index == 0 else ()
    return Spoken(
        "answer", tuple(blocks), (*_choices(visit, draft, blank, index), *above, *_ways(visit, blank, index))
    )


def _stands(visit: Visit, draft: Draft, blank: Blank) -> Iterator[str]:
    """What has been chosen, what stands there, or what to do."""
    names = {each.value: each.words for each in blank.options}
    if blank.kind in ("choices", "people"):
        chosen = [names.get(each, each) for each in ticked(draft, blank)]
        if chosen:
            yield visit.say("counter.guided.chosen", names=", ".join(chosen))
        return
    there = draft.written.get(blank.name) or standing(blank)
    if isinstance(there, str) and there:
        yield visit.say("counter.guided.now", value=names.get(there, there))
    if not blank.options and blank.kind != "flag":
        yield visit.say("counter.guided.type")


def _choices(visit: Visit, draft: Draft, blank: Blank, index: int) -> Iterator[Label]:
    chosen = ticked(draft, blank)
    words = {each.value: each.words for each in blank.options}
    for carried, value in options_of(blank):
        if blank.kind == "flag":
            said = visit.say("counter.button.yes" if value == YES else "counter.button.no")
        else:
            said = f"✓ {words[value]}" if value in chosen else words[value]
        yield Label(f"{OPENS}pick:{index}:{carried}", said)
    if blank.kind in ("choices", "people"):
        yield Label(f"{OPENS}done:{index}", visit.say("counter.button.done"))


def _ways(visit: Visit, blank: Blank, index: int) -> Iterator[Label]:
    """With what stands there, with nothing, back, and out."""
    if isinstance(standing(blank), str) and standing(blank):
        yield Label(f"{OPENS}keep:{index}", visit.say("counter.button.as-it-is"))
    elif not blank.required and blank.kind not in ("choices", "people", "flag"):
        yield Label(f"{OPENS}skip:{index}", visit.say("counter.button.skip"))
    if index:
        yield Label(f"{OPENS}back:{index}", visit.say("counter.button.back"))
    yield Label(f"{OPENS}cancel", visit.say("counter.button.leave"))


# -- the last look


def _looked_at(visit: Visit, draft: Draft | None, name: str) -> Spoken:
    """All that has been filled in, before it is handed in."""
    if draft is None or draft.sheet != name or draft.asks:
        return Spoken("answer", ())
    sheet = page(visit, name)
    items = [Block("item", f"{blank.label}: {_shown(visit, draft, blank)}") for blank in sheet.blanks]
    title = Block("heading", sheet.title), Block("line", visit.say("counter.guided.is-this-right"))
    labels = (
        Label(f"{OPENS}do:{name}", sheet.submit),
        Label(f"{OPENS}back:{len(sheet.blanks)}", visit.say("counter.button.back")),
        Label(f"{OPENS}cancel", visit.say("counter.button.leave")),
    )
    return Spoken("answer", (*title, *items), labels)


def _shown(visit: Visit, draft: Draft, blank: Blank) -> str:
    value, names = draft.written.get(blank.name), {each.value: each.words for each in blank.options}
    if isinstance(value, bool):
        return visit.say("counter.button.yes" if value else "counter.button.no")
    if isinstance(value, list | tuple):
        return ", ".join(names.get(str(each), str(each)) for each in value) or "–"
    return names.get(value, value) if value else "–"
