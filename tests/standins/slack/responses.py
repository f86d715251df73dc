"""Two addresses beside the Web API: response_url, and the page on which the app is let into a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from tests.standins.slack import events, limits, shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.state import Json, Message
from tests.standins.slack.triggers import RESPONSE_SECONDS, RESPONSES, Reply
from tests.standins.slack.world import SCOPES, Grant

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

KNOWN = {
    "text", "blocks", "attachments", "response_type", "replace_original", "delete_original", "thread_ts",
    "unfurl_links", "unfurl_media", "metadata", "mrkdwn",
}  # fmt: skip


async def receive(server: SlackServer, request: web.Request) -> web.StreamResponse:
    """A message to a response_url: five times, for half an hour."""
    reply = server.triggers.replies.get(request.match_info["name"])
    if reply is None or reply.uses >= RESPONSES or server.clock.now() - reply.at > RESPONSE_SECONDS:
        return web.json_response({"ok": False, "error": "used_url" if reply else "expired_url"}, status=404)
    reply.uses += 1
    body = await request.json()
    server.violations.extend(f"response_url: unknown argument: {name}" for name in body.keys() - KNOWN)
    try:
        limits.check_blocks(body.get("blocks"))
    except SlackError as error:
        return web.json_response(error.body(), status=400)
    respond(server, reply, body)
    server.changed()
    return web.Response(text="ok")


def respond(server: SlackServer, reply: Reply, body: Json) -> Message | None:
    """Take away or replace what was pressed, or say something new; to the person alone unless it says otherwise."""
    original = reply.message
    if body.get("delete_original") and original is not None:
        original.deleted = True
        return None
    if body.get("replace_original") and original is not None:
        original.text, original.blocks = body.get("text", ""), server.with_ids(body.get("blocks", []))
        return original
    bot = reply.team.bot
    message = Message(
        "", reply.channel.id, bot.id, body.get("text", ""), bot_id=bot.bot_id, app_id=bot.app_id
    )
    message.blocks = server.with_ids(body.get("blocks", []))
    message.thread_ts = body.get("thread_ts", "")
    if body.get("response_type") == "in_channel":
        server.keep(reply.channel, message)
        server.emit(reply.team, events.posted(message, reply.team), reply.channel)
        return message
    message.ts, message.seen_by = reply.channel.next_ts(server.clock.now()), reply.user
    reply.channel.ephemerals.append(message)
    return message


async def authorize(server: SlackServer, request: web.Request) -> web.StreamResponse:
    """Someone lets the app in: back to it with a code. `team` and `user` say where and who; the first, if not."""
    asked = request.query
    team = server.workspaces.get(asked.get("team", ""), server.first)
    scopes = frozenset(each for each in asked.get("scope", "").split(",") if each) or SCOPES
    installer = asked.get("user") or next((each for each in team.users if each != shapes.SLACKBOT), "")
    code = server.code(team, installer, scopes, asked.get("redirect_uri", ""))
    back = {"code": code} | ({"state": asked["state"]} if "state" in asked else {})
    raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")


__all__ = ["Grant", "authorize", "receive", "respond"]
