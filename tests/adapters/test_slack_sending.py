"""What the house says, sent to Slack: once, found again after a crash, and stopped where Slack says so."""

from contextlib import asynccontextmanager

import pytest

from adapters.port import Block, Label, Later, Link, Refused, Shut
from adapters.slack import names, sending
from tests.adapters.slack_desk import NOON, House, listening, place, run, saying
from tests.standins.slack import HandClock, SlackServer

LONG = tuple(f"{number}. " + "A line that says something. " * 60 for number in range(5))  # 8,000 characters
ENDLESS = LONG * 3


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
PNG = b"\x89PNG\r\n dots"
MAP = Block("picture", "The map\nEight points around a village.", file=SVG)


@asynccontextmanager
async def drawing(**more):
    """An adapter that draws, beside the stand-in, with two channels."""
    async with SlackServer(**more) as slack:
        channels = [slack.channel(name, members=[slack.user(name)]) for name in ("fjord", "fjell")]
        async with listening(slack, House(), draw=lambda _: PNG) as platform:
            yield slack, platform, channels


def test_a_picture_is_sent_once_to_a_workspace_and_shown_with_what_it_shows():
    async def story():
        async with drawing() as (slack, platform, channels):
            for number, channel in enumerate(channels):
                await platform.send(saying(place(slack, channel), blocks=(MAP,), token=f"t-{number}"))
                (post,) = slack.posts(channel)
                (shown,) = post.blocks
                assert (shown["type"], shown["alt_text"]) == ("image", "Eight points around a village.")
                assert "Eight points" in post.text
            (upload,) = slack.first.files.values()
            assert (upload.content, upload.alt_txt, upload.shared_in) == (
                PNG,
                "Eight points around a village.",
                [],
            )
            # After a crash there is nothing more to look for than a message.
            found = await platform.look_up(saying(place(slack, channel), blocks=(MAP,), token="t-1"))
            assert found.message == post.ts

    run(story())


def test_what_slack_cannot_show_yet_waits_and_in_the_end_is_told_in_words():
    async def story():
        async with drawing(clock=HandClock()) as (slack, platform, (fjord, fjell)):
            slack.looking = 3.0
            said = saying(place(slack, fjord), blocks=(MAP,))
            for _ in range(2):
                with pytest.raises(Later) as later:
                    await platform.send(said)
                assert later.value.bucket not in {bucket.name for bucket in platform.buckets(said)}
            await platform.send(said)
            assert [each.blocks[0]["type"] for each in slack.posts(fjord)] == ["section"]
            slack.clock.advance(3)
            await platform.send(saying(place(slack, fjell), blocks=(MAP,), token="t-2"))
            assert [each.blocks[0]["type"] for each in slack.posts(fjell)] == ["image"]
            assert len(slack.first.files) == 1

    run(story())


@pytest.mark.parametrize("trouble", ["scope", "refused", "429", "dropped_before"])
def test_where_no_file_can_be_sent_a_picture_is_its_words(trouble):
    async def story():
        async with drawing() as (slack, platform, (fjord, _)):
            if trouble == "scope":
                slack.remove_scope("files:write")
            elif trouble == "refused":
                slack.faults.next("files.completeUploadExternal", "error", name="storage_limit_reached")
            elif trouble == "429":
                slack.faults.next("files.getUploadURLExternal", "ratelimited")
            else:
                slack.faults.next("files.completeUploadExternal", trouble)
            await platform.send(saying(place(slack, fjord), blocks=(MAP,)))
            (post,) = slack.posts(fjord)
            assert "Eight points around a village." in str(post.blocks)
            assert post.blocks[0]["type"] == "section"

    run(story())


def test_a_message_opens_a_thread_and_is_rewritten():
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, House()) as platform:
                opened = await platform.send(saying(place(slack, team), "Session 1", opens=True))
                assert opened.thread == opened.message
                inside = place(slack, team, opened.thread)
                question = await platform.send(
                    saying(inside, "What & why?", token="t-2", labels=(Label("next", "Next"),))
                )
                assert question.thread == ""
                await platform.send(saying(inside, "Until 09:35", token="t-3", message=opened.message))
            assert slack.text(slack.message(team, opened.message)).strip() == "Until 09:35"
            (told,) = slack.posts(team, opened.thread)[-1:]
            assert told.ts == question.message
            assert told.text == "What &amp; why?"
            (call, _) = slack.calls("chat.postMessage")
            assert call.args["metadata"] == {"event_type": "runda", "event_payload": {"token": "t-1"}}
            assert not call.args["unfurl_links"]
            assert not slack.violations
            assert not slack.warnings

    run(story())


