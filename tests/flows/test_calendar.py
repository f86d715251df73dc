"""Local time, working hours and rules for dates; the clock changes are those of 2026 and 2027."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import rules
from flows.calendar import (
    AskAbout,
    LocalMoment,
    NoSuchTime,
    NoWorkingTime,
    Opening,
    TwoSuchTimes,
    UnknownZone,
    WorkingDays,
    local_moment,
    moved,
    opening,
    resolve,
    zone_named,
)
from flows.rules import Rule, UnreadableRule, dates_by_rule, parse_rule

calm = settings(deadline=None)  # a busy machine is not a fault in the code
OSLO, HOWE = "Europe/Oslo", "Australia/Lord_Howe"  # Lord Howe changes by half an hour
ZONES = st.sampled_from([OSLO, HOWE, "America/St_Johns", "Pacific/Apia", "UTC"])
CLOCKS = st.times().map(lambda clock: clock.replace(fold=0))
INSTANTS = st.datetimes(datetime(2011, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def at(text: str) -> datetime:
    """An instant written without its zone, which is UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moment(text: str, zone: str = OSLO, fold: int | None = None) -> LocalMoment:
    day, clock = text.split()
    return LocalMoment(date.fromisoformat(day), time.fromisoformat(clock), zone, fold)


def test_the_same_local_time_is_another_instant_after_the_clock_change() -> None:
    """The workshops in the Swedish source: both at nine, one on each side of 31 October 2021."""
    assert resolve(moment("2021-10-28 09:00", "Europe/Stockholm")) == at("2021-10-28 07:00")
    assert resolve(moment("2021-12-02 09:00", "Europe/Stockholm")) == at("2021-12-02 08:00")


@pytest.mark.parametrize(
    ("before", "after", "hours"),
    [("2026-03-28", "2026-03-30", 47), ("2026-10-24", "2026-10-26", 49), ("2027-03-27", "2027-03-29", 47)],
)
def test_a_meeting_moved_over_a_clock_change_keeps_its_local_time(
    before: str, after: str, hours: int
) -> None:
    planned = moment(f"{before} 09:00")
    new = moved(planned, to_date=date.fromisoformat(after))
    assert (new.at, new.zone) == (time(9), OSLO)
    assert resolve(new) - resolve(planned) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "zone", "around", "apart"),
    [
        ("2026-03-29 02:30", OSLO, (time(1, 30), time(3, 30)), 60),
        ("2027-03-28 02:00", OSLO, (time(1), time(3)), 60),
        ("2026-10-04 02:15", HOWE, (time(1, 45), time(2, 45)), 30),
    ],
)
def test_a_time_that_does_not_exist_is_asked_about(
    text: str, zone: str, around: tuple[time, time], apart: int
) -> None:
    for fold in (None, 0, 1):
        with pytest.raises(
            NoSuchTime, match=rf"{text[11:]} on {text[:10]} .* in {zone}.*Choose another"
        ) as asked:
            resolve(moment(text, zone, fold))
        assert tuple(choice.at for choice in asked.value.choices) == around
        assert asked.value.candidates == (asked.value.before, asked.value.after)
        assert asked.value.after - asked.value.before == timedelta(minutes=apart)


@pytest.mark.parametrize(
    ("text", "zone", "first", "second"),
    [
        ("2026-10-25 02:30", OSLO, "2026-10-25 00:30", "2026-10-25 01:30"),
        ("2026-04-05 01:45", HOWE, "2026-04-04 14:45", "2026-04-04 15:15"),
    ],
)
def test_a_time_that_comes_twice_is_asked_about_until_a_fold_is_given(
    text: str, zone: str, first: str, second: str
) -> None:
    with pytest.raises(
        TwoSuchTimes, match=rf"{text[11:]} on {text[:10]} comes twice in {zone}.*fold 0.*fold 1"
    ) as asked:
        resolve(moment(text, zone))
    assert (asked.value.first, asked.value.second) == asked.value.candidates == (at(first), at(second))
    assert asked.value.choices == (moment(text, zone, 0), moment(text, zone, 1))
    assert tuple(map(resolve, asked.value.choices)) == asked.value.candidates


def test_the_edges_of_a_clock_change_are_ordinary_times() -> None:
    for text in ("2026-03-29 01:59", "2026-03-29 03:00", "2026-10-25 01:59", "2026-10-25 03:00"):
        assert local_moment(resolve(moment(text)), OSLO) == moment(text)


