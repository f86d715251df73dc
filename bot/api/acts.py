"""What other programs are told of: acts of the audit log, which is written in the transaction of the change itself.

They are told what sort of thing has happened, to which series and session, and where to read it. Nothing else.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from bot.api.reading import BASE
from bot.calendars.entries import DATE_ACTS

RECAP = "recap.approved"
#: What a change of dates is called: moved, unless it is said here.
_PLANNED, _CANCELLED, _MOVED = "session.planned", "session.cancelled", "session.moved"
_OTHERS = {
    "series created": _PLANNED, "meeting added": _PLANNED, "meetings confirmed": _PLANNED,
    "series resumed": _PLANNED, "cancelling undone": _PLANNED, "meeting cancelled": _CANCELLED,
    "series cancelled": _CANCELLED, "adding undone": _CANCELLED,
}  # fmt: skip
KINDS = {act: _OTHERS.get(act, _MOVED) for act in DATE_ACTS} | {"recap approved": RECAP}
#: Managers' recaps, as the audit log names them: of a session, and of the series until then. A group's is its own.
MANAGERS, WHOLE = "/managers v", "/series v"
#: A series, and of a session its number: «north 2 …», «north/2/managers v1»; «north 1, 2» is several.
_OBJECT = re.compile(r"(?P<series>[a-z0-9-]+)(?:[ /](?P<number>\d+)(?![\d,]).*|[ /].*)?")


class Of(Struct, frozen=True):
    """Whose it is. `number`: null where it is about several sessions, or all."""

    series: str
    number: int | None
    href: str


class Told(Struct, frozen=True):
    """The body of a call, as Standard Webhooks has it."""

    type: Annotated[str, Meta(description=f"{RECAP}, {_PLANNED}, {_MOVED} or {_CANCELLED}")]
    timestamp: datetime
    data: Of


def about(object_: str) -> tuple[str, int | None]:
    """The series, by what it is called, and the session that an act is about."""
    found = _OBJECT.fullmatch(object_)
    if found is None:
        return object_, None
    number = found["number"]
    return found["series"], int(number) if number else None


def body(act: Any, url: str) -> bytes:
    """What is sent of a row of the audit log: the same bytes, however often."""
    series, number = about(act.object)
    where = f"{url.rstrip('/')}{BASE}/series/{series}/sessions"
    kind = KINDS[act.act]
    href = f"{where}/{number}/{'series-' if WHOLE in act.object else ''}recap" if kind == RECAP else where
    return msgspec.json.encode(Told(kind, act.at, Of(series, number, href)))