def test_a_private_message_can_be_rewritten():
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            async with listening(slack, House()) as platform:
                sent = await platform.send(saying(place(slack, kari), "To you"))
                await platform.send(
                    saying(place(slack, kari), "To you alone", message=sent.message, token="t-2")
                )
            assert "To you alone" in slack.dm_transcript(kari)
            assert not slack.violations

    run(story())


def test_a_receipt_is_a_mark_and_can_come_twice():
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house) as platform:
                for channel in (team, None):
                    await slack.say(kari, channel, "An answer")
                    heard = house.heard[-1]
                    receipt = saying(heard.place, "Noted", sort="receipt", about=heard.message)
                    assert await platform.look_up(receipt) is None
                    first, second = await platform.send(receipt), await platform.send(receipt)
                    assert first == second
                await slack.delete(kari, team, house.heard[0].message)
                gone = saying(place(slack, team), "Noted", sort="receipt", about=house.heard[0].message)
                await platform.send(gone)  # nothing is left to be marked
                offering = saying(place(slack, team), "Noted", sort="receipt", about="1.1", only=kari.id,
                                  labels=(Label("aside", "No answer"),))  # fmt: skip
                whispered = await platform.send(offering)
                assert slack.whispers(team, kari)
                assert await platform.look_up(offering) is None
                await platform.send(saying(place(slack, team), "Changed", message=whispered.message))
                await slack.press(kari, team, slack.whispers(team, kari)[0].ts, "No answer")
                assert house.heard[-1].message == whispered.message
            assert not slack.violations

    run(story())


@pytest.mark.parametrize("where", ["channel", "thread", "private"])
@pytest.mark.parametrize("cohort", ["internal", "limited"])
def test_a_message_that_slack_took_is_found_again(where, cohort):
    async def story():
        async with SlackServer(cohort=cohort) as slack:
            slack.patience = 5
            kari = slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(
                slack, House(), client_id="100.200" if cohort == "limited" else ""
            ) as platform:
                root = (
                    await platform.send(saying(place(slack, team), "Session 1", opens=True, token="t-0"))
                ).thread
                to = {
                    "channel": place(slack, team),
                    "thread": place(slack, team, root),
                    "private": place(slack, kari),
                }[where]
                slack.faults.next("chat.postMessage", "dropped_after")
                lost = saying(to, "A question", token="t-7")
                with pytest.raises(OSError, match="no answer"):
                    await platform.send(lost)
                found = await platform.look_up(lost)
                assert found is not None
                assert found.message.endswith(slack.calls("chat.postMessage")[-1].answer["ts"])
                if cohort == "limited":
                    method = "conversations.replies" if where == "thread" else "conversations.history"
                    with pytest.raises(Later) as later:
                        await platform.look_up(saying(to, "Another", token="t-8"))
                    assert later.value.bucket == f"slack/{slack.first.id}/{method}"
                else:
                    assert await platform.look_up(saying(to, "Another", token="t-8")) is None

    run(story())


def test_where_look_ups_are_rationed_a_busy_thread_is_read_from_where_it_matters():
    """A page is 15 messages, from the beginning of a thread."""

    async def story():
        async with SlackServer(cohort="limited") as slack:
            kari = slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, House(), client_id="100.200") as platform:
                assert platform.capabilities.at_once == 4
                root = (
                    await platform.send(saying(place(slack, team), "Session 1", opens=True, token="t-0"))
                ).thread
                for number in range(20):
                    await slack.say(kari, team, f"Answer {number}", thread=root)
                slack.faults.next("chat.postMessage", "dropped_after")
                lost = saying(place(slack, team, root), "A question", token="t-7")
                with pytest.raises(OSError, match="no answer"):
                    await platform.send(lost)
                assert await platform.look_up(lost) is not None
            # After a crash only the house knows when it was sent.
            ts = slack.calls("chat.postMessage")[-1].answer["ts"]
            slack.rates.per_minute["conversations.replies"] = 2
            async with listening(slack, House(), client_id="100.200") as platform:
                again = saying(place(slack, team, root), "A question", token="t-7", since=names.moment(ts))
                await platform.look_up(again)
                asked = slack.calls("conversations.replies")[-1]
                assert float(ts) - float(asked.args["oldest"]) == pytest.approx(30, abs=1)

    run(story())


