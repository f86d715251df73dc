"""Series in the database: made, moved, paused, cancelled, with people who come and go."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import update

from bot.api.acts import about
from bot.happenings import Order
from bot.series import changes, members, moving, paper, pausing, texts
from bot.series.deciding import ATTEMPTS, decide, foreseen
from bot.series.moving import To
from bot.series.office import Office, open_office
from bot.series.overview import _answered, listed, needs, view
from bot.series.problems import SeriesProblem, WhichTime
from bot.shelf import Shelf
from bot.work import Works
from flows import state as states
from flows.events import Closed, Pressed
from flows.forms import Named, NamedGroup
from storage import tables as t
from storage.unit import StaleSession
from tests.bot.a_series import (
    AFTER,
    BEFORE,
    LATER,
    NOW,
    PEOPLE,
    announced,
    do,
    keys,
    looking,
    made,
    meetings,
    rows,
    sessions,
    works,
)
from tests.flows.catalogues import catalogue

OPENS = datetime(2026, 10, 20, 7, 0, tzinfo=UTC)  # 09:00 in Oslo, before the clock is put back


@pytest.fixture
def database(sqlite_database):
    """One will do: on both, coordinators change series in `test_counter`, and houses write at once in `test_two`."""
    return sqlite_database


def refused(words):
    return pytest.raises(SeriesProblem, match=re.escape(words))


def on(day):
    return To(date.fromisoformat(day))


def opened(database, now=OPENS, *, here=True):
    """Meeting 1 is under way: it has opened, and both groups have said that they are here."""
    house = works(database)
    house.take_due(now)
    if here:
        people = {
            each.id: states.load(each.state).members[0]
            for each in sessions(database, 1)
            if each.kind == "group" and each.state
        }
        house.take(
            [Order(f"here:{key}", key, Pressed(person, "here")) for key, person in people.items()], now
        )
    return [each for each in sessions(database, 1) if each.kind == "group"]


# -- made


def test_a_series_is_made_of_circles_places_and_sessions(database):
    called = made(database, form="plenum", coordinator=["Siri Vik"], manager=["Åse"], note_taker=["Kari"])
    assert called == "north"
    channels = {row.channel: row.person_id for row in rows(database, t.places)}
    assert {name for name, person in channels.items() if person is None} == {
        "north-1",
        "north-2",
        "north-everyone",
    }
    assert {"@kari", "@siri-vik", "@ase"} <= channels.keys()
    assert [
        (row.number, row.kind, row.phase, row.wake_at == row.starts_at) for row in sessions(database, 1)
    ] == [
        (1, "group", "planned", True),
        (1, "group", "planned", True),
        (1, "everyone", "planned", True),
    ]
    roles = [row.role for row in rows(database, t.memberships)]
    assert (roles.count("participant"), roles.count("note-taker")) == (7, 1)
    assert (roles.count("coordinator"), roles.count("manager")) == (1, 1)


def test_everyone_has_no_session_where_the_form_has_no_plenum(database):
    made(database, form="short")
    assert {row.kind for row in sessions(database)} == {"group"}
    assert {row.kind for row in rows(database, t.circles)} == {"group", "everyone"}


def test_people_are_known_again_and_programmes_kept_once(database):
    assert made(database) == "north"
    assert made(database, people="Kari, Amir, Nora, Nils") == "north-2"
    names = [row.name for row in rows(database, t.people)]
    assert (names.count("Kari"), names.count("Nora")) == (1, 1)
    with database.read() as connection:
        assert len(list(connection.execute(t.contents.select()))) == 1


def test_organisations_share_neither_people_nor_series(database):
    made(database)
    assert made(database, organisation="Elsewhere") == "north-2"  # the channel north-1 is taken
    assert [row.name for row in rows(database, t.people)].count("Kari") == 2
    with database.read() as connection:
        assert [each.called for each in listed(connection, "Elsewhere", NOW)] == ["north-2"]
        with refused("There is no series called north. Did you mean north-2?"):
            open_office(connection, "Elsewhere", "north", "test", NOW)


def test_tentative_meetings_wait_for_nothing_until_they_are_confirmed(database):
    made(database, tentative=True)
    assert {row.wake_at for row in sessions(database)} == {None}
    assert works(database).take_due(OPENS) == 0
    do(database, changes.confirm, 1)
    assert [row.status for row in meetings(database)] == ["confirmed", "tentative", "tentative"]
    assert all(row.wake_at == OPENS for row in sessions(database, 1))
    do(database, changes.confirm)
    assert [row.status for row in meetings(database)] == ["confirmed"] * 3
    with refused("there is nothing to confirm"):
        do(database, changes.confirm)


def test_a_tentative_date_that_has_passed_is_not_confirmed(database):
    made(database, tentative=True)
    with refused("has passed"):
        do(database, changes.confirm, now=OPENS + timedelta(days=1))
    assert [row.status for row in meetings(database)] == ["tentative"] * 3


# -- moved


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
    do(database, changes.undo)
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


# -- paused and cancelled


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


def until(day, **more):
    return lambda office: pausing.pause(office, date.fromisoformat(day), **more)


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
    assert do(database, changes.undo).told == ("North is paused. It goes on by itself on Monday 2026-10-12.",)
    assert [row.status for row in announced(database)] == ["sent"] * 2 + ["dropped"] * 2
    do(database, until("2026-10-15"))
    with database.write() as connection:
        connection.execute(update(t.outbox).values(status="sent"))
    do(database, changes.undo)
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
        assert looking(database, changes.undoable)
        words = do(database, changes.undo).told
        assert words == (f"Session 2 is on Tuesday 2026-11-03 at 09:00 again.{told}",)
        assert meetings(database)[1].status == "confirmed"
        assert all(row.wake_at == row.starts_at for row in sessions(database, 2))
    assert [(each, row.status) for each, row in zip(keys(announced(database)), announced(database), strict=True)] == [
        *[("series.cancelled", "dropped")] * 2, *[("series.cancelled", "sent")] * 2,
        *[("counter.told.undone", "queued")] * 2,
    ]  # fmt: skip
    with refused("there is nothing to undo"):
        do(database, changes.undo)
    do(database, until("2026-10-12"))
    assert do(database, changes.undo).told[0].startswith("North goes on.")
    opened(database)
    do(database, changes.cancel, 1, now=OPENS)
    assert not looking(database, changes.undoable)


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


# -- people


def test_a_newcomer_joins_the_smallest_group_and_nobody_else_moves(database):
    made(database, people="A, B, C, D, E, F, G, H, I")
    before = {row.person_id: row.circle_id for row in rows(database, t.memberships)}
    change = do(database, members.join, "Nora")
    assert change.told == ("Nora is in Group 2. Nobody else has moved.", "Nora was not known here before.")
    after = {row.person_id: row.circle_id for row in rows(database, t.memberships)}
    assert {person: after[person] for person in before} == before
    assert len(after) == 10


def test_a_newcomer_is_known_to_what_is_under_way_and_a_leaver_is_not(database):
    made(database)
    first = opened(database)[0]
    do(database, members.join, "Nora", "Group 1", now=OPENS)
    nora = next(row.id for row in rows(database, t.people) if row.name == "Nora")
    assert nora in states.load(sessions(database, 1)[0].state).members
    do(database, members.leave, "nora", now=OPENS)
    assert states.load(sessions(database, 1)[0].state).members == states.load(first.state).members
    ended = [row for row in rows(database, t.memberships) if row.until is not None]
    assert [row.person_id for row in ended] == [nora]


def test_who_left_can_come_back(database):
    made(database)
    told = do(database, members.leave, "Kari").told
    assert "A group has only 3 people" in told[1]
    assert do(database, members.join, "Kari").told == ("Kari is in Group 2. Nobody else has moved.",)


@pytest.mark.parametrize(
    ("act", "args", "words"),
    [
        (members.join, ("kari",), "kari takes part in North already"),
        (members.join, ("Nora", "Fjord"), "There is no group called Fjord. There is: Group 1, Group 2"),
        (members.leave, ("Karl",), "no participant called Karl. Did you mean Kari"),
        (members.give_role, ("coordinator", "Siri Vik"), "Siri Vik is coordinator of North already"),
        (members.give_role, ("manager", "Åse", "Bo"), "There is no manager called Bo. There is none yet"),
        (members.give_role, ("note-taker", "Siri Vik"), "no participant called Siri Vik"),
        (members.give_role, ("note-taker", "Kari"), "Kari is note-taker already"),
        (members.take_role, ("coordinator", "Siri Vik"), "is the only coordinator. Name another"),
        (members.take_role, ("note-taker", "Amir"), "There is no note-taker called Amir. There is: Kari"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_with_people_is_refused(sqlite_database, act, args, words):
    made(sqlite_database, coordinator=["Siri Vik"], note_taker=["Kari"])
    before = rows(sqlite_database, t.memberships), rows(sqlite_database, t.people)
    with refused(words):
        do(sqlite_database, act, *args)
    assert (rows(sqlite_database, t.memberships), rows(sqlite_database, t.people)) == before


def seats(database, role):
    names = {row.id: row.name for row in rows(database, t.people)}
    return [
        names[row.person_id]
        for row in rows(database, t.memberships, t.memberships.c.until.is_(None))
        if row.role == role
    ]


def test_roles_are_handed_over_and_kept_in_the_history(database):
    made(database, coordinator=["Siri Vik"], note_taker=["Kari"])
    do(database, members.give_role, "coordinator", "Nils", "Siri Vik")
    assert seats(database, "coordinator") == ["Nils"]
    do(database, members.give_role, "manager", "Åse")
    do(database, members.take_role, "manager", "Åse")
    assert seats(database, "manager") == []
    group = next(row.circle_id for row in rows(database, t.memberships) if row.role == "note-taker")
    names = {row.id: row.name for row in rows(database, t.people)}
    other = next(
        names[row.person_id]
        for row in rows(database, t.memberships)
        if row.circle_id == group and row.role == "participant"
    )
    do(database, members.give_role, "note-taker", other)
    assert seats(database, "note-taker") == [other]
    assert len(seats(database, "participant")) == 7
    do(database, members.take_role, "note-taker", other)
    assert seats(database, "note-taker") == []
    assert [row.act for row in rows(database, t.audit)][1:] == [
        "coordinator named", "manager named", "manager no more", "note-taker named", "note-taker no more",
    ]  # fmt: skip


def test_the_audit_log_names_nobody(database):
    made(database, coordinator=["Siri Vik"])
    do(database, members.join, "Nora")
    do(database, members.leave, "Nora")
    assert not [row for row in rows(database, t.audit) if "Nora" in row.object or "Siri" in row.object]


# -- shown


def test_a_coordinator_sees_whether_answers_come_and_never_whose(database):
    made(database)
    opened(database, here=False)
    shown = looking(database, view, now=OPENS)
    assert [each.stands for each in shown.meetings[0].circles] == [
        "waits for somebody to write that they are here"
    ] * 2
    opened(database)
    first = looking(database, view, now=OPENS).meetings[0].circles[0].stands
    assert first == "question 1 of 3, waits for answers, until Tuesday 2026-10-20 at 09:25"
    assert {_answered(n) for n in (1, 3, 4)} == {"some have answered"}  # of four


def test_the_state_of_a_series_follows_its_meetings(database):
    made(database)
    assert looking(database, view).status == "planned"
    opened(database)
    assert looking(database, view, now=OPENS).status == "running"
    assert looking(database, view, now=OPENS).next.number == 2
    do(database, pausing.pause, now=OPENS)
    shown = looking(database, view, now=OPENS)
    assert (shown.status, shown.meetings[1].circles[0].stands) == ("paused", "paused")
    do(database, changes.cancel, now=OPENS)
    assert looking(database, view, now=OPENS).status == "cancelled"


def test_a_date_of_its_own_and_a_tentative_one_are_shown(database):
    made(database, tentative=True, coordinator=["Siri Vik"], note_taker=["Kari"])
    do(database, moving.move, 1, To(date(2026, 10, 22), None, None, "Group 2"))
    shown = looking(database, view)
    assert [each.stands for each in shown.meetings[0].circles] == [
        "waits for its time, which is to be confirmed",
        "waits for Thursday 2026-10-22 at 09:00, which is to be confirmed",
    ]
    assert shown.people["Coordinators"] == ["Siri Vik"]
    assert [name for names in shown.people.values() for name in names if "note-taker" in name] == [
        "Kari (note-taker)"
    ]


def test_a_list_shows_the_next_session_of_each_series(database):
    made(database)
    made(database, name="South", on=["2026-12-01"], people="A, B, C, D")
    with database.read() as connection:
        found = listed(connection, "Runda", OPENS)
    assert [(each.called, each.status, str(each.next.on)) for each in found] == [
        ("north", "planned", AFTER),
        ("south", "planned", "2026-12-01"),
    ]


# -- cut off, and in each other's way


def cut_off(*_):
    raise KeyboardInterrupt


def always_late(*_):
    raise StaleSession("another unit was first")


@pytest.mark.parametrize(("act", "args"), [(changes.cancel, ()), (members.join, ("Nora", "Group 1"))])
def test_a_change_that_is_cut_off_has_not_happened_and_can_be_made_again(database, monkeypatch, act, args):
    """Orders were given after the commit: a cancelled series ran on, and a newcomer's words were dropped."""
    made(database)
    opened(database)
    before = rows(database, t.series), sessions(database), rows(database, t.memberships)
    with monkeypatch.context() as patch:
        patch.setattr(Works, "settle", cut_off)
        with pytest.raises(KeyboardInterrupt):
            do(database, act, *args, now=OPENS)
    assert (rows(database, t.series), sessions(database), rows(database, t.memberships)) == before
    do(database, act, *args, now=OPENS)
    told = [states.load(row.state) for row in sessions(database, 1) if row.kind == "group"]
    assert (
        {each.phase for each in told} == {"finished"} if act is changes.cancel else len(told[0].members) == 5
    )


