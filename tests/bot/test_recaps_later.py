"""Recaps of a series that goes on: what became of actions, what was said in the plenum, and the last meeting's recap.

Two meetings are played for each test: in the first the groups plan and meet, in the second they say what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.documents import recaps as documents
from bot.documents import text, web
from bot.ideas import sluice
from bot.recaps import approval, desk, managers
from bot.recaps.editing import Edit
from bot.recaps.files import files
from bot.recaps.ledger import ledger
from bot.rights import lessening
from bot.series.problems import SeriesProblem
from bot.shelf import Shelf
from bot.words import Speaker
from flows import recap as recaps
from flows.recap import ActionCounts
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_meeting import OPENS, Played
from tests.bot.a_series import made, rows
from tests.bot.a_story import Story

PROGRAMME = """
programme: deeds
languages: [en]
ideas: true
forms:
  usual: {minutes: 40, plenum: true}
rounds:
  - round: first
    steps: [{finding: best}, {release: let-out, of: best}, {action: plan}]
    plenum: [{share: shared, minutes: 8}, {ask: together, minutes: 7}]
  - round: second
    steps: [{recap: last-time}, {follow-up: since}, {ask: now}, {action: plan}]
  - round: third
    steps: [{recap: last-time}, {ask: onwards}]
texts:
  en:
    title: Deeds
    rounds:
      first:
        {title: Plans, theme: plans, best: What matters most?, let-out: May others see these?, plan: What will you do?,
         shared: What the groups found, together: What do we all do?}
      second: {title: Deeds, theme: deeds, now: What now?, plan: What will you do?}
      third: {title: Onwards, theme: what comes, onwards: Where do we go?}
