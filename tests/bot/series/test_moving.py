"""Another date: of a meeting, of all that follow, of one group; and now."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import update

from bot.series import changes, members, moving, pausing, undoing
from bot.series.deciding import foreseen
from bot.series.moving import To
from bot.series.office import Office, open_office
from bot.series.problems import WhichTime
from flows import state as states
from storage import tables as t
from tests.bot.a_series import (
    AFTER,
    BEFORE,
    LATER,
    NOW,
    OPENS,
    PEOPLE,
    announced,
    do,
    keys,
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


def test_a_meeting_moved_over_the_clock_change_opens_at_its_local_time_and_once(database):
    made(database, on=["2026-10-24", AFTER, "2026-11-17"])
    assert sessions(database, 1)[0].starts_at == datetime(2026, 10, 24, 7, 0, tzinfo=UTC)
    change = do(database, moving.move, 1, on("2026-10-26"))
    assert change.told == (
        "Session 1 moves from Saturday 2026-10-24 at 09:00 to Monday 2026-10-26 at 09:00.",
    )
    nine = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
    assert {row.starts_at for row in sessions(database, 1)} == {nine}
    assert works(database).take_due(nine - timedelta(seconds=1)) == 0
    assert works(database).take_due(nine) == 2
    assert works(database).take_due(nine) == 0
    assert {row.phase for row in sessions(database, 1)} == {"lobby"}


def test_the_groups_are_told_where_they_are_once_each(database):
    made(database, form="plenum")
    do(database, moving.move, 2, on("2026-11-05"))
    told = announced(database)
    assert keys(told) == ["series.moved", "series.moved"]
    channels = {row.id: row.channel for row in rows(database, t.places)}
    assert [channels[row.place_id] for row in told] == ["north-1", "north-2"]


def test_nobody_is_told_that_a_tentative_date_is_another(database):
    made(database, tentative=True)
    do(database, moving.move, 2, on("2026-11-05"))
    assert announced(database) == []
    assert meetings(database)[1].local_date == date(2026, 11, 5)
    assert sessions(database, 2)[0].wake_at is None


def test_a_time_that_does_not_exist_or_comes_twice_moves_nothing(database):
    made(database)
    for day, twice in (("2027-03-28", False), ("2026-10-25", True)):
        with pytest.raises(WhichTime) as told:
            do(database, moving.move, 1, To(date.fromisoformat(day), time(2, 30)))
        assert told.value.twice is twice
    assert meetings(database)[0].local_date == date(2026, 10, 20)
    assert announced(database) == []


def test_saying_which_settles_a_time_that_comes_twice(database):
    made(database)
    do(database, moving.move, 1, To(date(2026, 10, 25), time(2, 30), "second"))
    assert sessions(database, 1)[0].starts_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert (meetings(database)[0].local_time, meetings(database)[0].fold) == (time(2, 30), 1)


def test_one_group_can_have_a_date_of_its_own(database):
    made(database, group=["Fjord: Kari, Amir, Liv, Jon", "Fjell: Ola, Siri, Per, Eva"])
    change = do(database, moving.move, 1, To(date(2026, 10, 22), time(13), None, "fjell"))
    assert change.told[0].startswith("Session 1 for Fjell moves")
    assert [row.starts_at.day for row in sessions(database, 1)] == [20, 22]
    assert meetings(database)[0].local_date == date(2026, 10, 20)
    assert keys(announced(database)) == ["counter.told.moved-alone"], "others may share its place"
    # When the meeting moves, a group with a date of its own keeps it.
    do(database, moving.move, 1, on("2026-10-21"))
    assert [row.starts_at.day for row in sessions(database, 1)] == [21, 22]
    do(database, moving.move, 1, To(date(2026, 10, 26), None, None, "2"))
    assert sessions(database, 1)[1].starts_at == datetime(2026, 10, 26, 12, 0, tzinfo=UTC)


def test_undo_before_the_message_has_gone_out_says_nothing_to_anybody(database):
    made(database)
    do(database, moving.move, 2, on("2026-11-05"))
    change = do(database, moving.undo)
    assert change.told == (
        "Session 2 is on Tuesday 2026-11-03 at 09:00 again. Nobody had been told of the other date.",
    )
    assert {row.starts_at for row in sessions(database, 2)} == {datetime(2026, 11, 3, 8, 0, tzinfo=UTC)}
    assert {(row.status, row.reason) for row in announced(database)} == {("dropped", "undone")}
    with refused("is no move"):
        do(database, moving.undo)


def test_undo_after_the_message_has_gone_out_is_announced(database):
    made(database)
    do(database, moving.move, 2, on("2026-11-05"))
    with database.write() as connection:
        connection.execute(update(t.outbox).values(status="sent"))
    change = do(database, moving.undo)
    assert change.told == ("Session 2 is on Tuesday 2026-11-03 at 09:00 again.",)
    assert [row.status for row in announced(database)] == ["sent", "sent", "queued", "queued"]


def test_what_follows_moves_along_is_told_once_and_undone_as_one(database):
    made(database)
    over = To(date(2026, 11, 10), following=True)
    with database.write() as connection:
        seen = foreseen(
            open_office(connection, "Runda", "north", "test", NOW),
            lambda office: moving.move(office, 2, over),
        )
    assert seen.heard == ("Group 1", "Group 2")
    assert [row.local_date.isoformat() for row in meetings(database)] == [BEFORE, AFTER, LATER]
    assert do(database, moving.move, 2, over).told == seen.told
    assert [row.local_date.isoformat() for row in meetings(database)] == [BEFORE, "2026-11-10", "2026-11-24"]
    assert {row.starts_at for row in sessions(database, 3)} == {datetime(2026, 11, 24, 8, 0, tzinfo=UTC)}
    assert [row.body.count("series.moved") for row in announced(database)] == [2, 2]
    assert len(do(database, moving.undo).told) == 2
    assert [row.local_date.isoformat() for row in meetings(database)] == [BEFORE, AFTER, LATER]
    assert {row.status for row in announced(database)} == {"dropped"}
    with refused("is no move"):
        do(database, moving.undo)


def test_groups_that_share_a_channel_are_told_of_a_move_once_also_where_one_has_a_date_of_its_own(database):
    made(database)
    with database.write() as connection:
        connection.execute(update(t.circles).where(t.circles.c.kind == "group").values(home_id=1))
    do(database, moving.move, 3, To(date(2026, 11, 18), group="Group 1"))
    do(database, moving.move, 2, To(date(2026, 11, 10), following=True))
    assert [row.body.count("moved") for row in announced(database)] == [1, 2]


def test_of_two_who_move_a_meeting_at_once_the_second_moves_it_from_where_the_first_has_put_it(
    postgres_database, monkeypatch
):
    """Story: the log, and so undo, had the date before both."""
    made(postgres_database)
    locked, earlier = Office.sessions, [on("2026-11-04")]

    def somebody_first(office, *args, **more):
        if earlier:
            do(postgres_database, moving.move, 2, earlier.pop())
        return locked(office, *args, **more)

    monkeypatch.setattr(Office, "sessions", somebody_first)
    (told,) = do(postgres_database, moving.move, 2, on("2026-11-05")).told
    assert told.startswith("Session 2 moves from Wednesday 2026-11-04")
    do(postgres_database, undoing.undo)
    assert f"{meetings(postgres_database)[1].local_date}" == "2026-11-04"


def test_of_two_who_give_a_round_its_first_date_at_once_the_second_moves_it(postgres_database, monkeypatch):
    """Story: the second one's command fell over, since there was a session with that number."""
    made(postgres_database, on=[BEFORE, AFTER])
    read, earlier = Office.meetings, [on("2026-11-20")]

    def somebody_meanwhile(office):
        found = read(office)
        if earlier:
            do(postgres_database, moving.move, 3, earlier.pop())
        return found

    monkeypatch.setattr(Office, "meetings", somebody_meanwhile)
    told = do(postgres_database, moving.move, 3, on("2026-11-24")).told
    assert told[0].startswith("Session 3 moves from Friday 2026-11-20")
    assert [f"{row.local_date}" for row in meetings(postgres_database)] == [BEFORE, AFTER, "2026-11-24"]