def test_a_change_that_meets_another_unit_is_made_anew(database, monkeypatch):
    made(database)
    opened(database)
    settle, met = Works.settle, []

    def busy(works, connection, orders, now):
        met.append(len(orders))
        if len(met) < ATTEMPTS:
            raise StaleSession("another unit was first")
        return settle(works, connection, orders, now)

    monkeypatch.setattr(Works, "settle", busy)
    do(database, pausing.pause, now=OPENS)
    assert met == [2] * ATTEMPTS
    assert [row.act for row in rows(database, t.audit)].count("series paused") == 1
    monkeypatch.setattr(Works, "settle", always_late)
    with pytest.raises(StaleSession):
        do(database, pausing.resume, now=OPENS)
    assert rows(database, t.series)[0].status == "paused"


def test_a_faulty_session_does_not_keep_the_others_from_being_told(database):
    made(database)
    first = opened(database)[0]
    with database.write() as connection:
        connection.execute(update(t.sessions).where(t.sessions.c.id == first.id).values(state='{"phase":1}'))
    done = decide(works(database), "Runda", "north", "test", changes.cancel, OPENS)
    assert done.outcomes == ("parked", "applied")
    assert [row.phase for row in sessions(database, 1)] == [first.phase, "finished"]
    assert [row.key for row in rows(database, t.parked)] == [f"order:{done.change.orders[0].key}"]
    assert rows(database, t.series)[0].status == "cancelled"


