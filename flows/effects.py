"""What the engine asks for, in the imperative. Whoever called `advance` carries it out, in the same transaction."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from flows.message import Message

#: How a reply counts. `aside` was marked as no answer; `control` steered the round; `score` has no words of its own.
Role = Literal["answer", "solo", "note", "finding", "action", "reflection", "aside", "control", "score"]
Audience = Literal["circle", "person", "coordinators"]
Outcome = Literal["done", "nobody came", "closed", "no time", "unreachable"]


class Keep(Struct, frozen=True, tag="keep"):
    """File a reply: which prompt it answers, at which step, and how it counts."""

    reply: int
    role: Role
    prompt: int | None = None
    step: str | None = None
    late: bool = False


class Drop(Struct, frozen=True, tag="drop"):
    """Store nothing of this reply, neither its words nor its reading: it was somebody's own, said aloud.

    Whoever keeps a log writes the event down as `flows.events.hushed` has it.
    """

    reply: int


class Say(Struct, frozen=True, tag="say"):
    """Send a message. With `prompt` it asks something, and its delivery is reported back."""

    message: Message
    to: Audience = "circle"
    person: int | None = None
    prompt: int | None = None
    #: A message with a slot can be rewritten by `Update` later.
    slot: str | None = None
    #: What was said in this slot need not be sent any more, if it has not been.
    supersedes: str | None = None


class Update(Struct, frozen=True, tag="update"):
    """Rewrite the message that was last said in this slot."""

    slot: str
    message: Message


class Note(Struct, frozen=True, tag="note"):
    """Write down what became of a finding or an action. `words` is the reply that rewords it.

    `state` is one of `flows.state.FoundState`, and "withdrawn" where its author took it back.
    """

    what: Literal["finding", "action"]
    reply: int
    state: str
    words: int | None = None


class Given(Struct, frozen=True):
    """What one step hands on: replies, by their ids. Of a step with fields, «step.field»."""

    step: str
    replies: tuple[int, ...]


class Publish(Struct, frozen=True, tag="publish"):
    """Hand what the group released to everyone's session, and what its steps said from the start that they would.

    From everyone's session, `given` is for the rounds that follow.
    """

    findings: tuple[int, ...]
    given: tuple[Given, ...] = ()


class Pair(Struct, frozen=True, tag="pair"):
    """These people meet one to one, or three of them: remembered, so that nobody meets the same again."""

    people: tuple[int, ...]


class Finish(Struct, frozen=True, tag="finish"):
    outcome: Outcome


Effect: TypeAlias = Keep | Drop | Say | Update | Note | Publish | Pair | Finish
