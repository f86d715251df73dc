"""Several processes on one PostgreSQL, and several threads on one session: nothing twice, nothing lost.

Two `serve` on one SQLite file are in `test_serve`.
"""

import asyncio
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest

from adapters.port import Chose
from adapters.terminal.client import Client
from bot.clock import id_maker
from bot.shelf import Shelf
from bot.wiring import build, tomb_maker, working
from bot.work import Works
from storage import tables as t
from storage.unit import Unit
from tests.chance import a_seed
from tests.house.keeping import Keeper, People, SecondDoor, wait_for
from tests.house.rig import NINE, Chat, Clock, driven, planned, replayed, rows, standing
from tests.house.test_kill import PLACES, check_places, check_replies
from tests.house.test_order import PLACE, edit, taken_back

#: Seconds until a silent process is taken for dead: several of the looks and signs of life that must fit in.
LEASE = 2.0
#: Which of the two dies, and where.
DEATHS = ((0, "claimed", 1), (1, "taken", 1), (0, "committed", 2), (1, "receipted", 1), (0, "taken", 1))


# -- two processes


@pytest.fixture
def two(postgres_database, tmp_path):
    keepers = [Keeper(postgres_database, tmp_path, lease=LEASE) for _ in range(2)]
    yield keepers
    for keeper in keepers:
        keeper.close()


def test_two_processes_serve_one_database_and_take_over_from_each_other(postgres_database, two, capsys):
    database, (one, other) = postgres_database, two
    due = datetime.now(UTC).astimezone(ZoneInfo("Europe/Oslo"))
    planned(database, now=datetime.now(UTC) - timedelta(days=1), on=[f"{due:%Y-%m-%d}"], at=f"{due:%H:%M}")
    seed = a_seed()
    crowds = (
        People(lambda: Client(one.terminal), random.Random(seed), PLACES, called="a"),
        People(lambda: SecondDoor(one.terminal), random.Random(seed + 1), PLACES, called="b"),
    )
    both_begin(one, other)
    for number, boundary, hit in DEATHS:
        dies = (one, other)[number]
        again(dies, boundary, hit)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda crowd: crowd.talk(batches=6, of=5), crowds))
        again(dies)
    with capsys.disabled():
        print(f"\nseed {seed}, killed at {dict(one.ends)} and {dict(other.ends)}", end=" ")
    assert {*one.ends, *other.ends} & {"claimed", "taken"}, "no message was on its way when its process died"
    one.kill()
    one.over()
    for crowd in crowds:
        crowd.talk(batches=1, of=1)
        assert crowd.unanswered == {}
    wait_for(lambda: not rows(database, t.outbox, t.outbox.c.status.in_(("queued", "sending"))))
    other.terminate()
    assert other.over() == "status 0"
    everyone = crowds[0]
    everyone.spoken |= crowds[1].spoken
    check_replies(database, everyone)
    check_places(database, one.terminal)
    opened = [row.session_id for row in rows(database, t.log, t.log.c.event.contains('"opened"'))]
    assert sorted(opened) == sorted(row.id for row in rows(database, t.sessions))
    assert rows(database, t.parked) == []
    replayed(database)


def again(keeper, boundary="-", hit=0):
    """Kill it, if it is not dead yet, and have it live anew."""
    keeper.kill()
    keeper.over()
    keeper.begin(boundary, hit)


def both_begin(one, other):
    """At the same time, so that they find the same meeting due."""
    one.order()
    other.order()
    assert one.listens()
    assert other.listens()


# -- two houses and several threads in this process, on both engines


def works(database):
    return Works(database, Shelf(), id_maker(), tomb_maker("00" * 32))


def many_groups(number):
    people = ("Kari", "Amir", "Liv", "Jon")
    return [f"Fjord {n}: {', '.join(f'{name} {n}' for name in people)}" for n in range(1, number + 1)]


def at_once(*tasks):
    """Each in a thread of its own, all let go at the same moment. Returns what they returned."""
    ready = Barrier(len(tasks))

    def run(task):
        ready.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_what_is_due_is_opened_once_however_many_look(database, again):
    planned(database, group=many_groups(20))
    houses = [works(database), works(again(database)), works(again(database)), works(again(database))]
    opened = at_once(*(lambda house=house: house.take_due(NINE, 5) for house in houses for _ in range(2)))
    while more := houses[0].take_due(NINE, 5):
        opened.append(more)
    assert sum(opened) == 21
    events = rows(database, t.log)
    assert len({row.session_id for row in events}) == len(events) == 21
    assert len(rows(database, t.outbox)) == len(
        {(row.place_id, row.session_id) for row in rows(database, t.outbox)}
    )


