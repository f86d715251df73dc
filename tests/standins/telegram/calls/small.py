"""The bot itself, answers to presses, files."""

from typing import Any

from tests.standins.telegram import shapes
from tests.standins.telegram.calls.registry import Params, Server, call
from tests.standins.telegram.errors import TOO_OLD, bad
from tests.standins.telegram.limits import CALLBACK_ANSWER, DOWNLOAD


@call
def get_me(server: Server, _: Params) -> Any:
    return shapes.user(server.bot) | {
        "can_join_groups": True,
        "can_read_all_group_messages": not server.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
    }


@call
def answer_callback_query(server: Server, params: Params) -> Any:
    """Once for each press, and not too late."""
    press = server.presses.get(params["callback_query_id"])
    if press is None or press.answered or server.clock.now() - press.at > server.callback_life:
        raise bad(TOO_OLD)
    if len(params.get("text", "")) > CALLBACK_ANSWER:
        raise bad("MESSAGE_TOO_LONG")
    press.answered = True
    press.text, press.alert, press.url = (
        params.get("text"),
        params.get("show_alert", False),
        params.get("url"),
    )
    if press.text:
        shown = f"{press.user.name} is shown: {press.text}"
        server.log(press.message.chat, shown, press.message.topic)
    return True


@call
def get_file(server: Server, params: Params) -> Any:
    found = server.files.get(params["file_id"])
    if found is None:
        raise bad("invalid file_id")
    path, data = found
    if len(data) > DOWNLOAD:
        raise bad("file is too big")
    told = {"file_id": params["file_id"], "file_unique_id": params["file_id"].replace("file", "unique")}
    return told | {"file_size": len(data), "file_path": path}
