"""Commands that change a series: its dates, its course, its people."""

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

ROLES = ("coordinator", "manager", "note-taker")

_group = click.option("--group", metavar="NAME", help="One group only, by its name or number.")


_dry = click.option("--dry-run", is_flag=True, help="Show what would change, and for whom; change nothing.")


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
    click.echo(f"Told of it: {', '.join(found.heard)}." if found.heard else "No group is told.")
    click.echo("Nothing was changed: this was a dry run.")


@click.command()
@SERIES
@NUMBER
@asked(MOVE)
@_dry
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
@_dry
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
@_group
@_dry
@click.pass_obj
def start(caller: Caller, called: str, number: int, group: str | None, *, dry_run: bool) -> None:
    """Open session NUMBER now, whatever its date was."""
    from bot.series import moving

    change(caller, called, lambda office: moving.start(office, number, group), dry_run=dry_run)


@click.command()
@SERIES
@MAYBE_NUMBER
@_dry
@click.pass_obj
def confirm(caller: Caller, called: str, number: int | None, *, dry_run: bool) -> None:
    """Make tentative dates certain. All of them, or that of session NUMBER."""
    from bot.series import changes

    change(caller, called, lambda office: changes.confirm(office, number), dry_run=dry_run)


@click.command()
@SERIES
@asked(PAUSE)
@_dry
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
@_dry
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
@_group
@_dry
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
@_dry
@click.pass_obj
def cancel(caller: Caller, called: str, number: int | None, *, everything: bool, dry_run: bool) -> None:
    """Cancel session NUMBER, or with --all the whole series. What is under way is ended."""
    from bot.series import changes

    if everything == (number is not None):
        raise click.UsageError("Say which session to cancel, or --all for the whole series.")
    change(caller, called, lambda office: changes.cancel(office, number), dry_run=dry_run)


# -- people


@click.command()
@SERIES
@click.argument("name")
@_group
@click.option("--instead-of", metavar="NAME", help="Whose seat they take; what that person has said is kept.")
@_dry
@click.pass_obj
def add(
    caller: Caller, called: str, name: str, group: str | None, instead_of: str | None, *, dry_run: bool
) -> None:
    """Take NAME in, in the smallest group or the one named, or in somebody's seat. Nobody else moves."""
    from bot.series import members

    if group is not None and instead_of is not None:
        raise click.UsageError("A seat is in a group already: say --group or --instead-of, not both.")
    change(caller, called, lambda office: members.join(office, name, group, instead_of), dry_run=dry_run)


@click.command()
@SERIES
@click.argument("name")
@_dry
@click.pass_obj
def remove(caller: Caller, called: str, name: str, *, dry_run: bool) -> None:
    """Take NAME out. What was said is kept."""
    from bot.series import members

    change(caller, called, lambda office: members.leave(office, name), dry_run=dry_run)


@click.command()
@SERIES
@click.argument("role", type=click.Choice(ROLES))
@click.argument("name")
@click.option("--instead-of", metavar="NAME", help="Hand the role over from somebody.")
@click.option("--end", is_flag=True, help="Take the role from NAME.")
@click.pass_obj
def role(caller: Caller, called: str, role: str, name: str, instead_of: str | None, *, end: bool) -> None:
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
        change(caller, called, lambda office: members.take_role(office, role, name))
    else:
        change(caller, called, lambda office: members.give_role(office, role, name, instead_of))


@click.command("managers-place")
@SERIES
@click.argument("place", metavar="[CHANNEL]", required=False)
@click.option("--end", is_flag=True, help="Managers get their recaps in private only.")
@_dry
@click.pass_obj
def managers_place(caller: Caller, called: str, place: str | None, *, end: bool, dry_run: bool) -> None:
    """Post managers' recaps in CHANNEL too. Everybody in it reads them; only named managers can answer.

    It is no channel of the series' own groups, which are told of it. Runda must be in it: runda doctor looks.

    \b
      runda series managers-place north C0777
      runda series managers-place north telegram/777/-1009
    """
    from bot.series import sharing
    from flows.forms import Field, NotSo

    if end == (place is not None):
        raise click.UsageError("Say in which channel, or --end.")
    try:
        at = Field("place", "place", "").read(place) if place is not None else None
    except NotSo as wrong:
        raise click.UsageError(str(wrong)) from wrong
    change(
        caller, called, lambda office: sharing.share(office, at) if at else sharing.keep_private(office),
        dry_run=dry_run,
    )  # fmt: skip


@click.command()
@SERIES
@click.argument("group", metavar="GROUP")
@click.option("--note-taker", metavar="NAME", help="Who of them writes for the group.")
@_dry
@click.pass_obj
def group(caller: Caller, called: str, group: str, note_taker: str | None, *, dry_run: bool) -> None:
    """Take a whole group in, late. It is in every session that has not begun.

    \b
      runda series group north "Elv: Ida, Nils, Else, Knut"
      runda series group north "Elv@C7: Ida <U21>, Nils <U22>, Else <U23>, Knut <U24>" --note-taker Else
    """
    from bot.series import members
    from flows.forms import Field, NotSo, named

    try:
        new = Field("group", "group", "").read(group)
        writes = named(note_taker) if note_taker else None
    except NotSo as wrong:
        raise click.UsageError(str(wrong)) from wrong
    change(caller, called, lambda office: members.add_group(office, new, writes), dry_run=dry_run)


