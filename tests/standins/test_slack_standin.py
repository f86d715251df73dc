"""The stand-in Slack, tried with the real slack_sdk and slack_bolt.

What it promises to others' tests is held here: state, strictness, transports, trouble, and how it all reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlparse

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import HandClock, NotOffered, SlackServer, SystemClock, specs, standing_slack
from tests.standins.slack.state import Channel, Json, User

needs_specs = pytest.mark.skipif(not specs.pages(), reason=f"{specs.FOLDER} is not there")


def run(story: Callable[[], Awaitable[None]]) -> None:
    """A test's story in a loop of its own, with everything ended at its end."""
    asyncio.run(asyncio.wait_for(story(), 20))


@asynccontextmanager
async def slack(**settings: Any) -> AsyncIterator[SlackServer]:
    async with SlackServer(**settings) as server:
        yield server


def people(server: SlackServer) -> tuple[User, User, Channel]:
    kari, per = server.user("Kari"), server.user("Per")
    return kari, per, server.channel("team", [kari, per])


def client(server: SlackServer, **more: Any) -> AsyncWebClient:
    return AsyncWebClient(server.token, base_url=server.api_url, retry_handlers=[], **more)


async def refusal(asked: Awaitable[Any]) -> Json:
    """What the server refused with."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    response = caught.value.response
    return response.data if isinstance(response.data, dict) else {}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": f"act-{text}"} | more


def actions(*them: Json) -> Json:
    return {"type": "actions", "elements": list(them)}


def asking(label: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain(label), "element": element} | more


def modal(*blocks: Json, **more: Any) -> Json:
    body = {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Save")}
    return body | {"blocks": list(blocks)} | more


NAME = asking("Name", {"type": "plain_text_input", "action_id": "name"}, block_id="name")


# --- the app on the other side


class Heard:
    """A Bolt app that notes what it hears and does what a test gives it to do."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.events: list[Json] = []
        self.bodies: list[Json] = []
        self.app = AsyncApp(
            client=client(server), signing_secret=server.signing_secret, ignoring_self_events_enabled=False
        )
        for name in sorted({each.partition(".")[0] for each in server.subscriptions}):
            self.app.event(name)(self._event)

    async def _event(self, event: Json, body: Json) -> None:
        self.events.append(event)
        self.bodies.append(body)

    def types(self) -> list[str]:
        return [each.get("subtype") or each["type"] for each in self.events]


@asynccontextmanager
async def by_socket(heard: Heard) -> AsyncIterator[Heard]:
    handler = AsyncSocketModeHandler(heard.app, heard.server.app_token, ping_interval=0.2)
    await handler.connect_async()
    await heard.server.until(lambda: heard.server.sockets.open)
    try:
        yield heard
    finally:
        await handler.close_async()


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def by_http(heard: Heard) -> AsyncIterator[Heard]:
    async with served(heard.app.web_app("/slack/events")) as url:
        heard.server.events_url = url
        yield heard


Transport = Callable[[Heard], contextlib.AbstractAsyncContextManager[Heard]]
both_ways = pytest.mark.parametrize("transport", [by_socket, by_http])


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


# --- what is refused


Asked = Callable[[AsyncWebClient, Channel, User], Awaitable[Any]]


def posts(**args: Any) -> Asked:
    return lambda bot, team, _: bot.chat_postMessage(**{"channel": team.id, "text": "x"} | args)


