"""A series is made of rows, and shown."""

from datetime import date, timedelta

from bot.series import changes, moving, pausing
from bot.series.moving import To
from bot.series.office import open_office
from bot.series.overview import _answered, listed, view
from storage import tables as t
from tests.bot.a_series import (
    AFTER,
    NOW,
    OPENS,
    do,
    looking,
    made,
    meetings,
    opened,
    refused,
    rows,
    sessions,
    works,
)


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
