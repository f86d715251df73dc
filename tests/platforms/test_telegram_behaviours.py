"""What the house makes of each thing that people do on Telegram: one small meeting each."""

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from contextlib import asynccontextmanager

from bot.series import pausing
from storage import tables as t
from tests.bot.a_series import do
from tests.house.rig import NINE, driven
from tests.platforms.telegram_rig import FJORD, meeting, planned, trial

FILES = "Jeg tar vare på ord, ikke bilder og filer. Skriv det med ord, så teller det."


@asynccontextmanager
async def forum(database, *, topics=True, **more):
    """The same in a forum, where each meeting has a topic, or where we may make none: General."""
    async with trial(database, **more) as it:
        chat = it.server.forum("Vest", it.town.all(*FJORD))
        if not topics:
            it.server.promote(it.server.bot, chat, rights={"can_manage_topics": False})
        for one in it.town.all(*FJORD, "Berit", "Per"):
            one.started = True
        planned(database, it.town, {"Fjord": chat})
        await it.come_in(chat, "Fjord", *FJORD)
        await it.go(to=NINE)
        topic = next(iter(chat.topics.values()), None)
        await it.press("Kari", it.server.last(chat, topic), "Vi er her")
        await it.go(minutes=3)
        yield it, chat, topic


def asked(it, chat):
    return it.server.find(chat, "Nå deler vi")


# -- what counts as an answer