@click.command()
@SERIES
@click.argument("unit", metavar="UNIT")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--end", is_flag=True, help="They are not from there, and nobody knows from where.")
@_dry
@click.pass_obj
def unit(caller: Caller, called: str, unit: str, names: tuple[str, ...], *, end: bool, dry_run: bool) -> None:
    """Say where people are from, such as a municipality, if that was not written in brackets after their names.

    Two of the same unit are kept apart where people meet one to one. Where the programme asks for it, managers are told
    how many came from each unit, from five people up.

    \b
      runda series unit north Fjord "Kari Vik" Amir
    """
    from bot.series import members

    change(
        caller,
        called,
        lambda office: members.come_from(office, None if end else unit, names),
        dry_run=dry_run,
    )


@click.command()
@SERIES
@click.argument("groups", metavar="[GROUP]...", nargs=-1)
@click.option("--end", is_flag=True, help="No group is the leaders'.")
@_dry
@click.pass_obj
def leaders(caller: Caller, called: str, groups: tuple[str, ...], *, end: bool, dry_run: bool) -> None:
    """Say which groups are the leaders', where the programme shows their scores beside the others'.

    Both sides are shown where at least five of each have answered; otherwise all together, or nothing.

    \b
      runda series leaders north Leaders
    """
    from bot.series import members
    from bot.shelf import Shelf

    if end == bool(groups):
        raise click.UsageError("Say which groups, or --end.")
    change(caller, called, lambda office: members.lead(office, Shelf(), groups), dry_run=dry_run)


# -- what is said


@click.command()
@SERIES
@NUMBER
@click.argument("group", metavar="GROUP")
@click.argument("file", type=click.File("r", "utf-8"), required=False)
@click.option("--heads", type=click.IntRange(1), metavar="N", help="How many sat at the table.")
@click.pass_obj
def paper(caller: Caller, called: str, number: int, group: str, file: Any, heads: int | None) -> None:
    """Enter what a table wrote on paper in session NUMBER. Without FILE: list the questions, with their numbers.

    FILE (- for what is typed) has a line for each answer, with the number of its question first: the numbers of the
    sheet that runda document sheets prints. The answers are the table's, under no name; «next» is said in between.

    \b
      1 The ferry comes too seldom.
      1 There is no bus on Sundays.
      3 Kari asks the county.
    """
    from bot.clock import id_maker
    from bot.series import paper as papers
    from bot.series.office import open_office
    from bot.shelf import Shelf
    from bot.wiring import tomb_maker
    from bot.work import Works

    written, wrong = papers.read(file.read()) if file else ({}, [])
    if wrong:
        raise click.UsageError(f"A line begins with the number of its question: {wrong[0]!r} does not.")
    database = caller.database()
    works = Works(database, Shelf(), id_maker(), tomb_maker(database.secret("tombstones")))
    with database.write() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), caller.clock.now())
        circle = office.circle(group)
        if not file:
            for n, each in papers.questions(office, works, number).items():
                click.echo(f"{n:>3}  {each.words}")
            return
        click.echo(papers.enter(works, office, number, circle, written, heads))


@click.command()
@SERIES
@click.argument("programme")
@_dry
@click.pass_obj
def programme(caller: Caller, called: str, programme: str, *, dry_run: bool) -> None:
    """Use a newer text of the same programme, a folder or a file, for the sessions that have not opened.

    \b
      runda series programme north our-selfcheck/
    """
    from bot import library
    from bot.series import texts

    content = library.read(programme)
    change(caller, called, lambda office: texts.rewrite(office, content), dry_run=dry_run)


@click.command()
@SERIES
@NUMBER
@asked(MOVE.only("to", "at", "which"))
@_dry
@click.pass_obj
def repeat(caller: Caller, /, called: str, number: int, *, dry_run: bool, **given: Any) -> None:
    """Hold session NUMBER once more, after all the others.

    \b
      runda series repeat north 2 --to 2027-01-19
    """
    from bot.series import moving, texts

    to = moving.To(**read(MOVE.only("to", "at", "which"), given))
    change(caller, called, lambda office: texts.repeat(office, number, to), dry_run=dry_run)


@click.command()
@SERIES
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--texts",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    help="YAML with the picture's title, its alt (what one sees, in words), and its points.",
)
@click.pass_obj
def picture(caller: Caller, called: str, name: str, file: str, texts: str) -> None:
    """Show a picture of your own, FILE, in place of the programme's picture NAME.

    Sessions that have opened keep the picture that they were opened with. The texts file says what the picture
    says to those who cannot see it:

    \b
      title: Our own map
      alt: A map of the valley, with the school and the ferry landing marked.
      points:
        1: {label: The school, help: "Two or three sentences, given when somebody asks."}

    \b
      runda series picture north map our-map.png --texts our-map.yaml
    """
    from pathlib import Path

    from bot.series import pictures
    from flows.check.tree import read as read_yaml

    tree = read_yaml(texts, Path(texts).read_bytes())
    if tree.problems:
        raise click.UsageError("\n".join(str(problem) for problem in tree.problems))
    words, content = pictures.read_texts(tree.data), Path(file).read_bytes()
    change(caller, called, lambda office: pictures.put_up(office, name, Path(file).name, content, words))


COMMANDS = (
    move,
    undo,
    start,
    confirm,
    pause,
    resume,
    close_by,
    cancel,
    repeat,
    programme,
    picture,
    add,
    remove,
    role,
    unit,
    leaders,
    managers_place,
    group,
    paper,
)
