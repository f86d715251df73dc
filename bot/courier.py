"""Delivery: from the outbox to the platforms, in order within a place, once.

    claim (committed) -> words -> the platform -> receipt (committed)

One message is in flight per place. A crash between the platform and the receipt leaves a claim behind; whoever
finds it asks the platform first, by the message's opaque token, and sends again only what it has not taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, or_, select, update
from storage.backup import delivery_held

from adapters.port import Address, Later, Outgoing, Platform, Refused
from bot.clock import Clock
from bot.happenings import Receipt, Refusal
from bot.intake import Checkpoint, Intake, nowhere
from bot.words import Said, Speaker
from storage import tables as t
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

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed row of the outbox, put into words."""

    row: Any
    outgoing: Outgoing
    quotes: tuple[int, ...]


class Courier:
    def __init__(
        self, database: Database, speaker: Speaker, intake: Intake, platforms: Mapping[str, Platform], clock: Clock,
        executor: Executor, name: str, *, checkpoint: Checkpoint = nowhere,
    ) -> None:  # fmt: skip
        """`name` is this process's own, as in the table of workers."""
        self.database, self.speaker, self.intake = database, speaker, intake
        self.platforms, self.clock, self.executor, self.name = platforms, clock, executor, name
        self.checkpoint = checkpoint
        self._news = asyncio.Event()

    def nudge(self) -> None:
        """There may be something to send."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled. A message that another process queued is found within two seconds."""
        await self.recover(everything=self.database.sqlite)
        looked = self.clock.now()
        while True:
            self._news.clear()
            try:
                while await self.round():
                    pass
                if not self.database.sqlite and self.clock.now() - looked > LEASE / 2:
                    await self.recover()
                    looked = self.clock.now()
            except Exception as problem:  # noqa: BLE001 - delivery goes on with the next look
                log.error("a round of delivery failed: %s", type(problem).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK)

    async def round(self) -> int:
        """Claim what can go out now, send it, and store the receipts. Returns 0 when nothing is left to send now."""
        parcels, more = await self._in_thread(lambda: self._claim(self.clock.now()))
        if parcels:
            self.checkpoint("claimed")
            await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
        return len(parcels) or int(more)

    # -- claiming

    def _claim(self, now: datetime) -> tuple[list[Parcel], bool]:
        """What goes out now; and whether more may stand behind what was dropped."""
        with self.database.write() as connection:
            if delivery_held(connection):
                return [], False
            unit = Unit(connection)
            heads = unit.all(_heads(now))
            stale = _superseded(unit, heads)
            ready = [row for row in heads if row.id not in stale]
            if stale:
                dropped = (
                    update(t.outbox)
                    .where(t.outbox.c.id.in_(stale))
                    .values(status="dropped", reason="superseded")
                )
                connection.execute(dropped)
            if ready:
                claimed = {"status": "sending", "claimed_by": self.name, "claimed_at": now,
                           "attempts": t.outbox.c.attempts + 1}  # fmt: skip
                connection.execute(
                    update(t.outbox).where(t.outbox.c.id.in_([r.id for r in ready])).values(**claimed)
                )
            parcels = self._wrap(unit, ready, now)
            return parcels, bool(stale)

    def _wrap(self, unit: Unit, rows: Sequence[Any], now: datetime) -> list[Parcel]:
        if not rows:
            return []
        targets = _targets(unit, rows)
        return [
            Parcel(row, _outgoing(row, said, targets.get(row.id)), said.quotes)
            for row, said in self._in_words(unit, rows, now)
        ]

    def _in_words(self, unit: Unit, rows: Sequence[Any], now: datetime) -> list[tuple[Any, Said]]:
        """All together; where that fails, one by one, so that one faulty message does not silence the house."""
        try:
            return list(zip(rows, self.speaker.speak(unit, rows, now), strict=True))
        except LookupError as problem:
            if len(rows) > 1:
                return [pair for row in rows for pair in self._in_words(unit, [row], now)]
            log.error("message %d cannot be put into words: %s", rows[0].id, problem)
            failed = update(t.outbox).where(t.outbox.c.id == rows[0].id)
            unit.run(failed.values(status="failed", reason="no words for it", claimed_by=None))
            return []

    # -- sending

    async def _deliver(self, parcel: Parcel) -> None:
        row = parcel.row
        platform = self.platforms.get(row.platform)
        if platform is None:
            await self._put_off(row, f"{row.platform} is not configured", RETRY[3])
            return
        if row.kind == "update" and parcel.outgoing.message is None:
            await self._settle(row, "dropped", "nothing to update")
            return
        if not parcel.outgoing.spoken.blocks and row.kind == "say":
            await self._settle(row, "dropped", "nothing is left to say")
            return
        await self._send(platform, parcel)

    async def _send(self, platform: Platform, parcel: Parcel) -> None:
        row = parcel.row
        try:
            message = await platform.send(parcel.outgoing)
        except Refused as refused:
            await self.intake.put(Refusal(outbox=row.id, reason=refused.reason, session=row.session_id,
                                          prompt=row.prompt))  # fmt: skip
        except Later as later:
            await self._close_bucket(later)
            await self._put_off(row, "the platform asks to wait", later.seconds)
        except Exception as unclear:  # noqa: BLE001 - whatever it was, the platform may have taken it
            await self._unclear(platform, parcel, unclear)
        else:
            self.checkpoint("taken")
            await self._receipt(parcel, message)

    async def _receipt(self, parcel: Parcel, message: str) -> None:
        row = parcel.row
        await self.intake.put(Receipt(outbox=row.id, message=message, at=self.clock.now(), session=row.session_id,
                                      prompt=row.prompt, quotes=parcel.quotes))  # fmt: skip
        self.checkpoint("receipted")

    async def _unclear(self, platform: Platform, parcel: Parcel, problem: Exception) -> None:
        """The connection broke: ask whether the platform took it before sending it again."""
        log.warning("a message to %s is unconfirmed: %s", parcel.row.platform, type(problem).__name__)
        try:
            found = await platform.look_up(parcel.outgoing) if platform.capabilities.look_up else None
        except OSError:
            found = None
        if found is not None:
            await self._receipt(parcel, found)
        else:
            await self._put_off(parcel.row, "unconfirmed", RETRY[min(parcel.row.attempts, len(RETRY) - 1)])

    async def _put_off(self, row: Any, reason: str, seconds: float) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        await self._settle(row, "queued", reason, not_before=until, claimed_by=None)

    async def _settle(self, row: Any, status: str, reason: str, **more: Any) -> None:
        change = update(t.outbox).where(t.outbox.c.id == row.id).values(status=status, reason=reason, **more)
        await self._in_thread(lambda: self._write(change))

    async def _close_bucket(self, later: Later) -> None:
        until = self.clock.now() + timedelta(seconds=later.seconds)
        await self._in_thread(lambda: self._write(
            t.buckets.delete().where(t.buckets.c.name == later.bucket),
            t.buckets.insert().values(name=later.bucket, closed_until=until),
        ))  # fmt: skip

    def _write(self, *changes: Any) -> None:
        with self.database.write() as connection:
            for change in changes:
                connection.execute(change)

    # -- after a crash

    async def recover(self, *, everything: bool = False) -> int:
        """Take over the claims of processes that are gone. Returns how many there were.

        `everything`: nobody else can be alive (an embedded database has one server).
        """
        parcels = await self._in_thread(lambda: self._orphans(self.clock.now(), everything))
        for parcel in parcels:
            await self._reconcile(parcel)
        return len(parcels)

    def _orphans(self, now: datetime, everything: bool) -> list[Parcel]:
        with self.database.write() as connection:
            unit = Unit(connection)
            alive = select(t.workers.c.id).where(
                t.workers.c.seen_at > now - LEASE, t.workers.c.id != self.name
            )
            orphans = _rows().where(t.outbox.c.status == "sending")
            if not everything:
                orphans = orphans.where(
                    t.outbox.c.claimed_by.not_in(alive), t.outbox.c.claimed_by != self.name,
                    t.outbox.c.claimed_at < now - LEASE,
                ).with_for_update(skip_locked=True, of=t.outbox)  # fmt: skip
            rows = unit.all(orphans)
            if rows:
                mine = update(t.outbox).where(t.outbox.c.id.in_([row.id for row in rows]))
                connection.execute(mine.values(claimed_by=self.name, claimed_at=now))
            return self._wrap(unit, rows, now)

    async def _reconcile(self, parcel: Parcel) -> None:
        platform = self.platforms.get(parcel.row.platform)
        found = None
        if platform is not None and platform.capabilities.look_up:
            found = await platform.look_up(parcel.outgoing)
        if found is not None:
            await self._receipt(parcel, found)
        else:
            await self._settle(parcel.row, "queued", "claimed by a process that is gone", claimed_by=None)

    def _in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self.executor, work)


# -- statements


def _rows() -> Any:
    p = t.places.c
    return select(t.outbox, p.platform, p.workspace, p.channel, p.thread).join(
        t.places, p.id == t.outbox.c.place_id
    )


def _heads(now: datetime) -> Any:
    """The first queued message of every place that has none in flight."""
    waiting, flying = t.outbox.alias("waiting"), t.outbox.alias("flying")
    busy = (
        select(flying.c.id)
        .where(flying.c.place_id == waiting.c.place_id, flying.c.status == "sending")
        .exists()
    )
    heads = (
        select(func.min(waiting.c.id)).where(waiting.c.status == "queued", ~busy).group_by(waiting.c.place_id)
    )
    ready = or_(t.outbox.c.not_before.is_(None), t.outbox.c.not_before <= now)
    first = _rows().where(t.outbox.c.id.in_(heads), t.outbox.c.status == "queued", ready)
    return first.order_by(t.outbox.c.id).limit(AT_ONCE).with_for_update(skip_locked=True, of=t.outbox)


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


def _outgoing(row: Any, said: Said, target: str | None) -> Outgoing:
    place = Address(row.platform, row.workspace, row.channel, row.thread)
    return Outgoing(f"runda-{row.id}", place, said.spoken, target)
