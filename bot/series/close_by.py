"""Close by for a while: between sessions a group is asked, lightly, how it goes with what it planned.

- A coordinator decides for how many weeks, for all groups or for one. It ends by itself, or as soon as somebody in
  the group writes that it has had enough.
- It is asked where the last session was, at most once a week, in working hours, and not on the days around a session.
- What people answer is kept as all that is written after a session: under what was asked last there, marked late.
  Nobody is reminded or named, so nobody is seen not to have answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, select, update

from bot.desk import Desk, Live
from bot.rights.days import note
from bot.series.office import UNDER_WAY, Change, Office
from bot.series.problems import SeriesProblem
from flows import reading
from flows.calendar import WorkingDays
from flows.forms import Sentence
from flows.message import Action, Message, Moment, Points, line, message
from storage import tables as t
from storage.database import Database

#: Between two questions, and at least that much between a question and a session.
WEEK, AROUND = timedelta(weeks=1), timedelta(days=2)
#: It is for a while: weeks.
MOST = 12
#: Where it is not the time to ask, that is looked at again.
LATER = timedelta(days=1)
#: Groups that one look asks.
AT_ONCE = 50
RUNDA, ENDED = "Runda", "close by ended"


def decide(office: Office, weeks: int, group: str | None = None) -> Change:
    """Be close by for so many weeks from now; 0: no more. Raises SeriesProblem."""
    office.refuse_cancelled()
    if not 0 <= weeks <= MOST:
        words = f"{weeks} weeks is not for a while. Say 1 to {MOST}, or 0 to end it."
        raise SeriesProblem(Sentence(words, "close-by-weeks", n=MOST))
    if weeks and office.series.arena == "elected":
        words = "An elected body discusses in its meetings, so it is asked nothing between them."
        raise SeriesProblem(Sentence(words, "close-by-elected"))
    circles = [office.circle(group)] if group else office.circles("group")
    until = office.now + weeks * WEEK if weeks else None
    for each in circles:
        # Whoever ends it and begins anew asks no oftener by that.
        first = max(each.asks_at or office.now, office.now + AROUND)
        _set(office.connection, each, close_until=until, asks_at=first)
    groups = ", ".join(each.name for each in circles)
    note(office, "close by" if weeks else ENDED, groups)
    if until is None:
        words = f"{groups}: asked nothing between the sessions any more."
        return office.done(Sentence(words, "close-by-ended", groups=groups))
    words = f"{groups}: asked once a week between the sessions how it goes, until {until:%Y-%m-%d}."
    return office.done(Sentence(words, "close-by", groups=groups, until=until))


def enough(desk: Desk, live: Live, words: str, vocabulary: Mapping[str, Sequence[str]], key: str) -> bool:
    """Whether this ends it, for the group whose session was here last. Who wrote it is noted nowhere."""
    c = t.circles.c
    if live.row.phase != "finished" or not reading.enough(words, vocabulary):
        return False
    on = select(t.circles).where(c.id == live.row.circle_id, c.close_until > desk.now).with_for_update()
    found = desk.unit.all(on)
    if not found:
        return False
    connection = desk.unit.connection
    _set(connection, found[0], close_until=None)
    office = _office(connection, found[0], desk.now)
    here = [each for each in office.sessions(circle=found[0].id, lock=False) if each.id == live.row.id]
    audit = note(office, ENDED, found[0].name)
    office.announce(message("answer", line("close-by.enough")), here, audit, there=True)
    # The same message may come again, and is no answer then either.
    heard = {"session_id": None, "version": None, "key": key, "event": '{"type":"enough"}', "ignored": None}
    desk.unit.add(t.log, [{**heard, "at": desk.now}])
    return True


# -- what is asked by itself


def look(database: Database, now: datetime) -> int:
    """Ask the groups whose time it is. Returns how many were asked."""
    with database.read() as connection:
        due = [row.id for row in connection.execute(_due(now))]
    return sum(_look_at(database, each, now) for each in due)


def _look_at(database: Database, circle: int, now: datetime) -> int:
    """Sessions are locked before circles, as by whoever hears that a group has had enough."""
    s = t.sessions.c
    with database.write() as connection:
        connection.execute(select(s.id).where(s.circle_id == circle).order_by(s.id).with_for_update())
        still = connection.execute(_due(now).where(t.circles.c.id == circle).with_for_update())
        return sum(_one(_office(connection, each, now), each) for each in list(still))


def _due(now: datetime) -> Any:
    c = t.circles.c
    due = select(t.circles).where(c.close_until.is_not(None), c.asks_at <= now)
    return due.order_by(c.asks_at, c.id).limit(AT_ONCE)


def _one(office: Office, circle: Any) -> int:
    connection, now, days = office.connection, office.now, WorkingDays(office.series.zone)
    if circle.close_until <= now:
        _set(connection, circle, close_until=None)
        return 0
    opens = days.next_open(now)
    last = _last(office, circle) if opens == now else None
    if last is None:
        _set(connection, circle, asks_at=opens if opens > now else now + LATER)
        return 0
    office.announce(_asks(office, circle), [last], note(office, "asked how it goes", circle.name), there=True)
    _set(connection, circle, asks_at=now + WEEK)
    return 1


def _last(office: Office, circle: Any) -> Any | None:
    """The session that is over, if another is ahead, none is near, and what is said there is heard and gets out."""
    sessions = [each for each in office.sessions(circle=circle.id, lock=False) if each.phase != "cancelled"]
    near = any(each.phase in UNDER_WAY or abs(each.starts_at - office.now) < AROUND for each in sessions)
    over = [each for each in sessions if each.phase == "finished"]
    ahead = any(each.phase == "planned" and each.starts_at > office.now for each in sessions)
    if near or not over or not ahead or office.series.status in ("paused", "cancelled"):
        return None
    last = max(over, key=lambda each: (each.starts_at, each.id))
    p, o = t.places.c, t.outbox.c
    waits = exists().where(o.place_id == p.id, o.status == "queued")
    heard = p.id == last.place_id, p.session_id == last.id, p.blocked.is_(None), ~waits
    return last if office.all(select(p.id).where(*heard)) else None


def _asks(office: Office, circle: Any) -> Message:
    a = t.actions.c
    unsettled = select(a.reply_id).where(a.circle_id == circle.id, a.state.in_(("open", "under-way")))
    planned = tuple(Action(row.reply_id) for row in office.all(unsettled.order_by(a.reply_id)))
    listed = [Points(planned)] if planned else []
    until = line("close-by.until", at=Moment(circle.close_until))
    return message("answer", line("close-by.asks"), *listed, until, line("sight.reply"))


def _office(connection: Connection, circle: Any, now: datetime) -> Office:
    row = connection.execute(select(t.series).where(t.series.c.id == circle.series_id)).one()
    return Office(connection, row, RUNDA, now)


def _set(connection: Connection, circle: Any, **values: Any) -> None:
    connection.execute(update(t.circles).where(t.circles.c.id == circle.id).values(**values))
