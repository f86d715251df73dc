"""Who takes part, in what group and role, also those who come late."""

import pytest
from sqlalchemy import update

from bot.series import members, undoing
from bot.series.overview import view
from bot.shelf import Shelf
from flows import state as states
from flows.forms import Named, NamedGroup
from storage import tables as t
from tests.bot.a_series import (
    OPENS,
    do,
    looking,
    made,
    opened,
    refused,
    rows,
    sessions,
    works,
)


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
    with refused("Elv has heard of it. Take its people out instead."):
        do(database, undoing.undo, now=OPENS)


def test_a_group_that_came_late_is_taken_back_before_it_has_heard_of_it(database):
    made(database)
    before = sessions(database), rows(database, t.circles), rows(database, t.memberships)
    late = NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"), Named("Knut")))
    for _ in range(2):
        do(database, members.add_group, late, Named("Else"))
        assert looking(database, undoing.undoable)
        told = do(database, undoing.undo).told
        assert told == ("Elv is taken out again, with all its sessions. Nobody there had been told.",)
        assert (sessions(database), rows(database, t.circles), rows(database, t.memberships)) == before
    do(database, members.add_group, late)
    do(database, members.join, "Nora", "Elv")
    assert not looking(database, undoing.undoable)


def test_a_group_that_waits_for_its_chat_is_taken_back_with_its_code(database):
    made(database)
    with database.write() as connection:
        connection.execute(update(t.series).values(platform="telegram", workspace="777"))
    before = rows(database, t.places), rows(database, t.circles)
    do(database, members.add_group, NamedGroup("Elv", ()))
    assert [row.blocked for row in rows(database, t.places)[len(before[0]) :]] == ["unbound"]
    do(database, undoing.undo)
    assert (rows(database, t.places), rows(database, t.circles)) == before
    with database.read() as connection:
        assert not list(connection.execute(t.codes.select()))


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
