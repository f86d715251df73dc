"""The house is killed at every boundary (SIGKILL), again and again, while people write.

What was acknowledged is there, nothing came twice, places kept their order, meetings opened once and went on, and
the log says the same again. `RUNDA_TEST_SEED` repeats a run's choices.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from adapters.port import Rewrote, TookBack, Wrote
from adapters.terminal import TerminalPlatform
from adapters.terminal.client import Client
from adapters.terminal.places import Places
from bot.wiring import build, working
from storage import tables as t
from tests.chance import a_seed
from tests.house.keeping import Keeper, People
from tests.house.rig import NINE, Clock, Rig, driven, planned, replayed, rows

BOUNDARIES = ("received", "committed", "claimed", "taken", "receipted")
TIMES = 3
#: At which hit the process dies: from the first after its start to the midst of the talking.
HITS = {"received": 9, "committed": 7, "claimed": 3, "taken": 5, "receipted": 5}
#: How many seconds the house is down after each death: longer than the lease of a claim, and all in all shorter than
#: what a group has to itself in two meetings, so that each comes to its first question.
DOWN = (61, 75)
SECOND = NINE + timedelta(days=14, hours=1)
GROUPS = {"north-1": ("kari", "amir", "liv", "jon"), "north-2": ("tor", "sigrid", "ola", "eva")}
PLACES = {**GROUPS, "north-everyone": ("kari", "tor", "eva"), "@kari": ("kari",), "@tor": ("tor",)}


@pytest.fixture
def keeper(database, tmp_path):
    keeper = Keeper(database, tmp_path)
    yield keeper
    keeper.close()


def fates(chance):
    """Each boundary as often as it must be, and as many deaths at no boundary in particular, in any order."""
    found = [name for name in (*BOUNDARIES, "-") for _ in range(TIMES)]
    chance.shuffle(found)
    return [(name, chance.randint(1, HITS.get(name, 1))) for name in found]


def test_killed_at_every_boundary_nothing_is_lost_and_nothing_comes_twice(database, keeper, capsys):
    seed = a_seed()
    chance = random.Random(seed)
    planned(database, on=["2026-10-13", "2026-10-27"])
    keeper.clock.move(NINE)
    people = People(lambda: Client(keeper.terminal), chance, PLACES)
    lives = storms(keeper, people, chance)
    with capsys.disabled():
        print(f"\n{database.url.get_backend_name()}: seed {seed}, {len(people.spoken)} messages, "
              f"{lives} lives, killed at {dict(keeper.ends)}", end=" ")  # fmt: skip
    assert keeper.ends.keys() == {*BOUNDARIES, "killed"}
    assert min(keeper.ends.values()) >= TIMES
    calm(keeper, people)
    go_by(database, keeper.terminal, keeper.clock.now())
    check_replies(database, people)
    check_places(database, keeper.terminal)
    check_schedule(database)


def storms(keeper, people, chance):
    """Life after life, until it has died everywhere often enough. Returns how many lives that took."""
    waiting, lives = fates(chance), 0
    while waiting:
        boundary, hit = waiting.pop()
        if lives == len(BOUNDARIES) * TIMES // 2:
            keeper.clock.move(SECOND)
        if storm(keeper, people, boundary, hit, chance) == "killed" and boundary != "-":
            waiting.insert(0, (boundary, 1))  # nobody said enough to make it come so far
        lives += 1
        assert lives < 3 * TIMES * len(BOUNDARIES)
    return lives


def storm(keeper, people, boundary, hit, chance):
    """One life, from its beginning to its end. Returns where it ended."""
    if keeper.begin(boundary, hit):
        if boundary == "-":
            people.talk(batches=1, of=8, answers=chance.randint(0, 7))
        else:
            people.talk(batches=15, of=6)
        keeper.kill()
    end = keeper.over()
    assert end in (boundary, "killed")
    keeper.clock.move(keeper.clock.now() + timedelta(seconds=chance.randint(*DOWN)))
    return end


def calm(keeper, people):
    """A life that nobody ends: what has had no answer yet is sent again. It stops as it should."""
    assert keeper.begin()
    people.talk(batches=1, of=1)
    assert people.unanswered == {}
    keeper.terminate()
    assert keeper.over() == "status 0"


@driven
async def go_by(database, terminal, at):
    """What is left of the meetings goes by, and all that waits is sent."""
    clock = Clock(at)
    platform = TerminalPlatform(terminal, clock)
    house = build(database, [platform], clock)
    async with working(house):
        await house.courier.recover(everything=True)
        await Rig(database, clock, platform, house).go(minutes=180)


# -- what has been promised


def check_replies(database, people):
    """Each message that was acknowledged is kept once, as it was last corrected; what was taken back is gone.

    Nothing was parked: what was brought again was known, and not taken for a fault.
    """
    kept = defaultdict(list)
    for row in rows(database, t.replies):
        kept[row.message].append(row.words)
    assert kept == {
        message: [said.words] for message, said in people.spoken.items() if said.words is not None
    }
    assert rows(database, t.parked) == []


def check_places(database, terminal):
    """Runda's messages stand in their places once; what is said in the order of the outbox. People's stand there once.

    A status may be overtaken by what is said, and a receipt by everything (docs/decisions/0009).
    """
    queued = rows(database, t.outbox)
    status = {row.id: row.status for row in queued}
    said = {row.id for row in queued if row.kind == "say" and row.sort not in ("status", "receipt")}
    assert set(status.values()) <= {"sent", "dropped"}
    found = set()
    for place in Places(terminal).names():
        records = Places(terminal).read(place)
        numbers = [int(record.token.rpartition("-")[2]) for record in records if not is_heard(record)]
        assert len(numbers) == len(set(numbers)), f"{place} holds something twice"
        ordered = [number for number in numbers if number in said]
        assert ordered == sorted(ordered), f"{place} is out of order"
        heard = Counter(record.key for record in records if is_heard(record))
        assert set(heard.values()) <= {1}
        found |= set(numbers)
    # One that nobody was sure of may have been overtaken by a newer one meanwhile.
    assert {number for number, became in status.items() if became == "sent"} <= found <= status.keys()


def is_heard(record):
    return isinstance(record, Wrote | Rewrote | TookBack)


def check_schedule(database):
    """Both meetings opened once for every circle, went on through their questions, and came to an end."""
    opened = rows(database, t.log, t.log.c.event.contains('"opened"'))
    sessions = {row.id: row for row in rows(database, t.sessions)}
    assert Counter(row.session_id for row in opened) == dict.fromkeys(sessions, 1)
    assert all(sessions[row.session_id].starts_at <= row.at for row in opened)
    assert {row.phase for row in sessions.values()} == {"finished"}
    assert {row.status for row in rows(database, t.meetings)} == {"held"}
    asked = Counter(
        (row.session_id, row.prompt) for row in rows(database, t.outbox, t.outbox.c.prompt.is_not(None))
    )
    assert set(asked.values()) == {1}
    # Where the house was down for long, a group may have no time left, and everyone may not meet.
    assert {sessions[session].meeting_id for session, _ in asked} == {
        row.meeting_id for row in sessions.values()
    }
    assert replayed(database) > len(sessions)
