"""Topics of a forum."""

from typing import Any

from tests.standins.telegram import shapes
from tests.standins.telegram.calls.registry import Params, Server, call, chat_of, inside, needs, topic_of
from tests.standins.telegram.errors import bad
from tests.standins.telegram.limits import TOPIC_NAME
from tests.standins.telegram.model import Chat, Topic

COLOURS = frozenset({7322096, 16766590, 13338331, 9367192, 16749490, 16478047})
UNCHANGED = "TOPIC_NOT_MODIFIED"
FORBIDDEN = "not enough rights to manage topics"


def own_or_managed(server: Server, params: Params) -> tuple[Chat, Topic]:
    """The topic, if the bot may change it: as its opener or as an administrator for topics."""
    chat = chat_of(server, params)
    mine = inside(server, chat)
    it = topic_of(chat, params)
    if it.creator is not server.bot:
        needs(mine, "can_manage_topics", FORBIDDEN)
    return chat, it


def named(params: Params) -> str:
    name = str(params.get("name", "")).strip()
    if not name:
        raise bad("TOPIC_TITLE_EMPTY")
    if len(name) > TOPIC_NAME:
        raise bad("TOPIC_TITLE_TOO_LONG")
    return name


@call
def create_forum_topic(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    mine = inside(server, chat)
    if not chat.forum:
        raise bad("the chat is not a forum")
    needs(mine, "can_manage_topics", "not enough rights to create a topic")
    if params.get("icon_color", 7322096) not in COLOURS:
        raise bad("icon color is invalid")
    it = server.open_topic(server.bot, chat, named(params))
    it.icon_color = params.get("icon_color", it.icon_color)
    return shapes.topic(it)


@call
def edit_forum_topic(server: Server, params: Params) -> Any:
    chat, it = own_or_managed(server, params)
    if "name" in params and (name := named(params)) != it.name:
        server.rename_topic(server.bot, chat, it, name)
        return True
    raise bad(UNCHANGED)


@call
def close_forum_topic(server: Server, params: Params) -> Any:
    chat, it = own_or_managed(server, params)
    if it.closed:
        raise bad(UNCHANGED)
    server.close_topic(server.bot, chat, it)
    return True


@call
def reopen_forum_topic(server: Server, params: Params) -> Any:
    chat, it = own_or_managed(server, params)
    if not it.closed:
        raise bad(UNCHANGED)
    server.reopen_topic(server.bot, chat, it)
    return True


@call
def delete_forum_topic(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    needs(inside(server, chat), "can_delete_messages", "not enough rights to delete a topic")
    server.delete_topic(server.bot, chat, topic_of(chat, params))
    return True