REFUSALS: dict[str, Asked] = {
    "channel_not_found": posts(channel="C0NOWHERE"),
    "no_text": posts(text=""),
    "thread_not_found": posts(thread_ts="1700000000.000001"),
    "invalid_metadata_format": posts(metadata={"event_type": "t"}),
    "invalid_metadata_schema": posts(metadata={"event_type": "t", "event_payload": {}, "more": 1}),
    "metadata_too_large": posts(metadata={"event_type": "t", "event_payload": {"x": "x" * 9000}}),
    "too_many_attachments": posts(attachments=[{"text": "x"}] * 101),
    "msg_blocks_too_long": posts(blocks=[section("x" * 3000)] * 5),
    "markdown_text_conflict": posts(markdown_text="y"),
    "cannot_dm_bot": posts(channel="BOT"),
    "message_not_found": lambda bot, team, _: bot.chat_update(
        channel=team.id, ts="1700000000.000001", text="x"
    ),
    "cant_delete_message": lambda bot, team, kari: bot.chat_delete(channel=team.id, ts="KARIS"),
    "cant_update_message": lambda bot, team, kari: bot.chat_update(channel=team.id, ts="KARIS", text="x"),
    "msg_too_long": lambda bot, team, _: bot.chat_update(channel=team.id, ts="OURS", text="x" * 4001),
    "user_not_in_channel": lambda bot, team, _: bot.chat_postEphemeral(
        channel=team.id, user="U0NOBODY", text="x"
    ),
    "user_not_found": lambda bot, *_: bot.users_info(user="U0NOBODY"),
    "invalid_trigger_id": lambda bot, *_: bot.views_open(trigger_id="1.2.3", view=modal(NAME)),
    "not_found": lambda bot, *_: bot.views_update(view_id="V0NONE", view=modal(NAME)),
    "invalid_name": lambda bot, team, _: bot.reactions_add(channel=team.id, timestamp="OURS", name=":x:"),
    "users_list_not_supplied": lambda bot, *_: bot.conversations_open(users=""),
    "file_not_found": lambda bot, *_: bot.files_completeUploadExternal(files=[{"id": "F0", "title": "x"}]),
    "not_allowed_token_type": lambda bot, *_: bot.apps_connections_open(app_token=bot.token or ""),
    "unknown_method": lambda bot, *_: bot.api_call("chat.sing"),
}


@pytest.mark.parametrize("error", REFUSALS)
def test_refused_by_name(error: str) -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            named = {
                "KARIS": await server.say(kari, team, "hers"),
                "BOT": server.first.bot.id,
                "OURS": (await client(server).chat_postMessage(channel=team.id, text="ours"))["ts"],
            }
            bot = client(server)
            send = bot.api_call

            async def naming(method: str, **given: Any) -> Any:
                for part in given.values():
                    if isinstance(part, dict):
                        part.update({key: named[value] for key, value in part.items() if str(value) in named})
                return await send(method, **given)

            bot.api_call = naming  # type: ignore[method-assign]
            before = server.transcript(team)
            assert (await refusal(REFUSALS[error](bot, team, kari)))["error"] == error
            assert server.transcript(team) == before

    run(story)


def option(text: str, value: str = "v") -> Json:
    return {"text": plain(text), "value": value}


