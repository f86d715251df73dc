"""The managers' recap: one round across groups, from what was released and from counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from flows.message import Levels
from flows.programme import Route
from flows.recap.group import lot
from flows.recap.shapes import ActionCounts, ActionRow, Decision, FindingRow, ManagerRecap, Numbered, Turnout

#: Fewer people are not counted aloud: a manager may know them all (programmes.md section 8, anonymity).
FEW = 5


def compile_manager(
    route: Route,
    turnout: Turnout,
    findings: Iterable[FindingRow] = (),
    actions: Iterable[ActionRow] = (),
    levels: tuple[Levels, ...] = (),
    chosen: tuple[Decision, ...] = (),
) -> ManagerRecap:
    """The recap of one round across groups, for managers.

    Only findings that their circle released, in an order drawn by lot, which says nothing of who put them
    forward. People are counted from five up; who did not answer, or how many, is never said. Of actions only
    how many are in which state: their words are who does what by when, and so hold names. Of what was chosen only
    what everyone chose among the programme's own options.
    """
    released = (row for row in findings if row.released)
    drawn = sorted(released, key=lambda row: lot(route.round, row.reply))
    states = Counter(row.state.replace("-", "_") for row in actions)
    return ManagerRecap(
        round=route.round,
        groups=turnout.groups,
        of=turnout.of,
        people=turnout.people if turnout.people >= FEW else None,
        findings=tuple(Numbered(n, row.reply, row.words) for n, row in enumerate(drawn, 1)),
        actions=ActionCounts(**states),
        levels=levels,
        chosen=tuple(one for one in chosen if one.plenum and one.options),
    )


def counts_only(recap: ManagerRecap) -> ManagerRecap:
    """What may go out when nobody has approved it in time."""
    return replace(recap, findings=None, levels=())
