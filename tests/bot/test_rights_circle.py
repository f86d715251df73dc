"""What a circle said and did not release appears in nothing outside that circle, at no time, whatever people do: in no
other group, not where everyone meets, not with managers or coordinators, in no file, no document and no answer of the
API.

`RUNDA_TEST_SEED` repeats a run's choices; `--hypothesis-profile long` makes more runs.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import timedelta

import msgspec
import pytest
from hypothesis import settings
from sqlalchemy import select

from bot.api.reading import Asked, Reader
from bot.documents import recaps as documents
from bot.documents import text, web
from bot.markdown import markdown
from bot.recaps import approval
from bot.rights.archive import Archiving
from bot.rights.showing import as_json, of_person
from bot.series import members
from bot.shelf import Shelf
from bot.words import Speaker
from flows.kinds.finding import RELEASED
from storage import tables as t
from tests.bot.a_meeting import OPENS, PROGRAMME, Played, planned
from tests.bot.a_person import erase, number
from tests.bot.a_series import do
from tests.bot.a_story import Story
from tests.chance import a_seed

GROUPS = {"north-1": ("kari", "amir", "liv"), "north-2": ("tor", "sigrid", "ola")}
#: The programme of these groups, and everyone together after the first round.
WITH_PLENUM = (
    PROGRAMME.replace("rounds:\n", "forms: {long: {minutes: 60, plenum: true}}\nrounds:\n", 1)
    .replace("  - round: second\n", "    plenum: [{share: shared}, {ask: together}]\n  - round: second\n", 1)
    .replace(
        "        plan:",
        "        shared: What do you recognise?\n        together: What do we all do?\n        plan:",
        1,
    )
)
#: Where everyone meets.
PLENUM = "north-everyone"
HAPPENINGS = 30
RUNS = max(1, settings.default.max_examples // 40)
#: What everybody says has a number of its own.
MARK = re.compile(r"mark(\d+)")


class Watched:
    """A series in which all that is ever sent is written down, and all that was ever released."""

    def __init__(self, played, chance):
        self.played, self.chance = played, chance
        self.count, self.said = 0, []
        self.sent, self.released, self.circle = defaultdict(set), set(), {}
        send = played.platform.send

        async def watching(outgoing):
            self.sent[outgoing.place.channel] |= marks(markdown(outgoing.spoken))
            return await send(outgoing)

        played.platform.send = watching

    def words(self, channel, account):
        self.count += 1
        self.circle[self.count] = channel, account
        start = self.chance.choice(["", "", "Finding: ", "Action: ", "1: ", "2: "])
        return f"{start}{account} says mark{self.count}"

    def say(self, channel, account, place, words):
        message = self.played.say(place, account, words)
        self.said.append((channel, account, place, message))
        self.look()

    def look(self):
        """What is released just now, in the words in which it is."""
        f, r = t.findings.c, t.replies.c
        with self.played.database.read() as connection:
            out = connection.execute(
                select(f.reply_id, f.words_id, f.state).where(f.state.in_(RELEASED))
            ).all()
            words = {row.words_id if row.state == "reworded" else row.reply_id for row in out}
            for row in connection.execute(select(r.words).where(r.id.in_(words))):
                self.released |= marks(row.words)

    def happens(self):
        channel = self.chance.choice(list(GROUPS))
        account = self.chance.choice(GROUPS[channel])
        kinds = ["say", "alone", "next", "yes", "no", "all yes", "edit", "back"]
        what = self.chance.choices(kinds, [10, 2, 3, 1, 1, 1, 2, 1])[0]
        if what in ("say", "alone"):
            place = channel if what == "say" else f"@{account}"
            self.say(channel, account, place, self.words(channel, account))
        elif what == "edit" and self.said:
            home, who, place, message = self.chance.choice(self.said)
            self.played.rewrite(place, who, message, self.words(home, who))
        elif what == "back" and self.said:
            _, who, place, message = self.chance.choice(self.said)
            self.played.take_back(place, who, message)
        elif what not in ("edit", "back"):
            written = {"all yes": "yes", "yes": "1 yes", "no": "2 no"}.get(what, what)
            self.say(channel, account, channel, written)
        self.look()

    def meeting(self, opens):
        self.played.go(max(opens, self.played.clock.at))
        for channel, people in GROUPS.items():
            self.played.say(channel, people[0], "We are here")
        for _ in range(HAPPENINGS):
            self.happens()
        for channel, people in GROUPS.items():
            for _ in range(8):
                self.played.say(channel, people[1], "next")
                self.look()
        if PLENUM in self.sent:
            for account in ("kari", "tor"):
                self.say(PLENUM, account, PLENUM, self.words(PLENUM, account))
        self.played.go(self.played.clock.at + timedelta(hours=3))
        self.look()


def marks(said):
    return {int(found) for found in MARK.findall(said)}


def outside(watched):
    """What was sent where others than the circle read: by mark, the channels. In the plenum is everybody."""
    home = {f"@{account}": channel for channel, people in GROUPS.items() for account in people}
    found = defaultdict(set)
    for channel, seen in watched.sent.items():
        for mark in seen:
            circle, account = watched.circle[mark]
            everyones = circle == PLENUM and home.get(channel, channel) in GROUPS
            if channel not in (circle, f"@{account}") and home.get(channel) != circle and not everyones:
                found[mark].add(channel)
    return found


@pytest.mark.parametrize("run", range(RUNS))
def test_what_was_not_released_is_in_nothing_outside_its_circle(sqlite_database, tmp_path, capsys, run):
    seed = a_seed() + run
    with capsys.disabled():
        print(f"\nseed {seed}", end=" ")
    database = sqlite_database
    planned(database, tmp_path, WITH_PLENUM)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        watched = Watched(played, random.Random(seed))
        # In every run something is released, so that what is looked for could be found.
        watched.meeting(OPENS[0])
        story = Story(played, {})
        if _held(story):
            story.managers(approval.approve, None)
            played.settle()
        watched.meeting(OPENS[1])
        watched.look()
        assert {
            mark: places for mark, places in outside(watched).items() if mark not in watched.released
        } == {}
        for path, body in _files(story).items():
            if path.parts[0] != "groups":
                assert marks(body.decode()) <= watched.released, path
        assert PLENUM in watched.sent
        assert marks(_read_by_managers(story)) <= watched.released
        for account in ("per", "berit"):
            with database.read() as connection:
                told = as_json(of_person(connection, number(database, account), "author"))
            assert marks(told) == set(), account
        assert alone_stays_alone(watched) == {}


def alone_stays_alone(watched):
    """What somebody wrote to Runda alone was sent to nobody else, their own circle included."""
    r = t.replies.c
    with watched.played.database.read() as connection:
        rows = connection.execute(
            select(r.words).where(r.private.is_(True), r.role.in_(("solo", "score")))
        ).all()
    alone = {mark for row in rows for mark in marks(row.words)}
    return {
        mark: channel
        for channel, seen in watched.sent.items()
        for mark in seen & alone
        if channel != f"@{watched.circle[mark][1]}"
    }


def _held(story):
    with story.office(write=False) as (office, _):
        return any(each.number == 1 and each.status == "held" for each in office.meetings())


def _files(story):
    with story.office(write=False) as (office, unit):
        return Archiving(office, unit, Speaker(Shelf()), "coordinator").files()


def _read_by_managers(story):
    """Documents, and what another program is answered, as far as anything has gone out."""
    with story.office(write=False) as (office, unit):
        reader = Reader(office.connection, Shelf(), office.series.organisation_id, office.now, "", "")
        asked = Asked(0, 9, "north", 1)
        answered = reader.recap(asked), reader.recaps(asked), reader.series(asked), reader.sessions(asked)
        found = [msgspec.json.encode(one).decode() for one in answered if one is not None]
        if answered[0] is not None:
            document = documents.of_managers(office, unit, Speaker(Shelf()), "manager", 1)
            makers = text.to_markdown, text.to_json, text.to_csv, web.to_html
            found += [make(document).decode() for make in makers]
    return "\n".join(found)


def test_whoever_hears_it_in_another_role_too_is_named_when_the_group_opens(sqlite_database, tmp_path):
    planned(sqlite_database, tmp_path)
    for role, name in (("manager", "Kari"), ("coordinator", "Tor")):
        do(sqlite_database, members.give_role, role, name)
    with Played(sqlite_database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        played.go(OPENS[0])
        fjord, fjell = (played.posts(channel)[0] for channel in GROUPS)
        assert "Kari is a manager of the series" in fjord
        assert "Tor coordinates the series" in fjell
        assert "Tor" not in fjord
        erase(played, "Kari")
        assert "Kari" not in played.posts("north-1")[0]


def test_what_was_released_does_get_out(story):
    """So that the test above looks where things go: a finding that was released is in the other group's recap."""
    story.open_second()
    other = story.recap("north-2")
    assert "Rules are tighter than the law in north-1." in other
    assert "is proud of" in other
    assert not any(f"{name} is proud" in other for name in GROUPS["north-1"])


@pytest.mark.parametrize("viewer", ["manager", "series", "other"])
def test_nobody_outside_gets_an_archive_past_the_table(story, viewer):
    from flows.sight import NotYours

    with story.office(write=False) as (office, unit), pytest.raises(NotYours):
        Archiving(office, unit, Speaker(Shelf()), viewer).files()
