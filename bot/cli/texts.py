"""Commands about what is said in a series: its programme, a round once more, a picture, and what is on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.cli.changing import DRY, change
from bot.cli.common import NUMBER, SERIES, actor
from bot.cli.forms import asked, read
from flows.forms import MOVE

if TYPE_CHECKING:
    from bot.cli import Caller


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
@DRY
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
@DRY
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


COMMANDS = (repeat, programme, picture, paper)
