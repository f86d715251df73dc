"""What a thread's records come to: its messages as they stand, and what is to be told of each new record.

A message is its first record and all that later ones make of it. Only its author changes a message of a person,
and an edit that comes after a later one, or after the message was taken back, is nothing. Records that have lost
their words (`blanking`) come to the same: none of them is the last of its message. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from adapters.port import Label, Rewrote, TookBack, Wrote
from adapters.terminal import names
from adapters.terminal.records import Piece, Posted, Record, Rewritten, Ticked


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands. `author` is an account; None: Runda."""

    id: str
    author: str | None
    owner: str | None
    at: datetime
    pieces: tuple[Piece, ...]
    labels: tuple[Label, ...] = ()
    about: str | None = None
    revision: int = 0
    status: str = ""
    edited: bool = False
    ticked: bool = False

    @property
    def tall(self) -> bool:
        """It stands by itself, under its author's name."""
        return self.author is None and len(self.pieces) > 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What gets lines of its own: a message, a status, or what came of a message that had been shown."""

    kind: Literal["said", "again", "status", "tick"]
    message: Message
    at: datetime


class Thread:
    """The messages of one thread, or of several, fed record by record."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}

    def take(self, records: Iterable[Record]) -> list[Entry]:
        """What is to be shown of these records. A message among them takes in what later ones say of it."""
        entries: list[Entry] = []
        fresh: set[str] = set()
        for record in records:
            entry = self._fold(record)
            if entry is None:
                continue
            if entry.kind in ("said", "status") or entry.message.id not in fresh:
                entries.append(entry)
            if entry.kind == "said":
                fresh.add(entry.message.id)
        return [self._as_it_stands(entry) if entry.kind == "said" else entry for entry in entries]

    def _as_it_stands(self, entry: Entry) -> Entry:
        return replace(entry, message=self.messages[entry.message.id])

    def _fold(self, record: Record) -> Entry | None:
        if isinstance(record, Posted | Wrote):
            message = _message(record)
            if message.id in self.messages:
                return None
            self.messages[message.id] = message
            return Entry("said", message, record.at)
        known = self.messages.get(record.about if isinstance(record, Ticked) else record.message)
        entry = _after(known, record) if known is not None else None
        if entry is not None:
            shown = entry.message
            # Of a rewriting only what is new in it is told; what stands is the whole.
            whole = record.pieces if isinstance(record, Rewritten) and entry.kind == "again" else shown.pieces
            self.messages[shown.id] = replace(shown, pieces=whole)
        return entry


# -- what records come to


def _message(record: Posted | Wrote) -> Message:
    owner = names.owner(record.place.channel)
    if isinstance(record, Posted):
        return Message(record.id, None, owner, record.at, record.pieces, record.labels, record.about)
    said = (Piece("line", record.words),)
    return Message(record.message, record.account, owner, record.at, said, about=record.reply_to)


def _after(known: Message, record: Rewritten | Ticked | Rewrote | TookBack) -> Entry | None:
    """What becomes of a message. Only its author changes it, and never back to what it was before."""
    if isinstance(record, Ticked):
        news = known.pieces and not known.ticked
        return Entry("tick", replace(known, ticked=True), record.at) if news else None
    if isinstance(record, Rewritten):
        return _rewritten(known, record)
    if record.account != known.author or not known.pieces:
        return None
    if isinstance(record, TookBack):
        return Entry("again", replace(known, pieces=(), edited=False, ticked=False), record.at)
    if record.revision <= known.revision:
        return None
    said = (Piece("line", record.words),)
    return Entry("again", replace(known, pieces=said, revision=record.revision, edited=True), record.at)


def _rewritten(known: Message, record: Rewritten) -> Entry | None:
    """A status keeps the title of the message that it is written into; only the rest is told."""
    if record.sort == "status":
        status = " · ".join(piece.words for piece in record.pieces if piece not in known.pieces)
        changed = replace(known, status=status)
        return Entry("status", changed, record.at) if status not in ("", known.status) else None
    if (record.pieces, record.labels) == (known.pieces, known.labels):
        return None
    new = tuple(piece for piece in record.pieces if piece not in known.pieces) or record.pieces
    return Entry("again", replace(known, pieces=new, labels=record.labels, edited=True), record.at)
