"""What a person is shown of themselves, in words and in their language. What they wrote stands as they wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.markdown import escaped

if TYPE_CHECKING:
    from bot.rights.showing import Everything, Part, Standing, Written
    from flows.language import Catalogue


class Told(NamedTuple):
    """A line, and the reply whose words it shows."""

    words: str
    reply: int | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """In one language, at one moment."""

    catalogue: Catalogue
    now: datetime

    def _say(self, key: str, **params: Any) -> str:
        return self.catalogue.say(key, now=self.now, **params)

    def everything(self, found: Everything) -> str:
        """In Markdown."""
        shown = "\n\n".join(_section(title, lines) for title, lines in self.sections(found))
        return f"# {escaped(self._say('rights.title'))}\n\n{shown}\n"

    def sections(self, found: Everything) -> list[tuple[str, list[Told]]]:
        """What there is: a title, and its lines as they are, without markup."""
        sections = [
            (self._say("rights.who"), _plain(self._who(found))),
            (self._say("rights.parts"), _plain(map(self._part, found.parts))),
            *self._said(found.written),
            (self._say("rights.votes"), _plain(map(self._vote, found.votes))),
            (
                self._say("rights.marks"),
                _plain([self._say("rights.marked", n=found.marked)] if found.marked else []),
            ),
            (self._say("rights.answers"), _plain(map(self._answer, found.answered))),
            (self._say("rights.ideas"), _plain(map(self._idea, found.ideas))),
            (self._say("rights.begun"), _plain(each.written for each in found.begun)),
            (self._say("rights.waiting"), _plain(found.waiting)),
            (self._say("rights.log"), _plain(map(self._noted, found.log))),
        ]
        return [(title, lines) for title, lines in sections if lines]

    def _who(self, found: Everything) -> list[str]:
        accounts = [
            self._say("rights.account", platform=each.platform, workspace=each.workspace, account=each.account)
            for each in found.accounts
        ]  # fmt: skip
        unit = [self._say("rights.unit", unit=found.unit)] if found.unit else []
        return [self._say("rights.name", name=found.name or "–"), *unit, *accounts]

    def _part(self, part: Part) -> str:
        role = self._say(f"rights.role.{part.role}")
        where = ", ".join(filter(None, (part.series, part.group))) or "Runda"
        params = {"where": where, "role": role, "since": part.since}
        if part.until is not None:
            return self._say("rights.part-until", **params, until=part.until)
        return self._say("rights.part", **params)

    # -- what was written

    def _said(self, written: Iterable[Written]) -> Iterator[tuple[str, list[Told]]]:
        for (series, number), each in groupby(written, key=lambda one: (one.series, one.session)):
            title = self._say("rights.written", series=series, number=number)
            yield title, [Told(self._one(one), one.reply) for one in each]

    def _one(self, one: Written) -> str:
        what = ", ".join([self._say(f"rights.what.{one.role}"), *self._marks(one)])
        wrote = self._say("rights.wrote", at=one.at, what=what, words=one.words or self._scores(one))
        return "\n".join([wrote, *self._stands(one)])

    def _marks(self, one: Written) -> Iterator[str]:
        if one.late:
            yield self._say("rights.late")
        if one.alone:
            # Nobody's answer is written alone unless it is for the others: what is one's own is a note.
            yield self._say("rights.handed" if one.role == "answer" else "rights.alone")
        if one.state is not None:
            yield self._say(f"rights.state.{one.state}")

    def _scores(self, one: Written) -> str:
        given = (f"{item}: {'?' if value is None else value}" for item, value in one.scores.items())
        return ", ".join(given) or "–"

    def _stands(self, one: Written) -> Iterator[str]:
        yield from (self._standing(each) for each in one.recaps)
        yield self._say("rights.posted", n=one.posted)

    def _standing(self, each: Standing) -> str:
        key = {"managers": "rights.in-managers", "series": "rights.in-whole"}.get(
            each.recap, "rights.in-group"
        )
        return self._say(key, number=each.session, version=each.version)

    # -- the rest

    def _vote(self, vote: Any) -> str:
        options = ", ".join(str(one + 1) for one in vote.options)
        return self._say("rights.vote", series=vote.series, number=vote.session, options=options)

    def _answer(self, each: Any) -> str:
        what = self._say(f"rights.verdict.{each.verdict}")
        where = f"{each.series} {each.session}"
        return self._say("rights.answered", at=each.at, where=where, what=what, words=each.words or "–")

    def _idea(self, each: Any) -> str:
        status = self._say(f"idea.status.{each.status}")
        return self._say("rights.idea", at=each.at, number=each.idea, status=status, words=each.words)

    def _noted(self, row: Any) -> str:
        return self._say("rights.noted", at=row.at, act=row.act, what=row.object)


def _plain(lines: Iterable[str]) -> list[Told]:
    return [Told(line) for line in lines]


def _section(title: str, lines: Iterable[Told]) -> str:
    items = ("- " + "  \n  ".join(escaped(line.words).splitlines()) for line in lines)
    return f"## {escaped(title)}\n\n" + "\n".join(items)
