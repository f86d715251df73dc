"""One request of the house, as the requests that Telegram wants for it.

- A receipt that says nothing else is a reaction on the message that it is for.
- A message that is too long is several; where one of them is held up, the house sends it all again, and we go on
  with the first that is missing. That is remembered in memory: after a crash what had arrived comes twice.
- The first message of a meeting opens a topic, if the place has them. Where none can be made, it stays where it is.
- What is for one person alone goes to their private chat; what answers their own message stands beside that.
- A message that has become shorter loses its last parts; one that has become longer is cut, and ends in «…».
- Telegram shows no drawings: one goes as a photograph of it, and where none can be made, what it shows is told alone.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from msgspec.structs import replace

from adapters.port import Block, Outgoing, Refused, Shut, Taken
from adapters.telegram import names, render
from adapters.telegram.client import Client
from adapters.telegram.reading import Me
from adapters.telegram.render import NOTHING, Keyboard, Part, Rendered

log = logging.getLogger(__name__)

#: Among those that a bot may set (Bot API, ReactionTypeEmoji).
RECEIPT = "👌"
#: Requests that are remembered while they are half done.
HALF_DONE = 200
#: Drawings that are remembered as photographs: those of one programme, in each language.
DRAWN = 16

#: From a drawing (SVG) to a photograph (PNG); None: it cannot be made here.
Draw: TypeAlias = Callable[[bytes], bytes | None]


@dataclass(slots=True)
class Progress:
    """How far a request has come."""

    topic: int | None = None
    parts: int = 0
    #: The numbers of those that are the message.
    said: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Where:
    """A chat, and a topic in it."""

    chat: int
    topic: int | None

    @property
    def group(self) -> bool:
        return names.is_group(self.chat)


class Sending:
    def __init__(self, client: Client, texts: Mapping[str, Mapping[str, str]], draw: Draw) -> None:
        """`texts` are those under `telegram.`, by language."""
        self.client, self.texts, self._draw = client, texts, lru_cache(DRAWN)(draw)
        self._half_done: dict[str, Progress] = {}

    async def send(self, outgoing: Outgoing, me: Me, *, ask_reply: bool = False) -> Taken:
        """`ask_reply`: in that chat, only replies are heard. Raises what `Client` does."""
        where = whither(outgoing)
        if where.chat == NOWHERE:
            raise Shut("unbound", f"{outgoing.place.channel} is no chat")
        if is_mark(outgoing):
            return await self._mark(outgoing, where.chat)
        outgoing = await self._photographed(outgoing)
        if outgoing.message is not None:
            return await self._rewrite(outgoing, outgoing.message, where, me)
        rendered = self._rendered(outgoing, where, ask_reply=ask_reply)
        return await self._say(outgoing, rendered, where, me)

    def _rendered(
        self, outgoing: Outgoing, where: Where, *, most: int | None = None, ask_reply: bool = False
    ) -> Rendered:
        texts = self.texts.get(outgoing.spoken.language, render.LABELS)
        return render.render(outgoing.spoken, texts=texts, chat=where.chat, most=most, ask_reply=ask_reply)

    async def _photographed(self, outgoing: Outgoing) -> Outgoing:
        """With photographs of its drawings."""
        blocks = outgoing.spoken.blocks
        if not any(map(_is_drawing, blocks)):
            return outgoing
        shown = [replace(each, file=await asyncio.to_thread(self._draw, each.file)) if _is_drawing(each) else each
                 for each in blocks]  # fmt: skip
        return replace(outgoing, spoken=replace(outgoing.spoken, blocks=tuple(shown)))

    async def _mark(self, outgoing: Outgoing, chat: int) -> Taken:
        about = outgoing.spoken.about or ""
        numbers = names.numbers(chat, about)
        if not numbers:
            raise Refused("not-found", f"{about} is not a message of this chat")
        await self.client.react(chat, numbers[0], RECEIPT)
        return Taken(about)

    # -- something new

    async def _say(self, outgoing: Outgoing, rendered: Rendered, where: Where, me: Me) -> Taken:
        progress = self._half_done.pop(outgoing.token, None) or Progress()
        try:
            thread = await self._open(outgoing, where, progress)
            where = Where(where.chat, progress.topic or where.topic)
            await self._post(outgoing, rendered, where, me, progress)
        except BaseException:
            self._remember(outgoing.token, progress)
            raise
        return Taken(names.message(where.chat, *progress.said), thread)

    def _remember(self, token: str, progress: Progress) -> None:
        if len(self._half_done) >= HALF_DONE:
            self._half_done.pop(next(iter(self._half_done)))
        self._half_done[token] = progress

    async def _open(self, outgoing: Outgoing, where: Where, progress: Progress) -> str:
        """The topic that the message opens; "": none."""
        if not outgoing.opens or where.topic is not None or not names.is_supergroup(where.chat):
            return ""
        if progress.topic is None:
            try:
                progress.topic = await self.client.topic(where.chat, render.title(outgoing.spoken))
            except (Refused, Shut) as refused:  # no forum, or no right to: the meeting is held where it is
                log.warning("no topic could be made, and the meeting stays in its chat: %s", refused.reason)
                return ""
        return str(progress.topic)

    async def _post(
        self, outgoing: Outgoing, rendered: Rendered, where: Where, me: Me, progress: Progress
    ) -> None:
        hung = _hung_on(outgoing, where)
        for index, part in enumerate(rendered.parts):
            if index < progress.parts:
                continue
            keys = _keyboard(rendered, me, where, tuple(progress.said)) if index == rendered.last else ()
            said = await self.client.say(where.chat, where.topic, part, keys, reply_to=hung)
            progress.parts += 1
            progress.said += [said] if part.own else []

    # -- something else in its place

    async def _rewrite(self, outgoing: Outgoing, message: str, where: Where, me: Me) -> Taken:
        numbers = names.numbers(where.chat, message)
        if not numbers:
            raise Refused("not-found", f"{message} is not a message of this chat")
        rendered = self._rendered(outgoing, where, most=len(numbers))
        parts = [part for part in rendered.parts if part.own][: len(numbers)]
        files = sum(part.kind == "document" for part in parts)
        # What has become shorter has fewer texts than before; a file is still the last of it.
        kept = (*numbers[: len(parts) - files], *numbers[len(numbers) - files :])
        for part, own in zip(parts, kept, strict=True):
            others = tuple(number for number in numbers if number != own)
            keys = _keyboard(rendered, me, where, others) if part is rendered.parts[rendered.last] else ()
            await self.client.rewrite(where.chat, own, part, keys)
        for left in numbers:
            if left not in kept:
                await self._take_away(where.chat, left)
        return Taken(message)

    async def _take_away(self, chat: int, number: int) -> None:
        """What cannot be deleted any more, after two days, says nothing instead."""
        try:
            await self.client.delete(chat, number)
        except Refused:
            with suppress(Refused):  # it is gone already
                await self.client.rewrite(chat, number, Part(NOTHING))


def _is_drawing(block: Block) -> bool:
    return block.kind == "picture" and block.file is not None and block.file.lstrip().startswith(b"<")


def is_mark(outgoing: Outgoing) -> bool:
    """A receipt that says nothing but that it is one; or whose words are for its author alone, where others read.

    Nothing can be shown to one person alone in a group: there a control word is marked like an answer, and the next
    question tells what it did.
    """
    spoken = outgoing.spoken
    if spoken.sort != "receipt" or not spoken.about or outgoing.message is not None:
        return False
    return not spoken.labels or (outgoing.only is not None and whither(outgoing).group)


def requests(outgoing: Outgoing) -> int:
    """How many messages it will be in its chat: a picture may be one, a file is, and each part of a long text."""
    blocks = outgoing.spoken.blocks
    if outgoing.message is not None:
        return len(names.numbers(whither(outgoing).chat, outgoing.message)) or 1
    short = sum(len(block.words) for block in blocks) <= render.CAPTION // 2
    return (
        1 if short and not any(block.file for block in blocks) else len(render.render(outgoing.spoken).parts)
    )


def whither(outgoing: Outgoing) -> Where:
    """The chat that a message goes to; `NOWHERE` for a place that has no chat yet."""
    if outgoing.only is not None and outgoing.spoken.about is None:
        return Where(_number(outgoing.only) or 0, None)
    return Where(_number(outgoing.place.channel) or 0, _number(outgoing.place.thread))


def _number(called: str) -> int | None:
    return int(called) if _NUMBER.fullmatch(called) else None


_NUMBER = re.compile(r"-?\d+", re.ASCII)
#: No chat has this number.
NOWHERE = 0


def _hung_on(outgoing: Outgoing, where: Where) -> int | None:
    """The message that a new one replies to: the one that it is about, or the meeting's first."""
    to = outgoing.spoken.about or outgoing.root
    numbers = names.numbers(where.chat, to) if to and str(where.chat) == outgoing.place.channel else ()
    return numbers[0] if numbers else None


def _keyboard(rendered: Rendered, me: Me, where: Where, others: tuple[int, ...]) -> Keyboard:
    return render.keyboard(rendered.labels, username=me.username, group=where.group, others=others)
