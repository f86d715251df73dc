"""Another date for a meeting: move it, take the last move back, start it now.

Meetings keep their local time: one that is moved over a clock change begins at the same time by the clock on the
wall. What has begun is not moved; it is ended, or its group is given more time. Every change is written in the
audit log, and said where the groups are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, false, select, update

from bot import library
from bot.series.dates import FOLDS, Sitting, closed_day, refuse_past, sitting
from bot.series.making import add, add_sessions, meeting_row
from bot.series.office import ANNOUNCED, BEFORE, SIGN_UP, Change, Office
from bot.series.planning import pace_of
from bot.series.problems import SeriesProblem
from flows.calendar import LocalMoment, local_moment, moved
from flows.forms import Sentence
from flows.message import Line, Moment, Name, line, message
from flows.programme import Programme
from storage import tables as t

#: Acts in the audit log: a move, and those that came along with it.
MOVED, ALONG = "meeting moved", "meeting moved along"
#: A date for a round that had none; with the programme before it, where that round is there to hold another once more.
ADDED = "meeting added"
#: Why what was said of a date is not sent any more.
REDATED = "redated"


@dataclass(frozen=True, slots=True)
class To:
    """Where to: as `flows.forms.MOVE` reads it."""

    to: date
    at: time | None = None
    which: str | None = None
    group: str | None = None
    #: All that follow move by as many days.
    following: bool = False


@dataclass(frozen=True, slots=True)
class _Move:
    """A meeting, or one group's sitting of it, from a date to another."""

    meeting: Row[Any]
    circle: Row[Any] | None
    sessions: list[Row[Any]]
    was: LocalMoment
    new: Sitting


def spoken(moment: LocalMoment) -> str:
    return f"{moment.on:%A} {moment.on} at {moment.at:%H:%M}"


def move(office: Office, number: int, to: To) -> Change:
    """Give a meeting, or one group's session of it, another date. Raises SeriesProblem."""
    office.refuse_cancelled()
    circle = office.apart(to.group)
    if circle is None and number not in [each.number for each in office.meetings()]:
        return first_date(office, number, to)
    if to.following:
        office.sessions()  # locked at once, in their order: meeting by meeting, a group that came late is out of it
    meeting = office.locked(number)
    sessions = _not_begun(office, meeting, circle)
    was = office.moment(meeting, sessions[0] if circle else None)
    target = moved(was, to_date=to.to, to_time=to.at)
    if to.which:
        target = replace(target, fold=FOLDS[to.which])
    new = sitting(number, target)
    if new.at == sessions[0].starts_at and sessions[0].phase == "planned":
        words = f"Session {number} is on {spoken(was)} already. Choose another date or time."
        raise SeriesProblem(Sentence(words, "there-already", number=number, was=was))
    moves = [_Move(meeting, circle, sessions, was, new)]
    if to.following:
        moves += _following(office, number, to, new.moment.on - was.on)
    return _carry_out(office, moves)


def _following(office: Office, number: int, to: To, by: timedelta) -> Iterator[_Move]:
    """Those after it that have not begun, each by as many days; and to its new time, where it has one."""
    for meeting in office.meetings():
        if meeting.number > number and meeting.status in ("tentative", "confirmed", "missed"):
            was = office.moment(meeting)
            target = moved(was, to_date=was.on + by, to_time=to.at)
            yield _Move(
                meeting, None, _not_begun(office, meeting, None), was, sitting(meeting.number, target)
            )


def _carry_out(office: Office, moves: Sequence[_Move]) -> Change:
    """All of them as one act: the groups are told once, and it is undone as one."""
    told, news, first = [], [], 0
    for each in moves:
        number = each.new.number
        refuse_past(number, each.new.at, office.now, office.series.zone)
        earlier = Earlier.of(each.meeting, each.circle, each.was, each.sessions[0]).written()
        audit = office.record(ALONG if first else MOVED, earlier)
        first = first or audit
        alone = each.circle is not None
        _put(office, each.meeting, each.sessions, each.new, alone=alone, own=alone)
        if each.meeting.status != "tentative":
            news.append((_moved_line(each), each.sessions))
        told.append(_told(each))
    tell_each(office, news, first)
    for each in moves:
        _mind_dates(office, each.new)
    return office.done(*told)


