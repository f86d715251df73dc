"""A group's recap as people use it: seen before it goes out, held, edited, approved; less when a source goes.

One meeting is played once, through the house as it is wired; each test goes on from there, on a copy.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import update

from bot.recaps import approval, desk
from bot.recaps.editing import Edit
from bot.recaps.files import files
from bot.recaps.ledger import ledger
from bot.recaps.others import Others
from bot.series.problems import NotFound, SeriesProblem
from bot.shelf import Shelf
from bot.words import Speaker
from flows import message as m
from flows import recap as recaps
from flows.programme import Route
from flows.recap import Across, Before, Held, IdeaCount, ManagerRecap, Shared
from flows.sight import NotYours
from storage import tables as t
from tests.bot.a_meeting import OPENS
from tests.bot.a_series import rows
from tests.bot.a_story import Story, lines
from tests.platforms.resting import Following, followed

# -- a group's recap


def test_it_opens_the_next_meeting_by_itself_and_says_how_it_was_made(story: Story) -> None:
    story.open_second()
    assert "Made automatically; not reviewed by a coordinator" in story.recap()
    assert "liv notes it down" in story.recap()
    assert story.versions() == [(1, "automatic"), (1, "automatic")]


def test_a_coordinator_sees_before_what_would_go_out_and_looking_keeps_nothing(story: Story) -> None:
    preview = story.preview()
    assert story.versions() == []
    story.open_second()
    for line in story.recap().splitlines()[:-1]:
        if line and line != "What have you thought about since then?":
            assert line.removeprefix("- ") in preview


def test_its_lines_are_numbered_in_the_order_in_which_they_are_read(story: Story) -> None:
    assert re.findall(r"\*\*(\d+)\.\*\* ", story.preview()) == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_a_held_recap_is_not_shown_and_nothing_is_said_of_it(story: Story) -> None:
    story.group(desk.hold)
    story.open_second()
    held = "\n".join(story.played.posts("north-1"))
    assert "Last time" not in held
    assert "thought about since" not in held
    assert "What has happened?" in held
    assert "Last time" in "\n".join(story.played.posts("north-2"))


def test_what_is_held_twice_is_held_once(story: Story) -> None:
    story.group(desk.hold)
    assert story.group(desk.hold) == "It is held already."
    assert story.versions() == [(1, "held")]


def test_a_released_recap_goes_out_as_if_nobody_had_been_there(story: Story) -> None:
    story.group(desk.hold)
    story.group(desk.release)
    story.played.take_back("north-1", "amir", story.said["amir-1"])
    story.played.say("north-1", "liv", "liv is proud of the library.", to="first.proud")
    story.open_second()
    assert "Made automatically" in story.recap()
    assert "liv is proud of the library. (came later)" in story.recap()
    assert (3, "automatic") in story.versions()


def test_only_what_is_held_can_be_released(story: Story) -> None:
    with pytest.raises(SeriesProblem, match="It is not held"):
        story.group(desk.release)


def test_the_coordinators_words_take_the_place_of_a_line_and_are_marked(story: Story) -> None:
    story.group(desk.edit, Edit(say=((1, "Rules are a challenge."),), drop=(3,)))
    story.open_second()
    assert "Edited by the coordinator" in story.recap()
    assert "Made automatically" not in story.recap()
    assert "- Rules are a challenge." in story.recap()
    assert "tighter than the law in north-1" not in story.recap()
    assert "liv notes it down" not in story.recap()


def test_an_approved_action_stands_as_it_stood(story: Story) -> None:
    """What became of it since used to be written into what had been approved, posted and filed."""

    def stands(state: str) -> None:
        with story.database.write() as connection:
            connection.execute(update(t.actions).values(state=state))

    story.group(desk.edit, Edit(say=((1, "In other words."),)))
    stands("under-way")
    assert "(under way)" in story.preview(), "until it is approved it is as it stands"
    story.group(desk.approve, None)
    stands("done")
    assert "(under way)" in story.preview()
    story.open_second()
    assert "(under way)" in story.recap()
    assert "(done)" not in story.recap()


def test_a_worded_action_keeps_its_state(story: Story) -> None:
    story.group(desk.edit, Edit(say=((8, "Somebody calls the county."),)))
    with story.database.write() as connection:
        connection.execute(update(t.actions).values(state="done"))
    assert "Somebody calls the county. (done)" in story.preview()


def test_every_change_is_a_version_of_its_own_and_a_line_can_be_put_back(story: Story) -> None:
    story.group(desk.edit, Edit(drop=(3,), say=((1, "Other words."),)))
    assert story.group(desk.edit, Edit(drop=(3,))) == "It says so already; nothing was changed."
    story.group(desk.edit, Edit(restore=(1, 3)))
    assert story.versions() == [(1, "edited"), (2, "edited")]
    assert "liv notes it down" in story.preview()
    assert "Other words" not in story.preview()


def test_a_recap_that_is_edited_while_it_is_held_stays_held_and_keeps_the_words(story: Story) -> None:
    story.group(desk.hold)
    story.group(desk.edit, Edit(say=((1, "Other words."),)))
    story.group(desk.release)
    assert story.versions() == [(1, "held"), (2, "held"), (3, "edited")]
    story.open_second()
    assert "Other words." in story.recap()


def test_what_was_edited_can_be_made_by_rule_again(story: Story) -> None:
    story.group(desk.edit, Edit(say=((1, "Other words."),)))
    story.group(desk.make_anew)
    story.open_second()
    assert "Other words" not in story.recap()
    assert "Made automatically" in story.recap()


def test_an_approved_recap_is_frozen_and_approved_once(story: Story) -> None:
    story.group(desk.approve, None)
    assert story.group(desk.approve, None) == "Version 1 is approved already."
    story.played.take_back("north-1", "amir", story.said["amir-1"])
    story.played.say("north-1", "liv", "liv is proud of the library.", to="first.proud")
    story.open_second()
    assert "library" not in story.recap()
    assert "Made automatically" not in story.recap()
    assert story.versions() == [(1, "approved"), (1, "automatic")]


def test_an_approved_recap_that_was_held_in_between_is_approved_still(story: Story) -> None:
    story.group(desk.approve, None)
    story.group(desk.hold)
    with pytest.raises(SeriesProblem, match="Release it first"):
        story.group(desk.approve, None)
    story.group(desk.release)
    assert story.versions() == [(1, "approved"), (2, "held"), (3, "approved")]


def test_when_the_next_meeting_has_opened_it_is_too_late(story: Story) -> None:
    story.played.go(OPENS[1])
    for act, *args in ((desk.hold,), (desk.edit, Edit(drop=(1,))), (desk.approve, None), (desk.make_anew,)):
        with pytest.raises(SeriesProblem, match="has opened, so it is too late"):
            story.group(act, *args)
    story.open_second()
    with pytest.raises(SeriesProblem, match="has been posted, so it is too late"):
        story.group(desk.hold)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Edit(drop=(9,)), "no line 9; its lines: from 1 to 8"),
        (Edit(drop=(1,), restore=(1,)), "Line 1 is named twice"),
        (Edit(say=((1, "  "),)), "Line 1 would be empty"),
        (Edit(say=((1, "x" * 2001),)), "Line 1 has 2001 characters"),
    ],
)
def test_an_edit_that_cannot_be_done_changes_nothing(story: Story, change: Edit, told: str) -> None:
    with pytest.raises(SeriesProblem, match=told):
        story.group(desk.edit, change)
    assert story.versions() == []


def test_which_group_and_which_meeting_must_be_known(story: Story) -> None:
    with pytest.raises(NotFound, match="There is: Fjord, Fjell"):
        story.group(desk.hold, group="Skog")
    with pytest.raises(SeriesProblem, match="no recap of session 2 for Fjord"):
        story.group(desk.hold, number=2)
    with pytest.raises(SeriesProblem, match="Say which group is meant: Fjord, Fjell"):
        story.group(desk.hold, group=None)


def test_a_meeting_in_which_nothing_was_said_is_not_looked_back_on(story: Story) -> None:
    """It used to be said that one had talked about what nobody came to talk about."""
    story.played.go(OPENS[1] + timedelta(days=1))
    story.played.go(OPENS[1] + timedelta(days=14))
    story.played.say("north-1", "kari", "We are here")
    assert "Last time we talked about what works" in story.recap()


@given(st.lists(st.integers(1, 5), max_size=25))
def test_what_others_are_shown_is_what_would_be_chosen_from_all_of_it(circles: list[int]) -> None:
    released = [Shared(reply, circle) for reply, circle in enumerate(circles, 100)]
    others, route = Others("first", released), Route("first", ())
    for circle in range(1, 7):
        whole = recaps.compile_group(route, (), shared=[one for one in released if one.circle != circle])
        quick = recaps.compile_group(route, (), shared=others.first_for(circle))
        assert others.counted(quick, circle) == whole


# -- sources that go


def test_a_line_goes_from_what_was_posted_and_nothing_takes_its_place(story: Story) -> None:
    story.open_second()
    before = story.recap()
    story.played.take_back("north-1", "liv", story.said["liv-note"])
    noted = "- liv notes it down.", "Besides the note:"
    assert lines(story.recap()) == [line for line in lines(before) if line not in noted]
    story.played.take_back("north-1", "amir", story.said["amir-1"])
    left = [line for line in lines(before) if line not in noted and "amir" not in line]
    assert lines(story.recap()) == left


def test_the_coordinators_words_go_with_what_they_rest_on_and_are_not_kept(story: Story) -> None:
    story.group(desk.edit, Edit(say=((1, "A secret in other words."),)))
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    assert "secret" not in story.preview()
    assert not any("secret" in (row.words or "") for row in rows(story.database, t.recaps))
    story.open_second()
    assert "secret" not in story.recap()


def test_they_go_from_what_was_posted(story: Story) -> None:
    story.group(desk.edit, Edit(say=((1, "A secret in other words."),)))
    story.open_second()
    assert "secret" in story.recap()
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    assert "secret" not in story.recap()
    assert "## Most important" in story.recap()


def test_they_go_when_one_of_several_messages_goes_and_the_rest_is_not_shown_instead(story: Story) -> None:
    story.group(desk.edit, Edit(say=((4, "Kari is proud of much."),)))
    story.played.take_back("north-1", "kari", story.said["kari-2"])
    assert "proud of much" not in story.preview()
    assert "kari is proud of the ferry" not in story.preview()
    story.group(desk.edit, Edit(restore=(4,)))
    assert "kari is proud of the ferry" in story.preview()


def test_they_go_when_the_author_says_something_else(story: Story) -> None:
    story.group(desk.edit, Edit(say=((1, "A secret in other words."),)))
    story.open_second()
    story.played.rewrite("north-1", "kari", story.said["kari-finding"], "I meant something else.")
    assert "secret" not in story.recap()
    assert "something else" not in story.recap()


def test_people_correct_their_own_words_in_what_was_posted(story: Story) -> None:
    story.open_second()
    story.played.rewrite("north-1", "liv", story.said["liv-note"], "liv notes it well.")
    assert "liv notes it well." in story.recap()


def test_a_long_line_is_cut_in_the_thread_and_whole_where_the_recap_is_opened(story: Story) -> None:
    """A line of a note of 12,000 characters stood in the next meeting's recap from end to end."""
    long = "The ferry is late again. " * 480
    for who, word in (("kari", "kari-finding"), ("liv", "liv-note"), ("liv", "liv-action")):
        story.played.rewrite("north-1", who, story.said[word], f"{word} {long}")
    with story.database.write() as connection:
        connection.execute(update(t.actions).values(state="done"))
    story.group(desk.edit, Edit(say=((4, f"coordinator {long[:1_000]}"),)))
    story.open_second()
    shown = [line.removeprefix("- ") for line in lines(story.recap()) if "ferry is late" in line]
    words = ["kari-finding", "liv-note", "coordinator", "liv-action"]
    assert [line.split()[0] for line in shown] == words
    assert [line.rpartition("…")[2] for line in shown] == ["", "", "", " (done)"]
    assert all(200 < len(line) <= 240 + len(" … (done)") for line in shown)
    with story.office(write=False) as (office, unit):
        found = dict(files(office, unit, Speaker(Shelf()), "coordinator", ledger(unit, office.series.id)))
    kept = found[PurePosixPath("groups/session-1-fjord-v1.md")]
    for read in (story.preview(), kept):
        assert all(f"{word} {long[:1_000]}".strip() in read for word in words)
        assert read.count("ferry is late") == 3 * 480 + 40