def test_a_long_message_goes_on_and_is_rewritten_as_a_whole():
    async def story():
        async with SlackServer() as slack:
            house, kari = House(), slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, house) as platform:
                root = (
                    await platform.send(saying(place(slack, team), "Session 1", opens=True, token="t-0"))
                ).thread
                inside = place(slack, team, root)
                recap = saying(inside, *LONG, token="t-1", labels=(Label("ok", "Approve"),))
                sent = await platform.send(recap)
                first, *rest = slack.posts(team, root)[1:]
                assert len(rest) == 2
                # A press in the last part is one of the whole.
                await slack.press(kari, team, rest[-1].ts, "Approve")
                assert house.heard[-1].message == sent.message
                assert await platform.look_up(recap) == sent
                assert len(slack.posts(team, root)) == 4
                # It becomes longer than its parts: what is over is left out. Then short: what is not needed goes.
                await platform.send(saying(inside, *LONG, *LONG, message=sent.message))
                assert len(slack.posts(team, root)) == 4
                await platform.send(saying(inside, "In short", message=sent.message))
                (left,) = slack.posts(team, root)[1:]
                assert (left.ts, left.text) == (first.ts, "In short")
            assert not slack.violations

    run(story())


@pytest.mark.parametrize("fault", ["dropped_before", "dropped_after", "ratelimited", "error500"])
@pytest.mark.parametrize("lines", [LONG, ENDLESS], ids=["parts", "file"])
def test_a_long_message_that_broke_off_is_completed_once(fault, lines):
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            team = slack.channel("team", members=[kari])
            async with listening(slack, House()) as platform:
                method = "chat.postMessage" if lines is LONG else "files.completeUploadExternal"
                later = lambda call: lines is ENDLESS or "thread_ts" in call.args  # noqa: E731
                slack.faults.next(method, fault, where=later, retry_after=0)
                recap = saying(place(slack, team), *lines)
                with pytest.raises(OSError, match="only a part"):
                    await platform.send(recap)
                found = await platform.look_up(recap)
                assert found is not None
                again = await platform.look_up(recap)
                assert again == found
            assert not slack.doubles()
            first, *rest = slack.posts(team)
            assert {each.thread_ts for each in rest} == {first.ts}
            assert len(rest) == (2 if lines is LONG else 1)

    run(story())


def test_a_file_is_replaced_when_its_message_changes():
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            async with listening(slack, House()) as platform:
                sent = await platform.send(saying(place(slack, kari), "Everything", *ENDLESS))
                (file,) = slack.first.files.values()
                assert b"Everything" in file.content
                await platform.send(saying(place(slack, kari), "Less", *ENDLESS[1:], message=sent.message))
                assert "Everything" not in slack.dm_transcript(kari)
                # It breaks off after the new file, and before the old one is gone.
                slack.faults.next("files.delete", "dropped_before")
                again = saying(place(slack, kari), "Other", *ENDLESS, message=sent.message)
                with pytest.raises(OSError, match="no answer"):
                    await platform.send(again)
                await platform.send(again)
                assert [each.title for each in slack.first.files.values()] == ["Other"]
                await platform.send(saying(place(slack, kari), "Nothing", message=sent.message))
                assert not slack.first.files
                assert "Everything" not in slack.dm_transcript(kari)
            assert not slack.violations

    run(story())


