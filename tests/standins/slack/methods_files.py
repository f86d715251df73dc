"""files.*: a file comes in three steps. Ask for an address, put the bytes there, say that it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.standins.slack import events, limits, shapes
from tests.standins.slack.errors import SlackError
from tests.standins.slack.methods_chat import thread_of
from tests.standins.slack.state import Channel, Json, Message, Upload
from tests.standins.slack.web import Call, method

if TYPE_CHECKING:
    from tests.standins.slack.server import SlackServer

MOST_ALT = 1000
#: How a PNG, a JPEG and a GIF begin.
PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8")


@method("files.getUploadURLExternal", "files:write")
def get_url(server: SlackServer, call: Call) -> Json:
    if len(str(call.arg("alt_txt"))) > MOST_ALT:
        raise SlackError("alt_txt_too_large")
    length = call.whole("length", 0)
    if length < 1:
        raise SlackError("invalid_arguments", response_metadata=limits.messages(["length must be above 0"]))
    upload = Upload(
        server.ids.new("F"),
        call.need("filename"),
        length,
        call.bot.id,
        call.workspace.id,
        call.arg("alt_txt"),
    )
    call.workspace.files[upload.id] = upload
    return {"upload_url": f"{server.url}/upload/{call.workspace.id}/{upload.id}", "file_id": upload.id}


async def receive(server: SlackServer, request: web.Request) -> web.StreamResponse:
    """The bytes, as the body or as a form's file."""
    team = server.workspaces.get(request.match_info["team"])
    upload = team.files.get(request.match_info["file"]) if team else None
    if upload is None:
        return web.Response(status=404, text="not found")
    upload.content = await body(request)
    if len(upload.content) != upload.length:
        server.violations.append(
            f"upload of {upload.name}: {len(upload.content)} bytes, {upload.length} were said"
        )
    server.changed()
    return web.Response(text=f"OK - {len(upload.content)}")


async def body(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""


@method("files.completeUploadExternal", "files:write")
def complete(server: SlackServer, call: Call) -> Json:
    uploads = [finished(call, each) for each in call.need("files")]
    for each in uploads:
        each.complete = server.clock.now()
    for channel in shared_with(call):
        share(server, call, channel, uploads)
    return {"files": [shapes.file(each, call.workspace) for each in uploads]}


def finished(call: Call, given: Any) -> Upload:
    upload = call.workspace.files.get(given.get("id", "")) if isinstance(given, dict) else None
    if upload is None or upload.content is None:
        raise SlackError("file_not_found")
    upload.title = given.get("title", "")
    return upload


def can_be_shown(server: SlackServer, call: Call, block: Any) -> bool:
    """A picture of the workspace's, complete, and long enough ago for Slack to have looked at it."""
    upload = call.workspace.files.get(block["slack_file"].get("id", ""))
    ready = upload is not None and upload.complete is not None
    if not ready or upload.complete + server.looking > server.clock.now():
        return False
    return (upload.content or b"").startswith(PICTURES)


def shared_with(call: Call) -> list[Channel]:
    names = str(call.arg("channels") or call.arg("channel_id")).split(",")
    found = [call.workspace.channels.get(each) for each in names if each]
    for channel in found:
        if channel is None or channel.deleted:
            raise SlackError("channel_not_found")
        if call.bot.id not in channel.members:
            raise SlackError("not_in_channel")
    return [each for each in found if each is not None]


def share(server: SlackServer, call: Call, channel: Channel, uploads: list[Upload]) -> None:
    limits.check_blocks(call.arg("blocks", None))
    message = Message(
        ts="",
        channel=channel.id,
        user=call.bot.id,
        bot_id=call.bot.bot_id,
        app_id=call.bot.app_id,
        text=str(call.arg("initial_comment")),
        thread_ts=thread_of(server, call, channel),
        files=[shapes.file(each, call.workspace) for each in uploads],
        subtype="file_share",
    )
    server.keep(channel, message)
    for upload in uploads:
        upload.shared_in.append(channel.id)
    server.emit(call.workspace, events.posted(message, call.workspace), channel)


@method("files.delete", "files:write")
def delete(server: SlackServer, call: Call) -> Json:
    """The file goes from every message; one that has no words besides goes with it."""
    upload = call.workspace.files.pop(call.need("file"), None)
    if upload is None:
        raise SlackError("file_not_found")
    for channel in (call.workspace.channels[each] for each in upload.shared_in):
        for message in [each for each in channel.messages.values() if not each.deleted]:
            left = [each for each in message.files if each["id"] != upload.id]
            if len(left) < len(message.files):
                message.files = left
                if not message.text and not left:
                    server.remove(call.workspace, channel, message)
    return {}
