"""In which language a message is said, and for which session: the reader's own language wins where she reads alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.shelf import Shelf
from flows.language import Catalogue
from storage import tables as t
from storage.unit import Unit


@dataclass(slots=True)
class Voice:
    """In which language, zone and session something is said."""

    bot: Catalogue
    programme: Catalogue
    content_id: str
    language: str
    #: The language that the circle writes in, whose «Finding: …» are read.
    spoken: str
    session: int | None
    #: What the session's circle is called.
    circle: str = ""
    #: Where the programme is gone through, for its texts.
    place: str = ""
    #: Which platform the session is held on; "": no session's.
    platform: str = ""
    #: Platform and workspace where it is read, as far as that is known.
    read: tuple[str, str] = ("", "")


def voices(unit: Unit, shelf: Shelf, rows: Sequence[Any]) -> list[Voice]:
    sessions = {row.session_id for row in rows if row.session_id}
    s = t.series.c
    settings = select(
        t.sessions.c.id, s.language, s.zone, s.content_id, t.meetings.c.content_id.label("pinned"),
        t.circles.c.name, t.organisations.c.name.label("place"), t.places.c.platform,
    ).select_from(
        t.sessions.outerjoin(t.places, t.places.c.id == t.sessions.c.place_id)
        .join(t.series, s.id == t.sessions.c.series_id)
        .join(t.meetings, t.meetings.c.id == t.sessions.c.meeting_id)
        .join(t.circles, t.circles.c.id == t.sessions.c.circle_id)
        .join(t.organisations, t.organisations.c.id == s.organisation_id)
    )  # fmt: skip
    held = (
        {row.id: row for row in unit.all(settings.where(t.sessions.c.id.in_(sessions)))} if sessions else {}
    )
    own = _own_languages(unit, {row.place_id for row in rows})
    homes = _homes(unit, {row.place_id for row in rows if not row.session_id})
    return [
        _voice(unit, shelf, held.get(row.session_id) or homes.get(row.place_id), own.get(row.place_id), row)
        for row in rows
    ]


def _own_languages(unit: Unit, places: set[int]) -> dict[int, str]:
    """A person's own language wins where only that person reads."""
    p = t.people.c
    own = select(t.places.c.id, p.language).join(t.people, p.id == t.places.c.person_id)
    return {row[0]: row[1] for row in unit.all(own.where(t.places.c.id.in_(places), p.language.is_not(None)))}


def _homes(unit: Unit, places: set[int]) -> dict[int, Any]:
    """The series of a message that belongs to no session: the one whose circle lives there."""
    if not places:
        return {}
    s, c = t.series.c, t.circles.c
    series = select(
        c.home_id, s.language, s.zone, s.content_id, s.content_id.label("pinned"), c.name
    ).select_from(t.circles.join(t.series, s.id == c.series_id))
    return {row.home_id: row for row in unit.all(series.where(c.home_id.in_(places)).order_by(s.id))}


def _voice(unit: Unit, shelf: Shelf, setting: Any, own: str | None, row: Any) -> Voice:
    if setting is None:
        o = t.organisations.c
        house = unit.all(select(o.language, o.zone).where(o.id == row.organisation_id))[0]
        language = own or house.language
        empty = Catalogue(language, {}, house.zone)
        return Voice(shelf.catalogue(language, house.zone), empty, "", language, house.language, None)
    content, zone = setting.pinned or setting.content_id, setting.zone
    language = own or setting.language
    programme = shelf.programme_texts(unit, content, language, zone)
    bot = shelf.catalogue(language, zone)
    place = getattr(setting, "place", "")
    platform = getattr(setting, "platform", None) or ""
    read = getattr(row, "platform", ""), getattr(row, "workspace", "")
    return Voice(bot, programme, content, language, setting.language, row.session_id, setting.name, place,
                 platform, read)  # fmt: skip
