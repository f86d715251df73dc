"""The terminal's files: what a person wrote there is in files of ours, so it can be taken out of them.

A line keeps its length, as in `adapters.terminal.blanking`: whoever is reading the file goes on undisturbed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from adapters.port import Rewrote, TookBack, Wrote
from adapters.terminal import names
from adapters.terminal.places import Places
from adapters.terminal.records import field, from_line


def forget(folder: Path, account: str) -> None:
    """Everything that an account wrote, in all places. Raises OSError. Done twice, it does nothing more."""
    places = Places(folder)
    for channel in places.names():
        _blank(places.path(channel), account)


def close(folder: Path, account: str) -> None:
    """The file of the place where somebody was reached alone. Raises OSError."""
    Places(folder).path(names.private(account)).unlink(missing_ok=True)


def _blank(path: Path, account: str) -> None:
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        due = list(_theirs(os.pread(file, os.fstat(file).st_size, 0), account))
        for at, size in due:
            os.pwrite(file, b" " * size, at)
        if due:
            os.fsync(file)
    finally:
        os.close(file)


def _theirs(whole: bytes, account: str) -> Iterator[tuple[int, int]]:
    """Where the lines of an account begin, and how long they are. Of half a line, what can be seen of it counts."""
    at = 0
    for line in whole.split(b"\n"):
        record = from_line(line)
        wrote = isinstance(record, Wrote | Rewrote | TookBack) and record.account == account
        if wrote or (record is None and field("account", account) in line):
            yield at, len(line)
        at += len(line) + 1
