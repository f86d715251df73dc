"""Who stands at the counter: found anew by their account each time, in their own organisation only.

A workspace belongs to one organisation. Somebody whom the house does not know yet is somebody too: they are told
what this is, and whom to ask.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from adapters.port import Address
from storage import tables as t
from storage.unit import Seat

COORDINATOR, MANAGER = "coordinator", "manager"
TAKING_PART = ("participant", "note-taker")


@dataclass(slots=True)
class Visitor:
    """`organisation` is a row, None where the house has nobody's series yet. `language`: None where not known."""

    place: Address
    account: str
    organisation: Any
    person: int | None = None
    name: str = ""
    language: str | None = None
    #: May set up series for the organisation.
    appointed: bool = False
    seats: list[Seat] = field(default_factory=list)

    @property
    def actor(self) -> str:
        """For the audit log: who it is, without a name."""
        return f"person:{self.person}"

    def runs(self, series: int) -> bool:
        return series in self.with_role(COORDINATOR)

    def with_role(self, *roles: str) -> set[int]:
        """The series in which they have one of these roles."""
        return {seat.series_id for seat in self.seats if seat.role in roles}


def visitor(connection: Connection, place: Address, account: str, organisation: str) -> Visitor:
    """`organisation`: whose a workspace is that nobody has installed."""
    owner = _organisation(connection, place, organisation)
    found = Visitor(place, account, owner)
    row = _person(connection, place, account)
    if row is None or owner is None or row.organisation_id != owner.id:
        return found
    found.person, found.name, found.language = row.id, row.name, row.language
    found.appointed = row.id in appointed(connection, owner.id)
    found.seats = _seats(connection, row.id, owner.id)
    return found


def _organisation(connection: Connection, place: Address, otherwise: str) -> Any:
    i, o = t.installations.c, t.organisations.c
    installed = select(i.organisation_id).where(i.platform == place.platform, i.workspace == place.workspace)
    owner = connection.execute(installed).scalar()
    which = o.id == owner if owner is not None else o.name == otherwise
    return connection.execute(select(t.organisations).where(which)).first()


def _person(connection: Connection, place: Address, account: str) -> Any:
    i = t.identities.c
    mine = select(t.people).join(t.identities, i.person_id == t.people.c.id)
    here = i.platform == place.platform, i.workspace == place.workspace, i.account == account
    return connection.execute(mine.where(*here)).first()


def _seats(connection: Connection, person: int, organisation: int) -> list[Seat]:
    m, s = t.memberships.c, t.series.c
    held = select(m.person_id, m.series_id, m.circle_id, m.role).join(t.series, s.id == m.series_id)
    mine = held.where(m.person_id == person, m.until.is_(None), s.organisation_id == organisation)
    return [Seat(*row) for row in connection.execute(mine.order_by(m.id))]


def appointed(connection: Connection, organisation: int, office: str = "series") -> dict[int, str]:
    """Who may set up series, or has another office: names by person."""
    a, p = t.appointments.c, t.people.c
    listed = select(p.id, p.name).join(t.appointments, a.person_id == p.id)
    held = listed.where(a.organisation_id == organisation, a.office == office, a.until.is_(None))
    return {row.id: row.name for row in connection.execute(held.order_by(a.id))}


def coordinators(connection: Connection, series: int) -> dict[int, str]:
    """Who runs a series: names by person."""
    m, p = t.memberships.c, t.people.c
    listed = select(p.id, p.name).join(t.memberships, m.person_id == p.id)
    held = listed.where(m.series_id == series, m.role == COORDINATOR, m.until.is_(None))
    return {row.id: row.name for row in connection.execute(held.order_by(m.id))}
