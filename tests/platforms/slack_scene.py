"""Where it plays: a workspace with a channel, two groups and those around them, and a series in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from bot import library
from bot.series import making
from bot.series.planning import Tenant, Wish, plan
from flows.forms import CREATE
from storage.database import Database
from tests.house.rig import EIGHT

FJORD, FJELL = ("Kari", "Amir", "Liv", "Jon"), ("Tor", "Sigrid", "Ola", "Elin")
#: The coordinator, the manager, and somebody from elsewhere who happens to be in the channel.
BERIT, PER, NILS = "Berit", "Per", "Nils"
LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "sv": "sv-SE", "en": "en-GB"}


@dataclass
class Scene:
    """`slack` is a `SlackServer`, or one that stands in a thread of its own."""

    slack: Any
    language: str
    people: dict[str, Any]
    channel: Any

    @classmethod
    def on(cls, slack: Any, language: str = "nb") -> Scene:
        everybody = (*FJORD, *FJELL, BERIT, PER, NILS)
        people = {name: slack.user(name, locale=LOCALES[language]) for name in everybody}
        return cls(slack, language, people, slack.channel("fornyelse", members=list(people.values())))

    def account(self, name: str) -> str:
        return f"{name} <{self.people[name].id}>"

    def group(self, name: str, people: Iterable[str], channel: Any = None) -> str:
        return f"{name}@{(channel or self.channel).id}: {', '.join(map(self.account, people))}"

    def series(
        self, database: Database, *, now: datetime = EIGHT, on: Iterable[str] = ("2026-10-13",), at: str = "09:00",
        name: str = "Nord", group: Iterable[str] = (), pace: str = "live", form: str = "plenum",
        programme: str = "selfcheck", **more: Any,
    ) -> str:  # fmt: skip
        """Plan a series, as the command line does. Returns what commands call it."""
        both = (self.group("Fjord", FJORD), self.group("Fjell", FJELL))
        asked = {"name": name, "on": list(on), "at": at, "pace": pace, "form": form, "group": list(group) or both,
                 "coordinator": [self.account(BERIT)], "manager": [self.account(PER)], "platform": "slack",
                 "workspace": self.slack.first.id, "everyone": self.channel.id, **more}  # fmt: skip
        house = Tenant("Runda", self.language, "Europe/Oslo")
        with database.write() as connection:
            wanted = plan(Wish.of(CREATE.read(asked)), content(programme), house, now)
            return making.make(connection, wanted, house.name, "test", now)


@cache
def content(programme: str) -> library.Content:
    """Read once: it never changes, and takes half a second."""
    return library.read(programme)
