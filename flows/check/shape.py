"""The shape of a programme file: keys, types and ranges, in plain words.

`flows.programme` says what the shape is, and pydantic finds what does not fit it. Its complaints are
translated here; `WORDS` is the dictionary. A complaint that is not in it would still be told, less well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flows.check.outline import SeenStep, mapping
from flows.check.problem import Fault, Path, named, nearest
from flows.kinds import BY_WORD
from flows.kinds.form import Blank
from flows.programme import LANGUAGES, Form, GroupSize, PictureFile, Programme, Round, Source

_NAME = "Use small letters a-z, digits and hyphens, at most 60, beginning with a letter or digit"
_NUMBER = "Write a whole number, for example `{name}: 5`"

_KEYS = "Write them below it, indented: `key: value`"

#: What pydantic calls it; what is wrong; the remedy. `{key}` is what people call the place, `{name}` its last
#: key, `{value}` what stands there, and the rest are the limits that pydantic names.
WORDS: dict[str, tuple[str, str]] = {
    "missing": ("{key} is missing", "Add `{example}`"),
    "string_type": ("{key} is {value}, not text", "Write a text, in quotes if it looks like something else"),
    "string_pattern_mismatch": ("{value} cannot be a name", _NAME),
    "string_too_long": ("{value} is too long for a name", _NAME),
    "int_type": ("{key} is {value}, not a number", _NUMBER),
    "int_parsing": ("{key} is {value}, not a number", _NUMBER),
    "int_from_float": ("{key} is {value}, not a whole number", _NUMBER),
    "int_parsing_size": ("{key} is {value}, which is too much", "Write a smaller number"),
    "bool_type": ("{key} is {value}, neither true nor false", "Write `{name}: true` or `{name}: false`"),
    "bool_parsing": ("{key} is {value}, neither true nor false", "Write `{name}: true` or `{name}: false`"),
    "greater_than_equal": ("{key} is {value}, which is too little", "Write {ge} or more"),
    "less_than_equal": ("{key} is {value}, which is too much", "Write {le} or less"),
    "literal_error": ("{value} is no language that Runda speaks", f"Choose among {named(LANGUAGES)}"),
    "model_type": ("{key} is {value}, and should have keys of its own", _KEYS),
    "dict_type": ("{key} is {value}, and should have keys of its own", _KEYS),
    "tuple_type": ("{key} is {value}, and should be a list", "Begin each item on a line with a hyphen"),
    "too_short": ("{key} is empty", "Give it one item or more, for example `{example}`"),
}  # fmt: skip
_OTHERWISE = ("{key} cannot be {value}", "Compare with another programme")

#: How a key is written, where the name alone is not enough.
EXAMPLES: dict[str, str] = {
    "programme": "programme: my-programme",
    "languages": "languages: [en]",
    "rounds": "rounds: [{round: first, steps: [{ask: how-it-went}]}]",
    "round": "round: first",
    "steps": "steps: [{ask: how-it-went}]",
    "minutes": "minutes: 25",
    "of": "of: the-step-it-builds-on",
    "file": "file: picture.svg",
    "name": "name: where the programme comes from",
}


def faults(raw: Any) -> Iterator[Fault]:
    """Everything in a programme file that is not of the right shape."""
    if not isinstance(raw, dict):
        what = "the file is empty" if raw is None else f"the file is {shown(raw)}, not keys and values"
        yield Fault((), what, "Begin with `programme: my-programme`")
        return
    try:
        Programme.model_validate(raw)
    except ValidationError as error:
        found = list(_flat((), error))
        mistyped = {_meant(raw, path) for path, detail in found if detail["type"] == "extra_forbidden"}
        yield from (_fault(raw, path, detail) for path, detail in found if path not in mistyped)


def _flat(path: Path, error: ValidationError) -> Iterator[tuple[Path, ErrorDetails]]:
    """The complaints with the whole way to each: a step's own come wrapped in one of the programme's.

    A list whose every item is faulty is also called too short; that is not told.
    """
    for detail in error.errors(include_url=False):
        way = (*path, *(part for part in detail["loc"] if part != "[key]"))
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, ValidationError):
            yield from _flat(way, inner)
        elif detail["type"] != "too_short" or not detail["input"]:
            yield way, detail


def _fault(raw: dict[str, Any], path: Path, detail: ErrorDetails) -> Fault:
    if detail["type"] == "extra_forbidden":
        return _unknown_key(raw, path)
    if detail["type"] == "value_error":
        return _unknown_kind(path, detail["input"])
    what, remedy = WORDS.get(detail["type"], _OTHERWISE)
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    known: Mapping[str, Any] = {
        **detail.get("ctx", {}),
        "key": _called(path),
        "name": name,
        "value": shown(detail["input"]),
        "example": EXAMPLES.get(name, f"{name}: "),
    }
    return Fault(path, what.format_map(known), remedy.format_map(known))


def _called(path: Path) -> str:
    last = path[-1]
    return f"`{last}`" if isinstance(last, str) else f"item {last + 1} of `{path[-2]}`"


def shown(value: Any) -> str:
    """A value as people would name it, shortened."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "empty"}[value]
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a group of keys"
    written = str(value)
    return f"`{written if len(written) <= 40 else written[:39] + '…'}`"


