"""Where a session stands: ids, counts and named deadlines. Never words, never names.

The state is small however much is said, and can be read back from JSON by any later version: `schema` numbers
its shape, and every change of shape adds an upcaster to `UPCASTERS`.

Its size has a bound: a few numbers a person, and at most `ASKED_KEPT` prompts, `FOUND_KEPT` findings, as many
actions, and `UNDOS_KEPT` control words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from flows.events import Setting
from flows.reading import ControlWord

SCHEMA = 2

#: Prompts that are remembered: more than any round asks. A circle that goes back and forth without end loses
#: only the place of direct replies to the oldest.
ASKED_KEPT = 50
#: Findings, and actions: far more than a circle can follow up. What comes after is kept as an answer.
FOUND_KEPT = 40
#: Lines that steps have their circle write, and what groups hand on: in one sitting, all together. Forty people may
#: think ahead as one circle, and each write ten.
WRITTEN_KEPT = 400
#: Control words that can still be taken back.
UNDOS_KEPT = 5

Phase = Literal["lobby", "headcount", "running", "paused", "finished"]
#: What has been said of a finding (the first four) or an action; "gone": taken back, its number is not used again.
FoundState = Literal["proposed", "yes", "reworded", "no", "open", "under-way", "done", "dropped", "gone"]


class Asked(Struct, frozen=True, omit_defaults=True):
    """A prompt, and since when the circle has had it before them (None: still on its way)."""

    prompt: int
    step: int
    at: datetime | None = None
    #: Which part of a step that asks several things, from 0.
    part: int = 0
    #: Nobody has confirmed that it arrived; the time is when the waiting for that ended.
    assumed: bool = False


class Found(Struct, frozen=True, omit_defaults=True):
    """A finding or an action by the reply that named it, and what has been said of it."""

    reply: int
    state: FoundState
    #: The reply that rewords it.
    words: int | None = None
    #: Who said no: it stays in the circle until each of them has taken that back.
    against: tuple[int, ...] = ()


class Scored(Struct, frozen=True):
    """Who has given scores at a step, and under which reply they are stored. Never the scores."""

    step: int
    by: dict[int, int]


class Written(Struct, frozen=True, omit_defaults=True):
    """A line of what a step has its circle write: at which step and part (from 0), and the reply that holds it."""

    step: int
    part: int
    reply: int
    #: Whose it is, where each writes their own.
    person: int | None = None


class Chosen(Struct, frozen=True):
    """What was chosen at a step: replies, or places (from 0) in the step's own list of options."""

    step: int
    options: tuple[int, ...]


class Merged(Struct, frozen=True, omit_defaults=True):
    """What a coordinator made of a line of a list: part of another, small, or large, or in other words (a reply)."""

    reply: int
    into: int | None = None
    size: Literal["small", "large"] | None = None
    words: int | None = None


class Agreed(Struct, frozen=True):
    """The level that a circle agrees on for an item (from 0) of a scale, at a step."""

    step: int
    item: int
    level: int


class Handed(Struct, frozen=True):
    """What a circle has handed on to everyone, of one step of its round."""

    circle: int
    step: str
    replies: tuple[int, ...]


class Undo(Struct, frozen=True):
    """A control word and what stood when it was written, so that «that was an answer» can put it back."""

    person: int
    reply: int
    word: ControlWord
    step: int
    prompt: int | None


