"""What is played. Light to load: it is asked for before the first line is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Play:
    """A programme, in a language, at a pace. `form` None: the first with a plenum, if there is one."""

    language: str
    programme: str = "selfcheck"
    pace: str = "live"
    form: str | None = None
    #: The language was asked for; otherwise another that the programme has will do.
    insists: bool = False

    def in_language_of(self, has: Sequence[str]) -> Play:
        return self if self.insists or self.language in has else replace(self, language=has[0])
