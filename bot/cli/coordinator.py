"""`runda coordinator`: who may set up series from a chat. The first is named here; they let others in themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.cli import MISUSED, Told
from bot.cli.common import ZONE, Group, actor, workspaces

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.cli import Caller
    from bot.series.homes import Where
    from bot.series.planning import Tenant

PLATFORMS = ("slack", "telegram")


@click.group(cls=Group)
def coordinator() -> None:
    """Say who may set up series from a chat, and see all of the organisation's.

    The first is named here. In the chat they let others do the same, and hand over. Who runs one series is another
    matter: runda series role
    """


def at(command: Any) -> Any:
    """The options that say on which platform an account is."""
    for option in (
        click.option("--workspace", metavar="ID", help="Default: the only one that is installed there."),
        click.option("--platform", type=click.Choice(PLATFORMS), default="slack", show_default=True),
        click.argument("account"),
    ):
        command = option(command)
    return command


@coordinator.command()
@at
@click.option(
    "--name", metavar="NAME", help="What they are called. Default: the account, until they are met."
)
@click.pass_obj
def add(caller: Caller, account: str, platform: str, workspace: str | None, name: str | None) -> None:
    """Let ACCOUNT set up series: the platform's id of a person, such as U0123 on Slack.

    \b
      runda coordinator add U0123 --platform slack --workspace T0123 --name "Siri Vik"
    """
    from bot.series import appointing
    from flows.forms import Named

    now = caller.clock.now()
    with caller.database(new=True).write() as connection:
        where, owner = found_account(connection, caller, account, platform, workspace)
        said = appointing.appoint(connection, owner, Named(name or account), where, actor(), now)
    click.echo(said)


@coordinator.command()
@at
@click.pass_obj
def remove(caller: Caller, account: str, platform: str, workspace: str | None) -> None:
    """Let ACCOUNT set up series no more. Series that they run are not touched."""
    from bot.series import appointing

    now = caller.clock.now()
    with caller.database().write() as connection:
        where, owner = found_account(connection, caller, account, platform, workspace)
        held = appointing.appointments(connection, owner)
        person = next(
            (row.person_id for row in held if (row.platform, row.workspace, row.account) == where), None
        )
        if person is None:
            raise Told(f"{account} may not set up series. See who may: runda coordinator list", MISUSED)
        said = appointing.dismiss(connection, owner, person, actor(), now)
    click.echo(said)


@coordinator.command("list")
@click.pass_obj
def list_(caller: Caller) -> None:
    """List who may set up series, with their accounts."""
    from sqlalchemy import select

    from bot.series.appointing import appointments
    from storage.tables import organisations

    mine = select(organisations.c.id).where(organisations.c.name == caller.settings.organisation)
    with caller.database().read() as connection:
        owner = connection.execute(mine).scalar()
        rows = appointments(connection, owner) if owner is not None else []
    for row in rows:
        click.echo(f"{row.name:<32}  {row.platform} {row.workspace} {row.account}")
    if not rows:
        click.echo("Nobody may set up series from a chat yet. Name the first: runda coordinator add --help")


# -- rows


def found_account(
    connection: Connection, caller: Caller, account: str, platform: str, workspace: str | None
) -> tuple[Where, int]:  # fmt: skip
    """Where an account is, and the organisation that it belongs to. Raises Told."""
    from bot.series import making

    where = _account(connection, caller, account, platform, workspace)
    return where, making.organisation(connection, _owner(connection, caller, where), caller.clock.now())


def _account(
    connection: Connection, caller: Caller, account: str, platform: str, workspace: str | None
) -> Where:  # fmt: skip
    """Raises Told where it does not say which workspace."""
    from bot.series.homes import BOT, TELEGRAM, Where

    found = workspaces(connection, caller, platform)
    if workspace is None and not found:
        if platform == TELEGRAM:
            raise Told(BOT, MISUSED)
        way = "Start runda serve with its keys, and try again; or name it with --workspace"
        raise Told(f"Runda has not met a workspace of {platform.title()} yet. {way}", MISUSED)
    if workspace is None and len(found) > 1:
        listed = ", ".join(found)
        raise Told(f"In which workspace of {platform.title()}? Say it with --workspace: {listed}", MISUSED)
    return Where(platform, workspace or found[0], account)


def _owner(connection: Connection, caller: Caller, where: Where) -> Tenant:
    """The organisation that the workspace belongs to; the one that commands speak for, where nobody installed it."""
    from sqlalchemy import select

    from bot.series.making import tenant
    from storage import tables as t

    i, o = t.installations.c, t.organisations.c
    owned = select(o.name).join(t.installations, i.organisation_id == o.id)
    name = connection.execute(
        owned.where(i.platform == where.platform, i.workspace == where.workspace)
    ).scalar()
    return tenant(connection, name or caller.settings.organisation, caller.language, ZONE)
