"""What tests against the stand-in share: a bot beside the server, a receiver for a webhook, short words."""

import asyncio
import contextlib
import functools
import inspect
import re

import pytest
import telegram
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest
from telegram.request import HTTPXRequest

from tests.standins.telegram import TelegramServer

CASES = pytest.mark.parametrize
YES = InlineKeyboardButton("Ja", callback_data="yes")


@contextlib.asynccontextmanager
async def bot_of(server):
    # Without certificates, which take longer to load than a test takes: the traffic is plain.
    plain = [HTTPXRequest(httpx_kwargs={"verify": False}) for _ in range(2)]
    at = {"base_url": server.base_url, "base_file_url": server.base_file_url}
    async with telegram.Bot(server.token, **at, request=plain[0], get_updates_request=plain[1]) as bot:
        yield bot


def story(test=None, **world):
    """Runs a test with a server and a bot, and holds it to the specification: nothing may be amiss."""
    if test is None:
        return functools.partial(story, **world)

    async def live(kwargs):
        async with TelegramServer(**world) as server, bot_of(server) as bot:
            await test(server, bot, **kwargs)
            assert server.violations == []

    @functools.wraps(test)
    def run(**kwargs):
        with pytest.MonkeyPatch.context() as patch:
            # python-telegram-bot's way of today: spans of time are not numbers.
            patch.setenv("PTB_TIMEDELTA", "true")
            asyncio.run(live(kwargs))

    # pytest fills in what a signature names: the server and the bot come from here.
    parameters = list(inspect.signature(test).parameters.values())[2:]
    run.__signature__ = inspect.Signature(parameters)
    return run


async def texts(bot, **asked):
    return [update.message.text for update in await bot.get_updates(**asked) if update.message]


def keyboard(*buttons):
    return InlineKeyboardMarkup([list(buttons)])


def refused(words, error=BadRequest):
    """Expects Telegram's refusal. python-telegram-bot changes the case of what it is told."""
    return pytest.raises(error, match=f"(?i){re.escape(words)}")


@contextlib.asynccontextmanager
async def hooked(answers, got):
    """A receiver that gives the answers in turn, the last one for ever; what came lies in `got`."""

    async def take(request):
        got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return answers.pop(0)() if len(answers) > 1 else answers[0]()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()
