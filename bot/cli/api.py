"""`runda token` and `runda webhook`: what the organisation's other programs read and are told. See docs/api.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bot.cli import MISUSED, Told
from bot.cli.common import Group, actor

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.cli import Caller

#: As `bot.api.tokens`; a test holds this to it, since help shall not open a database.
SCOPES = ("schedule", "recaps")
NO_URL = (
    "Nobody finds this server yet. Set RUNDA_URL to its public address (https://…), and start runda serve."
)
_number = click.argument("number", type=click.IntRange(1))


@contextmanager
def _organisation(caller: Caller, *, write: bool = False) -> Iterator[tuple[Connection, int]]:
    """The organisation that commands speak for. Raises Told where there is none."""
    from sqlalchemy import select

    from storage.tables import organisations

    name, database = caller.settings.organisation, caller.database()
    with database.write() if write else database.read() as connection:
        owner = connection.execute(select(organisations.c.id).where(organisations.c.name == name)).scalar()
        if owner is None:
            raise Told(
                f"There is no organisation called {name} yet. It is made with its first series.", MISUSED
            )
        yield connection, int(owner)


@click.group(cls=Group)
def token() -> None:
    """Let programs of the organisation read its schedule and its managers' recaps, by HTTP. See docs/api.md.

    A token is shown once. It reads nothing that one person said, and changes nothing.
    """


@token.command("make")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it may read."
)
@click.pass_obj
def make_token(caller: Caller, name: str, scopes: tuple[str, ...]) -> None:
    """Make a token. NAME says what program it is for.

    \b
      runda token make intranet --scope schedule
      runda token make archive --scope schedule --scope recaps
    """
    from bot.api import tokens
    from storage.audit import log_act

    now, longest = caller.clock.now(), 60
    if not 0 < len(name.strip()) <= longest:
        raise Told(f"NAME: say what program it is for, in at most {longest} characters.", MISUSED)
    with _organisation(caller, write=True) as (connection, owner):
        number, secret = tokens.make(connection, owner, name.strip(), scopes, now)  # type: ignore[arg-type]
        log_act(connection, owner, actor(), "token made", f"token:{number} {' '.join(scopes)}", now)
    click.echo(secret)
    click.echo(
        f"Token {number}. It is not shown again. To take it back: runda token revoke {number}", err=True
    )


@token.command("list")
@click.pass_obj
def list_tokens(caller: Caller) -> None:
    """List the tokens that hold; not the tokens themselves, which nobody can read."""
    from bot.api import tokens

    with _organisation(caller) as (connection, owner):
        rows = tokens.held(connection, owner)
    for row in rows:
        click.echo(f"{row.id:>4}  {row.name:<32}  {row.scopes:<18}  since {row.since:%Y-%m-%d}")
    if not rows:
        click.echo("There is no token. Make one: runda token make --help")


@token.command("revoke")
@_number
@click.pass_obj
def revoke_token(caller: Caller, number: int) -> None:
    """Take a token back, by its number. From now on it reads nothing."""
    from bot.api import tokens
    from storage.audit import log_act

    now = caller.clock.now()
    with _organisation(caller, write=True) as (connection, owner):
        if not tokens.revoke(connection, owner, number, now):
            raise Told(f"There is no token {number} that holds. See: runda token list", MISUSED)
        log_act(connection, owner, actor(), "token revoked", f"token:{number}", now)
    click.echo(f"Token {number} reads nothing any more.")


@click.group(cls=Group)
def webhook() -> None:
    """Have programs of the organisation told when a recap is approved, or a session planned, moved or cancelled.

    They are told which series and session it is, and where to read it with a token; nothing that anybody has said. What
    happens before a webhook is made, it is not told.
    """


@webhook.command("make")
@click.argument("url")
@click.option("--private", is_flag=True, help="It may lead to this machine, or to a private network.")
@click.pass_obj
def make_webhook(caller: Caller, url: str, *, private: bool) -> None:
    """Have URL told from now on. Prints the secret that its calls are signed with, once.

    \b
      runda webhook make https://intranet.example.org/hooks/runda
    """
    from bot.api import webhooks
    from storage.audit import log_act

    if not caller.settings.url:
        raise Told(NO_URL, MISUSED)
    now, own = caller.clock.now(), caller.database().secret(webhooks.SECRET)
    with _organisation(caller, write=True) as (connection, owner):
        number = webhooks.make(connection, owner, url, now, private=private)
        log_act(connection, owner, actor(), "webhook made", f"webhook:{number}", now)
    click.echo(webhooks.secret(webhooks.key(own, number)))
    click.echo(f"Webhook {number}. To tell it nothing more: runda webhook stop {number}", err=True)


@webhook.command("list")
@click.pass_obj
def list_webhooks(caller: Caller) -> None:
    """List the webhooks, and what waits for them."""
    from bot.api import webhooks

    with _organisation(caller) as (connection, owner):
        rows = [(row, webhooks.waiting(connection, row.id)) for row in webhooks.listed(connection, owner)]
    for row, waits in rows:
        ended = f"stopped {row.until:%Y-%m-%d}" if row.until else f"{waits} waiting"
        click.echo(f"{row.id:>4}  {row.url}  since {row.since:%Y-%m-%d}, {ended}")
    if not rows:
        click.echo("There is no webhook. Make one: runda webhook make --help")


@webhook.command("stop")
@_number
@click.pass_obj
def stop_webhook(caller: Caller, number: int) -> None:
    """Tell a webhook nothing more, by its number. What waits for it is dropped."""
    from bot.api import webhooks
    from storage.audit import log_act

    now = caller.clock.now()
    with _organisation(caller, write=True) as (connection, owner):
        if not webhooks.stop(connection, owner, number, now):
            raise Told(
                f"There is no webhook {number} that is told anything. See: runda webhook list", MISUSED
            )
        log_act(connection, owner, actor(), "webhook stopped", f"webhook:{number}", now)
    click.echo(f"Webhook {number} is told nothing more.")
