"""Commands about programmes: `runda programmes`, `runda new` and `runda check`."""

from __future__ import annotations

import shlex
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import click

from bot import library
from bot.cli import EXIT_CODES, MISUSED, SPOKEN, Told
from bot.series.naming import LONGEST, slug
from flows.check import Report
from flows.check.problem import counted

if TYPE_CHECKING:
    from bot.cli import Caller


@click.command(epilog=EXIT_CODES)
@click.pass_obj
def programmes(caller: Caller, /) -> None:
    """List the programmes that come with Runda: what each is for, and where it comes from.

    To read every message of one: runda simulate NAME. To write one: runda new.
    """
    for name in library.shipped():
        content = library.read(name)
        title, *told = (
            library.text_of(content, caller.language, key) for key in ("title", "about", "source")
        )
        of = f"{counted(len(content.programme.rounds), 'round')}; {', '.join(content.programme.languages)}"
        click.secho(f"{name}: {title}", bold=True)
        for words in (*filter(None, told), of):
            click.echo(fill(words, 78, initial_indent="  ", subsequent_indent="  "))
        click.echo()


def _own(_: click.Context, __: click.Parameter, name: str) -> str:
    """A name that a programme file takes, and that nothing shipped has: commands would find that instead."""
    fits = slug(name, "my-programme")
    if fits != name:
        of = f"small letters a-z, digits and single dashes, {LONGEST} at most"
        said = f"'{name}' is no name for a programme, which is of {of}. Write: {fits}"
        raise click.BadParameter(said)
    if name in library.shipped():
        raise click.BadParameter(f"'{name}' comes with Runda. Choose another, such as: my-{name}")
    return name


@click.command(epilog=EXIT_CODES)
@click.argument("name", callback=_own)
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where it lies. Default: a folder NAME, here.",
)
@click.option(
    "--language",
    "languages",
    type=click.Choice(SPOKEN),
    multiple=True,
    help="With texts in it. Can be repeated. Default: the machine's own, otherwise en.",
)
@click.option("--schema", is_flag=True, help="Also a JSON Schema, by which editors complete and explain.")
@click.pass_obj
def new(
    caller: Caller, /, name: str, folder: Path | None, languages: tuple[str, ...], *, schema: bool
) -> None:
    """Begin a programme of your own, with comments.

    What is written is a whole programme of two rounds: programme.yaml, and the texts of each language beside it. It can
    be checked, simulated and planned as it is; comments tell what each line does, and which other kinds of step
    there are. Nothing is ever written over.

    \b
      runda new my-programme
      runda new our-check --language nb --language en --folder programmes/our-check
    """
    from bot import starting

    place = folder or Path(name)
    made = starting.start(name, tuple(dict.fromkeys(languages)) or (caller.language,), with_schema=schema)
    try:
        starting.write(place, made)
    except FileExistsError as there:
        said = f"There is something in {place} already, and nothing was written. Choose another name or --folder."
        raise Told(said, MISUSED) from there
    where = shlex.quote(str(place))
    click.echo(f"Written to {place}: {', '.join(made)}\nNext: runda check {where}; runda simulate {where}")


@click.command(epilog=EXIT_CODES)
@click.argument("programmes", nargs=-1, required=True, metavar="FILE_OR_NAME...")
@click.pass_context
def check(ctx: click.Context, programmes: tuple[str, ...]) -> None:
    """Find every fault of a programme file.

    FILE_OR_NAME is a folder with a programme.yaml and the texts of each language beside it (nb.yaml,
    en.yaml); or one file with its texts inside; or the name of a programme that comes with Runda.

    All faults are told at once, one to a line: file and line, round and step, what is wrong, what to do. A
    text that is missing in one language is a fault, and so is one that nobody would read.

    \b
      runda check selfcheck
      runda check my-programme/
      runda check good-things.yaml
    """
    reports = {name: library.report(name) for name in programmes}
    for name, report in reports.items():
        click.echo("\n".join(_lines(name, report)))
    if any(report.problems for report in reports.values()):
        ctx.exit(MISUSED)


def _lines(name: str, report: Report) -> list[str]:
    if report.programme is None:
        files = len({problem.file for problem in report.problems})
        total = f"{counted(len(report.problems), 'problem')} in {counted(files, 'file')}"
        return [*map(str, report.problems), f"{name}: {total}"]
    rounds, languages = len(report.programme.rounds), len(report.programme.languages)
    sizes = f"{counted(rounds, 'round')}, {counted(languages, 'language')}"
    return [f"{report.programme.programme}: {sizes}, no problems"]
