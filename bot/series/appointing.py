"""Who may set up series for an organisation. The first is named by whoever runs the machine, the others by those.

An appointment has an office: `series`, or `ideas` for who assesses ideas and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.series.homes import Where
from bot.series.making import people
from bot.series.problems import NotFound, SeriesProblem
from flows.forms import Named, Sentence
from storage import tables as t
from storage.audit import log_act

#: What an office allows, and what being given it is called in the log.
MAY = {"series": "may set up series", "ideas": "assesses ideas"}
ACTS = {"series": "appointed", "ideas": "assesses ideas"}


def appointments(connection: Connection, organisation: int, office: str = "series") -> list[Row[Any]]:
    """Those who are appointed to it, with their names and accounts, a row for each account."""
    a, p, i = t.appointments.c, t.people.c, t.identities.c
    held = select(a.id, p.id.label("person_id"), p.name, i.platform, i.workspace, i.account)
    held = held.join_from(t.appointments, t.people, p.id == a.person_id).join(
        t.identities, i.person_id == p.id
    )
    mine = held.where(a.organisation_id == organisation, a.office == office, a.until.is_(None))
    return list(connection.execute(mine.order_by(a.id, i.id)))


def appoint(
    connection: Connection, organisation: int, one: Named, where: Where, actor: str, now: datetime,
    office: str = "series",
) -> Sentence:  # fmt: skip
    """Let somebody set up series. Raises SeriesProblem where they may already, or belong to another organisation."""
    person = people(connection, organisation, [(one, where)])[0]
    if person in {row.person_id for row in appointments(connection, organisation, office)}:
        words = f"{one.name} {MAY[office]} already."
        raise SeriesProblem(
            Sentence(words, "appointed-already" if office == "series" else "assesses-already", name=one.name)
        )
    row = {"organisation_id": organisation, "person_id": person, "office": office, "since": now}
    connection.execute(insert(t.appointments), row)
    log_act(connection, organisation, actor, ACTS[office], f"person:{person}", now)
    words = f"{one.name} {MAY[office]}."
    return Sentence(words, "appointed" if office == "series" else "assesses", name=one.name)


def dismiss(
    connection: Connection, organisation: int, person: int, actor: str, now: datetime, office: str = "series"
) -> Sentence:  # fmt: skip
    """End an appointment. Series that the person runs are not touched. The last who may set them up appoints another
    first."""
    held = appointments(connection, organisation, office)
    mine = [row for row in held if row.person_id == person]
    if not mine:
        raise NotFound("appointment of", str(person), [row.name for row in held])
    name = mine[0].name
    if office == "series" and len({row.person_id for row in held}) == 1:
        words = f"{name} is the only one who may set up series. Appoint another first."
        raise SeriesProblem(Sentence(words, "last-appointed", name=name))
    ended = update(t.appointments).where(t.appointments.c.id.in_({row.id for row in mine}))
    connection.execute(ended.values(until=now))
    log_act(connection, organisation, actor, f"{ACTS[office]} no more", f"person:{person}", now)
    words = f"{name} {MAY[office]} no more."
    return Sentence(words, "appointed-no-more" if office == "series" else "assesses-no-more", name=name)
