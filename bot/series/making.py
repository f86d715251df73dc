"""From a plan to rows: all of it in the caller's one transaction, or nothing.

On the terminal a circle's sessions share the circle's own place, a channel called after the series, and each
person has a private place called after the person. Elsewhere channels and accounts are there already, and several
circles may share a channel. Sessions are made now, so that opening them is one more deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, or_, select, update

from adapters.terminal.names import NAME as TERMINAL
from adapters.terminal.names import WORKSPACE
from bot import library
from bot.joining import notice
from bot.joining.binding import wait
from bot.rights.tombs import erased
from bot.series.dates import Sitting
from bot.series.grouping import EVERYONE, MANAGERS
from bot.series.holidays import Closed, closures
from bot.series.homes import Homes, Where, not_managers
from bot.series.naming import first_free, slug
from bot.series.planning import Plan, Tenant
from bot.series.problems import SeriesProblem
from flows.forms import Named, Sentence
from storage import tables as t
from storage.audit import log_act


def tenant(connection: Connection, name: str, language: str, zone: str) -> Tenant:
    """The organisation as it is kept, or as it would be made."""
    o = t.organisations.c
    found = connection.execute(select(o.name, o.language, o.zone, o.closed).where(o.name == name)).first()
    if found is None:
        return Tenant(name, language, zone, new=True)
    return Tenant(found.name, found.language, found.zone, closed=closures(found.closed))


def close(
    connection: Connection,
    owner: Tenant,
    added: Iterable[Closed],
    removed: Iterable[Closed],
    actor: str,
    now: datetime,
) -> tuple[Closed, ...]:
    """Write down when an organisation is closed, and when not after all. Returns all of its closed days."""
    key, was = organisation(connection, owner, now), set(owner.closed)
    left = tuple(sorted((was | set(added)) - set(removed)))
    if set(left) != was:
        kept = update(t.organisations).where(t.organisations.c.id == key)
        connection.execute(kept.values(closed=" ".join(map(str, left)) or None))
        what = f"{len(left)} stretches of closed days"
        log_act(connection, key, actor, "closed days set", what, now)
    return left


def make(connection: Connection, plan: Plan, name: str, actor: str, now: datetime) -> str:
    """Make the series for the organisation of that name. Returns what commands call it."""
    owner = organisation(connection, Tenant(name, plan.language, plan.zone), now)
    content = store_content(connection, plan.content, now)
    called = first_free(slug(plan.wish.name), lambda name: _taken(connection, owner, name))
    series = _series(connection, plan, owner, content, called, now)
    circles = _circles(connection, plan, owner, series, called)
    _wait_for_chats(connection, plan, owner, circles, now)
    _join(connection, plan, owner, series, circles, now)
    if (shared := plan.homes.of_managers(plan.groups)) is not None:
        share_with_managers(connection, owner, series, plan.language, shared)
    meetings = _meetings(connection, plan, series)
    add_sessions(
        connection, plan.sittings, meetings, _who_meets(plan, circles), confirmed=not plan.wish.tentative
    )
    add(connection, t.audit, [{"organisation_id": owner, "actor": actor, "act": "series created",
                               "object": called, "at": now}])  # fmt: skip
    if plan.wish.acknowledged and notice.PLATFORM in plan.platforms:
        notice.acknowledge(connection, owner, called, actor, now)
    return called


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows in one statement. Returns their ids, in the same order."""
    if not rows:
        return []
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [row[0] for row in connection.execute(statement, rows)]


def organisation(connection: Connection, owner: Tenant, now: datetime) -> int:
    """The organisation's id; it is made if it is new."""
    o = t.organisations.c
    if (found := connection.execute(select(o.id).where(o.name == owner.name)).scalar()) is not None:
        return int(found)
    row = {"name": owner.name, "language": owner.language, "zone": owner.zone, "created_at": now}
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
        "platform": wish.platform, "workspace": plan.homes.workspace, "created_at": now,
        "undivided": wish.undivided,
    }  # fmt: skip
    return add(connection, t.series, [row])[0]