def select(*options: Json, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": list(options)} | more


OVER: dict[str, tuple[list[Json], str]] = {
    "section text": ([section("x" * 3001)], "/blocks/0/text/text"),
    "empty section": ([{"type": "section"}], "/blocks/0"),
    "blocks": ([{"type": "divider"}] * 51, "/blocks"),
    "header": ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text"),
    "header mrkdwn": ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text/type"),
    "fields": ([{"type": "section", "fields": [plain("x")] * 11}], "/blocks/0/fields"),
    "field text": ([{"type": "section", "fields": [plain("x" * 2001)]}], "/blocks/0/fields/0/text"),
    "button text": ([actions(button("x" * 76))], "/blocks/0/elements/0/text/text"),
    "button value": ([actions(button("x", value="v" * 2001))], "/blocks/0/elements/0/value"),
    "button style": ([actions(button("x", style="loud"))], "/blocks/0/elements/0/style"),
    "buttons": ([actions(*(button(str(n)) for n in range(26)))], "/blocks/0/elements"),
    "no buttons": ([actions()], "/blocks/0/elements"),
    "action_id twice": ([actions(button("a"), button("b", action_id="act-a"))], "/blocks/0/elements/1/action_id"),
    "action_id": ([actions(button("x", action_id="a" * 256))], "/blocks/0/elements/0/action_id"),
    "block_id twice": ([section("x") | {"block_id": "b"}, section("y") | {"block_id": "b"}], "/blocks/1/block_id"),
    "accessory": (
        [section("x") | {"accessory": {"type": "plain_text_input", "action_id": "a"}}], "/blocks/0/accessory/type",
    ),
    "context": ([{"type": "context", "elements": [plain("x")] * 11}], "/blocks/0/elements"),
    "image without words": ([{"type": "image", "image_url": "https://example.org/x.png"}], "/blocks/0"),
    "option text": ([actions(select(option("x" * 76)))], "/blocks/0/elements/0/options/0/text/text"),
    "option value": ([actions(select(option("x", "v" * 151)))], "/blocks/0/elements/0/options/0/value"),
    "options": ([actions(select(*[option("x")] * 101))], "/blocks/0/elements/0/options"),
    "chosen beforehand": (
        [actions(select(option("x"), initial_option=option("y")))], "/blocks/0/elements/0/initial_option",
    ),
    "placeholder": ([actions(select(option("x"), placeholder=plain("x" * 151)))], "/blocks/0/elements/0/placeholder/text"),
    "overflow": (
        [actions({"type": "overflow", "action_id": "o", "options": [option("x")] * 6})], "/blocks/0/elements/0/options",
    ),
    "confirm": (
        [actions(button("x", confirm={"title": plain("x" * 101), "text": plain("x"), "confirm": plain("x"),
                                      "deny": plain("x")}))],
        "/blocks/0/elements/0/confirm/title/text",
    ),
    "unknown type": ([{"type": "sectoin"}], "/blocks/0/type"),
    "unknown field": ([section("x") | {"colour": "red"}], "/blocks/0"),
    "emoji in mrkdwn": (
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}], "/blocks/0/text",
    ),
    "inside an input": (
        [asking("x" * 2001, {"type": "plain_text_input", "action_id": "a"})], "/blocks/0/label/text",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OVER)
def test_blocks_over_the_limit_are_refused_where_they_are(case: str) -> None:
    blocks, pointer = OVER[case]

    async def story() -> None:
        async with slack() as server:
            _, _, team = people(server)
            answer = await refusal(client(server).chat_postMessage(channel=team.id, text="x", blocks=blocks))
            assert answer["error"] == "invalid_blocks"
            assert any(each.endswith(f"[json-pointer:{pointer}]") for each in answer["errors"]), answer[
                "errors"
            ]
            assert answer["response_metadata"]["messages"] == [f"[ERROR] {each}" for each in answer["errors"]]
            assert server.posts(team) == []

    run(story)


def test_blocks_at_the_limit_are_taken() -> None:
    async def story() -> None:
        async with slack() as server:
            _, _, team = people(server)
            bot = client(server)
            full = [
                section("x" * 3000),
                {"type": "header", "text": plain("x" * 150)},
                actions(*(button(f"{n:075d}", action_id=f"{n:0255d}", value="v" * 2000) for n in range(25))),
                actions(
                    select(
                        *(option("x" * 75, f"{n:0150d}") for n in range(100)), placeholder=plain("x" * 150)
                    )
                ),
                {"type": "context", "elements": [plain("x")] * 10},
                {"type": "image", "image_url": "https://example.org/x.png", "alt_text": "A bird"},
            ]
            blocks = full[:3] + full[4:]
            await bot.chat_postMessage(channel=team.id, text="x", blocks=blocks + [{"type": "divider"}] * 45)
            await bot.chat_postMessage(channel=team.id, text="x", blocks=full[3:4])
            long = await bot.chat_postMessage(channel=team.id, text="y" * 40_100)
            assert len(server.message(team, long["ts"]).text) == 40_000
            await bot.chat_update(channel=team.id, ts=long["ts"], text="z" * 4000)
            assert server.posts(team)[-1].text == "z" * 4000

    run(story)


