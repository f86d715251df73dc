"""The other side of what platforms post: their own libraries, put together as their guides say, doing nothing.

    python3 -m bench.bare slack|telegram    prints the port that it listens on

What comes is checked, read, handed to a handler that does nothing, and answered. Nothing is stored.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from aiohttp import web


async def nothing(*_: Any) -> None:
    pass


def slack() -> web.Application:
    """slack-bolt, for one workspace, with a listener for messages."""
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

    token = os.environ["SLACK_BOT_TOKEN"]
    client = AsyncWebClient(token, base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
    app.event("message")(_nothing_of_bolts)
    return app.web_app("/slack/events")


async def _nothing_of_bolts() -> None:
    """Bolt hands a listener what its parameters are called."""


async def telegram() -> web.Application:
    """python-telegram-bot behind a server of one's own, with a handler for messages."""
    from telegram import Update
    from telegram.ext import Application, MessageHandler, filters

    base = f"{os.environ['TELEGRAM_API_URL']}/bot"
    bot = Application.builder().token(os.environ["TELEGRAM_BOT_TOKEN"]).base_url(base).updater(None).build()
    bot.add_handler(MessageHandler(filters.ALL, nothing))
    await bot.initialize()
    await bot.start()

    async def take(request: web.Request) -> web.Response:
        await bot.process_update(Update.de_json(await request.json(), bot.bot))
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", take)
    return app


async def serve(name: str) -> None:
    app = slack() if name == "slack" else await telegram()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
