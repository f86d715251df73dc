"""People of two groups on Telegram: they write, reply, press and take back, in the words of the demo's script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bot import library
from bot.demo.script import file
from tests.platforms.telegram_house import House
from tests.standins.telegram import Chat, Message, Topic

#: The demo's people of each group, in its order: the first of them is played by the first of ours.
CAST = {"fjord": ("kari", "amir", "liv", "jon", "ane"), "fjell": ("tor", "sigrid", "ola", "elin")}


@cache
def words(language: str, key: str) -> str:
    """What Runda says under that key."""
    return library.bot_catalogue(language, "Europe/Oslo").say(key)


@dataclass
class Group:
    """A group and its chat; `script` is its name in the demo's script. `hushed`: privacy mode is on there."""

    house: House = field(repr=False)
    name: str
    script: str
    people: Sequence[str]
    chat: Chat
    hushed: bool = False
    _times: int = 0

    @property
    def topic(self) -> Topic | None:
        """The newest of the group's meetings, where each has a topic."""
        mine = [
            each
            for each in self.house.server.where(self.chat).topics.values()
            if each.name.startswith(self.name)
        ]
        return mine[-1] if mine else None

    # -- words

    def player(self, who: str) -> str:
        cast = CAST.get(self.script, ())
        if who in cast:
            return self.people[cast.index(who) % len(self.people)]
        return {"ane": "Kari", "elin": "Eva"}.get(who, who.capitalize())

    def told(self, round_: str, step: str) -> Any:
        rounds: Any = file("selfcheck", self.house.town.language)
        return rounds["rounds"][round_][self.script].get(step)

    def lines(self, round_: str, step: str, most: int = 9) -> list[tuple[str, str]]:
        """Who says what aloud."""
        found = self.told(round_, step) or []
        said = found.get("shared", ()) if isinstance(found, dict) else found
        return [(self.player(who), line) for who, line in said][:most]

    def alone(self, round_: str, step: str) -> tuple[str, str]:
        """The first who keeps something to themselves, and what."""
        who, line = next(iter(self.told(round_, step)["alone"].items()))
        return self.player(who), line

    # -- deeds

    def say(self, who: str, line: str) -> Message:
        """In privacy mode as a command and as a reply, by turns: nothing else is heard there."""
        if not self.hushed:
            return self.house.say(who, self.chat, line, self.topic)
        self._times += 1
        if self._times % 2:
            command = words(self.house.town.language, "telegram.reply").partition("/")[2].split()[0]
            return self.house.say(who, self.chat, f"/{command} {line}")
        return self.house.say(who, self.chat, line, reply_to=self.house.server.last(self.chat))

    def says(self, key: str, who: str) -> Message:
        """The words of a button, as a message."""
        return self.say(who, words(self.house.town.language, key))

    def speak(self, round_: str, step: str, most: int = 9) -> list[Message]:
        return [self.say(who, line) for who, line in self.lines(round_, step, most)]

    def press(self, who: str, key: str) -> Any:
        """A button of the newest message that has it."""
        said = words(self.house.town.language, key)
        return self.house.press(who, self.carrying(said), said)

    def carrying(self, button: str) -> Message:
        posts = self.house.server.posts(self.chat, self.topic)
        found = [each for each in posts if any(key["text"] == button for row in each.keyboard for key in row)]
        assert found, f"nothing in {self.name} offers {button}"
        return found[-1]
