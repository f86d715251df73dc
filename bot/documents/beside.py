"""The managers' recap as a file beside its message, where a platform takes files.

What the file says is read together with the message, in one transaction; the file itself is made outside of it. DOCX
where what makes it is installed, otherwise a page of HTML. A message that is rewritten takes its file along.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import select

from adapters.port import Block
from bot.documents import NotInstalled
from bot.documents.recaps import Document, of_managers
from bot.documents.web import to_html
from bot.documents.word import to_docx
from bot.series.naming import slug
from bot.series.office import Office
from bot.words import Speaker
from flows.message import Message, Recap
from storage import tables as t
from storage.unit import Unit

#: Versions that somebody has approved, or that, less what has been erased since. Bare counts need no file.
APPROVED = ("approved", "lessened")
#: Recaps whose file is remembered: all managers of a series get the same.
REMEMBERED = 8

_decode = msgspec.json.Decoder(Message).decode


def document(speaker: Speaker, unit: Unit, row: Any, now: datetime) -> Document | None:
    """What goes beside this row of the outbox; None: it is not the managers' recap, or not one that was approved."""
    recap = next((part for part in _decode(row.body).parts if isinstance(part, Recap)), None)
    if row.sort != "recap" or recap is None:
        return None
    r, m, s = t.recaps.c, t.meetings.c, t.series.c
    told = select(r.whole, r.version, m.number, m.series_id).join_from(
        t.recaps, t.meetings, m.id == r.meeting_id
    )
    told = told.where(r.id == recap.id, r.session_id.is_(None), r.status.in_(APPROVED))
    for found in unit.all(told):
        series = unit.all(select(t.series).where(s.id == found.series_id))[0]
        office = Office(unit.connection, series, "delivery", now)
        which = {"whole": found.whole, "version": found.version}
        return of_managers(office, unit, speaker, "manager", found.number, **which)
    return None


@lru_cache(REMEMBERED)
def beside(found: Document) -> Block:
    """The file, with its name."""
    try:
        file, ending = to_docx(found), "docx"
    except NotInstalled:
        file, ending = to_html(found), "html"
    return Block("file", f"{slug(found.name)}.{ending}", file=file)
