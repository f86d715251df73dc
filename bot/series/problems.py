"""What a coordinator can mend: what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from flows.calendar import AskAbout, TwoSuchTimes
from flows.forms import Sentence


class SeriesProblem(ValueError):
    """Something that was asked for cannot be done. The message says why, and what can be done.

    Where it is a `Sentence`, a chat can say it too. `field`: the field of a form that it is about.
    """

    field: str | None = None

    @property
    def why(self) -> str | None:
        return self.args[0] if self.args else None


class NotFound(SeriesProblem):
    """Nothing is called so. Names what is nearest, and what there is."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        begun = [each for each in names if name and each.casefold().startswith(name.casefold())]
        near = begun or get_close_matches(name, names, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        there = f" There is: {', '.join(names)}." if names else " There is none yet."
        words = f"There is no {what} called {name}.{meant}{there}"
        super().__init__(Sentence(words, "not-found", name=name))
        self.name = name


class WhichTime(SeriesProblem):
    """A local time that only a person can settle: `asked` holds the two moments that may be meant."""

    field = "at"

    def __init__(self, number: int, asked: AskAbout) -> None:
        self.number, self.asked = number, asked
        self.twice = isinstance(asked, TwoSuchTimes)
        words = f"Session {number}: {_twice(asked) if self.twice else asked}"
        code = "twice" if self.twice else "no-such-time"
        super().__init__(
            Sentence(words, code, number=number, at=f"{asked.moment.at:%H:%M}", on=asked.moment.on)
        )


def _twice(asked: AskAbout) -> str:
    first, second = asked.candidates
    moment = asked.moment
    return (
        f"{moment.at:%H:%M} on {moment.on} comes twice in {moment.zone}: the clock is put back that day. "
        f"The first is at {first:%H:%M} UTC, the second at {second:%H:%M} UTC. "
        "Say which is meant, the first or the second, or choose another time."
    )
