"""Planning and changing meeting series: `runda series` and `runda simulate`.

What is done stands in `bot.series`; here it is asked for by options, and told in lines. `bot.cli.telling` has
the lines that are longer than one.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import MISUSED, Told
from bot.cli.forms import asked, read
from flows.forms import CREATE, MOVE, TRY_OUT

if TYPE_CHECKING:
    from bot.cli import House
    from bot.happenings import Order
    from bot.series.office import Change, Office
    from bot.series.planning import Plan, Wish
    from storage.database import Database

#: Where an organisation's zone is not known yet.
ZONE = "Europe/Oslo"
#: People who take part in a programme that is only tried out: two groups, so that there is a plenum.
TRIED_BY = 10
#: Attempts at a unit of work that meets a serving process on its way.
ATTEMPTS = 3
ROLES = ("coordinator", "manager", "note-taker")


@click.group()
def series() -> None:
    """Plan meeting series, and change them.

    SERIES is what a series is called in the list: runda series list
    """


_series = click.argument("called", metavar="SERIES")
_number = click.argument("number", type=click.IntRange(1), metavar="NUMBER")
_maybe_number = click.argument("number", type=click.IntRange(1), metavar="[NUMBER]", required=False)
_group = click.option("--group", metavar="NAME", help="One group only, by its name or number.")


# -- planning


@series.command()
@click.argument("programme")
@asked(CREATE)
@click.option("--dry-run", is_flag=True, help="Show the plan, and make nothing.")
@click.pass_obj
def create(house: House, /, programme: str, *, dry_run: bool, **given: Any) -> None:
    """Plan a series: PROGRAMME on real dates, with people in groups.

    PROGRAMME is a name such as selfcheck, a folder or a file. Times are local. People are named with commas, or in a
    file with a name on each line; with a unit in brackets, those of one unit come into different groups.

    \b
      runda series create selfcheck --name "North" --people people.txt \\
        --rule "every second tuesday 09:00, three times" --coordinator "Siri Vik"
      runda series create selfcheck --name "North" --form one-day --on 2026-10-13 --at 09:00 \\
        --group "Fjord: Kari, Amir, Liv, Jon" --group "Fjell: Ola, Per, Eva, Nils"
    """
    from bot import library
    from bot.series import making
    from bot.series.planning import Wish

    wish = Wish.of(read(CREATE, {**given, "people": listed(given["people"])}))
    content = library.read(programme)
    database, now = house.database(new=True), house.clock.now()
    with database.write() as connection:
        owner = making.tenant(connection, house.settings.organisation, house.language, ZONE)
        plan = planned(wish, content, owner, now)
        called = None if dry_run else making.make(connection, plan, owner.name, actor(), now)
    _tell_plan(plan)
    if owner.new:
        click.echo(f"{owner.name} is a new organisation here.")
    if called is None:
        click.echo("Nothing was made: this was a dry run.")
    else:
        click.echo(
            f"It is called {called}. See what will be sent: runda simulate {called}. Run it: runda serve"
        )


def planned(wish: Wish, content: Any, owner: Any, now: datetime) -> Plan:
    """`bot.series.planning.plan`, with a doubtful time told by options."""
    from bot.series.planning import plan
    from bot.series.problems import WhichTime

    try:
        return plan(wish, content, owner, now)
    except WhichTime as asked_about:
        raise which_time(asked_about) from asked_about


def which_time(problem: Any) -> Told:
    say = "Say --which first or --which second." if problem.twice else "Say it with --at."
    return Told(f"{problem} {say}", MISUSED)


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


def _tell_plan(plan: Plan) -> None:
    from bot.cli.telling import of_plan

    for line in of_plan(plan):
        click.echo(line)


# -- looking


@series.command("list")
@click.pass_obj
def list_(house: House) -> None:
    """List the organisation's series, each with its next session."""
    from bot.series.moving import spoken
    from bot.series.overview import listed as found

    with house.database().read() as connection:
        rows = found(connection, house.settings.organisation, house.clock.now())
    for each in rows:
        following = f"next: {spoken(each.next)}" if each.next else ""
        click.echo(f"{each.called:<24}  {each.title:<32}  {each.status:<9}  {following}".rstrip())
    if not rows:
        click.echo(f"{house.settings.organisation} has no series yet. Plan one: runda series create --help")


