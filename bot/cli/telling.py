"""Plans, series and rehearsals as lines of text, in local time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from textwrap import wrap

from adapters.port import Spoken
from bot.library import form_title
from bot.series import dates
from bot.series.grouping import EVERYONE, MANAGERS
from bot.series.holidays import holidays_between
from bot.series.making import channel_of
from bot.series.moving import spoken
from bot.series.overview import Meeting, View
from bot.series.planning import Plan
from bot.series.rehearsal import Rehearsed, Shown
from flows.calendar import local_moment

#: Characters in a line of a message.
WIDTH = 78
#: Circles that are named where they get the same; there may be a thousand.
NAMED = 8
NOT_SHOWN = (
    "Not shown, because it depends on what people write: receipts, help, notes, the release of findings, actions "
    "and their follow-up. Status lines at the top of a thread are rewritten in place."
)


# -- a plan


def of_plan(plan: Plan, called: str | None = None) -> Iterator[str]:
    """`called`: how the series is called, once it is made. Then each group's place is named too, for runda chat."""
    wish = plan.wish
    rounds = plan.content.programme.rounds
    texts = plan.content.texts[plan.language]
    tentative = ", tentative: nothing starts until it is confirmed" if wish.tentative else ""
    form = wish.form or next(iter(plan.content.programme.forms), "")
    timed = f"{form_title(plan.content, plan.language, form)}, " if form else ""
    yield f"{wish.name}: {timed}{wish.pace}, {plan.language}, times in {plan.zone}{tentative}"
    before: date | None = None
    for each in plan.sittings:
        yield from (f"       {line}" for line in between(before, each.moment.on, plan.zone))
        before = each.moment.on
        title = texts["rounds"][rounds[each.number - 1].round]["title"]
        yield f"  {each.number:>2}.  {spoken(each.moment)}, {_until(plan, each)}  {title}"
    yield ""
    for number, group in plan.numbered:
        names = (f"{one.name} (note-taker)" if one in group.note_takers else one.name for one in group.people)
        home = plan.homes.of_group(group)
        channel = (
            f"{home.platform} {home.id}"
            if home
            else channel_of(called, number)
            if called and not plan.homes.named
            else ""
        )
        where = f" ({channel})" if channel else ""
        yield f"  {group.name}{where}: {', '.join(names)}"
    if called and plan.plenums:
        everyone = plan.homes.of_everyone(plan.groups, meets=True)
        named = "by a code" if plan.homes.named else channel_of(called, None)
        channel = f"{everyone.platform} {everyone.id}" if everyone else named
        yield f"  {EVERYONE[plan.language]} ({channel}): all of them"
    for role, people in (("Coordinator", wish.coordinator), ("Manager", wish.manager)):
        if people:
            yield f"  {role}: {', '.join(one.name for one in people)}"
    if (shared := plan.homes.of_managers(plan.groups)) is not None:
        yield f"  {MANAGERS[plan.language]} ({shared.platform} {shared.id}): recaps for managers are posted there too"
    yield ""
    for warning in plan.warnings:
        yield f"Mind: {warning}"


def _until(plan: Plan, sitting: dates.Sitting) -> str:
    end = local_moment(plan.ends(sitting), plan.zone)
    return f"until {end.at:%H:%M}" if end.on == sitting.moment.on else f"open until {spoken(end)}"


def between(earlier: date | None, later: date, zone: str) -> Iterator[str]:
    """What lies between two days: clock changes, and public holidays."""
    if earlier is None:
        return
    for day, by in dates.clock_changes(earlier, later, zone):
        way = "forward" if by > timedelta(0) else "back"
        yield f"(the clock is put {way} on {day}; sessions keep their local time)"
    if free := [f"{day}, {name}" for day, name in holidays_between(earlier, later, zone)]:
        yield f"(no working day between these sessions: {'; '.join(free)})"


# -- a series


def of_view(view: View, waiting: Sequence[str] = ()) -> Iterator[str]:
    """`waiting`: what needs somebody, in words."""
    until = f" until {view.until}" if view.status == "paused" and view.until else ""
    yield f"{view.title} ({view.called}): {view.status}{until}"
    writes = "one writes for a table" if view.answering == "table" else "each writes"
    yield f"{view.programme}, {view.pace}, {writes}, {view.language}, times in {view.zone}"
    yield ""
    if view.next is not None:
        yield f"Next: session {view.next.number}, {spoken(view.next.moment)}"
        yield ""
    yield from (f"Look at this: {each}" for each in waiting)
    if waiting:
        yield ""
    for meeting in view.meetings:
        yield f"  {meeting.number:>2}.  {spoken(meeting.moment)}  {meeting.status:<9}  {meeting.title}"
        yield from _circles(meeting)
    yield ""
    for under, names in view.people.items():
        yield f"  {under}: {', '.join(names)}"
    if view.undivided:
        yield f"  No groups yet. Divide those who take part: runda series divide {view.called}"


def _circles(meeting: Meeting) -> Iterator[str]:
    """Where each circle stands; nothing where they all just wait for the meeting."""
    if any(each.stands != "waits for its time" for each in meeting.circles):
        for each in meeting.circles:
            yield f"         {each.name}: {each.stands}"


# -- a rehearsal


def of_rehearsal(meetings: Sequence[Rehearsed], title: str, zone: str) -> Iterator[str]:
    if not meetings:
        yield f"Nothing is left to be sent in {title}: no session waits for a date."
        return
    yield f"{title}: what will be sent, if nobody writes anything but that they are here. Times in {zone}."
    before: date | None = None
    for meeting in meetings:
        at = local_moment(meeting.starts_at, zone)
        yield ""
        yield from between(before, at.on, zone)
        closed = dates.closed_day(at.on, zone)
        yield f"Session {meeting.number}, {spoken(at)}{f' ({closed})' if closed else ''}"
        before = at.on
        if not meeting.shown:
            yield "  It does not open before those who take part are divided into groups."
        yield from _messages(meeting.shown, at.on, zone)
    yield ""
    yield from wrap(NOT_SHOWN, WIDTH)


def _messages(shown: Sequence[Shown], day: date, zone: str) -> Iterator[str]:
    where: tuple[str, ...] = ()
    for each in shown:
        at = local_moment(each.at, zone)
        if at.on != day:
            day = at.on
            yield f"  {day:%A} {day}"
        if each.circles != where:
            where = each.circles
            yield f"  In {_several(where)}:"
        first, *rest = _lines(each)
        yield f"    {at.at:%H:%M}  {first}"
        yield from (f"           {line}".rstrip() for line in rest)


def _several(circles: Sequence[str]) -> str:
    more = len(circles) - NAMED
    return ", ".join(circles) if more <= 0 else f"{', '.join(circles[:NAMED])} and {more} more"


def _lines(shown: Shown) -> list[str]:
    to = {
        "person": f"(to each of {shown.people}, alone)" if shown.people > 1 else "(to one person, alone)",
        "coordinators": "(to the coordinators)",
    }.get(shown.to)
    return [*([to] if to else []), *_words(shown.spoken)]


def _words(said: Spoken) -> list[str]:
    lines = []
    for block in said.blocks:
        mark = {"heading": "# ", "item": "- "}.get(block.kind, "")
        for paragraph in f"{mark}{block.words}".splitlines():
            lines += wrap(paragraph, WIDTH) or [""]
    if said.labels:
        lines.append(" ".join(f"[{label.words}]" for label in said.labels))
    return lines or [""]