# -- late


def test_a_group_that_comes_late_is_in_what_has_not_begun(database):
    made(database)
    opened(database)
    late = NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"), Named("Knut")))
    told = do(database, members.add_group, late, Named("Else"), now=OPENS).told
    assert told[0] == "Elv takes part from session 2 on."
    mine = [row for row in sessions(database) if row.name == "Elv"]
    theirs = [row for row in sessions(database) if row.name == "Group 1" and row.number > 1]
    assert [(row.number, row.starts_at, row.wake_at) for row in mine] == [
        (row.number, row.starts_at, row.wake_at) for row in theirs
    ]
    seats = rows(database, t.memberships, t.memberships.c.circle_id == mine[0].circle_id)
    assert sorted(row.role for row in seats) == ["note-taker", "participant", "participant", "participant"]
    assert works(database).take_due(mine[0].starts_at) >= 2
    assert {row.phase for row in sessions(database, 2) if row.name == "Elv"} == {"lobby"}
    for again, words in (
        (late, "a group called Elv already"),
        (NamedGroup("Sjø", (Named("Kari"),)), "takes part in"),
    ):
        with refused(words):
            do(database, members.add_group, again, now=OPENS)


def test_where_people_are_from_is_kept_for_those_who_shall_meet_somebody_from_elsewhere(database):
    group = ["Nord: Kari (Fjord), Amir (Fjell), Liv, Jon", "Sør: Ola (Fjord), Siri, Per, Eva"]
    made(database, programme="exchange", form="workshop", group=group)
    told = do(database, members.come_from, " FJELL", ["Siri", "Per"]).told
    assert told == ("From FJELL: Siri, Per.",)
    do(database, members.come_from, " ", ["Per"])
    do(database, members.join, "Ida (Elv)", "Sør")
    opened(database)
    everyone = next(row for row in sessions(database, 1) if row.kind == "everyone")
    names = {row.id: row.name for row in rows(database, t.people)}
    by_unit: dict[int, list[str]] = {}
    for seat in states.load(everyone.state).setting.seats:
        by_unit.setdefault(seat.unit, []).extend(names[person] for person in seat.people)
    assert sorted(by_unit.values()) == [
        ["Amir", "Siri"],
        ["Ida"],
        ["Kari", "Ola"],
        ["Liv", "Jon"],
        ["Per", "Eva"],
    ]
    assert [row.name for row in rows(database, t.units)] == ["Fjord", "Fjell", "Elv"]
    with refused("no participant called Knut"):
        do(database, members.come_from, "Fjord", ["Knut"])