@series.command()
@_series
@click.pass_obj
def show(house: House, called: str) -> None:
    """Show a series: its dates, and where each circle stands. How many have answered, and never who."""
    from bot.cli.telling import of_view
    from bot.series.office import open_office
    from bot.series.overview import view

    with house.database().read() as connection:
        office = open_office(connection, house.settings.organisation, called, actor(), house.clock.now())
        found = view(office)
    for line in of_view(found):
        click.echo(line)


# -- changing


def change(house: House, called: str, act: Callable[[Office], Change]) -> None:
    """Carry a change out: one transaction, then what sessions under way are to be told, then the lines."""
    from bot.series.office import open_office
    from bot.series.problems import WhichTime

    database, now = house.database(), house.clock.now()
    try:
        with database.write() as connection:
            done = act(open_office(connection, house.settings.organisation, called, actor(), now))
    except WhichTime as asked_about:
        raise which_time(asked_about) from asked_about
    for line in done.told:
        click.echo(line)
    for outcome in order(database, done.orders, now):
        if outcome not in ("applied", "known"):
            click.echo(f"One session was left as it is: {outcome}.")


def order(database: Database, orders: Sequence[Order], now: datetime) -> list[str]:
    """Tell sessions under way, in a unit of work of this process; whoever serves sends what comes of it."""
    from bot.clock import id_maker
    from bot.shelf import Shelf
    from bot.wiring import tomb_maker
    from bot.work import Works
    from storage.unit import StaleSession

    if not orders:
        return []
    works = Works(database, Shelf(), id_maker(), tomb_maker(database.secret("tombstones")))
    for _ in range(ATTEMPTS - 1):
        try:
            return works.take(orders, now)
        except StaleSession:
            continue
    return works.take(orders, now)


