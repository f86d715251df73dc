"""`runda document`: files that people open outside the chat. What is done stands in `bot.documents`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli import MISUSED, Told
from bot.cli.common import MAYBE_NUMBER, SERIES, Group, actor

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.documents.recaps import Document
    from bot.series.office import Office
    from storage.unit import Unit

VIEWER: Final = "coordinator"
RECAPS = ("html", "pdf", "docx", "md", "csv", "json")
_out = click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Its ending says what kind of file it is.",
)  # fmt: skip


@click.group(cls=Group)
def document() -> None:
    """Make files that people open outside the chat: recaps, slides, and sheets to write on.

    A file cannot be called back: when people take something back later, make it again, and do away with the old one.
    """


@contextmanager
def _office(caller: Caller, called: str, *, write: bool = False) -> Iterator[tuple[Office, Unit]]:
    from bot.series.office import open_office
    from storage.unit import Unit

    database = caller.database()
    with database.write() if write else database.read() as connection:
        now = caller.clock.now()
        yield open_office(connection, caller.settings.organisation, called, actor(), now), Unit(connection)


def _ending(out: Path, known: tuple[str, ...]) -> str:
    """Raises Told for a file of a kind that we do not make."""
    ending = out.suffix.removeprefix(".").lower()
    if ending not in known:
        kinds = ", ".join(f".{each}" for each in known)
        raise Told(
            f"--out: {out} ends in no kind of file that can be made of this. There is: {kinds}.", MISUSED
        )
    return ending


def _written(out: Path, file: bytes) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(file)
    click.echo(str(out))


@document.command(short_help="A recap: HTML, PDF, DOCX, Markdown, CSV or JSON.")
@SERIES
@MAYBE_NUMBER
@click.option("--group", metavar="NAME", help="A group's, by its name or number.")
@click.option("--managers", is_flag=True, help="The managers', across groups.")
@click.option("--series", is_flag=True, help="The managers', of the whole series until that session.")
@_out
@click.pass_obj
def recap(
    caller: Caller, called: str, number: int | None, group: str | None, out: Path, *, managers: bool, series: bool
) -> None:  # fmt: skip
    """Make a file of a recap: a group's, or the managers' once it is approved.

    Without NUMBER: of the last session held.

    \b
      runda document recap north --managers --out recap.pdf
      runda document recap north --series --out series.docx
      runda document recap north 2 --group Fjord --out fjord.docx
    """
    from bot.documents import recaps
    from bot.recaps.desk import record
    from bot.shelf import Shelf
    from bot.words import Speaker

    if (group is not None) + managers + series > 1:
        raise click.UsageError("Say --group, --managers or --series, and one of them only.")
    ending = _ending(out, RECAPS)
    with _office(caller, called, write=True) as (office, unit):
        number, speaker = number or _last_held(office), Speaker(Shelf())
        if managers or series:
            found = recaps.of_managers(office, unit, speaker, VIEWER, number, whole=series)
        else:
            found = recaps.of_group(office, unit, speaker, VIEWER, number, group)
        file = _maker(ending)(found)
        record(office, "recaps exported", f"session {number} as {ending}")
    _written(out, file)


def _last_held(office: Office) -> int:
    held = [each.number for each in office.meetings() if each.status == "held"]
    if not held:
        raise Told(
            "No group has finished a session in which something was said, so there is no recap.", MISUSED
        )
    return int(held[-1])


def _maker(ending: str) -> Callable[[Document], bytes]:
    from bot.documents import text, web, word

    makers: dict[str, Callable[[Document], bytes]] = {
        "html": web.to_html, "pdf": lambda found: web.to_pdf(web.to_html(found)), "docx": word.to_docx,
        "md": text.to_markdown, "csv": text.to_csv, "json": text.to_json,
    }  # fmt: skip
    return makers[ending]


@document.command(short_help="A session's questions for the room's screen: PPTX.")
@SERIES
@MAYBE_NUMBER
@_out
@click.pass_obj
def slides(caller: Caller, called: str, number: int | None, out: Path) -> None:
    """Make slides of a session: one question on each, pictures with their text, notes for whoever leads it.

    Without NUMBER: of the next session.

    \b
      runda document slides north 1 --out session-1.pptx
    """
    from bot.documents.slides import to_pptx

    _ending(out, ("pptx",))
    with _office(caller, called) as (office, unit):
        file = to_pptx(_round(office, unit, number))
    _written(out, file)


@document.command(short_help="A session on paper, a sheet for each table: HTML or PDF.")
@SERIES
@MAYBE_NUMBER
@_out
@click.pass_obj
def sheets(caller: Caller, called: str, number: int | None, out: Path) -> None:
    """Make sheets to write on, one for each group's table. What is to count is written in the chat afterwards.

    Without NUMBER: of the next session.

    \b
      runda document sheets north 1 --out session-1.pdf
    """
    from bot.documents import web
    from bot.documents.forms import to_form

    ending = _ending(out, ("html", "pdf"))
    with _office(caller, called) as (office, unit):
        tables = [each.name for each in office.circles("group")]
        file = to_form(_round(office, unit, number), caller.settings.organisation, tables)
    _written(out, web.to_pdf(file) if ending == "pdf" else file)


def _round(office: Office, unit: Unit, number: int | None) -> Any:
    from bot.documents.round import round_of
    from bot.shelf import Shelf

    ahead = [each.number for each in office.meetings() if each.status in ("tentative", "confirmed", "open")]
    return round_of(office, unit, Shelf(), number or next(iter(ahead), 1))
