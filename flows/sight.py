"""Who sees what: one table, through which every read goes.

A row is a datum, a column somebody who might want to see it, a cell «yes», «no», or the one condition under
which it is yes. Nothing is seen unless a cell says so: a row names only those who may. Whoever has several
parts to play sees what any of them sees, so roles that overlap are named when they are given out.

docs/who-sees-what.md (`page`) is made from the same rows, and so is the list for one datum (`sentence`), which no
platform shows yet. What a group is told when its meeting opens (`meeting.privacy`) is written by hand, and
tests/flows/test_sight.py holds each of its sentences to the cells it rests on, and so for `meeting.units`.

What is ugly: a person who runs the machine can open the database. The table says what Runda shows them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, get_args

from msgspec import Struct

from flows.effects import Role
from flows.message import Part, Points, Text, line, text

#: `author`: whose words, scores or acts they are. `series`: everybody who takes part in it. `other`: another
#: organisation; its people who are guests in a circle are `circle` and `series` there, and nothing else.
Viewer = Literal["author", "circle", "series", "coordinator", "manager", "operator", "other"]
Datum = Literal[
    "reply", "solo", "score", "levels", "vote", "answered", "finding", "released", "action", "settled", "chosen",
    "pairs", "response", "group-recap", "manager-draft", "manager-recap", "audit", "profile", "draft", "idea",
]  # fmt: skip
Condition = Literal[
    "quoted",
    "holding",
    "five-in-circle",
    "five-in-series",
    "approved",
    "on-request",
    "logged",
    "named",
    "unnamed",
    "by-age",
    "from-five",
    "nameless",
]
Cell = Literal["yes", "no"] | Condition

VIEWERS: tuple[Viewer, ...] = get_args(Viewer)
DATA: tuple[Datum, ...] = get_args(Datum)


class Row(Struct, frozen=True, kw_only=True):
    """One datum: what it is, why it is seen as it is, and by whom."""

    what: str
    why: str
    author: Cell = "no"
    circle: Cell = "no"
    series: Cell = "no"
    coordinator: Cell = "no"
    manager: Cell = "no"
    operator: Cell = "no"
    other: Cell = "no"

    def cell(self, viewer: Viewer) -> Cell:
        found: Cell = getattr(self, viewer)
        return found


_NAMES: dict[Viewer, str] = {
    "author": "the author",
    "circle": "the circle",
    "series": "everyone in the series",
    "coordinator": "the coordinator",
    "manager": "managers",
    "operator": "the operator",
    "other": "other organisations",
}

CONDITIONS: dict[Condition, str] = {
    "quoted": "only what the group's recap quotes",
    "holding": "to hold or correct it before it goes out",
    "five-in-circle": "from five answers in the group up, and not when all gave the same",
    "five-in-series": "for the series as a whole, from five answers up, and not when all gave the same; where the "
    "programme asks for it, the leaders' groups and the others side by side, from five of each up",
    "approved": "in a recap that a coordinator has approved, without names",
    "on-request": "when the person it is about asks for it or wants it erased",
    "logged": "at the command line, in a coordinator's stead or for the archive, and the log tells that they did",
    "named": "the rows in which they are named",
    "unnamed": "without the name, to assess it, for those who are appointed to that",
    "by-age": "how many there are, by status and age",
    "nameless": "when the group meets next, without the name",
    "from-five": "only counted, from five groups or five people up",
}

TABLE: dict[Datum, Row] = {
    "reply": Row(
        what="what is said in the circle: answers, notes, thoughts since last time",
        why="people speak freely to their group; the coordinator needs the recap, not who said what",
        author="yes", circle="yes", coordinator="quoted", operator="on-request",
    ),
    "solo": Row(
        what="what a person writes to Runda alone, while thinking",
        why="thinking alone is worth nothing if somebody reads along",
        author="yes", operator="on-request",
    ),
    "score": Row(
        what="one person's own score",
        why="nobody shall be held to a number they gave",
        author="yes", operator="on-request",
    ),
    "levels": Row(
        what="how the scores are spread",
        why="below five, or where all are alike, it tells what each one answered",
        author="five-in-circle", circle="five-in-circle", series="five-in-series",
        coordinator="five-in-series", manager="five-in-series",
    ),
    "vote": Row(
        what="what one person has cast in a vote that goes on; when it is over, only the counts are kept",
        why="what counts is what was chosen, and not by whom",
        author="yes", operator="on-request",
    ),
    "answered": Row(
        what="who has answered, and who has not",
        why="taking part is voluntary; Runda reminds people itself, in private, so nobody needs the list",
        author="yes", operator="on-request",
    ),
    "finding": Row(
        what="a finding that the group has not released",
        why="put forward is not given out: the group decides that when it releases it",
        author="yes", circle="yes", coordinator="quoted", operator="on-request",
    ),
    "released": Row(
        what="a finding that the group has released",
        why="the group said yes; for managers it waits until a coordinator has approved the recap",
        author="yes", circle="yes", series="yes", coordinator="yes", manager="approved",
        operator="on-request",
    ),
    "action": Row(
        what="an action: who does what by when",
        why="it names people, and who has not done it; outside the group it is only counted",
        author="yes", circle="yes", coordinator="quoted", operator="on-request",
    ),
    "settled": Row(
        what="what a group settles by itself: the levels it agrees on, what it decides",
        why="managers shall know how groups stand, and of no group where it stands, unless all stand alike",
        author="yes", circle="yes", coordinator="quoted", manager="from-five", operator="on-request",
    ),
    "chosen": Row(
        what="what everyone chooses and decides together, among what the programme names",
        why="all were there; managers are told it as everyone's, in a recap that waits for approval",
        author="yes", circle="yes", series="yes", coordinator="yes", manager="approved", operator="on-request",
    ),
    "pairs": Row(
        what="who is drawn to meet whom, one to one",
        why="everyone hears the draw, so that those who were drawn find each other; others need the number only",
        author="yes", circle="yes", series="yes", coordinator="from-five", manager="from-five",
        operator="on-request",
    ),
    "response": Row(
        what="what a manager answers a group on a finding that it released",
        why="the group has put work into it, and is answered as a group; other managers speak for themselves",
        author="yes", circle="nameless", operator="on-request",
    ),
    "group-recap": Row(
        what="a group's recap",
        why="it goes out by itself; before that, somebody must be able to stop what should not be said again",
        author="yes", circle="yes", coordinator="holding", operator="logged",
    ),
    "manager-draft": Row(
        what="the managers' recap before it is approved",
        why="a draft that managers have seen has gone out, whatever it is called",
        coordinator="yes", operator="logged",
    ),
    "manager-recap": Row(
        what="the managers' recap, approved",
        why="it has only released findings and counts in it, and people may see what was told of them; where it is "
        "posted in a channel for managers, everybody in that channel reads it, and the groups are told so",
        author="yes", circle="yes", series="yes", coordinator="yes", manager="yes", operator="logged",
    ),
    "audit": Row(
        what="the log of what coordinators, managers and operators did",
        why="it has no content; those who answer for the series and for the system can check each other, and whoever "
        "is named in a row may see that row",
        author="named", coordinator="yes", operator="yes",
    ),
    "profile": Row(
        what="a person's accounts, groups and roles, and where they are from",
        why="groups are formed of them, and messages find their people by them; managers see no list of people, and "
        "are told how many came from where only if the programme asks for it, which people hear when a session opens",
        author="yes", circle="yes", series="from-five", coordinator="yes", manager="from-five",
        operator="on-request",
    ),
    "draft": Row(
        what="what somebody has begun to fill in, and has not handed in",
        why="it is not said yet",
        author="yes", operator="on-request",
    ),
    "idea": Row(
        what="an idea that somebody has left, and what became of it",
        why="an idea is judged by what it is, and not by whose; whoever gave it hears what becomes of it",
        author="yes", coordinator="unnamed", manager="by-age", operator="on-request",
    ),
}  # fmt: skip

#: What is made of many of a kind; who gives one is told of both.
SUMMED_UP: dict[Datum, Datum] = {"score": "levels"}

#: What a reply is, by how it counts.
DATUM_OF: dict[Role, Datum] = {
    "answer": "reply", "note": "reply", "reflection": "reply", "aside": "reply", "control": "reply",
    "solo": "solo", "score": "score", "finding": "finding", "action": "action",
}  # fmt: skip


class NotYours(Exception):
    """Somebody asked to see what is not for them. The message tells who may; it names nobody."""

    def __init__(self, viewer: Viewer, datum: Datum) -> None:
        may = "; ".join(_told(one, cell) for one, cell in allowed(datum)) or "nobody"
        super().__init__(f"{TABLE[datum].what}: not for {_NAMES[viewer]}. Who may see it: {may}.")
        self.viewer, self.datum = viewer, datum


def may_see(viewer: Viewer, datum: Datum, *, given: Collection[Condition] = ()) -> bool:
    """Whether the table says yes. `given` are the conditions that the caller has found to hold."""
    cell = TABLE[datum].cell(viewer)
    return cell == "yes" or (cell != "no" and cell in given)


def require(viewer: Viewer, datum: Datum, *, given: Collection[Condition] = ()) -> None:
    """Raises `NotYours` unless `may_see`."""
    if not may_see(viewer, datum, given=given):
        raise NotYours(viewer, datum)


def allowed(datum: Datum) -> Iterator[tuple[Viewer, Cell]]:
    """Those who may see it, at least under a condition, in the table's order."""
    row = TABLE[datum]
    return ((viewer, row.cell(viewer)) for viewer in VIEWERS if row.cell(viewer) != "no")


