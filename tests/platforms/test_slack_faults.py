"""Trouble with Slack, over a meeting of two groups: whatever happens, nothing is lost and nothing comes twice.

The adapter and Slack's stand-in are in one loop, on one clock. Places, workspaces and tokens that fail and are mended
are in `test_slack_mended`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from adapters.slack import client, socket
from storage import tables as t
from tests.house.rig import EIGHT, NINE, Clock, driven, rows
from tests.platforms.ending import all_is_over, nothing_is_lost
from tests.platforms.inside import slack_inside
from tests.platforms.slack_rig import TheirClock, living, trial
from tests.platforms.slack_scene import FJELL, FJORD, PER, Scene
from tests.platforms.test_slack_selfcheck import Story
from tests.platforms.weather import Weather
from tests.standins.slack import SlackServer

GROUPS = {"Fjord": FJORD, "Fjell": FJELL}
#: Requests that each meeting makes often.
FREQUENT = ("chat.postMessage", "chat.update", "views.open")


def give_up_soon(monkeypatch):
    """Whoever waits for an answer that never comes gives up soon; a connection that is gone is missed soon.

    Where requests are counted it is not for use: on a busy machine it gives up on those that would be answered, too.
    """
    monkeypatch.setattr(client, "PATIENCE", 1.0)
    monkeypatch.setattr(socket, "PING", 0.5)
    monkeypatch.setattr(socket, "LOOK", 0.05)
    monkeypatch.setattr(socket, "AGAIN", (0.05,))


class Meeting:
    """Two groups in one channel, in a thread each. People write, correct and go on, whatever Slack does."""

    def __init__(self, it):
        self.it, self.kept, self.gone = it, {}, set()

    async def opens(self):
        self.it.scene.series(
            self.it.rig.database, group=[self.it.scene.group(*each) for each in GROUPS.items()]
        )
        await self.it.go(to=NINE)
        await self.it.go(minutes=0.5)
        for name, people in GROUPS.items():
            await self.write(name, people[0], "vi er her")

    def thread(self, name):
        posts = [each for each in self.it.slack.posts(self.it.scene.channel) if not each.is_reply]
        return next(each.ts for each in posts if each.text.startswith(name))

    async def write(self, name, who, words, **more):
        return await self.it.say(who, words, self.thread(name), **more)

    async def talks(self, times=3, first=0):
        """Several at once: what follows from it comes afterwards."""
        for number in range(first, first + times):
            for name, people in GROUPS.items():
                await self.says(name, people[number % 4], f"{name} mener {number}.", wait=False)
            await self.corrects(number)
            await self.it.go(minutes=1)
            for name, people in GROUPS.items():
                await self.it.slack.say(people[2], self.it.scene.channel, "neste", thread=self.thread(name))
            await self.it.settle()

    async def says(self, name, who, words, *, wait=True):
        ts = await self.it.slack.say(who, self.it.scene.channel, words, thread=self.thread(name))
        if wait:
            await self.it.settle()
        self.kept[ts] = words
        return ts

    async def corrects(self, number):
        """One changes what was said, and another takes it back."""
        channel = self.it.scene.channel
        changed = await self.says("Fjord", "Amir", f"Fjord sier {number}.", wait=False)
        taken = await self.says("Fjord", "Jon", f"Fjord angrer {number}.", wait=False)
        self.it.rig.clock.at += timedelta(seconds=5)
        await self.it.slack.edit("Amir", channel, changed, f"Fjord sier heller {number}.")
        await self.it.slack.delete("Jon", channel, taken)
        self.kept[changed] = f"Fjord sier heller {number}."
        self.gone.add(self.kept.pop(taken))

    async def ends(self):
        await self.it.go(minutes=60)

    # -- what must hold

    def is_well(self):
        """What was acknowledged is there once, as it was left; each question came once; both groups are done."""
        database, slack = self.it.rig.database, self.it.slack
        kept = Counter(self.it.replies)
        assert {words: kept[words] for words in self.kept.values()} == dict.fromkeys(self.kept.values(), 1)
        assert not self.gone & kept.keys()
        all_is_over(database)
        said_once(slack, self.it.scene.channel, database)


def said_once(slack, channel, database):
    """What Slack has of us in the channel is what we know to have sent there, and no more."""
    said = [row for row in rows(database, t.outbox, t.outbox.c.kind == "say") if row.status == "sent"]
    known = [row.receipt for row in said if "#" not in row.receipt and ":" not in row.receipt]
    assert sorted(known) == sorted(each.ts for each in slack.posts(channel))
    assert slack.doubles() == []


async def played(database, trouble, **more):
    """A meeting in which that trouble begins when people have come together; and what it met."""
    async with trial(database, **more) as it:
        meeting = Meeting(it)
        await meeting.opens()
        faults = trouble(it)
        await meeting.talks()
        await meeting.ends()
        meeting.is_well()
        assert all(fault.met for fault in faults), "the trouble did not meet anything"


def here(it):
    return lambda call: call.args.get("channel") == it.scene.channel.id


# -- the whole self-check


class Whole(Story):
    """The story that is told in good weather, by both groups and their coordinator. What came of it is what counts."""

    def held_to(self, name, parts):
        parts.clear()

    def meets(self, number):
        self.house.weather.brews(number)
        super().meets(number)
        self.house.weather.clears()


def not_connecting(call):
    """The adapter waits for that by the machine's clock."""
    return call.method != "apps.connections.open"


