"""How the app is told by the stand-in Slack: signed requests and sockets, tried with the real slack_bolt."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import HandClock, SystemClock, specs
from tests.standins.slack.trying import (
    NAME,
    Heard,
    Transport,
    actions,
    both_ways,
    button,
    by_http,
    by_socket,
    modal,
    needs_specs,
    people,
    run,
    served,
    slack,
)

# --- what the app is told


@both_ways
def test_people_acts_reach_the_app(transport: Transport) -> None:
    async def story() -> None:
        async with slack() as server:
            kari, per, team = people(server)
            async with transport(Heard(server)) as heard:
                said = await server.say(kari, team, f"hello {server.bot_mention()}")
                assert sorted(heard.types()) == ["app_mention", "message"]
                heard.events.clear()
                await server.edit(kari, team, said, "hi")
                await server.unfurl(team, said)
                await server.react(per, team, said, "tada")
                await server.react(per, team, said, "tada", away=True)
                await server.say(per, team, "waves", subtype="me_message")
                await server.say(per, team, "see", files=["a.png"])
                reply = await server.say(per, team, "both", thread=said, broadcast=True)
                await server.delete(per, team, reply)
                await server.bot_says(team, "ding")
                await server.leave(per, team)
                await server.join(per, team, inviter=kari)
                await server.rename(team, "crew")
                await server.archive(team)
                await server.unarchive(team)
                await server.say(kari, None, "psst")
                await server.open_home(kari)
                await server.deactivate(per)
                await server.kick_bot(team, by=kari)
                await server.uninstall()
                assert heard.types() == [
                    "message_changed", "message_changed", "reaction_added", "reaction_removed", "me_message",
                    "file_share", "thread_broadcast", "message_deleted", "bot_message", "member_left_channel",
                    "channel_leave", "member_joined_channel", "channel_join", "channel_rename", "channel_archive",
                    "channel_unarchive", "message", "app_home_opened", "user_change", "channel_left",
                    "member_left_channel", "message", "app_uninstalled", "tokens_revoked",
                ]  # fmt: skip
                await server.settled()
                assert all(each.acked for each in server.deliveries.all)
                assert len({each["event_id"] for each in heard.bodies}) == len(heard.bodies)

    run(story)


def test_what_the_app_may_not_know_it_is_not_told() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            async with by_socket(Heard(server)) as heard:
                await server.say(kari, server.channel("elsewhere", [kari], bot=False), "not for you")
                server.remove_scope("reactions:read")
                said = await server.say(kari, team, "for you")
                await server.react(kari, team, said, "eyes")
                server.subscriptions.discard("message.channels")
                await server.say(kari, team, "no more")
                assert [each["text"] for each in heard.events] == ["for you"]
                await heard.app.client.chat_postMessage(channel=kari.id, text="mine")
                await server.until(lambda: len(heard.events) == 2)
                assert heard.events[1]["bot_id"] == server.first.bot.bot_id

    run(story)


@needs_specs
def test_events_have_the_field_names_that_slack_gives() -> None:
    # What the samples lack although Slack sends it: docs.slack.dev/reference/events.
    extra = {"user_change": {"event_ts"}, "app_mention": set()}
    samples = {
        "message": "Message", "message_changed": "MessageChanged", "message_deleted": "MessageDeleted",
        "thread_broadcast": "MessageThreadBroadcast", "reaction_added": "ReactionAdded",
        "reaction_removed": "ReactionRemoved", "member_joined_channel": "MemberJoinedChannel",
        "member_left_channel": "MemberLeftChannel", "channel_rename": "ChannelRename",
        "channel_archive": "ChannelArchive", "channel_deleted": "ChannelDeleted", "user_change": "UserChange",
        "app_home_opened": "AppHomeOpened", "app_mention": "AppMention", "app_uninstalled": "AppUninstalled",
        "tokens_revoked": "TokensRevoked",
    }  # fmt: skip

    async def story() -> None:
        async with slack() as server:
            kari, per, team = people(server)
            async with by_http(Heard(server)) as heard:
                said = await server.say(kari, team, f"hello {server.bot_mention()}")
                await server.edit(kari, team, said, "hi")
                await server.react(per, team, said, "tada")
                await server.react(per, team, said, "tada", away=True)
                reply = await server.say(per, team, "both", thread=said, broadcast=True)
                await server.delete(per, team, reply)
                await server.leave(per, team)
                await server.join(per, team, inviter=kari)
                await server.rename(team, "crew")
                await server.archive(team)
                await server.delete_channel(team)
                await server.open_home(kari)
                await server.deactivate(per)
                await server.uninstall()
                for body in heard.bodies:
                    event = body["event"]
                    kind = event.get("subtype") or event["type"]
                    if kind not in samples:
                        continue
                    sample = specs.sample(f"events/{samples.pop(kind)}") if kind in samples else None
                    if sample is not None:
                        assert names(event) - extra.get(kind, set()) <= names(sample["event"]), kind
                        assert body.keys() <= sample.keys() | {"authorizations"}
                assert samples == {}

    run(story)


SHAPES = {
    "block_actions": "BlockAction",
    "message_action": "MessageShortcut",
    "view_submission": "ViewSubmission",
    "view_closed": "ViewClosed",
    "/runda": "SlashCommand",
}


@needs_specs
def test_interactions_have_the_field_names_that_slack_gives() -> None:
    # What the samples lack although Slack sends it: docs.slack.dev/reference/interaction-payloads.
    extra = {"view.blocks", "view.state.values", "state.values", "response_urls"}

    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            async with by_http(Heard(server)) as heard:
                trigger = server.triggers.new(server.first.id, kari.id)
                root = await heard.app.client.chat_postMessage(
                    channel=team.id, text="Q", blocks=[actions(button("Go"))]
                )
                await heard.app.client.views_open(trigger_id=trigger, view=modal(NAME, notify_on_close=True))
                await server.press(kari, team, root["ts"], "Go")
                await server.shortcut(kari, team, root["ts"], "note")
                await server.slash(kari, "/runda", "help", team)
                await server.submit(kari, {"Name": "a"})
                await server.close(kari)
                told = {each.type: each.payload for each in server.deliveries.all if each.type in SHAPES}
                assert told.keys() == SHAPES.keys()
                for kind, payload in told.items():
                    known = names(specs.sample(f"interactions/{SHAPES[kind]}")) | extra
                    odd = {each for each in names(payload) - known if "state.values." not in each}
                    assert odd == set(), kind

    run(story)


def names(it: Any, path: str = "") -> set[str]:
    """Every field's path, but not what is inside blocks and lists."""
    if not isinstance(it, dict) or path.endswith("blocks"):
        return set()
    found = {f"{path}{name}" for name in it}
    return found.union(*(names(value, f"{path}{name}.") for name, value in it.items()))


