"""What the house makes of each thing that people do in Slack: one small meeting each."""

from __future__ import annotations

import pytest

from bot.series.members import join
from flows.forms import At, Named
from storage import tables as t
from tests.house.rig import NINE, change, driven, rows
from tests.platforms.slack_rig import meeting, trial
from tests.platforms.slack_scene import FJORD

ONLOOKER, OUTSIDE = "Du er ikke med i denne gruppa", "Jeg hører det du skriver i tråden til møtet"
ALOUD = "Disse tallene er bare for Runda"
OVER, TAKEN = "Det spørsmålet er over", "Forstått som «Neste»"
FILES, HERE = "Jeg tar vare på ord, ikke bilder og filer", "Jeg er her. Skriv i tråden til møtet"

# -- what is written in the thread


@driven
@pytest.mark.parametrize("words", ["Ferga.", ":thumbsup:", "👍", "<https://example.org|Se her>", "3 < 4 & 5"])
async def test_what_is_written_in_the_thread_is_an_answer(sqlite_database, words):
    async with meeting(sqlite_database) as it:
        await it.say("Amir", words.replace("3 < 4 & 5", "3 &lt; 4 &amp; 5"))
        assert it.replies == [words.replace("<https://example.org|Se her>", "Se her (https://example.org)")]