# -- circles, and who is in them


def channel_of(called: str, circle: int | None) -> str:
    """On the terminal: the channel of a group by its number, that of all who are not divided yet, or everyone's."""
    return f"{called}-{'everyone' if circle is None else circle or 'all'}"


def _circles(
    connection: Connection, plan: Plan, owner: int, series: int, called: str
) -> list[dict[str, Any]]:
    """The groups in their order, then everyone if there is more than one group."""
    homes = plan.homes
    wanted = [_home(homes.of_group(group), homes, called, n) for n, group in plan.numbered]
    named = [("group", n, group.name) for n, group in plan.numbered]
    if plan.several:
        everyone = homes.of_everyone(plan.groups, meets=bool(plan.plenums))
        wanted.append(_home(everyone, homes, called, None))
        named.append(("everyone", 1, EVERYONE[plan.language]))
    there = [each for each in wanted if each is not None]
    ids = dict(zip(there, places(connection, owner, [(each, None) for each in there]), strict=True))
    rows: list[dict[str, Any]] = [
        {
            "series_id": series,
            "kind": kind,
            "number": number,
            "name": name,
            "home_id": ids.get(home) if home else None,
        }
        for (kind, number, name), home in zip(named, wanted, strict=True)
    ]
    made = add(connection, t.circles, rows)
    return [{**row, "id": key, "organisation_id": owner} for row, key in zip(rows, made, strict=True)]


def _home(named: Where | None, homes: Homes, called: str, number: int | None) -> Where | None:
    """Where a circle lives; on the terminal a channel is made for it. None: it has no place yet."""
    if named is None and not homes.named:
        return Where(TERMINAL, WORKSPACE, channel_of(called, number))
    return named


def _wait_for_chats(
    connection: Connection, plan: Plan, owner: int, circles: Sequence[dict[str, Any]], now: datetime
) -> None:  # fmt: skip
    """Groups that have no chat yet get a code by which they are brought one; so does everyone, if they meet."""
    for circle in circles:
        if circle["home_id"] is None and (circle["kind"] == "group" or plan.plenums):
            circle["home_id"], _ = wait(connection, owner, circle["id"], plan.homes.workspace, now)


def share_with_managers(
    connection: Connection, owner: int, series: int, language: str, where: Where
) -> None:  # fmt: skip
    """The managers of a series read there together, instead of where they did. Raises SeriesProblem."""
    c, p = t.circles.c, t.places.c
    theirs = or_(p.person_id.is_not(None), and_(c.series_id == series, c.kind != "managers"))
    there = p.platform == where.platform, p.workspace == where.workspace, p.channel == where.id
    taken = select(p.id).outerjoin(t.circles, c.home_id == p.id).where(*there, theirs)
    if connection.execute(taken).first() is not None:
        raise not_managers(where)
    home = places(connection, owner, [(where, None)])[0]
    moved = update(t.circles).where(c.series_id == series, c.kind == "managers")
    if not connection.execute(moved.values(home_id=home)).rowcount:
        managers(connection, series, language, home)


def managers(connection: Connection, series: int, language: str, home: int | None = None) -> int:
    """The circle of a series' managers; without a home it waits for one."""
    row = {"series_id": series, "kind": "managers", "number": 1, "name": MANAGERS[language], "home_id": home}
    return add(connection, t.circles, [row])[0]


