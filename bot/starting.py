"""The start of a programme that somebody is about to write: a whole one, with comments.

Its files lie in `flows/start`. What they say of the kinds of step is put in from the kinds themselves, so that it
is what they do.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from ruamel.yaml import YAML

from bot.library import STRUCTURE
from flows.check.editors import said, schema
from flows.kinds import BY_WORD, IN_PLENUM, KINDS, ONLY_IN_PLENUM
from flows.kinds.step import Step

#: What an editor completes and explains by, in the folder of a programme.
SCHEMA = "programme.schema.json"
#: Columns: of a line with a comment; and where what stands behind a line begins.
WIDE, BEHIND = 115, 42
_STEP = re.compile(r"( +)- ([a-z-]+): \S+")
_KEY = re.compile(r" +([a-z-]+): .+")
_MORE = f"""
# More kinds of step, for the steps of a round or for its plenum. All that each may be told stands in Runda's guide,
# docs/writing-a-programme.md; and an editor tells it, if there is a {SCHEMA} here (runda new --schema).
#
"""


def start(name: str, languages: Sequence[str], *, with_schema: bool = False) -> dict[str, str]:
    """The files of a programme of that name with texts in those languages, by their names in its folder."""
    made = {
        STRUCTURE: _structure(name, languages),
        **{f"{each}.yaml": _shipped(f"{each}.yaml") for each in languages},
    }
    if with_schema:
        made[STRUCTURE] = f"# yaml-language-server: $schema={SCHEMA}\n{made[STRUCTURE]}"
        made[SCHEMA] = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    return made


def write(folder: Path, made: dict[str, str]) -> None:
    """Raises FileExistsError rather than write over anything, and OSError where nothing can be written."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(folder)
    for name, content in made.items():
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(content)


def _shipped(name: str) -> str:
    return (files("flows") / "start" / name).read_text("utf-8")


def _structure(name: str, languages: Sequence[str]) -> str:
    lines = [*_explained(_shipped(STRUCTURE).splitlines())]
    own = {"programme": _plain(name), "languages": f"[{', '.join(languages)}]"}
    lines = [f"{key}: {own[key]}" if (key := line.partition(":")[0]) in own else line for line in lines]
    there = {found[2] for line in lines if (found := _STEP.fullmatch(line))}
    more = [_listed(kind) for kind in KINDS if kind.WORD not in there]
    return "\n".join([*lines, _MORE.rstrip("\n"), *more, ""])


def _plain(name: str) -> str:
    """In quotation marks, where YAML would take it for a number or the like."""
    return name if YAML(typ="safe").load(name) == name else f'"{name}"'


def _explained(lines: list[str]) -> Iterator[str]:
    """Before a kind's first step, what it does; behind a key's first line, what it means there."""
    kind: type[Step] | None = None
    told = set[str]()
    for line in lines:
        if step := _STEP.fullmatch(line):
            kind = BY_WORD.get(step[2])
            if kind and kind.WORD not in told:
                told.add(kind.WORD)
                yield _comment(said(kind), f"{step[1]}# ")
        key = _KEY.fullmatch(line)
        means = _meaning(kind, key[1]) if kind and key else None
        yield f"{line:<{BEHIND}}# {means}" if means and means not in told else line
        told |= {means} if means else set()


def _meaning(kind: type[Step], key: str) -> str | None:
    return next(
        (field.description for name, field in kind.model_fields.items() if (field.alias or name) == key), None
    )


def _listed(kind: type[Step]) -> str:
    where = {"steps": kind.WORD not in ONLY_IN_PLENUM, "plenum": kind.WORD in IN_PLENUM}
    places = " and ".join(place for place, may in where.items() if may)
    return _comment(f"{kind.WORD} ({places}): {said(kind)}", "# - ", "#   ")


def _comment(words: str, first: str, others: str | None = None) -> str:
    after = first if others is None else others
    return textwrap.fill(words, WIDE, initial_indent=first, subsequent_indent=after, break_on_hyphens=False)
