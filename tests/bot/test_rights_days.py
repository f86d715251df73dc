"""How long what people said is kept: counted from the last session, told in time, and deleted when the day has come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, update

from bot.recaps import approval
from bot.recaps.editing import Edit
from bot.rights import days, freezing, purging
from bot.series.problems import SeriesProblem
from bot.wiring import besides
from storage import tables as t
from tests.bot.a_meeting import OPENS, Played, first_meeting, planned
from tests.bot.a_person import erase, holds
from tests.bot.a_series import NOW, made, rows, works
from tests.bot.a_story import Story

BERIT = "@berit"


@pytest.fixture
def on_both(database, tmp_path):
    planned(database, tmp_path)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        yield Story(played, first_meeting(played))


def decide(story, **wanted):
    with story.office() as (office, _):
        for what, count in wanted.items():
            days.decide(office, what, count)


def countdown(story):
    with story.database.read() as connection:
        (found,) = days.countdowns(connection)
    return found


def last(story):
    return max(row.starts_at for row in rows(story.database, t.sessions))


def at_the_end(story, count):
    """So many days after the last session; the sessions that nobody held have been missed by then."""
    story.played.clock.at = last(story) + timedelta(days=count)
    story.played.settle()
    story.played.upkeep()


# -- when


def test_before_anything_is_asked_people_are_told_how_long_it_is_kept(sqlite_database, tmp_path):
    """The notice told what is kept and who sees it, and not how long."""
    planned(sqlite_database, tmp_path)
    with sqlite_database.write() as connection:
        connection.execute(update(t.organisations).values(retention_days=90))
        connection.execute(update(t.series).values(retention_days=1))
    with Played(sqlite_database, OPENS[0], 1) as played:
        played.go(OPENS[0])
        first = played.posts("north-1")[0]
        told = (
            "what you write is deleted 1 day after the last session of the series.",
            "It is not decided yet when",
        )
        assert [each for each in told if each not in first] == []
        played.say("north-1", "kari", "pause")
        played.say("north-1", "kari", "resume")
        assert told[0] in played.posts("north-1")[0]
        played.go(OPENS[1])
        assert told[0] not in "".join(played.posts("north-1")[1:])


def test_without_a_decision_it_is_kept(story):
    found = countdown(story)
    assert (found.replies, found.recaps, found.left("replies", story.played.clock.at)) == (None, None, None)
    at_the_end(story, 40_000)
    assert rows(story.database, t.replies)


def test_a_series_own_days_win_over_its_organisations(story):
    with story.database.write() as connection:
        owner = connection.execute(select(t.organisations.c.id)).scalar()
        days.decide_for_all(connection, owner, "replies", 90, "test", story.played.clock.at)
        days.decide_for_all(connection, owner, "recaps", 900, "test", story.played.clock.at)
    assert countdown(story).replies == last(story) + timedelta(days=90)
    decide(story, replies=30)
    found = countdown(story)
    assert found.replies == last(story) + timedelta(days=30)
    assert found.recaps == last(story) + timedelta(days=900)
    decide(story, replies=None)
    assert countdown(story).replies == last(story) + timedelta(days=90)


@pytest.mark.parametrize("count", [-1, 0, 13, 36_501])
def test_a_life_that_is_too_short_or_too_long_is_refused(story, count):
    with pytest.raises(SeriesProblem, match="from 14 to 36500 days"):
        decide(story, replies=count)
    assert countdown(story).replies is None


def test_a_session_that_is_moved_moves_the_days(story):
    decide(story, replies=30)
    before = countdown(story).replies
    with story.database.write() as connection:
        final = max(rows(story.database, t.sessions), key=lambda row: row.starts_at)
        later = final.starts_at + timedelta(days=7)
        connection.execute(t.sessions.update().where(t.sessions.c.id == final.id).values(starts_at=later))
    assert countdown(story).replies == before + timedelta(days=7)


def test_what_is_decided_is_in_the_log(story):
    decide(story, replies=30, recaps=None)
    acts = [(row.act, row.object) for row in rows(story.database, t.audit) if row.act.endswith("kept")]
    assert acts == [("replies kept", "north/30 days"), ("recaps kept", "north/until decided")]


# -- told in time


def test_coordinators_are_told_two_weeks_before_and_once(story):
    decide(story, replies=30)
    at_the_end(story, 15)
    assert [text for text in story.played.posts(BERIT) if "is deleted on" in text] == []
    for _ in range(3):
        at_the_end(story, 17)
    (told,) = [text for text in story.played.posts(BERIT) if "is deleted on" in text]
    assert "Fjord" in told or "Fjell" in told
    assert "Backups" in told


def test_when_the_day_moves_they_are_told_of_the_new_one(story):
    decide(story, replies=30)
    at_the_end(story, 17)
    decide(story, replies=35)
    at_the_end(story, 22)
    assert len([text for text in story.played.posts(BERIT) if "is deleted on" in text]) == 2


def test_when_nothing_is_left_nobody_is_told(story):
    decide(story, replies=30)
    at_the_end(story, 31)
    decide(story, replies=60)
    at_the_end(story, 50)
    assert [text for text in story.played.posts(BERIT) if "is deleted on" in text] == []


# -- deleted


def test_before_the_day_everything_stands_and_after_it_nothing_but_what_was_approved(on_both):
    story = on_both
    story.approve()
    decide(story, replies=30)
    before = len(rows(story.database, t.replies))
    at_the_end(story, 29)
    assert len(rows(story.database, t.replies)) == before
    at_the_end(story, 30)
    for table in (t.replies, t.findings, t.actions, t.publications):
        with story.database.read() as connection:
            assert list(connection.execute(select(table))) == [], table.name
    with story.database.read() as connection:
        assert list(connection.execute(select(t.quotes))) == []
    assert rows(story.database, t.log, t.log.c.session_id.is_not(None)) == []
    assert {row.sort for row in rows(story.database, t.outbox, t.outbox.c.session_id.is_not(None))} == {
        "recap"
    }
    assert [row.state for row in rows(story.database, t.sessions, t.sessions.c.phase == "purged")] == [
        None,
        None,
    ]
    (kept,) = list(rows(story.database, t.recaps))
    assert kept.status == "approved"
    assert "Rules are tighter than the law in north-1." in kept.said
    # What was approved was released; what was only said is in no column any more.
    assert holds(story.database, "is proud of") == []
    acts = [(row.act, row.object) for row in rows(story.database, t.audit)]
    assert ("replies deleted", f"north/{before}") in acts


def test_a_kept_recap_reads_as_it_did(story):
    from bot.rights.archive import Archiving
    from bot.shelf import Shelf
    from bot.words import Speaker

    story.approve()

    def said():
        with story.office() as (office, unit):
            found = Archiving(office, unit, Speaker(Shelf()), "coordinator").files()
            return {str(path): body for path, body in found.items() if path.parts[0] == "managers"}

    before = said()
    decide(story, replies=30)
    at_the_end(story, 30)
    assert said() == before
    assert any(b"tighter than the law" in body for body in before.values())


def test_what_managers_have_cannot_be_approved_anew_without_what_it_rests_on(story):
    """It used to be offered as if something had changed: of the same session, with no group in it and no finding."""
    story.approve()
    decide(story, replies=30)
    at_the_end(story, 30)
    for draft in (story.managers(approval.ManagersDesk.draft), story.managers(approval.ManagersDesk.shown)):
        assert "Rules are tighter than the law in north-1." in draft.said
    assert story.approve()[0] == "Version 1 is approved already, and nothing has changed since."
    with pytest.raises(SeriesProblem, match="has been deleted"):
        story.managers(approval.edit, Edit(drop=(1,)))
    with story.database.write() as connection:
        connection.execute(t.recaps.delete())
    with pytest.raises(SeriesProblem, match="has been deleted"):
        story.approve()


def test_from_the_day_on_nothing_is_approved_that_may_be_half_gone(story):
    """Deleting takes many steps, and what was approved between two of them rested on what was left."""
    decide(story, replies=30)
    story.played.clock.at = last(story) + timedelta(days=30)
    with pytest.raises(SeriesProblem, match="has been deleted"):
        story.approve()


def test_nothing_is_deleted_in_a_look_that_could_not_put_recaps_into_words_first(story, monkeypatch):
    """Another process was at the series, or people met, for just that step."""
    story.approve()
    decide(story, replies=30)
    looks = iter([True])
    monkeypatch.setattr(purging, "under_way", lambda *_: next(looks, False))
    at_the_end(story, 30)
    story.played.upkeep()
    (kept,) = [row.said for row in rows(story.database, t.recaps) if row.status == "approved"]
    assert "Rules are tighter than the law in north-1." in kept
    assert rows(story.database, t.replies) == []


def test_erased_after_the_purge_the_line_goes_out_of_the_kept_recap(story):
    """What managers had is written anew from words, and long lines that were cut used to come whole."""
    long = f"Finding: Rules are tighter than the law in north-2. {'The ferry is late again. ' * 40}"
    story.played.rewrite("north-2", "tor", story.said["tor-finding"], long)
    story.approve()
    (had,) = story.to_managers()["@per"]
    (cut,) = [line for line in had.splitlines() if "ferry is late" in line]
    decide(story, replies=30)
    at_the_end(story, 30)
    assert holds(story.database, "Rules are tighter than the law in north-1")
    erase(story.played, "Kari")
    assert holds(story.database, "kari", "Rules are tighter than the law in north-1") == []
    assert holds(story.database, "Rules are tighter than the law in north-2")
    story.played.settle()
    (has,) = story.to_managers()["@per"]
    assert "tighter than the law in north-1" not in has
    assert [line for line in has.splitlines() if "ferry is late" in line] == [cut]
    assert story.versions(group=False) == [(1, "approved"), (2, "lessened")]


def test_recaps_go_on_their_own_day_and_not_before_the_replies(story):
    story.approve()
    decide(story, replies=60, recaps=30)
    at_the_end(story, 40)
    assert rows(story.database, t.recaps)
    at_the_end(story, 60)
    at_the_end(story, 60)
    assert rows(story.database, t.recaps) == []
    assert rows(story.database, t.outbox, t.outbox.c.sort == "recap") == []
    assert holds(story.database, "tighter than the law") == []


LATE = {
    "edited": lambda played, message: played.rewrite("north-1", "kari", message, "Kari says it again."),
    "taken back": lambda played, message: played.take_back("north-1", "kari", message),
    "new": lambda played, _: played.say("north-1", "kari", "Kari says it again."),
    "in private": lambda played, _: played.say("@kari", "kari", "Kari says it again."),
}


@pytest.mark.parametrize("late", LATE)
def test_after_the_purge_nothing_comes_back(story, late):
    decide(story, replies=30)
    at_the_end(story, 30)
    LATE[late](story.played, story.said["kari-1"])
    assert rows(story.database, t.replies) == []
    assert holds(story.database, "says it again", "is proud of") == []
    assert rows(story.database, t.parked) == []


def test_every_message_that_is_deleted_has_its_tombstone(story):
    """Its place may be another series' by now: the old message is known there all the same."""
    tomb = story.played.house.works.tomb
    messages = {tomb(row.place_id, row.message) for row in rows(story.database, t.replies)}
    decide(story, replies=30)
    at_the_end(story, 30)
    with story.database.read() as connection:
        assert messages <= set(connection.execute(select(t.tombstones.c.hash)).scalars())


