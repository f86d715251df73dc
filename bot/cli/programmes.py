"""Commands about programmes: `runda check`."""

from __future__ import annotations

import click

from bot import library
from bot.cli import EXIT_CODES, MISUSED
from flows.check import Report
from flows.check.problem import counted


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
