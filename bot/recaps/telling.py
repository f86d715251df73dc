"""Where recaps stand, in lines for a coordinator: what waits, what went out, when, to whom, in which version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.recaps import managers, reading
from bot.recaps.groups import HELD, RELEASED
from bot.recaps.ledger import Ledger
from bot.recaps.sending import Posted
from bot.series.moving import spoken
from bot.series.office import Office
from flows.calendar import local_moment
from storage import tables as t
from storage.unit import Unit


def of_series(office: Office, unit: Unit, ledger: Ledger) -> Iterator[str]:
    for meeting in office.meetings():
        groups = [each for each in ledger.sittings if each.meeting_id == meeting.id]
        if groups:
            yield f"Session {meeting.number}, {spoken(office.moment(meeting))}"
        # What each wrote alone before there were groups is nobody's recap.
        for each in (one for one in groups if one.circle_number):
            for told in of_group(ledger, each, office.series.zone):
                yield f"  {each.name}: {told}"
        if groups and meeting.status == "held":
            for told in of_managers(office, unit, ledger, meeting):
                yield f"  managers: {told}"
            for told in of_whole(office, unit, ledger, meeting):
                yield f"  managers, the whole series until here: {told}"


# -- groups


def of_group(ledger: Ledger, sitting: Any, zone: str) -> list[str]:
    versions, fate = ledger.groups[sitting.id], ledger.fate(sitting)
    newest = versions[-1] if versions else None
    called = "made by rule"
    if newest is not None and newest.status != RELEASED:
        called = f"version {newest.version}, {newest.status}"
    held = newest is not None and newest.status == HELD
    if fate == "out":
        return [
            f"version {one.version}, {one.status}, {_sent(to, zone)}" for one, to in ledger.went_out(versions)
        ]
    if fate == "opened":
        return [f"{called}: the group's next session opened {'without' if held else 'with'} it"]
    if fate == "passed":
        return [f"{called}: was not posted, and the group has met again"]
    coming = ledger.next_opening(sitting)
    if coming is None:
        return [f"{called}: no later session is planned"]
    at = spoken(local_moment(coming.starts_at, zone))
    if held:
        return [f"{called}: session {coming.number} opens without it, {at}"]
    return [f"{called}: waits for session {coming.number}, {at}"]


def _sent(to: Posted, zone: str) -> str:
    if to.status == "failed":
        return f"could not be delivered to {to.to}"
    if to.status != "sent" or to.at is None:
        return f"is on its way to {to.to}"
    return f"went out to {to.to} {_at(to.at, zone)}"


def _at(at: datetime, zone: str) -> str:
    return spoken(local_moment(at, zone))


# -- managers


def of_managers(office: Office, unit: Unit, ledger: Ledger, meeting: Any) -> Iterator[str]:
    versions = ledger.managers[meeting.id]
    yield from _went_out(office, unit, ledger, versions)
    if not any(each.status in ("approved", "edited") for each in versions):
        yield _waits(unit, meeting, versions, office.series.zone)


def of_whole(office: Office, unit: Unit, ledger: Ledger, meeting: Any) -> Iterator[str]:
    """Of the series up to that meeting; after the last one, also that it waits."""
    versions = ledger.whole[meeting.id]
    yield from _went_out(office, unit, ledger, versions)
    if not versions and managers.is_last(unit, managers.meeting(unit, meeting.id)):
        yield "waits for approval"


def _went_out(office: Office, unit: Unit, ledger: Ledger, versions: list[Any]) -> Iterator[str]:
    for each in versions:
        if each.status in managers.OUT:
            called = "counts only" if each.status == "counts" else "approved"
            sent = [_sent(to, office.series.zone) for to in ledger.posted.get(each.id, ())] or [
                "went to nobody"
            ]
            yield f"version {each.version}, {called}, {'; '.join(sent)}{_lost(unit, each)}"
    if versions and versions[-1].status == "edited":
        yield f"version {versions[-1].version}, edited, waits for approval"


def _lost(unit: Unit, version: Any) -> str:
    """What a version that is out has lost since."""
    row = unit.all(select(t.recaps).where(t.recaps.c.id == version.id))[0]
    lost = reading.stands(unit, row).lost
    if not lost:
        return ""
    return f". Lines gone since, because they were taken back or changed: {reading.numbers(lost)}"


def _waits(unit: Unit, meeting: Any, versions: list[Any], zone: str) -> str:
    mark = next((each for each in versions if each.status == managers.WAITS), None)
    if mark is None:
        return "waits for approval"
    due = managers.due(unit, managers.meeting(unit, meeting.id), mark.made_at)
    return f"waits for approval since {_at(mark.made_at, zone)}; if it is not, counts go out {_at(due, zone)}"
