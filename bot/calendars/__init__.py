"""Meetings in people's own calendars: as a file, or as a feed that follows the series by itself.

    entries     what there is to show of a series or of one group: when, what, and how sure it is
    ics         the same as iCalendar (RFC 5545)
    feeds       addresses that cannot be guessed, and can be taken back
    serving     the same by HTTP

An entry keeps its name (UID) whatever happens to its date, and its number (SEQUENCE) grows with every change of the
series' dates. So a calendar that has the meeting already moves it, or strikes it out.
"""