def test_what_a_group_does_not_let_out_any_more_goes_from_what_others_have(story: Story) -> None:
    story.group(desk.approve, None)
    story.approve()
    assert "tighter than the law in north-2" in story.preview()
    story.played.say("north-2", "ola", "no", to="release.how")
    assert "north-2" not in story.preview()
    assert "What other groups shared" not in story.preview()
    assert "tighter than the law in north-2" in story.preview("Fjell")
    (said,) = story.played.posts("@per")
    assert "north-2" not in said
    assert "Rules are tighter than the law in north-1." in said


def test_an_answer_that_is_marked_as_none_after_it_was_kept_is_not_quoted(story: Story) -> None:
    story.group(desk.approve, None)
    with story.database.write() as connection:
        connection.execute(
            update(t.replies).where(t.replies.c.id == story.reply("amir-1")).values(role="aside")
        )
    assert "amir" not in story.preview()


# -- who sees what


def test_a_manager_does_not_see_a_draft_nor_a_groups_recap(story: Story) -> None:
    with pytest.raises(NotYours, match="not for managers"):
        story.managers(lambda one: one.draft(), viewer="manager")
    with pytest.raises(NotYours, match="not for managers"):
        story.managers(approval.approve, None, viewer="manager")
    assert story.versions(group=False) == []
    for viewer in ("manager", "operator", "other"):
        for fate in ("waits", "opened", "out", "passed"):
            with pytest.raises(NotYours):
                desk.require(viewer, fate)
    with story.office() as (office, unit):
        one = desk.open_desk(office, unit, Shelf(), lambda: 0, "manager", 1, "Fjord")
        for act in (desk.hold, desk.make_anew):
            with pytest.raises(NotYours):
                act(one)


