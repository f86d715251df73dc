"""Channels that are closed, tokens that are revoked, scopes that are missing: told, waited for, and gone on from.

Fjord and Fjell have channels of their own, so that one goes on while the other stands still.
"""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from storage import tables as t
from tests.house.rig import NINE, driven, rows
from tests.platforms.slack_rig import living, trial
from tests.platforms.slack_scene import FJELL, FJORD

SHUT, OPEN = "Det går ikke an å sende noe dit", "Meldinger kommer fram igjen"


class Two:
    """A meeting of two groups in two channels."""

    def __init__(self, it, other):
        self.it, self.other = it, other

    @property
    def channels(self):
        return {"Fjord": self.it.scene.channel, "Fjell": self.other}

    def root(self, name):
        return self.it.slack.posts(self.channels[name])[0].ts

    async def write(self, name, who, words):
        ts = await self.it.slack.say(who, self.channels[name], words, thread=self.root(name))
        await self.it.settle()
        return ts

    def said(self, name):
        """Runda's messages in the thread."""
        return [each.text for each in self.it.slack.posts(self.channels[name], self.root(name))]

    async def asks(self, name, people):
        """Whether somebody's «neste» brings something new."""
        before = len(self.said(name))
        await self.write(name, people[1], "neste")
        await self.it.go(minutes=0.2)
        return len(self.said(name)) > before

    async def is_well(self):
        """Both go on, and everything arrives once."""
        assert await self.asks("Fjord", FJORD)
        assert await self.asks("Fjell", FJELL)
        await self.it.go(minutes=120)
        await self.it.go(minutes=60)
        database = self.it.rig.database
        assert {row.phase for row in rows(database, t.sessions) if row.phase != "planned"} == {"finished"}
        assert {row.status for row in rows(database, t.outbox)} <= {"sent", "dropped"}
        assert rows(database, t.parked) == []


@asynccontextmanager
async def two_channels(database):
    """Both groups are at the first question, and share."""
    async with trial(database) as it:
        other = it.slack.channel("fjell", members=list(it.scene.people.values()))
        groups = [it.scene.group("Fjord", FJORD), it.scene.group("Fjell", FJELL, other)]
        it.scene.series(database, group=groups, everyone=other.id)
        await it.go(to=NINE)
        two = Two(it, other)
        await two.write("Fjord", "Kari", "vi er her")
        await two.write("Fjell", "Tor", "vi er her")
        await it.go(minutes=1.5)
        await two.write("Fjord", "Amir", "Ferga.")
        await two.write("Fjell", "Ola", "Fibernettet.")
        yield two


async def archived(it, mended=False):
    await it.does("unarchive" if mended else "archive", it.scene.channel)


async def removed(it, mended=False):
    if mended:
        await it.does("join", it.slack.first.bot, it.scene.channel, inviter="Berit")
    else:
        await it.does("kick_bot", it.scene.channel)


async def removed_without_a_word(it, mended=False):
    """Found out when something is said there."""
    if mended:
        await removed(it, mended=True)
        return
    await it.does("kick_bot", it.scene.channel, withheld=True)
    await it.go(minutes=6)


@driven
@pytest.mark.parametrize("what", [archived, removed, removed_without_a_word])
async def test_a_channel_that_takes_nothing_stands_still_until_it_does(sqlite_database, what):
    async with two_channels(sqlite_database) as two:
        it = two.it
        await what(it)
        assert it.told().count(SHUT) == 1
        before = two.said("Fjord")
        assert await two.asks("Fjell", FJELL)
        await it.go(minutes=4)
        assert two.said("Fjord") == before
        assert it.told().count(SHUT) == 1
        await what(it, mended=True)
        await it.go(minutes=0.2)
        assert it.told().count(OPEN) == 1
        assert sorted(it.replies) == ["Ferga.", "Fibernettet."]
        await two.is_well()


@driven
async def test_a_channel_that_is_deleted_is_told_and_leaves_the_others_in_peace(sqlite_database):
    async with two_channels(sqlite_database) as two:
        await two.it.does("delete_channel", two.it.scene.channel)
        await two.it.go(minutes=5)
        assert two.it.told().count(SHUT) == 1
        assert await two.asks("Fjell", FJELL)
        assert sorted(two.it.replies) == ["Ferga.", "Fibernettet."]


@driven
@pytest.mark.parametrize("scope", ["chat:write"])
async def test_a_scope_that_is_missing_stops_everything_until_it_is_there(sqlite_database, scope):
    async with two_channels(sqlite_database) as two:
        it = two.it
        it.slack.remove_scope(scope)
        await it.go(minutes=10)
        held = [two.said(name) for name in two.channels]
        await it.go(minutes=40)
        assert [two.said(name) for name in two.channels] == held
        it.slack.grant(scope)
        await it.go(minutes=16)
        assert (it.told().count(SHUT), it.told().count(OPEN)) == (1, 1)
        # It is all groups, and not the first of them.
        assert f"Slack: {SHUT}" in it.told()
        await two.is_well()


@driven
@pytest.mark.parametrize("told", [True, False])
async def test_a_token_that_is_revoked_is_found_out_and_the_next_one_goes_on(sqlite_database, told):
    """Who runs the machine puts the new token in, and starts again."""
    async with two_channels(sqlite_database) as two:
        it = two.it
        if told:
            await it.does("revoke_token")
        else:
            it.slack.first.install.dead = "token_revoked"
        await it.go(minutes=10)
        assert {row.blocked for row in rows(sqlite_database, t.places) if not row.thread} == {"revoked"}
        assert [row.cut for row in rows(sqlite_database, t.installations)] == ["revoked"]
        await it.platform.close()
        it.slack.install(it.slack.first, it.slack.first.install.scopes)
        async with living(sqlite_database, it.slack, it.rig.clock, it.scene) as again:
            two.it = again
            await again.go(minutes=0.2)
            assert again.told().count(OPEN) >= 1
            assert sorted(again.replies) == ["Ferga.", "Fibernettet."]
            await two.is_well()


@driven
async def test_an_app_that_is_taken_away_and_let_in_again_goes_on(sqlite_database):
    async with two_channels(sqlite_database) as two:
        it = two.it
        await it.does("uninstall")
        await it.go(minutes=10)
        assert [bool(row.ended_at) for row in rows(sqlite_database, t.installations)] == [True]
        await it.platform.close()
        it.slack.install(it.slack.first, it.slack.first.install.scopes)
        async with living(sqlite_database, it.slack, it.rig.clock, it.scene) as again:
            two.it = again
            for channel in two.channels.values():
                await again.does("join", again.slack.first.bot, channel)
            await again.go(minutes=16)
            assert sorted(again.replies) == ["Ferga.", "Fibernettet."]
            await two.is_well()
