"""What is deleted when its day has come, in bounded units; each can be done again.

With the replies go scores, findings and actions, recaps that nobody approved, publications, the log, what was queued
and posted (all but that a recap went out, when and to whom), which message showed what, parked events, and where
sessions stood. Approved recaps, and those of counts, are put into words first, and stay until their own day.

What belongs to no session, such as word of an idea or that something is about to be deleted, goes by the shortest life
that its organisation has decided on for any replies, counted from when it was sent. Where it says a name, or the words
of an idea that is kept, it stays: an erasure has to find it. Of what was heard outside sessions the key alone is kept,
so that it is not heard twice. A key does not tell whose it is, so it goes when the shortest life that anybody may ask
for is over; platforms send the same again for a day at most.

A purged session (its phase says so) hears nothing any more, and every message has its tombstone: a late event brings
nothing back. Backups are not reached from here: whoever keeps them is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)  # fmt: skip

from bot.recaps import managers
from bot.rights import freezing, tombs
from bot.rights.days import LEAST, shortest, under_way
from bot.rights.leftovers import PAGE
from bot.series.office import BEFORE, PURGED
from bot.words import Speaker
from bot.work import Works
from storage import tables as t
from storage.unit import Unit

#: Recaps that live longer than what they rest on.
KEPT = ("approved", "counts", "lessened")
#: Rows of one kind in one unit.
AT_ONCE = 500
#: Recaps that one unit puts into words.
IN_WORDS = 20

Step = Callable[[Unit, int, datetime], int]


@dataclass(frozen=True, slots=True)
class Purging:
    works: Works
    speaker: Speaker

    def replies(self, series: int, now: datetime) -> int:
        """Everything but kept recaps. Returns how many replies were deleted. Raises what storage raises.

        No step is passed over: replies whose recaps could not be put into words stay until the next look.
        """
        count = 0
        for step in self._steps():
            while done := self._unit(step, series, now):
                count += done if step == self._replies else 0
            if done is None:
                break
        return count

    def recaps(self, series: int, now: datetime) -> int:
        """Kept recaps, and that they went out. Returns how many versions were deleted."""
        return self._unit(_recaps, series, now) or 0

    def loose(self, now: datetime) -> int:
        """What belongs to no session. Returns how many messages were deleted, a bounded number of each organisation."""
        with self.works.database.read() as connection:
            lives = shortest(connection)
            past = {one: _loose(connection, one, now - life) for one, life in lives.items()}
            heard = _heard(connection, now - timedelta(days=LEAST))
        gone = [row for rows in past.values() for row in rows]
        if gone or heard:
            with self.works.database.write() as connection:
                _without(connection, gone)
                connection.execute(delete(t.log).where(t.log.c.id.in_(heard)))
        return len(gone)

    def _steps(self) -> Iterator[Step]:
        yield from (self._freeze, _not_kept, self._replies, _publications, _log, _outbox, _parked, _sessions)

    def _unit(self, step: Step, series: int, now: datetime) -> int | None:
        """One transaction. None: another process is at this series, or people are meeting."""
        with self.works.database.write() as connection:
            mine = select(t.series.c.id).where(t.series.c.id == series).with_for_update(skip_locked=True)
            if connection.execute(mine).first() is None or under_way(connection, series):
                return None
            return step(Unit(connection), series, now)

    def _freeze(self, unit: Unit, series: int, now: datetime) -> int:
        r, mt = t.recaps.c, t.meetings.c
        wanted = select(t.recaps).join(t.meetings, mt.id == r.meeting_id)
        wanted = wanted.where(mt.series_id == series, r.status.in_(KEPT), r.said.is_(None)).order_by(r.id)
        rows = unit.all(wanted.limit(IN_WORDS))
        for row in rows:
            freezing.freeze(unit, self.speaker, row, _session(unit, row), now)
        return len(rows)

    def _replies(self, unit: Unit, series: int, now: datetime) -> int:
        r, s, p = t.replies.c, t.sessions.c, t.places.c
        wanted = select(r.id.label("reply"), r.message, t.places).join(t.sessions, s.id == r.session_id)
        wanted = wanted.join(t.places, p.id == r.place_id).where(s.series_id == series).order_by(r.id)
        rows = unit.all(wanted.limit(AT_ONCE))
        hashes = {one for row in rows for one in tombs.of_message(self.works.tomb, row, row.message)}
        tombs.bury(unit.connection, hashes, now)
        unit.run(delete(t.replies).where(r.id.in_([row.reply for row in rows])))
        return len(rows)


def _session(unit: Unit, recap: Any) -> Any:
    """Under whose name a recap is read."""
    if recap.session_id is not None:
        return unit.all(select(t.sessions).where(t.sessions.c.id == recap.session_id))[0]
    found = managers.meeting(unit, recap.meeting_id)
    return SimpleNamespace(id=found.anchor, place_id=found.place, organisation_id=found.organisation_id)


# -- steps: each returns how much it did, 0 when nothing is left


def _of(series: int) -> Any:
    return select(t.sessions.c.id).where(t.sessions.c.series_id == series)


def _meetings(series: int) -> Any:
    return select(t.meetings.c.id).where(t.meetings.c.series_id == series)


def _deleted(unit: Unit, table: Any, where: Any) -> int:
    """Delete some of the rows that `where` means, by number."""
    ids = [row.id for row in unit.all(select(table.c.id).where(where).order_by(table.c.id).limit(AT_ONCE))]
    unit.run(delete(table).where(table.c.id.in_(ids)))
    return len(ids)


def _not_kept(unit: Unit, series: int, _: datetime) -> int:
    r = t.recaps.c
    return _deleted(unit, t.recaps, and_(r.meeting_id.in_(_meetings(series)), r.status.not_in(KEPT)))


def _publications(unit: Unit, series: int, _: datetime) -> int:
    return _deleted(unit, t.publications, t.publications.c.session_id.in_(_of(series)))


def _log(unit: Unit, series: int, _: datetime) -> int:
    return _deleted(unit, t.log, t.log.c.session_id.in_(_of(series)))


def _outbox(unit: Unit, series: int, _: datetime) -> int:
    """All but that recaps went out. What is on its way is left until it has arrived."""
    o, q = t.outbox.c, t.quotes.c
    posted = and_(o.sort == "recap", o.kind == "say", o.status == "sent")
    theirs = o.session_id.in_(_of(series))
    unit.run(delete(t.quotes).where(q.outbox_id.in_(select(o.id).where(theirs, posted))))
    wanted = select(o.id).where(theirs, not_(posted), o.status != "sending").order_by(o.id).limit(AT_ONCE)
    ids = [row.id for row in unit.all(wanted)]
    _without(unit.connection, ids)
    return len(ids)


def _without(connection: Connection, ids: Collection[int]) -> None:
    o = t.outbox.c
    connection.execute(update(t.outbox).where(o.target_id.in_(ids)).values(target_id=None))
    connection.execute(delete(t.outbox).where(o.id.in_(ids)))


def _parked(unit: Unit, series: int, now: datetime) -> int:
    """Events from the places where the series is held, and those that name one of its sessions."""
    c, s, p, k = t.circles.c, t.sessions.c, t.places.c, t.parked.c
    homes = (
        select(c.home_id).where(c.series_id == series).union(select(s.place_id).where(s.series_id == series))
    )
    channels = [row.channel for row in unit.all(select(p.channel).where(p.id.in_(homes)))]
    sessions = [row.id for row in unit.all(_of(series))]
    named = [f'"{channel}"' for channel in channels] + [f'"session":{each},' for each in sessions]
    waiting = [
        row.id
        for row in unit.all(select(k.id, k.raw).where(k.raw != ""))
        if any(one in row.raw for one in named)
    ]
    unit.run(update(t.parked).where(k.id.in_(waiting)).values(raw="", settled_at=now))
    return len(waiting)


def _sessions(unit: Unit, series: int, _: datetime) -> int:
    """The last step: from now on nothing is heard in them."""
    s, x = t.sessions.c, t.meetings.c
    held = s.series_id == series, s.phase.not_in((*BEFORE, PURGED))
    ids = [row.id for row in unit.all(select(s.id).where(*held).order_by(s.id).with_for_update())]
    unit.run(delete(t.pairs).where(t.pairs.c.session_id.in_(_of(series))))
    gone = {"state": None, "wake_at": None, "phase": PURGED, "version": s.version + 1}
    unit.run(update(t.sessions).where(s.id.in_(ids)).values(**gone))
    unit.run(update(t.meetings).where(x.id.in_(_meetings(series)), x.status == "open").values(status="held"))
    return len(ids)


def _recaps(unit: Unit, series: int, _: datetime) -> int:
    o = t.outbox.c
    unit.run(
        update(t.outbox)
        .where(o.target_id.in_(select(o.id).where(o.session_id.in_(_of(series)))))
        .values(target_id=None)
    )
    unit.run(delete(t.outbox).where(o.session_id.in_(_of(series)), o.sort == "recap", o.status != "sending"))
    return _deleted(unit, t.recaps, t.recaps.c.meeting_id.in_(_meetings(series)))


# -- what belongs to no session


def _loose(connection: Connection, organisation: int, until: datetime) -> list[int]:
    """Messages that are done with since then, by number. One that was never sent is as old as those around it."""
    o, n, waiting = t.outbox.c, t.idea_news.c, t.outbox.alias("waiting").c
    newest = select(func.max(o.id)).where(o.sent_at <= until).scalar_subquery()
    old = (
        o.id <= newest,
        or_(o.sent_at.is_(None), o.sent_at <= until),
        o.status.in_(("sent", "failed", "dropped")),
    )
    rewritten = exists().where(waiting.target_id == o.id, waiting.status.in_(("queued", "sending")))
    shown = literal('"type":"feedback","news":').concat(cast(n.id, String)).concat("}")
    kept = exists().where(o.body.contains('"type":"feedback"'), o.body.contains(shown))
    names = o.body.contains('"of":"person"'), o.body.contains(PAGE)
    mine = o.organisation_id == organisation, o.session_id.is_(None), *old
    found = select(o.id).where(*mine, ~rewritten, ~kept, *map(not_, names))
    return list(connection.execute(found.order_by(o.id).limit(AT_ONCE)).scalars())


def _heard(connection: Connection, until: datetime) -> list[int]:
    """What was heard outside sessions until then, by number."""
    k = t.log.c
    found = select(k.id).where(k.session_id.is_(None), k.at <= until).order_by(k.id)
    return list(connection.execute(found.limit(AT_ONCE)).scalars())


# -- what is left to do


def replies_left(connection: Connection, series: Collection[int]) -> set[int]:
    """Those of these series of which anything of what people said is kept still."""
    s, r = t.sessions.c, t.replies.c
    said = exists().where(r.session_id == s.id)
    held = select(s.series_id).where(s.series_id.in_(series), or_(s.phase.not_in((*BEFORE, PURGED)), said))
    return set(connection.execute(held.distinct()).scalars())


def recaps_left(connection: Connection, series: Collection[int]) -> set[int]:
    m = t.meetings.c
    there = select(m.series_id).join(t.recaps, t.recaps.c.meeting_id == m.id).where(m.series_id.in_(series))
    return set(connection.execute(there.distinct()).scalars())
