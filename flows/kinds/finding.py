"""What the circle puts forward as most important, and whether others may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from msgspec.structs import replace
from pydantic import Field

from flows.controls import stale
from flows.effects import Role
from flows.events import Pressed, Replied
from flows.kinds.step import Of, Slug, Timed
from flows.message import Choice, Finding, Line, Points, Text, line, message
from flows.reading import Count, Listed, Rewording, Verdict
from flows.state import Asked, Found, State
from flows.turn import SETTLE, Turn

RELEASED = ("yes", "reworded")
#: Live: after everything has been answered for, so long for others to say no.
OBJECTIONS = timedelta(seconds=30)


class PutForward(Timed):
    """Ask for the most important findings, or aha moments.

    Each message is one finding, up to `most`. Seen by the circle alone until the circle releases it.
    Comes first in the circle's recap.
    """

    WORD: ClassVar[str] = "finding"
    ROLE: ClassVar[Role] = "finding"

    finding: Slug
    most: int = Field(3, ge=1, le=9, description="How many findings a circle may put forward.")

    def opens(self, turn: Turn) -> None:
        turn.ask(message("question", Line(turn.own(self.id)), line("finding.how", n=self.most)))

    def hears(self, turn: Turn, event: Replied) -> None:
        if event.private:
            turn.keep(event, "solo")
        elif isinstance(event.reading, Verdict | Count):
            turn.keep(event, "answer")
        elif len(own(turn.state)) < self.most and turn.room("findings"):
            turn.keep(event, "finding")
            turn.found("findings", Found(event.reply, "proposed"))
        else:
            turn.keep(event, self.role_otherwise)
            turn.say(message("answer", line("finding.full", n=self.most)))
        turn.answered(event)


class Release(Timed):
    """Ask the circle which of its findings others may see: yes, in other words, or no.

    One «no» holds a finding back, whoever says yes, until those who said it take it back; it counts until the
    sitting is over, and afterwards too. A finding that nobody has answered for stays in the circle.
    What is released is seen by the other groups and, without names, by managers. With `also`, the lines of notes and
    forms before it are asked about together with the findings; a line that nobody answers for stays in the circle.
    """

    WORD: ClassVar[str] = "release"
    ROLE: ClassVar[Role] = "control"
    JUDGES: ClassVar[bool] = True

    release: Slug
    of: Slug = Field(description="The step at which the findings were put forward.")
    also: tuple[Of, ...] = Field(
        (), max_length=9, description="Notes, forms or fields (plan.goal) before it, line by line."
    )

    def opens(self, turn: Turn) -> None:
        # Numbers are those of the first list from then on: what is taken back keeps its own, what is new comes last.
        if not any(asked.step == turn.state.step for asked in turn.state.asked):
            turn.set(findings=standing(turn.state.findings))
        self._puts_forward(turn)
        left = [(n, found) for n, found in enumerate(turn.state.findings, 1) if found.state != "gone"]
        if not left:
            turn.over = True
            return
        items, numbers = tuple(Finding(found.reply) for _, found in left), tuple(n for n, _ in left)
        listed = Points(items, numbered=True, numbers=numbers)
        buttons = (Choice("yes", Text("choice.release-all")), Choice("no", Text("choice.release-none")))
        turn.ask(message("question", Line(turn.own(self.id)), listed, line("release.how"), choices=buttons))

    def _puts_forward(self, turn: Turn) -> None:
        known, steps = {one.reply for one in turn.state.findings}, turn.route.steps
        lines = (one.reply for one in turn.state.written
                 if {steps[one.step].id, steps[one.step].place(one.part)} & {*self.also})  # fmt: skip
        for reply in lines:
            if reply not in known and turn.room("findings"):
                turn.found("findings", Found(reply, "proposed"))

    def hears(self, turn: Turn, event: Replied) -> None:
        reading, found = event.reading, turn.state.findings
        named = isinstance(reading, Rewording | Listed) and bool(nth(found, reading.number))
        rewording = named and not event.private
        if not rewording and not (isinstance(reading, Verdict) and reading.word in ("yes", "no")):
            turn.keep(event, "answer")
            return
        turn.keep(event, "control")
        if not self._on_list(turn, event):
            turn.say(message("answer", line("release.how")))
        elif isinstance(reading, Rewording | Listed):
            # Nobody else has seen these words yet.
            turn.set(answered=())
            self._weigh(turn, event.person, reworded(found, reading.number, event.reply))
        elif isinstance(reading, Verdict):
            self._weigh(turn, event.person, judged(found, event.person, reading.word, reading.number))

    def _on_list(self, turn: Turn, event: Replied) -> bool:
        """What it answers for is on the list that its author had seen; a «no» to everything always is."""
        reading = event.reading
        if isinstance(reading, Verdict) and reading.number is None:
            return reading.word == "no" or not stale(turn, event)
        return not isinstance(reading, Verdict) or bool(nth(turn.state.findings, reading.number))

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        """A «no» counts whenever it comes. A «yes» comes too late: what is on the list by then, it has not seen."""
        reading = event.reading
        if not isinstance(reading, Verdict):
            super().hears_late(turn, event, asked)
            return
        turn.keep(event, "control", late=True, asked=asked)
        if reading.word == "no":
            self._judge(turn, judged(turn.state.findings, event.person, "no", reading.number))

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        # A «yes» to a list that has been asked anew would let out what was not on it.
        if event.press == "no" or (event.press == "yes" and not stale(turn, event)):
            self._weigh(turn, event.person, judged(turn.state.findings, event.person, event.press))
            return True
        return False

    def pressed_late(self, turn: Turn, event: Pressed) -> bool:
        if event.press != "no":
            return False
        self._judge(turn, judged(turn.state.findings, event.person, "no"))
        return True

    def finding_added(self, turn: Turn) -> None:
        """A new finding must be on the list before it is answered for."""
        turn.close_step()
        self.opens(turn)

    def taken_back(self, turn: Turn) -> None:
        self._agree(turn)

    def _weigh(self, turn: Turn, person: int, after: tuple[Found, ...]) -> None:
        turn.counts(person)
        self._judge(turn, after)
        self._agree(turn)

    def _agree(self, turn: Turn) -> None:
        """When each has an answer, leave the others a moment to say no."""
        if unanswered(turn.state.findings):
            return
        if turn.table or turn.all_answered or not standing(turn.state.findings):
            turn.over = True
        else:
            turn.due("settle", turn.now + OBJECTIONS if turn.live else turn.waking(turn.now + SETTLE))

    def _judge(self, turn: Turn, after: tuple[Found, ...]) -> None:
        before = turn.state.findings
        for found in after:
            turn.found("findings", found)
        news = unanswered(before) or released(before) != released(after)
        if news and not unanswered(after):
            turn.say(message("answer", line("release.done", n=len(released(after)))))


def standing(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Those that have not been taken back."""
    return tuple(one for one in found if one.state != "gone")


