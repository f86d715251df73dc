"""All rows in one run, as lines of text."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bench import hooks, idle, openings, plain, recaps, replies, start, telling
from bench.pairs import Goal, Ratios
from storage.database import Database

MIB = 1024 * 1024
TWICE, MOST_OF_IT = Goal("at least", 2), Goal("at least", 0.7)
TWENTY, SAME, SECOND = Goal("at most", 20), Goal("at most", 1.2), Goal("at most", 1)
ALIKE, TWO_SECONDS = Goal("at most", 1.3), Goal("at most", 2)
MEMORY, MORE_MEMORY = Goal("at most", 70), Goal("at most", 110)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done. The figures of docs/performance.md are of the size that is the default."""

    #: Groups that write, messages on each side each time, and how often.
    writers: int = 64
    replies: int = 1600
    times: int = 7
    #: Groups on a platform, and the events that it posts on each side each time.
    groups: int = 1000
    events: int = 1600
    openings: int = 1000
    many: int = 10_000
    few: int = 100
    looks: int = 60
    #: Replies of fifty groups in three rounds.
    said: tuple[int, int, int] = recaps.SIZES


def run(out: TextIO, size: Size = Size()) -> int:
    """Returns 1 where something that was acknowledged is lost: that is wrong however quick the rest is."""
    with tempfile.TemporaryDirectory(prefix="runda-bench-", dir=os.environ.get("RUNDA_BENCH")) as made:
        folder = Path(made)
        for line in _head(folder):
            print(line, file=out)
        said = replies.measure(
            folder / "replies", groups=size.writers, replies=size.replies, times=size.times
        )
        for line in _rows(folder, size, said):
            print(line, file=out, flush=True)
        told = [_hooked(folder, size, each, out) for each in (telling.SLACK, telling.TELEGRAM)]
    return 1 if said.lost or any(found.lost for found in told) else 0


def _hooked(folder: Path, size: Size, told: telling.Telling, out: TextIO) -> hooks.Found:
    found = hooks.measure(folder / told.name, told, groups=size.groups, events=size.events, times=size.times)
    for line in _events(told.name.capitalize(), found):
        print(line, file=out, flush=True)
    return found


def _head(folder: Path) -> Iterator[str]:
    yield (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores; "
        f"waiting for one before we began: {os.getloadavg()[0]:.1f}"
    )
    yield f"house: {_in_words(_house_pragmas(folder))}"
    yield f"plain: {_in_words(plain.own_pragmas(folder))}"
    yield ""
    yield f"{'':44}{'least':>8}{'median':>8}{'most':>8}   goal"


def _house_pragmas(folder: Path) -> dict[str, str]:
    database = Database(f"sqlite:///{folder / 'pragmas.db'}")
    with database.read() as connection:
        told = plain.pragmas(connection.connection.driver_connection)
    database.close()
    return told


def _in_words(pragmas: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in pragmas.items())


def _rows(folder: Path, size: Size, said: replies.Found) -> Iterator[str]:
    yield _row("replies a second, 16 under way: to plain", said.many.ratios, TWICE)
    yield _side(said.many)
    yield _row("  one under way", said.one.ratios)
    yield _side(said.one)
    yield _row("  first answers, each with a receipt", said.first.ratios)
    yield _side(said.first)
    yield f"    killed while people wrote: {said.acknowledged} acknowledged, {said.lost} of them lost"
    opened = openings.measure(folder / "openings", groups=size.openings, times=size.times)
    yield _row(f"opening {size.openings} meetings: to plain", opened.ratios, TWENTY)
    yield (
        f"    house {opened.house * 1000:.0f} ms, plain {opened.plain * 1000:.0f} ms; "
        f"{opened.messages} messages, {opened.rows} rows"
    )
    looked = idle.measure(folder / "idle", many=size.many, few=size.few, times=size.times, looks=size.looks)
    yield _row(f"an idle look, {size.many} groups: to {size.few}", looked.ratios, SAME)
    yield f"    {looked.many * 1000:.2f} ms and {looked.few * 1000:.2f} ms"
    yield from _recaps(recaps.measure(folder / "recaps", times=size.times, sizes=size.said))
    begun = start.measure(folder / "start", times=size.times)
    yield _row("seconds from `runda serve` to its open door", begun.seconds, SECOND)
    yield f"    the first time, when everything is made: {begun.first:.2f} s"
    yield from _memory(begun.memory)


def _events(name: str, found: hooks.Found) -> Iterator[str]:
    yield _row(f"{name}: events a second, 16 under way: to bare", found.many.ratios, MOST_OF_IT)
    yield f"    house {found.many.house:.0f} a second, bare {found.many.bare:.0f}"
    yield _row("  one under way", found.one.ratios)
    yield f"    house {found.one.house:.0f} a second, bare {found.one.bare:.0f}"
    yield f"    killed while people wrote: {found.acknowledged} acknowledged, {found.lost} of them lost"
    yield from _memory(found.memory, f"{name}, {found.groups} groups", MORE_MEMORY)


def _recaps(found: recaps.Found) -> Iterator[str]:
    few, middle, most = found.sizes
    yield _row(f"managers' recap, a finding: {most} replies to {few}", found.most, ALIKE)
    yield _row(f"  {middle} replies to {few}", found.middle, ALIKE)
    told = ("", f"{found.seconds:.2f}", "")
    yield _line(f"  seconds with {most} replies", told, TWO_SECONDS, found.seconds)
    held = f"{found.peak / MIB:.1f} MiB while it is made, {found.kept / 1024:.0f} KiB after"
    yield f"    {found.findings} findings; {held}"


def _memory(found: int | None, of: str = "terminal only", goal: Goal = MEMORY) -> Iterator[str]:
    if found is None:
        yield "    this system does not say how much memory a process has"
    else:
        yield _line(f"MiB in memory, {of}", ("", f"{found / MIB:.0f}", ""), goal, found / MIB)


def _row(what: str, ratios: Ratios, goal: Goal | None = None) -> str:
    told = tuple(f"{each:.2f}" for each in (ratios.least, ratios.median, ratios.most))
    return _line(what, told, goal, ratios.median)


def _line(what: str, told: tuple[str, ...], goal: Goal | None, found: float) -> str:
    judged = f"   {goal.bound} {goal.value:g}: {'holds' if goal.holds(found) else 'MISSED'}" if goal else ""
    return f"{what:44}" + "".join(f"{each:>8}" for each in told) + judged


def _side(side: replies.Side) -> str:
    return f"    house {side.house:.0f} a second, plain {side.plain:.0f}; events in a unit: {side.batch:.1f}"
