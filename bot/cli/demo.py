"""`runda demo` and `runda try`: the house at work, on a clock of its own, in a folder that is thrown away."""

from __future__ import annotations

import math
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import FAILED, SPOKEN

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.demo.play import Play
    from bot.demo.sheet import Sheet


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every thread of every group, over all the sessions.")
@click.option(
    "--crash", is_flag=True, help="Kill it in the middle of a question, go on, and count what was lost."
)
@click.option("--language", type=click.Choice(SPOKEN), help="Default: the machine's own, otherwise en.")
@click.option(
    "--programme", default="selfcheck", metavar="NAME", help="A programme by its name, folder or file."
)
@click.option("--pace", type=click.Choice(("live", "async")), default="live", show_default=True,
              help="Minutes in a meeting, or days in a thread.")  # fmt: skip
@click.option("--form", metavar="NAME", help="How the programme is timed; one-day has breaks.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Write threads, recaps and the managers' page there, as files.")  # fmt: skip
@click.pass_context
def demo(ctx: click.Context, /, *, everything: bool, crash: bool, out: Path | None, **asked: Any) -> None:
    """Play a whole meeting series, on a clock of its own, through the real house.

    Nine people of an invented municipality are played; nothing else is. Shown are the moments that matter.

    \b
      runda demo
      runda demo --all --language nb
      runda demo --crash
    """
    from bot.demo.performance import Wanted, perform

    if crash and (everything or out):
        raise click.UsageError("--crash shows what was lost; leave out --all and --out.")
    well = perform(_play(ctx.obj, **asked), _sheet(), Wanted(everything, crash, out, called()))
    if not well:
        ctx.exit(FAILED)


@click.command("try")
@click.option("--name", metavar="NAME", help="What you are called. Default: Kari.")
@click.option("--language", type=click.Choice(SPOKEN), help="Default: the machine's own, otherwise en.")
@click.pass_obj
def try_(caller: Caller, /, *, name: str | None, language: str | None) -> None:
    """Take part yourself, among four played colleagues.

    Type two answers, press Enter to jump two weeks, and read your own words in the recap. A minute is enough, and
    nothing is kept.
    """
    from bot.demo.performance import visit

    visit(language or caller.language, name, _sheet(), typed, called())


def typed(prompt: str) -> str:
    """A line from whoever sits there, or from a pipe. Raises EOFError."""
    if sys.stdin.isatty():
        words = input(prompt)
        if sys.stdout.isatty():
            # It comes again, as a message.
            rows = math.ceil((len(prompt) + len(words)) / shutil.get_terminal_size().columns) or 1
            click.echo(f"\x1b[{rows}A\r\x1b[J", nl=False)
        return words
    click.echo(prompt)
    if not (line := sys.stdin.readline()):
        raise EOFError
    return line


def _play(caller: Caller, /, *, language: str | None, programme: str, pace: str, form: str | None) -> Play:
    from bot.demo.play import Play

    return Play(language or caller.language, programme, pace, form, insists=language is not None)


def _sheet() -> Sheet:
    from adapters.terminal.screen import screen
    from bot.demo.sheet import Sheet

    def echo(line: str) -> None:
        click.echo(line)
        sys.stdout.flush()

    return Sheet(echo, screen(sys.stdout, os.environ))


def called() -> str:
    """The command as it was typed: from a clone, or installed."""
    return "python3 -m bot" if Path(sys.argv[0]).parts[-2:] == ("bot", "__main__.py") else "runda"
