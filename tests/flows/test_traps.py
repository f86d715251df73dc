"""Every line that docs/traps.md quotes stands in its transcript, and goes when the rule that it shows is broken.

A rule is broken where it stands: in the programme, by leaving out or changing what asks for it; in the engine, by
setting something else in its place. If the line came all the same, the quotation would show nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from ruamel.yaml import YAML

from flows import hearing, reading
from flows.kinds import level, pairs, spread
from flows.kinds.ask import Ask
from flows.kinds.choose import Choose
from flows.kinds.plenum import Share
from flows.kinds.recap import LookBack
from flows.kinds.respond import Gross, Respond
from flows.kinds.scale import Scale
from flows.message import Quote
from flows.pairs import Pair
from flows.programme import Programme
from flows.turn import Turn
from tests.flows import stage
from tests.flows.stage import ROOM, TRANSCRIPTS, play

HOUSE = Path(__file__).parents[2]
PAGE = HOUSE / "docs" / "traps.md"
ROWS = re.findall(
    r"^\| (\w+) \| ([^|]+) \| (\w+) \| `([^`]+)` \|$", PAGE.read_text("utf-8"), flags=re.MULTILINE
)
ELSEWHERE = re.findall(
    r"^\| \d+ \| [^|]+ \| `(test_\w+)` \| (\S+\.py) \|$", PAGE.read_text("utf-8"), re.MULTILINE
)

Patch: TypeAlias = pytest.MonkeyPatch
Break: TypeAlias = Callable[[Patch], None]

once_more, begin = Choose._once_more, Share._begin


def engine(where: Any, name: str, instead: Any) -> Break:
    """Something else stands there in the engine."""
    return lambda patch: patch.setattr(where, name, instead)


def programme(called: str, step: str, change: Callable[[dict[str, Any]], object] | None = None) -> Break:
    """That step of a shipped programme is changed, in every round that has it; or, without `change`, left out."""

    def broken(patch: Patch) -> None:
        raw = YAML(typ="safe").load(ROOM / f"programmes/{called}/programme.yaml")
        for each in raw["rounds"]:
            for part in ("steps", "plenum"):
                found = [one for one in each.get(part, ()) if next(iter(one.values())) == step]
                for one in found:
                    _ = change(one) if change else each[part].remove(one)
        changed = Programme.model_validate(raw)
        assert changed != stage.library(called)
        patch.setattr(stage, "library", lambda _: changed)

    return broken


def dropped(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda step: step.pop(key)


def fields(*names: Any) -> Callable[[dict[str, Any]], object]:
    return lambda step: step.update(fields=list(names))


def blind(patch: Patch) -> None:
    """Nobody sees what a sentence looks like."""
    patch.setattr(stage, "shape", lambda *_: reading.Shape(1, 5, how=True))


def nothing(*_: Any, **__: Any) -> None:
    return None


def over(_: object, turn: Turn) -> None:
    turn.over = True


def acquainted(people: Any, _: str, **__: Any) -> tuple[Pair, ...]:
    """The first two, whoever they are and have met."""
    return (Pair(tuple(sorted(people))[:2], "met-before"),)


def those_of_the_beginning(_: object, turn: Turn) -> list[int]:
    """Whoever was there when it began, and nobody later."""
    return [] if turn.state.options else list(dict.fromkeys(one.circle for one in turn.state.handed))


def afresh(step: Choose, turn: Turn, sure: tuple[int, ...], _: object) -> None:
    """The second vote is about what there is by then."""
    once_more(step, turn, sure, step._options(turn))


def when_all_are_there(step: Share, turn: Turn) -> None:
    """In lock-step: nothing begins before the last group has come."""
    if turn.state.arrived >= turn.state.setting.groups:
        begin(step, turn)


#: By transcript and quoted line: how the rule is broken that it shows.
BROKEN: dict[tuple[str, str], Break] = {
    ("live_round_2", "asks 1 (recap): recap 900 / recap.since"): engine(LookBack, "opens", over),
    ("live_round_1", "says: picture.point (number 3,"): engine(hearing, "_explain", nothing),
    ("plenum_no_time", "says: plenum.no-time"): engine(Share, "_no_time", lambda _, turn: turn.finish("done")),
    ("one_day", "says: break.until (until 09:40)"): engine(Turn, "goodbye", nothing),
    ("live_table", "«only.one» / ask.table"): engine(Ask, "_how", lambda *_: []),
    ("network_1_group", "level.weakest / - «shared-view.fundaments.items.anchoring»"):
        engine(level, "weakest", lambda agreed: (max(agreed, key=agreed.get),)),
    ("plenum_respond", "asks 4: # share.from (group east)"): engine(Respond, "_there", those_of_the_beginning),
    ("network_1_plenum", "asks 3: # share.from (group south)"): engine(Respond, "_there", those_of_the_beginning),
    ("network_2_group", "«learning.at-home»"): programme("network", "at-home"),
    ("network_3_plenum", "(one kari, two siri, why pairs.why.new)"): engine(pairs, "draw", acquainted),
    ("culture_2_group", "says: decide.everyone"): blind,
    ("culture_3_plenum", "since r42 r43 r44 r45 r51 r52 r53 r54 r55"):
        programme("culture", "change", dropped("since")),
    ("culture_1_plenum", "conflict reversed / «climate.surprises»"):
        programme("culture", "climate", dropped("reversed")),
    ("culture_2_plenum", "apart r31 r32 r33 r34 r35"): programme("culture", "seven", dropped("gap")),
    ("culture_1_group", "to ola: says: answers.aloud"): engine(Scale, "confides", nothing),
    ("live_spread_back", "asks 4: levels.shown (n 5)"): engine(spread, "shown_again", lambda _, now, __: now),
    ("training_1_group", "of thoughts.not-alone r2; of thoughts.partners r3"): programme(
        "training", "thoughts", fields("challenges", "alone", "partners", {"field": "not-alone", "of": "partners"})),
    ("training_2_group", "asks 6: ask.count (n 1, of 2) / «need.really»"): programme("training", "deeper"),
    ("training_2_group", "asks 9: «need.ask-others» / wait.how (n 12)"): programme("training", "ask-others"),
    ("training_2_group", "says: sentence.one (n 2)"): blind,
    ("training_2_group", "sentence.stands / r14 / sentence.solution"): blind,
    ("training_3_plenum", "to kari: says: respond.own"): engine(Respond, "_presents", lambda *_: False),
    ("training_3_plenum", "respond.extra-counted (n 2)"): programme("training", "committee", dropped("extra")),
    ("training_3_group", "fields.count (n 5, of 5) / «solution.test.anchoring»"):
        programme("training", "test", fields("goal", "what", "who", "progress")),
    ("exchange_1_plenum", "keeps r4 as note to 3, summing-up"): programme("exchange", "summing-up"),
    ("exchange_1_plenum", "(one per, two ola, why pairs.why.new)"): engine(pairs, "draw", acquainted),
    ("training_4_group", "asks 3: «decision.go-on.owner» / decide.owner"): programme("training", "go-on"),
    ("network_3_group", "of method.what"): programme("network", "method"),
    ("training_1_plenum", "1. gross.large (words r1) 2. gross.small (words r2)"):
        engine(Gross, "_line", lambda _self, _state, reply: Quote(reply)),
    ("live_choose", "asks 3: «only.most-important» / 1. r3 2. r4"): engine(Choose, "_once_more", afresh),
    ("live_choose", "to ola: says: answers.aloud"): engine(Choose, "confides", nothing),
    ("network_1_plenum", "10:10:02 delivered 2"): engine(Share, "_begin", when_all_are_there),
    ("exchange_2_group", "«leading-and-organising.supported»"): programme("exchange", "supported"),
}  # fmt: skip


def stands(quoted: str, text: str) -> bool:
    return any(line.startswith(" ") and quoted in line for line in text.splitlines())


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 25
    assert len(ROWS) + len(ELSEWHERE) == PAGE.read_text("utf-8").count("\n| ") - 4
    assert {(transcript, quoted) for _, _, transcript, quoted in ROWS} == BROKEN.keys()


@pytest.mark.parametrize(("number", "trap", "transcript", "quoted"), ROWS)
def test_the_line_stands_in_its_transcript_and_goes_with_the_rule(
    number: str, trap: str, transcript: str, quoted: str, monkeypatch: Patch
) -> None:
    written = (TRANSCRIPTS / f"{transcript}.txt").read_text("utf-8")
    assert stands(quoted, written), f"{number}: {trap}"
    BROKEN[transcript, quoted](monkeypatch)
    assert not stands(quoted, play(written)[0]), f"{number}: {trap}: the line comes without the rule"


@pytest.mark.parametrize(("test", "file"), ELSEWHERE)
def test_what_is_held_elsewhere_is_held_there(test: str, file: str) -> None:
    assert f"def {test}(" in (HOUSE / file).read_text("utf-8")
