"""Who takes part, and in what role. People who have begun together stay together: nobody else is moved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from bot.series.grouping import in_words
from bot.series.making import people
from bot.series.office import UNDER_WAY, Change, Office
from bot.series.problems import NotFound, SeriesProblem
from flows import groups
from flows.events import Joined, Left
from storage import tables as t

#: Roles of a series as a whole; a note-taker's is one of a group.
OF_SERIES = ("coordinator", "manager")
TAKING_PART = ("participant", "note-taker")


def join(office: Office, name: str, group: str | None = None) -> Change:
    """Take somebody in: in the smallest group, unless one is named. Raises SeriesProblem."""
    circles = office.circles("group")
    key = _person(office, name)
    seated = [[seat.person_id for seat in _seats(office, circle.id)] for circle in circles]
    if any(key in people for people in seated):
        raise SeriesProblem(f"{name} takes part in {office.series.title} already.")
    if group is not None:
        chosen = office.circle(group)
    else:
        change = groups.join(seated, key)
        chosen = circles[change.index]
        office.told += [in_words(warning) for warning in change.warnings]
    audit = office.record("person added", f"person:{key}")
    _seat(office, key, chosen.id, "participant")
    office.order("joined", audit, _under_way(office, chosen.id), Joined(key))
    return office.done(f"{name} is in {chosen.name}. Nobody else has moved.")


def leave(office: Office, name: str) -> Change:
    """Take somebody out of their group. What they have said stays; erasing it is another matter."""
    seat = _seat_of(office, name, TAKING_PART)
    audit = office.record("person removed", f"person:{seat.person_id}")
    _end(office, seat.id)
    office.order("left", audit, _under_way(office, seat.circle_id), Left(seat.person_id))
    left = len(_seats(office, seat.circle_id))
    if left < groups.LOW:
        warning = groups.GroupWarning(groups.SMALL, left, groups.LOW)
        office.told.append(in_words(warning) if left else "Nobody is left in that group.")
    return office.done(f"{seat.name} is out of {office.series.title}. What {seat.name} has said is kept.")


def give_role(office: Office, role: str, name: str, instead_of: str | None = None) -> Change:
    """Give a role, or hand it over from somebody. A note-taker is one of the group. Raises SeriesProblem."""
    if role == "note-taker":
        return _note_taker(office, name)
    key = _person(office, name)
    former = _seat_of(office, instead_of, (role,)) if instead_of else None
    if any(seat.person_id == key for seat in _with_role(office, role)):
        raise SeriesProblem(f"{name} is {role} of {office.series.title} already.")
    office.record(f"{role} named", f"person:{key}")
    _seat(office, key, None, role)
    if former is not None:
        _end(office, former.id)
        return office.done(f"{name} is {role} of {office.series.title}, instead of {former.name}.")
    return office.done(f"{name} is {role} of {office.series.title}.")


def take_role(office: Office, role: str, name: str) -> Change:
    """Take a role from somebody. The last coordinator hands over instead. Raises SeriesProblem."""
    if role == "note-taker":
        seat = _seat_of(office, name, (role,))
        _end(office, seat.id)
        _seat(office, seat.person_id, seat.circle_id, "participant")
    else:
        seat = _seat_of(office, name, (role,))
        if role == "coordinator" and len(_with_role(office, role)) == 1:
            raise SeriesProblem(f"{seat.name} is the only coordinator. Name another, instead of {seat.name}.")
        _end(office, seat.id)
    office.record(f"{role} no more", f"person:{seat.person_id}")
    return office.done(f"{seat.name} is no {role} of {office.series.title} any more.")


def _note_taker(office: Office, name: str) -> Change:
    """The group has one note-taker; who was it before takes part as the others do."""
    seat = _seat_of(office, name, TAKING_PART)
    if seat.role == "note-taker":
        raise SeriesProblem(f"{seat.name} is note-taker already.")
    office.record("note-taker named", f"person:{seat.person_id}")
    for other in _seats(office, seat.circle_id):
        if other.role == "note-taker":
            _end(office, other.id)
            _seat(office, other.person_id, seat.circle_id, "participant")
    _end(office, seat.id)
    _seat(office, seat.person_id, seat.circle_id, "note-taker")
    return office.done(f"{seat.name} writes for the group.")


# -- rows


def _person(office: Office, name: str) -> int:
    """The person of that name, or a new one; a new one is told of, since it may be a slip of the keyboard."""
    owner, platform = office.series.organisation_id, office.series.platform
    known = office.all(select(t.people.c.name).where(t.people.c.organisation_id == owner))
    if name.casefold() not in {row.name.casefold() for row in known}:
        office.told.append(f"{name} was not known here before.")
    return people(office.connection, owner, platform, [name])[name]


def _seats(office: Office, circle: int | None) -> list[Row[Any]]:
    return [seat for seat in _all_seats(office) if seat.circle_id == circle and seat.role in TAKING_PART]


def _with_role(office: Office, role: str) -> list[Row[Any]]:
    return [seat for seat in _all_seats(office) if seat.role == role]


def _all_seats(office: Office) -> list[Row[Any]]:
    m, p = t.memberships.c, t.people.c
    seats = select(t.memberships, p.name).join(t.people, p.id == m.person_id)
    return office.all(seats.where(m.series_id == office.series.id, m.until.is_(None)).order_by(m.id))


def _seat_of(office: Office, name: str, roles: tuple[str, ...]) -> Row[Any]:
    held = [seat for seat in _all_seats(office) if seat.role in roles]
    for seat in held:
        if seat.name.casefold() == name.casefold():
            return seat
    raise NotFound("participant" if roles == TAKING_PART else roles[0], name, [seat.name for seat in held])


def _seat(office: Office, key: int, circle: int | None, role: str) -> None:
    row = {
        "person_id": key,
        "series_id": office.series.id,
        "circle_id": circle,
        "role": role,
        "since": office.now,
    }
    office.connection.execute(insert(t.memberships), row)


def _end(office: Office, seat: int) -> None:
    office.connection.execute(
        update(t.memberships).where(t.memberships.c.id == seat).values(until=office.now)
    )


def _under_way(office: Office, circle: int | None) -> list[Row[Any]]:
    """The group's sessions that know their members: those that have opened, until the next one opens."""
    return [each for each in office.sessions(circle=circle) if each.phase in (*UNDER_WAY, "finished")]