def requests_that_fail(f):
    """By what becomes of them: a question and what is beside it, and what somebody opens."""
    return {
        "429": lambda: [f.next("chat.postMessage", "ratelimited", 2, retry_after=4)],
        "429 besides": lambda: [
            f.next("chat.update", "ratelimited", 2, retry_after=30),
            f.next("reactions.add", "ratelimited", 2, retry_after=30),
        ],
        "429 on whatever comes": lambda: [f.next("*", "ratelimited", 3, not_connecting, retry_after=3)],
        "500": lambda: [f.next(method, "error500") for method in FREQUENT],
        "500, and taken": lambda: [f.next(method, "error500_after") for method in FREQUENT],
        "no answer": lambda: [f.next("chat.postMessage", "never")],
        "no answer, and taken": lambda: [f.next("chat.postMessage", "never_after")],
        "dropped": lambda: [f.next(method, "dropped_before") for method in FREQUENT],
        "dropped, and taken": lambda: [f.next(method, "dropped_after") for method in FREQUENT],
        "taken, and not to be asked about": lambda: [
            f.next("chat.postMessage", "error500_after"),
            f.next("conversations.replies", "ratelimited", retry_after=8),
        ],
    }


def events_that_fail(f, house):
    return {
        "told again": lambda: [f.event("repeat", 3)],
        "told again under another id": lambda: [f.event("twin", 3)],
        "lost at first": lambda: [f.event("lost", 2)],
        "cut": lambda: [f.event("cut")],
        "asked to leave": house.asked_to_leave,
    }


def test_the_whole_self_check_in_all_weathers(sqlite_database, monkeypatch):
    """Each kind of trouble in each of the three meetings; in the midst of each, events come in the other way."""
    give_up_soon(monkeypatch)
    with slack_inside(sqlite_database, "socket", "nb") as house:
        story = Whole(house)
        story.sets_up()
        faults, mixed = house.slack._target.faults, {"in another order": house.mixed}
        requests, events = requests_that_fail(faults), events_that_fail(faults, house)
        house.weather = Weather(requests, events, mixed, house.turns)
        for number in (1, 2, 3):
            story.meets(number)
        house.weather = None
        story.all_is_well()
        all_is_over(sqlite_database)
        said_once(house.slack, house.scene.channel, sqlite_database)
        nothing_is_lost(sqlite_database, house.slack.dm_transcript(PER), "slack-nb/8-in-the-end")


@driven
async def test_where_slack_takes_nothing_for_minutes_it_is_all_said_afterwards(sqlite_database):
    def begins(it):
        faults = it.slack.faults
        everything = faults.next("*", "ratelimited", 12, not_connecting, retry_after=20)
        return [everything, faults.next("chat.postMessage", "ratelimited", 3, here(it), retry_after=400)]

    await played(sqlite_database, begins)


@driven
async def test_events_that_come_in_another_order_are_what_they_were(sqlite_database):
    """What was written, changed and taken back is told the other way round."""
    async with trial(sqlite_database) as it:
        meeting = Meeting(it)
        await meeting.opens()
        await meeting.talks(2)
        held, thread, channel = it.slack.faults.event("hold", 9), meeting.thread("Fjord"), it.scene.channel
        kept = await it.slack.say("Kari", channel, "Først sagt.", thread=thread, wait=False)
        gone = await it.slack.say("Amir", channel, "Snart borte.", thread=thread, wait=False)
        it.rig.clock.at = it.rig.clock.at.replace(microsecond=0)
        await it.slack.edit("Kari", channel, kept, "Så rettet.", wait=False)
        await it.slack.delete("Amir", channel, gone, wait=False)
        assert len(held.met) == 4
        it.slack.deliveries.release(reverse=True)
        meeting.kept[kept] = "Så rettet."
        meeting.gone.add("Snart borte.")
        await meeting.ends()
        meeting.is_well()


