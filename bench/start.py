"""From the command `runda serve` to the open door, and the memory that it then has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.pairs import Ratios
from bench.served import serving


@dataclass(frozen=True, slots=True)
class Found:
    #: Seconds on a data folder that is there; not a ratio, and so as noisy as the machine is.
    seconds: Ratios
    #: Seconds where everything has to be made first.
    first: float
    #: Bytes; None where the system does not say.
    memory: int | None


def measure(folder: Path, *, times: int) -> Found:
    with serving(folder) as house:
        first = house.seconds
    found, memory = [], []
    for _ in range(times):
        with serving(folder) as house:
            found.append(house.seconds)
            memory.append(house.memory())
    told = [each for each in memory if each is not None]
    return Found(Ratios(tuple(found)), first, max(told, default=None))
