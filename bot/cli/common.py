"""What several commands about series need."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from bot.cli import MISUSED, Told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.cli import Caller
    from bot.series.planning import Plan, Wish

#: Characters that the audit log has room for.
LONGEST = 120
#: Where an organisation's zone is not known yet.
ZONE = "Europe/Oslo"


#: What most commands are about: a series, and one session of it.
SERIES = click.argument("called", metavar="SERIES")
NUMBER = click.argument("number", type=click.IntRange(1), metavar="NUMBER")
MAYBE_NUMBER = click.argument("number", type=click.IntRange(1), metavar="[NUMBER]", required=False)


class Group(click.Group):
    """A command of several; click would cut what its help says of each to what one line has room for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(LONGEST)) for name, each in self.commands.items()]
            )


def actor() -> str:
    """Who is at the command line, for the audit log."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container's user need not have a name
        return "command line"


def planned(wish: Wish, content: Any, owner: Any, now: datetime) -> Plan:
    """`bot.series.planning.plan`, with a doubtful time told by options."""
    from bot.series.planning import plan
    from bot.series.problems import WhichTime

    try:
        return plan(wish, content, owner, now)
    except WhichTime as asked_about:
        raise which_time(asked_about) from asked_about


def which_time(problem: Any) -> Told:
    say = "Say --which first or --which second." if problem.twice else "Say it with --at."
    return Told(f"{problem} {say}", MISUSED)


def workspaces(connection: Connection, caller: Caller, platform: str) -> list[str]:
    """Those of a platform that Runda has met. On Telegram that is its bot, whose number its token begins with."""
    from sqlalchemy import select

    from bot.series.homes import TELEGRAM
    from storage import tables as t

    token = caller.settings.telegram_bot_token
    if platform == TELEGRAM:
        return [token.get_secret_value().partition(":")[0]] if token is not None else []
    i = t.installations.c
    met = select(i.workspace).where(i.platform == platform, i.ended_at.is_(None)).order_by(i.id)
    return list(connection.execute(met).scalars())


def record(database: Any, act: str, what: str, now: datetime) -> None:
    """What the operator did to all of it, in the audit log of every organisation."""
    from sqlalchemy import select

    from storage import tables as t
    from storage.audit import log_act

    with database.write() as connection:
        owners = connection.execute(select(t.organisations.c.id)).scalars().all()
        for owner in owners:
            log_act(connection, owner, actor(), act, what, now)
