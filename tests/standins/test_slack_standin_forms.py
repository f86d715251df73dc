"""Buttons, modals, homes, shortcuts and commands of the stand-in Slack, tried with the real slack_bolt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import HandClock, NotOffered
from tests.standins.slack.state import Json
from tests.standins.slack.trying import (
    NAME,
    Heard,
    Transport,
    actions,
    asking,
    both_ways,
    button,
    by_http,
    client,
    modal,
    option,
    people,
    plain,
    refusal,
    run,
    section,
    select,
    slack,
)


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

            @heard.app.view_closed("form")
            async def closed(ack: Any) -> None:
                await ack()

            async with transport(heard):
                root = await heard.app.client.chat_postMessage(
                    channel=team.id, text="Q", blocks=[section("Q"), actions(button("Answer", value="q1"))]
                )
                assert (await server.press(kari, team, root["ts"], "Answer")).ok
                with pytest.raises(NotOffered, match="must be filled in"):
                    await server.submit(kari)
                refused = await server.submit(kari, {"Name": "bad", "Pace": "Each"})
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
            answers: Iterator[Json] = iter(
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
