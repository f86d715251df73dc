"""`runda recap`: recaps on a coordinator's desk. What is done stands in `bot.recaps`.

At the command line one speaks as the coordinator: what a coordinator may not see is not shown, and what is read and
done is written in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from bot.cli import MISUSED, Told
from bot.cli.common import MAYBE_NUMBER, NUMBER, SERIES, Group, actor

if TYPE_CHECKING:
    from bot.cli import Caller
    from bot.recaps.approval import ManagersDesk
    from bot.recaps.desk import GroupDesk
    from bot.recaps.wording import Draft
    from bot.series.office import Office
    from bot.shelf import Shelf
    from storage.unit import Unit

F = TypeVar("F", bound=Callable[..., Any])
#: For whom recaps are made here, and who reads them in fact.
VIEWER: Final = "coordinator"
READER: Final = "operator"
NOTHING_YET = "No group has finished a session in which something was said, so there is no recap."


@click.group(cls=Group)
def recap() -> None:
    """Read recaps, edit, hold or approve them, make files.

    A group's recap opens its next session by itself, marked as made by rule, unless you hold it or edit it before.
    The managers' recap of a session waits for your approval; if it waits too long, counts only go out. That of the
    whole series (--series) can be made from the second session on, and goes out only when you approve it.

    SERIES is what a series is called in the list: runda series list. NUMBER is that of a session; without it, the last
    one held is meant.
    """


def _which(command: F) -> F:
    """What says which recap is meant."""
    group = click.option("--group", metavar="NAME", help="A group, by its name or number.")
    return SERIES(MAYBE_NUMBER(group(command)))


_managers = click.option("--managers", is_flag=True, help="The managers' recap, across groups.")
_series = click.option(
    "--series", is_flag=True, help="The managers' recap of the whole series until that session."
)


# -- a transaction, and what is on the desk in it


@dataclass(frozen=True, slots=True)
class _Room:
    """One transaction on one series."""

    office: Office
    unit: Unit
    shelf: Shelf
    ids: Callable[[], int]

    def number(self, meeting: int | None) -> int:
        """The meeting that is meant. Raises Told where none has been held."""
        held = [each.number for each in self.office.meetings() if each.status == "held"]
        if meeting is None and not held:
            raise Told(NOTHING_YET, MISUSED)
        return meeting or held[-1]

    def of_group(self, meeting: int | None, group: str | None, *, lock: bool = True) -> GroupDesk:
        from bot.recaps.desk import open_desk

        number = self.number(meeting)
        return open_desk(self.office, self.unit, self.shelf, self.ids, VIEWER, number, group, lock=lock)

    def of_managers(self, meeting: int | None, *, lock: bool = True, whole: bool = False) -> ManagersDesk:
        from bot.recaps.approval import open_desk

        number = self.number(meeting)
        return open_desk(self.office, self.unit, self.shelf, self.ids, VIEWER, number, lock=lock, whole=whole)


@contextmanager
def _room(caller: Caller, called: str, *, write: bool = True) -> Iterator[_Room]:
    from bot.clock import id_maker
    from bot.series.office import open_office
    from bot.shelf import Shelf
    from storage.unit import Unit

    database = caller.database()
    with database.write() if write else database.read() as connection:
        office = open_office(connection, caller.settings.organisation, called, actor(), caller.clock.now())
        yield _Room(office, Unit(connection), Shelf(), id_maker())


def _one_of(group: str | None, *managers: bool) -> None:
    if (group is not None) + sum(managers) > 1:
        raise click.UsageError("Say --group, --managers or --series, and one of them only.")


# -- reading


@recap.command(short_help="Print recaps as they stand.")
@_which
@_managers
@_series
@click.pass_obj
def show(
    caller: Caller, called: str, number: int | None, group: str | None, *, managers: bool, series: bool
) -> None:  # fmt: skip
    """Print recaps as they stand: what will go out, or what went out. In Markdown, with each line's number.

    That they were read is kept in the audit log.

    Without --group or --managers: all of that session. Where each stands is told apart from the text (on standard
    error), so that the text can be put in a file.

    \b
      runda recap show north
      runda recap show north 2 --group Fjord
      runda recap show north --managers > recap.md
      runda recap show north --series
    """
    _one_of(group, managers, series)
    with _room(caller, called) as room:
        number = _read(room, number)
    with _room(caller, called, write=False) as room:
        if series:
            _show_managers(room, room.of_managers(number, lock=False, whole=True))
            return
        groups = [group] if group else [] if managers else _groups(room, number)
        for each in groups:
            _show_group(room, room.of_group(number, each, lock=False))
        if not group:
            _show_managers(room, room.of_managers(number, lock=False))


def _read(room: _Room, meeting: int | None) -> int:
    """The meeting that is meant. That its recaps are read is written down before anything is looked at."""
    from bot.recaps.desk import record
    from flows import sight

    for datum in ("group-recap", "manager-draft", "manager-recap"):
        sight.require(READER, datum, given={"logged"})
    number = room.number(meeting)
    record(room.office, "recaps read", f"session {number}")
    return number


def _groups(room: _Room, number: int) -> list[str]:
    from bot.recaps.ledger import ledger

    found = ledger(room.unit, room.office.series.id)
    # What each wrote alone before there were groups is nobody's recap.
    return [
        str(each.circle_number) for each in found.sittings if each.number == number and each.circle_number
    ]


def _show_group(room: _Room, desk: GroupDesk) -> None:
    from bot.recaps.telling import of_group

    sitting = desk.sitting
    for told in of_group(desk.ledger, sitting, room.office.series.zone):
        click.echo(f"Session {sitting.number}, {sitting.name}: {told}", err=True)
    _print(room, desk.draft(), sitting)


def _show_managers(room: _Room, desk: ManagersDesk) -> None:
    from bot.recaps.ledger import ledger
    from bot.recaps.telling import of_managers, of_whole

    row = room.office.meeting(desk.meeting.number)
    of, called = (of_whole, "the whole series, ") if desk.whole else (of_managers, "")
    for told in of(room.office, room.unit, ledger(room.unit, room.office.series.id), row):
        click.echo(f"Session {row.number}, {called}managers: {told}", err=True)
    shown = desk.shown()
    if desk.approved is not None and shown.status != "approved":
        click.echo(
            f"Something has changed since version {desk.approved.version}. Approve it to send it.", err=True
        )
    _print(room, shown, desk.session)


def _print(room: _Room, draft: Draft, session: Any) -> None:
    from bot.markdown import markdown
    from bot.recaps import reading
    from bot.words import Speaker

    stands = reading.stands(room.unit, draft)
    if stands.out:
        click.echo(f"Left out: {reading.numbers(stands.out)}", err=True)
    if stands.lost:
        lost = reading.numbers(stands.lost)
        click.echo(f"Gone, because what they rest on was taken back or changed: {lost}", err=True)
    said = reading.say(Speaker(room.shelf), room.unit, draft, session, room.office.now)
    click.echo(markdown(said))


@recap.command(name="list", short_help="List what waits, and what went out.")
@SERIES
@click.pass_obj
def list_(caller: Caller, called: str) -> None:
    """List what waits, and what went out: when, to whom, in which version. Without what the recaps say."""
    from bot.recaps.ledger import ledger
    from bot.recaps.telling import of_series

    with _room(caller, called, write=False) as room:
        lines = list(of_series(room.office, room.unit, ledger(room.unit, room.office.series.id)))
    click.echo("\n".join(lines) if lines else NOTHING_YET)


# -- acts


@recap.command(short_help="Keep a group's recap back.")
@_which
@click.pass_obj
def hold(caller: Caller, called: str, number: int | None, group: str | None) -> None:
    """Keep a group's recap back: its next session opens without it, and nothing is said of it there."""
    from bot.recaps import desk

    with _room(caller, called) as room:
        click.echo(desk.hold(room.of_group(number, group)))


