"""What a coordinator does to dates and to the course of a series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.port import Blank, Option, Sheet, Written
from bot.counter.acts import Act, runs
from bot.counter.sheets import blank, groups, heading, line, sheet
from bot.counter.visit import Next, Visit, Wrong, name_of, text_of
from bot.series import changes, moving
from bot.series.moving import To
from bot.series.office import BEFORE, Change, Office
from flows.forms import MOVE, FormFaults

#: In a choice among groups: all of them.
ALL = "all"


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
        *_which_group(visit, office, which),
    ]
    told = line(visit.say("counter.move.now", number=which, when=at))
    return sheet(visit, "counter.title.move", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.move")  # fmt: skip


def move(visit: Visit, written: Mapping[str, Written], number: int, which: int) -> Next:
    office = visit.office(number)
    asked = {name: text_of(written, name) for name in ("to", "at", "group")}
    asked["group"] = "" if asked["group"] == ALL else asked["group"]
    values = read(visit, MOVE, asked)
    if values["at"] is not None and values["at"] == office.meeting(which).local_time:
        values["at"] = None
    return visit.carried(_page(number, which), moving.move(office, which, To(**values)))


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
    meeting = office.meeting(which)
    waiting = {each.circle_id for each in office.sessions(meeting.id, lock=False) if each.phase in BEFORE}
    circles = [each for each in office.circles("group") if each.id in waiting]
    if len(office.circles("group")) < 2:
        return []
    options: list[Option] = list(groups(visit, circles, everyone="counter.choice.all-groups"))
    return [blank(visit, "group", "choice", "form.series-move.group", options=options, value=ALL)]


def _page(number: int, which: int) -> str:
    return name_of("meeting", number, which)


# -- acts that are only confirmed


def _asking(key: str, submit: str, title: str) -> Callable[..., Sheet]:
    """A sheet that asks whether it is meant."""

    def ask(visit: Visit, number: int, which: int = 0) -> Sheet:
        office = visit.office(number)
        told = visit.say(key, number=office.meeting(which).number) if which else visit.say(key)
        return sheet(visit, title, heading(office.series.title), line(told), submit=submit)

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
    _asking("counter.confirm.one", "counter.button.confirm", "counter.title.confirm"),
    _asking("counter.confirm.all", "counter.button.confirm-all", "counter.title.confirm"),
)
_cancel = _asking("counter.cancel.one", "counter.button.cancel", "counter.title.cancel")
_stop = _asking("counter.cancel.all", "counter.button.cancel-series", "counter.title.cancel")
_pause = _asking("counter.pause.asks", "counter.button.pause", "counter.title.pause")
_resume = _asking("counter.resume.asks", "counter.button.resume", "counter.title.resume")
_undo = _asking("counter.undo.asks", "counter.button.undo", "counter.title.undo")

ACTS = (
    Act("move", runs, move_sheet, move),
    Act("start", runs, start_sheet, start),
    Act("confirm", runs, _confirm, _doing(changes.confirm)),
    Act("cancel", runs, _cancel, _doing(changes.cancel)),
    Act("stop", runs, _stop, _doing(changes.cancel)),
    Act("pause", runs, _pause, _doing(changes.pause)),
    Act("resume", runs, _resume, _doing(changes.resume)),
    Act("undo", runs, _undo, _doing(moving.undo)),
)
