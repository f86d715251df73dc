"""Chats and who is in them."""

from typing import Any

from tests.standins.telegram import shapes
from tests.standins.telegram.calls.registry import Params, Server, call, chat_of, inside
from tests.standins.telegram.errors import bad
from tests.standins.telegram.model import Member


@call
def get_chat(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    inside(server, chat)
    return shapes.full_chat(chat)


@call
def get_chat_member(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    inside(server, chat)
    user = server.users.get(params["user_id"])
    if user is None:
        raise bad("PARTICIPANT_ID_INVALID")
    return shapes.member(chat.members.get(user.id) or Member(user, "left"), chat)


@call
def get_chat_administrators(server: Server, params: Params) -> Any:
    """All of them but other bots."""
    chat = chat_of(server, params)
    inside(server, chat)
    if chat.type == "private":
        raise bad("there are no administrators in the private chat")
    return [
        shapes.member(each, chat)
        for each in chat.members.values()
        if each.admin and (not each.user.is_bot or each.user is server.bot)
    ]


@call
def get_chat_member_count(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    inside(server, chat)
    return sum(each.there for each in chat.members.values())


@call
def leave_chat(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    if chat.type == "private":
        raise bad("chat member status can't be changed in private chats")
    inside(server, chat)
    server.leave(server.bot, chat)
    return True
