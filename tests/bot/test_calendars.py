"""Calendars, as two libraries read them that know nothing of each other: icalendar, and vobject.

A calendar that already has the file is played by `Kept`: it takes an entry in by its UID, when its SEQUENCE is not
lower than that of what it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.series import changes, moving, pausing
from bot.series.moving import To
from bot.shelf import Shelf
from storage import tables as t
from storage.database import Database
from tests.bot.a_series import AFTER, NOW, do, looking, made

icalendar = pytest.importorskip("icalendar", reason="it is in the extra `documents`")
vobject = pytest.importorskip("vobject", reason="it is in requirements/test.in")

from bot.calendars.entries import listing  # noqa: E402 - after the libraries are known to be there
from bot.calendars.ics import to_ics  # noqa: E402

OSLO = ZoneInfo("Europe/Oslo")
MARK = "0123456789ab"
SHELF = Shelf()
GROUPS = ["Fjord: Kari, Amir, Liv, Jon", "Fjell: Ola, Siri, Per, Eva"]


def ics(database: Database, group: str | None = None, *, called: str = "north") -> bytes:
    def look(office: Any) -> bytes:
        circle = office.circle(group).id if group else None
        return to_ics(listing(office.connection, SHELF, office.series, circle, MARK))

    return bytes(looking(database, look, called=called))


@dataclass(frozen=True)
class Seen:
    """An entry as a library read it; times are aware."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    status: str
    summary: str


def by_icalendar(file: bytes) -> Iterator[Seen]:
    for each in icalendar.Calendar.from_ical(file).walk("VEVENT"):
        yield Seen(str(each["uid"]), int(each["sequence"]), each.decoded("dtstart"), each.decoded("dtend"),
                   str(each["status"]), str(each["summary"]))  # fmt: skip


def by_vobject(file: bytes) -> Iterator[Seen]:
    for each in vobject.readOne(file.decode()).contents.get("vevent", []):
        yield Seen(each.uid.value, int(each.sequence.value), each.dtstart.value, each.dtend.value,
                   each.status.value, each.summary.value)  # fmt: skip


def read(file: bytes) -> list[Seen]:
    """What both read, which is the same."""
    one, other = list(by_icalendar(file)), list(by_vobject(file))
    assert [(*_plain(each),) for each in one] == [(*_plain(each),) for each in other]
    return one


def _plain(seen: Seen) -> Iterator[object]:
    yield from (seen.uid, seen.sequence, seen.status, seen.summary)
    # vobject makes zones of what stands in the file alone: so the file's own zone is right, too.
    for at in (seen.start, seen.end):
        yield at.astimezone(UTC)
        yield at.replace(tzinfo=None)


@dataclass
class Kept:
    """Somebody's calendar, into which the file is read again and again."""

    database: Database
    group: str | None = None
    entries: dict[str, Seen] = field(default_factory=dict)

    def look(self) -> Kept:
        for each in read(ics(self.database, self.group)):
            known = self.entries.get(each.uid)
            if known is None or each.sequence >= known.sequence:
                assert known is None or each.sequence > known.sequence or each == known, (
                    "it changed unnoticed"
                )
                self.entries[each.uid] = each
        return self

    def on(self) -> list[tuple[str, str]]:
        """Date and time, and what it is called, of what is not struck out."""
        standing = [each for each in self.entries.values() if each.status != "CANCELLED"]
        return [
            (f"{each.start:%m-%d %H:%M}", each.summary)
            for each in sorted(standing, key=lambda each: each.start)
        ]

    def dates(self) -> list[str]:
        return [at for at, _ in self.on()]


def to(day: str, group: str | None = None, at: time | None = None) -> To:
    return To(date.fromisoformat(day), at, None, group)


# -- what stands in it


