"""Where a process that serves is found: a UNIX socket in the terminal's folder.

Several may serve one folder (on PostgreSQL): each takes the first door that is free, `serve.sock`,
`serve-2.sock` and so on. The lock beside a door is the operating system's and goes with the process, however
that ends, so a socket without a lock behind it is nobody's. A socket's whole path must be short: where the
folder's is not, the socket lies in a private folder for temporary files, whose name stands in `serve.path`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Bytes. Linux takes 107 in the path of a socket, macOS 103.
LONGEST_PATH = 100
#: Processes that may serve one folder at the same time.
DOORS = 16
_TEMPORARY = "runda-"


class NobodyServes(ConnectionError):
    """No process serves this folder; start one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Nobody serves {folder.parent}. Start it with: runda serve")


class NoDoorFree(OSError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"{DOORS} processes serve {folder} already. Stop one, or use another data folder.")


class Door:
    """A door that this process keeps. Callers wait at `socket`, which does not block, to be accepted."""

    def __init__(self, folder: Path) -> None:
        """Raises NoDoorFree, and OSError where the folder cannot be written."""
        self._base, self._lock = _free(folder)
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            _clear(self._base)
            self.path = _path(self._base)
            self.socket.bind(str(self.path))
            self.path.chmod(0o600)
            self.socket.listen()
            self.socket.setblocking(False)  # noqa: FBT003 (its only parameter)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        self.socket.close()
        try:
            _clear(self._base)
        finally:
            os.close(self._lock)


def knock(folder: Path) -> socket.socket:
    """A connection to whoever serves the folder. Raises NobodyServes."""
    for base in _bases(folder):
        caller = socket.socket(socket.AF_UNIX)
        try:
            caller.connect(str(_named(base) or _direct(base)))
        except OSError:  # no such door, or nobody behind it
            caller.close()
        else:
            return caller
    raise NobodyServes(folder)


def _bases(folder: Path) -> Iterator[Path]:
    yield folder / "serve"
    yield from (folder / f"serve-{number}" for number in range(2, DOORS + 1))


def _direct(base: Path) -> Path:
    return base.with_name(f"{base.name}.sock")


def _sign(base: Path) -> Path:
    return base.with_name(f"{base.name}.path")


def _named(base: Path) -> Path | None:
    """The socket elsewhere that a sign points to."""
    try:
        return Path(_sign(base).read_text("utf-8"))
    except FileNotFoundError:
        return None


def _free(folder: Path) -> tuple[Path, int]:
    for base in _bases(folder):
        lock = os.open(base.with_name(f"{base.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return base, lock
    raise NoDoorFree(folder)


def _clear(base: Path) -> None:
    """Take away what a process left, this one or one that was killed at the same door."""
    elsewhere = _named(base)
    _direct(base).unlink(missing_ok=True)
    if elsewhere is not None and elsewhere.parent.name.startswith(_TEMPORARY):
        with contextlib.suppress(OSError):
            elsewhere.unlink()
            elsewhere.parent.rmdir()
    _sign(base).unlink(missing_ok=True)


def _path(base: Path) -> Path:
    path = _direct(base).absolute()
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    path = _short_folder() / "serve.sock"
    unfinished = _sign(base).with_suffix(".new")
    unfinished.write_text(str(path), "utf-8")
    unfinished.replace(_sign(base))
    return path


def _short_folder() -> Path:
    """A private folder whose name is short even where TMPDIR's is not."""
    short = len(os.fsencode(tempfile.gettempdir())) <= LONGEST_PATH - 30
    return Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=None if short else "/tmp"))
