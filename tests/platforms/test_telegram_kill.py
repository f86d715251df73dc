"""`runda serve` on Telegram is killed at every boundary (SIGKILL), thirty times in all, while people write and press.

What Telegram told is kept, once; each question has come, and again only where nobody can know whether it had; no
receipt comes twice. In some lives updates are fetched, in others they are brought. `RUNDA_TEST_SEED` repeats a run's
choices.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from adapters.telegram import names
from flows.message import RATHER_TWICE
from storage import tables as t
from tests.chance import a_seed
from tests.house.rig import EIGHT, NINE, replayed, rows
from tests.platforms.telegram_house import TRANSPORTS, House, house
from tests.platforms.telegram_rig import COORDINATOR, FJELL, FJORD, planned

BOUNDARIES = ("received", "committed", "claimed", "taken", "receipted")
TIMES = 6
#: At which hit the process dies: from the first after its start to the midst of the talking.
HITS = {"received": 9, "committed": 7, "claimed": 3, "taken": 4, "receipted": 4}
#: Seconds that the house is down after each death: all in all about as long as the two meetings.
DOWN = (20, 90)
SECOND = NINE + timedelta(days=14, hours=1)
#: Times that people talk in a life before it is ended, if it has not come to its boundary.
PATIENCE = 6


def test_killed_thirty_times_no_answer_is_lost_and_no_receipt_doubled(
    keeper, sqlite_database, tmp_path, capsys
):
    seed = a_seed()
    keeper.ends.clear()
    with house(keeper, sqlite_database, tmp_path, at=EIGHT) as telegram:
        town = Town(telegram, random.Random(seed))
        telegram.clock.move(NINE)
        lives = storms(telegram, town)
        with capsys.disabled():
            print(f"\nseed {seed}, {len(town.wrote)} messages, {lives} lives, {dict(keeper.ends)}", end=" ")
        assert min(keeper.ends[boundary] for boundary in BOUNDARIES) >= TIMES
        assert telegram.begin()
        telegram.go(minutes=120)
        assert keeper.stop() == "status 0"
        town.check()


def storms(telegram, town):
    """Life after life, until it has died everywhere often enough. Returns how many lives that took."""
    waiting = [name for name in BOUNDARIES for _ in range(TIMES)]
    town.chance.shuffle(waiting)
    lives = 0
    while waiting:
        boundary = waiting.pop()
        if lives == len(BOUNDARIES) * TIMES // 2:
            telegram.clock.move(SECOND)
        if storm(telegram, town, boundary) != boundary:
            waiting.insert(0, boundary)  # nobody said enough to make it come so far
        lives += 1
        assert lives < 3 * TIMES * len(BOUNDARIES)
    return lives


def storm(telegram, town, boundary):
    """One life, from its beginning to its end. Returns where it ended."""
    hit, rounds = town.chance.randint(1, HITS[boundary]), 0
    telegram.transport = town.chance.choice(tuple(TRANSPORTS))
    if telegram.begin(boundary, hit):
        telegram.settle()
        while telegram.keeper.lives() and rounds < PATIENCE:
            town.talk()
            telegram.settle()
            rounds += 1
    telegram.keeper.kill()
    end = telegram.keeper.over()
    assert end in (boundary, "killed"), telegram.log
    telegram.clock.move(telegram.now + timedelta(seconds=town.chance.randint(*DOWN)))
    return end


@dataclass
class Town:
    """Two groups, one of them in privacy mode, who talk whether or not anybody listens."""

    house: House
    chance: random.Random
    #: All that was written, by the house's name for the message.
    wrote: dict[tuple[int, str], str] = field(default_factory=dict)
    _said: int = 0

    def __post_init__(self):
        self.server, town = self.house.server, self.house.town
        self.chats = {
            "Fjord": self.server.supergroup("Fjord", town.all(*FJORD), bot="administrator"),
            "Fjell": self.server.group("Fjell", town.all(*FJELL)),
        }
        for one in town.all(*FJORD, *FJELL, COORDINATOR):
            one.started = True
        planned(self.house.database, town, self.chats, members=(FJORD, FJELL), form="short",
                on=("2026-10-13", "2026-10-27"), managers=())  # fmt: skip

    def talk(self):
        for _ in range(6):
            group = self.chance.choice(tuple(self.chats))
            dice, who = self.chance.random(), self.chance.choice(FJORD if group == "Fjord" else FJELL)
            if dice > 0.85 and (offered := self._offered(self.chats[group])):
                self.server.press(self.house.town[who], *offered)
            else:
                self._write(group, who, "vi er her" if dice < 0.15 else "neste" if dice < 0.25 else None)

    def _offered(self, chat):
        for message in reversed(self.server.posts(chat)):
            for row in message.keyboard:
                return message, row[0]["text"]
        return None

    def _write(self, group, who, words):
        self._said += 1
        words, chat = words or f"Det jeg mener, er nummer {self._said}.", self.chats[group]
        command = "/svar " if group == "Fjell" else ""
        said = self.server.say(self.house.town[who], chat, f"{command}{words}")
        self.wrote[chat.id, names.message(chat.id, said.id)] = words

    # -- what has been promised

    def check(self):
        database = self.house.database
        self.check_replies(database)
        for chat in self.chats.values():
            self.check_chat(chat, database)
        assert {row.phase for row in rows(database, t.sessions)} == {"finished"}
        assert {row.status for row in rows(database, t.meetings)} == {"held"}
        replayed(database)

    def check_replies(self, database):
        """Each message is kept once; nothing was parked."""
        channels = {row.id: int(row.channel) for row in rows(database, t.places)}
        kept = [((channels[row.place_id], row.message), row.words) for row in rows(database, t.replies)]
        assert len(kept) == len(dict(kept))
        assert dict(kept) == self.wrote
        assert rows(database, t.parked) == []

    def check_chat(self, chat, database):
        """Each question stands there, in order; what came again, had been tried again; receipts never."""
        place = next(row.id for row in rows(database, t.places) if row.channel == str(chat.id))
        mine = sorted(rows(database, t.outbox, t.outbox.c.place_id == place), key=lambda row: row.id)
        said = [row for row in mine if row.kind == "say"]
        questions = [row for row in said if row.sort == "question"]
        # A group that writes «neste» twice while nobody listens is not asked what it has gone past.
        unsent = {(row.status, row.reason) for row in questions if row.status != "sent"}
        assert unsent <= {("dropped", "superseded")}
        asked = [row.receipt for row in questions if row.status == "sent"]
        assert asked
        assert asked == sorted(asked, key=lambda each: int(each.removeprefix("g")))
        sent = [row for row in said if row.receipt and row.sort != "receipt"]
        ours = Counter(number for row in sent for number in names.numbers(chat.id, row.receipt))
        assert set(ours.values()) == {1}
        strays = [each for each in self.server.posts(chat) if each.id not in ours]
        again = sum(row.attempts - 1 for row in said if row.sort in RATHER_TWICE)
        unsure = sum(row.status == "dropped" for row in said)
        assert len(strays) <= again + unsure, strays
        marks = Counter(each.params["message_id"] for each in self.server.asked("setMessageReaction")
                        if each.taken and each.params["chat_id"] == chat.id)  # fmt: skip
        assert set(marks.values()) <= {1}
