"""Dividing those who take part into groups, where a series was set up without."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.port import Sheet, Written
from bot.counter.acts import Act, runs
from bot.counter.dates import read
from bot.counter.people import seated
from bot.counter.sheets import blank, heading, item, line, sheet
from bot.counter.visit import Next, Visit, name_of, text_of
from bot.series import dividing
from flows.forms import DIVIDE


def divide_sheet(visit: Visit, number: int) -> Sheet:
    """Who takes part, and the two ways of dividing them."""
    office = visit.office(number)
    blanks = [
        blank(visit, "groups", "number", "counter.blank.groups"),
        blank(visit, "group", "area", "counter.blank.seats", hint="counter.blank.seats-hint"),
    ]
    names = [item(", ".join(names)) for circle in office.circles("group") if (names := seated(visit, circle))]
    told = line(visit.say("counter.people.divide"))
    return sheet(visit, "counter.title.divide", heading(office.series.title), *names, told, blanks=blanks,
                 submit="counter.button.divide")  # fmt: skip


def divide(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    lines = [each for each in text_of(written, "group").splitlines() if each.strip()]
    asked = read(visit, DIVIDE, {"groups": text_of(written, "groups"), "group": lines})
    office = visit.office(number)
    change = dividing.divide(office, visit.works.shelf, asked["groups"], asked["group"])
    return visit.carried(name_of("people", number), change)


ACTS = (Act("divide", runs, divide_sheet, divide),)
