"""Recaps as files: what went out, each version by itself, and groups' recaps that were not posted (or not yet).

Names carry the meeting's number, and the version if it went out; those of a whole series, the number of the last
meeting that it tells of. The recap of a series' last meeting opens no other
one: a file is the way in which it reaches its group.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from bot.markdown import markdown
from bot.recaps import desk, managers, reading
from bot.recaps.groups import HELD, RELEASED, compile_groups
from bot.recaps.ledger import Ledger
from bot.recaps.wording import Draft
from bot.series.naming import slug
from bot.series.office import Office
from bot.words import Speaker
from flows import sight
from flows.recap import dump
from flows.sight import Viewer
from storage import tables as t
from storage.unit import Unit


def files(
    office: Office, unit: Unit, speaker: Speaker, viewer: Viewer, ledger: Ledger
) -> Iterator[tuple[PurePosixPath, str]]:
    """Path and Markdown: every version that went out, and of a group's finished meeting without one what there is now.

    Groups' recaps and managers' are in folders of their own. A recap that is held is not in a file.
    """
    fresh = _not_stored(unit, speaker, ledger)
    for sitting in ledger.sittings:
        desk.require(viewer, ledger.fate(sitting))
        sent = {each.id for each, _ in ledger.went_out(ledger.groups[sitting.id])}
        named = f"groups/session-{sitting.number}-{slug(sitting.name, 'group')}"
        yield from _versions(office, unit, speaker, sent, sitting, named)
        draft = None if sent else fresh.get(sitting.id) or _newest(unit, ledger.groups[sitting.id])
        if draft is not None:
            said = reading.say(speaker, unit, draft, sitting, office.now)
            yield PurePosixPath(f"{named}-not-posted.md"), markdown(said)
    for meeting in office.meetings():
        sight.require(viewer, "manager-recap")
        found = (f"session-{meeting.number}", ledger.managers), (f"series-{meeting.number}", ledger.whole)
        for called, versions in found:
            sent = {each.id for each in versions[meeting.id] if each.status in managers.OUT}
            if not sent:
                continue
            anchor = managers.meeting(unit, meeting.id)
            session = SimpleNamespace(
                id=anchor.anchor, place_id=anchor.place, organisation_id=anchor.organisation_id
            )
            yield from _versions(office, unit, speaker, sent, session, f"managers/{called}")


def _not_stored(unit: Unit, speaker: Speaker, ledger: Ledger) -> dict[int, Draft]:
    """Groups' recaps that are to be made by rule, or anew; by session."""
    to_make = [
        each
        for each in ledger.sittings
        if not (stored := ledger.groups[each.id]) or stored[-1].status == RELEASED
    ]
    made = compile_groups(unit, speaker.shelf, to_make)
    return {
        session: Draft(dump(each).decode(), None, "automatic", 0, session_id=session, numbered=False)
        for session, each in made.items()
    }


def _newest(unit: Unit, versions: list[Any]) -> Draft | None:
    """The last stored version, unless a coordinator holds it."""
    last = versions[-1]
    if last.status == HELD:
        return None
    return _as_read(unit.all(select(t.recaps).where(t.recaps.c.id == last.id))[0])


def _as_read(row: Any) -> Draft:
    return Draft(
        row.points, row.words, row.status, row.version, row.approved_at, row.session_id, numbered=False,
        said=row.said,
    )  # fmt: skip


def _versions(
    office: Office, unit: Unit, speaker: Speaker, ids: set[int], session: Any, named: str
) -> Iterator[tuple[PurePosixPath, str]]:
    r = t.recaps.c
    for row in unit.all(select(t.recaps).where(r.id.in_(ids)).order_by(r.version)):
        said = reading.say(speaker, unit, _as_read(row), session, office.now)
        yield PurePosixPath(f"{named}-v{row.version}.md"), markdown(said)
