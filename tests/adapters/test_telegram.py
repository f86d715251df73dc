"""Telegram as a platform, against the stand-in: stored before it is confirmed, in order, and said once."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from adapters.port import (
    Address,
    Block,
    Chose,
    Label,
    Later,
    Learned,
    Outgoing,
    Refused,
    Shut,
    Spoken,
    Taken,
    Wrote,
)
from adapters.telegram.hearing import ATTEMPTS
from adapters.telegram.platform import IN_GROUP, IN_PRIVATE, TelegramPlatform
from adapters.telegram.render import LABELS
from adapters.telegram.sending import RECEIPT
from adapters.telegram.webhook import HEADER
from tests.standins.telegram import Broken, Cut, Hang, TelegramServer, TooMany
from tests.standins.telegram.clock import Clock as Quick

TEXTS = {
    "en": {**LABELS, "hint.undo": "Reply to your own message.", "hint.answer": "Write it after.",
           "command.answer": "Answer", "command.home": "Overview"},
}  # fmt: skip


class Clock:
    """Real time, without the waiting; what was waited for is told."""

    def __init__(self):
        self.slept = []

    def now(self):
        return datetime.now(UTC)

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0.02)


class Ear:
    """Takes in what it is told. `refuses` holds words that it cannot store, and how often."""

    def __init__(self, **refuses):
        self.heard, self.refuses = [], refuses

    async def __call__(self, heard):
        words = getattr(heard, "words", "")
        if self.refuses.get(words):
            self.refuses[words] -= 1
            raise RuntimeError("the disk is full")
        self.heard.append(heard)

    @property
    def words(self):
        return [each.words for each in self.heard if isinstance(each, Wrote)]


class Turn:
    """Whether this process fetches is what a test says."""

    def __init__(self, *, ours):
        self.is_ours, self.left = ours, False

    async def ours(self):
        return self.is_ours

    async def leave(self):
        self.left = True


def run(scene):
    return asyncio.run(asyncio.wait_for(scene, 60))


@asynccontextmanager
async def platform(server, ear=None, *, listening=True, aside=None, **more):
    async def put_aside(key, whole, why):
        (aside if aside is not None else []).append((key, whole, why))

    made = TelegramPlatform(server.token, Clock(), put_aside=put_aside, texts=TEXTS, api=server.url, **more)
    try:
        if listening:
            await made.listen(ear or Ear(), None)
        yield made
    finally:
        await made.close()


async def until(condition, within=10.0):
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.01)


def place(server, chat, topic=""):
    return Address("telegram", str(server.bot.id), str(chat.id), topic)


def said(*words, **more):
    return Spoken(more.pop("sort", "answer"), tuple(Block("line", each) for each in words), **more)


def request(
    server, chat, *words, token="t", topic="", message=None, opens=False, root=None, only=None, **more
):  # fmt: skip
    spoken = said(*words, **more)
    return Outgoing(token, place(server, chat, topic), spoken, message, opens, root, only)


# -- hearing


def test_what_is_not_stored_is_brought_again_and_what_is_stored_is_confirmed():
    """Story: python-telegram-bot confirms updates before its handlers have run."""

    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            server.say(kari, kari, "one")
            first = Ear(one=99)
            async with platform(server, first):
                await until(lambda: first.refuses["one"] < 98)
            second = Ear()
            async with platform(server, second):
                await until(lambda: second.words == ["one"])
                await until(lambda: server.asked("getUpdates")[-1].params.get("offset"))
            third = Ear()
            async with platform(server, third):
                server.say(kari, kari, "two")
                await until(lambda: third.words == ["two"])
            assert server.violations == []

    run(scene())


def test_order_is_kept_in_a_chat_and_chats_do_not_wait_for_each_other():
    async def scene():
        async with TelegramServer() as server:
            kari, per = (server.user(name, started=True) for name in ("Kari", "Per"))
            for word in ("a", "b", "c"):
                server.say(kari, kari, word)
                server.say(per, per, word.upper())
            ear = Ear(a=2)
            async with platform(server, ear):
                await until(lambda: len(ear.words) == 6)
            assert [word for word in ear.words if word.islower()] == ["a", "b", "c"]
            assert ear.words[:3] == ["A", "B", "C"]

    run(scene())


def test_an_update_that_can_never_be_stored_is_put_aside_and_stops_nobody():
    async def scene():
        async with TelegramServer() as server:
            kari, per = (server.user(name, started=True) for name in ("Kari", "Per"))
            server.say(kari, kari, "poison")
            aside, ear = [], Ear(poison=10_000)
            async with platform(server, ear, aside=aside):
                for number in range(ATTEMPTS + 3):
                    server.say(per, per, str(number))
                    await until(lambda number=number: str(number) in ear.words)
                await until(lambda: aside)
                server.say(kari, kari, "after")
                await until(lambda: "after" in ear.words)
            ((key, whole, why),) = aside
            assert key.startswith(f"telegram:{server.bot.id}:")
            assert "poison" in whole
            assert why == "RuntimeError"

    run(scene())


def test_where_nothing_can_be_stored_nothing_is_put_aside():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            server.say(kari, kari, "one")
            aside, ear = [], Ear(one=ATTEMPTS * 3)
            async with platform(server, ear, aside=aside):
                await until(lambda: ear.words == ["one"])
            assert aside == []

    run(scene())


def test_an_update_that_cannot_be_read_is_put_aside_whole():
    async def scene():
        async with TelegramServer(validate=False) as server:
            aside, ear = [], Ear()
            async with platform(server, ear, listening=False, aside=aside) as made:
                raw = {"update_id": 5, "message": {"message_id": "seven"}}
                await made.hearing.take(raw, await made.me(), ear)
            assert [(key, why) for key, _, why in aside] == [
                (f"telegram:{server.bot.id}:5", "cannot be read: ValidationError")
            ]

    run(scene())


def test_only_the_process_whose_turn_it_is_fetches():
    async def scene():
        async with TelegramServer() as server:
            turn = Turn(ours=False)
            async with platform(server, Ear(), turn=turn) as made:
                await until(lambda: len(made._clock.slept) > 3)
                assert server.asked("getUpdates") == []
                turn.is_ours = True
                await until(lambda: server.asked("getUpdates"))
            assert turn.left

    run(scene())


def test_somebody_else_with_the_same_token_is_waited_out(caplog):
    async def scene():
        async with TelegramServer() as server:
            server.faults.plan("getUpdates", Broken(409), times=2)
            ear, kari = Ear(), server.user("Kari", started=True)
            async with platform(server, ear) as made:
                server.say(kari, kari, "here")
                await until(lambda: ear.words == ["here"])
                assert made._clock.slept.count(30.0) == 2

    run(scene())
    assert "TELEGRAM_BOT_TOKEN" in caplog.text


@pytest.mark.parametrize("fault", [Broken(502, html=True), Cut("before"), Cut("after"), TooMany(3)])
def test_fetching_goes_on_after_faults_without_a_busy_loop(fault):
    async def scene():
        async with TelegramServer() as server:
            server.faults.plan("getUpdates", fault, times=3)
            ear, kari = Ear(), server.user("Kari", started=True)
            server.say(kari, kari, "here")
            async with platform(server, ear) as made:
                await until(lambda: ear.words == ["here"])
                assert len(made._clock.slept) >= 3
                assert all(seconds >= 1 for seconds in made._clock.slept)

    run(scene())


def test_telegram_may_be_away_when_the_house_starts():
    async def scene():
        async with TelegramServer() as server:
            server.faults.plan("getMe", Broken(500), times=2)
            ear, kari = Ear(), server.user("Kari", started=True)
            async with platform(server, ear):
                server.say(kari, kari, "here")
                await until(lambda: ear.words == ["here"])

    run(scene())


def test_updates_that_are_repeated_keep_their_keys():
    async def scene():
        async with TelegramServer() as server:
            ear, kari = Ear(), server.user("Kari", started=True)
            async with platform(server, ear):
                server.say(kari, kari, "here")
                await until(lambda: ear.words)
                server.feed.repeat()
                server.feed.repeat(new_ids=True)
                await until(lambda: len(ear.heard) == 3)
            first, again, renumbered = ear.heard
            assert again == first
            assert (renumbered.place, renumbered.message) == (first.place, first.message)

    run(scene())


def test_a_press_is_answered_when_it_is_stored():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            group = server.supergroup("Vest", [kari])
            ear = Ear()
            async with platform(server, ear) as made:
                taken = await made.send(request(server, group, "Go on?", labels=(Label("next", "Next"),)))
                press = server.press(kari, server.last(group), "Next")
                await until(lambda: press.answered)
            (chose,) = ear.heard
            assert isinstance(chose, Chose)
            assert (chose.press, chose.message, chose.account) == ("next", taken.message, str(kari.id))

    run(scene())


def test_a_button_that_asks_in_private_leads_there():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            ear = Ear()
            async with platform(server, ear) as made:
                labels = (Label("open:answer:3:7", "Answer"),)
                await made.send(request(server, group, "How much?", labels=labels))
                press = server.press(kari, server.last(group), "Answer")
                server.follow(kari, press.url)
                await until(lambda: any(isinstance(each, Chose) for each in ear.heard))
            chose = next(each for each in ear.heard if isinstance(each, Chose))
            assert (chose.press, chose.place.channel) == ("open:answer:3:7", str(kari.id))

    run(scene())


def test_a_hint_for_whoever_does_not_know_how():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            async with platform(server):
                server.say(kari, group, "/takeback")
                await until(lambda: "own message" in server.transcript(group))

    run(scene())


def test_the_commands_are_listed_in_the_languages_of_people():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            async with platform(server):
                await until(lambda: server.offered(kari, kari))
            assert server.violations == []

    run(scene())


# -- webhook


def test_a_webhook_answers_when_it_is_stored_and_is_brought_again_when_it_is_not():
    aiohttp = pytest.importorskip("aiohttp")
    web = aiohttp.web if hasattr(aiohttp, "web") else pytest.importorskip("aiohttp.web")

    async def scene():
        async with TelegramServer() as server:
            server.clock = Quick(scale=50)  # what is not taken is brought again after a second, and after two
            ear, kari = Ear(one=2), server.user("Kari", started=True)
            hook = {}

            async def answer(it):
                status = await hook["it"].answer(it.headers.get(HEADER), await it.read())
                return web.Response(status=status)

            app = web.Application()
            app.router.add_post("/telegram", answer)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            try:
                async with platform(server, ear, webhook=f"http://127.0.0.1:{port}/telegram") as made:
                    hook["it"] = made.webhook
                    server.say(kari, kari, "one")
                    await until(lambda: ear.words == ["one"], within=30)
                    server.say(kari, kari, "two")
                    await until(lambda: ear.words == ["one", "two"])
                    assert made.webhook.path == "/telegram"
                    assert await made.webhook.answer("guess", b"{}") == 403
                    assert await made.webhook.answer(None, b"{}") == 403
                    assert await made.webhook.answer("\udcff", b"{}") == 403
                    assert await made.webhook.answer(made.webhook.secret, b"{") == 400
            finally:
                await runner.cleanup()
            assert server.asked("setWebhook")[0].params["drop_pending_updates"] in (False, None, "false")

    run(scene())


# -- sending


def test_a_message_its_edit_and_the_same_again():
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            async with platform(server, listening=False) as made:
                taken = await made.send(request(server, group, "Question <1>"))
                change = request(server, group, "Question 1 & 2", message=taken.message, sort="status")
                assert await made.send(change) == taken
                assert await made.send(change) == taken  # «message is not modified»
            assert [message.text for message in server.posts(group)] == ["Question 1 & 2"]

    run(scene())


def test_a_forum_gets_a_topic_for_each_meeting():
    async def scene():
        async with TelegramServer() as server:
            forum = server.forum("Alle", [], bot="administrator")
            async with platform(server, listening=False) as made:
                taken = await made.send(request(server, forum, "Session 1 of 3", opens=True))
                assert taken.thread
                await made.send(request(server, forum, "More", topic=taken.thread, token="u"))
            assert "Session 1 of 3" in server.transcript(forum, int(taken.thread))
            assert server.violations == []

    run(scene())


@pytest.mark.parametrize("kind", ["supergroup", "forum"])
def test_where_no_topic_can_be_made_the_meeting_stays(kind):
    async def scene():
        async with TelegramServer() as server:
            chat = getattr(server, kind)("Vest", [], bot="member")
            async with platform(server, listening=False) as made:
                taken = await made.send(request(server, chat, "Session 1", opens=True))
            assert taken.thread == ""
            assert server.last(chat).text == "Session 1"

    run(scene())


def test_a_meeting_hangs_together_by_replies_even_when_its_first_message_is_gone():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            async with platform(server, listening=False) as made:
                root = await made.send(request(server, group, "Session 1"))
                await made.send(request(server, group, "Why?", root=root.message, token="u"))
                first, second = server.posts(group)
                assert second.reply_to is first or second.reply_to == first.id
                server.delete(first)
                await made.send(request(server, group, "And?", root=root.message, token="v"))
            assert server.last(group).text == "And?"

    run(scene())


def test_a_receipt_is_a_reaction():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            ear = Ear()
            async with platform(server, ear) as made:
                server.say(kari, group, "/svar Hei")
                await until(lambda: ear.heard)
                about = ear.heard[0].message
                receipt = request(server, group, "Noted", sort="receipt", about=about)
                assert await made.send(receipt) == Taken(about)
                with pytest.raises(Refused):
                    await made.send(request(server, group, "Noted", sort="receipt", about="999"))
            (asked, _) = server.asked("setMessageReaction")
            assert RECEIPT in str(asked.params)
            assert server.violations == []

    run(scene())


def test_in_privacy_mode_questions_say_how_they_are_answered():
    async def scene():
        async with TelegramServer() as server:
            quiet, run_by_us = (
                server.supergroup("Vest", []),
                server.supergroup("Øst", [], bot="administrator"),
            )
            async with platform(server, listening=False) as made:
                for chat in (quiet, run_by_us):
                    await made.send(request(server, chat, "Why?", sort="question", token=str(chat.id)))
                assert (await made.hears_all(quiet.id), await made.hears_all(run_by_us.id)) == (False, True)
            assert "reply to this message" in server.last(quiet).text
            assert server.last(run_by_us).text == "Why?"

    run(scene())


def test_a_long_message_is_several_that_are_one():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            ear, labels = Ear(), (Label("next", "Next"),)
            async with platform(server, ear) as made:
                long = [letter * 3000 for letter in "abc"]
                taken = await made.send(request(server, group, *long, labels=labels))
                assert taken.message == "1.2.3"
                server.press(kari, server.last(group), "Next")
                await until(lambda: ear.heard)
                assert ear.heard[0].message == taken.message
                change = request(server, group, "short", message=taken.message, labels=labels)
                assert await made.send(change) == taken
                server.press(kari, server.last(group), "Next")
                await until(lambda: len(ear.heard) == 2)
                assert ear.heard[1].message == taken.message
            assert [message.text for message in server.posts(group)] == ["short"]

    run(scene())


def test_a_long_message_goes_on_where_it_was_held_up():
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            server.faults.plan("sendMessage", TooMany(7), skip=1)
            async with platform(server, listening=False) as made:
                long = request(server, group, *(letter * 3000 for letter in "abc"))
                with pytest.raises(Later) as later:
                    await made.send(long)
                assert (later.value.seconds, later.value.bucket) == (7, made.buckets(long)[0].name)
                await made.send(long)
            assert [message.text[0] for message in server.posts(group)] == ["a", "b", "c"]

    run(scene())


@pytest.mark.parametrize("draws", [True, False])
def test_a_drawing_is_a_photograph_with_its_words_and_words_alone_where_none_can_be_made(draws):
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            async with platform(server, listening=False) as made:
                made.sending._draw = lambda drawing: b"\x89PNG" if draws and drawing == b"<svg/>" else None
                picture = Block("picture", "The map\nEight points.", file=b"<svg/>")
                shown = Outgoing("t", place(server, group), Spoken("question", (picture,)))
                assert made.buckets(shown)[0].takes == 1
                taken = await made.send(shown)
                again = Spoken("question", (replace(picture, words="The map\nNine points."),))
                await made.send(replace(shown, spoken=again, message=taken.message))
            (post,) = server.posts(group)
            assert (bool(post.media), post.text) == (draws, "The map\nNine points.")

    run(scene())


def test_a_file_comes_after_its_words_and_is_rewritten_with_them():
    async def scene():
        async with TelegramServer() as server:
            per = server.user("Per", started=True)

            def recap(words, file):
                blocks = Block("line", words), Block("file", "recap.docx", file=file)
                spoken = Spoken("recap", blocks, (Label("open:home", "Home"),))
                return Outgoing("t", place(server, per), spoken)

            async with platform(server, listening=False) as made:
                assert made.buckets(recap("a", b"one"))[0].takes == 2
                taken = await made.send(recap("First", b"one"))
                await made.send(replace(recap("Second", b"two"), message=taken.message))
            words, file = server.posts(per)
            assert (words.text, file.media["document"]["file_name"]) == ("Second", "recap.docx")
            assert [row[0]["text"] for row in words.keyboard] == ["Home"]
            assert server.files[file.media["document"]["file_id"]][1] == b"two"

    run(scene())


def test_what_is_for_one_alone_goes_to_their_private_chat():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            group = server.supergroup("Vest", [kari])
            async with platform(server, listening=False) as made:
                await made.send(request(server, group, "For you", only=str(kari.id)))
                assert (
                    made.buckets(request(server, group, "For you", only=str(kari.id)))[0][1:3] == IN_PRIVATE
                )
            assert server.last(kari).text == "For you"
            assert server.posts(group) == []

    run(scene())


def test_a_group_that_has_no_chat_yet_is_shut():
    async def scene():
        async with TelegramServer() as server, platform(server, listening=False) as made:
            unbound = Outgoing("t", Address("telegram", made.workspace, "no-chat:3"), said("Hello"))
            assert made.buckets(unbound)
            with pytest.raises(Shut) as shut:
                await made.send(unbound)
            assert shut.value.reason == "unbound"

    run(scene())


def test_that_one_person_cannot_be_reached_shuts_no_group():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            async with platform(server, listening=False) as made:
                with pytest.raises(Refused) as refused:
                    await made.send(request(server, group, "For you", only=str(kari.id)))
            assert refused.value.reason == "not-started"

    run(scene())


def test_that_privacy_mode_was_changed_is_noticed_when_the_bot_is_added_again():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            async with platform(server) as made:
                assert not await made.hears_all(group.id)
                server.set_privacy(False)
                server.kick(server.bot, group)
                server.join(server.bot, group)
                async with asyncio.timeout(10):
                    while not await made.hears_all(group.id):
                        await asyncio.sleep(0.01)

    run(scene())


def test_buckets_are_the_chat_with_its_topics_and_the_whole_bot():
    async def scene():
        async with TelegramServer() as server:
            forum = server.forum("Alle", [], bot="administrator")
            async with platform(server, listening=False) as made:
                here, whole = made.buckets(request(server, forum, "x", topic="3"))
                there, _ = made.buckets(request(server, forum, "x", topic="4"))
                assert here == there
                assert (here.burst, here.seconds) == IN_GROUP
                assert whole.name == f"telegram:{server.bot.id}"

    run(scene())


# -- what goes wrong


def kicked(server, chat):
    server.kick(server.bot, chat)


def restricted(server, chat):
    server.restrict(server.bot, chat)


def erased(server, chat):
    server.erase(chat)


@pytest.mark.parametrize(
    ("act", "reason"), [(kicked, "removed"), (restricted, "forbidden"), (erased, "not-found")]
)
def test_a_group_that_takes_nothing_is_shut(act, reason):
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.supergroup("Vest", [kari])
            act(server, group)
            async with platform(server, listening=False) as made:
                with pytest.raises(Shut) as shut:
                    await made.send(request(server, group, "Hello"))
            assert (shut.value.reason, shut.value.whole) == (reason, False)

    run(scene())


@pytest.mark.parametrize(("blocks", "reason"), [(True, "blocked"), (False, "not-started")])
def test_a_person_who_cannot_be_written_to(blocks, reason):
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=blocks)
            if blocks:
                server.block(kari)
            async with platform(server, listening=False) as made:
                with pytest.raises(Shut) as shut:
                    await made.send(request(server, kari, "Hello"))
            assert shut.value.reason == reason

    run(scene())


def test_a_person_whose_account_is_closed_never_gets_it():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            kari.gone = True
            async with platform(server, listening=False) as made:
                with pytest.raises(Refused) as refused:
                    await made.send(request(server, kari, "Hello"))
            assert refused.value.reason == "gone"

    run(scene())


@pytest.mark.parametrize(("act", "reason"), [("close_topic", "topic-closed"), ("delete_topic", "topic-gone")])
def test_a_topic_that_takes_nothing_is_shut(act, reason):
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            forum = server.forum("Alle", [kari], bot="member")
            topic = server.topic(forum, "Vest", kari)
            server.promote(kari, forum)
            getattr(server, act)(kari, forum, topic)
            async with platform(server, listening=False) as made:
                with pytest.raises(Shut) as shut:
                    await made.send(request(server, forum, "Hello", topic=str(topic.id)))
            assert shut.value.reason == reason

    run(scene())


def test_an_edit_of_a_message_that_is_gone_is_refused():
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            async with platform(server, listening=False) as made:
                for message in ("77", "g1"):
                    with pytest.raises(Refused) as refused:
                        await made.send(request(server, group, "Hello", message=message))
                    assert refused.value.reason == "not-found"

    run(scene())


def test_a_group_that_becomes_a_supergroup_is_told_of_by_whoever_notices_first():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari")
            group = server.group("Vest", [kari])
            ear = Ear()
            async with platform(server, ear) as made:
                await made.send(request(server, group, "Before"))
                new = server.migrate(group)
                with pytest.raises(Later):
                    await made.send(request(server, group, "After"))
                await until(lambda: len([each for each in ear.heard if isinstance(each, Learned)]) >= 3)
                await made.send(request(server, new, "After"))
            told = {(each.key, each.what, each.to) for each in ear.heard if each.what == "moved"}
            assert told == {(f"{server.bot.id}:moved:{group.id}:{new.id}", "moved", place(server, new))}

    run(scene())


@pytest.mark.parametrize("fault", [Broken(500), Broken(502, html=True), Cut("after"), Cut("before")])
def test_what_nobody_can_know_is_an_oserror(fault):
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            async with platform(server, listening=False) as made:
                await made.me()
                server.faults.plan("sendMessage", fault)
                with pytest.raises(OSError, match="Telegram"):
                    await made.send(request(server, group, "Hello"))
                assert await made.look_up(request(server, group, "Hello")) is None

    run(scene())


def test_a_connection_that_could_not_be_made_has_sent_nothing():
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            async with platform(server, listening=False) as made:
                await made.me()
                url, made.client._bot._base_url = made.client._bot._base_url, "http://127.0.0.1:9/bot"
                with pytest.raises(Later):
                    await made.send(request(server, group, "Hello"))
                made.client._bot._base_url = url
                await made.send(request(server, group, "Hello"))

    run(scene())


def test_a_token_that_is_not_valid_shuts_everything():
    async def scene():
        async with TelegramServer() as server:
            made = TelegramPlatform("42:wrong", Clock(), put_aside=None, texts={}, api=server.url)
            with pytest.raises(Shut) as shut:
                await made.me()
            await made.close()
            assert (shut.value.reason, shut.value.whole) == ("token", True)

    run(scene())


# -- who


def test_people_are_known_by_what_they_do_and_else_by_what_telegram_tells():
    async def scene():
        async with TelegramServer() as server:
            kari, per = server.user("Kari", started=True), server.user("Per", started=True)
            ear = Ear()
            async with platform(server, ear) as made:
                server.say(kari, kari, "Hei")
                await until(lambda: ear.heard)
                found = await made.who(made.workspace, [str(kari.id), str(per.id), "x", "999"])
                assert await made.members(place(server, kari)) == []
            assert [each.name for each in found] == ["Kari", "Per"]

    run(scene())


def test_what_is_to_be_known_of_a_chat():
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            chats = [
                server.supergroup("Vest", [kari]),
                server.forum("Alle", [kari], bot="administrator"),
                server.forum("Andre", [kari], bot="member"),
                kari,
            ]
            async with platform(server, listening=False) as made:
                told = [(await made.about(place(server, each), str(kari.id)))[1:] for each in chats]
            assert told == [(False, False), (True, True), (False, False), (True, False)]

    run(scene())


def test_a_request_that_hangs_is_given_up(monkeypatch):
    async def scene():
        async with TelegramServer() as server:
            group = server.supergroup("Vest", [])
            server.faults.plan("sendMessage", Hang("after"))
            async with platform(server, listening=False) as made:
                with pytest.raises(OSError, match="TimedOut"):
                    await made.send(request(server, group, "Hello"))

    monkeypatch.setattr("adapters.telegram.client.READ", 0.3)
    monkeypatch.setattr("adapters.telegram.client._request.__defaults__", (0.3,))
    run(scene())


def test_neither_tokens_nor_words_are_logged(caplog):
    async def scene():
        async with TelegramServer() as server:
            kari = server.user("Kari", started=True)
            ear = Ear(**{"My secret": 1})
            server.faults.plan("sendMessage", Broken(502, html=True))
            async with platform(server, ear) as made:
                server.say(kari, kari, "My secret")
                await until(lambda: ear.words)
                for _ in range(2):
                    with suppress(OSError):
                        await made.send(request(server, kari, "Our secret"))
            return server.token

    caplog.set_level("DEBUG")
    token = run(scene())
    assert token not in caplog.text
    assert "secret" not in caplog.text
    assert "<html" not in caplog.text
    assert "not stored" in caplog.text
