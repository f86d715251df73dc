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
from bot.series.deciding import foreseen
from bot.series.office import Change, Office
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
    """Who has said who sits where has seen it; otherwise it is shown first, since it cannot be undone."""
    lines = [each for each in text_of(written, "group").splitlines() if each.strip()]
    asked = read(visit, DIVIDE, {"groups": text_of(written, "groups"), "group": lines})
    if not asked["group"]:
        n = asked["groups"] or 0
        foreseen(visit.office(number), lambda there: _evenly(visit, there, n))
        return Next(name_of("divides", number, n))
    change = dividing.divide(visit.office(number), visit.works.shelf, None, asked["group"])
    return visit.carried(name_of("people", number), change)


def divides_sheet(visit: Visit, number: int, n: int) -> Sheet:
    """Who would sit where. `n`: in how many groups; 0: as many as suit their number."""
    office = visit.office(number)
    seen = foreseen(office, lambda there: _evenly(visit, there, n))
    told = [line(visit.tell(each)) for each in seen.told]
    return sheet(
        visit, "counter.title.divide", heading(office.series.title), *told, submit="counter.button.divide"
    )


def divides(visit: Visit, _: Mapping[str, Written], number: int, n: int) -> Next:
    return visit.carried(name_of("people", number), _evenly(visit, visit.office(number), n))


def _evenly(visit: Visit, office: Office, n: int) -> Change:
    return dividing.divide(office, visit.works.shelf, n or None)


ACTS = (Act("divide", runs, divide_sheet, divide), Act("divides", runs, divides_sheet, divides))
