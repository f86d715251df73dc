"""Taking part in the terminal: `runda chat` and `runda say`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from bot.cli import MISUSED, Told
from bot.cli.sending import COMMANDS, deliver, folder, readable, request

if TYPE_CHECKING:
    from bot.cli import Caller

_as_option = click.option(
    "--as", "name", envvar="RUNDA_AS", show_envvar=True, metavar="NAME", help="Who you are in the terminal."
)


@click.command()
@click.argument("place")
@click.argument("words", nargs=-1, required=True)
@_as_option
@click.option("--key", metavar="KEY", help="The same KEY again changes nothing. Default: made up.")
@click.pass_obj
def say(caller: Caller, place: str, words: tuple[str, ...], name: str | None, key: str | None) -> None:
    """Say WORDS in PLACE as NAME, and leave when Runda has stored it.

    \b
      runda say fjellvik-1 --as Kari "We are here"
      runda say @kari --as Kari "Only Runda and I see this."
    """
    account, said = Directory.of(caller).heard(place, _account(name)), readable(" ".join(words))
    if not said.strip():
        raise Told(f'Say something: runda say {place} --as "{name}" "We are here"', MISUSED)
    deliver(folder(caller), request(caller, place, account, message=key, words=said))


@click.command(epilog=f"\b\n{COMMANDS}")
@click.argument("place", required=False)
@_as_option
@click.pass_obj
def chat(caller: Caller, place: str | None, name: str | None) -> None:
    """Follow PLACE, and send what you type there: a line is a message.

    What Runda says to you alone is shown too. Without PLACE, the places are listed.

    \b
      runda chat fjellvik-1 --as Kari
    """
    directory = Directory.of(caller)
    if place is None:
        for line in directory.listed(name and _account(name)):
            click.echo(line)
        return
    account = directory.checked(place, _account(name))
    from adapters.terminal.door import knock

    knock(folder(caller)).close()
    from bot.cli.following import Chat, view

    Chat(caller, place, account, view(caller, directory.names, account, directory.zones.get(place))).run()


def _account(name: str | None) -> str:
    from bot.series.naming import slug

    if not name:
        raise Told("Say who you are: --as NAME", MISUSED)
    return slug(name, "person")


# -- who and where


@dataclass(frozen=True)
class Directory:
    """People by account, and places with what they are for; empty where there is no database yet."""

    names: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    #: The places in which people take part, by account; None where there is no database yet.
    seats: dict[str, list[str]] | None = None
    #: The zones of the series' times, by place: what Runda says there is said in them.
    zones: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, caller: Caller) -> Directory:
        from adapters.terminal.places import Places
        from storage.database import DatabaseProblem

        written = dict.fromkeys(Places(folder(caller)).names(), "")
        try:
            database = caller.database()
        except DatabaseProblem:
            return cls({}, written)
        with database.read() as connection:
            # A file that somebody's slip has made is not a place: nobody is there.
            private = {place: what for place, what in written.items() if place.startswith("@")}
            homes = list(_homes(connection))
            places = private | {place: what for place, what, _ in homes}
            zones = {place: zone for place, _, zone in homes}
            return cls(dict(_people(connection)), places, _seats(connection), zones)

    def listed(self, account: str | None) -> Iterator[str]:
        """The places that this person may follow."""
        mine = f"@{account}"
        listed = {place: what for place, what in self.places.items() if place == mine or place[:1] != "@"}
        width = max(map(len, listed), default=0)
        for place, what in sorted(listed.items()):
            yield f"{place:{width}}  {what}".rstrip()
        if not listed:
            yield "There are no places yet. Plan a series: runda series create --help"

    def checked(self, place: str, account: str) -> str:
        """The account. Raises Told where the place or the person is not there, or not for each other."""
        if self.names and account not in self.names:
            known = ", ".join(sorted(self.names)[:20])
            raise Told(f"Nobody here is called {account}. Write --as and a name; there are: {known}", MISUSED)
        if place.startswith("@") and place != f"@{account}":
            raise Told(f"{place} is somebody else's private place. Yours is @{account}", MISUSED)
        if self.seats is not None and not place.startswith("@") and place not in self.places:
            raise Told(
                f"There is no place called {place}. {self._there_are()} List them with: runda chat", MISUSED
            )
        return account

    def heard(self, place: str, account: str) -> str:
        """The account, as `checked`; without a database, the house itself says what it does not take.

        Raises Told where the person takes part in nothing there.
        """
        if self.seats is None:
            return account
        mine = [f"@{account}", *self.seats.get(account, ())]
        if self.checked(place, account) and place in mine:
            return account
        raise Told(
            f"{self.names.get(account, account)} is not a member of anything in {place}, so it would not be heard. "
            f"Places to speak in: {', '.join(mine)}",
            MISUSED,
        )

    def _there_are(self) -> str:
        shared = sorted(place for place in self.places if not place.startswith("@"))
        return f"There are: {', '.join(shared[:20])}." if shared else "There are none yet."


def _people(connection: Any) -> Iterator[tuple[str, str]]:
    from sqlalchemy import select

    from storage import tables as t

    i, p = t.identities.c, t.people.c
    people = select(i.account, p.name).join(t.people, p.id == i.person_id)
    for row in connection.execute(people.where(i.platform == "terminal", p.name != "")):
        yield row.account, row.name


def _seats(connection: Any) -> dict[str, list[str]]:
    """Where what people say is heard: in their groups' places, and in everyone's of the same series."""
    from sqlalchemy import and_, or_, select

    from storage import tables as t

    i, m, c, p = t.identities.c, t.memberships.c, t.circles.c, t.places.c
    mine = or_(c.id == m.circle_id, and_(c.kind == "everyone", c.series_id == m.series_id))
    taken = (
        select(i.account, p.channel)
        .join(t.memberships, m.person_id == i.person_id)
        .join(t.circles, mine)
        .join(t.places, p.id == c.home_id)
        .where(i.platform == "terminal", m.until.is_(None), m.role.in_(("participant", "note-taker")))
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(taken.distinct().order_by(p.channel)):
        found.setdefault(row.account, []).append(row.channel)
    return found


def _homes(connection: Any) -> Iterator[tuple[str, str, str]]:
    """Place, what it is for, and the zone of its series."""
    from sqlalchemy import select

    from storage import tables as t

    homes = select(t.places.c.channel, t.circles.c.name, t.series.c.title, t.series.c.zone).select_from(
        t.circles.join(t.places, t.places.c.id == t.circles.c.home_id).join(
            t.series, t.series.c.id == t.circles.c.series_id
        )
    )
    for row in connection.execute(homes.where(t.places.c.platform == "terminal")):
        yield row.channel, f"{row.name}, {row.title}", row.zone
