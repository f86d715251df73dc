"""What a recap is made from, what it is, how it is kept, and how a line is taken out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, TypeAlias, overload

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from flows.effects import Role
from flows.kinds.finding import RELEASED
from flows.message import Levels

SCHEMA = 1

#: Which rule chose a point: the group's own note, others' reactions, or the spread over those who spoke.
Why = Literal["note", "marked", "spread"]
ActionState = Literal["open", "under-way", "done", "dropped"]

# -- what a recap is made from


class Said(Struct, frozen=True, kw_only=True):
    """A reply: who, at which step, how it counts. Not its words."""

    reply: int
    person: int
    step: str | None
    role: Role
    late: bool = False
    #: Characters.
    size: int
    #: People other than the author who reacted to it.
    reactions: int = 0
    sent_at: datetime

    def __post_init__(self) -> None:
        if self.sent_at.tzinfo is None:
            raise ValueError(f"reply {self.reply} was sent at a time without a zone: pass an aware datetime")


class FindingRow(Struct, frozen=True, omit_defaults=True):
    """A finding by the reply that put it forward; `words` is the reply that reworded it, if one did."""

    reply: int
    state: str
    words: int | None = None
    #: Whose it is, where several groups' are looked at together; and at which step it was written.
    circle: int = 0
    step: str | None = None

    @property
    def released(self) -> bool:
        """Others may see it. Without its rewording, only words that were not released are left of it."""
        return self.state in RELEASED and (self.state != "reworded" or self.words is not None)


class ActionRow(Struct, frozen=True):
    """An action by the reply that named it."""

    reply: int
    state: ActionState


class Shared(Struct, frozen=True):
    """What another circle released to everyone."""

    reply: int
    circle: int
    words: int | None = None


class Turnout(Struct, frozen=True):
    """How many groups took part, of how many; and how many people said anything, each counted once."""

    groups: int
    of: int
    people: int

    def __post_init__(self) -> None:
        if not 0 <= self.groups <= self.of or self.people < 0:
            raise ValueError(f"{self.groups} of {self.of} groups with {self.people} people cannot be counted")


# -- recaps


class Point(Struct, frozen=True):
    """One answer, or one line of a note: its messages in order, and which rule chose it."""

    replies: tuple[int, ...]
    why: Why
    late: bool = False


class Question(Struct, frozen=True, omit_defaults=True):
    """What is shown of one question, by the id of its step."""

    step: str
    points: tuple[Point, ...]
    #: The step of the circle's own note on it, if it wrote one.
    note: str | None = None
    #: It is a table, all of whose rows are shown: the texts of its columns.
    columns: tuple[str, ...] = ()


class Decision(Struct, frozen=True, omit_defaults=True):
    """What was chosen at a step: what people wrote, by its replies, or the programme's own options, by their texts."""

    step: str
    replies: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    #: Chosen where everyone met.
    plenum: bool = False
    #: For each option, the level that was agreed on; empty: they were chosen.
    levels: tuple[int, ...] = ()


class Answered(Struct, frozen=True):
    """What a manager answered the circle, by its id, and the finding that it is about."""

    response: int
    reply: int


