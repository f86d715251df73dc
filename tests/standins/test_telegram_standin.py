"""The stand-in for Telegram keeps Telegram's word, with python-telegram-bot on the other side."""

import asyncio

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

import aiohttp
import telegram
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import ChatMigrated, Conflict, NetworkError, RetryAfter, TimedOut
from telegram.ext import Application, CommandHandler

from tests.standins.telegram import (
    WHY_ABSENT,
    Broken,
    Clock,
    Cut,
    HandClock,
    Hang,
    Pace,
    Run,
    TelegramServer,
    TooMany,
    load,
)
from tests.standins.telegram.stage import CASES, YES, hooked, keyboard, refused, story, texts

needs_spec = pytest.mark.skipif(load() is None, reason=WHY_ABSENT)


# --- the specification


async def raw(server, method, token=None, **params):
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.base_url}{token or server.token}/{method}", data=params) as response,
    ):
        return response.status, await response.json()


@needs_spec
@CASES(
    ("method", "params", "fault"),
    [
        ("sendMassage", {}, "no method sendMassage"),
        ("sendMessage", {"chat_id": 1, "text": "a", "color": "red"}, "sendMessage has no parameter color"),
        ("sendMessage", {"chat_id": 1}, "sendMessage lacks text"),
        (
            "deleteMessage",
            {"chat_id": 1, "message_id": "x"},
            "deleteMessage.message_id must be Integer, not 'x'",
        ),
        (
            "getUpdates",
            {"allowed_updates": "message"},
            "getUpdates.allowed_updates must be a list, not 'message'",
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "a", "reply_markup": '{"inline_keyboard":[[{"text":"a","data":"b"}]]}'},
            "sendMessage.reply_markup.inline_keyboard[0][0].data is no field of InlineKeyboardButton",
        ),
        (
            "setMessageReaction",
            {"chat_id": 1, "message_id": 1, "reaction": '[{"type":"emoji"}]'},
            "setMessageReaction.reaction[0].emoji is required in ReactionTypeEmoji",
        ),
        ("banChatMember", {"chat_id": 1, "user_id": 1}, "the stand-in does not know banChatMember"),
    ],
)
def test_a_request_that_is_not_in_the_specification_is_refused_and_noted(method, params, fault):
    async def scene():
        async with TelegramServer() as server:
            status, body = await raw(server, method, **params)
            assert (status, body["ok"]) == (400, False)
            assert server.violations == [fault]

    asyncio.run(scene())


@needs_spec
@CASES(
    ("update", "fault"),
    [
        ({"update_id": 1}, "update must hold exactly one thing"),
        (
            {"update_id": 1, "message": {"message_id": 1, "date": 1}},
            "update.message.chat is required in Message",
        ),
        (
            {"update_id": 1, "message": {"message_id": True, "date": 1, "chat": {"id": 1, "type": "group"}}},
            "update.message.message_id must be Integer, not True",
        ),
        (
            {
                "update_id": 1,
                "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "group"}, "x": 1},
            },
            "update.message.x is no field of Message",
        ),
    ],
)
def test_what_the_stand_in_itself_says_is_held_to_the_specification(update, fault):
    assert load().update(update)[0].startswith(fault)


def test_the_wrong_token_is_not_let_in():
    async def scene():
        async with TelegramServer() as server:
            assert await raw(server, "getMe", token="1:other") == (
                401,
                {"ok": False, "error_code": 401, "description": "Unauthorized"},
            )

    asyncio.run(scene())


# --- texts