def test_events_are_signed_and_repeated_as_slack_does() -> None:
    async def story() -> None:
        clock = HandClock()
        async with slack(clock=clock) as server:
            kari, _, team = people(server)
            seen: list[Any] = []
            verifier = SignatureVerifier(server.signing_secret)

            async def failing(request: web.Request) -> web.Response:
                body = await request.read()
                assert verifier.is_valid_request(body, dict(request.headers))
                seen.append([request.headers.get(f"X-Slack-Retry-{name}") for name in ("Num", "Reason")])
                if len(seen) == 2:
                    await asyncio.sleep(server.ack_seconds * 3)
                return web.Response(status=500 if len(seen) < 4 else 200)

            app = web.Application()
            app.router.add_post("/slack/events", failing)
            async with served(app) as url:
                server.events_url, server.ack_seconds = url, 0.1
                await server.say(kari, team, "hello", wait=False)
                await server.until(lambda: server.deliveries.all[-1].attempts == 2)
                await server.until(lambda: server.deliveries.all[-1].reason == "http_timeout")
                clock.advance(59)
                await asyncio.sleep(0)
                assert server.deliveries.all[-1].attempts == 2
                clock.advance(1)
                await server.until(
                    lambda: len(seen) == 3 and server.deliveries.all[-1].reason == "http_error"
                )
                clock.advance(300)
                await server.until(lambda: server.deliveries.all[-1].acked)
                assert seen == [[None, None], ["1", "http_error"], ["2", "http_timeout"], ["3", "http_error"]]

    run(story)


def test_an_answer_may_say_that_it_should_not_be_repeated() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)

            async def never(_: web.Request) -> web.Response:
                return web.Response(status=400, headers={"X-Slack-No-Retry": "1"})

            app = web.Application()
            app.router.add_post("/slack/events", never)
            async with served(app) as server.events_url:
                await server.say(kari, team, "hello")
                (delivery,) = server.deliveries.all
                assert (delivery.acked, delivery.attempts, delivery.status) == (False, 1, 400)

    run(story)


