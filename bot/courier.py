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
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from adapters.port import Address, Later, Outgoing, Platform, Refused
from bot.clock import Clock
from bot.happenings import Receipt, Refusal
from bot.intake import Checkpoint, Intake, nowhere
from bot.trouble import in_short
from bot.words import Said, Speaker
from storage import tables as t
from storage.backup import delivery_held
from storage.database import Database
from storage.unit import Unit

log = logging.getLogger(__name__)

#: Places that are sent to at the same time.
AT_ONCE = 50
#: After an unclear failure a message is looked up and tried again, later each time, up to an hour apart.
RETRY = (2, 10, 60, 300, 900, 3600)
#: Seconds between looks at what other processes have queued.
LOOK = 2
#: A claim whose process has not been seen for so long is another's to take over.
LEASE = timedelta(seconds=60)
#: Why a message is queued that the platform may have taken already.
UNCONFIRMED = "unconfirmed"
#: Seconds that messages on their way have, when the house stops, to arrive and be receipted.
LAST_CALL = 5

T = TypeVar("T")
Write = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed row of the outbox, put into words."""

    row: Any
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Claimed:
    """What goes out now, and rows that there are no words for. `dropped`: more may stand behind what was dropped."""

    parcels: tuple[Parcel, ...] = ()
    speechless: tuple[Any, ...] = ()
    dropped: bool = False

    @property
    def rows(self) -> int:
        return len(self.parcels) + len(self.speechless)


class Courier:
    def __init__(
        self, database: Database, speaker: Speaker, intake: Intake, platforms: Mapping[str, Platform], clock: Clock,
        executor: Executor, name: str, *, checkpoint: Checkpoint = nowhere, lease: timedelta = LEASE,
        mark: str = "runda",
    ) -> None:  # fmt: skip
        """`name` is this process's own, as in the table of workers; `mark` this installation's, on what it sends."""
        self.database, self.speaker, self.intake = database, speaker, intake
        self.platforms, self.clock, self.executor, self.name = platforms, clock, executor, name
        self.checkpoint, self.lease, self.mark = checkpoint, lease, mark
        self._news = asyncio.Event()
        self._stopping = False
        self._recovered: datetime | None = None
        self._flying: set[asyncio.Task[None]] = set()
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
            await asyncio.wait(self._flying, timeout=LAST_CALL)
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
        claimed = await self._in_thread(lambda: self._claim(self.clock.now(), room))
        if claimed.rows:
            self.checkpoint("claimed")
        for row in claimed.speechless:
            self._start(self._refuse(row, "unknown"))
        for parcel in claimed.parcels:
            self._start(self._deliver(parcel))
        return claimed.rows or int(claimed.dropped)

    def _start(self, delivery: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(delivery)
        self._flying.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        """The next message to that place may go."""
        self._flying.discard(task)
        self.nudge()

    # -- claiming

    def _claim(self, now: datetime, most: int) -> Claimed:
        with self.database.write() as connection:
            if delivery_held(connection):
                return Claimed()
            unit = Unit(connection)
            heads = unit.all(_heads(now, most))
            stale = _superseded(unit, heads)
            ready = [row for row in heads if row.id not in stale]
            if stale:
                dropped = {"status": "dropped", "reason": "superseded"}
                connection.execute(update(t.outbox).where(t.outbox.c.id.in_(stale)).values(**dropped))
            if ready:
                claimed = {"status": "sending", "claimed_by": self.name, "claimed_at": now,
                           "attempts": t.outbox.c.attempts + 1}  # fmt: skip
                ids = [row.id for row in ready]
                connection.execute(update(t.outbox).where(t.outbox.c.id.in_(ids)).values(**claimed))
            parcels = self._wrap(unit, ready, now)
            sayable = {parcel.row.id for parcel in parcels}
            speechless = tuple(row for row in ready if row.id not in sayable)
            return Claimed(tuple(parcels), speechless, dropped=bool(stale))

    def _wrap(self, unit: Unit, rows: Sequence[Any], now: datetime) -> list[Parcel]:
        """In words, as far as there are words for them."""
        if not rows:
            return []
        targets, worded = _targets(unit, rows), self._in_words(unit, rows, now)
        # Known before it is sent: what is corrected while it is on its way is corrected behind it.
        unit.quotes((row.id, reply) for row, said in worded for reply in said.quotes)
        return [Parcel(row, _outgoing(row, said, targets.get(row.id), self.mark)) for row, said in worded]

    def _in_words(self, unit: Unit, rows: Sequence[Any], now: datetime) -> list[tuple[Any, Said]]:
        """All together; where that fails, one by one, so that one faulty message does not silence the house."""
        try:
            return list(zip(rows, self.speaker.speak(unit, rows, now), strict=True))
        except SQLAlchemyError:
            raise
        except Exception as problem:  # noqa: BLE001 - a text, a picture or a programme is at fault
            if len(rows) > 1:
                return [pair for row in rows for pair in self._in_words(unit, [row], now)]
            log.error("message %d cannot be put into words: %s", rows[0].id, in_short(problem))
            return []

    # -- sending

    async def _deliver(self, parcel: Parcel) -> None:
        """Whatever comes of it, the place is not left waiting for this message."""
        row = parcel.row
        platform = self.platforms.get(row.platform)
        if platform is None:
            reason = UNCONFIRMED if row.reason == UNCONFIRMED else f"{row.platform} is not configured"
            await self._put_off(row, reason, RETRY[3])
            return
        try:
            taken = await self._taken(platform, parcel) if row.reason == UNCONFIRMED else None
            if taken is not None:
                await self._receipt(parcel, taken)
            elif pointless := _pointless(parcel):
                await self._settle(row, "dropped", pointless)
            else:
                await self._send(platform, parcel)
        except Exception as unclear:  # noqa: BLE001 - whatever it was, the platform may have taken it
            log.warning("a message to %s is unconfirmed: %s", row.platform, in_short(unclear))
            await self._put_off(row, UNCONFIRMED, RETRY[min(row.attempts, len(RETRY) - 1)])

    async def _taken(self, platform: Platform, parcel: Parcel) -> str | None:
        """What the platform calls the message, if it says that it has it. Raises OSError."""
        return await platform.look_up(parcel.outgoing) if platform.capabilities.look_up else None

    async def _send(self, platform: Platform, parcel: Parcel) -> None:
        row = parcel.row
        try:
            message = await platform.send(parcel.outgoing)
        except Refused as refused:
            await self._refuse(row, refused.reason)
        except Later as later:
            await self._wait(row, later)
        except OSError:
            # The connection broke. Where the platform can be asked, it may be told at once.
            found = await self._taken(platform, parcel)
            if found is None:
                raise
            await self._receipt(parcel, found)
        else:
            self.checkpoint("taken")
            await self._receipt(parcel, message)

    # -- what became of it

    async def _receipt(self, parcel: Parcel, message: str) -> None:
        row = parcel.row
        receipt = Receipt(outbox=row.id, message=message, at=self.clock.now(), session=row.session_id,
                          prompt=row.prompt)  # fmt: skip
        if await self._write_down(lambda: self.intake.put(receipt)):
            self.checkpoint("receipted")

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

    async def _wait(self, row: Any, later: Later) -> None:
        until = self.clock.now() + timedelta(seconds=later.seconds)
        await self._write_down(lambda: self._in_thread(lambda: self._close_bucket(later.bucket, until)))
        await self._put_off(row, "the platform asks to wait", later.seconds)

    def _close_bucket(self, name: str, until: datetime) -> None:
        dialect: Any = sqlite if self.database.sqlite else postgresql
        closed = dialect.insert(t.buckets).values(name=name, closed_until=until)
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


# -- statements


def _rows() -> Any:
    p = t.places.c
    return select(t.outbox, p.platform, p.workspace, p.channel, p.thread).join(
        t.places, p.id == t.outbox.c.place_id
    )


def _pointless(parcel: Parcel) -> str | None:
    """Why there is nothing to send."""
    if parcel.row.kind == "update" and parcel.outgoing.message is None:
        return "nothing to update"
    if parcel.row.kind == "say" and not parcel.outgoing.spoken.blocks:
        return "nothing is left to say"
    return None


def _heads(now: datetime, most: int) -> Any:
    """The first queued message of every place that has none in flight."""
    return _HEADS.params(now=now, most=most)


def _first_of_places() -> Any:
    waiting, flying = t.outbox.alias("waiting"), t.outbox.alias("flying")
    busy = (
        select(flying.c.id)
        .where(flying.c.place_id == waiting.c.place_id, flying.c.status == "sending")
        .exists()
    )
    heads = (
        select(func.min(waiting.c.id)).where(waiting.c.status == "queued", ~busy).group_by(waiting.c.place_id)
    )
    ready = or_(t.outbox.c.not_before.is_(None), t.outbox.c.not_before <= bindparam("now"))
    first = _rows().where(t.outbox.c.id.in_(heads), t.outbox.c.status == "queued", ready)
    first = first.order_by(t.outbox.c.id).limit(bindparam("most"))
    return first.with_for_update(skip_locked=True, of=t.outbox)


#: Built once: every round asks it, and to put it together takes longer than to run it.
_HEADS = _first_of_places()


def _superseded(unit: Unit, heads: Sequence[Any]) -> set[int]:
    """Rewrites of a message that will be rewritten again by one that waits behind them."""
    updates = {row.id: row for row in heads if row.kind == "update" and row.target_id is None and row.slot}
    if not updates:
        return set()
    o = t.outbox.c
    later = select(o.session_id, o.slot, func.max(o.id).label("last")).where(
        o.session_id.in_({row.session_id for row in updates.values()}), o.status == "queued", o.kind == "update",
        o.target_id.is_(None),
    )  # fmt: skip
    last = {(row.session_id, row.slot): row.last for row in unit.all(later.group_by(o.session_id, o.slot))}
    return {key for key, row in updates.items() if last.get((row.session_id, row.slot), key) > key}


def _targets(unit: Unit, rows: Sequence[Any]) -> dict[int, str]:
    """The platform's ids of the messages that these rows rewrite."""
    updates = [row for row in rows if row.kind == "update"]
    if not updates:
        return {}
    o = t.outbox.c
    said = select(o.id, o.session_id, o.slot, o.receipt).where(o.kind == "say", o.receipt.is_not(None))
    named = unit.all(said.where(o.id.in_([row.target_id for row in updates if row.target_id])))
    by_id = {row.id: row.receipt for row in named}
    slots = unit.all(
        said.where(o.session_id.in_({row.session_id for row in updates}), o.slot.is_not(None)).order_by(o.id)
    )
    by_slot = {(row.session_id, row.slot): row.receipt for row in slots}
    found = {row.id: by_id.get(row.target_id) or by_slot.get((row.session_id, row.slot)) for row in updates}
    return {key: receipt for key, receipt in found.items() if receipt}


def _outgoing(row: Any, said: Said, target: str | None, mark: str) -> Outgoing:
    # Marked with the installation: another database's numbers mean other messages.
    place = Address(row.platform, row.workspace, row.channel, row.thread)
    return Outgoing(f"{mark}-{row.id}", place, said.spoken, target)
