"""`runda series`: planning meeting series, and looking at them. Changing them stands in `bot.cli.changing`,
`texts` and `members`.

What is done stands in `bot.series`; here it is asked for by options, and told in lines. `bot.cli.telling` has
the lines that are longer than one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import MISUSED, Told, changing, members, sessions, texts
from bot.cli.common import ZONE, Group, actor, planned, workspaces
from bot.cli.forms import asked, read
from flows.forms import CREATE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.cli import Caller
    from bot.series.holidays import Closed
    from bot.series.planning import Wish


@click.group(cls=Group)
def series() -> None:
    """Plan meeting series, and change them.

    SERIES is what a series is called in the list: runda series list
    """


# -- planning


@series.command()
@click.argument("programme")
@asked(CREATE)
@click.option("--dry-run", is_flag=True, help="Show the plan, and make nothing.")
@click.pass_obj
def create(caller: Caller, /, programme: str, *, dry_run: bool, **given: Any) -> None:
    """Plan a series: PROGRAMME on real dates, with people in groups.

    PROGRAMME is a name such as selfcheck, a folder or a file. Times are local. People are named with commas, or in a
    file with a name on each line; with a unit in brackets, those of one unit come into different groups, and do not
    meet each other one to one. Somebody runs it: --coordinator is always needed.

    \b
      runda series create selfcheck --name "North" --people people.txt \\
        --rule "every second tuesday 09:00, three times" --coordinator "Siri Vik"
      runda series create selfcheck --name "North" --form one-day --on 2026-10-13 --at 09:00 \\
        --group "Fjord: Kari, Amir, Liv, Jon" --group "Fjell: Ola, Per, Eva, Nils" --coordinator Berit

    Where people have accounts, they are named with them, and groups with the channel they live in; --channel is one
    that all groups share, with threads of their own. A group may be on another platform than the series.

    \b
      runda series create selfcheck --name "North" --platform slack --workspace T01 --everyone C00 \\
        --group "Fjord@C01: Kari <U01>, Amir <U02>, Liv <U03>, Jon <U04>" \\
        --group "Fjell@telegram/777/-1001: Ola <71>, Per <72>, Eva <73>, Nils <74>" \\
        --on 2026-10-13 --at 09:00 --coordinator "Berit <U05>" --acknowledged
    """
    from bot import library
    from bot.cli.telling import of_plan
    from bot.series import making
    from bot.series.making import channel_of
    from bot.series.planning import Wish

    wish = Wish.of(read(CREATE, {**given, "people": listed(given["people"])}))
    content = library.read(programme)
    _somebody_runs_it(wish)
    database, now = caller.database(new=True), caller.clock.now()
    with database.write() as connection:
        owner = making.tenant(connection, caller.settings.organisation, caller.language, ZONE)
        plan = planned(_somewhere(connection, caller, wish), content, owner, now)
        called = None if dry_run else making.make(connection, plan, owner.name, actor(), now)
    for line in of_plan(plan, called):
        click.echo(line)
    if owner.new:
        click.echo(f"{owner.name} is a new organisation here.")
    if called is None:
        click.echo("Nothing was made: this was a dry run.")
    else:
        part = (
            f" Take part in a group's place: runda chat {channel_of(called, plan.numbered[0][0])} --as NAME"
        )
        there = "" if plan.homes.named else part
        if wish.groups or not plan.people:
            there = f" People come in by codes: runda series codes {called}"
        click.echo(
            f"It is called {called}. See what will be sent: runda simulate {called}. Run it: runda serve.{there}"
        )


def _somewhere(connection: Connection, caller: Caller, wish: Wish) -> Wish:
    """In the only workspace of the platform that Runda has met, where nothing else is said."""
    met = workspaces(connection, caller, wish.platform)
    return replace(wish, workspace=met[0]) if wish.workspace is None and len(met) == 1 else wish


def _somebody_runs_it(wish: Wish) -> None:
    """Raises Told. Without a coordinator, nobody would hear of a missed session, or approve what managers are sent."""
    if not wish.coordinator:
        raise Told(
            "--coordinator: is needed: who runs the series, and is told when something needs it. It may be yourself.",
            MISUSED,
        )


def listed(people: str | None) -> str | None:
    """The names themselves, or those of a file: one on each line, without empty lines and lines that begin with #."""
    if people is None or "\n" in people:
        return people
    path = Path(people)
    if not path.is_file():
        if path.suffix or "/" in people:
            raise Told(f"--people: there is no file {people}. Name a file, or people with commas.", MISUSED)
        return people
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise Told(
            f"--people: {people} is no text in UTF-8. Save it as UTF-8 and try again.", MISUSED
        ) from problem
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