def test_a_question_survives_being_sent_to_another_process() -> None:
    with pytest.raises(AskAbout) as asked:
        resolve(moment("2026-10-25 02:30"))
    copy = pickle.loads(pickle.dumps(asked.value))
    assert (str(copy), copy.choices) == (str(asked.value), asked.value.choices)


@calm
@given(instant=INSTANTS, zone=ZONES)
def test_every_instant_has_one_local_form_that_leads_back(instant: datetime, zone: str) -> None:
    local = local_moment(instant, zone)
    assert resolve(local) == instant
    assert (local.on, local.at) == ((there := instant.astimezone(ZoneInfo(zone))).date(), there.time())


@calm
@given(day=st.dates(date(2025, 1, 1), date(2028, 1, 1)), days=st.integers(-400, 400), clock=CLOCKS)
def test_moving_keeps_the_wall_clock_and_asks_only_where_there_is_doubt(
    day: date, days: int, clock: time
) -> None:
    new = moved(LocalMoment(day, clock, OSLO, 1), to_date=day + timedelta(days=days))
    assert (new.on, new.at, new.zone) == (day + timedelta(days=days), clock, OSLO)
    try:
        assert resolve(new).astimezone(ZoneInfo(OSLO)).time() == clock
    except AskAbout:
        assert (new.on.month, new.on.weekday(), clock.hour) in {(3, 6, 2), (10, 6, 2)}


def test_a_fold_is_kept_for_the_same_night_only() -> None:
    second = moment("2026-10-25 02:30", fold=1)
    assert moved(second, to_time=time(2, 45)) == moment("2026-10-25 02:45", fold=1)
    assert moved(second, to_time=time(0)) == moment("2026-10-25 00:00")
    assert moved(second, to_date=date(2026, 10, 26)).fold is None
    assert moved(second, to_date=date(2027, 10, 31)).fold is None  # twice again, but nobody was asked


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"on": datetime(2026, 9, 1, 9, tzinfo=UTC)}, "give the date alone"),
        ({"on": date(226, 9, 1)}, "check the year"),
        ({"at": time(9, tzinfo=UTC)}, "give a plain time"),
        ({"at": time(9, fold=1)}, "give a plain time"),
        ({"fold": 2}, "or left out"),
        ({"zone": "Europe/Olso"}, "Write it like Europe/Oslo"),
        ({"zone": "../etc/passwd"}, "Write it like Europe/Oslo"),
        ({"zone": ""}, "Write it like Europe/Oslo"),
    ],
)
def test_an_invalid_moment_cannot_exist(wrong: dict[str, object], remedy: str) -> None:
    right: dict[str, object] = {"on": date(2026, 9, 1), "at": time(9), "zone": OSLO}
    with pytest.raises(ValueError, match=remedy):
        LocalMoment(**right | wrong)  # type: ignore[arg-type]


def test_an_unknown_zone_is_answered_with_the_nearest() -> None:
    known = {OSLO, "Europe/Stockholm", "America/New_York"}
    for name, nearest in {
        "europe/oslo": OSLO,
        "Olso": OSLO,
        "Europa/Stokholm": "Europe/Stockholm",
        "new york": "America/New_York",
        "localtime": "",
        "+02:00": "",
    }.items():
        with pytest.raises(UnknownZone, match=nearest or "Write it like Europe/Oslo") as refused:
            zone_named(name, known)
        assert (refused.value.name, refused.value.nearest) == (name, nearest)
    assert zone_named(OSLO, known) == ZoneInfo(OSLO)


@pytest.mark.parametrize(
    ("behind", "live", "within_two_days"),
    [
        (timedelta(seconds=-1), "early", "early"),
        (timedelta(0), "on time", "on time"),
        (timedelta(minutes=1), "on time", "on time"),
        (timedelta(minutes=1, seconds=1), "late", "late"),
        (timedelta(minutes=20), "late", "late"),
        (timedelta(minutes=20, seconds=1), "missed", "late"),
        (timedelta(days=1), "missed", "late"),
        (timedelta(days=1, seconds=1), "missed", "missed"),
    ],
)
def test_a_round_opens_within_its_grace(behind: timedelta, live: Opening, within_two_days: Opening) -> None:
    due = at("2026-09-01 07:00")
    assert opening(due, due + behind, "live") == live
    assert opening(due, due + behind, "async", window=timedelta(days=2)) == within_two_days
    assert opening(due, due + behind, "live", grace=timedelta(days=1)) == within_two_days


