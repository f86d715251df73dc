"""Minutes of a live meeting of an elected body: date, place, who took part by role, what was noted and decided.

Who took part is how many sat in each group when it met, by role: who has answered is for nobody to see, and who said
what stands nowhere. What a person wrote alone is not in it. The body's own minutes are another matter, and these say
so. An elected body that does not meet live is refused when its series is planned (`bot.series.planning`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from adapters.port import Block, Spoken
from bot.series.office import Office
from bot.series.problems import SeriesProblem
from flows import sight
from flows.kinds.finding import RELEASED
from flows.reading import bare
from flows.sight import Viewer
from storage import tables as t

if TYPE_CHECKING:
    from bot.shelf import Shelf
    from flows.language import Catalogue

ELECTED = "elected"
#: How much of a meeting is in it: by role of a reply, its heading.
HEADINGS = {
    "note": "rights.minutes.noted",
    "finding": "rights.minutes.forward",
    "action": "rights.minutes.decided",
}


def minutes(office: Office, shelf: Shelf, viewer: Viewer, number: int) -> Spoken:
    """In the language of the series. Raises SeriesProblem where it is no elected body's, or has not met; NotYours."""
    for datum in ("reply", "finding", "action"):
        sight.require(viewer, datum, given={"quoted"})
    series, meeting = office.series, office.meeting(number)
    if series.arena != ELECTED:
        raise SeriesProblem(
            f"{series.title} is not a series of an elected body; it has recaps, and no minutes."
        )
    if meeting.status != "held":
        raise SeriesProblem(f"Session {number} has not been held; there is nothing to write minutes of.")
    say = shelf.catalogue(series.language, series.zone)
    blocks = tuple(_Minutes(office, shelf, say, meeting).blocks())
    return Spoken("recap", blocks, language=series.language)


class _Minutes:
    def __init__(self, office: Office, shelf: Shelf, say: Catalogue, meeting: Any) -> None:
        self.office, self.shelf, self.say, self.meeting = office, shelf, say, meeting

    def blocks(self) -> Iterator[Block]:
        sessions = [
            each for each in self.office.sessions(self.meeting.id, lock=False) if each.phase not in _NOT_HELD
        ]
        yield Block("heading", self.say.say("rights.document.minutes", number=self.meeting.number))
        yield Block("line", self.say.say("rights.document.series", series=self.office.series.title))
        if self.office.series.case_number:
            yield Block("line", self.say.say("rights.document.case", number=self.office.series.case_number))
        yield Block("heading", self.say.say("rights.minutes.present"))
        yield from (Block("item", said) for said in self._coordinators(sessions))
        for each in sessions:
            yield from self._of_circle(each)
        yield Block("line", self.say.say("rights.minutes.status"))

    def _of_circle(self, session: Any) -> Iterator[Block]:
        yield Block("heading", session.name)
        yield Block("line", self.say.say("rights.document.held", at=session.starts_at))
        yield Block("line", self.say.say("rights.minutes.where", where=_where(self.office, session)))
        yield from (Block("item", said) for said in self._present(session))
        said = self._written(session)
        for role, key in HEADINGS.items():
            if said.get(role):
                yield Block("heading", self.say.say(key))
                yield from (Block("item", words) for words in said[role])
        if not said:
            yield Block("line", self.say.say("rights.minutes.nothing"))

    # -- who

    def _present(self, session: Any) -> Iterator[str]:
        roles = Counter(row.role for row in self._seats(session) if row.circle_id == session.circle_id)
        for role in ("participant", "note-taker"):
            if roles[role]:
                yield self.say.say(f"rights.minutes.{role}s", n=roles[role])

    def _coordinators(self, sessions: Sequence[Any]) -> Iterator[str]:
        there = {row.person_id for each in sessions for row in self._seats(each) if row.role == "coordinator"}
        if there:
            yield self.say.say("rights.minutes.coordinators", n=len(there))

    def _seats(self, session: Any) -> list[Any]:
        """Who had which role when the session was held."""
        m = t.memberships.c
        then = m.since <= session.starts_at, or_(m.until.is_(None), m.until > session.starts_at)
        mine = select(m.person_id, m.circle_id, m.role).where(m.series_id == session.series_id, *then)
        return self.office.all(mine)

    # -- what

    def _written(self, session: Any) -> dict[str, list[str]]:
        """By role, in the order in which it was written. Findings that were reworded, in those words."""
        r, f, a = t.replies.c, t.findings.c, t.actions.c
        mine = (
            select(r.id, r.role, r.words, f.state.label("finding"), f.words_id, a.state.label("action"))
            .outerjoin(t.findings, f.reply_id == r.id)
            .outerjoin(t.actions, a.reply_id == r.id)
            .where(r.session_id == session.id, r.role.in_(tuple(HEADINGS)), r.private.is_(False))
        )
        rows = self.office.all(mine.order_by(r.sent_at, r.id))
        reworded = self._reworded([row.words_id for row in rows if row.words_id])
        vocabulary = self.shelf.vocabulary(self.office.series.language)
        found: dict[str, list[str]] = {}
        for row in rows:
            if "withdrawn" in (row.finding, row.action):
                continue
            words = reworded.get(row.words_id) if row.finding in RELEASED else None
            found.setdefault(row.role, []).append(bare(words or row.words, vocabulary, rewords=bool(words)))
        return found

    def _reworded(self, ids: Sequence[int]) -> dict[int, str]:
        r = t.replies.c
        return {row.id: row.words for row in self.office.all(select(r.id, r.words).where(r.id.in_(ids)))}


_NOT_HELD = ("planned", "missed", "cancelled")


def _where(office: Office, session: Any) -> str:
    p = t.places.c
    found = office.all(select(p.platform, p.channel).where(p.id == session.place_id))[0]
    return f"{found.platform}, {found.channel}"
