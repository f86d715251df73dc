"""Events that come together, or not in the order in which they happened; and groups that come late."""

import asyncio
from datetime import date, timedelta
from itertools import permutations

import pytest

from adapters.port import Address, Rewrote, TookBack
from bot.intake import TURNS
from bot.series.moving import To, move
from bot.work import Works
from storage import tables as t
from tests.house.rig import EIGHT, NINE, change, driven, planned, replayed, rows, standing

PLACE = Address("terminal", "local", "north-1")


def edit(message, words, revision, at=NINE):
    return Rewrote(key=f"{message}-{revision}", place=PLACE, account="kari", message=message, words=words,
                   revision=revision, at=at)  # fmt: skip


def taken_back(message, at=NINE):
    return TookBack(key=f"{message}-gone", place=PLACE, account="kari", message=message, at=at)


def kept(database):
    return [row.words for row in rows(database, t.replies)]


@driven
async def test_the_newest_words_stand_in_whatever_order_corrections_come_in_a_batch(sqlite_database):
    """Once, the second of two corrections in one batch was held against the words before the first."""
    planned(sqlite_database)
    async with standing(sqlite_database) as rig:
        await rig.settle()
        for number, order in enumerate(permutations((1, 2, 3))):
            written = rig.wrote("north-1", "kari", "First.", number=f"n{number}")
            words = {1: "Second.", 2: "First.", 3: f"Last, {number}."}
            await rig.hear(written)
            rig.house.works.take([edit(written.message, words[each], each) for each in order], NINE)
            assert kept(sqlite_database)[-1] == f"Last, {number}."
        back = rig.wrote("north-1", "kari", "First.", number="back")
        rig.house.works.take([back, edit(back.message, "Second.", 1), edit(back.message, "First.", 2)], NINE)
        assert kept(sqlite_database)[-1] == "First."
    replayed(sqlite_database)


@driven
async def test_what_is_being_read_when_something_comes_goes_along_in_one_unit(sqlite_database, monkeypatch):
    planned(sqlite_database)
    async with standing(sqlite_database) as rig:
        await rig.settle()
        units, take = [], Works.take

        def counted(works, happenings, now):
            units.append(len(happenings))
            return take(works, happenings, now)

        async def later(turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            return await rig.house.intake.put(rig.wrote("north-1", "kari", f"After {turns} turns."))

        monkeypatch.setattr(Works, "take", counted)
        assert await asyncio.gather(*map(later, (0, TURNS - 1, 2 * TURNS - 2))) == ["applied"] * 3
        assert units == [3]
        assert await later(2 * TURNS) == "applied"
        assert units == [3, 1]


@driven
@pytest.mark.parametrize("together", [True, False])
async def test_what_was_taken_back_stays_away_in_whatever_order_it_comes(together, sqlite_database):
    planned(sqlite_database)
    async with standing(sqlite_database) as rig:
        await rig.settle()
        for number, order in enumerate(permutations(range(3))):
            written = rig.wrote("north-1", "kari", "Gone.", number=f"n{number}")
            told = (written, edit(written.message, "Gone too.", 1), taken_back(written.message))
            batch = [told[each] for each in order]
            for part in [batch] if together else [[each] for each in batch]:
                rig.house.works.take(part, NINE)
            assert kept(sqlite_database) == [], order
        await rig.settle()
    replayed(sqlite_database)


@driven
async def test_a_group_that_meets_after_the_plenum_is_still_heard_there(database):
    """Once, nothing was handed to a plenum that had finished, and one that was missed was woken without end."""
    planned(database)
    change(database, move, 1, To(date(2026, 10, 14), group="Fjell"), now=EIGHT)
    async with standing(database) as rig:
        await meeting(rig, "north-1", "kari", "amir", "Ours.")
        assert "Ours." in "\n".join(rig.chat.said("north-everyone"))
        await rig.go(to=NINE + timedelta(days=1))
        await meeting(rig, "north-2", "tor", "sigrid", "And ours.")
        assert "And ours." in "\n".join(rig.chat.said("north-everyone"))
    replayed(database)


@driven
async def test_a_plenum_that_was_missed_keeps_nobody_awake(database):
    planned(database)
    change(database, move, 1, To(date(2026, 10, 14), group="Fjell"), now=EIGHT)
    async with standing(database, at=NINE + timedelta(hours=1)) as rig:
        await rig.go(to=NINE + timedelta(days=1))
        await meeting(rig, "north-2", "tor", "sigrid", "Ours.")
        assert await rig.house.timekeeper.tick() == 0
        assert rig.chat.said("north-everyone") == []
    replayed(database)


async def meeting(rig, place, one, other, finding):
    """A group's whole meeting, with one finding that both let out."""
    await rig.settle()
    await rig.say(place, one, "we are here")
    while not any("most important" in words for words in rig.chat.said(place)):
        await rig.go(minutes=0.5)
    await rig.say(place, one, finding)
    await rig.go(minutes=2)
    await rig.say(place, other, "yes")
    await rig.go(minutes=60)
