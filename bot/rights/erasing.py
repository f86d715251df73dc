"""«Erase me»: begun in one transaction, gone on with in bounded ones, and done when nothing is left.

    begin       the name, the accounts, drafts, codes, roles and parked events are gone; nobody speaks for the account
    lessen      approved recaps that rest on what is erased get a new version without it
    take out    replies with their scores, a few at a time; what was posted with them is rewritten
    names       what was posted with the name is rewritten
    files       the terminal's files
    close       when what is to be rewritten in private has been: the place itself is forgotten

Each of these can be done again, and does nothing the second time. What is going on is a row (`erasures`), so that a
crash anywhere is gone on from by the next look (`bot.rights.look`), in whatever process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from adapters.terminal.names import NAME as TERMINAL
from adapters.terminal.names import owner as owner_of
from bot.happenings import Order
from bot.ideas import keeping as ideas
from bot.recaps import answers
from bot.rights import files, freezing, leftovers, lessening, tombs
from bot.rights import person as persons
from bot.work import Works
from flows import events as e
from storage import tables as t
from storage.audit import log_act
from storage.unit import Unit

#: Replies that one unit takes out: each may mean rewriting several messages.
AT_ONCE = 25
#: A place that takes nothing any more is waited for so long, to rewrite what was posted there.
PATIENCE = timedelta(days=7)
#: Sessions that know who is in them.
OPENED = ("lobby", "headcount", "running", "paused", "finished")


@dataclass(slots=True)
class Erasing:
    """`folders` are the terminal's, on this machine."""

    works: Works
    folders: Sequence[Path] = ()

    # -- beginning

    def begin(self, connection: Connection, person: int, actor: str, now: datetime) -> bool:
        """From now on the account is nobody's. Returns False where it has begun before. Raises NotFound."""
        row = persons.row(connection, person)
        accounts = persons.identities(connection, person)
        x = t.erasures.c
        if connection.execute(select(x.person_id).where(x.person_id == person)).first() is not None:
            return False
        mark = {
            "person_id": person,
            "organisation_id": row.organisation_id,
            "asked_by": actor,
            "began_at": now,
        }
        connection.execute(insert(t.erasures), mark)
        log_act(connection, row.organisation_id, actor, "erasure begun", f"person:{person}", now)
        _leave(self.works, connection, person, now)
        self._forget_accounts(connection, person, accounts, now)
        leftovers.forget_in_drafts(connection, accounts, row.name)
        _forget_rows(connection, person, row.name, now)
        return True

    def _forget_accounts(
        self, connection: Connection, person: int, accounts: Sequence[Any], now: datetime
    ) -> None:
        leftovers.settle_parked(connection, person, accounts, now)
        for each in accounts:
            leftovers.forget_account(connection, person, each)
        known = [(each.platform, each.workspace, each.account) for each in accounts]
        tombs.bury(connection, [tombs.of_account(self.works.tomb, each) for each in known], now)
        connection.execute(delete(t.identities).where(t.identities.c.person_id == person))

    # -- going on

    def go_on(self, person: int, now: datetime) -> bool:
        """All that can be done now. Returns whether it is done for good. Raises what storage raises."""
        for step in (self._lessen, self._take_out, self._thaw):
            while step(person, now):
                pass
        self._in_files(person)
        done = self._close(person, now)
        self.works.database.forget()
        return done

    def _lessen(self, person: int, now: datetime) -> int:
        """One series at a time. Returns how many versions were made: none is left after the last."""
        with self.works.database.read() as connection:
            series = connection.execute(select(t.series).where(t.series.c.id.in_(persons.series_of(person))))
            theirs = list(series.all())
        return sum(self._lessen_one(person, each, now) for each in theirs)

    def _lessen_one(self, person: int, series: Any, now: datetime) -> int:
        r, s = t.replies.c, t.sessions.c
        with self.works.database.write() as connection:
            unit = Unit(connection)
            unit.all(select(s.id).where(s.series_id == series.id).order_by(s.id).limit(1).with_for_update())
            mine = select(r.id).join(t.sessions, s.id == r.session_id)
            replies = {
                row.id for row in unit.all(mine.where(r.person_id == person, s.series_id == series.id))
            }
            made = lessening.lessen(unit, self.works.ids, series.id, replies, now)
            lessening.tell(unit, series, made)
        return len(made)

    def _take_out(self, person: int, now: datetime) -> int:
        """A few replies, with what was posted of them. Returns how many."""
        r = t.replies.c
        with self.works.database.write() as connection:
            first = (
                select(r.session_id).where(r.person_id == person).order_by(r.session_id, r.id).limit(AT_ONCE)
            )
            sessions = {row.session_id for row in connection.execute(first)}
            desk = self.works.desk(connection, sessions, now)
            # Read when the sessions are ours: nobody changes them any more.
            mine = select(r.id, r.session_id, r.message, t.places).join(t.places, t.places.c.id == r.place_id)
            mine = mine.where(r.person_id == person, r.session_id.in_(sessions)).order_by(r.session_id, r.id)
            rows = desk.unit.all(mine.limit(AT_ONCE))
            for row in rows:
                self._bury(connection, row, now)
                live = desk.sessions[row[1]]
                desk.apply(live, e.Removed(person, row[0]), key=f"erased:{row[0]}")
                desk.corrected.append((row[0], live, live.row.version))
            desk.write()
        return len(rows)

    def _bury(self, connection: Connection, row: Any, now: datetime) -> None:
        """`row`: a reply's id, session and message, and its place."""
        place = _Place(
            row[3], *(getattr(row, name) for name in ("person_id", "platform", "workspace", "channel"))
        )
        tombs.bury(connection, tombs.of_message(self.works.tomb, place, row.message), now)
        connection.execute(delete(t.replies).where(t.replies.c.id == row[0]))

    def _thaw(self, person: int, now: datetime) -> int:
        """Recaps that were put into words when their replies were deleted."""
        with self.works.database.write() as connection:
            return freezing.without(Unit(connection), self.works.ids, person, now)

    # -- the end

    def _in_files(self, person: int) -> None:
        with self.works.database.read() as connection:
            accounts = [owner_of(each.channel) for each in _local(connection, person)]
        for account in filter(None, accounts):
            for folder in self.folders:
                files.forget(folder, account)

    def _close(self, person: int, now: datetime) -> bool:
        """Forget where they were reached alone, once nothing is to be rewritten there, or cannot be."""
        with self.works.database.write() as connection:
            mark = connection.execute(select(t.erasures).where(t.erasures.c.person_id == person)).one()
            places = persons.private_places(connection, person)
            if any(_busy(connection, each, mark.began_at, now) for each in places):
                return False
            for each in places:
                self._forget_place(connection, each)
            done = update(t.erasures).where(t.erasures.c.person_id == person, t.erasures.c.done_at.is_(None))
            if connection.execute(done.values(done_at=now)).rowcount:
                log_act(
                    connection, mark.organisation_id, mark.asked_by, "erasure done", f"person:{person}", now
                )
            return True

    def _forget_place(self, connection: Connection, place: Any) -> None:
        account = owner_of(place.channel) if place.platform == TERMINAL else None
        for folder in self.folders if account else ():
            files.close(folder, str(account))
        o = t.outbox.c
        waiting = o.place_id == place.id, o.status.in_(("queued", "sending"))
        connection.execute(update(t.outbox).where(*waiting).values(status="dropped", reason="erased"))
        hashed = tombs.of_private(self.works.tomb, place, f"#{place.id}")
        there = update(t.places).where(t.places.c.id == place.id)
        connection.execute(there.values(channel=hashed, person_id=None, session_id=None, blocked="gone"))


