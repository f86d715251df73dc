"""Reading YAML so that every value keeps its place.

What comes out is plain: dicts with text keys, lists, texts, numbers, true and false. `places` knows the line
and column of each value by the way to it: that of its key in a mapping, its own in a list. The values are
those of YAML 1.2's core schema, so `no` is a word; a date stays the text that was written.

Aliases, tags and second documents are refused: whoever translates a programme should not have to know them,
and without aliases a small file cannot grow large. Reading stops there, as it does at a syntax error; a key
that stands twice is told, and reading goes on. The work is done on the parser's events with a stack of our
own, not by recursion, so that no file is too deep to be answered with a line number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from flows.check.problem import Fault, Path, Problem

#: Characters in one file. The self-check's catalogues have 8,000; twenty-five times that is a mistake.
MOST_CHARACTERS = 200_000
#: Levels of nesting. A catalogue has five: rounds, round, step; pictures, picture, points, number, help.
MOST_LEVELS = 20

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

#: Words in the parser's complaint, and ours for it. "context" points to where the construct began.
_COMPLAINTS: tuple[tuple[str, str, str, str], ...] = (
    ("unknown escape", "here", "a backslash stands before a character that it cannot go with",
     "Write two backslashes, or use single quotation marks"),
    ("quoted scalar", "context", "a quotation mark is opened here and not closed",
     "Close it with the same mark"),
    ("mapping values are not allowed", "here", "a colon stands where no key can be",
     "Put the text in quotes, or look for a wrong indentation or a missing colon above"),
    ("sequence entries are not allowed", "here", "a list cannot begin in the line of its key",
     "Begin it on the next line, indented"),
    ("'\\t'", "here", "a tab stands where only spaces can be", "Indent with spaces"),
    ("cannot start any token", "here", "a value cannot begin with this character", "Put the text in quotes"),
    ("could not find expected ':'", "context", "a key has no colon", "Write `key: value`, or indent it"),
    ("block scalar", "here", "nothing may follow `>` or `|` in its line", "Begin the text on the next line"),
    ("flow mapping", "context", "a brace is opened here and not closed", "Close it: `{key: value}`"),
    ("flow sequence", "context", "a bracket is opened here and not closed", "Close it: `[one, two]`"),
    ("found '<scalar>'", "here", "the line goes on after its value has ended",
     "Put the whole text in quotes of the other sort, or line it up with its neighbours"),
    ("block", "here", "the line does not fit the indentation above it", "Line it up with its neighbours"),
)  # fmt: skip


class _ReadError(Exception):
    """The file cannot be read past this place."""

    def __init__(self, line: int, column: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.line, self.column, self.what, self.remedy = line, column, what, remedy


@dataclass(slots=True)
class Tree:
    """One file: its data, where each value stands, and what was wrong with reading it."""

    file: str
    data: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: The file could not be read to its end, so nothing is known of what it holds.
    broken: bool = False

    def problem(self, fault: Fault, step: str | None = None) -> Problem:
        """Give a fault its place: its own, or that of the nearest thing around it."""
        return Problem(self.file, *self.place(fault.path), step, fault.what, fault.remedy)

    def place(self, path: Path) -> tuple[int, int]:
        around = (path[:length] for length in range(len(path), -1, -1))
        return next((self.places[way] for way in around if way in self.places), (1, 1))


def read(file: str, content: str | bytes) -> Tree:
    """Read one file. Whatever is wrong with it is in `problems`; nothing is raised."""
    tree = Tree(file)
    try:
        _Builder(tree).build(_decoded(content))
    except _ReadError as error:
        tree.problems.append(Problem(file, error.line, error.column, None, error.what, error.remedy))
        tree.data, tree.broken = None, True
    return tree


def _decoded(content: str | bytes) -> str:
    try:
        text = content if isinstance(content, str) else content.decode()
    except UnicodeDecodeError as error:
        line, column = _position(error.object[: error.start].decode())
        raise _ReadError(line, column, "the file is not UTF-8 from here on", "Save it as UTF-8") from error
    if len(text) > MOST_CHARACTERS:
        what = f"the file has {len(text)} characters, more than {MOST_CHARACTERS}"
        raise _ReadError(1, 1, what, "Divide it into several programmes")
    return text.removeprefix("\ufeff")


def _position(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows this text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _events(text: str) -> Iterable[Event]:
    """libyaml is twenty times as quick. What it stumbles over is read again by what can say where, and why."""
    try:
        return list(YAML(typ="safe").parse(text))
    except YAMLError:
        return _slowly(text)


def _slowly(text: str) -> Iterator[Event]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise _complaint(error) from error
    except YAMLError as error:  # a character that no YAML may hold
        line, column = _position(text[: getattr(error, "position", 0)])
        raise _ReadError(line, column, "here stands a character that cannot be seen", "Remove it") from error


def _complaint(error: MarkedYAMLError) -> _ReadError:
    said = f"{error.context} {error.problem}"
    for words, where, what, remedy in _COMPLAINTS:
        if words in said:
            mark = error.context_mark if where == "context" and error.context_mark else error.problem_mark
            return _ReadError(*_at(mark), what, remedy)
    return _ReadError(*_at(error.problem_mark), "this is not YAML", "Compare with another programme")


def _at(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read, with the key that waits for its value."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


class _Builder:
    """Turns a stream of events into a tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.stack: list[_Open] = []
        self.documents = 0

    def build(self, text: str) -> None:
        for event in _events(text):
            self._refuse(event)
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                value: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
                self.stack.append(_Open(value, self._put(value, event)))
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self.stack.pop()

    def _refuse(self, event: Event) -> None:
        """Stop at what a programme file has no use for."""
        self.documents += isinstance(event, DocumentStartEvent)
        if self.documents > 1:
            raise self._stop(event, "a second document begins here", "Remove the line `---`")
        if isinstance(event, AliasEvent):
            raise self._stop(event, "`*` begins an alias, which means nothing here", "Put the text in quotes")
        if getattr(event, "tag", None):
            raise self._stop(event, "`!` begins a tag, which means nothing here", "Put the text in quotes")
        if len(self.stack) > MOST_LEVELS:
            raise self._stop(event, f"values are nested more than {MOST_LEVELS} deep", "Move them out")

    def _stop(self, event: Event, what: str, remedy: str) -> _ReadError:
        return _ReadError(*_at(event.start_mark), what, remedy)

    def _scalar(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.value, dict) and top.key is None:
            self._key(top, event)
        else:
            self._put(event.value if event.style else _plain(event.value), event)

    def _key(self, top: _Open, event: Any) -> None:
        top.key, place = str(event.value), _at(event.start_mark)
        path = (*top.path, top.key)
        if top.key in top.value:
            what = f"the key `{top.key}` stands twice, first in line {self.tree.places[path][0]}"
            self.tree.problems.append(Problem(self.tree.file, *place, None, what, "Keep one of them"))
        self.tree.places[path] = place

    def _put(self, value: Any, event: Event) -> Path:
        """Put a value where it belongs, and return the way to it."""
        if not self.stack:
            self.tree.data, self.tree.places[()] = value, _at(event.start_mark)
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            self.tree.places[path] = _at(event.start_mark)
            top.value.append(value)
            return path
        if top.key is None:
            raise self._stop(event, "a key must be a word", "Write `key: value`, or quote the text")
        top.value[top.key], path, top.key = value, (*top.path, top.key), None
        return path


def _plain(written: str) -> Any:
    """What an unquoted word means."""
    if written in _WORDS:
        return _WORDS[written]
    if _INTEGER.fullmatch(written):
        return int(written)
    return float(written) if _DECIMAL.fullmatch(written) else written