def test_groups_of_leaders_are_known_to_the_plenum_that_shows_them_beside_the_others(database):
    group = ["Top: Kari, Amir, Liv, Jon", "Nord: Ola, Siri, Per, Eva"]
    made(database, programme="culture", form="gathering", group=group)
    assert do(database, members.lead, Shelf(), ["Nord"]).told[0].startswith("Leaders sit in Nord.")
    do(database, members.lead, Shelf(), ["top"])
    opened(database)
    everyone = next(row for row in sessions(database, 1) if row.kind == "everyone")
    seats = states.load(everyone.state).setting.seats
    assert [seat.leaders for seat in seats] == [True, False]
    assert "Top (leaders)" in looking(database, view).people
    assert do(database, members.lead, Shelf(), []).told == ("No group is the leaders'.",)
    with refused("no group called Fjord"):
        do(database, members.lead, Shelf(), ["Fjord"])


def test_a_programme_without_a_gap_needs_no_leaders(database):
    made(database)
    with refused("nothing of leaders beside the others"):
        do(database, members.lead, Shelf(), ["Group 1"])


@pytest.mark.parametrize(
    "act",
    [
        (moving.move, 2, To(date(2026, 11, 10), following=True)),
        (moving.move, 3, To(date(2026, 11, 24))),
        (moving.undo,),
        (changes.confirm,),
    ],
)
def test_sessions_are_locked_in_the_order_of_their_ids_also_those_of_a_group_that_came_late(
    database, monkeypatch, act
):
    """Its session of the second meeting has a higher id than the others' of the third. Locked meeting by meeting, a
    command and a process that serves waited for each other in a ring."""
    made(database, **({"tentative": True} if act == (changes.confirm,) else {}))
    late = NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"), Named("Knut")))
    do(database, members.add_group, late)
    do(database, moving.move, 2, To(date(2026, 11, 5), following=True))
    locked, read = [], Office.sessions

    def sessions_(office, *of, lock=True, **more):
        found = read(office, *of, lock=lock, **more)
        locked.extend(each.id for each in found if lock and each.id not in locked)
        return found

    monkeypatch.setattr(Office, "sessions", sessions_)
    do(database, *act)
    assert len(locked) > 2
    assert locked == sorted(locked)