@pytest.mark.parametrize(
    ("error", "expected", "reason", "whole"),
    [
        ("is_archived", Shut, "archived", False),
        ("channel_not_found", Shut, "not-found", False),
        ("not_in_channel", Shut, "removed", False),
        ("token_revoked", Shut, "revoked", True),
        ("account_inactive", Shut, "uninstalled", True),
        ("missing_scope", Shut, "scope", True),
        ("msg_too_long", Refused, "too-long", None),
        ("thread_not_found", Refused, "lost", None),
        ("something_new", Refused, "unknown", None),
    ],
)
def test_a_refusal_is_told_by_what_it_means(error, expected, reason, whole):
    async def story():
        async with SlackServer() as slack:
            team = slack.channel("team")
            async with listening(slack, House()) as platform:
                slack.faults.next("chat.postMessage", "error", name=error)
                with pytest.raises(expected) as told:
                    await platform.send(saying(place(slack, team), "Hello"))
        assert told.value.reason == reason
        assert getattr(told.value, "whole", None) == whole

    run(story())


@pytest.mark.parametrize("fault", ["error500", "dropped_before", "dropped_after", "error500_after"])
def test_what_is_unclear_is_sent_once(fault):
    """slack_sdk would send it again by itself."""

    async def story():
        async with SlackServer() as slack:
            team = slack.channel("team")
            async with listening(slack, House()) as platform:
                slack.faults.next("chat.postMessage", fault)
                with pytest.raises(OSError, match=r"Slack answered|no answer"):
                    await platform.send(saying(place(slack, team), "Hello"))
            assert len(slack.calls("chat.postMessage")) == 1

    run(story())


def test_too_many_closes_the_bucket_that_paced_it():
    async def story():
        async with SlackServer() as slack:
            team = slack.channel("team")
            async with listening(slack, House()) as platform:
                post = saying(place(slack, team), "Hello")
                sent = await platform.send(post)
                for outgoing, method in (
                    (post, "chat.postMessage"),
                    (saying(place(slack, team), "New", message=sent.message), "chat.update"),
                    (saying(place(slack, team), "", sort="receipt", about=sent.message), "reactions.add"),
                ):
                    slack.faults.next(method, "ratelimited", retry_after=17)
                    with pytest.raises(Later) as later:
                        await platform.send(outgoing)
                    assert later.value.seconds == 17
                    assert later.value.bucket in {bucket.name for bucket in sending.buckets(outgoing)}

    run(story())


def test_a_link_is_made_without_asking():
    async def story():
        async with SlackServer() as slack:
            team = slack.channel("team")
            async with listening(slack, House()) as platform:
                root = (await platform.send(saying(place(slack, team), "Session 1", opens=True))).thread
                note = (
                    await platform.send(saying(place(slack, team, root), "Our note", token="t-2"))
                ).message
                link = Link(place(slack, team, root), note, NOON)
                blocks = (Block("heading", "Recap", link=link), Block("item", "One", number=1))
                recap = await platform.send(saying(place(slack, team), token="t-3", blocks=blocks))
                made = platform.workspaces.leads(link)
                answer = await platform.client.call(
                    slack.token, "chat.getPermalink", channel=team.id, message_ts=note
                )
                assert made == answer["permalink"]
            assert "archives" in str(slack.message(team, recap.message).blocks)

    run(story())


def test_who_somebody_is_and_who_is_in_a_place():
    async def story():
        async with SlackServer() as slack:
            kari, per = slack.user("Kari"), slack.user("Per", locale="sv-SE")
            guest = slack.user("Gjest", is_restricted=True)
            team = slack.channel("team", members=[kari, per, guest])
            async with listening(slack, House()) as platform:
                await slack.bot_says(team, "I am here too")
                known = {
                    each.account: each
                    for each in await platform.who(slack.first.id, [kari.id, per.id, "UNOBODY"])
                }
                assert {each.name for each in known.values()} == {"Kari", "Per"}
                await slack.user_changes(kari, locale="en-US")  # what Slack has when nobody has chosen
                known |= {each.account: each for each in await platform.who(slack.first.id, [kari.id])}
                assert (known[per.id].language, known[kari.id].language) == ("sv", None)
                assert sorted(await platform.members(place(slack, team))) == sorted(
                    [kari.id, per.id, guest.id]
                )
                asked = len(slack.calls("users.info"))
                await platform.who(slack.first.id, [kari.id])
                assert len(slack.calls("users.info")) == asked
                await slack.deactivate(kari)
                (gone,) = await platform.who(slack.first.id, [kari.id])
                assert gone.gone

    run(story())
