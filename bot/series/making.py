"""From a plan to rows: all of it in the caller's one transaction, or nothing.

On the terminal a circle's sessions share the circle's own place, a channel called after the series, and each
person has a private place called after the person. Sessions are made now, so that opening them is one more
deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from adapters.terminal.names import WORKSPACE
from bot import library
from bot.series.dates import Sitting
from bot.series.grouping import EVERYONE
from bot.series.naming import first_free, slug
from bot.series.planning import Plan, Tenant
from storage import tables as t


def tenant(connection: Connection, name: str, language: str, zone: str) -> Tenant:
    """The organisation as it is kept, or as it would be made."""
    o = t.organisations.c
    found = connection.execute(select(o.name, o.language, o.zone).where(o.name == name)).first()
    return Tenant(*found) if found else Tenant(name, language, zone, new=True)


def make(connection: Connection, plan: Plan, organisation: str, actor: str, now: datetime) -> str:
    """Make the series. Returns what commands call it."""
    owner = _organisation(connection, plan, organisation, now)
    content = store_content(connection, plan.content, now)
    called = first_free(slug(plan.wish.name), lambda name: _taken(connection, owner, name))
    series = _series(connection, plan, owner, content, called, now)
    circles = _circles(connection, plan, owner, series, called)
    _join(connection, plan, owner, series, circles, now)
    meetings = _meetings(connection, plan, series)
    add_sessions(
        connection, plan.sittings, meetings, _who_meets(plan, circles), confirmed=not plan.wish.tentative
    )
    add(connection, t.audit, [{"organisation_id": owner, "actor": actor, "act": "series created",
                               "object": called, "at": now}])  # fmt: skip
    return called


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows in one statement. Returns their ids, in the same order."""
    if not rows:
        return []
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [row[0] for row in connection.execute(statement, rows)]


def _organisation(connection: Connection, plan: Plan, name: str, now: datetime) -> int:
    o = t.organisations.c
    if (found := connection.execute(select(o.id).where(o.name == name)).scalar()) is not None:
        return int(found)
    row = {"name": name, "language": plan.language, "zone": plan.zone, "created_at": now}
    return add(connection, t.organisations, [row])[0]


def store_content(connection: Connection, content: library.Content, now: datetime) -> str:
    """Contents are known by their digest: the same programme is kept once."""
    body = library.content_json(content)
    digest = library.digest(body)
    if connection.execute(select(t.contents.c.id).where(t.contents.c.id == digest)).scalar() is None:
        row = {"id": digest, "programme": content.programme.programme, "version": content.programme.version,
               "body": body, "created_at": now}  # fmt: skip
        connection.execute(insert(t.contents), row)
    return digest


def _taken(connection: Connection, owner: int, name: str) -> bool:
    s, p = t.series.c, t.places.c
    series = select(s.id).where(s.organisation_id == owner, s.slug == name)
    # Another organisation's series may have taken the channels.
    channel = select(p.id).where(p.channel == channel_of(name, 1), p.workspace == WORKSPACE)
    return connection.execute(series.union(channel)).first() is not None


def _series(connection: Connection, plan: Plan, owner: int, content: str, called: str, now: datetime) -> int:
    wish = plan.wish
    row = {
        "organisation_id": owner, "slug": called, "title": wish.name, "content_id": content,
        "language": plan.language, "zone": plan.zone, "pace": wish.pace, "answering": wish.answering,
        "form": wish.form, "status": "planned", "arena": wish.arena, "window_days": wish.window,
        "platform": wish.platform, "workspace": WORKSPACE, "created_at": now,
    }  # fmt: skip
    return add(connection, t.series, [row])[0]


# -- circles, and who is in them


def channel_of(called: str, circle: int | None) -> str:
    """The channel of a group by its number, or everyone's."""
    return f"{called}-{circle or 'everyone'}"


def _circles(
    connection: Connection, plan: Plan, owner: int, series: int, called: str
) -> list[dict[str, Any]]:
    """The groups in their order, then everyone if there is more than one group."""
    several = len(plan.groups) > 1
    channels = [channel_of(called, n) for n in range(1, len(plan.groups) + 1)]
    channels += [channel_of(called, None)] if several else []
    homes = add(connection, t.places, [place(owner, plan.wish.platform, channel) for channel in channels])
    named = [("group", n, group.name) for n, group in enumerate(plan.groups, 1)]
    named += [("everyone", 1, EVERYONE[plan.language])] if several else []
    rows: list[dict[str, Any]] = [
        {"series_id": series, "kind": kind, "number": number, "name": name, "home_id": home}
        for (kind, number, name), home in zip(named, homes, strict=True)
    ]
    ids = add(connection, t.circles, rows)
    return [{**row, "id": key, "organisation_id": owner} for row, key in zip(rows, ids, strict=True)]


