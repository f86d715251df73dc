"""What groups say to what the others present, and the list that is made of everybody's."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from flows.controls import stale
from flows.effects import Given
from flows.events import Curated, Pressed, Replied
from flows.kinds.step import Of, Slug, Timed
from flows.message import (
    Choice,
    Content,
    Heading,
    Line,
    Message,
    Name,
    Part,
    Points,
    Quote,
    Text,
    line,
    message,
)
from flows.reading import Verdict
from flows.state import Asked, Handed, Merged, State, Written
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route

#: What others may say of it; the last beside one of the first two.
JUDGEMENTS = ("yes", "no", "extra")
EXTRA = JUDGEMENTS.index("extra")


class Respond(Timed):
    """Present what the groups handed on, one group at a time, and ask the others what they say to it.

    The order is drawn by lot, the same on every machine; a group that comes later is added at the end. What somebody
    says to their own group's is kept, but is no response. With `judge` the others also say «go on» or «not yet»:
    counted, and told as a number; nobody judges their own. `extra` names a field that tells who else takes part: it is
    shown too, and the others may give an extra point for it. Each group has its part of the time. Responses are in the
    recap of everyone.
    """

    WORD: ClassVar[str] = "respond"
    JUDGES: ClassVar[bool] = True
    TALLIES: ClassVar[bool] = True

    respond: Slug
    of: Slug = Field(description="What the groups handed on: a pitch, a sentence, a form with `share`.")
    judge: bool = Field(default=False, strict=True, description="With «go on» and «not yet».")
    extra: Of | None = Field(None, description="With `judge`: a field that an extra point may be given for.")

    def opens(self, turn: Turn) -> None:
        drawn = sorted(self._there(turn), key=lambda circle: _lot(turn.route.round, self.id, circle))
        turn.set(options=tuple(drawn), votes={})
        self._ask(turn, 0)

    def _there(self, turn: Turn) -> list[int]:
        return list(dict.fromkeys(one.circle for one in turn.state.handed if _is_of(one.step, self.of)))

    def _ask(self, turn: Turn, part: int) -> None:
        late = [circle for circle in self._there(turn) if circle not in turn.state.options]
        turn.set(options=(*turn.state.options, *late), votes={})
        if part >= len(turn.state.options):
            turn.over = True
            return
        circle = turn.state.options[part]
        shown: list[Part] = [Heading(Text("share.from", {"group": Name("circle", circle)}))]
        for one in turn.state.handed:
            if one.circle == circle and (_is_of(one.step, self.of) or one.step == self.extra):
                shown += [Line(turn.own(*one.step.split("."))), Points(tuple(map(Quote, one.replies)))]
        how: list[Part] = [line("respond.judge")] if self.judge else []
        extra: list[Part] = [line("respond.extra")] if self._extra(turn, circle) else []
        asks = Line(turn.own(self.id)), line("respond.others"), *how, *extra
        turn.ask(message("question", *shown, *asks, choices=self._buttons(turn, circle)), "", part)

    def _extra(self, turn: Turn, circle: int) -> bool:
        """What this circle presents may be given an extra point."""
        return self.judge and any((one.circle, one.step) == (circle, self.extra) for one in turn.state.handed)

    def _buttons(self, turn: Turn, circle: int) -> tuple[Choice, ...]:
        judged = Choice("yes", Text("choice.go-on")), Choice("no", Text("choice.not-yet"))
        extra = (Choice("extra", Text("choice.extra")),) if self._extra(turn, circle) else ()
        return (*judged, *extra) if self.judge else ()

    def _presents(self, turn: Turn, person: int, part: int) -> bool:
        """This person's own group is presenting."""
        circle = turn.state.options[part] if part < len(turn.state.options) else 0
        return any(seat.circle == circle and person in seat.people for seat in turn.state.setting.seats)

    def hears(self, turn: Turn, event: Replied) -> None:
        reading, asked = event.reading, turn.state.prompt
        if (
            self.judge
            and isinstance(reading, Verdict)
            and reading.word in JUDGEMENTS
            and reading.number is None
        ):
            turn.keep(event, "control")
            self._judges(turn, event.person, reading.word)
        elif asked and self._presents(turn, event.person, asked.part):
            turn.keep(event, "reflection")
        else:
            super().hears(turn, event)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        own = self._presents(turn, event.person, asked.part)
        turn.keep(
            event,
            "reflection" if own or isinstance(event.reading, Verdict) else "answer",
            late=True,
            asked=asked,
        )

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        if not self.judge or event.press not in JUDGEMENTS or stale(turn, event):
            return False
        self._judges(turn, event.person, event.press)
        return True

    def _judges(self, turn: Turn, person: int, word: str) -> None:
        part = turn.state.prompt.part if turn.state.prompt else 0
        if self._presents(turn, person, part):
            turn.say(message("answer", line("respond.own")), "person", person=person)
            return
        said, before = JUDGEMENTS.index(word), turn.state.votes.get(person, ())
        kept = (one for one in before if (one == EXTRA) != (said == EXTRA))
        turn.set(votes={**turn.state.votes, person: (*kept, said)})
        turn.counts(person)

    def recalls(self, turn: Turn, said: Replied) -> bool:
        """Of a judgement and an extra point, the one that it said."""
        before = turn.state.votes.get(said.person, ())
        words = [JUDGEMENTS[one] for one in before]
        if not isinstance(said.reading, Verdict) or said.reading.word not in words:
            return False
        left = tuple(one for one in before if JUDGEMENTS[one] != said.reading.word)
        others = {one: cast for one, cast in turn.state.votes.items() if one != said.person}
        turn.set(votes={**others, said.person: left} if left else others)
        if not left:
            turn.uncounts(said.person)
        return True

    def closes(self, turn: Turn) -> None:
        asked = turn.state.prompt
        if asked is None or asked.step != turn.state.step or not turn.state.options:
            return
        if turn.state.votes:
            said = [one for each in turn.state.votes.values() for one in each]
            told: list[Part] = [line("respond.counted", yes=said.count(0), no=said.count(1))]
            if self._extra(turn, turn.state.options[asked.part]):
                told.append(line("respond.extra-counted", n=said.count(EXTRA)))
            turn.say(message("answer", *told))
            turn.set(votes={})
        turn.over = False
        turn.drop("box", "warning", "settle", "undelivered")
        if turn.window_closed:
            turn.over = True
        else:
            self._ask(turn, asked.part + 1)

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def span(self, turn: Turn) -> timedelta:
        return timedelta(minutes=self.minutes) / max(len(turn.state.options), 1)


