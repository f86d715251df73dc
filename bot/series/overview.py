"""What a coordinator sees of a series: dates, phases, and whether answers come. Never who has answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bot import library
from bot.recaps.ledger import ledger
from bot.series import pausing
from bot.series.moving import spoken
from bot.series.office import BEFORE, UNDER_WAY, Office
from bot.series.texts import stored
from flows import state as states
from flows.calendar import LocalMoment, local_moment, resolve
from flows.forms import Sentence
from flows.programme import Programme, Route
from storage import tables as t
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Listed:
    """One series in a list. `next` is its next session that has a date."""

    called: str
    title: str
    status: str
    next: LocalMoment | None
    #: The series' row, and the zone that its times are local to.
    id: int
    zone: str
    #: Paused, and from when it goes on by itself.
    until: date | None = None


def listed(connection: Connection, organisation: str, now: datetime) -> list[Listed]:
    """The organisation's series, in the order in which they were planned."""
    return [glance(each) for each in offices(connection, organisation, now)]


def offices(connection: Connection, organisation: str, now: datetime) -> list[Office]:
    """The organisation's series, in the order in which they were planned, to be looked at."""
    s, o = t.series.c, t.organisations.c
    mine = select(t.series).join(t.organisations, o.id == s.organisation_id).where(o.name == organisation)
    return [Office(connection, each, "", now) for each in list(connection.execute(mine.order_by(s.id)))]


def glance(office: Office) -> Listed:
    """A series as it stands in a list."""
    series, meetings = office.series, office.meetings()
    sessions = _sessions(office)
    coming, now = _next(office, meetings, sessions), status(series, meetings, sessions)
    return Listed(series.slug, series.title, now, coming and office.moment(coming), series.id, series.zone,
                  series.paused_until)  # fmt: skip


def status(series: Any, meetings: Sequence[Any], sessions: Sequence[Any]) -> str:
    """planned, running, paused, finished or cancelled. Only what a coordinator decides is stored.

    A meeting is held as soon as one group has held it, so the series is not finished while another has it before it.
    """
    if series.status in ("paused", "cancelled"):
        return str(series.status)
    states_ = {each.status for each in meetings}
    waiting = any(each.phase in ("planned", *UNDER_WAY) for each in sessions)
    if states_ <= {"held", "cancelled"} and not waiting:
        return "finished"
    return "running" if states_ & {"open", "held", "missed"} else "planned"


def _next(office: Office, meetings: Sequence[Row[Any]], sessions: Sequence[Row[Any]]) -> Row[Any] | None:
    waiting = [each for each in sessions if each.phase == "planned" and pausing.opens(office, each.starts_at)]
    first = min(waiting, key=lambda each: each.starts_at, default=None)
    return next((each for each in meetings if first is not None and each.id == first.meeting_id), None)


def _sessions(office: Office) -> list[Row[Any]]:
    """The series' sessions with their circles, without a lock: this only looks."""
    s, c = t.sessions.c, t.circles.c
    wanted = select(t.sessions, c.kind, c.name).join(t.circles, c.id == s.circle_id)
    return office.all(wanted.where(s.series_id == office.series.id).order_by(c.kind.desc(), c.number))


# -- one series


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle's session of one meeting: where it stands, in words with counts."""

    name: str
    parts: tuple[Sentence, ...]

    @property
    def stands(self) -> str:
        return ", ".join(self.parts)


@dataclass(frozen=True, slots=True)
class Meeting:
    number: int
    title: str
    moment: LocalMoment
    status: str
    circles: tuple[Circle, ...]


@dataclass(frozen=True, slots=True)
class View:
    """All there is to show of a series. `people` are names by group, and by role."""

    title: str
    called: str
    status: str
    programme: str
    pace: str
    answering: str
    language: str
    zone: str
    meetings: tuple[Meeting, ...]
    next: Meeting | None
    people: dict[str, list[str]]
    #: Paused, and from when it goes on by itself.
    until: date | None = None
    #: Those who take part are not in groups yet.
    undivided: bool = False


def view(office: Office) -> View:
    body = office.all(select(t.contents.c.body).where(t.contents.c.id == office.series.content_id))[0][0]
    content, series = library.content_from_json(body), office.series
    rows, sessions = office.meetings(), _sessions(office)
    coming = _next(office, rows, sessions)
    meetings = tuple(_meeting(office, content, each, sessions) for each in rows)
    return View(
        series.title, series.slug, status(series, rows, sessions), content.programme.programme, series.pace,
        series.answering, series.language, series.zone, meetings,
        next((each for each in meetings if coming is not None and each.number == coming.number), None),
        _people(office), series.paused_until, series.undivided,
    )  # fmt: skip


