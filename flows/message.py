"""What the bot says, before any language and any platform.

A message is keys and references, never words: `Text` names an entry of a catalogue, `Quote` and its kin name
rows that hold what people wrote. Words are looked up when the message is sent, which gives three things for
nothing: a person's own language wins, a correction shows in what was already posted, and erasing a reply
leaves no copy behind in a queue.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

#: What a message is, and with that its turn when a place may not be sent all that waits (design.md section 6).
Sort = Literal["question", "answer", "recap", "status", "receipt"]
PRECEDENCE: dict[Sort, int] = {"question": 0, "answer": 1, "recap": 2, "status": 3, "receipt": 4}


#: Where nobody can know whether a message arrived, these are sent again: two are better than none.
RATHER_TWICE: frozenset[Sort] = frozenset({"question", "answer", "recap"})


class Moment(Struct, frozen=True, tag="moment"):
    """A point in time, shown in the series' zone and the reader's language."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a moment needs a time zone: pass an aware datetime")


class Quote(Struct, frozen=True, tag="quote"):
    """The words of one reply, by its id."""

    reply: int


class Answer(Struct, frozen=True, tag="answer"):
    """One answer that was written in several messages: their words, in this order, as one quotation."""

    replies: tuple[int, ...]


class Notes(Struct, frozen=True, tag="notes"):
    """All that this session's circle wrote down at one step."""

    step: str


class Solo(Struct, frozen=True, tag="solo"):
    """One person's own notes at one step; only ever sent to that person."""

    step: str
    person: int


class Finding(Struct, frozen=True, tag="finding"):
    """The words of a finding: as reworded at the release, otherwise as written."""

    reply: int
    #: Shown outside its circle: gone from there if the circle does not let it out any more.
    outside: bool = False


class Action(Struct, frozen=True, tag="action", omit_defaults=True):
    """An action with its state, by the reply that named it."""

    reply: int
    #: The state that it is told in; empty: that which it has when it is told.
    state: str = ""


class Theme(Struct, frozen=True, tag="theme", omit_defaults=True):
    """What findings of several groups have in common, as one line that names them by their numbers.

    Headed by the words that recur in them, looked up when it is said, or by a coordinator's own words.
    """

    replies: tuple[int, ...]
    #: For each of these, the number that managers know it by, and which of the groups it is from.
    numbers: tuple[int, ...]
    sides: tuple[int, ...]
    #: Groups that have released anything.
    of: int
    #: Somebody has put it together: it stands even where no word recurs.
    placed: bool = False


class Numbers(Struct, frozen=True, tag="numbers"):
    """The numbers of lines, as a list in words."""

    of: tuple[int, ...]


class Response(Struct, frozen=True, tag="response"):
    """What a manager answered a group, by its id, with the finding that it is about."""

    id: int
    reply: int


class Feedback(Struct, frozen=True, tag="feedback"):
    """What was written about an idea, by the number of its news: nothing where nothing was, or not any more."""

    news: int


class Name(Struct, frozen=True, tag="name"):
    """What a person, a circle or a unit is called where they are."""

    of: Literal["person", "circle", "unit"]
    id: int


class Text(Struct, frozen=True, tag="text"):
    """An entry of a catalogue: `programme:...` is the programme's own, anything else is the bot's."""

    key: str
    params: dict[str, Param] = {}


Param: TypeAlias = int | Moment | Numbers | Quote | Answer | Finding | Name | Text
Content: TypeAlias = Text | Quote | Answer | Notes | Solo | Finding | Action | Theme | Response | Feedback


class Line(Struct, frozen=True, tag="line"):
    """A paragraph."""

    content: Content


class Heading(Struct, frozen=True, tag="heading"):
    text: Text
    #: In a recap: the step whose note stands in a message of ours, which is linked where the platform can.
    note: str | None = None


class Points(Struct, frozen=True, tag="points", omit_defaults=True):
    """A list, numbered where people answer by number.

    `numbers`, one for each item, are for a list that has lost a line: the others keep the number that they had.
    `columns`: what people wrote is a table, a row for each item, and these are what its columns are called.
    """

    items: tuple[Content, ...]
    numbered: bool = False
    numbers: tuple[int, ...] = ()
    columns: tuple[Text, ...] = ()


class Levels(Struct, frozen=True, tag="levels"):
    """How scores are spread, item by item, by the rules in `flows.levels`.

    `replies` hold the scores: when one of them is gone, nothing is shown. `before`: those of an earlier time.
    """

    step: str
    items: tuple[Text, ...]
    #: What each item is called among the scores.
    names: tuple[str, ...]
    replies: tuple[int, ...]
    reversed: tuple[str, ...] = ()
    before: tuple[int, ...] = ()
    #: The earlier time is the first of several, and not the one before.
    first: bool = False
    #: Those of `replies` that leaders gave: shown beside the others', and nothing for all together.
    leaders: tuple[int, ...] = ()


class Picture(Struct, frozen=True, tag="picture"):
    """A picture of the programme; its text alternative always goes with it."""

    id: str


class Recap(Struct, frozen=True, tag="recap"):
    """A stored recap, by its id; expanded when sent, so that a late correction is in it."""

    id: int
    #: As much as one screen holds; the whole stands on a page.
    short: bool = False


class Page(Struct, frozen=True, tag="page"):
    """A page of the house's own, by its name, as it stands when it is sent; only ever sent to one person alone."""

    name: str


Part: TypeAlias = Line | Heading | Points | Levels | Picture | Recap | Page


class Choice(Struct, frozen=True):
    """A button. `press` comes back in `Pressed`; every choice can also be written.

    A press that begins with «open:» comes back as nothing: it opens what is filled in privately (`flows.answers`).
    """

    press: str
    text: Text


class Message(Struct, frozen=True):
    """One thing said in one place."""

    sort: Sort
    parts: tuple[Part, ...]
    choices: tuple[Choice, ...] = ()
    #: The bot's reply is hung on this reply of a person (a receipt), where the platform can.
    about: int | None = None
    #: Buttons for whoever wants them, shown where a platform has room: everybody can do without.
    tools: tuple[Choice, ...] = ()


def text(key: str, **params: Param) -> Text:
    return Text(key, params)


def line(key: str, **params: Param) -> Line:
    return Line(Text(key, params))


def programme(*path: str | int) -> Text:
    """A text of the programme itself: programme("rounds", "status", "title")."""
    return Text("programme:" + ".".join(str(part) for part in path))


def message(
    sort: Sort,
    *parts: Part,
    choices: tuple[Choice, ...] = (),
    about: int | None = None,
    tools: tuple[Choice, ...] = (),
) -> Message:
    return Message(sort, parts, choices, about, tools)


def choices(*presses: str, under: int | None = None) -> tuple[Choice, ...]:
    """Buttons whose texts stand under `choice.` in the bot's catalogue.

    `under`: the prompt that they are about, where the message is not that prompt itself.
    """
    number = f":{under}" if under is not None else ""
    return tuple(Choice(press + number, Text(f"choice.{press}")) for press in presses)
