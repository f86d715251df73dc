"""A platform with threads: each meeting opens its own, and whoever writes elsewhere is told where."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import update

from adapters.port import Address, Capabilities, Chose, Learned, Outgoing, Reacted, Shut, Taken
from bot.series import why
from storage import tables as t
from storage.database import Database
from tests.house.rig import EIGHT, NINE, Chat, Rig, driven, planned, rows, standing

THREADED = Capabilities(buttons=True, look_up=True, threads=True, reactions=True, sheets=True, quietly=True)


@dataclass
class Threaded(Chat):
    """Its messages open threads."""

    capabilities: Capabilities = THREADED

    async def send(self, outgoing: Outgoing) -> Taken:
        taken = await super().send(outgoing)
        return Taken(taken.message, taken.message) if outgoing.opens else taken


def threaded(database: Database) -> Threaded:
    """A self-check for two groups, whose places have threads."""
    planned(database)
    with database.write() as connection:
        connection.execute(update(t.places).where(t.places.c.person_id.is_(None)).values(threads=True))
    return Threaded(clock=None)  # type: ignore[arg-type]


def thread(rig: Rig, channel: str = "north-1") -> str:
    [place] = rig.rows(t.places, t.places.c.channel == channel, t.places.c.thread != "")
    return place.thread


def in_thread(rig: Rig, channel: str, who: str, words: str, **more):
    wrote = rig.wrote(channel, who, words, **more)
    return rig.hear(
        wrote.__class__(**{**_fields(wrote), "place": wrote.place._replace(thread=thread(rig, channel))})
    )


def _fields(struct) -> dict:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


@driven
async def test_a_meeting_s_first_message_opens_its_thread_and_the_rest_is_in_it(database):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        [root] = [row for row in rig.outbox("north-1") if row.slot == "root"]
        assert thread(rig) == root.receipt
        assert await in_thread(rig, "north-1", "kari", "we are here") == "applied"
        await rig.go(minutes=5)
        home = [row for row in rig.outbox("north-1") if row.place_id == root.place_id]
        assert [row.slot for row in home if row.kind == "say"] == ["root"]
        sent = rig.rows(t.outbox, t.outbox.c.session_id == root.session_id)
        asked = [row for row in sent if row.prompt]
        assert asked
        assert {row.place_id for row in asked} == {_place(rig, "north-1", thread(rig))}


def _place(rig: Rig, channel: str, thread: str) -> int:
    [place] = rig.rows(t.places, t.places.c.channel == channel, t.places.c.thread == thread)
    return place.id


@driven
async def test_the_button_of_the_first_message_begins_the_meeting(database):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        place = Address("terminal", "local", "north-1")
        pressed = Chose(
            key="p1", place=place, account="kari", press="here", at=rig.clock.at, message=thread(rig)
        )
        assert await rig.hear(pressed) == "applied"


@driven
async def test_words_outside_the_thread_count_for_nothing_and_their_author_alone_is_told_once(database):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        assert await rig.say("north-1", "kari", "The ferry.") == "written outside the thread"
        assert await rig.say("north-1", "kari", "The ferry!") == "written outside the thread"
        assert await rig.say("north-1", "tor", "Lunch?") == "nothing is going on there"
        told = rig.rows(t.outbox, t.outbox.c.only.is_not(None))
        assert [(row.only, row.status) for row in told] == [("kari", "sent")]
        assert rig.rows(t.replies) == []


@driven
async def test_an_onlooker_and_a_picture_are_not_answers(database):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        await in_thread(rig, "north-1", "kari", "we are here")
        assert await in_thread(rig, "north-1", "tor", "May I?") == "not a member of the circle"
        for _ in range(2):
            assert await in_thread(rig, "north-1", "kari", "", files=1) == "only words are kept"
        told = rig.rows(t.outbox, t.outbox.c.only.is_not(None))
        assert [(row.only, row.status) for row in told] == [("tor", "sent"), ("kari", "sent")]
        with rig.database.read() as connection:
            outbox = why.all_rows(connection)
            said = list(zip(outbox, why.explain(connection, outbox, rig.clock.at), strict=True))
        alone = [(each.to, each.id, each.rows) for row, each in said if row.only]
        assert alone == [("alone", None, (f"session:{row.session_id}",)) for row in told]
        assert [each.came.key for row, each in said if row.only] == [
            "why.came.whispered",
            "why.came.attached",
        ]
        assert [row.words for row in rig.rows(t.replies)] == ["we are here"]


@driven
async def test_who_calls_us_where_no_meeting_is_going_on_is_told_where_to_write(database):
    async with standing(database, at=EIGHT, chat=threaded(database)) as rig:
        called = rig.wrote("north-1", "kari", "are you there?", called=True)
        assert await rig.hear(called) == "nothing is going on there"
        assert await rig.hear(called) == "known"
        told = rig.rows(t.outbox, t.outbox.c.only.is_not(None))
        assert [(row.only, row.status) for row in told] == [("kari", "sent")]


@driven
async def test_a_place_that_takes_nothing_stops_its_meeting_and_nothing_is_lost(database):
    chat = threaded(database)
    async with standing(database, chat=chat) as rig:
        await rig.settle()
        await in_thread(rig, "north-1", "kari", "we are here")
        await rig.go(minutes=1)

        def archived(outgoing: Outgoing) -> None:
            if outgoing.place.channel == "north-1":
                raise Shut("archived")

        chat.before = archived
        await rig.go(minutes=30)
        assert await rig.hear(rig.wrote("north-2", "tor", "we are here", number=9)) != "parked"
        [session] = rig.rows(t.sessions, t.sessions.c.place_id == _place(rig, "north-1", thread(rig)))
        assert session.phase == "paused"
        told = [post.words for post in chat.posts if post.place == "@berit"]
        assert any("Fjord" in words and "archived" in words for words in told)
        waiting = [row for row in rig.outbox("north-1") if row.status == "queued"]
        assert waiting

        chat.before = lambda _: None
        await rig.go(minutes=16)
        [session] = rig.rows(t.sessions, t.sessions.c.id == session.id)
        assert session.phase == "running"
        assert [row.status for row in rig.outbox("north-1") if row.id in {one.id for one in waiting}] == (
            ["sent"] * len(waiting)
        )
        assert {row.blocked for row in rows(database, t.places)} == {None}


@driven
async def test_where_nothing_can_be_said_nothing_opens_until_it_can(database):
    chat = threaded(database)
    async with standing(database, at=EIGHT, chat=chat) as rig:
        place = Address("terminal", "local", "north-1")
        shut = Learned(key="e1", what="shut", why="archived", place=place, at=rig.clock.at)
        assert await rig.hear(shut) == "applied"
        assert await rig.hear(shut) == "known"
        await rig.go(to=NINE)
        assert rig.outbox("north-1") == []
        assert len([row for row in rig.outbox("north-2") if row.slot == "root"]) == 1
        await rig.go(minutes=5)
        assert await rig.hear(Learned(key="e2", what="open", place=place, at=rig.clock.at)) == "applied"
        await rig.go(minutes=1)
        assert [row.slot for row in rig.outbox("north-1")][:1] == ["root"]


@driven
async def test_whose_account_is_closed_is_waited_for_no_more(database):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        await in_thread(rig, "north-1", "kari", "we are here")
        news = Learned(
            key="e1", what="gone", account="liv", place=Address("terminal", "local", ""), at=rig.clock.at
        )
        assert await rig.hear(news) == "applied"
        assert await rig.hear(news) == "known"
        assert "Liv" in [post.words for post in rig.chat.posts if post.place == "@berit"][-1]
        assert await in_thread(rig, "north-1", "liv", "Still here") == "not a member of the circle"


@pytest.mark.parametrize("other", ["Eva", "Kari"])
@driven
async def test_who_leaves_the_channel_is_named_to_the_coordinators_of_their_own_group_only(database, other):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        place = Address("terminal", "local", "north-1")
        news = Learned(key="e1", what="went", account=other.lower(), place=place, at=rig.clock.at)
        outcome = await rig.hear(news)
        assert (outcome == "applied") == (other == "Kari")


@driven
async def test_marks_of_the_others_in_the_group_are_counted_once_and_ones_own_are_not(database):
    async with standing(database, chat=threaded(database)) as rig:
        await rig.settle()
        await in_thread(rig, "north-1", "kari", "we are here")
        await in_thread(rig, "north-1", "kari", "The ferry.", number=50)
        place = Address("terminal", "local", "north-1")

        async def mark(key: str, who: str, *, added: bool = True) -> str:
            at = rig.clock.at
            return await rig.hear(
                Reacted(key=key, place=place, account=who, message="u50", added=added, at=at)
            )

        assert [await mark(key, who) for key, who in (("r1", "amir"), ("r1", "amir"), ("r2", "liv"))] == [
            "applied", "known", "applied"
        ]  # fmt: skip
        assert await mark("r3", "kari") == "no message of theirs that we know"
        assert await mark("r4", "tor") == "no message of theirs that we know"
        await mark("r5", "liv", added=False)
        [reply] = rig.rows(t.replies, t.replies.c.message == "u50")
        assert reply.reactions == 1


@driven
async def test_what_waited_for_somebody_alone_does_not_pour_out_when_its_time_has_passed(database):
    chat = threaded(database)

    def removed(outgoing: Outgoing) -> None:
        if outgoing.place.channel == "@berit":
            raise Shut("removed")

    chat.before = removed
    async with standing(database, chat=chat) as rig:
        await rig.go(minutes=90)  # nobody came, and Berit was to be told
        waiting = [row for row in rig.outbox("@berit") if row.status == "queued"]
        assert waiting
        chat.before = lambda _: None
        berit = Address("terminal", "local", "@berit")
        await rig.hear(Learned(key="e2", what="open", place=berit, at=rig.clock.at))
        left = {row.id: row.status for row in rig.outbox("@berit")}
        assert {left[row.id] for row in waiting} == {"dropped"}
