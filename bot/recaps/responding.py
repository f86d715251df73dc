"""What managers answer the groups: «decided», or «not now, because», on a finding that they have been told of.

The group sees it when it meets next (`bot.recaps.answers`), with its actions, and without the manager's name.
"""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import select

from bot.recaps import wording
from bot.recaps.approval import ManagersDesk
from bot.recaps.desk import record
from bot.recaps.reading import sources_of
from bot.series.problems import NotFound, SeriesProblem
from flows import recap as recaps
from flows.forms import Sentence
from flows.recap import Numbered
from storage import tables as t

Verdict = Literal["decided", "not-now"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
#: Characters: a line or two beside the group's actions.
LONGEST = 500


def open_findings(desk: ManagersDesk) -> list[Numbered]:
    """What managers have been told of, in the version that they have, and that still stands."""
    if (version := desk.approved) is None:
        return []
    recap = recaps.load(version.points)
    assert isinstance(recap, recaps.ManagerRecap), "only the managers' recap is on this desk"
    left = wording.standing(version, sources_of(desk.unit, version))
    return [one for one in recap.findings or () if one.reply in left]


def respond(desk: ManagersDesk, number: int, verdict: Verdict, words: str, person: int) -> str:
    """Answer the group that put the finding of that number forward. Raises SeriesProblem."""
    findings = {one.number: one for one in open_findings(desk)}
    if number not in findings:
        there = ", ".join(map(str, findings)) or "none"
        told = f"Managers have been told of no finding {number}. Those that can be answered: {there}."
        raise SeriesProblem(Sentence(told, "recap.no-finding", number=number))
    said = " ".join(words.split())
    if verdict == "not-now" and not said:
        told = "«Not now» needs a reason: the group has put work into it."
        raise SeriesProblem(Sentence(told, "recap.because"))
    if len(said) > LONGEST:
        told = f"The answer has {len(said)} characters; there is room for {LONGEST}."
        raise SeriesProblem(Sentence(told, "recap.line-long", n=LONGEST))
    row = {
        "organisation_id": desk.meeting.organisation_id, "reply_id": findings[number].reply, "person_id": person,
        "verdict": verdict, "words": said, "at": desk.office.now, "session_id": None,
    }  # fmt: skip
    desk.unit.add(t.responses, [row])
    desk.unit.flush()
    record(desk.office, "finding answered", f"{desk.called} finding-{number} {verdict}")
    return Sentence("The group sees it when it meets next, without your name.", "recap.responded")


def manager(desk: ManagersDesk, name: str | None) -> int:
    """The manager who answers: by name, or the only one there is. Raises NotFound, SeriesProblem."""
    m, p = t.memberships.c, t.people.c
    of_it = select(p.id, p.name).join(t.memberships, m.person_id == p.id)
    mine = m.series_id == desk.meeting.series_id, m.role == "manager", m.until.is_(None)
    found = desk.unit.all(of_it.where(*mine).order_by(m.id))
    named = [each for each in found if name is None or each.name.casefold() == name.casefold()]
    if name is not None and not named:
        raise NotFound("manager", name, [each.name for each in found])
    if len(named) != 1:
        raise SeriesProblem(
            f"Say who answers: {', '.join(each.name for each in found) or 'there is no manager'}."
        )
    return int(named[0].id)
