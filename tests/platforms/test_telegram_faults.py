"""Trouble between the house and Telegram, over a meeting: what is lost, what comes twice, and what waits."""

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

import random
from collections import Counter
from datetime import timedelta

import httpx
import msgspec
from sqlalchemy import insert

from adapters.port import Bucket, Wrote
from adapters.telegram.platform import IN_GROUP
from bot import claims
from flows.message import RATHER_TWICE, line, message
from storage import tables as t
from tests.house.rig import NINE, driven, replayed
from tests.platforms.telegram_rig import COORDINATOR, FJELL, FJORD, meeting, planned, trial
from tests.standins.telegram import Broken, Cut, Hang, Pace, Run, TooMany

SHARING = "Nå deler vi"


def said(it, chat, words):
    """How often it stands there."""
    return sum(words in post.text for post in it.server.posts(chat))


# -- each sort of message, and each way in which a request can fail


@pytest.mark.parametrize("sort", ["question", "answer", "recap", "status", "receipt"])
@driven
async def test_where_nobody_can_know_each_sort_comes_twice_or_never(sqlite_database, sort):
    """Cut before Telegram has taken it, and after; a fault of theirs; no answer in time."""
    troubles = {
        Cut("before"): 0,
        Cut("after"): 1,
        Broken(500): 0,
        Broken(502, html=True): 0,
        Hang("before"): 0,
        Hang("after"): 1,
    }
    async with trial(sqlite_database, faulty=True) as it:
        chat = it.server.group("Vest", it.town.all(*FJORD))
        it.town[COORDINATOR].started = True
        planned(sqlite_database, it.town, {"Fjord": chat}, members=(FJORD,))
        it.platform.client._connections[0]._client.timeout = httpx.Timeout(0.1)
        for taken in troubles.values():
            fault = list(troubles)[len(it.rows(t.outbox))]
            it.server.faults.plan("sendMessage", fault)
            before = len(it.server.posts(chat))
            queue(it, sort)
            await it.go(minutes=5)
            assert len(it.server.posts(chat)) - before == taken + (sort in RATHER_TWICE), fault
        became = {"sent"} if sort in RATHER_TWICE else {"dropped"}
        assert {row.status for row in it.rows(t.outbox)} == became


def queue(it, sort):
    """Something to say in the group's chat."""
    body = msgspec.json.encode(message(sort, line("join.how"))).decode()
    home = it.rows(t.circles)[0].home_id
    owner = it.rows(t.organisations)[0].id
    row = {"organisation_id": owner, "place_id": home, "version": 0, "effect": 0, "kind": "say", "sort": sort,
           "body": body, "status": "queued"}  # fmt: skip
    with it.database.write() as connection:
        connection.execute(insert(t.outbox), row)


@driven
async def test_a_connection_that_could_not_be_made_took_nothing_with_it(sqlite_database):
    """Of that we know that Telegram has nothing: even a receipt is tried again, and nothing comes twice."""
    async with meeting(sqlite_database) as (it, chat):
        bot = it.platform.client._connections[0]
        asks, tries = bot._client.request, []

        async def refused(*args, **kwargs):
            tries.append(args)
            if len(tries) == 1:
                raise httpx.ConnectError("nobody there")
            return await asks(*args, **kwargs)

        bot._client.request = refused
        await it.say("Amir", chat, "/svar Skolen.")
        await it.go(minutes=1)
        assert len(tries) == 2
        assert "👌 Runda" in it.screen(chat)


# -- how fast


