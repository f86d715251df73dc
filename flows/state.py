"""Where a session stands: ids, counts and named deadlines. Never words, never names.

The state is small however much is said, and can be read back from JSON by any later version: `schema` numbers
its shape, and every change of shape adds an upcaster to `UPCASTERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from flows.events import Setting

SCHEMA = 1

Phase = Literal["lobby", "headcount", "gathering", "running", "paused", "finished"]


class Asked(Struct, frozen=True):
    """A prompt, and since when the circle has had it before them (None: still on its way)."""

    prompt: int
    step: int
    at: datetime | None = None


class Found(Struct, frozen=True):
    """A finding or an action by the reply that named it, and what has been said of it."""

    reply: int
    state: str


class Undo(Struct, frozen=True):
    """What the last control word changed, so that «that was an answer» can put it back."""

    person: int
    reply: int
    before: int


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    schema: int = SCHEMA
    setting: Setting
    phase: Phase
    #: Everyone in the circle, by id; empty for everyone's own circle, whose members are the groups'.
    members: tuple[int, ...] = ()
    #: How many sit at the table, where one writes for all.
    heads: int | None = None
    #: Which step, from 0, and which part of it.
    step: int = 0
    part: str = ""
    asked: tuple[Asked, ...] = ()
    #: Who has answered the present prompt, and who has notes of their own on it.
    answered: tuple[int, ...] = ()
    solos: tuple[int, ...] = ()
    findings: tuple[Found, ...] = ()
    actions: tuple[Found, ...] = ()
    #: Findings of other groups that everyone's session has shown.
    shown: int = 0
    arrived: int = 0
    reminders: int = 0
    ends_at: datetime | None = None
    deadlines: dict[str, datetime] = {}
    #: While paused: the seconds that were left of each deadline.
    left: dict[str, int] = {}
    undo: Undo | None = None

    @property
    def wake_at(self) -> datetime | None:
        """The earliest deadline: when the session next wants to hear that time has passed."""
        return min(self.deadlines.values(), default=None)

    @property
    def prompt(self) -> Asked | None:
        return self.asked[-1] if self.asked else None


#: From schema number to the function that makes the next one of it.
UPCASTERS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(State)


def dump(state: State) -> bytes:
    return _encoder.encode(state)


def load(raw: bytes | str) -> State:
    """Read a state of this or any earlier schema. Raises `msgspec.ValidationError` on anything else."""
    if not UPCASTERS:
        return _decoder.decode(raw)
    shape: dict[str, Any] = msgspec.json.decode(raw)
    while upcast := UPCASTERS.get(shape.get("schema", 1)):
        shape = upcast(shape)
    return msgspec.convert(shape, State)
