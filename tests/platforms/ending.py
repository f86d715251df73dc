"""What a series comes to, whatever the weather was: the same words in the same places, and nothing left to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from storage import tables as t
from storage.database import Database
from tests.house.rig import replayed, rows
from tests.platforms.slack_golden import GOLDEN

#: A finding's number, which is drawn anew each time: before it, or where several are told of.
_NUMBERED = re.compile(r"^\s*\d+\. ")
_NUMBERS = re.compile(r"(Funn|Fynd|:) \d+(?:, \d+)*(?: (?:og|och) \d+)?(?=[.,])")


def all_is_over(database: Database, *, moves: int = 0) -> None:
    """Each meeting was held, nothing waits, was put aside or could not be sent, and the log says the same.

    Nothing was asked twice. `moves`: so many groups were asked anew in another chat, where they could see nothing.
    """
    assert rows(database, t.parked) == []
    assert {row.status for row in rows(database, t.meetings)} == {"held"}
    assert {(row.phase, row.wake_at) for row in rows(database, t.sessions)} == {("finished", None)}
    outbox = rows(database, t.outbox)
    assert {row.status for row in outbox} <= {"sent", "dropped"}
    asked = Counter((row.session_id, row.prompt) for row in outbox if row.prompt and row.kind == "say")
    again = {prompt: times for prompt, times in asked.items() if times > 1}
    assert sum(again.values()) <= 2 * moves, again
    replayed(database)


def came_of_it(database: Database, recaps: str) -> str:
    """All that is kept of what people said, and all that managers were told, in an order that is always the same.

    `recaps`: what stands where managers read, as the transcripts of the stand-ins have it.
    """
    told = dict.fromkeys(map(_in_order, f"\n{recaps}".split("\nRunda: ")[1:]))
    return "\n".join([*_kept(database), *(f"Managers were told:\n{each}" for each in told), ""])


def _in_order(recap: str) -> str:
    first, *lines = filter(None, (_NUMBERED.sub("", line).strip() for line in recap.splitlines()))
    return "\n".join(
        f"    {line}" for line in (first, *sorted(_NUMBERS.sub(r"\1 …", line) for line in lines))
    )


def _kept(database: Database) -> Iterator[str]:
    found: dict[tuple[int, int, str], list[str]] = {}
    with database.read() as connection:
        for row in connection.execute(_REPLIES):
            session = found.setdefault((row.meeting, row.circle_number, row.circle), [])
            marks = [each for each in ("private", "late") if getattr(row, each)]
            marks += filter(None, (row.finding, row.action))
            session.append(f"    {' '.join([row.step or '-', row.role, *marks])}. {row.who}: {row.words}")
    for (meeting, _, circle), lines in sorted(found.items()):
        yield f"Meeting {meeting}, {circle}:"
        yield from sorted(lines)


def _replies() -> Any:
    r, s, m, c, p = (table.c for table in (t.replies, t.sessions, t.meetings, t.circles, t.people))
    return (
        select(
            r.step, r.role, r.late, r.private, r.words, p.name.label("who"), c.name.label("circle"),
            c.number.label("circle_number"), m.number.label("meeting"), t.findings.c.state.label("finding"),
            t.actions.c.state.label("action"),
        )
        .join(t.sessions, s.id == r.session_id)
        .join(t.meetings, m.id == s.meeting_id)
        .join(t.circles, c.id == s.circle_id)
        .join(t.people, p.id == r.person_id)
        .outerjoin(t.findings, t.findings.c.reply_id == r.id)
        .outerjoin(t.actions, t.actions.c.reply_id == r.id)
    )  # fmt: skip


_REPLIES = _replies()


# -- in bad weather


def nothing_is_lost(database: Database, recaps: str, name: str) -> None:
    """Everybody's words are there once, as when the weather was good (`name`, a golden file), and in the managers'
    recaps all that was let go. Who was kept waiting may have said it to another question."""
    calm = (GOLDEN / f"{name}.txt").read_text("utf-8").splitlines()
    assert _words(_kept(database)) == _words(calm[: calm.index("Managers were told:")])
    for row in rows(database, t.findings, t.findings.c.state.in_(("yes", "reworded"))):
        (said,) = rows(database, t.replies, t.replies.c.id == (row.words_id or row.reply_id))
        assert said.words.partition(": ")[2] in recaps or said.words in recaps, said.words


def _words(lines: Iterable[str]) -> dict[str, list[str]]:
    """By session, who said what."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("Meeting "):
            session = found.setdefault(line, [])
        else:
            session.append(line.partition(". ")[2])
    return {name: sorted(said) for name, said in found.items()}
