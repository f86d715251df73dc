"""The operations of the API, and the file that describes them (OpenAPI 3.1), made from them and from the shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from bot.api import shapes
from bot.api.reading import BASE, Asked, Reader
from bot.api.tokens import Scope

#: Items of a page.
LEAST, USUAL, MOST = 1, 50, 100
#: The largest number that a row may have.
LAST = 2**63 - 1
_PAGED: dict[str, dict[str, Any]] = {
    "after": {"schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
              "description": "What the page before gave as `next`. Otherwise it begins at the beginning."},
    "limit": {"schema": {"type": "integer", "minimum": LEAST, "maximum": MOST, "default": USUAL},
              "description": "How many items, at most."},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be read. `path`: below `BASE`."""

    name: str
    path: str
    about: str
    scope: Scope
    gives: type[Struct]
    read: Callable[[Reader, Asked], Struct | None]

    @property
    def paged(self) -> bool:
        return "next" in self.gives.__struct_fields__

    @property
    def named(self) -> list[str]:
        """What the path names."""
        return re.findall(r"{(\w+)}", self.path)


_RECAPS = """\
The managers' recaps that have gone out: of each session, and of the series until then, the one that stands now. A new \
version comes later in the list, so whoever keeps the last `next` sees only what is new."""
_ASKED_WRONGLY = """\
Lists take `limit`, from 1 to 100, and `after`, what the page before gave as `next`: each once. Nothing else is asked \
after the question mark."""

OPERATIONS = (
    Operation("listSeries", "/series", "The organisation's series, in the order in which they were planned.",
              "schedule", shapes.AllSeries, Reader.all_series),
    Operation("getSeries", "/series/{series}", "One series.", "schedule", shapes.Series, Reader.series),
    Operation("listSessions", "/series/{series}/sessions", "The sessions of a series, also those that are cancelled.",
              "schedule", shapes.Schedule, Reader.sessions),
    Operation("listRecaps", "/recaps", _RECAPS, "recaps", shapes.Briefs, Reader.recaps),
    Operation("getRecap", "/series/{series}/sessions/{number}/recap", "The managers' recap of a session.", "recaps",
              shapes.Recap, Reader.recap),
    Operation("getSeriesRecap", "/series/{series}/sessions/{number}/series-recap", "The managers' recap of the whole "
              "series up to and including a session.", "recaps", shapes.Recap, Reader.series_recap),
)  # fmt: skip

#: Every answer but the one that was asked for: status, when, and what it says. The same bytes whatever the path.
REFUSALS: dict[int, tuple[str, str]] = {
    400: ("Bad request", _ASKED_WRONGLY),
    401: ("Unauthorized", "Send a token that holds: Authorization: Bearer runda_…"),
    403: ("Forbidden", "The token is not for this. Have one made with the scope that it takes."),
    404: ("Not found", "There is nothing here that this token may read."),
    405: ("Method not allowed", "Everything here is only read: GET or HEAD."),
}  # fmt: skip


def refusal(status: int) -> shapes.Problem:
    title, detail = REFUSALS[status]
    return shapes.Problem(title, status, detail)


def openapi(version: str) -> dict[str, Any]:
    """The whole file, as data."""
    kinds = [*dict.fromkeys(each.gives for each in OPERATIONS), shapes.Problem]
    _, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Runda", "version": version, "description": "What the organisation's own programs may read.",
                 "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": {each.path: {"get": _operation(each)} for each in OPERATIONS},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {str(status): _refused(status) for status in REFUSALS},
        },
    }  # fmt: skip


def _operation(one: Operation) -> dict[str, Any]:
    refused = [400, 401, 403, *([404] if one.named else [])]
    parameters = [{"name": name, "in": "path", "required": True, "schema": _PATH[name]} for name in one.named]
    if one.paged:
        parameters += [{"name": name, "in": "query", **told} for name, told in _PAGED.items()]
    answer = {"application/json": {"schema": {"$ref": f"#/components/schemas/{one.gives.__name__}"}}}
    return {
        "operationId": one.name,
        "description": f"{one.about} Scope: {one.scope}.",
        **({"parameters": parameters} if parameters else {}),
        "responses": {
            "200": {"description": "There it is.", "headers": {"ETag": {"schema": {"type": "string"}}},
                    "content": answer},
            "304": {"description": "It is still what If-None-Match names."},
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(refused)},
        },
    }  # fmt: skip


def _refused(status: int) -> dict[str, Any]:
    title, detail = REFUSALS[status]
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": f"{title}. {detail}", "content": {"application/problem+json": {"schema": schema}}}


#: What may stand in a path; anything else is not found.
_PATH: dict[str, dict[str, Any]] = {
    "series": {"type": "string", "pattern": "^[a-z0-9-]{1,60}$"},
    "number": {"type": "integer", "minimum": 1, "maximum": 999},
}
