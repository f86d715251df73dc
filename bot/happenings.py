"""Everything that can happen to the house, through one door: people, platforms, clocks and coordinators."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from adapters.port import Heard
from flows.events import Event


class Receipt(Struct, frozen=True, tag="receipt", kw_only=True):
    """The platform has taken a message."""

    outbox: int
    message: str
    at: datetime
    session: int | None = None
    prompt: int | None = None
    #: The thread that the message opened.
    thread: str = ""


class Refusal(Struct, frozen=True, tag="refusal", kw_only=True):
    """The platform will never take a message. `reason` is a key under `delivery.why`."""

    outbox: int
    reason: str
    session: int | None = None
    prompt: int | None = None


class Order(Struct, frozen=True, tag="order"):
    """A coordinator's word to one session."""

    key: str
    session: int
    event: Event


class Answers(Struct, frozen=True, tag="answers", kw_only=True):
    """What somebody filled in privately under a prompt: by item, what was written or the code that was chosen."""

    key: str
    session: int
    person: int
    prompt: int
    #: Where its replies belong: the person's private place.
    place: int
    written: dict[str, str]
    at: datetime


Happening: TypeAlias = Heard | Receipt | Refusal | Order | Answers