def actor() -> str:
    """Who is at the command line, for the audit log."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container's user need not have a name
        return "command line"


@series.command()
@_series
@_number
@asked(MOVE)
@click.pass_obj
def move(house: House, /, called: str, number: int, **given: Any) -> None:
    """Give session NUMBER another date. Its local time stays, also over a clock change.

    The groups are told where they are. A session that was cancelled or missed is on again, and a round that had no
    date gets one. What has begun is not moved.

    \b
      runda series move north 2 --to 2026-11-03
      runda series move north 2 --to 2026-11-03 --at 13:00 --group Fjord
    """
    from bot.series import moving

    to = moving.To(**read(MOVE, given))
    change(house, called, lambda office: moving.move(office, number, to))


@series.command()
@_series
@click.pass_obj
def undo(house: House, called: str) -> None:
    """Take the last move back, as long as the session has not begun."""
    from bot.series import moving

    change(house, called, moving.undo)


@series.command()
@_series
@_number
@_group
@click.pass_obj
def start(house: House, called: str, number: int, group: str | None) -> None:
    """Open session NUMBER now, whatever its date was."""
    from bot.series import moving

    change(house, called, lambda office: moving.start(office, number, group))


@series.command()
@_series
@_maybe_number
@click.pass_obj
def confirm(house: House, called: str, number: int | None) -> None:
    """Make tentative dates certain: all of them, or that of session NUMBER."""
    from bot.series import changes

    change(house, called, lambda office: changes.confirm(office, number))


@series.command()
@_series
@click.pass_obj
def pause(house: House, called: str) -> None:
    """Open nothing until the series is resumed; the clocks of what is under way stand still."""
    from bot.series import changes

    change(house, called, changes.pause)


@series.command()
@_series
@click.pass_obj
def resume(house: House, called: str) -> None:
    """Let a paused series go on."""
    from bot.series import changes

    change(house, called, changes.resume)


@series.command()
@_series
@_maybe_number
@click.option("--all", "everything", is_flag=True, help="The series, with all that is left of it.")
@click.pass_obj
def cancel(house: House, called: str, number: int | None, *, everything: bool) -> None:
    """Cancel session NUMBER, or with --all the whole series. What is under way is ended."""
    from bot.series import changes

    if everything == (number is not None):
        raise click.UsageError("Say which session to cancel, or --all for the whole series.")
    change(house, called, lambda office: changes.cancel(office, number))


# -- people


@series.command()
@_series
@click.argument("name")
@_group
@click.pass_obj
def add(house: House, called: str, name: str, group: str | None) -> None:
    """Take NAME in, in the smallest group or the one named. Nobody else moves."""
    from bot.series import members

    change(house, called, lambda office: members.join(office, name, group))


@series.command()
@_series
@click.argument("name")
@click.pass_obj
def remove(house: House, called: str, name: str) -> None:
    """Take NAME out. What was said is kept."""
    from bot.series import members

    change(house, called, lambda office: members.leave(office, name))


@series.command()
@_series
@click.argument("role", type=click.Choice(ROLES))
@click.argument("name")
@click.option("--instead-of", metavar="NAME", help="Hand the role over from somebody.")
@click.option("--end", is_flag=True, help="Take the role from NAME.")
@click.pass_obj
def role(house: House, called: str, role: str, name: str, instead_of: str | None, *, end: bool) -> None:
    """Give NAME a role, hand it over, or take it away.

    A group has one note-taker; naming another is handing over.

    \b
      runda series role north coordinator "Siri Vik" --instead-of "Nils Dahl"
      runda series role north note-taker Kari
    """
    from bot.series import members

    if end and instead_of:
        raise click.UsageError(
            "--end takes the role away, --instead-of gives it to another: say one of them."
        )
    if end:
        change(house, called, lambda office: members.take_role(office, role, name))
    else:
        change(house, called, lambda office: members.give_role(office, role, name, instead_of))


# -- in advance


@click.command()
@click.argument("target", metavar="SERIES_OR_PROGRAMME")
@asked(TRY_OUT)
@click.pass_obj
def simulate(house: House, /, target: str, **given: Any) -> None:
    """Print every message that will be sent, where and when, in local time. Changes nothing.

    With dates, a programme is played on them by two groups of people that do not exist. Otherwise what is left of a
    series is played. Nobody writes anything, so receipts and what depends on answers are not in it.

    \b
      runda simulate north
      runda simulate selfcheck --on 2026-10-13 --on 2026-10-27 --on 2026-11-10 --at 09:00 --form plenum
    """
    from bot.series.office import open_office
    from storage.database import Database
    from storage.tables import metadata

    if not given["on"] and not given["rule"]:
        with _of_series(house, target).read() as connection:
            office = open_office(connection, house.settings.organisation, target, actor(), house.clock.now())
            return _rehearsed(office)
    nowhere = Database("sqlite://")
    metadata.create_all(nowhere.engine)
    try:
        called = _try_out(house, nowhere, target, given)
        with nowhere.read() as connection:
            office = open_office(connection, house.settings.organisation, called, actor(), house.clock.now())
            _rehearsed(office)
    finally:
        nowhere.close()
    return None


def _of_series(house: House, target: str) -> Database:
    """The database to look for a series in, unless it is a programme that was meant."""
    from bot import library

    if target in library.shipped() or Path(target).exists():
        raise Told(f"{target} is a programme. Say when: --on 2026-10-13 --at 09:00, or --rule.", MISUSED)
    return house.database()


def _try_out(house: House, database: Database, programme: str, given: dict[str, Any]) -> str:
    """Plan a series that nobody will ever see. Returns what it is called."""
    from bot import library
    from bot.series import making
    from bot.series.planning import Tenant, Wish
    from flows.forms import Named

    values, content, now = read(TRY_OUT, given), library.read(programme), house.clock.now()
    people = tuple(Named(f"Person {n}") for n in range(1, TRIED_BY + 1))
    coordinator = (Named("Coordinator"),)
    wish = Wish(
        **{**values, "name": content.programme.programme, "people": people, "coordinator": coordinator}
    )
    owner = Tenant(house.settings.organisation, house.language, ZONE)
    plan = planned(wish, content, owner, now)
    for warning in plan.warnings:
        click.echo(f"Mind: {warning}")
    with database.write() as connection:
        return making.make(connection, plan, owner.name, actor(), now)


def _rehearsed(office: Office) -> None:
    from bot.cli.telling import of_rehearsal
    from bot.series.rehearsal import rehearse

    for line in of_rehearsal(rehearse(office), office.series.title, office.series.zone):
        click.echo(line)
