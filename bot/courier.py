"""Delivery: from the outbox to the platforms, in order within a place, once.

    claim (committed) -> words -> the platform -> receipt (committed)

One message is in flight per place, and no place waits for another. A crash between the platform and the receipt
leaves a claim behind. Whoever finds it queues the message again as unconfirmed: before one of those is sent, the
platform is asked, by the message's opaque token, whether it has it. What became of a message is kept in memory
until the database has taken it, so that trouble with the disk sends nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import select, update

from adapters.port import Address, Later, Learned, News, Outgoing, Platform, Refused, Shut, Taken
from bot.claims import IN_DOUBT, UNASKED, UNCONFIRMED, Claims, Parcel
from bot.clock import Clock
from bot.documents.beside import beside
from bot.happenings import Receipt, Refusal
from bot.intake import Checkpoint, Intake, nowhere
from bot.news import PROBE
from bot.trouble import in_short
from bot.words import Speaker
from flows.message import RATHER_TWICE
from storage import tables as t
from storage.database import Database
from storage.upsert import insert_into

log = logging.getLogger(__name__)

#: Places that are sent to at the same time.
AT_ONCE = 50
#: After an unclear failure a message is looked up and tried again, later each time, up to an hour apart.
RETRY = (2, 10, 60, 300, 900, 3600)
#: Seconds between looks at what other processes have queued.
LOOK = 2
#: A claim whose process has not been seen for so long is another's to take over.
LEASE = timedelta(seconds=60)
#: A live question that cannot be asked about goes out again after so many seconds.
A_MINUTE = 60
#: Seconds that messages on their way have, when the house stops, to arrive and be receipted.
LAST_CALL = 5

T = TypeVar("T")
Write = Callable[[], Awaitable[object]]


class Courier:
    def __init__(
        self, database: Database, speaker: Speaker, intake: Intake, platforms: Mapping[str, Platform], clock: Clock,
        executor: Executor, name: str, *, checkpoint: Checkpoint = nowhere, lease: timedelta = LEASE,
        mark: str = "runda",
    ) -> None:  # fmt: skip
        """`name` is this process's own, as in the table of workers; `mark` this installation's, on what it sends."""
        self.database, self.intake = database, intake
        self.platforms, self.clock, self.executor, self.name = platforms, clock, executor, name
        self.checkpoint, self.lease = checkpoint, lease
        self.claims = Claims(database, speaker, platforms, name, mark)
        self._news = asyncio.Event()
        self._stopping = False
        self._recovered: datetime | None = None
        self._flying: dict[asyncio.Task[None], str] = {}
        #: Live questions that could not be asked about, since when.
        self._unasked: dict[int, datetime] = {}
        #: What became of messages, and could not be stored yet. Their places wait so long.
        self._unwritten: list[Write] = []

    def nudge(self) -> None:
        """There may be something to send."""
        self._news.set()

    async def run(self) -> None:
        """Send until stopped. A message that another process queued is found within two seconds."""
        while not self._stopping:
            self._news.clear()
            try:
                await self._recover_in_time()
                while await self._launch():
                    pass
            except Exception as problem:  # noqa: BLE001 - delivery goes on with the next look
                log.error("a round of delivery failed: %s", in_short(problem))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK)

    async def _recover_in_time(self) -> None:
        """At first, and then, where others may die, twice in a lease."""
        alone, now = self.database.sqlite, self.clock.now()
        if self._recovered is None:
            await self.recover(everything=alone)
        elif alone or now - self._recovered <= self.lease / 2:
            return
        else:
            await self.recover()
        self._recovered = now

    async def stop(self) -> None:
        """Claim nothing more, and let what is on its way arrive. What has not after some seconds is unconfirmed."""
        self._stopping = True
        self.nudge()
        if self._flying:
            await asyncio.wait(tuple(self._flying), timeout=LAST_CALL)
        for task in self._flying:
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)

    async def round(self) -> int:
        """Claim what can go out now, send it, and store the receipts. Returns 0 when nothing is left to send now."""
        found = await self._launch()
        await asyncio.gather(*self._flying)
        return found

    async def _launch(self) -> int:
        """Claim what can go out now, and send it off. Returns 0 when there is nothing, or no room for more."""
        await self._catch_up()
        room = 0 if self._stopping else AT_ONCE - len(self._flying)
        if room <= 0:
            return 0
        flying = Counter(self._flying.values())
        claimed = await self._in_thread(lambda: self.claims.claim(self.clock.now(), room, flying))
        if claimed.rows:
            self.checkpoint("claimed")
        for row in claimed.speechless:
            self._start(row, self._refuse(row, "no-words"))
        for parcel in claimed.parcels:
            self._start(parcel.row, self._deliver(parcel))
        return claimed.rows or int(claimed.again)

    def _start(self, row: Any, delivery: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(delivery)
        self._flying[task] = row.platform
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        """The next message to that place may go."""
        self._flying.pop(task, None)
        self.nudge()

    # -- sending

    async def _deliver(self, parcel: Parcel) -> None:
        """Whatever comes of it, the place is not left waiting for this message."""
        row = parcel.row
        platform = self.platforms.get(row.platform)
        if platform is None:
            reason = row.reason if row.reason in IN_DOUBT else "not-configured"
            await self._put_off(row, reason, RETRY[3])
            return
        try:
            if row.reason not in IN_DOUBT or not await self._cleared(platform, parcel):
                await self._send(platform, parcel)
        except Exception as unclear:  # noqa: BLE001 - whatever it was, the platform may have taken it
            log.warning("a message to %s is unconfirmed: %s", row.platform, in_short(unclear))
            await self._put_off(row, UNCONFIRMED, RETRY[min(row.attempts, len(RETRY) - 1)])

    async def _cleared(self, platform: Platform, parcel: Parcel) -> bool:
        """Whether the doubt about a message is at an end without sending it again, or waits."""
        row = parcel.row
        if not platform.capabilities.look_up:
            if _doubtful(parcel):
                await self._settle(row, "dropped", "may-have-arrived")
            return _doubtful(parcel)
        try:
            await self._ask_in(platform.look_up_bucket(parcel.outgoing))
            taken = await platform.look_up(parcel.outgoing)
        except Later as later:
            return await self._asked_later(row, later)
        self._unasked.pop(row.id, None)
        if taken is not None:
            await self._receipt(parcel, taken)
        return taken is not None

    async def _ask_in(self, bucket: str) -> None:
        """What one look-up was told holds for the others, and after a restart. Raises Later."""
        until = await self._in_thread(lambda: self._closed_until(bucket)) if bucket else None
        if until is not None and (left := (until - self.clock.now()).total_seconds()) > 0:
            raise Later(bucket, left)

    def _closed_until(self, bucket: str) -> datetime | None:
        closed = select(t.buckets.c.closed_until).where(t.buckets.c.name == bucket)
        with self.database.read() as connection:
            return connection.execute(closed).scalar()

    async def _asked_later(self, row: Any, later: Later) -> bool:
        """Look-ups are rationed: a message waits for its own, but a live meeting not over a minute for its question."""
        now, seconds = self.clock.now(), later.seconds
        if row.sort == "question" and row.pace == "live":
            left = A_MINUTE - (now - self._unasked.setdefault(row.id, now)).total_seconds()
            if left <= 0:
                del self._unasked[row.id]
                return False
            seconds = min(seconds, left)
        await self._close(later)
        await self._put_off(row, UNASKED, seconds)
        return True

    async def _send(self, platform: Platform, parcel: Parcel) -> None:
        if pointless := _pointless(parcel):
            await self._settle(parcel.row, "dropped", pointless)
            return
        row = parcel.row
        try:
            taken = await platform.send(await _with_file(parcel))
        except Refused as refused:
            await self._refuse(row, refused.reason)
        except Shut as shut:
            await self._shut(row, shut)
        except Later as later:
            await self._close(later)
            await self._put_off(row, "asks-to-wait", later.seconds)
        except OSError:
            # The connection broke. Where the platform can be asked, it may be told at once.
            if not platform.capabilities.look_up or not await self._cleared(platform, parcel):
                raise
        else:
            self.checkpoint("taken")
            await self._receipt(parcel, taken)

    # -- what became of it

    async def _receipt(self, parcel: Parcel, taken: Taken) -> None:
        row, opened = parcel.row, parcel.outgoing.opens
        at = taken.at or self.clock.now()
        receipt = Receipt(outbox=row.id, message=taken.message, at=at, session=row.session_id,
                          prompt=row.prompt, thread=taken.thread if opened else "")  # fmt: skip
        if await self._write_down(lambda: self.intake.put(receipt)):
            self.checkpoint("receipted")
        if row.blocked:
            await self._learn(row, "open")

    async def _shut(self, row: Any, shut: Shut) -> None:
        """The message waits in its place; those who run the series are told why."""
        await self._put_off(row, shut.reason, PROBE.total_seconds())
        await self._learn(row, "cut" if shut.whole else "shut", shut.reason)

    async def _learn(self, row: Any, what: News, why: str = "") -> None:
        place = Address(row.platform, row.workspace, row.channel, row.thread)
        now = self.clock.now()
        news = Learned(key=f"{what}:{row.id}:{now.timestamp()}", what=what, place=place, at=now, why=why)
        await self._write_down(lambda: self.intake.put(news))

    async def _refuse(self, row: Any, reason: str) -> None:
        refusal = Refusal(outbox=row.id, reason=reason, session=row.session_id, prompt=row.prompt)
        await self._write_down(lambda: self.intake.put(refusal))

    async def _put_off(self, row: Any, reason: str, seconds: float) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        await self._settle(row, "queued", reason, not_before=until, claimed_by=None)

    async def _settle(self, row: Any, status: str, reason: str, **more: Any) -> None:
        change = update(t.outbox).where(t.outbox.c.id == row.id).values(status=status, reason=reason, **more)
        await self._write_down(lambda: self._in_thread(lambda: self._write(change)))

    def _write(self, change: Any) -> None:
        with self.database.write() as connection:
            connection.execute(change)

    async def _close(self, later: Later) -> None:
        until = self.clock.now() + timedelta(seconds=later.seconds)
        await self._write_down(lambda: self._in_thread(lambda: self._close_bucket(later.bucket, until)))

    def _close_bucket(self, name: str, until: datetime) -> None:
        closed = insert_into(t.buckets, self.database.dialect).values(name=name, closed_until=until)
        self._write(closed.on_conflict_do_update(index_elements=["name"], set_={"closed_until": until}))

    async def _write_down(self, write: Write) -> bool:
        """Store what became of a message, now or as soon as the database takes it. Returns whether it is stored."""
        try:
            await write()
        except Exception as problem:  # noqa: BLE001 - forgotten, it would be sent again, or never
            log.error("what became of a message could not be stored yet: %s", in_short(problem))
            self._unwritten.append(write)
            return False
        return True

    async def _catch_up(self) -> None:
        unwritten, self._unwritten = self._unwritten, []
        for write in unwritten:
            await self._write_down(write)

    # -- after a crash

    async def recover(self, *, everything: bool = False) -> int:
        """Queue again what processes that are gone had claimed. Returns how many messages that were.

        `everything`: nobody else can be alive (an embedded database has one server).
        """
        return await self._in_thread(lambda: self._free(self.clock.now(), everything))

    def _free(self, now: datetime, everything: bool) -> int:
        o = t.outbox.c
        orphans = select(o.id).where(o.status == "sending")
        if not everything:
            alive = select(t.workers.c.id).where(t.workers.c.seen_at > now - self.lease)
            orphans = orphans.where(
                o.claimed_by.not_in(alive), o.claimed_by != self.name, o.claimed_at < now - self.lease
            ).with_for_update(skip_locked=True)
        with self.database.write() as connection:
            ids = [row.id for row in connection.execute(orphans)]
            freed = {"status": "queued", "reason": UNCONFIRMED, "claimed_by": None}
            connection.execute(update(t.outbox).where(o.id.in_(ids)).values(**freed))
        return len(ids)

    def _in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self.executor, work)


async def _with_file(parcel: Parcel) -> Outgoing:
    """To make one takes a while, and is no work for the database's thread."""
    outgoing = parcel.outgoing
    if parcel.document is None:
        return outgoing
    try:
        file = await asyncio.to_thread(beside, parcel.document)
    except Exception as problem:  # noqa: BLE001 - the words are what counts
        log.error("message %d goes without its file: %s", parcel.row.id, in_short(problem))
        return outgoing
    return replace(outgoing, spoken=replace(outgoing.spoken, blocks=(*outgoing.spoken.blocks, file)))


def _pointless(parcel: Parcel) -> str | None:
    """Why there is nothing to send."""
    if parcel.row.kind == "update" and parcel.outgoing.message is None:
        return "nothing-to-update"
    if parcel.row.kind == "say" and not parcel.outgoing.spoken.blocks:
        return "nothing-to-say"
    return None


def _doubtful(parcel: Parcel) -> bool:
    """It may have arrived, nobody can be asked, and a second one is worse than none."""
    return parcel.row.kind == "say" and parcel.row.sort not in RATHER_TWICE