@dataclass(frozen=True, slots=True)
class _Place:
    id: int
    person_id: int | None
    platform: str
    workspace: str
    channel: str


def pending(connection: Connection) -> list[int]:
    """The people whose erasure has begun and is not done."""
    x = t.erasures.c
    return [
        row.person_id
        for row in connection.execute(select(x.person_id).where(x.done_at.is_(None)).order_by(x.began_at))
    ]


# -- rows


def _leave(works: Works, connection: Connection, person: int, now: datetime) -> None:
    """Groups do not wait for them any more, and what they have cast in a vote is not counted: everyone's too."""
    m, s, c = t.memberships.c, t.sessions.c, t.circles.c
    circles = select(m.circle_id).where(m.person_id == person, m.until.is_(None), m.circle_id.is_not(None))
    plenums = select(c.id).where(c.kind == "everyone", c.series_id.in_(persons.series_of(person)))
    there = or_(s.circle_id.in_(circles), s.circle_id.in_(plenums))
    held = select(s.id).where(there, s.phase.in_(OPENED)).order_by(s.id)
    orders = [
        Order(f"erased-left:{person}:{row.id}", row.id, e.Left(person)) for row in connection.execute(held)
    ]
    if orders:
        works.settle(connection, orders, now)
    connection.execute(
        update(t.memberships).where(m.person_id == person, m.until.is_(None)).values(until=now)
    )
    a = t.appointments.c
    connection.execute(
        update(t.appointments).where(a.person_id == person, a.until.is_(None)).values(until=now)
    )