def places(connection: Connection, owner: int, wanted: Sequence[tuple[Where, int | None]]) -> list[int]:
    """Places by where they are, each with the one person whose it is alone; those that are known are not made again.

    Raises SeriesProblem for one that belongs to another organisation.
    """
    p = t.places.c
    listed = select(t.places).where(p.channel.in_({each.id for each, _ in wanted}), p.thread == "")
    known = {Where(row.platform, row.workspace, row.channel): row for row in connection.execute(listed)}
    for row in known.values():
        if row.organisation_id != owner and Where(row.platform, row.workspace, row.channel) in dict(wanted):
            words = f"The place {row.channel} belongs to another organisation."
            raise SeriesProblem(Sentence(words, "not-ours"))
    fresh = {each: person for each, person in wanted if each not in known}
    ids = add(connection, t.places, [_place(owner, each, person) for each, person in fresh.items()])
    found = {where: int(row.id) for where, row in known.items()} | dict(zip(fresh, ids, strict=True))
    for each, person in wanted:
        if each in known and person is not None and known[each].person_id != person:
            connection.execute(update(t.places).where(p.id == found[each]).values(person_id=person))
    return [found[each] for each, _ in wanted]


def _place(owner: int, where: Where, person: int | None) -> dict[str, Any]:
    return {"organisation_id": owner, "platform": where.platform, "workspace": where.workspace,
            "channel": where.id, "thread": "", "person_id": person,
            "threads": person is None and where.threads}  # fmt: skip


