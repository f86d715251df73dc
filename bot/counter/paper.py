"""What a table wrote on paper, entered by its note-taker in one form; see `bot.series.paper`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.port import Blank, Sheet, Written
from bot.counter.acts import Act
from bot.counter.sheets import blank, heading, line, sheet
from bot.counter.visit import Next, NotYours, Visit, Wrong, text_of
from bot.series import paper
from bot.series.office import Office

#: Characters of a question by which it is known.
SHORT = 140


def may(visit: Visit, series: int, _: int, circle: int) -> None:
    """Who sits at that table; or who runs the series."""
    group = _circle(visit.office(series), circle)
    if not visit.visitor.runs(series) and group.id not in {seat.circle_id for seat in visit.visitor.seats}:
        raise NotYours("counter.refused.circle")


def _circle(office: Office, number: int) -> Any:
    return office.circle(str(number))


def form(visit: Visit, series: int, which: int, circle: int) -> Sheet:
    """A field for each question of the sheet that is answered in words, and how many they are."""
    office = visit.office(series)
    asked = paper.questions(office, visit.works, which)
    blanks = [blank(visit, "heads", "number", "counter.blank.heads")]
    blanks += [
        Blank(name=f"q{n}", kind="area", label=f"{n}. {each.words}"[:SHORT]) for n, each in asked.items()
    ]
    told = heading(_circle(office, circle).name), line(visit.say("counter.paper.how", number=which))
    return sheet(visit, "counter.title.paper", *told, blanks=blanks, submit="counter.button.hand-in")


def enter(visit: Visit, written: Mapping[str, Written], series: int, which: int, circle: int) -> Next:
    office = visit.office(series)
    heads = text_of(written, "heads")
    if heads and not (heads.isascii() and heads.isdecimal() and int(heads)):
        raise Wrong({"heads": visit.say("form.why.number", written=heads)})
    lines = {
        n: [each.strip() for each in text_of(written, f"q{n}").splitlines() if each.strip()]
        for n in paper.questions(office, visit.works, which)
    }
    told = paper.enter(
        visit.works, office, which, _circle(office, circle), lines, int(heads) if heads else None
    )
    return Next("home", (visit.tell(told),))


ACTS = (Act("paper", may, form, enter),)