class GroupRecap(Struct, frozen=True, kw_only=True, tag="group"):
    """What one circle said in one round. For the circle, and for the coordinator who may hold or edit it."""

    schema: int = SCHEMA
    round: str
    questions: tuple[Question, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    reflections: tuple[Point, ...] = ()
    others: tuple[Shared, ...] = ()
    #: How many more lines other groups have released.
    more: int = 0
    #: What was answered where everyone met, this circle among them.
    plenum: tuple[Point, ...] = ()
    actions: tuple[ActionRow, ...] = ()
    unanswered: tuple[str, ...] = ()
    chosen: tuple[Decision, ...] = ()
    #: What managers have answered since its last opening.
    answers: tuple[Answered, ...] = ()


class Numbered(Struct, frozen=True, omit_defaults=True):
    """A released finding under the number that managers know it by."""

    number: int
    reply: int
    words: int | None = None
    #: Which of the groups it is from, as drawn by lot for this recap: to count groups, never shown. 0: not known.
    side: int = 0
    #: Of a line that was put forward with findings: what it answers, as a text of its round, and its field's, if any.
    asked: str = ""
    field: str = ""
    #: Of several rounds, the one in which it was released.
    round: str = ""


class ActionCounts(Struct, frozen=True, kw_only=True):
    """How many actions are in which state."""

    open: int = 0
    under_way: int = 0
    done: int = 0
    dropped: int = 0


class IdeaCount(Struct, frozen=True):
    """How many ideas have a status, a text under `idea.status`, and since when the oldest has had it."""

    status: str
    n: int
    since: datetime


class FromUnit(Struct, frozen=True):
    """How many people came from a unit, by its id; 0: from anywhere else."""

    unit: int
    n: int


class Before(Struct, frozen=True, omit_defaults=True):
    """What managers were told at the round before."""

    groups: int
    of: int
    people: int | None = None
    actions: ActionCounts = ActionCounts()


class Held(Struct, frozen=True):
    """What so many groups hold of a question that each settled by itself: a text of its round, and how many."""

    option: str
    groups: int


class Across(Struct, frozen=True):
    """How groups settled one question, counted: what was asked, as a text of its round, and what the counts are of."""

    asked: str
    #: A text of the bot's; see `flows.kinds.step.Step.COUNTED`.
    counted: str
    held: tuple[Held, ...]


class ManagerRecap(Struct, frozen=True, kw_only=True, tag="manager"):
    """What managers see of one round, or of all so far: no circle, no person, no reply that was not released."""

    schema: int = SCHEMA
    round: str
    groups: int
    of: int
    #: None: too few to be counted aloud.
    people: int | None = None
    #: None: nobody has approved them yet, and only counts go out.
    findings: tuple[Numbered, ...] | None = ()
    actions: ActionCounts = ActionCounts()
    #: How scores are spread over everyone, and what was chosen among the programme's own options where everyone met.
    levels: tuple[Levels, ...] = ()
    chosen: tuple[Decision, ...] = ()
    #: Findings that belong together, by their replies. None: they have not been compared.
    common: tuple[tuple[int, ...], ...] | None = None
    #: A coordinator has put them together.
    placed: bool = False
    #: The findings, by their replies, that ask something of managers.
    asks: tuple[int, ...] = ()
    across: tuple[Across, ...] = ()
    #: How many pairs were drawn to meet one to one. None: too few people to be counted aloud, or not asked.
    pairs: int | None = None
    #: The organisation's, where the programme asks for them.
    ideas: tuple[IdeaCount, ...] = ()
    #: How many people came from where, if the programme asks for it.
    units: tuple[FromUnit, ...] = ()
    before: Before | None = None
    #: Of a whole series: its rounds in order, each with its counts; all findings are in the whole. Empty: of one round.
    rounds: tuple[ManagerRecap, ...] = ()


AnyRecap: TypeAlias = GroupRecap | ManagerRecap


# -- taking back, and keeping


@overload
def without(recap: GroupRecap, replies: Collection[int]) -> GroupRecap: ...
@overload
def without(recap: ManagerRecap, replies: Collection[int]) -> ManagerRecap: ...
def without(recap: AnyRecap, replies: Collection[int]) -> AnyRecap:
    """The recap less every line that rests on one of these replies. Nothing takes its place.

    A finding rests on its rewording too: without that, only words that were not released would be left.
    Counts stay: they are of what had happened, and lead to nobody. Numbers stay with their findings.
    """
    gone = frozenset(replies)

    def stays(row: FindingRow | Shared | Numbered | ActionRow) -> bool:
        return gone.isdisjoint((row.reply, getattr(row, "words", None)))

    def less(one: Decision) -> Decision:
        return replace(one, replies=tuple(reply for reply in one.replies if reply not in gone))

    if isinstance(recap, ManagerRecap):
        left = None if recap.findings is None else tuple(filter(stays, recap.findings))
        standing = tuple(one for one in recap.levels if gone.isdisjoint(one.replies))
        kept = {one.reply: one.side for one in left or ()}
        asks = tuple(reply for reply in recap.asks if reply in kept)
        common = None if recap.common is None else tuple(
            tuple(reply for reply in theme if reply in kept) for theme in recap.common
        )  # fmt: skip
        rounds = tuple(without(one, gone) for one in recap.rounds)
        return replace(recap, findings=left, levels=standing, asks=asks, common=common, rounds=rounds)
    questions = (replace(one, points=_less(one.points, gone)) for one in recap.questions)
    return replace(
        recap,
        reflections=_less(recap.reflections, gone),
        plenum=_less(recap.plenum, gone),
        questions=tuple(one for one in questions if one.points),
        findings=tuple(filter(stays, recap.findings)),
        actions=tuple(filter(stays, recap.actions)),
        others=tuple(filter(stays, recap.others)),
        answers=tuple(one for one in recap.answers if one.reply not in gone),
        chosen=tuple(one for one in map(less, recap.chosen) if one.replies or one.options),
    )


def _less(points: Iterable[Point], gone: Collection[int]) -> tuple[Point, ...]:
    """The points with what is left of each."""
    left = (replace(one, replies=tuple(r for r in one.replies if r not in gone)) for one in points)
    return tuple(one for one in left if one.replies)


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyRecap] = msgspec.json.Decoder(GroupRecap | ManagerRecap)


def dump(recap: AnyRecap) -> bytes:
    """JSON of ids and counts, as a recap is stored."""
    return _encoder.encode(recap)


def load(raw: bytes | str) -> AnyRecap:
    """Raises `msgspec.ValidationError` on what is not a recap."""
    return _decoder.decode(raw)
