"""Commands that look after the database: `runda migrate`, `backup`, `restore` and `parked`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import MISUSED, Told
from bot.cli.common import Group, actor, record

if TYPE_CHECKING:
    from bot.cli import Caller
    from storage.backup import Waiting
    from storage.database import Database


def _unchecked(caller: Caller) -> closing[Database]:
    """The database as it is, of whatever version, or not there yet."""
    from storage.database import Database

    return closing(Database(caller.settings.database))


@click.command()
@click.pass_obj
def migrate(caller: Caller) -> None:
    """Make the database, or bring it up to this version.

    All of it happens or nothing; what people have said is kept. Take a backup first: there is no way down. A
    database of a newer version is refused, and left as it is. Where nothing is to be done, nothing is done, so
    this can stand before every runda serve.
    """
    from storage.database import HEAD, sole_server
    from storage.migrate import upgrade, version

    with _unchecked(caller) as database:
        if version(database) == HEAD:
            click.echo(f"{database} is of this version already (tables {HEAD}).")
            return
        if database.path is not None:
            database.path.parent.mkdir(parents=True, exist_ok=True)
        with sole_server(database):
            found = upgrade(database)
        done = f"brought from {found} to {HEAD}" if found else f"made ({HEAD})"
        click.echo(f"The tables are {done}: {database}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Write over FILE if it exists.")
@click.pass_obj
def backup(caller: Caller, file: Path, *, replace: bool) -> None:
    """Copy the database to FILE, while it is in use.

    FILE is the database as it is at one moment; nobody waits meanwhile. It holds all that people have written,
    and the keys of this installation: keep it as safe as the database itself. PostgreSQL has pg_dump for this.

    \b
      runda backup monday.db
    """
    from storage.backup import save

    database = caller.database()
    size = save(database, file, replace=replace)
    record(database, "backup made", file.name, caller.clock.now())
    click.echo(f"{file}: {size / 1_000_000:.1f} MB. It holds all that people have written; keep it safe.")


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put FILE in the place of a database that is in use.")
@click.option(
    "--hold", "by_hand", is_flag=True, help="Hold delivery: PostgreSQL was restored by its own tools."
)
@click.option("--confirm", is_flag=True, help="Let delivery go on after a restore.")
@click.option(
    "--waiting",
    type=click.Choice(["send", "drop"]),
    help="With --confirm: what is done with messages that waited when the backup was made.",
)
@click.pass_obj
def restore(
    caller: Caller, file: Path | None, *, replace: bool, by_hand: bool, confirm: bool, waiting: str | None
) -> None:
    """Put a backup back. Nothing is sent until you have confirmed it.

    Stop runda serve first. Then look in the chats: what was sent after the backup was made, Runda does not know
    of. When you know, let delivery go on, and say whether the messages that were waiting in the backup are to be
    sent (they never went out) or dropped (people have had them).

    What people have had erased since the backup was made is back as well: have it erased again.

    \b
      runda restore monday.db
      runda restore --confirm --waiting drop
    """
    if (file is not None) + by_hand + confirm != 1:
        raise click.UsageError("Name a FILE, or say --hold, or --confirm: one of the three.")
    if waiting is not None and not confirm:
        raise click.UsageError("--waiting goes with --confirm.")
    if file is not None:
        _put_back(caller, file, replace=replace)
    elif by_hand:
        _hold(caller)
    else:
        _confirm(caller, waiting)


def _put_back(caller: Caller, file: Path, *, replace: bool) -> None:
    from storage import backup as backups

    with _unchecked(caller) as database:
        gone = _erased(database)
        backups.restore(database, file, at=caller.clock.now(), replace=replace)
        record(database, "backup restored", file.name, caller.clock.now())
        click.echo(f"{file} is restored: {database}")
        with database.read() as connection:
            _tell_in_doubt(backups.in_doubt(connection))
        again = ", ".join(f"person:{each}" for each in sorted(gone - _erased(database)))
    click.echo("What people have had erased since the backup was made has to be erased again.")
    if again:
        click.echo(f"They are: {again}. Erase each again: runda people erase --help")


def _erased(database: Database) -> set[int]:
    """The people whose erasure has begun, as far as the database can be read."""
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    from storage import tables as t

    if database.path is not None and not database.path.exists():
        return set()
    try:
        with database.read() as connection:
            return set(connection.execute(select(t.erasures.c.person_id)).scalars())
    except SQLAlchemyError:
        return set()
    finally:
        database.close()  # nobody may have the file open while another takes its place


def _hold(caller: Caller) -> None:
    from storage import backup as backups

    database = caller.database()
    with database.write() as connection:
        backups.hold(connection, reason="held by the operator", at=caller.clock.now())
        _tell_in_doubt(backups.in_doubt(connection))
    record(database, "delivery held", "everything", caller.clock.now())


def _tell_in_doubt(waiting: Waiting) -> None:
    click.echo(f"Messages that were waiting to be sent: {waiting.count}")
    for platform, channel, count in waiting.places:
        click.echo(f"  {platform} {channel}: {count}")
    click.echo("Nothing is sent until you have looked whether they went out: runda restore --confirm --help")


def _confirm(caller: Caller, choice: str | None) -> None:
    from storage import backup as backups

    database = caller.database()
    with database.read() as connection:
        hold, waiting = backups.held(connection), backups.in_doubt(connection)
    if hold is None:
        click.echo("Delivery is not held.")
        return
    if waiting.count and choice is None:
        _tell_in_doubt(waiting)
        raise Told("Say what is done with them: --waiting send, or --waiting drop.", MISUSED)
    with database.write() as connection:
        count = backups.release(connection, send=choice != "drop")
    record(database, "delivery let go", choice or "send", caller.clock.now())
    done = {"send": "sent now", "drop": "dropped"}[choice or "send"]
    click.echo(f"Delivery goes on. Messages that were waiting: {count}" + (f"; {done}." if count else "."))


# -- parked events


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--show",
    is_flag=True,
    help="Also what the events hold: people's words, for when whose they are asks for it. Needs --reason.",
)
@click.option(
    "--reason", metavar="TEXT", help="With --show: who asked, and why. Kept in the audit log; no names."
)
@click.pass_context
def parked(ctx: click.Context, *, show: bool, reason: str | None) -> None:
    """Show what could not be taken in: its number, when, the reason, and how often it was tried.

    When what was wrong is mended, try it again; the rest has gone on meanwhile.

    \b
      runda parked
      runda parked retry --all
      runda parked drop 7
      runda parked --show --reason "asked for by the person, case 12"
    """
    if ctx.invoked_subcommand is not None:
        return
    from storage import parked as events

    caller: Caller = ctx.obj
    database = caller.database()
    if show or reason is not None:
        _allow_words(caller, database, reason if show else None)
    with database.read() as connection:
        found = events.waiting(connection)
        for each in found:
            click.echo(f"{each.number:>5}  {each.at:%Y-%m-%d %H:%M} UTC  {each.reason}  tries: {each.tries}")
            if show:
                click.echo(f"       {events.content(connection, each.number)}")
    if not found:
        click.echo("Nothing is parked.")


def _allow_words(caller: Caller, database: Database, reason: str | None) -> None:
    """Words are for the operator on request only, whatever kind they are; the look is written down before it."""
    from sqlalchemy import select

    from flows import sight
    from storage import tables as t
    from storage.audit import log_act

    if not (reason or "").strip():
        raise click.UsageError(
            "--show prints people's words. Say --show together with --reason, who asked for it and why."
        )
    # Nothing tells what an event that could not be taken in would have become.
    for datum in ("reply", "solo", "score", "finding", "action"):
        sight.require("operator", datum, given={"on-request"})
    with database.write() as connection:
        called = t.organisations.c.name == caller.settings.organisation
        owner = connection.execute(select(t.organisations.c.id).where(called)).scalar()
        if owner is None:
            raise Told(f"There is no organisation called {caller.settings.organisation}.", MISUSED)
        log_act(connection, owner, actor(), "parked words shown", str(reason).strip(), caller.clock.now())


@parked.command()
@click.argument("number", required=False, type=int)
@click.option("--all", "every", is_flag=True, help="All that wait, oldest first.")
@click.pass_context
def retry(ctx: click.Context, number: int | None, *, every: bool) -> None:
    """Take event NUMBER in again, or all of them. Exit code 1 if one is still parked."""
    from storage import parked as events

    if (number is not None) == every:
        raise click.UsageError("Name a number, or say --all.")
    caller: Caller = ctx.obj
    database = caller.database()
    with database.read() as connection:
        numbers = [each.number for each in events.waiting(connection)] if number is None else [number]
    take, failed = _taker(caller, database), 0
    for each in numbers:
        with _numbers_known():
            reason = events.retry(database, each, take, at=caller.clock.now())
        failed += reason is not None
        click.echo(f"{each:>5}  " + ("taken in" if reason is None else f"still parked: {reason}"))
    if numbers:
        record(database, "parked events retried", f"{len(numbers)}", caller.clock.now())
    if failed:
        ctx.exit(1)


@parked.command()
@click.argument("number", type=int)
@click.pass_obj
def drop(caller: Caller, number: int) -> None:
    """Give up event NUMBER: it is never taken in, and what it holds is forgotten."""
    from storage import parked as events

    with _numbers_known(), caller.database().write() as connection:
        events.settle(connection, number, at=caller.clock.now())
    record(caller.database(), "parked event dropped", str(number), caller.clock.now())
    click.echo(f"{number:>5}  dropped")


@contextmanager
def _numbers_known() -> Iterator[None]:
    from storage.parked import NotParked

    try:
        yield
    except NotParked as unknown:
        raise Told(str(unknown), MISUSED) from unknown


def _taker(caller: Caller, database: Database) -> Callable[[str], object]:
    """The same unit of work that events come in through."""
    import msgspec

    from bot.happenings import Happening
    from bot.platforms.telegram import Aside, heard_again
    from bot.wiring import build

    works = build(database, [], caller.clock).works
    read = msgspec.json.Decoder(Happening | Aside)

    def take(event: str) -> object:
        it, now = read.decode(event), caller.clock.now()
        return works.take(heard_again(it, now) if isinstance(it, Aside) else [it], now)

    return take