"""
GROUPS = (("north-1", "kari", "amir"), ("north-2", "tor", "ola"))


@pytest.fixture
def story(sqlite_database: Database, tmp_path: Path) -> Iterator[Story]:
    (tmp_path / "deeds.yaml").write_text(PROGRAMME, "utf-8")
    made(
        sqlite_database, programme=str(tmp_path / "deeds.yaml"), group=["Fjord: Kari, Amir", "Fjell: Tor, Ola"],
        coordinator=["Berit"], manager=["Per"],
    )  # fmt: skip
    with Played(sqlite_database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        said: dict[str, str] = {}
        played.go(OPENS[0])
        for channel, one, other in GROUPS:
            played.say(channel, one, "We are here")
            played.say(channel, one, f"Best of {channel}.")
            played.say(channel, other, "next")
            played.say(channel, one, "1 yes")
            played.say(channel, other, "next")
            said[f"{one}-first"] = played.say(channel, one, f"{one} calls the county.")
            said[f"{one}-second"] = played.say(channel, one, f"{one} writes it down.")
            played.say(channel, other, "next")
        played.say("north-everyone", "kari", "next")
        said["together"] = played.say("north-everyone", "tor", "We all ask the county together.")
        played.go(OPENS[1])
        yield Story(played, said)


def follow_up(story: Story) -> None:
    """In the second meeting Fjord settles one of its two actions, and plans another."""
    story.played.say("north-1", "kari", "We are here")
    story.played.say("north-1", "kari", "Much has happened.")
    story.played.say("north-1", "amir", "next")
    story.played.say("north-1", "kari", "1 done")
    story.played.say("north-1", "amir", "next")
    story.played.say("north-1", "kari", "Now we wait for an answer.")
    story.played.say("north-1", "amir", "next")
    story.said["kari-third"] = story.played.say("north-1", "kari", "kari reads the answer.")
    story.played.say("north-1", "amir", "next")


def counted(story: Story, number: int) -> ActionCounts:
    (meeting,) = rows(story.database, t.meetings, t.meetings.c.number == number)
    with story.database.read() as connection:
        return managers.compile_managers(Unit(connection), Shelf(), meeting.id).actions


def exported(story: Story) -> dict[str, str]:
    with story.office(write=False) as (office, unit):
        found = files(office, unit, Speaker(Shelf()), "coordinator", ledger(unit, office.series.id))
        return {str(path): words for path, words in found}


def preview(story: Story, number: int) -> str:
    draft = story.group(lambda one: one.draft(), number=number)
    assert draft.status == "automatic"
    return exported(story)[f"groups/session-{number}-fjord-not-posted.md"]


# -- what became of actions


def test_managers_see_what_became_of_the_actions_of_all_meetings_until_then(story: Story) -> None:
    assert counted(story, 1) == ActionCounts(open=4)
    follow_up(story)
    assert counted(story, 2) == ActionCounts(open=4, done=1)
    assert counted(story, 1) == ActionCounts(open=3, done=1)


def test_a_groups_recap_has_the_actions_that_were_named_or_settled_at_that_meeting(story: Story) -> None:
    follow_up(story)
    words = preview(story, 2)
    assert "kari calls the county. (done)" in words
    assert "kari reads the answer." in words
    assert "kari writes it down." not in words
    assert "tor" not in words.split("What you planned")[1]


def test_a_coordinators_words_for_an_action_of_an_earlier_meeting_go_when_it_is_taken_back(
    story: Story,
) -> None:
    follow_up(story)
    lines = story.group(lambda one: one.draft(), number=2)
    assert "county" not in lines.points
    number = preview_number(story)
    story.group(desk.edit, Edit(say=((number, "A secret in other words."),)), number=2)
    story.played.take_back("north-1", "kari", story.said["kari-first"])
    assert not any("secret" in (row.words or "") for row in rows(story.database, t.recaps))


def preview_number(story: Story) -> int:
    """The line of the action that was settled: the first of the actions, which come last."""
    from bot.recaps import wording
    from flows import recap as recaps

    draft = story.group(lambda one: one.draft(), number=2)
    listed = wording.lines(recaps.load(draft.points))
    (found,) = [one.number for one in listed if one.key == story.reply("kari-first")]
    return found


# -- what was said in the plenum


def test_the_plenums_answers_are_in_each_groups_next_recap_and_in_the_files(story: Story) -> None:
    story.played.say("north-1", "kari", "We are here")
    story.played.say("north-2", "tor", "We are here")
    for channel in ("north-1", "north-2"):
        said = story.recap(channel)
        assert "## From the plenum" in said
        assert "We all ask the county together." in said
    assert "We all ask the county together." in exported(story)["groups/session-1-fjord-v1.md"]


def test_managers_are_not_shown_them(story: Story) -> None:
    story.approve()
    (said,) = story.played.posts("@per")
    assert "together" not in said


def test_what_is_taken_back_in_the_plenum_goes_from_every_groups_recap(story: Story) -> None:
    story.played.say("north-1", "kari", "We are here")
    story.played.take_back("north-everyone", "tor", story.said["together"])
    assert "together" not in story.recap()
    assert "From the plenum" not in story.recap()


# -- the last meeting


def test_the_last_meetings_recap_is_in_the_files_unless_it_is_held(story: Story) -> None:
    follow_up(story)
    story.played.go(OPENS[1] + timedelta(days=14))
    story.played.say("north-1", "kari", "We are here")
    story.played.say("north-1", "kari", "Nothing more.")
    story.played.say("north-1", "amir", "next")
    story.played.say("north-1", "kari", "We go to the county.")
    story.played.say("north-1", "amir", "next")
    last = "groups/session-3-fjord-not-posted.md"
    assert "We go to the county." in exported(story)[last]
    story.group(desk.edit, Edit(say=((1, "Edited words."),)), number=3)
    assert "Edited words." in exported(story)[last]
    story.group(desk.hold, number=3)
    assert last not in exported(story)


# -- the whole series


def test_after_one_meeting_there_is_no_whole(story: Story) -> None:
    with pytest.raises(SeriesProblem, match="Only one session"):
        story.managers(lambda one: one, whole=True)


def test_the_whole_series_is_approved_and_sent_like_a_meetings_recap_and_beside_it(story: Story) -> None:
    follow_up(story)
    story.managers(approval.edit, Edit(drop=(best(story, "north-2"),)))
    told = story.approve(number=2, whole=True)
    assert told == ["Version 1 is approved.", "It goes to 1 of 1 manager now."]
    (said,) = story.played.posts("@per")
    assert said.startswith("# Recap of the whole series for managers: Deeds")
    assert "Groups that took part: 2 of 2." in said
    assert "- Plans: 2 of 2 groups" in said
    assert "- Deeds: 1 of 2 groups" in said
    assert "## Plans: What the groups put forward" in said
    assert "Best of north-1." in said
    assert "Best of north-2." not in said, "the coordinator has left it out of the meeting's recap"
    assert "Actions: 4 open, 1 done." in said
    assert story.approve(number=2, whole=True)[1] == "It goes to nobody a second time."
    assert story.approve(number=2) == ["Version 1 is approved.", "It goes to 1 of 1 manager now."]
    assert len(story.played.posts("@per")) == 2
    assert "managers, the whole series until here: version 1, approved, went out to Per" in story.listed()


def test_ideas_are_counted_by_status_and_since_when_as_they_stand_now(story: Story) -> None:
    now = story.played.clock.at
    with story.database.write() as connection:
        for days in (9, 3, 2):
            sluice.give(connection, 1, 1, "A ferry in the morning", "", now - timedelta(days=days))
        *_, last = sluice.unnamed(connection, 1)
        sluice.decide(connection, last, "not-now", "There is no boat.", None, "cli:ola", now)
    follow_up(story)
    assert story.approve(number=2, whole=True)[0] == "Version 1 is approved."
    (said,) = story.played.posts("@per")
    told = said.split("## Ideas in the whole organisation, by status and age\n")[1].strip().split("\n\n")[0]
    assert told.splitlines() == [
        f"- received: 2; the oldest since {day(now - timedelta(days=9))}",
        f"- not now: 1; the oldest since {day(now)}",
    ]
    assert said.count("not now") == 1, "once, and not session by session"
    assert "ferry" not in said
    assert "boat" not in said


def day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def best(story: Story, channel: str) -> int:
    """The number of a group's finding in the managers' recap of the first meeting."""
    recap = story.managers(lambda one: recaps.load(one.draft().points))
    found = {row.id: row.words for row in rows(story.database, t.replies)}
    return next(one.number for one in recap.findings if channel in found[one.reply])


def test_what_is_taken_back_goes_from_the_whole_too_and_erasing_makes_a_version_of_each(story: Story) -> None:
    follow_up(story)
    story.approve()
    story.approve(number=2, whole=True)
    (reply,) = (row for row in rows(story.database, t.replies) if row.words == "Best of north-1.")
    with story.database.write() as connection:
        unit = Unit(connection)
        lessened = lessening.lessen(unit, story.played.house.works.ids, 1, [reply.id], story.played.clock.at)
    assert [(one.number, one.whole, one.was, one.now) for one in lessened] == [
        (1, False, 1, 2),
        (2, True, 1, 2),
    ]
    assert any("Best of north-1." in each for each in story.played.posts("@per"))
    story.played.take_back("north-1", "kari", reply.message)
    assert not any("Best of north-1." in each for each in story.played.posts("@per"))


def test_the_whole_is_in_the_files_and_a_document_of_each_kind(story: Story) -> None:
    follow_up(story)
    with story.office() as (office, unit), pytest.raises(SeriesProblem, match="north 2 --series"):
        documents.of_managers(office, unit, Speaker(Shelf()), "manager", 2, whole=True)
    story.approve(number=2, whole=True)
    assert "Recap of the whole series" in exported(story)["managers/series-2-v1.md"]
    assert "managers/session-2-v1.md" not in exported(story)
    with story.office() as (office, unit):
        made = documents.of_managers(office, unit, Speaker(Shelf()), "manager", 2, whole=True)
    assert (made.kind, made.version) == ("series", 1)
    assert made.name == "Managers' recap of the whole series until session 2, version 1"
    for file in (text.to_markdown(made), text.to_json(made), text.to_csv(made), web.to_html(made)):
        assert b"Best of north-1." in file
    assert text.shape(made).kind == "series"
    assert "2,,1,Plans: What the groups put forward" in text.to_csv(made).decode()


def test_after_the_last_meeting_the_coordinator_is_told_that_the_whole_waits(story: Story) -> None:
    follow_up(story)
    with story.database.write() as connection:
        m, s = t.meetings.c, t.sessions.c
        connection.execute(update(t.meetings).where(m.number == 3).values(status="cancelled"))
        connection.execute(
            update(t.sessions).where(s.phase != "finished").values(phase="finished", wake_at=None)
        )
    story.played.upkeep()
    first, second = story.played.posts("@berit")
    assert "whole series" not in first
    assert "It was the last session. The recap of the whole series waits for you too." in second
    assert "managers, the whole series until here: waits for approval" in story.listed()


def test_at_the_counter_the_whole_series_stands_beside_its_sessions(story: Story) -> None:
    follow_up(story)
    desk = Desk(story.database, story.played.clock.at, name="terminal", workspace="local")
    desk.who = "berit"
    assert "The whole series: For managers: waits for approval" in words(desk.ask("recaps:1"))
    assert "Recap of the whole series" in words(desk.ask("recap:1:0:0"))
    desk.who = "per"
    assert "whole series" not in words(desk.ask("read:1:0")), "it is not approved"
    desk.who = "berit"
    assert "It goes to 1 manager now." in words(desk.hand_in("approve:1:0:0"))
    desk.who = "per"
    assert "read:1:0" in presses(desk.ask("released:1"))
    read = desk.ask("read:1:0")
    assert "Best of north-1." in words(read)
    options = {each.words[3:]: each.value for each in desk.ask("respond:1:0").blanks[0].options}
    wrote = {"finding": options["Best of north-1."], "verdict": "decided", "words": "We do it."}
    assert "The group sees it when it meets next" in words(desk.hand_in("respond:1:0", wrote))
    desk.close()
