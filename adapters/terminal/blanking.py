"""Which words in a place's file no longer hold, and what stands there instead. Pure: bytes in, bytes out.

- Once a message says something else, or is taken back, what it said before is blanked: the record keeps whose
  it is and when, and loses its words. The line stays as long as it was, with spaces at its end.
- A status takes nobody's words away: it stands beside what its message says (`thread`), and holds nobody's words.
- A line that nobody can read is what a crash left, of a record or of a blanking. Of a record nothing stays; a
  blanking is completed, or if it was torn where no more can be told, nothing of the line stays. A line that ends
  in a space has been blanked, at least in part. A record of a kind that a newer Runda wrote is left as it is.
- Blanking what has been blanked changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, get_args

from msgspec.structs import replace

from adapters.port import Rewrote, TookBack, Wrote
from adapters.terminal.records import Posted, Record, Rewritten, from_line, to_line

#: Whose message it is (an account; None: Runda), and which.
_Message: TypeAlias = tuple[str | None, str]
_WORDS: dict[str, Any] = {"words": "", "pieces": (), "labels": ()}
_KINDS = frozenset(kind.__struct_config__.tag for kind in get_args(Record))


def supersedes(record: Record) -> bool:
    """Whether something that was said before may have to go."""
    if isinstance(record, Rewritten):
        return record.sort != "status"
    return isinstance(record, Rewrote | TookBack)


def due(whole: bytes) -> Iterator[tuple[int, bytes]]:
    """Of a file: what is to be written at which byte. Never more or less than a line, without its end."""
    lines = whole.split(b"\n")[:-1]
    records = [from_line(line) for line in lines]
    past, at = set(_past(records)), 0
    for index, (line, record) in enumerate(zip(lines, records, strict=True)):
        if record is None:
            left = _remains(line)
        else:
            left = blank(record, len(line)) if index in past or line.endswith(b" ") else line
        if left != line:
            yield at, left
        at += len(line) + 1


def blank(record: Record, size: int) -> bytes:
    """A record without its words as a line of that many bytes, its end not counted."""
    bare = replace(record, **{name: empty for name, empty in _WORDS.items() if hasattr(record, name)})
    left = to_line(bare)[:-1].ljust(size)
    return left if len(left) == size else b" " * size


def _remains(line: bytes) -> bytes:
    """Of a line that cannot be read: the record that it begins with, if any, which was being blanked."""
    try:
        found, end = json.JSONDecoder().raw_decode(
            line.decode("latin-1")
        )  # which has a letter for every byte
    except ValueError:
        return b" " * len(line)
    if isinstance(found, dict) and found.get("type") not in _KINDS:
        return line
    # One half over another may make an object by chance.
    record = from_line(line[:end])
    return blank(record, len(line)) if record is not None else b" " * len(line)


def _past(records: Iterable[Record | None]) -> Iterator[int]:
    """The indexes of the records whose words no longer hold."""
    messages: dict[_Message, list[tuple[int, Record]]] = {}
    for index, record in enumerate(records):
        if record is not None and (message := _message(record)) is not None:
            messages.setdefault(message, []).append((index, record))
    for (author, _), said in messages.items():
        yield from _past_of_ours(said) if author is None else _past_of_theirs(said)


def _message(record: Record) -> _Message | None:
    if isinstance(record, Posted):
        return None, record.id
    if isinstance(record, Rewritten):
        return (None, record.message) if supersedes(record) else None
    return (record.account, record.message) if isinstance(record, Wrote | Rewrote | TookBack) else None


def _past_of_ours(said: Sequence[tuple[int, Record]]) -> Iterator[int]:
    """All before the last that was new. One that says the same again stays, and changes nothing for who reads."""
    stands, now = said[0]
    for index, record in said:
        if _blocks(record) != _blocks(now):
            stands, now = index, record
    return (index for index, _ in said if index < stands)


def _blocks(record: Record) -> tuple[object, object]:
    assert isinstance(record, Posted | Rewritten)
    return record.pieces, record.labels


def _past_of_theirs(said: Sequence[tuple[int, Record]]) -> Iterator[int]:
    """All but the latest revision; all, once it was taken back, in whatever order that came here."""
    stands: int | None = None
    revision = 0
    for index, record in said:
        if stands is None:
            stands = index if isinstance(record, Wrote) else None
        elif isinstance(record, Rewrote) and record.revision > revision:
            stands, revision = index, record.revision
    if any(isinstance(record, TookBack) for _, record in said):
        stands = None
    elif not revision:
        return iter(())
    return (index for index, _ in said if index != stands)
