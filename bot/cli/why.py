"""`runda why`: why messages came, or did not come."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from bot.cli.common import MAYBE_NUMBER, SERIES, actor

if TYPE_CHECKING:
    from bot.cli import Caller


@click.command(short_help="Say why messages came, or did not come.")
@SERIES
@MAYBE_NUMBER
@click.option("--group", metavar="NAME", help="One group only, by its name or number.")
@click.option(
    "--most", type=click.IntRange(1), default=40, show_default=True, help="So many messages, the newest."
)
@click.pass_obj
def why(caller: Caller, called: str, number: int | None, group: str | None, most: int) -> None:
    """Say why messages came, or did not come: those of SERIES, or of session NUMBER.

    Of each: what it came of, what became of it, and the rows behind both. Then why nothing is said now, by group.
    Never what anybody wrote, and of reminders never who had them.

    \b
      runda why north 2 --group Fjord
    """
    from bot import library
    from bot.series import why as reasons
    from bot.series.office import open_office

    now = caller.clock.now()
    with caller.database().read() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), now)
        circle = office.circle(group).id if group else None
        meeting = office.meeting(number).id if number else None
        entries = reasons.explained(office, circle, meeting, most)
        silences = list(reasons.silences(office, circle, meeting))
    texts = library.bot_catalogue(caller.language, office.series.zone)
    say = partial(texts.say, now=now)
    for each in entries:
        click.echo(say("why.rows", entry=reasons.in_words(say, each), rows=", ".join(each.rows)))
    if not entries:
        click.echo(say("why.nothing"))
    click.echo()
    for name, of, reason in silences:
        click.echo(reasons.silence_in_words(say, name, of, reason))