@recap.command(short_help="Hold a group's recap no longer.")
@_which
@click.pass_obj
def release(caller: Caller, called: str, number: int | None, group: str | None) -> None:
    """Hold a group's recap no longer."""
    from bot.recaps import desk

    with _room(caller, called) as room:
        click.echo(desk.release(room.of_group(number, group)))


@recap.command(short_help="Change lines before it goes out.")
@_which
@_managers
@_series
@click.option("--drop", type=int, multiple=True, metavar="LINE", help="Leave a line out. Can be given again.")
@click.option(
    "--say", type=(int, str), multiple=True, metavar="LINE WORDS", help="Your own words for a line. Again."
)
@click.option("--restore", type=int, multiple=True, metavar="LINE", help="A line as people wrote it. Again.")
@click.option(
    "--together",
    multiple=True,
    metavar="LINES",
    help="Managers': findings that belong together, such as 1,4. Again.",
)
@click.option(
    "--apart", type=int, multiple=True, metavar="LINE", help="A finding that belongs with no other. Again."
)
@click.option(
    "--heading",
    type=(int, str),
    multiple=True,
    metavar="LINE WORDS",
    help="Of what a finding belongs to. Again.",
)
@click.option(
    "--asks", type=int, multiple=True, metavar="LINE", help="A finding asks something of managers. Again."
)
@click.option("--asks-not", type=int, multiple=True, metavar="LINE", help="It does not. Again.")
@click.option("--anew", is_flag=True, help="A group's recap by rule again, without what you changed.")
@click.pass_obj
def edit(
    caller: Caller, /, called: str, number: int | None, group: str | None,
    *, managers: bool, series: bool, anew: bool, **changes: Any,
) -> None:  # fmt: skip
    """Change a recap before it goes out, and print it.

    LINE is the number that runda recap show has before it. A line in your words is marked as yours, and goes when
    what it stands for is taken back or changed. Nothing can be added that nobody said.

    What several groups have in common is proposed by rule, under the words that recur. You say which findings belong
    together, which do not, and what the heading shall be.

    \b
      runda recap edit north --group Fjord --drop 3 --say 1 "The rules are tighter than the law."
      runda recap edit north --managers --drop 2
      runda recap edit north --managers --together 1,4,7 --heading 1 "Rules we think we have" --asks 4
      runda recap edit north --series --drop 5
    """
    from bot.recaps import approval, desk
    from bot.recaps.editing import Edit

    _one_of(group, managers, series)
    managers = managers or series
    wanted = Edit(**{**changes, "together": tuple(map(_lines, changes["together"]))})
    if wanted.arranges and not managers:
        raise click.UsageError(
            "What belongs together is said in the managers' recap: --managers or --series."
        )
    if wanted.empty != anew or (anew and managers):
        raise click.UsageError("Say --drop, --say or --restore; or, for a group's recap, --anew alone.")
    with _room(caller, called) as room:
        _read(room, number)
        if managers:
            across = room.of_managers(number, whole=series)
            told = approval.edit(across, wanted)
            _print(room, across.draft(), across.session)
        else:
            one = room.of_group(number, group)
            told = desk.make_anew(one) if anew else desk.edit(one, wanted)
            _print(room, one.draft(), one.sitting)
    click.echo(told, err=True)