def _meeting(
    office: Office, content: library.Content, row: Row[Any], sessions: Sequence[Row[Any]]
) -> Meeting:
    mine = [each for each in sessions if each.meeting_id == row.id]
    texts: Any = content.texts[office.series.language]
    title = str(texts["rounds"][content.programme.rounds[row.number - 1].round]["title"])
    circles = tuple(Circle(each.name, tuple(_stands(office, content.programme, row, each))) for each in mine)
    still = row.status == "held" and any(each.phase in UNDER_WAY for each in mine)
    return Meeting(row.number, title, office.moment(row), "open" if still else row.status, circles)


def _stands(office: Office, programme: Programme, meeting: Row[Any], session: Row[Any]) -> Iterable[Sentence]:
    if session.phase == "planned":
        return [_waits(office, meeting, session)]
    if session.phase in BEFORE or session.state is None:
        return [Sentence(session.phase, f"stands.{session.phase}")]
    everyone = session.kind == "everyone"
    return under_way(
        programme.route(meeting.number, everyone=everyone), states.load(session.state), office.series.zone
    )


def _waits(office: Office, meeting: Row[Any], session: Row[Any]) -> Sentence:
    moment = office.moment(meeting, session)
    at = spoken(moment) if session.own_date else "its time"
    if office.paused:
        return Sentence("paused", "stands.paused")
    if session.wake_at is None:
        return Sentence(f"waits for {at}, which is to be confirmed", "stands.to-confirm")
    return Sentence(
        f"waits for {at}", "stands.waits-until" if session.own_date else "stands.waits", to=moment
    )


def under_way(route: Route, state: states.State, zone: str) -> Iterable[Sentence]:
    """Where a session stands, and what it waits for, as counts."""
    if state.phase == "lobby":
        return [Sentence("waits for somebody to write that they are here", "stands.lobby")]
    if state.phase == "headcount":
        return [Sentence("waits for the head count", "stands.headcount")]
    if state.phase == "finished":
        return [Sentence("finished", "stands.finished")]
    if state.setting.groups and state.part == "waiting":
        words = f"waits for the groups: {state.arrived} of {state.setting.groups} have come"
        return [Sentence(words, "stands.groups", arrived=state.arrived, of=state.setting.groups)]
    return _running(route, state, zone)


def _running(route: Route, state: states.State, zone: str) -> Iterator[Sentence]:
    n, of = route.question(state.step)
    word = route.steps[state.step].WORD
    said = f"question {n} of {of}" if word == "ask" else f"{word}, after question {n} of {of}" if n else word
    yield Sentence(said, "stands.question" if word == "ask" else "stands.step", n=n, of=of, step=word)
    if state.heads is not None:
        yield Sentence(f"{state.heads} at the table", "stands.heads", n=state.heads)
    elif state.members:
        yield _answered(len(state.answered))
    end = state.deadlines.get("box") or state.ends_at
    if state.phase == "paused":
        yield Sentence("paused", "stands.paused")
    elif end:
        yield Sentence(f"until {spoken(local_moment(end, zone))}", "stands.until", to=end)


def _answered(n: int) -> Sentence:
    """Whether answers have come, and no number: `sight` shows who has answered to nobody but themselves.

    In a group of four to six, "none", "all" and "all but one" are that list, to whoever knows who is in it; two
    looks, a minute apart, are it for any number. So all that is told is whether there is anything yet.
    """
    return (
        Sentence("some have answered", "stands.some") if n else Sentence("waits for answers", "stands.none")
    )


# -- what needs somebody


def needs(office: Office, say: Callable[..., str]) -> Iterator[str]:
    """What waits for whoever runs the series, in words: `say` is a catalogue's."""
    yield from undivided(office, say)
    for each in office.meetings():
        if each.status == "missed":
            yield say("counter.home.missed", number=each.number)
    for falls in pausing.falling(office):
        yield say("counter.told.falls", number=falls.number, to=falls.at)
    for one in _sessions(office):
        if one.phase == "lobby":
            yield say("counter.home.lobby", group=one.name)
    for number in to_approve(office):
        yield say("counter.home.to-approve", number=number)
    yield from troubles(office, say)
    yield from overdue(office, say)


