"""A recap as parts of a message: keys and references, the most important first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import asdict

from flows.message import (
    Action,
    Answer,
    Content,
    Finding,
    Heading,
    Part,
    Points,
    Quote,
    line,
    programme,
    text,
)
from flows.recap.shapes import ActionCounts, Decision, GroupRecap, ManagerRecap, Numbered, Point


def parts(recap: GroupRecap | ManagerRecap, *, automatic: bool = False) -> tuple[Part, ...]:
    """What a recap says. `automatic`: no coordinator has looked at it.

    The texts of the programme are found under the recap's own round.
    """
    return _for_managers(recap) if isinstance(recap, ManagerRecap) else _for_group(recap, automatic)


def _for_group(recap: GroupRecap, automatic: bool) -> tuple[Part, ...]:
    """Findings before questions: what the group itself found most important is read first."""
    shown: list[Part] = [Heading(text("recap.title", theme=programme("rounds", recap.round, "theme")))]
    if automatic:
        shown.append(line("recap.automatic"))
    shown += _section("recap.findings", [Finding(row.reply) for row in recap.findings])
    shown += _chosen(recap.round, recap.chosen)
    for question in recap.questions:
        shown += [
            Heading(programme("rounds", recap.round, *question.step.split(".")), question.note),
            *_by_rule(question.points),
        ]
    if recap.reflections:
        shown += [Heading(text("recap.reflections")), *_by_rule(recap.reflections)]
    shown += _section("recap.others", [Finding(row.reply, outside=True) for row in recap.others])
    if recap.others and recap.more:
        shown.append(line("recap.others-more", n=recap.more))
    if recap.plenum:
        shown += [Heading(text("recap.plenum")), *_by_rule(recap.plenum)]
    shown += _section("recap.actions", [Action(row.reply) for row in recap.actions])
    unanswered = [programme("rounds", recap.round, *step.split(".")) for step in recap.unanswered]
    return (*shown, *_section("recap.unanswered", unanswered))


def _chosen(name: str, chosen: Iterable[Decision]) -> list[Part]:
    shown: list[Part] = []
    for one in chosen:
        asked = programme("rounds", name, *one.step.split("."))
        options: list[Content] = [programme("rounds", name, *option.split(".")) for option in one.options]
        if one.levels:
            agreed = zip(one.options, one.levels, strict=True)
            options = [
                text("level.item", item=programme("rounds", name, *item.split(".")), n=n)
                for item, n in agreed
            ]
        listed = Points((*options, *map(Quote, one.replies)))
        head = text("recap.chosen-by-all" if one.plenum else "recap.chosen", what=asked)
        shown += [Heading(asked if one.levels else head), listed]
    return shown


def _section(key: str, items: Sequence[Content]) -> list[Part]:
    return [Heading(text(key)), Points(tuple(items))] if items else []


def _by_rule(points: Iterable[Point]) -> list[Part]:
    """The group's own note as it is; what a rule chose is called so."""
    noted = tuple(_words(one) for one in points if one.why == "note")
    ruled = tuple(_words(one) for one in points if one.why != "note")
    note: list[Part] = [Points(noted)] if noted else []
    return [*note, line("recap.points-by-rule"), Points(ruled)] if ruled else note


def _words(point: Point) -> Content:
    quoted = Answer(point.replies) if len(point.replies) > 1 else Quote(point.replies[0])
    return text("recap.late", words=quoted) if point.late else quoted


def _for_managers(recap: ManagerRecap) -> tuple[Part, ...]:
    shown: list[Part] = [
        Heading(text("manager.title", title=programme("rounds", recap.round, "title"))),
        line("manager.took-part", n=recap.groups, m=recap.of),
    ]
    if recap.people is not None:
        shown.append(line("manager.people", n=recap.people))
    shown += _numbered(recap.findings)
    for spread in recap.levels:
        asked = programme("rounds", recap.round, spread.step, "ask")
        shown += [Heading(asked), line("levels.shown", n=len(spread.replies)), spread]
    shown += _chosen(recap.round, recap.chosen)
    if recap.actions != ActionCounts():
        shown.append(line("manager.actions", **asdict(recap.actions)))
    return tuple(shown)


def _numbered(findings: tuple[Numbered, ...] | None) -> list[Part]:
    if findings is None:
        return [line("manager.counts-only")]
    if not findings:
        return [line("manager.no-findings")]
    listed = tuple(Finding(one.reply, outside=True) for one in findings)
    numbers = tuple(one.number for one in findings)
    return [Heading(text("manager.findings")), Points(listed, numbered=True, numbers=numbers)]
