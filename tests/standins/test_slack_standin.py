"""The stand-in Slack, tried with the real slack_sdk: what stands, how often, trouble, in a thread."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qs, urlparse

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import HandClock, standing_slack
from tests.standins.slack.trying import (
    actions,
    button,
    client,
    people,
    refusal,
    run,
    section,
    slack,
)

# --- what is said stands


def test_a_meeting_reads_as_people_see_it() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, per, team = people(server)
            bot = client(server)
            root = await bot.chat_postMessage(
                channel=team.id,
                text="Question 1",
                blocks=[
                    section("*Question 1* of 2, <@" + kari.id + ">"),
                    actions(button("Next", style="primary")),
                ],
            )
            first = await server.say(kari, team, "We & you", thread=root["ts"])
            await server.say(per, team, "Me too", thread=root["ts"], broadcast=True, files=["plan.png"])
            await server.edit(kari, team, first, "We, and you")
            await server.react(per, team, first, "eyes")
            link = (await bot.chat_getPermalink(channel=team.id, message_ts=first))["permalink"]
            await bot.chat_postMessage(channel=team.id, text=f"As <{link}|Kari> said", thread_ts=root["ts"])
            await bot.chat_postEphemeral(channel=team.id, user=kari.id, text="Thanks", thread_ts=root["ts"])
            await bot.chat_postMessage(channel=per.id, text="In private")
            assert server.transcript(team) == (
                "# team\n"
                "\n"
                "Runda: *Question 1* of 2, @Kari\n"
                "    [+Next]\n"
                "  │ Kari: We, and you (edited)\n"
                "  │     :eyes: Per\n"
                "  │ Per: Me too\n"
                "  │     (file: plan.png)\n"
                "  │ Runda: As Kari (→ “We, and you”) said\n"
                "  │ Runda (only Kari sees this): Thanks\n"
                "Per: Me too (sent from a thread)\n"
                "    (file: plan.png)\n"
            )
            assert "only Kari" not in server.transcript(team, user=per)
            assert server.dm_transcript(per) == "# Direct messages: Per\n\nRunda: In private\n"
            assert server.violations == []
            assert server.warnings == []

    run(story)


def test_history_and_replies() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            bot = client(server)
            token = {"event_type": "runda", "event_payload": {"token": "t1"}}
            root = await bot.chat_postMessage(channel=team.id, text="root", metadata=token)
            under = await bot.chat_postMessage(
                channel=team.id, text="under", thread_ts=root["ts"], metadata=token
            )
            later = await server.say(kari, team, "later")
            assert under["ts"] > root["ts"]
            assert later > under["ts"]

            history = await bot.conversations_history(channel=team.id, include_all_metadata=True)
            assert [each["text"] for each in history["messages"]] == ["later", "root"]
            assert history["messages"][1]["metadata"] == token
            assert history["messages"][1]["reply_count"] == 1
            bare = await bot.conversations_history(channel=team.id, oldest=root["ts"], inclusive=False)
            assert [each["text"] for each in bare["messages"]] == ["later"]
            thread = await bot.conversations_replies(
                channel=team.id, ts=root["ts"], include_all_metadata=True
            )
            assert [each["metadata"] for each in thread["messages"]] == [token, token]
            assert "metadata" not in (await bot.conversations_history(channel=team.id))["messages"][1]
            assert len(server.doubles()) == 1

            await bot.chat_update(channel=team.id, ts=root["ts"], text="root, changed")
            again = await bot.conversations_history(channel=team.id, include_all_metadata=True, limit=1)
            assert again["has_more"]
            second = await bot.conversations_history(
                channel=team.id,
                include_all_metadata=True,
                limit=1,
                cursor=again["response_metadata"]["next_cursor"],
            )
            assert second["messages"][0]["text"] == "root, changed"
            assert second["messages"][0]["metadata"] == token

            await bot.chat_delete(channel=team.id, ts=root["ts"])
            left = await bot.conversations_replies(channel=team.id, ts=root["ts"])
            assert [each.get("subtype") for each in left["messages"]] == ["tombstone", None]

    run(story)


def test_who_is_where() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, per, team = people(server)
            guest = server.user("Guest", is_restricted=True, locale="sv-SE")
            hidden = server.channel("hidden", [kari], private=True, bot=False)
            bot = client(server)
            assert (await bot.auth_test())["user_id"] == server.first.bot.id
            assert "chat:write" in (await bot.auth_test()).headers["x-oauth-scopes"]
            assert (await bot.conversations_members(channel=team.id))["members"][:2] == [kari.id, per.id]
            info = (await bot.users_info(user=guest.id, include_locale=True))["user"]
            assert (info["is_restricted"], info["locale"], info["tz"]) == (True, "sv-SE", "Europe/Oslo")
            assert kari.id in [each["id"] for each in (await bot.users_list())["members"]]
            direct = await bot.conversations_open(users=[kari.id])
            assert direct["channel"]["id"].startswith("D")
            several = await bot.conversations_open(users=[kari.id, per.id])
            assert (await bot.conversations_info(channel=several["channel"]["id"]))["channel"]["is_mpim"]
            mine = await bot.users_conversations(types="public_channel,private_channel,im,mpim")
            assert {team.id, direct["channel"]["id"]} < {each["id"] for each in mine["channels"]}
            listed = await bot.conversations_list(types="public_channel,private_channel")
            assert hidden.id not in [each["id"] for each in listed["channels"]]
            other = server.channel("other", [kari], bot=False)
            await bot.conversations_join(channel=other.id)
            assert server.first.bot.id in other.members
            assert (await bot.team_info())["team"]["name"] == "Kommunen"
            assert (await bot.bots_info(bot=server.first.bot.bot_id))["bot"]["user_id"] == server.first.bot.id
            assert (await bot.api_test())["ok"]
            assert server.violations == []

    run(story)


# slack_sdk itself still uses what aiohttp has deprecated.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
def test_reactions_files_and_installing() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            bot = client(server)
            said = await server.say(kari, team, "hello")
            await bot.reactions_add(channel=team.id, timestamp=said, name="eyes")
            got = await bot.reactions_get(channel=team.id, timestamp=said)
            assert got["message"]["reactions"] == [
                {"name": "eyes", "users": [server.first.bot.id], "count": 1}
            ]
            await bot.reactions_remove(channel=team.id, timestamp=said, name="eyes")
            assert (await refusal(bot.reactions_remove(channel=team.id, timestamp=said, name="eyes")))[
                "error"
            ] == "no_reaction"

            sent = await bot.files_upload_v2(
                channel=team.id, content="long", filename="recap.md", title="Recap"
            )
            (upload,) = (each for each in server.first.files.values() if each.id == sent["files"][0]["id"])
            assert (upload.content, upload.shared_in) == (b"long", [team.id])
            assert "(file: Recap)" in server.transcript(team)

            sweden = server.workspace("Sverige", scopes=None)
            anna = server.user("Anna", sweden)
            async with (
                aiohttp.ClientSession() as session,
                session.get(
                    f"{server.url}/oauth/v2/authorize",
                    params={
                        "team": sweden.id, "user": anna.id, "scope": "chat:write,users:read", "state": "s1",
                        "redirect_uri": "http://127.0.0.1:1/done",
                    },
                    allow_redirects=False,
                ) as sent_back,
            ):  # fmt: skip
                back = parse_qs(urlparse(sent_back.headers["Location"]).query)
            assert back["state"] == ["s1"]
            given = {
                "client_id": server.client_id,
                "client_secret": server.client_secret,
                "code": back["code"][0],
            }
            access = await bot.oauth_v2_access(**given, redirect_uri="http://127.0.0.1:1/done")
            assert (access["team"]["id"], access["authed_user"]["id"]) == (sweden.id, anna.id)
            assert access["scope"] == "chat:write,users:read"
            assert (await refusal(bot.oauth_v2_access(**given)))["error"] == "invalid_code"
            there = AsyncWebClient(access["access_token"], base_url=server.api_url)
            assert (await there.auth_test())["team"] == "Sverige"
            await there.auth_revoke()
            assert (await refusal(there.auth_test()))["error"] == "token_revoked"

    run(story)


# --- how often


def test_the_limited_cohort_reads_once_a_minute_and_fifteen_at_a_time() -> None:
    async def story() -> None:
        clock = HandClock()
        async with slack(clock=clock, cohort="limited") as server:
            kari, _, team = people(server)
            for number in range(20):
                await server.say(kari, team, str(number))
            bot = client(server)
            first = await bot.conversations_history(channel=team.id, limit=200)
            assert (len(first["messages"]), first["has_more"]) == (15, True)
            with pytest.raises(SlackApiError) as caught:
                await bot.conversations_history(channel=team.id)
            assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (
                429,
                "60",
            )
            clock.advance(59)
            assert (await refusal(bot.conversations_history(channel=team.id)))["error"] == "ratelimited"
            clock.advance(1)
            await bot.conversations_history(channel=team.id)

        async with slack(clock=clock, posts_a_second=1) as server:
            _, _, team = people(server)
            bot = client(server)
            await bot.conversations_history(channel=team.id, limit=200)
            await bot.conversations_history(channel=team.id)
            await bot.chat_postMessage(channel=team.id, text="x")
            assert (await refusal(bot.chat_postMessage(channel=team.id, text="x")))["error"] == "ratelimited"
            clock.advance(1)
            await bot.chat_postMessage(channel=team.id, text="x")

    run(story)


# --- trouble with requests


def test_each_fault_of_a_request() -> None:
    async def story() -> None:
        async with slack() as server:
            _, _, team = people(server)
            bot = client(server, timeout=0.3)

            async def post(text: str) -> Any:
                return await bot.chat_postMessage(channel=team.id, text=text)

            server.faults.next("chat.postMessage", "ratelimited", retry_after=7)
            with pytest.raises(SlackApiError) as caught:
                await post("429")
            assert caught.value.response.headers["Retry-After"] == "7"
            for kind in ("error500", "error500_after"):
                server.faults.next("chat.postMessage", kind)
                with pytest.raises(SlackApiError):
                    await post(kind)
            for kind in ("dropped_before", "dropped_after"):
                server.faults.next("chat.postMessage", kind)
                with pytest.raises(aiohttp.ServerDisconnectedError):
                    await post(kind)
            for kind in ("never", "never_after"):
                server.faults.next("*", kind, where=lambda call: call.args["text"].startswith("never"))
                with pytest.raises(TimeoutError):
                    await post(kind)
            fault = server.faults.next("chat.postMessage", "error", name="fatal_error")
            assert (await refusal(post("x")))["error"] == "fatal_error"
            assert [each.args["text"] for each in fault.met] == ["x"]

            order: list[int] = []
            server.faults.next(
                "chat.postMessage", "dropped_after", then=lambda: order.append(len(server.posts(team)))
            )
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await post("hooked")
            assert order == [4]

            held = server.faults.next("chat.postMessage", "held")
            waiting = asyncio.ensure_future(post("held"))
            await server.until(lambda: held.met)
            server.faults.release(held)
            await waiting
            assert [m.text for m in server.posts(team)] == [
                "error500_after",
                "dropped_after",
                "never_after",
                "hooked",
                "held",
            ]
            taken = [each.args["text"] for each in server.calls("chat.postMessage") if each.taken]
            assert taken == [m.text for m in server.posts(team)]

    run(story)


def test_what_slack_took_is_found_again_by_its_metadata() -> None:
    async def story() -> None:
        async with slack() as server:
            _, _, team = people(server)
            bot = client(server)
            token = {"event_type": "runda", "event_payload": {"token": "t1"}}
            server.faults.next("chat.postMessage", "dropped_after")
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await bot.chat_postMessage(channel=team.id, text="once", metadata=token)
            found = await bot.conversations_history(channel=team.id, include_all_metadata=True)
            assert [each["metadata"] for each in found["messages"]] == [token]
            assert server.doubles() == []
            await bot.chat_postMessage(channel=team.id, text="twice", metadata=token)
            assert len(server.doubles()) == 1

    run(story)


# --- in a thread, and fast


def test_it_stands_in_a_thread_for_tests_that_are_not_asynchronous() -> None:
    with standing_slack() as server:
        kari = server.user("Kari")
        team = server.channel("team", [kari])
        bot = WebClient(server.token, base_url=server.api_url)
        root = bot.chat_postMessage(channel=team.id, text="hello")
        server.say(kari, team, "hi", thread=root["ts"])
        server.faults.next("chat.postMessage", "error", name="fatal_error")
        with pytest.raises(SlackApiError, match="fatal_error"):
            bot.chat_postMessage(channel=team.id, text="hello")
        server.until(lambda: len(server.posts(team)) == 1)
        assert server.transcript(team) == "# team\n\nRunda: hello\n  │ Kari: hi\n"
        assert server.env("http")["SLACK_SIGNING_SECRET"] == server.signing_secret


def test_a_thousand_events_can_be_signed_in_a_second() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            body, headers = b"", dict[str, str]()
            begun = time.perf_counter()
            for number in range(500):
                body, headers = server.signed_event(server.payload_of(kari, team, str(number)))
            assert time.perf_counter() - begun < 0.5
            assert SignatureVerifier(server.signing_secret).is_valid_request(body, headers)
            assert server.deliveries.all == []

    run(story)
