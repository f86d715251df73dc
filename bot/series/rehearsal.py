"""Every message that will be sent, before anything is: the real engine, driven by its own deadlines alone.

Each session is opened at its time, somebody says that the group is here, every message arrives at once, and nobody
writes anything. So what is shown is what a silent group would get: receipts, help, and whatever depends on what
people put forward is not in it. What was said last time, what groups share, and what they hand on to each other and
to later rounds, stand as one line in brackets. So does how scores are spread, of everybody's: all are taken to have
given theirs, so that it is seen what is shown, and whether there are people enough for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select

from adapters.port import Block, Label, Spoken
from bot.opening import Openings
from bot.series.office import Office
from bot.shelf import Shelf
from bot.words import Speaker
from flows import effects as fx
from flows import events as e
from flows.engine import advance
from flows.kinds.form import Form
from flows.kinds.respond import Gross
from flows.kinds.scale import Scale
from flows.kinds.sentence import Sentence
from flows.kinds.step import Step
from flows.message import Finding, Levels, Message, Points, Quote, Recap
from flows.programme import Route
from flows.reading import Count
from flows.state import Scored, State
from storage import tables as t
from storage.unit import SessionRow, Unit

#: Events of one session: far more than any round has, so that a fault of ours ends.
MOST = 1000
#: Stands for a recap, and for a finding, that nobody has written yet.
UNWRITTEN = 0
LAST_TIME = "[what the group said last time]"
SHARED = "[what the group has chosen to share]"
WRITTEN = "[what people have written]"
SPREAD = "[how many gave which number]"
SIDES = "[how many of the leaders gave which number, and how many of the others]"
SINCE = "[and the last time, where that may be shown]"
#: As many of these as make it necessary to choose.
SEVERAL = (UNWRITTEN, UNWRITTEN - 1)

_encode = msgspec.json.Encoder().encode


class Sent(Struct, frozen=True):
    """One message: when, and to whom: "circle", "coordinators", or so many people alone."""

    at: datetime
    to: str
    message: Message
    people: int = 0


#: When which group hands on what it released, and what besides.
Arrival: TypeAlias = tuple[datetime, int, tuple[fx.Given, ...]]


@dataclass(slots=True)
class Played:
    """A session that has been played to its end."""

    row: SessionRow
    circle: str
    sent: list[Sent] = field(default_factory=list)
    #: When the group handed on what it released, if it did, and the scores among that.
    published_at: datetime | None = None
    scores: tuple[fx.Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in words, in the thread of these circles."""

    circles: tuple[str, ...]
    at: datetime
    to: str
    people: int
    spoken: Spoken


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One meeting: its messages in the order in which they are sent. None where there are no groups to open it for."""

    number: int
    starts_at: datetime
    shown: tuple[Shown, ...]


def rehearse(office: Office) -> list[Rehearsed]:
    """Play what is left of a series. Changes nothing."""
    unit, shelf = Unit(office.connection), Shelf()
    names = {row.id: row.name for row in office.circles()}
    rows = sorted(
        _planned(office, unit), key=lambda row: (row.number, row.circle_kind != "group", row.circle_id)
    )
    meetings = []
    for number in sorted({row.number for row in rows}):
        played: list[Played] = []
        theirs = [row for row in rows if row.number == number]
        if all(shelf.lacks_groups(unit, row) for row in theirs):
            meetings.append(Rehearsed(number, min(row.starts_at for row in theirs), ()))
            continue
        for row in theirs:
            played.append(_play_row(unit, shelf, row, names[row.circle_id], played))
        meetings.append(_rehearsed(unit, shelf, number, played))
    return meetings


def _planned(office: Office, unit: Unit) -> list[SessionRow]:
    """The sessions that have not opened. Reading them locks them, so the lock is given back at once."""
    s = t.sessions.c
    waiting = select(s.id).where(s.series_id == office.series.id, s.phase == "planned")
    with office.connection.begin_nested() as short:
        found = list(unit.sessions([row[0] for row in office.all(waiting)]).values())
        short.rollback()
    return found


def _play_row(unit: Unit, shelf: Shelf, row: SessionRow, name: str, before: Sequence[Played]) -> Played:
    everyone = row.circle_kind == "everyone"
    programme = shelf.programme(unit, row.content_id)
    route = programme.route(row.number, everyone=everyone)
    opened = Openings(unit, shelf, lambda: UNWRITTEN, row.starts_at).prepare([row])[row.id]
    recap = UNWRITTEN if row.number > 1 and not everyone else opened.setting.recap
    steps = [step for each in programme.rounds[: row.number - 1] for step in (*each.steps, *each.plenum)]
    scales = (fx.Given(step.id, SEVERAL) for step in steps if isinstance(step, Scale))
    earlier = *_handed(steps, SEVERAL), *scales
    opened = replace(opened, setting=replace(opened.setting, recap=recap, given=earlier))
    given = tuple(_handed(programme.route(row.number).steps, (UNWRITTEN,)))
    arrivals = [(each.published_at, each.row.circle_id, (*given, *_apart(each))) for each in before
                if everyone and each.published_at]  # fmt: skip
    return play(route, opened, Played(row, name), sorted(arrivals, key=lambda each: each[:2]))


def _apart(played: Played) -> Iterator[fx.Given]:
    """The scores that a group hands on, as nobody else's."""
    for one in played.scores:
        yield fx.Given(one.step, tuple(reply - MOST * played.row.circle_id for reply in one.replies))