# -- said before one answers


def seen_by(datum: Datum) -> tuple[Text, ...]:
    """Those who may see it, as texts: a role, or a role with its condition."""
    return tuple(_as_text(viewer, cell) for viewer, cell in allowed(datum))


def sentence(datum: Datum) -> tuple[Part, ...]:
    """What people are told before they give it: all who may see it, and that nobody else does."""
    summed = SUMMED_UP.get(datum)
    told = [part for one in (datum, *([summed] if summed else [])) for part in _listed(one)]
    return (*told, line("sight.nobody-else"))


def _listed(datum: Datum) -> tuple[Part, ...]:
    return line(f"sight.before.{datum}"), Points(seen_by(datum))


def _as_text(viewer: Viewer, cell: Cell) -> Text:
    who = text(f"sight.role.{viewer}")
    return who if cell == "yes" else text("sight.only", who=who, when=text(f"sight.when.{cell}"))


def _told(viewer: Viewer, cell: Cell) -> str:
    return _NAMES[viewer] if cell == "yes" or cell == "no" else f"{_NAMES[viewer]}, {CONDITIONS[cell]}"


# -- the page


def page() -> str:
    """docs/who-sees-what.md, from the table."""
    head = ["", *(_NAMES[viewer] for viewer in VIEWERS)]
    rows = [[row.what, *(row.cell(viewer) for viewer in VIEWERS)] for row in TABLE.values()]
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    conditions = [f"- **{code}**: {meaning}" for code, meaning in CONDITIONS.items()]
    reasons = [f"- **{_capital(row.what)}.** {_capital(row.why)}." for row in TABLE.values()]
    return PAGE.format(table="\n".join(lines), conditions="\n".join(conditions), reasons="\n".join(reasons))


def _line(cells: Collection[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


PAGE = """\
# Who sees what

Made from the table in `flows/sight.py`; do not edit it here.
A cell says yes, no, or the one condition under which it is yes.

{table}

## Conditions

{conditions}

## Why

{reasons}

## What Runda cannot keep

- The chat platform has its own members, administrators and exports. What is said in a channel is seen by
  everybody in that channel, whatever this table says.
- Whoever runs the machine can open the database. The table says what Runda shows them.
- In a public body, what is written may have to be handed out on request.
"""