def test_what_names_no_instant_is_refused() -> None:
    naive = datetime(2026, 9, 1, 9)  # noqa: DTZ001
    for call in (
        lambda: opening(naive, at("2026-09-01 07:00"), "live"),
        lambda: WorkingDays(OSLO).next_open(naive),
    ):
        with pytest.raises(ValueError, match="names no instant"):
            call()
    with pytest.raises(ValueError, match="pass `window` or `grace`"):
        opening(at("2026-09-01 07:00"), at("2026-09-01 07:30"), "async")


# Cairo and Tehran change their clocks at midnight, on working days too; the odd hours are there to meet them.
HOURS = [
    (time(8), time(16)),
    (time(0, 15), time(0, 45)),
    (time(0, 30), time(23, 30)),
    (time(23, 15), time(23, 45)),
]
DAYS = st.builds(
    lambda zone, hours, closed: WorkingDays(zone, hours[0], hours[1], closed),
    ZONES | st.sampled_from(["Africa/Cairo", "Asia/Tehran"]),
    st.sampled_from(HOURS),
    st.frozensets(st.dates(date(2011, 1, 1), date(2028, 1, 1)), max_size=5),
)


def is_working(days: WorkingDays, instant: datetime) -> bool:
    """Working hours as a person reads them off the wall, without asking the code under test."""
    local = instant.astimezone(ZoneInfo(days.zone))
    weekday = local.weekday() < 5 and local.date() not in days.closed
    return weekday and days.opens <= local.time() < days.closes


# Easter 2026 as the coordinator blocks it: Maundy Thursday to Easter Monday; summer time began on 29 March.
EASTER = WorkingDays(OSLO, closed=frozenset(date(2026, 4, day) for day in (2, 3, 6)))


@pytest.mark.parametrize(
    ("now", "post"),
    [
        ("2026-03-26 12:00", "2026-03-26 12:00"),  # Thursday, 13:00 in Oslo
        ("2026-03-26 06:59", "2026-03-26 07:00"),
        ("2026-03-26 15:00", "2026-03-27 07:00"),  # at closing time the day is over
        ("2026-03-27 15:01", "2026-03-30 06:00"),  # over the weekend, and into summer time
        ("2026-04-01 14:30", "2026-04-07 06:00"),  # over Easter
    ],
)
def test_nothing_is_posted_in_quiet_hours(now: str, post: str) -> None:
    assert EASTER.next_open(at(now)) == at(post)


def test_a_window_of_five_working_days_over_easter() -> None:
    start = at("2026-03-31 08:00")  # Tuesday 10:00
    end = EASTER.window_end(start, 5)
    assert end == at("2026-04-09 14:00")  # Tuesday, Wednesday, Tuesday, Wednesday, Thursday 16:00
    assert EASTER.share(start, end, 0) == start
    assert EASTER.share(start, end, 0.5) == at("2026-04-07 11:00")  # of 38 hours: 6, 8, and 5 until 13:00
    assert EASTER.share(start, end, 1) == end
    assert EASTER.one_working_day_before(end) == at("2026-04-09 06:00")
    assert EASTER.window_end(at("2026-04-01 14:00"), 1) == at("2026-04-07 14:00")  # nothing left of Wednesday


@pytest.mark.parametrize(
    ("instant", "before"),
    [
        ("2026-03-30 10:00", "2026-03-27 11:00"),  # Monday 12:00: Friday 12:00, over the clock change
        ("2026-03-29 10:00", "2026-03-27 07:00"),  # Sunday: all of Friday
        ("2026-03-30 05:00", "2026-03-27 07:00"),  # Monday before it opens: the same
        ("2026-04-07 06:00", "2026-04-01 06:00"),  # the first opening after Easter
    ],
)
def test_one_working_day_before(instant: str, before: str) -> None:
    assert EASTER.one_working_day_before(at(instant)) == at(before)


def test_a_share_that_ends_with_a_day_begins_the_next() -> None:
    start, end = at("2026-03-31 06:00"), at("2026-04-01 14:00")  # two whole days
    assert EASTER.share(start, end, 0.5) == at("2026-04-01 06:00")
    assert EASTER.share(start, at("2026-04-01 06:00"), 1) == at("2026-03-31 14:00")


