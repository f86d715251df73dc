"""What can happen to an idea. Each is a row of its news, which the other side is told of (`bot.ideas.telling`).

    received -> assessing -> needs-more -> investigating -> goes-on
                                                         -> handed-over, to somebody
                                                         -> not-now, because

Whoever assesses may take it from any of these to any other: an idea that was put aside may be taken up again. Nobody
assesses their own. What happens stands in the audit log, except that somebody gave an idea: that log is read by those
who shall not know who it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, func, insert, select, update

from bot.series.problems import SeriesProblem
from flows import sight
from flows.forms import Sentence
from flows.recap import IdeaCount
from storage import tables as t
from storage.audit import log_act

Status = Literal["received", "assessing", "needs-more", "investigating", "goes-on", "handed-over", "not-now"]
STATUSES: tuple[Status, ...] = get_args(Status)
#: What those who assess can say of it, in the order in which it is offered.
VERDICTS: tuple[Status, ...] = STATUSES[1:]
#: Somebody waits for a decision.
WAITING: tuple[Status, ...] = ("received", "assessing", "needs-more", "investigating")
#: Nothing, said alone: the giver is told what is missing, who has it now, or why not.
BECAUSE: tuple[Status, ...] = ("needs-more", "handed-over", "not-now")
#: Characters: a page, not a report. A modal has room for it.
LONGEST = 3000


# -- from whoever has one


def give(
    connection: Connection, organisation: int, person: int, words: str, whom: str, now: datetime
) -> int:  # fmt: skip
    """Returns its number. Raises SeriesProblem."""
    row = {"organisation_id": organisation, "person_id": person, "words": _said(words), "whom": _whom(whom),
           "status": "received", "since": now, "given_at": now}  # fmt: skip
    idea = int(connection.execute(insert(t.ideas).returning(t.ideas.c.id), row).scalar_one())
    _write(connection, idea, person, "received", "", now)
    return idea


def add(connection: Connection, idea: Any, words: str, now: datetime) -> Status:
    """More from the giver; what was waited for is assessed again. Returns the status. Raises SeriesProblem."""
    status: Status = "assessing" if idea.status == "needs-more" else idea.status
    if idea.status not in WAITING:
        raise SeriesProblem(Sentence("It has been decided on; give a new idea instead.", "idea.decided"))
    _put(connection, idea, status, now)
    _write(connection, idea.id, idea.person_id, status, _said(words), now)
    return status


# -- from whoever assesses


def decide(
    connection: Connection, idea: Any, status: Status, words: str, person: int | None, actor: str, now: datetime
) -> None:  # fmt: skip
    """`person`: who assesses; None at the command line. Raises SeriesProblem."""
    said = words.strip()
    if person is not None and person == idea.person_id:
        raise SeriesProblem(Sentence("That idea is your own: others assess it.", "idea.own"))
    if status == idea.status:
        raise SeriesProblem(Sentence("That is what it is already.", "idea.same"))
    if status in BECAUSE and not said:
        told = "Say what is missing, who has it now, or why not: whoever gave it is told."
        raise SeriesProblem(Sentence(told, "idea.because"))
    _put(connection, idea, status, now)
    _write(connection, idea.id, person, status, _said(said) if said else "", now)
    log_act(connection, idea.organisation_id, actor, "idea decided", f"idea:{idea.id} {status}", now)


# -- reading: who may is decided by `flows.sight`


def unnamed(connection: Connection, organisation: int, idea: int | None = None) -> list[Any]:
    """Ideas as those who assess see them, or one of them: the row of an idea knows its giver, and is not shown."""
    sight.require("coordinator", "idea", given={"unnamed"})
    return _of(connection, t.ideas.c.organisation_id == organisation, idea)


def to_assess(connection: Connection, organisation: int, person: int | None, most: int) -> list[Any]:
    """Others' ideas: those that wait, the longest waiting before all; then the latest that have been decided on."""
    sight.require("coordinator", "idea", given={"unnamed"})
    i = t.ideas.c
    others = select(t.ideas).where(i.organisation_id == organisation, i.person_id != person).limit(most)
    waiting = others.where(i.status.in_(WAITING)).order_by(i.since, i.id)
    decided = others.where(i.status.not_in(WAITING)).order_by(i.since.desc(), i.id.desc())
    return [*connection.execute(waiting), *connection.execute(decided)]


def mine(connection: Connection, person: int, idea: int | None = None) -> list[Any]:
    """Ideas of somebody's own, or one of them."""
    sight.require("author", "idea")
    return _of(connection, t.ideas.c.person_id == person, idea)


def _of(connection: Connection, whose: Any, idea: int | None) -> list[Any]:
    wanted = select(t.ideas).where(whose).order_by(t.ideas.c.id)
    return list(connection.execute(wanted if idea is None else wanted.where(t.ideas.c.id == idea)))


def news(connection: Connection, ideas: Iterable[int]) -> list[Any]:
    """What became of these, in order."""
    n = t.idea_news.c
    return list(connection.execute(select(t.idea_news).where(n.idea_id.in_(list(ideas))).order_by(n.id)))


def counts(connection: Connection, organisation: int) -> list[IdeaCount]:
    """What managers see: numbers by status and age."""
    sight.require("manager", "idea", given={"by-age"})
    i = t.ideas.c
    found = select(i.status, func.count().label("n"), func.min(i.since).label("since"))
    found = found.where(i.organisation_id == organisation).group_by(i.status)
    rows = {row.status: row for row in connection.execute(found)}
    return [IdeaCount(each, rows[each].n, rows[each].since) for each in STATUSES if each in rows]


# -- rows


def _put(connection: Connection, idea: Any, status: Status, now: datetime) -> None:
    since = idea.since if status == idea.status else now
    connection.execute(update(t.ideas).where(t.ideas.c.id == idea.id).values(status=status, since=since))


def _write(
    connection: Connection, idea: int, person: int | None, status: Status, words: str, now: datetime
) -> None:  # fmt: skip
    row = {"idea_id": idea, "person_id": person, "status": status, "words": words, "at": now, "told_at": None}
    connection.execute(insert(t.idea_news), row)


def _said(words: str) -> str:
    said = words.strip()
    if not said or len(said) > LONGEST:
        told = f"Write something, at most {LONGEST} characters; there are {len(said)}."
        raise SeriesProblem(Sentence(told, "idea.words", n=LONGEST))
    return said


def _whom(whom: str) -> str:
    return _said(whom) if whom.strip() else ""
