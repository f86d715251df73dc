"""Chats of the stand-in for Telegram: who sees what, where the bot may write, topics, buttons, commands."""

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

import telegram
from telegram import InlineKeyboardButton
from telegram.error import BadRequest, ChatMigrated, Forbidden

from tests.standins.telegram import HandClock
from tests.standins.telegram.stage import CASES, YES, keyboard, refused, story, texts

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

    async def no(error, words, chat=None):
        with pytest.raises(error) as caught:
            await bot.send_message(chat or kari.id, "x")
        assert caught.value.message.lower().endswith(words.lower())

    await no(BadRequest, "chat not found", 7)
    await no(Forbidden, "bot can't initiate conversation with a user")
    server.start(kari)
    server.block(kari)
    await no(Forbidden, "bot was blocked by the user")
    kari.gone = True
    await no(Forbidden, "user is deactivated")
    await no(Forbidden, "bot is not a member of the group chat", there.id)
    server.restrict(server.bot, group)
    await no(BadRequest, "not enough rights to send text messages to the chat", group.id)
    server.restrict(server.bot, group, can_send=True)
    server.kick(server.bot, group)
    await no(Forbidden, "bot was kicked from the supergroup chat", group.id)
    server.join(server.bot, group)
    assert await bot.leave_chat(group.id)
    await no(Forbidden, "bot is not a member of the supergroup chat", group.id)
    channel = server.channel("Nytt", [kari], bot="member")
    await no(BadRequest, "need administrator rights in the channel chat", channel.id)
    server.erase(server.group("Bort", [kari]))
    await no(Forbidden, "the group chat was deleted", list(server.chats)[-1])
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
    with refused("message to edit not found"):
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

    async def no(words, call):
        with refused(words):
            await call

    await no("TOPIC_CLOSED", bot.send_message(forum.id, "x", message_thread_id=topic.id))
    await no("not enough rights", bot.reopen_forum_topic(forum.id, topic.id))
    await no("not enough rights to create a topic", bot.create_forum_topic(forum.id, "x"))
    server.close_topic(kari, forum, None)
    await no("TOPIC_CLOSED", bot.send_message(forum.id, "x"))
    await no("message thread not found", bot.send_message(forum.id, "x", message_thread_id=1))
    server.promote(server.bot, forum)
    assert await bot.reopen_forum_topic(forum.id, topic.id)
    await no("TOPIC_NOT_MODIFIED", bot.reopen_forum_topic(forum.id, topic.id))
    assert await bot.edit_forum_topic(forum.id, topic.id, name="Møte 2")
    assert await bot.close_forum_topic(forum.id, topic.id)
    assert "== Møte 2 (closed)" in server.transcript(forum)
    server.delete_topic(kari, forum, topic)
    await no("message thread not found", bot.send_message(forum.id, "x", message_thread_id=topic.id))
    await no("TOPIC_ID_INVALID", bot.close_forum_topic(forum.id, topic.id))
    await no("not a forum", bot.create_forum_topic(server.supergroup("Øst", [kari]).id, "x"))
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
    with refused("query is too old and response timeout expired or query ID is invalid"):
        await update.callback_query.answer()
    late = server.press(kari, server.last(kari), "Ja")
    with refused("MESSAGE_TOO_LONG"):
        await bot.answer_callback_query(late.id, "x" * 201)
    server.clock.move(server.callback_life + 1)
    with refused("too old"):
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
async def test_a_startgroup_link_brings_the_bot_with_its_payload(server, bot):
    kari = server.user("Kari")
    group = server.group("Vest", [kari], bot=None)
    server.join(server.bot, group, by=kari, payload="kode-1")
    change, served, command = await bot.get_updates()
    assert (change.my_chat_member.from_user.id, change.my_chat_member.old_chat_member.status) == (
        kari.id,
        "left",
    )
    assert served.message.new_chat_members[0].id == server.bot.id
    assert command.message.text == "/start@runda_bot kode-1"


@story
async def test_messages_are_changed_and_taken_away(server, bot):
    kari, group = server.user("Kari", started=True), server.supergroup("Vest", [server.user("Ola")])
    sent = await bot.send_message(kari.id, "Klar?", reply_markup=keyboard(YES))
    with refused("message is not modified: specified new message content"):
        await sent.edit_text("Klar?", reply_markup=keyboard(YES))
    changed = await sent.edit_text("<b>Klar!</b>", parse_mode="HTML")
    assert (changed.text, changed.reply_markup, changed.edit_date is not None) == ("Klar!", None, True)
    assert (await sent.edit_reply_markup(keyboard(YES))).reply_markup.inline_keyboard[0][0].text == "Ja"
    theirs = server.say(kari, kari, "mitt")
    with refused("can't be edited"):
        await bot.edit_message_text("x", kari.id, theirs.id)
    assert await sent.delete()
    with refused("message to edit not found"):
        await sent.edit_text("x")
    with refused("message to delete not found"):
        await sent.delete()
    other = server.photo(kari, kari, "bilde")
    assert await bot.set_message_reaction(kari.id, other.id, "👍")
    with refused("REACTION_INVALID"):
        await bot.set_message_reaction(kari.id, other.id, "🦊")
    assert server.transcript(kari) == "Kari: mitt\nKari: (photo) bilde\n    👍 Runda"
    with refused("not enough rights to manage pinned messages"):
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
        with refused("BOT_COMMAND"):
            await bot.set_my_commands([wrong])