LIMITED = {"cohort": "limited", "distributed": True}


@driven
async def test_where_look_ups_are_rationed_a_message_is_found_late_in_a_long_thread(sqlite_database):
    """Killed when Slack had taken it. Slack shows fifteen messages a minute: those from when it was first tried."""
    clock = Clock(EIGHT)
    async with SlackServer(TheirClock(clock), cohort="limited") as slack:
        scene = Scene.on(slack)

        async with living(sqlite_database, slack, clock, scene, distributed=True) as it:
            meeting = Meeting(it)
            await meeting.opens()
            await it.go(minutes=2)
            for number in range(20):
                await meeting.says("Fjord", FJORD[number % 4], f"Dette er svar {number}.")
            await it.go(minutes=1)
            dropped = slack.faults.next("chat.postMessage", "never_after")
            await slack.say("Liv", scene.channel, "neste", thread=meeting.thread("Fjord"))
            sending = asyncio.create_task(it.rig.house.courier.round())
            await slack.until(lambda: dropped.met)
            sending.cancel()
        assert len(rows(sqlite_database, t.outbox, t.outbox.c.status == "sending")) == 1
        async with living(sqlite_database, slack, clock, scene, distributed=True) as it:
            meeting.it = it
            await meeting.ends()
            meeting.is_well()
        assert len(slack.calls("conversations.replies")) == 1


@driven
async def test_where_look_ups_are_rationed_a_live_meeting_goes_on(sqlite_database):
    """Two groups at once cannot be asked about within a minute: each waits for its own, and none is asked twice."""

    def begins(it):
        return [it.slack.faults.next("chat.postMessage", "dropped_after", 2)]

    await played(sqlite_database, begins, **LIMITED)


@driven
async def test_a_live_question_that_cannot_be_asked_about_goes_out_again_after_a_minute(sqlite_database):
    async with trial(sqlite_database) as it:
        meeting = Meeting(it)
        await meeting.opens()
        await it.go(minutes=2)
        it.slack.faults.next("chat.postMessage", "dropped_before")
        refused = it.slack.faults.next("conversations.replies", "ratelimited", 99, retry_after=20)
        await meeting.write("Fjord", FJORD[2], "neste")
        before = len(it.slack.posts(it.scene.channel))
        await it.go(minutes=0.9)
        assert len(it.slack.posts(it.scene.channel)) == before
        await it.go(minutes=0.2)
        assert len(it.slack.posts(it.scene.channel)) == before + 1
        assert 3 <= len(refused.met) <= 5
        it.slack.faults.clear()
        await meeting.ends()
        meeting.is_well()


@driven
async def test_what_one_look_up_is_told_holds_for_the_next_one_elsewhere(sqlite_database):
    """Each place used to meet a 429 of its own."""
    async with trial(sqlite_database) as it:
        meeting = Meeting(it)
        await meeting.opens()
        await it.go(minutes=2)
        it.slack.faults.next("chat.postMessage", "dropped_after", 2)
        refused = it.slack.faults.next("conversations.replies", "ratelimited", retry_after=40)
        for name, people in GROUPS.items():
            await meeting.write(name, people[2], "neste")
        asked = len(it.slack.calls("conversations.replies"))
        assert (len(refused.met), asked) == (1, 1)
        await it.go(minutes=1)
        assert len(it.slack.calls("conversations.replies")) == 3
        await meeting.ends()
        meeting.is_well()


@driven
async def test_what_slack_has_closed_stays_closed_over_a_restart_and_the_rest_goes_on(sqlite_database):
    clock = Clock(EIGHT)
    async with SlackServer(TheirClock(clock)) as slack:
        scene = Scene.on(slack)
        async with living(sqlite_database, slack, clock, scene) as it:
            meeting = Meeting(it)
            await meeting.opens()
            await it.go(minutes=2)
            slack.faults.next("chat.postMessage", "ratelimited", where=here(it), retry_after=120)
            await meeting.write("Fjord", "Liv", "neste")
        closed, asked = clock.at, len(slack.calls("chat.postMessage"))
        async with living(sqlite_database, slack, clock, scene) as it:
            meeting.it = it
            await meeting.write("Fjell", "Ola", "neste")
            await meeting.write("Fjord", "Kari", "hjelp")
            assert "Det du skriver i gruppa, er et svar." in it.told("Kari")
            await it.go(to=closed + timedelta(seconds=119))
            inside = [call for call in slack.calls("chat.postMessage")[asked:] if here(it)(call)]
            assert inside == []
            await meeting.ends()
            meeting.is_well()
