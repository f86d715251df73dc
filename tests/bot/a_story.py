"""A series after its first meeting, and ways to work on its recaps as a coordinator does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.markdown import markdown
from bot.recaps import approval, desk, reading
from bot.recaps.ledger import ledger
from bot.recaps.telling import of_series
from bot.series.office import open_office
from bot.shelf import Shelf
from bot.words import Speaker
from flows.sight import Viewer
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_meeting import OPENS, Played, first_meeting, planned
from tests.bot.a_series import rows

NAMES = ("Kari", "Amir", "Liv", "Tor", "Sigrid", "Ola", "Berit", "Per", "Eva", "Fjord", "Fjell")


@dataclass
class Story:
    """The series after its first meeting, and what was said there by a word for each."""

    played: Played
    said: dict[str, str]

    @property
    def database(self) -> Database:
        return self.played.database

    @contextmanager
    def office(self, *, write: bool = True) -> Iterator[tuple[Any, Unit]]:
        way = self.database.write if write else self.database.read
        with way() as connection:
            yield open_office(connection, "Runda", "north", "test", self.played.clock.at), Unit(connection)

    def group(self, act: Callable[..., Any], *args: Any, number: int = 1, group: str | None = "Fjord") -> Any:
        with self.office() as (office, unit):
            ids = self.played.house.works.ids
            return act(desk.open_desk(office, unit, Shelf(), ids, "coordinator", number, group), *args)

    def managers(
        self, act: Callable[..., Any], *args: Any, viewer: Viewer = "coordinator", number: int = 1, whole: bool = False
    ) -> Any:  # fmt: skip
        with self.office() as (office, unit):
            ids = self.played.house.works.ids
            return act(approval.open_desk(office, unit, Shelf(), ids, viewer, number, whole=whole), *args)

    def approve(self, **which: Any) -> list[str]:
        told = self.approve_quietly(**which)
        self.played.settle()
        return told

    def approve_quietly(self, **which: Any) -> list[str]:
        """What is to be sent waits. `which`: the first meeting's, unless said otherwise."""
        told: list[str] = self.managers(approval.approve, None, **which)
        return told

    def preview(self, group: str = "Fjord") -> str:
        """What a coordinator sees before it goes out."""

        def look(one: desk.GroupDesk) -> str:
            said = reading.say(Speaker(Shelf()), one.unit, one.draft(), one.sitting, one.office.now)
            return markdown(said)

        return str(self.group(look, group=group))

    def reply(self, word: str) -> int:
        (found,) = rows(self.database, t.replies, t.replies.c.message == self.said[word])
        return int(found.id)

    def listed(self) -> str:
        """What waits and what went out, as a coordinator is told."""
        with self.office(write=False) as (office, unit):
            return "\n".join(of_series(office, unit, ledger(unit, office.series.id)))

    def versions(self, *, group: bool = True) -> list[tuple[int, str]]:
        r = t.recaps.c
        which = r.session_id.is_not(None) if group else r.session_id.is_(None)
        with self.database.read() as connection:
            found = connection.execute(select(r.version, r.status).where(which).order_by(r.version))
            return [(row.version, row.status) for row in found]

    def open_second(self) -> None:
        self.played.go(max(OPENS[1], self.played.clock.at))
        for channel, account in (("north-1", "kari"), ("north-2", "tor")):
            self.played.say(channel, account, "We are here")

    def recap(self, channel: str = "north-1") -> str:
        return self.played.post(channel, "# Last time")

    def to_managers(self) -> dict[str, list[str]]:
        return {channel: self.played.posts(channel) for channel in ("@per", "@eva")}


def lines(said: str) -> list[str]:
    """The lines of a message that say something."""
    return [line for line in said.splitlines() if line]


@pytest.fixture(scope="session")
def first(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str], datetime]:
    """A database after the first meeting, what was said, and when it was over."""
    folder = tmp_path_factory.mktemp("first")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'runda.db')}")
    planned(database, folder)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        said = first_meeting(played)
    database.close()
    return folder / "runda.db", said, played.clock.at


@pytest.fixture
def story(first: tuple[Path, dict[str, str], datetime], tmp_path: Path) -> Iterator[Story]:
    file, said, at = first
    database = Database(f"sqlite:///{shutil.copy(file, tmp_path / 'runda.db')}")
    with Played(database, at, 100_000) as played:
        yield Story(played, said)
    database.close()
