"""Somebody takes part in a group: by its button in the chat, or by its code in private.

Who is in the group is then known, and only what they write is heard. Whoever is in another group of the series
stays there: groups that have begun together stay together, and moving somebody is the coordinator's to do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from adapters.port import Address
from bot.joining.visit import OPEN, OVER, Visit
from flows.events import Joined
from flows.message import Choice, Heading, Line, Message, Name, Part, Points, Text, line, message
from storage import tables as t

#: Names told in a message of a group, which is seldom larger; of all who are not divided yet, the first.
MOST_NAMES = 12
TAKING_PART = ("participant", "note-taker")


def circle(visit: Visit, number: int) -> Any:
    """A group that people may come into, or everyone's circle, with its series; None."""
    c, s = t.circles.c, t.series.c
    wanted = select(
        c.id, c.kind, c.number, c.home_id, c.series_id, s.organisation_id, s.slug, s.status, s.platform
    )
    wanted = wanted.join(t.series, s.id == c.series_id)
    there = c.id == number, c.kind.in_(("group", "everyone")), c.until.is_(None)
    return visit.one(wanted.where(*there, s.status.not_in(OVER)))


def take_in(visit: Visit, group: Any) -> str:
    """Returns what became of it: a key of the catalogue."""
    if group.kind != "group":
        return "join.by-group"
    if group.number == 0 and not _is_whole(visit, group.id):
        return "join.unknown-code"
    person = visit.person()
    if person is not None and person.organisation_id != group.organisation_id:
        return "join.elsewhere"
    key = person.id if person is not None else _make(visit, group.organisation_id)
    if seat := _seat(visit, key, group.series_id):
        return "join.already" if seat.circle_id == group.id else "join.other-group"
    audit = visit.record(group.organisation_id, "person joined", f"{group.slug} person:{key}")
    row = {"person_id": key, "series_id": group.series_id, "circle_id": group.id, "role": "participant",
           "since": visit.now}  # fmt: skip
    visit.connection.execute(insert(t.memberships), row)
    s = t.sessions.c
    there = visit.all(select(s.id).where(s.circle_id == group.id, s.phase.in_(OPEN)).order_by(s.id))
    visit.order("joined", audit, [each.id for each in there], Joined(key))
    return "join.in"


def _is_whole(visit: Visit, number: int) -> bool:
    """All who take part are not divided yet, nor at this moment: whoever divides them has locked their sessions."""
    s = t.sessions.c
    visit.all(select(s.id).where(s.circle_id == number).order_by(s.id).with_for_update())
    return circle(visit, number) is not None


def _seat(visit: Visit, person: int, series: int) -> Any:
    m = t.memberships.c
    held = select(m.circle_id).where(m.person_id == person, m.series_id == series, m.until.is_(None))
    return visit.one(held.where(m.role.in_(TAKING_PART)))


def _make(visit: Visit, organisation: int) -> int:
    """A person whom nobody knew, with their account and their private place."""
    known = visit.known
    row = {"organisation_id": organisation, "name": known.name[:200], "language": known.language}
    key = int(visit.connection.execute(insert(t.people).returning(t.people.c.id), row).scalar_one())
    account = {"person_id": key, "platform": visit.place.platform, "workspace": visit.place.workspace,
               "account": visit.heard.account}  # fmt: skip
    visit.connection.execute(insert(t.identities), account)
    home(visit, organisation, key)
    return key


def home(visit: Visit, organisation: int, person: int) -> int:
    """The place where a person is reached alone, made if it is not there."""
    alone = Address(visit.place.platform, visit.place.workspace, visit.heard.account)
    there = visit.place_row(alone)
    if there is None:
        return visit.make_place(organisation, alone, person_id=person)
    if there.person_id != person:
        visit.connection.execute(update(t.places).where(t.places.c.id == there.id).values(person_id=person))
    return int(there.id)


# -- what the group is shown


def invitation(visit: Visit, group: int, kind: str = "group") -> Message:
    """What stands in a group's chat until everyone is in: who is, and the button."""
    place = Heading(Text("join.place", {"group": Name("circle", group)}))
    if kind != "group":
        return message("answer", place, *_about(visit))
    m = t.memberships.c
    seats = select(m.person_id).where(m.circle_id == group, m.until.is_(None), m.role.in_(TAKING_PART))
    people = [row.person_id for row in visit.all(seats.order_by(m.id))]
    parts = [place, line("join.how"), *_about(visit)]
    if people:
        parts.append(Line(Text("join.with", {"n": len(people)})))
        parts.append(Points(tuple(_name(each) for each in people[:MOST_NAMES])))
    choices = Choice(f"join:{group}", Text("join.button")), Choice("open:home", Text("join.private"))
    return message("answer", *parts, choices=choices)


def _about(visit: Visit) -> list[Part]:
    """What can be seen of what is written there."""
    return [line("join.take-back"), *([] if visit.chat.hears_all else [line("join.privacy-mode")])]


def _name(person: int) -> Text:
    return Text("join.name", {"name": Name("person", person)})
