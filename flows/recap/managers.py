"""The managers' recap: one round across groups, or all rounds so far, from what was released and from counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from flows.kinds.finding import Release
from flows.levels import FEW
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
    FromUnit,
    ManagerRecap,
    Numbered,
    Turnout,
)


def compile_manager(
    route: Route,
    turnout: Turnout,
    findings: Iterable[FindingRow] = (),
    actions: Iterable[ActionRow] = (),
    levels: tuple[Levels, ...] = (),
    chosen: tuple[Decision, ...] = (),
    *,
    across: tuple[Across, ...] = (),
    paired: Turnout | None = None,
    said: Mapping[int, str] | None = None,
    language: str = "",
) -> ManagerRecap:
    """The recap of one round across groups, for managers.

    Only findings that their circle released, in an order drawn by lot, which says nothing of who put them
    forward; lines of notes and forms that were released with them stand under what they answer, and those of one form
    together. People are counted from five up; who did not answer, or how many, is never said. Of actions only
    how many are in which state: their words are who does what by when, and so hold names. Of what was chosen only
    what everyone chose among the programme's own options; of what groups settled by themselves (`across`), how many
    groups; of pairs (`paired`: groups are the pairs), how many. `said`: the words of released findings, in the series'
    `language`, to see which belong together.
    """
    released = [row for row in findings if row.released]
    sides, places = _sides(route.round, released), _placed(route)
    order = {place: n for n, place in enumerate(places, 1)}

    def turn(row: FindingRow) -> tuple[int, int, int, bytes]:
        """What was put forward by itself first; then question by question, and of a form group by group."""
        asked, field = places.get(row.step or "", ("", ""))
        first = next((n for place, n in order.items() if asked and places[place][0] == asked), 0)
        return (
            first,
            sides[row.circle] if field else 0,
            order.get(row.step or "", 0),
            lot(route.round, row.reply),
        )

    numbered = tuple(
        Numbered(n, row.reply, row.words, sides[row.circle], *places.get(row.step or "", ("", "")))
        for n, row in enumerate(sorted(released, key=turn), 1)
    )
    states = Counter(row.state.replace("-", "_") for row in actions)
    return ManagerRecap(
        round=route.round,
        groups=turnout.groups,
        of=turnout.of,
        people=_aloud(turnout.people),
        findings=numbered,
        actions=ActionCounts(**states),
        levels=levels,
        chosen=tuple(one for one in chosen if one.plenum and one.options),
        common=_common(numbered, said, language),
        across=across,
        pairs=paired.groups if paired and _aloud(paired.people) else None,
    )


def _aloud(people: int) -> int | None:
    """Fewer people are not counted aloud: a manager may know them all (programmes.md section 8, anonymity)."""
    return people if people >= FEW else None


def from_units(counts: Mapping[int, int]) -> tuple[FromUnit, ...]:
    """How many people came from each unit (0: not known), the most first; what is smaller than five is told together.

    If those left over were fewer than five too, they would be what is missing from the sum: the next unit joins them.
    """
    left = sum(counts.values())
    shown: list[FromUnit] = []
    for n, unit in sorted(((n, unit) for unit, n in counts.items() if unit and n >= FEW), reverse=True):
        shown.append(FromUnit(unit, n))
        left -= n
    while shown and 0 < left < FEW:
        left += shown.pop().n
    return (*shown, FromUnit(0, left)) if shown and left else tuple(shown)


def _placed(route: Route) -> dict[str, tuple[str, str]]:
    """Where lines are written that are put forward with findings: what they answer there, and in which field."""
    also = {name for step in route.steps if isinstance(step, Release) for name in step.also}
    asked = ((place, step) for step in route.steps for place in step.topics() or (step.id,))
    return {
        place: (step.question, place if "." in place and place != step.question else "")
        for place, step in asked if {place, step.id} & also
    }  # fmt: skip


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


# -- the whole series


def compile_whole(
    rounds: Sequence[ManagerRecap], turnout: Turnout, findings: Iterable[FindingRow], said: Mapping[int, str],
    language: str,
) -> ManagerRecap:  # fmt: skip
    """The recap of all these rounds, at least one; `rounds` are their own, in order, `findings` of all of them.

    Findings are numbered through; what is common is sought over rounds as well as groups. A scale that was asked
    several times is shown once: how it stood last, with how it stood first. Actions and
    ideas are counted as they stand now.
    """
    last, circles = rounds[-1], {row.reply: row for row in findings}
    sides = _sides("whole", circles.values())
    listed = ((one.round, each) for one in rounds for each in one.findings or ())
    numbered = tuple(
        replace(each, number=n, round=name, side=sides[circles[each.reply].circle])
        for n, (name, each) in enumerate(listed, 1)
    )
    shown = dict(_first_and_last(rounds))
    return ManagerRecap(
        round=last.round,
        groups=turnout.groups,
        of=turnout.of,
        people=_aloud(turnout.people),
        findings=numbered,
        actions=last.actions,
        ideas=last.ideas,
        common=_common(numbered, said, language),
        rounds=tuple(
            replace(one, findings=(), common=None, before=None, levels=shown.get(one.round, ()))
            for one in rounds
        ),
    )


def _first_and_last(rounds: Sequence[ManagerRecap]) -> Iterator[tuple[str, tuple[Levels, ...]]]:
    """By round, the scales that were shown there for the last time, with the first time of each."""
    shown = [(one.round, each) for one in rounds for each in one.levels]
    first = {(each.step, each.names): each for _, each in reversed(shown)}
    last = {(each.step, each.names): name for name, each in shown}
    for one in rounds:
        here = (each for each in one.levels if last[each.step, each.names] == one.round)
        yield one.round, tuple(_since(each, first[each.step, each.names]) for each in here)


def _since(levels: Levels, first: Levels) -> Levels:
    # Of leaders and others no change is shown: all together, beside either side, would tell of the other.
    again = first.replies != levels.replies and not (first.leaders or levels.leaders)
    return replace(levels, before=first.replies if again else (), first=again)


# -- as a coordinator has it


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
    return replace(recap, findings=findings, levels=(), chosen=(), common=None, asks=(), across=())
