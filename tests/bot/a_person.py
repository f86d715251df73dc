"""Ways to look whether anything is left of somebody: in every column of every table, in files, in what was posted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.rights import person as persons
from bot.rights.erasing import Erasing, pending
from storage import tables as t
from storage.database import Database
from tests.bot.a_meeting import Played

#: Columns that hold only what the programme says.
NOT_PEOPLES = {"contents.body"}


def holds(database: Database, *needles: str) -> list[str]:
    """Where any of these is found, in whatever case: «table.column: value»."""
    found = []
    with database.read() as connection:
        for table in t.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for column, value in row._mapping.items():
                    where = f"{table.name}.{column}"
                    if where not in NOT_PEOPLES and within(str(value), *needles):
                        found.append(f"{where}: {value}")
    return found


def within(text: str, *needles: str) -> bool:
    """As a word, or as several: «Liv» is not in «live»."""
    return any(re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", text, re.IGNORECASE) for needle in needles)


def posted(played: Played, *needles: str) -> list[str]:
    """What stands in the chat now of what Runda said, where any of these is found; whose place it is counts too."""
    return [
        f"{channel}: {text}"
        for channel, texts in played.platform.posts.items()
        for text in texts.values()
        if within(text, *needles)
    ]


def number(database: Database, name: str) -> int:
    with database.read() as connection:
        return persons.find(connection, "Runda", name)


def erasing(played: Played, *folders: Any) -> Erasing:
    return Erasing(played.house.works, folders)


def begin(played: Played, person: int, actor: str | None = None) -> bool:
    with played.database.write() as connection:
        return erasing(played).begin(connection, person, actor or f"person:{person}", played.clock.at)


def erase(played: Played, name: str) -> int:
    """Begin it, and let the upkeep and delivery do the rest, as in a house that runs. Returns the person's number."""
    person = number(played.database, name)
    assert begin(played, person)
    finish(played)
    return person


def finish(played: Played, most: int = 10) -> None:
    for _ in range(most):
        played.upkeep()
        played.clock.at += timedelta(minutes=1)
        with played.database.read() as connection:
            if not pending(connection):
                return
    raise AssertionError("the erasure does not come to an end")
