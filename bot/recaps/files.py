"""Recaps as files: what went out, each version by itself. Names carry the meeting's number and the version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from bot.markdown import markdown
from bot.recaps import desk, managers, reading
from bot.recaps.ledger import Ledger
from bot.recaps.wording import Draft
from bot.series.naming import slug
from bot.series.office import Office
from bot.words import Speaker
from flows import sight
from flows.sight import Viewer
from storage import tables as t
from storage.unit import Unit


def files(
    office: Office, unit: Unit, speaker: Speaker, viewer: Viewer, ledger: Ledger
) -> Iterator[tuple[PurePosixPath, str]]:
    """Path and Markdown of every version that went out. Groups' recaps and managers' are in folders of their own."""
    for sitting in ledger.sittings:
        desk.require(viewer, ledger.fate(sitting))
        sent = {each.id for each, _ in ledger.went_out(ledger.groups[sitting.id])}
        named = f"groups/session-{sitting.number}-{slug(sitting.name, 'group')}"
        yield from _versions(office, unit, speaker, sent, sitting, named)
    for meeting in office.meetings():
        sight.require(viewer, "manager-recap")
        sent = {each.id for each in ledger.managers[meeting.id] if each.status in managers.OUT}
        if sent:
            anchor = managers.meeting(unit, meeting.id)
            session = SimpleNamespace(
                id=anchor.anchor, place_id=anchor.place, organisation_id=anchor.organisation_id
            )
            yield from _versions(office, unit, speaker, sent, session, f"managers/session-{meeting.number}")


def _versions(
    office: Office, unit: Unit, speaker: Speaker, ids: set[int], session: Any, named: str
) -> Iterator[tuple[PurePosixPath, str]]:
    r = t.recaps.c
    for row in unit.all(select(t.recaps).where(r.id.in_(ids)).order_by(r.version)):
        draft = Draft(
            row.points, row.words, row.status, row.version, row.approved_at, row.session_id, numbered=False
        )
        said = reading.say(speaker, unit, draft, session, office.now)
        yield PurePosixPath(f"{named}-v{row.version}.md"), markdown(said)
