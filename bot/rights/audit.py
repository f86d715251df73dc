"""The audit log: who did what to which series, and when; never what anybody said. As lines, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, or_, select

from flows import sight
from flows.sight import Viewer
from storage import tables as t


class Act(Struct, frozen=True):
    """One row. Times are UTC; people are numbers."""

    number: int
    at: datetime
    actor: str
    act: str
    object: str


def acts(connection: Connection, viewer: Viewer, organisation: int, slug: str | None = None) -> list[Act]:
    """Of one series, the oldest first; without a series, all of the organisation. Raises NotYours."""
    sight.require(viewer, "audit")
    a = t.audit.c
    mine = select(t.audit).where(a.organisation_id == organisation)
    if slug is not None:
        named = (a.object.startswith(f"{slug}{sign}", autoescape=True) for sign in (" ", "/"))
        mine = mine.where(or_(a.object == slug, *named))
    rows = connection.execute(mine.order_by(a.id))
    return [Act(row.id, row.at.astimezone(UTC), row.actor, row.act, row.object) for row in rows]


def as_csv(found: Sequence[Act]) -> str:
    """With a heading; lines end as RFC 4180 has it."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(Act.__struct_fields__)
    for one in found:
        write.writerow([one.number, one.at.isoformat(), *map(_plain, (one.actor, one.act, one.object))])
    return out.getvalue()


def _plain(cell: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


def as_json(found: Sequence[Act]) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def as_lines(found: Sequence[Act]) -> list[str]:
    return [f"{one.at:%Y-%m-%d %H:%M} UTC  {one.actor}: {one.act}, {one.object}" for one in found]
