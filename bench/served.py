"""A house of its own process: `runda serve`, with the terminal only unless the environment has more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

from adapters.terminal.door import NobodyServes, knock

ROOT = Path(__file__).resolve().parent.parent
#: Seconds after which something that should have happened will not.
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Served:
    process: subprocess.Popen[str]
    #: From the command to the open door.
    seconds: float
    #: Where requests are taken, if any are.
    address: str | None = None

    def kill(self) -> None:
        """As `kill -9` and a power cut do: nothing of the process runs on."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def memory(self) -> int | None:
        """Bytes of it that are in memory now; None where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        except OSError:
            return None
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


@contextmanager
def serving(data: Path, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Served]:
    """Starts it, and returns when its door is open. Killed in the end, if it has not been yet.

    `more` of the environment: with it, the house is one that takes requests.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT, env={**os.environ, "RUNDA_DATA": str(data), "DATABASE_URL": "", "RUNDA_PORT": "0", **more},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    seconds = until(lambda: _open(process, data / "terminal"), every=0.002) - began
    served = Served(process, seconds, _address(process.stdout) if more else None)
    try:
        yield served
    finally:
        served.kill()
        process.stdout.close()


def _address(said: IO[str]) -> str:
    """What the house tells at its start, as far as where it takes requests."""
    for line in said:
        if "http://" in line:
            return line[line.index("http://") :].strip()
    raise RuntimeError("runda serve did not say where it takes requests")


def _open(process: subprocess.Popen[str], folder: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"runda serve ended with {process.returncode}")
    try:
        knock(folder).close()
    except NobodyServes:
        return False
    return True


def until(true: Callable[[], bool], every: float = 0.05) -> float:
    """Wait for something. Returns when it was seen; raises TimeoutError."""
    end = time.perf_counter() + PATIENCE
    while not true():
        if time.perf_counter() > end:
            raise TimeoutError(f"nothing came of it in {PATIENCE} s")
        time.sleep(every)
    return time.perf_counter()
