"""People of two groups in Slack: they write, press, mark, fill in and correct, in the words of the demo's script.

What they press is named by its value (`next`, `open:answer`), and what Runda's own words are is read from the
catalogue, so that a story is told once for all languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bot import library
from bot.demo.script import file
from tests.platforms.slack_house import House
from tests.platforms.slack_scene import FJORD

#: The demo's people of each group, in its order: the first of them is played by the first of ours.
CAST = {"fjord": ("kari", "amir", "liv", "jon", "ane"), "fjell": ("tor", "sigrid", "ola", "elin")}

#: What is listed afterwards in the order in which it came, and spoken of by number.
NUMBERED = ("aha", "next-steps")


@cache
def words(language: str, key: str) -> str:
    """What Runda says under that key."""
    return library.bot_catalogue(language, "Europe/Oslo").say(key)


@dataclass
class Group:
    """A group and its thread; `script` is its name in the demo's script."""

    house: House = field(repr=False)
    name: str
    script: str
    people: Sequence[str]

    @property
    def thread(self) -> str:
        return self.house.roots()[self.name]

    # -- words

    def player(self, who: str) -> str:
        cast = CAST.get(self.script, ())
        if who in cast:
            return self.people[cast.index(who) % len(self.people)]
        return who.capitalize() if who.capitalize() in self.house.scene.people else FJORD[0]

    def told(self, round_: str, step: str) -> Any:
        rounds: Any = file("selfcheck", self.house.scene.language)
        return rounds["rounds"][round_][self.script].get(step)

    def lines(self, round_: str, step: str, most: int = 9) -> list[tuple[str, str]]:
        """Who says what aloud."""
        found = self.told(round_, step) or []
        said = found.get("shared", ()) if isinstance(found, dict) else found
        return [(self.player(who), line) for who, line in said][:most]

    def alone(self, round_: str, step: str) -> list[tuple[str, str]]:
        """Who keeps what to themselves."""
        return [(self.player(who), line) for who, line in self.told(round_, step)["alone"].items()]

    # -- deeds

    def say(self, who: str, said: str, **more: Any) -> str:
        return self.house.say(who, said, self.thread, **more)

    def says(self, key: str, who: str) -> str:
        """The words of a button, as a message."""
        return self.say(who, words(self.house.scene.language, key))

    def speak(self, round_: str, step: str, most: int = 9) -> list[str]:
        return self.house.together(self.thread, self.lines(round_, step, most), ordered=step in NUMBERED)

    def press(self, who: str, press: str) -> Any:
        """A button of the newest message that has it."""
        return self.house.does("press", who, self.house.scene.channel, self.carrying(press), press)

    def carrying(self, press: str) -> str:
        """The newest of Runda's messages in the thread with a button whose value begins so."""
        found = [ts for ts, offered in self._offered() if any(each.startswith(press) for each in offered)]
        assert found, (
            f"nothing in {self.name} offers {press}:\n{self.house.slack.transcript(self.house.scene.channel)}"
        )
        return found[-1]

    def offers(self, press: str) -> bool:
        """Whether what is asked now has such a button."""
        asked = [offered for _, offered in self._offered() if "next" in offered]
        return bool(asked) and any(each.startswith(press) for each in asked[-1])

    def _offered(self) -> list[tuple[str, list[str]]]:
        root, channel = self.thread, self.house.scene.channel
        posts = [each for each in self.house.slack.posts(channel) if root in (each.thread_ts, each.ts)]
        return [(each.ts, values(each.blocks)) for each in posts]

    def mark(self, who: str, message: str, what: str) -> None:
        """By message shortcut."""
        self.house.does("shortcut", who, self.house.scene.channel, message, f"runda_{what}")

    def answer_alone(self, who: str, said: str) -> str:
        """By the button and the modal. Returns the modal, as it was filled in."""
        slack = self.house.slack
        self.press(who, "open:answer")
        view = slack.modal(who)
        fields = [each["block_id"] for each in view.blocks if each["type"] == "input"]
        assert fields, slack.view_text(view)
        slack.fill(who, {fields[0]: said})
        shown: str = slack.view_text(view)
        answer = self.house.does("submit", who)
        assert answer.ok, answer.reason
        return shown


def values(blocks: Sequence[dict[str, Any]]) -> list[str]:
    """What the buttons of a message stand for."""
    rows = [each.get("elements", ()) for each in blocks if each["type"] == "actions"]
    beside = [each["accessory"] for each in blocks if "accessory" in each]
    return [each.get("value", "") for row in (*rows, beside) for each in row]
