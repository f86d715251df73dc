"""The list of commands that people are offered, by scope and language."""

import json
import re
from typing import Any

from tests.standins.telegram.calls.registry import Params, Server, call, chat_of
from tests.standins.telegram.errors import bad
from tests.standins.telegram.limits import COMMAND_DESCRIPTION, COMMANDS

NAME = re.compile(r"[a-z0-9_]{1,32}")


def key_of(server: Server, params: Params) -> tuple[str, str]:
    """Scope and language under which a list is kept."""
    scope = params.get("scope") or {"type": "default"}
    if "chat_id" in scope:
        scope = scope | {"chat_id": chat_of(server, scope).id}
    language = params.get("language_code", "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad("invalid language code specified")
    return json.dumps(scope, sort_keys=True), language


@call
def set_my_commands(server: Server, params: Params) -> Any:
    if len(params["commands"]) > COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for each in params["commands"]:
        if not NAME.fullmatch(each["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(each["description"]) <= COMMAND_DESCRIPTION:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    server.commands[key_of(server, params)] = params["commands"]
    return True


@call
def get_my_commands(server: Server, params: Params) -> Any:
    return server.commands.get(key_of(server, params), [])


@call
def delete_my_commands(server: Server, params: Params) -> Any:
    server.commands.pop(key_of(server, params), None)
    return True
