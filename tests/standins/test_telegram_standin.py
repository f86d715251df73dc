"""The stand-in for Telegram keeps Telegram's word, with python-telegram-bot on the other side."""

import asyncio
import contextlib
import functools
import inspect

import pytest

telegram = pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
web = pytest.importorskip("aiohttp.web", reason="aiohttp is not installed")
import aiohttp  # noqa: E402 - after the skip
from telegram import InlineKeyboardButton, InlineKeyboardMarkup  # noqa: E402
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, NetworkError, RetryAfter, TimedOut  # noqa: E402
from telegram.ext import Application, CommandHandler  # noqa: E402
from telegram.request import HTTPXRequest  # noqa: E402

from tests.standins.telegram import (  # noqa: E402
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

needs_spec = pytest.mark.skipif(load() is None, reason=WHY_ABSENT)
CASES = pytest.mark.parametrize


@pytest.fixture(autouse=True)
def _durations(monkeypatch):
    """python-telegram-bot's own way of today: spans of time are not numbers."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


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
        asyncio.run(live(kwargs))

    # pytest fills in what a signature names: the server and the bot come from here.
    parameters = list(inspect.signature(test).parameters.values())[2:]
    run.__signature__ = inspect.Signature(parameters)
    return run


async def texts(bot, **asked):
    return [update.message.text for update in await bot.get_updates(**asked) if update.message]


def keyboard(*buttons):
    return InlineKeyboardMarkup([list(buttons)])


YES = InlineKeyboardButton("Ja", callback_data="yes")


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
    with pytest.raises(BadRequest, match="(?i)can't parse entities"):
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
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.send_message(chat.id, **{"text": "x"} | fields)
    assert server.posts(chat) == []


@story
async def test_the_longest_text_and_caption_go_through(server, bot):
    kari = server.user("Kari", started=True)
    await bot.send_message(kari.id, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    await bot.send_message(kari.id, "x", reply_markup=InlineKeyboardMarkup([[YES] * 8] * 12))
    await bot.send_document(kari.id, b"x", filename="a.txt", caption="y" * 1024)
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo(kari.id, b"x", caption="y" * 1025)


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
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await poll


@story
async def test_there_is_no_polling_beside_a_webhook(server, bot):
    await bot.set_webhook("https://bot.example/hook")
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


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
    server.feed.repeat()
    [again] = await bot.get_updates(offset=first.update_id + 1)
    assert again == first
    server.feed.repeat(new_ids=True)
    [renamed] = await bot.get_updates(offset=first.update_id + 1)
    assert (renamed.message, renamed.update_id) == (first.message, first.update_id + 1)


# --- who sees what


def said_in_every_way(server, kari, group):
    """Says one thing of each sort in the group; the bot has written there before."""
    other = server.other_bot("Annen", "annen_bot")
    server.join(other, group)
    server.say(kari, group, "vanlig")
    server.say(kari, group, "/svar@runda_bot ja")
    server.say(kari, group, "/svar@annen_bot nei")
    server.say(kari, group, "@runda_bot hallo")
    server.say(kari, group, "svar", reply_to=server.last(group))
    server.say(other, group, "fra en bot")
    server.say(kari, group, "/hjelp etter annen bot")
    server.say_anonymously(kari, group, "anonymt")


@story
async def test_in_privacy_mode_little_is_seen(server, bot):
    kari = server.user("Kari", started=True)
    group = server.supergroup("Vest", [kari])
    await bot.send_message(group.id, "Hei")
    said_in_every_way(server, kari, group)
    assert await texts(bot) == [None, "/svar@runda_bot ja", "svar"]


@story(privacy=False)
@CASES("kind", ["group", "supergroup"])
async def test_with_privacy_off_all_is_seen_but_other_bots(server, bot, kind):
    kari = server.user("Kari", started=True)
    group = getattr(server, kind)("Vest", [kari])
    await bot.send_message(group.id, "Hei")
    said_in_every_way(server, kari, group)
    assert "fra en bot" not in await texts(bot)
    assert len(await texts(bot)) == 8


@story
async def test_privacy_holds_as_it_was_when_the_bot_joined(server, bot):
    kari = server.user("Kari")
    group = server.group("Vest", [kari])
    server.set_privacy(False)
    assert (await bot.get_me()).can_read_all_group_messages is True
    server.say(kari, group, "før")
    server.kick(server.bot, group)
    server.join(server.bot, group)
    server.say(kari, group, "etter")
    updates = await bot.get_updates()
    changes = [(u.my_chat_member.old_chat_member.status, u.my_chat_member.new_chat_member.status)
               for u in updates if u.my_chat_member]  # fmt: skip
    assert changes == [("member", "kicked"), ("kicked", "member")]
    assert [u.message.text for u in updates if u.message] == [None, "etter"]


@story
async def test_an_administrator_sees_all_and_hears_of_members_when_it_asks(server, bot):
    kari, ola = server.user("Kari"), server.user("Ola")
    group = server.supergroup("Vest", [kari])
    await bot.get_updates(allowed_updates=["message", "chat_member", "my_chat_member"])
    server.promote(server.bot, group)
    server.say(kari, group, "vanlig")
    server.join(ola, group)
    server.leave(ola, group)
    promoted, plain, joined, served, left, gone = await bot.get_updates()
    assert promoted.my_chat_member.new_chat_member.status == "administrator"
    assert plain.message.text == "vanlig"
    assert (joined.chat_member.new_chat_member.status, left.chat_member.new_chat_member.status) == (
        "member",
        "left",
    )
    assert served.message.new_chat_members[0].first_name == "Ola"
    assert gone.message.left_chat_member.first_name == "Ola"


@story
async def test_edits_are_told_deletions_are_not(server, bot):
    kari = server.user("Kari", started=True)
    said = server.say(kari, kari, "Hei")
    server.edit(said, "Hallo")
    server.delete(said)
    first, second = await bot.get_updates()
    assert (first.message.text, second.edited_message.text) == ("Hei", "Hallo")
    assert second.edited_message.edit_date is not None
    assert "Hallo" not in server.transcript(kari)


@story
async def test_the_group_itself_a_channel_and_an_automatic_forward_speak(server, bot):
    kari = server.user("Kari")
    group = server.supergroup("Vest", [kari], bot="administrator")
    channel = server.channel("Nytt", [kari], linked=group)
    server.say_anonymously(kari, group, "a")
    server.say_as_channel(channel, group, "b")
    server.channel_post(channel, "c")
    anonymous, as_channel, post, forwarded = await bot.get_updates()
    assert (anonymous.message.from_user.username, anonymous.message.sender_chat.id) == (
        "GroupAnonymousBot",
        group.id,
    )
    assert as_channel.message.sender_chat.id == channel.id
    assert (post.channel_post.text, post.channel_post.from_user) == ("c", None)
    assert forwarded.message.is_automatic_forward
    assert forwarded.message.forward_origin.chat.id == channel.id
    await bot.send_message(channel.id, "fra boten")
    assert len(await bot.get_updates()) == 4


@story
async def test_what_people_show(server, bot):
    kari, ola = server.user("Kari", started=True), server.user("Ola", started=True)
    photo = server.photo(kari, kari, "tavla", album="a1", data=b"bytes")
    server.voice(kari, kari, 7)
    server.sticker(kari, kari, "🔥")
    server.document(kari, kari, "plan.pdf", b"pdf")
    server.contact(kari, kari, "+4740000000")
    server.forward(ola, ola, photo)
    server.forward(ola, ola, server.say(kari, kari, "Hei"), hidden=True)
    got = [update.message for update in await bot.get_updates()]
    assert (got[0].caption, got[0].media_group_id, len(got[0].photo)) == ("tavla", "a1", 2)
    assert (got[1].voice.duration.seconds, got[2].sticker.emoji, got[3].document.file_name) == (
        7,
        "🔥",
        "plan.pdf",
    )
    assert got[4].contact.phone_number == "+4740000000"
    assert got[5].forward_origin.sender_user.first_name == "Kari"
    assert got[7].forward_origin.sender_user_name == "Kari"
    file = await bot.get_file(got[0].photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == b"bytes"
    with pytest.raises(BadRequest):
        await bot.get_file("unknown")


# --- where the bot may write


@story
async def test_the_words_in_which_it_is_refused(server, bot):
    kari = server.user("Kari")
    group, there = server.supergroup("Vest", [kari]), server.group("Øst", [kari], bot=None)

    async def refused(error, words, chat=None):
        with pytest.raises(error) as caught:
            await bot.send_message(chat or kari.id, "x")
        assert caught.value.message.lower().endswith(words.lower())

    await refused(BadRequest, "chat not found", 7)
    await refused(Forbidden, "bot can't initiate conversation with a user")
    server.start(kari)
    server.block(kari)
    await refused(Forbidden, "bot was blocked by the user")
    kari.gone = True
    await refused(Forbidden, "user is deactivated")
    await refused(Forbidden, "bot is not a member of the group chat", there.id)
    server.restrict(server.bot, group)
    await refused(BadRequest, "not enough rights to send text messages to the chat", group.id)
    server.restrict(server.bot, group, can_send=True)
    server.kick(server.bot, group)
    await refused(Forbidden, "bot was kicked from the supergroup chat", group.id)
    server.join(server.bot, group)
    assert await bot.leave_chat(group.id)
    await refused(Forbidden, "bot is not a member of the supergroup chat", group.id)
    channel = server.channel("Nytt", [kari], bot="member")
    await refused(BadRequest, "need administrator rights in the channel chat", channel.id)
    server.erase(server.group("Bort", [kari]))
    await refused(Forbidden, "the group chat was deleted", list(server.chats)[-1])
    statuses = [u.my_chat_member.new_chat_member.status for u in await bot.get_updates() if u.my_chat_member]
    assert statuses == ["kicked", "restricted", "member", "kicked", "member", "left", "left"]


@story
async def test_a_group_becomes_a_supergroup(server, bot):
    kari = server.user("Kari")
    group = server.group("Vest", [kari])
    await bot.send_message(group.id, "før")
    new = server.migrate(group)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.id, "x")
    assert caught.value.new_chat_id == new.id
    here, there = await bot.get_updates()
    assert (here.message.chat.id, here.message.migrate_to_chat_id) == (group.id, new.id)
    assert (there.message.chat.id, there.message.migrate_from_chat_id) == (new.id, group.id)
    await bot.send_message(new.id, "etter")
    server.say(kari, group, "/svar i den nye")
    assert server.transcript(group).splitlines() == [
        "Runda: før", "* becomes a supergroup", "* was a group", "Runda: etter", "Kari: /svar i den nye",
    ]  # fmt: skip
    with pytest.raises(BadRequest, match=r"[Mm]essage to edit not found"):
        await bot.edit_message_text("x", new.id, 99)


# --- topics


@story
async def test_topics_of_a_forum(server, bot):
    kari = server.user("Kari")
    forum = server.forum("Vest", [kari])
    topic = await bot.create_forum_topic(forum.id, "Møte 1")
    number = topic.message_thread_id
    sent = await bot.send_message(forum.id, "Hei", message_thread_id=number)
    assert (sent.message_thread_id, sent.is_topic_message) == (number, True)
    general = await bot.send_message(forum.id, "alle")
    assert (general.message_thread_id, general.is_topic_message) == (None, None)
    server.say(kari, forum, "svar", topic=number)
    server.say(kari, forum, "til alle")
    created, answer, plain = [update.message for update in await bot.get_updates()]
    assert created.forum_topic_created.name == "Møte 1"
    assert (answer.message_thread_id, answer.reply_to_message.forum_topic_created.name) == (number, "Møte 1")
    assert (plain.message_thread_id, plain.reply_to_message) == (None, None)
    assert server.transcript(forum) == (
        "== General\nRunda: alle\nKari: til alle\n\n== Møte 1\n* Runda opens the topic Møte 1\nRunda: Hei\nKari: svar"
    )


@story
async def test_a_topic_closed_renamed_reopened_deleted(server, bot):
    kari = server.user("Kari")
    forum = server.forum("Vest", [kari], bot="member")
    topic = server.open_topic(kari, forum, "Møte 1")
    server.close_topic(kari, forum, topic)

    async def refused(words, call):
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await call

    await refused("TOPIC_CLOSED", bot.send_message(forum.id, "x", message_thread_id=topic.id))
    await refused("not enough rights", bot.reopen_forum_topic(forum.id, topic.id))
    await refused("not enough rights to create a topic", bot.create_forum_topic(forum.id, "x"))
    server.close_topic(kari, forum, None)
    await refused("TOPIC_CLOSED", bot.send_message(forum.id, "x"))
    await refused("message thread not found", bot.send_message(forum.id, "x", message_thread_id=1))
    server.promote(server.bot, forum)
    assert await bot.reopen_forum_topic(forum.id, topic.id)
    await refused("TOPIC_NOT_MODIFIED", bot.reopen_forum_topic(forum.id, topic.id))
    assert await bot.edit_forum_topic(forum.id, topic.id, name="Møte 2")
    assert await bot.close_forum_topic(forum.id, topic.id)
    assert "== Møte 2 (closed)" in server.transcript(forum)
    server.delete_topic(kari, forum, topic)
    await refused("message thread not found", bot.send_message(forum.id, "x", message_thread_id=topic.id))
    await refused("TOPIC_ID_INVALID", bot.close_forum_topic(forum.id, topic.id))
    await refused("not a forum", bot.create_forum_topic(server.supergroup("Øst", [kari]).id, "x"))
    assert await bot.delete_forum_topic(forum.id, server.topic(forum, "gammel").id)


@story
async def test_a_message_in_a_topic_is_no_reply_to_the_bot_that_opened_it(server, bot):
    kari = server.user("Kari")
    forum = server.forum("Vest", [kari])
    topic = await bot.create_forum_topic(forum.id, "Møte 1")
    server.demote(server.bot, forum)
    server.say(kari, forum, "vanlig", topic=topic.message_thread_id)
    assert await texts(bot, allowed_updates=["message"]) == [None]


# --- buttons


@story(clock=HandClock())
async def test_a_press_is_answered_once_and_in_time(server, bot):
    kari = server.user("Kari", started=True)
    await bot.send_message(kari.id, "Klar?", reply_markup=keyboard(YES))
    press = server.press(kari, server.last(kari), "Ja")
    [update] = await bot.get_updates()
    assert (update.callback_query.data, update.callback_query.message.text) == ("yes", "Klar?")
    assert await update.callback_query.answer("Fint", show_alert=True)
    assert (press.answered, press.text, press.alert) == (True, "Fint", True)
    with pytest.raises(
        BadRequest, match="(?i)query is too old and response timeout expired or query ID is invalid"
    ):
        await update.callback_query.answer()
    late = server.press(kari, server.last(kari), "Ja")
    with pytest.raises(BadRequest, match="(?i)MESSAGE_TOO_LONG"):
        await bot.answer_callback_query(late.id, "x" * 201)
    server.clock.move(server.callback_life + 1)
    with pytest.raises(BadRequest, match="(?i)too old"):
        await bot.answer_callback_query(late.id)
    server.clock.move(49 * 3600)
    server.press(kari, server.last(kari), "Ja")
    assert not (await bot.get_updates())[-1].callback_query.message.is_accessible
    with pytest.raises(LookupError, match=r"no button 'Nei' .*Ja"):
        server.press(kari, server.last(kari), "Nei")


@story
async def test_a_deep_link_leads_into_the_private_chat(server, bot):
    kari = server.user("Kari")
    group = server.supergroup("Vest", [kari])
    button = InlineKeyboardButton("Til meg", url="https://t.me/runda_bot?start=abc_1")
    await bot.send_message(group.id, "Svar for deg selv", reply_markup=keyboard(button))
    server.press(kari, server.last(group), "Til meg")
    assert await texts(bot) == ["/start abc_1"]
    await bot.send_message(kari.id, "Velkommen")
    with pytest.raises(ValueError, match="no such start payload"):
        server.start(kari, "å" * 3)


@story
async def test_messages_are_changed_and_taken_away(server, bot):
    kari, group = server.user("Kari", started=True), server.supergroup("Vest", [server.user("Ola")])
    sent = await bot.send_message(kari.id, "Klar?", reply_markup=keyboard(YES))
    with pytest.raises(BadRequest, match="(?i)message is not modified: specified new message content"):
        await sent.edit_text("Klar?", reply_markup=keyboard(YES))
    changed = await sent.edit_text("<b>Klar!</b>", parse_mode="HTML")
    assert (changed.text, changed.reply_markup, changed.edit_date is not None) == ("Klar!", None, True)
    assert (await sent.edit_reply_markup(keyboard(YES))).reply_markup.inline_keyboard[0][0].text == "Ja"
    theirs = server.say(kari, kari, "mitt")
    with pytest.raises(BadRequest, match="(?i)can't be edited"):
        await bot.edit_message_text("x", kari.id, theirs.id)
    assert await sent.delete()
    with pytest.raises(BadRequest, match="(?i)message to edit not found"):
        await sent.edit_text("x")
    with pytest.raises(BadRequest, match="(?i)message to delete not found"):
        await sent.delete()
    other = server.photo(kari, kari, "bilde")
    assert await bot.set_message_reaction(kari.id, other.id, "👍")
    with pytest.raises(BadRequest, match="(?i)REACTION_INVALID"):
        await bot.set_message_reaction(kari.id, other.id, "🦊")
    assert server.transcript(kari) == "Kari: mitt\nKari: (photo) bilde\n    👍 Runda"
    with pytest.raises(BadRequest, match="(?i)not enough rights to manage pinned messages"):
        await bot.pin_chat_message(group.id, (await bot.send_message(group.id, "x")).id)
    server.promote(server.bot, group)
    assert await bot.pin_chat_message(group.id, server.last(group).id)
    assert (await bot.get_chat(group.id)).pinned_message.text == "x"


# --- chats, commands


@story
async def test_what_may_be_asked_about_a_chat(server, bot):
    kari, ola = server.user("Kari"), server.user("Ola")
    group = server.supergroup("Vest", [kari, ola], bot="administrator")
    server.join(server.other_bot("Annen", "annen_bot"), group)
    server.promote(ola, group, rights={})
    server.restrict(server.bot, server.supergroup("Øst", [kari]))
    assert (await bot.get_chat(group.id)).title == "Vest"
    assert await bot.get_chat_member_count(group.id) == 4
    assert {each.user.first_name for each in await bot.get_chat_administrators(group.id)} == {
        "Kari",
        "Ola",
        "Runda",
    }
    assert (await bot.get_chat_member(group.id, kari.id)).status == "creator"
    assert (await bot.get_chat_member(group.id, ola.id)).can_manage_topics is False
    assert (await bot.get_chat_member(list(server.chats)[-1], server.bot.id)).can_send_messages is False
    assert (await bot.get_chat_member(group.id, server.user("Per").id)).status == "left"


@story
async def test_commands_by_scope_and_language(server, bot):
    kari, sven = server.user("Kari", language="nb"), server.user("Sven", language="sv")
    group = server.group("Vest", [kari, sven])
    await bot.set_my_commands([("help", "Help")])
    await bot.set_my_commands([("hjelp", "Hjelp")], language_code="nb")
    await bot.set_my_commands(
        [("svar", "Svar")], scope=telegram.BotCommandScopeAllGroupChats(), language_code="sv"
    )
    assert server.offered(kari, group) == ["/hjelp Hjelp"]
    assert server.offered(sven, group) == ["/svar Svar"]
    assert server.offered(sven, sven) == ["/help Help"]
    assert (await bot.get_my_commands())[0].command == "help"
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    for wrong in (("Hjelp", "x"), ("hjelp", "")):
        with pytest.raises(BadRequest, match="(?i)BOT_COMMAND"):
            await bot.set_my_commands([wrong])


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


# --- webhook


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
        server.feed.repeat(last=1)
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
            await server.until(lambda tries=tries: len(got) == tries and server.clock._waiting)
            server.clock.move(delay - 0.1)
            assert len(server.clock._waiting) == 1
            if tries == 2:
                server.say(ola, ola, "ola")
                await server.until(lambda: len(got) == 3)
            server.clock.move(0.2)
        await server.until(lambda: not server.feed.waiting)
    assert said(got) == ["1", "1", "ola", "1"]


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
    with pytest.raises(BadRequest, match="(?i)HTTPS URL must be provided"):
        await bot.set_webhook("http://bot.example/hook")
    with pytest.raises(BadRequest, match="(?i)unallowed characters"):
        await bot.set_webhook("https://bot.example/hook", secret_token="å")


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
        (lambda s, u, c: s.say(u, u, "Hei"), "has not pressed Start"),
        (lambda s, u, c: s.say(s.user("Per"), c, "Hei"), "may not write"),
        (lambda s, u, c: s.say(u, c, "Hei", topic=77), "has no topic"),
        (lambda s, u, c: s.migrate(c), "no basic group"),
    ],
)
async def test_what_a_person_could_not_do_a_test_cannot_either(server, bot, act, words):
    kari = server.user("Kari")
    forum = server.forum("Vest", [kari])
    with pytest.raises(ValueError, match=words):
        act(server, kari, forum)
    assert await bot.get_updates() == ()
