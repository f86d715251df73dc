"""A recap as parts of a message: keys and references, the most important first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import get_args

from msgspec.structs import replace

from flows.message import (
    Action,
    Answer,
    Content,
    Finding,
    Heading,
    Moment,
    Name,
    Numbers,
    Part,
    Points,
    Quote,
    Response,
    Text,
    Theme,
    line,
    programme,
    text,
)
from flows.recap.shapes import (
    ActionCounts,
    ActionState,
    Decision,
    FromUnit,
    GroupRecap,
    IdeaCount,
    ManagerRecap,
    Numbered,
    Point,
)

#: Findings that one screen has room for beside the rest, and lines of what is common.
SCREEN, THEMES = 12, 5


def parts(
    recap: GroupRecap | ManagerRecap, *, automatic: bool = False, approved: bool = False, short: bool = False
) -> tuple[Part, ...]:
    """What a recap says. `automatic`: no coordinator has looked at it; `approved`: one has, and as it stood then it
    stays. `short`: as much as one screen holds.

    The texts of the programme are found under the recap's own round.
    """
    return (
        _for_managers(recap, short)
        if isinstance(recap, ManagerRecap)
        else _for_group(recap, automatic, approved)
    )


def _for_group(recap: GroupRecap, automatic: bool, approved: bool) -> tuple[Part, ...]:
    """Findings before questions: what the group itself found most important is read first."""
    shown: list[Part] = [Heading(text("recap.title", theme=programme("rounds", recap.round, "theme")))]
    if automatic:
        shown.append(line("recap.automatic"))
    shown += _section("recap.findings", [Finding(row.reply) for row in recap.findings])
    shown += _chosen(recap.round, recap.chosen)
    for question in recap.questions:
        shown += [
            Heading(programme("rounds", recap.round, *question.step.split(".")), question.note),
            *_by_rule(question.points, recap.round, question.columns),
        ]
    if recap.reflections:
        shown += [Heading(text("recap.reflections")), *_by_rule(recap.reflections)]
    shown += _section("recap.others", [Finding(row.reply, outside=True) for row in recap.others])
    if recap.others and recap.more:
        shown.append(line("recap.others-more", n=recap.more))
    if recap.plenum:
        shown += [Heading(text("recap.plenum")), *_by_rule(recap.plenum)]
    actions = [Action(row.reply, row.state if approved else "") for row in recap.actions]
    shown += _section("recap.actions", actions)
    shown += _section("recap.answers", [Response(one.response, one.reply) for one in recap.answers])
    unanswered = [programme("rounds", recap.round, *step.split(".")) for step in recap.unanswered]
    shown += _section("recap.unanswered", unanswered)
    said = (*(one for each in recap.questions for one in each.points), *recap.reflections, *recap.plenum)
    return (*shown, line("recap.points-by-rule")) if any(one.why != "note" for one in said) else tuple(shown)


def _chosen(name: str, chosen: Iterable[Decision], *, voted: bool = False) -> list[Part]:
    """`voted`: among what the programme names, where there is always a vote."""
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
        by_all = text("manager.chosen" if voted else "recap.chosen-by-all", what=asked)
        head = by_all if one.plenum else text("recap.chosen", what=asked)
        shown += [Heading(asked if one.levels else head), listed]
    return shown


def _section(key: str, items: Sequence[Content]) -> list[Part]:
    return [Heading(text(key)), Points(tuple(items))] if items else []


def _by_rule(points: Iterable[Point], name: str = "", columns: Iterable[str] = ()) -> list[Part]:
    """The group's own note as it is, with columns where it is a table; what a rule chose is told apart from it.

    That a rule chose all but notes is said once, at the end.
    """
    heads = tuple(programme("rounds", name, *each.split(".")) for each in columns)
    noted = tuple(_words(one) for one in points if one.why == "note")
    ruled = tuple(_words(one) for one in points if one.why != "note")
    if not noted:
        return [Points(ruled)] if ruled else []
    besides: list[Part] = [line("recap.besides"), Points(ruled)] if ruled else []
    return [Points(noted, columns=heads), *besides]


def _words(point: Point) -> Content:
    quoted = Answer(point.replies) if len(point.replies) > 1 else Quote(point.replies[0])
    return text("recap.late", words=quoted) if point.late else quoted


# -- for managers


def _for_managers(recap: ManagerRecap, short: bool) -> tuple[Part, ...]:
    """`short`: what one screen holds; that is never less than what is asked of managers."""
    title = text("manager.title", title=_title(recap.round))
    if recap.rounds:
        title = text("manager.whole", title=programme("title"))
    shown: list[Part] = [Heading(title), line("manager.took-part", n=recap.groups, m=recap.of)]
    if recap.people is not None:
        shown.append(line("manager.people", n=recap.people))
    if recap.rounds:
        shown.append(Points(tuple(map(_turnout, recap.rounds))))
    shown += _common(recap, short)
    shown += _numbered(recap, short)
    shown += [part for one in recap.rounds for part in _of_round(one)] or _counted(recap)
    if counts := _actions(recap.actions):
        shown.append(line("manager.actions", states=counts))
    return (*shown, *_section("manager.ideas", [_ideas(one) for one in recap.ideas]), *_since(recap))


def _turnout(recap: ManagerRecap) -> Text:
    groups = text("manager.round", title=_title(recap.round), n=recap.groups, m=recap.of)
    return groups if recap.people is None else text("manager.came", groups=groups, n=recap.people)


def _from(one: FromUnit) -> Text:
    unit = Name("unit", one.unit) if one.unit else text("manager.elsewhere")
    return text("manager.unit", unit=unit, n=one.n)


def _ideas(one: IdeaCount) -> Text:
    return text("manager.idea", status=text(f"idea.status.{one.status}"), n=one.n, since=Moment(one.since))


def _title(name: str) -> Text:
    return programme("rounds", name, "title")


# -- what the groups have in common


def _common(recap: ManagerRecap, short: bool) -> list[Part]:
    """One line for what belongs together, naming its findings; what only one group has; that nothing is common.

    What is left of something common when another group has taken its part back is neither: nothing is said of it.
    """
    if recap.common is None or not recap.findings:
        return []
    numbers = {one.reply: one.number for one in recap.findings}
    sides = {one.reply: one.side for one in recap.findings}
    of = len(set(sides.values()))
    themes = [theme for theme in recap.common if len({sides[reply] for reply in theme}) > 1]
    kept = themes[:THEMES] if short else themes
    listed = tuple(
        Theme(
            theme,
            tuple(numbers[reply] for reply in theme),
            tuple(sides[reply] for reply in theme),
            of,
            recap.placed,
        )
        for theme in kept
    )
    shown: list[Part] = [] if recap.common else [line("manager.nothing-common")]
    if listed:
        shown += [Heading(text("manager.common")), Points(listed)]
    if len(kept) < len(themes):
        shown.append(line("manager.more", n=len(themes) - len(kept)))
    placed = {reply for theme in recap.common for reply in theme}
    alone = tuple(sorted(numbers[reply] for reply in numbers if reply not in placed))
    if alone and recap.common:
        shown.append(line("manager.differs", numbers=Numbers(alone)))
    return shown


def _numbered(recap: ManagerRecap, short: bool) -> list[Part]:
    findings = recap.findings
    if findings is None:
        return [line("manager.counts-only")]
    if not findings:
        return [line("manager.no-findings")]
    kept = _first(recap, findings) if short and len(findings) > SCREEN else findings
    order = {one.round: n for n, one in enumerate(recap.rounds)}
    under: dict[tuple[str, str], list[Numbered]] = {}
    for one in sorted(kept, key=lambda one: order.get(one.round, 0)):
        under.setdefault((one.round, one.asked), []).append(one)
    shown: list[Part] = []
    for (name, asked), listed in under.items():
        head = _own(name or recap.round, asked) if asked else text("manager.findings")
        if name:
            head = text("manager.of-round", title=_title(name), what=head)
        items = tuple(_item(name or recap.round, one) for one in listed)
        numbers = tuple(one.number for one in listed)
        shown += [Heading(head), Points(items, numbered=True, numbers=numbers)]
    if len(kept) < len(findings):
        shown.append(line("manager.more-findings", n=len(findings) - len(kept)))
    asks = tuple(one.number for one in findings if one.reply in recap.asks)
    if asks:
        shown.append(line("manager.asks", numbers=Numbers(asks)))
    return shown


def _item(name: str, one: Numbered) -> Content:
    said = Finding(one.reply, outside=True)
    return text("manager.field", field=_own(name, one.field), words=said) if one.field else said


def _own(name: str, asked: str) -> Text:
    return programme("rounds", name, *asked.split("."))


def _first(recap: ManagerRecap, findings: Sequence[Numbered]) -> tuple[Numbered, ...]:
    """What one screen has room for: what is asked, then the first of each that belongs together, then by number.

    Of several rounds the first of each come before the second of any.
    """
    leads = {theme[0] for theme in (recap.common or ())[:THEMES] if theme}
    starts: dict[str, int] = {}
    for one in findings:
        starts.setdefault(one.round, one.number)
    order = sorted(
        findings,
        key=lambda one: (
            one.reply not in recap.asks,
            one.reply not in leads,
            one.number - starts[one.round],
            one.number,
        ),
    )
    return tuple(sorted(order[:SCREEN], key=lambda one: one.number))


# -- counts


def _counted(recap: ManagerRecap) -> list[Part]:
    """Of one round: where people are from, how scores are spread, what everyone chose, what groups settled, pairs."""
    shown = _section("manager.units", [_from(one) for one in recap.units])
    for spread in recap.levels:
        shown += [
            Heading(_own(recap.round, f"{spread.step}.ask")),
            line("levels.shown", n=len(spread.replies)),
            *([line("levels.gap")] if spread.leaders else []),
            spread,
        ]
    shown += _chosen(recap.round, recap.chosen, voted=True)
    for one in recap.across:
        held = (
            text("manager.held", option=_own(recap.round, each.option), n=each.groups) for each in one.held
        )
        head = text("manager.settled", what=_own(recap.round, one.asked))
        shown += [Heading(head), line(one.counted), Points(tuple(held))]
    if recap.pairs is not None:
        shown.append(line("manager.pairs", n=recap.pairs))
    return shown


def _of_round(recap: ManagerRecap) -> list[Part]:
    """What is counted of one of several rounds, and which it is: they may have asked the same."""
    title, counted = _title(recap.round), _counted(recap)
    first = [Heading(title)] if counted and not isinstance(counted[0], Heading) else []
    named = (
        replace(each, text=text("manager.of-round", title=title, what=each.text))
        if isinstance(each, Heading)
        else each
        for each in counted
    )
    return [*first, *named]


def _actions(counts: ActionCounts) -> Text | None:
    """«2 open, 1 done»: what there is, and nothing of what there is not."""
    found = ((state, getattr(counts, state.replace("-", "_"))) for state in get_args(ActionState))
    told = [text(f"manager.state.{state}", n=n) for state, n in found if n]
    return reduce(lambda one, other: text("manager.state.both", one=one, other=other), told) if told else None


def _since(recap: ManagerRecap) -> list[Part]:
    """What has changed since the round before: counts against counts."""
    if (before := recap.before) is None:
        return []
    told: list[Part] = [line("manager.before", n=before.groups, m=before.of)]
    if before.people is not None and recap.people is not None:
        told.append(line("manager.people-before", n=before.people))
    if counts := _actions(before.actions):
        told.append(line("manager.actions-before", states=counts))
    return [Heading(text("manager.since")), *told]
