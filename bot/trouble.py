"""How trouble is told in a log: never in the words of people, which errors like to quote."""

from __future__ import annotations

from storage.database import TROUBLE
from storage.parked import reason_of


def in_short(problem: BaseException) -> str:
    """The database's own trouble in its words, such as "database or disk is full"; other errors by kind and place."""
    if isinstance(problem, TROUBLE) and problem.orig is not None:
        lines = str(problem.orig).strip().splitlines()
        return lines[0] if lines else type(problem.orig).__name__
    return reason_of(problem)
