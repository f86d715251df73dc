"""A series that stands still, until somebody says so or until a day."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from bot.api.acts import about
from bot.series import changes, moving, pausing, undoing
from bot.series.office import Office
from bot.series.overview import needs
from storage import tables as t
from tests.bot.a_series import (
    AFTER,
    BEFORE,
    LATER,
    OPENS,
    announced,
    do,
    keys,
    looking,
    made,
    meetings,
    on,
    opened,
    refused,
    rows,
    sessions,
    until,
    works,
)
from tests.flows.catalogues import catalogue


def test_a_paused_series_opens_nothing_and_goes_on_where_it_was(database):
    made(database)
    do(database, pausing.pause)
    assert works(database).take_due(OPENS) == 0
    do(database, moving.move, 2, on("2026-11-05"))
    assert sessions(database, 2)[0].wake_at is None
    change = do(database, pausing.resume)
    assert change.told == ("North goes on. Next: Tuesday 2026-10-20 at 09:00.",)
    assert all(row.wake_at == row.starts_at for row in sessions(database))
    assert keys(announced(database)) == ["series.paused"] * 2 + ["series.moved"] * 2 + ["series.resumed"] * 2


def test_pausing_twice_is_said_once(database):
    made(database)
    do(database, pausing.pause)
    do(database, pausing.pause)
    assert len(announced(database)) == 2


def test_what_should_have_opened_meanwhile_is_named(database):
    made(database)
    do(database, pausing.pause)
    told = do(database, pausing.resume, now=OPENS + timedelta(days=1)).told
    assert any("Session 1 should have opened while the series was paused" in line for line in told)


def test_a_pause_with_a_date_goes_on_by_itself_and_names_what_falls_in_it(database):
    made(database)
    change = do(database, until("2026-11-10"))
    assert change.told == (
        "North is paused. It goes on by itself on Tuesday 2026-11-10.",
        "Session 1, Tuesday 2026-10-20 at 09:00, falls in the pause and is not held then. Give it a new date.",
        "Session 2, Tuesday 2026-11-03 at 09:00, falls in the pause and is not held then. Give it a new date.",
    )
    assert [row.body.count("series.falls") for row in announced(database)] == [2, 2]
    assert about(rows(database, t.audit)[-1].object) == ("north", None), (
        "other programs are told of no session"
    )
    say = catalogue("en").say
    assert (
        "Session 2, Tuesday 3 November at 09:00, falls in the pause and is not held then. Give it a new date."
        in (looking(database, lambda office: list(needs(office, say))))
    )
    with database.write() as connection:
        connection.execute(update(t.outbox).values(status="sent"))
    eight = datetime(2026, 11, 10, 7, tzinfo=UTC)
    assert pausing.look(works(database), eight - timedelta(seconds=1)) == 0
    assert works(database).take_due(eight) == 0
    assert [pausing.look(works(database), eight) for _ in range(2)] == [1, 0]
    (series,) = rows(database, t.series)
    assert (series.status, series.paused_until) == ("planned", None)
    assert keys(announced(database)) == ["series.paused-until"] * 2 + ["series.resumed"] * 2
    works(database).take_due(eight)
    assert [row.status for row in meetings(database)] == ["missed", "missed", "confirmed"]
    asked = [row for row in rows(database, t.outbox) if "series.late-missed" in row.body]
    assert asked == []  # nobody runs this one; who does is asked for a date, as after a stop
    assert sessions(database, 3)[0].wake_at == datetime(2026, 11, 17, 8, tzinfo=UTC)


def test_a_pause_that_nobody_has_heard_of_yet_ends_as_quietly(database):
    made(database)
    do(database, until("2026-10-26"))
    do(database, until("2026-11-10"))
    assert do(database, pausing.resume).told == ("North goes on. Next: Tuesday 2026-10-20 at 09:00.",)
    assert {(row.status, row.reason) for row in announced(database)} == {("dropped", "undone")}
    assert keys(announced(database)) == ["series.paused-until"] * 4


def test_a_pause_ends_in_time_for_a_session_that_is_earlier_than_the_office(database):
    made(database, at="06:30")
    do(database, until(AFTER))
    early = sessions(database, 2)[0].starts_at
    assert pausing.look(works(database), early - timedelta(minutes=3)) == 0
    assert pausing.look(works(database), early - timedelta(minutes=2)) == 1
    assert works(database).take_due(early) == 2, "the second opens on time"
    assert {row.phase for row in sessions(database, 1)} == {"missed"}
    assert {row.phase for row in sessions(database, 2)} == {"lobby"}


def test_a_pause_ends_in_time_for_a_session_that_begins_with_the_office_and_not_for_one_that_is_cancelled(
    database,
):
    """Story: looked at once a minute, one at eight began late; and a cancelled one had all told in the night."""
    made(database, on=[BEFORE, AFTER], at="08:00")
    made(database, on=[BEFORE, AFTER], at="03:00", name="Night")
    do(database, until(AFTER))
    do(database, until(AFTER), called="night")
    do(database, changes.cancel, 2, called="night")
    eight = sessions(database, 2)[0].starts_at
    assert pausing.look(works(database), eight - timedelta(minutes=2, seconds=1)) == 0
    assert [pausing.look(works(database), eight + at) for at in (timedelta(minutes=-2), timedelta())] == [
        1,
        1,
    ]


def test_what_people_were_told_is_not_held_does_not_open_by_itself_when_the_pause_ends(database):
    """Story: with days to answer in, it was late by less than half of them, and opened on the next day."""
    made(database, pace="async", window="5", form="plenum", coordinator=["Siri Vik"])
    do(database, until("2026-10-21"))
    morning = datetime(2026, 10, 21, 6, tzinfo=UTC)
    assert pausing.look(works(database), morning) == 1
    assert works(database).take_due(morning) == 0
    assert {row.phase for row in sessions(database, 1)} == {"missed"}, "everyone's too"
    assert [row.status for row in meetings(database)] == ["missed", "confirmed", "confirmed"]
    asked = [row for row in rows(database, t.outbox) if "series.late-missed" in row.body]
    assert len(asked) == 1
    do(database, moving.move, 1, on("2026-10-22"), now=morning)
    assert {row.phase for row in sessions(database, 1)} == {"planned"}


def test_what_falls_in_a_pause_moves_over_it_where_that_is_asked_for_and_can_be_taken_back(database):
    made(database)
    told = do(database, until("2026-10-26", over=True)).told
    assert told[0] == "North is paused. It goes on by itself on Monday 2026-10-26."
    assert told[1].endswith("from Tuesday 2026-10-20 at 09:00 to Tuesday 2026-10-27 at 09:00.")
    assert [f"{row.local_date}" for row in meetings(database)] == ["2026-10-27", "2026-11-10", "2026-11-24"]
    assert keys(announced(database)) == ["series.moved"] * 2 + ["series.paused-until"] * 2
    do(database, moving.undo)
    assert [f"{row.local_date}" for row in meetings(database)] == [BEFORE, AFTER, LATER]
    assert {row.wake_at for row in sessions(database)} == {None}, "the pause is not taken back"
    pausing.look(works(database), datetime(2026, 10, 26, 7, tzinfo=UTC))
    assert [row.wake_at == row.starts_at for row in sessions(database, 2)] == [True] * 2


def test_an_end_on_a_day_when_few_people_work_is_pointed_out_and_stands(database):
    """Story: it goes on at eight on that day, whatever day it is, and nobody had been told."""
    made(database)
    for day, what in (("2026-12-25", "Christmas Day"), ("2026-10-11", "a Sunday")):
        told = do(database, until(day)).told
        assert told[1] == f"Mind: {day} is {what}. The series goes on then all the same."
        assert f"{rows(database, t.series)[0].paused_until}" == day
    assert "Mind" not in "".join(do(database, until("2026-10-12")).told)


def test_another_end_of_a_pause_is_told_and_so_is_none(database):
    made(database)
    with refused("cannot end on 2026-10-01. Choose a date after today"):
        do(database, until("2026-10-01"))
    for day in ("2026-10-12", "2026-10-12", "2026-10-19"):
        do(database, until(day))
    do(database, pausing.pause)
    assert keys(announced(database)) == ["series.paused-until"] * 4 + ["series.paused"] * 2
    assert pausing.look(works(database), OPENS) == 0


def test_undo_of_another_end_is_the_end_before_told_to_those_who_heard_and_then_the_pause_goes(database):
    """Story: a coordinator took another end back, and the series went on at once."""
    made(database)
    do(database, until("2026-10-12"))
    with database.write() as connection:
        connection.execute(update(t.outbox).values(status="sent"))
    do(database, until("2026-10-15"))
    assert do(database, undoing.undo).told == ("North is paused. It goes on by itself on Monday 2026-10-12.",)
    assert [row.status for row in announced(database)] == ["sent"] * 2 + ["dropped"] * 2
    do(database, until("2026-10-15"))
    with database.write() as connection:
        connection.execute(update(t.outbox).values(status="sent"))
    do(database, undoing.undo)
    assert [row.status for row in announced(database)][-2:] == ["queued"] * 2
    assert f"{rows(database, t.series)[0].paused_until}" == "2026-10-12"


def test_a_pause_that_ends_while_somebody_ends_it_is_over_once(database):
    """Story: both had seen it paused, and the groups were told twice that it goes on."""
    made(database)
    do(database, until("2026-10-12"))
    with database.write() as connection:
        connection.execute(update(t.outbox).values(status="sent"))
    ends = datetime(2026, 10, 12, 6, tzinfo=UTC)
    stale = looking(database, lambda office: office.series)
    assert pausing.look(works(database), ends) == 1
    with database.write() as connection:
        pausing.resume(Office(connection, stale, "test", ends))
    assert keys(announced(database)) == ["series.paused-until"] * 2 + ["series.resumed"] * 2


def test_sessions_under_way_go_on_by_themselves_when_a_pause_ends(database):
    made(database)
    opened(database)
    do(database, until("2026-10-22"), now=OPENS + timedelta(minutes=2))
    assert {row.phase for row in sessions(database, 1)} == {"paused"}
    assert keys(announced(database)) == ["series.paused-until"] * 2, "the engine does not know until when"
    assert pausing.look(works(database), OPENS + timedelta(days=2)) == 1
    assert {row.phase for row in sessions(database, 1)} == {"running"}


def test_a_tentative_meeting_waits_for_nothing_after_a_pause_either(database):
    made(database, tentative=True)
    do(database, pausing.pause)
    do(database, pausing.resume)
    assert {row.wake_at for row in sessions(database)} == {None}


def test_sessions_under_way_stand_still_and_go_on(database):
    made(database)
    opened(database)
    do(database, pausing.pause, now=OPENS + timedelta(minutes=2))
    assert {row.phase for row in sessions(database, 1)} == {"paused"}
    assert announced(database) == []  # the engine has said it in their own threads
    do(database, pausing.resume, now=OPENS + timedelta(minutes=9))
    assert {row.phase for row in sessions(database, 1)} == {"running"}
