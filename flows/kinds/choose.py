"""Choosing among several: by vote, with rules that are told before it begins."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flows.controls import stale
from flows.effects import Given, Role
from flows.events import Pressed, Replied
from flows.kinds.finding import own
from flows.kinds.scale import Scale
from flows.kinds.step import Of, Slug, Texts, Timed
from flows.message import Choice, Content, Line, Part, Points, Quote, Text, line, message
from flows.reading import Count, Digits
from flows.state import Asked, Chosen, Handed, State, Written
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route

#: Buttons that fit beside a question on every platform; beyond that people write the number.
BUTTONS = 10
#: The most that can be chosen among, so that a number has two digits.
OPTIONS = 40


class Choose(Timed):
    """Have the circle choose among `options` of its own, or what an earlier step has (`of`), by vote.

    The list is fixed when the vote begins. With `secret`, the usual, nobody sees a vote before all have been cast:
    one votes with the buttons or privately, and a number in the thread is not stored. The last word of each counts,
    until the time is up or all have voted; whoever takes it back before then has not voted. If several are equal, there
    is one more vote between them, then the lot decides, the same on every machine; people are told so before. What was
    chosen, and the counts, are seen by the circle; what was chosen is in its recap. Managers are told what everyone
    chose among the programme's own options.
    """

    WORD: ClassVar[str] = "choose"
    ROLE: ClassVar[Role] = "answer"
    TALLIES: ClassVar[bool] = True

    choose: Slug
    of: Of | None = Field(None, description="A step before: finding, form field (plan.goal), or scale.")
    options: tuple[Slug, ...] = Field((), max_length=OPTIONS, description="Its own, one text each.")
    picks: int = Field(1, ge=1, le=9, description="How many are chosen, and how many votes each has.")
    secret: bool = Field(default=True, strict=True, description="Nobody sees a vote before the count.")

    # -- what there is to choose among

    def opens(self, turn: Turn) -> None:
        options = self._options(turn)
        turn.set(options=options, votes={})
        if len(options) <= self.picks:
            if options:
                self._settled(turn, options)
            turn.over = True
            return
        how = line("choose.how" if self.secret else "choose.how-openly", n=self.picks)
        self._ask(turn, how, line("choose.ties"))

    def _ask(self, turn: Turn, *how: Part, part: str = "") -> None:
        numbers = range(1, len(turn.state.options) + 1)
        listed = Points(tuple(self._shown(turn, one) for one in turn.state.options), numbered=True)
        buttons = tuple(Choice(f"pick-{n}", Text("choice.pick", {"n": n})) for n in numbers)
        kept: list[Part] = [line("choose.secret")] if self.secret else []
        asks = Line(turn.own(*self.question.split("."))), listed, *how, *kept, *self._told(turn)
        turn.ask(message("question", *asks, choices=buttons if len(buttons) <= BUTTONS else ()), part)

    @property
    def question(self) -> str:
        return f"{self.id}.ask" if self.options else self.id

    def _told(self, turn: Turn) -> list[Part]:
        """What managers are told of it (`flows.recap`)."""
        if self.COUNTED and not turn.state.setting.groups:
            return [line("sight.settled")]
        named = bool(self.options) or self._scale(turn) is not None
        return [line("sight.chosen")] if named and turn.state.setting.groups else []

    def _options(self, turn: Turn) -> tuple[int, ...]:
        """Replies by their ids, otherwise places in a list that the programme has."""
        if self.options:
            return tuple(range(len(self.options)))
        if scale := self._scale(turn):
            return tuple(range(len(scale.items)))
        handed: tuple[Handed | Given, ...] = (*turn.given(self.of or ""), *turn.state.setting.given)
        found = [one for each in handed if each.step == self.of for one in each.replies]
        return tuple(dict.fromkeys(found or self._written(turn)))[:OPTIONS]

    def _written(self, turn: Turn) -> tuple[int, ...]:
        """What the circle itself wrote at the step, or in the field, that is meant; or its findings."""
        meant, _, field = (self.of or "").partition(".")
        at = next((n for n, step in enumerate(turn.route.steps[: turn.state.step]) if step.id == meant), None)
        if at is None or turn.route.steps[at].WORD == "finding":
            return tuple(one.reply for one in own(turn.state))
        parts = (part for part in range(OPTIONS) if _place(turn.route.steps[at], part) == self.of)
        gone = {one.reply for one in turn.state.merged if one.into is not None}
        return tuple(one for one in turn.lines(at, next(parts, None) if field else None) if one not in gone)

    def _scale(self, turn: Turn) -> Scale | None:
        return turn.route.scales.get(self.of or "")

    def _shown(self, turn: Turn, option: int) -> Content:
        if self.options:
            return turn.own(self.id, self.options[option])
        if scale := self._scale(turn):
            return turn.own(scale.id, "items", scale.items[option])
        return Quote(option)

    # -- voting

    def confides(self, event: Replied) -> bool:
        return self.secret and not event.private and isinstance(event.reading, Count | Digits)

    def hears(self, turn: Turn, event: Replied) -> None:
        numbers = _numbers(event)
        if numbers and not stale(turn, event) and self._votes(turn, event.person, numbers):
            turn.keep(event, "control")
        else:
            turn.keep(event, "answer")

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        word, _, number = event.press.partition("-")
        if word != "pick" or not number.isdecimal() or len(number) > 2 or stale(turn, event):
            return False
        before = turn.state.votes.get(event.person, ())
        chosen = tuple(turn.state.options.index(one) + 1 for one in before)
        # With several votes each press adds one; the oldest gives way.
        return self._votes(
            turn, event.person, (*(n for n in chosen if n != int(number)), int(number))[-self._left(turn) :]
        )

    def _left(self, turn: Turn) -> int:
        """How many are still to be chosen, and so how many votes each has."""
        done = next((one.options for one in turn.state.chosen if one.step == turn.state.step), ())
        return self.picks - len(done) if turn.state.part == "again" else self.picks

    def recalls(self, turn: Turn, said: Replied) -> bool:
        if turn.state.votes.get(said.person) != _picked(turn, _numbers(said)):
            return False
        turn.set(votes={one: cast for one, cast in turn.state.votes.items() if one != said.person})
        turn.uncounts(said.person)
        return True

    def _votes(self, turn: Turn, person: int, numbers: tuple[int, ...]) -> bool:
        picked = _picked(turn, numbers)
        if not picked or len(picked) > self._left(turn) or len(picked) != len(numbers):
            return False
        news = person not in turn.state.votes
        turn.set(votes={**turn.state.votes, person: picked})
        if news:
            turn.say(message("answer", line("choose.voted")), "person", person=person)
        turn.counts(person)
        if turn.live and turn.all_answered:
            turn.over = True
        return True

    # -- counting

    def closes(self, turn: Turn) -> None:
        """Equal votes: once more between them, if there is time for it; then by lot."""
        self._count(turn, last=turn.state.part == "again" or turn.window_closed)

    def breaks_off(self, turn: Turn) -> None:
        """What has been cast is counted, and there is no time for a second vote."""
        if turn.state.votes:
            self._count(turn, last=True)

    def _count(self, turn: Turn, *, last: bool) -> None:
        state = turn.state
        if not state.options:
            return
        counted = Counter(one for picked in state.votes.values() for one in picked)
        if not counted and state.part != "again":
            turn.say(message("answer", line("choose.nobody")))
            turn.set(options=())
            return
        # In a second vote that nobody took part in they are as equal as before.
        left = self._left(turn)
        sure, equal = _leading(counted or Counter(state.options), left)
        before = next((one.options for one in state.chosen if one.step == state.step), ())
        if equal and not last:
            self._once_more(turn, sure, equal)
        else:
            drawn = sorted(equal, key=lambda one: _lot(turn.route.round, self.id, one))[: left - len(sure)]
            self._settled(turn, (*before, *sure, *drawn), drawn=bool(equal))

    def _once_more(self, turn: Turn, sure: tuple[int, ...], equal: tuple[int, ...]) -> None:
        kept = tuple(one for one in turn.state.chosen if one.step != turn.state.step)
        turn.over = False
        turn.drop("box", "warning", "settle", "undelivered")
        turn.set(options=equal, votes={}, chosen=(*kept, Chosen(turn.state.step, sure)) if sure else kept)
        self._ask(turn, line("choose.equal", n=len(equal)), part="again")

    def _settled(self, turn: Turn, options: tuple[int, ...], *, drawn: bool = False) -> None:
        others = tuple(one for one in turn.state.chosen if one.step != turn.state.step)
        turn.set(chosen=(*others, Chosen(turn.state.step, options)), options=(), votes={})
        shown = Points(tuple(self._shown(turn, one) for one in options))
        lot: list[Part] = [line("choose.lot")] if drawn else []
        turn.say(
            message("answer", line("choose.chosen", n=len(options)), shown, *lot), slot=f"note:{self.id}"
        )

    def gives(self, route: Route, state: State, at: int) -> tuple[Given, ...]:
        """What everyone chose among what people wrote, for the rounds that follow. A group's choice is its own."""
        options = next((one.options for one in state.chosen if one.step == at), ())
        written = state.setting.groups and not self.options and self.of not in route.scales
        return (Given(self.id, options),) if options and written else ()

    @classmethod
    def texts(cls, raw: Mapping[str, Any]) -> Texts:
        options = raw.get("options")
        if not isinstance(options, list):
            return True
        return {"ask": True, **{name: True for name in options if isinstance(name, str)}}


