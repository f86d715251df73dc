"""What is said to be sent is what is sent: a rehearsal beside the house itself, and its lines."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.cli.telling import of_plan, of_rehearsal
from bot.happenings import Order, Receipt
from bot.series import members
from bot.series.rehearsal import LAST_TIME, SHARED, SIDES, SINCE, SPREAD, WRITTEN, rehearse
from bot.shelf import Shelf
from flows import state as states
from flows.events import Pressed, Replied
from flows.reading import Count
from storage import tables as t
from tests.bot.a_series import do, looking, made, planned, rows, sessions, works


def silence(database):
    """The house itself, with people who only say that they are here; what it queued to say, and when."""
    house, said, seen = works(database), [], 0
    while (now := next_due(database)) is not None:
        while house.take_due(now) or rows(database, t.outbox, t.outbox.c.id > seen):
            fresh = rows(database, t.outbox, t.outbox.c.id > seen)
            seen = max([seen, *(row.id for row in fresh)])
            said += [(now, row) for row in fresh if row.kind == "say"]
            house.take([received(row, now) for row in fresh], now)
            house.take(arrivals(database, now), now)
    return said


def next_due(database):
    with database.read() as connection:
        return connection.execute(select(func.min(t.sessions.c.wake_at))).scalar()


def received(row, now):
    return Receipt(outbox=row.id, message=f"m{row.id}", at=now, session=row.session_id, prompt=row.prompt)


def arrivals(database, now):
    found = []
    for row in sessions(database):
        members = states.load(row.state).members if row.state else ()
        if row.phase == "lobby":
            found.append(Order(f"here:{row.id}", row.id, Pressed(members[0], "here")))
        elif row.phase == "headcount":
            heads = Replied(person=members[0], reply=0, reading=Count(len(members)), sent_at=now)
            found.append(Order(f"heads:{row.id}", row.id, heads))
    return found


@pytest.mark.parametrize(
    "written",
    [
        {"form": "short"},
        {"form": "plenum"},
        {"form": "one-day", "on": ["2026-10-20"]},
        {"answering": "table"},
        {"pace": "async", "window": "3"},
        {"pace": "async", "form": "plenum"},
    ],
    ids=lambda written: " ".join(map(str, written.values())),
)
def test_a_rehearsal_is_what_a_silent_group_gets(sqlite_database, written):
    made(sqlite_database, **written)
    shown = looking(sqlite_database, rehearse)
    said = silence(sqlite_database)
    number = {row.id: row.number for row in sessions(sqlite_database)}
    names = {row.id: row.name for row in sessions(sqlite_database)}
    private = {row.id for row in rows(sqlite_database, t.places) if row.person_id is not None}
    rehearsed = sorted(
        (circle, one.at, one.spoken.sort, one.to == "person")
        for one in shown[0].shown
        for circle in one.circles
        for _ in range(one.people or 1)
    )
    # Later ones differ: a group that has said nothing has no recap to begin with.
    sent = sorted(
        (names[row.session_id], at, row.sort, row.place_id in private)
        for at, row in said
        if number[row.session_id] == 1
    )
    assert rehearsed == sent
    assert [meeting.number for meeting in shown] == [1, 2, 3]


def test_groups_that_get_the_same_are_shown_once(sqlite_database):
    made(sqlite_database, people=", ".join(f"P{n}" for n in range(12)))
    first = looking(sqlite_database, rehearse)[0]
    assert {one.circles for one in first.shown} == {("Group 1", "Group 2", "Group 3")}


def test_of_many_groups_that_get_the_same_only_some_are_named(sqlite_database):
    made(sqlite_database, people=", ".join(f"P{n}" for n in range(50)), on=["2026-10-20"])
    lines = list(of_rehearsal(looking(sqlite_database, rehearse), "North", "Europe/Oslo"))
    assert f"  In {', '.join(f'Group {n}' for n in range(1, 9))} and 2 more:" in lines


def test_what_nobody_has_written_yet_stands_in_brackets(sqlite_database):
    made(sqlite_database, form="plenum")
    second = looking(sqlite_database, rehearse)[1]
    words = [block.words for one in second.shown for block in one.spoken.blocks]
    assert words.count(LAST_TIME) == 1
    assert words.count(SHARED) == 2
    assert "What have you thought about since then?" in words


def test_what_groups_hand_on_is_taken_up_as_if_somebody_had_written_it(sqlite_database):
    on = ["2026-10-13", "2026-10-20", "2026-10-27", "2026-11-03"]
    made(sqlite_database, programme="training", form="gathering", on=on)
    meetings = looking(sqlite_database, rehearse)
    first, second, third, _ = (
        [[block.words for block in one.spoken.blocks] for one in each.shown] for each in meetings
    )
    assert [block[-1] for block in first].count(WRITTEN) == 3  # of each group, and the gross list
    tangle = "Which tangle will the group work on? Two groups may choose the same."
    assert [each[1] for each in second if each[0] == tangle] == [WRITTEN]
    assert len([each for each in third if each[0].startswith("From Group") and each.count(WRITTEN) == 6]) == 2


def test_a_rehearsal_changes_nothing(database):
    made(database)
    before = sessions(database), rows(database, t.recaps), rows(database, t.outbox)
    looking(database, rehearse)
    assert (sessions(database), rows(database, t.recaps), rows(database, t.outbox)) == before


def test_the_lines_of_a_rehearsal(sqlite_database):
    made(sqlite_database, on=["2026-10-20", "2026-11-03", "2027-05-18"], people="A, B, C, D", language="nb")
    meetings = looking(sqlite_database, rehearse)
    lines = list(of_rehearsal(meetings, "North", "Europe/Oslo"))
    assert lines[0].startswith("North: what will be sent")
    assert "Session 1, Tuesday 2026-10-20 at 09:00" in lines
    assert "(the clock is put back on 2026-10-25; sessions keep their local time)" in lines
    assert "(no working day between these sessions: " in "".join(lines)
    assert any("2027-05-17, Constitution Day" in line for line in lines)
    assert "    09:00  Økt 1 av 3: Kartlegge status" in lines
    assert "           [Vi er her]" in lines
    assert list(of_rehearsal([], "North", "Europe/Oslo")) == [
        "Nothing is left to be sent in North: no session waits for a date."
    ]


def test_reminders_to_each_alone_are_one_line(sqlite_database):
    made(sqlite_database, pace="async", people="A, B, C, D, E")
    lines = list(of_rehearsal(looking(sqlite_database, rehearse), "North", "Europe/Oslo"))
    assert [line for line in lines if "(to each of 5, alone)" in line]
    assert [line for line in lines if line.startswith("  Thursday 2026-10-22")]


def test_the_lines_of_a_plan():
    lines = list(
        of_plan(planned(note_taker=["Kari"], manager=["Åse"], tentative=True, managers_place="ledelsen"))
    )
    assert "  The managers (terminal ledelsen): recaps for managers are posted there too" in lines
    assert (
        lines[0]
        == "North: Short sessions, live, en, times in Europe/Oslo, tentative: nothing starts until it is confirmed"
    )
    assert lines[1:4] == [
        "   1.  Tuesday 2026-10-20 at 09:00, until 09:25  Where we stand",
        "       (the clock is put back on 2026-10-25; sessions keep their local time)",
        "   2.  Tuesday 2026-11-03 at 09:00, until 09:25  Strengthen what we have",
    ]
    assert any("Kari (note-taker)" in line for line in lines)
    assert "  Manager: Åse" in lines
    days = list(of_plan(planned(pace="async", window="2")))
    assert days[1].endswith("open until Wednesday 2026-10-21 at 16:00  Where we stand")


def test_a_meeting_that_opens_half_an_hour_later_is_rehearsed_half_an_hour_later(sqlite_database):
    made(sqlite_database)
    made(sqlite_database, name="South", at="09:30")
    times = [
        [one.at for one in looking(sqlite_database, rehearse, called=called)[0].shown]
        for called in ("north", "south")
    ]
    assert [at + timedelta(minutes=30) for at in times[0]] == times[1]


def scores_in(meeting):
    words = [block.words for one in meeting.shown for block in one.spoken.blocks]
    return [each for each in words if each.startswith(("[how", "Fewer than five"))]


def test_what_is_shown_of_scores_is_seen_where_there_are_people_enough(sqlite_database):
    """Nobody gave any, so an author never saw a spread, nor the leaders beside the others."""
    on = ["2026-10-20", "2026-11-03", "2026-11-17"]
    made(sqlite_database, programme="culture", on=on, people=", ".join(f"P{n}" for n in range(10)))
    do(sqlite_database, members.lead, Shelf(), ["Group 2"], called="north")
    told = [scores_in(each) for each in looking(sqlite_database, rehearse)]
    assert told == [[SPREAD], [SIDES], [f"{SPREAD} {SINCE}"]]
    for name, people in (("Four", "A, B, C, D"), ("Ten", ", ".join(f"P{n}" for n in range(10)))):
        made(sqlite_database, name=name, programme="network", on=on, people=people)
    of_four, of_ten = (looking(sqlite_database, rehearse, called=called)[0] for called in ("four", "ten"))
    assert (scores_in(of_ten), len(scores_in(of_four))) == ([SPREAD], 1), (
        "groups that are sent the same, once"
    )
    assert scores_in(of_four)[0].startswith("Fewer than five")