def test_each_meeting_has_an_entry_in_local_time_on_both_sides_of_a_clock_change(
    sqlite_database: Database,
) -> None:
    made(sqlite_database)
    first, second, third = read(ics(sqlite_database))
    assert (first.start, first.end) == (
        datetime(2026, 10, 20, 9, tzinfo=OSLO), datetime(2026, 10, 20, 9, 25, tzinfo=OSLO),
    )  # fmt: skip
    assert [each.start.astimezone(UTC).hour for each in (first, second, third)] == [7, 8, 8]
    assert first.summary == "North: Session 1 of 3: Where we stand"
    assert {each.status for each in (first, second, third)} == {"CONFIRMED"}


def test_the_file_is_what_the_standard_asks_for(sqlite_database: Database) -> None:
    made(sqlite_database)
    file = ics(sqlite_database)
    assert file == ics(sqlite_database), "the same series gives the same bytes"
    assert file.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(file)
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    assert [str(each["tzid"]) for each in calendar.walk("VTIMEZONE")] == ["Europe/Oslo"]
    assert calendar.decoded("refresh-interval") == timedelta(hours=1)
    for each in calendar.walk("VEVENT"):
        assert each.decoded("dtstamp") == NOW
        assert each["uid"].endswith(f"@{MARK}.runda")


def test_what_people_called_things_is_text_whatever_signs_are_in_it(sqlite_database: Database) -> None:
    called = "Nord, sør; øst\\vest: «heile» kommunen æøå " + "lang " * 20
    made(sqlite_database)
    with sqlite_database.write() as connection:
        connection.execute(update(t.series).values(title=called.strip()))
    assert read(ics(sqlite_database))[0].summary.startswith(f"{called.strip()}: Session 1")


def test_days_in_which_people_write_leave_nobody_busy(sqlite_database: Database) -> None:
    made(sqlite_database, pace="async", window_days=3)
    (first, *_) = icalendar.Calendar.from_ical(ics(sqlite_database)).walk("VEVENT")
    assert first["transp"] == "TRANSPARENT"
    assert first.decoded("dtend") - first.decoded("dtstart") >= timedelta(days=2)


# -- what happens to it


def test_a_meeting_that_moves_for_all_moves_over_a_clock_change_at_its_local_time(
    sqlite_database: Database,
) -> None:
    made(sqlite_database, on=["2026-10-24", AFTER, "2026-11-17"])
    kept = Kept(sqlite_database).look()
    do(sqlite_database, moving.move, 1, to("2026-10-26"))
    assert kept.look().dates() == ["10-26 09:00", "11-03 09:00", "11-17 09:00"]
    assert len(kept.entries) == 3
    assert min(kept.entries.values(), key=lambda each: each.start).start.astimezone(UTC).hour == 8


def test_one_groups_own_date_is_an_entry_of_its_own_and_goes_when_it_meets_with_the_others_again(
    database: Database,
) -> None:
    made(database, group=GROUPS)
    kept, fjell, fjord = Kept(database).look(), Kept(database, "Fjell").look(), Kept(database, "Fjord").look()
    do(database, moving.move, 1, to("2026-10-22", "Fjell", time(13)))
    assert kept.look().on()[:2] == [
        ("10-20 09:00", "North: Session 1 of 3: Where we stand"),
        ("10-22 13:00", "North: Fjell: Session 1 of 3: Where we stand"),
    ]
    assert fjell.look().dates() == ["10-22 13:00", "11-03 09:00", "11-17 09:00"]
    assert fjord.look().dates() == ["10-20 09:00", "11-03 09:00", "11-17 09:00"]
    do(database, moving.undo)
    for each in (kept, fjell, fjord):
        assert each.look().dates() == ["10-20 09:00", "11-03 09:00", "11-17 09:00"]
    assert (len(kept.entries), len(fjell.entries)) == (4, 3)