def own(state: State) -> tuple[Found, ...]:
    """Those that were put forward by themselves: no lines of notes and forms that are asked about with them."""
    lines = {one.reply for one in state.written}
    return tuple(one for one in standing(state.findings) if one.reply not in lines)


def unanswered(found: tuple[Found, ...]) -> bool:
    """Nobody has said yes or no to one of them."""
    return any(one.state == "proposed" for one in found)


def nth(found: tuple[Found, ...], number: int | None) -> Found | None:
    """The one people call `number`, counted from 1, unless it has been taken back."""
    one = found[number - 1] if number and 0 < number <= len(found) else None
    return one if one in standing(found) else None


def judged(found: tuple[Found, ...], person: int, word: str, number: int | None = None) -> tuple[Found, ...]:
    """The findings after this person's yes or no to one of them, or to all."""
    chosen = standing(found) if number is None else (nth(found, number),)
    return tuple(_judged(one, person, word) if one in chosen else one for one in found)


def _judged(found: Found, person: int, word: str) -> Found:
    against = tuple(each for each in found.against if each != person)
    if word == "no":
        return replace(found, state="no", against=(*against, person))
    if against:
        return replace(found, against=against)
    return replace(found, state="reworded" if found.words else "yes", against=())


def reworded(found: tuple[Found, ...], number: int, words: int) -> tuple[Found, ...]:
    """In other words is a yes, to those words; it does not lift anybody's no."""
    chosen = nth(found, number)
    return tuple(
        replace(one, words=words, state="no" if one.against else "reworded") if one is chosen else one
        for one in found
    )


def released(found: tuple[Found, ...]) -> tuple[int, ...]:
    return tuple(one.reply for one in found if one.state in RELEASED)
