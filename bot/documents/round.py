"""What a round asks a group, in the order in which it asks: for the room's screen, and on paper.

Texts are the programme's own, in the language of the series. What only the chat can do (showing last time's recap,
asking what became of actions, counting scores) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from bot.series.office import Office
from bot.shelf import Shelf
from flows.kinds.step import Step
from flows.language import Catalogue
from flows.programme import Programme
from storage import tables as t
from storage.unit import Unit

#: What people answer.
ASKED = (
    "ask", "scale", "choose", "decide", "level", "form", "pitch", "sentence", "finding", "action", "wait",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that a round asks. `points`: what there is to score, to choose among, or to fill in."""

    kind: str
    name: str
    words: str
    minutes: int
    alone: int = 0
    points: tuple[str, ...] = ()
    #: Of a scale: its ends, each number with its label.
    ends: tuple[tuple[int, str], ...] = ()
    #: What the group writes down about it afterwards.
    note: str = ""
    #: How many findings may be put forward.
    most: int = 1
    #: The group is asked whether others may see it.
    released: bool = False
    #: It is answered by each in private.
    private: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the programme, as it is shown: `file` is SVG or PNG; `points`: label and help of each."""

    title: str
    alt: str
    file: bytes
    points: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a series, in its language. `heading`: «Session 1 of 3: …»."""

    series: str
    language: str
    number: int
    heading: str
    title: str
    welcome: str
    shown: tuple[Question | Picture, ...]
    texts: Catalogue

    @property
    def questions(self) -> Iterator[Question]:
        return (each for each in self.shown if isinstance(each, Question))


def round_of(office: Office, unit: Unit, shelf: Shelf, number: int) -> Round:
    """The round as it is, or would be, held: with the content that it was opened with. Raises SeriesProblem."""
    meeting, series = office.meeting(number), office.series
    content = meeting.content_id or series.content_id
    o = t.organisations.c
    place = office.all(select(o.name).where(o.id == series.organisation_id))[0].name
    return _Reader(unit, shelf, content, series, number, place).read()


class _Reader:
    def __init__(self, unit: Unit, shelf: Shelf, content: str, series: Any, number: int, place: str) -> None:
        self.unit, self.shelf, self.content, self.series, self.number = unit, shelf, content, series, number
        #: What programmes call the place that they are held in.
        self.place = place
        self.programme: Programme = shelf.programme(unit, content)
        self.texts = shelf.programme_texts(unit, content, series.language, series.zone)
        self.bot = shelf.catalogue(series.language, series.zone)
        self.round = self.programme.rounds[number - 1]
        self.key = f"rounds.{self.round.round}"

    def read(self) -> Round:
        title, of = self._say(f"{self.key}.title"), len(self.programme.rounds)
        said = [self._own(step) for step in self.round.steps if step.WORD == "say"]
        return Round(
            self.series.title, self.texts.language, self.number,
            self.bot.say("meeting.title", number=self.number, of=of, title=title), title, "\n".join(said),
            tuple(self._shown()), self.bot,
        )  # fmt: skip

    def _shown(self) -> Iterator[Question | Picture]:
        steps = self.round.steps
        notes = {getattr(each, "of", None): each for each in steps if each.WORD == "note"}
        released = {getattr(each, "of", None) for each in steps if each.WORD == "release"}
        for step in steps:
            if step.WORD == "picture":
                yield self._picture(step.id)
            elif step.WORD in ASKED:
                asked = replace(self._question(step), released=step.id in released)
                note = notes.get(step.id)
                yield replace(asked, note=self._own(note)) if note is not None else asked

    def _question(self, step: Step) -> Question:
        ends = ((step.low, "low"), (step.high, "high")) if step.WORD == "scale" else ()  # type: ignore[attr-defined]
        return Question(
            step.WORD, step.id, self._own(step), step.minutes, alone=_number(step, "alone"),
            points=tuple(self._points(step)), ends=tuple((n, self._own(step, end)) for n, end in ends),
            most=getattr(step, "most", 1), private=step.WORD == "scale" or getattr(step, "alone", None) is True,
        )  # fmt: skip

    def _say(self, key: str) -> str:
        return self.texts.say(key, place=self.place)

    def _own(self, step: Step, *under: str) -> str:
        """A text of the step. Of one that has several, the question itself is called `ask`."""
        key = ".".join((self.key, step.id, *under))
        return self._say(key if key in self.texts else f"{key}.ask")

    def _points(self, step: Step) -> Iterator[str]:
        if step.WORD == "scale":
            yield from (self._own(step, "items", each) for each in step.items)  # type: ignore[attr-defined]
        elif step.WORD == "level":
            scale = next(each for every in self.programme.rounds for each in every.steps
                         if each.WORD == "scale" and each.id == step.of)  # type: ignore[attr-defined]  # fmt: skip
            yield from self._points(scale)
        else:
            named = getattr(step, "options", None) or [each.field for each in getattr(step, "fields", ())]
            yield from (self._own(step, each) for each in named)

    def _picture(self, name: str) -> Picture:
        key, points = f"pictures.{name}", range(1, self.programme.pictures[name].points + 1)
        says = [(f"{key}.points.{n}.label", f"{key}.points.{n}.help") for n in points]
        told = tuple(tuple(self._say(one) if one in self.texts else "" for one in pair) for pair in says)
        file = self.shelf.picture(self.unit, self.content, name, self.texts.language)
        return Picture(
            self._say(f"{key}.title"), self._say(f"{key}.alt"), file, told  # type: ignore[arg-type]
        )  # fmt: skip


def _number(step: Step, name: str) -> int:
    found = getattr(step, name, 0)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