@story
@CASES(
    ("html", "seen", "kinds"),
    [
        ("<b>Hei</b> du", "Hei du", ["bold"]),
        ("a &lt;b&gt; &amp; &quot;c&quot; &#229; &nbsp;", 'a <b> & "c" å &nbsp;', []),
        ("<b>æ <i>ø</i></b>", "æ ø", ["bold", "italic"]),
        ('<a href="https://a.no/?x=1&amp;y=2">her</a>', "her", ["text_link"]),
        ('<pre><code class="language-py">x</code></pre>', "x", ["pre"]),
        ("<blockquote expandable>x</blockquote>", "x", ["expandable_blockquote"]),
        ('<span class="tg-spoiler">x</span>', "x", ["spoiler"]),
        ("  😀 <u>x</u>\n", "😀 x", ["underline"]),
        ("/svar se https://a.no.", "/svar se https://a.no.", ["bot_command", "url"]),
    ],
)
async def test_html_becomes_what_people_see(server, bot, html, seen, kinds):
    sent = await bot.send_message(server.user("Kari", started=True).id, html, parse_mode="HTML")
    assert (sent.text, [str(each.type) for each in sent.entities]) == (seen, kinds)
    assert [sent.parse_entity(each) for each in sent.entities if each.type == "underline"] in ([], ["x"])


@story
@CASES(
    "html",
    ["<b>x", "x</b>", "<b><i>x</b></i>", "<p>x</p>", "<br/>", "1 < 2", "<span>x</span>", "<a>x</a>", "<b x"],
)
async def test_what_is_not_telegrams_html_is_refused(server, bot, html):
    with refused("can't parse entities"):
        await bot.send_message(server.user("Kari", started=True).id, html, parse_mode="HTML")


