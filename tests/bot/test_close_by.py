"""Close by for a while: a group is asked between two sessions how it goes, seldom, and until it has had enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update

from bot.cli import Caller, runda
from bot.series import close_by, why
from bot.series.problems import SeriesProblem
from storage import tables as t
from storage.database import Database
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_meeting import OPENS
from tests.bot.a_series import rows
from tests.bot.a_story import Story
from tests.bot.test_counter import set_up

ASKS = "How is it going with what you planned?"
DAY = timedelta(days=1)


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    desk = Desk(sqlite_database)
    desk.appoint(language="nb")
    set_up(desk)
    yield desk
    desk.close()


def begin(story: Story, weeks: int = 4, group: str | None = "Fjord") -> str:
    with story.office() as (office, _):
        return str(close_by.decide(office, weeks, group).told[0])


def asked(story: Story, channel: str = "north-1") -> list[str]:
    return [each for each in story.played.posts(channel) if each.startswith(ASKS)]


def times(story: Story, until: datetime) -> list[datetime]:
    """When it is asked, up to then, with a look every six hours; nobody says anything."""
    played, found = story.played, []
    while (at := played.clock.at + timedelta(hours=6)) <= until:
        played.clock.at = at
        if close_by.look(story.database, at):
            played.settle()
            found.append(at)
    return found


def test_a_group_is_asked_at_most_weekly_in_working_hours_and_not_around_a_session(story: Story) -> None:
    assert "until 2026-11-17" in begin(story)
    found = times(story, OPENS[1] - timedelta(hours=1))
    assert [(at.weekday(), 6 <= at.hour < 15) for at in found] == [(3, True), (3, True)]
    assert found[1] - found[0] >= timedelta(weeks=1)
    assert found[0] - OPENS[0] >= 2 * DAY <= OPENS[1] - found[-1]
    assert asked(story, "north-2") == []


def test_the_question_shows_what_they_planned_until_when_and_who_sees_the_answer(story: Story) -> None:
    begin(story)
    story.played.go(OPENS[0] + 3 * DAY)
    assert story.played.upkeep()
    (said,) = asked(story)
    assert "liv calls the county by May." in said
    assert "until 17 November" in said
    assert "stop asking" in said
    assert "Your group sees what you write here." in said
    assert not any(name in said for name in ("Kari", "Amir"))


def test_where_sessions_have_threads_it_is_asked_in_the_last_one(story: Story) -> None:
    begin(story)
    home = rows(story.database, t.places, t.places.c.channel == "north-1")[0]
    held = rows(
        story.database, t.sessions, t.sessions.c.place_id == home.id, t.sessions.c.phase == "finished"
    )[0]
    thread = {**home._mapping, "id": home.id + 1000, "thread": "1.0", "session_id": held.id}
    with story.database.write() as connection:
        connection.execute(insert(t.places), thread)
        connection.execute(
            update(t.places).where(t.places.c.id == home.id).values(threads=True, session_id=None)
        )
        connection.execute(update(t.sessions).where(t.sessions.c.id == held.id).values(place_id=thread["id"]))
    assert close_by.look(story.database, OPENS[0] + 3 * DAY) == 1
    (said,) = rows(story.database, t.outbox, t.outbox.c.body.contains("close-by.asks"))
    assert said.place_id == thread["id"]


def test_what_they_answer_opens_the_next_session(story: Story) -> None:
    begin(story)
    times(story, OPENS[0] + 3 * DAY)
    story.played.say("north-1", "amir", "The county has called back twice.")
    (kept,) = rows(story.database, t.replies, t.replies.c.words.startswith("The county has"))
    assert kept.late
    story.open_second()
    assert "The county has called back twice." in story.recap()


def test_the_group_ends_it_in_plain_words_which_are_no_answer(story: Story) -> None:
    begin(story)
    times(story, OPENS[0] + 3 * DAY)
    before = len(rows(story.database, t.replies))
    story.played.say("north-1", "kari", "Stop asking!")
    assert story.played.posts("north-1")[-1].startswith("Good. I ask nothing more between the sessions.")
    assert len(rows(story.database, t.replies)) == before
    assert times(story, OPENS[1] - timedelta(hours=1)) == []
    told = [row.object for row in rows(story.database, t.audit, t.audit.c.act == "close by ended")]
    assert told == ["north/Fjord"]
    with story.office() as (office, _):
        came = [each.came.key.removeprefix("why.came.") for each in why.explained(office)]
    assert came[-2:] == ["time-came", "replied"], "asked by the clock, and ended by the group"


def test_where_nobody_is_asked_the_same_words_are_an_answer_like_any_other(story: Story) -> None:
    story.played.say("north-1", "kari", "Stop asking!")
    assert rows(story.database, t.replies)[-1].words == "Stop asking!"


def test_it_ends_by_itself(story: Story) -> None:
    begin(story, 1)
    assert len(times(story, OPENS[1] - timedelta(hours=1))) == 1
    assert {row.close_until for row in rows(story.database, t.circles)} == {None}


def test_ending_it_and_beginning_anew_asks_no_oftener(story: Story) -> None:
    begin(story)
    first = times(story, OPENS[0] + 3 * DAY)
    begin(story, 0)
    begin(story)
    again = times(story, OPENS[1] - timedelta(hours=1))
    assert again[0] - first[0] >= timedelta(weeks=1)


def test_nothing_is_asked_while_the_series_is_paused_or_the_place_takes_nothing(story: Story) -> None:
    begin(story, 4, None)
    with story.database.write() as connection:
        home = rows(story.database, t.places, t.places.c.channel == "north-1")[0].id
        connection.execute(update(t.places).where(t.places.c.id == home).values(blocked="archived"))
    times(story, OPENS[0] + 3 * DAY)
    assert (len(asked(story)), len(asked(story, "north-2"))) == (0, 1)
    with story.database.write() as connection:
        connection.execute(update(t.places).values(blocked=None))
        connection.execute(update(t.series).values(status="paused"))
    assert times(story, OPENS[1] - timedelta(hours=1)) == []


def test_it_is_for_a_while_and_an_elected_body_is_not_asked(story: Story) -> None:
    with pytest.raises(SeriesProblem, match="1 to 12"):
        begin(story, 13)
    with story.database.write() as connection:
        connection.execute(update(t.series).values(arena="elected"))
    with pytest.raises(SeriesProblem, match="elected body"):
        begin(story)


def test_a_coordinator_decides_at_the_counter_and_sees_until_when(desk: Desk) -> None:
    assert "close-by:1" in presses(desk.ask("series:1", who="U9"))
    done = desk.hand_in("close-by:1", {"weeks": "6", "group": "all"}, who="U9")
    assert "én gang i uka mellom øktene, til 12. november" in words(done)
    assert words(desk.ask("close-by:1")).count("til 12. november") == 2
    assert list(desk.hand_in("close-by:1", {"weeks": "six"}).by_blank) == ["weeks"]
    desk.hand_in("close-by:1", {"weeks": "0", "group": "1"})
    assert words(desk.ask("close-by:1")).count("til 12. november") == 1


def test_at_the_command_line_it_is_decided_for_one_group(desk: Desk) -> None:
    url = ["--database", str(desk.database.url), "series", "close-by", "north"]
    group = rows(desk.database, t.circles, t.circles.c.kind == "group")[0].name
    told = CliRunner().invoke(runda, [*url, "--weeks", "2", "--group", "1"], obj=Caller(desk.clock)).output
    assert told == f"{group}: asked once a week between the sessions how it goes, until 2026-10-15.\n"
    assert CliRunner().invoke(runda, [*url, "--weeks", "60"], obj=Caller(desk.clock)).exit_code == 2