def _told(each: _Move) -> Sentence:
    number, to = each.new.number, each.new.moment
    whose = f" for {each.circle.name}" if each.circle else ""
    words = f"Session {number}{whose} moves from {spoken(each.was)} to {spoken(to)}."
    code = "moved-alone" if each.circle else "moved"
    return Sentence(
        words, code, number=number, group=each.circle.name if each.circle else "", was=each.was, to=to
    )


def tell_each(office: Office, news: Sequence[tuple[Line, Sequence[Row[Any]]]], audit: int) -> None:
    """Each place is told of all that concerns the groups there, in one message."""
    concerned: dict[int, dict[int, None]] = {}
    sittings: dict[int, Row[Any]] = {}
    for index, (_, sessions) in enumerate(news):
        for each in sessions:
            if each.kind == "group":
                place = each.home_id or each.place_id
                concerned.setdefault(place, {})[index] = None
                sittings.setdefault(place, each)
    same: dict[tuple[int, ...], list[Row[Any]]] = {}
    for place, what in concerned.items():
        same.setdefault(tuple(what), []).append(sittings[place])
    for indexes, groups in same.items():
        office.announce(message("answer", *(news[index][0] for index in indexes)), groups, audit)


def undo(office: Office) -> Change:
    """Take the last change back, if it was a move. Where people have been told of it, they are told of this too."""
    office.sessions()  # as for the move
    acts = _last_move(office)
    if not acts:
        raise nothing_to_undo(office)
    backs = [_back(office, each) for each in acts]
    audit = office.record("move undone", ", ".join(str(each.new.number) for each, _ in backs))
    withdrawn, told, news = withdraw(office, acts[0].id), [], []
    for each, earlier in backs:
        heard = [one for one in each.sessions if (one.home_id or one.place_id) not in withdrawn]
        heard = [] if each.meeting.status == "tentative" else [one for one in heard if one.kind == "group"]
        news.append((_moved_line(each), heard))
        alone = each.circle is not None
        # Where others were in it already, as it was for those who were moved.
        status = "tentative" if earlier.status == "tentative" else "confirmed"
        _put(office, each.meeting, each.sessions, each.new, alone=alone, own=earlier.own, status=status)
        quiet = "" if heard else " Nobody had been told of the other date."
        words = f"Session {each.new.number} is on {spoken(each.new.moment)} again.{quiet}"
        code = "undone" if heard else "undone-quietly"
        told.append(Sentence(words, code, number=each.new.number, to=each.new.moment))
    tell_each(office, news, audit)
    return office.done(*told)


def nothing_to_undo(office: Office) -> SeriesProblem:
    words = (
        f"The last change of {office.series.title} is no move, pause, cancelled or added session, added group or "
        "newer programme; there is nothing to undo."
    )
    return SeriesProblem(Sentence(words, "nothing-to-undo"))


def _last_move(office: Office) -> list[Row[Any]]:
    """The rows of the last act, if it was a move: its own first, then those that came along."""
    found: list[Row[Any]] = []
    for act in office.last_acts():
        if act.act not in (MOVED, ALONG):
            return []
        found.insert(0, act)
        if act.act == MOVED:
            return found
    return []


def _back(office: Office, act: Row[Any]) -> tuple[_Move, Earlier]:
    """Where a meeting was. Raises SeriesProblem where it cannot go back there."""
    earlier = Earlier.read(office.of(act))
    if earlier.status in ("missed", "cancelled"):
        words = f"Session {earlier.number} was {earlier.status} before. Cancel it, or move it elsewhere."
        raise SeriesProblem(Sentence(words, "nothing-to-undo"))
    meeting = office.meeting(earlier.number)
    circle = office.circle(str(earlier.circle)) if earlier.circle is not None else None
    sessions = _not_begun(office, meeting, circle)
    back = sitting(earlier.number, earlier.moment(office.series.zone))
    refuse_past(earlier.number, back.at, office.now, office.series.zone)
    return _Move(meeting, circle, sessions, office.moment(meeting), back), earlier


