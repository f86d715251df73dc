"""Commands that change a series: its dates, and its course. `change` carries out all that changes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import MAYBE_NUMBER, NUMBER, SERIES, actor, which_time
from bot.cli.forms import asked, read
from flows.forms import MOVE, PAUSE

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.series.office import Change, Office

#: Options of many of them.
GROUP = click.option("--group", metavar="NAME", help="One group only, by its name or number.")
DRY = click.option("--dry-run", is_flag=True, help="Show what would change, and for whom; change nothing.")


def change(caller: Caller, called: str, act: Callable[[Office], Change], *, dry_run: bool = False) -> None:
    """Carry a change out, all of it in one transaction, and print its lines. Whoever serves sends what comes of it."""
    from bot.clock import id_maker
    from bot.series.deciding import decide
    from bot.series.problems import WhichTime
    from bot.shelf import Shelf
    from bot.wiring import tomb_maker
    from bot.work import Works

    database = caller.database()
    works = Works(database, Shelf(), id_maker(), tomb_maker(database.secret("tombstones")))
    try:
        if dry_run:
            return _foreseen(caller, called, act)
        done = decide(works, caller.settings.organisation, called, actor(), act, caller.clock.now())
    except WhichTime as asked_about:
        raise which_time(asked_about) from asked_about
    for line in done.change.told:
        click.echo(line)
    for outcome in done.outcomes:
        if outcome == "parked":
            click.echo("One session could not be told, and was left as it is. Look at it: runda parked")
        elif outcome != "applied":
            click.echo(f"One session was left as it is: {outcome}.")
    return None


def _foreseen(caller: Caller, called: str, act: Callable[[Office], Change]) -> None:
    from bot.series.deciding import foreseen
    from bot.series.office import open_office

    with caller.database().write() as connection:
        organisation, now = caller.settings.organisation, caller.clock.now()
        found = foreseen(open_office(connection, organisation, called, actor(), now), act)
    for line in found.told:
        click.echo(line)
    if found.alone:
        click.echo(f"Told of it, each alone: {found.alone}.")
    if found.heard or not found.alone:
        click.echo(f"Told of it: {', '.join(found.heard)}." if found.heard else "No group is told.")
    click.echo("Nothing was changed: this was a dry run.")


@click.command()
@SERIES
@NUMBER
@asked(MOVE)
@DRY
@click.pass_obj
def move(caller: Caller, /, called: str, number: int, *, dry_run: bool, **given: Any) -> None:
    """Give session NUMBER another date. Its local time stays, also over a clock change.

    The groups are told where they are. A session that was cancelled or missed is on again, and a round that had no
    date gets one. What has begun is not moved.

    \b
      runda series move north 2 --to 2026-11-03
      runda series move north 2 --to 2026-11-03 --at 13:00 --group Fjord
      runda series move north 3 --to 2027-01-12 --following   (over the holidays)
    """
    from bot.series import moving

    to = moving.To(**read(MOVE, given))
    change(caller, called, lambda office: moving.move(office, number, to), dry_run=dry_run)


@click.command()
@SERIES
@DRY
@click.pass_obj
def undo(caller: Caller, called: str, *, dry_run: bool) -> None:
    """Take the last change back.

    A move, a pause and a cancelled session are, until the session has begun: who has been told is told of this too. A
    session or group that was added, or a newer programme, until the first message of it has gone out.
    """
    from bot.series import undoing

    change(caller, called, undoing.undo, dry_run=dry_run)


@click.command()
@SERIES
@NUMBER
@GROUP
@DRY
@click.pass_obj
def start(caller: Caller, called: str, number: int, group: str | None, *, dry_run: bool) -> None:
    """Open session NUMBER now, whatever its date was."""
    from bot.series import moving

    change(caller, called, lambda office: moving.start(office, number, group), dry_run=dry_run)


@click.command()
@SERIES
@MAYBE_NUMBER
@DRY
@click.pass_obj
def confirm(caller: Caller, called: str, number: int | None, *, dry_run: bool) -> None:
    """Make tentative dates certain. All of them, or that of session NUMBER."""
    from bot.series import changes

    change(caller, called, lambda office: changes.confirm(office, number), dry_run=dry_run)


@click.command()
@SERIES
@asked(PAUSE)
@DRY
@click.pass_obj
def pause(caller: Caller, /, called: str, *, dry_run: bool, **given: Any) -> None:
    """Open nothing until the series is resumed, or until a day. The clocks of what is under way stand still.

    Sessions that fall in the pause are named, and not held then. Again, with another day or none, it ends then.

    \b
      runda series pause north --until 2027-01-04
      runda series pause north --until 2027-01-04 --over
    """
    from bot.series import pausing

    values = read(PAUSE, given)
    change(caller, called, lambda office: pausing.pause(office, **values), dry_run=dry_run)


@click.command()
@SERIES
@DRY
@click.pass_obj
def resume(caller: Caller, called: str, *, dry_run: bool) -> None:
    """Let a paused series go on."""
    from bot.series import pausing

    change(caller, called, pausing.resume, dry_run=dry_run)


@click.command("close-by")
@SERIES
@click.option(
    "--weeks", type=int, default=4, show_default=True, help="For so many weeks from now; 0 ends it."
)
@GROUP
@DRY
@click.pass_obj
def close_by(caller: Caller, called: str, weeks: int, group: str | None, *, dry_run: bool) -> None:
    """Be close by for a while: ask the groups between sessions how it goes with what they planned.

    At most once a week, in working hours, where their last session was. The next recap quotes from what they write. It
    ends by itself, or when somebody in the group writes that it has had enough.

    \b
      runda series close-by north --weeks 6 --group Fjord
      runda series close-by north --weeks 0
    """
    from bot.series import close_by as close

    change(caller, called, lambda office: close.decide(office, weeks, group), dry_run=dry_run)


@click.command()
@SERIES
@MAYBE_NUMBER
@click.option("--all", "everything", is_flag=True, help="The series, with all that is left of it.")
@DRY
@click.pass_obj
def cancel(caller: Caller, called: str, number: int | None, *, everything: bool, dry_run: bool) -> None:
    """Cancel session NUMBER, or with --all the whole series. What is under way is ended."""
    from bot.series import changes

    if everything == (number is not None):
        raise click.UsageError("Say which session to cancel, or --all for the whole series.")
    change(caller, called, lambda office: changes.cancel(office, number), dry_run=dry_run)


COMMANDS = (move, undo, start, confirm, pause, resume, close_by, cancel)