@recap.command(short_help="Approve a recap; managers are sent theirs.")
@_which
@_series
@click.option("--by", metavar="NAME", help="The coordinator who approves it. Default: the only one.")
@click.pass_obj
def approve(
    caller: Caller, called: str, number: int | None, group: str | None, by: str | None, *, series: bool
) -> None:  # fmt: skip
    """Approve the managers' recap, and send it to them; or, with --group, a group's recap.

    An approved version is frozen: it only loses what people take back. Approving twice sends once. When something
    has changed since, approving makes a new version, and sends that.

    \b
      runda recap approve north 2
      runda recap approve north --series
    """
    from bot.recaps import approval, desk

    _one_of(group, series)
    with _room(caller, called) as room:
        who = approval.coordinator(room.office, by)
        if group is not None:
            told = [desk.approve(room.of_group(number, group), who)]
        else:
            told = approval.approve(room.of_managers(number, whole=series), who)
    click.echo("\n".join(told))


def _lines(said: str) -> tuple[int, ...]:
    """«1,4,7». Raises UsageError."""
    numbers = [each.strip() for each in said.split(",")]
    if len(numbers) < 2 or not all(each.isdecimal() for each in numbers):
        raise click.UsageError(f"--together needs the numbers of two findings or more, such as 1,4: {said}")
    return tuple(map(int, numbers))


@recap.command(short_help="Answer a group, as a manager does.")
@SERIES
@NUMBER
@click.argument("finding", type=click.IntRange(1), metavar="FINDING")
@click.option("--decided", metavar="WORDS", help="What has been decided. Can be empty.")
@click.option("--not-now", metavar="WORDS", help="Why it is not done now.")
@click.option("--by", metavar="NAME", help="The manager who answers. Default: the only one.")
@click.option(
    "--series", is_flag=True, help="FINDING is its number in the recap of the whole series until then."
)
@click.pass_obj
def answer(
    caller: Caller, called: str, number: int, finding: int, decided: str | None, not_now: str | None,
    by: str | None, *, series: bool,
) -> None:  # fmt: skip
    """Answer the group that put a finding forward: decided, or not now, because.

    FINDING is its number in the recap that managers have of session NUMBER. The group sees the answer when it
    meets next, with its actions, and without the manager's name. The last answer to a finding counts.

    \b
      runda recap answer north 2 3 --decided "We apply for the exemption in March."
      runda recap answer north 1 4 --not-now "The budget is closed until May." --by Per
    """
    from bot.recaps import responding

    if (decided is None) == (not_now is None):
        raise click.UsageError("Say --decided or --not-now.")
    with _room(caller, called) as room:
        desk = room.of_managers(number, whole=series)
        who = responding.manager(desk, by)
        words = decided if decided is not None else not_now
        told = responding.respond(
            desk, finding, "decided" if not_now is None else "not-now", words or "", who
        )
        click.echo(told)


# -- files


@recap.command(short_help="Make files of recaps.")
@SERIES
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="Where to put the files. Made if it is not there.",
)  # fmt: skip
@click.pass_obj
def export(caller: Caller, called: str, out: Path) -> None:
    """Write recaps to Markdown files: groups' and managers' in folders of their own.

    Every version that went out; and of each group's session whose recap has not been posted, such as the last one,
    what there is now, unless it is held. Names carry the session's number, and the version of what went out. A file
    cannot be called back: when people take something back later, export again, and do away with the old files.
    """
    from bot.recaps.desk import record
    from bot.recaps.files import files
    from bot.recaps.ledger import ledger
    from bot.words import Speaker

    with _room(caller, called) as room:
        rows = ledger(room.unit, room.office.series.id)
        found = dict(files(room.office, room.unit, Speaker(room.shelf), VIEWER, rows))
        record(room.office, "recaps exported", f"{len(found)} files")
    for path, words in found.items():
        place = out / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(words, "utf-8")
        click.echo(str(place))
    if not found:
        click.echo("There is no recap yet.")
