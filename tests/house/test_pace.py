"""A platform that is short of breath: what waits, what is dropped, what goes out first, and what is sent twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import update

from adapters.port import Bucket, Capabilities, Later, Outgoing
from storage import tables as t
from tests.house.rig import CAPABLE, Chat, driven, planned, rows, standing


@dataclass
class Paced(Chat):
    """Each place is a bucket of its own; `shared` stands before those of both groups."""

    burst: int = 0
    seconds: float = 0
    shared: str = ""
    closed: set[str] = field(default_factory=set)

    def buckets(self, outgoing: Outgoing) -> tuple[Bucket, ...]:
        return (Bucket(self.shared or outgoing.place.channel, self.burst, self.seconds),)


def paced(**more) -> Paced:
    return Paced(clock=None, **more)  # type: ignore[arg-type]


def refuse(chat: Chat, channel: str, seconds: float) -> None:
    """From now on the platform takes nothing there; each attempt is counted."""
    chat.attempts = Counter()

    def before(outgoing: Outgoing) -> None:
        chat.attempts[outgoing.place.channel] += 1
        if outgoing.place.channel == channel:
            raise Later(channel, seconds)

    chat.before = before


@driven
async def test_a_bucket_that_the_platform_closes_stays_closed_across_a_restart_and_others_go_on(database):
    planned(database)
    chat = paced()
    refuse(chat, "north-1", 90)
    async with standing(database, chat=chat) as rig:
        await rig.settle()
        assert chat.attempts["north-1"] == 1
        assert chat.said("north-2")
        assert [row.name for row in rig.rows(t.buckets)] == ["north-1"]
    chat.before = lambda _: None
    async with standing(database, at=rig.clock.at + timedelta(seconds=60), chat=chat) as rig:
        await rig.settle()
        assert chat.said("north-1") == []
        await rig.go(minutes=1)
        assert len(chat.said("north-1")) == 1


@driven
async def test_our_own_pace_is_kept_and_receipts_are_dropped_first(database):
    planned(database)
    chat = paced(burst=4, seconds=60, shared="all")
    async with standing(database, chat=chat) as rig:
        await rig.settle()
        await rig.say("north-1", "kari", "we are here")
        await rig.say("north-2", "tor", "we are here")
        for number, who in enumerate(("kari", "amir", "liv", "jon")):
            await rig.go(minutes=0.1)
            await rig.say("north-1", who, f"The ferry, {number}.")
        lately = [post.at for post in chat.posts]
        assert all(Counter(at for at in lately if start <= at < start + timedelta(seconds=60)).total() <= 4
                   for start in lately)  # fmt: skip
        await rig.go(minutes=3)
        receipts = rig.rows(t.outbox, t.outbox.c.sort == "receipt")
        assert "dropped" in {row.status for row in receipts}
        asked = rig.rows(t.outbox, t.outbox.c.prompt.is_not(None))
        assert {row.status for row in asked} <= {"sent", "dropped"}
        assert "dropped" not in {row.status for row in asked if row.reason != "superseded"}


@driven
async def test_a_question_goes_before_the_status_and_the_receipt_that_wait_with_it(database):
    planned(database)
    async with standing(database) as rig:
        await rig.settle()
        question, status, receipt = _three(rig)
        rig.chat.posts.clear()
        await rig.settle()
        order = [post.token.rpartition("-")[2] for post in rig.chat.posts if post.place == "north-1"]
        assert order == [str(question), str(status), str(receipt)]


def _three(rig) -> tuple[int, int, int]:
    """The same words three times, queued in the wrong order. Returns the rows, as they should be sent."""
    [row] = [row for row in rig.outbox("north-1") if row.slot == "root"]
    ids = {}
    with rig.database.write() as connection:
        for number, sort in enumerate(("receipt", "status", "question"), 1):
            new = {**row._mapping, "effect": 900 + number, "sort": sort, "slot": None, "status": "queued",
                   "receipt": None, "sent_at": None, "attempts": 0}  # fmt: skip
            new.pop("id")
            ids[sort] = connection.execute(t.outbox.insert().returning(t.outbox.c.id), new).scalar_one()
    return ids["question"], ids["status"], ids["receipt"]


def leave_in_doubt(database, *, sort: str | None = None) -> None:
    """The first group's first message was on its way when the process died; nobody knows whether it arrived."""
    with database.write() as connection:
        row = connection.execute(t.outbox.select().order_by(t.outbox.c.id)).first()
        changes = {"status": "sending", "claimed_by": "gone"} | ({"sort": sort} if sort else {})
        connection.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(**changes))


@pytest.mark.parametrize(("sort", "again"), [("question", 1), ("recap", 1), ("receipt", 0), ("status", 0)])
@driven
async def test_where_nobody_can_be_asked_each_sort_says_whether_twice_or_never(database, sort, again):
    planned(database)
    capable = replace_in(CAPABLE, look_up=False)
    async with standing(database, chat=paced(capabilities=capable)) as rig:
        await rig.house.timekeeper.tick()
    leave_in_doubt(database, sort=sort)
    chat = paced(capabilities=capable)
    async with standing(database, chat=chat) as rig:
        await rig.settle()
        assert len(chat.said("north-1")) == again
        first = min(rows(database, t.outbox), key=lambda row: row.id)
        assert (first.status, first.reason) == (
            ("sent", "unconfirmed") if again else ("dropped", "may-have-arrived")
        )


def replace_in(capable: Capabilities, **changes) -> Capabilities:
    return Capabilities(**{name: getattr(capable, name) for name in capable.__struct_fields__} | changes)


@driven
async def test_a_live_question_that_cannot_be_asked_about_goes_out_after_a_minute(database):
    planned(database)
    async with standing(database) as rig:
        await rig.house.timekeeper.tick()
    leave_in_doubt(database)
    chat = paced()
    asked = []

    def rationed(outgoing: Outgoing) -> None:
        asked.append(outgoing.token)
        raise Later("look-ups", 300)

    chat.looking = rationed
    async with standing(database, chat=chat) as rig:
        await rig.settle()
        assert (len(asked), chat.said("north-1")) == (1, [])
        assert chat.said("north-2")
        await rig.go(minutes=0.9)
        assert chat.said("north-1") == []
        await rig.go(minutes=0.2)
        assert len(chat.said("north-1")) == 1


@driven
async def test_few_are_on_their_way_at_once_where_look_ups_are_rationed(database):
    planned(database)
    chat = paced(capabilities=replace_in(CAPABLE, at_once=1))
    async with standing(database, chat=chat) as rig:
        await rig.house.timekeeper.tick()
        claimed = rig.house.courier.claims.claim(rig.clock.now(), 50, Counter())
        assert claimed.rows == 1
        assert rig.house.courier.claims.claim(rig.clock.now(), 50, Counter(terminal=1)).rows == 0
        await rig.house.courier.recover(everything=True)
        await rig.settle()
        assert chat.said("north-1")
        assert chat.said("north-2")
