"""The test's side of `tests.platforms.serve`: one life of `runda serve` after the other."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
from msgspec.structs import replace

from tests.platforms.serve import Order

ROOT = Path(__file__).resolve().parents[2]
#: Seconds of the machine's clock in which the keeper must say something, where it is waited for.
PATIENCE = 30


class Keeper:
    """A keeper process, and its child while one lives."""

    def __init__(self) -> None:
        command = (sys.executable, "-m", "tests.platforms.serve")
        self._process = subprocess.Popen(
            command, cwd=ROOT, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid: int | None = None
        #: Where the living house takes requests, if it does.
        self.url = ""
        #: How each life ended: where, or by which status.
        self.ends: Counter[str] = Counter()
        self._end, self._rest = "", b""
        #: How many lives each folder has seen. Replies are numbered by it, and the same story is told the same way
        #: whichever test came before.
        self._lives: Counter[str] = Counter()
        assert self._line() == "waiting"

    def begin(self, order: Order, ready: str) -> bool:
        """Begin a life; returns whether it came so far as to say what begins so."""
        self._end, self.url = "killed", ""
        self._lives[order.folder] += 1
        self._stdin.write(msgspec.json.encode(replace(order, number=self._lives[order.folder])) + b"\n")
        return self._until(ready)

    def over(self) -> str:
        """Wait for the end of this life, and say what it was."""
        if self.pid is not None:
            self._until("ended")
        return self._end

    def kill(self) -> None:
        """If it has not died by itself meanwhile."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> str:
        """As a service manager does."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)
        return self.over()

    def lives(self) -> bool:
        """Whether it has not ended while nobody looked."""
        while self.pid is not None and (b"\n" in self._rest or self._said(0)):
            self._take(self._line())
        return self.pid is not None

    def close(self) -> None:
        self.kill()
        self.over()
        self._stdin.close()
        self._stdout.close()
        self._process.wait(timeout=20)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _until(self, beginning: str) -> bool:
        """Read on to a line that begins so; False where the life ended first."""
        while True:
            line = self._line()
            self._take(line)
            if line.startswith((beginning, "ended")):
                return line.startswith(beginning)

    def _take(self, line: str) -> None:
        said, *rest = line.split() or [""]
        if said == "pid":
            self.pid = int(rest[0])
        elif said == "at":
            self._end = rest[0]
        elif said == "ended":
            self.pid = None
            self._end = self._end if rest[0] == "-9" else f"status {rest[0]}"
            self.ends[self._end] += 1
        elif line.startswith("Requests are taken at"):
            self.url = rest[-1]

    def _said(self, within: float) -> bool:
        return bool(select.select([self._stdout], [], [], within)[0])

    def _line(self) -> str:
        while b"\n" not in self._rest:
            assert self._said(PATIENCE), "the keeper says nothing"
            said = os.read(self._stdout.fileno(), 65536)
            assert said, "the keeper is gone"
            self._rest += said
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()
