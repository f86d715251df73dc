"""A small series that is really played: the house as it is wired, a platform in memory, and a clock that is driven."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from adapters.port import Address, Bucket, Capabilities, Outgoing, Reacted, Rewrote, Taken, TookBack, Wrote
from bot.markdown import markdown
from bot.wiring import build
from storage import tables as t
from storage.database import Database
from tests.bot.a_series import made

T = TypeVar("T")

#: Three rounds; the later ones begin with the recap of the one before.
PROGRAMME = """
programme: talk
languages: [en]
rounds:
  - round: first
    steps: [{ask: proud}, {note: agreed, of: proud}, {finding: best}, {release: let-out, of: best}, {action: plan}]
  - round: second
    steps: [{recap: last-time}, {ask: since}]
  - round: third
    steps: [{recap: last-time}, {ask: onwards}]
texts:
  en:
    title: Good things
    rounds:
      first:
        title: What works
        theme: what works
        proud: What are we proud of?
        agreed: What do we agree on?
        best: Which one should others hear about?
        let-out: May others see these?
        plan: What will you do?
      second: {title: What is new, theme: what is new, since: What has happened?}
      third: {title: What next, theme: what next, onwards: Where do we go?}
"""
OPENS = [datetime(2026, 10, 20, 7, tzinfo=UTC), datetime(2026, 11, 3, 8, tzinfo=UTC)]


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Memory:
    """A platform that keeps what it is sent: by channel, message and text, as it stands now."""

    name = "terminal"
    capabilities = Capabilities(buttons=False, look_up=True, threads=False, reactions=True)

    def __init__(self, first: int) -> None:
        self.numbers = itertools.count(first)
        self.posts: dict[str, dict[str, str]] = {}

    async def listen(self, ear: Any, counter: Any = None) -> None: ...

    def buckets(self, outgoing: Outgoing) -> tuple[Bucket, ...]:
        return ()

    def look_up_bucket(self, outgoing: Outgoing) -> str:
        return ""

    async def send(self, outgoing: Outgoing) -> Taken:
        message = outgoing.message or f"m{next(self.numbers)}"
        self.posts.setdefault(outgoing.place.channel, {})[message] = markdown(outgoing.spoken)
        return Taken(message)

    async def look_up(self, outgoing: Outgoing) -> Taken | None:
        return None

    async def close(self) -> None: ...


class Played:
    """One house on a database. Close it by using it as a context manager."""

    def __init__(self, database: Database, at: datetime, first: int) -> None:
        """`first`: ids of replies and messages are counted from here."""
        self.database, self.clock, self.platform = database, Clock(at), Memory(first)
        self.numbers = itertools.count(first)
        self.runner = asyncio.Runner()
        self.house: Any = None

    def __enter__(self) -> Played:
        self.house = build(
            self.database, [self.platform], self.clock, ids=itertools.count(next(self.numbers)).__next__
        )
        self.door = self.run(self._open())
        return self

    async def _open(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.house.intake.run())

    def __exit__(self, *_: object) -> None:
        self.door.cancel()
        self.runner.close()
        self.house.executor.shutdown(wait=True)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    # -- what people do

    def say(self, channel: str, account: str, words: str, *, to: str | None = None) -> str:
        """Returns the platform's id of the message. `to`: the question, by its key, that it directly replies to."""
        number = next(self.numbers)
        reply_to = self._question(channel, to) if to else None
        self._hear(Wrote(key=f"k{number}", place=self._place(channel), account=account, message=f"u{number}",
                         words=words, at=self.clock.at, reply_to=reply_to))  # fmt: skip
        return f"u{number}"

    def _question(self, channel: str, key: str) -> str:
        o, p = t.outbox.c, t.places.c
        asked = select(o.receipt).join(t.places, p.id == o.place_id).where(p.channel == channel)
        with self.database.read() as connection:
            found = connection.execute(asked.where(o.prompt.is_not(None), o.body.contains(key)))
            return str(found.scalar_one())

    def rewrite(self, channel: str, account: str, message: str, words: str) -> None:
        number = next(self.numbers)
        self._hear(Rewrote(key=f"k{number}", place=self._place(channel), account=account, message=message,
                           words=words, revision=number, at=self.clock.at))  # fmt: skip

    def take_back(self, channel: str, account: str, message: str) -> None:
        number = next(self.numbers)
        self._hear(TookBack(key=f"k{number}", place=self._place(channel), account=account, message=message,
                            at=self.clock.at))  # fmt: skip

    def mark(self, channel: str, account: str, message: str) -> None:
        self._hear(Reacted(key=f"k{next(self.numbers)}", place=self._place(channel), account=account, message=message,
                           added=True, at=self.clock.at))  # fmt: skip

    def _place(self, channel: str) -> Address:
        return Address("terminal", "local", channel)

    def _hear(self, heard: Any) -> None:
        self.run(self.house.intake.put(heard))
        self.settle()
        self.clock.at += timedelta(seconds=1)

    # -- time

    def settle(self) -> None:
        async def until_quiet() -> None:
            while await self.house.timekeeper.tick() or await self.house.courier.round():
                pass

        self.run(until_quiet())

    def go(self, to: datetime) -> None:
        """On to that time, by way of every deadline."""
        while (due := self.house.timekeeper.next_due()) is not None and due <= to:
            self.clock.at = max(self.clock.at, due)
            self.settle()
        self.clock.at = to
        self.settle()

    def upkeep(self) -> int:
        """A look at what is rare, and what comes of it."""
        queued: int = self.run(self.house.timekeeper.keep_up())
        self.settle()
        return queued

    # -- what can be read

    def posts(self, channel: str) -> list[str]:
        return list(self.platform.posts.get(channel, {}).values())

    def post(self, channel: str, beginning: str) -> str:
        """The one message there that begins so."""
        (found,) = [each for each in self.posts(channel) if each.startswith(beginning)]
        return found