@driven
async def test_me_and_what_is_also_sent_to_the_channel_are_answers(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.say("Amir", "tenker på ferga", subtype="me_message")
        await it.say("Liv", "Skolen.", broadcast=True)
        assert it.replies == ["tenker på ferga", "Skolen."]


@driven
async def test_what_names_runda_in_the_thread_is_an_answer_without_the_name(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.say("Amir", f"{it.slack.bot_mention()} ferga er viktigst")
        await it.say("Liv", it.slack.bot_mention())
        assert it.replies == ["ferga er viktigst"]
        assert [HERE in words for words in it.whispers("Liv")] == [True]


@driven
async def test_words_beside_a_picture_count_and_of_a_picture_alone_its_author_is_told(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.say("Amir", "Slik ser det ut.", files=["kai.png"])
        await it.say("Liv", files=["kai.png"])
        assert it.replies == ["Slik ser det ut."]
        await it.say("Liv", files=["naust.png"])
        assert [FILES in words for words in it.whispers("Liv")] == [True]
        assert it.whispers("Amir") == []


@driven
async def test_several_messages_are_one_answer_and_a_guest_is_heard_like_anyone(sqlite_database):
    async with meeting(sqlite_database) as it:
        it.scene.people["Jon"].is_restricted = True
        for words in ("Ferga.", "Og fibernettet.", "Og så folkene."):
            await it.say("Jon", words)
        assert it.replies == ["Ferga.", "Og fibernettet.", "Og så folkene."]
        assert [row.prompt for row in rows(sqlite_database, t.replies)] == [1, 1, 1]


@driven
async def test_other_apps_and_slack_itself_are_not_heard(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.does("bot_says", it.scene.channel, "Været i dag: regn.", thread=it.thread)
        await it.does("bot_says", it.scene.channel, "neste", thread=it.thread)
        await it.does("leave", "Nils", it.scene.channel)
        assert (it.replies, it.slack.whispers(it.scene.channel)) == ([], [])


@driven
async def test_an_onlooker_is_told_once_and_alone(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.say("Nils", "Jeg mener at ferga er viktigst.")
        await it.say("Nils", "neste")
        await it.press("Nils", "next")
        assert it.replies == []
        assert [ONLOOKER in words for words in it.whispers("Nils")] == [True]
        assert it.slack.whispers(it.scene.channel) == it.slack.whispers(it.scene.channel, "Nils")


@driven
async def test_scores_that_are_written_in_the_thread_are_not_kept_and_their_author_is_told_alone(
    sqlite_database,
):
    async with trial(sqlite_database) as it:
        group = it.scene.group("Fjord", FJORD)
        it.scene.series(sqlite_database, group=[group], programme="culture", form="gathering")
        await it.go(to=NINE)
        it.thread = it.slack.posts(it.scene.channel)[0].ts
        await it.press("Kari", "here")
        await it.go(minutes=0.5)
        await it.say("Amir", "3 2 1 0 3 2 1 0 3 2")
        assert it.replies == []
        assert "321" not in "".join(str(row) for row in rows(sqlite_database, t.log)).replace(" ", "")
        assert ALOUD in it.told("Amir")
        assert ALOUD not in it.slack.transcript(it.scene.channel)
        await it.press("Liv", "open:answer")
        view = it.slack.modal("Liv")
        names = [block["block_id"] for block in view.blocks if block["type"] == "input"]
        it.slack.fill("Liv", dict.fromkeys(names, "2"))
        answer = await it.does("submit", "Liv")
        assert (answer.ok, answer.errors) == (True, {})
        assert [row.value for row in rows(sqlite_database, t.scores)] == [2] * 10
        assert it.slack.modals("Liv") == []


# -- what is written elsewhere


@driven
async def test_outside_the_thread_a_member_is_told_where_and_others_are_left_in_peace(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.say("Amir", "Ferga.", thread=None)
        await it.say("Amir", "Hører du meg?", thread=None)
        await it.say("Nils", "Har noen sett nøklene mine?", thread=None)
        assert it.replies == []
        assert [OUTSIDE in words for words in it.whispers("Amir")] == [True]
        assert it.whispers("Nils") == []


@driven
async def test_where_no_meeting_is_a_member_who_names_runda_is_answered(sqlite_database):
    async with trial(sqlite_database) as it:
        it.scene.series(sqlite_database, group=[it.scene.group("Fjord", FJORD)])
        await it.say("Amir", "Noen som vil ha kaffe?", thread=None)
        assert it.whispers("Amir") == []
        await it.say("Amir", f"{it.slack.bot_mention()} er du der?", thread=None)
        await it.say("Amir", it.slack.bot_mention(), thread=None)
        await it.say("Nils", f"{it.slack.bot_mention()} hvem er du?", thread=None)
        assert [HERE in words for words in it.whispers("Amir")] == [True, True]
        assert it.whispers("Nils") == []


@driven
async def test_what_is_written_in_another_thread_is_nothing_to_us(sqlite_database):
    async with meeting(sqlite_database) as it:
        theirs = await it.say("Nils", "Hvem har nøklene?", thread=None)
        await it.say("Amir", "Jeg.", thread=theirs)
        assert it.replies == []


@driven
async def test_what_is_told_in_private_while_all_share_stays_private(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.tell("Amir", "Sjefen min hører ikke etter.")
        found = rows(sqlite_database, t.replies)
        assert [(row.words, row.private) for row in found] == [("Sjefen min hører ikke etter.", True)]
        assert "Sjefen" not in it.slack.transcript(it.scene.channel)


# -- corrected and taken back


@driven
async def test_an_edit_counts_and_an_unfolded_link_does_not(sqlite_database):
    async with meeting(sqlite_database) as it:
        ts = await it.say("Amir", "Ferga går for sjelden: https://example.org/rute")
        await it.does("unfurl", it.scene.channel, ts)
        assert it.replies == ["Ferga går for sjelden: https://example.org/rute"]
        for words in ("Ferga går aldri.", "Ferga går ofte."):
            await it.does("edit", "Amir", it.scene.channel, ts, words)
        assert it.replies == ["Ferga går ofte."]


@driven
async def test_what_is_taken_back_is_gone_also_where_it_was_posted(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.press("Kari", "next")
        ts = await it.say("Amir", "Kartet stemmer.")
        assert "• Kartet stemmer." in it.said[-1]
        await it.does("delete", "Amir", it.scene.channel, ts)
        assert it.replies == []
        assert "Kartet stemmer" not in it.slack.transcript(it.scene.channel)


@driven
async def test_two_who_say_next_at_once_move_one_step(sqlite_database):
    async with meeting(sqlite_database) as it:
        button = it.carrying("next")
        for who in ("Kari", "Amir"):
            await it.slack.press(who, it.scene.channel, button, "next")
        await it.settle()
        assert it.said[-1].startswith("Hva stemmer på kartet")


@driven
async def test_marks_a_note_a_finding_and_not_an_answer(sqlite_database):
    async with meeting(sqlite_database) as it:
        note, finding, chatter = [
            await it.say("Amir", words) for words in ("Et notat.", "Et funn.", "Kaffe?")
        ]
        await it.does("shortcut", "Liv", it.scene.channel, note, "runda_note")
        await it.does("shortcut", "Jon", it.scene.channel, finding, "runda_finding")
        await it.does("shortcut", "Amir", it.scene.channel, chatter, "runda_aside")
        roles = {row.words: row.role for row in rows(sqlite_database, t.replies)}
        assert roles == {"Et notat.": "note", "Et funn.": "finding", "Kaffe?": "aside"}


@driven
async def test_a_mark_on_runda_or_by_a_stranger_changes_nothing(sqlite_database):
    async with meeting(sqlite_database) as it:
        said = await it.say("Amir", "Ferga.")
        await it.does("shortcut", "Nils", it.scene.channel, said, "runda_note")
        await it.does("shortcut", "Amir", it.scene.channel, it.carrying("next"), "runda_note")
        assert {row.role for row in rows(sqlite_database, t.replies)} == {"answer"}


@driven
async def test_an_old_button_does_not_move_what_is_asked_now(sqlite_database):
    async with meeting(sqlite_database) as it:
        old = it.carrying("next")
        await it.say("Kari", "neste")
        before = it.said
        for who in ("Amir", "Amir", "Liv"):
            await it.does("press", who, it.scene.channel, old, "next")
        assert it.said == before
        assert {who: [OVER in words for words in it.whispers(who)] for who in FJORD} == {
            "Kari": [False], "Amir": [True], "Liv": [True], "Jon": [],
        }  # fmt: skip


@driven
async def test_a_written_next_says_once_how_it_was_understood(sqlite_database):
    """It came at every step before, after the next question, and read as if it were about that."""
    async with meeting(sqlite_database) as it:
        for _ in range(3):
            await it.say("Kari", "neste")
            await it.go(minutes=1.5)
        assert [TAKEN in words for words in it.whispers("Kari")] == [True]
        await it.say("Liv", "neste")
        assert [TAKEN in words for words in it.whispers("Liv")] == [True]


@driven
async def test_whoever_comes_late_finds_what_is_kept_in_the_first_message(sqlite_database):
    async with meeting(sqlite_database) as it:
        root = it.slack.posts(it.scene.channel)[0]
        assert "Dette skjer med det dere skriver" not in root.text
        await it.does("press", "Jon", it.scene.channel, root.ts, "open:kept")
        assert "Hvem som ser det" in it.slack.view_text(it.slack.modal("Jon"))


# -- who comes and goes


@driven
async def test_who_comes_into_the_channel_is_heard_once_the_coordinator_has_taken_them_in(sqlite_database):
    async with meeting(sqlite_database) as it:
        newcomer = it.slack.user("Siri", locale="nb-NO")
        await it.does("join", newcomer, it.scene.channel)
        await it.say("Siri", "Hei.")
        assert it.replies == []
        who = Named("Siri", at=At(newcomer.id, "slack", it.slack.first.id))
        for order in change(sqlite_database, join, who, "1", now=it.rig.clock.at, called="nord").orders:
            await it.rig.house.intake.put(order)
        await it.say("Siri", "Ferga.")
        assert it.replies == ["Ferga."]


@driven
async def test_who_leaves_the_channel_still_belongs_and_the_coordinator_is_told(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.does("leave", "Jon", it.scene.channel)
        await it.does("leave", "Nils", it.scene.channel)
        assert it.told().count("Jon har forlatt kanalen") == 1
        assert "Nils" not in it.told()
        await it.does("join", "Jon", it.scene.channel)
        await it.say("Jon", "Nå er jeg her igjen.")
        assert it.replies == ["Nå er jeg her igjen."]


@driven
async def test_nobody_waits_for_an_account_that_is_closed(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.does("deactivate", "Jon")
        assert it.told().count("Kontoen til Jon er stengt") == 1
        seats = {
            row.person_id for row in rows(sqlite_database, t.memberships, t.memberships.c.until.is_not(None))
        }
        assert seats == {row.id for row in rows(sqlite_database, t.people, t.people.c.name == "Jon")}


@driven
async def test_a_channel_may_be_called_something_else(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.does("rename", it.scene.channel, "nyskaping")
        await it.say("Amir", "Ferga.")
        assert it.replies == ["Ferga."]


# -- forms


@driven
async def test_a_stranger_who_asks_for_the_forms_is_refused_politely_and_alone(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.does("slash", "Nils", "/runda", "", channel=it.scene.channel)
        assert "Runda kjenner deg ikke" in it.slack.view_text(it.slack.modal("Nils"))
        await it.does("open_home", "Nils")
        assert "Runda kjenner deg ikke" in it.slack.view_text(it.slack.home("Nils"))
        assert "Nils" not in it.slack.transcript(it.scene.channel)


@driven
async def test_a_stranger_cannot_answer_in_private_for_a_group(sqlite_database):
    async with meeting(sqlite_database) as it:
        await it.press("Nils", "open:answer")
        assert not any(block["type"] == "input" for block in it.slack.modal("Nils").blocks)
