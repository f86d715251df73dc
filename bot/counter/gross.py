"""The gross list at the counter: merge lines, say them in other words, call them small or large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.port import Option, Sheet, Written
from bot.counter.acts import Act, runs
from bot.counter.sheets import blank, heading, item, line, sheet
from bot.counter.visit import Gone, Next, Visit, Wrong, name_of, text_of
from bot.series import curating
from bot.series.curating import Listed
from flows.reading import shortened

#: What can be done with a line, in the order in which it is offered.
DOINGS = ("merge", "small", "large", "words", "restore")
#: Characters of a line in a choice.
SHORT = 60


def gross_sheet(visit: Visit, series: int, number: int) -> Sheet:
    """Raises Gone where the session has no list."""
    office = visit.office(series)
    found = curating.find(office, visit.works.shelf, number)
    if found is None:
        raise Gone
    lines = [Option(str(one.number), _short(one)) for one in found.lines]
    doings = [Option(each, visit.say(f"counter.gross.{each}")) for each in DOINGS]
    blanks = [
        blank(visit, "line", "choice", "counter.gross.line", required=True, options=lines),
        blank(visit, "what", "choice", "counter.blank.what", required=True, options=doings),
        blank(
            visit,
            "into",
            "choice",
            "counter.gross.into",
            options=[one for one in lines if _whole(found, one)],
        ),
        blank(visit, "words", "line", "counter.gross.says"),
    ]
    told = [heading(office.series.title), line(visit.say("counter.gross.how"))]
    told += [item(_told(visit, one)) for one in found.lines]
    return sheet(visit, "counter.title.gross", *told,
                 blanks=blanks, submit="counter.button.gross")  # fmt: skip


def _whole(found: curating.List, option: Option) -> bool:
    return any(str(one.number) == option.value and one.into is None for one in found.lines)


def _short(one: Listed) -> str:
    return f"{one.number}. {shortened(one.words, SHORT)}"


def _told(visit: Visit, one: Listed) -> str:
    if one.into is not None:
        return visit.say("counter.gross.part", number=one.number, words=one.words, into=one.into)
    words = visit.say(f"gross.{one.size}", words=one.words) if one.size else one.words
    return f"{one.number}. {words}"


def gross(visit: Visit, written: Mapping[str, Written], series: int, number: int) -> Next:
    asked: dict[str, Any] = {each: text_of(written, each) for each in ("line", "what", "into", "words")}
    what = asked["what"]
    wrong = {each: visit.say("form.why.needed") for each in _needed(what) if not asked[each]}
    if wrong:
        raise Wrong(wrong)
    change = curating.curate(
        visit.office(series), visit.works.shelf, visit.works.ids, number, int(asked["line"]),
        into=int(asked["into"]) if what == "merge" else None, size=what if what in ("small", "large") else None,
        words=asked["words"] if what == "words" else "", person=visit.visitor.person,
    )  # fmt: skip
    return visit.carried(name_of("gross", series, number), change)


def _needed(what: str) -> tuple[str, ...]:
    """The blanks that must be filled in for it."""
    return "line", "what", *{"merge": ("into",), "words": ("words",)}.get(what, ())


ACTS = (Act("gross", runs, gross_sheet, gross),)
