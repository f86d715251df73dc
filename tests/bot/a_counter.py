"""A counter with people at it: a platform in memory that knows accounts, and somebody who asks and hands in."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from adapters.port import Address, Asked, Capabilities, Faults, Filled, Known, Sheet, Shut
from bot.counter.counter import Counter
from bot.series import appointing, making
from bot.series.homes import Where
from flows.forms import Named
from storage import tables as t
from storage.database import Database
from tests.bot.a_meeting import Clock
from tests.bot.a_series import NOW, works

WORKSPACE = "T1"
#: Everybody who has an account there.
PEOPLE = {
    "U1": "Kari Vik", "U2": "Amir Ali", "U3": "Liv Dal", "U4": "Jon Moe", "U5": "Ola Berg", "U6": "Siri Ness",
    "U7": "Per Lund", "U8": "Eva Rud", "U9": "Berit Haug", "U10": "Nora Lie", "U11": "Tor Aas",
}  # fmt: skip


class Slackish:
    """A platform that shows sheets by itself, and knows its people and who is in a channel."""

    name = "slack"
    capabilities = Capabilities(
        buttons=True, look_up=True, threads=True, reactions=True, sheets=True, members=True
    )

    def __init__(self) -> None:
        self.known = {
            account: Known(account=account, name=name, language="nb") for account, name in PEOPLE.items()
        }
        self.known["B1"] = Known(account="B1", name="Robot", bot=True)
        self.channels: dict[str, list[str]] = {}
        #: Those that it does not let us look into.
        self.closed: set[str] = set()
        self.workspace = WORKSPACE
        #: Raised when it is asked about people.
        self.away: Exception | None = None
        self.asked = 0

    async def listen(self, ear: Any, counter: Any) -> None: ...

    async def close(self) -> None: ...

    async def who(self, workspace: str, accounts: Collection[str]) -> list[Known]:
        self.asked += 1
        if self.away is not None:
            raise self.away
        return [self.known[each] for each in accounts if each in self.known and workspace == self.workspace]

    async def members(self, place: Address) -> list[str]:
        if self.away is not None:
            raise self.away
        if place.channel in self.closed:
            raise Shut("removed")
        return self.channels.get(place.channel, [])


class Desk:
    """A counter, and somebody at it: `ask`, `hand_in`, and what they see in words."""

    def __init__(
        self, database: Database, now: datetime = NOW, *, name: str = "slack", workspace: str = WORKSPACE
    ) -> None:  # fmt: skip
        self.database, self.platform, self.clock = database, Slackish(), Clock(now)
        self.platform.name, self.platform.workspace, self.workspace = name, workspace, workspace
        self.executor = ThreadPoolExecutor(1)
        self.works = works(database)
        self.counter = Counter(
            database, self.works, self.works.shelf, self.clock, self.executor, [self.platform]
        )
        self.keys = itertools.count(1)
        self.who = "U9"

    def close(self) -> None:
        self.executor.shutdown()

    def place(self) -> Address:
        return Address(self.platform.name, self.workspace, self.who)

    def ask(self, press: str, *, who: str | None = None, **more: Any) -> Sheet:
        self.who = who or self.who
        asked = Asked(place=self.place(), account=self.who, press=f"open:{press}", at=self.clock.at, **more)
        return asyncio.run(self._opened(asked))

    async def _opened(self, asked: Asked) -> Sheet:
        return await self.counter.open(asked)

    def hand_in(
        self, sheet: str, written: Mapping[str, Any] | None = None, *, who: str | None = None, key: str = ""
    ) -> Any:
        self.who = who or self.who
        filled = Filled(key=key or f"k{next(self.keys)}", place=self.place(), account=self.who, sheet=sheet,
                        written=dict(written or {}), at=self.clock.at)  # fmt: skip

        async def handing() -> Sheet | Faults | None:
            return await self.counter.hand_in(filled)

        return asyncio.run(handing())

    def sure(self, sheet: str, written: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """Hand a sheet in, and then the one that shows what it would change."""
        shown = self.hand_in(sheet, written, key=key)
        return self.hand_in(shown.name, key=key and f"{key}-sure")

    def appoint(self, account: str = "U9", organisation: str = "Runda", language: str = "en") -> None:
        """As `runda coordinator add` does."""
        with self.database.write() as connection:
            owner = making.tenant(connection, organisation, language, "Europe/Oslo")
            if owner.new:
                row = {"name": organisation, "language": language, "zone": "Europe/Oslo", "created_at": NOW}
                connection.execute(insert(t.organisations), row)
            number = (
                connection.execute(t.organisations.select().where(t.organisations.c.name == organisation))
                .one()
                .id
            )
            where = Where("slack", WORKSPACE, account)
            appointing.appoint(connection, number, Named(PEOPLE[account]), where, "test", NOW)


def words(sheet: Sheet) -> str:
    """All that a sheet says, line by line."""
    return "\n".join([sheet.title, *(block.words for block in sheet.blocks)])


def presses(sheet: Sheet) -> list[str]:
    """All that can be pressed, without what stands before them all."""
    labels = [*sheet.labels, *(label for block in sheet.blocks for label in block.labels)]
    return [label.press.removeprefix("open:") for label in labels]
