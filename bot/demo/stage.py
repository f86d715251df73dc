"""The house that the demo plays in: planned, built and wired as any other, in a folder of its own.

Two things are not as in `runda serve`: the clock, which stands still until it is moved, and the numbers of
replies and recaps, which are counted instead of drawn, so that every run is the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from adapters.terminal import TerminalPlatform
from bot import library
from bot.demo.play import Play
from bot.demo.script import Cast, Script
from bot.intake import Checkpoint, nowhere
from bot.series.making import make
from bot.series.planning import Tenant, Wish, plan
from bot.wiring import House, build, working
from flows.forms import CREATE
from flows.language import Catalogue
from flows.programme import Programme
from storage import tables as t
from storage.database import Database
from storage.migrate import upgrade

ZONE = "Europe/Oslo"
ORGANISATION = "Fjellvik"
#: The series is planned on the day before its first meeting.
PLANNED = datetime(2026, 10, 12, 10, 30, tzinfo=UTC)
#: Every second Tuesday; on 25 October the clocks are put back.
DATES = tuple(date(2026, 10, 13) + timedelta(weeks=2 * n) for n in range(6))
TIME = "09:00"
#: Numbers that one life of the house may give out; the next life begins above them.
LIFE = 1_000_000


class DemoClock:
    """Stands still until it is moved, and never goes back."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, to: datetime) -> None:
        self.at = max(self.at, to)

    async def sleep(self, seconds: float) -> None:
        self.move(self.at + timedelta(seconds=seconds))


@dataclass(frozen=True, slots=True)
class Stage:
    """A house with its people, ready for a director."""

    play: Play
    folder: Path
    database: Database
    clock: DemoClock
    terminal: TerminalPlatform
    house: House
    content: library.Content
    cast: Cast
    texts: Catalogue
    script: Script

    @property
    def programme(self) -> Programme:
        return self.content.programme

    @property
    def said(self) -> Catalogue:
        """The programme's own texts."""
        return Catalogue(self.play.language, self.content.texts[self.play.language], ZONE)


@asynccontextmanager
async def staged(
    play: Play, folder: Path, cast: Cast, *, life: int = 1, checkpoint: Checkpoint = nowhere,
    script: Callable[[Programme, Cast, Catalogue, str], Script] = Script,
) -> AsyncIterator[Stage]:  # fmt: skip
    """A house in that folder, listening. `life`: how many houses have been built there, this one included."""
    content = library.read(play.programme)
    play = play.in_language_of(content.programme.languages)
    texts = library.bot_catalogue(play.language, ZONE)
    # The folder is thrown away in the end; killed is at most the process.
    database = Database(f"sqlite:///{folder / 'runda.db'}", lasting=False)
    upgrade(database)
    clock = DemoClock(_remembered(database) or PLANNED)
    if life == 1:
        _plan(database, content, cast, play, clock.now())
    terminal = TerminalPlatform(folder / "terminal", clock)
    house = build(database, [terminal], clock, ids=count(LIFE * life + 1).__next__, checkpoint=checkpoint)
    try:
        async with working(house):
            await terminal.listen(house.intake.hear, None)
            yield Stage(play, folder, database, clock, terminal, house, content, cast, texts,
                        script(content.programme, cast, texts, play.pace))  # fmt: skip
    finally:
        database.close()


def _remembered(database: Database) -> datetime | None:
    """The last moment of which the database knows."""
    with database.read() as connection:
        last = select(t.log.c.at).order_by(t.log.c.id.desc()).limit(1)
        found: datetime | None = connection.execute(last).scalar()
    return found


def _plan(database: Database, content: library.Content, cast: Cast, play: Play, now: datetime) -> None:
    wish = Wish.of(CREATE.read(_asked(content.programme, cast, play)))
    owner = Tenant(ORGANISATION, play.language, ZONE)
    with database.write() as connection:
        make(connection, plan(wish, content, owner, now), owner.name, cast.coordinator, now)


def _asked(programme: Programme, cast: Cast, play: Play) -> dict[str, Any]:
    """The form that a coordinator would fill in."""
    form = play.form or form_of(programme)
    one_day = form is not None and bool(programme.forms.get(form) and programme.forms[form].breaks)
    dates = DATES[: 1 if one_day else len(programme.rounds)]
    groups = [f"{name}: {', '.join(people.values())}" for name, people in cast.groups.values()]
    return {
        "name": cast.place, "group": groups, "on": [str(day) for day in dates], "at": TIME, "zone": ZONE,
        "language": play.language, "pace": play.pace, "form": form, "coordinator": [cast.coordinator],
        "manager": [cast.manager],
    }  # fmt: skip


def form_of(programme: Programme) -> str | None:
    """The first form with a plenum and no breaks, if there is one."""
    forms = programme.forms.items()
    return next((name for name, form in forms if form.plenum and not form.breaks), None)


def local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(ZONE))