@driven
async def test_in_privacy_mode_a_reply_counts_and_so_does_svar_and_nothing_else_is_heard(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        await it.say("Amir", chat, "Skolen.", reply_to=asked(it, chat))
        await it.say("Liv", chat, "/svar Fergen.")
        await it.say("Jon", chat, f"/answer@{it.server.bot.username} Veien.")
        await it.say("Kari", chat, "Dette leser ingen bot.")
        assert it.replies == ["Skolen.", "Fergen.", "Veien."]
        assert it.screen(chat).count("👌 Runda") == 3


@driven
async def test_where_it_is_an_administrator_all_that_is_written_counts(sqlite_database):
    async with meeting(sqlite_database, bot="administrator") as (it, chat):
        await it.say("Amir", chat, "Skolen.")
        assert it.replies == ["Skolen."]
        assert "/svar" not in it.screen(chat)


@driven
async def test_svar_without_words_is_told_how(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        await it.say("Liv", chat, "/svar")
        assert "Skriv det du vil si rett etter kommandoen" in it.screen(chat)
        assert it.replies == []


@driven
async def test_who_is_not_of_the_group_is_not_heard(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        it.server.join(it.town["Tor"], chat)
        await it.say("Tor", chat, "/svar Jeg kom bare innom.")
        assert it.replies == []


@driven
async def test_who_is_not_of_the_group_is_told_once_how_to_come_in_and_then_is_heard(sqlite_database):
    """Nobody can be told in a whisper there, and silence would be taken for an answer that counts."""
    async with meeting(sqlite_database) as (it, chat):
        it.server.join(it.town["Tor"], chat)
        for words in ("Jeg kom bare innom.", "Hører dere meg?"):
            await it.say("Tor", chat, f"/svar {words}")
            await it.go(minutes=0.5)
        assert it.screen(chat).count("Til deg som nettopp skrev her") == 1
        await it.press("Tor", it.server.find(chat, "Til deg som nettopp skrev her"), "Jeg er med")
        await it.say("Tor", chat, "/svar Nå er jeg med.")
        assert it.replies == ["Nå er jeg med."]


@driven
async def test_a_picture_counts_by_its_words(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        it.server.photo(it.town["Kari"], chat, "Kaia slik den er nå.", reply_to=asked(it, chat), album="a")
        it.server.photo(it.town["Kari"], chat, "", reply_to=asked(it, chat), album="a")
        await it.settle()
        assert it.replies == ["Kaia slik den er nå."]


@driven
async def test_a_picture_and_a_voice_without_words_are_no_answer_and_their_author_is_told(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        it.server.photo(it.town["Kari"], chat, reply_to=asked(it, chat))
        it.server.voice(it.town["Amir"], chat, reply_to=asked(it, chat))
        await it.settle()
        assert it.replies == []
        assert it.told("Kari") == it.told("Amir") == f"Runda: {FILES}"


@driven
async def test_stickers_contacts_and_forwards_are_no_answers(sqlite_database):
    async with meeting(sqlite_database, bot="administrator") as (it, chat):
        theirs = it.server.find(chat, "Nå deler vi")
        it.server.sticker(it.town["Kari"], chat, reply_to=theirs)
        it.server.contact(it.town["Liv"], chat, "+4799887766")
        said = await it.say("Jon", chat, "Skolen.")
        it.server.forward(it.town["Amir"], chat, said)
        it.server.forward(it.town["Amir"], chat, said, hidden=True)
        await it.settle()
        assert it.replies == ["Skolen."]
        assert b"99887766" not in sqlite_database.path.read_bytes()


@driven
async def test_nobody_can_say_who_an_anonymous_administrator_or_a_channel_is(sqlite_database):
    async with meeting(sqlite_database, bot="administrator") as (it, chat):
        it.server.promote(it.town["Liv"], chat, anonymous=True)
        news = it.server.channel("Nytt", [it.town["Liv"]], linked=chat)
        it.server.say_anonymously(it.town["Liv"], chat, "Vi som styrer, mener dette.")
        it.server.say_as_channel(news, chat, "Kanalen mener dette.")
        it.server.channel_post(news, "Et innlegg, som også kommer i gruppa.")
        await it.settle()
        assert it.replies == []
        assert it.rows(t.parked) == []


@driven
async def test_other_bots_are_never_heard(sqlite_database):
    async with meeting(sqlite_database, bot="administrator") as (it, chat):
        other = it.server.other_bot("Vær", "vaer_bot")
        it.server.join(other, chat)
        it.server.say(other, chat, "Sol i dag.")
        await it.settle()
        assert it.replies == []


# -- changing one's mind


@driven
async def test_edits_are_followed_and_invisible_ones_change_nothing(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        mine = await it.say("Amir", chat, "/svar Skolen.")
        it.server.touch(mine)
        await it.settle()
        it.rig.clock.at += it.rig.clock.at - NINE
        it.server.edit(mine, "/svar Skolen og barnehagen.")
        await it.settle()
        assert it.replies == ["Skolen og barnehagen."]


@driven
async def test_a_command_takes_an_answer_back_and_only_ones_own(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        mine = await it.say("Amir", chat, "/svar Skolen.")
        await it.say("Liv", chat, "/angre", reply_to=mine)
        assert it.replies == ["Skolen."]
        assert "Svar på din egen melding med /angre" in it.screen(chat)
        it.server.delete(mine)  # of this no bot is told
        await it.settle()
        assert it.replies == ["Skolen."]
        again = await it.say("Amir", chat, "/svar Ferga.")
        await it.say("Amir", chat, "/angre", reply_to=again)
        assert it.replies == ["Skolen."]


# -- buttons


@driven
async def test_every_press_is_answered_also_by_who_is_not_of_the_group(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        it.server.join(it.town["Tor"], chat)
        pressed = [
            await it.press(who, it.server.find(chat, "Spørsmål 1"), "Hjelp") for who in ("Kari", "Tor")
        ]
        assert all(each.answered for each in pressed)


@driven
async def test_help_comes_in_private_and_says_what_counts_there_and_how_it_is_taken_back(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        await it.say("Kari", chat, "/hjelp")
        assert "«3?» – mer om punkt 3 på bildet" in it.told("Kari")
        assert "Svar på meldingene fra Runda, eller skriv /svar" in it.told("Kari")
        assert "med /angre" in it.told("Kari")
        assert "Det du skriver i gruppa, er et svar." not in it.told("Kari")
        pressed = await it.press("Amir", it.server.find(chat, "Spørsmål 1"), "Hjelp")
        assert pressed.text == "Svaret kommer i den private chatten din med Runda."
        await it.start("Liv", "open-help")
        assert "Svar på meldingene fra Runda, eller skriv /svar" in it.told("Liv")


@driven
async def test_a_control_word_is_marked_and_told_to_nobody_else(sqlite_database):
    """The question that follows says what it did; the word «that was an answer» undoes it."""
    async with meeting(sqlite_database) as (it, chat):
        mine = await it.say("Amir", chat, "/svar neste")
        assert "Forstått som" not in it.screen(chat)
        assert it.screen(chat).count("👌 Runda") == 1
        await it.say("Amir", chat, "/svar det var et svar", reply_to=mine)
        assert it.replies == ["neste", "det var et svar"]
        assert [row.role for row in it.rows(t.replies)] == ["answer", "control"]


# -- the chat itself


@driven
async def test_a_plain_group_that_becomes_a_supergroup_takes_its_meeting_along(sqlite_database):
    async with meeting(sqlite_database, "group") as (it, chat):
        new = it.server.migrate(chat)
        await it.settle()
        first, asked, shared = it.server.posts(new)
        assert first.text == "Økt 1 av 3: Kartlegge status\n\nVi fortsetter."
        assert asked.text.startswith("Spørsmål 1 av 3")
        assert shared.text.startswith("Nå deler vi")
        assert {asked.reply_to.id, shared.reply_to.id} == {first.id}
        await it.say("Amir", new, "Skolen.", reply_to=asked)
        await it.press("Liv", asked, "Neste")
        assert it.replies == ["Skolen."]
        assert "Hva stemmer på kartet" in it.screen(new)


@driven
async def test_a_group_that_becomes_one_while_it_is_paused_is_asked_again_when_it_goes_on(sqlite_database):
    """Story: the question stood in the chat that was no more, and nobody saw it again."""
    async with meeting(sqlite_database, "group") as (it, chat):
        do(sqlite_database, pausing.pause, called="nord", now=it.rig.clock.at)
        await it.settle()
        new = it.server.migrate(chat)
        await it.settle()
        assert it.server.posts(new) == []
        do(sqlite_database, pausing.resume, called="nord", now=it.rig.clock.at)
        await it.go(minutes=1)
        first, asked, shared = it.server.posts(new)
        assert first.text == "Økt 1 av 3: Kartlegge status\n\nVi fortsetter."
        assert asked.text.startswith("Spørsmål 1 av 3")
        assert shared.text.startswith("Nå deler vi")


@driven
async def test_a_group_that_moves_before_anybody_has_come_is_asked_for_them_in_its_new_place(sqlite_database):
    async with trial(sqlite_database) as it:
        chat = it.server.group("Vest", it.town.all(*FJORD))
        it.town["Berit"].started = True
        planned(sqlite_database, it.town, {"Fjord": chat}, members=(FJORD,))
        await it.go(to=NINE)
        new = it.server.migrate(chat)
        await it.settle()
        await it.press("Kari", it.server.last(new), "Vi er her")
        assert "I dag ser vi på" in it.screen(new)


@driven
async def test_kicked_out_the_meeting_stops_and_the_coordinator_is_told_and_taken_in_again_it_goes_on(
    sqlite_database,
):
    async with meeting(sqlite_database) as (it, chat):
        it.server.kick(it.server.bot, chat)
        await it.settle()
        await it.go(minutes=30)
        it.server.join(it.server.bot, chat)
        await it.settle()
        await it.say("Amir", chat, "/svar Skolen.")
        assert it.replies == ["Skolen."]
        shut, opened = it.told("Berit").splitlines()
        assert shut.startswith("Runda: Fjord: Det går ikke an å sende noe dit: Runda er fjernet derfra")
        assert opened == "Runda: Fjord: Meldinger kommer fram igjen, og det går videre."


@driven
async def test_restricted_it_waits(sqlite_database):
    async with meeting(sqlite_database) as (it, chat):
        it.server.restrict(it.server.bot, chat)
        await it.go(minutes=30)
        said = len(it.server.posts(chat))
        it.server.restrict(it.server.bot, chat, can_send=True)
        await it.say("Amir", chat, "/svar neste")
        assert len(it.server.posts(chat)) > said
        assert [line.partition(": ")[2][:18] for line in it.told("Berit").splitlines()] == [
            "Fjord: Det går ikk",
            "Fjord: Meldinger k",
        ]


@driven
async def test_who_has_blocked_the_bot_stops_nobody_else_and_hears_it_all_when_they_come_back(
    sqlite_database,
):
    async with meeting(sqlite_database) as (it, chat):
        it.server.block(it.town["Amir"])
        await it.say("Amir", chat, "/hjelp")
        await it.say("Kari", chat, "/svar Skolen.")
        assert it.replies == ["Skolen."]
        assert it.told("Amir") == it.told("Berit") == ""
        await it.start("Amir")
        assert "«neste» – videre til det neste" in it.told("Amir")


@driven
async def test_who_has_never_written_to_the_bot_is_answered_as_soon_as_they_do(sqlite_database):
    async with meeting(sqlite_database, newcomers=("Amir",), faulty=True) as (it, chat):
        await it.say("Amir", chat, "/hjelp")
        assert it.server.refusals == [
            "sendMessage 403 Forbidden: bot can't initiate conversation with a user"
        ]
        assert "Svar for deg selv" in it.screen(chat)  # an address that leads to the private chat
        await it.press("Amir", it.server.find(chat, "Spørsmål 1"), "Svar for deg selv")
        await it.go(minutes=1 / 60)
        assert "«neste» – videre til det neste" in it.told("Amir")


@driven
async def test_who_comes_weeks_later_is_not_told_what_was_said_in_meetings_that_are_over(sqlite_database):
    async with meeting(sqlite_database, newcomers=("Amir",), faulty=True) as (it, chat):
        await it.say("Amir", chat, "/hjelp")
        await it.go(minutes=24 * 60)
        await it.start("Amir")
        await it.go(minutes=1)
        assert "«neste» – videre til det neste" not in it.told("Amir")
        assert "Runda: " in it.told("Amir")


# -- topics


@driven
async def test_each_meeting_has_a_topic_of_its_own(sqlite_database):
    async with forum(sqlite_database) as (it, chat, topic):
        assert topic.name == "Fjord – Økt 1 av 3: Kartlegge status"
        # The topic holds it together: nothing in it need be a reply to its first message.
        assert it.screen(chat, topic).count("Runda: ") > 1
        assert "Runda (to " not in it.screen(chat, topic)
        await it.say("Amir", chat, "Skolen.", topic)
        for who in ("Liv", "Jon", "Liv"):
            await it.say(who, chat, "I General.")
        assert it.replies == ["Skolen."]
        assert it.screen(chat, None).count("Økta er i et eget emne i denne chatten") == 1


@driven
async def test_a_topic_that_was_closed_stops_the_meeting_until_it_is_opened(sqlite_database):
    """An administrator may write in it all the same; so the group has a topic of its own, and the bot no power."""
    async with trial(sqlite_database, faulty=True) as it:
        chat = it.server.forum("Vest", it.town.all(*FJORD), bot="member")
        topic = it.server.topic(chat, "Fjord")
        it.town["Berit"].started = True
        planned(sqlite_database, it.town, {"Fjord": chat})
        await it.come_in(chat, "Fjord", *FJORD, topic=topic)
        await it.go(to=NINE)
        await it.press("Kari", it.server.last(chat, topic), "Vi er her")
        it.server.close_topic(it.town["Kari"], chat, topic)
        await it.go(minutes=20)
        assert "emnet er lukket; åpne det igjen" in it.told("Berit")
        it.server.reopen_topic(it.town["Kari"], chat, topic)
        await it.settle()
        screen = it.screen(chat, topic)
        assert -1 < screen.find("Vi fortsetter.") < screen.find("Nå deler vi")
        await it.say("Amir", chat, "/svar Skolen.", topic)
        assert it.replies == ["Skolen."]
        assert "Meldinger kommer fram igjen" in it.told("Berit")
        assert it.server.refusals == ["sendMessage 400 Bad Request: TOPIC_CLOSED"] * 2


@driven
async def test_a_deleted_topic_is_mended_by_the_code_in_another_place(sqlite_database):
    async with forum(sqlite_database, faulty=True) as (it, chat, topic):
        it.server.delete_topic(it.town["Kari"], chat, topic)
        await it.go(minutes=20)
        assert "emnet er slettet; lag et nytt" in it.told("Berit")
        assert "sendMessage 400 Bad Request: message thread not found" in it.server.refusals
        other = it.server.topic(chat, "Fjord igjen")
        await it.come_in(chat, "Fjord", "Liv", topic=other)
        screen = it.screen(chat, other)
        assert (
            -1 < screen.find("Vi fortsetter.") < screen.find("Spørsmål 1 av 3") < screen.find("Nå deler vi")
        )
        assert screen.count("Nå deler vi") == 1
        await it.say("Amir", chat, "Skolen.", other)
        assert it.replies == ["Skolen."]


@driven
async def test_a_meeting_that_moves_to_a_forum_gets_its_topic_and_is_asked_again_there(sqlite_database):
    async with meeting(sqlite_database) as (it, _):
        forum = it.server.forum("Nord", it.town.all(*FJORD))
        await it.come_in(forum, "Fjord", "Liv")
        (topic,) = forum.topics.values()
        assert it.screen(forum, topic).count("Spørsmål 1 av 3") == 1
        await it.say("Amir", forum, "Skolen.", topic)
        assert it.replies == ["Skolen."]


@driven
async def test_made_an_administrator_afterwards_it_makes_topics_from_the_next_meeting_on(sqlite_database):
    async with trial(sqlite_database) as it:
        chat = it.server.forum("Vest", it.town.all(*FJORD), bot="member")
        it.town["Berit"].started = True
        planned(sqlite_database, it.town, {"Fjord": chat})
        await it.come_in(chat, "Fjord", *FJORD)
        it.server.promote(it.server.bot, chat)
        await it.go(to=NINE)
        (topic,) = chat.topics.values()
        assert "Økt 1 av 3" in it.screen(chat, topic)


@driven
async def test_promoted_in_the_midst_of_a_meeting_it_is_heard_where_it_is(sqlite_database):
    async with forum(sqlite_database, topics=False) as (it, chat, _):
        it.server.promote(it.server.bot, chat)
        await it.settle()
        await it.say("Amir", chat, "Skolen.")
        assert it.replies == ["Skolen."]


@driven
async def test_general_takes_messages_without_a_number(sqlite_database):
    async with forum(sqlite_database, topics=False) as (it, chat, _):
        await it.say("Amir", chat, "Skolen.")
        assert it.replies == ["Skolen."]
        assert all("message_thread_id" not in each.params for each in it.server.asked("sendMessage"))
