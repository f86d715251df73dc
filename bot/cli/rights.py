"""`runda people`, `runda retention`, `runda archive`, `runda audit` and `runda checklist`: what people, archives and
inspectors may ask for. What is done stands in `bot.rights`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli import MISUSED, SPOKEN, Told
from bot.cli.common import Group, actor

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.rights.days import Countdown, What
    from bot.rights.erasing import Erasing
    from bot.series.office import Office
    from storage.database import Database

COORDINATOR: Final = "coordinator"
OPERATOR: Final = "operator"
ITEMS = ("union", "safety", "officer", "informed", "days")


@contextmanager
def _office(caller: Caller, called: str, *, write: bool) -> Iterator[Office]:
    from bot.series.office import open_office

    database = caller.database()
    with database.write() if write else database.read() as connection:
        yield open_office(connection, caller.settings.organisation, called, actor(), caller.clock.now())


def _organisation(connection: Any, caller: Caller) -> Any:
    from sqlalchemy import select

    from storage import tables as t

    called = t.organisations.c.name == caller.settings.organisation
    found = connection.execute(select(t.organisations).where(called)).first()
    if found is None:
        raise Told(f"There is no organisation called {caller.settings.organisation}.", MISUSED)
    return found


def _printed(lines: Any) -> None:
    for line in lines:
        click.echo(line)


# -- people


@click.group(cls=Group)
def people() -> None:
    """Show somebody what is kept of them, or erase it. Only when they ask for it: both are written down.

    WHO is a name, an account, or person:NUMBER as the audit log has it. In the chat people do both by themselves.
    """


_reason = click.option(
    "--reason", required=True, metavar="TEXT", help="Who asked, and how. Kept in the audit log; no names."
)


@people.command(short_help="Print everything that is kept of somebody.")
@click.argument("who")
@_reason
@click.option("--json", "as_json", is_flag=True, help="As JSON, for another system.")
@click.option("--in", "language", type=click.Choice(SPOKEN), help="Default: the person's own language.")
@click.pass_obj
def show(caller: Caller, who: str, reason: str, *, as_json: bool, language: str | None) -> None:
    """Print everything that is kept of somebody, in their words: for them, because they have asked for it.

    \b
      runda people show Kari --reason "asked by e-mail, case 12" > kari.md
    """
    from bot.rights import person as persons
    from bot.rights import showing
    from bot.shelf import Shelf

    now, database = caller.clock.now(), caller.database()
    person, owner = _asked(caller, database, who, "person shown", reason)
    with database.read() as connection:
        found = showing.of_person(connection, person, OPERATOR)
        row = persons.row(connection, person)
    if as_json:
        click.echo(showing.as_json(found), nl=False)
        return
    spoken = language or row.language or owner.language
    click.echo(showing.as_text(found, Shelf().catalogue(spoken, owner.zone), now), nl=False)


def _asked(caller: Caller, database: Database, who: str, act: str, reason: str) -> tuple[int, Any]:
    """Who is meant; that it was asked for is written down before anything is looked at."""

    from bot.rights import person as persons
    from storage.audit import log_act

    if not reason.strip():
        raise click.UsageError("--reason: say who asked for it, and how.")
    with database.write() as connection:
        owner = _organisation(connection, caller)
        person = persons.find(connection, owner.name, who)
        told = f"{reason.strip()[:80]} person:{person}"
        log_act(connection, owner.id, actor(), act, told, caller.clock.now())
    return person, owner


@people.command(short_help="Erase somebody, because they ask for it.")
@click.argument("who")
@_reason
@click.option("--yes", is_flag=True, help="Do it. Without this, only what cannot be reached is told.")
@click.pass_obj
def erase(caller: Caller, who: str, reason: str, *, yes: bool) -> None:
    """Erase somebody: what they wrote, their numbers, drafts, name and accounts. It cannot be undone.

    What Runda posted with their words is rewritten by runda serve; approved recaps lose the lines, and coordinators are
    told which were out. Without --yes, only what cannot be reached is told, for whoever asked.
    """
    from bot.rights import beyond
    from bot.rights.erasing import only_coordinator
    from bot.shelf import Shelf

    now, database = caller.clock.now(), caller.database()
    person, owner = _asked(caller, database, who, "erasure asked for", reason)
    say = Shelf().catalogue(caller.language, owner.zone)
    with database.read() as connection:
        unreached, alone = beyond.told(connection, person, say, now), only_coordinator(connection, person)
    _printed([say.say("rights.beyond"), *(f"- {line}" for line in unreached)])
    _printed(f"Nobody else coordinates {title}. Name another: runda series role." for title in alone)
    if not yes:
        click.echo("Nothing was erased. Add --yes to do it.")
        return
    erasing = _erasing(caller, database)
    with database.write() as connection:
        begun = erasing.begin(connection, person, actor(), now)
    done = erasing.go_on(person, now)
    words = f"person:{person} is erased." if begun or done else f"person:{person} is being erased."
    click.echo(words if done else f"{words} Messages that Runda posted are rewritten while runda serve runs.")


def _erasing(caller: Caller, database: Database) -> Erasing:
    from bot.clock import id_maker
    from bot.rights.erasing import Erasing
    from bot.shelf import Shelf
    from bot.wiring import tomb_maker
    from bot.work import Works

    works = Works(database, Shelf(), id_maker(), tomb_maker(database.secret("tombstones")))
    folder = caller.settings.data / "terminal"
    return Erasing(works, [folder] if folder.is_dir() else [])


@people.command(short_help="Let somebody be taken in again, because they ask for it.")
@click.argument("account", metavar="PLATFORM/WORKSPACE/ACCOUNT")
@_reason
@click.pass_obj
def welcome(caller: Caller, account: str, reason: str) -> None:
    """Let an account that was erased be taken in again. Nothing that was erased comes back.

    \b
      runda people welcome slack/T01/U07 --reason "asked to take part again"
    """
    from bot.cli.common import record
    from bot.rights import tombs
    from bot.wiring import tomb_maker

    platform, _, rest = account.partition("/")
    workspace, _, name = rest.partition("/")
    if not name:
        raise click.UsageError("Write the account as PLATFORM/WORKSPACE/ACCOUNT.")
    database = caller.database()
    tomb = tomb_maker(database.secret(tombs.KEY))
    with database.write() as connection:
        known = tombs.welcome(connection, tomb, (platform, workspace, name))
    if not known:
        raise Told(f"{account} was not erased here.", MISUSED)
    record(database, "account welcome again", reason.strip(), caller.clock.now())
    click.echo(f"{account} can be taken in again.")


# -- days


@click.command(short_help="How long what people write is kept.")
@click.argument("called", metavar="[SERIES]", required=False)
@click.option(
    "--replies", type=int, metavar="DAYS", help="Keep what people write so long after the last session."
)
@click.option(
    "--recaps", type=int, metavar="DAYS", help="Keep approved recaps so long after the last session."
)
@click.pass_obj
def retention(caller: Caller, called: str | None, replies: int | None, recaps: int | None) -> None:
    """Show how long what people write is kept, and approved recaps; or decide it.

    Without SERIES: for all series that have no days of their own. Days count from the last session, and move with it.
    When they are over, runda serve deletes: coordinators are told two weeks before. Backups are yours to delete.

    \b
      runda retention --replies 180 --recaps 3650
      runda retention north --replies 60
    """
    from bot.rights import days

    now, wanted = caller.clock.now(), {"replies": replies, "recaps": recaps}
    if called is not None:
        with _office(caller, called, write=any(each is not None for each in wanted.values())) as office:
            for what, count in _given(wanted):
                days.decide(office, what, count)
            found = days.countdowns(office.connection, office.series.id)
    else:
        database = caller.database()
        with database.write() as connection:
            owner = _organisation(connection, caller)
            for what, count in _given(wanted):
                days.decide_for_all(connection, owner.id, what, count, actor(), now)
            found = [each for each in days.countdowns(connection) if each.series.organisation_id == owner.id]
    _printed(line for each in found for line in _counted(each, now))


def _given(wanted: dict[str, int | None]) -> Iterator[tuple[What, int]]:
    from bot.rights.days import COLUMNS

    for what in COLUMNS:
        if (count := wanted[what]) is not None:
            yield what, count


def _counted(each: Countdown, now: datetime) -> Iterator[str]:
    from bot.rights.days import COLUMNS

    yield f"{each.series.slug}: the last session is on {each.last:%Y-%m-%d}"
    for what in COLUMNS:
        until, left = each.until(what), each.left(what, now)
        if until is None:
            yield f"  {what}: kept until somebody decides. Say --{what} DAYS."
        else:
            yield f"  {what}: kept until {until:%Y-%m-%d}, {left} days from now; backups until you delete them"


# -- archive, log, checklist


@click.command(short_help="Make files for an archive.")
@click.argument("called", metavar="SERIES")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="A folder, or a file that ends in .zip."
)
@click.option("--case", metavar="NUMBER", help="What the archive knows the series by. Kept with it.")
@click.pass_obj
def archive(caller: Caller, called: str, out: Path | None, case: str | None) -> None:
    """Make files of approved recaps, with case number, dates, approver and version, and of the audit log.

    Markdown, HTML and JSON; minutes too, where the series is an elected body's. Making them again gives the same bytes,
    but for what has changed since, and the log, in which it stands that files were made.

    \b
      runda archive north --case 2026/1234 --out north.zip
    """
    from bot.rights.archive import Archiving, write
    from bot.rights.days import note
    from bot.series.office import open_office
    from bot.shelf import Shelf
    from bot.words import Speaker
    from storage.unit import Unit

    if out is None and case is None:
        raise click.UsageError("Say --out, where to put the files; or --case, to keep a case number.")
    with _office(caller, called, write=True) as office:
        if case is not None:
            if len(case) > 60:
                raise Told("--case: a case number has at most 60 characters.", MISUSED)
            office.set_series(case_number=case or None)
            note(office, "case number", case)
            office = open_office(office.connection, caller.settings.organisation, called, actor(), office.now)
        files = (
            Archiving(office, Unit(office.connection), Speaker(Shelf()), COORDINATOR).export() if out else {}
        )
        if out is not None:
            write(files, out)
    _printed(map(str, files))


@click.command(short_help="List who did what.")
@click.argument("called", metavar="[SERIES]", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def audit(caller: Caller, called: str | None, *, as_csv: bool, as_json: bool) -> None:
    """List who did what to a series, and when: coordinators, managers and operators. Never what anybody said.

    Without SERIES: all of the organisation's. Who acts in a role is named; in files, people are numbers.
    """
    from bot.rights import audit as log
    from bot.shelf import Shelf
    from flows.calendar import zone_named

    if as_csv and as_json:
        raise click.UsageError("Say --csv or --json, not both.")
    slug = None
    if called is not None:
        with _office(caller, called, write=False) as office:
            slug = office.series.slug
    with caller.database().read() as connection:
        owner = _organisation(connection, caller)
        found = log.acts(connection, OPERATOR, owner.id, slug)
        told = log.Told(connection, owner.id, Shelf().catalogue(caller.language, owner.zone))
    if as_csv or as_json:
        click.echo(log.as_csv(found) if as_csv else log.as_json(found), nl=False)
        return
    local = zone_named(owner.zone)
    lines = [
        f"{each.at.astimezone(local):%Y-%m-%d %H:%M}  {'' if slug else f'{told.called(each):<16}  '}{told.line(each)}"
        for each in found
    ]
    _printed(lines or ["Nothing is in the log."])


@click.command(short_help="What is settled before a series begins.")
@click.argument("called", metavar="SERIES")
@click.option("--done", type=click.Choice(ITEMS), help="Say that this is settled.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="When it was. Default: today.")
@click.pass_obj
def checklist(caller: Caller, called: str, done: str | None, on: datetime | None) -> None:
    """Show what is to be settled with others before a series begins, or say that something is. It is kept in the log.

    \b
      runda checklist north --done union --on 2026-09-30
    """
    from bot.rights import checklist as listed
    from bot.shelf import Shelf

    if on is not None and done is None:
        raise click.UsageError("--on goes with --done.")
    with _office(caller, called, write=done is not None) as office:
        if done is not None:
            listed.acknowledge(office, done, on.date() if on else office.now.date())
        say = Shelf().catalogue(office.series.language, office.series.zone)
        told = listed.told(office, say)
    _printed([told[0], *(f"- {line}" for line in told[1:])])
