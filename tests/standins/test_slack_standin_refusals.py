"""The stand-in Slack refuses what Slack refuses, by Slack's names, and changes nothing by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack.state import Channel, Json, User
from tests.standins.slack.trying import (
    NAME,
    actions,
    asking,
    button,
    client,
    modal,
    needs_specs,
    option,
    people,
    plain,
    refusal,
    run,
    section,
    select,
    slack,
)

Asked = Callable[[AsyncWebClient, Channel, User], Awaitable[Any]]


def posts(**args: Any) -> Asked:
    return lambda bot, team, _: bot.chat_postMessage(**{"channel": team.id, "text": "x"} | args)


REFUSALS: dict[str, Asked] = {
    "channel_not_found": posts(channel="C0NOWHERE"),
    "no_text": lambda bot, team, _: bot.api_call("chat.postMessage", json={"channel": team.id, "text": ""}),
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
    "cant_delete_message": lambda bot, team, _: bot.chat_delete(channel=team.id, ts="KARIS"),
    "cant_update_message": lambda bot, team, _: bot.chat_update(channel=team.id, ts="KARIS", text="x"),
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

            bot.api_call = naming  # type: ignore[method-assign,assignment]
            before = server.transcript(team)
            assert (await refusal(REFUSALS[error](bot, team, kari)))["error"] == error
            assert server.transcript(team) == before

    run(story)


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
    "placeholder": (
        [actions(select(option("x"), placeholder=plain("x" * 151)))], "/blocks/0/elements/0/placeholder/text",
    ),
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
                hows: list[Json] = [{"data": given}, {"params": given}, {"json": given}]
                for how in hows:
                    async with session.post(url, **how) as answer:
                        assert (await answer.json())["ok"]
            assert [m.flags for m in server.posts(team)] == [{"unfurl_links": False}] * 3
            assert [m.blocks[0]["type"] for m in server.posts(team)] == ["divider"] * 3

    run(story)
