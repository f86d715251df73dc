"""What a person is shown of themselves, in words and in their language. What they wrote stands as they wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bot.markdown import escaped

if TYPE_CHECKING:
    from bot.rights.showing import Everything, Part, Standing, Written
    from flows.language import Catalogue


@dataclass(frozen=True, slots=True)
class Telling:
    """In one language, at one moment."""

    catalogue: Catalogue
    now: datetime

    def _say(self, key: str, **params: Any) -> str:
        return self.catalogue.say(key, now=self.now, **params)

    def everything(self, found: Everything) -> str:
        sections = [
            (self._say("rights.who"), self._who(found)),
            (self._say("rights.parts"), [self._part(each) for each in found.parts]),
            *self._said(found.written),
            (self._say("rights.votes"), [self._vote(each) for each in found.votes]),
            (self._say("rights.marks"), [self._say("rights.marked", n=found.marked)] if found.marked else []),
            (self._say("rights.answers"), [self._answer(each) for each in found.answered]),
            (self._say("rights.begun"), [escaped(each.written) for each in found.begun]),
            (self._say("rights.waiting"), [escaped(each) for each in found.waiting]),
            (self._say("rights.log"), [self._noted(each) for each in found.log]),
        ]
        shown = "\n\n".join(_section(title, lines) for title, lines in sections if lines)
        return f"# {self._say('rights.title')}\n\n{shown}\n"

    def _who(self, found: Everything) -> list[str]:
        accounts = [
            self._say("rights.account", platform=each.platform, workspace=each.workspace, account=each.account)
            for each in found.accounts
        ]  # fmt: skip
        return [escaped(line) for line in (self._say("rights.name", name=found.name or "–"), *accounts)]

    def _part(self, part: Part) -> str:
        role = self._say(f"rights.role.{part.role}")
        where = escaped(", ".join(filter(None, (part.series, part.group)))) or "Runda"
        params = {"where": where, "role": role, "since": part.since}
        if part.until is not None:
            return self._say("rights.part-until", **params, until=part.until)
        return self._say("rights.part", **params)

    # -- what was written

    def _said(self, written: Iterable[Written]) -> Iterator[tuple[str, list[str]]]:
        for (series, number), each in groupby(written, key=lambda one: (one.series, one.session)):
            title = self._say("rights.written", series=escaped(series), number=number)
            yield title, [self._one(one) for one in each]

    def _one(self, one: Written) -> str:
        what = ", ".join([self._say(f"rights.what.{one.role}"), *self._marks(one)])
        words = escaped(one.words) if one.words else self._scores(one)
        lines = self._say("rights.wrote", at=one.at, what=what, words=words).splitlines()
        return "  \n  ".join([*lines, *self._stands(one)])

    def _marks(self, one: Written) -> Iterator[str]:
        if one.late:
            yield self._say("rights.late")
        if one.alone:
            yield self._say("rights.alone")
        if one.state is not None:
            yield self._say(f"rights.state.{one.state}")

    def _scores(self, one: Written) -> str:
        given = (f"{item}: {'?' if value is None else value}" for item, value in one.scores.items())
        return escaped(", ".join(given)) or "–"

    def _stands(self, one: Written) -> Iterator[str]:
        yield from (self._standing(each) for each in one.recaps)
        yield self._say("rights.posted", n=one.posted)

    def _standing(self, each: Standing) -> str:
        key = "rights.in-managers" if each.recap == "managers" else "rights.in-group"
        return self._say(key, number=each.session, version=each.version)

    # -- the rest

    def _vote(self, vote: Any) -> str:
        options = ", ".join(str(one + 1) for one in vote.options)
        return self._say("rights.vote", series=escaped(vote.series), number=vote.session, options=options)

    def _answer(self, each: Any) -> str:
        what = self._say(f"rights.verdict.{each.verdict}")
        where = f"{escaped(each.series)} {each.session}"
        return self._say(
            "rights.answered", at=each.at, where=where, what=what, words=escaped(each.words) or "–"
        )

    def _noted(self, row: Any) -> str:
        return self._say("rights.noted", at=row.at, act=row.act, what=escaped(row.object))


def _section(title: str, lines: Iterable[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines)
