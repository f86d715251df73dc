"""Recaps at the counter, after a meeting that was really held: read, held, changed, approved; and read by managers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from adapters.port import Faults
from bot.series import sharing
from bot.series.overview import view
from flows.forms import At
from storage import tables as t
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_series import rows
from tests.bot.a_story import Story


@pytest.fixture
def desk(story: Story) -> Iterator[Desk]:
    """Berit at the counter; the series is on the terminal, and so is she."""
    desk = Desk(story.database, story.played.clock.at, name="terminal", workspace="local")
    desk.who = "berit"
    yield desk
    desk.close()


def test_what_waits_stands_in_the_overview_and_in_the_list(desk: Desk) -> None:
    assert "The recap for managers of session 1 waits for approval." in words(desk.ask("home"))
    listed = desk.ask("recaps:1")
    assert "For managers: waits for approval" in words(listed)
    assert "Fjord: made by rule; goes out when the group meets next" in words(listed)
    assert {"recap:1:1:0", "recap:1:1:1", "recap:1:1:2"} <= set(presses(listed))


def test_a_groups_recap_is_read_held_and_let_go(desk: Desk, story: Story) -> None:
    page = desk.ask("recap:1:1:1")
    assert "Last time we talked about what works" in words(page)
    assert "It is held back." in words(desk.hand_in("hold:1:1:1"))
    assert "release:1:1:1" in presses(desk.ask("recap:1:1:1"))
    assert "the group's next session opens without it" in words(desk.ask("recaps:1"))
    again = desk.hand_in("approve:1:1:1")
    assert "It is held back. Let it go out first." in words(again)
    assert "It goes out when the group meets next." in words(desk.hand_in("release:1:1:1"))
    assert [status for _, status in story.versions()] == ["held", "released"]


def test_a_line_is_said_otherwise_left_out_and_put_back(desk: Desk) -> None:
    sheet = desk.ask("edit:1:1:1")
    lines = {option.words: option.value for option in sheet.blanks[0].options}
    first = next(iter(lines))
    changed = desk.hand_in(
        "edit:1:1:1", {"line": lines[first], "what": "say", "words": "We agree on the bakery."}
    )
    assert "We agree on the bakery." in words(changed)
    assert desk.hand_in("edit:1:1:1", {"line": lines[first], "what": "say", "words": ""}) == Faults(
        {"words": "This is needed."}
    )
    gone = desk.hand_in("edit:1:1:1", {"line": lines[first], "what": "drop"})
    assert "Left out: 1" in words(gone)
    back = desk.hand_in("edit:1:1:1", {"line": lines[first], "what": "restore"})
    assert "We agree on the bakery." not in words(back)
    assert desk.hand_in("edit:1:1:1", {"line": "12345", "what": "drop"}).by_blank.keys() == {"line"}


def test_the_managers_recap_goes_out_when_it_is_approved_and_once(desk: Desk, story: Story) -> None:
    page = desk.hand_in("approve:1:1:0", key="yes")
    assert "It is approved." in words(page)
    assert "It goes to 2 managers now." in words(page)
    desk.hand_in("approve:1:1:0", key="yes")
    assert "It goes to nobody a second time." in words(desk.hand_in("approve:1:1:0"))
    story.played.settle()
    assert [len(each) for each in story.to_managers().values()] == [1, 1]
    (approved,) = rows(story.database, t.recaps, t.recaps.c.status == "approved")
    berit = next(row.id for row in rows(story.database, t.people) if row.name == "Berit")
    assert approved.approved_by == berit
    assert "waits for approval" not in words(desk.ask("home"))


def test_managers_read_what_was_approved_and_nothing_before(desk: Desk) -> None:
    assert "released:1" in presses(desk.ask("home", who="per"))
    assert "No recap has been approved yet." in words(desk.ask("released:1"))
    assert desk.ask("read:1:1").title == "From Runda"
    assert "Only the series' coordinators" in words(desk.ask("recap:1:1:0"))
    desk.hand_in("approve:1:1:0", who="berit")
    assert presses(desk.ask("released:1", who="per"))[-1] == "read:1:1"
    read = words(desk.ask("read:1:1"))
    assert "Recap for managers" in read
    assert "Kari" not in read


def test_the_audit_log_tells_who_and_what_without_content(desk: Desk, story: Story) -> None:
    desk.hand_in("hold:1:1:1")
    desk.hand_in("approve:1:1:0")
    acts = [(row.actor, row.act) for row in rows(story.database, t.audit)[-2:]]
    assert {actor.split(":")[0] for actor, _ in acts} == {"person"}
    assert [act for _, act in acts] == ["recap held", "recap approved"]


def test_who_only_reads_in_the_managers_channel_does_not_answer_for_them(desk: Desk, story: Story) -> None:
    with story.office() as (office, _):
        sharing.share(office, At("ledelsen"))
    story.approve()
    assert len(story.played.posts("ledelsen")) == 1
    assert desk.ask("respond:1:1", who="per").blanks
    assert not desk.ask("respond:1:1", who="nora").blanks
    assert desk.hand_in("respond:1:1", {"verdict": "decided"}, who="nora").blanks == ()
    assert rows(story.database, t.responses) == []


def test_a_recap_waits_for_nobody_while_a_group_is_still_at_it(desk: Desk, story: Story) -> None:
    """A session counts as held when its first group is done; its coordinator was asked to approve what the others
    were still saying."""
    of_fjell = select(t.circles.c.id).where(t.circles.c.name == "Fjell")
    at_it = t.sessions.c.circle_id.in_(of_fjell) & (t.sessions.c.meeting_id == 1)
    with story.database.write() as connection:
        connection.execute(update(t.sessions).where(at_it).values(phase="lobby"))
    assert "waits for approval" not in words(desk.ask("home"))
    with story.office(write=False) as (office, _):
        assert view(office).meetings[0].status == "open"
