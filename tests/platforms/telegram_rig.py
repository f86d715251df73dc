"""A house and Telegram's stand-in in one loop, on one clock that a test drives.

The adapter, the ears and the courier are those of `runda serve`; only the clockwork is the test's, so that nothing
waits. After each deed `settle` returns when Telegram has told all that it had to tell, and nothing more can be said
now. What the stand-in takes for a fault of ours fails the test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from adapters.telegram.platform import TelegramPlatform
from bot.joining import codes, notice
from bot.platforms.telegram import _park, texts
from bot.series import making
from bot.series.planning import Tenant, Wish, plan
from bot.web import serving
from bot.wiring import House, build, ear_of, working
from flows.forms import CREATE
from storage import tables as t
from storage.database import Database
from tests.house.rig import EIGHT, NINE, Rig, _selfcheck, rows
from tests.standins.telegram import Chat, Message, TelegramServer, Topic, User
from tests.standins.telegram.clock import Clock as TheirClock

ORGANISATION, ZONE = "Runda", "Europe/Oslo"
FJORD, FJELL = ("Kari", "Amir", "Liv", "Jon"), ("Tor", "Sigrid", "Ola", "Eva")
COORDINATOR, MANAGER = "Berit", "Per"
#: Seconds of the machine's clock: between two looks of a test, and until it gives up.
LOOK, PATIENCE = 0.003, 20.0


class Clock:
    """Stands where it is put. Whoever sleeps is woken soon, and the time is the same."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(LOOK)


class Shared(TheirClock):
    """The same time for Telegram."""

    def __init__(self, clock: Any) -> None:
        super().__init__()
        self.clock = clock

    def now(self) -> float:
        return float(self.clock.now().timestamp())

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(LOOK)


# -- people and a series


@dataclass
class Town:
    """Who there is, by name: on Telegram, where some have written to the bot and others have not."""

    server: TelegramServer
    language: str = "nb"
    people: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        if name not in self.people:
            self.people[name] = self.server.user(name, language=self.language)
        return self.people[name]

    def all(self, *names: str) -> list[User]:
        return [self[name] for name in names]

    def named(self, name: str) -> str:
        """As a form has them: Kari <100001>."""
        return f"{name} <{self[name].id}>"

    @property
    def bot(self) -> str:
        return self.server.token.partition(":")[0]


def planned(
    database: Database, town: Town, homes: dict[str, Chat], *, on: Iterable[str] = ("2026-10-13",), at: str = "09:00",
    now: datetime = EIGHT, members: Sequence[Sequence[str]] = (("Kari",), ("Tor",)), form: str = "plenum",
    pace: str = "live", managers: Sequence[str] = (MANAGER,), name: str = "Nord", **more: Any,
) -> str:  # fmt: skip
    """Plan a self-check, with one group in each chat and Berit as its coordinator.

    As a bot knows nobody, a group begins with the one who came with its code. Returns what commands call it.
    """
    groups = [
        f"{group}@{chat.id}: {', '.join(town.named(one) for one in those)}"
        for (group, chat), those in zip(homes.items(), members, strict=False)
    ]
    asked = {"name": name, "on": list(on), "at": at, "group": groups, "pace": pace, "form": form,
             "coordinator": [town.named(COORDINATOR)], "manager": [town.named(one) for one in managers],
             "platform": "telegram", "workspace": town.bot, "acknowledged": True, **more}  # fmt: skip
    with database.write() as connection:
        wanted = plan(
            Wish.of(CREATE.read(asked)), _selfcheck(), Tenant(ORGANISATION, town.language, ZONE), now
        )
        called = making.make(connection, wanted, ORGANISATION, "test", now)
        owner = connection.execute(t.organisations.select()).first()
        assert owner is not None
        notice.acknowledge(connection, owner.id, called, "test", now)
    return called


def code_of(database: Database, group: str, now: datetime = EIGHT) -> str:
    """The code of a group, as its coordinator is shown it."""
    circle = next(row for row in rows(database, t.circles) if row.name == group)
    with database.write() as connection:
        return codes.of_group(connection, circle.id, now)


# -- a house