@pytest.mark.parametrize(
    ("day", "opens", "closes", "hours"),
    [
        # Cairo goes from 00:00 to 01:00 on 24 April, and from 24:00 back to 23:00 on 29 October.
        ("2026-04-24", time(0, 15), time(2), (at("2026-04-23 22:15"), at("2026-04-23 23:00"))),
        ("2026-04-24", time(0, 15), time(0, 45), None),
        ("2026-10-29", time(8), time(23, 30), (at("2026-10-29 05:00"), at("2026-10-29 20:30"))),
        ("2026-10-29", time(23, 15), time(23, 45), None),
    ],
)
def test_a_clock_change_in_an_opening_or_closing_time_makes_the_day_narrower(
    day: str, opens: time, closes: time, hours: tuple[datetime, datetime] | None
) -> None:
    assert WorkingDays("Africa/Cairo", opens, closes).hours(date.fromisoformat(day)) == hours


def test_working_hours_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="turn them around"):
        WorkingDays(OSLO, opens=time(16), closes=time(16))
    with pytest.raises(ValueError, match="the zone stands beside"):
        WorkingDays(OSLO, opens=time(8, tzinfo=UTC))
    with pytest.raises(ValueError, match="give one or more"):
        EASTER.window_end(at("2026-03-31 08:00"), 0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        EASTER.share(at("2026-03-31 08:00"), at("2026-04-09 14:00"), 1.1)
    with pytest.raises(NoWorkingTime, match="end on a later day"):
        EASTER.share(at("2026-04-02 08:00"), at("2026-04-06 20:00"), 0.5)


@calm
@given(days=DAYS, one=INSTANTS, other=INSTANTS)
def test_the_next_opening_is_in_open_hours_and_none_is_passed_over(
    days: WorkingDays, one: datetime, other: datetime
) -> None:
    found = days.next_open(one)
    assert is_working(days, found)
    assert one <= found == days.next_open(found)
    if days.opens == time(8):  # an opening that a clock change falls in may come late
        assert found == one or not is_working(days, found - timedelta(microseconds=1))
    assert days.next_open(min(one, other)) <= days.next_open(max(one, other))


@calm
@given(days=DAYS, start=INSTANTS, n=st.integers(1, 10), parts=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_the_shares_of_a_window_lie_in_open_hours_and_in_order(
    days: WorkingDays, start: datetime, n: int, parts: tuple[float, float]
) -> None:
    end = days.window_end(start, n)
    assert start < end < days.window_end(start, n + 1)
    assert is_working(days, end - timedelta(microseconds=1))
    low, high = (days.share(start, end, part) for part in sorted(parts))
    assert start <= low <= high <= end
    assert all(point == end or is_working(days, point) for point in (low, high))


@calm
@given(days=DAYS, one=INSTANTS, other=INSTANTS)
def test_one_working_day_before_is_open_earlier_and_keeps_order(
    days: WorkingDays, one: datetime, other: datetime
) -> None:
    early, late = (days.one_working_day_before(instant) for instant in sorted((one, other)))
    assert is_working(days, early)
    assert early <= late
    assert early < min(one, other)


START = date(2026, 9, 2)  # a Wednesday
SECOND_TUESDAY = Rule(weekday=1, every=2, count=6, at=time(9), start=START)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("every second tuesday 09:00, six times", SECOND_TUESDAY),
        ("Every other Tuesday at 9, 6 times", SECOND_TUESDAY),
        ("6 meetings, every 2nd week on tuesdays at 09.00", SECOND_TUESDAY),
        ("hver andre tirsdag 09:00, seks ganger", SECOND_TUESDAY),
        ("annenhver tirsdag kl 9, 6 møter", SECOND_TUESDAY),
        ("kvar andre tysdag kl. 09.00, 6 gonger", SECOND_TUESDAY),
        ("annankvar tysdag klokka 9, seks gonger.", SECOND_TUESDAY),
        ("varannan tisdag 09:00, 6 ga\u030anger", SECOND_TUESDAY),  # å as two characters
        ("every tuesday 9:00 3 times", Rule(1, 1, 3, time(9), START)),
        ("every 3 weeks on friday 08:30, 4 times", Rule(4, 3, 4, time(8, 30), START)),
        ("hver 3. uke på fredag 08.30, fire ganger", Rule(4, 3, 4, time(8, 30), START)),
        ("var 3:e fredag klockan 08:30, fyra gånger", Rule(4, 3, 4, time(8, 30), START)),
        ("laurdagar 23:59 to gonger", Rule(5, 1, 2, time(23, 59), START)),
        ("søndager 10:00, 2 gonger frå 2026-10-01", Rule(6, 1, 2, time(10), date(2026, 10, 1))),
    ],
)
def test_a_rule_is_read_in_four_languages(text: str, rule: Rule) -> None:
    assert parse_rule(text, start=START) == rule


