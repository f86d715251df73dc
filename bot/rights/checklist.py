"""What a coordinator settles with others before a series begins: what it is, and what has been said to be settled.

Each item is acknowledged with the date on which it was done; that is a row of the audit log, so it stands who said so.
Nothing waits for it: it is a list, and whoever inspects the series can see what is open.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from msgspec import Struct
from sqlalchemy import select

from bot.rights.days import note
from bot.series.office import Office
from bot.series.problems import NotFound, SeriesProblem
from storage import tables as t

if TYPE_CHECKING:
    from flows.language import Catalogue

Item = Literal["union", "safety", "officer", "informed", "days"]
ITEMS: tuple[Item, ...] = get_args(Item)
ACT = "checklist"


class Settled(Struct, frozen=True):
    """One item: since when it is settled, if it is."""

    item: Item
    on: date | None


def acknowledge(office: Office, item: str, on: date) -> None:
    """Raises NotFound for an item that is not on the list, SeriesProblem for a date that is still to come."""
    if item not in ITEMS:
        raise NotFound("item", item, ITEMS)
    if on > office.now.date():
        raise SeriesProblem(f"{on} is still to come: say when it was done.")
    note(office, ACT, f"{item} {on}")


def stands(office: Office) -> list[Settled]:
    """Every item in its order, with the last date that was said of it."""
    a, start = t.audit.c, f"{office.series.slug}/"
    mine = select(a.object).where(a.organisation_id == office.series.organisation_id, a.act == ACT)
    found: dict[str, date] = {}
    for row in office.all(mine.where(a.object.startswith(start, autoescape=True)).order_by(a.id)):
        item, _, on = row.object.removeprefix(start).partition(" ")
        found[item] = date.fromisoformat(on)
    return [Settled(item, found.get(item)) for item in ITEMS]


def told(office: Office, say: Catalogue) -> list[str]:
    """A title, and a line for each item."""
    return [say.say("rights.checklist.title"), *(_line(each, say) for each in stands(office))]


def _line(each: Settled, say: Catalogue) -> str:
    what = say.say(f"rights.checklist.{each.item}")
    if each.on is None:
        return say.say("rights.checklist.open", what=what)
    return say.say("rights.checklist.settled", what=what, on=each.on)
