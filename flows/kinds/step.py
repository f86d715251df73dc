"""What every kind of step has: its place in the file, and the moments in which it may act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from flows.answers import OPEN, Item
from flows.effects import Given, Role
from flows.events import Filled, Pressed, Published, Replied
from flows.message import Choice, Part, Text
from flows.state import Asked, State

if TYPE_CHECKING:
    from flows.programme import Route
    from flows.turn import Turn

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
#: A step before, or a field of one: «plan.goal».
Of = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)?$", max_length=121)]
#: What a catalogue must have (True) or may have (False) of a step: one text, or several by their keys.
Texts: TypeAlias = "bool | dict[str, Texts]"
Minutes = Annotated[int, Field(ge=0, le=480)]


class Step(BaseModel):
    """One thing the bot does or asks.

    In the file, the first key of a step is the word of its kind and names the step: `ask: map-fits`.
    """

    # What reads a kind is made when the first step of that kind is read: a programme has a few of them.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", populate_by_name=True)

    #: The word of the kind, in a programme file.
    WORD: ClassVar[str]
    #: How a plain reply to it counts.
    ROLE: ClassVar[Role] = "answer"
    #: Its answers are verdicts: «2 no», «1 done».
    JUDGES: ClassVar[bool] = False
    #: What is said to it may count as a number, as a vote does, and not as words.
    TALLIES: ClassVar[bool] = False
    #: It looks at the shape of what is written: how many sentences, whom it names.
    SHAPED: ClassVar[bool] = False
    #: It waits for people.
    WAITS: ClassVar[bool] = True
    #: The programme's catalogues have a text for it.
    TEXT: ClassVar[bool] = True
    #: What people are told of who sees what they fill in privately: a key of the bot's.
    SIGHT: ClassVar[str] = "sight.solo"
    #: Under what managers are told how many groups settled what at it: a key of the bot's; "": they are not told. Who
    #: settles something must have read `sight.settled` before.
    COUNTED: ClassVar[str] = ""

    minutes: Minutes = Field(0, description="The time box of a live meeting, in minutes.")

    @property
    def sight(self) -> Text:
        return Text(self.SIGHT)

    @property
    def id(self) -> str:
        return str(getattr(self, self.WORD.replace("-", "_")))

    @property
    def apart(self) -> bool:
        """Each is by themselves at it: it needs no group."""
        return not self.WAITS

    @property
    def question(self) -> str:
        """What people answer there, as a text of the round."""
        return self.id

    @property
    def role_otherwise(self) -> Role:
        """How words to it count that it did not take in itself: a finding or an action would be on nobody's list.

        As a thought that came afterwards they are in the circle's next recap.
        """
        return "reflection" if self.ROLE in ("finding", "action", "control") else self.ROLE

    def opens(self, turn: Turn) -> None:
        """The step begins. One that has nothing to do, or does not wait, sets `turn.over`."""
        raise NotImplementedError

    def asks_each(self, turn: Turn) -> tuple[Part, ...]:
        """What it asks of each alone, where it does (`apart`)."""
        return ()

    def boxed(self, turn: Turn, start: object) -> None:
        """Its question has been delivered, and its time box runs."""

    def hears(self, turn: Turn, event: Replied) -> None:
        """A reply to it, which is not a control. It must be kept."""
        turn.keep(event, self.ROLE)
        turn.answered(event)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        """A reply to it that came when the circle had moved on, or had finished. It must be kept."""
        turn.keep(event, self.role_otherwise, late=True, asked=asked)

    def confides(self, event: Replied) -> bool:
        """Whether these words are for Runda alone: in the thread they are not stored, and their author is told."""
        return False

    def sheet(self, route: Route, state: State, person: int) -> tuple[Item, ...]:
        """What a person may fill in privately now; empty: nothing. `flows.answers` tells how."""
        return ()

    def place(self, part: int) -> str:
        """Where a reply to a part of it (from 0) is filed: its own name, or «step.field»."""
        return self.id

    def topics(self) -> tuple[str, ...]:
        """Under what the circle's recap tells what was said. A kind is quoted only if it says so here."""
        return ()

    def columns(self) -> tuple[tuple[str, ...], ...]:
        """Of what is written to it as rows of a table: what each column is called, as texts of its own."""
        return ()

    def settles(self, route: Route, state: State, at: int) -> tuple[str, ...]:
        """What the circle has settled at it, as texts of the round: for managers, counted over groups."""
        return ()

    def gives(self, route: Route, state: State, at: int) -> tuple[Given, ...]:
        """What it hands on to everyone when the circle is done; `at`: where in the round it stands, from 0."""
        return ()

    def span(self, turn: Turn) -> timedelta:
        """The time box of what it asks now, in a meeting."""
        return timedelta(minutes=self.minutes)

    def breaks_off(self, turn: Turn) -> None:
        """The sitting is ended in the middle of it; nothing more can be asked."""

    def closes(self, turn: Turn) -> None:
        """The step is over; unless it has more to ask, and takes `turn.over` back."""

    def filled(self, turn: Turn, event: Filled, asked: Asked) -> None:
        """What was filled in, perhaps after the circle had moved on. All of it must be kept."""
        raise NotImplementedError

    @staticmethod
    def privately() -> tuple[Choice, ...]:
        """The tool that opens the sheet."""
        return (Choice(OPEN, Text("choice.open.answer")),)

    @classmethod
    def texts(cls, raw: Mapping[str, Any]) -> Texts:  # noqa: ARG003 (of a kind that needs it)
        """What a programme's catalogues have of the step, which may be faulty: `raw` is as it stands in the file."""
        return cls.TEXT

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

    def recalls(self, turn: Turn, said: Replied) -> bool:
        """What it counts by this message is taken back. False: nothing is, since its author has said something else."""
        return False

    def finding_added(self, turn: Turn) -> None:
        """A message marked itself as a finding, while the circle was at this step."""

    def taken_back(self, turn: Turn) -> None:
        """A reply is gone, or was no answer."""


class Timed(Step):
    """A step that people answer, within a time."""

    minutes: Minutes = Field(5, ge=1, description="The time box of a live meeting, in minutes.")
