"""Rows to test with: an organisation, a series, and as many groups as one likes, each with its session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from storage import tables as t

NOW = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
#: When all sessions start.
START = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class World:
    """Ids of what `make` has made."""

    organisation: int
    series: int
    meeting: int
    people: list[int]
    places: list[int]
    circles: list[int]
    sessions: list[int]


def put(connection: Connection, table: Any, **values: Any) -> int:
    """Insert a row; returns its id, where it has a number of its own."""
    return int(connection.execute(insert(table).values(**values)).inserted_primary_key[0])


def make(connection: Connection, groups: int = 1) -> World:
    """Groups of one person each, `kari0`, `kari1` ..., with sessions that are due from START on."""
    organisation = put(
        connection, t.organisations, name="Fjord", language="nb", zone="Europe/Oslo", created_at=NOW
    )
    content = {"id": "c1", "programme": "selfcheck", "version": 1, "body": "{}", "created_at": NOW}
    connection.execute(insert(t.contents).values(**content))
    series = put(
        connection, t.series, organisation_id=organisation, slug="autumn", title="Autumn", content_id="c1",
        language="nb", zone="Europe/Oslo", pace="live", answering="each", status="running", platform="terminal",
        workspace="w", created_at=NOW,
    )  # fmt: skip
    meeting = put(
        connection, t.meetings, series_id=series, number=1, local_date=date(2026, 9, 1), local_time=time(10),
        pace="live", status="confirmed",
    )  # fmt: skip
    world = World(organisation, series, meeting, [], [], [], [])
    for number in range(groups):
        _group(connection, world, number)
    return world


def _group(connection: Connection, world: World, number: int) -> None:
    person = put(connection, t.people, organisation_id=world.organisation, name=f"Kari {number}")
    put(
        connection,
        t.identities,
        person_id=person,
        platform="terminal",
        workspace="w",
        account=f"kari{number}",
    )
    place = put(
        connection, t.places, organisation_id=world.organisation, platform="terminal", workspace="w",
        channel=f"autumn-{number}",
    )  # fmt: skip
    circle = put(
        connection, t.circles, series_id=world.series, kind="group", number=number, name=f"Group {number}",
        home_id=place,
    )  # fmt: skip
    put(
        connection, t.memberships, person_id=person, series_id=world.series, circle_id=circle, role="participant",
        since=NOW,
    )  # fmt: skip
    world.people.append(person)
    world.places.append(place)
    world.circles.append(circle)
    world.sessions.append(put(connection, t.sessions, **session(world, circle, place)))


def session(world: World, circle: int, place: int) -> dict[str, Any]:
    return {
        "organisation_id": world.organisation, "series_id": world.series, "circle_id": circle,
        "meeting_id": world.meeting, "place_id": place, "phase": "planned", "starts_at": START, "wake_at": START,
    }  # fmt: skip


def reply(world: World, number: int, *, group: int = 0, message: str | None = None) -> dict[str, Any]:
    """What the member of a group wrote; `number` is the reply's id."""
    return {
        "id": number, "organisation_id": world.organisation, "session_id": world.sessions[group],
        "person_id": world.people[group], "place_id": world.places[group], "message": message or f"m{number}",
        "role": "answer", "late": False, "private": False, "words": f"words {number}", "sent_at": NOW,
    }  # fmt: skip


def outgoing(world: World, effect: int, *, group: int = 0, **more: Any) -> dict[str, Any]:
    """What is to be said in a group."""
    return {
        "organisation_id": world.organisation, "place_id": world.places[group],
        "session_id": world.sessions[group], "version": 1, "effect": effect, "kind": "say", "sort": "question",
        "body": "{}", "status": "queued", **more,
    }  # fmt: skip


def entry(world: World, key: str | None) -> dict[str, Any]:
    """An event in the log."""
    return {"session_id": world.sessions[0], "version": 1, "key": key, "event": "{}", "at": NOW}
