"""`runda idea`: the idea sluice for whoever coordinates at the command line. Names are shown nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bot.cli import MISUSED, Told
from bot.cli.common import Group, actor
from bot.cli.coordinator import at, found_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.cli import Caller

#: Characters of an idea in the list.
SHORT = 70
#: A test holds these to `bot.ideas.sluice`, which takes long to import.
VERDICTS = ("assessing", "needs-more", "investigating", "goes-on", "handed-over", "not-now")


@click.group(cls=Group)
def idea() -> None:
    """Ideas from anyone, at any time: list and assess them, without names.

    Whoever gave one is told of each change, in private. In a chat people leave one with /runda idea, or by the
    button on their overview.
    """


def _owner(connection: Any, caller: Caller) -> int:
    from bot.series.making import organisation, tenant

    owner = tenant(connection, caller.settings.organisation, caller.language, "UTC")
    if owner.new:
        raise Told(f"There is no organisation called {caller.settings.organisation}.", MISUSED)
    return organisation(connection, owner, caller.clock.now())


def _one(connection: Any, owner: int, number: int) -> Any:
    from bot.ideas import sluice

    found = sluice.unnamed(connection, owner, number)
    if not found:
        raise Told(f"There is no idea {number}. See them all: runda idea list", MISUSED)
    return found[0]


@idea.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="All of them with what became of them, for other programs."
)
@click.pass_obj
def list_(caller: Caller, *, as_json: bool) -> None:
    """List ideas with their status, and count them by status and age."""
    from bot.ideas import sluice

    now = caller.clock.now()
    with caller.database().read() as connection:
        owner = _owner(connection, caller)
        ideas = sluice.unnamed(connection, owner)
        if as_json:
            click.echo(json.dumps(list(_exported(connection, ideas)), indent=2, ensure_ascii=False))
            return
        counted = sluice.counts(connection, owner)
    for each in ideas:
        words = " ".join(each.words.split())
        click.echo(f"{each.id:>4}  {each.status:<13}  {(now - each.since).days:>4} days  {words[:SHORT]}")
    for one in counted:
        click.echo(f"{one.status}: {one.n}, the oldest for {(now - one.since).days} days")
    if not ideas:
        click.echo("There are no ideas yet.")


def _exported(connection: Any, ideas: list[Any]) -> Iterator[dict[str, Any]]:
    from bot.ideas import sluice

    news = sluice.news(connection, [each.id for each in ideas])
    for each in ideas:
        yield {
            "idea": each.id, "words": each.words, "whom": each.whom, "status": each.status,
            "since": _day(each.since), "given": _day(each.given_at),
            "news": [
                {"status": row.status, "words": row.words, "at": _day(row.at),
                 "from": "giver" if row.person_id == each.person_id else "assessor"}
                for row in news if row.idea_id == each.id
            ],
        }  # fmt: skip


def _day(at: datetime) -> str:
    """The hour would tell who was at it."""
    return f"{at:%Y-%m-%d}"


@idea.command()
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def show(caller: Caller, number: int) -> None:
    """Print idea NUMBER, and what became of it."""
    with caller.database().read() as connection:
        (told,) = _exported(connection, [_one(connection, _owner(connection, caller), number)])
    click.echo(told["words"])
    if told["whom"]:
        click.echo(f"For whom: {told['whom']}")
    for row in told["news"]:
        said = f": {row['words']}" if row["words"] else ""
        click.echo(f"{row['at']}  {row['from']}: {row['status']}{said}")


@idea.command()
@click.argument("number", type=click.IntRange(1))
@click.argument("status", type=click.Choice(VERDICTS))
@click.option(
    "--words", default="", metavar="TEXT", help="To whoever gave it: what is missing, who has it, why not."
)
@click.pass_obj
def decide(caller: Caller, number: int, status: Any, words: str) -> None:
    """Say what becomes of idea NUMBER. Whoever gave it is told, in working hours.

    \b
      runda idea decide 12 assessing
      runda idea decide 12 not-now --words "The hall is rebuilt in spring."
    """
    from bot.ideas import sluice, telling

    now = caller.clock.now()
    with caller.database().write() as connection:
        one = _one(connection, _owner(connection, caller), number)
        sluice.decide(connection, one, status, words, None, actor(), now)
        telling.tell(connection, now, number)
    click.echo(f"Idea {number}: {status}. Whoever gave it is told.")


@idea.command()
@click.argument("words")
@click.option("--for", "whom", default="", metavar="TEXT", help="For whom it is.")
@click.option("--by", metavar="NAME", required=True, help="Who gave it: word of it goes to them.")
@click.pass_obj
def add(caller: Caller, words: str, whom: str, by: str) -> None:
    """Take in an idea that somebody has told you, in their WORDS.

    \b
      runda idea add "A place to meet after eight" --for "those under eighteen" --by "Kari Vik"
    """
    from bot.ideas import sluice, telling
    from bot.rights import person

    now = caller.clock.now()
    with caller.database().write() as connection:
        owner = _owner(connection, caller)
        giver = person.find(connection, caller.settings.organisation, by)
        number = sluice.give(connection, owner, giver, words, whom, now)
        telling.receipt(connection, _one(connection, owner, number))
        telling.tell(connection, now, number)
    click.echo(f"Idea {number} is received.")


@idea.command()
@at
@click.option(
    "--name", metavar="NAME", help="What they are called. Default: the account, until they are met."
)
@click.option("--end", is_flag=True, help="They assess ideas no more.")
@click.pass_obj
def assessor(
    caller: Caller, account: str, platform: str, workspace: str | None, name: str | None, *, end: bool
) -> None:  # fmt: skip
    """Let ACCOUNT assess ideas, and nothing else. Whoever may set up series assesses them too.

    \b
      runda idea assessor U0123 --platform slack --workspace T0123 --name "Siri Vik"
    """
    from bot.series import appointing
    from flows.forms import Named

    now = caller.clock.now()
    with caller.database(new=True).write() as connection:
        where, owner = found_account(connection, caller, account, platform, workspace)
        if end:
            held = appointing.appointments(connection, owner, "ideas")
            who = next(
                (row.person_id for row in held if (row.platform, row.workspace, row.account) == where), 0
            )
            said = appointing.dismiss(connection, owner, who, actor(), now, office="ideas")
        else:
            one = Named(name or account)
            said = appointing.appoint(connection, owner, one, where, actor(), now, office="ideas")
    click.echo(said)
