"""What the circle writes down."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from flows.effects import Role
from flows.events import Replied
from flows.kinds.step import Slug, Timed
from flows.message import Line, line, message
from flows.state import Written
from flows.turn import Turn


class Note(Timed):
    """Ask the circle for its own note on a question: the lines it agrees to write down.

    Every message is a line of the note; its author can change it or take it back. Runda keeps the note together
    in one message, which later recaps link to. Seen by the circle; comes first in the circle's recap.
    """

    WORD: ClassVar[str] = "note"
    ROLE: ClassVar[Role] = "note"

    note: Slug
    of: Slug = Field(description="The step whose question it is a note on.")

    @property
    def question(self) -> str:
        return self.of

    def opens(self, turn: Turn) -> None:
        asks = Line(turn.own(self.id)), line("note.how")
        if turn.steered:
            turn.ask(message("question", *asks, line("note.next")))
        else:
            turn.ask(message("question", *asks))

    def hears(self, turn: Turn, event: Replied) -> None:
        super().hears(turn, event)
        if event.private:
            return
        turn.writes(Written(turn.state.step, 0, event.reply))
        turn.show_note(turn.state.step, anew=turn.state.part != "shared")
        turn.set(part="shared")
