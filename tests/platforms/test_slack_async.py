"""A round over days in Slack: nobody sits in a meeting, and nobody is written to at night.

Reminders are private, go only to those who have not answered, and at most twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import library
from storage import tables as t
from tests.house.rig import NINE, replayed, rows
from tests.platforms.slack_golden import held_to, threads
from tests.platforms.slack_house import house
from tests.platforms.slack_play import Group
from tests.platforms.slack_scene import FJORD

STEPS = ("map-fits", "local-conditions", "innovation-for-us")


@pytest.mark.parametrize(("transport", "language"), [("socket", "nb"), ("http", "sv")])
def test_a_round_over_days(keeper, sqlite_database, tmp_path, transport, language):
    with house(keeper, sqlite_database, tmp_path, transport=transport, language=language) as slack:
        slack.scene.series(
            sqlite_database, group=[slack.scene.group("Fjord", FJORD)], pace="async", window="4"
        )
        assert slack.begin()
        slack.go(to=NINE)
        group = Group(slack, "Fjord", "fjord", FJORD)
        first_day(group)
        days(slack, group)
        roots = list(slack.roots().values())
        seen = [threads(slack.slack, slack.scene.channel, roots)]
        seen += [slack.slack.dm_transcript(who) for who in FJORD]
        held_to(f"slack-{language}/7-over-days", "\n".join(seen))
        assert slack.keeper.stop() == "status 0"
        check(slack)


def first_day(group):
    """Two have answered, one of them late in the evening."""
    (kari, said), (amir, other) = group.lines("status", STEPS[0], 2)
    group.say(kari, said)
    group.house.go(to=NINE + timedelta(hours=13))
    group.say(amir, other)


def days(slack, group):
    """Kari answers every question, Liv one after a reminder, the others none; the window closes; somebody is late."""
    for step in STEPS[1:]:
        while not asked(group, step):
            slack.go(minutes=240)
        group.say("Kari", group.told("status", step)["alone"]["kari"])
    while not reminded(slack)["Liv"]:
        slack.go(minutes=60)
    group.say("Liv", group.lines("status", STEPS[2])[0][1])
    slack.go(to=NINE + timedelta(days=9))
    who, line = next(iter(group.told("status", "late").values()))
    group.say(group.player(who), line)


def reminded(slack):
    return {who: slack.slack.dm_transcript(who).count("\nRunda:") for who in FJORD}


def asked(group, step):
    """Whether that is what Runda has asked last, but for its note."""
    texts = library.read("selfcheck").texts[group.house.scene.language]["rounds"]["status"]
    return any(texts[step] in each.text for each in group.house.slack.posts(group.house.scene.channel))


def check(slack):
    database = slack.database
    assert (slack.slack.violations, slack.slack.doubles(), rows(database, t.parked)) == ([], [], [])
    assert {row.phase for row in rows(database, t.sessions, t.sessions.c.state.is_not(None))} == {"finished"}
    assert reminded(slack) == {"Kari": 0, "Amir": 2, "Liv": 1, "Jon": 2}
    for each in slack.slack.posts(slack.scene.channel):
        at = datetime.fromtimestamp(float(each.ts), UTC).astimezone(ZoneInfo("Europe/Oslo"))
        assert at.weekday() < 5, each.text
        assert 8 <= at.hour <= 16, (at, each.text)
    replayed(database)