def _join(
    connection: Connection,
    plan: Plan,
    owner: int,
    series: int,
    circles: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    homes, wish = plan.homes, plan.wish
    seats = [
        (
            one,
            homes.of_person(one, group),
            "note-taker" if one in group.note_takers else "participant",
            circle["id"],
        )
        for group, circle in zip(plan.groups, circles, strict=False)
        for one in group.people
    ]
    seats += [(one, homes.of_person(one), "coordinator", None) for one in wish.coordinator]
    seats += [(one, homes.of_person(one), "manager", None) for one in wish.manager]
    known = people(connection, owner, [(one, where) for one, where, _, _ in seats])
    add(connection, t.memberships, [
        {"person_id": person, "series_id": series, "circle_id": circle, "role": role, "since": now}
        for person, (_, _, role, circle) in zip(known, seats, strict=True)
    ])  # fmt: skip


def people(connection: Connection, owner: int, named: Sequence[tuple[Named, Where | None]]) -> list[int]:
    """The ids of these people, in their order. Whoever is new gets their account and a private place.

    Those without an account are known by their name, on the terminal, and get an account that is made from it.
    """
    local = _by_name(connection, owner, [one.name for one, where in named if where is None])
    elsewhere = _by_account(connection, owner, {where: one for one, where in named if where is not None})
    found = [elsewhere[where] if where is not None else local[one.name.casefold()] for one, where in named]
    by_unit: dict[str, list[int]] = {}
    for (one, _), person in zip(named, found, strict=True):
        if one.unit:
            by_unit.setdefault(one.unit, []).append(person)
    for unit, theirs in by_unit.items():
        come_from(connection, owner, unit, theirs)
    return found


def come_from(connection: Connection, owner: int, unit: str | None, people: Sequence[int]) -> None:
    """Write down where these people are from; None: it is not known any more."""
    u, p, key = t.units.c, t.people.c, None
    if unit is not None:
        known = connection.execute(select(u.id, u.name).where(u.organisation_id == owner))
        there = {row.name.casefold(): int(row.id) for row in known}
        key = (
            there.get(unit.casefold())
            or add(connection, t.units, [{"organisation_id": owner, "name": unit}])[0]
        )
    connection.execute(update(t.people).where(p.id.in_(people)).values(unit_id=key))


def _by_name(connection: Connection, owner: int, names: Sequence[str]) -> dict[str, int]:
    """The organisation's people on the terminal, new ones among them. By name in lower case."""
    if not names:
        return {}
    i, p = t.identities.c, t.people.c
    here = select(i.account, i.person_id, p.name, p.organisation_id).join(t.people, p.id == i.person_id)
    rows = list(connection.execute(here.where(i.platform == TERMINAL, i.workspace == WORKSPACE)))
    known = {row.name.casefold(): int(row.person_id) for row in rows if row.organisation_id == owner}
    fresh = {name.casefold(): name for name in names if name.casefold() not in known}
    accounts = _accounts(
        fresh.values(), {row.account for row in rows} | _erased_here(connection, fresh.values())
    )
    where = [Where(TERMINAL, WORKSPACE, account) for account in accounts]
    made = _make_people(connection, owner, [Named(name) for name in fresh.values()], where)
    return known | dict(zip(fresh, made, strict=True))


def _erased_here(connection: Connection, names: Iterable[str]) -> set[str]:
    """Accounts of the terminal that had these names, and whose people had themselves erased."""
    asked = [(TERMINAL, WORKSPACE, slug(name, "person")) for name in names]
    return {account for _, _, account in erased(connection, asked)}


def _account_of(where: Where) -> tuple[str, str, str]:
    return where.platform, where.workspace, where.id


def _by_account(connection: Connection, owner: int, wanted: dict[Where, Named]) -> dict[Where, int]:
    """People by their accounts, new ones among them. Raises SeriesProblem for one of another organisation."""
    if not wanted:
        return {}
    i, p = t.identities.c, t.people.c
    listed = select(t.identities, p.name, p.organisation_id).join(t.people, p.id == i.person_id)
    listed = listed.where(i.account.in_({where.id for where in wanted}))
    known = {Where(row.platform, row.workspace, row.account): row for row in connection.execute(listed)}
    for where, one in wanted.items():
        if where in known and known[where].organisation_id != owner:
            words = f"{one.name} belongs to another organisation."
            raise SeriesProblem(Sentence(words, "not-ours"))
    fresh = [(where, one) for where, one in wanted.items() if where not in known]
    for _, _, account in erased(connection, [_account_of(where) for where, _ in fresh]):
        words = (
            f"The account {account} was erased, as its owner asked. They can come back when they ask for it."
        )
        raise SeriesProblem(Sentence(words, "erased-before"))
    made = _make_people(connection, owner, [one for _, one in fresh], [where for where, _ in fresh])
    found = {where: int(row.person_id) for where, row in known.items() if where in wanted}
    for where, person in found.items():
        # Somebody who was first known by their account alone has said what they are called.
        if known[where].name == where.id != wanted[where].name:
            called = update(t.people).where(t.people.c.id == person)
            connection.execute(called.values(name=wanted[where].name))
    return found | {where: key for (where, _), key in zip(fresh, made, strict=True)}


def _make_people(
    connection: Connection, owner: int, named: Sequence[Named], accounts: Sequence[Where]
) -> list[int]:  # fmt: skip
    made = add(connection, t.people, [
        {"organisation_id": owner, "name": one.name, "language": one.language} for one in named
    ])  # fmt: skip
    add(connection, t.identities, [
        {"person_id": key, "platform": where.platform, "workspace": where.workspace, "account": where.id}
        for key, where in zip(made, accounts, strict=True)
    ])  # fmt: skip
    places(connection, owner, [(private(where), key) for key, where in zip(made, accounts, strict=True)])
    return made


def private(account: Where) -> Where:
    """Where a person is reached alone: a channel that is called as the account."""
    return account._replace(id=f"@{account.id}") if account.platform == TERMINAL else account


def _accounts(names: Iterable[str], taken: set[str]) -> list[str]:
    """A name of its own on the platform for each of these people."""
    found = []
    for name in names:
        found.append(first_free(slug(name, "person"), taken.__contains__))
        taken.add(found[-1])
    return found


# -- meetings and sessions


def meeting_row(series: int, sitting: Sitting, pace: str, *, confirmed: bool) -> dict[str, Any]:
    moment = sitting.moment
    return {"series_id": series, "number": sitting.number, "local_date": moment.on, "local_time": moment.at,
            "fold": moment.fold, "pace": pace, "status": "confirmed" if confirmed else "tentative"}  # fmt: skip


def _meetings(connection: Connection, plan: Plan, series: int) -> list[int]:
    confirmed = not plan.wish.tentative
    rows = [meeting_row(series, each, plan.pace(each.number), confirmed=confirmed) for each in plan.sittings]
    return add(connection, t.meetings, rows)


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
