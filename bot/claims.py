"""What goes out next: one row of the outbox for each place, in order, and as fast as the platforms take them.

    heads of the lanes -> in words -> which buckets are open -> claimed

A lane is one place, with one message on its way. What is said keeps its order; a status may be overtaken by
what is said, and a receipt by everything. A bucket is what shares a platform's pace: one that the platform has
closed stays closed in the database, so that a restart does not forget, and what it holds up waits there, except
receipts, which are not worth waiting for.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, case, func, literal, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from adapters.port import Address, Bucket, Outgoing, Platform
from bot.documents.beside import document
from bot.documents.recaps import Document
from bot.news import PROBE
from bot.trouble import in_short
from bot.words import Said, Speaker
from flows.turn import RESUMED
from storage import tables as t
from storage.backup import delivery_held
from storage.database import Database
from storage.unit import Unit

log = logging.getLogger(__name__)

#: Reasons are codes; `bot.series.why` has a sentence for each.
#: Why a message is queued that the platform may have taken already; and that it could not be asked about so far.
UNCONFIRMED, UNASKED = "unconfirmed", "unasked"
IN_DOUBT = (UNCONFIRMED, UNASKED)
#: Why a receipt is not sent.
SHORT = "short"
#: Ranks stand above ids in one number: no outbox holds as many messages.
_RANKED = 2**48


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed row of the outbox, put into words."""

    row: Any
    outgoing: Outgoing
    #: What goes beside it as a file.
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What goes out now, and rows that there are no words for. `again`: more may stand behind what was set aside."""

    parcels: tuple[Parcel, ...] = ()
    speechless: tuple[Any, ...] = ()
    again: bool = False

    @property
    def rows(self) -> int:
        return len(self.parcels) + len(self.speechless)


@dataclass(slots=True)
class _Sorted:
    """The heads of the lanes, by what becomes of them."""

    ready: list[Parcel] = field(default_factory=list)
    speechless: list[Any] = field(default_factory=list)
    #: Ids: dropped, with the reason.
    dropped: dict[int, str] = field(default_factory=dict)
    #: Ids: held up by a bucket until then.
    waiting: dict[int, datetime] = field(default_factory=dict)
    #: Places where something is, or was until now, held up so.
    short: set[int] = field(default_factory=set)
    #: Which rows show which replies.
    quotes: list[tuple[int, int]] = field(default_factory=list)


class Claims:
    """Claims for one process, `name`. `mark` is this installation's, on what it sends."""

    def __init__(
        self, database: Database, speaker: Speaker, platforms: Mapping[str, Platform], name: str, mark: str
    ) -> None:
        self.database, self.speaker, self.platforms = database, speaker, platforms
        self.name, self.mark = name, mark
        self._pace = Pace()

    def claim(self, now: datetime, most: int, flying: Counter[str]) -> Claimed:
        """At most so many rows. `flying`: messages on their way, by platform."""
        with self.database.write() as connection:
            if delivery_held(connection):
                return Claimed()
            unit = Unit(connection)
            found = self._sort(unit, unit.all(_heads(self._full(flying)), now=now, most=most), now, flying)
            self._write(unit, found, now)
            return Claimed(tuple(found.ready), tuple(found.speechless), bool(found.dropped or found.waiting))

    def _full(self, flying: Counter[str]) -> list[str]:
        return [name for name, each in self.platforms.items() if flying[name] >= each.capabilities.at_once]

    # -- what becomes of the heads

    def _sort(self, unit: Unit, heads: Sequence[Any], now: datetime, flying: Counter[str]) -> _Sorted:
        found = _Sorted(dropped=dict.fromkeys(_superseded(unit, heads), "superseded"))
        rows = [row for row in heads if row.id not in found.dropped]
        closed = {row.name: row.closed_until for row in unit.all(_CLOSED, now=now)} if rows else {}
        worded = self._in_words(unit, rows, now)
        found.speechless = [row for row in rows if row.id not in {said.id for said, _ in worded}]
        targets, roots, flying = _targets(unit, rows), self._roots(unit, rows), flying.copy()
        for row, said in worded:
            parcel = Parcel(
                row,
                _outgoing(row, said, targets.get(row.id), roots.get(row.id), self.mark, _since(row, now)),
                self._document(unit, row, now),
            )
            if self._goes(found, parcel, closed, now, flying):
                flying[row.platform] += 1
                found.quotes += [(row.id, reply) for reply in said.quotes]
        # Known before it is sent: what is corrected while it is on its way is corrected behind it.
        unit.quotes(found.quotes)
        return found

    def _goes(
        self, found: _Sorted, parcel: Parcel, closed: Mapping[str, datetime], now: datetime, flying: Counter[str]
    ) -> bool:  # fmt: skip
        """Whether it goes out now, as far as the platform's pace is concerned."""
        row, platform = parcel.row, self.platforms.get(parcel.row.platform)
        if platform is not None and flying[row.platform] >= platform.capabilities.at_once:
            return False
        if row.not_before is not None and row.reason is None:
            found.short.add(row.place_id)
        buckets = platform.buckets(parcel.outgoing) if platform is not None else ()
        until = self._pace.open_at(buckets, closed, now)
        if row.only and platform is not None and not platform.capabilities.quietly:
            found.dropped[row.id] = "not-alone"
        elif until > now and row.sort == "receipt":
            found.dropped[row.id] = SHORT
        elif until > now:
            found.waiting[row.id] = until
            found.short.add(row.place_id)
        else:
            self._pace.take(buckets, now)
            found.ready.append(parcel)
            return True
        return False

    def _in_words(self, unit: Unit, rows: Sequence[Any], now: datetime) -> list[tuple[Any, Said]]:
        """All together; where that fails, one by one, so that one faulty message does not silence the house."""
        if not rows:
            return []
        try:
            return list(zip(rows, self.speaker.speak(unit, rows, now), strict=True))
        except SQLAlchemyError:
            raise
        except Exception as problem:  # noqa: BLE001 - a text, a picture or a programme is at fault
            if len(rows) > 1:
                return [pair for row in rows for pair in self._in_words(unit, [row], now)]
            log.error("message %d cannot be put into words: %s", rows[0].id, in_short(problem))
            return []

    def _document(self, unit: Unit, row: Any, now: datetime) -> Document | None:
        """For somebody alone, where files are taken. What cannot be made a document is told in words all the same."""
        platform = self.platforms.get(row.platform)
        if platform is None or not platform.capabilities.files or row.person_id is None:
            return None
        try:
            return document(self.speaker, unit, row, now)
        except SQLAlchemyError:
            raise
        except Exception as problem:  # noqa: BLE001 - the words are what counts
            log.error("message %d goes without its file: %s", row.id, in_short(problem))
            return None

    def _roots(self, unit: Unit, rows: Sequence[Any]) -> dict[int, str]:
        """By row: the first message of its meeting, where the meeting hangs together by replies to it."""
        hanging = [row for row in rows if row.session_id and self._hangs(row)]
        if not hanging:
            return {}
        o = t.outbox.c
        first = select(o.session_id, o.place_id, o.receipt).where(
            o.session_id.in_({row.session_id for row in hanging}),
            o.slot == "root", o.kind == "say", o.receipt.is_not(None),
        )  # fmt: skip
        # Where its group has moved meanwhile, the first message stands in another chat, and the last said counts.
        there = {(row.session_id, row.place_id): row.receipt for row in unit.all(first.order_by(o.id))}
        hung = ((row.id, there.get((row.session_id, row.place_id))) for row in hanging)
        return {row: receipt for row, receipt in hung if receipt}

    def _hangs(self, row: Any) -> bool:
        """A thread holds a meeting together by itself, and what is told in private belongs to none."""
        platform = self.platforms.get(row.platform)
        apart = row.threads or row.thread or row.person_id is not None
        return platform is not None and platform.capabilities.hangs and not apart

    # -- writing it down

    def _write(self, unit: Unit, found: _Sorted, now: datetime) -> None:
        o = t.outbox.c
        for reason in set(found.dropped.values()):
            ids = [key for key, why in found.dropped.items() if why == reason]
            unit.run(update(t.outbox).where(o.id.in_(ids)).values(status="dropped", reason=reason))
        self._hold_up(unit, found.waiting, found.short)
        going = [parcel.row for parcel in found.ready] + found.speechless
        if going:
            claimed = {
                "status": "sending",
                "claimed_by": self.name,
                # Of one that may have arrived, the first time: it is looked for from there.
                "claimed_at": case(
                    (and_(o.reason.in_(IN_DOUBT), o.claimed_at.is_not(None)), o.claimed_at), else_=now
                ),
                "attempts": o.attempts + 1,
            }
            unit.run(update(t.outbox).where(o.id.in_([row.id for row in going])).values(**claimed))
        if probes := {row.place_id for row in going if row.blocked}:
            unit.run(update(t.places).where(t.places.c.id.in_(probes)).values(look_at=now + PROBE))

    def _hold_up(self, unit: Unit, waiting: Mapping[int, datetime], places: Collection[int]) -> None:
        """What a bucket holds up waits for it; the receipts of those places are not worth sending when it opens."""
        o = t.outbox.c
        for until in set(waiting.values()):
            ids = [key for key, at in waiting.items() if at == until]
            unit.run(update(t.outbox).where(o.id.in_(ids)).values(not_before=until))
        if places:
            behind = o.place_id.in_(places), o.status == "queued", o.sort == "receipt"
            unit.run(update(t.outbox).where(*behind).values(status="dropped", reason=SHORT))


