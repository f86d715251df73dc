"""The same series in a house that is really killed, twice, and counted afterwards.

    played in a process of its own -> SIGKILL -> another process, on what is there -> ... -> to the end -> counted

The process kills itself at a checkpoint of the house, in the middle of a question: once when the chat has taken
the question and the house has not written that down, and once when an answer is stored and its author has not
been told. What people are about to send is written to a journal first, so that there is something to count by
which the house has no hand in.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from adapters.terminal.parse import Request
from adapters.terminal.places import Places
from adapters.terminal.records import Posted
from bot import library
from bot.demo.counting import count, counted
from bot.demo.director import Director
from bot.demo.play import Play
from bot.demo.script import cast
from bot.demo.sheet import Sheet
from bot.demo.stage import ZONE, staged
from flows import state as states
from flows.programme import Route
from storage import tables as t
from storage.database import Database

JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Kill:
    """Where the process dies: at that boundary, when the first group is at that step of its first session."""

    boundary: Literal["taken", "committed"]
    step: int


def kills(route: Route) -> list[Kill]:
    """In the middle of the second question, and of the last."""
    asks = [index for index, step in enumerate(route.steps) if step.WORD == "ask"]
    asks = asks or [index for index, step in enumerate(route.steps) if step.WAITS]
    return [Kill("taken", asks[min(1, len(asks) - 1)]), Kill("committed", asks[-1])]


def crash(play: Play, folder: Path, sheet: Sheet) -> bool:
    """Play, be killed, go on, print what is found, and return whether all of it is well.

    Raises RuntimeError where a life ends otherwise.
    """
    content = library.read(play.programme)
    play = play.in_language_of(content.programme.languages)
    texts = library.bot_catalogue(play.language, ZONE)
    route = content.programme.route(1)
    sheet.gap()
    sheet.say(texts.say("demo.crash.intro"))
    sheet.gap()
    group = next(iter(cast(play.language).groups.values()))[0]
    for life, kill in enumerate(kills(route), 1):
        if _live(play, folder, life, kill):
            n = route.question(kill.step)[0]
            sheet.say(texts.say(f"demo.crash.{kill.boundary}", when=_last_moment(folder), group=group, n=n))
    _live(play, folder, len(kills(route)) + 1, None)
    sheet.say(texts.say("demo.crash.again"))
    sheet.gap()
    sheet.say(texts.say("demo.crash.counted"), "bold")
    found = count(Database(_url(folder)), Places(folder / "terminal"), folder / JOURNAL)
    for line in counted(found, texts):
        sheet.say(line, margin="  ")
    return found.well


def _live(play: Play, folder: Path, life: int, kill: Kill | None) -> bool:
    """One life of the house, in a process of its own. Returns whether it was killed."""
    told = {"play": asdict(play), "folder": str(folder), "life": life, "kill": kill and asdict(kill)}
    ended = subprocess.run([sys.executable, "-m", "bot.demo.crash", json.dumps(told)], check=False)
    if ended.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the house that plays ended with {ended.returncode}")
    return ended.returncode != 0


# -- in the process that dies


def main() -> None:
    told = json.loads(sys.argv[1])
    kill = Kill(**told["kill"]) if told["kill"] else None
    with suppress(KeyboardInterrupt):  # whoever started us has been interrupted too, and says so
        asyncio.run(_lived(Play(**told["play"]), Path(told["folder"]), told["life"], kill))


async def _lived(play: Play, folder: Path, life: int, kill: Kill | None) -> None:
    checkpoint = _doom(folder, kill) if kill else lambda _: None
    async with staged(play, folder, cast(play.language), life=life, checkpoint=checkpoint) as stage:
        # What `runda serve` does when it starts.
        await stage.house.courier.recover(everything=True)
        director = Director(stage, journal=_journal(folder))
        await director.play()
        await director.close()


def _doom(folder: Path, kill: Kill) -> Callable[[str], None]:
    """A checkpoint that is the end of the process."""
    database, places = Database(_url(folder)), Places(folder / "terminal")

    def checkpoint(name: str) -> None:
        if name == kill.boundary and _come(database, places, kill):
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def _come(database: Database, places: Places, kill: Kill) -> bool:
    with database.read() as connection:
        first = select(t.sessions.c.id, t.sessions.c.state, t.places.c.channel).join(
            t.places, t.places.c.id == t.sessions.c.place_id
        )
        row = connection.execute(first.order_by(t.sessions.c.id).limit(1)).one()
        state = states.load(row.state) if row.state else None
        if state is None or state.phase != "running" or state.step != kill.step or state.prompt is None:
            return False
        if kill.boundary == "taken":
            return _unreceipted(connection, places, row, state.prompt.prompt)
        answers = select(func.count()).where(
            t.replies.c.session_id == row.id, t.replies.c.prompt == state.prompt.prompt
        )
        return bool(connection.execute(answers).scalar())


def _unreceipted(connection: Connection, places: Places, session: Any, prompt: int) -> bool:
    """The question stands in the chat, and nothing in the database says so."""
    o = t.outbox.c
    asked = select(o.status).where(o.session_id == session.id, o.prompt == prompt)
    if connection.execute(asked).scalar() != "sending":
        return False
    posted = [each.id for each in places.read(session.channel) if isinstance(each, Posted)]
    known = set(connection.execute(select(o.receipt).where(o.receipt.in_(posted[-1:]))).scalars())
    return bool(posted) and posted[-1] not in known


def _journal(folder: Path) -> Callable[[Request], None]:
    def about_to(request: Request) -> None:
        with (folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"do": request.do, "message": request.message}) + "\n")

    return about_to


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'runda.db'}"


def _last_moment(folder: Path) -> datetime:
    database = Database(_url(folder))
    with database.read() as connection:
        found: datetime | None = connection.execute(select(func.max(t.log.c.at))).scalar()
    database.close()
    return found or datetime.min.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