def start(office: Office, number: int, group: str | None = None) -> Change:
    """Open a meeting now, or one group's session of it. Raises SeriesProblem."""
    office.refuse_cancelled()
    if office.paused:
        words = f"{office.series.title} is paused. Let it go on first, then start the session."
        raise SeriesProblem(Sentence(words, "is-paused"))
    meeting = office.locked(number)
    if _programme(office).lacks_groups(number, undivided=office.series.undivided):
        raise office.no_groups()
    circle = office.apart(group)
    sessions = _not_begun(office, meeting, circle)
    # To the minute, as meetings are; at most a minute behind is on time.
    at = office.now.replace(second=0, microsecond=0)
    office.record("meeting started", str(number))
    opening = Sitting(number, local_moment(at, office.series.zone), at)
    alone = circle is not None
    _put(office, meeting, sessions, opening, alone=alone, own=alone, status="confirmed")
    words = f"Session {number} opens now, as soon as Runda is running."
    return office.done(Sentence(words, "opens-now", number=number))


def first_date(office: Office, number: int, to: To, before: str = "") -> Change:
    """A date for a round of the programme that had none, at the time of the one before. Raises SeriesProblem.

    `before`: the programme that undo goes back to, if the round is a new one.
    """
    programme, meetings = _programme(office), office.meetings()
    if number not in range(1, len(programme.rounds) + 1) or not meetings:
        office.meeting(number)
    fold = FOLDS[to.which] if to.which else None
    new = sitting(number, LocalMoment(to.to, to.at or meetings[-1].local_time, office.series.zone, fold))
    refuse_past(number, new.at, office.now, office.series.zone)
    confirmed = meetings[-1].status != "tentative"
    pace = pace_of(office.series.pace, programme.rounds[number - 1], office.series)
    row = meeting_row(office.series.id, new, pace, confirmed=confirmed)
    key = add(office.connection, t.meetings, [row])[0]
    plenum = programme.form(office.series.form).plenum and programme.rounds[number - 1].plenum
    circles = [
        {**each._mapping, "organisation_id": office.series.organisation_id}
        for each in office.circles(*(("group", "everyone") if plenum else ("group",)))
    ]
    wakes = confirmed and not office.paused
    add_sessions(office.connection, [new], [key], {number: circles}, confirmed=wakes)
    audit = office.record(ADDED, f"{number} {before}".strip())
    if confirmed:
        dated = line("counter.told.dated", number=number, to=Moment(new.at))
        tell_each(office, [(dated, office.sessions(key))], audit)
    _mind_dates(office, new)
    words = f"Session {number} is on {spoken(new.moment)}."
    return office.done(Sentence(words, "dated", number=number, to=new.moment))


def _programme(office: Office) -> Programme:
    body = office.all(select(t.contents.c.body).where(t.contents.c.id == office.series.content_id))[0][0]
    return library.content_from_json(body).programme


def _not_begun(office: Office, meeting: Row[Any], circle: Row[Any] | None) -> list[Row[Any]]:
    """The sessions that a new date is for. Raises SeriesProblem where one has begun."""
    sessions = office.sessions(meeting.id, circle.id if circle else None)
    if circle is None:
        # A group with a date of its own keeps it, also where it has begun already.
        sessions = [each for each in sessions if not each.own_date] or sessions
    begun = [each.name for each in sessions if each.phase not in BEFORE]
    if not sessions or begun:
        words = (
            f"Session {meeting.number} has begun for {', '.join(begun) or 'nobody'}, and what has begun is not moved. "
            "A group that has not begun can be moved alone."
        )
        raise SeriesProblem(Sentence(words, "begun", number=meeting.number))
    return sessions


def _put(
    office: Office, meeting: Row[Any], sessions: Sequence[Row[Any]], new: Sitting,
    *, alone: bool, own: bool, status: str | None = None,
) -> None:  # fmt: skip
    """Write a date: the meeting's too, unless it is for one circle alone. A missed or cancelled one is on again.

    `own`: from now on the sessions keep a date of their own when the meeting is moved.
    """
    status = status or ("tentative" if meeting.status == "tentative" else "confirmed")
    if not alone:
        at = {"local_date": new.moment.on, "local_time": new.moment.at, "fold": new.moment.fold}
        office.set_meetings([meeting.id], status=status, **at)
    elif meeting.status in ("missed", "cancelled"):
        office.set_meetings([meeting.id], status=status)
    wake = new.at if status == "confirmed" and not office.paused else None
    ids = [each.id for each in sessions]
    office.set_sessions(ids, starts_at=new.at, wake_at=wake, phase="planned", own_date=own)
    redated(office, ids, new.at)


