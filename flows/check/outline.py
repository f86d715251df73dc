"""A programme file as far as it can be understood, for rules that must work on a faulty one too.

`flows.programme` refuses a file as a whole. The rules about how its parts fit together should still find
everything that they can, so they look at this outline: what is missing or of the wrong type is left out, or
has its usual value. What is wrong with it is told by `flows.check.shape`, not here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from flows.check.problem import Path
from flows.kinds import BY_WORD
from flows.kinds.step import Step

#: No time box is longer, so a longer one is a slip of the pen and not worth adding up.
MOST_MINUTES = 480


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def number(value: Any, otherwise: int = 0) -> int:
    """A number as the models would take it, in quotes too."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 4:
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= MOST_MINUTES else otherwise


@dataclass(frozen=True, slots=True)
class SeenStep:
    path: Path
    raw: dict[str, Any]

    @property
    def word(self) -> str:
        """Its first key, which should be the word of its kind."""
        return next(iter(self.raw), "")

    @property
    def kind(self) -> type[Step] | None:
        return BY_WORD.get(self.word)

    @property
    def id(self) -> str:
        return text(self.raw.get(self.word))

    @property
    def minutes(self) -> int:
        usual = self.kind.model_fields["minutes"].default if self.kind else 0
        return number(self.raw.get("minutes"), usual)


@dataclass(frozen=True, slots=True)
class SeenRound:
    path: Path
    id: str
    steps: tuple[SeenStep, ...]
    plenum: tuple[SeenStep, ...]

    @property
    def everything(self) -> tuple[SeenStep, ...]:
        return self.steps + self.plenum

    def minutes(self, *, plenum: bool) -> int:
        return sum(step.minutes for step in (self.everything if plenum else self.steps))


@dataclass(frozen=True, slots=True)
class Outline:
    raw: dict[str, Any]
    rounds: tuple[SeenRound, ...]
    #: The names of the files beside the programme file; None where nobody has looked.
    beside: frozenset[str] | None = None

    @property
    def languages(self) -> list[Any]:
        return items(self.raw.get("languages"))

    @property
    def pictures(self) -> dict[str, dict[str, Any]]:
        return {name: mapping(each) for name, each in mapping(self.raw.get("pictures")).items()}

    @property
    def forms(self) -> dict[str, dict[str, Any]]:
        return {name: mapping(each) for name, each in mapping(self.raw.get("forms")).items()}

    @staticmethod
    def holds_plenum(form: dict[str, Any]) -> bool:
        """A form that says something else than true or false at least meant to say something."""
        return form.get("plenum", False) is not False

    @property
    def routes(self) -> Iterator[tuple[Path, tuple[SeenStep, ...]]]:
        """What each circle goes through: the steps of a group, and those of everyone."""
        for each in self.rounds:
            yield (*each.path, "steps"), each.steps
            yield (*each.path, "plenum"), each.plenum


def outline(data: Any, beside: Collection[str] | None = None) -> Outline:
    """What can be made out of a programme file's data, whatever it is."""
    raw = mapping(data)
    rounds = enumerate(items(raw.get("rounds")))
    seen = tuple(_round(("rounds", index), mapping(each)) for index, each in rounds)
    return Outline(raw, seen, None if beside is None else frozenset(beside))


def _round(path: Path, raw: dict[str, Any]) -> SeenRound:
    def steps(part: str) -> tuple[SeenStep, ...]:
        found = enumerate(items(raw.get(part)))
        return tuple(SeenStep((*path, part, index), mapping(each)) for index, each in found)

    return SeenRound(path, text(raw.get("round")), steps("steps"), steps("plenum"))


#: Texts of a round that belong to no step, so that no step can have their name.
ROUND_TEXTS = ("title", "theme")


def step_named(raw: Any, path: Path) -> str | None:
    """What people call the step that a way leads to, in the programme file or a catalogue: "round/step"."""
    match path:
        case ("texts", str(), *rest):
            return step_named(raw, tuple(rest))
        case ("rounds", int(at), str(part), int(index), *_):
            each = mapping(items(raw["rounds"])[at])
            step = SeenStep(path, mapping(items(each[part])[index]))
            return f"{text(each.get('round')) or f'round {at + 1}'}/{step.id or f'step {index + 1}'}"
        case ("rounds", str(name), str(step_id), *_) if step_id not in ROUND_TEXTS:
            return f"{name}/{step_id}"
    return None