VIEWS: dict[str, tuple[Json, str]] = {
    "title": (modal(NAME, title=plain("x" * 25)), "/view/title/text"),
    "submit": (modal(NAME, submit=plain("x" * 25)), "/view/submit/text"),
    "private_metadata": (modal(NAME, private_metadata="x" * 3001), "/view/private_metadata"),
    "callback_id": (modal(NAME, callback_id="x" * 256), "/view/callback_id"),
    "blocks": (modal(*[{"type": "divider"}] * 101), "/view/blocks"),
    "nothing to submit with": ({k: v for k, v in modal(NAME).items() if k != "submit"}, "/view/submit"),
    "unknown field": (modal(NAME, colour="red"), "/view"),
    "home": ({"type": "home", "blocks": []}, "/view/type"),
    "number": (modal(asking("N", {"type": "number_input", "action_id": "n"})), "/view/blocks/0/element"),
}


@pytest.mark.parametrize("case", VIEWS)
def test_views_over_the_limit_are_refused(case: str) -> None:
    view, pointer = VIEWS[case]

    async def story() -> None:
        async with slack() as server:
            kari, _, _ = people(server)
            trigger = server.triggers.new(server.first.id, kari.id)
            answer = await refusal(client(server).views_open(trigger_id=trigger, view=view))
            assert answer["error"] == "invalid_arguments"
            messages = answer["response_metadata"]["messages"]
            assert any(each.endswith(f"[json-pointer:{pointer}]") for each in messages), messages
            assert server.modals(kari) == []

    run(story)


def test_a_view_may_not_be_too_large() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, _ = people(server)
            large = modal(*[section("x" * 3000)] * 90)
            trigger = server.triggers.new(server.first.id, kari.id)
            assert (await refusal(client(server).views_open(trigger_id=trigger, view=large)))["error"] == (
                "view_too_large"
            )

    run(story)


def test_channels_scopes_and_tokens() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            bot = client(server)
            outside = server.channel("outside", [kari], bot=False)
            hidden = server.channel("hidden", [kari], private=True, bot=False)
            post = bot.chat_postMessage
            assert (await refusal(post(channel=outside.id, text="x")))["error"] == "not_in_channel"
            assert (await refusal(post(channel=hidden.id, text="x")))["error"] == "channel_not_found"
            assert (await refusal(bot.conversations_history(channel=outside.id)))["error"] == "not_in_channel"
            server.grant("chat:write.public")
            await post(channel=outside.id, text="x")

            server.remove_scope("reactions:write")
            ours = (await post(channel=team.id, text="x"))["ts"]
            missing = await refusal(bot.reactions_add(channel=team.id, timestamp=ours, name="eyes"))
            assert (missing["error"], missing["needed"]) == ("missing_scope", "reactions:write")
            assert "chat:write" in missing["provided"].split(",")

            await server.archive(team)
            assert (await refusal(post(channel=team.id, text="x")))["error"] == "is_archived"
            await server.unarchive(team)
            await post(channel=team.id, text="x")
            await server.delete_channel(team)
            assert (await refusal(post(channel=team.id, text="x")))["error"] == "channel_not_found"

            wrong = AsyncWebClient("xoxb-nobody", base_url=server.api_url)
            assert (await refusal(wrong.auth_test()))["error"] == "invalid_auth"
            await server.uninstall()
            assert (await refusal(bot.auth_test()))["error"] == "account_inactive"
            server.install(server.first, frozenset({"chat:write"}))
            assert (await client(server).auth_test())["ok"]

    run(story)


@needs_specs
def test_requests_are_held_to_what_slack_documents() -> None:
    async def story() -> None:
        async with slack() as server:
            _, _, team = people(server)
            bot = client(server)
            unknown = await refusal(
                bot.api_call("chat.postMessage", json={"channel": team.id, "text": "x", "txt": 1})
            )
            assert unknown["error"] == "invalid_arguments"
            assert (await refusal(bot.api_call("users.info", params={})))["error"] == "invalid_arguments"
            assert server.violations == [
                "chat.postMessage: unknown argument: txt",
                "users.info: missing required field: user",
            ]
        async with slack(strict=False) as lenient:
            _, _, team = people(lenient)
            await client(lenient).api_call(
                "chat.postMessage", json={"channel": team.id, "text": "x", "txt": 1}
            )
            assert lenient.violations == ["chat.postMessage: unknown argument: txt"]

    run(story)


