"""Meetings begin at their local time, once, whatever has happened meanwhile."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from bot.series.changes import confirm
from bot.series.moving import To, move
from bot.series.pausing import pause, resume
from storage import tables as t
from tests.house.rig import EIGHT, NINE, change, driven, planned, replayed, rows, standing

#: The clock in Oslo is put back in the night to Sunday, 25 October 2026, and put forward on 28 March 2027.
SATURDAY, MONDAY = date(2026, 10, 24), date(2026, 10, 26)
NINE_IN_WINTER = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
TWO_GROUPS_AND_EVERYONE = 3


def openings(database):
    """When each session was opened, as its log says."""
    return sorted(row.at for row in rows(database, t.log, t.log.c.event.contains('"opened"')))


def questions(rig, place):
    return [post for post in rig.chat.posts if post.place == place and post.spoken.sort == "question"]


def status(database, number=1):
    return rows(database, t.meetings, t.meetings.c.number == number)[0].status


# -- over a clock change


@driven
async def test_a_meeting_moved_to_after_the_clock_is_put_back_opens_at_its_local_time_once(database):
    planned(database, on=[str(SATURDAY)])
    change(database, move, 1, To(MONDAY), now=EIGHT)
    async with standing(database, at=datetime(2026, 10, 24, 6, 30, tzinfo=UTC)) as rig:
        await rig.go(to=NINE_IN_WINTER - timedelta(seconds=1))
        assert openings(database) == []
        await rig.go(minutes=180)
    assert openings(database) == [NINE_IN_WINTER] * TWO_GROUPS_AND_EVERYONE
    replayed(database)


@driven
async def test_a_meeting_moved_to_after_the_clock_is_put_forward_opens_at_its_local_time_once(database):
    planned(database, on=["2027-03-27"])
    change(database, move, 1, To(date(2027, 3, 29)), now=EIGHT)
    nine_in_summer = datetime(2027, 3, 29, 7, 0, tzinfo=UTC)
    async with standing(database, at=datetime(2027, 3, 27, 6, 0, tzinfo=UTC)) as rig:
        await rig.go(to=nine_in_summer + timedelta(hours=3))
    assert openings(database) == [nine_in_summer] * TWO_GROUPS_AND_EVERYONE


@driven
async def test_the_second_meeting_keeps_its_time_by_the_clock_on_the_wall(database):
    planned(database, on=["2026-10-13", "2026-10-27"])
    async with standing(database, at=NINE) as rig:
        await rig.go(to=datetime(2026, 10, 27, 12, 0, tzinfo=UTC))
    assert openings(database) == [NINE] * 3 + [datetime(2026, 10, 27, 8, 0, tzinfo=UTC)] * 3


# -- after downtime


@driven
async def test_down_over_an_opening_but_within_the_grace_it_opens_late_and_says_so(database):
    planned(database)
    async with standing(database, at=NINE + timedelta(minutes=19)) as rig:
        await rig.settle()
        first = rig.chat.said("north-1")[0]
    assert "19 minutes" in first
    assert openings(database) == [NINE + timedelta(minutes=19)] * 3


@driven
async def test_down_for_longer_than_the_grace_it_stays_shut_and_the_coordinator_gives_it_a_new_date(database):
    planned(database)
    missed = NINE + timedelta(minutes=21)
    async with standing(database, at=missed) as rig:
        await rig.go(minutes=60)
        assert openings(database) == []
        assert rig.chat.said("north-1") == []
        (told,) = rig.chat.said("@berit")
        assert "Which new date" in told
        assert status(database) == "missed"
        change(database, move, 1, To(date(2026, 10, 20)), now=rig.clock.now())
        await rig.go(to=datetime(2026, 10, 20, 8, 0, tzinfo=UTC))
        assert not any("Which new date" in words for words in rig.chat.said("@berit")[1:])
    assert openings(database) == [NINE + timedelta(days=7)] * TWO_GROUPS_AND_EVERYONE
    assert status(database) == "held"
    replayed(database)


@driven
async def test_one_group_that_missed_its_own_date_leaves_the_others_meeting_alone(database):
    planned(database)
    change(database, move, 1, To(date(2026, 10, 14), group="Fjell"), now=EIGHT)
    async with standing(database, at=NINE) as rig:
        await rig.go(minutes=1)
        await rig.say("north-1", "kari", "we are here")
        assert status(database) == "open"
        # The machine was off on the second day, when Fjell should have met.
        rig.clock.at = NINE + timedelta(days=1, minutes=30)
        await rig.settle()
        assert "Which new date" in rig.chat.said("@berit")[-1]
        assert status(database) in ("open", "held")
        change(database, move, 1, To(date(2026, 10, 15), group="Fjell"), now=rig.clock.now())
        await rig.go(to=NINE + timedelta(days=2, minutes=1))
        assert len(questions(rig, "north-2")) == 1


@driven
@pytest.mark.parametrize(("days", "opens"), [(1, True), (4, False)])
async def test_an_async_round_opens_within_half_its_window_and_not_after(days, opens, database):
    """Four working days from Tuesday morning last until Friday afternoon."""
    planned(database, pace="async", form="short", group=["Fjord: Kari, Amir, Liv, Jon"])
    async with standing(database, at=NINE + timedelta(days=days)) as rig:
        await rig.settle()
        assert bool(rig.chat.said("north-1")) is opens
        assert ["Which new date" in words for words in rig.chat.said("@berit")] == [True] * (not opens)
    assert status(database) == ("open" if opens else "missed")


@driven
async def test_boxes_that_ran_out_while_the_house_was_down_rush_nobody_through_unseen_questions(database):
    """The minutes of a question count from when people have it before them, not from when it was due."""
    planned(database, group=["Fjord: Kari, Amir, Liv, Jon"])
    async with standing(database, at=NINE) as rig:
        await rig.settle()
        await rig.say("north-1", "kari", "we are here")
        before = len(questions(rig, "north-1"))
    back = NINE + timedelta(minutes=15)
    async with standing(database, at=back, chat=rig.chat) as rig:
        await rig.settle()
        (next_one,) = questions(rig, "north-1")[before:]
        assert next_one.at == back
        await rig.say("north-1", "amir", "What I think.")
        await rig.go(minutes=60)
        asked = [row.sent_at for row in rig.outbox("north-1") if row.prompt]
    assert len(asked) > 6
    assert all(later - earlier >= timedelta(minutes=1) for earlier, later in pairwise(asked))
    answered = rows(database, t.replies, t.replies.c.words == "What I think.")
    assert [row.late for row in answered] == [False]
    replayed(database)


@driven
async def test_a_question_that_was_decided_and_not_sent_gets_its_whole_time_when_it_is(database):
    planned(database, group=["Fjord: Kari, Amir, Liv, Jon"])
    async with standing(database, at=NINE) as rig:
        await rig.settle()
        # The house goes down when the words are stored, and before anything is sent.
        await rig.house.intake.put(rig.wrote("north-1", "kari", "we are here"))
    back = NINE + timedelta(minutes=30)
    async with standing(database, at=back, chat=rig.chat) as rig:
        await rig.settle()
        (session,) = rows(database, t.sessions, t.sessions.c.phase == "running")
        asked = [post for post in questions(rig, "north-1") if "Question 1 of 3" in post.words]
        assert len(asked) == 1
        assert session.wake_at > back
        await rig.go(minutes=0.9)
        assert not any("Question 2 of 3" in words for words in rig.chat.said("north-1"))
    replayed(database)


# -- what must not start by itself


@driven
async def test_a_tentative_meeting_does_not_start_and_a_confirmed_one_does(database):
    planned(database, on=["2026-10-13", "2026-10-20"], tentative=True)
    async with standing(database, at=NINE) as rig:
        await rig.go(minutes=120)
        assert openings(database) == []
        change(database, confirm, 2, now=rig.clock.now())
        await rig.go(to=NINE + timedelta(days=7, minutes=5))
    assert openings(database) == [NINE + timedelta(days=7)] * TWO_GROUPS_AND_EVERYONE


@driven
async def test_a_paused_series_does_not_open_and_a_resumed_one_does(database):
    planned(database, on=["2026-10-13", "2026-10-20"])
    change(database, pause, now=EIGHT)
    async with standing(database, at=NINE) as rig:
        await rig.go(minutes=90)
        assert openings(database) == []
        change(database, resume, now=rig.clock.now())
        await rig.settle()
        # The first was due while the series was paused, too long ago now.
        assert "Which new date" in rig.chat.said("@berit")[0]
        await rig.go(to=NINE + timedelta(days=7))
    assert openings(database) == [NINE + timedelta(days=7)] * TWO_GROUPS_AND_EVERYONE
