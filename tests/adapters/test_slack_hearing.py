"""What people do in Slack, heard by the house: both transports, and an answer only once it is stored."""

import asyncio

import aiohttp
import pytest

from adapters.port import (
    Blank,
    Block,
    Chose,
    Faults,
    Label,
    Learned,
    Reacted,
    Refused,
    Rewrote,
    Sheet,
    TookBack,
    Wrote,
)
from tests.adapters.slack_desk import House, listening, place, run, saying
from tests.standins.slack import SlackServer

TRANSPORTS = pytest.mark.parametrize("transport", ["socket", "http"])


@TRANSPORTS
def test_what_is_written_changed_and_taken_back(transport):
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, transport):
                ts = await slack.say(kari, team, "Fish &amp; chips")
                reply = await slack.say(kari, team, "In the thread", thread=ts)
                await slack.edit(kari, team, ts, "Fish")
                await slack.unfurl(team, ts)
                await slack.delete(kari, team, reply)
                await slack.say(kari, None, "To you alone")
                await slack.bot_says(team, "I am another app")
        first, second, changed, gone, alone = house.heard
        assert isinstance(first, Wrote)
        assert (first.words, first.message, first.place, first.account) == (
            "Fish & chips",
            ts,
            place(slack, team),
            kari.id,
        )
        assert isinstance(second, Wrote)
        assert second.place == place(slack, team, ts)
        assert isinstance(changed, Rewrote)
        assert (changed.words, changed.message) == ("Fish", ts)
        assert changed.revision > 0
        assert isinstance(gone, TookBack)
        assert (gone.message, gone.place.thread) == (reply, ts)
        assert isinstance(alone, Wrote)
        assert alone.private
        assert alone.place == place(slack, kari)
        assert not slack.violations

    run(story())


@TRANSPORTS
def test_nothing_is_acknowledged_before_the_house_has_it(transport):
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, transport):
                house.gate.clear()
                for number in range(16):
                    await slack.say(kari, team, f"Answer {number}", wait=False)
                # All of them at the same time, so that the house may store them together.
                await _until(lambda: house.waiting == 16)
                assert not any(each.acked for each in slack.deliveries.all)
                house.gate.set()
                await _until(lambda: all(each.acked for each in slack.deliveries.all))
        assert len(house.heard) == 16

    run(story())


@TRANSPORTS
def test_what_could_not_be_stored_comes_again(transport):
    async def story():
        async with SlackServer() as slack:
            slack.retry_delays, slack.ack_seconds = (0, 0, 0), 0.3
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, transport):
                house.failing = [RuntimeError("the disk is full")]
                await slack.say(kari, team, "An answer")
        (heard,) = house.heard
        assert isinstance(heard, Wrote)
        assert heard.words == "An answer"

    run(story())


@TRANSPORTS
def test_a_button_a_sheet_and_its_answer(transport):
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, transport) as platform:
                outgoing = saying(
                    place(slack, team),
                    "Question 1",
                    labels=(Label("next", "Next"), Label("open:answer:7", "Write")),
                )
                taken = await platform.send(outgoing)
                await slack.press(kari, team, taken.message, "Next")
                house.sheet = lambda _: Sheet(
                    name="answer:7",
                    title="Your answer",
                    submit="Save",
                    cancel="Close",
                    blocks=(Block("line", "Only you see it."),),
                    blanks=(Blank(name="words", kind="area", label="Words", required=True),),
                )
                answer = await slack.press(kari, team, taken.message, "Write")
                assert answer.ok
                assert "Only you see it." in slack.view_text(slack.modal(kari))
                house.result = Faults({"words": "Write something here."})
                answer = await slack.submit(kari, {"Words": "?"})
                assert answer.errors == {"Words": "Write something here."}
                house.result = None
                answer = await slack.submit(kari, {"Words": "We meet at eight."})
                assert not slack.modals(kari)
        (chose,) = house.heard
        assert isinstance(chose, Chose)
        assert (chose.press, chose.message, chose.place) == ("next", taken.message, place(slack, team))
        (asked,) = house.asked
        assert (asked.press, asked.message, asked.place) == (
            "open:answer:7",
            taken.message,
            place(slack, team),
        )
        first, second = house.filled
        assert first.key != second.key
        assert (second.sheet, second.place, second.written) == (
            "answer:7",
            place(slack, team),
            {"words": "We meet at eight."},
        )
        assert not slack.violations

    run(story())


@TRANSPORTS
def test_the_command_the_home_and_marking(transport):
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, transport):
                ts = await slack.say(kari, team, "We agree on this")
                house.heard.clear()
                await slack.slash(kari, "/runda", channel=team)
                assert slack.modal(kari)
                await slack.close(kari)
                await slack.slash(kari, "/runda", "series:1", channel=team)
                await slack.open_home(kari)
                await slack.open_home(kari)
                assert slack.home(kari)
                await slack.shortcut(kari, team, ts, "runda_note")
        assert [each.press for each in house.asked] == [
            "open:home",
            "open:series:1",
            "open:home",
            "open:home",
        ]
        assert house.asked[2].place == place(slack, kari)
        (marked,) = house.heard
        assert isinstance(marked, Chose)
        assert (marked.press, marked.about, marked.message) == ("note", ts, None)
        assert not slack.violations

    run(story())


