"""From an update to what was heard. Pure.

What is an answer: what a person writes or has corrected, also as a command («/svar …»), and the words beside a
picture or a file, which are counted and not kept. What is not, each with its reason:

    forwarded, or by way of another bot     somebody else's words
    in the name of a chat                   an anonymous administrator, or a channel: nobody can say who it is
    from a bot                              never
    stickers, polls, places, contacts       there are no words in it; a contact is a telephone number
    more pictures of the same album         the first one's words are those of the album

What becomes of it: `Read.heard`, in order. A person's language and name come with what they do, and nowhere else.
"""

from __future__ import annotations

from datetime import datetime

from adapters.port import Chose, Reacted, Rewrote, TookBack, Wrote
from adapters.telegram import chats, names, presses
from adapters.telegram.commands import Command, command
from adapters.telegram.reading import Me, Query, Read, common, known, place_of, time_of
from adapters.telegram.updates import CallbackQuery, Message, MessageReactionUpdated, Update

_FILES = ("photo", "animation", "audio", "document", "video", "video_note", "voice")


def read(update: Update, me: Me, now: datetime) -> Read:
    """What an update says that somebody did. `now` is the time of a press, which has none of its own."""
    if update.message is not None:
        return _message(update, update.message, me)
    if update.edited_message is not None:
        return _edited(update, update.edited_message, me)
    if update.callback_query is not None:
        return _pressed(update.callback_query, me, now)
    if update.my_chat_member is not None:
        return chats.ours(update, update.my_chat_member, me)
    if update.chat_member is not None:
        return chats.member(update, update.chat_member, me)
    if update.message_reaction is not None:
        return _reaction(update, update.message_reaction, me)
    return Read(why="a kind of update that we did not ask for")


# -- messages


def _message(update: Update, message: Message, me: Me) -> Read:
    if told := chats.of_the_chat(update, message, me):
        return told
    author = message.from_
    if author is None or (why := _nobodys(message)):
        return Read(why=why if author is not None else "it has no author")
    who = (known(author),)
    words = _words(message)
    called = command(words, me.username) if message.text else None
    if called is not None:
        return _command(update, message, called, me)._replace(known=who)
    files = _files(message)
    if not words and not files:
        return Read(why="there are no words in it", known=who)
    if not words and message.media_group_id:
        return Read(why="one more picture of an album", known=who)
    return Read((_wrote(update, message, me, words, files),), known=who)


def _nobodys(message: Message) -> str:
    """Why a message is not its author's own words."""
    if message.from_ is not None and message.from_.is_bot and message.sender_chat is None:
        return "a bot wrote it"
    if message.sender_chat is not None:
        return "it was written in the name of a chat"
    if message.via_bot is not None:
        return "another bot made it"
    return "it was forwarded" if message.forward_origin is not None else ""


def _words(message: Message) -> str:
    """No database takes a NUL."""
    return (message.text or message.caption).replace("\0", "").strip()


def _files(message: Message) -> int:
    return 0 if message.text else sum(1 for kind in _FILES if getattr(message, kind))


def _wrote(update: Update, message: Message, me: Me, words: str, files: int = 0) -> Wrote:
    return Wrote(
        **common(update, message, me), message=_named(message), words=words, at=time_of(message.date),
        reply_to=_reply_to(message), private=message.chat.type == "private", files=files,
    )  # fmt: skip


def _named(message: Message) -> str:
    return names.message(message.chat.id, message.message_id)


def _reply_to(message: Message) -> str | None:
    """In a topic every message is a reply to the one that made the topic, until it is one to another."""
    to = message.reply_to_message
    if to is None or to.forum_topic_created is not None or to.chat.id != message.chat.id:
        return None
    if message.is_topic_message and to.message_id == message.message_thread_id:
        return None
    return _named(to)