def test_files_are_not_made_for_managers(story: Story) -> None:
    story.approve()
    story.open_second()
    with story.office() as (office, unit), pytest.raises(NotYours):
        dict(files(office, unit, Speaker(Shelf()), "manager", ledger(unit, office.series.id)))


def test_what_is_done_is_in_the_audit_log_without_content(story: Story) -> None:
    story.group(desk.hold)
    story.group(desk.release)
    story.group(desk.edit, Edit(say=((1, "A secret in other words."),)))
    story.group(desk.approve, None)
    story.approve()
    story.approve()
    acts = [(row.act, row.object) for row in rows(story.database, t.audit) if row.act.startswith("recap")]
    assert acts == [
        ("recap held", "north/1/group-1 v1"), ("recap released", "north/1/group-1 v2"),
        ("recap edited", "north/1/group-1 v3"), ("recap approved", "north/1/group-1 v4"),
        ("recap approved", "north/1/managers v1"),
    ]  # fmt: skip


def test_looking_and_listing_write_nothing(story: Story) -> None:
    before = [len(rows(story.database, table)) for table in (t.recaps, t.audit, t.outbox)]
    story.preview()
    story.listed()
    assert [len(rows(story.database, table)) for table in (t.recaps, t.audit, t.outbox)] == before


def test_a_group_recap_as_stored_can_be_read_back(story: Story) -> None:
    story.group(desk.hold)
    (row,) = rows(story.database, t.recaps)
    assert isinstance(recaps.load(row.points), recaps.GroupRecap)


