"""Trouble between the house and Telegram, over a meeting: what is lost, what comes twice, and what waits."""

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import product

import httpx
import msgspec
from sqlalchemy import insert

from adapters.port import Bucket, Wrote
from adapters.telegram import client, names
from adapters.telegram.platform import IN_GROUP
from bot import claims
from bot.documents import drawing
from flows.message import RATHER_TWICE, line, message
from storage import tables as t
from tests.house.rig import NINE, driven, rows
from tests.platforms.ending import all_is_over, nothing_is_lost
from tests.platforms.inside import telegram_inside
from tests.platforms.serve import DOTS
from tests.platforms.telegram_play import Group, words
from tests.platforms.telegram_rig import COORDINATOR, FJELL, FJORD, LOOK, meeting, planned, trial
from tests.platforms.test_telegram_selfcheck import DATES, ROUNDS, Story
from tests.platforms.weather import Weather
from tests.standins.telegram import Broken, Cut, Hang, Pace, Run, TooMany

SHARING = "Nå deler vi"


def said(it, chat, words):
    """How often it stands there."""
    return sum(words in post.text for post in it.server.posts(chat))


# -- each sort of message, and each way in which a request can fail


#: By what happens to the request: how many messages Telegram has taken by it.
TROUBLES = {Cut("before"): 0, Cut("after"): 1, Broken(500): 0, Broken(502, html=True): 0, Hang("before"): 0,
            Hang("after"): 1}  # fmt: skip
SORTS = ("question", "answer", "recap", "status", "receipt")


@driven
async def test_where_nobody_can_know_each_sort_comes_twice_or_never(sqlite_database):
    """Cut before Telegram has taken it, and after; a fault of theirs; no answer in time."""
    async with trial(sqlite_database, faulty=True) as it:
        chat = it.server.group("Vest", it.town.all(*FJORD))
        it.town[COORDINATOR].started = True
        planned(sqlite_database, it.town, {"Fjord": chat}, members=(FJORD,), on=("2026-10-20",))
        for sort, (fault, taken) in product(SORTS, TROUBLES.items()):
            before, due = len(it.server.posts(chat)), it.server.faults.plan("sendMessage", fault)
            if isinstance(fault, Hang):
                gives_up_on(it, due)
            queue(it, sort)
            await it.go(minutes=5)
            came = len(it.server.posts(chat)) - before
            assert came == taken + (sort in RATHER_TWICE), (sort, fault)
        became = {(row.sort, row.status) for row in it.rows(t.outbox)}
        assert became == {(sort, "sent" if sort in RATHER_TWICE else "dropped") for sort in SORTS}


def gives_up_on(it, due):
    """On the next request, when it is certain that no answer comes: how fast the machine is makes no difference."""
    http = it.platform.client._connections[0]._client
    asks = http.request

    def hangs():
        return due.met and (due.fault.when == "before" or it.server.asked("sendMessage")[-1].taken)

    async def request(*args, **kwargs):
        http.request = asks
        asking = asyncio.ensure_future(asks(*args, **kwargs))
        while not hangs():
            await asyncio.sleep(LOOK)
        asking.cancel()
        raise httpx.ReadTimeout("no answer")

    http.request = request


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


# -- the whole self-check


class Whole(Story):
    """The story that is told in good weather, by both groups and their coordinator. What came of it is what counts."""

    def __post_init__(self):
        super().__post_init__()
        self.second = Moved(**vars(self.second))
        self.both = self.first, self.second


class Moved(Group):
    """What stood where they were before is not to be pressed any more: they write what they would have pressed."""

    def press(self, who, key):
        said, posts = words(self.house.town.language, key), self.house.server.posts(self.chat)
        offered = any(button["text"] == said for each in posts for row in each.keyboard for button in row)
        return super().press(who, key) if offered else self.says(key, who)


