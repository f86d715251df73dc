"""What people say, through the socket of a running house, against one plain transaction for each.

The house takes a message in through everything that it is made of: the socket, the queue, a unit of work with what
else happened to wait, the engine, the log, the acknowledgement, and the copy in the place for others to see. The
plain side inserts the very rows of `replies` that came of it. In the end the house is killed while people write,
and everything that was ever acknowledged is looked for in what it leaves behind.

Everyone has answered the first question once before anything is measured in pairs: what follows adds to those
answers. First answers cost more, as each gets a receipt of its own, and are told apart (`first`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import load, plain, town
from bench.ground import PEOPLE
from bench.load import Plan
from bench.pairs import Ratios, in_turn
from bench.served import Served, serving, until

#: Messages under way at the same time.
MANY = 16
#: Seconds that people write until the house is killed among them.
UNTIL_KILLED = 0.5


@dataclass(frozen=True, slots=True)
class Side:
    """One number of messages under way."""

    ratios: Ratios
    #: Replies a second, house and plain.
    house: float
    plain: float
    #: Events in one unit of work, on average.
    batch: float


@dataclass(frozen=True, slots=True)
class Found:
    many: Side
    one: Side
    first: Side
    acknowledged: int
    #: Acknowledged, and not found after the kill.
    lost: int


def measure(folder: Path, *, groups: int, replies: int, times: int) -> Found:
    """`replies` on each side, `times` over; a tenth of them where one is under way at a time."""
    town.found(folder / "runda.db", groups).close()
    people = _People(folder, groups)
    with serving(folder) as house:
        people.gather()
        first = people.side("first", groups * PEOPLE, MANY, 1)
        people.rest()
        many = people.side("many", replies, MANY, times)
        one = people.side("one", max(replies // 10, 1), 1, times)
        people.write_until_killed(house, replies * 10)
    return Found(many, one, first, len(people.acknowledged), len(lost(people.acknowledged, people.file)))


def lost(messages: set[str], file: Path) -> set[str]:
    """Those that are not there."""
    return messages - {message for (message,) in plain.select(file, "SELECT message FROM replies")}


@dataclass(slots=True)
class _People:
    folder: Path
    groups: int
    acknowledged: set[str] = field(default_factory=set)

    @property
    def file(self) -> Path:
        return self.folder / "runda.db"

    def gather(self) -> None:
        """Somebody of every group says that they are there, and the first question is asked."""
        self._wait("SELECT count(*) FROM sessions WHERE phase = 'lobby'", self.groups)
        self._write(self._plan("here", self.groups, MANY, words="We are here"))
        self._wait("SELECT count(*) FROM outbox WHERE prompt = 1 AND status = 'sent'", self.groups)
        self.rest()

    def rest(self) -> None:
        """Until nothing is on its way to anybody."""
        self._wait("SELECT count(*) FROM outbox WHERE status IN ('queued', 'sending')", 0)

    def side(self, name: str, replies: int, under_way: int, times: int) -> Side:
        """Have so much written, and insert the same, in turn."""
        pairs = in_turn(
            times,
            lambda turn: self._write(self._plan(f"{name}{turn}", replies, under_way)),
            lambda turn: self._insert(f"{name}{turn}"),
        )
        house, rows = (sum(side) for side in zip(*pairs, strict=True))
        faster = Ratios.of([(theirs, ours) for ours, theirs in pairs])
        return Side(faster, replies * times / house, replies * times / rows, self._batch(name))

    def write_until_killed(self, house: Served, replies: int) -> None:
        process = load.begin("bench.load", self._plan("killed", replies, MANY))
        until(lambda: bool(self._rows("killed")))
        time.sleep(UNTIL_KILLED)
        house.kill()
        self.acknowledged |= set(load.end(process).acknowledged)

    def _plan(self, name: str, replies: int, under_way: int, **more: str) -> Plan:
        return Plan(folder=str(self.folder / "terminal"), name=name, groups=self.groups, replies=replies,
                    under_way=under_way, **more)  # fmt: skip

    def _write(self, plan: Plan) -> float:
        told = load.end(load.begin("bench.load", plan))
        if len(told.acknowledged) != plan.replies:
            raise RuntimeError(f"{plan.replies} were sent, {len(told.acknowledged)} acknowledged")
        self.acknowledged |= set(told.acknowledged)
        return told.seconds

    def _insert(self, name: str) -> float:
        """The rows that came of it, in plain SQL; returns seconds."""
        return plain.one_by_one(self.folder, plain.schema(self.file, "replies"), "replies", self._rows(name))

    def _rows(self, name: str) -> Sequence[tuple[object, ...]]:
        return plain.select(self.file, "SELECT * FROM replies WHERE message GLOB ? ORDER BY id", f"{name}-*")

    def _batch(self, name: str) -> float:
        """Events of one unit carry the time at which it was taken up."""
        counted = "SELECT count(*) * 1.0 / count(DISTINCT at) FROM log WHERE key GLOB ?"
        return float(plain.select(self.file, counted, f"terminal:{name}*")[0][0])

    def _wait(self, counted: str, wanted: int) -> None:
        until(lambda: plain.select(self.file, counted)[0][0] == wanted)