def place(owner: int, platform: str, channel: str, person: int | None = None) -> dict[str, Any]:
    return {"organisation_id": owner, "platform": platform, "workspace": WORKSPACE, "channel": channel,
            "thread": "", "person_id": person}  # fmt: skip


def _join(
    connection: Connection,
    plan: Plan,
    owner: int,
    series: int,
    circles: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    wish = plan.wish
    seats: list[tuple[str, str, int | None]] = [
        (name, "note-taker" if name in group.note_takers else "participant", circle["id"])
        for group, circle in zip(plan.groups, circles, strict=False)
        for name in group.people
    ]
    seats += [(one.name, "coordinator", None) for one in wish.coordinator]
    seats += [(one.name, "manager", None) for one in wish.manager]
    known = people(connection, owner, wish.platform, [name for name, _, _ in seats])
    add(connection, t.memberships, [
        {"person_id": known[name], "series_id": series, "circle_id": circle, "role": role, "since": now}
        for name, role, circle in seats
    ])  # fmt: skip


def people(connection: Connection, owner: int, platform: str, names: Sequence[str]) -> dict[str, int]:
    """The organisation's people of these names; new ones get an account and a private place. By name."""
    i, p = t.identities.c, t.people.c
    here = select(i.account, i.person_id, p.name, p.organisation_id).join(t.people, p.id == i.person_id)
    rows = list(connection.execute(here.where(i.platform == platform, i.workspace == WORKSPACE)))
    known = {row.name.casefold(): int(row.person_id) for row in rows if row.organisation_id == owner}
    fresh = {name.casefold(): name for name in names if name.casefold() not in known}
    made = add(connection, t.people, [{"organisation_id": owner, "name": name} for name in fresh.values()])
    accounts = _accounts(fresh.values(), {row.account for row in rows})
    add(connection, t.identities, [
        {"person_id": key, "platform": platform, "workspace": WORKSPACE, "account": account}
        for key, account in zip(made, accounts, strict=True)
    ])  # fmt: skip
    private = zip(made, accounts, strict=True)
    add(connection, t.places, [place(owner, platform, f"@{account}", key) for key, account in private])
    known |= dict(zip(fresh, made, strict=True))
    return {name: known[name.casefold()] for name in names}


def _accounts(names: Iterable[str], taken: set[str]) -> list[str]:
    """A name of its own on the platform for each of these people."""
    found = []
    for name in names:
        found.append(first_free(slug(name, "person"), taken.__contains__))
        taken.add(found[-1])
    return found


# -- meetings and sessions


def meeting_row(series: int, sitting: Sitting, *, confirmed: bool) -> dict[str, Any]:
    moment = sitting.moment
    return {"series_id": series, "number": sitting.number, "local_date": moment.on, "local_time": moment.at,
            "fold": moment.fold, "status": "confirmed" if confirmed else "tentative"}  # fmt: skip


def _meetings(connection: Connection, plan: Plan, series: int) -> list[int]:
    confirmed = not plan.wish.tentative
    return add(
        connection, t.meetings, [meeting_row(series, each, confirmed=confirmed) for each in plan.sittings]
    )


def _who_meets(plan: Plan, circles: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """By round: the groups, and everyone where the round has a plenum."""
    return {
        each.number: [one for one in circles if one["kind"] == "group" or each.number in plan.plenums]
        for each in plan.sittings
    }


def add_sessions(
    connection: Connection, sittings: Sequence[Sitting], meetings: Sequence[int],
    circles: dict[int, list[dict[str, Any]]], *, confirmed: bool,
) -> None:  # fmt: skip
    """A session for each circle of each meeting, waiting for its time if the meeting is confirmed."""
    add(connection, t.sessions, [
        {"organisation_id": circle["organisation_id"], "series_id": circle["series_id"], "circle_id": circle["id"],
         "meeting_id": meeting, "place_id": circle["home_id"], "phase": "planned", "starts_at": sitting.at,
         "wake_at": sitting.at if confirmed else None}
        for sitting, meeting in zip(sittings, meetings, strict=True)
        for circle in circles[sitting.number]
    ])  # fmt: skip
