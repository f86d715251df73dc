"""Opening with what was said last time, and taking a break."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from flows.effects import Role
from flows.events import Replied
from flows.kinds.step import Slug, Timed
from flows.message import Moment, Recap, line, message
from flows.turn import Turn


class LookBack(Timed):
    """Show the recap of the circle's last sitting, and ask what people have thought since.

    Passes over itself at the first sitting. What people answer is seen by the circle and is in its next recap.
    """

    WORD: ClassVar[str] = "recap"
    ROLE: ClassVar[Role] = "reflection"
    TEXT: ClassVar[bool] = False

    recap: Slug

    def opens(self, turn: Turn) -> None:
        recap = turn.state.setting.recap
        if recap is None:
            turn.over = True
            return
        turn.ask(message("recap", Recap(recap), line("recap.since")))


class Break(Timed):
    """A pause of so many minutes; the round goes on by itself afterwards, or when someone says «next».

    Passes over itself at the async pace, where nobody sits together.
    """

    WORD: ClassVar[str] = "break"
    ROLE: ClassVar[Role] = "aside"
    TEXT: ClassVar[bool] = False

    break_: Slug = Field(alias="break")

    @property
    def id(self) -> str:
        return self.break_

    def opens(self, turn: Turn) -> None:
        if not turn.live:
            turn.over = True
            return
        back = Moment(turn.now + timedelta(minutes=self.minutes))
        turn.ask(message("question", line("break.until", until=back)))

    def hears(self, turn: Turn, event: Replied) -> None:
        """People talk in a break; nothing is noted."""
        turn.keep(event, self.ROLE)