def test_when_every_group_has_a_date_of_its_own_nobody_waits_on_the_old_one(
    sqlite_database: Database,
) -> None:
    made(sqlite_database, group=GROUPS)
    kept = Kept(sqlite_database).look()
    do(sqlite_database, moving.move, 2, to("2026-11-04", "Fjord"))
    do(sqlite_database, moving.move, 2, to("2026-11-05", "Fjell"))
    assert kept.look().dates() == ["10-20 09:00", "11-04 09:00", "11-05 09:00", "11-17 09:00"]


def test_a_move_that_is_undone_is_undone_in_calendars_that_have_it(sqlite_database: Database) -> None:
    made(sqlite_database)
    kept = Kept(sqlite_database).look()
    before = kept.dates()
    do(sqlite_database, moving.move, 2, to("2026-11-05"))
    assert kept.look().dates() != before
    do(sqlite_database, moving.undo)
    assert kept.look().dates() == before
    assert len(kept.entries) == 3


def test_a_cancelled_meeting_stays_as_cancelled_and_is_on_again_when_it_is_moved(
    sqlite_database: Database,
) -> None:
    made(sqlite_database)
    kept = Kept(sqlite_database).look()
    do(sqlite_database, changes.cancel, 2)
    kept.look()
    assert [each.status for each in read(ics(sqlite_database))] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert kept.dates() == ["10-20 09:00", "11-17 09:00"]
    do(sqlite_database, moving.move, 2, to("2026-11-05"))
    assert kept.look().dates() == ["10-20 09:00", "11-05 09:00", "11-17 09:00"]
    do(sqlite_database, changes.cancel)
    assert kept.look().on() == []
    assert len(kept.entries) == 3


def test_tentative_dates_become_certain_and_a_pause_makes_them_uncertain_again(
    sqlite_database: Database,
) -> None:
    made(sqlite_database, tentative=True)
    kept = Kept(sqlite_database).look()
    assert {each.status for each in kept.entries.values()} == {"TENTATIVE"}
    do(sqlite_database, changes.confirm, 1)
    assert [each.status for each in kept.look().entries.values()] == ["CONFIRMED", "TENTATIVE", "TENTATIVE"]
    do(sqlite_database, changes.confirm)
    do(sqlite_database, pausing.pause)
    assert {each.status for each in kept.look().entries.values()} == {"TENTATIVE"}
    do(sqlite_database, pausing.pause, date(2026, 11, 10))
    assert kept.look().dates() == ["11-17 09:00"], "what falls in a pause is not held"
    do(sqlite_database, pausing.resume)
    assert {each.status for each in kept.look().entries.values()} == {"CONFIRMED"}


def test_a_missed_meeting_is_struck_out_and_is_on_again_when_it_is_moved(sqlite_database: Database) -> None:
    made(sqlite_database)
    kept = Kept(sqlite_database).look()
    with sqlite_database.write() as connection:
        first = t.meetings.c.number == 1
        mine = t.sessions.c.starts_at == datetime(2026, 10, 20, 7, tzinfo=UTC)
        connection.execute(update(t.meetings).where(first).values(status="missed"))
        connection.execute(update(t.sessions).where(mine).values(phase="missed", wake_at=None))
    assert kept.look().dates() == ["11-03 09:00", "11-17 09:00"]
    do(sqlite_database, moving.move, 1, to("2026-10-22"), now=datetime(2026, 10, 21, tzinfo=UTC))
    assert kept.look().dates() == ["10-22 09:00", "11-03 09:00", "11-17 09:00"]


def test_another_series_whose_name_begins_alike_changes_nothing_here(sqlite_database: Database) -> None:
    made(sqlite_database)
    made(sqlite_database, people="Nora, Nils, Tor, Anne")
    before, other = ics(sqlite_database), ics(sqlite_database, called="north-2")
    do(sqlite_database, moving.move, 1, to("2026-10-21"), called="north-2")
    assert ics(sqlite_database) == before
    assert ics(sqlite_database, called="north-2") != other
    assert {each.uid for each in read(before)}.isdisjoint(each.uid for each in read(other))
