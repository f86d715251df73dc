"""Who may set up series for an organisation. The first is named by whoever runs the machine, the others by those."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.series.homes import Where
from bot.series.making import people
from bot.series.problems import NotFound, SeriesProblem
from flows.forms import Named, Sentence
from storage import tables as t


def appointments(connection: Connection, organisation: int) -> list[Row[Any]]:
    """Those who are appointed, with their names and accounts, a row for each account."""
    a, p, i = t.appointments.c, t.people.c, t.identities.c
    held = select(a.id, p.id.label("person_id"), p.name, i.platform, i.workspace, i.account)
    held = held.join_from(t.appointments, t.people, p.id == a.person_id).join(
        t.identities, i.person_id == p.id
    )
    mine = held.where(a.organisation_id == organisation, a.until.is_(None)).order_by(a.id, i.id)
    return list(connection.execute(mine))


def appoint(
    connection: Connection, organisation: int, one: Named, where: Where, actor: str, now: datetime
) -> Sentence:  # fmt: skip
    """Let somebody set up series. Raises SeriesProblem where they may already, or belong to another organisation."""
    person = people(connection, organisation, [(one, where)])[0]
    if person in {row.person_id for row in appointments(connection, organisation)}:
        words = f"{one.name} may set up series already."
        raise SeriesProblem(Sentence(words, "appointed-already", name=one.name))
    row = {"organisation_id": organisation, "person_id": person, "since": now}
    connection.execute(insert(t.appointments), row)
    _record(connection, organisation, actor, "appointed", person, now)
    return Sentence(f"{one.name} may set up series.", "appointed", name=one.name)


def dismiss(connection: Connection, organisation: int, person: int, actor: str, now: datetime) -> Sentence:
    """End an appointment. Series that the person runs are not touched. The last one appoints another first."""
    held = appointments(connection, organisation)
    mine = [row for row in held if row.person_id == person]
    if not mine:
        raise NotFound("appointment of", str(person), [row.name for row in held])
    name = mine[0].name
    if len({row.person_id for row in held}) == 1:
        words = f"{name} is the only one who may set up series. Appoint another first."
        raise SeriesProblem(Sentence(words, "last-appointed", name=name))
    ended = update(t.appointments).where(t.appointments.c.id.in_({row.id for row in mine}))
    connection.execute(ended.values(until=now))
    _record(connection, organisation, actor, "appointed no more", person, now)
    return Sentence(f"{name} may set up series no more.", "appointed-no-more", name=name)


def _record(
    connection: Connection, organisation: int, actor: str, act: str, person: int, now: datetime
) -> None:  # fmt: skip
    row = {
        "organisation_id": organisation,
        "actor": actor,
        "act": act,
        "object": f"person:{person}",
        "at": now,
    }
    connection.execute(insert(t.audit), row)