def requests_that_fail(server, group):
    """By what becomes of them: of a question, and of what is beside it."""
    plan = server.faults.plan

    def both(fault):
        return [plan("sendMessage", fault), plan("editMessageText", fault)]

    def migrates():
        """Once: there is no way back."""
        new = server.where(group) is not group
        return [] if new else [plan("sendMessage", Run(lambda: server.migrate(group)), chat=group)]

    return {
        "429": lambda: [plan("sendMessage", TooMany(4), times=2)],
        "429 besides": lambda: [
            plan("editMessageText", TooMany(20), times=2),
            plan("setMessageReaction", TooMany(5), times=2),
        ],
        "500": lambda: [*both(Broken(500)), plan("answerCallbackQuery", Broken(500))],
        "502": lambda: both(Broken(502, html=True)),
        "cut": lambda: both(Cut("before")),
        "cut, and taken": lambda: both(Cut("after")),
        "no answer": lambda: [plan("sendMessage", Hang("before"))],
        "no answer, and taken": lambda: [plan("sendMessage", Hang("after"))],
        "migrates": migrates,
    }


def updates_that_fail(server, house):
    plan = server.faults.plan

    def fetched():
        """Where they are fetched."""
        faults = (TooMany(3), Broken(500), Cut("before"), Cut("after"))
        return [plan("getUpdates", each) for each in faults] if house.transport == "polling" else []

    def again(*, new_ids):
        server.repeat(last=4, new_ids=new_ids)
        return []

    return {
        "cannot be fetched": fetched,
        "told again": lambda: again(new_ids=False),
        "told again under another number": lambda: again(new_ids=True),
    }


def test_the_whole_self_check_in_all_weathers(sqlite_database, tmp_path, monkeypatch):
    """Each kind of trouble in each of the three meetings, and strict limits; in the midst of each, updates come in
    the other way. In the first, the plain group becomes a supergroup."""
    made = client._request
    monkeypatch.setattr(client, "_request", lambda connections, read=1.0: made(connections, read))
    monkeypatch.setattr(drawing, "as_png", lambda _: DOTS)
    with telegram_inside(sqlite_database, tmp_path, "polling", "nb", pace=Pace()) as house:
        story, server = Whole(house), house.server
        story.is_planned()
        story.come_in()
        requests, updates = requests_that_fail(server, story.group), updates_that_fail(server, house)
        house.weather = Weather(requests, updates, {}, house.turns)
        for number, round_ in enumerate(ROUNDS, 1):
            house.weather.brews(number)
            house.go(to=DATES[number - 1])
            story.meets(number, round_)
            story.afterwards(number, round_)
            house.weather.clears()
        house.weather = None
        all_is_over(sqlite_database, moves=1)
        for chat in (story.forum, story.group):
            said_as_preferred(sqlite_database, server, chat)
        nothing_is_lost(sqlite_database, server.transcript(house.town["Per"]), "telegram_nb/in_the_end")


def said_as_preferred(database, server, chat):
    """What was said stands there, and more only of what was tried again and is rather twice."""
    here = [one for one in (chat, server.where(chat)) if one.messages]
    places = [row.id for row in rows(database, t.places) if row.channel in {str(one.id) for one in here}]
    mine = [row for row in rows(database, t.outbox) if row.place_id in places and row.kind == "say"]
    sent = [row.receipt for row in mine if row.status == "sent" and row.sort != "receipt"]
    known = {names.message(one.id, number) for one in here for said in sent
             if names.message(one.id, *names.numbers(one.id, said)) == said
             for number in names.numbers(one.id, said)}  # fmt: skip
    there = {names.message(one.id, each.id) for one in here for each in one.messages.values() if each.ours}
    again = sum(row.attempts - 1 for row in mine if row.sort in RATHER_TWICE)
    unsure = sum(row.status == "dropped" and row.attempts > 0 for row in mine)
    assert len(there - known) <= again + unsure, there - known
    unsaid = {row.reason for row in mine if row.sort in RATHER_TWICE and row.status != "sent"}
    assert known <= there
    assert unsaid <= {"not-alone"}
    marks = Counter((each.params["chat_id"], each.params["message_id"])
                    for each in server.asked("setMessageReaction") if each.taken)  # fmt: skip
    assert set(marks.values()) == {1}


def test_a_message_that_is_several_takes_as_many_places():
    pace, now = claims.Pace(), NINE
    chat = Bucket("chat", 8, 60.0)
    for takes in (3, 3):
        assert pace.open_at([chat._replace(takes=takes)], {}, now) == now
        pace.take([chat._replace(takes=takes)], now)
    assert pace.open_at([chat._replace(takes=2)], {}, now) == now
    assert pace.open_at([chat._replace(takes=3)], {}, now) == now + timedelta(minutes=1)
    assert pace.open_at([chat._replace(takes=20)], {}, now) == now + timedelta(minutes=1)
