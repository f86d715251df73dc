"""Sign-up to a session of a round that asks for it: who comes, a reminder for those alone, and how many came.

- A confirmed session is announced to each of its groups with a button, once for each date, in working hours.
- An answer is for the date that it was given for: when the session is moved, people are asked anew.
- The reminder goes to those who said that they come, and to nobody else, one working day before.

What somebody answers is a reply of theirs without words, with its value among the scores: so it is shown, kept and
erased as everything else of theirs. It counts nowhere as something that was said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select, update

from bot.recaps.sources import turnout
from bot.rights.days import note
from bot.series.members import TAKING_PART
from bot.series.office import ANNOUNCED, SIGN_UP, Change, Office
from bot.series.problems import NotFound, SeriesProblem
from bot.shelf import Shelf
from bot.work import Works
from flows.calendar import WorkingDays
from flows.forms import Sentence
from flows.message import Choice, Moment, Text, line, message
from storage import tables as t
from storage.unit import Unit

#: How long before the session people are asked: time enough to plan, near enough to know.
AHEAD = timedelta(days=21)
RUNDA = "Runda"
ASKED, REMINDED = SIGN_UP
#: In the audit log, by the person: they have told their group so.
CANNOT_COME = "cannot come"

Do: TypeAlias = Callable[[Office, Any], int]
#: Of the audit log: whose, which act, and about what.
Noted: TypeAlias = set[tuple[int, str, str]]

_encode = msgspec.json.Encoder().encode


class Signed(NamedTuple):
    """How many said that they come, and that they do not; and how many said something there."""

    coming: int
    away: int
    came: int


def asks(office: Office, shelf: Shelf, meeting: Any) -> bool:
    """Whether people sign up to this session."""
    programme = shelf.programme(Unit(office.connection), meeting.content_id or office.series.content_id)
    return bool(programme.rounds[meeting.number - 1].signup)


def sign(
    connection: Connection, ids: Callable[[], int], sitting: Any, person: int, *, comes: bool, now: datetime
) -> None:  # fmt: skip
    """The last answer counts. `sitting`: the session of the person's own group."""
    r, p = t.replies.c, t.places.c
    alone = select(p.id).where(p.person_id == person).order_by(p.id).limit(1)
    place = connection.execute(alone).scalar() or sitting.place_id
    message_ = _message(sitting.id, person)
    connection.execute(delete(t.replies).where(r.session_id == sitting.id, r.message == message_))
    reply = ids()
    row = {
        "id": reply, "organisation_id": sitting.organisation_id, "session_id": sitting.id, "person_id": person,
        "place_id": place, "message": message_, "revision": 0, "role": "aside", "late": False, "private": True,
        "words": "", "sent_at": now,
    }  # fmt: skip
    connection.execute(insert(t.replies), row)
    score = {"reply_id": reply, "item": _item(sitting), "value": int(comes)}
    connection.execute(insert(t.scores), score)


def follow(connection: Connection, was: int, session: int, people: Collection[int]) -> None:
    """What these people have answered of a session is said of another one on the same date: they sit in that group."""
    r = t.replies.c
    for person in people:
        theirs = update(t.replies).where(r.session_id == was, r.message == _message(was, person))
        connection.execute(theirs.values(session_id=session, message=_message(session, person)))


def _message(session: int, person: int) -> str:
    return f"coming:{session}:{person}"


def sign_by_name(
    office: Office, shelf: Shelf, ids: Callable[[], int], number: int, name: str, *, comes: bool
) -> Change:
    """What somebody has told the coordinator. Raises SeriesProblem."""
    meeting, m, p = office.meeting(number), t.memberships.c, t.people.c
    theirs = select(m.person_id, m.circle_id, p.name).join(t.people, p.id == m.person_id)
    seats = office.all(
        theirs.where(m.series_id == office.series.id, m.role.in_(TAKING_PART), m.until.is_(None))
    )
    seat = next((one for one in seats if one.name.casefold() == name.casefold()), None)
    if seat is None:
        raise NotFound("person", name, [one.name for one in seats])
    sitting = next((one for one in _groups(office, meeting) if one.circle_id == seat.circle_id), None)
    if sitting is None or sitting.phase != "planned" or not asks(office, shelf, meeting):
        raise SeriesProblem(Sentence(f"Nobody signs up to session {number} now.", "no-signup", number=number))
    sign(office.connection, ids, sitting, seat.person_id, comes=comes, now=office.now)
    return office.done(f"{seat.name}: {'comes' if comes else 'does not come'}.")


def signed(connection: Connection, sittings: list[Any]) -> dict[int, bool]:
    """What people answered for the date that each session has now, by person."""
    r, s = t.replies.c, t.scores.c
    found: dict[int, bool] = {}
    for each in sittings:
        given = select(r.person_id, s.value).join(t.scores, s.reply_id == r.id)
        given = given.where(r.session_id == each.id, s.item == _item(each))
        found |= {row.person_id: bool(row.value) for row in connection.execute(given)}
    return found


def counted(office: Office, meeting: Any) -> Signed:
    answers = signed(office.connection, _groups(office, meeting))
    came = turnout(Unit(office.connection), [meeting.id], table=office.series.answering == "table").people
    return Signed(sum(answers.values()), sum(not comes for comes in answers.values()), came)


def _item(sitting: Any) -> str:
    """What the answer is called among the scores: for which date."""
    return f"coming {sitting.starts_at:%Y-%m-%d %H:%M}"


