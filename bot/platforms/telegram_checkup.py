"""What `runda doctor` finds out about Telegram: the token, what the bot hears, the web address, and each home.

Everything is asked of Telegram itself, and nothing is changed there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from adapters.port import Later, Refused, Shut
from bot.finding import Finding
from bot.joining.binding import NO_CHAT
from bot.joining.crowding import Crowd, crowds
from bot.joining.visit import OVER
from bot.platforms.telegram import NOT_INSTALLED
from bot.settings import Settings
from storage import tables as t
from storage.database import Database

if TYPE_CHECKING:
    from adapters.telegram.client import Client
    from adapters.telegram.reading import Me

TOKEN = "Copy the token again from @BotFather (/mybots, API Token) into TELEGRAM_BOT_TOKEN."
AWAY = "Telegram cannot be reached. Try again; look at the network and the proxy, and at TELEGRAM_API_URL if it is set."
QUIET = (
    "it hears only commands and replies to itself in groups (privacy mode), unless it is an administrator there. "
    "To change it: @BotFather, /setprivacy, Disable; then take the bot out of each group and add it again"
)
ELSEWHERE = "Updates go to {there}. Start runda serve again: it says where they shall go."
WRITE = "{group}: let the bot write messages in its chat, or make it an administrator."
ADD = "{group}: add the bot to its chat again, and write /runda and the group's code there."
TOPICS = "{group}: make the bot an administrator that may manage topics. Until then its meetings are held in the chat."
UNBOUND = "Write /runda and the group's code in the chat that it shall use. The code stands in the series' overview."
CROWDED = "Receipts and status will come late when they meet at the same time. Give some of them a chat of their own."


def look(settings: Settings, database: Database | None) -> list[Finding]:
    """For a command: everything, in its own event loop. Without a database, what can be known without."""
    try:
        from adapters.telegram.client import API, Client
    except ModuleNotFoundError:
        return [Finding(well=False, what="Telegram's libraries", remedy=NOT_INSTALLED)]
    token = settings.telegram_bot_token.get_secret_value() if settings.telegram_bot_token else ""
    return asyncio.run(_look(Client(token, settings.telegram_api_url or API), settings, database))


async def _look(client: Client, settings: Settings, database: Database | None) -> list[Finding]:
    try:
        return [each async for each in _all(client, settings, database)]
    except Shut as shut:
        return [Finding(well=False, what="Telegram's token", remedy=TOKEN if shut.whole else str(shut))]
    except (Later, Refused, OSError):
        return [Finding(well=False, what="Telegram", remedy=AWAY)]
    finally:
        await client.close()


async def _all(client: Client, settings: Settings, database: Database | None) -> AsyncIterator[Finding]:
    me = await client.me()
    hears = "it hears all that is written in groups" if me.hears_all else QUIET
    yield Finding(well=True, what=f"Telegram: @{me.username}; {hears}")
    yield await _updates(client, settings.telegram_webhook_url or "")
    if database is None:
        return
    for home in await asyncio.to_thread(_homes, database, me.bot):
        yield await _home(client, me, home)
    for crowd in await asyncio.to_thread(_crowds, database, me.bot):
        yield _crowded(crowd)


async def _updates(client: Client, wanted: str) -> Finding:
    there, waiting, trouble = await client.webhook()
    told = f"Telegram's updates are {f'sent to {wanted}' if wanted else 'fetched'}; {waiting} wait"
    if there != wanted:
        return Finding(
            well=False, what=told, remedy=ELSEWHERE.format(there=there or "nobody who fetches them")
        )
    return Finding(well=not trouble, what=told, remedy=f"Telegram says: {trouble}")


def _homes(database: Database, workspace: str) -> Sequence[Any]:
    c, s, p = t.circles.c, t.series.c, t.places.c
    homes = select(c.name, s.title, p.channel, p.threads).select_from(t.circles)
    homes = homes.join(t.series, s.id == c.series_id).join(t.places, p.id == c.home_id)
    here = p.platform == "telegram", p.workspace == workspace, s.status.not_in(OVER)
    with database.read() as connection:
        return list(connection.execute(homes.where(*here).order_by(s.id, c.id)))


async def _home(client: Client, me: Me, home: Any) -> Finding:
    """Whether the bot may do in a group's chat what it must."""
    group = f"{home.title}, {home.name}"
    if home.channel.startswith(NO_CHAT):
        return Finding(well=False, what=f"{group}: it has no chat yet", remedy=UNBOUND)
    try:
        member = await client.member(int(home.channel), int(me.bot))
    except (Refused, Shut):
        return Finding(
            well=False, what=f"{group}: its chat cannot be reached", remedy=ADD.format(group=group)
        )
    if member.status in ("left", "kicked"):
        return Finding(
            well=False, what=f"{group}: the bot is not in its chat", remedy=ADD.format(group=group)
        )
    if member.status == "restricted" and not getattr(member, "can_send_messages", True):
        return Finding(well=False, what=f"{group}: the bot may not write", remedy=WRITE.format(group=group))
    if home.threads and not getattr(member, "can_manage_topics", False):
        return Finding(well=False, what=f"{group}: no topics can be made", remedy=TOPICS.format(group=group))
    hears = me.hears_all or member.status == "administrator"
    return Finding(
        well=True, what=f"{group}: its chat is there, and the bot hears {'all' if hears else 'replies'}"
    )


def _crowds(database: Database, workspace: str) -> list[Crowd]:
    with database.read() as connection:
        return crowds(connection, "telegram", workspace)


def _crowded(crowd: Crowd) -> Finding:
    return Finding(well=False, what=f"{crowd.groups} groups share one chat ({crowd.channel})", remedy=CROWDED)
