"""Local time: what people mean by "Tuesday at nine", and when that is.

The rules of this module:

- A meeting is a local date, a local time and a zone. It becomes UTC only here, when it is
  computed, so a meeting that moves over a clock change keeps its place on the wall clock.
- Clocks go forward and back. A local time that never comes, or comes twice, is not guessed at:
  `resolve` raises `AskAbout` with the two moments that may be meant, ready to be chosen from.
- Working hours are half-open: at the closing time the day is over. When a clock change falls
  inside an opening or closing time nobody is asked; the narrower day is taken, because a post
  that comes a little late is a smaller fault than one in quiet hours.
- Everything that goes in or out as an instant is an aware `datetime`; out, it is always UTC.
  Naive ones are refused. There is no clock here: `now` is passed in.

What is ugly: the zone database decides, and it changes a few times a year. The same local moment
can become another instant after an upgrade, which is why instants are not what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

Pace = Literal["live", "async"]
Opening = Literal["early", "on time", "late", "missed"]

YEARS = range(1970, 2200)
"""Years a date may lie in: wide enough for any series, narrow enough to catch a slipped digit."""

PUNCTUAL = timedelta(minutes=1)
"""Up to this much behind is nobody's business; the ticker itself may be two seconds behind."""

LIVE_GRACE = timedelta(minutes=20)
"""How late a live meeting may still open: the shortest session the self-check's source allows."""

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class UnknownZone(ValueError):
    """A zone name that the zone database does not have. `nearest` may be empty."""

    def __init__(self, name: str, nearest: str = "") -> None:
        super().__init__(name, nearest)
        self.name, self.nearest = name, nearest

    def __str__(self) -> str:
        remedy = f"Did you mean {self.nearest}?" if self.nearest else "Write it like Europe/Oslo."
        return f"There is no time zone called {self.name!r}. {remedy}"


def zone_named(name: str, known: Iterable[str] = ()) -> ZoneInfo:
    """The zone with this IANA name; raise `UnknownZone` otherwise.

    `known` (e.g. `zoneinfo.available_timezones()`, read by the caller) is what to propose from,
    and, when given, all that is allowed: files such as `localtime` differ between machines.
    """
    allowed = sorted(known)
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError) as cause:
        raise UnknownZone(name, _nearest(name, allowed)) from cause
    if allowed and name not in allowed:
        raise UnknownZone(name, _nearest(name, allowed))
    return zone


def _nearest(name: str, known: list[str]) -> str:
    """The known zone most like `name`, as a whole or as its city ("Oslo")."""
    wanted = name.strip().replace(" ", "_").casefold()
    whole = {zone.casefold(): zone for zone in known}
    cities = {zone.rpartition("/")[2].casefold(): zone for zone in known}
    for names, cutoff in ((whole, 1.0), (cities, 1.0), (whole, 0.7), (cities, 0.6)):
        if close := get_close_matches(wanted, names, n=1, cutoff=cutoff):
            return names[close[0]]
    return ""


@dataclass(frozen=True, slots=True)
class LocalMoment:
    """A place on the wall clock of a zone. `fold` answers "which of the two?": 0 first, 1 second."""

    on: date
    at: time
    zone: str
    fold: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.on, datetime):
            raise ValueError(f"{self.on!r} is a date with a time; give the date alone, and the time as `at`")
        plausible(self.on)
        if self.at.tzinfo is not None or self.at.fold:
            raise ValueError(f"{self.at!r} carries a zone or a fold; give a plain time, and those beside it")
        if self.fold not in (None, 0, 1):
            raise ValueError(f"fold is {self.fold!r}; it is 0 (the first), 1 (the second) or left out")
        zone_named(self.zone)

    def __str__(self) -> str:
        return f"{self.on} {self.at:%H:%M} {self.zone}"


def plausible(day: date) -> date:
    """The day itself, if its year lies in `YEARS`; raise ValueError otherwise."""
    if day.year not in YEARS:
        raise ValueError(f"{day} lies outside {YEARS[0]}-{YEARS[-1]}; check the year")
    return day