def _edited(update: Update, message: Message, me: Me) -> Read:
    author = message.from_
    if author is None or (why := _nobodys(message)):
        return Read(why=why if author is not None else "it has no author")
    words = _words(message)
    called = command(words, me.username) if message.text else None
    if called is not None:
        words = called.rest if called.meaning == "answer" else ""
    if not words:
        return Read(why="no words of it have changed", known=(known(author),))
    rewrote = Rewrote(
        **common(update, message, me), message=_named(message), words=words, revision=_revision(update, message),
        at=time_of(message.edit_date),
    )  # fmt: skip
    return Read((rewrote,), known=(known(author),))


def _revision(update: Update, message: Message) -> int:
    """Telegram tells the second of an edit: of two within one, the later is that of the later update."""
    return message.edit_date << _TIE | update.update_id & (1 << _TIE) - 1


#: Bits that tell edits of one second apart: as many updates are never told in one.
_TIE = 20


# -- commands


def _command(update: Update, message: Message, called: Command, me: Me) -> Read:
    if called.meaning is None:
        return Read(why="a command that is not ours")
    if called.meaning == "answer":
        if not called.rest:
            return Read(why="no words after the command", hint="answer")
        return Read((_wrote(update, message, me, called.rest),))
    if called.meaning == "undo":
        return _undo(update, message, me)
    asked = _asked(update, message, called, me)
    if called.meaning == "home" and message.chat.type == "private":
        # Whoever presses Start can be written to from now on; of that Telegram tells nothing else.
        return Read((chats.learned(update, "open", asked.place, message.date, me), asked))
    return Read((asked,))


def _asked(update: Update, message: Message, called: Command, me: Me) -> Chose:
    """A command that does what a button does. Help is about the meeting in a group, about all else in private."""
    private = message.chat.type == "private"
    if called.meaning == "home":
        press = presses.opened(called.rest)
    elif called.meaning == "cancel":
        press = "open:cancel"
    else:
        press = "open:help" if private else "help"
    return Chose(**common(update, message, me), press=press, at=time_of(message.date))


def _undo(update: Update, message: Message, me: Me) -> Read:
    """Telegram tells no bot of a deletion: whoever takes a message back says so in a reply to it."""
    theirs = message.reply_to_message
    to = _reply_to(message)
    if (
        theirs is None
        or to is None
        or theirs.from_ is None
        or message.from_ is None
        or theirs.from_.id != message.from_.id
    ):
        return Read(why="not a reply to one's own message", hint="undo")
    took = TookBack(**common(update, message, me), message=to, at=time_of(message.date))
    return Read((took,))


# -- buttons and reactions


def _pressed(query: CallbackQuery, me: Me, now: datetime) -> Read:
    who = (known(query.from_),)
    message = query.message
    if message is None or not query.data:
        return Read(why="a button of no message of ours", query=Query(query.id), known=who)
    press, others = presses.read(query.data)
    private = message.chat.type == "private"
    url = presses.address(me.username, press) if not private else None
    if url is not None:  # an older message's button: what is asked there is answered in private
        return Read(why="it goes on in private", query=Query(query.id, url), known=who)
    named = names.message(message.chat.id, message.message_id, *others)
    chose = Chose(key=f"{me.bot}:press:{query.id}", place=place_of(message, me), account=str(query.from_.id),
                  press=press, at=now, message=named)  # fmt: skip
    # Help comes in private, which nothing in the group would say.
    hint = "in-private" if press == "help" and not private else ""
    return Read((chose,), query=Query(query.id, hint=hint), known=who)


def _reaction(update: Update, told: MessageReactionUpdated, me: Me) -> Read:
    """Whoever exchanges one sign for another has marked the message before, and still does."""
    was, now = bool(told.old_reaction), bool(told.new_reaction)
    if told.user is None or told.user.is_bot:
        return Read(why="nobody can say whose mark it is")
    if was == now:
        return Read(why="another mark on the same message", known=(known(told.user),))
    reacted = Reacted(
        key=f"{me.bot}:{update.update_id}:{told.chat.id}:{told.message_id}:mark",
        place=names.address(me.bot, told.chat.id), account=str(told.user.id),
        message=names.message(told.chat.id, told.message_id), added=now, at=time_of(told.date),
    )  # fmt: skip
    return Read((reacted,), known=(known(told.user),))
