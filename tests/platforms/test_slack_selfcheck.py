"""The whole self-check in Slack, through the installed command: two groups, three rounds, all that people see.

Set up by its coordinator from Slack; led by buttons and by words; answered in the thread and in private; corrected,
marked, interrupted; read by the coordinator and by the manager. One story in two languages and on both transports:
what people see is in `golden/`, the same whichever way Slack tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.series.appointing import appoint
from bot.series.homes import Where
from flows.forms import Named
from storage import tables as t
from tests.house.rig import NINE, replayed, rows
from tests.platforms.ending import all_is_over, came_of_it
from tests.platforms.nameless import recaps_hold
from tests.platforms.slack_golden import held_to, others, threads
from tests.platforms.slack_house import House, house
from tests.platforms.slack_play import Group
from tests.platforms.slack_scene import BERIT, FJELL, FJORD, NILS, PER

ROUNDS = {"status": ("map-fits", "local-conditions", "innovation-for-us"),
          "resources": ("skills-we-need", "grow-our-skills", "networks-we-need"),
          "team": ("shared-team", "who-is-on-it", "roles-and-ambitions")}  # fmt: skip
#: Where a group writes down what came of a question, if not in a note of the same name.
NOTED = {"who-is-on-it": "", "roles-and-ambitions": "team-map"}
#: At nine in Oslo, which on the 25th of October goes back to winter time.
DATES = (NINE, NINE + timedelta(days=14, hours=1), NINE + timedelta(days=28, hours=1))
EVERYONE = {"nb": "Alle", "sv": "Alla"}
NAME = {"nb": "Fornyelse i kommunen", "sv": "Förnyelse i kommunen"}


@pytest.mark.parametrize(("transport", "language"), [("socket", "nb"), ("http", "sv")])
def test_the_whole_self_check(keeper, sqlite_database, tmp_path, transport, language):
    with house(keeper, sqlite_database, tmp_path, transport=transport, language=language) as slack:
        assert slack.begin()
        story = Story(slack)
        story.sets_up()
        for number in (1, 2, 3):
            story.meets(number)
        story.ends()
        assert slack.keeper.stop() == "status 0"
        story.all_is_well()
        all_is_over(sqlite_database)
        assert recaps_hold(sqlite_database) == 5


def test_the_other_transport_makes_no_difference(keeper, sqlite_database, tmp_path):
    with house(keeper, sqlite_database, tmp_path, transport="http", language="nb") as slack:
        assert slack.begin()
        story = Story(slack)
        story.sets_up()
        story.meets(1)
        story.all_is_well()


@dataclass
class Story:
    house: House

    def __post_init__(self):
        self.language, self.slack = self.house.scene.language, self.house.slack
        self.channel, self.people = self.house.scene.channel, self.house.scene.people
        self.shown: list[str] = []
        self.roots: list[str] = []

    # -- the coordinator

    def sets_up(self):
        """With `/runda`, form by form."""
        self._appointed()
        self.does("slash", BERIT, "/runda", "", channel=self.channel)
        self.sees(BERIT)
        self.does("press_in", BERIT, self.slack.modal(BERIT), "open:setup")
        self.hands_in(BERIT, name=NAME[self.language], programme="selfcheck")
        self.hands_in(BERIT, form="plenum")
        taking_part = [self.people[name].id for name in (*FJORD, *FJELL)]
        self.hands_in(BERIT, channel=self.channel.id, people=taking_part, manager=[self.people[PER].id])
        self.hands_in(BERIT, first="2026-10-13", apart="2")
        self.hands_in(BERIT)
        self.sees(BERIT)
        self.does("close", BERIT, everything=True)
        self.looks_home(BERIT)
        self.held_to("1-set-up", self.shown)

    def _appointed(self):
        """By whoever runs the machine."""
        with self.house.database.write() as connection:
            o = t.organisations.c
            organisation = connection.execute(select(o.id)).scalar()
            where = Where("slack", self.slack.first.id, self.people[BERIT].id)
            appoint(connection, organisation, Named(BERIT), where, "test", self.house.now)

    def does(self, act, who, *args, **more):
        return self.house.does(act, who, *args, **more)

    def hands_in(self, who, **written):
        self.slack.fill(who, written)
        self.sees(who)
        answer = self.does("submit", who)
        assert (answer.ok, answer.errors) == (True, {}), answer

    def sees(self, who):
        self.shown.append(f"{who} sees:\n{self.slack.view_text(self.slack.modal(who))}")

    def looks_home(self, who):
        self.does("open_home", who)
        self.shown.append(f"{who} sees:\n{self.slack.view_text(self.slack.home(who))}")

    def held_to(self, name, parts):
        held_to(f"slack-{self.language}/{name}", "\n".join(parts))
        parts.clear()

    # -- a meeting

    def meets(self, number):
        """A round of both groups, and what comes of it."""
        round_ = list(ROUNDS)[number - 1]
        self.house.go(to=DATES[number - 1])
        self.sits(number, round_)
        self.late(round_)
        self.approves()
        self.is_seen(number)

    def sits(self, number, round_):
        both = first, second = self.groups()
        self.sees_first(first)
        first.press(first.people[0], "here")
        second.says("choice.here", second.people[0])
        if number > 1:
            self.looks_back(both, round_)
        for step in ROUNDS[round_]:
            self.question(both, round_, step)
        self.findings(both, round_)
        self.everyone(round_)

    def sees_first(self, group):
        """The first message of the thread, which tells how it stands."""
        first = self.slack.message(self.channel, group.thread)
        self.shown.append(f"The thread of {group.name} begins so:\n{self.slack.text(first)}\n")

    def looks_back(self, both, round_):
        """The thread opens with the recap; then the actions are followed up."""
        self.soon()
        for group in both:
            group.speak(round_, "last-time", 1)
            group.says("choice.next", group.people[1])
        self.soon()
        for group in both:
            group.speak(round_, "actions-since")
        self.soon()
        for group in both:
            if not group.offers("open:answer"):
                group.press(group.people[2], "next")

    def question(self, both, round_, step):
        """Alone, by the modal and by a direct message; then aloud; then what is agreed."""
        first, second = both
        self.soon()
        modal = first.answer_alone(*first.alone(round_, step)[0])
        self.house.tell(*second.alone(round_, step)[0])
        if step == "map-fits":
            self.shown.append(f"{first.alone(round_, step)[0][0]} sees:\n{modal}")
        self.house.go(minutes=1)
        if step == "local-conditions":
            self.sees_first(first)
        said = [group.speak(round_, step, most) for group, most in zip(both, (2, 1), strict=True)]
        if step == "map-fits":
            self.corrects(first, said[0])
        for group in both:
            group.press(group.people[0], "next")
        if noted := NOTED.get(step, f"{step}-note"):
            self.notes(both, round_, noted)
        if step == "local-conditions":
            first.mark(first.people[3], said[0][1], "note")

    def notes(self, both, round_, step):
        self.soon()
        for group in both:
            group.speak(round_, step)
        for group in both:
            group.says("choice.next", group.people[1])

    def corrects(self, group, said):
        """One is changed and one is taken back; then come a stranger, a picture, and somebody outside the thread."""
        who, line = group.lines("status", "map-fits")[0]
        self.house.does("edit", who, self.channel, said[0], f"{line} ({group.people[1]}?)")
        again = group.say(group.people[2], "Hm.")
        self.house.does("delete", group.people[2], self.channel, again)
        group.say(NILS, group.told("status", "map-fits")["shared"][3][1])
        group.say(group.people[1], "", files=["fjellvik.png"])
        self.house.say(group.people[3], group.told("status", "map-fits")["shared"][4][1])

    def findings(self, both, round_):
        first, second = both
        self.soon()
        for group in both:
            group.speak(round_, "aha")
            group.press(group.people[0], "next")
        self.soon()
        first.speak(round_, "aha-release")
        second.press(second.people[0], "yes")
        self.house.go(minutes=2)
        for group in both:
            group.speak(round_, "next-steps")
            group.press(group.people[3], "next")

    def everyone(self, round_):
        self.soon()
        plenum = Group(self.house, EVERYONE[self.language], "plenum", ())
        plenum.speak(round_, "shared", 1)
        self.house.go(minutes=8)
        plenum.speak(round_, "together", 1)
        self.house.go(minutes=10)

    def soon(self):
        """As long as Slack wants to have between messages in one channel."""
        self.house.go(minutes=0.2)

    # -- afterwards

    def is_seen(self, number):
        """What came of it: after the first round all of it, after the others the thread of the first group."""
        roots = list(self.house.roots().values())
        self.roots += roots
        seen = [threads(self.slack, self.channel, roots if number == 1 else [roots[0], roots[-1]])]
        self.held_to(f"{number + 1}-round-{number}", seen + (self.shown if number == 1 else []))
        self.shown.clear()

    def approves(self):
        """The coordinator reads the managers' recap, from the home, and lets it go."""
        self.looks_home(BERIT)
        self.does("press_in", BERIT, self.slack.home(BERIT), "open:recap:")
        self.sees(BERIT)
        self.does("press_in", BERIT, self.slack.modal(BERIT), "open:approve:")
        self.sees(BERIT)
        self.does("submit", BERIT)
        self.sees(BERIT)
        self.does("close", BERIT, everything=True)

    def late(self, round_):
        """Somebody has another thought afterwards."""
        first, _ = self.groups()
        for who, line in (first.told(round_, "late") or {}).values():
            first.say(first.player(who), line)

    def groups(self):
        """As the house has divided them."""
        with self.house.database.read() as connection:
            c, m, p = t.circles.c, t.memberships.c, t.people.c
            seats = select(c.name, p.name.label("person")).join_from(
                t.circles, t.memberships, m.circle_id == c.id
            )
            seats = (
                seats.join(t.people, p.id == m.person_id).where(c.kind == "group").order_by(c.number, m.id)
            )
            found: dict[str, list[str]] = {}
            for row in connection.execute(seats):
                found.setdefault(row.name, []).append(row.person)
        return [Group(self.house, name, script, people)
                for script, (name, people) in zip(("fjord", "fjell"), found.items(), strict=True)]  # fmt: skip

    def ends(self):
        """What each has had in private, and what the home says in the end."""
        first, second = self.groups()
        for who in (first.people[0], second.people[0], BERIT, PER):
            self.looks_home(who)
            self.shown.append(self.slack.dm_transcript(who))
        self.held_to("5-in-private", self.shown)
        held_to(f"slack-{self.language}/6-besides", others(self.slack, self.channel, self.roots))
        came = came_of_it(self.house.database, self.slack.dm_transcript(PER))
        held_to(f"slack-{self.language}/8-in-the-end", came)

    def all_is_well(self):
        assert (self.slack.violations, self.slack.doubles()) == ([], [])
        assert rows(self.house.database, t.parked) == []
        assert {row.status for row in rows(self.house.database, t.outbox)} <= {"sent", "dropped"}
        replayed(self.house.database)