@series.command()
@click.option(
    "--add",
    "added",
    multiple=True,
    metavar="FIRST..LAST",
    help="Days on which it is closed. May be repeated.",
)
@click.option(
    "--remove", "removed", multiple=True, metavar="FIRST..LAST", help="Days on which it is not, after all."
)
@click.pass_obj
def closed(caller: Caller, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """List the organisation's own closed days, or change them.

    They are pointed out when a session is given a date on one of them, as public holidays and the days around them
    are. Nobody is kept from meeting.

    \b
      runda series closed --add 2026-10-05..2026-10-09 --add 2027-05-14
    """
    from bot.series import making

    more, less = ([_closed(each) for each in given] for given in (added, removed))
    with caller.database(new=True).write() as connection:
        owner = making.tenant(connection, caller.settings.organisation, caller.language, ZONE)
        left = (
            making.close(connection, owner, more, less, actor(), caller.clock.now())
            if more or less
            else owner.closed
        )
    for each in left:
        click.echo(str(each))
    if not left:
        click.echo("No days are named on which the organisation is closed.")


def _closed(written: str) -> Closed:
    from bot.series.holidays import Closed

    try:
        return Closed.read(written)
    except ValueError as problem:
        words = f"{written} is no stretch of days: {problem}. Write it like 2026-10-05..2026-10-09."
        raise Told(words, MISUSED) from problem


# -- looking


@series.command("list")
@click.pass_obj
def list_(caller: Caller) -> None:
    """List the organisation's series, each with its next session and what waits for whoever runs it."""
    from bot import library
    from bot.series.moving import spoken
    from bot.series.overview import glance, needs, offices
    from flows.language import Catalogue

    texts = library.bot_texts("en")
    with caller.database().read() as connection:
        found = offices(connection, caller.settings.organisation, caller.clock.now())
        rows = [
            (glance(each), list(needs(each, Catalogue("en", texts, each.series.zone).say))) for each in found
        ]
    for each, waiting in rows:
        following = f"next: {spoken(each.next)}" if each.next else ""
        if each.status == "paused" and each.until:
            following = f"until {each.until}"
        click.echo(f"{each.called:<24}  {each.title:<32}  {each.status:<9}  {following}".rstrip())
        for words in waiting if each.status != "cancelled" else ():
            click.echo(f"  Look at this: {words}")
    if not rows:
        click.echo(f"{caller.settings.organisation} has no series yet. Plan one: runda series create --help")


@series.command()
@click.argument("called", metavar="SERIES")
@click.pass_obj
def show(caller: Caller, called: str) -> None:
    """Show a series: its dates, and where each circle stands. Whether answers come, and never whose."""
    from bot import library
    from bot.cli.telling import of_view
    from bot.series.office import open_office
    from bot.series.overview import needs, view

    with caller.database().read() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), caller.clock.now())
        found = view(office)
        say = library.bot_catalogue("en", office.series.zone).say
        waiting = list(needs(office, say))
    for line in of_view(found, waiting):
        click.echo(line)


@series.command()
@click.argument("called", metavar="SERIES")
@click.option(
    "--replace", metavar="GROUP", help="Give this group a new code; the old one is good for nothing then."
)
@click.pass_obj
def codes(caller: Caller, called: str, replace: str | None) -> None:
    """Show the codes of a series' groups on Telegram.

    By them people come in, and a chat becomes a group's home; everyone's, if they meet there, is for the chat alone.

    In the group's chat somebody writes /runda and the code; people write it to Runda alone. Whoever has it may come
    in, so show it to nobody else.
    """
    from bot.joining import codes as kept
    from bot.series.office import open_office

    now = caller.clock.now()
    with caller.database().write() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), now)
        if replace is not None:
            everyone = (
                each for each in office.circles("everyone") if each.name.casefold() == replace.casefold()
            )
            group = next(everyone, None) or office.circle(replace)
            kept.replace(connection, group.id, now)
            office.record("code replaced", f"{group.kind}-{group.number}")
        # Everyone has a home only where they meet.
        meeting = [*office.circles("group"), *(each for each in office.circles("everyone") if each.home_id)]
        groups = [each for each in meeting if office.home(each).platform == "telegram"]
        found = [(each.name, kept.of_group(connection, each.id, now)) for each in groups]
    for name, code in found:
        click.echo(f"{name:<32}  {kept.shown(code)}")
    if not found:
        click.echo("No group of this series is on Telegram, so none has a code.")


for command in (*changing.COMMANDS, *texts.COMMANDS, *members.COMMANDS, *sessions.COMMANDS):
    series.add_command(command)