class Pace:
    """When requests went out lately, by bucket: for platforms that tell what they take, and punish what is more.

    Each process keeps its own. What the platform itself closes is kept in the database, for all of them.
    """

    def __init__(self) -> None:
        self._lately: dict[str, deque[datetime]] = {}

    def open_at(self, buckets: Collection[Bucket], closed: Mapping[str, datetime], now: datetime) -> datetime:
        """When all of the buckets take another request: `now`, or later."""
        return max((now, *(closed.get(each.name, now) for each in buckets), *map(self._free, buckets)))

    def _free(self, bucket: Bucket) -> datetime:
        """One that takes more than there is room for at any time waits until all of it is free."""
        lately, left = self._lately.get(bucket.name), max(bucket.burst - bucket.takes, 0)
        if not bucket.burst or lately is None or len(lately) <= left:
            return _LONG_AGO
        return lately[-left - 1] + timedelta(seconds=bucket.seconds)

    def take(self, buckets: Collection[Bucket], now: datetime) -> None:
        for each in buckets:
            if each.burst:
                self._lately.setdefault(each.name, deque(maxlen=each.burst)).extend([now] * each.takes)
        if len(self._lately) > _MANY:
            self._lately = {name: kept for name, kept in self._lately.items() if now - kept[-1] < _A_WHILE}


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Buckets that are remembered before the idle ones are forgotten, and when one is idle.
_MANY, _A_WHILE = 10_000, timedelta(minutes=5)


