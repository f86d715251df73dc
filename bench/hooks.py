"""What platforms post to a house by HTTP, against a bare application of the platform's own library that does nothing.

The house takes an event in through everything that it is made of: the server, the signature, the parsing, a unit of
work, the engine, the log; and it answers when that is on the disk. The bare side checks, reads and answers, and
stores nothing. Both are processes of their own, and are posted the same events in turn. In the end the house is
killed while events come, and everything that it ever answered with 200 is looked for in what it leaves behind.

Everyone has answered the first question once before: what follows adds to those answers, and nothing is sent.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from adapters.port import Address
from bench import load, meeting
from bench.ground import persons
from bench.pairs import Ratios, in_turn
from bench.posts import Plan, Post
from bench.replies import MANY, UNTIL_KILLED, lost
from bench.served import ROOT, Served, serving, until
from bench.telling import Telling
from bench.yes import saying_yes


@dataclass(frozen=True, slots=True)
class Side:
    """One number of events under way."""

    ratios: Ratios
    #: Events a second.
    house: float
    bare: float


@dataclass(frozen=True, slots=True)
class Found:
    many: Side
    one: Side
    #: Bytes; None where the system does not say.
    memory: int | None
    groups: int
    acknowledged: int
    #: Acknowledged, and not found after the kill.
    lost: int


def measure(folder: Path, telling: Telling, *, groups: int, events: int, times: int) -> Found:
    """`events` on each side, `times` over; a tenth of them where one is under way at a time."""
    file = folder / "runda.db"
    places = meeting.begun(file, telling.ground, groups)
    with ExitStack() as stack:
        api, asked = stack.enter_context(saying_yes(telling.answers, telling.others))
        more = telling.environment(api)
        house = stack.enter_context(serving(folder, more))
        assert house.address is not None
        until(lambda: telling.ready <= asked)
        bare = stack.enter_context(_bare(telling.name, more))
        crowd = _Crowd(telling, file, places, house.address, bare)
        many = crowd.side("many", events, MANY, times)
        one = crowd.side("one", max(events // 10, 1), 1, times)
        memory = house.memory()
        crowd.post_until_killed(house, events * 4)
    return Found(many, one, memory, groups, len(crowd.acknowledged), len(lost(crowd.acknowledged, file)))


@contextmanager
def _bare(name: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The bare application; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.bare", name], cwd=ROOT, env={**os.environ, **environment},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@dataclass(slots=True)
class _Crowd:
    telling: Telling
    #: The database of the house.
    file: Path
    places: Sequence[Address]
    house: str
    bare: str
    acknowledged: set[str] = field(default_factory=set)
    #: Messages so far: each has a number of its own.
    _told: int = 0

    def side(self, name: str, events: int, under_way: int, times: int) -> Side:
        pairs = in_turn(
            times,
            lambda _: self._post(self.house, events, under_way, kept=True),
            lambda _: self._post(self.bare, events, under_way, kept=False),
        )
        house, bare = (sum(side) for side in zip(*pairs, strict=True))
        faster = Ratios.of([(theirs, ours) for ours, theirs in pairs])
        return Side(faster, events * times / house, events * times / bare)

    def post_until_killed(self, house: Served, events: int) -> None:
        plan = self._plan(self.house, events, MANY)
        process = load.begin("bench.posts", plan)
        until(lambda: not lost({plan.posts[0].message}, self.file))
        time.sleep(UNTIL_KILLED)
        house.kill()
        self.acknowledged |= set(load.end(process).acknowledged)

    def _post(self, where: str, events: int, under_way: int, *, kept: bool) -> float:
        told = load.end(load.begin("bench.posts", self._plan(where, events, under_way)))
        if len(told.acknowledged) != events:
            raise RuntimeError(f"{events} were posted to {where}, {len(told.acknowledged)} answered with 200")
        if kept:
            self.acknowledged |= set(told.acknowledged)
        return told.seconds

    def _plan(self, where: str, events: int, under_way: int) -> Plan:
        there = urlsplit(where)
        numbers = range(self._told, self._told + events)
        self._told += events
        posts = [self._one(there.netloc, number) for number in numbers]
        return Plan(
            host=there.hostname or "", port=there.port or 0, under_way=min(under_way, events), posts=posts
        )

    def _one(self, host: str, number: int) -> Post:
        """The groups take turns, and in each its people."""
        group = number % len(self.places)
        people = persons(group + 1)
        person = people[number // len(self.places) % len(people)]
        return self.telling.post(host, self.places[group], person, number)