def planned(database: Database, folder: Path, programme: str = PROGRAMME, **more: Any) -> None:
    """Two groups of three, with a coordinator and two managers; called north."""
    (folder / "talk.yaml").write_text(programme, "utf-8")
    made(
        database, programme=str(folder / "talk.yaml"), group=["Fjord: Kari, Amir, Liv", "Fjell: Tor, Sigrid, Ola"],
        coordinator=["Berit"], manager=["Per, Eva"], **more,
    )  # fmt: skip


def first_meeting(played: Played) -> dict[str, str]:
    """The first meeting in both groups. Returns the ids of what was said, by a word for each."""
    said: dict[str, str] = {}
    played.go(OPENS[0])
    for channel, first, second, third, second_of_the_list in (
        ("north-1", "kari", "amir", "liv", "2:"),
        ("north-2", "tor", "sigrid", "ola", "2."),
    ):
        played.say(channel, first, "We are here")
        said[f"{first}-1"] = played.say(channel, first, f"{first} is proud of the ferry.")
        said[f"{first}-2"] = played.say(channel, first, f"{first} is proud of the school.")
        said[f"{second}-1"] = played.say(channel, second, f"{second} is proud of the people.")
        for marked in (f"{first}-1", f"{second}-1"):
            played.mark(channel, third, said[marked])
        played.say(channel, third, "next")
        said[f"{third}-note"] = played.say(channel, third, f"{third} notes it down.")
        played.say(channel, third, "next")
        said[f"{first}-finding"] = played.say(channel, first, f"Rules are tighter than the law in {channel}.")
        said[f"{second}-finding"] = played.say(
            channel, second, f"We never asked for an exemption in {channel}."
        )
        played.say(channel, third, "next")
        played.say(channel, first, "1 yes")
        said[f"{second}-rewording"] = played.say(
            channel, second, f"{second_of_the_list} Nobody in {channel} asked."
        )
        played.say(channel, third, "next")
        said[f"{third}-action"] = played.say(channel, third, f"{third} calls the county by May.")
        played.say(channel, third, "next")
    return said
