"""Approved recaps without the lines that rested on what is erased: a new version each, and nothing in their place.

What was posted or sent loses the line by itself (`bot.recaps.wording`). A new version is for what comes after: so that
a file that is made later is not called as one that still had the line. Coordinators are told what was out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import or_, select

from bot.recaps import sending, wording
from flows import recap as recaps
from flows.message import Message, Moment, Name, Part, Points, Text, line, message
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

#: The managers' recap as it was approved, less what was erased.
LESSENED = "lessened"
#: What a new version is made of.
FROZEN = ("approved", LESSENED)
#: What the audit log calls the making of files.
EXPORTS = ("recaps exported", "archive exported")

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Lessened:
    """A recap that has a new version. `group` is a circle's id; None: the managers', of the `whole` series or not."""

    number: int
    group: int | None
    was: int
    now: int
    whole: bool


def lessen(
    unit: Unit, ids: Callable[[], int], series: int, replies: Collection[int], now: datetime
) -> list[Lessened]:
    """New versions of the approved recaps of a series that rest on these replies. Done twice, it does nothing more."""
    made = []
    for row in _newest(unit, series):
        points = recaps.load(row.points)
        if any(not set(replies).isdisjoint(one.rests) for one in wording.lines(points)):
            unit.add(
                t.recaps,
                [_less(row, points, replies) | {"id": ids(), "version": row.last + 1, "made_at": now}],
            )
            made.append(Lessened(row.number, row.circle_id, row.version, row.last + 1, row.whole))
    unit.flush()
    return made


def _newest(unit: Unit, series: int) -> Iterator[Any]:
    """Of each recap the newest version that was approved, with the number of its last version as `last`."""
    r, mt, s = t.recaps.c, t.meetings.c, t.sessions.c
    stored = select(t.recaps, mt.number, s.circle_id).join(t.meetings, mt.id == r.meeting_id)
    stored = stored.outerjoin(t.sessions, s.id == r.session_id)
    of_one: dict[Any, list[Any]] = {}
    for row in unit.all(stored.where(mt.series_id == series).order_by(r.version)):
        of_one.setdefault((row.meeting_id, row.session_id, row.whole), []).append(row)
    for versions in of_one.values():
        standing = [row for row in versions if row.status in FROZEN and row.said is None]
        if standing:
            yield _Row(standing[-1], versions[-1].version)


class _Row:
    """A version, and the number of the last one that there is."""

    def __init__(self, row: Any, last: int) -> None:
        self.row, self.last = row, last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def _less(row: Any, points: Any, replies: Collection[int]) -> dict[str, Any]:
    left = recaps.without(points, replies)
    of_a_group = row.session_id is not None
    return {
        "organisation_id": row.organisation_id, "meeting_id": row.meeting_id, "session_id": row.session_id,
        "whole": row.whole, "status": "approved" if of_a_group else LESSENED, "points": recaps.dump(left).decode(),
        "words": wording.written(_words(row, points, left, replies)), "approved_at": row.approved_at,
        "approved_by": row.approved_by,
    }  # fmt: skip


def _words(row: Any, points: Any, left: Any, replies: Collection[int]) -> wording.Wording:
    """A coordinator's words for what is left. Those that rested on what is erased as well go with their line."""
    written = wording.read(row.words)
    keys = {one.key for one in wording.lines(left)}
    hit = {
        one.key for one in wording.lines(points) if not set(replies).isdisjoint(one.rests)
    } & written.says.keys()
    return replace(
        written,
        says={key: words for key, words in written.says.items() if key in keys - hit},
        out=tuple(key for key in written.out if key in keys),
        gone=tuple(sorted({*written.gone, *hit} & keys)),
        revisions={reply: number for reply, number in written.revisions.items() if reply not in replies},
    )


# -- telling


def tell(unit: Unit, series: Any, made: Collection[Lessened]) -> None:
    """Coordinators are told in private which versions were out, and when files were made. Not who it was."""
    if not made:
        return
    to = sending.private_places(unit, series.id, series.platform, "coordinator")
    body = _encode(_told(unit, series, made)).decode()
    rows = [
        {"organisation_id": series.organisation_id, "place_id": place, "session_id": None, "version": 0, "effect": 0,
         "kind": "say", "sort": "answer", "body": body, "status": "queued"}
        for place in sorted({place for place in to.values() if place is not None})
    ]  # fmt: skip
    unit.add(t.outbox, rows)
    unit.flush()


def _told(unit: Unit, series: Any, made: Collection[Lessened]) -> Message:
    parts: list[Part] = [line("rights.lessened", n=len(made)), Points(tuple(map(_listed, made)))]
    if files := exports(unit, series):
        parts += [line("rights.files", n=len(files)), Points(tuple(map(_made_at, files)))]
    return message("answer", *parts)


def _made_at(at: datetime) -> Text:
    return Text("rights.file", {"at": Moment(at)})


def _listed(one: Lessened) -> Text:
    if one.group is None:
        key = "rights.out-whole" if one.whole else "rights.out-managers"
        return Text(key, {"number": one.number, "was": one.was, "version": one.now})
    named = Name("circle", one.group)
    return Text(
        "rights.out-group", {"number": one.number, "was": one.was, "version": one.now, "group": named}
    )


def exports(unit: Unit, series: Any) -> list[datetime]:
    """When files of the recaps of a series were made."""
    a = t.audit.c
    about = or_(a.object == series.slug, a.object.startswith(f"{series.slug}/", autoescape=True))
    mine = select(a.at).where(a.organisation_id == series.organisation_id, a.act.in_(EXPORTS), about)
    return [row.at for row in unit.all(mine.order_by(a.id))]


def again(unit: Unit, ids: Callable[[], int], changed: Collection[int], now: datetime) -> list[Lessened]:
    """New versions of recaps that are kept in words and have just lost some: only of the last version of each."""
    r, mt, s = t.recaps.c, t.meetings.c, t.sessions.c
    stored = select(t.recaps, mt.number, s.circle_id).join(t.meetings, mt.id == r.meeting_id)
    stored = stored.outerjoin(t.sessions, s.id == r.session_id).where(r.id.in_(changed)).order_by(r.version)
    made = []
    for row in {(row.meeting_id, row.session_id, row.whole): row for row in unit.all(stored)}.values():
        of_it = r.meeting_id == row.meeting_id, r.whole == row.whole
        same = *of_it, r.session_id.is_not_distinct_from(row.session_id)
        last = max(each.version for each in unit.all(select(r.version).where(*same)))
        copy = {column.name: getattr(row, column.name) for column in t.recaps.columns}
        status = row.status if row.session_id is not None else LESSENED
        fresh = {"id": ids(), "version": last + 1, "made_at": now, "status": status}
        unit.add(t.recaps, [copy | fresh])
        made.append(Lessened(row.number, row.circle_id, row.version, last + 1, row.whole))
    unit.flush()
    return made
