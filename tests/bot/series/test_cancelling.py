"""Cancelled: one meeting, or all; also where one group has held what another has before it."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from bot.happenings import Order
from bot.series import changes, moving, pausing, undoing
from bot.series.moving import To
from bot.series.overview import view
from flows.events import Closed
from storage import tables as t
from tests.bot.a_series import (
    NOW,
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
    sessions,
    until,
    works,
)


def test_a_cancelled_meeting_does_not_open_and_can_get_a_new_date(database):
    made(database)
    do(database, changes.cancel, 1)
    assert works(database).take_due(OPENS) == 0
    assert {row.phase for row in sessions(database, 1)} == {"cancelled"}
    assert keys(announced(database)) == ["series.cancelled"] * 2
    with refused("is cancelled already"):
        do(database, changes.cancel, 1)
    do(database, moving.move, 1, on("2026-10-22"))
    assert works(database).take_due(datetime(2026, 10, 22, 7, 0, tzinfo=UTC)) == 2


def test_a_session_that_was_cancelled_by_mistake_is_on_again_quietly_until_that_has_been_told(database):
    made(database)
    for sent, told in ((False, " Nobody had been told."), (True, "")):
        do(database, changes.cancel, 2)
        if sent:
            with database.write() as connection:
                connection.execute(
                    update(t.outbox).where(t.outbox.c.status == "queued").values(status="sent")
                )
        assert looking(database, undoing.undoable)
        words = do(database, undoing.undo).told
        assert words == (f"Session 2 is on Tuesday 2026-11-03 at 09:00 again.{told}",)
        assert meetings(database)[1].status == "confirmed"
        assert all(row.wake_at == row.starts_at for row in sessions(database, 2))
    assert [(each, row.status) for each, row in zip(keys(announced(database)), announced(database), strict=True)] == [
        *[("series.cancelled", "dropped")] * 2, *[("series.cancelled", "sent")] * 2,
        *[("counter.told.undone", "queued")] * 2,
    ]  # fmt: skip
    with refused("there is nothing to undo"):
        do(database, undoing.undo)
    do(database, until("2026-10-12"))
    assert do(database, undoing.undo).told[0].startswith("North goes on.")
    opened(database)
    do(database, changes.cancel, 1, now=OPENS)
    assert not looking(database, undoing.undoable)


def test_cancelling_what_is_under_way_ends_it(database):
    made(database)
    opened(database)
    change = do(database, changes.cancel, 1, now=OPENS + timedelta(minutes=3))
    assert change.told == ("Session 1 is ended.",)
    assert {row.phase for row in sessions(database, 1)} == {"finished"}
    assert meetings(database)[0].status == "held"


def test_a_cancelled_series_is_over(database):
    made(database)
    opened(database)
    do(database, changes.cancel, now=OPENS + timedelta(minutes=3))
    assert {row.phase for row in sessions(database, 1)} == {"finished"}
    assert {row.phase for row in (*sessions(database, 2), *sessions(database, 3))} == {"cancelled"}
    assert keys(announced(database)) == ["series.ended"] * 2
    for act in (pausing.pause, pausing.resume, changes.confirm, changes.cancel):
        with refused("Plan a new series instead"):
            do(database, act)


# -- one group has held a meeting that another still holds, or has before it


def one_has_held_it(database):
    """Group 2 has a date of its own, two days later; group 1 has held meeting 1."""
    made(database)
    do(database, moving.move, 1, To(date(2026, 10, 22), None, None, "Group 2"))
    works(database).take_due(OPENS)
    ended(database)
    assert meetings(database)[0].status == "held"


def ended(database):
    """Group 1 is done with meeting 1."""
    first = next(row.id for row in sessions(database, 1) if row.name == "Group 1")
    works(database).take([Order(f"done:{first}", first, Closed())], OPENS)


def test_what_a_group_has_before_it_is_cancelled_with_the_series(database):
    """It was left out, since the meeting counted as held, and opened in a cancelled series."""
    one_has_held_it(database)
    do(database, changes.cancel, now=OPENS + timedelta(hours=2))
    assert [row.phase for row in sessions(database, 1)] == ["finished", "cancelled"]
    assert meetings(database)[0].status == "held"
    assert works(database).take_due(OPENS + timedelta(days=2)) == 0


def test_a_held_meeting_is_cancelled_for_the_group_that_has_it_before_it(database):
    one_has_held_it(database)
    change = do(database, changes.cancel, 1, now=OPENS + timedelta(hours=2))
    assert change.told == ("Session 1 is cancelled for Group 2. Give it a new date by moving it.",)
    assert keys(announced(database)[-1:]) == ["series.cancelled"]
    with refused("Session 1 is held already"):
        do(database, changes.cancel, 1, now=OPENS + timedelta(hours=2))


def test_a_group_still_at_it_is_ended_though_another_has_held_the_meeting(database):
    made(database)
    opened(database)
    ended(database)
    assert do(database, changes.cancel, 1, now=OPENS).told == ("Session 1 is ended.",)
    assert {row.phase for row in sessions(database, 1)} == {"finished"}


def test_a_meeting_is_held_by_the_group_that_had_begun_though_the_others_have_moved(database):
    """Story: the rest was cancelled, and the meeting was to come for ever: managers' recap waited for it."""
    made(database)
    do(database, moving.start, 1, "1")
    works(database).take_due(NOW)
    do(database, moving.move, 1, on("2026-10-27"))
    do(database, changes.cancel, 1)
    assert {row.phase for row in sessions(database, 1)} == {"finished", "cancelled"}
    assert meetings(database)[0].status == "held"


def test_each_group_is_told_of_its_own_date_that_is_cancelled(database):
    made(database)
    do(database, moving.move, 1, To(date(2026, 10, 22), None, None, "Group 2"))
    do(database, changes.cancel, 1)
    told = [row.body for row in announced(database) if "series.cancelled" in row.body]
    assert ["2026-10-20" in told[0], "2026-10-22" in told[1], len(told)] == [True, True, 2]


def test_a_pause_does_not_lose_the_date_of_a_group_that_comes_later(database):
    one_has_held_it(database)
    do(database, pausing.pause, now=OPENS + timedelta(hours=2))
    do(database, pausing.resume, now=OPENS + timedelta(hours=3))
    second = sessions(database, 1)[1]
    assert second.wake_at == second.starts_at
    assert looking(database, view, now=OPENS + timedelta(hours=3)).next.number == 1


def test_a_series_is_not_finished_while_a_group_has_a_session_before_it(database):
    one_has_held_it(database)
    for number in (2, 3):
        do(database, changes.cancel, number, now=OPENS)
    assert looking(database, view, now=OPENS).status == "running"
    works(database).take_due(OPENS + timedelta(days=2))
    do(database, changes.cancel, 1, now=OPENS + timedelta(days=2))
    assert looking(database, view, now=OPENS + timedelta(days=2)).status == "finished"