def test_undo_of_one_groups_move_leaves_the_others_alone(database):
    made(database)
    do(database, moving.move, 1, To(date(2026, 10, 22), None, None, "Group 2"))
    do(database, moving.undo)
    assert [(row.starts_at.day, row.own_date) for row in sessions(database, 1)] == [(20, False), (20, False)]
    assert meetings(database)[0].status == "confirmed"


def test_undo_is_for_the_last_change_and_only_while_it_can_be(database):
    made(database)
    with refused("is no move"):
        do(database, moving.undo)
    do(database, moving.move, 1, on("2026-10-21"))
    do(database, pausing.pause)
    with refused("is no move"):
        do(database, moving.undo)
    do(database, changes.cancel, 2)
    do(database, moving.move, 2, on("2026-11-05"))
    with refused("was cancelled before"):
        do(database, moving.undo)
    do(database, moving.move, 1, on("2026-10-23"))
    with refused("has passed"):
        do(database, moving.undo, now=datetime(2026, 10, 22, tzinfo=UTC))


@pytest.mark.parametrize(
    ("number", "day", "words"),
    [
        (1, "2026-09-30", "has passed. Choose a later"),
        (1, BEFORE, "is on Tuesday 2026-10-20 at 09:00 already"),
        (4, "2026-11-05", "has no session 4. There is: 1, 2, 3"),
    ],
)
def test_a_move_that_cannot_be_is_refused(sqlite_database, number, day, words):
    made(sqlite_database)
    with refused(words):
        do(sqlite_database, moving.move, number, on(day))
    assert [row.act for row in rows(sqlite_database, t.audit)] == ["series created"]


