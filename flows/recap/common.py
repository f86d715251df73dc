"""What findings of several groups have in common, proposed by rule from the words in them.

- Words are compared by their stems, in the language of the series; small words (`flows.recap.small_words`) and
  numbers say nothing. A stem counts only if findings of at least two groups have it.
- The weightiest stem comes first: one that more groups have, and that is rarer among all findings. Its findings
  belong together, and are placed; the next is sought among what is left. So every finding is in one place at most,
  and all findings of a place share a word.
- The same findings in any order give the same proposal.

What is ugly: «rule» and «regulation» are two words here, and «not enough time» recurs as «time». It is a proposal,
headed by the words that recur, until a coordinator has looked at it.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from heapq import heapify, heappop, heappush
from typing import Any

from msgspec import Struct

from flows.recap.small_words import SMALL

#: By what the language of a series is called, as the stemmer calls it. The Norwegian one knows both written forms.
STEMMERS = {"nb": "norwegian", "nn": "norwegian", "sv": "swedish", "en": "english"}
#: Words that head a proposal: more than three are a sentence that nobody said.
HEADED_BY = 3
#: Letters of a word that can say something.
LEAST = 3
#: Words whose stems are remembered: more than the findings of a series have.
KNOWN = 20_000

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


class Told(Struct, frozen=True):
    """A finding in words, by its reply, and which group's it is."""

    reply: int
    side: int
    words: str


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer  # all its languages are loaded with it

    return snowballstemmer.stemmer(STEMMERS.get(language, "english"))


@lru_cache(KNOWN)
def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word))


def stems(words: str, language: str) -> dict[str, str]:
    """From each stem in it that says something to the word that has it, the first time."""
    small, found = SMALL.get(language, SMALL["en"]), dict[str, str]()
    for each in _WORD.findall(words.casefold()):
        if len(each) >= LEAST and each not in small:
            found.setdefault(_stem(each, language), each)
    return found


def together(told: Iterable[Told], language: str) -> tuple[tuple[int, ...], ...]:
    """The findings that belong together, by their replies, those of two groups or more each; the weightiest first."""
    findings = {one.reply: one for one in told}
    has = {reply: frozenset(stems(one.words, language)) for reply, one in findings.items()}
    return tuple(_Sorting(findings, has).placed())


class _Sorting:
    """Findings that are not placed yet, by stem. Each is looked at once for each of its stems, however many."""

    def __init__(self, findings: Mapping[int, Told], has: Mapping[int, frozenset[str]]) -> None:
        self.findings, self.has = findings, has
        self.left: dict[str, set[int]] = defaultdict(set)
        self.sides: dict[str, Counter[int]] = defaultdict(Counter)
        for reply, each in has.items():
            for stem in each:
                self.left[stem].add(reply)
                self.sides[stem][findings[reply].side] += 1
        self.spread = {stem: len(replies) for stem, replies in self.left.items()}

    def placed(self) -> Iterator[tuple[int, ...]]:
        """A stem loses weight only as findings are placed: what comes off the heap too heavy is put back."""
        heap = [(-self._now(stem), stem) for stem in self.left if self._now(stem)]
        heapify(heap)
        while heap:
            weight, stem = heappop(heap)
            now = self._now(stem)
            if now == -weight:
                found = tuple(sorted(self.left[stem]))
                self._place(found)
                yield found
            elif now:
                heappush(heap, (-now, stem))

    def _now(self, stem: str) -> float:
        return _weight(len(self.sides[stem]), self.spread[stem], len(self.has))

    def _place(self, replies: Iterable[int]) -> None:
        for reply in replies:
            side = self.findings[reply].side
            for stem in self.has[reply]:
                self.left[stem].discard(reply)
                self.sides[stem][side] -= 1
                if not self.sides[stem][side]:
                    del self.sides[stem][side]


def _weight(groups: int, findings: int, of: int) -> float:
    """Of a stem in so many groups and findings, of so many findings in all; 0 where no two groups share it.

    Rounded: machines differ in the last digit.
    """
    return 0.0 if groups < 2 else round((groups - 1) * math.log(1 + of / findings), 6)


def recurring(told: Iterable[Told], language: str) -> tuple[str, ...]:
    """The words that recur among findings of several groups, those of most groups first: at most three.

    Each in the form that most of them have; empty where no word recurs.
    """
    sides: dict[str, set[int]] = defaultdict(set)
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for one in told:
        for stem, word in stems(one.words, language).items():
            sides[stem].add(one.side)
            forms[stem][word] += 1
    shared = sorted(
        (stem for stem in sides if len(sides[stem]) > 1), key=lambda stem: (-len(sides[stem]), stem)
    )
    return tuple(
        min(forms[stem], key=lambda word: (-forms[stem][word], len(word), word))
        for stem in shared[:HEADED_BY]
    )
