"""Where each method finds its function, and what most of them ask first."""

from collections.abc import Callable
from typing import Any, TypeAlias

from tests.standins.telegram.errors import bad, forbidden, moved
from tests.standins.telegram.model import Chat, Member, Message, Topic
from tests.standins.telegram.reading import Reading

Server: TypeAlias = Reading
Params: TypeAlias = dict[str, Any]
Call: TypeAlias = Callable[[Server, Params], Any]

CALLS: dict[str, Call] = {}


def call(function: Call) -> Call:
    """Registers `send_message` as sendMessage."""
    first, *rest = function.__name__.split("_")
    CALLS[first + "".join(each.capitalize() for each in rest)] = function
    return function


def chat_of(server: Server, params: Params, name: str = "chat_id") -> Chat:
    """The chat that is asked for; refused if there is none, or if it has moved."""
    asked = params[name]
    if isinstance(asked, str) and asked.startswith("@"):
        found = [each for each in server.chats.values() if each.username == asked[1:]]
        chat = found[0] if found else None
    else:
        chat = server.chats.get(int(asked)) if str(asked).lstrip("-").isdigit() else None
    if chat is None:
        raise bad("chat not found")
    if chat.became is not None:
        raise moved(chat.became.id)
    if chat.erased:
        raise forbidden("the group chat was deleted")
    return chat


def inside(server: Server, chat: Chat) -> Member:
    """The bot's own place in the chat; refused where it has none."""
    if chat.person is not None:
        if not chat.person.started:
            raise bad("chat not found")
        return chat.members[server.bot.id]
    mine = server.bot_in(chat)
    if mine is None or mine.status == "left":
        raise forbidden(f"bot is not a member of the {chat.type} chat")
    if mine.status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    return mine


def may_write(server: Server, chat: Chat, kind: str) -> Member:
    """Refused where the bot may not write, in the words that say why."""
    if (person := chat.person) is not None:
        if person.gone:
            raise forbidden("user is deactivated")
        if person.blocked:
            raise forbidden("bot was blocked by the user")
        if not person.started:
            raise forbidden("bot can't initiate conversation with a user")
    mine = inside(server, chat)
    if chat.type == "channel" and not mine.may("can_post_messages"):
        raise bad("need administrator rights in the channel chat")
    if mine.status == "restricted" and not mine.can_send:
        raise bad(f"not enough rights to send {kind} to the chat")
    return mine


def needs(mine: Member, right: str, words: str) -> None:
    if not mine.may(right):
        raise bad(words)


def thread_of(server: Server, chat: Chat, mine: Member, number: int | None) -> int | None:
    """The topic to write in, None being General or no forum."""
    if number is None:
        if chat.forum and chat.general_closed and not mine.may("can_manage_topics"):
            raise bad("TOPIC_CLOSED")
        return None
    topic = chat.topics.get(number) if chat.forum else None
    if topic is None or topic.deleted:
        raise bad("message thread not found")
    if topic.closed and topic.creator is not server.bot and not mine.may("can_manage_topics"):
        raise bad("TOPIC_CLOSED")
    return topic.id


def topic_of(chat: Chat, params: Params) -> Topic:
    """The topic that is to be changed."""
    if not chat.forum:
        raise bad("the chat is not a forum")
    topic = chat.topics.get(params["message_thread_id"])
    if topic is None or topic.deleted:
        raise bad("TOPIC_ID_INVALID")
    return topic


def message_of(chat: Chat, params: Params, words: str) -> Message:
    """The message asked for, or a refusal in these words."""
    it = chat.messages.get(params.get("message_id", 0))
    if it is None:
        raise bad(words)
    return it
