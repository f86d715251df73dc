"""What a table wrote on paper, entered all at once: as if its note-taker had written it, question by question.

The engine hears what it always hears: that they are here, how many, the words, «next». So what is entered late is
late, and what is entered is the table's own answer, under no name. Questions that it passes at once are superseded
before they are sent, and nothing is receipted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.desk import Desk, Live
from bot.documents.round import Question, round_of
from bot.series.office import UNDER_WAY, Office
from bot.series.problems import SeriesProblem
from bot.work import Works
from flows import events as e
from flows.forms import Sentence
from flows.reading import Count, Plain
from storage import tables as t
from storage.unit import Unit

#: Questions that a line of words answers.
WRITTEN = ("ask", "finding", "action")
#: Where answers can be entered: a meeting that has opened, also after it.
OPEN = (*UNDER_WAY, "finished")


def questions(office: Office, works: Works, number: int) -> dict[int, Question]:
    """Those that are answered in words, by the numbers that they have on the printed sheet. Raises SeriesProblem, also
    where each answers: what one wrote would stand as another's."""
    if office.series.answering != "table":
        words = "In this series each answers for themselves: nobody enters it for others."
        raise SeriesProblem(Sentence(words, "not-table"))
    read = round_of(office, Unit(office.connection), works.shelf, number)
    return {n: each for n, each in enumerate(read.questions, 1) if each.kind in WRITTEN and not each.private}


def enter(
    works: Works, office: Office, number: int, circle: Any, written: Mapping[int, Sequence[str]],
    heads: int | None = None,
) -> Sentence:  # fmt: skip
    """`written`: lines by the question's number; `heads`: how many sat there. Raises SeriesProblem."""
    there = questions(office, works, number)
    if unknown := sorted(set(written) - there.keys()):
        words = f"The sheet has no question {unknown[0]} that is answered in words."
        raise SeriesProblem(Sentence(words, "no-question", number=unknown[0]))
    person = _writes(office.connection, circle.id)
    # A group that came late was not there.
    row = next(iter(office.sessions(office.meeting(number).id, circle.id)), None)
    if row is None or row.phase not in OPEN or person is None:
        words = (
            f"Session {number} has not opened for {circle.name}. What is on paper can be entered when it has."
        )
        raise SeriesProblem(Sentence(words, "not-open", number=number, group=circle.name))
    office.record("paper entered", f"{number} {circle.number}")
    desk = works.desk(office.connection, [row.id], office.now)
    entering = _Entering(works, desk, desk.sessions[row.id], person, office.now)
    lines = entering.all({there[n].name: each for n, each in written.items()}, heads)
    desk.write()
    _hush(office.connection, row)
    return Sentence(
        f"{lines} lines of {circle.name} are entered.", "paper-entered", n=lines, group=circle.name
    )


def _writes(connection: Connection, circle: int) -> int | None:
    """The table's note-taker; whoever came first, where it has none."""
    m = t.memberships.c
    seats = select(m.person_id).where(m.circle_id == circle, m.until.is_(None))
    return connection.execute(seats.order_by(m.role != "note-taker", m.id).limit(1)).scalar()


class _Entering:
    def __init__(self, works: Works, desk: Desk, live: Live, person: int, now: datetime) -> None:
        self.works, self.desk, self.live, self.person, self.now = works, desk, live, person, now

    def all(self, written: Mapping[str, Sequence[str]], heads: int | None) -> int:
        """Returns how many lines were taken in."""
        self._begin(heads)
        taken = 0
        for index, step in enumerate(self.live.route.steps):
            lines = written.get(step.id, ())
            if lines:
                self._go_to(index)
                taken += sum(self._line(index, each) for each in lines)
        return taken

    def _begin(self, heads: int | None) -> None:
        assert self.live.state is not None, "it has opened"
        if self.live.state.phase == "lobby":
            self.desk.apply(self.live, e.Pressed(self.person, "here"))
        if self.live.state.phase == "headcount" and heads:
            self._write(str(heads), Count(heads), None)

    def _go_to(self, index: int) -> None:
        """As far as «next» leads: a meeting that is over stays so."""
        while (state := self.live.state) is not None and state.phase == "running" and state.step < index:
            stood = (state.step, state.part, state.prompt)
            prompt = state.prompt.prompt if state.prompt else None
            self.desk.apply(self.live, e.Pressed(self.person, "next", prompt=prompt))
            now = self.live.state
            if now is None or (now.step, now.part, now.prompt) == stood:
                return

    def _line(self, index: int, words: str) -> bool:
        """Whether it was taken in as an answer to that step."""
        state = self.live.state
        asked = [each for each in state.asked if each.step == index] if state is not None else []
        return bool(asked) and self._write(words, Plain(), asked[-1].prompt) == "applied"

    def _write(self, words: str, reading: Any, prompt: int | None) -> str:
        reply, row = self.works.ids(), self.live.row
        event = e.Replied(person=self.person, reply=reply, reading=reading, sent_at=self.now, prompt=prompt)
        kept = {
            "id": reply, "organisation_id": row.organisation_id, "session_id": row.id, "person_id": self.person,
            "place_id": row.place_id, "message": f"paper:{reply}", "revision": 0, "prompt": None, "step": None,
            "role": "aside", "late": False, "private": False, "words": words, "reactions": 0, "sent_at": self.now,
        }  # fmt: skip
        return self.desk.apply(self.live, event, reply=kept)


def _hush(connection: Connection, was: Any) -> None:
    """Nobody wrote in the chat: there is no message to put a receipt on."""
    o = t.outbox.c
    fresh = o.session_id == was.id, o.version > was.version, o.status == "queued", o.sort == "receipt"
    connection.execute(delete(t.outbox).where(*fresh))


def read(text: str) -> tuple[dict[int, list[str]], list[str]]:
    """Lines such as «2 The school is too far away», by the question's number; and the lines that say no number."""
    written: dict[int, list[str]] = {}
    wrong = []
    for line in filter(None, map(str.strip, text.splitlines())):
        number, _, words = line.partition(" ")
        number = number.rstrip(".:)")
        if number.isascii() and number.isdecimal() and words.strip():
            written.setdefault(int(number), []).append(words.strip())
        else:
            wrong.append(line)
    return written, wrong
