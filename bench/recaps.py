"""The managers' recap of fifty groups on two platforms, made from released findings, as more and more is said.

Each group has released three findings in each of three rounds, which is what the self-check asks for. The recap of the
third round is compiled and put into words, all of it, as it stands on a page. What counts is the time a finding, with
few replies and with many: the others are counted by the database, so there is little that grows.
"""

from __future__ import annotations

import gc
import itertools
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert, update

from bench import town
from bench.ground import PEOPLE, persons
from bench.pairs import Ratios
from bot.recaps import managers, reading
from bot.recaps.wording import Draft
from bot.shelf import Shelf
from bot.words import Speaker
from flows import recap as recaps
from storage import tables as t
from storage.database import Database
from storage.unit import Unit

#: Replies in all three rounds together.
SIZES = (1_000, 10_000, 100_000)
ROUNDS = 3
#: Findings that each group releases in a round.
RELEASED = 3
#: The steps of a round of the self-check at which something is said, and the words that findings are made of.
STEPS = ("map-fits", "local-conditions", "innovation-for-us")
SPOKEN = """
ferry school time money rule people project harbour idea law council meeting report budget skill network
partner region county village winter summer road bridge boat fish farm forest power house teacher nurse doctor
child youth elder plan test need answer question visit letter phone paper map team role goal
""".split()  # noqa: SIM905 - easier to read than as many strings
AT = datetime(2026, 10, 20, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    sizes: tuple[int, int, int]
    #: Seconds a finding with the most replies, and with the middle number, to those with the fewest.
    most: Ratios
    middle: Ratios
    #: Median seconds of the recap with the most replies, its findings, and bytes it took at most, and still holds.
    seconds: float
    findings: int
    peak: int
    kept: int


def measure(folder: Path, *, times: int, sizes: tuple[int, int, int] = SIZES) -> Found:
    folder.mkdir(parents=True, exist_ok=True)
    databases = [filled(folder / f"{size}.db", size) for size in sizes]
    shelf = Shelf()
    each: list[list[float]] = [[] for _ in sizes]
    seconds: list[float] = []
    findings = 0
    for database in databases:
        _recap(database, shelf)  # once for nothing: a house that runs has read its programmes
    for _ in range(times):
        for index, database in enumerate(databases):
            took, findings = _recap(database, shelf)
            each[index].append(took / findings)
            if database is databases[-1]:
                seconds.append(took)
    peak, kept = _memory(databases[-1], shelf)
    for database in databases:
        database.close()
    few, middle, most = each
    return Found(
        sizes, Ratios.of(list(zip(most, few, strict=True))), Ratios.of(list(zip(middle, few, strict=True))),
        median(seconds), findings, peak, kept,
    )  # fmt: skip


def _recap(database: Database, shelf: Shelf) -> tuple[float, int]:
    """Seconds for the recap of the last round, and how many findings are in it."""
    gc.collect()
    began = time.perf_counter()
    with database.read() as connection:
        unit, speaker = Unit(connection), Speaker(shelf)
        made = managers.compile_managers(unit, shelf, ROUNDS)
        row = managers.meeting(unit, ROUNDS)
        session = SimpleNamespace(id=row.anchor, place_id=row.place, organisation_id=row.organisation_id)
        draft = Draft(recaps.dump(made).decode(), None, "draft", 1)
        said = reading.say(speaker, unit, draft, session, AT)
    seconds = time.perf_counter() - began
    if len(said.blocks) <= len(made.findings or ()):
        raise RuntimeError("a finding is not in the recap")
    return seconds, len(made.findings or ())


def _memory(database: Database, shelf: Shelf) -> tuple[int, int]:
    """Bytes at the most while a recap is made, and more than before when it has been made twice."""
    tracemalloc.start()
    try:
        _recap(database, shelf)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        _recap(database, shelf)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before, after - before


# -- rows


def filled(file: Path, replies: int) -> Database:
    """Fifty groups of five that have met three times, half of them on another platform."""
    database = town.found(file, town.IN_A_SERIES)
    with database.write() as connection:
        _meetings(connection)
        for rows in _cut(replies):
            said, found = [one for one, _ in rows], [two for _, two in rows if two]
            connection.execute(insert(t.replies), said)
            if found:
                connection.execute(insert(t.findings), found)
    return database


def _cut(replies: int) -> Iterator[list[Any]]:
    rows = _replies(replies)
    while some := list(itertools.islice(rows, 5_000)):
        yield some


def _meetings(connection: Any) -> None:
    """The three rounds, all of them over; every other group is on Telegram."""
    later = [
        {"id": n, "series_id": 1, "number": n, "pace": "live", "local_date": (AT + timedelta(weeks=n)).date(),
         "local_time": AT.time(), "status": "held"}
        for n in range(2, ROUNDS + 1)
    ]  # fmt: skip
    connection.execute(insert(t.meetings), later)
    connection.execute(update(t.meetings).values(status="held"))
    connection.execute(update(t.sessions).values(phase="finished", wake_at=None))
    connection.execute(insert(t.sessions), [
        {"id": _session(group, n), "organisation_id": 1, "series_id": 1, "circle_id": group, "meeting_id": n,
         "place_id": group, "phase": "finished", "starts_at": AT + timedelta(weeks=n)}
        for n in range(2, ROUNDS + 1) for group in range(1, town.IN_A_SERIES + 1)
    ])  # fmt: skip
    even = t.places.c.id % 2 == 0
    connection.execute(update(t.places).where(even).values(platform="telegram", workspace="bot"))


def _session(group: int, number: int) -> int:
    return (number - 1) * town.IN_A_SERIES + group


def _replies(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """What was said, spread evenly over rounds, groups and people; the findings first."""
    findings = ROUNDS * town.IN_A_SERIES * RELEASED
    for n in range(count):
        number, turn = n % ROUNDS + 1, n // ROUNDS
        group = turn % town.IN_A_SERIES + 1
        person = persons(group)[turn // town.IN_A_SERIES % PEOPLE]
        finding = n < findings
        session, reply = _session(group, number), n + 1
        said = {
            "id": reply, "organisation_id": 1, "session_id": session, "person_id": person, "place_id": group,
            "message": f"m{reply}", "step": "aha" if finding else STEPS[n % len(STEPS)],
            "role": "finding" if finding else "answer", "late": False, "private": False, "words": _words(n),
            "sent_at": AT + timedelta(seconds=n),
        }  # fmt: skip
        yield said, {"reply_id": reply, "session_id": session, "state": "yes"} if finding else None


def _words(n: int) -> str:
    """A sentence of nine words, four of them different from one reply to the next."""
    first, second, third, fourth = (SPOKEN[(n * step + n // 50) % len(SPOKEN)] for step in (1, 7, 11, 17))
    return f"We need the {first} before the {second}, {third} or {fourth}."
