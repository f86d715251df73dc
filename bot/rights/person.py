"""Who is meant, and where the house has what is theirs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select

from bot.series.problems import NotFound, SeriesProblem
from flows.forms import Sentence
from storage import tables as t


def find(connection: Connection, organisation: str, called: str) -> int:
    """One of the organisation's people: by name, by account, or by number as the audit log has it («person:7»).

    Raises NotFound; SeriesProblem where several go by that name.
    """
    p, o, i = t.people.c, t.organisations.c, t.identities.c
    ours = select(p.id, p.name, i.account).join(t.organisations, o.id == p.organisation_id)
    ours = ours.outerjoin(t.identities, i.person_id == p.id).where(o.name == organisation)
    rows = list(connection.execute(ours.order_by(p.id)))
    wanted = called.strip().casefold()
    if not wanted:  # as those are called who have been erased
        raise NotFound("person", called, sorted({row.name for row in rows if row.name}))
    found = {
        row.id for row in rows if wanted in (row.name.casefold(), f"person:{row.id}") or row.account == called
    }
    if len(found) == 1:
        return int(found.pop())
    if found:
        numbers = ", ".join(f"person:{each}" for each in sorted(found))
        raise SeriesProblem(Sentence(f"Several people are called {called}. Say which: {numbers}.", "several"))
    raise NotFound("person", called, sorted({row.name for row in rows if row.name}))


def row(connection: Connection, person: int) -> Any:
    """Name, language, organisation and, if so, since when they are erased. Raises NotFound."""
    found = connection.execute(select(t.people).where(t.people.c.id == person)).first()
    if found is None:
        raise NotFound("person", f"person:{person}", [])
    return found


def unit(connection: Connection, person: Any) -> str | None:
    """Where a person, a row, is from, as a coordinator has said it."""
    found: str | None = connection.execute(
        select(t.units.c.name).where(t.units.c.id == person.unit_id)
    ).scalar()
    return found


def identities(connection: Connection, person: int) -> list[Any]:
    i = t.identities.c
    return list(connection.execute(select(t.identities).where(i.person_id == person).order_by(i.id)))


def private_places(connection: Connection, person: int) -> list[Any]:
    p = t.places.c
    return list(connection.execute(select(t.places).where(p.person_id == person).order_by(p.id)))


def series_of(person: int) -> Select[Any]:
    """The ids of the series that a person has or had a part in, or has said something in."""
    m, r, s = t.memberships.c, t.replies.c, t.sessions.c
    said = select(s.series_id).join(t.replies, r.session_id == s.id).where(r.person_id == person)
    took_part = select(m.series_id).where(m.person_id == person)
    both = said.union(took_part).subquery()
    return select(both.c.series_id)
