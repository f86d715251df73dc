"""To whom a recap or a notice goes, and what has gone out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select

from bot.series.office import ANNOUNCED
from bot.series.sharing import managers_home
from flows.message import Message, Recap
from storage import tables as t
from storage.unit import Unit

#: Effects of the engine are counted from 0, corrections of what was posted from 100,000, a coordinator's
#: announcements from 1,000,000; what is sent about managers' recaps from here, under the recap's version, and about
#: those of a whole series.
FIRST, WHOLE = 200_000, 300_000

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Message).decode


def private_places(unit: Unit, series_id: int, platform: str, role: str) -> dict[int, int | None]:
    """Where those who have a role in a series are reached alone, by person: on its platform, if they are there.

    None: nowhere that can be written to.
    """
    m, p = t.memberships.c, t.places.c
    runs = select(m.person_id).where(m.series_id == series_id, m.role == role, m.until.is_(None))
    people = sorted({row.person_id for row in unit.all(runs)})
    found = unit.all(select(t.places).where(p.person_id.in_(people), p.blocked.is_(None)).order_by(p.id))
    here = {row.person_id: row.id for row in reversed(found) if row.platform == platform}
    anywhere = {row.person_id: row.id for row in reversed(found)}
    return {person: here.get(person) or anywhere.get(person) for person in people}


def shared_places(unit: Unit, series_id: int) -> list[int]:
    """Where its managers read together: one place, or none."""
    home = managers_home(unit.connection, series_id)
    return [home.id] if home is not None else []


def queue(
    unit: Unit, meeting: Any, version: int, said: Message, places: Collection[int | None], *, whole: bool = False
) -> int:  # fmt: skip
    """Send it to each of these places that has not had this version of this meeting. Returns how many there were.

    `meeting` is a row of `managers.meeting`, whose anchor the caller has locked.
    """
    o, first = t.outbox.c, WHOLE if whole else FIRST
    had = unit.all(
        select(o.place_id, o.effect).where(
            o.session_id == meeting.anchor,
            o.version == version,
            o.effect >= first,
            o.effect < first + WHOLE - FIRST,
        )
    )
    to = sorted({place for place in places if place is not None} - {row.place_id for row in had})
    unit.add(t.outbox, [
        {"organisation_id": meeting.organisation_id, "place_id": place, "session_id": meeting.anchor,
         "version": version, "effect": first + len(had) + index, "kind": "say", "sort": said.sort,
         "body": _encode(said).decode(), "status": "queued"}
        for index, place in enumerate(to)
    ])  # fmt: skip
    unit.flush()
    return len(to)


@dataclass(frozen=True, slots=True)
class Posted:
    """A recap on its way to somebody, or there: `at` is when it was sent, `to` a group or a person by name."""

    recap: int
    to: str
    status: str
    at: datetime | None


def posted(unit: Unit, series_id: int) -> dict[int, list[Posted]]:
    """The recaps of a series that were sent or are about to be, by the id of the recap."""
    o, s, c, p, shared = t.outbox.c, t.sessions.c, t.circles.c, t.people.c, t.circles.alias("shared")
    readers = (
        (shared.c.home_id == o.place_id) & (shared.c.series_id == series_id) & (shared.c.kind == "managers")
    )
    sent = (
        select(
            o.body,
            o.status,
            o.sent_at,
            func.coalesce(shared.c.name, c.name).label("circle"),
            p.name.label("person"),
        )
        .join_from(t.outbox, t.sessions, s.id == o.session_id)
        .join(t.circles, c.id == s.circle_id)
        .join(t.places, t.places.c.id == o.place_id)
        .outerjoin(t.people, p.id == t.places.c.person_id)
        .outerjoin(shared, readers)
        .where(s.series_id == series_id, o.sort == "recap", o.kind == "say", o.status != "dropped")
        # That somebody could not come is not told by where a group's recap went.
        .where(o.effect < ANNOUNCED)
    )
    found: dict[int, list[Posted]] = defaultdict(list)
    for row in unit.all(sent.order_by(o.id)):
        for part in _decode(row.body).parts:
            if isinstance(part, Recap):
                found[part.id].append(Posted(part.id, row.person or row.circle, row.status, row.sent_at))
    return found
