"""Everyone's part of a round: what the groups share, and a quick joint round. Only if there is time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from flows.events import Published
from flows.kinds.step import Slug, Timed
from flows.message import Finding, Heading, Line, Name, Part, Points, Quote, Text, line, message
from flows.turn import Turn

#: A plenum may end so long after the time set aside for the meeting; beyond that there is no time for it.
SLACK = timedelta(minutes=5)
#: Async: the part of its window that everyone's session waits for the last groups.
WAITED = 0.6


class Share(Timed):
    """Show everyone what each group released, as it comes, and begin when all are there or it is time.

    Nobody waits for a slower group: what is shared so far is shown, what comes later is added.
    When too little of the meeting is left, the plenum is not held, and says so.
    """

    WORD: ClassVar[str] = "share"

    share: Slug

    def opens(self, turn: Turn) -> None:
        turn.set(part="waiting")
        if self._all_there(turn):
            self._begin(turn)
        else:
            turn.due("starts", self._starts(turn))

    def _starts(self, turn: Turn) -> datetime:
        """When it begins with the groups that are there, so that the meeting ends when it should."""
        end = turn.state.ends_at or turn.now
        if turn.live:
            return max(turn.now, end - timedelta(minutes=turn.route.minutes_from(turn.state.step)))
        return max(turn.now, turn.partway(turn.now, WAITED))

    def arrives(self, turn: Turn, event: Published) -> bool:
        shown: list[Part] = [Heading(Text("share.from", {"group": Name("circle", event.circle)}))]
        if event.findings:
            shown.append(Points(tuple(Finding(reply, outside=True) for reply in event.findings)))
        for one in event.given:
            # Scores are shown by how they are spread, and by nothing else.
            if one.step not in turn.route.scales:
                lines = tuple(Quote(reply) for reply in one.replies)
                shown += [Line(turn.own(*one.step.split("."))), Points(lines)]
        nothing = [line("share.nothing")] if len(shown) == 1 else []
        turn.say(message("question", *shown, *nothing))
        turn.take(event)
        turn.set(arrived=turn.state.arrived + 1, shown=turn.state.shown + len(event.findings))
        overdue = turn.state.deadlines.get("starts") == turn.state.ends_at
        if self._waiting(turn) and (overdue or self._all_there(turn)):
            self._begin(turn)
        return True

    def topics(self) -> tuple[str, ...]:
        return (self.id,)

    def moves_on(self, turn: Turn) -> None:
        """«Next» while groups are waited for: with those that are there."""
        if self._waiting(turn) and turn.state.arrived:
            self._begin(turn)
        else:
            super().moves_on(turn)

    def _waiting(self, turn: Turn) -> bool:
        return turn.step is self and turn.state.part == "waiting"

    def _all_there(self, turn: Turn) -> bool:
        return turn.state.arrived >= turn.state.setting.groups

    def times(self, turn: Turn, name: str) -> None:
        if name == "starts":
            if turn.state.arrived:
                self._begin(turn)
            elif turn.state.ends_at and turn.now < turn.state.ends_at:
                turn.due("starts", turn.state.ends_at)
            else:
                self._no_time(turn)

    def boxed(self, turn: Turn, start: object) -> None:
        """A plenum that begins late is shorter, so that the meeting ends when it should."""
        end, box = turn.state.ends_at, turn.state.deadlines.get("box")
        if end and box and turn.live:
            rest = timedelta(minutes=turn.route.minutes_from(turn.state.step + 1))
            turn.until(min(box, max(turn.now, end - rest)))

    def _begin(self, turn: Turn) -> None:
        turn.drop("starts")
        rest = timedelta(minutes=turn.route.minutes_from(turn.state.step + 1))
        if turn.live and turn.state.ends_at and turn.now + rest > turn.state.ends_at + SLACK:
            self._no_time(turn)
        else:
            turn.ask(message("question", Line(turn.own(self.id)), line("plenum.seen")), "sharing")

    def _no_time(self, turn: Turn) -> None:
        turn.say(message("question", line("plenum.no-time")))
        turn.goodbye()
        turn.finish("no time")