def test_the_address_is_verified_by_a_challenge() -> None:
    async def story() -> None:
        async with slack() as server, served(Heard(server).app.web_app("/slack/events")) as url:
            assert await server.verify_url(url)
            assert server.events_url == url
            assert not await server.verify_url(f"{url}/nothing-here")

    run(story)


@both_ways
def test_repeated_twin_lost_and_reordered_events(transport: Transport) -> None:
    async def story() -> None:
        async with slack(clock=SystemClock(speed=1000)) as server:
            kari, _, team = people(server)
            async with transport(Heard(server)) as heard:
                server.faults.event("repeat")
                await server.say(kari, team, "repeated")
                server.faults.event("twin", where=lambda delivery: delivery.event["text"] == "twins")
                await server.say(kari, team, "twins")
                server.faults.event("lost", type="message")
                await server.say(kari, team, "lost at first")
                server.faults.event("hold", times=2)
                await server.say(kari, team, "first")
                await server.say(kari, team, "second")
                await server.say(kari, team, "third")
                server.deliveries.release(reverse=True)
                await server.settled()
                texts = [each["text"] for each in heard.events]
                assert texts == [
                    *["repeated"] * 2,
                    *["twins"] * 2,
                    "lost at first",
                    "third",
                    "second",
                    "first",
                ]
                ids = [each["event_id"] for each in heard.bodies]
                assert ids[0] == ids[1]
                assert ids[2] != ids[3]

    run(story)


# --- sockets


def test_a_socket_is_greeted_and_told_until_it_acknowledges() -> None:
    async def story() -> None:
        async with slack(clock=SystemClock(speed=1000)) as server:
            kari, _, team = people(server)
            server.ack_seconds = 0.1
            opened = await AsyncWebClient(base_url=server.api_url).apps_connections_open(
                app_token=server.app_token
            )
            async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
                hello = await socket.receive_json()
                assert (hello["type"], hello["num_connections"]) == ("hello", 1)
                assert hello["debug_info"]["approximate_connection_time"] > 0
                await server.say(kari, team, "hello", wait=False)
                first, second = await socket.receive_json(), await socket.receive_json()
                assert (first["type"], first["retry_attempt"], first["retry_reason"]) == ("events_api", 0, "")
                assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
                assert first["payload"] == second["payload"]
                assert first["envelope_id"] != second["envelope_id"]
                await socket.send_json({"envelope_id": second["envelope_id"]})
                await server.until(lambda: server.deliveries.all[-1].acked)

                command = asyncio.ensure_future(server.slash(kari, "/runda", "help", team))
                envelope = await socket.receive_json()
                assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
                await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Here"}})
                assert (await command).body == {"text": "Here"}
                assert [m.text for m in server.whispers(team, kari)] == ["Here"]
            async with aiohttp.ClientSession() as session:
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await session.ws_connect(opened["url"])  # each address is good for one connection

    run(story)


def test_several_connections_share_the_events() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            async with by_socket(Heard(server)) as one, by_socket(Heard(server)) as other:
                await server.until(lambda: len(server.sockets.open) == 2)
                for number in range(6):
                    await server.say(kari, team, str(number))
                assert sorted(each["text"] for each in one.events + other.events) == list("012345")
                assert (len(one.events), len(other.events)) == (3, 3)

    run(story)


def test_a_cut_socket_loses_nothing() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            async with by_socket(Heard(server)) as heard:
                await server.say(kari, team, "before")
                assert server.sockets.cut() == 1
                await server.say(kari, team, "meanwhile")
                server.faults.event("cut")
                await server.say(kari, team, "cut off")
                texts = [each["text"] for each in heard.events]
                assert texts[:2] == ["before", "meanwhile"]
                assert set(texts[2:]) == {"cut off"}
                assert server.deliveries.all[-1].attempts >= 2

    run(story)


def test_asked_to_leave_the_app_comes_back() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            async with by_socket(Heard(server)) as heard:
                before = server.sockets.open[0]
                await server.sockets.ask_to_leave("refresh_requested")
                await server.until(lambda: server.sockets.open and before not in server.sockets.open)
                await server.say(kari, team, "hello again")
                assert heard.types() == ["message"]
                assert len(server.calls("apps.connections.open")) == 2

    run(story)
