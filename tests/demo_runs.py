"""The demo's performances for the tests, each in a process of its own, so that several are played at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from adapters.terminal.screen import Screen
from bot.demo.play import Play
from bot.demo.sheet import Sheet

#: Wide enough for the longest message: a sentence is looked for in one line.
WIDE = Screen(width=10_000)


@dataclass(frozen=True)
class Shown:
    """What was printed, and what was written, by its path."""

    lines: list[str]
    files: dict[str, str] = field(default_factory=dict)
    well: bool = True

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def performed(play: Play, *, everything: bool = False, crash: bool = False) -> Shown:
    from bot.demo.performance import Wanted, perform

    lines: list[str] = []
    well = perform(play, Sheet(lines.append, WIDE), Wanted(everything, crash))
    return Shown(lines, well=well)


def twice(language: str, called: str) -> tuple[Shown, Shown]:
    """One series, shown as by default in a terminal's width, and then thread by thread; with its files."""
    from bot.demo.director import Director
    from bot.demo.files import write
    from bot.demo.performance import Wanted, folder, greet, shown
    from bot.demo.script import cast
    from bot.demo.stage import staged
    from bot.demo.threads import Threads

    default: list[str] = []
    every: list[str] = []

    async def played(place: Path) -> None:
        greet(language, Sheet(default.append))
        async with staged(Play(language), place / "house", cast(language)) as stage:
            director = Director(stage)
            await shown(stage, director, Sheet(default.append), Wanted(called=called))
            await Threads(stage, director, Sheet(every.append, WIDE)).play()
            await director.close()
            write(stage, place / "out")

    with folder() as place:
        (place / "house").mkdir()
        asyncio.run(played(place))
        return Shown(default), Shown(every, _files(place, "out"))


def _files(folder: Path, under: str) -> dict[str, str]:
    found = (path for path in sorted((folder / under).rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in found}


def tried(language: str, typed: list[str], name: str | None = None) -> Shown:
    """Somebody types these lines, and then nothing more."""
    from bot.demo.performance import visit

    lines: list[str] = []
    waiting: Iterator[str] = iter(typed)

    def type_(prompt: str) -> str:
        lines.append(prompt)
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    with redirect_stdout(StringIO()) as aside:
        visit(language, name, Sheet(lines.append, WIDE), type_, "runda")
    assert aside.getvalue() == ""
    return Shown(lines)


def first_break(language: str) -> str:
    """The one-day form, as far as the first break: what everyone reads in it."""
    return _begun(Play(language, form="one-day"), "plenum")


def first_window(language: str) -> str:
    """The async pace, as far as the end of the first window: what a group reads in it."""
    return _begun(Play(language, pace="async"), "fjord")


def _begun(play: Play, group: str) -> str:
    """The first meeting, until that circle has finished, and its thread."""
    from bot.demo.director import Director
    from bot.demo.performance import folder
    from bot.demo.reading import reader, records, sittings
    from bot.demo.script import cast
    from bot.demo.stage import staged

    async def played(place: Path) -> str:
        async with staged(play, place, cast(play.language)) as stage:
            director = Director(stage)
            await director.play(
                lambda at: any((each.group, each.phase) == (group, "finished") for each in at.values())
            )
            await director.close()
            circle = next(each for each in sittings(stage) if each.group == group)
            found = records(stage, circle.channel, since=circle.starts_at)
            return "\n".join(reader(stage, WIDE).lines(found))

    with folder() as place:
        return asyncio.run(played(place))