@driven
async def test_retry_after_closes_that_chat_alone_and_over_a_restart(sqlite_database):
    async with trial(sqlite_database, faulty=True) as it:
        both = {
            name: it.server.group(name, it.town.all(*those))
            for name, those in (("Fjord", FJORD), ("Fjell", FJELL))
        }
        it.town[COORDINATOR].started = True
        planned(sqlite_database, it.town, both, members=(FJORD, FJELL), form="short")
        it.server.faults.plan("sendMessage", TooMany(300), chat=both["Fjord"])
        await it.go(to=NINE)
        assert [len(it.server.posts(chat)) for chat in both.values()] == [0, 1]
        server, fjord = it.server, both["Fjord"]
    async with trial(sqlite_database, at=NINE + timedelta(seconds=299), server=server, faulty=True) as again:
        await again.settle()
        assert again.server.posts(fjord) == []
        await again.go(minutes=1 / 60)
        assert len(again.server.posts(fjord)) == 1
        assert again.server.refusals == ["sendMessage 429 Too Many Requests: retry after 300"]


@driven
async def test_several_groups_in_one_supergroup_share_eight_messages_a_minute_and_questions_go_first(
    sqlite_database,
):
    async with trial(sqlite_database, pace=Pace(per_chat=None)) as it:
        chat = it.server.forum("Vest", it.town.all(*FJORD, *FJELL))
        for one in it.town.all(*FJORD, *FJELL, COORDINATOR):
            one.started = True
        planned(sqlite_database, it.town, {"Fjord": chat, "Fjell": chat}, form="short")
        homes = {name: it.server.topic(chat, name) for name in ("Fjord", "Fjell")}
        await it.come_in(chat, "Fjord", *FJORD, topic=homes["Fjord"])
        await it.go(minutes=2)
        await it.come_in(chat, "Fjell", *FJELL, topic=homes["Fjell"])
        await it.go(to=NINE)
        await it.go(minutes=1)
        for group, who in (("Fjord", "Kari"), ("Fjell", "Tor")):
            await it.press(who, it.server.find(chat, "Økt 1 av 3", homes[group]), "Vi er her")
        for _ in range(8):
            for group, names in (("Fjord", FJORD), ("Fjell", FJELL)):
                for who in names:
                    it.server.say(it.town[who], chat, f"{who} mener dette.", homes[group])
                it.server.say(it.town[names[0]], chat, "neste", homes[group])
            await it.go(minutes=1.5)
        assert it.server.refusals == []
        sent = [
            each.at
            for each in it.server.requests
            if each.method.startswith("send") and each.params["chat_id"] == chat.id
        ]
        assert IN_GROUP[0] - 2 <= most_within(sent, IN_GROUP[1]) <= IN_GROUP[0]
        became = Counter((row.sort, row.status) for row in it.rows(t.outbox))
        assert became["receipt", "dropped"]
        assert {status for sort, status in became if sort == "question"} == {"sent"}
        assert len(it.replies) == 8 * 10


def most_within(moments, seconds):
    return max(sum(at <= each < at + seconds for each in moments) for at in moments)


# -- what Telegram tells


@driven
async def test_repeated_updates_change_nothing_under_their_own_number_or_a_new_one(sqlite_database):
    async with meeting(sqlite_database, faulty=True) as (it, chat):
        await it.say("Amir", chat, "/svar Skolen.")
        await it.press("Liv", it.server.find(chat, "Spørsmål 1"), "Neste")
        before, log = it.screen(chat), len(it.rows(t.log))
        for anew in (False, True):
            it.server.repeat(last=5, new_ids=anew)
            await it.settle()
        assert it.replies == ["Skolen."]
        assert it.screen(chat) == before
        assert len(it.rows(t.log)) == log
        # A press can be answered once: of a repeated one, Telegram says so.
        assert {each.split()[0] for each in it.server.refusals} == {"answerCallbackQuery"}


