"""From keys and references to words: the last step before a message leaves the house.

A message is put into words when it is sent, not when it was decided: so a reader's own language wins, a
correction is in it, and what has been taken back is not. Which replies a message shows is told to the caller,
so that a later correction finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from adapters.port import Block, Spoken
from bot.shelf import Shelf
from bot.words.contents import BY_COMMAND
from bot.words.gathering import gather
from bot.words.saying import Said, Saying
from bot.words.voices import voices
from flows import message as m
from storage.unit import Unit

__all__ = ["BY_COMMAND", "Pages", "Said", "Speaker"]

_decode = msgspec.json.Decoder(m.Message).decode


class Pages(Protocol):
    """Puts a page into words; see `bot.counter.paging`."""

    def __call__(self, unit: Unit, row: Any, name: str, now: datetime) -> tuple[Spoken, tuple[int, ...]]: ...


class Speaker:
    """Puts queued messages into words, a statement a table however many they are."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        #: Where a platform shows no sheets: what a page says, and the replies that it shows.
        self.pages: Pages | None = None

    def speak(
        self, unit: Unit, rows: Sequence[Any], now: datetime, drafts: Mapping[int, Any] = MappingProxyType({})
    ) -> list[Said]:
        """Words for rows of the outbox, in their order, as read at `now`. `drafts`: recaps that are not stored."""
        messages = [_decode(row.body) for row in rows]
        spoken = voices(unit, self.shelf, rows)
        found = gather(unit, messages, spoken, drafts)
        return [
            self._page(unit, said, row, now)
            or Saying(self.shelf, unit, voice, found, now).say(
                said, posted=row.kind == "update", named=_named(row)
            )
            for said, voice, row in zip(messages, spoken, rows, strict=True)
        ]

    def _page(self, unit: Unit, said: m.Message, row: Any, now: datetime) -> Said | None:
        """A page has its own words. None: it is none."""
        name = next((part.name for part in said.parts if isinstance(part, m.Page)), None)
        if name is None or self.pages is None:
            return None
        return Said(*self.pages(unit, row, name, now))

    def lines(self, unit: Unit, row: Any, now: datetime) -> list[tuple[Block, tuple[int, ...]]]:
        """One row of the outbox in words, block by block, each with the replies that it shows."""
        said = _decode(row.body)
        (voice,) = voices(unit, self.shelf, [row])
        saying = Saying(self.shelf, unit, voice, gather(unit, [said], [voice], {}), now)
        saying.contents.kept = True
        blocks = saying.say(said).spoken.blocks
        return [(block, saying.rests[id(block)][1] if id(block) in saying.rests else ()) for block in blocks]


def _named(row: Any) -> bool:
    """The first message of a thread stands in a channel where other groups may meet as well."""
    return row.slot == "root" and bool(getattr(row, "threads", False) or getattr(row, "thread", ""))
