"""Changes of messages: words, buttons, reactions, pins; and taking them away."""

from typing import Any

from tests.standins.telegram import shapes
from tests.standins.telegram.calls import markup
from tests.standins.telegram.calls.registry import (
    Params,
    Server,
    call,
    chat_of,
    inside,
    may_write,
    message_of,
    needs,
)
from tests.standins.telegram.calls.sending import caption_of, file_of, text_of
from tests.standins.telegram.errors import NOT_MODIFIED, bad
from tests.standins.telegram.limits import DELETE_WITHIN, REACTIONS
from tests.standins.telegram.model import Member, Message

NO_EDIT = "message to edit not found"


def own(server: Server, params: Params) -> Message:
    """The bot's own message that is to be changed."""
    if "chat_id" not in params:
        raise bad("message identifier is not specified")
    chat = chat_of(server, params)
    may_write(server, chat, "text messages")
    it = message_of(chat, params, NO_EDIT)
    if not it.ours:
        raise bad("message can't be edited")
    return it


def change(server: Server, it: Message, params: Params, text: str, marks: list[dict[str, Any]]) -> Any:
    """Puts the new words and buttons; refused when nothing is new. No buttons asked: they go away."""
    keyboard, _ = markup.checked(params.get("reply_markup"))
    if (text, marks, keyboard) == (it.text, it.entities, it.keyboard):
        raise bad(NOT_MODIFIED)
    rewritten = (text, marks) != (it.text, it.entities)
    it.text, it.entities, it.keyboard = text, marks, keyboard
    if rewritten:
        it.edited = server.today()
    buttons = "".join(f" [{each}]" for row in it.buttons for each in row)
    server.log(it.chat, f"{it.author} edits {it.id}: {server.brief(it)}{buttons}", it.topic)
    return shapes.message(it)


@call
def edit_message_text(server: Server, params: Params) -> Any:
    it = own(server, params)
    if it.media:
        raise bad("there is no text in the message to edit")
    return change(server, it, params, *text_of(server, params))


@call
def edit_message_caption(server: Server, params: Params) -> Any:
    it = own(server, params)
    if not it.media:
        raise bad("there is no caption in the message to edit")
    return change(server, it, params, *caption_of(server, params))


@call
def edit_message_media(server: Server, params: Params) -> Any:
    """Another file in the place of one. The stand-in knows documents only."""
    it, wanted = own(server, params), params["media"]
    if wanted["type"] != "document" or "document" not in it.media:
        raise bad("message can't be edited")
    it.media = {"document": file_of(server, {**params, "document": wanted["media"]}, "document")}
    it.edited = server.today()
    return (
        change(server, it, params, *caption_of(server, wanted))
        if wanted.get("caption")
        else shapes.message(it)
    )


@call
def edit_message_reply_markup(server: Server, params: Params) -> Any:
    it = own(server, params)
    return change(server, it, params, it.text, it.entities)


@call
def delete_message(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    mine = inside(server, chat)
    it = message_of(chat, params, "message to delete not found")
    allowed = it.ours or chat.type == "private" or mine.may("can_delete_messages")
    if not allowed or server.clock.now() - it.date > DELETE_WITHIN:
        raise bad("message can't be deleted")
    server.delete(it)
    return True


@call
def delete_messages(server: Server, params: Params) -> Any:
    """Those that can be deleted are; the others are passed over."""
    if not 1 <= len(params["message_ids"]) <= 100:
        raise bad("message identifiers must be 1 to 100")
    for number in params["message_ids"]:
        if number in chat_of(server, params).messages:
            delete_message(server, params | {"message_id": number})
    return True


@call
def set_message_reaction(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    may_write(server, chat, "reactions")
    it = message_of(chat, params, "message to react not found")
    if it.service:
        raise bad("message can't be reacted")
    emoji = tuple(each.get("emoji", "") for each in params.get("reaction", []))
    if len(emoji) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if not REACTIONS.issuperset(emoji):
        raise bad("REACTION_INVALID")
    server.set_reactions(server.bot, it, emoji)
    server.log(chat, f"{server.bot.name} reacts {' '.join(emoji) or 'no more'} on {it.id}", it.topic)
    return True


def pinning(server: Server, params: Params) -> tuple[Member, Message]:
    chat = chat_of(server, params)
    mine = inside(server, chat)
    if chat.type != "private":
        needs(mine, "can_pin_messages", "not enough rights to manage pinned messages in the chat")
    return mine, message_of(chat, params, "message to pin not found")


@call
def pin_chat_message(server: Server, params: Params) -> Any:
    _, it = pinning(server, params)
    server.pin(server.bot, it)
    return True


@call
def unpin_chat_message(server: Server, params: Params) -> Any:
    if "message_id" not in params:
        pinned = [each.id for each in chat_of(server, params).messages.values() if each.pinned]
        params = params | {"message_id": pinned[-1] if pinned else 0}
    _, it = pinning(server, params)
    it.pinned = False
    return True