def test_what_has_begun_is_not_moved_but_a_group_that_has_not_can_be(database):
    made(database)
    do(database, moving.move, 1, To(date(2026, 10, 22), None, None, "Group 2"))
    opened(database)
    with refused("has begun for Group 1"):
        do(database, moving.move, 1, on("2026-10-23"), now=OPENS)
    do(database, moving.move, 1, To(date(2026, 10, 23), None, None, "Group 2"), now=OPENS)
    assert [row.starts_at.day for row in sessions(database, 1)] == [20, 23]
    assert meetings(database)[0].status == "open"


def test_a_move_of_those_who_have_not_begun_can_be_undone_though_another_group_has(database):
    """Story: what fell in a pause moved over it, and could not go back, because one group had started before."""
    made(database)
    do(database, moving.start, 1, "1")
    works(database).take_due(NOW)
    do(database, until("2026-10-26", over=True))
    do(database, undoing.undo)
    assert [f"{row.local_date}" for row in meetings(database)] == [BEFORE, AFTER, LATER]
    begun, waits = sessions(database, 1)
    assert (begun.phase, begun.starts_at) == ("paused", NOW)
    assert (waits.phase, waits.starts_at) == ("planned", OPENS)


def test_a_missed_meeting_is_on_again_when_it_gets_a_new_date(database):
    made(database)
    late = OPENS + timedelta(hours=2)
    works(database).take_due(late)
    assert (sessions(database, 1)[0].phase, meetings(database)[0].status) == ("missed", "missed")
    do(database, moving.move, 1, on("2026-10-26"), now=late)
    nine = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
    assert meetings(database)[0].status == "confirmed"
    assert works(database).take_due(nine) == 2
    assert {row.phase for row in sessions(database, 1)} == {"lobby"}


def test_a_round_without_a_date_gets_one_at_the_time_of_the_one_before(database):
    made(database, on=[BEFORE, AFTER], form="plenum")
    change = do(database, moving.move, 3, on("2026-11-21"))
    assert change.told == ("Session 3 is on Saturday 2026-11-21 at 09:00.", "Mind: 2026-11-21 is a Saturday.")
    assert [row.kind for row in sessions(database, 3)] == ["group", "group", "everyone"]
    assert {row.wake_at for row in sessions(database, 3)} == {datetime(2026, 11, 21, 8, 0, tzinfo=UTC)}


def test_a_move_that_turns_the_order_around_is_told(database):
    made(database)
    assert "Mind: session 1 is now after session 2." in do(database, moving.move, 1, on("2026-11-05")).told


def test_start_now_opens_whatever_the_date_was(database):
    made(database, tentative=True)
    now = datetime(2026, 10, 5, 11, 7, 31, tzinfo=UTC)
    do(database, moving.start, 2, now=now)
    assert works(database).take_due(now) == 2
    assert {row.phase for row in sessions(database, 2)} == {"lobby"}
    state = states.load(sessions(database, 2)[0].state)
    assert (state.setting.number, state.setting.late) == (2, 0)
    assert (meetings(database)[1].local_date, meetings(database)[1].local_time) == (
        date(2026, 10, 5),
        time(13, 7),
    )


def test_nothing_is_started_while_the_series_is_paused(sqlite_database):
    made(sqlite_database)
    do(sqlite_database, pausing.pause)
    with refused("is paused. Let it go on first"):
        do(sqlite_database, moving.start, 1)


# -- the plenum, where groups have dates of their own


def setting(database, name):
    return next(states.load(row.state).setting for row in sessions(database, 1) if row.name == name)


def test_a_group_that_starts_alone_is_not_sent_to_a_plenum_that_is_on_another_day(database):
    """It was told to go to everyone's thread, where nothing was going on."""
    made(database, form="plenum")
    do(database, moving.start, 1, "Group 1", now=OPENS - timedelta(days=1))
    works(database).take_due(OPENS - timedelta(days=1))
    assert setting(database, "Group 1").plenum is False
    works(database).take_due(OPENS)
    assert (setting(database, "Group 2").plenum, setting(database, "Everyone").groups) == (True, 1)


def test_a_group_that_everybody_has_left_is_not_waited_for(database):
    """Everyone's session waited for it until its time was out."""
    made(database, form="plenum", people=f"{PEOPLE}, Tor, Ida, Odd, Una")
    in_first = rows(database, t.memberships, t.memberships.c.circle_id == sessions(database, 1)[0].circle_id)
    names = {row.id: row.name for row in rows(database, t.people)}
    groups = sum(row.kind == "group" for row in sessions(database, 1))
    for seat in in_first:
        do(database, members.leave, names[seat.person_id])
    works(database).take_due(OPENS)
    assert setting(database, "Everyone").groups == groups - 1


def test_a_group_is_sent_to_no_plenum_that_has_been_cancelled(database):
    made(database, form="plenum")
    everyone = next(row.id for row in sessions(database, 1) if row.kind == "everyone")
    with database.write() as connection:
        gone = {"phase": "cancelled", "wake_at": None}
        connection.execute(update(t.sessions).where(t.sessions.c.id == everyone).values(**gone))
    works(database).take_due(OPENS)
    assert setting(database, "Group 1").plenum is False