class Decide(Choose):
    """Have the circle decide, openly, whether it goes on: continue, not now, hand over. Then who owns it.

    The owner is a role with a name, not everyone: whoever writes «everyone» is asked again. Seen by the circle, and in
    its recap; managers are told how many groups decided what, from five groups up, and not who owns it.
    """

    WORD: ClassVar[str] = "decide"
    ROLE: ClassVar[Role] = "note"
    SHAPED: ClassVar[bool] = True
    COUNTED: ClassVar[str] = "manager.decided"

    choose: Slug = Field("decide", exclude=True)
    decide: Slug
    options: tuple[Slug, ...] = Field(
        ("continue", "not-now", "hand-over"),
        max_length=OPTIONS,
        description="What can be decided, one text each.",
    )
    secret: bool = Field(default=False, strict=True, description="Nobody sees a vote before the count.")
    ownerless: tuple[Slug, ...] = Field(("not-now",), description="Options that need no owner.")

    def place(self, part: int) -> str:
        return f"{self.id}.owner" if part else self.id

    def hears(self, turn: Turn, event: Replied) -> None:
        if not turn.state.prompt or not turn.state.prompt.part:
            super().hears(turn, event)
        elif event.private:
            turn.keep(event, "solo")
        elif event.shape and event.shape.everyone:
            turn.keep(event, "answer")
            turn.say(message("answer", line("decide.everyone")))
        else:
            turn.keep(event, "note")
            turn.writes(Written(turn.state.step, 1, event.reply))
            turn.answered(event)
            turn.over = True

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        turn.keep(event, "note" if asked.part else "answer", late=True, asked=asked)

    def closes(self, turn: Turn) -> None:
        if turn.state.prompt and turn.state.prompt.part and turn.state.prompt.step == turn.state.step:
            return
        super().closes(turn)
        decided = next((one.options for one in turn.state.chosen if one.step == turn.state.step), ())
        if not turn.over or turn.window_closed or not decided or self.options[decided[0]] in self.ownerless:
            return
        turn.over = False
        turn.drop("box", "warning", "settle", "undelivered")
        turn.ask(message("question", Line(turn.own(self.id, "owner")), line("decide.owner")), "", 1)

    def topics(self) -> tuple[str, ...]:
        return (f"{self.id}.owner",)

    def settles(self, route: Route, state: State, at: int) -> tuple[str, ...]:
        decided = next((one.options for one in state.chosen if one.step == at), ())
        return tuple(f"{self.id}.{self.options[n]}" for n in decided)

    @classmethod
    def texts(cls, raw: Mapping[str, Any]) -> Texts:
        given = raw.get("options")
        options = given if isinstance(given, list) else ["continue", "not-now", "hand-over"]
        return {"ask": True, "owner": True, **{name: True for name in options if isinstance(name, str)}}


