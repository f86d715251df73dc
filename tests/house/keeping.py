"""The test's side of the process that is killed: its lives, its people, and what they have been promised."""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from adapters.terminal.client import Client, Dropped
from adapters.terminal.door import NobodyServes, knock
from adapters.terminal.parse import Answer, Request
from bot.courier import LEASE
from storage.database import Database
from tests.databases import address
from tests.house.victim import SharedClock

ROOT = Path(__file__).resolve().parents[2]
#: Seconds that a test waits for what must come.
PATIENCE = 60


def wait_for(condition: Callable[[], object]) -> None:
    """Look, again and again, until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.02)


class Keeper:
    """A keeper process, and its child while one lives."""

    def __init__(self, database: Database, folder: Path, *, lease: float | None = None) -> None:
        """`lease`: in seconds of the machine's clock. Without one, the clock is the test's."""
        self.terminal = folder / "terminal"
        self.clock = SharedClock(folder / "clock")
        clock, seconds = ("-", lease) if lease else (folder / "clock", LEASE.total_seconds())
        where = (address(database.url), folder, clock, str(seconds))
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.house.victim", *where),
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        self._end = ""
        self.pid: int | None = None
        #: How each life ended: where, or by which status.
        self.ends: Counter[str] = Counter()
        assert self._told() == ["waiting"]

    def order(self, boundary: str = "-", hit: int = 0) -> None:
        """Have a new life begun, and do not wait for it."""
        self._end = "killed"
        self._stdin.write(f"{boundary} {hit}\n".encode())
        self._stdin.flush()

    def listens(self) -> bool:
        """Wait for it; returns whether it came so far as to listen."""
        return self._until("ready")

    def begin(self, boundary: str = "-", hit: int = 0) -> bool:
        self.order(boundary, hit)
        return self.listens()

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

    def terminate(self) -> None:
        """Ask it to stop, as a service manager does."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)

    def close(self) -> None:
        self.kill()
        self.over()
        self._stdin.close()
        self._process.stdout.close() if self._process.stdout else None
        self._process.wait(timeout=20)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _told(self) -> list[str]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert ready, "the keeper says nothing"
        line = self._process.stdout.readline().decode().split()
        assert line, "the keeper is gone"
        return line

    def _until(self, word: str) -> bool:
        """Read on to that word; False where the life ended first."""
        while True:
            said, *rest = self._told()
            if said == "ready":
                self.pid = int(rest[0])
            elif said == "at":
                self._end = rest[0]
            elif said == "ended":
                self.pid = None
                self._end = self._end if rest[0] == "-9" else f"status {rest[0]}"
                self.ends[self._end] += 1
            if said in (word, "ended"):
                return said == word


# -- people


class SecondDoor(Client):
    """To the process that came second, where two serve one folder; to the other, if there is no second."""

    def __init__(self, terminal: Path) -> None:
        sign = terminal / "serve-2.path"
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(sign.read_text() if sign.exists() else str(terminal / "serve-2.sock"))
        except OSError:
            self._socket.close()
            self._socket = knock(terminal)
        self._lines = self._socket.makefile("rb")


@dataclass
class Spoken:
    """A message of somebody: what it says by now, and None once it was taken back."""

    place: str
    account: str
    words: str | None
    revision: int = 0


@dataclass
class People:
    """Members who write, correct and take back, and send again what they have had no answer to."""

    #: Where they are heard.
    call: Callable[[], Client]
    chance: random.Random
    #: By place, who may write there.
    places: dict[str, Sequence[str]]
    unanswered: dict[str, Request] = field(default_factory=dict)
    spoken: dict[str, Spoken] = field(default_factory=dict)
    #: Requests that were said not to be stored; they are sent again with the others.
    refused: Counter[str] = field(default_factory=Counter)
    #: So that no two of several crowds use the same keys.
    called: str = "k"
    _number: int = 0

    def talk(self, *, batches: int, of: int, answers: int | None = None) -> None:
        """Send again what is unanswered, then more, until the line breaks or enough is said.

        `answers`: leave after so many of them.
        """
        try:
            with self.call() as line:
                line._socket.settimeout(PATIENCE)
                self._exchange(line, list(self.unanswered.values()), None)
                for _ in range(batches):
                    self._exchange(line, [self._something() for _ in range(of)], answers)
        except (Dropped, NobodyServes):
            pass

    def _exchange(self, line: Client, requests: Sequence[Request], answers: int | None) -> None:
        for request in requests:
            self.unanswered[request.key] = request
        for request in requests:
            line.put(request)
        for _ in requests[:answers]:
            self._answered(line.answer())

    def _answered(self, answer: Answer) -> None:
        assert answer.key is not None
        if answer.ok:
            del self.unanswered[answer.key]
        else:
            assert answer.error == "not-stored", answer
            self.refused[answer.detail] += 1

    def _something(self) -> Request:
        """Mostly a new message, sometimes a button, a control word, a correction, or a message taken back."""
        self._number += 1
        key, dice = f"{self.called}{self._number}", self.chance.random()
        mine = [message for message, said in self.spoken.items() if said.words is not None]
        if dice > 0.85:
            place = self.chance.choice(list(self.places))
            return Request(key=key, do="chose", place=place, account=self.places[place][0], press="here")
        if dice < 0.7 or not mine:
            return self._new(key, dice)
        message = self.chance.choice(mine)
        said = self.spoken[message]
        if dice < 0.8:
            said.words, said.revision = f"In other words, {key}.", said.revision + 1
            return Request(key=key, do="rewrote", place=said.place, account=said.account, message=message,
                           words=said.words, revision=said.revision)  # fmt: skip
        said.words = None
        return Request(key=key, do="took-back", place=said.place, account=said.account, message=message)

    def _new(self, key: str, dice: float) -> Request:
        place = self.chance.choice(list(self.places))
        account, message = self.chance.choice(self.places[place]), f"m-{key}"
        words = "we are here" if dice < 0.1 else "next" if dice < 0.13 else f"What I think is {key}."
        self.spoken[message] = Spoken(place, account, words)
        return Request(key=key, do="wrote", place=place, account=account, message=message, words=words)
