"""What people see: a chat as it stands, and how it came about.

`transcript` is the screen: every message that is there now, with its buttons, reactions and marks.
`history` is the film: what happened, in order. Both are made to be kept as golden files.
"""

import json
from typing import Literal

from tests.standins.telegram.entities import cut, units
from tests.standins.telegram.model import Chat, Message, User
from tests.standins.telegram.powers import Powers
from tests.standins.telegram.world import InTopic, Where

Part = InTopic | Literal["General"]

QUOTED = 30  # characters of a message that is replied to


class Reading(Powers):
    """Looks at chats. In a forum, no topic means all of it, and "General" means what has no topic."""

    def posts(self, chat: Where, topic: Part = None) -> list[Message]:
        """The bot's messages that stand there now, oldest first."""
        with self.changed:
            return [it for it in self._standing(self.where(chat), topic) if it.ours]

    def last(self, chat: Where, topic: Part = None) -> Message:
        """The bot's last message there."""
        posts = self.posts(chat, topic)
        if not posts:
            raise LookupError(f"the bot has written nothing in {self.where(chat).name}")
        return posts[-1]

    def find(self, chat: Where, words: str, topic: Part = None) -> Message:
        """The last message with these words in it, whoever wrote it."""
        with self.changed:
            for it in reversed(self._standing(self.where(chat), topic)):
                if words in it.text:
                    return it
        raise LookupError(f"nothing says {words!r} in:\n{self.transcript(chat, topic)}")

    def offered(self, user: User, chat: Where) -> list[str]:
        """The commands that the app offers a person there, narrowest scope first, their language before none."""
        with self.changed:
            it = self.where(chat)
            for scope in self._scopes(user, it):
                for language in (user.language_code or "", ""):
                    if listed := self.commands.get((json.dumps(scope, sort_keys=True), language)):
                        return [f"/{each['command']} {each['description']}" for each in listed]
        return []

    @staticmethod
    def _scopes(user: User, chat: Chat) -> list[dict[str, object]]:
        here: list[dict[str, object]] = [{"type": "chat", "chat_id": chat.id}]
        if chat.type == "private":
            return [*here, {"type": "all_private_chats"}, {"type": "default"}]
        narrow: list[dict[str, object]] = [{"type": "chat_member", "chat_id": chat.id, "user_id": user.id}]
        wide: list[dict[str, object]] = [{"type": "all_group_chats"}, {"type": "default"}]
        if chat.members[user.id].admin:
            narrow.append({"type": "chat_administrators", "chat_id": chat.id})
            wide.insert(0, {"type": "all_chat_administrators"})
        return narrow + here + wide

    def history(self, chat: Where, topic: Part = None) -> str:
        """Everything that happened, a line each, without times."""
        with self.changed:
            it: Chat | None = self.where(chat)
            lines: list[str] = []
            while it is not None:
                lines = [each.line for each in it.log if self._in(each.topic, topic)] + lines
                it = it.was
        return "\n".join(lines)

    def transcript(self, chat: Where, topic: Part = None) -> str:
        """The chat as a person sees it now; what was before a migration comes first."""
        with self.changed:
            now = self.where(chat)
            if now.forum and topic is None:
                return "\n\n".join(self._topics(now))
            before = [self._screen(now.was, None)] if now.was is not None else []
            return "\n".join(part for part in [*before, self._screen(now, topic)] if part)

    def _topics(self, chat: Chat) -> list[str]:
        parts = [
            f"== General{' (closed)' if chat.general_closed else ''}\n{self._screen(chat, 'General')}".rstrip()
        ]
        for it in chat.topics.values():
            if not it.deleted:
                head = f"== {it.name}{' (closed)' if it.closed else ''}"
                parts.append(f"{head}\n{self._screen(chat, it)}".rstrip())
        return parts

    def _screen(self, chat: Chat, topic: Part) -> str:
        return "\n".join(shown(it) for it in self._standing(chat, topic))

    def _standing(self, chat: Chat, topic: Part) -> list[Message]:
        return [it for it in chat.messages.values() if self._in(it.topic, topic)]

    @staticmethod
    def _in(there: int | None, topic: Part) -> bool:
        if topic is None:
            return True
        if topic == "General":
            return there is None
        return there == (topic if isinstance(topic, int) else getattr(topic, "id", None))


def shown(it: Message) -> str:
    """One message with what hangs on it."""
    if it.service:
        return f"* {it.note}"
    first, *rest = visible(it).split("\n")
    lines = [f"{it.author}{answering(it)}: {first}".rstrip(), *(f"    {line}".rstrip() for line in rest)]
    lines[-1] += " (edited)" if it.edited else ""
    lines[-1] += " (pinned)" if it.pinned else ""
    lines += ["    " + " ".join(button(each) for each in row) for row in it.keyboard]
    lines += (
        [f"    [reply: {it.markup.get('input_field_placeholder', '')}]"]
        if it.markup.get("force_reply")
        else []
    )
    if it.reactions:
        lines.append(
            "    " + ", ".join(f"{e} {' '.join(u.name for u in us)}" for e, us in it.reactions.items())
        )
    return "\n".join(lines)


def button(it: dict[str, str]) -> str:
    return f"[{it['text']} ↗]" if "url" in it else f"[{it['text']}]"


def answering(it: Message) -> str:
    if it.reply_to is None:
        return ""
    words = visible(it.reply_to).replace("\n", " ")
    short = words if len(words) <= QUOTED else words[: QUOTED - 1].rstrip() + "…"
    return f" (to {it.reply_to.author}: {short})"


def visible(it: Message) -> str:
    """Text or caption, addresses behind words told, media named."""
    text = it.text
    for mark in sorted(it.entities, key=lambda each: -each["offset"]):
        if mark["type"] == "text_link":
            end = mark["offset"] + mark["length"]
            text = f"{cut(text, 0, end)} <{mark['url']}>{cut(text, end, units(text) - end)}"
    what = "".join(f"({media(name, value)}) " for name, value in it.media.items())
    where = "(forwarded) " if "forward_origin" in it.extra else ""
    return f"{where}{what}{text}".rstrip()


def media(name: str, value: object) -> str:
    if isinstance(value, dict):
        for known in ("file_name", "emoji", "duration", "phone_number"):
            if known in value:
                return f"{name} {value[known]}"
    return name