def _handed(steps: Iterable[Step], replies: tuple[int, ...]) -> Iterator[fx.Given]:
    """What these steps hand on to everyone, and to later rounds, had somebody written it."""
    for step in steps:
        if isinstance(step, Form) and step.share:
            places = dict.fromkeys(map(step.place, range(len(step.fields))))
            yield from (fx.Given(place, replies) for place in places)
        elif isinstance(step, Gross) or (isinstance(step, Sentence) and step.share):
            yield fx.Given(step.id, replies)


def _rehearsed(unit: Unit, shelf: Shelf, number: int, played: Sequence[Played]) -> Rehearsed:
    """Circles that are sent the same at the same times are shown once; then all of it by time."""
    alike: dict[tuple[Any, ...], list[Played]] = {}
    for each in played:
        alike.setdefault((each.row.circle_kind, *(_encode(one) for one in each.sent)), []).append(each)
    speaker = Speaker(shelf)
    shown = [
        Shown(
            tuple(each.circle for each in same),
            one.at,
            one.to,
            one.people,
            in_words(unit, speaker, same[0].row, one),
        )
        for same in alike.values()
        for one in same[0].sent
    ]
    starts_at = min(each.row.starts_at for each in played)
    return Rehearsed(number, starts_at, tuple(sorted(shown, key=lambda one: one.at)))


# -- playing


