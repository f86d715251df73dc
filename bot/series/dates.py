"""When the rounds of a programme are held: from dates, or a rule for dates, to local moments.

A local time that does not exist, or exists twice, is asked about and never guessed at (`WhichTime`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.series.holidays import Closed, around, holiday
from bot.series.problems import SeriesProblem, WhichTime
from flows.calendar import SATURDAY, AskAbout, LocalMoment, local_moment, resolve, zone_named
from flows.forms import Sentence, When
from flows.programme import Form
from flows.rules import dates_by_rule, parse_rule

#: «first» and «second», where a local time comes twice.
FOLDS = {"first": 0, "second": 1}


@dataclass(frozen=True, slots=True)
class Sitting:
    """A round of a programme on its date. `at` is the same moment in UTC."""

    number: int
    moment: LocalMoment
    at: datetime


def whens(
    on: tuple[When, ...], at: time | None, rule: str | None, start: date | None, today: date
) -> list[When]:
    """The dates asked for, earliest first, each with its time. Raises UnreadableRule."""
    if rule:
        read = parse_rule(rule, start=start or today)
        return [When(day, read.at) for day in dates_by_rule(read)]
    first_of_day: dict[date, None] = {}
    found = []
    for when in on:
        # A date that is named again is the next round of the same day, whose time follows from the first.
        follows = when.on in first_of_day and when.at is None
        found.append(When(when.on, None if follows else when.at or at))
        first_of_day[when.on] = None
    return sorted(found, key=lambda when: when.on)


def sittings(asked: list[When], rounds: int, form: Form, zone: str, fold: int | None) -> list[Sitting]:
    """One sitting for each round, as far as the dates go. Raises WhichTime.

    A form with breaks is held on one day: a single date is then the date of all rounds. A round that follows
    another on the same day begins when that one and its break are over.
    """
    if form.breaks and len(asked) == 1:
        asked = asked + [When(asked[0].on)] * (rounds - 1)
    found: list[Sitting] = []
    for number, when in enumerate(asked[:rounds], 1):
        if when.at is None:
            before = found[-1]
            found.append(_following(number, before, form))
        else:
            found.append(sitting(number, LocalMoment(when.on, when.at, zone, fold)))
    return sorted_by_time(found)


def sitting(number: int, moment: LocalMoment) -> Sitting:
    """A sitting at a local moment; raises WhichTime. The fold is kept only where it means something."""
    try:
        at = resolve(moment)
    except AskAbout as asked:
        raise WhichTime(number, asked) from asked
    return Sitting(number, local_moment(at, moment.zone), at)


def _following(number: int, before: Sitting, form: Form) -> Sitting:
    at = before.at + timedelta(minutes=form.minutes + form.pause_after(before.number))
    return Sitting(number, local_moment(at, before.moment.zone), at)


def sorted_by_time(found: list[Sitting]) -> list[Sitting]:
    """Rounds are held in their order, whatever the order in which dates were named."""
    in_order = sorted(found, key=lambda each: each.at)
    return [Sitting(number, each.moment, each.at) for number, each in enumerate(in_order, 1)]


def refuse_past(number: int, at: datetime, now: datetime, zone: str) -> None:
    """Raises SeriesProblem for a meeting that would already have begun. `zone` is what it is told in."""
    if at <= now:
        local = local_moment(at, zone)
        words = f"Session {number}: {local.on} at {local.at:%H:%M} has passed. Choose a later date or time."
        raise SeriesProblem(Sentence(words, "passed", number=number, at=at))


# -- what a coordinator should know of dates


def closed_day(day: date, zone: str, closed: Iterable[Closed] = ()) -> str | None:
    """Why few people work on a day: a public holiday, a weekend, a day around them, or the organisation's own."""
    if any(each.first <= day <= each.last for each in closed):
        return "a day on which the organisation is closed"
    if name := holiday(day, zone):
        return name
    return f"a {day:%A}" if day.weekday() >= SATURDAY else around(day, zone)


def clock_changes(first: date, last: date, zone: str) -> Iterator[tuple[date, timedelta]]:
    """Days after one and up to another on which the clock is put forward (more than zero) or back (less)."""
    day = first
    while day < last:
        before, day = day, day + timedelta(days=1)
        if changed := _offset(day, zone) - _offset(before, zone):
            yield day, changed


def _offset(day: date, zone: str) -> timedelta:
    """How far from UTC the clock is at noon: clocks are put forward and back in the morning."""
    return datetime.combine(day, time(12), zone_named(zone)).utcoffset() or timedelta(0)
