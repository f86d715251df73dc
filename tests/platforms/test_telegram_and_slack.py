"""One series on both platforms: a group in a Slack channel, a group on Telegram, one plenum, one recap for managers.

Kari is on both, and links them by a code: what she writes to Runda alone on Telegram is for her group on Slack.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("slack_bolt", reason="slack_bolt is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from storage import tables as t
from tests.house.rig import EIGHT, NINE, replayed, rows
from tests.platforms.serve import Clock
from tests.platforms.slack_golden import held_to
from tests.platforms.slack_house import Hands
from tests.platforms.telegram_house import house
from tests.platforms.telegram_rig import FJELL, FJORD
from tests.standins.slack import standing_slack

PER = "Per"
#: Written to Runda alone on Telegram, for the group on Slack.
ALONE = "Tid, mer enn ideer."


@contextmanager
def both(keeper, database, folder):
    """A house on both platforms, and Slack beside it."""
    with standing_slack(clock=Hands(Clock(folder / "clock"), EIGHT)) as slack:
        environment = slack.env("socket")
        with house(keeper, database, folder, environment=environment) as telegram:
            telegram.elsewhere = lambda: not slack.deliveries.pending
            telegram.mover = lambda to: slack.clock.advance(to.timestamp() - slack.clock.now())
            yield telegram, slack


def test_one_series_with_a_group_on_each(keeper, sqlite_database, tmp_path):
    with both(keeper, sqlite_database, tmp_path) as (telegram, slack):
        story = Story(telegram, slack)
        story.is_planned()
        assert telegram.begin()
        slack.until(lambda: slack.sockets.open)
        story.is_linked()
        telegram.go(to=NINE)
        story.meets()
        story.everyone_meets()
        telegram.runda("recap", "approve", "nord")
        telegram.go(to=NINE.replace(day=27, hour=8))
        story.is_seen()
        assert keeper.stop() == "status 0"
        story.all_is_well()


class Story:
    def __init__(self, telegram, slack):
        self.house, self.slack, self.server, self.town = telegram, slack, telegram.server, telegram.town
        self.users = {name: slack.user(name, locale="nb-NO") for name in (*FJORD, "Tor", "Berit", PER)}
        self.channel = slack.channel("fornyelse", members=list(self.users.values()))
        self.group = self.server.supergroup("Fjell", self.town.all(*FJELL))
        self.town["Tor"].started = True

    def is_planned(self):
        def on_slack(name):
            return f"{name} <{self.users[name].id}>"

        fjell = ", ".join(self.town.named(name) for name in FJELL)
        self.house.runda(
            "series", "create", "selfcheck", "--name", "Nord", "--platform", "slack",
            "--workspace", self.slack.first.id, "--everyone", self.channel.id, "--acknowledged",
            "--group", f"Fjord@{self.channel.id}: {', '.join(map(on_slack, FJORD))}",
            "--group", f"Fjell@telegram/{self.town.bot}/{self.group.id}: {fjell}",
            "--coordinator", on_slack("Berit"), "--manager", on_slack(PER), "--form", "plenum",
            "--on", "2026-10-13", "--on", "2026-10-27", "--at", "09:00", "--language", "nb", "--zone", "Europe/Oslo",
        )  # fmt: skip

    # -- the same person twice

    def is_linked(self):
        """Kari has a code shown in Slack, and writes it to Runda on Telegram; Tor the other way round."""
        self.on_slack("open_home", "Kari")
        self.on_slack("press_in", "Kari", self.slack.home("Kari"), "open:link")
        self.on_slack("submit", "Kari")
        self.kari = code_in(self.slack.view_text(self.slack.modal("Kari")))
        self.on_slack("close", "Kari", everything=True)
        self.house.does("start", self.town["Kari"], self.kari)
        people = {row.account: row.person_id for row in rows(self.house.database, t.identities)}
        assert people[str(self.town["Kari"].id)] == people[self.users["Kari"].id]

    # -- a meeting

    def meets(self):
        self.slack_press("Kari", "here")
        self.house.press("Tor", self.server.last(self.group), "Vi er her")
        self.house.go(minutes=0.2)
        self.house.tell("Kari", ALONE)
        self.house.go(minutes=1)
        self.slack_say("Kari", "Vi mangler tid, ikke ideer.")
        self.house.say("Tor", self.group, "/svar Ferga styrer dagen.")
        for _ in range(3):  # to the note, and to what comes next
            self.go_on(0.3)
            self.go_on(1.2)
        self.slack_say("Liv", "Vi slutter aldri med noe.")
        self.house.say("Ola", self.group, "/svar Prosjektene dør når pengene tar slutt.")
        self.go_on(0.3)
        self.slack_say("Jon", "ja")
        self.house.press("Sigrid", self.server.find(self.group, "Kan dette deles"), "Ja, del alle")
        self.house.go(minutes=2)
        self.slack_say("Amir", "Amir – spør hva vi kan slutte med – til neste økt")
        self.house.say("Tor", self.group, "/svar Tor – teller prosjektene – til neste økt")
        self.go_on(0.3)

    def go_on(self, minutes):
        self.slack_say("Liv", "neste")
        self.house.say("Eva", self.group, "/svar neste")
        self.house.go(minutes=minutes)

    def everyone_meets(self):
        """In Slack, with what both groups have let go."""
        self.slack_say("Kari", "Det er det samme: Vi begynner, og slutter aldri.", "Alle")
        self.house.go(minutes=30)

    # -- in Slack

    def on_slack(self, act, *args, **more):
        done = getattr(self.slack, act)(*args, **more)
        self.house.settle()
        return done

    def thread(self, circle):
        posts = [each for each in self.slack.posts(self.channel) if not each.is_reply]
        return [each.ts for each in posts if each.text.startswith(circle)][-1]

    def slack_say(self, who, words, circle="Fjord"):
        return self.on_slack("say", who, self.channel, words, thread=self.thread(circle))

    def slack_press(self, who, press):
        return self.on_slack("press", who, self.channel, self.thread("Fjord"), press)

    # -- what there is to see

    def is_seen(self):
        chats = {"slack": self.slack.transcript(self.channel), "telegram": self.server.transcript(self.group),
                 "kari": self.server.transcript(self.town["Kari"]), "per": self.slack.dm_transcript(PER)}  # fmt: skip
        for name, screen in chats.items():
            held_to(f"telegram_and_slack/{name}", f"{screen.replace(self.kari, 'CODE')}\n")

    def all_is_well(self):
        assert self.server.refusals == []
        alone = next(row for row in rows(self.house.database, t.replies) if row.words == ALONE)
        group = next(row for row in rows(self.house.database, t.circles) if row.name == "Fjord")
        [session] = rows(self.house.database, t.sessions, t.sessions.c.id == alone.session_id)
        assert (alone.private, session.circle_id) == (True, group.id)
        assert (self.slack.violations, self.slack.doubles()) == ([], [])
        assert rows(self.house.database, t.parked) == []
        assert {row.status for row in rows(self.house.database, t.outbox)} <= {"sent", "dropped"}
        first, second = sorted(rows(self.house.database, t.meetings), key=lambda row: row.number)
        assert (first.status, second.status) == ("held", "open")
        replayed(self.house.database)


def code_in(shown):
    """As in «Koden din er K7QM-4X2P.»"""
    return shown.partition("Koden din er ")[2][:9].replace("-", "")