@dataclass(slots=True)
class _Stage:
    """One session while it is played."""

    route: Route
    into: Played
    arrivals: list[Arrival]
    now: datetime
    state: State | None = None

    def happen(self, event: e.Event) -> None:
        """One event, and what follows at once: every prompt is delivered, and the group says that it is here."""
        result = advance(self.route, self.state, event, now=self.now)
        self.state = _with_scores(self.route, result.state)
        prompts = [prompt for effect in result.effects if (prompt := self._note(effect)) is not None]
        for prompt in prompts:
            self.happen(e.Delivered(prompt, self.now))
        if result.ignored is None and not isinstance(event, e.Delivered) and (answer := self._answer()):
            self.happen(answer)

    def next(self) -> e.Event | None:
        """What time brings: a group that arrives, or a deadline; None when nothing is waited for."""
        wake = self.state.wake_at if self.state is not None else None
        if self.arrivals and (wake is None or self.arrivals[0][0] <= wake):
            at, circle, given = self.arrivals.pop(0)
            self.now = max(at, self.now)
            return e.Published(circle, (UNWRITTEN,), given)
        if wake is None:
            return None
        self.now = max(wake, self.now)
        return e.TimeCame()

    def _note(self, effect: fx.Effect) -> int | None:
        """Write down what is said; returns the prompt that has to be delivered."""
        if isinstance(effect, fx.Publish):
            self.into.published_at = self.now
            self.into.scores = tuple(one for one in effect.given if one.step in self.route.scales)
        if not isinstance(effect, fx.Say):
            return None
        sent, last = Sent(self.now, effect.to, effect.message), self.into.sent[-1:]
        if effect.to == "person":
            # The same word to several people, each alone, is one line with a count.
            same = bool(last) and (last[0].at, last[0].to, last[0].message) == (
                sent.at,
                sent.to,
                sent.message,
            )
            people = 1 + (self.into.sent.pop().people if same else 0)
            sent = Sent(self.now, effect.to, effect.message, people)
        self.into.sent.append(sent)
        return effect.prompt

    def _answer(self) -> e.Event | None:
        state = self.state
        if state is None or state.phase not in ("lobby", "headcount"):
            return None
        person = next(iter(state.members), 0)
        if state.phase == "lobby":
            return e.Pressed(person, "here")
        heads = Count(max(1, len(state.members)))
        return e.Replied(person=person, reply=UNWRITTEN, reading=heads, sent_at=self.now)


def _with_scores(route: Route, state: State | None) -> State | None:
    """As if all had given scores at the scale that they are at, without anything that follows from when they did."""
    if state is None or not isinstance(route.steps[state.step], Scale) or state.scored_by(state.step):
        return state
    # The same in all groups, so that those that are sent the same are shown once.
    given = Scored(state.step, {person: -n for n, person in enumerate(state.members, 1)})
    return replace(state, scores=(*state.scores, given))


def play(route: Route, opened: e.Opened, into: Played, arrivals: list[Arrival]) -> Played:
    """Drive one session to its end."""
    stage = _Stage(route, into, list(arrivals), into.row.starts_at)
    event: e.Event | None = opened
    for _ in range(MOST):
        if event is None:
            return into
        stage.happen(event)
        event = stage.next()
    raise RuntimeError(f"round {route.round} does not come to an end")


# -- in words


def in_words(unit: Unit, speaker: Speaker, row: SessionRow, sent: Sent) -> Spoken:
    """A message as the courier would send it, with a line in brackets for what is still unwritten."""
    pieces = list(_pieces(sent.message))
    rows = [_outbox_row(row, piece) for piece in pieces if isinstance(piece, Message)]
    said = iter(speaker.speak(unit, rows, sent.at))
    blocks: list[Block] = []
    labels: list[Label] = []
    for piece in pieces:
        words = Spoken("", (piece,)) if isinstance(piece, Block) else next(said).spoken
        blocks += words.blocks
        labels += words.labels
    return Spoken(sent.message.sort, tuple(blocks), tuple(labels))


def _pieces(said: Message) -> Iterator[Message | Block]:
    """A message part by part, so that one which is unwritten takes nothing else along; then its choices."""
    for part in said.parts:
        if isinstance(part, Recap):
            yield Block("line", LAST_TIME)
        elif isinstance(part, Points) and Finding(UNWRITTEN, outside=True) in part.items:
            yield Block("line", SHARED)
        elif isinstance(part, Points) and Quote(UNWRITTEN) in part.items:
            yield Block("line", WRITTEN)
        elif isinstance(part, Levels):
            yield Message(said.sort, (Points(part.items),))
            yield Block("line", f"{SIDES if part.leaders else SPREAD}{f' {SINCE}' if part.before else ''}")
        else:
            yield Message(said.sort, (part,))
    if said.choices:
        yield Message(said.sort, (), said.choices)


def _outbox_row(row: SessionRow, said: Message) -> Any:
    return SimpleNamespace(kind="say", slot=None, body=_encode(said), session_id=row.id, place_id=row.place_id,
                           organisation_id=row.organisation_id)  # fmt: skip
