"""The same person on two platforms becomes one, by a code that they got on one and typed on the other.

The person who got the code stays; the one who typed it, if the house knew them already, becomes part of that one:
what they wrote, what they take part in, and where they are reached. It is done in private, and told on both sides.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from bot.joining import codes, seating
from bot.joining.visit import OPEN, Visit
from bot.rights import freezing
from flows.events import Joined, Left
from flows.message import line, message
from storage import tables as t

#: What belongs to a person, and moves with them as it is. A test holds it against the tables.
THEIRS = (
    t.identities.c.person_id, t.places.c.person_id, t.replies.c.person_id, t.recaps.c.approved_by,
    t.appointments.c.person_id, t.responses.c.person_id, t.ideas.c.person_id, t.idea_news.c.person_id,
)  # fmt: skip


def link(visit: Visit, code: Any) -> str:
    """Returns what became of it: a key of the catalogue."""
    if not visit.private:
        codes.use_up(visit.connection, code.code, visit.now)  # others have read it
        return "join.not-private"
    codes.use_up(visit.connection, code.code, visit.now)
    person = visit.person()
    if person is not None and person.organisation_id != code.organisation_id:
        return "join.elsewhere"
    if person is not None and person.id == code.person_id:
        return "join.same"
    if person is None:
        _add(visit, code)
    else:
        _merge(visit, person.id, code.person_id)
    visit.record(code.organisation_id, "person linked", f"person:{code.person_id}")
    _tell_there(visit, code)
    return "join.linked"


def _add(visit: Visit, code: Any) -> None:
    """Nobody knew this account: it is one more of the person's."""
    account = {"person_id": code.person_id, "platform": visit.place.platform, "workspace": visit.place.workspace,
               "account": visit.heard.account}  # fmt: skip
    visit.connection.execute(insert(t.identities), account)
    seating.home(visit, code.organisation_id, code.person_id)


def _tell_there(visit: Visit, code: Any) -> None:
    """Whoever did not do this themselves learns of it where the code came from."""
    p = t.places.c
    mine = select(p.id).where(
        p.person_id == code.person_id, p.platform != visit.place.platform, p.thread == ""
    )
    for place in visit.all(mine.order_by(p.id)):
        visit.say(code.organisation_id, message("answer", line("join.linked-there")), place.id)


def _merge(visit: Visit, former: int, person: int) -> None:
    """All that one of them has becomes the other's."""
    run = visit.connection.execute
    for column in THEIRS:
        run(update(column.table).where(column == former).values({column.name: person}))
    run(delete(t.codes).where(t.codes.c.person_id == former))
    _marks(visit, former, person)
    _pairs(visit, former, person)
    changed = _memberships(visit, former, person)
    number = visit.record(_organisation(visit, person), "person merged", f"person:{former} person:{person}")
    for circle, comes in changed:
        s = t.sessions.c
        there = visit.all(select(s.id).where(s.circle_id == circle, s.phase.in_(OPEN)).order_by(s.id))
        ids = [each.id for each in there]
        visit.order("merged-left", number, ids, Left(former))
        if comes:
            visit.order("merged-joined", number, ids, Joined(person))
    p = t.people.c
    theirs = select(p.unit_id).where(p.id == former).scalar_subquery()
    run(update(t.people).where(p.id == person, p.unit_id.is_(None)).values(unit_id=theirs))
    run(update(t.people).where(p.id == former).values(name="", unit_id=None, erased_at=visit.now))
    _told(visit, former, person)


def _told(visit: Visit, former: int, person: int) -> None:
    """An erasure finds by number which messages say the name, and which lines are kept in words."""
    o = t.outbox.c
    was, now = (f'"of":"person","id":{each}}}' for each in (former, person))
    named = update(t.outbox).where(o.organisation_id == _organisation(visit, person), o.body.contains(was))
    visit.connection.execute(named.values(body=func.replace(o.body, was, now)))
    freezing.moved(visit.connection, former, person)


def _marks(visit: Visit, former: int, person: int) -> None:
    """Their marks on what others wrote. Where both marked a message, it has one person less who did."""
    k, r, run = t.marks.c, t.replies.c, visit.connection.execute
    signs = {row.reply_id: row.signs for row in visit.all(select(t.marks).where(k.person_id == person))}
    for row in visit.all(select(t.marks).where(k.person_id == former)):
        theirs = k.reply_id == row.reply_id, k.person_id == former
        if row.reply_id not in signs:
            run(update(t.marks).where(*theirs).values(person_id=person))
            continue
        run(delete(t.marks).where(*theirs))
        both = k.reply_id == row.reply_id, k.person_id == person
        run(update(t.marks).where(*both).values(signs=signs[row.reply_id] + row.signs))
        if signs[row.reply_id] and row.signs:
            run(update(t.replies).where(r.id == row.reply_id).values(reactions=r.reactions - 1))


def _pairs(visit: Visit, former: int, person: int) -> None:
    """Whom they have met. Nobody met themselves, and nobody twice in one sitting."""
    p, run = t.pairs.c, visit.connection.execute
    mine = or_(p.one_id.in_((former, person)), p.other_id.in_((former, person)))
    met: set[tuple[int, ...]] = set()
    rows = visit.all(select(t.pairs).where(mine).order_by(p.id))
    for row in sorted(rows, key=lambda row: former in (row.one_id, row.other_id)):
        two = sorted({person if each == former else each for each in (row.one_id, row.other_id)})
        if len(two) == 1 or (row.session_id, *two) in met:
            run(delete(t.pairs).where(p.id == row.id))
            continue
        met.add((row.session_id, *two))
        run(update(t.pairs).where(p.id == row.id).values(one_id=two[0], other_id=two[1]))


def _memberships(visit: Visit, former: int, person: int) -> list[tuple[int, bool]]:
    """The circles whose people change; and whether the person takes the place of the former one there.

    Somebody takes part once in a series: where both did, the seat of the one who stays is kept.
    """
    m = t.memberships.c
    run = visit.connection.execute
    changed: list[tuple[int, bool]] = []
    has = {(seat.series_id, _sort(seat.role)) for seat in _seats(visit, person)}
    for seat in _seats(visit, former):
        twice = (seat.series_id, _sort(seat.role)) in has
        ended = {"until": visit.now} if twice else {}
        run(update(t.memberships).where(m.id == seat.id).values(person_id=person, **ended))
        if seat.circle_id is not None:
            changed.append((seat.circle_id, not twice))
    run(update(t.memberships).where(m.person_id == former).values(person_id=person))
    return changed


def _seats(visit: Visit, person: int) -> list[Any]:
    m = t.memberships.c
    return visit.all(select(t.memberships).where(m.person_id == person, m.until.is_(None)).order_by(m.id))


def _sort(role: str) -> str:
    """Taking part is one thing, whoever writes for the group."""
    return "part" if role in seating.TAKING_PART else role


def _organisation(visit: Visit, person: int) -> int:
    return int(visit.one(select(t.people.c.organisation_id).where(t.people.c.id == person))[0])
