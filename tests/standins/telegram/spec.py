"""The Bot API's own description of its methods and types, and what does not agree with it.

Read from ../shared/specs/telegram/bot-api.json beside the repository; where that is absent,
`load()` gives None, and `WHY_ABSENT` says so for a skip. Requests come as strings (forms, query)
or as JSON; `request` turns them into values and tells every fault that it found.
"""

import functools
import json
import re
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[4] / "shared" / "specs" / "telegram" / "bot-api.json"
WHY_ABSENT = "no ../shared/specs/telegram/bot-api.json beside the repository"

#: A field whose value is given in its description: `always "emoji"`, `must be default`.
CONSTANT = re.compile(r"(?:always [\"“](\w+)[\"”]|, must be (\w+)$)")
SIMPLE: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Boolean": bool,
    "Float": (int, float),
}


class Uploaded:
    """A file of a multipart request."""

    def __init__(self, name: str, mime: str, data: bytes) -> None:
        self.name, self.mime, self.data = name, mime, data

    def __repr__(self) -> str:
        return f"<file {self.name}, {len(self.data)} bytes>"


class Spec:
    """Methods and types, ready to be asked."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.version: str = raw["version"]
        self.methods: dict[str, dict[str, Any]] = raw["methods"]
        self.types: dict[str, dict[str, Any]] = raw["types"]
        self._fields = {name: self._read_fields(each) for name, each in self.types.items()}

    @staticmethod
    def _read_fields(described: dict[str, Any]) -> dict[str, tuple[list[str], bool, str | None]]:
        fields = {}
        for field in described.get("fields", []):
            found = CONSTANT.search(field["description"]) if field["name"] in TAGS else None
            constant = (found[1] or found[2]) if found else None
            fields[field["name"]] = (field["types"], field["required"], constant)
        return fields

    # --- what a method is asked

    def request(self, method: str, raw: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The parameters as values, and every fault of them."""
        if method not in self.methods:
            return raw, [f"no method {method}"]
        wanted = {field["name"]: field for field in self.methods[method].get("fields", [])}
        files = {name for name, value in raw.items() if isinstance(value, Uploaded)}
        attached = {name for name in files if name not in wanted}
        faults = [f"{method} has no parameter {name}" for name in raw.keys() - wanted.keys() - attached]
        faults += [
            f"{method} lacks {name}"
            for name, field in wanted.items()
            if field["required"] and name not in raw
        ]
        values: dict[str, Any] = {name: raw[name] for name in attached}
        for name in raw.keys() & wanted.keys():
            values[name], wrong = self._value(raw[name], wanted[name]["types"])
            faults += [f"{method}.{name}{each}" for each in wrong]
        faults += [f"{method}: {name} is attached and not used" for name in attached - set(mentions(values))]
        return values, sorted(faults)

    def _value(self, raw: Any, types: list[str]) -> tuple[Any, list[str]]:
        tries = [self._as(raw, type_) for type_ in types]
        return min(tries, key=lambda each: len(each[1]))

    def _as(self, raw: Any, type_: str) -> tuple[Any, list[str]]:
        value = read(raw, type_)
        return value, self.faults(value, [type_])

    # --- what is said back

    def answer(self, method: str, value: Any) -> list[str]:
        return [f"answer of {method}{each}" for each in self.faults(value, self.methods[method]["returns"])]

    def update(self, value: dict[str, Any]) -> list[str]:
        wrong = [f"update{each}" for each in self.faults(value, ["Update"])]
        return wrong if len(value) == 2 else [*wrong, f"update must hold exactly one thing: {sorted(value)}"]

    def faults(self, value: Any, types: list[str]) -> list[str]:
        """What keeps the value from being any of the types: empty when it is one."""
        best: list[str] | None = None
        for type_ in types:
            found = self._faults(value, type_)
            if not found:
                return []
            best = found if best is None or len(found) < len(best) else best
        return best or []

    def _faults(self, value: Any, type_: str) -> list[str]:
        if type_.startswith("Array of "):
            return self._list_faults(value, type_.removeprefix("Array of "))
        if type_ in SIMPLE:
            return simple_faults(value, type_)
        if type_ == "InputFile":
            return [] if isinstance(value, Uploaded) else [f" must be a file, not {value!r:.60}"]
        if type_ not in self.types:
            return [f" is of the unknown type {type_}"]
        if subtypes := self.types[type_].get("subtypes"):
            return self.faults(value, self._likely(value, subtypes))
        return self._object_faults(value, type_)

    def _list_faults(self, value: Any, item: str) -> list[str]:
        if not isinstance(value, list):
            return [f" must be a list, not {value!r:.60}"]
        return [f"[{n}]{each}" for n, it in enumerate(value) for each in self._faults(it, item)]

    def _likely(self, value: Any, subtypes: list[str]) -> list[str]:
        """The subtypes whose tag is the value's, so that a fault is told about the right one."""
        if not isinstance(value, dict):
            return subtypes
        return [name for name in subtypes if self._tagged(value, name)] or subtypes

    def _tagged(self, value: dict[str, Any], name: str) -> bool:
        return any(tag and value.get(field) == tag for field, (_, _, tag) in self._fields[name].items())

    def _object_faults(self, value: Any, type_: str) -> list[str]:
        if not isinstance(value, dict):
            return [f" must be a {type_}, not {value!r:.60}"]
        fields = self._fields[type_]
        faults = [
            f".{name} is required in {type_}" for name, f in fields.items() if f[1] and name not in value
        ]
        for name, it in value.items():
            if name not in fields:
                faults.append(f".{name} is no field of {type_}")
                continue
            types, _, constant = fields[name]
            faults += [f".{name}{each}" for each in self.faults(it, types)]
            if constant and it != constant:
                faults.append(f".{name} must be {constant}, not {it!r}")
        return faults


#: Fields that tell which of several types an object is.
TAGS = {"type", "status", "source"}


def simple_faults(value: Any, type_: str) -> list[str]:
    right = isinstance(value, SIMPLE[type_]) and (type_ == "Boolean" or not isinstance(value, bool))
    return [] if right else [f" must be {type_}, not {value!r:.60}"]


def read(raw: Any, type_: str) -> Any:
    """A form's string as the type's value; what cannot be read stays as it is, and is then a fault."""
    if not isinstance(raw, str) or type_ == "String":
        return raw
    if type_ == "Integer":
        return int(raw) if re.fullmatch(r"-?\d{1,19}", raw) else raw
    if type_ == "Boolean":
        return {"true": True, "false": False}.get(raw.lower(), raw)
    if raw.startswith(("attach://",)):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def mentions(value: Any) -> list[str]:
    """The names behind every attach:// in it."""
    if isinstance(value, str):
        return [value.removeprefix("attach://")] if value.startswith("attach://") else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [name for each in inner for name in mentions(each)]


WORDS = frozenset(
    {"text", "caption", "name", "callback_query_id", "url", "secret_token", "file_id", "offset_id"}
)


def guess(raw: dict[str, Any]) -> dict[str, Any]:
    """The parameters as values where there is no specification to say of what type they are."""
    values = {}
    for name, value in raw.items():
        try:
            values[name] = json.loads(value) if isinstance(value, str) and name not in WORDS else value
        except ValueError:
            values[name] = value
    return values


@functools.cache
def load(path: Path = PATH) -> Spec | None:
    """The specification, or None where it is not there."""
    return Spec(json.loads(path.read_text("utf-8"))) if path.is_file() else None
