"""Days on which a meeting is probably a slip: public holidays of Norway and Sweden, by zone, the days around them,
and those on which an organisation is closed.

Only to be pointed out: nobody is kept from meeting. Public holidays, and what they are called in English, are those of
the library `holidays`. It knows the eves for Sweden alone, and no days between; those are told from what lies beside
a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

#: The country of a zone, as the library calls it.
_COUNTRIES = {"Europe/Oslo": "NO", "Europe/Stockholm": "SE"}
#: Days on which few people work, or not for long, by the public holiday that follows.
_EVES = {
    "Maundy Thursday": "the day before Easter",
    "Good Friday": "the day before Easter",
    "Midsummer Day": "Midsummer Eve",
    "Christmas Day": "Christmas Eve",
    "New Year's Day": "New Year's Eve",
}


@dataclass(frozen=True, slots=True, order=True)
class Closed:
    """Days on which an organisation is closed, both ends among them. Written as `2026-10-05..2026-10-09`."""

    first: date
    last: date

    @classmethod
    def read(cls, written: str) -> Closed:
        """Also one day alone. Raises ValueError."""
        first, _, last = written.partition("..")
        days = date.fromisoformat(first), date.fromisoformat(last or first)
        if days[0] > days[1]:
            raise ValueError(f"{written} ends before it begins")
        return cls(*days)

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


def closures(written: str | None) -> tuple[Closed, ...]:
    """As they are kept: one after the other, with a space between."""
    return tuple(Closed.read(each) for each in (written or "").split())


def around(day: date, zone: str) -> str | None:
    """Why few people work on a weekday that is no holiday: what it is the eve of, or what it lies between."""
    before, after = (holiday(day + timedelta(days=n), zone) for n in (-1, 1))
    if after in _EVES:
        return _EVES[after]
    if zone in _COUNTRIES and day.month == 12 and 27 <= day.day <= 30:
        return "between Christmas and New Year"
    # Of what is free on both sides of a weekday, one is a holiday.
    if (before or day.weekday() == 0) and (after or day.weekday() == 4):
        return "between a holiday and a weekend"
    return None


def holiday(day: date, zone: str) -> str | None:
    """The name of the public holiday of that day, where the zone is one we know."""
    return _holidays(day.year, zone).get(day)


def holidays_between(first: date, last: date, zone: str) -> Iterator[tuple[date, str]]:
    """Public holidays after one day and before another, without those in a weekend."""
    day = first + timedelta(days=1)
    while day < last:
        if day.weekday() < 5 and (name := holiday(day, zone)):
            yield day, name
        day += timedelta(days=1)


@cache
def _holidays(year: int, zone: str) -> dict[date, str]:
    if zone not in _COUNTRIES:
        return {}
    # It takes a fifth of a second to import: it has all the countries of the world.
    from holidays import country_holidays

    found = country_holidays(_COUNTRIES[zone], years=year, language="en_US", expand=False)
    return {day: name.replace("; ", " and ") for day, name in found.items()}
