"""Public holidays of Norway and Sweden, by zone: days on which a meeting is probably a slip.

Only to be warned about: nobody is kept from meeting. Sources: lov om 1 og 17 mai som høgtidsdager and
helligdagsfredloven § 2 in Norway, lag (1989:253) om allmänna helgdagar in Sweden.
"""

from __future__ import annotations

from collections.abc import Iterator
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
