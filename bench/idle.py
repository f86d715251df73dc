"""A look at the clock, and at the outbox, when there is nothing to do: with many groups against with few.

The groups are in the middle of a series: one meeting each is over, its messages are sent, and the next has a date.
"""

from __future__ import annotations

import time
from asyncio import Runner
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import insert

from bench import town
from bench.pairs import Ratios, Side, in_turn
from bot.clock import SystemClock
from bot.wiring import House, build
from storage import tables as t

#: Messages that a group was sent in the meeting that is over.
SENT = 20


@dataclass(frozen=True, slots=True)
class Found:
    ratios: Ratios
    #: Median seconds of a look.
    many: float
    few: float


def measure(folder: Path, *, many: int, few: int, times: int, looks: int) -> Found:
    """`looks` on each side, `times` over; counts groups."""
    with (
        _house(folder / "many.db", many) as large,
        _house(folder / "few.db", few) as small,
        Runner() as runner,
    ):

        def looking(house: House) -> Side:
            runner.run(_look(house, looks))  # once for nothing, to be warm
            return lambda _: runner.run(_look(house, looks))

        pairs = in_turn(times, looking(large), looking(small))
    large_one, small_one = (median(side) / looks for side in zip(*pairs, strict=True))
    return Found(Ratios.of(pairs), large_one, small_one)


async def _look(house: House, looks: int) -> float:
    """As the clockwork and the courier do every two seconds. Returns seconds."""
    began = time.perf_counter()
    for _ in range(looks):
        if await house.timekeeper.tick() or await house.courier.round():
            raise RuntimeError("there was something to do")
        house.timekeeper.next_due()
    return time.perf_counter() - began


@contextmanager
def _house(file: Path, groups: int) -> Iterator[House]:
    database = town.found(file, groups, days=14)
    with database.write() as connection:
        for group in range(1, groups + 1):
            connection.execute(insert(t.outbox), [_sent(group, number) for number in range(SENT)])
    house = build(database, [], SystemClock())
    try:
        yield house
    finally:
        house.executor.shutdown()
        database.close()


def _sent(group: int, number: int) -> dict[str, object]:
    return {"organisation_id": 1, "place_id": group, "session_id": group, "version": number, "effect": 0,
            "kind": "say", "sort": "answer", "body": "{}", "status": "sent",
            "receipt": f"m{number}"}  # fmt: skip