@TRANSPORTS
def test_news_of_places_and_people(transport):
    async def story():
        async with SlackServer() as slack:
            house, kari, per = House(), slack.user("Kari"), slack.user("Per")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, transport):
                await slack.join(per, team)
                await slack.leave(per, team)
                await slack.deactivate(per)
                await slack.archive(team, kari)
                await slack.unarchive(team, kari)
                await slack.kick_bot(team, kari)
                await slack.join(slack.first.bot, team, kari)
                await slack.uninstall()
        told = [(each.what, each.why) for each in house.heard if isinstance(each, Learned)]
        assert told == [
            ("came", ""), ("went", ""), ("gone", ""), ("shut", "archived"), ("open", ""),
            ("shut", "removed"), ("shut", "removed"), ("open", ""), ("cut", "uninstalled"),
        ]  # fmt: skip

    run(story())


async def _until(holds):
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("how", ["cut", "warning", "refresh_requested", "with an envelope on its way"])
def test_a_socket_that_goes_is_opened_again_and_nothing_is_lost(how):
    async def story():
        async with SlackServer() as slack:
            slack.retry_delays = (0, 0, 0)
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house):
                if how == "cut":
                    slack.sockets.cut()
                elif how == "with an envelope on its way":
                    slack.faults.event("cut")
                else:
                    await slack.sockets.ask_to_leave(how)
                await slack.say(kari, team, "Still there?")
                await slack.say(kari, team, "Yes")
                assert {each.words for each in house.heard} == {"Still there?", "Yes"}

    run(story())


def test_slack_may_be_away_when_the_house_starts():
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            slack.faults.next("auth.test", "error500", times=1)
            slack.faults.next("apps.connections.open", "dropped_before", times=1)
            async with listening(slack, house):
                await slack.say(kari, team, "Good morning")
                assert len(house.heard) == 1

    run(story())


def test_what_is_not_signed_by_slack_is_refused():
    async def story():
        async with SlackServer() as slack, aiohttp.ClientSession() as anybody:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house, "http"):
                assert await slack.verify_url(slack.events_url)
                body, headers = slack.signed_event(slack.payload_of(kari, team, "Hello"))
                old = {**headers, "X-Slack-Request-Timestamp": "1700000000"}
                forged = {**headers, "X-Slack-Signature": "v0=" + "0" * 64}
                for sent, expected in (
                    (forged, 401),
                    ({**headers, "X-Slack-Signature": "v0=\u00e6\u00f8\u00e5"}, 401),
                    (old, 401),
                    ({**old, "X-Slack-Request-Timestamp": "yesterday"}, 401),
                    ({"Content-Type": "application/json"}, 401),
                    (headers, 200),
                ):
                    async with anybody.post(slack.events_url, data=body, headers=sent) as answer:
                        assert answer.status == expected
            assert len(house.heard) == 1

    run(story())


def test_nothing_of_what_people_write_and_no_token_is_logged(caplog):
    caplog.set_level("DEBUG")

    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            for transport in ("socket", "http"):
                async with listening(slack, house, transport) as platform:
                    house.failing = [RuntimeError("An answer of Kari's")]
                    slack.retry_delays, slack.ack_seconds = (0, 0, 0), 0.3
                    await slack.say(kari, team, "An answer of Kari's")
                    slack.faults.next("chat.postMessage", "error", name="invalid_blocks")
                    with pytest.raises(Refused):
                        await platform.send(saying(place(slack, team), "A recap of Kari's"))
                    slack.faults.next("chat.postMessage", "error500")
                    with pytest.raises(OSError, match="Slack answered"):
                        await platform.send(saying(place(slack, team), "A recap of Kari's"))
                    slack.sockets.used = False
            return slack

    run(story())
    ours = [record for record in caplog.records if record.name.startswith(("adapters", "slack", "runda"))]
    told = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours)
    assert ours
    for secret in ("Kari", "xoxb", "xapp", "ticket"):
        assert secret not in told


@TRANSPORTS
def test_a_mark_is_heard_with_its_channel_and_not_with_its_thread(transport):
    async def story():
        async with SlackServer() as slack:
            house, kari, amir = House(), slack.user("Kari"), slack.user("Amir")
            team = slack.channel("team", members=[kari, amir])
            async with listening(slack, house, transport):
                root = await slack.say(kari, team, "The ferry")
                reply = await slack.say(kari, team, "In the thread", thread=root)
                await slack.react(amir, team, reply, "heart")
                await slack.react(amir, team, reply, "heart", away=True)
        added, removed = house.heard[2:]
        assert isinstance(added, Reacted)
        assert (added.message, added.place, added.account, added.added) == (
            reply,
            place(slack, team),
            amir.id,
            True,
        )
        assert isinstance(removed, Reacted)
        assert not removed.added

    run(story())