@story
@CASES(
    ("fields", "words"),
    [
        ({"text": " \n"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        (
            {"reply_markup": keyboard(InlineKeyboardButton("x", callback_data="å" * 33))},
            "BUTTON_DATA_INVALID",
        ),
        ({"reply_markup": keyboard(*[YES] * 9)}, "reply markup is too long"),
        ({"reply_markup": InlineKeyboardMarkup([[YES]] * 101)}, "reply markup is too long"),
        ({"reply_markup": keyboard(InlineKeyboardButton("x"))}, "Text buttons are unallowed"),
        ({"reply_markup": telegram.ForceReply(input_field_placeholder="x" * 65)}, "placeholder"),
        ({"message_thread_id": 1}, "message thread not found"),
        ({"reply_to_message_id": 99}, "message to be replied not found"),
    ],
)
async def test_limits_of_a_message(server, bot, fields, words):
    chat = server.supergroup("Vest", [server.user("Kari")])
    with refused(words):
        await bot.send_message(chat.id, **{"text": "x"} | fields)
    assert server.posts(chat) == []


@story
async def test_the_longest_text_and_caption_go_through(server, bot):
    kari = server.user("Kari", started=True)
    await bot.send_message(kari.id, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    await bot.send_message(kari.id, "x", reply_markup=InlineKeyboardMarkup([[YES] * 8] * 12))
    await bot.send_document(kari.id, b"x", filename="a.txt", caption="y" * 1024)
    with refused("caption is too long"):
        await bot.send_photo(kari.id, b"x", caption="y" * 1025)


@story
async def test_a_person_without_a_username_is_mentioned_by_number(server, bot):
    kari = server.user("Kari", started=True)
    html = f'<a href="tg://user?id={kari.id}">Kari</a> og <a href="tg://user?id=7">en til</a>'
    sent = await bot.send_message(kari.id, html, parse_mode="HTML")
    [mention] = sent.entities
    assert (mention.type, mention.user.id, sent.parse_entity(mention)) == ("text_mention", kari.id, "Kari")
    assert server.transcript(kari) == "Runda: Kari og en til"


# --- polling


@story
async def test_updates_stay_until_they_are_confirmed(server, bot):
    kari = server.user("Kari", started=True)
    for number in range(5):
        server.say(kari, kari, f"nr {number}")
    first = await bot.get_updates(limit=2)
    assert [each.update_id for each in await bot.get_updates(limit=2)] == [each.update_id for each in first]
    assert await texts(bot, offset=first[-1].update_id + 1) == ["nr 2", "nr 3", "nr 4"]
    assert await texts(bot) == ["nr 2", "nr 3", "nr 4"]
    assert await texts(bot, offset=-1) == ["nr 4"]
    assert await texts(bot) == ["nr 4"]
    assert await texts(bot, offset=first[0].update_id + 5) == []


@story
async def test_a_long_poll_ends_when_something_comes(server, bot):
    kari = server.user("Kari", started=True)
    poll = asyncio.create_task(texts(bot, timeout=30))
    await server.until(lambda: server.asked("getUpdates") and server.polling.now)
    server.say(kari, kari, "Hei")
    assert await poll == ["Hei"]


@story
async def test_a_second_poller_ends_the_first(server, bot):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await server.until(lambda: server.polling.now)
    await bot.get_updates(timeout=0)
    with refused("terminated by other getUpdates request", Conflict):
        await poll


@story
async def test_there_is_no_polling_beside_a_webhook(server, bot):
    server.start(server.user("Kari"))
    await bot.set_webhook("https://bot.example/hook")
    with refused("can't use getUpdates method while webhook is active", Conflict):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await texts(bot) == ["/start"]


@story
async def test_only_the_kinds_asked_for_come_and_the_wish_stays(server, bot):
    kari = server.user("Kari", started=True)
    group = server.supergroup("Vest", [kari], bot="administrator")
    sent = await bot.send_message(group.id, "x")
    server.react(kari, server.posts(group)[0], "👍")
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=["message_reaction"])
    server.react(kari, server.posts(group)[0], "🔥")
    server.say(kari, group, "ikke spurt etter")
    [update] = await bot.get_updates()
    change = update.message_reaction
    assert (change.message_id, change.old_reaction[0].emoji, change.new_reaction[0].emoji) == (
        sent.id,
        "👍",
        "🔥",
    )


@story
async def test_an_update_may_come_again(server, bot):
    kari = server.user("Kari", started=True)
    server.say(kari, kari, "Hei")
    [first] = await bot.get_updates()
    await bot.get_updates(offset=first.update_id + 1)
    server.repeat()
    [again] = await bot.get_updates(offset=first.update_id + 1)
    assert again == first
    server.repeat(new_ids=True)
    [renamed] = await bot.get_updates(offset=first.update_id + 1)
    assert (renamed.message, renamed.update_id) == (first.message, first.update_id + 1)


# --- webhook


def said(got):
    return [body["message"]["text"] for _, body in got]


@story(clock=Clock(scale=1000))
async def test_a_webhook_is_tried_again_in_order(server, bot):
    kari, ola = server.user("Kari", started=True), server.user("Ola", started=True)
    got = []
    failing = [lambda: web.Response(status=500)] * 3
    async with hooked([*failing, lambda: web.Response()], got) as url:
        await bot.set_webhook(url, secret_token="hemmelig-1")
        for number in range(3):
            server.say(kari, kari, str(number))
        await server.until(lambda: not server.feed.waiting)
        assert said(got) == ["0", "0", "0", "0", "1", "2"]
        assert {secret for secret, _ in got} == {"hemmelig-1"}
        info = await bot.get_webhook_info()
        assert (info.pending_update_count, info.last_error_message) == (
            0,
            "Wrong response from the webhook: 500 Internal Server Error",
        )
        server.repeat(last=1)
        server.say(ola, ola, "ny")
        await server.until(lambda: len(got) == 8)
        assert sorted(said(got)[6:]) == ["2", "ny"]
        await bot.delete_webhook()
        server.say(kari, kari, "venter")
    assert await texts(bot) == ["venter"]


@story(clock=HandClock())
async def test_the_delay_of_a_webhook_doubles_and_other_chats_do_not_wait(server, bot):
    kari, ola = server.user("Kari", started=True), server.user("Ola", started=True)
    got = []
    down = [lambda: web.Response(status=503)] * 2
    async with hooked([*down, lambda: web.Response()], got) as url:
        await bot.set_webhook(url)
        server.say(kari, kari, "1")
        for tries, delay in ((1, 1), (2, 2)):
            await server.until(lambda tries=tries: len(got) == tries and server.clock.waiting)
            server.clock.move(delay - 0.1)
            assert server.clock.waiting == 1
            if tries == 2:
                server.say(ola, ola, "ola")
                await server.until(lambda: len(got) == 3)
            server.clock.move(0.2)
        await server.until(lambda: not server.feed.waiting)
    assert said(got) == ["1", "1", "ola", "1"]


@story(clock=HandClock())
async def test_a_webhook_may_say_when_to_come_again(server, bot):
    kari = server.user("Kari", started=True)
    got = []
    busy = [lambda: web.Response(status=429, headers={"Retry-After": "7"})]
    async with hooked([*busy, lambda: web.Response()], got) as url:
        await bot.set_webhook(url)
        server.say(kari, kari, "1")
        await server.until(lambda: server.clock.waiting)
        server.clock.move(6.9)
        assert server.clock.waiting == 1
        server.clock.move(0.2)
        await server.until(lambda: not server.feed.waiting)
    assert said(got) == ["1", "1"]


@story
async def test_a_webhook_may_answer_with_a_method(server, bot):
    kari = server.user("Kari", started=True)
    body = {"method": "sendMessage", "chat_id": kari.id, "text": "takk"}
    async with hooked([lambda: web.json_response(body)], []) as url:
        await bot.set_webhook(url)
        server.say(kari, kari, "Hei")
        await server.until(lambda: server.posts(kari))
    assert server.transcript(kari) == "Kari: Hei\nRunda: takk"


@story
async def test_a_webhook_must_be_safe(server, bot):
    with refused("HTTPS URL must be provided"):
        await bot.set_webhook("http://bot.example/hook")
    with refused("unallowed characters"):
        await bot.set_webhook("https://bot.example/hook", secret_token="å")
    assert [line.split(":")[0] for line in server.refusals] == ["setWebhook 400 Bad Request"] * 2


# --- pace and faults


@story(clock=HandClock(), pace=Pace())
async def test_strict_pace(server, bot):
    kari = server.user("Kari")
    forum = server.forum("Vest", [kari])
    topic = server.topic(forum, "A")
    sent = await bot.send_message(forum.id, "0")
    with pytest.raises(RetryAfter) as caught:
        await sent.edit_text("x")
    assert caught.value.retry_after.total_seconds() == 1
    for number in range(1, 20):
        server.clock.move(1)
        await bot.send_message(forum.id, str(number), message_thread_id=topic.id)
    server.clock.move(1)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(forum.id, "20")
    assert caught.value.retry_after.total_seconds() == 40
    await bot.send_chat_action(forum.id, "typing")
    server.clock.move(40)
    await bot.send_message(forum.id, "20")
    others = [server.supergroup(str(number), [kari]) for number in range(30)]
    for each in others[:29]:
        await bot.send_message(each.id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(others[29].id, "x")


@story
@CASES(
    ("fault", "error", "taken"),
    [
        (TooMany(7), RetryAfter, False),
        (Broken(), NetworkError, False),
        (Broken(502, html=True), NetworkError, False),
        (Cut(), NetworkError, False),
        (Cut("after"), NetworkError, True),
        (Hang(), TimedOut, False),
        (Hang("after"), TimedOut, True),
    ],
)
async def test_faults_on_demand(server, bot, fault, error, taken):
    kari = server.user("Kari", started=True)
    server.faults.plan("sendMessage", fault, skip=1, chat=server.chats[kari.id])
    await bot.send_message(kari.id, "først")
    with pytest.raises(error):
        await bot.send_message(kari.id, "så", read_timeout=0.2)
    assert [each.text for each in server.posts(kari)] == ["først", *["så"] * taken]
    await bot.send_message(kari.id, "til slutt")
    assert (server.faults.left, server.last(kari).text) == (0, "til slutt")


@story
async def test_a_migration_in_the_middle(server, bot):
    group = server.group("Vest", [server.user("Kari")])
    server.faults.plan("sendMessage", Run(lambda: server.migrate(group)))
    with pytest.raises(ChatMigrated):
        await bot.send_message(group.id, "x")


# --- as it is used


def test_an_application_runs_against_it_from_another_thread():
    """What `runda serve` is in its process: here the bot has the main thread, the server its own."""

    async def greet(update, _):
        await update.effective_message.reply_html(f"Hei, <b>{update.effective_user.first_name}</b>")

    async def scene(server):
        build = Application.builder().token(server.token)
        app = build.base_url(server.base_url).base_file_url(server.base_file_url).build()
        app.add_handler(CommandHandler("start", greet))
        async with app:
            await app.start()
            await app.updater.start_polling(poll_interval=0)
            kari = server.user("Kari")
            server.start(kari)
            await server.until(lambda: server.posts(kari))
            await app.updater.stop()
            await app.stop()
        assert server.transcript(kari) == "Kari: /start\nRunda: Hei, Kari"

    with TelegramServer() as server:
        asyncio.run(scene(server))
        assert server.violations == []


@story
async def test_a_meeting_is_read_as_a_transcript(server, bot):
    kari, ola = server.user("Kari", "Moe", started=True), server.user("Ola")
    group = server.supergroup("Vest", [kari, ola])
    await bot.send_message(
        group.id,
        'Runde 1\nHva er viktigst? Se <a href="https://a.no">her</a>.',
        parse_mode="HTML",
        reply_markup=keyboard(YES, InlineKeyboardButton("Til meg", url="https://t.me/runda_bot?start=x")),
    )
    root = server.last(group)
    answer = server.say(kari, group, "Tid til hverandre, og at noen hører etter", reply_to=root)
    await bot.set_message_reaction(group.id, answer.id, "👍")
    server.react(ola, answer, "👍")
    server.edit(answer, "Tid")
    press = server.press(ola, root, "Ja")
    await bot.answer_callback_query(press.id, "Notert")
    question = telegram.ForceReply(input_field_placeholder="Skriv her")
    await bot.send_message(group.id, "Mer?", reply_markup=question, reply_to_message_id=answer.id)
    server.leave(ola, group)
    assert server.transcript(group) == (
        "Runda: Runde 1\n"
        "    Hva er viktigst? Se her <https://a.no>.\n"
        "    [Ja] [Til meg ↗]\n"
        "Kari Moe (to Runda: Runde 1 Hva er viktigst? Se h…): Tid (edited)\n"
        "    👍 Runda Ola\n"
        "Runda (to Kari Moe: Tid): Mer?\n"
        "    [reply: Skriv her]\n"
        "* Ola is out"
    )
    assert server.history(group) == (
        "Runda: Runde 1 / Hva er viktigst? Se her. [Ja] [Til meg]\n"
        "Kari Moe: Tid til hverandre, og at noen hører etter\n"
        "Runda reacts 👍 on 2\n"
        "Ola reacts 👍 on 2\n"
        "Kari Moe edits 2: Tid\n"
        "Ola presses [Ja]\n"
        "Ola is shown: Notert\n"
        "Runda: Mer?\n"
        "Ola is out"
    )


@story
@CASES(
    ("act", "words"),
    [
        (lambda s, c: s.say(s.creator(c), s.creator(c), "Hei"), "has not pressed Start"),
        (lambda s, c: s.say(s.user("Per"), c, "Hei"), "may not write"),
        (lambda s, c: s.say(s.creator(c), c, "Hei", topic=77), "has no topic"),
        (lambda s, c: s.migrate(c), "no basic group"),
    ],
)
async def test_what_a_person_could_not_do_a_test_cannot_either(server, bot, act, words):
    forum = server.forum("Vest", [server.user("Kari")])
    with pytest.raises(ValueError, match=words):
        act(server, forum)
    assert await bot.get_updates() == ()