def test_parked_events_of_the_series_lose_their_words(story):
    raw = '{"type":"wrote","place":["terminal","local","north-1",""],"account":"kari","words":"Kari was parked"}'
    other = (
        '{"type":"wrote","place":["terminal","local","south-1",""],"account":"kari","words":"Kari elsewhere"}'
    )
    with story.database.write() as connection:
        for key, each in (("a", raw), ("b", other)):
            connection.execute(
                insert(t.parked).values(key=key, raw=each, reason="x", at=story.played.clock.at)
            )
    decide(story, replies=30)
    at_the_end(story, 30)
    assert holds(story.database, "Kari was parked") == []
    assert holds(story.database, "Kari elsewhere")


def test_another_series_is_left_as_it_is(story, tmp_path):
    (tmp_path / "other").mkdir()
    planned(
        story.database,
        tmp_path / "other",
        now=story.played.clock.at,
        name="South",
        on=["2027-06-01", "2027-06-15"],
    )
    decide(story, replies=30)
    before = len(rows(story.database, t.sessions))
    at_the_end_of_north = max(
        row.starts_at for row in rows(story.database, t.sessions, t.sessions.c.series_id == 1)
    )
    story.played.clock.at = at_the_end_of_north + timedelta(days=30)
    story.played.upkeep()
    assert rows(story.database, t.replies) == []
    planned_still = rows(story.database, t.sessions, t.sessions.c.series_id != 1)
    assert {row.phase for row in planned_still} == {"planned"}
    assert len(rows(story.database, t.sessions)) == before


