"""One sentence that the circle stands behind, and going round again until it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from flows.effects import Given, Keep, Role
from flows.events import Pressed, Replied
from flows.kinds.finding import OBJECTIONS
from flows.kinds.step import Slug, Timed
from flows.message import Choice, Line, Part, Quote, Text, line, message
from flows.reading import Verdict
from flows.state import Asked, State, Written
from flows.turn import SETTLE, Turn

if TYPE_CHECKING:
    from flows.programme import Route


class Sentence(Timed):
    """Ask for exactly one sentence, as often as the circle wants to say it anew, until it says that it is there.

    Of what is written, the last that is one sentence stands. `form: how-can-we` asks for a question that begins so.
    A sentence that sounds like a solution is asked about, not refused. With `share` it is shown to the other groups.
    Comes in the circle's recap.
    """

    WORD: ClassVar[str] = "sentence"
    ROLE: ClassVar[Role] = "note"
    JUDGES: ClassVar[bool] = True
    SHAPED: ClassVar[bool] = True

    sentence: Slug
    form: Literal["statement", "how-can-we"] = Field("statement", description="statement or how-can-we.")
    words: int = Field(40, ge=3, le=200, description="The most words that it may have.")
    share: bool = Field(
        default=False, strict=True, description="Shown to the other groups when the group is done."
    )

    def opens(self, turn: Turn) -> None:
        sight: list[Part] = [line("sight.handed")] if self.share else []
        asks = Line(turn.own(self.id)), line("sentence.how", n=self.words), *sight
        turn.ask(message("question", *asks))

    def hears(self, turn: Turn, event: Replied) -> None:
        reading = event.reading
        if event.private:
            turn.keep(event, "solo")
        elif isinstance(reading, Verdict) and reading.word in ("yes", "no"):
            turn.keep(event, "control")
            self._judged(turn, reading.word)
        elif fault := self._fault(event):
            turn.keep(event, "answer")
            turn.say(message("answer", fault))
        else:
            self._says(turn, event)

    def _stands(self, turn: Turn) -> tuple[int, ...]:
        return turn.lines(turn.state.step)

    def _fault(self, event: Replied) -> Line | None:
        seen = event.shape
        if seen is None:
            return None
        if seen.sentences != 1:
            return line("sentence.one", n=seen.sentences)
        if seen.words > self.words:
            return line("sentence.long", n=seen.words, most=self.words)
        return line("sentence.how-can-we") if self.form == "how-can-we" and not seen.how else None

    def _says(self, turn: Turn, event: Replied) -> None:
        """It stands instead of the one before; which is kept as an answer."""
        at, place, asked = turn.state.step, self.id, turn.state.prompt
        for before in self._stands(turn):
            turn.effects.append(Keep(before, "answer", asked.prompt if asked else None, place))
        others = tuple(one for one in turn.state.written if one.step != at)
        turn.set(written=others, answered=())
        turn.keep(event, "note")
        turn.writes(Written(at, 0, event.reply))
        doubt: list[Part] = [line("sentence.solution")] if event.shape and event.shape.solution else []
        buttons = Choice("yes", Text("choice.there")), Choice("no", Text("choice.again"))
        said = line("sentence.stands"), Line(Quote(event.reply)), *doubt, line("sentence.there")
        turn.say(message("question", *said, choices=buttons), slot=f"note:{self.id}")
        turn.counts(event.person)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        role: Role = "control" if isinstance(event.reading, Verdict) else "answer"
        turn.keep(event, role, late=True, asked=asked)

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        if event.press not in ("yes", "no"):
            return False
        self._judged(turn, event.press)
        return True

    def _judged(self, turn: Turn, word: str) -> None:
        """«It is there» leaves the others a moment to say that it is not."""
        if word == "no" or not self._stands(turn):
            turn.drop("settle")
            turn.say(message("question", line("sentence.again")))
        elif turn.table or turn.alone:
            turn.over = True
        else:
            turn.due("settle", turn.now + OBJECTIONS if turn.live else turn.waking(turn.now + SETTLE))

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def gives(self, route: Route, state: State, at: int) -> tuple[Given, ...]:
        lines = tuple(one.reply for one in state.written if one.step == at)
        return (Given(self.id, lines),) if self.share and lines else ()


class Again(Timed):
    """Ask whether the circle is there, or goes another round from an earlier step.

    Anyone's «no» goes back to the step `from` names, at most `most` times; «yes», or nothing said, goes on.
    Hands nothing to the recap.
    """

    WORD: ClassVar[str] = "again"
    ROLE: ClassVar[Role] = "control"
    JUDGES: ClassVar[bool] = True

    again: Slug
    back: Slug = Field(alias="from", description="The step to go back to.")
    most: int = Field(3, ge=1, le=9, description="How often a circle may go back.")

    def opens(self, turn: Turn) -> None:
        if turn.state.laps.get(turn.state.step, 0) >= self.most:
            turn.over = True
            return
        buttons = Choice("yes", Text("choice.there")), Choice("no", Text("choice.again"))
        turn.ask(message("question", Line(turn.own(self.id)), line("again.how"), choices=buttons))

    def hears(self, turn: Turn, event: Replied) -> None:
        reading = event.reading
        if event.private or not isinstance(reading, Verdict) or reading.word not in ("yes", "no"):
            turn.keep(event, "reflection")
        else:
            turn.keep(event, "control")
            self._judged(turn, reading.word)

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        if event.press not in ("yes", "no"):
            return False
        self._judged(turn, event.press)
        return True

    def _judged(self, turn: Turn, word: str) -> None:
        at = turn.state.step
        if word == "yes":
            turn.over = True
            return
        turn.set(laps={**turn.state.laps, at: turn.state.laps.get(at, 0) + 1})
        turn.go_to(next(n for n, step in enumerate(turn.route.steps) if step.id == self.back))