def _schema() -> int:
    """A factory, because a plain default would be left out of the JSON, and the number with it."""
    return SCHEMA


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    schema: int = field(default_factory=_schema)
    setting: Setting
    phase: Phase
    #: Everyone in the circle, by id; empty for everyone's own circle, whose members are the groups'.
    members: tuple[int, ...] = ()
    #: How many sit at the table, where one writes for all.
    heads: int | None = None
    #: Which step, from 0, and which part of it.
    step: int = 0
    part: Literal["", "alone", "shared", "waiting", "sharing", "again"] = ""
    #: When that part began, if someone began it with a control word; such words from before it came too late.
    since: datetime | None = None
    asked: tuple[Asked, ...] = ()
    #: Who has answered the present prompt, and who has notes of their own on it; where each fills it in alone, who
    #: has been told that what they write in the circle is not filled in.
    answered: tuple[int, ...] = ()
    solos: tuple[int, ...] = ()
    findings: tuple[Found, ...] = ()
    actions: tuple[Found, ...] = ()
    #: The steps whose note stands in a message of ours, and those at which scores were given in time.
    noted: tuple[int, ...] = ()
    scores: tuple[Scored, ...] = ()
    written: tuple[Written, ...] = ()
    #: A vote that is going on: what can be chosen, and what each has chosen so far. The list does not change.
    options: tuple[int, ...] = ()
    votes: dict[int, tuple[int, ...]] = {}
    chosen: tuple[Chosen, ...] = ()
    #: How often a circle has gone back from a step (from 0) to an earlier one.
    laps: dict[int, int] = {}
    merged: tuple[Merged, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    #: By the first step (from 0) that shows a scale: the replies whose scores people have been shown last, by how
    #: they are spread.
    spreads: dict[int, tuple[int, ...]] = {}
    handed: tuple[Handed, ...] = ()
    #: Everyone's session: the groups that have come, and the findings of theirs that it has shown.
    arrived: int = 0
    shown: int = 0
    reminders: int = 0
    ends_at: datetime | None = None
    deadlines: dict[str, datetime] = {}
    #: While paused: the seconds that were left of each deadline.
    left: dict[str, int] = {}
    undos: tuple[Undo, ...] = ()

    @property
    def wake_at(self) -> datetime | None:
        """The earliest deadline: when the session next wants to hear that time has passed."""
        return min(self.deadlines.values(), default=None)

    @property
    def held(self) -> bool:
        """A coordinator has paused it, and only they let it go on: what anyone else pauses has an end."""
        return self.phase == "paused" and not self.deadlines

    @property
    def phase_paused(self) -> Phase:
        """While paused: what was going on. The clocks of the lobby and of the head count run nowhere else."""
        if "empty" in self.left:
            return "lobby"
        return "headcount" if "headcount" in self.left else "running"

    @property
    def going_on(self) -> bool:
        """The steps are being gone through, or would be if it were not paused."""
        return self.phase == "running" or (self.phase == "paused" and self.phase_paused == "running")

    @property
    def prompt(self) -> Asked | None:
        """The present prompt."""
        return self.asked[-1] if self.asked else None

    def asked_as(self, prompt: int | None) -> Asked | None:
        """The prompt of that number, if it is remembered."""
        return next((asked for asked in self.asked if asked.prompt == prompt), None)

    def scored_by(self, step: int) -> dict[int, int]:
        """By person, the reply under which their scores of a step (from 0) are stored."""
        return next((one.by for one in self.scores if one.step == step), {})

    def answers(self, prompt: int | None, at: datetime) -> Asked | None:
        """The prompt that a message answers, written at that time, or directly to a prompt of that number.

        Before any has been seen, whatever is said is about the first.
        """
        return self.asked_as(prompt) or self.seen(at) or (self.asked[0] if self.asked else None)

    def seen(self, at: datetime) -> Asked | None:
        """The last prompt that the circle had before them at that time.

        The last in order, not by time: a place hears things in order, but the times are of several clocks.
        """
        return next((asked for asked in reversed(self.asked) if asked.at and asked.at <= at), None)


#: From schema number to the function that makes the next one of it.
UPCASTERS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    # 2: notes shown and scores given, neither of which there was.
    1: lambda shape: {**shape, "schema": 2},
}


class _Numbered(Struct):
    schema: int = 0


_number = msgspec.json.Decoder(_Numbered)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(State)


def dump(state: State) -> bytes:
    return _encoder.encode(state)


def load(raw: bytes | str) -> State:
    """Read a state of this or any earlier schema.

    Raises `msgspec.ValidationError` on anything else, a later schema among it.
    """
    if _number.decode(raw).schema in UPCASTERS:
        shape = msgspec.json.decode(raw, type=dict[str, Any])
        while upcast := UPCASTERS.get(shape["schema"]):
            shape = upcast(shape)
        # Keys that are numbers are texts in JSON.
        state = msgspec.convert(shape, State, str_keys=True)
    else:
        state = _decoder.decode(raw)
    if state.schema != SCHEMA:
        raise msgspec.ValidationError(
            f"this state has schema {state.schema}, and this version of Runda reads up to {SCHEMA}: update Runda"
        )
    return state
