"""`runda serve` is killed at every boundary (SIGKILL), thirty times in all, while people write in Slack.

Half of its lives hear through sockets and keep what they hear in SQLite; the others by requests, and in PostgreSQL.

What Slack was acknowledged is there once, as it was left; nothing that was said stands in Slack twice; meetings opened
once, went on and ended; and the log says the same again. `RUNDA_TEST_SEED` repeats a run's choices.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bot.courier import LEASE
from storage import tables as t
from tests.chance import a_seed
from tests.house.rig import NINE, replayed, rows
from tests.platforms.slack_house import House, house, wait_for
from tests.platforms.slack_scene import FJELL, FJORD

BOUNDARIES = ("received", "committed", "claimed", "taken", "receipted")
TIMES = 3
#: How Slack tells us, by where we keep it.
TRANSPORT = {"sqlite": "socket", "postgresql": "http"}
#: Seconds until Slack brings again what nobody took. It does not give up, however often nobody is there.
AGAIN = {"socket": 0.0, "http": 1.0}
#: At which hit the process dies: from the first after its start to the midst of the talking.
HITS = {"received": 8, "committed": 6, "claimed": 4, "taken": 5, "receipted": 5}
GROUPS = {"Fjord": FJORD, "Fjell": FJELL}
#: Seconds for which the house is down: all in all not as long as the meeting.
DOWN = (5, 40)


def test_killed_at_every_boundary_nothing_is_lost_and_nothing_comes_twice(keeper, database, tmp_path, capsys):
    seed = a_seed()
    chance = random.Random(seed)
    transport = TRANSPORT[database.url.get_backend_name()]
    with house(keeper, database, tmp_path, transport=transport) as slack:
        keeper.ends.clear()
        slack.slack.retry_delays = (AGAIN[transport],) * 100
        slack.scene.series(database)
        people = Crowd(slack, chance)
        begun(slack)
        lives = storms(slack, people, chance)
        with capsys.disabled():
            print(
                f"\nSlack, {transport}: seed {seed}, {len(people.spoken)} messages, {lives} lives, {dict(keeper.ends)}",
                end=" ",
            )
        calm(slack)
        check(slack, people)


def begun(slack):
    """Both groups have come together, and the house has been stopped as it should."""
    assert slack.begin()
    slack.go(to=NINE)
    for name, people in GROUPS.items():
        slack.say(people[0], "vi er her", slack.roots()[name])
    assert slack.keeper.stop() == "status 0"


def storms(slack, people, chance):
    """Life after life, until it has died everywhere often enough. Returns how many lives that took."""
    waiting = [(name, chance.randint(1, HITS[name])) for name in BOUNDARIES for _ in range(TIMES)]
    chance.shuffle(waiting)
    lives = 0
    while waiting:
        boundary, hit = waiting.pop()
        if storm(slack, people, boundary, hit) != boundary:
            waiting.insert(0, (boundary, 1))  # not enough was said to make it come so far
        slack.pass_by(chance.randint(*DOWN))
        lives += 1
        assert lives < 3 * TIMES * len(BOUNDARIES)
    return lives


def storm(slack, people, boundary, hit):
    """One life, from its beginning to its end. Returns where it ended."""
    if begins(slack, boundary, hit):
        for _ in range(6):
            people.do_something()
            wait_for(lambda: not slack.keeper.lives() or not slack.slack.deliveries.pending)
            if not slack.keeper.lives():
                break
            slack.pass_by(2)
        slack.keeper.kill()
    return slack.keeper.over()


def begins(slack, *death):
    """A life begins, and is brought again what the one before it did not take."""
    listens = slack.begin(*death)
    slack.pass_by(AGAIN[slack.transport])
    return listens


def calm(slack):
    """A life that nobody ends: Slack brings what it has had no answer to, and the meeting comes to its end."""
    assert begins(slack)
    # Where others may live, what a dead one was sending is its for so long.
    slack.pass_by(LEASE.total_seconds() + 1)
    slack.go(minutes=90)
    slack.go(minutes=60)
    assert slack.keeper.stop() == "status 0"


@dataclass
class Spoken:
    """A message of somebody: what it says by now; None once it was taken back."""

    who: str
    words: str | None
    where: Any


@dataclass
class Crowd:
    """People who write, correct, take back and press, and do not wait for anything."""

    house: House
    chance: random.Random
    spoken: dict[str, Spoken] = field(default_factory=dict)

    def do_something(self) -> None:
        for name, people in GROUPS.items():
            thread = self.house.roots()[name]
            for _ in range(self.chance.randint(1, 3)):
                self._one(thread, self.chance.choice(people))

    def _one(self, thread: str, who: str) -> None:
        dice, channel, slack = self.chance.random(), self.house.scene.channel, self.house.slack
        mine = [
            ts for ts, one in self.spoken.items() if one.who == who and one.words and one.where is not None
        ]
        if dice < 0.55 or not mine:
            self._writes(who, channel, thread)
        elif dice < 0.65:
            self._writes(who, None, None)
        elif dice < 0.8:
            self._corrects(who, self.chance.choice(mine))
        elif dice < 0.9:
            ts = self.chance.choice(mine)
            slack.delete(who, channel, ts, wait=False)
            self.spoken[ts].words = None
        else:
            slack.say(who, channel, "neste", thread=thread, wait=False)

    def _writes(self, who: str, where: Any, thread: str | None) -> None:
        words = f"{who} mener {len(self.spoken)}."
        ts = self.house.slack.say(who, where, words, thread=thread, wait=False)
        self.spoken[f"{ts}" if where else f"D:{ts}:{who}"] = Spoken(who, words, where)

    def _corrects(self, who: str, ts: str) -> None:
        said = self.spoken[ts]
        said.words = f"{said.words} Eller ikke."
        self.house.pass_by(0.1)  # an edit counts by its hundredth of a second
        self.house.slack.edit(who, said.where, ts, said.words, wait=False)


def check(slack, people):
    database = slack.database
    assert rows(database, t.parked) == []
    kept = Counter(row.words for row in rows(database, t.replies) if row.role != "control")
    assert kept == {one.words: 1 for one in people.spoken.values() if one.words}
    outbox = rows(database, t.outbox)
    assert {row.status for row in outbox} <= {"sent", "dropped"}
    said = [row for row in outbox if row.kind == "say" and row.status == "sent" and "#" not in row.receipt]
    there = [each.ts for each in slack.slack.posts(slack.scene.channel)]
    assert sorted(row.receipt for row in said if ":" not in row.receipt) == sorted(there)
    assert slack.slack.doubles() == []
    assert slack.slack.violations == []
    asked = Counter((row.session_id, row.prompt) for row in said if row.prompt)
    assert set(asked.values()) == {1}
    opened = Counter(row.session_id for row in rows(database, t.log, t.log.c.event.contains('"opened"')))
    assert set(opened.values()) == {1}
    assert {row.phase for row in rows(database, t.sessions) if row.id in opened} == {"finished"}
    assert replayed(database) > len(people.spoken)