def test_a_newer_text_is_for_the_rounds_that_have_not_opened(database):
    made(database)
    opened(database)
    content = looking(database, texts.stored)
    titled = {
        **content.texts["en"]["rounds"],
        "resources": {**content.texts["en"]["rounds"]["resources"], "title": "Anew"},
    }
    newer = replace(content, texts={**content.texts, "en": {**content.texts["en"], "rounds": titled}})
    told = do(database, texts.rewrite, newer, now=OPENS).told
    assert told == ("The programme is changed. Sessions that will use it: 2, 3.",)
    assert "Anew" in [each.title for each in looking(database, view).meetings]
    first = meetings(database)[0]
    assert first.content_id not in (None, rows(database, t.series)[0].content_id)
    with refused("needs texts in en"):
        do(database, texts.rewrite, replace(newer, texts={"nb": content.texts["nb"]}), now=OPENS)
    other = newer.programme.model_copy(update={"programme": "another"})
    with refused("is not the programme of North"):
        do(database, texts.rewrite, replace(newer, programme=other), now=OPENS)


def test_a_round_is_held_once_more_on_a_date_of_its_own(database):
    made(database)
    told = do(database, texts.repeat, 2, on("2026-12-01")).told
    assert told[:2] == ("Session 4 is session 2 once more.", "Session 4 is on Tuesday 2026-12-01 at 09:00.")
    found = looking(database, view).meetings
    assert (found[3].title, found[3].moment.on) == (found[1].title, date(2026, 12, 1))
    at = sessions(database, 4)[0].starts_at
    assert works(database).take_due(at) >= 2
    assert {row.phase for row in sessions(database, 4)} == {"lobby"}


