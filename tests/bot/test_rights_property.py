"""Over series in which people do as they like: whoever is erased is found nowhere, whatever happened before and after.

`RUNDA_TEST_SEED` repeats a run's choices.
"""

from __future__ import annotations

import random
from datetime import timedelta

from sqlalchemy import select

from bot.recaps import approval
from bot.recaps.files import files
from bot.recaps.ledger import ledger
from bot.rights import days
from bot.rights.archive import Archiving
from bot.shelf import Shelf
from bot.words import Speaker
from storage import tables as t
from storage.unit import Unit
from tests.bot.a_meeting import OPENS, Played, planned
from tests.bot.a_person import begin, finish, holds, number, posted, within
from tests.bot.a_story import Story
from tests.chance import a_seed

GROUPS = {"north-1": ("kari", "amir", "liv"), "north-2": ("tor", "sigrid", "ola")}
#: Things that happen in each meeting.
HAPPENINGS = 30


class Anyone:
    """People who say, edit and take back what they like. Every word of theirs has their mark in it."""

    def __init__(self, played, chance):
        self.played, self.chance = played, chance
        self.said, self.count = [], 0

    def words(self, account):
        self.count += 1
        mark = self.chance.choice(["", "", "Finding: ", "Action: "])
        return f"{mark}{account.capitalize()} word{self.count} of {account}zq"

    def meeting(self, opens):
        self.played.go(max(opens, self.played.clock.at))
        for channel, people in GROUPS.items():
            self.played.say(channel, people[0], "We are here")
        for _ in range(HAPPENINGS):
            self.happens()
        for channel, people in GROUPS.items():
            for _ in range(8):
                self.played.say(channel, people[1], "next")
        self.played.go(self.played.clock.at + timedelta(hours=3))

    def happens(self):
        channel = self.chance.choice(list(GROUPS))
        account = self.chance.choice(GROUPS[channel])
        what = self.chance.choices(["say", "alone", "next", "yes", "edit", "back"], [10, 2, 3, 1, 2, 1])[0]
        if what in ("say", "alone"):
            place = channel if what == "say" else f"@{account}"
            self.said.append((place, account, self.played.say(place, account, self.words(account))))
        elif what in ("next", "yes"):
            self.played.say(channel, account, what)
        elif self.said:
            self.late(*self.chance.choice(self.said), edits=what == "edit")

    def late(self, place, account, message, *, edits):
        if edits:
            self.played.rewrite(place, account, message, self.words(account))
        else:
            self.played.take_back(place, account, message)


def approve(played):
    story = Story(played, {})
    with story.office() as (office, _unit):
        held = any(each.number == 1 and each.status == "held" for each in office.meetings())
    if held:
        told = story.managers(approval.approve, None)
        assert told
        played.settle()


def exported(played):
    """Every file that can be made now, as one text."""
    with Story(played, {}).office() as (office, unit):
        speaker = Speaker(Shelf())
        found = {
            str(path): body.decode()
            for path, body in Archiving(office, unit, speaker, "coordinator").files().items()
        }
        found |= {
            str(path): words
            for path, words in files(office, unit, speaker, "coordinator", ledger(unit, office.series.id))
        }
    return "\n".join(f"{path}\n{words}" for path, words in found.items())


def test_whoever_is_erased_is_found_nowhere(database, tmp_path, capsys):
    seed = a_seed()
    chance = random.Random(seed)
    with capsys.disabled():
        print(f"\n{database.url.get_backend_name()}: seed {seed}", end=" ")
    planned(database, tmp_path)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        anyone = Anyone(played, chance)
        anyone.meeting(OPENS[0])
        approve(played)
        if chance.random() < 0.7:
            anyone.meeting(OPENS[1])
        gone = chance.sample([one for people in GROUPS.values() for one in people], chance.choice([1, 2]))
        purged = chance.random() < 0.3
        if purged:
            purge(played)
        people = {account: number(database, account) for account in gone}
        assert holds(database, *gone)
        for person in people.values():
            begin(played, person)
            for _ in range(chance.randrange(4)):
                trouble(anyone, chance, gone)
            if chance.random() < 0.5:
                finish(played)
        for _ in range(4):
            trouble(anyone, chance, gone)
        finish(played)
        check(played, gone, people, purged=purged)


def purge(played):
    """The days of the replies are over; approved recaps are kept."""
    with Story(played, {}).office() as (office, _):
        days.decide(office, "replies", 14)
    played.clock.at += timedelta(days=60)
    played.upkeep()
    with played.database.read() as connection:
        assert connection.execute(select(t.replies.c.id)).first() is None


def trouble(anyone, chance, gone):
    """Something late: about an old message of somebody who is erased, or a new one, or somebody else's."""
    mine = [each for each in anyone.said if each[1] in gone]
    if mine and chance.random() < 0.7:
        anyone.late(*chance.choice(mine), edits=chance.random() < 0.7)
    elif chance.random() < 0.5:
        account = chance.choice(gone)
        place = home(account)
        anyone.played.say(chance.choice([place, f"@{account}"]), account, anyone.words(account))
    else:
        account = chance.choice([one for people in GROUPS.values() for one in people if one not in gone])
        anyone.played.say(home(account), account, anyone.words(account))


def home(account):
    return next(channel for channel, people in GROUPS.items() if account in people)


def check(played, gone, people, *, purged):
    marks = [*gone, *(f"{one}zq" for one in gone)]
    assert holds(played.database, *marks) == []
    if not purged:  # after that nothing tells which messages show whom; it is listed as beyond reach
        assert posted(played, *marks) == []
    found = exported(played)
    assert [one for one in marks if within(found, one)] == []
    with played.database.read() as connection:
        unit = Unit(connection)
        rows = unit.all(select(t.people).where(t.people.c.id.in_(people.values())))
    assert all(row.name == "" and row.erased_at is not None for row in rows)
    others = [one for each in GROUPS.values() for one in each if one not in gone]
    assert holds(played.database, *others)
