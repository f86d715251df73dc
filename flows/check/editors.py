"""A JSON Schema of programme files, for editors: what may stand where, with the words of the kinds.

It says what a file may look like, not whether its parts fit together: that `flows.check` finds.
"""

from __future__ import annotations

import inspect
from typing import Any

from flows.kinds import IN_PLENUM, KINDS, ONLY_IN_PLENUM
from flows.kinds.step import Step
from flows.programme import Programme

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema of `programme.yaml`."""
    made = Programme.model_json_schema(by_alias=True)
    parts = made["$defs"]
    parts.pop("Step", None)
    for kind in KINDS:
        own = kind.model_json_schema(by_alias=True)
        parts |= own.pop("$defs", {})
        parts[kind.WORD] = _of_kind(kind, own)
    plenum = [kind.WORD for kind in KINDS if kind.WORD in IN_PLENUM]
    groups = [kind.WORD for kind in KINDS if kind.WORD not in ONLY_IN_PLENUM]
    rounds = parts["Round"]["properties"]
    rounds["steps"]["items"], rounds["plenum"]["items"] = _one_of(groups), _one_of(plenum)
    return {"$schema": DRAFT, **made}


def _of_kind(kind: type[Step], own: dict[str, Any]) -> dict[str, Any]:
    inherited = [name for name in ("form", "choose") if name != kind.WORD and name in own["properties"]]
    # What a kind inherits from the one that it is built on, it is not called by.
    for name in inherited:
        if kind.model_fields[name].exclude:
            del own["properties"][name]
    if fields := own["properties"].get("fields"):
        # A field that needs nothing but its name is written as that.
        fields["items"] = {"anyOf": [{"type": "string"}, fields["items"]]}
    return {**own, "title": kind.WORD, "description": said(kind)}


def said(kind: type[Step]) -> str:
    """What a kind does, as its docstring begins."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _one_of(words: list[str]) -> dict[str, Any]:
    return {"oneOf": [{"$ref": f"#/$defs/{word}"} for word in words]}
