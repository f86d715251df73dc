"""Approved recaps in words: kept when the replies that they rest on are deleted, because they live longer.

Each line knows whose words it holds, by number, so that an erasure still takes it out, also where it was posted, and
nothing takes its place. A heading that has lost all of its lines goes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, or_, select, update

from adapters.port import Block
from flows.message import Recap, message
from flows.reading import shortened
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.words import Speaker


class Kept(Struct, frozen=True, omit_defaults=True):
    """One block. `of` are the people whose words it holds."""

    kind: str
    words: str
    number: int | None = None
    of: tuple[int, ...] = ()


class Frozen(Struct, frozen=True):
    """A recap as it read."""

    lines: tuple[Kept, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Frozen).decode


def blocks(said: str, most: int | None) -> list[Block]:
    """As it is read. `most`: characters that are shown of a line with people's words; None: it is read as a whole."""
    return [Block(each.kind, _shown(each, most), number=each.number) for each in _decode(said).lines]


def _shown(line: Kept, most: int | None) -> str:
    return line.words if most is None or not line.of else shortened(line.words, most)


def freeze(unit: Unit, speaker: Speaker, row: Any, session: Any, now: datetime) -> None:
    """Put a stored version into words; `session` names id, organisation and place. Done twice, it changes nothing."""
    if row.said is not None:
        return
    body = _encode(message("recap", Recap(row.id))).decode()
    sent = SimpleNamespace(
        kind="say",
        body=body,
        session_id=session.id,
        place_id=session.place_id,
        organisation_id=session.organisation_id,
    )
    told = speaker.lines(unit, sent, now)
    authors = _authors(unit, {reply for _, replies in told for reply in replies})
    lines = tuple(
        Kept(block.kind, block.words, block.number, _whose(replies, authors)) for block, replies in told
    )
    unit.run(
        update(t.recaps)
        .where(t.recaps.c.id == row.id)
        .values(said=_encode(Frozen(lines)).decode(), words=None)
    )


def _whose(replies: Collection[int], authors: dict[int, int]) -> tuple[int, ...]:
    return tuple(sorted({authors[each] for each in replies if each in authors}))


def _authors(unit: Unit, replies: Collection[int]) -> dict[int, int]:
    r = t.replies.c
    return {row.id: row.person_id for row in unit.all(select(r.id, r.person_id).where(r.id.in_(replies)))}


# -- taking somebody out


def without(unit: Unit, ids: Callable[[], int], person: int, now: datetime) -> int:
    """Take somebody's lines out of every recap that is kept in words: a new version of each. Returns how many."""
    from bot.rights import leftovers, lessening

    r, mt = t.recaps.c, t.meetings.c
    mine = select(t.recaps, mt.series_id).join(t.meetings, mt.id == r.meeting_id).where(r.said.is_not(None))
    series: dict[int, list[int]] = {}
    for row in unit.all(mine.order_by(r.id).with_for_update(of=t.recaps)):
        frozen = _decode(row.said)
        if not any(person in each.of for each in frozen.lines):
            continue
        left = Frozen(tuple(less(frozen.lines, person)))
        unit.run(update(t.recaps).where(r.id == row.id).values(said=_encode(left).decode()))
        unit.add(t.outbox, [leftovers.again(each, f"kept/{person}") for each in _posted(unit, row)])
        series.setdefault(row.series_id, []).append(row.id)
    for number, changed in series.items():
        of_it = unit.all(select(t.series).where(t.series.c.id == number))[0]
        lessening.tell(unit, of_it, lessening.again(unit, ids, changed, now))
    return sum(map(len, series.values()))


def _posted(unit: Unit, row: Any) -> list[Any]:
    """Where it stands in a chat, or soon will: that a kept recap went out is kept as long."""
    o = t.outbox.c
    shows = (o.body.contains(f'"type":"recap","id":{row.id}{end}') for end in ",}")
    out = o.sort == "recap", o.kind == "say", or_(o.status == "sent", o.attempts > 0)
    return unit.all(select(t.outbox).where(o.organisation_id == row.organisation_id, *out, or_(*shows)))


def moved(connection: Connection, former: int, person: int) -> None:
    """Two have become one: what is kept of the former's words is known as the words of the one who stays."""
    r = t.recaps.c
    for row in list(connection.execute(select(r.id, r.said).where(r.said.is_not(None)))):
        frozen = _decode(row.said)
        if any(former in each.of for each in frozen.lines):
            left = Frozen(tuple(_moved(each, former, person) for each in frozen.lines))
            connection.execute(update(t.recaps).where(r.id == row.id).values(said=_encode(left).decode()))


def _moved(line: Kept, former: int, person: int) -> Kept:
    return replace(line, of=tuple(sorted({person if each == former else each for each in line.of})))


def less(lines: Sequence[Kept], person: int) -> list[Kept]:
    """The lines without somebody's, and without headings under which nothing is left."""
    left: list[Kept] = []
    for index, each in enumerate(lines):
        if person in each.of:
            continue
        if each.kind == "heading" and _emptied(lines, index, person):
            continue
        left.append(each)
    return left


def _emptied(lines: Sequence[Kept], heading: int, person: int) -> bool:
    under = []
    for each in lines[heading + 1 :]:
        if each.kind == "heading":
            break
        under.append(each)
    return bool(under) and all(person in each.of for each in under)
