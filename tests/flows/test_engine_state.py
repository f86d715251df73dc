"""A state can be read by every later version; its shape does not change without a new number.

`golden/state_v<n>.json` is a state as version n wrote it: a release step that one who is in doubt has paused, with
every field in use. They are never written anew. A change of shape takes four steps: `SCHEMA` one higher, an
upcaster from the old number, a golden state of the new one, and its shape below.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flows import effects as fx
from flows import events as e
from flows import state as states
from flows.state import SCHEMA, State, dump, load
from tests.flows.stage import route_of, settle

GOLDEN = Path(__file__).parent / "golden"
#: From schema number to the shape that it stands for.
SHAPES = {1: "945e9dbfe2dc7776", 2: "4a62970b03eaf027"}
NOW = datetime(2026, 10, 27, 9, tzinfo=UTC)
#: The round in which the golden states were; the programme's own may have changed since.
STEPS = [
    {"recap": "last-time"}, {"follow-up": "since"}, {"say": "welcome"}, {"ask": "one"}, {"note": "n1", "of": "one"},
    {"ask": "two"}, {"note": "n2", "of": "two"}, {"ask": "three"}, {"note": "n3", "of": "three"}, {"finding": "aha"},
    {"release": "aha-release", "of": "aha"}, {"action": "next-steps"},
]  # fmt: skip


def shape() -> str:
    """A hash of everything that is written down, and of the codes that may stand there; not of the words about it."""
    schema = msgspec.json.schema(State)
    return hashlib.sha256(msgspec.json.encode(without_words(schema), order="sorted")).hexdigest()[:16]


def without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: without_words(each) for key, each in value.items() if key not in ("description", "title")
        }
    return [without_words(each) for each in value] if isinstance(value, list) else value


def test_the_shape_has_its_own_number() -> None:
    assert SHAPES.get(SCHEMA) == shape(), (
        "the state has another shape than its number says; see the top of this file"
    )


@pytest.mark.parametrize("number", range(1, SCHEMA + 1))
def test_an_old_state_loads_and_goes_on(number: int) -> None:
    """It resumes, hears a «no», and ends; what was said before it was stored still counts."""
    state: State | None = load((GOLDEN / f"state_v{number}.json").read_bytes())
    assert state is not None
    assert state.schema == SCHEMA
    route, now = route_of({"steps": STEPS}), NOW
    said: list[fx.Effect] = []
    no = e.Pressed(4, "no", None, state.prompt.prompt if state.prompt else None)
    for event in (e.Pressed(3, "resume"), no, e.Delivered(9, NOW), e.TimeCame()):
        result = settle(route, state, event, now)
        state, said = result.state, [*said, *result.effects]
    while state and (wakes := state.wake_at):
        now = max(now, wakes)
        result = settle(route, state, e.TimeCame(), now)
        state, said = result.state, [*said, *result.effects]
    assert [fx_.findings for fx_ in said if isinstance(fx_, fx.Publish)] == [()]
    assert isinstance(said[-1], fx.Finish)


def test_the_golden_state_has_every_field() -> None:
    """Otherwise it would not show that the field can still be read."""
    raw = msgspec.json.decode((GOLDEN / f"state_v{SCHEMA}.json").read_bytes())
    written = {State: raw, e.Setting: raw["setting"], states.Undo: raw["undos"][0]}
    written |= {states.Scored: raw["scores"][0], states.Written: raw["written"][0]}
    written |= {states.Merged: merged(raw["merged"]), states.Agreed: raw["agreed"][0]}
    written |= {states.Chosen: raw["chosen"][0], states.Handed: raw["handed"][0]}
    written |= {states.Asked: merged(raw["asked"]), states.Found: merged([*raw["findings"], *raw["actions"]])}
    for kind, values in written.items():
        assert {field.name for field in msgspec.structs.fields(kind)} == set(values), kind


def merged(values: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for each in values for key, value in each.items()}


def test_the_number_is_always_written() -> None:
    """Story: defaults are left out of the JSON, and the schema number was a default. The second version could not
    have told its own states from those of the first."""
    setting = e.Setting(pace="live", answering="each", zone="UTC", number=1, of=1, minutes=25)
    assert msgspec.json.decode(dump(State(setting=setting, phase="lobby")))["schema"] == SCHEMA


def test_an_upcaster_is_used_once_for_each_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def second(shape: dict[str, Any]) -> dict[str, Any]:
        return {**shape, "schema": 2, "part": "waiting"}

    def third(shape: dict[str, Any]) -> dict[str, Any]:
        assert shape["part"] == "waiting"
        return {**shape, "schema": 3, "part": "sharing"}

    monkeypatch.setattr(states, "SCHEMA", 3)
    monkeypatch.setattr(states, "UPCASTERS", {1: second, 2: third})
    old = load((GOLDEN / "state_v1.json").read_bytes())
    assert (old.schema, old.part) == (3, "sharing")
    assert load(dump(old)) == old


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"{}", b'{"schema": 1, "phase": "lobby"}', b'{"schema": "1"}']
)
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        load(raw)


def test_a_state_of_a_later_version_is_refused() -> None:
    later = msgspec.json.decode((GOLDEN / "state_v1.json").read_bytes()) | {"schema": SCHEMA + 1}
    with pytest.raises(msgspec.ValidationError, match=f"schema {SCHEMA + 1}.*up to {SCHEMA}: update Runda"):
        load(msgspec.json.encode(later))


def test_the_golden_state_is_as_this_version_writes_it() -> None:
    """So that reading it tests what is really stored. (Only the newest; older ones are as their version wrote them.)"""
    raw = (GOLDEN / f"state_v{SCHEMA}.json").read_bytes().strip()
    assert dump(load(raw)) == raw
    assert load(raw).wake_at == NOW + timedelta(hours=1, minutes=30)
