"""What a place's file holds: one record to a line, never changed afterwards but to lose its words (`blanking`).

What people do is kept as it was heard (`port.Wrote` and its kin); what Runda says has its own three records.
A record's own fields (`id`, `token`, `key`, `message`) stand only at its top, so that a line can be found by
the bytes of one of them without being read.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct

from adapters.port import OPENS, Address, Label, Link, Outgoing, Rewrote, Spoken, TookBack, Wrote


class Earlier(Struct, frozen=True):
    """A message of Runda's, posted then, in which more of it stands: a link, its fields called as no record's own."""

    there: Address
    posted: str
    then: datetime


class Piece(Struct, frozen=True, omit_defaults=True):
    """A block of a message, without the bytes of its picture."""

    kind: str
    words: str
    number: int | None = None
    earlier: Earlier | None = None


class Posted(Struct, frozen=True, tag="posted", kw_only=True):
    """Runda said something. `id` is the message's own, `token` that of the request to send it."""

    id: str
    token: str
    place: Address
    at: datetime
    sort: str
    pieces: tuple[Piece, ...]
    labels: tuple[Label, ...] = ()
    #: The message that it belongs to.
    about: str | None = None


class Rewritten(Struct, frozen=True, tag="rewritten", kw_only=True):
    """Runda put something else in the place of what one of its messages said."""

    message: str
    token: str
    place: Address
    at: datetime
    sort: str
    pieces: tuple[Piece, ...]
    labels: tuple[Label, ...] = ()


class Ticked(Struct, frozen=True, tag="ticked", kw_only=True):
    """Runda has taken a person's message in: a mark on it."""

    id: str
    token: str
    place: Address
    at: datetime
    about: str


Record: TypeAlias = Posted | Rewritten | Ticked | Wrote | Rewrote | TookBack

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


def to_line(record: Record) -> bytes:
    """A record as one line, its end included."""
    return _encode(record) + b"\n"


def from_line(line: bytes) -> Record | None:
    """The record in a line; None for what a crash left of one, and for kinds that a newer Runda wrote."""
    try:
        record: Record = _decode(line)
        return record
    except ValueError:  # msgspec's own, and broken UTF-8
        return None


def field(name: str, value: str) -> bytes:
    """The bytes of a field at the top of a record. Inside of words the quotation marks would be escaped."""
    return b'"%s":%s' % (name.encode(), _encode(value))


def of(outgoing: Outgoing, name: str, at: datetime) -> Posted | Rewritten | Ticked:
    """The record of what Runda sends; `name` becomes the message's id if it is a new one.

    A receipt that says nothing but that it is one is a mark on the message. One that offers a choice is said.
    """
    spoken, about = outgoing.spoken, outgoing.spoken.about
    if outgoing.message is not None:
        return Rewritten(
            message=outgoing.message, token=outgoing.token, place=outgoing.place, at=at, sort=spoken.sort,
            pieces=_pieces(spoken), labels=_pressed(spoken),
        )  # fmt: skip
    if spoken.sort == "receipt" and about and not spoken.labels:
        return Ticked(id=name, token=outgoing.token, place=outgoing.place, at=at, about=about)
    return Posted(
        id=name, token=outgoing.token, place=outgoing.place, at=at, sort=spoken.sort, pieces=_pieces(spoken),
        labels=_pressed(spoken), about=about,
    )  # fmt: skip


def _pressed(spoken: Spoken) -> tuple[Label, ...]:
    """Its buttons that can be written here: nothing opens a sheet."""
    return tuple(label for label in spoken.labels if not label.press.startswith(OPENS))


def _pieces(spoken: Spoken) -> tuple[Piece, ...]:
    return tuple(Piece(each.kind, each.words, each.number, _earlier(each.link)) for each in spoken.blocks)


def _earlier(link: Link | None) -> Earlier | None:
    return Earlier(link.place, link.message, link.at) if link is not None else None


def sent_as(record: Record) -> str:
    """The platform's id of the message that a record of Runda's is about."""
    return record.id if isinstance(record, Posted | Ticked) else record.message
