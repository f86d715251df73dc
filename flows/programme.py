"""A programme: what is to be gone through, as data.

This is the shape of a programme file (`programme.yaml`); `flows.check` finds what is wrong with one and says
where. Texts stand apart, in a catalogue per language, so that a translator never meets the structure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from flows.kinds import BY_WORD
from flows.kinds.scale import Scale
from flows.kinds.step import Minutes, Slug, Step

Language = Literal["nb", "nn", "sv", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def _step(value: Any) -> Any:
    """Read a step by its first key, the word of its kind."""
    if isinstance(value, Step):
        return value
    kind = BY_WORD.get(next(iter(value), "")) if isinstance(value, dict) else None
    if kind is None:
        raise ValueError("unknown kind")
    return kind.model_validate(value)


def _written(step: Step) -> dict[str, Any]:
    """A step as it stands in a file: the word of its kind first, and nothing left to a usual value."""
    return {step.WORD: step.id, **step.model_dump(mode="json", by_alias=True)}


AnyStep = Annotated[Step, BeforeValidator(_step), PlainSerializer(_written)]


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Source(_Part):
    """Where the programme comes from; named to those who run it."""

    name: str
    url: str | None = None


class GroupSize(_Part):
    low: int = Field(4, alias="from", ge=1)
    high: int = Field(6, alias="to", ge=1)


class PictureFile(_Part):
    """A picture beside the programme file, with so many numbered points."""

    file: str
    points: int = Field(0, ge=0, le=99)


class Form(_Part):
    """A way to time the programme: minutes of a sitting, a plenum or none, the breaks of a one-day form."""

    minutes: Minutes
    plenum: bool = Field(default=False, strict=True)
    breaks: tuple[Minutes, ...] = ()

    def pause_after(self, number: int) -> int:
        """Minutes of break after sitting `number`, counted from 1."""
        return self.breaks[number - 1] if number <= len(self.breaks) else 0


class Round(_Part):
    round: Slug
    #: People are asked whether they come to its session, and only those who do are reminded of it.
    signup: bool = Field(default=False, strict=True)
    steps: tuple[AnyStep, ...] = Field(min_length=1)
    plenum: tuple[AnyStep, ...] = ()

    @property
    def prework(self) -> bool:
        """Each answers all of it privately, so that it can be held before there are groups."""
        return all(step.apart for step in self.steps)


class Programme(_Part):
    """The structure of a programme file."""

    programme: Slug
    version: int = Field(1, ge=1)
    source: Source | None = None
    languages: tuple[Language, ...] = Field(min_length=1)
    group: GroupSize = GroupSize.model_validate({})
    pictures: dict[Slug, PictureFile] = {}
    forms: dict[Slug, Form] = {}
    #: Its managers are also told how many ideas the organisation has, by status and age.
    ideas: bool = Field(default=False, strict=True)
    #: And how many people came from each unit, such as a municipality.
    units: bool = Field(default=False, strict=True)
    rounds: tuple[Round, ...] = Field(min_length=1)
    #: Texts may stand in the same file, by language, instead of beside it.
    texts: dict[Language, dict[str, Any]] = {}

    def lacks_groups(self, number: int, *, undivided: bool) -> bool:
        """The people of session `number`, from 1, are to be divided first: what each answers alone is held before."""
        return undivided and not self.rounds[number - 1].prework

    def form(self, name: str | None) -> Form:
        """The form of that name, or the first, or the sum of the longest round's minutes.

        Raises KeyError on an unknown name.
        """
        if name:
            return self.forms[name]
        longest = max(sum(step.minutes for step in each.steps) for each in self.rounds)
        return next(iter(self.forms.values()), Form(minutes=longest))

    @property
    def gap(self) -> bool:
        """It shows what leaders answer and what the others do side by side."""
        steps = (step for each in self.rounds for step in each.steps)
        return any(isinstance(step, Scale) and step.gap for step in steps)

    def route(self, number: int, *, everyone: bool = False) -> Route:
        """The way of one circle through round `number` (from 1): a group's, or everyone's."""
        each = self.rounds[number - 1]
        points = {name: picture.points for name, picture in self.pictures.items()}
        scales = {step.id: step for step in (*each.steps, *each.plenum) if isinstance(step, Scale)}
        steps = each.plenum if everyone else each.steps
        return Route(each.round, steps, points, scales, self.units)


@dataclass(frozen=True)
class Route:
    """The steps that one circle goes through in one round."""

    round: str
    steps: tuple[Step, ...]
    pictures: dict[str, int] = field(default_factory=dict)
    #: The scales of the whole round, the groups' and everyone's: what one asks another may show.
    scales: dict[str, Scale] = field(default_factory=dict)
    #: Managers are told how many came from each unit; people are told so first.
    units: bool = False

    @cached_property
    def shaped(self) -> bool:
        """One of its steps looks at the shape of what is written."""
        return any(each.SHAPED for each in self.steps)

    def points(self, picture: str) -> int:
        return self.pictures.get(picture, 0)

    def point(self, number: int, step: int) -> str | None:
        """The picture that people mean at this step (from 0) by a point of that number, if one has such a point.

        The last that was shown; where none was, the first of the programme.
        """
        shown = [each.id for each in reversed(self.steps[: step + 1]) if each.WORD == "picture"]
        return next((name for name in (*shown, *self.pictures) if 0 < number <= self.points(name)), None)

    def minutes_from(self, step: int) -> int:
        """Minutes set aside for the steps from this one (from 0) to the end."""
        return sum(each.minutes for each in self.steps[step:])

    def question(self, step: int) -> tuple[int, int]:
        """Which question this step is at, or the one before it, from 1; and how many there are."""
        asks = [index for index, each in enumerate(self.steps) if each.WORD == "ask"]
        return max(sum(index <= step for index in asks), 1), len(asks)

    def note_of(self, step: int) -> int:
        """The step (from 0) at which the note on what is asked at this one is written; this one if there is none."""
        own = self.steps[step].id
        return next((at for at, each in enumerate(self.steps) if getattr(each, "of", None) == own
                     and each.WORD == "note"), step)  # fmt: skip

    def waits_before(self, step: int) -> int | None:
        """The nearest step before this one that waits for people."""
        return next((index for index in reversed(range(step)) if self.steps[index].WAITS), None)