def redated(office: Office, sessions: Sequence[int], at: datetime | None) -> None:
    """Withdraw what waits to be said of signing up to another date than `at` (None: any); of that, say it after all."""
    o, a = t.outbox.c, t.audit.c
    mine = a.organisation_id == office.series.organisation_id, a.act.in_(SIGN_UP)
    this = a.object.contains(f" {at:%Y-%m-%d %H:%M} ") if at is not None else false()
    of_this, of_others = (select(a.id + ANNOUNCED).where(*mine, which) for which in (this, ~this))
    theirs = update(t.outbox).where(o.session_id.in_(sessions))
    waits, withdrawn = o.status == "queued", (o.status == "dropped") & (o.reason == REDATED)
    for dated, before, after in (
        (of_others, waits, {"status": "dropped", "reason": REDATED}),
        (of_this, withdrawn, {"status": "queued", "reason": None}),
    ):
        office.connection.execute(theirs.where(before, o.effect.in_(dated)).values(**after))


def _moved_line(each: _Move) -> Line:
    """A group that moves alone is named: others may share its place."""
    number, was, to = each.new.number, Moment(each.sessions[0].starts_at), Moment(each.new.at)
    if each.circle is None:
        return line("series.moved", number=number, was=was, when=to)
    return line(
        "counter.told.moved-alone", number=number, group=Name("circle", each.circle.id), was=was, to=to
    )


def _mind_dates(office: Office, new: Sitting) -> None:
    """What a coordinator should know of a new date."""
    if why := closed_day(new.moment.on, office.series.zone, office.closed):
        closed = Sentence(
            f"Mind: {new.moment.on} is {why}.", "closed-day", number=new.number, on=new.moment.on
        )
        office.told.append(closed)
    dates = {each.meeting_id: each.starts_at for each in office.sessions(lock=False) if not each.own_date}
    for each in office.meetings():
        at = dates.get(each.id)
        if at is None or each.number == new.number or each.status == "cancelled":
            continue
        if (each.number < new.number) != (at < new.at):
            order = "before" if each.number < new.number else "after"
            words = f"Mind: session {new.number} is now {order} session {each.number}."
            office.told.append(Sentence(words, f"now-{order}", number=new.number, other=each.number))


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where a meeting was, as the audit log keeps it: one line of words without spaces."""

    number: int
    circle: int | None
    on: str
    at: str
    fold: int | None
    status: str
    own: bool

    @classmethod
    def of(cls, meeting: Row[Any], circle: Row[Any] | None, was: LocalMoment, session: Row[Any]) -> Earlier:
        group = circle.number if circle else None
        return cls(
            meeting.number,
            group,
            str(was.on),
            f"{was.at:%H:%M}",
            was.fold,
            meeting.status,
            bool(session.own_date),
        )

    def written(self) -> str:
        parts = (
            self.number,
            "all" if self.circle is None else self.circle,
            self.on,
            self.at,
            self.fold,
            self.status,
            "own" if self.own else "series",
        )
        return " ".join("-" if part is None else str(part) for part in parts)

    @classmethod
    def read(cls, written: str) -> Earlier:
        number, circle, on, at, fold, status, own = written.split()
        group = None if circle == "all" else int(circle)
        return cls(int(number), group, on, at, None if fold == "-" else int(fold), status, own == "own")

    def moment(self, zone: str) -> LocalMoment:
        return LocalMoment(date.fromisoformat(self.on), time.fromisoformat(self.at), zone, self.fold)


def withdraw(office: Office, audit: int) -> set[int]:
    """Withdraw what was announced with that row of the log and has not gone out; the places it was for."""
    o = t.outbox.c
    waiting = update(t.outbox).where(
        o.effect == ANNOUNCED + audit, o.session_id.is_not(None), o.status == "queued"
    )
    withdrawn = waiting.values(status="dropped", reason="undone").returning(o.place_id)
    return {row[0] for row in office.connection.execute(withdrawn)}