@pytest.mark.parametrize(
    ("text", "unknown", "missing", "reason"),
    [
        ("every blue tuesday", ("blue",), ("start", "count", "at"), ""),
        ("tuesday and thursday 09:00, 3 times", ("and", "thursday"), ("start",), ""),
        ("every tuesday at 2 pm, 3 times from 2026-09-01", ("pm",), (), ""),
        ("every tuesday 09:00-11:00, 3 times from 2026-09-01", ("09:00-11:00",), ("at",), ""),
        ("every first tuesday of the month 9:00 3 times", ("first", "of", "month"), ("start",), ""),
        ("every tuesday 25:00, 3 times from 2026-09-01", (), (), "25:00 is not a time of day"),
        (
            "every tuesday 09:00, 500 times from 2026-09-01",
            (),
            (),
            "500 times is not a series; give 1 to 104",
        ),
        (
            "every 60 weeks tuesday 9:00 2 times from 2026-09-01",
            (),
            (),
            "every 60 weeks cannot be kept; give 1 to 52",
        ),
        ("every tuesday 09:00, 3 times from 2026-02-30", (), (), "day is out of range for month"),
        ("", (), ("start", "count", "at", "weekday"), ""),
    ],
)
def test_what_cannot_be_read_is_told_word_by_word(
    text: str, unknown: tuple[str, ...], missing: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(UnreadableRule) as refused:
        parse_rule(text)
    told = refused.value
    assert (told.unknown, told.missing, told.reason) == (unknown, missing, reason)
    assert all(word in str(told) for word in (text, *unknown, reason, told.example))
    assert parse_rule(told.example, start=START) == SECOND_TUESDAY


def test_the_message_gives_what_was_understood_and_an_example_in_its_language() -> None:
    with pytest.raises(UnreadableRule) as refused:
        parse_rule("kvar blå onsdag", start=START)
    assert str(refused.value) == (
        "The rule 'kvar blå onsdag' cannot be read. Understood: how often (kvar), the weekday (onsdag). "
        "Not understood: 'blå'. Missing: how many times, the time of day. "
        "Write it like 'kvar andre tysdag 09:00, seks gonger'."
    )


def test_no_word_of_the_grammar_means_two_things() -> None:
    texts = (
        *rules.NUMBERS,
        *rules.ORDINALS,
        rules.EVERY,
        rules.EVERY_OTHER,
        rules.TIMES,
        rules.CLOCK,
        rules.FROM,
    )
    words = [word for text in (*texts, rules.FILLERS) for word in text.split()] + list(rules.weekday_names())
    assert sorted(words) == sorted(set(words))
    for language in ("en", "nb", "nn", "sv"):
        for day, name in Locale.parse(language).days["format"]["wide"].items():
            assert rules.weekday_names()[name.casefold()] == day


def test_the_first_date_is_the_first_such_weekday_and_not_a_step_later() -> None:
    assert dates_by_rule(SECOND_TUESDAY)[:2] == (date(2026, 9, 8), date(2026, 9, 22))


@calm
@given(
    weekday=st.integers(0, 6), every=st.integers(1, 52), count=st.integers(1, 104),
    start=st.dates(date(2020, 1, 1), date(2060, 1, 1)),
)  # fmt: skip
def test_dates_by_rule_keep_their_weekday_and_their_step(
    weekday: int, every: int, count: int, start: date
) -> None:
    dates = dates_by_rule(Rule(weekday, every, count, time(9), start))
    assert len(dates) == count
    assert dates[0] - start in [timedelta(days=n) for n in range(7)]
    assert dates[0].weekday() == weekday
    assert {later - day for day, later in pairwise(dates)} <= {timedelta(weeks=every)}


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"weekday": 7}, "it is 0"),
        ({"every": 0}, "give 1 to 52"),
        ({"count": 0}, "give 1 to 104"),
        ({"at": time(9, tzinfo=UTC)}, "belongs to the series"),
        ({"start": date.min}, "check the year"),
    ],
)
def test_an_invalid_rule_cannot_exist(wrong: dict[str, object], remedy: str) -> None:
    right: dict[str, object] = {"weekday": 1, "every": 1, "count": 1, "at": time(9), "start": START}
    with pytest.raises(ValueError, match=remedy):
        Rule(**right | wrong)  # type: ignore[arg-type]
