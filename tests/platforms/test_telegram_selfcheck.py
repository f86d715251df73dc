"""The whole self-check on Telegram, through the installed command: two groups, three rounds, all that people see.

Fjord is in a forum, where Runda is an administrator: each meeting has a topic, and whatever is written counts. Fjell
is in a plain group in privacy mode: only commands, replies and buttons are heard there. Both came in by a code and a
button. What people see is in `golden/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from tests.house.rig import NINE
from tests.platforms.ending import all_is_over, came_of_it
from tests.platforms.slack_golden import held_to
from tests.platforms.telegram_house import House, house
from tests.platforms.telegram_play import Group
from tests.platforms.telegram_rig import FJELL, FJORD, code_of

ROUNDS = {"status": ("map-fits", "local-conditions", "innovation-for-us"),
          "resources": ("skills-we-need", "grow-our-skills", "networks-we-need"),
          "team": ("shared-team", "who-is-on-it", "roles-and-ambitions")}  # fmt: skip
#: Where a group writes down what came of a question, if not in a note of the same name.
NOTED = {"who-is-on-it": "", "roles-and-ambitions": "team-map"}
#: Nine o'clock in Oslo; the clock is put back between the first and the second.
DATES = (NINE, NINE + timedelta(days=14, hours=1), NINE + timedelta(days=28, hours=1))
EVERYONE = {"nb": "Alle", "nn": "Alle"}


@pytest.mark.parametrize(("transport", "language"), [("polling", "nb"), ("webhook", "nn")])
def test_the_whole_self_check(keeper, sqlite_database, tmp_path, transport, language):
    with house(keeper, sqlite_database, tmp_path, transport=transport, language=language) as telegram:
        story = Story(telegram)
        story.is_planned()
        assert telegram.begin()
        story.come_in()
        for number, round_ in enumerate(ROUNDS, 1):
            telegram.go(to=DATES[number - 1])
            story.meets(number, round_)
            story.afterwards(number, round_)
        story.ends()
        assert telegram.keeper.stop() == "status 0"
        story.all_is_well()


@dataclass
class Story:
    house: House

    def __post_init__(self):
        self.language, self.server, self.town = self.house.town.language, self.house.server, self.house.town
        for name in ("Berit", "Per"):
            self.town[name].started = True
        self.forum = self.server.forum("Fjellvik", self.town.all(*FJORD, *FJELL), bot=None)
        self.group = self.server.group("Fjell", self.town.all(*FJELL), bot=None)
        self.first = Group(self.house, "Fjord", "fjord", FJORD, self.forum)
        self.second = Group(self.house, "Fjell", "fjell", FJELL, self.group, hushed=True)
        self.both = self.first, self.second

    # -- before

    def is_planned(self):
        berit, per, kari, tor = (self.town.named(name) for name in ("Berit", "Per", "Kari", "Tor"))
        self.house.runda(
            "series", "create", "selfcheck", "--name", "Nord", "--platform", "telegram", "--workspace", self.town.bot,
            "--group", f"Fjord@{self.forum.id}: {kari}", "--group", f"Fjell@{self.group.id}: {tor}",
            "--everyone", str(self.forum.id), "--coordinator", berit, "--manager", per, "--form", "plenum",
            "--on", "2026-10-13", "--on", "2026-10-27", "--on", "2026-11-10", "--at", "09:00",
            "--language", self.language, "--zone", "Europe/Oslo", "--acknowledged",
        )  # fmt: skip

    def come_in(self):
        """By the code of each group: typed where Runda is an administrator, followed as a link where it is not."""
        self.house.does("join", self.server.bot, self.forum)
        self.house.does("promote", self.server.bot, self.forum)
        self.codes = [code_of(self.house.database, group.name) for group in self.both]
        self.house.say("Kari", self.forum, f"/start@{self.server.bot.username} {self.codes[0]}")
        self.house.does("join", self.server.bot, self.group, payload=self.codes[1])
        for group in self.both:
            for who in group.people:
                group.press(who, "join.button")
        self.second.press("Sigrid", "join.private")

    # -- a meeting

    def meets(self, number, round_):
        self.first.press("Kari", "choice.here")
        self.second.press("Tor", "choice.here")
        if number > 1:
            self.looks_back(round_)
        for step in ROUNDS[round_]:
            self.question(round_, step)
        self.findings(round_)
        self.everyone(round_)

    def looks_back(self, round_):
        """The meeting opens with the recap; then the actions are followed up."""
        self.soon()
        for group in self.both:
            group.speak(round_, "last-time", 1)
            group.press(group.people[1], "choice.next")
        self.soon()
        for group in self.both:
            group.speak(round_, "actions-since", 2)
            group.press(group.people[2], "choice.next")

    def question(self, round_, step):
        """Alone, in the private chat that the button opens; then aloud; then what is agreed."""
        self.soon()
        first, most = step == ROUNDS[round_][0], 2 if step == "map-fits" else 1
        alone = self.first if first else self.second
        who, line = alone.alone(round_, step)
        alone.press(who, "choice.open.answer")
        self.house.tell(who, line)
        self.house.go(minutes=1)
        said = [group.speak(round_, step, most) for group in self.both]
        if step == "map-fits":
            self.changes_their_minds(said)
        for group in self.both:
            group.press(group.people[0], "choice.next")
        if noted := NOTED.get(step, f"{step}-note"):
            self.soon()
            for group in self.both:
                group.speak(round_, noted, 2 if noted == "team-map" else 1)
                group.says("choice.next", group.people[1])

    def changes_their_minds(self, said):
        """One answer is changed, and one taken back in each group; somebody of the other group looks in."""
        (first, *_), (second, *_) = said
        self.house.does("edit", first, f"{first.text} (Amir?)")
        again = self.first.say("Liv", "Hm.")
        self.house.say("Liv", self.forum, "/angre", self.first.topic, reply_to=again)
        self.house.does("edit", second, f"{second.text} (Ola?)")
        again = self.second.say("Ola", "Hm.")
        self.house.say("Ola", self.group, "/angre", reply_to=again)
        self.house.say("Tor", self.forum, "Hei fra Fjell.", self.first.topic)
        self.house.say("Eva", self.group, "Dette leser ikke Runda.")

    def findings(self, round_):
        self.soon()
        for group in self.both:
            group.speak(round_, "aha")
            group.press(group.people[0], "choice.next")
        self.soon()
        self.first.speak(round_, "aha-release")
        self.second.press("Tor", "choice.release-all")
        self.house.go(minutes=2)
        for group in self.both:
            group.speak(round_, "next-steps")
            group.press(group.people[3], "choice.next")

    def everyone(self, round_):
        self.soon()
        plenum = Group(self.house, EVERYONE[self.language], "plenum", (), self.forum)
        plenum.speak(round_, "shared", 1)
        self.house.go(minutes=8)
        plenum.speak(round_, "together", 1)
        self.house.go(minutes=10)

    def soon(self):
        """As long as Telegram wants to have between messages to one person."""
        self.house.go(minutes=0.2)

    # -- afterwards

    def afterwards(self, number, round_):
        """Somebody has another thought; and the managers' recap goes out."""
        for who, line in list((self.first.told(round_, "late") or {}).values())[:1]:
            self.first.say(self.first.player(who), line)
        self.house.runda("recap", "approve", "nord")

    def ends(self):
        """What stands in the chats, and what some have had in private."""
        self.held_to("forum", self.forum)
        self.held_to("plain_group", self.group)
        for who in ("Kari", "Sigrid", "Berit", "Per"):
            self.held_to(f"private_{who.lower()}", self.town[who])
        came = came_of_it(self.house.database, self.server.transcript(self.town["Per"]))
        held_to(f"telegram_{self.language}/in_the_end", came)

    def held_to(self, name, chat):
        """Codes are drawn anew each time."""
        screen = self.server.transcript(chat)
        for code in self.codes:
            screen = screen.replace(code, "CODE")
        held_to(f"telegram_{self.language}/{name}", f"{screen}\n")

    def all_is_well(self):
        assert self.server.refusals == []
        all_is_over(self.house.database)