class AskAbout(ValueError):
    """A local time that only a person can settle.

    `candidates` are the two instants (UTC, earlier first); `choices` the same two as local
    moments that `resolve` accepts, so that an answer can be stored as it stands.
    """

    def __init__(self, moment: LocalMoment, earlier: datetime, later: datetime) -> None:
        super().__init__(moment, earlier, later)
        self.moment = moment
        self.candidates = (earlier, later)
        self.choices = (local_moment(earlier, moment.zone), local_moment(later, moment.zone))


class NoSuchTime(AskAbout):
    """The clock jumps over this time. `before` and `after` (UTC) lie as far to each side of it."""

    def __init__(self, moment: LocalMoment, before: datetime, after: datetime) -> None:
        super().__init__(moment, before, after)
        self.before, self.after = before, after

    def __str__(self) -> str:
        before, after = self.choices
        return (
            f"{self.moment.at:%H:%M} on {self.moment.on} does not exist in {self.moment.zone}: the clock is "
            f"put forward past it. Choose another time, such as {before.at:%H:%M} or {after.at:%H:%M}."
        )


class TwoSuchTimes(AskAbout):
    """The clock comes to this time, is put back, and comes to it again: `first`, `second` (UTC)."""

    def __init__(self, moment: LocalMoment, first: datetime, second: datetime) -> None:
        super().__init__(moment, first, second)
        self.first, self.second = first, second

    def __str__(self) -> str:
        return (
            f"{self.moment.at:%H:%M} on {self.moment.on} comes twice in {self.moment.zone}: the clock is put "
            f"back that day. Say whether the first ({self.first:%H:%M} UTC, fold 0) or the second "
            f"({self.second:%H:%M} UTC, fold 1) is meant, or choose another time."
        )


def resolve(moment: LocalMoment) -> datetime:
    """The instant (UTC) of a local moment; raise `NoSuchTime` or `TwoSuchTimes` if it must be asked about.

    A fold settles a time that comes twice. It does not make a time exist that does not.
    """
    first, second = _readings(moment.on, moment.at, moment.zone)
    if first > second:
        raise NoSuchTime(moment, before=second, after=first)
    if first < second and moment.fold is None:
        raise TwoSuchTimes(moment, first, second)
    return second if moment.fold == 1 else first


def _readings(on: date, at: time, zone: str) -> tuple[datetime, datetime]:
    """The instants of both folds: equal for a plain time, rising for one that comes twice, and
    falling for one that does not exist (PEP 495: fold 0 is read by the offset before the change)."""
    wall = datetime.combine(on, at, ZoneInfo(zone))
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def local_moment(instant: datetime, zone: str) -> LocalMoment:
    """The other way: how an instant reads on the wall clock, with a fold only where one is needed."""
    local = utc(instant).astimezone(zone_named(zone))
    at = local.time().replace(fold=0)
    first, second = _readings(local.date(), at, zone)
    return LocalMoment(local.date(), at, zone, local.fold if first < second else None)


def moved(moment: LocalMoment, *, to_date: date | None = None, to_time: time | None = None) -> LocalMoment:
    """The same zone and, unless given, the same local time or date.

    A fold is kept only for another doubtful time in the same night; on any other date the answer
    was never given, so it is dropped, and `resolve` asks if there is something to ask about.
    """
    target = replace(moment, on=to_date or moment.on, at=moment.at if to_time is None else to_time, fold=None)
    first, second = _readings(target.on, target.at, target.zone)
    return replace(target, fold=moment.fold) if target.on == moment.on and first < second else target


