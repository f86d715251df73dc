"""`runda calendar`, and the feeds as `runda serve` serves them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bot import offers
from bot.cli import MISUSED, Caller
from bot.cli import runda as command
from bot.series import moving
from bot.series.moving import To
from bot.settings import Settings
from bot.shelf import Shelf
from bot.web import serving
from storage import tables as t
from storage.database import Database
from tests.bot.a_meeting import Clock
from tests.bot.a_series import NOW, do, made

icalendar = pytest.importorskip("icalendar", reason="it is in the extra `documents`")

URL = "https://runda.example.org/"


@pytest.fixture
def runda(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    made(sqlite_database, group=["Fjord: Kari, Amir, Liv, Jon", "Fjell: Ola, Siri, Per, Eva"])
    assert sqlite_database.path is not None
    folder = sqlite_database.path.parent
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RUNDA_URL", URL)

    def run(*words: str) -> Result:
        return CliRunner().invoke(
            command, ["--data", str(folder), "calendar", "north", *words], obj=Caller(Clock(NOW))
        )

    return run


def summaries(file: bytes) -> list[str]:
    return [str(each["summary"]) for each in icalendar.Calendar.from_ical(file).walk("VEVENT")]


def test_a_file_of_a_series_or_of_one_group(runda: Callable[..., Result], sqlite_database: Database) -> None:
    printed = runda()
    assert printed.exit_code == 0, printed.output
    assert len(summaries(printed.stdout_bytes)) == 3
    written = runda("--group", "fjell", "--out", "fjell.ics")
    assert written.stdout == "fjell.ics\n"
    assert sqlite_database.path is not None
    file = (sqlite_database.path.parent / "fjell.ics").read_bytes()
    assert summaries(file)[0] == "North: Fjell: Session 1 of 3: Where we stand"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--group", "Fjor"), "no group called Fjor"),
        (("--close",), "There is no address to close."),
        (("--close", "--address"), "one of them"),
    ],
)
def test_wrong_use_is_told(runda: Callable[..., Result], words: tuple[str, ...], told: str) -> None:
    result = runda(*words)
    assert result.exit_code == MISUSED
    assert told in result.output


def test_without_a_public_address_none_is_made(
    runda: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, sqlite_database: Database
) -> None:
    monkeypatch.delenv("RUNDA_URL")
    result = runda("--address")
    assert (result.exit_code, "Set RUNDA_URL" in result.output) == (MISUSED, True)
    with sqlite_database.read() as connection:
        assert connection.execute(select(t.feeds)).first() is None


def test_a_missing_library_is_told_with_what_to_do(
    runda: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bot.calendars.ics", None)
    result = runda()
    assert result.exit_code == MISUSED
    assert "pip install '.[documents]'" in result.output


def test_no_secret_of_an_address_is_kept_and_what_was_done_is(
    runda: Callable[..., Result], sqlite_database: Database
) -> None:
    made_at = runda("--address").stdout.strip()
    secret = made_at.removeprefix(f"{URL}calendar/").removesuffix(".ics")
    assert len(secret) == 32
    assert sqlite_database.path is not None
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    for each in sqlite_database.path.parent.glob("runda.db*"):
        assert secret.encode() not in each.read_bytes()
    do(sqlite_database, moving.move, 1, To(date(2026, 10, 21)))
    assert runda("--close").stdout == "The address is closed.\n"
    with sqlite_database.read() as connection:
        acts = list(connection.execute(select(t.audit.c.act, t.audit.c.object).order_by(t.audit.c.id)))
    assert ("calendar address made", "north/all") in acts
    assert acts[-1] == ("calendar address closed", "north/all")
    do(sqlite_database, moving.undo)  # a calendar's address is no change of dates


# -- served


def at_the_server(database: Database, asked: Callable[[str, aiohttp.ClientSession], Awaitable[None]]) -> None:
    """What `runda serve` offers where RUNDA_URL is set."""
    house: Any = SimpleNamespace(
        database=database, shelf=Shelf(), executor=ThreadPoolExecutor(1), clock=Clock(NOW)
    )
    given = Settings(_env_file=None, url=URL)  # type: ignore[call-arg]

    async def story() -> None:
        async with (
            serving([object(), *offers.offered(given, house)], "127.0.0.1", 0) as address,
            aiohttp.ClientSession() as anybody,
        ):
            assert address is not None
            await asked(address, anybody)

    asyncio.run(story())
    house.executor.shutdown()


def test_a_feed_follows_its_series_until_it_is_closed(
    runda: Callable[..., Result], sqlite_database: Database
) -> None:
    whole = runda("--address").stdout.strip().removeprefix(URL)
    group = runda("--group", "Fjell", "--address").stdout.strip().removeprefix(URL)

    async def asked(address: str, anybody: aiohttp.ClientSession) -> None:
        async with anybody.get(f"{address}/{whole}") as answer:
            first = await answer.read()
            assert (answer.status, answer.content_type) == (200, "text/calendar")
            assert answer.headers["Cache-Control"] == "private, no-cache"
            tag = answer.headers["ETag"]
        async with anybody.get(f"{address}/{whole}", headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        await asyncio.to_thread(do, sqlite_database, moving.move, 1, To(date(2026, 10, 22)))
        async with anybody.get(f"{address}/{whole}", headers={"If-None-Match": tag}) as answer:
            assert await answer.read() != first
        async with anybody.get(f"{address}/{group}") as answer:
            assert summaries(await answer.read())[0].startswith("North: Fjell: ")
        runda("--close")
        for gone in (
            whole,
            f"{whole[:-5]}.ics",
            "calendar/.ics",
            "calendar/" + "x" * 3000 + ".ics",
            "elsewhere",
        ):
            async with anybody.get(f"{address}/{gone}") as answer:
                assert (answer.status, await answer.text()) == (404, "404: Not Found")
        async with anybody.get(f"{address}/{group}") as answer:
            assert answer.status == 200

    at_the_server(sqlite_database, asked)


def test_a_new_address_closes_the_old_one(runda: Callable[..., Result], sqlite_database: Database) -> None:
    old, new = (runda("--address").stdout.strip().removeprefix(URL) for _ in range(2))

    async def asked(address: str, anybody: aiohttp.ClientSession) -> None:
        for path, status in ((old, 404), (new, 200)):
            async with anybody.get(f"{address}/{path}") as answer:
                assert answer.status == status

    at_the_server(sqlite_database, asked)


def test_without_a_public_address_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    house: Any = None
    nowhere, somewhere = Settings(_env_file=None), Settings(_env_file=None, url=URL)  # type: ignore[call-arg]
    assert list(offers.offered(nowhere, house)) == list(offers.lacking(nowhere)) == []
    monkeypatch.setattr(offers, "find_spec", lambda name: None if name == "icalendar" else name)
    assert list(offers.offered(somewhere, house)) == []
    assert list(offers.lacking(somewhere)) == [offers.MISSING]
