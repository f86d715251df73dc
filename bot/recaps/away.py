"""A group's recap for those of it who could not come: in private, once, a day after everyone is done.

Sent to those who had said so, in working hours, and to nobody who wrote something there all the same. The day is for
the coordinator: a recap that is held goes to nobody, and one that has been edited goes as it was edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, exists, select

from bot.recaps import compile_groups, sending, sources
from bot.recaps.groups import HELD, RELEASED, newest, row_of
from bot.rights.days import note
from bot.series.members import TAKING_PART
from bot.series.office import ANNOUNCED, Office
from bot.series.signing import CANNOT_COME, RUNDA, signed
from bot.work import Works
from flows import recap as recaps
from flows.calendar import WorkingDays
from flows.message import Recap, line, message
from storage import tables as t
from storage.unit import Unit

SENT = "recap sent to who was away"
#: After the meeting, in which to hold it; and how long it is worth sending.
FIRST, LAST = timedelta(days=1), timedelta(days=21)

_encode = msgspec.json.Encoder().encode


def look(works: Works, now: datetime) -> int:
    """Send what is due. Returns how many messages were queued."""
    with works.database.read() as connection:
        due = [row for row in _missed(connection, now) if _awaited(connection, row)]
    told = 0
    for each in due:
        with works.database.write() as connection:
            series = select(t.series).where(t.series.c.id == each.series_id).with_for_update()
            office = Office(connection, connection.execute(series).one(), RUNDA, now)
            # The session that opens with the recap keeps it too.
            office.sessions(circle=each.circle_id)
            told += _send(works, office, each, _awaited(connection, each))
    return told


def _over(now: datetime) -> Select[Any]:
    """Groups' sessions in which something was said, of meetings whose managers' recap has waited for a day: that it
    waits is noted when the last group is done. What each wrote alone before there were groups is nobody's recap."""
    s, m, c, r, se = t.sessions.c, t.meetings.c, t.circles.c, t.recaps.c, t.series.c
    done = exists().where(
        r.meeting_id == m.id, r.session_id.is_(None), r.version == 0, r.made_at <= now - FIRST, r.made_at > now - LAST
    )  # fmt: skip
    over = sources.sittings().add_columns(se.slug, se.zone)
    over = over.where(
        c.kind == "group",
        c.number > 0,
        s.phase == "finished",
        se.status.not_in(("paused", "cancelled")),
        done,
    )
    found: Select[Any] = over.where(sources.said_something()).order_by(s.id)
    return found


def _missed(connection: Connection, now: datetime) -> list[Any]:
    """Those that somebody said no to, where it is working hours: three queries, however many sessions there are."""
    over = [row for row in connection.execute(_over(now)) if WorkingDays(row.zone).next_open(now) == now]
    if not over:
        return []
    a, r, v = t.audit.c, t.replies.c, t.scores.c
    acts = select(a.organisation_id, a.object).where(
        a.act == CANNOT_COME, a.organisation_id.in_({row.organisation_id for row in over})
    )
    told = {(row.organisation_id, row.object) for row in connection.execute(acts)}
    no = select(r.session_id).join(t.scores, v.reply_id == r.id).where(
        r.session_id.in_([row.id for row in over]), v.item.startswith("coming "), v.value == 0
    )  # fmt: skip
    away = {row.session_id for row in connection.execute(no)}
    return [
        row for row in over if row.id in away or (row.organisation_id, f"{row.slug}/{row.number}") in told
    ]


def _awaited(connection: Connection, sitting: Any) -> set[int]:
    """Whom it is to go to: nobody where it has gone out."""
    if _done(connection, sitting, SENT, _named(sitting)):
        return set()
    answers = signed(connection, [sitting])
    told = _done(connection, sitting, CANNOT_COME, f"{sitting.number}")
    away = {int(actor.removeprefix("person:")) for actor in told} | set(answers)
    m, r = t.memberships.c, t.replies.c
    came = exists().where(r.session_id == sitting.id, r.person_id == m.person_id, r.role.in_(sources.SAID))
    seats = select(m.person_id).where(m.circle_id == sitting.circle_id, m.role.in_(TAKING_PART), m.until.is_(None),
                                      m.person_id.in_(away), ~came)  # fmt: skip
    found = connection.execute(seats) if away else ()
    return {row.person_id for row in found if not answers.get(row.person_id)}


def _done(connection: Connection, sitting: Any, act: str, what: str) -> list[str]:
    """Who did this about the session, as the audit log has them."""
    a = t.audit.c
    mine = a.organisation_id == sitting.organisation_id, a.act == act, a.object == f"{sitting.slug}/{what}"
    return [row.actor for row in connection.execute(select(a.actor).where(*mine))]


def _named(sitting: Any) -> str:
    return f"{sitting.number} group-{sitting.circle_number}"


def _send(works: Works, office: Office, sitting: Any, people: Iterable[int]) -> int:
    unit = Unit(office.connection)
    where: dict[int, int | None] = {}
    for role in TAKING_PART:
        where |= sending.private_places(unit, sitting.series_id, office.series.platform, role)
    places = [place for person in sorted(people) if (place := where.get(person)) is not None]
    recap = _recap(works, unit, sitting, office.now) if places else None
    if recap is None:
        return 0
    audit = note(office, SENT, _named(sitting))
    said = message("recap", line("recap.away", number=sitting.number), Recap(recap))
    unit.add(t.outbox, [
        {"organisation_id": sitting.organisation_id, "place_id": place, "session_id": sitting.id, "version": which,
         "effect": ANNOUNCED + audit, "kind": "say", "sort": said.sort, "body": _encode(said).decode(),
         "status": "queued"}
        for which, place in enumerate(places)
    ])  # fmt: skip
    unit.flush()
    return len(places)


def _recap(works: Works, unit: Unit, sitting: Any, now: datetime) -> int | None:
    """The newest that a coordinator, or the group's next session, has made; otherwise as it is now, which leaves the
    group's own to be made anew at its opening. None: it is held."""
    kept = newest(unit, [sitting.id]).get(sitting.id)
    if kept is not None and kept.status != RELEASED:
        return None if kept.status == HELD else int(kept.id)
    made = recaps.dump(compile_groups(unit, works.shelf, [sitting])[sitting.id]).decode()
    key, version = works.ids(), kept.version + 1 if kept else 1
    stored = {"id": key, "version": version, "status": RELEASED, "made_at": now}
    unit.add(t.recaps, [row_of(sitting, made) | stored])
    unit.flush()
    return key