@dataclass
class Trial:
    """A house, Telegram, and what people do there."""

    server: TelegramServer
    town: Town
    rig: Rig
    platform: TelegramPlatform
    #: Updates that were put aside whole: key and reason.
    aside: list[tuple[str, str]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.rig.database

    @property
    def house(self) -> House:
        return self.rig.house

    def rows(self, table: Any, *where: Any) -> list[Any]:
        return self.rig.rows(table, *where)

    # -- time

    async def settle(self) -> None:
        """Until Telegram has told all, all of it is taken in, and nothing more can be sent now."""
        moved = True
        while moved:
            await self._heard()
            moved = bool(await self.rig.house.timekeeper.tick())
            while await self.rig.house.courier.round():
                moved = True
            moved = moved or not self._quiet()

    async def _heard(self) -> None:
        end = asyncio.get_running_loop().time() + PATIENCE
        while not self._quiet():
            assert asyncio.get_running_loop().time() < end, f"updates wait: {self.server.feed.waiting.keys()}"
            await asyncio.sleep(LOOK)

    def _quiet(self) -> bool:
        feed = self.server.feed
        return not (feed.waiting or feed.again or self.platform.hearing._answering)

    async def go(self, *, minutes: float = 0, to: datetime | None = None) -> None:
        """Let time pass, stopping wherever something is due."""
        end = to or self.rig.clock.at + timedelta(minutes=minutes)
        await self.settle()
        while (moment := self.rig._next()) is not None and moment <= end:
            self.rig.clock.at = max(self.rig.clock.at, moment)
            await self.settle()
        self.rig.clock.at = end
        await self.settle()

    # -- people

    async def say(
        self, who: str, chat: Chat | User, words: str, topic: Topic | None = None, **more: Any
    ) -> Message:
        said = self.server.say(self.town[who], chat, words, topic, **more)
        await self.settle()
        return said

    async def press(self, who: str, message: Message, words: str) -> Any:
        pressed = self.server.press(self.town[who], message, words)
        await self.settle()
        return pressed

    async def start(self, who: str, payload: str | None = None) -> None:
        self.server.start(self.town[who], payload)
        await self.settle()

    async def come_in(self, chat: Chat, group: str, *names: str, topic: Topic | None = None) -> None:
        """The chat becomes the group's by its code, and these people press the button."""
        code = code_of(self.database, group, self.rig.clock.at)
        await self.say(names[0], chat, f"/start@{self.server.bot.username} {code}", topic)
        for name in names:
            posts, button = self.server.posts(chat, topic), BUTTON[self.town.language]
            invitation = [
                each for each in posts if any(key["text"] == button for row in each.keyboard for key in row)
            ]
            await self.press(name, invitation[-1], button)

    def screen(self, chat: Chat | User, topic: Any = None) -> str:
        return self.server.transcript(chat, topic)

    def told(self, who: str) -> str:
        """What somebody was told in private."""
        return self.server.transcript(self.town[who])

    @property
    def replies(self) -> list[str]:
        return [row.words for row in self.rows(t.replies)]


BUTTON = {"nb": "Jeg er med", "nn": "Eg er med", "sv": "Jag är med", "en": "I am in"}


@asynccontextmanager
async def trial(
    database: Database, *, at: datetime = EIGHT, language: str = "nb", server: TelegramServer | None = None,
    faulty: bool = False, **world: Any,
) -> AsyncIterator[Trial]:  # fmt: skip
    """A house that listens to Telegram. `server`: one that ran before, with all that is in it.

    `faulty`: what the stand-in refuses is what the test is about.
    """
    clock = Clock(at)
    server = server or TelegramServer(**world)
    async with server, living(database, server, clock, Town(server, language)) as it:
        yield it
    assert server.violations == []
    if not faulty:
        assert server.refusals == [], server.refusals


@asynccontextmanager
async def living(
    database: Database, server: TelegramServer, clock: Clock, town: Town, transport: str = "polling"
) -> AsyncIterator[Trial]:
    """One life of a house."""
    server.clock = Shared(clock)
    aside: list[tuple[str, str]] = []

    async def put_aside(key: str, whole: str, why: str) -> None:
        aside.append((key, why))
        await asyncio.to_thread(_park, database, clock, key, whole, why)

    platform = TelegramPlatform(server.token, clock, put_aside=put_aside, texts=texts(), api=server.url,
                                webhook="/telegram" if transport == "webhook" else "")  # fmt: skip
    house = build(database, [platform], clock)
    async with working(house), serving([platform], "127.0.0.1", 0) as address:
        if platform.webhook is not None:
            platform.webhook.url = f"{address}/telegram"
        await platform.listen(ear_of(house, platform), house.counter)
        await house.courier.recover(everything=True)
        rig = Rig(database, clock, None, house, count(1))  # type: ignore[arg-type]
        yield Trial(server, town, rig, platform, aside)
        await house.courier.stop()


@asynccontextmanager
async def meeting(
    database: Database,
    kind: str = "supergroup",
    *,
    bot: str = "member",
    newcomers: Sequence[str] = (),
    **more: Any,
) -> AsyncIterator[tuple[Trial, Chat]]:
    """A group of four, asked to share what they think of the first question; and its chat.

    `kind`: what maker of the stand-in makes it; `newcomers` have never written to the bot.
    """
    async with trial(database, **more) as it:
        chat = getattr(it.server, kind)("Vest", it.town.all(*FJORD), bot=bot)
        for one in it.town.all(*FJORD, COORDINATOR, MANAGER):
            one.started = one.name not in newcomers
        planned(database, it.town, {"Fjord": chat}, members=(FJORD,))
        await it.go(to=NINE)
        await it.press("Kari", it.server.last(chat), "Vi er her")
        await it.go(minutes=3)
        yield it, chat
