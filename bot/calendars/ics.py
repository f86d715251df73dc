"""A listing as iCalendar (RFC 5545), which every calendar reads, and takes changes from.

Times are local with their zone, so that a meeting stays at its time where clocks change. A meeting that is
cancelled stays in the file, as cancelled: a calendar that has it strikes it out.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from bot.calendars.entries import Entry, Listing

#: Calendars that follow a feed look at it so often (RFC 7986).
REFRESH = timedelta(hours=1)
#: The zone is told of so long before the first meeting and after the last, so that it holds where one moves.
A_YEAR = timedelta(days=366)


def to_ics(listing: Listing) -> bytes:
    """The file; the same listing gives the same bytes."""
    calendar = Calendar()
    for name, value in {
        "prodid": "-//Runda//Runda//EN", "version": "2.0", "calscale": "GREGORIAN", "method": "PUBLISH",
        "name": listing.title, "x-wr-calname": listing.title,
    }.items():  # fmt: skip
        calendar.add(name, value)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in listing.entries:
        calendar.add_component(_event(entry, listing))
    if listing.entries:
        first, last = min(each.start for each in listing.entries), max(each.end for each in listing.entries)
        calendar.add_missing_timezones((first - A_YEAR).date(), (last + A_YEAR).date())
    return bytes(calendar.to_ical())


def _event(entry: Entry, listing: Listing) -> Event:
    event, zone = Event(), ZoneInfo(entry.zone)
    event.add("uid", entry.name)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", listing.changed)
    event.add("last-modified", listing.changed)
    event.add("dtstart", entry.start.astimezone(zone))
    event.add("dtend", entry.end.astimezone(zone))
    event.add("summary", _summary(entry), parameters={"language": listing.language})
    event.add("status", entry.status.upper())
    event.add("transp", "TRANSPARENT" if entry.open_days or entry.status == "cancelled" else "OPAQUE")
    return event


def _summary(entry: Entry) -> str:
    return ": ".join(filter(None, (entry.series, entry.circle, entry.title)))
