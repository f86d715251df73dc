"""The managers' recap: one round across groups, from what was released and from counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from flows.message import Levels
from flows.programme import Route
from flows.recap.common import Told, together
from flows.recap.group import lot
from flows.recap.shapes import (
    Across,
    ActionCounts,
    ActionRow,
    Before,
    Decision,
    FindingRow,
    ManagerRecap,
    Numbered,
    Turnout,
)

#: Fewer people are not counted aloud: a manager may know them all (programmes.md section 8, anonymity).
FEW = 5


def compile_manager(
    route: Route,
    turnout: Turnout,
    findings: Iterable[FindingRow] = (),
    actions: Iterable[ActionRow] = (),
    levels: tuple[Levels, ...] = (),
    chosen: tuple[Decision, ...] = (),
    *,
    across: tuple[Across, ...] = (),
    said: Mapping[int, str] | None = None,
    language: str = "",
) -> ManagerRecap:
    """The recap of one round across groups, for managers.

    Only findings that their circle released, in an order drawn by lot, which says nothing of who put them
    forward. People are counted from five up; who did not answer, or how many, is never said. Of actions only
    how many are in which state: their words are who does what by when, and so hold names. Of what was chosen only
    what everyone chose among the programme's own options; of what groups settled by themselves (`across`), how many
    groups. `said`: the words of released findings, in the series' `language`, to see which belong together.
    """
    released = sorted((row for row in findings if row.released), key=lambda row: lot(route.round, row.reply))
    sides = _sides(route.round, released)
    numbered = tuple(
        Numbered(n, row.reply, row.words, sides[row.circle]) for n, row in enumerate(released, 1)
    )
    states = Counter(row.state.replace("-", "_") for row in actions)
    return ManagerRecap(
        round=route.round,
        groups=turnout.groups,
        of=turnout.of,
        people=turnout.people if turnout.people >= FEW else None,
        findings=numbered,
        actions=ActionCounts(**states),
        levels=levels,
        chosen=tuple(one for one in chosen if one.plenum and one.options),
        common=_common(numbered, said, language),
        across=across,
    )


def _sides(salt: str, released: Iterable[FindingRow]) -> dict[int, int]:
    """By circle, its number in this recap, drawn by lot; 0 where it is not known whose a finding is."""
    drawn = sorted({row.circle for row in released if row.circle}, key=lambda circle: lot(salt, circle))
    return {0: 0} | {circle: n for n, circle in enumerate(drawn, 1)}


def _common(
    numbered: Sequence[Numbered], said: Mapping[int, str] | None, language: str
) -> tuple[tuple[int, ...], ...] | None:
    """None: there are not findings of two groups, so there is nothing to compare."""
    if said is None or len({one.side for one in numbered}) < 2:
        return None
    return together(
        (Told(one.reply, one.side, said[one.reply]) for one in numbered if one.reply in said), language
    )


def arranged(
    recap: ManagerRecap, themes: tuple[tuple[int, ...], ...] | None, asks: tuple[int, ...] = ()
) -> ManagerRecap:
    """The recap as a coordinator has arranged it: what belongs together, and what asks something of managers."""
    if recap.findings is None:
        return recap
    there = {one.reply for one in recap.findings}
    asked = tuple(one.reply for one in recap.findings if one.reply in asks)
    if themes is None:
        return replace(recap, asks=asked)
    left = tuple(tuple(reply for reply in theme if reply in there) for theme in themes)
    return replace(recap, common=tuple(filter(None, left)), placed=True, asks=asked)


def since(recap: ManagerRecap, before: ManagerRecap | None) -> ManagerRecap:
    """The recap with what managers were told the time before."""
    if before is None:
        return recap
    told = Before(before.groups, before.of, before.people, before.actions)
    return replace(recap, before=told)


def counts_only(recap: ManagerRecap) -> ManagerRecap:
    """What may go out when nobody has approved it in time. That no findings were released is a count."""
    findings = None if recap.findings else recap.findings
    return replace(recap, findings=findings, levels=(), common=None, asks=(), across=())
