"""Where the lines of a recap lead: to what was said, which is there and may be shown, or to a count.

Each line is followed as it is referred to, before it is put into words. One that leads nowhere fails, and so does a
kind of line that is not known here: whoever adds one says what it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.recaps import reading, wording
from bot.recaps.wording import Draft
from flows import message as m
from flows import recap as recaps
from flows.kinds.finding import RELEASED
from flows.levels import FEW
from flows.recap import GroupRecap, ManagerRecap
from storage import tables as t
from storage.unit import Unit

#: What is said of how a recap was made, or of what is counted beneath, and of nothing that anybody said.
OF_ITSELF = {"recap.automatic", "recap.edited-by-coordinator", "recap.points-by-rule", "recap.besides", "levels.gap",
             "manager.waits-approval", "manager.approved", "manager.weakest", "manager.decided"}  # fmt: skip
#: That there is nothing, and of what.
NOTHING = {
    "manager.no-findings": "findings",
    "manager.nothing-common": "common",
    "manager.counts-only": "findings",
}
#: Headings over texts of the programme: what was settled by counting, or that nobody has answered.
SETTLED, VOTED, UNANSWERED = {"recap.chosen", "recap.chosen-by-all"}, {"manager.chosen"}, "recap.unanswered"
#: What stands for a text of its own, with what it says beside it.
AROUND = {"recap.late", "manager.field"}


def followed(unit: Unit, draft: Draft) -> Counter[str]:
    """How many lines of the recap lead to what: of the whole, and as much of it again as one screen shows."""
    recap, there = recaps.load(draft.points), reading.sources_of(unit, draft)
    both = (wording.shown(draft, there, short=short).parts for short in (False, True))
    return Counter(led for parts in both for led in Following(unit, recap, draft.session_id).all(parts))


@dataclass
class Following:
    unit: Unit
    recap: GroupRecap | ManagerRecap
    #: A group's recap tells of this session; None: it is the managers'.
    session: int | None
    under: str = ""

    def all(self, parts: Collection[m.Part]) -> Iterator[str]:
        for part in parts:
            if isinstance(part, m.Heading):
                self.under = _innermost(part.text)
            elif isinstance(part, m.Levels):
                yield self.spread(part)
            elif isinstance(part, m.Points):
                assert not part.numbered or len(part.numbers) == len(part.items), "a line without its number"
                yield from map(self.leads, part.items)
            else:
                assert isinstance(part, m.Line), f"what does {part} rest on?"
                yield self.leads(part.content)

    # -- one line

    def leads(self, said: Any) -> str:
        if isinstance(said, m.Text) and said.key not in AROUND:
            return self.text(said)
        if isinstance(said, m.Text):
            return self.leads(said.params["words"])
        if isinstance(said, m.Theme):
            assert isinstance(self.recap, ManagerRecap), said
            self.numbers(said.numbers)
            listed = {one.reply: one.number for one in self.recap.findings or ()}
            assert [listed[reply] for reply in said.replies] == list(said.numbers), (
                "other findings than it names"
            )
            return "common"
        replies = said.replies if isinstance(said, m.Answer) else (said.reply,)
        assert replies, said
        for reply in replies:
            self.reply(reply, outside=getattr(said, "outside", False))
        if isinstance(said, m.Response):
            assert self.rows(t.responses, t.responses.c.id == said.id), "an answer that nobody gave"
        return type(said).__name__.lower()

    def text(self, said: m.Text) -> str:
        if said.key in OF_ITSELF:
            return "of itself"
        if said.key in NOTHING:
            assert not getattr(self.recap, NOTHING[said.key]), f"{said.key}, and there are"
            return "nothing"
        if said.key.startswith("programme:"):
            return self.of_the_programme(said.key)
        named = [one for one in said.params.values() if isinstance(one, m.Numbers)]
        for one in named:
            self.numbers(one.of)
        if named:
            return "numbers"
        assert _counts(said), f"«{said.key}» leads to nothing that was said, and says no count"
        return "count"

    def numbers(self, named: Collection[int]) -> None:
        assert isinstance(self.recap, ManagerRecap), "only managers know findings by number"
        listed = {one.number for one in self.recap.findings or ()}
        assert named, "no number is named"
        assert listed.issuperset(named), f"findings {named} are not listed"

    def of_the_programme(self, key: str) -> str:
        """Its own texts say nothing by themselves."""
        path = ".".join(key.split(".")[2:])
        if self.under == UNANSWERED:
            assert isinstance(self.recap, GroupRecap), "managers are not told who has not answered"
            r = t.replies.c
            here = r.session_id == self.session, r.step == path, r.role.in_(("answer", "note"))
            assert not self.rows(t.replies, *here), f"{path} has been answered"
            return "unanswered"
        settled = VOTED if isinstance(self.recap, ManagerRecap) else SETTLED
        assert self.under in settled, f"{key} leads to nothing that was said, and says no count"
        rounds = (*self.recap.rounds, self.recap) if isinstance(self.recap, ManagerRecap) else (self.recap,)
        assert any(path in one.options for each in rounds for one in each.chosen), f"{path} was not chosen"
        return "settled"

    def spread(self, said: m.Levels) -> str:
        s = t.scores.c
        given = self.rows(t.scores, s.reply_id.in_(said.replies), s.item.in_(said.names))
        assert len({row.reply_id for row in given}) == len(said.replies) >= FEW, (
            "fewer than five, or other scores"
        )
        return "spread"

    # -- what it leads to

    def reply(self, reply: int, *, outside: bool) -> None:
        wrote = self.rows(t.replies, t.replies.c.id == reply)
        assert wrote, f"nobody wrote {reply}"
        assert wrote[0].role != "aside", f"{reply} was no answer"
        if isinstance(self.recap, ManagerRecap):
            assert outside, "managers are shown what was released, in the words in which it was"
            assert reply in {one.reply for one in self.recap.findings or ()}, f"{reply} is not listed"
        if outside:
            (found,) = self.rows(t.findings, t.findings.c.reply_id == reply)
            assert found.state in RELEASED, f"{reply} has not been released"
        elif isinstance(self.recap, GroupRecap):
            s, c = t.sessions.c, t.circles.c
            mine = select(s.circle_id).where(s.id == self.session)
            heard = select(s.id).join(t.circles, c.id == s.circle_id)
            heard = heard.where(s.id == wrote[0].session_id, (c.id.in_(mine)) | (c.kind == "everyone"))
            assert self.unit.all(heard), f"{reply} was said in another group"

    def rows(self, table: Any, *where: Any) -> list[Any]:
        return self.unit.all(select(table).where(*where))


def _innermost(said: m.Text) -> str:
    """What a heading says, without the round that it is of."""
    what = said.params.get("what")
    return _innermost(what) if said.key == "manager.of-round" and isinstance(what, m.Text) else said.key


def _counts(said: m.Text) -> bool:
    return any(
        isinstance(one, int) or (isinstance(one, m.Text) and _counts(one)) for one in said.params.values()
    )
