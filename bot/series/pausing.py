"""A series that is paused: nothing opens until somebody says so, or until a date, from which it goes on by itself.

- What falls in the pause is told when it is decided, and shown as long as it has no other date. Nothing is moved by
  itself; if that was asked for, it moves over the pause, with all that follows, by whole weeks. What has no other date
  when the pause ends by itself is missed, however late it might have opened: people have been told so.
- It goes on when offices open on that day, or in time for its first session, if that is not later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from bot.series.dates import closed_day
from bot.series.deciding import tell_all
from bot.series.moving import To, move, spoken, tell_each, withdraw
from bot.series.office import ANNOUNCED, UNDER_WAY, Change, Office
from bot.series.problems import SeriesProblem
from bot.work import Works
from flows.calendar import LocalMoment, local_moment, resolve
from flows.events import Paused, Resumed
from flows.forms import Sentence
from flows.message import Line, Moment, line, message
from flows.turn import OFFICE
from storage import tables as t

RUNDA, PAUSED, RESUMED = "Runda", "series paused", "series resumed"
#: So long before a session that is no later than the office it goes on: who looks, looks once a minute.
IN_TIME = timedelta(minutes=2)


class Falls(NamedTuple):
    """A session that is planned in a pause, and the groups that have it then."""

    number: int
    at: datetime
    sessions: list[Row[Any]]


def pause(
    office: Office, until: date | None = None, *, over: bool = False, unaware: Collection[int] = ()
) -> Change:
    """Nothing opens, and the clocks of what is under way stand still. Raises SeriesProblem.

    `until`: the local date from which it goes on by itself. `over`: what falls in the pause moves over it. `unaware`:
    places that are told nothing.
    """
    office, sessions = _locked(office)
    office.refuse_cancelled()
    if until is not None and until <= local_moment(office.now, office.series.zone).on:
        words = f"A pause cannot end on {until}. Choose a date after today."
        raise SeriesProblem(Sentence(words, "pause-ends", until=until))
    under_way = [each for each in sessions if each.phase in UNDER_WAY]
    audit = office.record(PAUSED, f"until {until}" if until else "")
    office.set_series(status="paused", paused_until=until)
    office.set_sessions([each.id for each in sessions if each.phase == "planned"], wake_at=None)
    office.order("paused", audit, under_way, Paused())
    paused = _anew(office)
    moved = _over(paused) if over else ()
    inside = falling(paused)
    news = [
        (_word(paused), _hear(office, paused, sessions)),
        *((_news(each), each.sessions) for each in inside),
    ]
    tell_each(office, [(said, _aware(these, unaware)) for said, these in news], audit)
    zone = office.series.zone
    return office.done(_paused(paused), *_few_work(paused), *moved, *(_falls(each, zone) for each in inside))


def _locked(office: Office) -> tuple[Office, list[Row[Any]]]:
    """Its sessions, and the series as it is then: who held them may have paused it, or let it go on."""
    sessions = office.sessions()
    return _anew(office), sessions


def _anew(office: Office) -> Office:
    """The same series, as it is now."""
    series = office.all(select(t.series).where(t.series.c.id == office.series.id))[0]
    return Office(office.connection, series, office.actor, office.now)


def _hear(office: Office, paused: Office, sessions: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Nobody hears the same twice; where a meeting is under way its engine says so, but not until when."""
    if office.paused and paused.series.paused_until == office.series.paused_until:
        return []
    said = paused.series.paused_until is None and not office.paused
    told = {each.circle_id for each in sessions if said and each.phase in UNDER_WAY}
    return [each for each in sessions if each.circle_id not in told]


def _aware(sessions: Sequence[Row[Any]], unaware: Collection[int]) -> list[Row[Any]]:
    return [each for each in sessions if (each.home_id or each.place_id) not in unaware]


def _word(paused: Office) -> Line:
    at = goes_on(paused.series)
    return line("series.paused") if at is None else line("series.paused-until", until=Moment(at))


def _paused(paused: Office) -> Sentence:
    title, until = paused.series.title, paused.series.paused_until
    if until is None:
        return Sentence(f"{title} is paused. Nothing opens until it is resumed.", "paused")
    words = f"{title} is paused. It goes on by itself on {until:%A} {until}."
    return Sentence(words, "paused-until", until=until)


def _few_work(paused: Office) -> Iterator[Sentence]:
    """It goes on at eight on the day that was asked for, whatever day that is."""
    until = paused.series.paused_until
    if until is not None and (why := closed_day(until, paused.series.zone, paused.closed)):
        words = f"Mind: {until} is {why}. The series goes on then all the same."
        yield Sentence(words, "pause-ends-closed", on=until)


# -- what falls in it


def opens(office: Office, at: datetime) -> bool:
    """Whether what is planned then is ahead, and held, as the series stands."""
    if at <= office.now or not office.paused:
        return at > office.now
    until = office.series.paused_until
    return until is not None and local_moment(at, office.series.zone).on >= until


def falling(office: Office) -> list[Falls]:
    """What is not held, because the series is paused until after it; the earliest first."""
    ends, found = office.paused and office.series.paused_until, dict[tuple[datetime, int], Falls]()
    numbers = {each.id: each.number for each in office.meetings()} if ends else {}
    for each in office.sessions(lock=False) if numbers else ():
        if each.phase == "planned" and each.kind == "group" and not opens(office, each.starts_at):
            one = Falls(numbers[each.meeting_id], each.starts_at, [])
            found.setdefault((one.at, one.number), one).sessions.append(each)
    return [found[key] for key in sorted(found)]


