"""What is done about one session: `runda series gross`, its list; `runda series coming`, who signs up to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.cli.changing import change
from bot.cli.common import NUMBER, SERIES, actor

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.series.curating import Listed


@click.command()
@SERIES
@NUMBER
@click.argument("line", type=click.IntRange(1), metavar="[LINE]", required=False)
@click.option("--into", type=click.IntRange(1), metavar="LINE", help="Make it part of another line.")
@click.option("--size", type=click.Choice(("small", "large")), help="Call it small or large.")
@click.option("--words", default="", metavar="TEXT", help="Say it in other words.")
@click.option("--restore", is_flag=True, help="Put it back as it was written.")
@click.pass_obj
def gross(
    caller: Caller, called: str, number: int, line: int | None, into: int | None, size: Any, words: str, *,
    restore: bool,
) -> None:  # fmt: skip
    """Print the gross list of session NUMBER, or change a LINE of it. What is posted of it follows.

    The lines keep the numbers of the first list. A later session chooses from the list as it is then.

    \b
      runda series gross north 1
      runda series gross north 1 4 --into 1
      runda series gross north 1 2 --size large --words "Young people move away"
    """
    if line is None:
        return _printed(caller, called, number)
    if restore == bool(into or size or words):
        raise click.UsageError("Say what becomes of the line: --into, --size or --words; or --restore alone.")
    from bot.clock import id_maker
    from bot.series import curating
    from bot.shelf import Shelf

    shelf, ids = Shelf(), id_maker()
    change(caller, called, lambda office: curating.curate(
        office, shelf, ids, number, line, into=into, size=size, words=words,
    ))  # fmt: skip
    return None


def _printed(caller: Caller, called: str, number: int) -> None:
    from bot.series import curating
    from bot.series.office import open_office
    from bot.shelf import Shelf

    with caller.database().read() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), caller.clock.now())
        found = curating.find(office, Shelf(), number)
    for each in found.lines if found is not None else ():
        click.echo(_line(each))
    if found is None:
        click.echo(f"Session {number} has made no list.")


def _line(each: Listed) -> str:
    part = f" (part of {each.into})" if each.into is not None else ""
    size = f" ({each.size})" if each.size is not None and each.into is None else ""
    return f"{each.number:>3}. {each.words}{size}{part}"


@click.command()
@SERIES
@NUMBER
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--not", "away", is_flag=True, help="NAME does not come.")
@click.pass_obj
def coming(caller: Caller, called: str, number: int, name: str | None, *, away: bool) -> None:
    """Print how many have signed up to session NUMBER, and how many took part; or sign NAME up.

    Only where the programme's round asks for it (`signup: true`). Whoever has signed up is reminded, and nobody else.

    \b
      runda series coming north 2
      runda series coming north 2 "Kari Vik"
    """
    from bot.clock import id_maker
    from bot.series import signing
    from bot.series.office import open_office
    from bot.shelf import Shelf

    if name is not None:
        shelf, ids = Shelf(), id_maker()
        return change(
            caller,
            called,
            lambda office: signing.sign_by_name(office, shelf, ids, number, name, comes=not away),
        )
    with caller.database().read() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), caller.clock.now())
        told = signing.counted(office, office.meeting(number))
    click.echo(f"Signed up: {told.coming}. Cannot come: {told.away}. Took part: {told.came}.")
    return None


COMMANDS = (gross, coming)
