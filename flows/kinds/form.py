"""Several things asked one after the other: a plan, a card, a pitch, what each thinks before the meeting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from flows.answers import Item, Option
from flows.effects import Given, Keep, Role
from flows.events import Filled, Replied
from flows.kinds.step import Slug, Texts, Timed
from flows.message import Heading, Line, Part, Points, Quote, Text, line, message, programme
from flows.reading import Count, Digits, Rewording
from flows.state import Asked, Written
from flows.turn import Turn

if TYPE_CHECKING:
    from flows.programme import Route
    from flows.state import State


class Blank(BaseModel):
    """One thing that a form asks."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", populate_by_name=True)

    field: Slug
    of: Slug | None = Field(None, description="Answered by choosing among what was written in this field.")
    given: Slug | None = Field(
        None, alias="if", description="Asked only where something was written in this field."
    )


def _blank(value: Any) -> Any:
    return {"field": value} if isinstance(value, str) else value


class Form(Timed):
    """Ask several things, one at a time: each field is a question, and what is written there is kept together.

    A field may offer what was written in an earlier one (`of`), or be asked only where something was (`if`). With
    `alone` each fills it in privately, and only its author sees it; with `share` what is written is shown to the
    other groups, and people are told so. «2: …» belongs to field 2, whichever is asked. With `rows` the fields are
    the columns of a table: all are asked at once, and each message is a row, with a dash between its fields. Comes in
    the circle's recap, field by field or as a table, unless it was filled in alone.
    """

    WORD: ClassVar[str] = "form"
    ROLE: ClassVar[Role] = "note"

    form: Slug
    fields: tuple[Annotated[Blank, BeforeValidator(_blank)], ...] = Field(
        min_length=1, max_length=12, description="Names, or {field: name, of: earlier, if: earlier}."
    )
    alone: bool = Field(default=False, strict=True, description="Each fills it in privately.")
    share: bool = Field(
        default=False, strict=True, description="Shown to the other groups when the group is done."
    )
    rows: bool = Field(default=False, strict=True, description="A table: each message is a row.")

    @property
    def apart(self) -> bool:
        return self.alone

    @property
    def sight(self) -> Text:
        return Text("sight.handed") if self.share else super().sight

    @property
    def question(self) -> str:
        return f"{self.id}.ask"

    # -- asking

    def asks_each(self, turn: Turn) -> tuple[Part, ...]:
        if not self.alone:
            return ()
        return Line(turn.own(self.id, "ask")), line("fields.alone"), Line(self.sight)

    def opens(self, turn: Turn) -> None:
        if self.rows:
            named = Points(tuple(turn.own(self.id, *one) for one in self.columns()))
            rows = (Line(turn.own(self.id, "ask")), line("fields.rows"), named)
            turn.ask(message("question", *rows, *self._shared()))
        elif self.alone:
            turn.ask_each()
        elif turn.live:
            self._ask(turn, 0)
        else:
            fields = Points(tuple(turn.own(self.id, each.field) for each in self.fields), numbered=True)
            asks = (Line(turn.own(self.id, "ask")), fields, line("fields.numbers"))
            turn.ask(message("question", *asks, *self._shared()))

    def _ask(self, turn: Turn, part: int) -> None:
        """The next field from this one (from 0) that is asked here; the step is over where there is none."""
        at = turn.state.step
        left = (n for n in range(part, len(self.fields)) if self._is_asked(turn.state, at, n, None))
        n = next(left, None)
        if n is None:
            turn.over = True
            return
        first: list[Part] = [] if part else [Line(turn.own(self.id, "ask")), *self._shared()]
        of = len(self.fields)
        count = [line("fields.count", n=n + 1, of=of)] if of > 1 else []
        asked = Line(turn.own(self.id, self.fields[n].field))
        turn.ask(message("question", *first, *count, asked, *self._offered(turn, n)), "", n)

    def _shared(self) -> list[Part]:
        return [Line(self.sight)] if self.share else []

    def _offered(self, turn: Turn, part: int) -> list[Part]:
        lines = self._source(turn.state, turn.state.step, part, None)
        return [Points(tuple(map(Quote, lines)), numbered=True), line("fields.choose")] if lines else []

    def _part(self, field: str | None) -> int:
        return next((n for n, each in enumerate(self.fields) if each.field == field), -1)

    def _source(self, state: State, at: int, part: int, person: int | None) -> tuple[int, ...]:
        """What a field offers to choose among."""
        of = self.fields[part].of
        return _lines(state, at, self._part(of), person) if of else ()

    def _is_asked(self, state: State, at: int, part: int, person: int | None) -> bool:
        needs = (each for each in (self.fields[part].of, self.fields[part].given) if each)
        return all(_lines(state, at, self._part(each), person) for each in needs)

    # -- hearing

    def place(self, part: int) -> str:
        return f"{self.id}.{'ask' if self.rows else self.fields[part].field}"

    def columns(self) -> tuple[tuple[str, ...], ...]:
        return tuple((each.field,) for each in self.fields) if self.rows else ()

    def hears(self, turn: Turn, event: Replied) -> None:
        if event.private or self.alone:
            turn.keep(event, "answer")
            self._said_aloud(turn, event)
            return
        asked = turn.state.prompt
        if asked is not None:
            self._takes(turn, event, asked, late=False)
        turn.answered(event)

    def hears_late(self, turn: Turn, event: Replied, asked: Asked) -> None:
        if event.private or self.alone:
            turn.keep(event, "answer", late=True, asked=asked)
            if asked == turn.state.prompt:
                self._said_aloud(turn, event)
        else:
            self._takes(turn, event, asked, late=True)
            turn.receipt(event)

    def _said_aloud(self, turn: Turn, event: Replied) -> None:
        """It is shown nowhere else, since each fills it in alone: who wrote it is told so, once."""
        if not event.private and event.person not in turn.state.solos:
            turn.set(solos=(*turn.state.solos, event.person))
            turn.say(message("answer", line("fields.aloud")), "person", person=event.person)

    def _takes(self, turn: Turn, event: Replied, asked: Asked, *, late: bool) -> None:
        part, reading = asked.part, event.reading
        if not self.rows and isinstance(reading, Rewording) and 0 < reading.number <= len(self.fields):
            part = reading.number - 1
        numbers = (
            reading.numbers
            if isinstance(reading, Digits)
            else (reading.number,)
            if isinstance(reading, Count)
            else ()
        )
        offered = self._source(turn.state, asked.step, part, None)
        chosen = tuple(offered[n - 1] for n in numbers if 0 < n <= len(offered))
        for reply in chosen or (event.reply,):
            turn.writes(Written(asked.step, part, reply))
        role: Role = "control" if chosen else "note"
        turn.effects.append(Keep(event.reply, role, asked.prompt, self.place(part), late))
        self._show(turn, asked.step)

    def _show(self, turn: Turn, at: int) -> None:
        """All that has been written stands in one message."""
        columns = tuple(turn.own(self.id, *one) for one in self.columns())
        shown: list[Part] = [line("note.noted")]
        for part, each in enumerate(self.fields):
            if lines := turn.lines(at, part):
                head = () if self.rows else (Heading(turn.own(self.id, each.field)),)
                shown += [*head, Points(tuple(map(Quote, lines)), columns=columns)]
        slot, said = f"note:{self.id}", message("answer", *shown)
        if at in turn.state.noted:
            turn.update(slot, said)
        else:
            turn.set(noted=(*turn.state.noted, at))
            turn.say(said, slot=slot)

    # -- privately

    def sheet(self, route: Route, state: State, person: int) -> tuple[Item, ...]:
        if not self.alone:
            return ()
        at = route.steps.index(self)
        parts = (n for n in range(len(self.fields)) if self._is_asked(state, at, n, person))
        return tuple(self._item(route, state, at, n, person) for n in parts)

    def _item(self, route: Route, state: State, at: int, part: int, person: int) -> Item:
        name = self.fields[part].field
        text = programme("rounds", route.round, self.id, name)
        lines = self._source(state, at, part, person)
        if not lines:
            return Item(name=name, sort="text", text=text, many=True)
        options = tuple(Option(str(one), Text("plain", {"text": Quote(one)})) for one in lines)
        return Item(name=name, sort="choices", text=text, options=options)

    def filled(self, turn: Turn, event: Filled, asked: Asked) -> None:
        """What comes late is kept, and counts as long as nobody has been shown what was written."""
        late = asked.step != turn.state.step or not turn.going_on
        for field, replies in event.words.items():
            place = self.place(max(self._part(field), 0))
            # What is handed on is no longer somebody's own, and was not written as such.
            role: Role = "answer" if self.share else "solo"
            turn.effects += [Keep(reply, role, asked.prompt, place, late) for reply in replies]
        if turn.state.phase != "finished":
            for field, replies in (*event.words.items(), *event.picked.items()):
                self._writes(turn, asked.step, field, replies, event.person)
        if not late:
            turn.counts(event.person)

    def _writes(self, turn: Turn, at: int, field: str, replies: tuple[int, ...], person: int) -> None:
        part = self._part(field)
        known = set(_lines(turn.state, at, self._part(self.fields[part].of), person)) if part >= 0 else set()
        for reply in replies:
            if part >= 0 and (not self.fields[part].of or reply in known):
                turn.writes(Written(at, part, reply, person))

    # -- moving on

    def span(self, turn: Turn) -> timedelta:
        """In a meeting each field has its part of the time."""
        return timedelta(minutes=self.minutes) / (1 if self.alone or self.rows else len(self.fields))

    def closes(self, turn: Turn) -> None:
        asked = turn.state.prompt
        here = asked is not None and asked.step == turn.state.step
        if (
            self.alone
            or self.rows
            or not turn.live
            or not here
            or asked is None
            or asked.part + 1 >= len(self.fields)
        ):
            return
        turn.over = False
        turn.drop("box", "warning", "settle", "undelivered")
        self._ask(turn, asked.part + 1)

    # -- handing on

    def topics(self) -> tuple[str, ...]:
        places = (self.place(part) for part in range(len(self.fields)))
        return () if self.alone else tuple(dict.fromkeys(places))

    def gives(self, route: Route, state: State, at: int) -> tuple[Given, ...]:
        if not self.share:
            return ()
        parts = ((n, _lines(state, at, n, None, anyone=True)) for n in range(len(self.fields)))
        return tuple(Given(self.place(n), lines) for n, lines in parts if lines)

    @classmethod
    def texts(cls, raw: Mapping[str, Any]) -> Texts:
        listed = raw.get("fields")
        named = (each.get("field") if isinstance(each, dict) else each for each in listed or ()) \
            if isinstance(listed, list) else ()  # fmt: skip
        return {"ask": True, **{name: True for name in named if isinstance(name, str)}}


class Pitch(Form):
    """Present something to the others, field by field: what is written is shown to the other groups.

    Like `form` with `share`, in everything else too.
    """

    WORD: ClassVar[str] = "pitch"

    form: Slug = Field("pitch", exclude=True)
    pitch: Slug
    share: bool = Field(
        default=True, strict=True, description="Shown to the other groups when the group is done."
    )


def _lines(state: State, at: int, part: int, person: int | None, *, anyone: bool = False) -> tuple[int, ...]:
    found = (one for one in state.written if one.step == at and one.part == part)
    return tuple(dict.fromkeys(one.reply for one in found if anyone or one.person == person))
