"""One thing that is wrong with a programme: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple, TypeAlias

#: The way to a value in a file: keys, and numbers of items counted from 0.
Path: TypeAlias = tuple[str | int, ...]


class Fault(NamedTuple):
    """What a rule finds: the way to the value (or to where it should have been), and two short sentences."""

    path: Path
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault with its place in a file. Line and column are counted from 1."""

    file: str
    line: int
    column: int
    #: "round/step", where it concerns one step.
    step: str | None
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.step}: " if self.step else ""
        return f"{self.file}:{self.line}: {where}{self.what}. {self.remedy}."

    @property
    def place(self) -> tuple[str, int, int, str]:
        """What problems are sorted by."""
        return self.file, self.line, self.column, self.what


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, if one is near enough."""
    return next(iter(get_close_matches(word, list(known), 1)), None)


def named(words: Iterable[str]) -> str:
    """Words as they stand in a sentence: `a`, `b`, `c`."""
    return ", ".join(f"`{word}`" for word in words)


def counted(n: int, noun: str) -> str:
    """A number of things in English: 1 round, 2 rounds."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