def _numbers(said: Replied) -> tuple[int, ...]:
    """What it says, if that may be a vote."""
    if isinstance(said.reading, Digits):
        return said.reading.numbers
    return (said.reading.number,) if isinstance(said.reading, Count) else ()


def _picked(turn: Turn, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The options of these numbers, from 1, in the list that is voted on."""
    options = turn.state.options
    return tuple(dict.fromkeys(options[n - 1] for n in numbers if 0 < n <= len(options)))


def _place(step: Any, part: int) -> str:
    return str(step.place(part)) if part < len(getattr(step, "fields", ())) else ""


def _leading(counted: Counter[int], left: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those that are chosen for sure, and those equal ones that are too many for the places left."""
    ranked = sorted(counted, key=lambda one: (-counted[one], one))
    if len(ranked) <= left:
        return tuple(ranked), ()
    edge = counted[ranked[left - 1]]
    sure = tuple(one for one in ranked if counted[one] > edge)
    equal = tuple(one for one in ranked if counted[one] == edge)
    return ((*sure, *equal), ()) if len(sure) + len(equal) <= left else (sure, equal)


def _lot(*parts: object) -> bytes:
    """A place in an order that nobody can choose, and that is the same on every machine."""
    return hashlib.sha256(" ".join(map(str, parts)).encode()).digest()