def test_a_meeting_that_is_going_on_is_not_deleted_under_peoples_hands(story):
    story.open_second()
    decide(story, replies=30)
    with story.database.write() as connection:
        held = t.sessions.c.phase == "running"
        later = last(story) + timedelta(days=400)
        connection.execute(t.sessions.update().where(held).values(wake_at=later))
    story.played.clock.at = last(story) + timedelta(days=31)
    story.played.upkeep()
    assert rows(story.database, t.replies)


def test_what_is_due_is_purged_even_while_a_coordinator_has_paused_it_for_ever(story):
    story.open_second()
    decide(story, replies=30)
    with story.database.write() as connection:
        held = t.sessions.c.phase == "running"
        connection.execute(t.sessions.update().where(held).values(phase="paused", wake_at=None))
    story.played.clock.at = last(story) + timedelta(days=31)
    story.played.upkeep()
    assert rows(story.database, t.replies) == []


def test_the_managers_are_sent_nothing_more_of_a_series_that_is_purged(story):
    decide(story, replies=30)
    at_the_end(story, 30)
    before = story.to_managers()
    for count in (31, 60):
        at_the_end(story, count)
    assert story.to_managers() == before


# -- kept in words


KEPT = freezing.Kept
LINES = [
    KEPT("heading", "Title"), KEPT("line", "What was said"), KEPT("heading", "One"), KEPT("item", "a", 1, (1,)),
    KEPT("item", "b", 2, (1, 2)), KEPT("heading", "Two"), KEPT("item", "c", 3, (2,)),
]  # fmt: skip


