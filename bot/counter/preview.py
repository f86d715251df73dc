"""Every message of a meeting, before anything is sent: the real engine, as `bot.series.rehearsal` plays it."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.port import Block, Sheet
from bot.counter.acts import Act, runs
from bot.counter.sheets import button, heading, in_pages, line, sheet, turning
from bot.counter.visit import Gone, Visit
from bot.series.rehearsal import Shown, rehearse


def preview(visit: Visit, number: int, which: int, page: int = 1) -> Sheet:
    office = visit.office(number)
    played = next((each for each in rehearse(office) if each.number == which), None)
    if played is not None and not played.shown:
        waits = line(visit.say("counter.told.undivided"))
        back = button(visit, "counter.button.back", "meeting", number, which)
        return sheet(visit, "counter.title.preview", heading(office.series.title), waits, labels=[back])
    pages = in_pages(played.shown, _length) if played is not None else []
    if not 1 <= page <= len(pages):
        raise Gone
    blocks = [heading(office.series.title)]
    blocks += [line(visit.say("counter.preview.how", number=which, page=page, of=len(pages)))]
    for shown in pages[page - 1]:
        blocks += _message(visit, shown)
    labels = [*turning(visit, "preview", page, len(pages), number, which),
              button(visit, "counter.button.back", "meeting", number, which)]  # fmt: skip
    return sheet(visit, "counter.title.preview", *blocks, labels=labels)


def _length(shown: Shown) -> int:
    return sum(len(block.words) for block in shown.spoken.blocks)


def _message(visit: Visit, shown: Shown) -> Iterator[Block]:
    """When, and to whom; then its words. Pictures are told of by the text that goes with them."""
    yield line(_to(visit, shown))
    for block in shown.spoken.blocks:
        yield Block("item" if block.kind == "item" else "line", block.words, number=block.number)
    presses = [*shown.spoken.labels, *shown.spoken.tools]
    if presses:
        yield line(" ".join(f"[{label.words}]" for label in presses))


def _to(visit: Visit, shown: Shown) -> str:
    where = ", ".join(shown.circles)
    if shown.to == "person":
        return visit.say("counter.preview.alone", when=shown.at, where=where, n=shown.people)
    if shown.to == "coordinators":
        return visit.say("counter.preview.coordinators", when=shown.at)
    return visit.say("counter.preview.at", when=shown.at, where=where)


ACTS = (Act("preview", runs, preview),)
