"""Messages of the bot."""

from typing import Any

from tests.standins.telegram import entities, shapes
from tests.standins.telegram.calls import markup
from tests.standins.telegram.calls.registry import Params, Server, call, chat_of, may_write, thread_of
from tests.standins.telegram.errors import bad
from tests.standins.telegram.limits import CAPTION, ENTITIES, TEXT, UPLOAD
from tests.standins.telegram.model import Chat, Message
from tests.standins.telegram.spec import Uploaded

ACTIONS = frozenset(
    {
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
        "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    }
)  # fmt: skip


def text_of(server: Server, params: Params) -> tuple[str, list[entities.Entity]]:
    """A message's text as people will see it; refused when there is nothing, or too much, to see."""
    text, marks = entities.read(params.get("text", ""), params.get("parse_mode"), params.get("entities"))
    if not text:
        raise bad("message text is empty")
    if entities.units(text) > TEXT:
        raise bad("message is too long")
    return text, mentions(server, marks)


def caption_of(server: Server, params: Params) -> tuple[str, list[entities.Entity]]:
    asked = params.get("caption", "")
    text, marks = entities.read(asked, params.get("parse_mode"), params.get("caption_entities"))
    if entities.units(text) > CAPTION:
        raise bad("message caption is too long")
    return text, mentions(server, marks)


def mentions(server: Server, marks: list[entities.Entity]) -> list[entities.Entity]:
    """With tg://user?id= made a mention of that person; of someone unknown nothing is left but the words."""
    kept = []
    for mark in marks[:ENTITIES]:
        _, personal, number = mark.get("url", "").partition("tg://user?id=")
        user = server.users.get(int(number)) if number.isdigit() else None
        if user is not None:
            mark = {name: mark[name] for name in ("offset", "length")}
            kept.append(mark | {"type": "text_mention", "user": shapes.user(user)})
        elif not personal:
            kept.append(mark)
    return kept


@call
def send_message(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    may_write(server, chat, "text messages")
    return put(server, chat, params, *text_of(server, params), {})


@call
def send_document(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    may_write(server, chat, "documents")
    return put(
        server, chat, params, *caption_of(server, params), {"document": file_of(server, params, "document")}
    )


def file_of(server: Server, params: Params, name: str) -> dict[str, Any]:
    """A document as it is told of."""
    up = uploaded(params, name)
    if up is None:
        return known(server, params[name])
    return server.file(up.data, "documents", up.name.rpartition(".")[2]) | {
        "file_name": up.name,
        "mime_type": up.mime,
    }


@call
def send_photo(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    may_write(server, chat, "photos")
    up = uploaded(params, "photo")
    file = known(server, params["photo"]) if up is None else server.file(up.data, "photos", "jpg")
    return put(
        server, chat, params, *caption_of(server, params), {"photo": [file | {"width": 800, "height": 600}]}
    )


def uploaded(params: Params, name: str) -> Uploaded | None:
    """The file that came with the request, directly or by attach://; None for one known already."""
    value = params[name]
    if isinstance(value, str) and value.startswith("attach://"):
        value = params.get(value.removeprefix("attach://"))
    if not isinstance(value, Uploaded):
        return None
    if not value.data:
        raise bad("file must be non-empty")
    if len(value.data) > UPLOAD:
        raise bad("Request Entity Too Large")
    return value


def known(server: Server, file_id: str) -> dict[str, Any]:
    """A file sent before, by its id. Telegram also fetches addresses; the stand-in has no net to do so."""
    if file_id not in server.files:
        raise bad("wrong file identifier/HTTP URL specified")
    size = len(server.files[file_id][1])
    return {"file_id": file_id, "file_unique_id": file_id.replace("file", "unique"), "file_size": size}


def put(
    server: Server,
    chat: Chat,
    params: Params,
    text: str,
    marks: list[entities.Entity],
    media: dict[str, Any],
) -> dict[str, Any]:
    """The message stands in the chat; gives it as the Bot API does."""
    keyboard, other = markup.checked(params.get("reply_markup"))
    mine = chat.members[server.bot.id]
    earlier = reply_of(chat, params)
    asked = params.get("message_thread_id")
    if asked is None and earlier is not None:
        asked = earlier.topic
    topic = thread_of(server, chat, mine, asked)
    if earlier is not None and earlier.topic != topic and earlier.id != topic:
        raise bad("message to be replied not found")
    it = server.post(
        chat,
        None if chat.type == "channel" else server.bot,
        sender_chat=chat if chat.type == "channel" else None,
        text=text,
        entities=marks,
        media=media,
        topic=topic,
        reply_to=earlier,
        keyboard=keyboard,
        markup=other,
        ours=True,
    )
    buttons = "".join(f" [{each}]" for row in it.buttons for each in row)
    server.log(chat, f"{it.author}: {server.brief(it)}{buttons}", topic)
    return shapes.message(it)


def reply_of(chat: Chat, params: Params) -> Message | None:
    asked = params.get("reply_parameters")
    if asked is None:
        return None
    if asked.get("chat_id") not in (None, chat.id):
        raise bad("the stand-in replies within one chat only")
    earlier = chat.messages.get(asked["message_id"])
    if earlier is None and not asked.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return earlier


@call
def send_chat_action(server: Server, params: Params) -> Any:
    chat = chat_of(server, params)
    mine = may_write(server, chat, "text messages")
    if params["action"] not in ACTIONS:
        raise bad("wrong parameter action in request")
    thread_of(server, chat, mine, params.get("message_thread_id"))
    return True
