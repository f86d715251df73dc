"""The managers' recap: who is told that it waits, what is in it, how it is approved and sent, and what goes from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from bot import library
from bot.ideas import sluice
from bot.recaps import approval, desk, managers
from bot.recaps.editing import Edit
from bot.series import members, overview, sharing
from bot.series.problems import NotFound, SeriesProblem
from bot.shelf import Shelf
from flows import recap as recaps
from flows.forms import At, Named, NamedGroup
from flows.language import Catalogue
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_meeting import OPENS, Played, first_meeting, planned
from tests.bot.a_series import rows
from tests.bot.a_story import NAMES, Story, lines


def test_the_coordinator_is_told_once_when_the_last_group_has_finished(story: Story) -> None:
    assert story.played.upkeep() == 1
    assert story.played.upkeep() == 0
    (told,) = story.played.posts("@berit")
    assert "Session 1 is over, and the recap for managers waits for your approval" in told
    assert "Tuesday 27 October at 08:00" in told
    assert story.versions(group=False) == [(0, "draft")]
    assert story.to_managers() == {"@per": [], "@eva": []}


def test_while_a_group_is_under_way_nobody_is_told(story: Story) -> None:
    with story.database.write() as connection:
        connection.execute(update(t.sessions).where(t.sessions.c.id == 1).values(phase="running"))
    assert story.played.upkeep() == 0
    assert story.versions(group=False) == []


def test_a_series_without_managers_bothers_nobody(story: Story) -> None:
    with story.database.write() as connection:
        role = t.memberships.c.role == "manager"
        connection.execute(update(t.memberships).where(role).values(until=story.played.clock.at))
    assert story.played.upkeep() == 0
    story.played.go(story.played.clock.at + timedelta(days=8))
    assert story.played.upkeep() == 0
    assert "goes to nobody" in story.approve()[1]


def test_approval_freezes_a_version_and_sends_it_once_to_each_manager(story: Story) -> None:
    story.played.upkeep()
    assert story.approve() == ["Version 1 is approved.", "It goes to 2 of 2 managers now."]
    (to_per,), (to_eva,) = story.to_managers().values()
    assert to_per == to_eva
    assert "Approved by the coordinator 20 October 2026, version 1" in to_per
    assert "Groups that took part: 2 of 2." in to_per
    assert "6 people said something." in to_per
    assert "Next session: Tuesday 3 November at 09:00" in to_per
    assert story.approve() == ["Version 1 is approved already, and nothing has changed since.",
                               "It goes to nobody a second time."]  # fmt: skip
    assert [len(posts) for posts in story.to_managers().values()] == [1, 1]
    assert story.versions(group=False) == [(0, "settled"), (1, "approved")]


def test_it_has_what_was_released_in_the_words_in_which_it_was_released_and_nothing_else(
    story: Story,
) -> None:
    story.approve()
    (said,) = story.played.posts("@per")
    listed = re.findall(r"- \*\*(\d)\.\*\* (.*)", said)
    assert [number for number, _ in listed] == ["1", "2", "3", "4"]
    assert {words for _, words in listed} == {
        "Rules are tighter than the law in north-1.", "Nobody in north-1 asked.",
        "Rules are tighter than the law in north-2.", "Nobody in north-2 asked.",
    }  # fmt: skip
    assert "Actions: 2 open." in said


def test_ideas_are_counted_only_where_the_programme_asks_for_them(story: Story) -> None:
    with story.database.write() as connection:
        sluice.give(connection, 1, 1, "A ferry in the morning", "", story.played.clock.at)
        assert managers.compile_managers(Unit(connection), Shelf(), 1).ideas == ()
    assert [name for name in library.shipped() if library.read(name).programme.ideas] == ["exchange"]


def test_people_are_counted_by_unit_where_the_programme_asks_and_five_came_from_there(
    story: Story, monkeypatch: Any
) -> None:
    """Six said something: all but Ola are from one place, and then all of them."""
    asked, six = Shelf.programme, ("Kari", "Amir", "Liv", "Tor", "Sigrid", "Ola")
    with story.office() as (office, unit):
        members.come_from(office, "Nordvik", six)
        assert managers.compile_managers(unit, Shelf(), 1).units == ()
        monkeypatch.setattr(Shelf, "programme", lambda *_: asked(*_).model_copy(update={"units": True}))
        assert [one.n for one in managers.compile_managers(unit, Shelf(), 1).units] == [6]
        members.come_from(office, None, six[5:])
        assert managers.compile_managers(unit, Shelf(), 1).units == (), "one is missing from the sum"
        members.come_from(office, "NORDVIK", six[5:])
    story.approve()
    (said,) = story.played.posts("@per")
    assert "Where they are from" in said
    assert "Nordvik: 6" in said
    with story.office() as (office, _):
        members.come_from(office, "Sørvik", six[5:])
    assert "nothing has changed since" in story.approve()[0], "Nordvik: 5 would tell that one has moved"
    assert [name for name in library.shipped() if library.read(name).programme.units] == [
        "exchange",
        "network",
    ]


def test_it_has_no_name_no_link_and_no_personal_id(story: Story) -> None:
    story.approve()
    (said,) = story.played.posts("@per")
    assert not [name for name in NAMES if re.search(rf"\b{name}\b", said, re.IGNORECASE)]
    assert "http" not in said
    assert not [message for message in story.said.values() if re.search(rf"\b{message}\b", said)]
    people = {row.id for row in rows(story.database, t.people)}
    stored = next(row for row in rows(story.database, t.recaps) if row.session_id is None)
    assert people.isdisjoint(_numbers(json.loads(stored.points)["findings"], but=("number", "side")))


def _numbers(shape: Any, but: tuple[str, ...]) -> set[int]:
    if isinstance(shape, dict):
        return {one for key, value in shape.items() if key not in but for one in _numbers(value, but)}
    if isinstance(shape, list):
        return {one for value in shape for one in _numbers(value, but)}
    return {shape} if isinstance(shape, int) else set()


def test_replies_are_counted_by_the_database_and_never_read(story: Story) -> None:
    seen: list[str] = []
    with story.office(write=False) as (_, unit):
        event.listen(unit.connection, "before_cursor_execute", lambda *args: seen.append(str(args[2])))
        managers.compile_managers(unit, Shelf(), 1)
    of_replies = [each for each in seen if re.search(r"FROM replies|JOIN replies", each)]
    (released,) = [each for each in of_replies if "replies.words" in each]
    assert "findings.state IN" in released
    others = [each for each in of_replies if each is not released]
    assert others
    assert all("count(" in each for each in others)


def test_who_only_thought_alone_and_who_only_steered_has_not_said_anything(story: Story) -> None:
    with story.database.write() as connection:
        mine = t.replies.c.person_id == rows(story.database, t.people)[0].id
        connection.execute(update(t.replies).where(mine).values(role="solo"))
        made = managers.compile_managers(Unit(connection), Shelf(), 1)
    assert (made.groups, made.people) == (2, 5)


def test_few_people_and_people_around_a_table_are_not_counted_aloud(story: Story) -> None:
    with story.database.write() as connection:
        unit = Unit(connection)
        connection.execute(update(t.series).values(answering="table"))
        assert managers.compile_managers(unit, Shelf(), 1).people is None
        connection.execute(update(t.series).values(answering="each"))
        connection.execute(update(t.replies).where(t.replies.c.session_id == 1).values(role="aside"))
        made = managers.compile_managers(unit, Shelf(), 1)
    assert (made.groups, made.of, made.people) == (1, 2, None)


def test_a_source_that_is_taken_back_goes_from_what_managers_have(story: Story) -> None:
    story.approve()
    (before,) = story.played.posts("@per")
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    (after,) = story.played.posts("@per")
    (number,) = re.findall(r"\*\*(\d)\.\*\* Rules are tighter than the law in north-1\.", before)
    (common,) = (line for line in lines(before) if re.search(rf"recur: .*Findings .*\b{number}\b", line))
    gone = ("Rules are tighter than the law in north-1.", common)
    assert lines(after) == [line for line in lines(before) if not any(each in line for each in gone)]


def test_then_a_new_version_can_be_approved_and_findings_keep_their_numbers(story: Story) -> None:
    story.approve()
    (before,) = story.played.posts("@per")
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    listing = story.listed()
    assert re.search(r"version 1, approved, went out to Per .*; went out to Eva ", listing)
    assert re.search(r"Lines gone since, because they were taken back or changed: \d$", listing)
    assert story.approve() == ["Version 2 is approved.", "It goes to 2 of 2 managers now.",
                               "Managers have had before: version 1."]  # fmt: skip
    _, second = story.played.posts("@per")
    assert set(_listed(second)) < set(_listed(before))
    assert len(_listed(second)) == 3


def _listed(said: str) -> list[str]:
    return re.findall(r"- (\*\*\d\.\*\* .*)", said)


def test_what_is_changed_after_approval_does_not_reach_managers_unseen(story: Story) -> None:
    story.approve()
    story.played.rewrite("north-1", "kari", story.said["kari-finding"], "Our manager is to blame.")
    (said,) = story.played.posts("@per")
    assert "blame" not in said
    assert "tighter than the law in north-1" not in said
    story.approve()
    assert "blame" in story.played.posts("@per")[1]


def test_a_rewording_that_is_taken_back_does_not_let_the_first_words_out(story: Story) -> None:
    story.approve()
    story.played.take_back("north-1", "amir", story.said["amir-rewording"])
    assert "north-1 asked" not in story.played.posts("@per")[0]
    assert "exemption in north-1" not in story.played.posts("@per")[0]


def test_what_one_group_more_has_settled_is_not_to_be_worked_out(story: Story, monkeypatch: Any) -> None:
    """Told of five groups, and then of six, a manager would know where the sixth one stands."""
    first = recaps.Across(
        "go-on", "manager.decided", (recaps.Held("go-on.yes", 3), recaps.Held("go-on.no", 2))
    )
    then = recaps.Across(
        "go-on", "manager.decided", (recaps.Held("go-on.yes", 3), recaps.Held("go-on.no", 3))
    )
    other = recaps.Across("owner", "manager.decided", (recaps.Held("owner.none", 6),))
    monkeypatch.setattr(recaps, "settles", lambda _: True)
    monkeypatch.setattr(recaps, "settled", lambda *_: (first,))
    story.approve()
    monkeypatch.setattr(recaps, "settled", lambda *_: (then, other))
    with story.office(write=False) as (_, unit):
        assert managers.compile_managers(unit, Shelf(), 1).across == (first, other)
        (one,) = managers.compile_whole(unit, Shelf(), 1).rounds
        assert one.across == (first, other)


def test_a_manager_who_came_later_gets_what_the_others_have(story: Story) -> None:
    story.approve()
    with story.database.write() as connection:
        berit = next(row for row in rows(story.database, t.people) if row.name == "Berit")
        connection.execute(insert(t.memberships), {
            "person_id": berit.id, "series_id": 1, "role": "manager", "since": story.played.clock.at,
        })  # fmt: skip
    assert story.approve()[1] == "It goes to 1 of 3 managers now."
    assert [len(posts) for posts in story.to_managers().values()] == [1, 1]
    assert len(story.played.posts("@berit")) == 1


def test_what_nobody_has_approved_in_a_week_goes_out_as_counts_once(story: Story) -> None:
    story.played.upkeep()
    story.played.clock.at += timedelta(days=7) - timedelta(minutes=1)
    assert story.played.upkeep() == 0
    story.played.clock.at += timedelta(minutes=1)
    assert story.played.upkeep() == 2
    assert story.played.upkeep() == 0
    (said,) = story.played.posts("@per")
    assert "Groups that took part: 2 of 2." in said
    assert "The findings are not approved yet" in said
    assert "Rules" not in said
    assert story.versions(group=False) == [(0, "settled"), (1, "counts")]


def test_approval_after_the_counts_sends_all_of_it(story: Story) -> None:
    story.played.upkeep()
    story.played.clock.at += timedelta(days=8)
    story.played.upkeep()
    told = story.approve()
    assert (told[0], told[-1]) == (
        "Version 2 is approved.",
        "Managers have had before: version 1 (counts only).",
    )
    counts, full = story.played.posts("@per")
    assert "Rules" not in counts
    assert "Rules" in full
    assert "version 1, counts only, went out to Per" in story.listed()
    assert "version 2, approved, went out to Per" in story.listed()


def test_the_counts_go_out_when_the_next_meeting_opens_but_not_on_the_same_day(story: Story) -> None:
    story.played.upkeep()
    with story.database.write() as connection:
        connection.execute(update(t.meetings).where(t.meetings.c.number == 2).values(status="open"))
    story.played.clock.at += timedelta(hours=23)
    assert story.played.upkeep() == 0
    story.played.clock.at += timedelta(hours=1)
    assert story.played.upkeep() == 2


def test_what_was_approved_in_time_is_not_sent_as_counts(story: Story) -> None:
    story.played.upkeep()
    story.approve()
    story.played.clock.at += timedelta(days=30)
    assert story.played.upkeep() == 0
    assert [len(posts) for posts in story.to_managers().values()] == [1, 1]


def test_counts_of_a_meeting_without_findings_do_not_speak_of_findings_that_wait(story: Story) -> None:
    story.played.upkeep()
    with story.database.write() as connection:
        connection.execute(update(t.findings).values(state="no"))
    story.played.clock.at += timedelta(days=8)
    story.played.upkeep()
    assert "No findings have been released." in story.played.posts("@per")[0]


def test_one_meeting_that_cannot_be_looked_after_stops_no_other(story: Story, caplog: Any) -> None:
    """A meeting without sessions, which nothing of ours makes, comes first."""
    faulty = {"id": 0, "series_id": 1, "number": 9, "local_date": date(2026, 9, 1), "local_time": time(9)}
    with story.database.write() as connection:
        connection.execute(insert(t.meetings), {**faulty, "pace": "live", "status": "held"})
    assert story.played.upkeep() == 1
    assert "the managers' recap of meeting 0: IndexError" in caplog.text


def test_a_line_that_a_coordinator_leaves_out_stays_out_of_later_versions(story: Story) -> None:
    assert story.managers(approval.edit, Edit(drop=(2,))) == "Version 1 is edited, and waits for approval."
    assert "version 1, edited, waits for approval" in story.listed()
    assert story.approve()[0] == "Version 2 is approved."
    (said,) = story.played.posts("@per")
    assert [line[2] for line in _listed(said)] == ["1", "3", "4"]
    assert "Edited by the coordinator" in said
    story.played.take_back("north-1", "liv", story.said["liv-action"])
    story.approve()
    assert [line[2] for line in _listed(story.played.posts("@per")[1])] == ["1", "3", "4"]


def test_a_meeting_that_has_not_been_held_has_nothing_for_managers(story: Story) -> None:
    with (
        story.office() as (office, unit),
        pytest.raises(SeriesProblem, match="No group has finished session 2"),
    ):
        approval.open_desk(office, unit, Shelf(), lambda: 0, "coordinator", 2)


def test_who_approves_is_the_only_coordinator_or_one_by_name(story: Story) -> None:
    with story.office() as (office, _):
        berit = approval.coordinator(office, None)
        assert approval.coordinator(office, "berit") == berit
        with pytest.raises(NotFound, match="no coordinator called Per"):
            approval.coordinator(office, "Per")
        office.connection.execute(insert(t.memberships), {
            "person_id": 1, "series_id": 1, "role": "coordinator", "since": office.now,
        })  # fmt: skip
        with pytest.raises(SeriesProblem, match="Say who approves it: Berit, Kari"):
            approval.coordinator(office, None)


def test_the_whole_way_on_both_engines(database: Database, tmp_path: Path) -> None:
    planned(database, tmp_path)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        story = Story(played, first_meeting(played))
        assert sum(_at_once(lambda: played.house.timekeeper.upkeep(played.clock.at))) == 1
        story.group(desk.hold, group="Fjell")
        story.group(desk.edit, Edit(say=((1, "Rules are a challenge."),)))
        played.clock.at += timedelta(days=7)
        assert sum(_at_once(lambda: played.house.timekeeper.upkeep(played.clock.at))) == 2
        told = _at_once(story.approve_quietly)
        assert sum(each[0] == "Version 2 is approved." for each in told) == 1
        played.settle()
        assert [len(posts) for posts in story.to_managers().values()] == [2, 2]
        played.take_back("north-1", "amir", story.said["amir-rewording"])
        assert "Nobody in north-1" not in played.posts("@per")[1]
        story.open_second()
        assert "Rules are a challenge." in story.recap()
        assert "Last time" not in "\n".join(played.posts("north-2"))


def _at_once(do: Callable[[], Any]) -> list[Any]:
    """Four who do the same at the same time."""
    with ThreadPoolExecutor(4) as together:
        return list(together.map(lambda _: do(), range(4)))


def test_managers_read_it_together_in_a_place_of_their_own_and_corrections_follow_it_there(
    story: Story,
) -> None:
    with story.office() as (office, _):
        assert sharing.share(office, At("ledelsen")).told == ("Managers' recaps are posted in ledelsen too.",)
    story.played.settle()
    # The groups have met: they are told at once.
    assert "Everybody in it can read it" in story.played.posts("north-1")[-1]
    assert story.approve()[-2:] == [
        "It goes to 2 of 2 managers now.",
        "It is posted in the managers' channel now.",
    ]
    (posted,), (to_per,) = story.played.posts("ledelsen"), story.played.posts("@per")
    assert posted == to_per
    assert "went out to The managers" in story.listed()
    assert story.approve()[1:] == ["It goes to nobody a second time."]
    assert len(story.played.posts("ledelsen")) == 1
    story.played.take_back("north-1", "kari", story.said["kari-finding"])
    (after,) = story.played.posts("ledelsen")
    assert "Rules are tighter than the law in north-1." in posted
    assert "Rules are tighter than the law in north-1." not in after


def test_without_named_managers_it_is_posted_all_the_same_and_counts_too(story: Story) -> None:
    with story.office() as (office, unit):
        sharing.share(office, At("ledelsen"))
        unit.run(update(t.memberships).where(t.memberships.c.role == "manager").values(until=office.now))
    assert story.played.upkeep() == 1
    story.played.go(story.played.clock.at + timedelta(days=8))
    assert story.played.upkeep() == 1
    assert "only numbers are shown" in story.played.posts("ledelsen")[0]
    assert story.approve()[1] == "It is posted in the managers' channel now."


def test_what_waits_is_not_posted_where_managers_do_not_read_any_more(story: Story) -> None:
    with story.office() as (office, _):
        sharing.share(office, At("ledelsen"))
    story.approve_quietly()
    with story.office() as (office, _):
        assert sharing.keep_private(office).told == ("Managers get their recaps in private only.",)
    story.played.settle()
    assert story.played.posts("ledelsen") == []
    assert len(story.played.posts("@per")) == 1
    acts = [row.act for row in rows(story.database, t.audit)]
    assert {"managers' place set", "managers' place ended"} <= set(acts)


@pytest.mark.parametrize("channel", ["north-1", "north-everyone", "@per"])
def test_a_groups_own_channel_is_no_place_for_managers_nor_is_somebodys_own(
    story: Story, channel: str
) -> None:
    with story.office() as (office, _), pytest.raises(SeriesProblem, match="one person alone"):
        sharing.share(office, At(channel))


def test_the_managers_place_is_no_home_for_a_group_and_one_that_takes_nothing_is_told_of(
    story: Story,
) -> None:
    with story.office() as (office, unit):
        sharing.share(office, At("ledelsen"))
        unit.run(update(t.places).where(t.places.c.channel == "ledelsen").values(blocked="removed"))
        assert any("The managers" in each for each in overview.troubles(office, Catalogue(
            "en", library.bot_texts("en"), "Europe/Oslo").say))  # fmt: skip
        with pytest.raises(SeriesProblem, match="one person alone"):
            members.add_group(office, NamedGroup("Elv", (Named("Ida"),), At("ledelsen")))