def _groups(office: Office, meeting: Any) -> list[Any]:
    return [each for each in office.sessions(meeting.id, lock=False) if each.kind == "group"]


# -- what is asked and reminded of by itself


@dataclass(frozen=True, slots=True)
class Signing:
    """Called once a minute, from a worker thread; holds no state of its own."""

    works: Works

    def look(self, now: datetime) -> int:
        """Ask and remind where it is time. Returns how many messages were queued."""
        with self.works.database.read() as connection:
            series = {row.series_id for row, _ in self._due(connection, now)}
        told = 0
        for each in sorted(series):
            with self.works.database.write() as connection:
                office = _office(connection, each, now)
                due = self._due(connection, now, each)
                told += sum(do(office, sitting) for sitting, do in due)
        return told

    def _due(self, connection: Connection, now: datetime, series: int | None = None) -> list[tuple[Any, Do]]:
        """Sessions with what is to be done about them, of all series or of one: two queries, however many there are."""
        near = [row for row in connection.execute(_near(now, series)) if self._asks(connection, row)]
        days = {row.zone: WorkingDays(row.zone) for row in near}
        awake = {zone for zone, each in days.items() if each.next_open(now) == now}
        near = [row for row in near if row.zone in awake]
        noted = _noted(connection, near, now)
        todo = ((row, _todo(row, noted, days[row.zone], now)) for row in near)
        return [(row, do) for row, do in todo if do is not None]

    def _asks(self, connection: Connection, row: Any) -> bool:
        programme = self.works.shelf.programme(Unit(connection), row.content)
        return bool(programme.rounds[row.number - 1].signup)


def _near(now: datetime, series: int | None) -> Select[Any]:
    """Confirmed sessions of groups that are soon. Each group has its own: it may have a date of its own, or come
    late."""
    n, m, s, c = t.sessions.c, t.meetings.c, t.series.c, t.circles.c
    content = func.coalesce(m.content_id, s.content_id).label("content")
    near = select(t.sessions, c.kind, c.home_id, c.number.label("group"), s.slug, s.zone, m.number, content)
    near = near.join(t.meetings, m.id == n.meeting_id).join(t.series, s.id == n.series_id)
    near = near.join(t.circles, c.id == n.circle_id).where(
        m.status == "confirmed", s.status.not_in(("paused", "cancelled")), c.kind == "group",
        n.phase == "planned", n.starts_at > now, n.starts_at <= now + AHEAD,
        *([n.series_id == series] if series is not None else []),
    )  # fmt: skip
    return near.order_by(n.id)


def _noted(connection: Connection, near: Collection[Any], now: datetime) -> Noted:
    """What has been done about them: none is that soon before it is asked about."""
    a = t.audit.c
    mine = a.organisation_id.in_({row.organisation_id for row in near}), a.act.in_((ASKED, REMINDED))
    done = select(a.organisation_id, a.act, a.object).where(*mine, a.at > now - AHEAD)
    return {(row.organisation_id, row.act, row.object) for row in connection.execute(done)} if near else set()


def _todo(sitting: Any, noted: Noted, days: WorkingDays, now: datetime) -> Do | None:
    def has(act: str) -> bool:
        return (sitting.organisation_id, act, f"{sitting.slug}/{_named(sitting)}") in noted

    if not has(ASKED):
        return _ask
    due = now >= days.one_working_day_before(sitting.starts_at) and not has(REMINDED)
    return _remind if due else None


def _office(connection: Connection, series: int, now: datetime) -> Office:
    """Locked: what another process has done meanwhile is seen, and not done again."""
    row = connection.execute(select(t.series).where(t.series.c.id == series).with_for_update()).one()
    return Office(connection, row, RUNDA, now)


def _named(sitting: Any) -> str:
    return f"{sitting.number} {sitting.starts_at:%Y-%m-%d %H:%M} group-{sitting.group}"


def _ask(office: Office, sitting: Any) -> int:
    audit = note(office, ASKED, _named(sitting))
    button = Choice(f"open:coming:{office.series.id}:{sitting.id}", Text("signup.button"))
    asked = line("signup.ask", number=sitting.number, at=Moment(sitting.starts_at))
    office.announce(message("answer", asked, choices=(button,)), [sitting], audit)
    return 1


def _remind(office: Office, sitting: Any) -> int:
    """Those of the group who come, where the series is if they are there."""
    audit = note(office, REMINDED, _named(sitting))
    m, p = t.memberships.c, t.places.c
    coming = [person for person, comes in signed(office.connection, [sitting]).items() if comes]
    alone = select(p.id, p.person_id, p.platform).join(t.memberships, m.person_id == p.person_id)
    alone = alone.where(m.circle_id == sitting.circle_id, m.role.in_(TAKING_PART), m.until.is_(None),
                        p.person_id.in_(coming), p.thread == "")  # fmt: skip
    found = office.all(alone.order_by(p.platform == office.series.platform, p.id.desc()))
    said = message("answer", line("signup.reminder", number=sitting.number, at=Moment(sitting.starts_at)))
    rows = [
        {"organisation_id": sitting.organisation_id, "place_id": place, "session_id": sitting.id, "version": which,
         "effect": ANNOUNCED + audit, "kind": "say", "sort": said.sort, "body": _encode(said).decode(),
         "status": "queued"}
        for which, place in enumerate({row.person_id: row.id for row in found}.values())
    ]  # fmt: skip
    if rows:
        office.connection.execute(insert(t.outbox), rows)
    return len(rows)
