"""Running Runda, and asking how it is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.finding import Finding

if TYPE_CHECKING:
    from bot.cli import Caller
    from storage.database import Database

#: A running caller gives a sign of life every ten seconds; after so long without one it is taken for dead.
ALIVE = timedelta(seconds=45)


class _Set(click.Command):
    """Its help ends with what is set by the environment alone: tokens are no matter for a command line."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from bot.settings import Settings

        given = {param.name for param in ctx.find_root().command.params}
        told = [(Settings.twin(name), Settings.model_fields[name].description or "") for name in Settings.model_fields
                if name not in given]  # fmt: skip
        with formatter.section("Set in the environment, or in .env"):
            formatter.write_dl(told)


@click.command(
    cls=_Set, help="Run the facilitator: open meetings, take in what is said, send what is to be sent."
)
@click.pass_obj
def serve(caller: Caller) -> None:
    from storage.database import sole_server

    database = caller.database(new=True)
    with sole_server(database):
        asyncio.run(_serve(caller, database))


async def _serve(caller: Caller, database: Database) -> None:
    from bot.offers import calling, lacking, offered
    from bot.platforms import configured, greetings
    from bot.web import serving
    from bot.wiring import build, running

    stopped = asyncio.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, stopped.set)
    settings = caller.settings
    terminal, *others = platforms = configured(settings, database, caller.clock)
    house = build(database, platforms, caller.clock, organisation=settings.organisation)
    async with (
        running(house),
        calling(settings, house),
        serving([*others, *offered(settings, house)], settings.host, settings.port) as address,
    ):
        click.echo(f"Runda is running. Database: {database}. Stop with Ctrl-C.")
        click.echo(f"The terminal's threads: {terminal.folder}. Take part with: runda chat")
        for line in (*greetings(others), *lacking(settings)):
            click.echo(line)
        if address:
            click.echo(f"Requests are taken at {address}")
        await stopped.wait()
        click.echo("Stopping. What was taken in is stored; the rest goes on when Runda is started again.")


# -- doctor


@click.command(help="Say what is set up, what is missing, and what to do about it.")
@click.option("--health", is_flag=True, help="Only: is Runda running on this database? Exit code 0 if it is.")
@click.pass_context
def doctor(ctx: click.Context, *, health: bool) -> None:
    caller: Caller = ctx.obj
    findings = list(_running(caller)) if health else list(_all(caller))
    for each in findings:
        click.echo(f"{'ok      ' if each.well else 'missing '} {each.what}")
        if not each.well and each.remedy:
            click.echo(f"         {each.remedy}")
    if not all(each.well for each in findings):
        ctx.exit(1)


def _all(caller: Caller) -> Iterator[Finding]:
    yield from _folder(caller.settings.data)
    try:
        database = caller.database()
    except Exception as problem:  # noqa: BLE001 - a doctor tells every illness
        yield Finding(well=False, what="the database", remedy=str(problem))
        yield from _slack(caller, None)
        yield from _telegram(caller, None)
        return
    yield Finding(well=True, what=f"the database: {database}, tables {database.revision()}")
    for look in (_series, _parked, _failed, _held):
        yield look(database)
    yield from _slack(caller, database)
    yield from _telegram(caller, database)
    yield from _running(caller)


def _slack(caller: Caller, database: Database | None) -> Iterator[Finding]:
    if caller.settings.slack:
        from bot.platforms.checkup import look

        yield from look(caller.settings, database, caller.clock)


def _telegram(caller: Caller, database: Database | None) -> Iterator[Finding]:
    if caller.settings.telegram_bot_token is not None:
        from bot.platforms.telegram_checkup import look

        yield from look(caller.settings, database)


def _folder(data: Path) -> Iterator[Finding]:
    exists = data.is_dir()
    yield Finding(
        exists, f"the data folder: {data}", "It is made by the first runda series create, or runda serve."
    )


def _count(database: Database, statement: str) -> int:
    from sqlalchemy import text

    with database.read() as connection:
        return int(connection.execute(text(statement)).scalar() or 0)


def _series(database: Database) -> Finding:
    live = _count(database, "SELECT count(*) FROM series WHERE status IN ('planned', 'running', 'paused')")
    return Finding(
        live > 0, f"series that are planned or under way: {live}", "Plan one: runda series create --help"
    )


def _parked(database: Database) -> Finding:
    waiting = _count(database, "SELECT count(*) FROM parked WHERE settled_at IS NULL")
    return Finding(
        waiting == 0, f"events that could not be taken in: {waiting}", "Look at them: runda parked"
    )


def _failed(database: Database) -> Finding:
    failed = _count(database, "SELECT count(*) FROM outbox WHERE status = 'failed'")
    remedy = "A platform refused them for good; runda series show says which circle waits."
    return Finding(failed == 0, f"messages that could not be delivered: {failed}", remedy)


def _held(database: Database) -> Finding:
    from storage.backup import delivery_held

    with database.read() as connection:
        held = delivery_held(connection)
    remedy = "A backup was restored. When you know what had been sent: runda restore --confirm"
    return Finding(not held, "delivery is held" if held else "delivery is open", remedy)


def _running(caller: Caller) -> Iterator[Finding]:
    from sqlalchemy import func, select

    from storage.tables import workers

    with caller.database().read() as connection:
        seen = connection.execute(select(func.max(workers.c.seen_at))).scalar()
    alive = seen is not None and caller.clock.now() - seen < ALIVE
    yield Finding(alive, "Runda is running" if alive else "Runda is not running", "Start it: runda serve")