@driven
async def test_threads_that_write_to_one_session_lose_no_update(database, again):
    """Row locks on PostgreSQL, one writer on SQLite: no unit is refused as stale, none waits for another in a ring."""
    planned(database)
    async with standing(database) as rig:
        await rig.settle()
        await rig.say("north-1", "kari", "we are here")
        await rig.say("north-2", "tor", "we are here")
        numbers = count(1)
        crossed = (("north-1", "kari"), ("north-2", "tor"), ("north-everyone", "eva"), ("@liv", "liv"))

        def batches(house, places):
            told = []
            for _ in range(12):
                heard = [
                    rig.wrote(place, who, "What I think.", number=f"n{next(numbers)}")
                    for place, who in places
                ]
                told += house.take(heard, NINE)
                house.take_due(NINE + timedelta(seconds=1))
            return told

        houses = [works(database), works(again(database))]
        outcomes = at_once(
            *(lambda house=house, places=places: batches(house, places)
              for house in houses for places in (crossed, crossed[::-1]))
        )  # fmt: skip
    assert [each for told in outcomes for each in told] == ["applied"] * 4 * 12 * 4
    assert len(rows(database, t.replies, t.replies.c.words == "What I think.")) == 4 * 12 * 4
    applied = rows(database, t.log, t.log.c.ignored.is_(None), t.log.c.session_id.is_not(None))
    versions = {row.id: row.version for row in rows(database, t.sessions)}
    assert {session: sum(row.session_id == session for row in applied) for session in versions} == versions
    replayed(database)


@asynccontextmanager
async def two_houses(database, again):
    """A rig, and the door of a second house on the same database."""
    async with standing(database) as rig, working(build(again(database), [], Clock(NINE))) as second:
        await rig.settle()
        yield rig, second.intake.put


@driven
async def test_events_that_two_houses_are_handed_count_once(database, again):
    planned(database)
    async with two_houses(database, again) as (rig, put):
        told = [rig.wrote("north-1", "kari", f"What I think is {number}.") for number in range(60)]
        outcomes = await asyncio.gather(*map(rig.house.intake.put, told), *map(put, reversed(told)))
    assert Counter(outcomes) == {"applied": 60, "known": 60}
    assert len(rows(database, t.replies)) == 60
    assert rows(database, t.parked) == []
    replayed(database)


@driven
async def test_the_newest_correction_wins_in_whichever_house_it_is_taken_in(database, again):
    planned(database)
    async with two_houses(database, again) as (rig, put):
        for number in range(20):
            written = rig.wrote("north-1", "kari", "First.", number=f"n{number}")
            await rig.house.intake.put(written)
            older, newer = edit(written.message, "Older.", 1), edit(written.message, "Newest.", 2)
            await asyncio.gather(put(older), rig.house.intake.put(newer))
    assert {row.words for row in rows(database, t.replies)} == {"Newest."}
    replayed(database)


@driven
async def test_what_is_taken_back_in_one_house_is_not_brought_back_by_the_other(database, again):
    planned(database)
    async with two_houses(database, again) as (rig, put):
        for number in range(20):
            written = rig.wrote("north-1", "kari", "Gone.", number=f"n{number}")
            await asyncio.gather(put(written), rig.house.intake.put(taken_back(written.message)))
    assert rows(database, t.replies) == []
    replayed(database)


@driven
async def test_two_couriers_on_one_database_send_each_message_once_and_in_order(database, again):
    planned(database, group=many_groups(12))
    async with standing(database) as rig:
        await rig.house.timekeeper.tick()
        async with working(build(again(database), [rig.chat], rig.clock)) as second:
            while any(await asyncio.gather(rig.house.courier.round(), second.courier.round())):
                pass
            assert len(rig.chat.posts) == 13
            for number in range(1, 13):
                await rig.house.intake.put(rig.wrote(f"north-{number}", f"kari-{number}", "we are here"))
            while any(await asyncio.gather(rig.house.courier.round(), second.courier.round())):
                pass
        sent = [int(post.token.rpartition("-")[2]) for post in rig.chat.posts if post.place == "north-7"]
    assert len(sent) > 3
    assert sent == sorted(sent)
    assert {row.status for row in rows(database, t.outbox)} == {"sent"}


@driven
async def test_a_claim_is_taken_over_when_its_process_is_silent_and_not_before(postgres_database, again):
    planned(postgres_database)
    async with standing(postgres_database) as rig:
        await rig.house.timekeeper.tick()
        gone = build(again(postgres_database), [Chat(rig.clock)], rig.clock)
        gone.timekeeper.seen()
        claimed = gone.courier.claims.claim(rig.clock.now(), 50, Counter())
        assert claimed.rows == 3
        rig.clock.at += timedelta(seconds=59)
        assert await rig.house.courier.recover() == 0
        rig.clock.at += timedelta(seconds=2)
        gone.timekeeper.seen()
        assert await rig.house.courier.recover() == 0
        assert await rig.house.courier.round() == 0
        rig.clock.at += timedelta(seconds=61)
        assert await rig.house.courier.recover() == 3
        while await rig.house.courier.round():
            pass
    assert len(rig.chat.posts) == 3


@driven
async def test_an_event_that_somebody_else_takes_in_meanwhile_is_known_and_not_parked(
    database, again, monkeypatch
):
    """Between the question whether it is known and its row in the log: twice, in the batch and alone."""
    planned(database)
    async with two_houses(database, again) as (rig, put):
        pressed = Chose(key="here", place=PLACE, account="kari", press="here", at=NINE)
        assert await put(pressed) == "applied"
        real, early = Unit.known, [set(), set()]
        monkeypatch.setattr(Unit, "known", lambda unit, keys: early.pop() if early else real(unit, keys))
        assert await rig.house.intake.put(pressed) == "known"
        assert early == []
    assert rows(database, t.parked) == []
