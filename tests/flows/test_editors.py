"""The JSON Schema for editors: it takes every programme of the library, and has fallen behind nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from flows.check.editors import schema
from flows.kinds import KINDS
from tests.flows.stage import ROOM

jsonschema = pytest.importorskip("jsonschema")
PAGE = Path(__file__).parents[2] / "docs" / "programme.schema.json"
PROGRAMMES = sorted(ROOM.glob("programmes/*/programme.yaml"))


def test_the_file_has_not_fallen_behind() -> None:
    """RUNDA_UPDATE=1 writes it anew."""
    made = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("RUNDA_UPDATE"):
        PAGE.write_text(made, "utf-8")
    assert PAGE.read_text("utf-8") == made


@pytest.mark.parametrize("path", PROGRAMMES, ids=lambda path: path.parent.name)
def test_it_takes_every_programme(path: Path) -> None:
    raw = json.loads(json.dumps(YAML(typ="safe").load(path)))
    jsonschema.Draft202012Validator(schema()).validate(raw)


@pytest.mark.parametrize(
    "step",
    [{"aks": "one"}, {"ask": "one", "minuts": 5}, {"scale": "s"}, {"ask": "One"}, {"gross": "g", "of": "x"}],
)
def test_it_refuses_what_no_kind_is(step: dict[str, object]) -> None:
    raw = {"programme": "p", "languages": ["en"], "rounds": [{"round": "r", "steps": [step]}]}
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(raw))


def test_every_kind_is_described() -> None:
    assert all(schema()["$defs"][kind.WORD]["description"] for kind in KINDS)