def test_a_heading_goes_with_the_last_of_its_lines_and_numbers_stay():
    assert [line.words for line in freezing.less(LINES, 1)] == ["Title", "What was said", "Two", "c"]
    assert [line.words for line in freezing.less(LINES, 2)] == ["Title", "What was said", "One", "a"]
    assert freezing.less(LINES, 3) == LINES
    assert freezing.less(LINES, 1)[-1].number == 3


def test_only_what_was_sent_or_approved_outlives_the_replies():
    assert purging.KEPT == ("approved", "counts", "lessened")


# -- what it costs


def test_a_look_asks_the_database_as_often_for_six_series_as_for_one(sqlite_database):
    """It runs each minute: what is idle, or over for good, must not cost a question of its own."""
    looks, asked = besides(works(sqlite_database), ()).values(), []
    event.listen(sqlite_database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    costs = set()
    for names in (["one"], ["two", "three", "four", "five", "six"]):
        for name in names:
            made(sqlite_database, name=name, programme="exchange")
        with sqlite_database.write() as connection:
            connection.execute(update(t.organisations).values(retention_days=30, recaps_days=30))
        for at in (NOW, NOW + timedelta(days=400)):
            for _ in range(2):
                asked.clear()
                for look in looks:
                    look(at)
            costs.add((at, len(asked)))
    assert len(costs) == 2, costs
