"""What can be done at the counter: one entry each.

An act is asked for by a sheet, and done when the sheet is handed in. One without `does` is a page to be read. Both
are given the visit and the numbers of the sheet's name; who may is asked before either, each time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, TypeAlias

from msgspec import Struct

from adapters.port import Sheet
from bot.counter.visit import SEPARATOR, Gone, Next, NotYours, Visit
from bot.counter.visitor import MANAGER, TAKING_PART, appointed, coordinators

#: Of a number in a sheet's name: no row has a longer one.
DIGITS = 18
#: Raises NotYours or Gone.
May: TypeAlias = Callable[..., None]


class Act(Struct, frozen=True):
    name: str
    may: May
    sheet: Callable[..., Sheet]
    does: Callable[..., Next | None] | None = None
    #: Blanks that are answered with accounts: the platform is asked about them first.
    accounts: tuple[str, ...] = ()
    #: A blank for a channel, whose members are asked for.
    channel: str = ""
    #: Another, which it is enough that the platform lets us look into.
    other: str = ""


def _modules() -> tuple[Any, ...]:
    """Those that have acts, by the table of contents in `bot.counter`. They need `Act`, so they come after it."""
    from bot.counter import (
        answering,
        checking,
        closed,
        dates,
        divide,
        everywhere,
        gross,
        home,
        ideas,
        linking,
        paper,
        people,
        preview,
        reports,
        rights,
        seat,
        setup,
        showing,
        why,
    )

    return (home, showing, dates, closed, people, divide, setup, checking, preview, reports, everywhere, answering,
            linking, rights, seat, why, ideas, gross, paper)  # fmt: skip


@cache
def acts() -> dict[str, Act]:
    """All that can be done, by name."""
    found: dict[str, Act] = {}
    for module in _modules():
        for act in module.ACTS:
            if act.name in found:
                raise ValueError(f"two acts are called {act.name}")
            found[act.name] = act
    return found


def called(name: str) -> tuple[Act, tuple[int, ...]]:
    """The act of a sheet's name, and its numbers. Raises Gone."""
    first, *rest = name.split(SEPARATOR)
    act = acts().get(first)
    if act is None or not all(part.isascii() and part.isdecimal() and len(part) <= DIGITS for part in rest):
        raise Gone
    numbers = tuple(map(int, rest))
    try:
        signature(act.sheet).bind(None, *numbers)
    except TypeError as problem:
        raise Gone from problem
    return act, numbers


# -- who may


def anybody(visit: Visit, *_: object) -> None:
    """Whoever asks. The sheet itself shows them only what is theirs."""


def somebody(visit: Visit, *_: object) -> None:
    """Whoever the house knows."""
    if visit.visitor.person is None:
        raise NotYours("counter.refused.stranger", _appointed(visit))


def sets_up(visit: Visit, *_: object) -> None:
    """Who is appointed to set up series."""
    if not visit.visitor.appointed:
        raise NotYours("counter.refused.set-up", _appointed(visit))


def runs(visit: Visit, series: int, *_: object) -> None:
    """A coordinator of the series."""
    office = visit.office(series)
    if not visit.visitor.runs(series):
        raise NotYours("counter.refused.runs", _coordinators(visit, office.series.id))


def sees(visit: Visit, series: int, *_: object) -> None:
    """A coordinator of the series, and whoever may set up others."""
    if not visit.visitor.appointed:
        runs(visit, series)


def manages(visit: Visit, series: int, *_: object) -> None:
    """A manager of the series, and who else is shown what managers have had."""
    office = visit.office(series)
    if series not in visit.visitor.with_role(MANAGER, "coordinator", *TAKING_PART):
        raise NotYours("counter.refused.reads", _coordinators(visit, office.series.id))


def _appointed(visit: Visit) -> list[str]:
    owner = visit.visitor.organisation
    return (
        list(appointed(visit.connection, owner.id).values()) if owner is not None and _inside(visit) else []
    )


def _coordinators(visit: Visit, series: int) -> list[str]:
    return list(coordinators(visit.connection, series).values()) if _inside(visit) else []


def _inside(visit: Visit) -> bool:
    """Names are told to those who are known, and in workspaces that not everybody can walk into."""
    return visit.visitor.person is not None or visit.capabilities.members
