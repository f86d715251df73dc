"""Whatever the engine says in a transcript can be said: in every language a text, which gets its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec
import pytest
from ruamel.yaml import YAML

from flows import effects as fx
from flows.language import Catalogue, placeholders
from flows.programme import LANGUAGES
from tests.flows.stage import ROOM, TRANSCRIPTS, play


def texts(value: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Every text of the bot's own in an effect, with the names of its parameters."""
    if isinstance(value, dict):
        if value.get("type") == "text" and not value["key"].startswith("programme:"):
            yield value["key"], frozenset(value["params"])
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


@cache
def said() -> tuple[tuple[fx.Effect, ...], ...]:
    return tuple(tuple(play(path.read_text())[1].effects) for path in sorted(TRANSCRIPTS.glob("*.txt")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_said_has_a_text(language: str) -> None:
    catalogue = Catalogue(language, YAML(typ="safe").load(ROOM / f"texts/{language}.yaml"), "UTC")
    spoken = {
        found for effects in said() for effect in effects for found in texts(msgspec.to_builtins(effect))
    }
    assert len(spoken) > 50
    for key, params in sorted(spoken, key=lambda each: each[0]):
        assert key in catalogue, key
        wanted = placeholders(catalogue.entries[key])
        assert wanted <= params, f"{key} wants {wanted}, and the engine gives {set(params)}"


def test_every_sort_of_effect_and_outcome_is_in_a_transcript() -> None:
    effects = [effect for each in said() for effect in each]
    assert {type(effect) for effect in effects} == set(get_args(fx.Effect))
    outcomes = {effect.outcome for effect in effects if isinstance(effect, fx.Finish)}
    assert outcomes == set(get_args(fx.Outcome))
    roles = {effect.role for effect in effects if isinstance(effect, fx.Keep)}
    assert roles == set(get_args(fx.Role))