# -- where its lines lead


def test_every_line_leads_somewhere_and_one_that_does_not_is_found_out(story: Story) -> None:
    """Every programme's are followed so (`tests/platforms/test_programmes.py`); here, those of five groups too."""
    made = story.managers(approval.ManagersDesk.draft)
    recap = recaps.load(made.points)
    assert isinstance(recap, ManagerRecap)
    (first, second), ours = (recap.findings or ())[:2], story.group(desk.GroupDesk.draft)
    asked, mine = first.reply, recaps.load(ours.points)
    assert isinstance(mine, recaps.GroupRecap)
    full = replace(recap, asks=(asked,), pairs=6, across=(Across("first.weakest", "manager.weakest", (Held("x", 5),)),),
                   ideas=(IdeaCount("received", 2, OPENS[0]),), before=Before(2, 2, 6))  # fmt: skip
    with story.office(write=False) as (_, unit):
        led = followed(unit, dataclasses.replace(made, points=recaps.dump(full).decode()))
        assert led == {"count": 16, "of itself": 4, "finding": 8, "common": 4, "numbers": 2}
        assert {"quote", "answer", "finding", "action"} <= followed(unit, ours).keys()
        theme = m.Theme((asked,), (second.number,), (1,), 2)
        own = mine.questions[0].points[0].replies[0]
        for wrong in (
            m.line("manager.findings"),
            m.line("manager.no-findings"),
            m.line("manager.asks", numbers=m.Numbers((99,))),
            m.Line(m.programme("rounds", "first", "proud")),
            m.Points((m.Finding(asked),)),
            m.Points((m.Finding(own, outside=True),)),
            m.Points((theme,)),
            m.Points((m.Finding(asked, outside=True),), numbered=True),
        ):
            with pytest.raises(AssertionError):
                list(Following(unit, full, None).all([wrong]))
        elsewhere = m.Points((m.Quote(story.reply("tor-1")),))
        with pytest.raises(AssertionError, match="another group"):
            list(Following(unit, mine, ours.session_id).all([elsewhere]))