def undivided(office: Office, say: Callable[..., str]) -> Iterator[str]:
    """That nobody is in groups yet, and by when they are to be."""
    if not office.series.undivided:
        return
    programme, meetings = stored(office).programme, office.meetings()
    waiting = (each for each in meetings if each.status in ("tentative", "confirmed"))
    first = next((each for each in waiting if not programme.rounds[each.number - 1].prework), None)
    if first is None:
        yield say("counter.home.undivided")
    else:
        yield say("counter.home.undivided-before", number=first.number, to=resolve(office.moment(first)))


def to_approve(office: Office) -> Iterator[int]:
    """Sessions in which something was said, that no group is at any more, and that managers have heard nothing of."""
    found = ledger(Unit(office.connection), office.series.id)
    said = {each.meeting_id for each in found.sittings}
    at_it = {each.meeting_id for each in _sessions(office) if each.phase in UNDER_WAY}
    for each in office.meetings():
        approved = any(version.status == "approved" for version in found.managers[each.id])
        if each.status == "held" and each.id in said - at_it and not approved:
            yield int(each.number)


def troubles(office: Office, say: Callable[..., str]) -> Iterator[str]:
    """Places that take nothing, and messages that could not be delivered in what is still going on, and why."""
    p, s, c, o, number = t.places.c, t.sessions.c, t.circles.c, t.outbox.c, office.series.id
    shut = (
        select(c.name, p.blocked)
        .join_from(t.sessions, t.circles, c.id == s.circle_id)
        .join(t.places, (p.id == s.place_id) | (p.id == c.home_id))
        .where(s.series_id == number, p.blocked.is_not(None), s.phase.in_(("planned", *UNDER_WAY)))
    )
    readers = select(c.name, p.blocked).join_from(t.circles, t.places, p.id == c.home_id)
    readers = readers.where(c.series_id == number, c.kind == "managers", p.blocked.is_not(None))
    for row in (*office.all(shut.distinct().order_by(c.name)), *office.all(readers)):
        yield say("counter.trouble.shut", group=row.name, why=say(f"delivery.why.{row.blocked}"))
    lost = select(o.reason, func.count(o.id).label("n")).join(t.sessions, s.id == o.session_id)
    failed = lost.where(s.series_id == number, o.status == "failed", s.phase.in_(UNDER_WAY))
    for row in office.all(failed.group_by(o.reason).order_by(o.reason)):
        yield say("counter.trouble.failed", n=row.n, why=say(f"delivery.why.{row.reason or 'unknown'}"))


def overdue(office: Office, say: Callable[..., str]) -> Iterator[str]:
    """How many actions of each group it has met again without settling. Never whose they are."""
    a, r, s, m, c = t.actions.c, t.replies.c, t.sessions.c, t.meetings.c, t.circles.c
    later, after = t.sessions.alias(), t.meetings.alias()
    met_again = (
        select(later.c.id)
        .join(after, after.c.id == later.c.meeting_id)
        .where(later.c.circle_id == s.circle_id, later.c.phase == "finished", after.c.number > m.number)
        .exists()
    )
    left = (
        select(c.name, func.count().label("n"))
        .join_from(t.actions, t.replies, r.id == a.reply_id)
        .join(t.sessions, s.id == r.session_id)
        .join(t.meetings, m.id == s.meeting_id)
        .join(t.circles, c.id == s.circle_id)
        .where(s.series_id == office.series.id, a.state.in_(("open", "under-way")), met_again)
    )
    for row in office.all(left.group_by(c.name, c.number).order_by(c.number)):
        yield say("counter.home.overdue", group=row.name, n=row.n)


def _people(office: Office) -> dict[str, list[str]]:
    """Names by group, note-takers marked; then by role."""
    m, p, c = t.memberships.c, t.people.c, t.circles.c
    seats = select(m.role, p.name, c.name.label("circle"), c.leaders).join(t.people, p.id == m.person_id)
    seats = seats.outerjoin(t.circles, c.id == m.circle_id)
    found: dict[str, list[str]] = {}
    rows = office.all(
        seats.where(m.series_id == office.series.id, m.until.is_(None)).order_by(c.number, m.id)
    )
    for row in sorted(rows, key=lambda row: row.circle is None):
        under = row.circle or f"{row.role}s".capitalize()
        under = f"{under} (leaders)" if row.leaders else under
        found.setdefault(under, []).append(
            f"{row.name} (note-taker)" if row.role == "note-taker" else row.name
        )
    return found
