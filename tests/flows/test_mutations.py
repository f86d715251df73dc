"""Is there a transcript for every entry of the engine's tables? Take one away, or let it do nothing, and see.

Each mutant is one entry of `TRANSITIONS`, `ANYWHERE`, `DEADLINES` or `CONTROLS`: removed; replaced by a handler
that ignores; and, where the table of a phase is blank, filled in with one that accepts. A transcript must fail for
each of them. The kinds of step are tables too: of the moments in which they act. Each is set back to what a step does
that has none of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args

import pytest

from flows import events as e
from flows.controls import CONTROLS
from flows.engine import ANYWHERE, TRANSITIONS
from flows.kinds import KINDS, Step
from flows.timing import DEADLINES
from tests.flows.stage import TRANSCRIPTS, Stage, play

#: Mutants that no transcript can kill, each with the reason.
SURVIVORS: dict[str, str] = {}

NOTHING: Any = object()


class Mutant(NamedTuple):
    table: dict[Any, Any]
    key: Any
    handler: Any
    name: str


def ignores(*_: object) -> str:
    return "a mutant"


def accepts(*_: object) -> None:
    return None


def named(key: Any) -> str:
    return key.__name__ if isinstance(key, type) else str(key)


def mutants() -> Iterator[Mutant]:
    tables: dict[str, dict[Any, Any]] = {
        **{f"TRANSITIONS[{phase}]": table for phase, table in TRANSITIONS.items()},
        "ANYWHERE": ANYWHERE, "DEADLINES": DEADLINES, "CONTROLS": CONTROLS,
    }  # fmt: skip
    for name, table in tables.items():
        # A deadline's handler gives no reasons: what does nothing is what ignores.
        idle = accepts if table is DEADLINES else ignores
        for key in table:
            yield Mutant(table, key, NOTHING, f"{name}[{named(key)}] removed")
            yield Mutant(table, key, idle, f"{name}[{named(key)}] does nothing")
    for phase, table in TRANSITIONS.items():
        for key in get_args(e.Event):
            if key not in table and key not in ANYWHERE:
                yield Mutant(table, key, accepts, f"TRANSITIONS[{phase}][{named(key)}] filled in")


def moments() -> Iterator[tuple[type[Step], str]]:
    """What each kind does in its own way."""
    usual = [name for name, what in vars(Step).items() if inspect.isfunction(what) and name[0] != "_"]
    # What a recap quotes, and what managers are told, is in no conversation; the tests of recaps hold it.
    usual = [name for name in usual if name not in ("topics", "settles")]
    return ((kind, name) for kind in KINDS for name in usual if name in vars(kind))


@cache
def written() -> dict[str, str]:
    """The transcripts, the shortest first: most mutants fall to those."""
    texts = {path.stem: path.read_text() for path in TRANSCRIPTS.glob("*.txt")}
    return dict(sorted(texts.items(), key=lambda item: len(item[1])))


@cache
def played() -> dict[str, Stage]:
    """Each transcript as it is, in the end: a mutant is tried where it can make a difference."""
    return {name: play(text)[1] for name, text in written().items()}


@cache
def met() -> dict[str, set[Any]]:
    """Which events each transcript has in which phase."""
    return {name: stage.met for name, stage in played().items()}


def having(kind: type[Step]) -> list[str]:
    """The transcripts of rounds with such a step, as they are written."""
    has = (
        name for name, stage in played().items() if any(isinstance(each, kind) for each in stage.route.steps)
    )
    return [written()[name] for name in has]


def tried_on(mutant: Mutant) -> list[str]:
    phase = next((phase for phase, table in TRANSITIONS.items() if table is mutant.table), None)
    has = [name for name in written() if phase is None or (phase, mutant.key) in met()[name]]
    if mutant.table is ANYWHERE:
        has = [name for name in written() if any(key == mutant.key for _, key in met()[name])]
    return has


def fails(text: str) -> bool:
    try:
        return play(text)[0] != text
    except Exception:  # noqa: BLE001 (whatever a mutant breaks, it is seen)
        return True


def test_the_transcripts_pass_unmutated() -> None:
    assert not [name for name, text in written().items() if fails(text)]


@pytest.mark.parametrize("mutant", tuple(mutants()), ids=lambda mutant: mutant.name)
def test_a_transcript_fails_for_it(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    names = tried_on(mutant)
    if mutant.handler is NOTHING:
        monkeypatch.delitem(mutant.table, mutant.key)
    else:
        monkeypatch.setitem(mutant.table, mutant.key, mutant.handler)
    killed = any(fails(written()[name]) for name in names)
    assert killed != (mutant.name in SURVIVORS), f"{mutant.name}: no transcript shows the difference"


@pytest.mark.parametrize(
    ("kind", "moment"), tuple(moments()), ids=lambda value: getattr(value, "WORD", value)
)
def test_a_transcript_fails_for_the_kind(
    kind: type[Step], moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = having(kind)
    monkeypatch.delattr(kind, moment)
    assert any(fails(text) for text in texts), f"no transcript shows what {kind.WORD} does in `{moment}`"
