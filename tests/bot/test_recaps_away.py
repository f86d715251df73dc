"""Who had said that they could not come has the group's recap in private, once, in working hours; nobody else has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.recaps import away, desk
from bot.series import members, why
from bot.series.signing import CANNOT_COME, sign
from storage import tables as t
from tests.bot.a_series import rows
from tests.bot.a_story import Story

NILS, ABSENT = "@nils", "You could not come to session 1."


@pytest.fixture
def story(story: Story) -> Story:
    """The first meeting is over, and noted as such; Nils, of the same group as Kari, wrote nothing there."""
    with story.office() as (office, _):
        members.join(office, "Nils", "Fjord")
    story.played.upkeep()
    return story


def cannot_come(story: Story, name: str) -> Any:
    """As from one's own page."""
    (who,) = rows(story.database, t.people, t.people.c.name == name)
    row = {"organisation_id": who.organisation_id, "actor": f"person:{who.id}", "act": CANNOT_COME,
           "object": "north/1", "at": story.played.clock.at}  # fmt: skip
    with story.database.write() as connection:
        connection.execute(insert(t.audit), row)
    return who


def after(story: Story, **time: float) -> int:
    """Looks that much later; how many messages came of it."""
    story.played.go(story.played.clock.at + timedelta(**time))
    sent = away.look(story.played.house.works, story.played.clock.at)
    story.played.settle()
    return sent


def test_who_could_not_come_has_the_groups_recap_in_private_once(story: Story) -> None:
    cannot_come(story, "Nils")
    cannot_come(story, "Kari")
    assert after(story, hours=2) == 0, "the day is for the coordinator"
    assert after(story, hours=32) == 0, "it is evening"
    story.played.go(story.played.clock.at + timedelta(hours=14))
    story.played.upkeep()
    assert after(story, hours=1) == 0
    (said,) = story.played.posts(NILS)
    assert said.startswith(ABSENT)
    assert "kari is proud of the ferry." in said
    assert "Rules are tighter than the law in north-1." in said
    assert not any(ABSENT in each for each in story.played.posts("@kari")), "who wrote there came"
    assert "Nils" not in story.listed()
    assert "made by rule: waits for session 2" in story.listed()
    with story.office(write=False) as (office, _):
        assert "why.came.time-came" in {each.came.key for each in why.explained(office)}


def test_it_leaves_the_groups_own_recap_as_it_was_and_follows_what_is_taken_back(story: Story) -> None:
    cannot_come(story, "Nils")
    assert after(story, hours=24) == 1
    story.played.take_back("north-1", "kari", story.said["kari-1"])
    assert "kari is proud of the ferry." not in story.played.posts(NILS)[0]
    assert story.versions() == [(1, "released")]
    story.open_second()
    assert (2, "automatic") in story.versions()
    assert "ferry" not in story.recap()


def test_one_that_is_held_goes_to_nobody(story: Story) -> None:
    cannot_come(story, "Nils")
    story.group(desk.hold)
    assert after(story, hours=24) == 0
    story.group(desk.release)
    assert after(story, hours=1) == 1


def test_it_is_in_ones_own_language(story: Story) -> None:
    nils = cannot_come(story, "Nils")
    with story.database.write() as connection:
        connection.execute(update(t.people).where(t.people.c.id == nils.id).values(language="nn"))
    assert after(story, hours=24) == 1
    assert story.played.posts(NILS)[0].startswith("Du kunne ikkje kome til økt 1. Dette er gruppa si eiga")


@pytest.mark.parametrize("comes", [True, False])
def test_the_last_answer_where_people_sign_up_counts(story: Story, comes: bool) -> None:
    nils = cannot_come(story, "Nils")
    fjord = select(t.sessions).join(t.circles, t.circles.c.id == t.sessions.c.circle_id)
    with story.database.write() as connection:
        first = connection.execute(fjord.where(t.circles.c.name == "Fjord").order_by(t.sessions.c.id)).first()
        sign(connection, story.played.house.works.ids, first, nils.id, comes=comes, now=story.played.clock.at)
    assert after(story, hours=24) == (not comes)


def test_whoever_said_nothing_of_it_is_sent_nothing(story: Story) -> None:
    assert after(story, hours=24) == 0
