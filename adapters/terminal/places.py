"""The folder that is the chat service: a file for every place, which only grows.

- A record is appended in one write. A process that dies leaves whole lines; a machine that dies, or a full disk,
  may leave half of one, which is ended before anything else is written and is skipped by whoever reads.
- Words that no longer hold are blanked where they stand (`blanking`), after what takes their place is on the disk.
  No line changes its length, so no other line can be hurt. What a crash prevented is done by `settle`.
- Several processes may write to the same folder: whoever writes holds the lock of the file, and nobody holds it
  while the disk is waited for. Who reads takes it only to look again at a line that was just being blanked.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from adapters.port import Rewrote, TookBack, Wrote
from adapters.terminal import blanking
from adapters.terminal.records import Record, field, from_line, to_line

_END = ".jsonl"


@lru_cache(maxsize=1024)
def file_name(channel: str) -> str:
    """A channel as the name of a file, whatever it holds; `channel_of` turns it back."""
    return "".join(map(_safe, channel)) + _END


def _safe(letter: str) -> str:
    """Capitals are not safe: some file systems cannot tell them from small letters."""
    plain = letter in "-_@" or (letter.isalnum() and letter == letter.lower())
    return letter if plain else "".join(f"%{byte:02X}" for byte in letter.encode())


def channel_of(name: str) -> str:
    return unquote(name.removesuffix(_END))


class Places:
    """The files of one folder. Every method may raise OSError."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the terminal's own, in the data folder. Nothing is read or made yet."""
        self.folder = folder / "places"
        self._files = f"{self.folder}/"

    def path(self, channel: str) -> Path:
        return self.folder / file_name(channel)

    def names(self) -> list[str]:
        """The channels in which something has been said."""
        return sorted(channel_of(path.name) for path in self.folder.glob(f"*{_END}"))

    def read(self, channel: str) -> list[Record]:
        return list(Tail(self.path(channel)).new())

    def append(self, record: Record, *, durable: bool) -> None:
        """Add a record to its place; `durable`: it survives a power cut too, with all that stands before it.

        What it takes the place of has then been blanked, and that is durable always.
        """
        with self._opened(record.place.channel) as file:
            with _alone(file):
                _write(file, to_line(record))
            if durable:
                os.fsync(file)
        if blanking.supersedes(record):
            self.settle(record.place.channel)

    def append_once(self, record: Wrote | Rewrote | TookBack) -> None:
        """Add what a person did, as `append` does, unless a record of its place has its key."""
        with self._opened(record.place.channel) as file, _alone(file):
            whole = _whole(file)
            if field("key", record.key) not in whole:
                _write(file, to_line(record))
        # A message that comes after what was made of it, as one may that is sent again, is settled as well.
        if blanking.supersedes(record) or field("message", record.message) in whole:
            self.settle(record.place.channel)

    def settle(self, channel: str) -> None:
        """Blank what no longer holds, durably."""
        with self._opened(channel) as file:
            with _alone(file):
                due = any(blanking.due(_whole(file)))
            if not due:
                return
            os.fsync(file)  # what takes the place of the words comes first
            with _alone(file):
                _put(self.path(channel), blanking.due(_whole(file)))
            os.fsync(file)

    def find(self, channel: str, name: str, value: str) -> Record | None:
        """The last record whose field has this value."""
        if not self.path(channel).exists():
            return None
        with self._opened(channel) as file, _alone(file):
            whole = _whole(file)
        at = whole.rfind(field(name, value))
        if at < 0:
            return None
        return from_line(whole[whole.rfind(b"\n", 0, at) + 1 : whole.find(b"\n", at)])

    @contextmanager
    def _opened(self, channel: str) -> Iterator[int]:
        """The place's file, to be added to."""
        path = self._files + file_name(channel)  # a text, which a message is taken in the quicker for
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not os.fstat(file).st_size:
                _sync_folder(self.folder)
            yield file
        finally:
            os.close(file)


@contextmanager
def _alone(file: int) -> Iterator[None]:
    """Nobody else writes, and the last line is ended."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            _write(file, b"\n")
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _put(path: Path, due: Iterable[tuple[int, bytes]]) -> None:
    """Overwrite bytes where they stand, which a file that was opened to be added to does not let one do."""
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        for at, left in due:
            if os.pwrite(file, left, at) < len(left):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    """A file whose name is not on the disk is lost with all that is in it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write(file: int, line: bytes) -> None:
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _whole(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


class Tail:
    """Reads a file from its beginning, and then what has been added."""

    def __init__(self, path: Path) -> None:
        self.path, self.read = path, 0

    def new(self) -> Iterator[Record]:
        """The records since last time. A line that has no end yet is left for the next time."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.read)
                added = file.read()
        except FileNotFoundError:
            return
        at, self.read = self.read, self.read + added.rfind(b"\n") + 1
        for line in added.split(b"\n")[:-1]:
            if (record := from_line(line) or self._again(at, line)) is not None:
                yield record
            at += len(line) + 1

    def _again(self, at: int, line: bytes) -> Record | None:
        """The record in a line that could not be read: it may have been half blanked by then."""
        if not line.strip():
            return None
        with self.path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return from_line(os.pread(file.fileno(), len(line), at))
