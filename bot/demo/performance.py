"""One performance from beginning to end: a folder, a house in it, what is shown, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bot.demo.script import cast
from bot.demo.sheet import Sheet
from bot.library import bot_catalogue
from flows.language import Catalogue

# What takes long to load comes when the first line has been shown.
if TYPE_CHECKING:
    from bot.demo.director import Director
    from bot.demo.play import Play
    from bot.demo.stage import Stage

#: Linux keeps files there in memory. Bytes that a series needs at most, with its log.
MEMORY, NEEDED = Path("/dev/shm"), 50_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is shown, of what is played. `called`: the command as it was typed, for the advice at the end."""

    everything: bool = False
    crash: bool = False
    out: Path | None = None
    called: str = "runda"


def perform(play: Play, sheet: Sheet, wanted: Wanted) -> bool:
    """Returns whether all is well. Raises what can go wrong with a programme or a plan."""
    greet(play.language, sheet)
    with folder() as place:
        if wanted.crash:
            from bot.demo.crash import crash

            return crash(play, place, sheet)
        asyncio.run(_performed(play, place, sheet, wanted))
        return True


def greet(language: str, sheet: Sheet) -> None:
    """The first line, within a second: hardly anything has been loaded."""
    sheet.say(_texts(language).say("demo.intro", place=cast(language).place))


def _texts(language: str) -> Catalogue:
    return bot_catalogue(language, "UTC")


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
    sheet.say(texts.say("demo.try.more", called=called))


def _called(name: str) -> str:
    """A name without the signs that lists of names are written with."""
    return " ".join("".join(" " if letter in ",():" else letter for letter in name).split())[:40] or "Kari"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is thrown away."""
    with TemporaryDirectory(prefix="runda-demo-", dir=_memory()) as name:
        yield Path(name)


def _memory() -> Path | None:
    """In memory, where there is such a place: what is thrown away need not wait for a disk two thousand times."""
    if os.environ.get("TMPDIR") or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if disk_usage(MEMORY).free > NEEDED else None


async def _performed(play: Play, place: Path, sheet: Sheet, wanted: Wanted) -> None:
    from bot.demo.director import Director
    from bot.demo.stage import staged

    async with staged(play, place, cast(play.language)) as stage:
        director = Director(stage)
        await shown(stage, director, sheet, wanted)
        await director.close()


async def shown(stage: Stage, director: Director, sheet: Sheet, wanted: Wanted) -> None:
    """Play to the end, and show what is wanted of it."""
    from bot.demo.showing import Moments, counts
    from bot.demo.threads import Threads

    show: Callable[..., Any] = Threads if wanted.everything else Moments
    await show(stage, director, sheet).play()
    sheet.gap()
    if wanted.out is not None:
        from bot.demo.files import write

        names = write(stage, wanted.out)
        sheet.say(stage.texts.say("demo.written", folder=str(wanted.out), files=", ".join(names)))
    people, runda, of = counts(stage)
    sheet.say(stage.texts.say("demo.played", n=people, m=runda, of=of))
    visit, again = f"{wanted.called} try", f"{wanted.called} demo"
    sheet.say(stage.texts.say("demo.more", visit=visit, demo=again))
