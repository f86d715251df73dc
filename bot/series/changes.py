"""What a coordinator does to a planned series: confirm, cancel. Dates are changed in `moving`, it stands still in
`pausing`, and what was done last is taken back in `undoing`.

A session that is under way belongs to the engine, so it is told by an order, which is carried out in the same
transaction (`deciding`): a command that is cut off has either happened or not, and can be given again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot.series.dates import refuse_past
from bot.series.moving import redated, spoken
from bot.series.office import BEFORE, LEFT, UNDER_WAY, Change, Office
from bot.series.problems import SeriesProblem
from flows.events import Closed
from flows.forms import Sentence
from flows.message import Message, Moment, line, message

#: In the audit log, with the session's number; and how it stood, where nobody was in it.
CANCELLED = "meeting cancelled"


def confirm(office: Office, number: int | None = None) -> Change:
    """Make tentative dates certain: one meeting's, or all. Raises SeriesProblem."""
    office.refuse_cancelled()
    sessions = office.sessions(office.meeting(number).id if number is not None else None)
    meetings = [office.meeting(number)] if number is not None else office.meetings()
    tentative = [each for each in meetings if each.status == "tentative"]
    if not tentative:
        words = f"No date of {office.series.title} is tentative; there is nothing to confirm."
        raise SeriesProblem(Sentence(words, "none-tentative"))
    numbers = {each.id: each.number for each in tentative}
    for one in sessions:
        if one.phase == "planned" and one.meeting_id in numbers:
            refuse_past(numbers[one.meeting_id], one.starts_at, office.now, office.series.zone)
            office.set_sessions([one.id], wake_at=None if office.paused else one.starts_at)
    office.set_meetings([each.id for each in tentative], status="confirmed")
    office.record("meetings confirmed", ", ".join(map(str, numbers.values())))
    return office.done(*(_confirmed(office, each) for each in tentative))


def _confirmed(office: Office, meeting: Row[Any]) -> Sentence:
    at = office.moment(meeting)
    words = f"Session {meeting.number} is confirmed: {spoken(at)}."
    return Sentence(words, "confirmed", number=meeting.number, to=at)


def cancel(office: Office, number: int | None = None) -> Change:
    """Cancel one meeting, or the series with all that is left of it. What is under way is ended.

    What is left is found by session: a meeting is held as soon as one of its groups has held it.
    """
    office.refuse_cancelled()
    meeting = office.locked(number) if number is not None else None
    sessions = office.sessions(meeting.id if meeting else None)
    left = [each for each in sessions if each.phase in LEFT]
    under_way = [each for each in sessions if each.phase in UNDER_WAY]
    if meeting is not None and not left and not under_way:
        words = f"Session {number} is {meeting.status} already; there is nothing to cancel."
        raise SeriesProblem(Sentence(words, "nothing-to-cancel", number=meeting.number))
    was = f"{number} {meeting.status}" if meeting and not under_way else f"{number or ''}"
    audit = office.record(CANCELLED if meeting else "series cancelled", was)
    begun = {each.meeting_id for each in sessions if each.phase not in BEFORE}
    meetings = [meeting] if meeting else office.meetings()
    office.set_meetings([each.id for each in meetings if each.id not in begun], status="cancelled")
    office.set_sessions([each.id for each in left], phase="cancelled", wake_at=None)
    redated(office, [each.id for each in left], None)
    office.order("cancelled", audit, under_way, Closed())
    if meeting is not None:
        return _cancelled(office, meeting, left, audit, ended=bool(under_way))
    office.set_series(status="cancelled")
    office.announce(_say("series.ended"), sessions, audit)
    words = f"{office.series.title} is cancelled. What has been said is kept as agreed."
    return office.done(Sentence(words, "series-cancelled"))


def _cancelled(office: Office, meeting: Row[Any], left: list[Row[Any]], audit: int, *, ended: bool) -> Change:
    """Say of one meeting where it was ended, and tell those who had it before them, each with their own date."""
    for at in sorted({each.starts_at for each in left}):
        said = _say("series.cancelled", number=meeting.number, when=Moment(at))
        office.announce(said, [each for each in left if each.starts_at == at], audit)
    number = meeting.number
    told = [Sentence(f"Session {number} is ended.", "ended", number=number)] if ended else []
    groups = [each.name for each in left if each.kind == "group"]
    if groups:
        partly = f" for {', '.join(groups)}" if len(groups) < len(office.circles("group")) else ""
        words = f"Session {number} is cancelled{partly}. Give it a new date by moving it."
        told.append(Sentence(words, "cancelled", number=number))
    rest = Sentence(f"What was left of session {number} is cancelled.", "rest-cancelled", number=number)
    return office.done(*told or [rest])


def _say(key: str, **params: Any) -> Message:
    return message("answer", line(key, **params))
