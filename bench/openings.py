"""A thousand meetings that begin at once, against inserting what came of it in one transaction.

The house finds what is due, reads who meets and what their programme is, asks the engine, and writes sessions, log,
places, meetings and the first messages of the outbox, 200 meetings to a transaction. The plain side is handed the
finished rows of all those tables, new and changed, and inserts them into empty ones.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import plain, town
from bench.pairs import Ratios, in_turn
from bot.clock import SystemClock
from bot.wiring import build
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Found:
    ratios: Ratios
    #: Median seconds.
    house: float
    plain: float
    #: Messages in the outbox, and rows written in all.
    messages: int
    rows: int


def measure(folder: Path, *, groups: int, times: int) -> Found:
    planned = folder / "planned.db"
    town.found(planned, groups).close()
    before = plain.contents(planned)
    opened = folder / "opened.db"
    _open(planned, opened)  # once for nothing: a house that runs has read its programmes
    after = plain.contents(opened)
    written = {table: sorted(after[table] - before[table], key=repr) for table in after}
    written = {table: rows for table, rows in written.items() if rows}
    schema = plain.schema(planned)
    pairs = in_turn(
        times, lambda _: _open(planned, opened), lambda _: plain.all_at_once(folder, schema, written)
    )
    return Found(
        ratios=Ratios.of(pairs),
        house=median(ours for ours, _ in pairs),
        plain=median(theirs for _, theirs in pairs),
        messages=len(written["outbox"]),
        rows=sum(map(len, written.values())),
    )


def _open(planned: Path, opened: Path) -> float:
    """Open all meetings of a copy; returns seconds."""
    plain.remove(opened)
    shutil.copy(planned, opened)
    database = Database(f"sqlite:///{opened}")
    house = build(database, [], SystemClock())
    began = time.perf_counter()
    while house.works.take_due(SystemClock().now()):
        pass
    seconds = time.perf_counter() - began
    house.executor.shutdown()
    database.close()
    return seconds
