"""What a coordinator does to dates and to the course of a series."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any

from adapters.port import Blank, Block, Option, Sheet, Written
from bot import library
from bot.counter.acts import Act, runs
from bot.counter.begun import newer
from bot.counter.sheets import blank, groups, heading, item, line, sheet
from bot.counter.visit import Gone, Next, Visit, Wrong, name_of, text_of
from bot.series import changes, close_by, moving, pausing, texts, undoing
from bot.series.deciding import foreseen
from bot.series.moving import To
from bot.series.office import BEFORE, Change, Office
from flows.forms import MOVE, PAUSE, FormFaults

#: In a choice among groups: all of them.
ALL = "all"
#: All of them, and the sessions that follow.
FOLLOWING = "following"
#: How long a coordinator is close by, where nothing else is said.
WEEKS = 4


def read(visit: Visit, form: Any, written: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form. Raises Wrong, with every fault in the visitor's words."""
    try:
        values: dict[str, Any] = form.read(written)
    except FormFaults as faults:
        raise Wrong({each.field: visit.tell(each.why) for each in faults.faults}) from faults
    return values


# -- a meeting


def move_sheet(visit: Visit, number: int, which: int) -> Sheet:
    office = visit.office(number)
    at = office.moment(office.meeting(which))
    blanks = [
        blank(visit, "to", "date", "form.series-move.to", required=True, value=f"{at.on}"),
        blank(visit, "at", "time", "form.series-move.at", value=f"{at.at:%H:%M}"),
        *_for_whom(visit, office, which),
    ]
    told = line(visit.say("counter.move.now", number=which, when=at))
    return sheet(visit, "counter.title.move", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.onwards")  # fmt: skip


def _for_whom(visit: Visit, office: Office, which: int) -> list[Blank]:
    """All groups, or one that has not begun; or all groups, and the sessions that follow as well."""
    options = list(_waiting(visit, office, which))
    if any(each.number > which for each in office.meetings()):
        options.append(Option(FOLLOWING, visit.say("counter.choice.following")))
    if len(options) < 2:
        return []
    return [blank(visit, "group", "choice", "form.series-move.group", options=options, value=ALL)]


def move(visit: Visit, written: Mapping[str, Written], number: int, which: int) -> Next:
    """What it would change is shown first. Raises SeriesProblem where it cannot be."""
    office = visit.office(number)
    asked: dict[str, Any] = {name: text_of(written, name) for name in ("to", "at", "group")}
    asked["following"] = asked["group"] == FOLLOWING
    asked["group"] = "" if asked["group"] in (ALL, FOLLOWING) else asked["group"]
    values = read(visit, MOVE, asked)
    if values["at"] is not None and values["at"] == office.meeting(which).local_time:
        values["at"] = None
    to = To(**values)
    foreseen(office, lambda there: moving.move(there, which, to))
    return Next(name_of("moves", number, which, *_numbers(office, to)))


def _numbers(office: Office, to: To) -> tuple[int, ...]:
    """A new date in numbers, as the name of a sheet holds it: day, 1 and the time or 0, group or 0, what follows."""
    clock = int(f"1{to.at:%H%M}") if to.at is not None else 0
    group = office.circle(to.group).number if to.group else 0
    return int(f"{to.to:%Y%m%d}"), clock, group, int(to.following)


def _to(on: int, at: int, group: int = 0, following: int = 0) -> To:
    """Raises Gone for numbers that say no date."""
    try:
        clock = time.fromisoformat(str(at)[1:]) if at else None
        day = date.fromisoformat(str(on))
    except ValueError as problem:
        raise Gone from problem
    return To(day, clock, None, str(group) if group else None, bool(following))


def moves_sheet(visit: Visit, number: int, which: int, on: int, at: int, group: int, following: int) -> Sheet:
    """What the move would change, and for whom."""
    office, to = visit.office(number), _to(on, at, group, following)
    seen = _seen(visit, office, lambda there: moving.move(there, which, to))
    return sheet(
        visit, "counter.title.move", heading(office.series.title), *seen, submit="counter.button.move"
    )


def moves(visit: Visit, _: Mapping[str, Written], number: int, which: int, *to: int) -> Next:
    return visit.carried(_page(number, which), moving.move(visit.office(number), which, _to(*to)))


# -- a round once more


def repeat_sheet(visit: Visit, number: int, which: int) -> Sheet:
    office = visit.office(number)
    at = office.moment(office.meeting(which)).at
    blanks = [
        blank(visit, "to", "date", "form.series-move.to", required=True),
        blank(visit, "at", "time", "form.series-move.at", value=f"{at:%H:%M}"),
    ]
    told = line(visit.say("counter.repeat.how", number=which))
    return sheet(visit, "counter.title.repeat", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.onwards")  # fmt: skip


def repeat(visit: Visit, written: Mapping[str, Written], number: int, which: int) -> Next:
    """As for a move, what it would change is shown first. Raises SeriesProblem where it cannot be."""
    office = visit.office(number)
    to = To(**read(visit, MOVE.only("to", "at"), {name: text_of(written, name) for name in ("to", "at")}))
    foreseen(office, lambda there: texts.repeat(there, which, to))
    return Next(name_of("repeats", number, which, *_numbers(office, to)[:2]))


def repeats_sheet(visit: Visit, number: int, which: int, on: int, at: int) -> Sheet:
    office, to = visit.office(number), _to(on, at)
    seen = _seen(visit, office, lambda there: texts.repeat(there, which, to))
    return sheet(
        visit, "counter.title.repeat", heading(office.series.title), *seen, submit="counter.button.repeat"
    )


def repeats(visit: Visit, _: Mapping[str, Written], number: int, which: int, on: int, at: int) -> Next:
    return visit.carried(name_of("series", number), texts.repeat(visit.office(number), which, _to(on, at)))


# -- a later version of the programme


def programme_sheet(visit: Visit, number: int) -> Sheet:
    """Which sessions would use it. What has opened keeps its own."""
    office, content = visit.office(number), _newer(visit, number)
    told = line(visit.say("counter.programme.how"))
    seen = _seen(visit, office, lambda there: texts.rewrite(there, content))
    return sheet(visit, "counter.title.programme", heading(office.series.title), told, *seen,
                 submit="counter.button.programme")  # fmt: skip


def programme(visit: Visit, _: Mapping[str, Written], number: int) -> Next:
    return visit.carried(
        name_of("series", number), texts.rewrite(visit.office(number), _newer(visit, number))
    )


def _newer(visit: Visit, number: int) -> library.Content:
    """Raises Gone where there is none, or not any more."""
    content = newer(visit, visit.office(number))
    if content is None:
        raise Gone
    return content


# -- what is shown of a change, and what begins now


def _seen(visit: Visit, office: Office, act: Callable[[Office], Change]) -> Iterator[Block]:
    """What a change would say, and which groups would be told. Raises SeriesProblem where it cannot be."""
    seen = foreseen(office, act)
    yield from (line(visit.tell(each)) for each in seen.told)
    yield line(visit.say("counter.told-of-it", groups=", ".join(seen.heard)) if seen.heard
               else visit.say("counter.nobody-told"))  # fmt: skip


def start_sheet(visit: Visit, number: int, which: int) -> Sheet:
    office = visit.office(number)
    told = line(visit.say("counter.start.asks", number=which))
    return sheet(visit, "counter.title.start", heading(office.series.title), told,
                 blanks=_which_group(visit, office, which), submit="counter.button.start")  # fmt: skip


def start(visit: Visit, written: Mapping[str, Written], number: int, which: int) -> Next:
    group = text_of(written, "group")
    return visit.carried(
        _page(number, which),
        moving.start(visit.office(number), which, None if group in ("", ALL) else group),
    )


def _which_group(visit: Visit, office: Office, which: int) -> list[Blank]:
    """All groups, or one that has not begun; nothing is asked where there is only one."""
    options = list(_waiting(visit, office, which))
    if len(options) < 2:
        return []
    return [blank(visit, "group", "choice", "form.series-move.group", options=options, value=ALL)]


def _waiting(visit: Visit, office: Office, which: int) -> Iterator[Option]:
    """All groups; and, where there are several, each of those that have not begun."""
    meeting = office.meeting(which)
    waiting = {each.circle_id for each in office.sessions(meeting.id, lock=False) if each.phase in BEFORE}
    several = len(office.circles("group")) > 1
    circles = [each for each in office.circles("group") if several and each.id in waiting]
    yield from groups(visit, circles, everyone="counter.choice.all-groups")


# -- a pause


def pause_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    blanks = [
        blank(visit, "until", "date", "form.series-pause.until"),
        blank(visit, "over", "flag", "form.series-pause.over"),
    ]
    told = line(visit.say("counter.pause.asks"))
    return sheet(visit, "counter.title.pause", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.onwards")  # fmt: skip


def pause(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    """As for a move, what it would change is shown first. Raises SeriesProblem where it cannot be."""
    values = read(visit, PAUSE, {"until": text_of(written, "until"), "over": bool(written.get("over"))})
    foreseen(visit.office(number), lambda there: pausing.pause(there, **values))
    until = f"{values['until']:%Y%m%d}" if values["until"] else 0
    return Next(name_of("pauses", number, until, int(values["over"])))


def _until(until: int, over: int) -> dict[str, Any]:
    return {"until": _to(until, 0).to if until else None, "over": bool(over)}


def pauses_sheet(visit: Visit, number: int, until: int, over: int) -> Sheet:
    office, how = visit.office(number), _until(until, over)
    seen = _seen(visit, office, lambda there: pausing.pause(there, **how))
    return sheet(
        visit, "counter.title.pause", heading(office.series.title), *seen, submit="counter.button.pause"
    )


def pauses(visit: Visit, _: Mapping[str, Written], number: int, until: int, over: int) -> Next:
    change = pausing.pause(visit.office(number), **_until(until, over))
    return visit.carried(name_of("series", number), change)


# -- close by for a while


def close_by_sheet(visit: Visit, number: int) -> Sheet:
    """Which groups are asked between sessions, and until when; and for how many weeks from now."""
    office = visit.office(number)
    circles = office.circles("group")
    told = [
        item(visit.say("counter.close-by.until", group=each.name, at=each.close_until))
        for each in circles
        if each.close_until is not None and each.close_until > visit.now
    ]
    blanks = [
        blank(visit, "weeks", "number", "counter.blank.weeks", hint="counter.blank.weeks-hint", required=True,
              value=str(WEEKS)),
    ]  # fmt: skip
    if len(circles) > 1:
        options = list(groups(visit, circles, everyone="counter.choice.all-groups"))
        blanks.append(blank(visit, "group", "choice", "form.series-move.group", options=options, value=ALL))
    how = line(visit.say("counter.close-by.how"))
    return sheet(visit, "counter.title.close-by", heading(office.series.title), how, *told, blanks=blanks,
                 submit="counter.button.decide")  # fmt: skip


def be_close_by(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    weeks, group = text_of(written, "weeks"), text_of(written, "group")
    if not (weeks.isascii() and weeks.isdecimal()):
        raise Wrong({"weeks": visit.say("form.why.number", written=weeks)})
    change = close_by.decide(visit.office(number), int(weeks), None if group in ("", ALL) else group)
    return visit.carried(name_of("series", number), change)


def _page(number: int, which: int) -> str:
    return name_of("meeting", number, which)


# -- acts that are only confirmed


def _asking(key: str, submit: str, title: str, act: Callable[..., Change]) -> Callable[..., Sheet]:
    """A sheet that asks whether it is meant, and shows what would change, and for whom."""

    def ask(visit: Visit, number: int, which: int = 0) -> Sheet:
        office = visit.office(number)
        told = visit.say(key, number=office.meeting(which).number) if which else visit.say(key)
        seen = _seen(visit, office, lambda there: act(there, which) if which else act(there))
        return sheet(visit, title, heading(office.series.title), line(told), *seen, submit=submit)

    return ask


def _doing(act: Callable[..., Change]) -> Callable[..., Next]:
    """Carry out a change of a series, or of one meeting of it."""

    def do(visit: Visit, _: Mapping[str, Written], number: int, which: int = 0) -> Next:
        office = visit.office(number)
        change = act(office, which) if which else act(office)
        return visit.carried(_page(number, which) if which else name_of("series", number), change)

    return do


def _one_or_all(one: Callable[..., Sheet], all_: Callable[..., Sheet]) -> Callable[..., Sheet]:
    def ask(visit: Visit, number: int, which: int = 0) -> Sheet:
        return one(visit, number, which) if which else all_(visit, number)

    return ask


_confirm = _one_or_all(
    _asking("counter.confirm.one", "counter.button.confirm", "counter.title.confirm", changes.confirm),
    _asking("counter.confirm.all", "counter.button.confirm-all", "counter.title.confirm", changes.confirm),
)
_cancel = _asking("counter.cancel.one", "counter.button.cancel", "counter.title.cancel", changes.cancel)
_stop = _asking("counter.cancel.all", "counter.button.cancel-series", "counter.title.cancel", changes.cancel)
_resume = _asking("counter.resume.asks", "counter.button.resume", "counter.title.resume", pausing.resume)
_undo = _asking("counter.undo.asks", "counter.button.undo", "counter.title.undo", undoing.undo)

ACTS = (
    Act("move", runs, move_sheet, move),
    Act("moves", runs, moves_sheet, moves),
    Act("repeat", runs, repeat_sheet, repeat),
    Act("repeats", runs, repeats_sheet, repeats),
    Act("programme", runs, programme_sheet, programme),
    Act("start", runs, start_sheet, start),
    Act("confirm", runs, _confirm, _doing(changes.confirm)),
    Act("cancel", runs, _cancel, _doing(changes.cancel)),
    Act("stop", runs, _stop, _doing(changes.cancel)),
    Act("pause", runs, pause_sheet, pause),
    Act("pauses", runs, pauses_sheet, pauses),
    Act("resume", runs, _resume, _doing(pausing.resume)),
    Act("undo", runs, _undo, _doing(undoing.undo)),
    Act("close-by", runs, close_by_sheet, be_close_by),
)