class Gross(Timed):
    """Make one list of what everybody wrote at a step, before or in this round: the gross list.

    The coordinator merges lines, says them in other words and calls them small or large (`Curated`), also afterwards;
    the list in the thread follows. People may say what they think meanwhile. What is left is handed on, so that a
    later round can choose from it. In the recap of everyone is what people said, not the list.
    """

    WORD: ClassVar[str] = "gross"

    gross: Slug
    of: Of = Field(description="A field of a form with `share`: thoughts.challenges.")

    def opens(self, turn: Turn) -> None:
        turn.ask(message("question", Line(turn.own(self.id)), line("gross.how")))
        self.gathers(turn, turn.state.step)

    def gathers(self, turn: Turn, at: int) -> bool:
        """Take in what has been handed on by now; a group that comes late is added. Returns whether there was any."""
        before = turn.lines(at)
        handed: tuple[Handed | Given, ...] = (
            *turn.given(self.of),
            *(one for one in turn.state.setting.given if one.step == self.of),
        )
        for reply in dict.fromkeys(reply for one in handed for reply in one.replies):
            if reply not in before:
                turn.writes(Written(at, 0, reply))
        if turn.lines(at) == before:
            return False
        if before:
            turn.update(f"note:{self.id}", self._listed(turn, at))
        else:
            turn.say(self._listed(turn, at), slot=f"note:{self.id}")
        return True

    def _listed(self, turn: Turn, at: int) -> Message:
        """Numbers are those of the first list: what was merged leaves its number empty."""
        gone = _merged(turn.state)
        left = [(n, reply) for n, reply in enumerate(turn.lines(at), 1) if reply not in gone]
        items, numbers = tuple(self._line(turn.state, reply) for _, reply in left), tuple(n for n, _ in left)
        return message(
            "answer", line("gross.list", n=len(left)), Points(items, numbered=True, numbers=numbers)
        )

    def _line(self, state: State, reply: int) -> Content:
        one = next((one for one in state.merged if one.reply == reply), Merged(reply))
        words = Quote(one.words or reply)
        if one.size is None:
            return words
        return Text("gross.small" if one.size == "small" else "gross.large", {"words": words})

    def curated(self, turn: Turn, event: Curated, at: int) -> str | None:
        """`at`: where in the round the list stands, from 0."""
        lines, into = turn.lines(at), event.into or 0
        if not 0 < event.line <= len(lines) or not 0 <= into <= len(lines) or into == event.line:
            return "the list has no such line"
        reply = lines[event.line - 1]
        if into and lines[into - 1] in _merged(turn.state):
            return "that line is part of another one"
        was = next((one for one in turn.state.merged if one.reply == reply), Merged(reply))
        others = tuple(one for one in turn.state.merged if one.reply != reply)
        turn.set(merged=(*others, _changed(was, event, lines[into - 1] if into else None)))
        turn.update(f"note:{self.id}", self._listed(turn, at))
        return None

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def gives(self, route: Route, state: State, at: int) -> tuple[Given, ...]:
        gone = _merged(state)
        said = {one.reply: one.words for one in state.merged if one.words}
        here = (one.reply for one in state.written if one.step == at and one.reply not in gone)
        left = tuple(said.get(reply, reply) for reply in here)
        return (Given(self.id, left),) if left else ()


def _changed(was: Merged, event: Curated, into: int | None) -> Merged:
    """What a line is now; where the coordinator said nothing of it, it is again as it was written."""
    if event.into is None and event.size is None and event.words is None:
        return Merged(was.reply)
    return Merged(was.reply, into or was.into, event.size or was.size, event.words or was.words)


def _merged(state: State) -> set[int]:
    """Lines that are part of another one now."""
    return {one.reply for one in state.merged if one.into is not None}


def _is_of(step: str, of: str) -> bool:
    """A step that was meant as a whole, or a field of it."""
    return step == of or step.startswith(f"{of}.")


def _lot(*parts: object) -> bytes:
    """A place in an order that nobody can choose, and that is the same on every machine."""
    return hashlib.sha256(" ".join(map(str, parts)).encode()).digest()