def _news(each: Falls) -> Line:
    return line("series.falls", number=each.number, when=Moment(each.at))


def _falls(each: Falls, zone: str) -> Sentence:
    at = local_moment(each.at, zone)
    words = (
        f"Session {each.number}, {spoken(at)}, falls in the pause and is not held then. Give it a new date."
    )
    return Sentence(words, "falls", number=each.number, to=at)


def _over(paused: Office) -> tuple[str, ...]:
    """The first that falls in the pause moves to after it by whole weeks, and all that follow as far."""
    with_the_others = (each for each in falling(paused) if not all(one.own_date for one in each.sessions))
    first = next(with_the_others, None)
    if first is None:
        return ()
    on = paused.meeting(first.number).local_date
    weeks = -((on - paused.series.paused_until).days // 7)
    return move(paused, first.number, To(on + timedelta(weeks=weeks), following=True)).told


# -- and then it goes on


def goes_on(series: Any) -> datetime | None:
    """When the office opens on the day from which it goes on; None: when somebody says so."""
    until = series.paused_until
    return resolve(LocalMoment(until, OFFICE[0], series.zone)) if until is not None else None


def resume(office: Office) -> Change:
    """What was planned waits for its time again. What should have opened meanwhile is named."""
    office, sessions = _locked(office)
    office.refuse_cancelled()
    meetings = {each.id: each for each in office.meetings()}
    unaware = _withdrawn(office)
    audit = office.record(RESUMED)
    office.set_series(status="planned", paused_until=None)
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
        said = message("answer", line("series.resumed", when=Moment(ahead[0].starts_at)))
        office.announce(said, _aware(sessions, unaware), audit)
    then = f" Next: {spoken(local_moment(ahead[0].starts_at, office.series.zone))}." if ahead else ""
    words = f"{office.series.title} goes on.{then}"
    if not ahead:
        return office.done(Sentence(words, "resumed"))
    return office.done(Sentence(words, "resumed-next", to=ahead[0].starts_at))


def undo(office: Office) -> Change:
    """Take the pause back; where that was another end of one, it ends when it did before. Raises SeriesProblem."""
    acts = (act for act in office.last_acts() if act.act in (PAUSED, RESUMED))
    last, *before = takewhile(lambda act: act.act == PAUSED, acts)
    earlier = next((act.object for act in before if act.object != last.object), None)
    if earlier is None:
        return resume(office)
    _, _, day = earlier.partition(" until ")
    return pause(office, date.fromisoformat(day) if day else None, unaware=withdraw(office, last.id))


def _withdrawn(office: Office) -> set[int]:
    """Places that have not heard of the pause yet: they hear neither of it nor of its end."""
    paused = list(takewhile(lambda act: act.act == PAUSED, office.last_acts()))
    unsaid = {place for act in paused for place in withdraw(office, act.id)}
    o = t.outbox.c
    out = o.effect.in_([ANNOUNCED + act.id for act in paused]), o.status != "dropped"
    return unsaid - {row.place_id for row in office.all(select(o.place_id).where(*out))}


def look(works: Works, now: datetime) -> int:
    """Let those go on whose day has come. Returns how many there were."""
    s = t.series.c
    paused = select(t.series).where(s.status == "paused", s.paused_until.is_not(None)).order_by(s.id)
    with works.database.read() as connection:
        due = [row for row in connection.execute(paused) if _over_by(connection, row, now)]
    return sum(_go_on(works, each, now) for each in due)


def _go_on(works: Works, series: Row[Any], now: datetime) -> int:
    """Looked at once more: somebody may have said so meanwhile, or given another date."""
    with works.database.write() as connection:
        office, sessions = _locked(Office(connection, series, RUNDA, now))
        if not (office.paused and _over_by(connection, office.series, now)):
            return 0
        missed = _inside(office, sessions)
        tell_all(works, connection, resume(office).orders, now)
        works.miss(connection, missed, now)
        return 1


def _over_by(connection: Connection, series: Row[Any], now: datetime) -> bool:
    """Whether the office has opened on that day, or there is just time for what is planned on it until then."""
    opens, n = goes_on(series), t.sessions.c
    if opens is None:
        return False
    near = select(n.starts_at).where(
        n.series_id == series.id, n.phase == "planned", n.starts_at.between(opens - timedelta(days=1), opens)
    )
    planned = [row.starts_at for row in connection.execute(near)]
    of_the_day = (at for at in planned if local_moment(at, series.zone).on == series.paused_until)
    return min((at - IN_TIME for at in of_the_day), default=opens) <= now


def _inside(office: Office, sessions: Sequence[Row[Any]]) -> list[int]:
    """The sessions, everyone's too, of which people have been told that they are not held."""
    until, zone = office.series.paused_until, office.series.zone
    certain = {each.id for each in office.meetings() if each.status not in ("tentative", "cancelled")}
    return [
        each.id
        for each in sessions
        if each.phase == "planned"
        and each.meeting_id in certain
        and local_moment(each.starts_at, zone).on < until
    ]
