"""What every kind of step has: its place in the file, and the moments in which it may act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from flows.effects import Role
from flows.events import Pressed, Published, Replied
from flows.state import Asked

if TYPE_CHECKING:
    from flows.turn import Turn

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
Minutes = Annotated[int, Field(ge=0, le=480)]


class Step(BaseModel):
    """One thing the bot does or asks.

    In the file, the first key of a step is the word of its kind and names the step: `ask: map-fits`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    #: The word of the kind, in a programme file.
    WORD: ClassVar[str]
    #: How a plain reply to it counts.
    ROLE: ClassVar[Role] = "answer"
    #: Its answers are verdicts: «2 no», «1 done».
    JUDGES: ClassVar[bool] = False
    #: It waits for people.
    WAITS: ClassVar[bool] = True
    #: The programme's catalogues have a text for it.
    TEXT: ClassVar[bool] = True

    minutes: Minutes = Field(0, description="The time box of a live meeting, in minutes.")

    @property
    def id(self) -> str:
        return str(getattr(self, self.WORD.replace("-", "_")))

    @property
    def role_otherwise(self) -> Role:
        """How words to it count that it did not take in itself: a finding or an action would be on nobody's list.

        As a thought that came afterwards they are in the circle's next recap.
        """
        return "reflection" if self.ROLE in ("finding", "action", "control") else self.ROLE

    def opens(self, turn: Turn) -> None:
        """The step begins. One that has nothing to do, or does not wait, sets `turn.over`."""
        raise NotImplementedError

    def boxed(self, turn: Turn, start: object) -> None:
        """Its question has been delivered, and its time box runs."""

    def hears(self, turn: Turn, event: Replied) -> None:
        """A reply to it, which is not a control. It must be kept."""
        turn.keep(event, self.ROLE)
        turn.answered(event)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        """A reply to it that came when the circle had moved on, or had finished. It must be kept."""
        turn.keep(event, self.role_otherwise, late=True, asked=asked)

    def pressed(self, turn: Turn, event: Pressed) -> bool:
        """A button of its own. False: not one of mine."""
        return False

    def pressed_late(self, turn: Turn, event: Pressed) -> bool:
        """A button of its own, when the circle had moved on. False: it is too late."""
        return False

    def moves_on(self, turn: Turn) -> None:
        """Someone said «next»."""
        turn.over = True

    def arrives(self, turn: Turn, event: Published) -> bool:
        """What another group released. False: not something I show."""
        return False

    def times(self, turn: Turn, name: str) -> None:
        """A deadline of its own has come."""

    def finding_added(self, turn: Turn) -> None:
        """A message marked itself as a finding, while the circle was at this step."""

    def taken_back(self, turn: Turn) -> None:
        """A reply is gone, or was no answer."""


class Timed(Step):
    """A step that people answer, within a time."""

    minutes: Minutes = Field(5, ge=1, description="The time box of a live meeting, in minutes.")
