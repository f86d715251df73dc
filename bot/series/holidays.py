"""Days on which a meeting is probably a slip: public holidays of Norway and Sweden, by zone, the days around them,
and those on which an organisation is closed.

Only to be pointed out: nobody is kept from meeting. Sources: lov om 1 og 17 mai som høgtidsdager and
helligdagsfredloven § 2 in Norway, lag (1989:253) om allmänna helgdagar in Sweden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from dateutil.easter import easter

NORWAY, SWEDEN = "Europe/Oslo", "Europe/Stockholm"
#: Days after Easter Sunday.
_BY_EASTER = {
    NORWAY: {
        -3: "Maundy Thursday",
        -2: "Good Friday",
        1: "Easter Monday",
        39: "Ascension Day",
        50: "Whit Monday",
    },
    SWEDEN: {-2: "Good Friday", 1: "Easter Monday", 39: "Ascension Day"},
}
_FIXED = {
    NORWAY: {(1, 1): "New Year's Day", (5, 1): "Labour Day", (5, 17): "Constitution Day",
             (12, 25): "Christmas Day", (12, 26): "the second day of Christmas"},
    SWEDEN: {(1, 1): "New Year's Day", (1, 6): "Epiphany", (5, 1): "Labour Day", (6, 6): "the National Day",
             (12, 25): "Christmas Day", (12, 26): "the second day of Christmas"},
}  # fmt: skip


#: Days that are no holidays, and on which few people work, or not for long.
_EVES = {(12, 24): "Christmas Eve", (12, 31): "New Year's Eve"}
_BETWEEN = {(12, day): "between Christmas and New Year" for day in (27, 28, 29, 30)}


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
    """Why few people work on a day that is no holiday: what it is the eve of, or what it lies between."""
    if zone not in _FIXED:
        return None
    named = {**_EVES, **_BETWEEN}.get((day.month, day.day))
    if named is None and zone == SWEDEN and day.month == 6 and day.weekday() == 4 and 19 <= day.day <= 25:
        named = "Midsummer Eve"
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    if named is None and (holiday(after, zone) in ("Maundy Thursday", "Good Friday")):
        named = "the day before Easter"
    if (
        named is None
        and _free(before, zone)
        and _free(after, zone)
        and (holiday(before, zone) or holiday(after, zone))
    ):
        named = "between a holiday and a weekend"
    return named


def _free(day: date, zone: str) -> bool:
    return day.weekday() >= 5 or holiday(day, zone) is not None


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
    fixed = {date(year, month, day): name for (month, day), name in _FIXED.get(zone, {}).items()}
    moving = {easter(year) + timedelta(days=n): name for n, name in _BY_EASTER.get(zone, {}).items()}
    return moving | fixed  # 17 May can be Whit Monday too, and is called after what it is every year
