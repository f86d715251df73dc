"""The one place where the house is put together: the same in `runda serve`, in the demo and in the tests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from adapters.port import Ear, Platform
from adapters.terminal import TerminalPlatform
from bot.clock import Clock, id_maker
from bot.courier import LEASE, Courier
from bot.ideas import keeping as ideas
from bot.intake import Checkpoint, Intake, nowhere
from bot.recaps import away
from bot.rights.look import Rights
from bot.series import close_by, pausing
from bot.series.dividing import Reminding
from bot.series.signing import Signing
from bot.shelf import Shelf
from bot.timekeeper import Timekeeper
from bot.upkeep import Look, Upkeep
from bot.words import Speaker
from bot.work import Works
from storage.database import Database

if TYPE_CHECKING:
    from bot.counter.counter import Counter

#: SQLite has one writer, so one thread; PostgreSQL takes several.
THREADS = {True: 1, False: 4}
#: Signs of life in a lease: one that is late, or lost, does not make a process dead.
SIGNS = 6


@dataclass(frozen=True, slots=True)
class House:
    """The running parts. Nothing runs until `running` is entered."""

    database: Database
    shelf: Shelf
    works: Works
    intake: Intake
    courier: Courier
    timekeeper: Timekeeper
    platforms: Sequence[Platform]
    clock: Clock
    executor: ThreadPoolExecutor
    name: str
    #: None: every platform is one without sheets.
    counter: Counter | None = None
    #: Whose workspaces are that nobody has installed us in.
    organisation: str = "Runda"


def build(
    database: Database, platforms: Sequence[Platform], clock: Clock, *, ids: Callable[[], int] | None = None,
    checkpoint: Checkpoint = nowhere, lease: timedelta = LEASE, organisation: str = "Runda",
) -> House:  # fmt: skip
    """Put a house together on a database whose tables are there. `organisation`: whose workspaces are that nobody
    has installed us in, where there are forms to fill in.

    `ids`, `checkpoint` and `lease` are for demos and tests: how replies are numbered, where the process is killed,
    and after how long without a sign of life a process is taken for dead.
    """
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    executor = ThreadPoolExecutor(THREADS[database.sqlite], thread_name_prefix="storage")
    shelf = Shelf()
    ids = ids or id_maker()
    works = Works(database, shelf, ids, tomb_maker(database.secret("tombstones")))
    intake = Intake(works, clock, executor, checkpoint=checkpoint)
    by_name = {platform.name: platform for platform in platforms}
    speaker = Speaker(shelf)
    courier = Courier(database, speaker, intake, by_name, clock, executor, name, checkpoint=checkpoint,
                      lease=lease, mark=database.secret("mark")[:12])  # fmt: skip
    alive = lease.total_seconds() / SIGNS
    timekeeper = Timekeeper(database, works, clock, executor, name, after=courier.nudge, alive=alive,
                            upkeep=Upkeep(database, shelf, ids, besides(works, platforms)).look)  # fmt: skip
    intake.after = courier.nudge
    counter = None
    if any(platform.capabilities.buttons for platform in platforms):
        from bot.counter.counter import Counter  # nobody fills in forms at the terminal
        from bot.counter.paging import Pages

        counter = Counter(database, works, shelf, clock, executor, platforms, organisation=organisation,
                          after=courier.nudge)  # fmt: skip
        speaker.pages = Pages(counter)
    return House(database, shelf, works, intake, courier, timekeeper, platforms, clock, executor, name, counter,
                 organisation)  # fmt: skip


def besides(works: Works, platforms: Sequence[Platform]) -> dict[str, Look]:
    """What goes on by itself beside the meetings. The terminal's files are on this machine."""
    folders = [each.folder for each in platforms if isinstance(each, TerminalPlatform)]
    return {
        "rights": Rights(works, folders).look,
        "ideas": partial(ideas.look, works),
        "sign-up": Signing(works).look,
        "who was away": partial(away.look, works),
        "close by": partial(close_by.look, works.database),
        "pauses that end": partial(pausing.look, works),
        "people in no groups": Reminding(works).look,
    }


def tomb_maker(key: str) -> Callable[[int, str], str]:
    """Hashes a place and a message with this installation's key: nobody else can tell what was erased."""

    def tomb(place: int, message: str) -> str:
        return hmac.new(bytes.fromhex(key), f"{place}/{message}".encode(), hashlib.sha256).hexdigest()

    return tomb


@asynccontextmanager
async def working(house: House) -> AsyncIterator[House]:
    """The door is open: what happens is taken in. Clocks and delivery are driven by the caller."""
    door = asyncio.create_task(house.intake.run(), name="intake")
    try:
        yield house
    finally:
        # Those who are still waiting are answered before the door is shut.
        for platform in house.platforms:
            await platform.close()
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)
        house.executor.shutdown(wait=True)


def ear_of(house: House, platform: Platform) -> Ear:
    """What takes in what a platform hears: where nobody can list a group's people, codes and «I am in» first; where
    no sheets are shown, what is asked at the counter question by question; and what people ask for themselves."""
    from bot.joining.door import Chats, Door

    ear: Ear = house.intake.hear
    if house.counter is not None and platform.capabilities.buttons:
        from bot.counter.guided import Guide

        ear = Guide(house.counter, ear, sheets=platform.capabilities.sheets).hear
    if not isinstance(platform, Chats):
        return ear
    return Door(house.works, platform, ear, house.clock, house.executor, house.organisation,
                after=house.courier.nudge).hear  # fmt: skip


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    """Everything runs by itself, on the clock of the house, until the block ends.

    What came due while nobody was running is opened first, and what was left unsent goes out. At the end nothing
    more is begun, and what is on its way may arrive.
    """
    async with working(house):
        await house.timekeeper.begin()
        delivery = asyncio.create_task(house.courier.run(), name="courier")
        try:
            for platform in house.platforms:
                await platform.listen(ear_of(house, platform), house.counter)
            yield house
        finally:
            await house.courier.stop()
            await asyncio.gather(delivery, return_exceptions=True)
            await house.timekeeper.end()
