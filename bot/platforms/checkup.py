"""What `runda doctor` finds out about Slack: tokens, scopes, and the channels that series live in.

Everything is asked of Slack itself, and nothing is changed there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from adapters.port import Later, Refused, Shut
from bot.clock import Clock
from bot.finding import Finding
from bot.platforms.slack import NOT_INSTALLED, complete, installations, setup
from bot.settings import Misconfigured, Settings
from storage import tables as t
from storage.database import Database

if TYPE_CHECKING:
    from adapters.slack.client import Client
    from adapters.slack.workspaces import Installation

REINSTALL = "In Slack's page of the app: OAuth & Permissions, Reinstall to workspace."
TOKEN = "Copy the Bot User OAuth Token again (OAuth & Permissions) into SLACK_BOT_TOKEN."
APP_TOKEN = (
    "Make an App-Level Token with connections:write (Basic Information) and put it into SLACK_APP_TOKEN."
)
AWAY = "Slack cannot be reached. Try again; look at the network and the proxy, and at SLACK_API_URL if it is set."
REMEDIES = {
    "revoked": TOKEN,
    "uninstalled": f"{REINSTALL} Then: {TOKEN}",
    "scope": REINSTALL,
}


def look(settings: Settings, database: Database | None, clock: Clock) -> list[Finding]:
    """For a command: everything, in its own event loop. Without a database, what can be known without."""
    try:
        complete(settings)
    except Misconfigured as problem:
        return [Finding(well=False, what="Slack's settings", remedy=str(problem))]
    return asyncio.run(_look(settings, database, clock))


async def _look(settings: Settings, database: Database | None, clock: Clock) -> list[Finding]:
    try:
        from adapters.slack.client import Client
    except ModuleNotFoundError:
        return [Finding(well=False, what="Slack's libraries", remedy=NOT_INSTALLED)]
    client = Client(settings.slack_api_url)
    try:
        return [each async for each in _all(settings, database, clock, client)]
    except Misconfigured as problem:
        return [Finding(well=False, what="Slack's settings", remedy=str(problem))]
    finally:
        await client.close()


async def _all(
    settings: Settings, database: Database | None, clock: Clock, client: Client
) -> AsyncIterator[Finding]:
    if setup(settings).app_token:
        yield await _socket(client, setup(settings).app_token)
    for token, name in await _tokens(settings, database, clock):
        found = await _workspace(client, token, name)
        for each in found if isinstance(found, list) else _scopes(found):
            yield each
        if database is not None and not isinstance(found, list):
            for channel, circle in await asyncio.to_thread(_homes, database, found.workspace):
                yield await _channel(client, found, channel, circle)


async def _tokens(settings: Settings, database: Database | None, clock: Clock) -> list[tuple[str, str]]:
    """Those of the settings, or of every workspace that has installed the app."""
    if token := setup(settings).bot_token:
        return [(token, "")]
    if database is None:
        return []
    return [(each.token, each.name) for each in await installations(settings, database, clock).installed()]


async def _socket(client: Client, token: str) -> Finding:
    what = "Slack: Socket Mode"
    try:
        await client.call("", "apps.connections.open", app_token=token)
    except (Shut, Refused) as refused:
        return Finding(well=False, what=f"{what} ({refused})", remedy=APP_TOKEN)
    except (Later, OSError) as away:
        return Finding(well=False, what=f"{what} ({away})", remedy=AWAY)
    return Finding(well=True, what=what)


async def _workspace(client: Client, token: str, name: str) -> Installation | list[Finding]:
    from adapters.slack.workspaces import meet

    what = f"Slack: the bot token{f' of {name}' if name else ''}"
    try:
        return await meet(client, token)
    except Shut as shut:
        remedy = REMEDIES.get(shut.reason, REINSTALL)
        return [Finding(well=False, what=f"{what} ({shut})", remedy=remedy)]
    except Refused as refused:
        return [Finding(well=False, what=f"{what} ({refused})", remedy=TOKEN)]
    except (Later, OSError) as away:
        return [Finding(well=False, what=f"{what} ({away})", remedy=AWAY)]


def _scopes(there: Installation) -> Iterable[Finding]:
    yield Finding(well=True, what=f"Slack: the workspace {there.name} ({there.workspace})")
    missing = lacking(there)
    told = "; ".join(f"{scope} ({why})" for scope, why in missing.items())
    if told:
        add = "Add them to the app: paste slack-manifest.yaml under App Manifest."
        yield Finding(well=False, what=f"Slack: scopes are missing: {told}", remedy=f"{add} {REINSTALL}")
    else:
        yield Finding(well=True, what="Slack: all scopes are there")


def lacking(there: Installation) -> dict[str, str]:
    """The scopes that a workspace has not granted, and what they are for. Nothing, where Slack did not tell."""
    from adapters.slack.scopes import SCOPES

    return {scope: why for scope, why in SCOPES.items() if there.scopes and scope not in there.scopes}


def _homes(database: Database, workspace: str) -> list[tuple[str, str]]:
    """The channels of series that are planned or under way, each with one circle that lives there."""
    c, p, s = t.circles.c, t.places.c, t.series.c
    homes = (
        select(p.channel, c.name)
        .join(t.circles, c.home_id == p.id)
        .join(t.series, s.id == c.series_id)
        .where(
            p.platform == "slack", p.workspace == workspace, s.status.in_(("planned", "running", "paused"))
        )
        .order_by(c.id)
    )
    with database.read() as connection:
        return list({row.channel: (row.channel, row.name) for row in connection.execute(homes)}.values())


async def _channel(client: Client, there: Installation, channel: str, circle: str) -> Finding:
    what = f"Slack: the channel {channel} of {circle}"
    try:
        answer = await client.call(there.token, "conversations.info", channel=channel)
    except (Refused, Shut) as refused:
        gone = "Somebody in the channel invites Runda: /invite @Runda. If it is deleted, the group needs another."
        return Finding(well=False, what=f"{what} ({refused})", remedy=gone)
    except (Later, OSError) as away:
        return Finding(well=False, what=f"{what} ({away})", remedy=AWAY)
    return _membership(answer["channel"], what, channel)


def _membership(told: dict[str, Any], what: str, channel: str) -> Finding:
    named = what.replace(channel, f"#{told['name']}") if told.get("name") else what
    if told.get("is_archived"):
        return Finding(
            well=False, what=f"{named} is archived", remedy="Bring it back from the archive, in Slack."
        )
    if not told.get("is_member"):
        invite = "Write in the channel: /invite @Runda"
        return Finding(well=False, what=f"{named}: Runda is not in it", remedy=invite)
    return Finding(well=True, what=named)
