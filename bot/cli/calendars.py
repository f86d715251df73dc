"""`runda calendar`: a series in people's own calendars. What is done stands in `bot.calendars`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import MISUSED, Told
from bot.cli.common import actor

if TYPE_CHECKING:
    from bot.calendars.feeds import Feed
    from bot.cli import Caller
    from bot.series.office import Office

MISSING = "Calendars are made by a library that is not installed here. Run: pip install '.[documents]'"
NO_URL = (
    "--address: nobody finds this server yet. Set RUNDA_URL to its public address (https://…), and start runda serve."
)  # fmt: skip


@click.command(short_help="Put a series in people's own calendars.")
@click.argument("called", metavar="SERIES")
@click.option("--group", metavar="NAME", help="One group's sessions alone, by its name or number.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Default: it is printed."
)
@click.option(
    "--address", is_flag=True, help="Make an address that calendars follow. An older one is closed."
)
@click.option("--close", is_flag=True, help="Close the address: calendars that follow it learn nothing more.")
@click.pass_obj
def calendar(
    caller: Caller, called: str, group: str | None, out: Path | None, *, address: bool, close: bool
) -> None:
    """Write a series' sessions as a calendar file (.ics), or make an address that calendars follow by themselves.

    A file can be imported again after a change: sessions are moved or struck out, and none is there twice. Whoever has
    an address reads the dates without signing in, so give it to those who take part. It is shown once; Runda does not
    keep it. What stands there are dates and titles, nothing that anybody has said.

    \b
      runda calendar north --out north.ics
      runda calendar north --group Fjord --address
    """
    from bot.calendars.feeds import Feed, mark_of
    from bot.series.office import open_office

    if address + close + (out is not None) > 1:
        raise click.UsageError("Say --out, --address or --close: one of them.")
    if address and not caller.settings.url:
        raise Told(NO_URL, MISUSED)
    now, database = caller.clock.now(), caller.database()
    mark = mark_of(database)
    with database.write() if address or close else database.read() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), now)
        apart = office.apart(group)
        circle = apart.id if apart is not None else None
        if not (address or close):
            file = _file(office, circle, mark)
        else:
            click.echo(_address(caller, office, Feed(office.series.id, circle), close=close))
            return
    if out is None:
        click.echo(file, nl=False)
    else:
        out.write_bytes(file)
        click.echo(str(out))


def _file(office: Office, circle: int | None, mark: str) -> bytes:
    try:
        from bot.calendars.ics import to_ics
    except ModuleNotFoundError as missing:
        raise Told(MISSING, MISUSED) from missing
    from bot.calendars.entries import listing
    from bot.shelf import Shelf

    return to_ics(listing(office.connection, Shelf(), office.series, circle, mark))


def _address(caller: Caller, office: Office, feed: Feed, *, close: bool) -> str:
    """What is told. In the audit log it is no change of the series, so that a move before it can still be undone."""
    from bot.calendars import feeds
    from bot.recaps.desk import record

    what = f"circle:{feed.circle}" if feed.circle is not None else "all"
    if close:
        if not feeds.close_feed(office.connection, feed, office.now):
            raise Told("There is no address to close.", MISUSED)
        record(office, "calendar address closed", what)
        return "The address is closed."
    secret = feeds.open_feed(office.connection, feed, office.now)
    record(office, "calendar address made", what)
    return feeds.address(caller.settings.url or "", secret)