def utc(instant: datetime) -> datetime:
    """An aware datetime as UTC; raise ValueError for a naive one, which names no instant."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no zone, so it names no instant; pass an aware datetime")
    return instant.astimezone(UTC)


def opening(
    scheduled: datetime,
    now: datetime,
    pace: Pace,
    window: timedelta | None = None,
    grace: timedelta | None = None,
) -> Opening:
    """Whether what was scheduled may open now.

    Within the grace (live: 20 minutes, async: half the window, unless `grace` says otherwise) it
    opens, "late" once it is more than a minute behind; after the grace it is "missed" and must not.
    """
    behind = utc(now) - utc(scheduled)
    if behind < timedelta(0):
        return "early"
    if behind <= PUNCTUAL:
        return "on time"
    return "late" if behind <= _grace(pace, window, grace) else "missed"


def _grace(pace: Pace, window: timedelta | None, grace: timedelta | None) -> timedelta:
    if grace is not None:
        return grace
    if pace == "live":
        return LIVE_GRACE
    if window is None:
        raise ValueError("an async round has no grace without its window; pass `window` or `grace`")
    return window / 2


class NoWorkingTime(ValueError):
    """Nothing is open between two instants, so there is no point in between to choose."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """When posts may go out at the async pace: Monday to Friday, `opens` to `closes` local time,
    except on the dates in `closed` (public holidays and what the coordinator has blocked)."""

    zone: str
    opens: time = time(8)
    closes: time = time(16)
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("`opens` and `closes` are plain local times; the zone stands beside them")
        if self.opens >= self.closes:
            raise ValueError(f"the day opens at {self.opens} and closes at {self.closes}; turn them around")

    def hours(self, day: date) -> tuple[datetime, datetime] | None:
        """When this local day opens and closes (UTC), or None if it stays closed."""
        if day.weekday() >= SATURDAY or day in self.closed:
            return None
        opening_ = max(_readings(day, self.opens, self.zone))
        closing = min(_readings(day, self.closes, self.zone))
        return (opening_, closing) if opening_ < closing else None

    def next_open(self, instant: datetime) -> datetime:
        """This instant if it is in open hours, otherwise the next opening (UTC)."""
        return next(self._stretches(instant))[0]

    def window_end(self, start: datetime, days: int) -> datetime:
        """The closing time (UTC) of working day number `days`, where the first is the start's own
        local day if anything is left of it, otherwise the next one that opens."""
        if days < 1:
            raise ValueError(f"a window of {days} working days has no end; give one or more")
        stretches = self._stretches(start)
        for _ in range(days - 1):
            next(stretches)
        return next(stretches)[1]

    def share(self, start: datetime, end: datetime, fraction: float) -> datetime:
        """The point (UTC) where `fraction` (0 to 1) of the open time between two instants has gone.

        In open hours always; only the whole (1) gives a closing time, or `end` if that comes first.
        Raise `NoWorkingTime` if nothing is open in between.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"{fraction} is not a share; give a number from 0 to 1")
        stretches = list(self._between(start, end))
        if not stretches:
            raise NoWorkingTime(f"no working hours from {start} to {end}; let the window end on a later day")
        left = sum((closes - opens for opens, closes in stretches), timedelta(0)) * fraction
        for opens, closes in stretches:
            if opens + left < closes:
                return opens + left
            left -= closes - opens
        return stretches[-1][1]

    def one_working_day_before(self, instant: datetime) -> datetime:
        """The point in open hours (UTC) that leaves one working day until `instant`.

        In open hours that is the same time on the working day before. At closing time, or when
        nothing is open, it is the opening of the last day: Friday 16:00 gives Friday 08:00.
        """
        instant = utc(instant)
        days = self._days(instant.astimezone(ZoneInfo(self.zone)).date(), -ONE_DAY)
        last = next(hours for hours in days if hours[0] <= instant)
        if instant >= last[1]:
            return last[0]
        return self.next_open(next(days)[0] + (instant - last[0]))

    def _days(self, day: date, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
        """The hours of each working day from `day` on, forwards or backwards; without end."""
        while True:
            if hours := self.hours(day):
                yield hours
            day += step

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is open from `start` on: the rest of its own day first, then whole days."""
        start = utc(start)
        for opens, closes in self._days(start.astimezone(ZoneInfo(self.zone)).date(), ONE_DAY):
            if start < closes:
                yield max(start, opens), closes

    def _between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        end = utc(end)
        for opens, closes in self._stretches(start):
            if opens >= end:
                return
            yield opens, min(closes, end)
