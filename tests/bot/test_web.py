"""The one small server: routes of the platforms that have any, and nothing where there are none."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from adapters.telegram.webhook import HEADER, secret
from bot.platforms import configured, greetings
from bot.settings import Misconfigured, Settings
from bot.web import serving
from tests.adapters.slack_desk import StillClock

ROOT = Path(__file__).resolve().parent.parent.parent


class Told:
    """A platform with a route."""

    name = "told"

    def routes(self):
        async def answer(request):
            return web.Response(text=f"heard {await request.text()}")

        return [web.post("/told", answer)]


def test_routes_are_served_until_the_end():
    async def story():
        async with serving([object(), Told()], "127.0.0.1", 0) as address, aiohttp.ClientSession() as anybody:
            async with anybody.post(f"{address}/told", data="this") as answer:
                assert await answer.text() == "heard this"
            async with anybody.get(f"{address}/") as answer:
                assert answer.status == 404
        async with aiohttp.ClientSession() as anybody:
            with pytest.raises(aiohttp.ClientConnectionError):
                await anybody.post(f"{address}/told", data="this")

    asyncio.run(story())


def test_nothing_is_opened_where_nothing_is_offered():
    async def story():
        async with serving([object()], "127.0.0.1", 1) as address:  # a port that nobody may take
            assert address is None

    asyncio.run(story())


def test_a_port_that_is_taken_is_told_with_what_to_do():
    async def story():
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            with pytest.raises(Misconfigured, match="RUNDA_PORT"):
                async with serving([Told()], "127.0.0.1", other.getsockname()[1]):
                    pass

    asyncio.run(story())


def settings(folder, **given):
    return Settings(_env_file=None, data=folder, **given)


def test_telegrams_webhook_is_served(tmp_path, database):
    where = "https://runda.example.org/telegram"
    given = settings(tmp_path, telegram_bot_token="77:token", telegram_webhook_url=where)
    _, telegram = configured(given, database, StillClock())

    async def story():
        async with serving([telegram], "127.0.0.1", 0) as address, aiohttp.ClientSession() as anybody:
            async with anybody.post(f"{address}/telegram", data=b"{}") as answer:
                assert answer.status == 403
            known = {HEADER: secret("77:token", where)}
            async with anybody.post(f"{address}/telegram", data=b"no json", headers=known) as answer:
                assert answer.status == 400

    asyncio.run(story())


def test_only_what_is_configured_is_made(tmp_path, database):
    terminal, *others = configured(settings(tmp_path), database, StillClock())
    assert terminal.name == "terminal"
    assert others == []
    given = settings(
        tmp_path, slack_bot_token="xoxb-1", slack_signing_secret="s", telegram_bot_token="77:token"
    )
    platforms = configured(given, database, StillClock())
    assert [each.name for each in platforms] == ["terminal", "slack", "telegram"]
    assert next(iter(greetings(platforms[1:]))).startswith("Slack has not said yet who we are")


def test_a_library_that_is_missing_is_told_with_what_to_do(tmp_path, database, monkeypatch):
    monkeypatch.setitem(sys.modules, "adapters.slack", None)
    with pytest.raises(Misconfigured, match=r"pip install '\.\[slack\]'"):
        configured(
            settings(tmp_path, slack_bot_token="xoxb-1", slack_app_token="xapp-1"), database, StillClock()
        )


def test_nothing_is_loaded_that_nobody_here_uses():
    """Reading passports, which needs cryptography, took 8 MiB of every house on Telegram. Slack's tokens need it
    too: it can be loaded afterwards. PostgreSQL's dialect took a tenth of a second of every start on SQLite."""
    asked = (
        "import sys, bot.wiring; from bot.platforms.telegram import telegram; from bot.settings import Settings\n"
        "from bot.clock import SystemClock; from storage.database import Database\n"
        "telegram(Settings(telegram_bot_token='77:token'), Database('sqlite://'), SystemClock())\n"
        "unused = 'cryptography', 'sqlalchemy.dialects.postgresql'\n"
        "print([each for each in unused if each in sys.modules], 'telegram' in sys.modules)\n"
        "import bot.platforms.installations, cryptography.fernet"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[] True\n"
