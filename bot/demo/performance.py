"""One performance from beginning to end: a folder, a house in it, what is shown, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bot.demo.script import cast
from bot.demo.sheet import Sheet
from bot.library import bot_texts
from flows.language import Catalogue

# What takes long to load comes when the first line has been shown.
if TYPE_CHECKING:
    from bot.demo.play import Play
    from bot.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is shown, of what is played. `called`: the command as it was typed, for the advice at the end."""

    everything: bool = False
    crash: bool = False
    out: Path | None = None
    called: str = "runda"


def perform(play: Play, sheet: Sheet, wanted: Wanted) -> bool:
    """Returns whether all is well. Raises what can go wrong with a programme or a plan."""
    sheet.say(_texts(play.language).say("demo.intro", place=cast(play.language).place))
    with folder() as place:
        if wanted.crash:
            from bot.demo.crash import crash

            return crash(play, place, sheet)
        asyncio.run(_performed(play, place, sheet, wanted))
        return True


def _texts(language: str) -> Catalogue:
    return Catalogue(language, bot_texts(language), "UTC")


def visit(language: str, name: str | None, sheet: Sheet, typed: Callable[[str], str], called: str) -> None:
    """Somebody tries it out, as long as they like."""
    people = cast(language).only("fjord", ("kari", _called(name)) if name else None)
    texts = _texts(language)
    group, members = people.groups["fjord"]
    sheet.say(texts.say("demo.try.intro", name=members["kari"], group=group))
    from bot.demo.play import Play
    from bot.demo.trying import try_out

    try:
        with folder() as place:
            try_out(Play(language), people, place, sheet, typed)
    except (EOFError, KeyboardInterrupt):
        sheet.gap()
        sheet.say(texts.say("demo.try.bye"))
        return
    sheet.gap()
    sheet.pairs([(f"{called} demo", texts.say("demo.more.demo"))])


def _called(name: str) -> str:
    """A name without the signs that lists of names are written with."""
    return " ".join("".join(" " if letter in ",():" else letter for letter in name).split())[:40] or "Kari"


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="runda-demo-") as name:
        yield Path(name)


async def _performed(play: Play, place: Path, sheet: Sheet, wanted: Wanted) -> None:
    from bot.demo.director import Director
    from bot.demo.stage import staged

    async with staged(play, place, cast(play.language)) as stage:
        director = Director(stage)
        await _shown(stage, director, sheet, wanted)
        await director.close()
        if wanted.out is not None:
            _written(stage, wanted.out, sheet)
        _goodbye(stage, sheet, wanted)


async def _shown(stage: Stage, director: Any, sheet: Sheet, wanted: Wanted) -> None:
    from bot.demo.showing import Moments, Threads

    show: Callable[..., Any] = Threads if wanted.everything else Moments
    await show(stage, director, sheet).play()


def _written(stage: Stage, out: Path, sheet: Sheet) -> None:
    from bot.demo.files import write

    names = write(stage, out)
    sheet.gap()
    sheet.say(stage.texts.say("demo.written", folder=str(out), files=", ".join(names)))


def _goodbye(stage: Stage, sheet: Sheet, wanted: Wanted) -> None:
    from bot.demo.showing import counts

    sheet.gap()
    people, runda, of = counts(stage)
    sheet.say(stage.texts.say("demo.played", n=people, m=runda, of=of))
    more = ("try", "all", "crash", "out")
    commands = {
        "try": f"{wanted.called} try", "all": f"{wanted.called} demo --all",
        "crash": f"{wanted.called} demo --crash", "out": f"{wanted.called} demo --out DIR",
    }  # fmt: skip
    shown = [each for each in more if not (each == "all" and wanted.everything)]
    sheet.pairs((commands[each], stage.texts.say(f"demo.more.{each}")) for each in shown)
