"""One series, and one meeting of it: where everything stands, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.port import Block, Label, Sheet
from bot.counter.acts import Act, sees
from bot.counter.begun import newer
from bot.counter.sheets import button, heading, item, line, sheet
from bot.counter.visit import Gone, Visit
from bot.series import curating, overview, signing, undoing
from bot.series.office import Office
from bot.series.overview import Circle, Listed, Meeting, View, view

#: Of a meeting: what can be moved, and what can be cancelled.
MOVABLE = ("tentative", "confirmed", "open", "missed", "cancelled")
LEFT = ("tentative", "confirmed", "open", "missed")


def series(visit: Visit, number: int) -> Sheet:
    """A series: its meetings, its people in short, and what stands in its way."""
    office = visit.office(number)
    found = view(office)
    blocks = [heading(found.title), line(_state(visit, found)), *troubles(visit, office)]
    blocks += [_meeting(visit, number, each) for each in found.meetings]
    return sheet(visit, "counter.title.series", *blocks, labels=_labels(visit, office, found))


def status(visit: Visit, found: View | Listed) -> str:
    """How a series stands, and until when it is paused."""
    if found.status == "paused" and found.until is not None:
        return visit.say("counter.status.paused-until", until=found.until)
    return visit.say(f"counter.status.{found.status}")


def _state(visit: Visit, found: View) -> str:
    words = status(visit, found)
    if found.next is None:
        return words
    return visit.say("counter.series.next", status=words, number=found.next.number, when=found.next.moment)


def _meeting(visit: Visit, number: int, each: Meeting) -> Block:
    """A meeting in a line; where each circle stands, only where they do not all just wait for it."""
    words = visit.say(
        "counter.series.meeting", number=each.number, title=each.title, when=each.moment,
        status=visit.say(f"counter.status.{each.status}"),
    )  # fmt: skip
    more = [stands(visit, one) for one in each.circles if _tells(one)]
    return item(
        "\n".join([words, *more]), button(visit, "counter.button.open", "meeting", number, each.number)
    )


def _tells(circle: Circle) -> bool:
    return any(part.code not in ("stands.waits", "stands.to-confirm") for part in circle.parts)


def stands(visit: Visit, circle: Circle) -> str:
    """Where a circle stands, in the visitor's words."""
    return f"{circle.name}: {', '.join(_part(visit, part) for part in circle.parts)}"


def _part(visit: Visit, part: Any) -> str:
    if part.code == "stands.step":
        step = f"counter.step.{part.params['step']}"
        return visit.say(step if step in visit.catalogue else "counter.step.other")
    return visit.tell(part)


def _labels(visit: Visit, office: Office, found: View) -> Iterator[Label]:
    number = office.series.id
    if not visit.visitor.runs(number):
        yield button(visit, "counter.button.people", "people", number)
    elif found.status == "cancelled":
        yield button(visit, "counter.button.recaps", "recaps", number)
    else:
        yield from _for_coordinators(visit, office, found)
    if visit.visitor.runs(number):
        yield button(visit, "counter.button.rules", "rules", number)
    yield button(visit, "counter.button.home", "home")


def _for_coordinators(visit: Visit, office: Office, found: View) -> Iterator[Label]:
    number = office.series.id
    if any(part.code not in _STILL for each in found.meetings for one in each.circles for part in one.parts):
        yield button(visit, "counter.button.everywhere", "live", number)
    yield button(visit, "counter.button.recaps", "recaps", number)
    yield button(visit, "counter.button.people", "people", number)
    if any(each.status == "tentative" for each in found.meetings):
        yield button(visit, "counter.button.confirm-all", "confirm", number)
    if office.paused:
        yield button(visit, "counter.button.resume", "resume", number)
        yield button(visit, "counter.button.pause-until", "pause", number)
    elif found.status != "finished":
        yield button(visit, "counter.button.close-by", "close-by", number)
        yield button(visit, "counter.button.pause", "pause", number)
    if undoing.undoable(office):
        yield button(visit, "counter.button.undo", "undo", number)
    if found.status != "finished" and newer(visit, office) is not None:
        yield button(visit, "counter.title.programme", "programme", number)
    if found.status != "finished":
        yield button(visit, "counter.button.cancel-series", "stop", number)


#: Where nobody is in a meeting.
_STILL = frozenset(
    f"stands.{code}"
    for code in ("waits", "waits-until", "to-confirm", "paused", "missed", "cancelled", "finished")
)


# -- what stands in the way


def troubles(visit: Visit, office: Office) -> Iterator[Block]:
    """Also that there are no groups yet, and actions that a group has met again without settling."""
    number = office.series.id
    divide = (button(visit, "counter.button.divide", "divide", number),) if visit.visitor.runs(number) else ()
    yield from (line(words, *divide) for words in overview.undivided(office, visit.say))
    yield from map(line, overview.troubles(office, visit.say))
    yield from map(line, overview.overdue(office, visit.say))


# -- one meeting


def meeting(visit: Visit, number: int, which: int) -> Sheet:
    """A meeting of a series: where each circle stands."""
    office = visit.office(number)
    found = next((each for each in view(office).meetings if each.number == which), None)
    if found is None:
        raise Gone
    how = visit.say(f"counter.status.{found.status}")
    blocks = [heading(f"{office.series.title}: {found.title}")]
    blocks += [line(visit.say("counter.meeting.when", number=which, when=found.moment, status=how))]
    if signing.asks(office, visit.works.shelf, office.meeting(which)):
        blocks += [
            line(visit.say("signup.counted", **signing.counted(office, office.meeting(which))._asdict()))
        ]
    blocks += [item(stands(visit, each)) for each in found.circles]
    return sheet(visit, "counter.title.meeting", *blocks, labels=_for_meeting(visit, office, found))


def _for_meeting(visit: Visit, office: Office, found: Meeting) -> Iterable[Label]:
    number, which = office.series.id, found.number
    waits = any(each.code.startswith("stands.waits") or each.code == "stands.to-confirm" for one in found.circles
                for each in one.parts)  # fmt: skip
    if visit.visitor.runs(number) and office.series.status != "cancelled":
        if found.status in MOVABLE:
            yield button(visit, "counter.button.move", "move", number, which)
        if found.status in LEFT and not office.paused:
            yield button(visit, "counter.button.start", "start", number, which)
        if found.status == "tentative":
            yield button(visit, "counter.button.confirm", "confirm", number, which)
        if found.status in LEFT:
            yield button(visit, "counter.button.cancel", "cancel", number, which)
        if found.status == "held":
            yield button(visit, "counter.button.repeat", "repeat", number, which)
        if waits:
            yield button(visit, "counter.button.preview", "preview", number, which)
        if curating.find(office, visit.works.shelf, which) is not None:
            yield button(visit, "counter.title.gross", "gross", number, which)
    if visit.visitor.runs(number):
        yield button(visit, "counter.button.why", "why", number, which)
    yield button(visit, "counter.button.back", "series", number)


ACTS = (
    Act("series", sees, series),
    Act("meeting", sees, meeting),
)
