"""What the circle puts forward as most important, and whether others may see it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from flows.effects import Role
from flows.events import Pressed, Replied
from flows.kinds.step import Slug, Timed
from flows.message import Choice, Finding, Line, Points, Text, line, message
from flows.reading import Rewording, Verdict
from flows.state import Found
from flows.turn import Turn

RELEASED = ("yes", "reworded")


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
        if len(turn.state.findings) < self.most:
            turn.keep(event, "finding")
            turn.judge("findings", event.reply, "proposed")
        else:
            turn.keep(event, "answer")
            turn.say(message("answer", line("finding.full", n=self.most)))
        turn.answered(event)


class Release(Timed):
    """Ask the circle which of its findings others may see: yes, in other words, or no.

    One «no» holds a finding back, whoever says yes; a finding that nobody has answered for stays in the circle.
    What is released is seen by the other groups and, without names, by managers.
    """

    WORD: ClassVar[str] = "release"
    ROLE: ClassVar[Role] = "control"

    release: Slug
    of: Slug

    def opens(self, turn: Turn) -> None:
        if not turn.state.findings:
            turn.over = True
            return
        listed = Points(tuple(Finding(found.reply) for found in turn.state.findings), numbered=True)
        buttons = (Choice("yes", Text("choice.release-all")), Choice("no", Text("choice.release-none")))
        turn.ask(message("question", Line(turn.own(self.id)), listed, line("release.how"), choices=buttons))

    def hears(self, turn: Turn, event: Replied) -> None:
        reading = event.reading
        if isinstance(reading, Rewording) and (found := nth(turn.state.findings, reading.number)):
            turn.keep(event, "control")
            turn.judge("findings", found.reply, "reworded", words=event.reply)
        elif isinstance(reading, Verdict) and reading.word in ("yes", "no"):
            turn.keep(event, "control")
            self._judge(turn, reading.number, reading.word)
        else:
            turn.keep(event, "answer")
        self._done(turn)

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        if event.press not in ("yes", "no"):
            return False
        self._judge(turn, None, event.press)
        self._done(turn)
        return True

    def _judge(self, turn: Turn, number: int | None, word: str) -> None:
        chosen = nth(turn.state.findings, number)
        for found in turn.state.findings if number is None else filter(None, (chosen,)):
            if found.state != "no" and not (found.state == "reworded" and word == "yes"):
                turn.judge("findings", found.reply, word)

    def _done(self, turn: Turn) -> None:
        states = [found.state for found in turn.state.findings]
        if "proposed" not in states:
            turn.say(message("answer", line("release.done", n=sum(state in RELEASED for state in states))))
            turn.over = True


def nth(found: tuple[Found, ...], number: int | None) -> Found | None:
    """The one people call `number`, counted from 1."""
    return found[number - 1] if number and 0 < number <= len(found) else None


def released(found: tuple[Found, ...]) -> tuple[int, ...]:
    return tuple(one.reply for one in found if one.state in RELEASED)