def test_arguments_come_as_form_query_or_json() -> None:
    async def story() -> None:
        async with slack() as server:
            _, _, team = people(server)
            given = {
                "channel": team.id,
                "text": "x",
                "blocks": '[{"type": "divider"}]',
                "unfurl_links": "false",
            }
            head = {"Authorization": f"Bearer {server.token}"}
            url = f"{server.api_url}chat.postMessage"
            async with aiohttp.ClientSession(headers=head) as session:
                for how in ({"data": given}, {"params": given}, {"json": given}):
                    async with session.post(url, **how) as answer:
                        assert (await answer.json())["ok"]
            assert [m.flags for m in server.posts(team)] == [{"unfurl_links": False}] * 3
            assert [m.blocks[0]["type"] for m in server.posts(team)] == ["divider"] * 3

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

            held = server.faults.next("chat.postMessage", "held")
            waiting = asyncio.ensure_future(post("held"))
            await server.until(lambda: held.met)
            server.faults.release(held)
            await waiting
            assert [m.text for m in server.posts(team)] == [
                "error500_after",
                "dropped_after",
                "never_after",
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


# --- forms


@both_ways
def test_a_button_opens_a_modal_that_is_sent_back_and_then_taken(transport: Transport) -> None:
    async def story() -> None:
        async with slack() as server:
            kari, per, team = people(server)
            heard = Heard(server)
            states: list[Json] = []

            @heard.app.action("act-Answer")
            async def answer(ack: Any, body: Json, client: AsyncWebClient) -> None:
                await client.views_open(
                    trigger_id=body["trigger_id"], view=modal(*FIELDS, notify_on_close=True)
                )
                await ack()

            @heard.app.view("form")
            async def form(ack: Any, view: Json) -> None:
                states.append(view["state"]["values"])
                if view["state"]["values"]["name"]["name"]["value"] == "bad":
                    await ack(response_action="errors", errors={"name": "Not that one"})
                else:
                    await ack()

            heard.app.view_closed("form")(lambda ack: ack())
            async with transport(heard):
                root = await heard.app.client.chat_postMessage(
                    channel=team.id, text="Q", blocks=[section("Q"), actions(button("Answer", value="q1"))]
                )
                assert (await server.press(kari, team, root["ts"], "Answer")).ok
                with pytest.raises(NotOffered, match="must be filled in"):
                    await server.submit(kari)
                refused = await server.submit(kari, {"Name": "bad"})
                assert (refused.action, refused.errors) == ("errors", {"Name": "Not that one"})
                assert "! Not that one" in server.view_text(server.modal(kari))
                with pytest.raises(NotOffered):
                    server.fill(kari, {"Pace": "Sideways"})
                taken = await server.submit(kari, FILLED | {"People": [kari, "Per"], "Where": "#team"})
                assert (taken.ok, taken.action, server.modals(kari)) == (True, "", [])
                assert states[-1] == EXPECTED | {
                    "people": {"p": {"type": "multi_users_select", "selected_users": [kari.id, per.id]}},
                    "where": {"w": {"type": "conversations_select", "selected_conversation": team.id}},
                }
                await server.press(per, team, root["ts"], "q1")
                assert (await server.close(per)).ok
                assert server.modals(per) == []
                assert server.violations == []

    run(story)


PACES = [option("Each", "each"), option("Table", "table")]
FIELDS = [
    NAME,
    asking("Pace", {"type": "radio_buttons", "action_id": "r", "options": PACES}, block_id="pace"),
    asking("Roles", {"type": "checkboxes", "action_id": "c", "options": PACES}, block_id="roles", optional=True),
    asking("One", select(*PACES, initial_option=PACES[1]), block_id="one"),
    asking(
        "Many", {"type": "multi_static_select", "action_id": "m", "options": PACES}, block_id="many", optional=True
    ),
    asking("People", {"type": "multi_users_select", "action_id": "p"}, block_id="people", optional=True),
    asking("Where", {"type": "conversations_select", "action_id": "w"}, block_id="where", optional=True),
    asking("Day", {"type": "datepicker", "action_id": "d"}, block_id="day", optional=True),
    asking("Time", {"type": "timepicker", "action_id": "t"}, block_id="time", optional=True),
    asking(
        "Score", {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "max_value": "5"},
        block_id="score", optional=True,
    ),
]  # fmt: skip
FILLED: dict[str, Any] = {
    "Name": "good", "Pace": "Table", "Many": ["Each", "table"], "Day": "2026-11-30", "Time": "09:30", "Score": 4,
}  # fmt: skip
PACES_KEPT = PACES
EXPECTED: Json = {
    "name": {"name": {"type": "plain_text_input", "value": "good"}},
    "pace": {"r": {"type": "radio_buttons", "selected_option": PACES[1]}},
    "roles": {"c": {"type": "checkboxes", "selected_options": []}},
    "one": {"s": {"type": "static_select", "selected_option": PACES[1]}},
    "many": {"m": {"type": "multi_static_select", "selected_options": PACES}},
    "day": {"d": {"type": "datepicker", "selected_date": "2026-11-30"}},
    "time": {"t": {"type": "timepicker", "selected_time": "09:30"}},
    "score": {"n": {"type": "number_input", "value": "4"}},
}


def test_modals_stand_in_a_stack_of_three() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, _ = people(server)
            heard = Heard(server)
            answers = iter(
                [
                    {"response_action": "push", "view": modal(NAME, title=plain("Second"))},
                    {"response_action": "update", "view": modal(NAME, title=plain("Changed"))},
                    {"response_action": "push", "view": modal(NAME, title=plain("x" * 25))},
                    {},
                    {"response_action": "clear"},
                ]
            )

            @heard.app.command("/runda")
            async def command(ack: Any, body: Json, client: AsyncWebClient) -> None:
                await client.views_open(trigger_id=body["trigger_id"], view=modal(NAME))
                await ack()

            @heard.app.view("form")
            async def form(ack: Any) -> None:
                await ack(**next(answers))

            async with by_http(heard):
                await server.slash(kari, "/runda")

                def titles() -> list[str]:
                    return [each.body["title"]["text"] for each in server.modals(kari)]

                assert (await server.submit(kari, {"Name": "a"})).action == "push"
                assert titles() == ["Form", "Second"]
                assert server.modal(kari).previous == server.modals(kari)[0].id
                await server.submit(kari, {"Name": "b"})
                assert titles() == ["Form", "Changed"]
                broken = await server.submit(kari, {"Name": "c"})
                assert not broken.ok
                assert "title" in server.violations.pop()
                await server.submit(kari, {"Name": "d"})
                assert titles() == ["Form"]
                await server.submit(kari, {"Name": "e"})
                assert titles() == []

                bot = client(server)
                for number in range(3):
                    trigger = server.triggers.new(server.first.id, kari.id)
                    opens = bot.views_push if number else bot.views_open
                    await opens(trigger_id=trigger, view=modal(NAME, title=plain(str(number))))
                again = server.triggers.new(server.first.id, kari.id)
                assert (await refusal(bot.views_push(trigger_id=again, view=modal(NAME))))["error"] == (
                    "push_limit_reached"
                )

    run(story)


def test_a_trigger_is_good_once_and_for_three_seconds() -> None:
    async def story() -> None:
        clock = HandClock()
        async with slack(clock=clock) as server:
            kari, _, _ = people(server)
            bot = client(server)
            trigger = server.triggers.new(server.first.id, kari.id)
            await bot.views_open(trigger_id=trigger, view=modal(NAME, external_id="e1"))
            used = await refusal(bot.views_open(trigger_id=trigger, view=modal(NAME)))
            assert used["error"] == "exchanged_trigger_id"
            late = server.triggers.new(server.first.id, kari.id)
            clock.advance(3.5)
            assert (await refusal(bot.views_open(trigger_id=late, view=modal(NAME))))["error"] == (
                "expired_trigger_id"
            )
            third = server.triggers.new(server.first.id, kari.id)
            same = await refusal(bot.views_open(trigger_id=third, view=modal(NAME, external_id="e1")))
            assert same["error"] == "duplicate_external_id"
            view = server.modal(kari)
            await bot.views_update(external_id="e1", hash=view.hash, view=modal(NAME, external_id="e1"))
            stale = await refusal(bot.views_update(view_id=view.id, hash="old", view=modal(NAME)))
            assert stale["error"] == "hash_conflict"

    run(story)


def test_home_shortcut_command_and_response_url() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, _, team = people(server)
            heard = Heard(server)
            seen: list[Json] = []

            @heard.app.action("act-More")
            async def more(ack: Any, body: Json, client: AsyncWebClient) -> None:
                seen.append(body)
                home = {"type": "home", "blocks": [section("Changed")]}
                await client.views_publish(user_id=body["user"]["id"], view=home, hash=body["view"]["hash"])
                await ack()

            @heard.app.action("s")
            async def chose(ack: Any, body: Json) -> None:
                seen.append(body)
                await ack()

            @heard.app.shortcut("to_note")
            async def noted(ack: Any, body: Json, respond: Any) -> None:
                seen.append(body)
                await ack()
                await respond("Noted")

            @heard.app.command("/runda")
            async def command(ack: Any, command: Json) -> None:
                seen.append(command)
                await ack(text="To all", response_type="in_channel")

            async with by_http(heard):
                home = {"type": "home", "blocks": [section("Hi"), actions(button("More"), select(*PACES))]}
                await heard.app.client.views_publish(user_id=kari.id, view=home)
                await server.open_home(kari)
                assert heard.events[-1]["view"]["hash"] == server.home(kari).hash
                await server.press_in(kari, server.home(kari), "s", option="Table")
                assert seen[-1]["actions"][0]["selected_option"] == PACES[1]
                await server.press_in(kari, server.home(kari), "More")
                assert server.view_text(server.home(kari)) == "<< Home >>\nChanged\n"

                said = await server.say(kari, team, "A finding")
                await server.shortcut(kari, team, said, "to_note")
                await server.until(lambda: server.whispers(team, kari))
                assert seen[-1]["message"]["text"] == "A finding"
                await server.slash(kari, "/runda", "help", team)
                assert server.posts(team)[-1].text == "To all"
                shapes = {
                    "interactions/BlockAction": 0,
                    "interactions/MessageShortcut": 2,
                    "interactions/SlashCommand": 3,
                }
                for name, number in shapes.items() if specs.pages() else ():
                    sample = specs.sample(name)
                    if name.endswith("BlockAction"):
                        sample |= {"view": {}, "state": {}, "actions": [], "is_enterprise_install": False}
                    if name.endswith("MessageShortcut"):
                        sample |= {"is_enterprise_install": False}
                    assert seen[number].keys() <= sample.keys() | {"action_ts", "message_ts"}, name
                assert server.violations == []

    run(story)


def test_what_a_person_presses_is_told_once() -> None:
    async def story() -> None:
        async with slack() as server:
            kari, per, team = people(server)
            heard = Heard(server)
            async with by_http(heard):
                bot = heard.app.client
                root = await bot.chat_postMessage(
                    channel=team.id, text="Q", blocks=[actions(button("Nobody hears"))]
                )
                with pytest.raises(NotOffered, match="Nobody hears"):
                    await server.press(kari, team, root["ts"], "Next")
                unheard = await server.press(kari, team, root["ts"], "Nobody hears")
                assert (unheard.ok, unheard.delivery and unheard.delivery.attempts) == (False, 1)
                alone = await bot.chat_postEphemeral(
                    channel=team.id, user=kari.id, text="Q", blocks=[actions(button("Yours"))]
                )
                with pytest.raises(NotOffered):
                    await server.press(per, team, alone["message_ts"], "Yours")
                yours = await server.press(kari, team, alone["message_ts"], "Yours")
                assert yours.delivery
                assert yours.delivery.payload["container"]["is_ephemeral"]
                assert "message" not in yours.delivery.payload

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
            begun = time.perf_counter()
            for number in range(500):
                body, headers = server.signed_event(server.payload_of(kari, team, str(number)))
            assert time.perf_counter() - begun < 0.5
            assert SignatureVerifier(server.signing_secret).is_valid_request(body, headers)
            assert server.deliveries.all == []

    run(story)
