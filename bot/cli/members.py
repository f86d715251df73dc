"""Commands about the people of a series: who takes part, in what group and role, and where managers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.cli.changing import DRY, GROUP, change
from bot.cli.common import SERIES
from bot.cli.forms import asked, read
from flows.forms import DIVIDE

if TYPE_CHECKING:
    from bot.cli import Caller

ROLES = ("coordinator", "manager", "note-taker")


@click.command()
@SERIES
@click.argument("name")
@GROUP
@click.option("--instead-of", metavar="NAME", help="Whose seat they take; what that person has said is kept.")
@DRY
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
@DRY
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
@DRY
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
@DRY
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
@asked(DIVIDE)
@DRY
@click.pass_obj
def divide(caller: Caller, /, called: str, *, dry_run: bool, **given: Any) -> None:
    """Divide those who take part into groups, where the series was planned without.

    Without options there are as many groups as suit their number; the same people are divided the same way each time,
    and those of the same unit come into different groups. Or say who sits where: everybody who takes part is named
    once, and a channel where the group is to have one of its own.

    \b
      runda series divide north
      runda series divide north --groups 3
      runda series divide north --group "Fjord: Kari, Amir, Liv, Jon" --group "Fjell@C7: Ola, Per, Eva, Nils"
    """
    from bot.series import dividing
    from bot.shelf import Shelf

    wanted = read(DIVIDE, given)
    change(
        caller, called, lambda office: dividing.divide(office, Shelf(), wanted["groups"], wanted["group"]),
        dry_run=dry_run,
    )  # fmt: skip


@click.command()
@SERIES
@click.argument("unit", metavar="UNIT")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--end", is_flag=True, help="They are not from there, and nobody knows from where.")
@DRY
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
@DRY
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


COMMANDS = (add, remove, role, unit, leaders, managers_place, divide, group)