@driven
async def test_an_update_that_cannot_be_read_is_put_aside_whole_and_stops_nobody(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        it.server.feed.check = lambda _: None  # it is meant to be wrong
        theirs = {"phone_number": "+4799887766", "first_name": "Liv", "vcard": "TEL:+4799887766"}
        it.server.feed.add(
            "message", {"message_id": "seven", "chat": {"id": chat.id}, "contact": theirs}, chat.id
        )
        await it.say("Amir", chat, "/svar Skolen.")
        assert it.replies == ["Skolen."]
        [parked] = it.rows(t.parked)
        assert "seven" in parked.raw
        assert "99887766" not in parked.raw
        assert len(it.aside) == 1


@driven
async def test_an_update_that_cannot_be_taken_in_is_parked_and_stops_nobody(sqlite_database, monkeypatch):
    async with meeting(sqlite_database) as (it, chat):
        take = it.house.works.take

        def chokes(happenings, now):
            if any(isinstance(each, Wrote) and each.words == "Gift." for each in happenings):
                raise ValueError("poison")
            return take(happenings, now)

        monkeypatch.setattr(it.house.works, "take", chokes)
        await it.say("Amir", chat, "/svar Gift.")
        await it.say("Liv", chat, "/svar Skolen.")
        assert it.replies == ["Skolen."]
        assert len(it.rows(t.parked)) == 1


@driven
async def test_a_group_that_is_moved_at_the_very_moment_of_a_question_gets_it_once_in_its_new_place(
    sqlite_database,
):
    async with meeting(sqlite_database, "group", faulty=True) as (it, chat):
        it.server.faults.plan("sendMessage", Run(lambda: it.server.migrate(chat)))
        await it.press("Liv", it.server.find(chat, "Spørsmål 1"), "Neste")
        await it.go(minutes=1)
        new = it.server.where(chat)
        assert new is not chat
        assert said(it, new, "Hva stemmer på kartet") == 1
        await it.say("Amir", new, "/svar Ferga.")
        assert "Ferga." in it.replies
        assert it.server.refusals == [
            "sendMessage 400 Bad Request: group chat was upgraded to a supergroup chat"
        ]


# -- all of it together


@driven
async def test_a_meeting_in_bad_weather_keeps_every_answer_and_asks_every_question(sqlite_database):
    """Faults at random, strict limits, and every update twice."""
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    print(f"seed {seed}")
    kinds = [TooMany(5), Broken(500), Broken(502, html=True), Cut("before"), Cut("after")]
    async with meeting(sqlite_database, faulty=True, pace=Pace()) as (it, chat):
        wrote = []
        for number in range(30):
            it.server.faults.plan(
                chance.choice(["sendMessage", "editMessageText", "setMessageReaction", "getUpdates"]),
                chance.choice(kinds),
            )
            words = "neste" if number % 6 == 5 else f"Nummer {number}."
            wrote.append(words)
            await it.say(chance.choice(FJORD), chat, f"/svar {words}")
            it.server.repeat(last=2, new_ids=chance.random() < 0.5)
            await it.go(minutes=0.5)
        await it.go(minutes=60)
        assert it.replies == wrote
        asked = Counter(row.prompt for row in it.rows(t.outbox, t.outbox.c.prompt.is_not(None)))
        assert set(asked.values()) == {1}
        marks = Counter(
            each.params["message_id"] for each in it.server.asked("setMessageReaction") if each.taken
        )
        assert set(marks.values()) == {1}
        assert {row.phase for row in it.rows(t.sessions)} == {"finished"}
        questions = it.rows(t.outbox, t.outbox.c.sort == "question", t.outbox.c.kind == "say")
        assert {row.status for row in questions} == {"sent"}
        assert it.rows(t.parked) == []
        replayed(sqlite_database)


def test_a_message_that_is_several_takes_as_many_places():
    pace, now = claims.Pace(), NINE
    chat = Bucket("chat", 8, 60.0)
    for takes in (3, 3):
        assert pace.open_at([chat._replace(takes=takes)], {}, now) == now
        pace.take([chat._replace(takes=takes)], now)
    assert pace.open_at([chat._replace(takes=2)], {}, now) == now
    assert pace.open_at([chat._replace(takes=3)], {}, now) == now + timedelta(minutes=1)
    assert pace.open_at([chat._replace(takes=20)], {}, now) == now + timedelta(minutes=1)
