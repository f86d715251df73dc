"""The gross list of a session in the coordinator's hands: which lines there are, and what becomes of them.

The coordinator's own words for a line are a reply of theirs, so that they are shown, kept and erased like any other's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, insert, select

from bot.recaps import wording
from bot.series.office import Change, Office
from bot.series.problems import SeriesProblem
from bot.shelf import Shelf
from flows import sight
from flows import state as states
from flows.events import Curated
from flows.forms import Sentence
from flows.kinds.respond import Gross
from flows.state import Merged, State
from storage import tables as t
from storage.unit import Unit

Size = Literal["small", "large"]
#: Characters of a line in other words: it is read in a list.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Listed:
    """A line by its number on the first list. `into`: the number of the line that it is part of now."""

    number: int
    #: What somebody wrote, whoever's words it has now.
    reply: int
    words: str
    size: Size | None
    into: int | None


@dataclass(frozen=True, slots=True)
class List:
    """`session`: the row that has the list."""

    session: Any
    lines: tuple[Listed, ...]


def find(office: Office, shelf: Shelf, number: int) -> List | None:
    """The list of that session of the series that was made last; None: none was. Raises SeriesProblem."""
    sight.require("coordinator", "released")
    meeting = office.meeting(number)
    content = meeting.content_id or office.series.content_id
    programme = shelf.programme(Unit(office.connection), content)
    for row in reversed(office.sessions(meeting.id, lock=False)):
        steps = programme.route(number, everyone=row.kind == "everyone").steps
        state = states.load(row.state) if row.state else None
        for at in reversed([at for at, step in enumerate(steps) if isinstance(step, Gross)] if state else []):
            if lines := _lines(office, state, at):
                return List(row, lines)
    return None


def _lines(office: Office, state: State | None, at: int) -> tuple[Listed, ...]:
    assert state is not None
    replies = list(dict.fromkeys(one.reply for one in state.written if one.step == at))
    made = {one.reply: one for one in state.merged}
    r = t.replies.c
    named = {*replies, *(one.words for one in made.values() if one.words)}
    words = {row.id: row.words for row in office.all(select(r.id, r.words).where(r.id.in_(named)))}
    numbers = {reply: number for number, reply in enumerate(replies, 1)}
    return tuple(
        Listed(numbers[reply], reply, words.get(one.words or reply, ""), one.size, numbers.get(one.into or 0))
        for reply in replies for one in (made.get(reply, Merged(reply)),) if reply in words
    )  # fmt: skip


def curate(
    office: Office, shelf: Shelf, ids: Callable[[], int], number: int, line: int, *, into: int | None = None,
    size: Size | None = None, words: str = "", person: int | None = None,
) -> Change:  # fmt: skip
    """Merge a line, call it small or large, or say it in other words; nothing of these puts it back as it was written.

    `person`: whose words they are; None: a coordinator's. Raises SeriesProblem.
    """
    found = find(office, shelf, number)
    there = {one.number: one for one in found.lines} if found is not None else {}
    if found is None or line not in there or (into is not None and into not in there):
        raise SeriesProblem(Sentence("The list has no such line.", "gross.no-line"))
    if into == line or (into is not None and there[into].into is not None):
        told = "A line cannot be part of itself, nor of one that is part of another."
        raise SeriesProblem(Sentence(told, "gross.part"))
    reply = _said(office, found.session, ids, words, person, there[line].reply) if words.strip() else None
    audit = office.record("list curated", f"{number}/line-{line}")
    office.order("curated", audit, [found.session], Curated(line, into, size, reply))
    return office.done(Sentence("The list is changed, and so is what is posted of it.", "gross.changed"))


def _said(
    office: Office, session: Any, ids: Callable[[], int], words: str, person: int | None, of: int
) -> int:
    said = " ".join(words.split())
    if len(said) > LONGEST:
        told = f"The line has {len(said)} characters; there is room for {LONGEST}."
        raise SeriesProblem(Sentence(told, "recap.line-long", n=LONGEST))
    reply = ids()
    row = {
        "id": reply, "organisation_id": office.series.organisation_id, "session_id": session.id,
        "person_id": person or _coordinator(office), "place_id": session.place_id,
        "message": f"{wording.LISTED}{of}:{reply}",
        "revision": 0, "role": "aside", "late": False, "private": True, "words": said, "sent_at": office.now,
    }  # fmt: skip
    office.connection.execute(insert(t.replies), row)
    return reply


def _coordinator(office: Office) -> int:
    m = t.memberships.c
    runs = m.series_id == office.series.id, m.role == "coordinator", m.until.is_(None)
    first = office.connection.execute(select(func.min(m.person_id)).where(*runs)).scalar()
    if first is None:
        raise SeriesProblem(Sentence("There is no coordinator.", "no-coordinator"))
    return int(first)
