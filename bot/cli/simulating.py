"""`runda simulate`: what will be sent, before anything is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import ZONE, actor, planned
from bot.cli.forms import asked, read
from flows.forms import TRY_OUT

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.library import Content
    from bot.series.office import Office
    from storage.database import Database

#: People who take part in a programme that is only tried out: two groups, so that there is a plenum.
TRIED_BY = 10
#: When it is held, where nothing is said: tomorrow, and then a fortnight apart.
TIME, APART = "09:00", timedelta(weeks=2)
#: What it is called where it is held, where nothing is said.
PLACE = "[place]"


@click.command()
@click.argument("target", metavar="SERIES_OR_PROGRAMME")
@asked(TRY_OUT)
@click.pass_obj
def simulate(caller: Caller, /, target: str, **given: Any) -> None:
    """Print every message that will be sent, where and when, in local time. Changes nothing.

    A programme is played by two groups of people that do not exist: on the dates given, or from tomorrow at 09:00.
    Where leaders are shown beside the others, the first group is theirs. Of a series, what is left is played. Nobody
    writes anything, so receipts and what depends on words are not in it; but all are taken to have given their scores.

    \b
      runda simulate north
      runda simulate my-programme
      runda simulate selfcheck --on 2026-10-13 --on 2026-10-27 --on 2026-11-10 --at 09:00 --form plenum
    """
    from bot.series.office import open_office
    from storage.database import Database
    from storage.tables import metadata

    if not (given["on"] or given["rule"] or _is_programme(target)):
        with caller.database().read() as connection:
            office = open_office(
                connection, caller.settings.organisation, target, actor(), caller.clock.now()
            )
            return _rehearsed(office)
    nowhere, place = Database("sqlite://"), _place(caller)
    metadata.create_all(nowhere.engine)
    try:
        called = _try_out(caller, nowhere, target, place, given)
        with nowhere.read() as connection:
            _rehearsed(open_office(connection, place, called, actor(), caller.clock.now()))
    finally:
        nowhere.close()
    return None


def _is_programme(target: str) -> bool:
    from bot import library

    return target in library.shipped() or Path(target).exists()


def _place(caller: Caller) -> str:
    """Where a programme is tried out, which its texts may name: the organisation, if anybody has said which."""
    named = caller.settings.organisation
    return named if named != type(caller.settings).model_fields["organisation"].default else PLACE


def _try_out(caller: Caller, database: Database, programme: str, place: str, given: dict[str, Any]) -> str:
    """Plan a series that nobody will ever see. Returns what it is called."""
    from bot import library
    from bot.series import making, members
    from bot.series.office import open_office
    from bot.series.planning import Tenant, Wish
    from bot.shelf import Shelf
    from flows.forms import Named

    content, now = library.read(programme), caller.clock.now()
    values = read(TRY_OUT, given if given["on"] or given["rule"] else _from_tomorrow(given, content, now))
    people = tuple(Named(f"Person {n}") for n in range(1, TRIED_BY + 1))
    coordinator = (Named("Coordinator"),)
    wish = Wish(
        **{**values, "name": content.programme.programme, "people": people, "coordinator": coordinator}
    )
    owner = Tenant(place, caller.language, ZONE)
    plan = planned(wish, content, owner, now)
    for warning in plan.warnings:
        click.echo(f"Mind: {warning}")
    with database.write() as connection:
        called = making.make(connection, plan, owner.name, actor(), now)
        if content.programme.gap:
            office = open_office(connection, owner.name, called, actor(), now)
            members.lead(office, Shelf(), [office.circles("group")[0].name])
        return called


def _from_tomorrow(given: dict[str, Any], content: Content, now: datetime) -> dict[str, Any]:
    """The same, with a date for each round; with one for all of them, where the form holds them on one day."""
    from flows.calendar import zone_named

    programme = content.programme
    form = given["form"] if given["form"] in programme.forms else None
    days = 1 if programme.form(form).breaks else len(programme.rounds)
    first = now.astimezone(zone_named(given["zone"] or ZONE)).date() + timedelta(days=1)
    dates = [str(first + number * APART) for number in range(days)]
    return {**given, "on": dates, "at": given["at"] or TIME}


def _rehearsed(office: Office) -> None:
    from bot.cli.telling import of_rehearsal
    from bot.series.rehearsal import rehearse

    for line in of_rehearsal(rehearse(office), office.series.title, office.series.zone):
        click.echo(line)