# -- statements


def _heads(full: Collection[str]) -> Any:
    """The first queued message of every place that has none in flight, without the platforms that are full."""
    return _HEADS.where(t.places.c.platform.not_in(full)) if full else _HEADS


def first_in_line(places: Collection[int]) -> Any:
    """Of each of these places, which of the messages that wait is next."""
    o = t.outbox.c
    return (
        select(o.place_id, _next_of(t.outbox))
        .where(o.place_id.in_(places), o.status == "queued")
        .group_by(o.place_id)
    )


def _next_of(outbox: Any) -> Any:
    ranked = _rank(outbox) * literal(_RANKED, BigInteger) + outbox.c.id
    return func.min(ranked) % literal(_RANKED, BigInteger)


def _first_of_places() -> Any:
    waiting, flying = t.outbox.alias("waiting"), t.outbox.alias("flying")
    busy = (
        select(flying.c.id)
        .where(flying.c.place_id == waiting.c.place_id, flying.c.status == "sending")
        .exists()
    )
    heads = select(_next_of(waiting)).where(waiting.c.status == "queued", ~busy).group_by(waiting.c.place_id)
    o, p = t.outbox.c, t.places.c
    ready = or_(o.not_before.is_(None), o.not_before <= bindparam("now"))
    takes = or_(p.blocked.is_(None), p.look_at <= bindparam("now"))
    first = (
        select(t.outbox, p.platform, p.workspace, p.channel, p.thread, p.threads, p.person_id, p.blocked,
               t.meetings.c.pace)
        .join(t.places, p.id == o.place_id)
        .outerjoin(t.sessions, t.sessions.c.id == o.session_id)
        .outerjoin(t.meetings, t.meetings.c.id == t.sessions.c.meeting_id)
        .where(o.id.in_(heads), o.status == "queued", ready, takes)
    )  # fmt: skip
    first = first.order_by(_rank(t.outbox), o.id).limit(bindparam("most"))
    return first.with_for_update(skip_locked=True, of=t.outbox)


def _rank(outbox: Any) -> Any:
    """What is said keeps its order, and goes before what only shows how things stand.

    The word that a meeting goes on, where nothing could be said, goes before all that waited for it.
    """
    said = or_(outbox.c.sort.in_(("question", "answer", "recap")), outbox.c.slot == "root")
    first, said = outbox.c.slot == RESUMED, and_(said, outbox.c.kind == "say")
    return case((first, 0), (said, 1), (outbox.c.sort == "receipt", 3), else_=2)


#: Built once: every round asks it, and to put it together takes longer than to run it.
_HEADS = _first_of_places()
_CLOSED = select(t.buckets).where(t.buckets.c.closed_until > bindparam("now"))


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


def _since(row: Any, now: datetime) -> datetime:
    """When it was first tried: that it may have arrived is so from then on."""
    return row.claimed_at if row.reason in IN_DOUBT and row.claimed_at is not None else now


def _outgoing(
    row: Any, said: Said, target: str | None, root: str | None, mark: str, since: datetime
) -> Outgoing:  # fmt: skip
    # Marked with the installation: another database's numbers mean other messages.
    place, first = Address(row.platform, row.workspace, row.channel, row.thread), row.slot == "root"
    return Outgoing(
        f"{mark}-{row.id}", place, said.spoken, target, opens=first and row.threads and row.kind == "say",
        root=None if first else root, only=row.only or said.only, since=since,
    )  # fmt: skip