# -- keys and kinds that are not known


def _meant(raw: dict[str, Any], path: Path) -> Path | None:
    """The way that an unknown key was most likely meant to lead; it is not told again as missing."""
    meant = nearest(str(path[-1]), _known(path[:-1], raw))
    return (*path[:-1], meant) if meant else None


def _unknown_key(raw: dict[str, Any], path: Path) -> Fault:
    around, key = path[:-1], path[-1]
    if key in BY_WORD and _is_step(around):
        remedy = "A step does one thing: begin a new one with a hyphen"
    elif meant := _meant(raw, path):
        remedy = f"Write `{meant[-1]}`"
    else:
        remedy = f"Remove it; known here are {named(_known(around, raw))}"
    return Fault(path, f"unknown key `{key}`", remedy)


def _unknown_kind(path: Path, step: Any) -> Fault:
    if not isinstance(step, dict) or not step:
        what = f"a step is {shown(step or None)}, not keys and values"
        return Fault(path, what, "Write for example `ask: how-it-went`")
    word = next(iter(step))
    later = next((key for key in step if key in BY_WORD), None)
    if later:
        what = f"a step begins with `{word}`, not with its kind"
        return Fault((*path, word), what, f"Put `{later}:` first")
    meant = nearest(word, BY_WORD)
    remedy = f"Write `{meant}`" if meant else f"The kinds are {named(BY_WORD)}"
    return Fault((*path, word), f"unknown kind of step `{word}`", remedy)


#: How deep a step stands: rounds, its round, steps or plenum, its number. The only model below one is a form's field.
_STEP = 4


def _is_step(path: Path) -> bool:
    return len(path) == _STEP and path[0] == "rounds"


def _known(path: Path, raw: dict[str, Any]) -> list[str]:
    """The keys that may stand where a way leads to."""
    depth = len(path)
    if path[:1] != ("rounds",) or depth < _STEP:
        model = _MODELS[(*path[:1], depth)]
    else:
        model = Blank if depth > _STEP else _step_model(path, raw)
    return [each.alias or name for name, each in model.model_fields.items()]


#: Which model describes the keys below a first key, at each depth.
_MODELS: dict[tuple[Any, ...], type[BaseModel]] = {
    (0,): Programme,
    ("source", 1): Source,
    ("group", 1): GroupSize,
    ("pictures", 2): PictureFile,
    ("forms", 2): Form,
    ("rounds", 2): Round,
}


def _step_model(path: Path, raw: Any) -> type[BaseModel]:
    value = raw
    for part in path:
        value = value[part]
    return BY_WORD[SeenStep(path, mapping(value)).word]