# -- on paper


def test_what_a_table_wrote_is_entered_at_once_without_names_and_late_when_it_is_late(database):
    made(database, answering="table", note_taker=["Kari"])
    house = works(database)
    with pytest.raises(SeriesProblem, match="has not opened for Group 1"):
        entered(database, house, {1: ["Too early"]}, OPENS)
    house.take_due(OPENS)
    written, wrong = paper.read("1 The ferry\n1. The school\n\n5) Kari calls them\nno number")
    assert wrong == ["no number"]
    assert entered(database, house, written, OPENS, heads=5) == "3 lines of Group 1 are entered."
    kept = [row for row in rows(database, t.replies) if row.step]
    assert [(row.step, row.words) for row in kept] == [
        ("map-fits", "The ferry"), ("map-fits", "The school"), ("next-steps", "Kari calls them"),
    ]  # fmt: skip
    assert [row.role for row in kept] == ["answer", "answer", "action"]
    assert {(row.private, row.late) for row in kept} == {(False, False)}
    assert [row.state for row in rows_of(database, t.actions)] == ["open"]
    asked = rows(database, t.outbox, t.outbox.c.session_id == 1, t.outbox.c.prompt.is_not(None))
    assert [row.status for row in asked] == ["dropped"] * (len(asked) - 1) + ["queued"]
    assert not rows(database, t.outbox, t.outbox.c.sort == "receipt")
    with pytest.raises(SeriesProblem, match="no question 9"):
        entered(database, house, {9: ["Nowhere"]}, OPENS)
    do(
        database,
        members.add_group,
        NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"))),
        now=OPENS,
    )
    with pytest.raises(SeriesProblem, match="has not opened for Elv"):
        entered(database, house, {1: ["It came later"]}, OPENS, group="Elv")
    do(database, changes.cancel, 1, now=OPENS)
    entered(database, house, {2: ["After it was over"]}, OPENS + timedelta(hours=1))
    (last,) = [row for row in rows(database, t.replies) if row.words.startswith("After")]
    assert (last.step, last.late) == ("local-conditions", True)
    assert "not settled" not in waiting(database)
    met = sessions(database, 2)[0].starts_at
    house.take_due(met)
    assert "Group 2 has not begun" in waiting(database)
    do(database, changes.cancel, 2, now=met)
    assert "Group 1 has met again with 1 action that is not settled." in waiting(database)


def waiting(database):
    return "\n".join(looking(database, lambda office: list(needs(office, catalogue("en").say))))


def entered(database, house, written, now, heads=None, group="1"):
    with database.write() as connection:
        office = open_office(connection, "Runda", "north", "test", now)
        return paper.enter(house, office, 1, office.circle(group), written, heads)


def rows_of(database, table):
    with database.read() as connection:
        return list(connection.execute(table.select()))
