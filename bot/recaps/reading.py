"""A recap in words, for whoever may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from adapters.port import Spoken
from bot.recaps import wording
from bot.recaps.wording import Draft, Shown, Sources
from flows import recap as recaps
from flows.message import Recap, message
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.words import Said, Speaker

_encode = msgspec.json.Encoder().encode


def say(speaker: Speaker, unit: Unit, draft: Draft, session: Any, now: datetime) -> Spoken:
    """The draft as the session's circle would read it: `session` names id, organisation and place."""
    return said(speaker, unit, draft, session, now).spoken


def said(speaker: Speaker, unit: Unit, draft: Draft, session: Any, now: datetime) -> Said:
    """The same, with the replies that it shows."""
    body = _encode(message("recap", Recap(draft.id))).decode()
    row = SimpleNamespace(
        kind="say",
        slot=None,
        body=body,
        session_id=session.id,
        place_id=session.place_id,
        organisation_id=session.organisation_id,
    )
    return speaker.speak(unit, [row], now, {draft.id: draft})[0]


def stands(unit: Unit, version: Any) -> Shown:
    """What is left of a version, a row or a `Draft`."""
    return wording.shown(version, sources_of(unit, version))


def sources_of(unit: Unit, version: Any) -> Sources:
    """What is there now of what it rests on; no words are read."""
    ids = sorted({reply for one in wording.lines(recaps.load(version.points)) for reply in one.rests})
    r, f, a = t.replies.c, t.findings.c, t.actions.c
    replies = unit.all(select(r.id, r.role, r.revision).where(r.id.in_(ids)))
    findings = unit.all(select(t.findings).where(f.reply_id.in_(ids)))
    actions = unit.all(select(a.reply_id, a.state).where(a.reply_id.in_(ids)))
    return Sources(
        {row.id: row for row in replies},
        {row.reply_id: row for row in findings},
        {row.reply_id: row.state for row in actions},
    )


def numbers(listed: Sequence[int]) -> str:
    return ", ".join(str(number) for number in listed)
