"""What a coordinator does to a planned series: confirm, pause, resume, cancel. Dates are changed in `moving`.

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
from flows.calendar import local_moment
from flows.events import Closed, Paused, Resumed
from flows.forms import Sentence
from flows.message import Message, Moment, line, message


def confirm(office: Office, number: int | None = None) -> Change:
    """Make tentative dates certain: one meeting's, or all. Raises SeriesProblem."""
    office.refuse_cancelled()
    meetings = [office.meeting(number)] if number is not None else office.meetings()
    tentative = [each for each in meetings if each.status == "tentative"]
    if not tentative:
        words = f"No date of {office.series.title} is tentative; there is nothing to confirm."
        raise SeriesProblem(Sentence(words, "none-tentative"))
    numbers = {each.id: each.number for each in tentative}
    for one in office.sessions(tentative[0].id if number is not None else None):
        if one.phase == "planned" and one.meeting_id in numbers:
            refuse_past(numbers[one.meeting_id], one.starts_at, office.now)
            office.set_sessions([one.id], wake_at=None if office.paused else one.starts_at)
    office.set_meetings([each.id for each in tentative], status="confirmed")
    office.record("meetings confirmed", ", ".join(map(str, numbers.values())))
    return office.done(*(_confirmed(office, each) for each in tentative))


def _confirmed(office: Office, meeting: Row[Any]) -> Sentence:
    at = office.moment(meeting)
    words = f"Session {meeting.number} is confirmed: {spoken(at)}."
    return Sentence(words, "confirmed", number=meeting.number, to=at)


def pause(office: Office) -> Change:
    """Nothing opens, and the clocks of what is under way stand still."""
    office.refuse_cancelled()
    sessions = office.sessions()
    audit = office.record("series paused")
    office.set_series(status="paused")
    office.set_sessions([each.id for each in sessions if each.phase == "planned"], wake_at=None)
    under_way = [each for each in sessions if each.phase in UNDER_WAY]
    office.order("paused", audit, under_way, Paused())
    if not office.paused:
        heard = {each.circle_id for each in under_way}
        office.announce(
            _say("series.paused"), [each for each in sessions if each.circle_id not in heard], audit
        )
    words = f"{office.series.title} is paused. Nothing opens until it is resumed."
    return office.done(Sentence(words, "paused"))


def resume(office: Office) -> Change:
    """What was planned waits for its time again. What should have opened meanwhile is named."""
    office.refuse_cancelled()
    sessions, meetings = office.sessions(), {each.id: each for each in office.meetings()}
    audit = office.record("series resumed")
    office.set_series(status="planned")
    waiting = [
        one
        for one in sessions
        if one.phase == "planned" and meetings[one.meeting_id].status not in ("tentative", "cancelled")
    ]
    for each in waiting:
        office.set_sessions([each.id], wake_at=each.starts_at)
    office.order("resumed", audit, [each for each in sessions if each.phase == "paused"], Resumed())
    for number in sorted(
        {meetings[each.meeting_id].number for each in waiting if each.starts_at <= office.now}
    ):
        words = (
            f"Session {number} should have opened while the series was paused. It opens late if it is not too late; "
            "otherwise give it a new date."
        )
        office.told.append(Sentence(words, "should-have-opened", number=number))
    ahead = sorted((each for each in waiting if each.starts_at > office.now), key=lambda each: each.starts_at)
    if ahead and office.paused:
        office.announce(_say("series.resumed", when=Moment(ahead[0].starts_at)), sessions, audit)
    then = f" Next: {spoken(local_moment(ahead[0].starts_at, office.series.zone))}." if ahead else ""
    words = f"{office.series.title} goes on.{then}"
    if not ahead:
        return office.done(Sentence(words, "resumed"))
    return office.done(Sentence(words, "resumed-next", to=ahead[0].starts_at))


def cancel(office: Office, number: int | None = None) -> Change:
    """Cancel one meeting, or the series with all that is left of it. What is under way is ended.

    What is left is found by session: a meeting is held as soon as one of its groups has held it.
    """
    office.refuse_cancelled()
    meeting = office.meeting(number) if number is not None else None
    sessions = office.sessions(meeting.id if meeting else None)
    left = [each for each in sessions if each.phase in LEFT]
    under_way = [each for each in sessions if each.phase in UNDER_WAY]
    if meeting is not None and not left and not under_way:
        words = f"Session {number} is {meeting.status} already; there is nothing to cancel."
        raise SeriesProblem(Sentence(words, "nothing-to-cancel", number=meeting.number))
    audit = office.record("meeting cancelled" if meeting else "series cancelled", str(number or ""))
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