def _forget_rows(connection: Connection, person: int, name: str, now: datetime) -> None:
    o, p = t.outbox.c, t.places.c
    connection.execute(delete(t.codes).where(t.codes.c.person_id == person))
    _forget_marks(connection, person)
    met = or_(t.pairs.c.one_id == person, t.pairs.c.other_id == person)
    connection.execute(delete(t.pairs).where(met))
    leftovers.blank_pairs(connection, person, [name])
    answers.forget(connection, person)
    ideas.forget(connection, person)
    gone = {"name": "", "language": None, "unit_id": None, "erased_at": now}
    connection.execute(update(t.people).where(t.people.c.id == person).values(**gone))
    home = select(p.id).where(p.person_id == person)
    unsaid = o.place_id.in_(home), o.status == "queued", o.kind == "say"
    connection.execute(update(t.outbox).where(*unsaid).values(status="dropped", reason="erased"))
    leftovers.rewrite_named(connection, person)


def _forget_marks(connection: Connection, person: int) -> None:
    """What they marked of others' messages is counted anew."""
    k, r = t.marks.c, t.replies.c
    marked = [row.reply_id for row in connection.execute(select(k.reply_id).where(k.person_id == person))]
    connection.execute(delete(t.marks).where(k.person_id == person))
    left = select(func.count()).where(k.reply_id == r.id, k.signs > 0).scalar_subquery()
    connection.execute(update(t.replies).where(r.id.in_(marked)).values(reactions=left))


def _local(connection: Connection, person: int) -> list[Any]:
    return [each for each in persons.private_places(connection, person) if each.platform == TERMINAL]


def _busy(connection: Connection, place: Any, began: datetime, now: datetime) -> bool:
    """Something is still to be rewritten there, and may be."""
    if now - began >= PATIENCE or place.blocked is not None:
        return False
    o = t.outbox.c
    waiting = select(o.id).where(o.place_id == place.id, o.status.in_(("queued", "sending"))).limit(1)
    return connection.execute(waiting).first() is not None


def only_coordinator(connection: Connection, person: int) -> list[str]:
    """The series, by title, that nobody runs when this person is gone."""
    m, s = t.memberships.c, t.series.c
    runs = select(m.series_id, m.person_id).where(m.role == "coordinator", m.until.is_(None))
    by_series: dict[int, set[int]] = {}
    for row in connection.execute(runs):
        by_series.setdefault(row.series_id, set()).add(row.person_id)
    alone = [series for series, people in by_series.items() if people == {person}]
    return [row.title for row in connection.execute(select(s.title).where(s.id.in_(alone)).order_by(s.id))]
