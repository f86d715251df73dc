"""The conversation as Telegram carries it: the whole house, its adapter, and the stand-in server."""

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from adapters.telegram.platform import TelegramPlatform
from adapters.terminal import TerminalPlatform
from bot.series import appointing, making
from bot.series.homes import DELETE_UNHEARD, UNLISTED, Where
from flows.forms import Named
from storage import tables as t
from tests.house.rig import driven
from tests.platforms.telegram_rig import EIGHT, ORGANISATION, Trial, trial

#: What Berit writes and presses, in brackets, until her series is there.
SETTING_UP = (
    "[Sett opp en serie]", "Nord", "[Selvsjekk: mer nyskaping i kommunen]", "[Som det er]", "[Neste steg]",
    "[Som det er]", "[Som det er]", "[Hopp over]", "[Som det er]", "[Som det er]", "[Nei]", "[Neste steg]",
    "1", "[Ferdig]", "[Ferdig]", "[Neste steg]",
    "20.10.2026", "[Som det er]", "[Som det er]", "[Hopp over]", "[Neste steg]", "[Ja]",
)  # fmt: skip
#: Seconds between two: nobody is quicker than a chat may be written to.
PAUSE = 6


async def talk(it: Trial, *said: str) -> str:
    """Returns the last message that Runda wrote."""
    berit = it.town["Berit"]
    for each in said:
        if each.startswith("["):
            await it.press("Berit", it.server.last(berit), each.strip("[]"))
        else:
            await it.say("Berit", berit, each)
        await it.go(minutes=PAUSE / 60)
    return str(it.told("Berit").rpartition("Runda: ")[2])


def appoint(it: Trial) -> None:
    with it.database.write() as connection:
        owner = making.organisation(
            connection, making.tenant(connection, ORGANISATION, "nb", "Europe/Oslo"), EIGHT
        )
        where = Where("telegram", it.town.bot, str(it.town["Berit"].id))
        appointing.appoint(connection, owner, Named("Berit"), where, "test", EIGHT)


@driven
async def test_a_series_is_set_up_and_moved_in_a_private_chat(sqlite_database):
    async with trial(sqlite_database) as it:
        appoint(it)
        await it.start("Berit")
        await it.go(minutes=PAUSE / 60)
        made = await talk(it, *SETTING_UP)
        assert "Møteserien er satt opp." in made
        (series,) = it.rows(t.series)
        assert (series.title, series.platform, series.workspace) == ("Nord", "telegram", it.town.bot)
        assert "Koden til Gruppe 1 er" in await talk(it, "[Deltakere]")
        moved = "[Alle gruppene]", "[Neste steg]", "[Flytt]"
        await talk(it, "/runda", "[Åpne]", "[Åpne]", "[Flytt]", "21.10.2026", "[Som det er]", *moved)
        assert [row.local_date.day for row in it.rows(t.meetings, t.meetings.c.number == 1)] == [21]
        assert "Økt 1 er flyttet" in it.told("Berit")


@driven
async def test_the_page_on_what_is_kept_tells_how_one_takes_a_message_back_there(sqlite_database):
    async with trial(sqlite_database) as it:
        appoint(it)
        await it.start("Berit")
        await it.go(minutes=PAUSE / 60)
        assert "svarer du på den med /angre" in await talk(it, "/hjelp", "[Dette tar vi vare på]")


def test_what_telegram_cannot_do_is_known_without_asking_the_platforms():
    """What is sent is decided, and put into words, by the database alone, also in a preview."""
    there = {each.name: each.capabilities for each in (TelegramPlatform, TerminalPlatform)}
    assert {name for name, can in there.items() if not can.deletions} == DELETE_UNHEARD
    assert {name for name, can in there.items() if not (can.members or can.quietly)} == UNLISTED


@driven
async def test_a_stranger_and_whoever_leaves_it_change_nothing(sqlite_database):
    async with trial(sqlite_database) as it:
        appoint(it)
        await it.start("Tor")
        await it.go(minutes=PAUSE / 60)
        assert "Runda kjenner deg ikke her ennå." in it.told("Tor")
        await it.start("Berit")
        await it.go(minutes=PAUSE / 60)
        told = await talk(it, "[Sett opp en serie]", "Nord", "/avbryt")
        assert "Avbrutt. Ingenting er endret." in told
        assert it.rows(t.series) == []
