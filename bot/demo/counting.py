"""What was lost and what was done twice, counted from the database's rows and the chat's own files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from adapters.terminal.places import Places
from adapters.terminal.records import Posted
from flows.language import Catalogue
from storage import tables as t
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Found:
    """What the database and the chat's files say."""

    sent: int
    found: int
    taken: int
    questions: tuple[int, int, int]
    messages: tuple[int, int, int]
    opened: int
    planned: int

    @property
    def lost(self) -> int:
        return self.sent - self.found - self.taken

    @property
    def well(self) -> bool:
        """Nothing is lost, everything was said, and nothing twice."""
        said = (self.questions, self.messages)
        once = all(asked == posted and not twice for asked, posted, twice in said)
        return not self.lost and once and self.opened == self.planned


def counted(found: Found, texts: Catalogue) -> Iterator[str]:
    yield texts.say(
        "demo.crash.replies", sent=found.sent, found=found.found, taken=found.taken, lost=found.lost
    )
    for key, (asked, posted, twice) in (("questions", found.questions), ("messages", found.messages)):
        yield texts.say(f"demo.crash.{key}", asked=asked, posted=posted, twice=twice)
    yield texts.say("demo.crash.meetings", opened=found.opened, planned=found.planned)


def count(database: Database, places: Places, journal: Path) -> Found:
    """`journal` holds a line for everything that people were about to send."""
    about_to = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    sent = {each["message"] for each in about_to if each["do"] == "wrote"}
    taken = {each["message"] for each in about_to if each["do"] == "took-back"}
    with database.read() as connection:
        stored = set(connection.execute(select(t.replies.c.message)).scalars())
        questions, messages = _posted(connection, places)
        opened, planned = _sessions(connection)
    database.close()
    return Found(
        len(sent), len(sent & stored), len((sent - stored) & taken), questions, messages, opened, planned
    )


def _posted(connection: Connection, places: Places) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Of questions, and of all messages: how many there are, how many stand in the chat, how many stand there twice."""
    said = [each for name in places.names() for each in places.read(name) if isinstance(each, Posted)]
    token_of, times = {each.id: each.token for each in said}, Counter(each.token for each in said)
    o = t.outbox.c
    rows = connection.execute(
        select(o.receipt, o.prompt, o.sort).where(o.kind == "say", o.status != "dropped")
    ).all()
    # A receipt that is only a mark on a message is no message.
    rows = [row for row in rows if row.sort != "receipt" or row.receipt in token_of]

    def of(some: list[Any]) -> tuple[int, int, int]:
        there = [token_of[row.receipt] for row in some if row.receipt in token_of]
        return len(some), len(there), sum(times[token] > 1 for token in there)

    return of([row for row in rows if row.prompt is not None]), of(list(rows))


def _sessions(connection: Connection) -> tuple[int, int]:
    """How many sessions opened at their time, of how many."""
    s, first = t.sessions.c, t.log.c
    planned = connection.execute(select(func.count(s.id))).scalar() or 0
    opened = select(func.count(s.id)).join(t.log, first.session_id == s.id)
    return connection.execute(
        opened.where(first.version == 1, first.at == s.starts_at)
    ).scalar() or 0, planned
