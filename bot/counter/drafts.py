"""What is being filled in question by question, kept from one answer to the next; and the options of a question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from adapters.port import Address, Blank, Written
from bot.counter.visit import Visit
from storage import tables as t

#: What a draft of ours is kept as: what is being asked, and what was told after an act.
ASKED, TOLD = "guided", "told"
#: Bytes of an option's value that a button carries; of a longer one, its place in the list.
LONGEST = 40
YES, NO = "yes", "no"

_encode = msgspec.json.Encoder().encode


class Draft(Struct, frozen=True):
    """What is being asked: the sheet, what has been filled in, and the blank that is asked now ("": all are)."""

    sheet: str
    written: dict[str, Any]
    asks: str
    at: datetime
    #: What was wrong when it was handed in, in words, by blank.
    faults: dict[str, str] = {}

    def but(self, **changed: Any) -> Draft:
        return msgspec.structs.replace(self, **changed)


def whose(place: Address, account: str, what: str) -> tuple[Any, ...]:
    d = t.drafts.c
    return d.platform == place.platform, d.workspace == place.workspace, d.account == account, d.what == what


def load(connection: Connection, place: Address, account: str) -> Draft | None:
    row = connection.execute(select(t.drafts).where(*whose(place, account, ASKED))).first()
    if row is None:
        return None
    kept = msgspec.json.decode(row.written)
    return Draft(row.sheet, kept["filled"], row.asks or "", row.at, kept["faults"])


def store(
    connection: Connection, place: Address, account: str, what: str, sheet: str, kept: Mapping[str, Any],
    asks: str, at: datetime,
) -> None:  # fmt: skip
    row = {"sheet": sheet, "written": _encode(kept).decode(), "asks": asks, "at": at}
    changed = connection.execute(update(t.drafts).where(*whose(place, account, what)).values(**row))
    if not changed.rowcount:
        theirs = {"platform": place.platform, "workspace": place.workspace, "account": account}
        connection.execute(insert(t.drafts).values(**theirs, what=what, **row))


def forget(connection: Connection, place: Address, account: str) -> None:
    connection.execute(delete(t.drafts).where(*whose(place, account, ASKED)))


def tell(visit: Visit, name: str, told: tuple[str, ...]) -> None:
    """What is told at the top of that page, once it is put into words. What was told before is forgotten."""
    place, account = visit.visitor.place, visit.visitor.account
    visit.connection.execute(delete(t.drafts).where(*whose(place, account, TOLD)))
    if told:
        store(visit.connection, place, account, TOLD, name, {"told": told}, "", visit.now)


# -- options


def options_of(blank: Blank) -> list[tuple[str, str]]:
    """What a button of each option carries, and the option's value."""
    if blank.kind == "flag":
        return [(YES, YES), (NO, NO)]
    return [
        (each.value if len(each.value.encode()) <= LONGEST else f"#{number}", each.value)
        for number, each in enumerate(blank.options)
    ]


def option_of(blank: Blank, carried: str, visit: Visit | None = None) -> str | None:
    """The value that a button carried; with a `visit`, what was typed may be its words too."""
    for button, value in options_of(blank):
        if carried == button or (visit is not None and carried == value):
            return value
    if visit is None:
        return None
    typed = carried.strip().casefold().rstrip(".")
    if blank.kind == "flag":
        return next(
            (each for each in (YES, NO) if visit.say(f"counter.button.{each}").casefold() == typed), None
        )
    return next((each.value for each in blank.options if each.words.casefold() == typed), None)


def standing(blank: Blank) -> Written:
    """What stands in a blank before anybody has touched it."""
    return blank.value if blank.value is not None else ""


def ticked(draft: Draft, blank: Blank) -> tuple[str, ...]:
    chosen = draft.written.get(blank.name, standing(blank))
    return tuple(chosen) if isinstance(chosen, tuple | list) else ()
