"""Groups of people in a database, as planning a series leaves them: one statement a table, however many.

Planning by `bot.series` looks every person up; fifty thousand of them would take longer than what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import insert

from bench.ground import TERMINAL, Ground, persons
from bot import library
from bot.clock import SystemClock
from storage import tables as t
from storage.database import Database
from storage.migrate import upgrade

#: Groups of one series, as of one municipality.
IN_A_SERIES = 50
ZONE = "Europe/Oslo"
#: Private places come after the groups' own.
_FIRST_PRIVATE = 1_000_000

_Row: TypeAlias = dict[str, Any]


def found(file: Path, groups: int, *, days: int = 0, ground: Ground = TERMINAL) -> Database:
    """A new database with groups whose meeting begins now, or so many days from now."""
    file.parent.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    now = SystemClock().now()
    settle(database, groups, now + timedelta(days=days), now=now, ground=ground)
    return database


def settle(
    database: Database, groups: int, starts_at: datetime, *, now: datetime, ground: Ground = TERMINAL
) -> None:
    """Make so many groups, each with one confirmed meeting. Their ids count from 1, as do those of their sessions."""
    body = library.content_json(library.read("selfcheck"))
    content = library.digest(body)
    rows = {
        t.organisations: [{"id": 1, "name": "Town", "language": "en", "zone": ZONE, "created_at": now}],
        t.contents: [
            {"id": content, "programme": "selfcheck", "version": 1, "body": body, "created_at": now}
        ],
        **_series(groups, content, starts_at, now, ground),
        **_people(groups, now, ground),
        **_circles(groups, starts_at),
    }
    with database.write() as connection:
        for table in t.metadata.sorted_tables:
            if table in rows:
                connection.execute(insert(table), rows[table])


def _series(
    groups: int, content: str, starts_at: datetime, now: datetime, ground: Ground
) -> dict[Any, list[_Row]]:
    numbers = range(1, _series_of(groups) + 1)
    series = [
        {"id": n, "organisation_id": 1, "slug": f"town-{n}", "title": f"Town {n}", "content_id": content,
         "language": "en", "zone": ZONE, "pace": "live", "answering": "each", "form": "short", "status": "planned",
         "platform": ground.platform, "workspace": ground.workspace, "created_at": now}
        for n in numbers
    ]  # fmt: skip
    meetings = [
        {"id": n, "series_id": n, "number": 1, "local_date": starts_at.date(), "local_time": starts_at.time(),
         "pace": "live", "status": "confirmed"}
        for n in numbers
    ]  # fmt: skip
    return {t.series: series, t.meetings: meetings}


def _people(groups: int, now: datetime, ground: Ground) -> dict[Any, list[_Row]]:
    everyone = [(group, person) for group in range(1, groups + 1) for person in persons(group)]
    return {
        t.people: [{"id": one, "organisation_id": 1, "name": f"Person {one}"} for _, one in everyone],
        t.identities: [
            {"person_id": one, "platform": ground.platform, "workspace": ground.workspace,
             "account": ground.account(one)}
            for _, one in everyone
        ],
        t.memberships: [
            {"person_id": one, "series_id": _series_of(group), "circle_id": group, "role": "participant",
             "since": now}
            for group, one in everyone
        ],
        t.places: [*_homes(groups, ground), *(_private(one, ground) for _, one in everyone)],
    }  # fmt: skip


def _circles(groups: int, starts_at: datetime) -> dict[Any, list[_Row]]:
    numbers = range(1, groups + 1)
    circles = [
        {
            "id": n,
            "series_id": _series_of(n),
            "kind": "group",
            "number": n,
            "name": f"Group {n}",
            "home_id": n,
        }
        for n in numbers
    ]
    sessions = [
        {"id": n, "organisation_id": 1, "series_id": _series_of(n), "circle_id": n, "meeting_id": _series_of(n),
         "place_id": n, "phase": "planned", "starts_at": starts_at, "wake_at": starts_at}
        for n in numbers
    ]  # fmt: skip
    return {t.circles: circles, t.sessions: sessions}


def _homes(groups: int, ground: Ground) -> Iterator[_Row]:
    numbers = range(1, groups + 1)
    return (_place(ground, n, ground.channel(n), None, threads=ground.threads) for n in numbers)


def _private(person: int, ground: Ground) -> _Row:
    return _place(ground, _FIRST_PRIVATE + person, ground.private(person), person, threads=False)


def _place(ground: Ground, number: int, where: str, person: int | None, *, threads: bool) -> _Row:
    return {"id": number, "organisation_id": 1, "platform": ground.platform, "workspace": ground.workspace,
            "channel": where, "person_id": person, "threads": threads}  # fmt: skip


def _series_of(group: int) -> int:
    return (group - 1) // IN_A_SERIES + 1
