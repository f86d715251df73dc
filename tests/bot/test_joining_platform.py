"""Telegram put together with the house: whose turn it is, what is put aside, what the doctor finds."""

import asyncio

import msgspec
import pytest
from sqlalchemy import select, update

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from bot.joining import crowding
from bot.platforms import telegram as ours
from bot.platforms.telegram_checkup import _look
from bot.settings import Settings
from flows.programme import LANGUAGES
from storage import tables as t
from storage.parked import content, waiting
from tests.bot.a_meeting import Clock
from tests.bot.a_series import NOW, made
from tests.bot.test_joining import Scene
from tests.standins.telegram import TelegramServer


def settings(server=None, **more):
    if server is not None:
        more |= {"telegram_bot_token": server.token, "telegram_api_url": server.url}
    return Settings(_env_file=None, **more)


def test_without_a_token_there_is_no_telegram(database):
    assert ours.telegram(settings(telegram_bot_token=None), database, Clock(NOW)) is None


def test_all_that_telegram_adds_is_there_in_every_language():
    texts = ours.texts()
    assert set(texts) == set(LANGUAGES)
    assert {"link", "reply", "hint.undo", "hint.answer", "command.home"} <= set(texts["nn"])


def test_one_process_at_a_time_has_its_turn(database):
    if database.sqlite:
        pytest.skip("a SQLite file has one server")

    async def scene():
        clock = Clock(NOW)
        first, second = (ours.Lock(database, clock, "telegram 42") for _ in range(2))
        other = ours.Lock(database, clock, "telegram 43")
        assert [await each.ours() for each in (first, second, other, first)] == [True, False, True, True]
        await first.leave()
        assert await second.ours()
        clock.at += ours.GRANTED
        assert [await each.ours() for each in (first, second)] == [False, True]
        second._connection.invalidate()  # the network, or the server, went away
        clock.at += ours.GRANTED
        await second.ours()
        await asyncio.sleep(0)
        taken = [await first.ours(), await second.ours()]
        assert taken.count(True) == 1
        for each in (first, second, other):
            await each.leave()

    asyncio.run(scene())


def test_what_is_put_aside_is_parked_whole(database):
    async def scene():
        async with TelegramServer() as server:
            platform = ours.telegram(settings(server), database, Clock(NOW))
            await platform.hearing.take({"update_id": 5, "message": 3}, await platform.me(), None)
            await platform.close()

    asyncio.run(scene())
    with database.read() as connection:
        (parked,) = waiting(connection)
        assert parked.key == "telegram:4200001:5"
        kept = content(connection, parked.number)
    aside = msgspec.json.decode(kept, type=ours.Aside)
    assert (aside.bot, bytes(aside.update)) == ("4200001", b'{"update_id":5,"message":3}')
    with pytest.raises(ValueError, match="message"):
        ours.heard_again(aside, NOW)


def test_what_was_put_aside_is_read_anew():
    user = {"id": 501, "is_bot": False, "first_name": "Kari"}
    message = {"message_id": 7, "date": 1_792_000_000, "chat": {"id": -100123, "type": "group"}, "from": user}
    whole = msgspec.json.encode({"update_id": 5, "message": message | {"text": "Hei"}})
    (heard,) = ours.heard_again(ours.Aside("42", msgspec.Raw(whole)), NOW)
    assert (heard.key, heard.words) == ("42:5:-100123:7", "Hei")


# -- the doctor


def found(database, prepare, **more):
    """What is not well, of a series whose first group lives in a chat that `prepare` makes."""
    scene = Scene(database)

    async def look():
        async with TelegramServer() as server:
            chat, threads = prepare(server)
            with database.write() as connection:
                homes = select(t.circles.c.home_id).where(t.circles.c.id == scene.group)
                here = {"channel": str(chat.id), "threads": threads}
                connection.execute(
                    update(t.places).where(t.places.c.id == homes.scalar_subquery()).values(**here)
                )
                connection.execute(
                    update(t.places)
                    .where(t.places.c.platform == "telegram")
                    .values(workspace=str(server.bot.id))
                )
            from adapters.telegram.client import Client

            findings = await _look(Client(server.token, server.url), settings(server, **more), database)
        return [each for each in findings if not each.well], findings

    return asyncio.run(look())


def group(server):
    return server.supergroup("Vest", []), False


def forum(server):
    return server.forum("Vest", [], bot="administrator"), True


def powerless(server):
    return server.forum("Vest", [], bot="member"), True


def kicked(server):
    chat = server.supergroup("Vest", [])
    server.kick(server.bot, chat)
    return chat, False


def muted(server):
    chat = server.supergroup("Vest", [])
    server.restrict(server.bot, chat)
    return chat, False


def gone(_):
    return type("Nowhere", (), {"id": -1009999999999}), False


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (group, []),
        (forum, []),
        (powerless, ["no topics can be made"]),
        (kicked, ["its chat cannot be reached"]),
        (muted, ["the bot may not write"]),
        (gone, ["its chat cannot be reached"]),
    ],
)
def test_what_is_wrong_in_a_groups_chat(database, prepare, told):
    wrong, findings = found(database, prepare)
    assert wrong[-1].what.endswith("it has no chat yet")
    assert [each.what.split(": ")[-1] for each in wrong[:-1]] == told
    assert all(each.remedy for each in wrong)
    assert "privacy mode" in findings[0].what


def test_a_web_address_that_telegram_does_not_know(database):
    (first, *_), _ = found(database, group, telegram_webhook_url="https://runda.example/telegram")
    assert "sent to https://runda.example/telegram" in first.what


def test_a_token_that_is_not_valid_and_nobody_who_answers():
    async def look(token, url):
        from adapters.telegram.client import Client

        return await _look(Client(token, url), settings(telegram_bot_token=token), None)

    async def scene():
        async with TelegramServer() as server:
            return await look("42:wrong", server.url), await look("42:x", "http://127.0.0.1:9")

    ((invalid,), (away,)) = asyncio.run(scene())
    assert (invalid.well, away.well) == (False, False)
    assert "BotFather" in invalid.remedy
    assert "cannot be reached" in away.remedy


# -- several groups in one chat


@pytest.mark.parametrize(("groups", "crowded"), [(2, []), (3, [3])])
def test_groups_that_share_a_chat_share_its_pace(database, groups, crowded):
    people = "Kari, Amir, Liv, Jon, Ola, Siri, Per, Eva, Tor, Ida, Nils, Åse"
    size = {2: 6, 3: 4}[groups]
    names = people.split(", ")
    made(database, group=[f"G{n}: {', '.join(names[n * size : n * size + size])}" for n in range(groups)])
    with database.write() as connection:
        home = connection.execute(select(t.circles.c.home_id).order_by(t.circles.c.id).limit(1)).scalar_one()
        here = {"platform": "telegram", "workspace": "42", "channel": "-100777"}
        connection.execute(update(t.places).where(t.places.c.id == home).values(**here))
        connection.execute(update(t.circles).values(home_id=home))
        (series,) = connection.execute(select(t.series.c.id)).scalars()
        for more in ({}, {"series": series}):
            found = crowding.crowds(connection, "telegram", "42", **more)
            assert [each.groups for each in found] == crowded
