"""People who write, from a process of their own: `python3 -m bench.load`, through the terminal's socket.

So many messages are under way at any time; whenever one is acknowledged, the next is sent. Groups take turns, so
that messages under way are of different groups, as they are in life. Ends when all are acknowledged, or when the
house is gone, and prints what was acknowledged.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.terminal.client import Client, Dropped
from adapters.terminal.parse import Request
from bench.ground import account, channel, persons
from bench.served import ROOT


class Plan(Struct, frozen=True, kw_only=True):
    """What is to be written. `name` keeps these messages apart from others'."""

    folder: str
    name: str
    groups: int
    replies: int
    under_way: int
    words: str = "We lack people who stay, and a ferry that waits for those who come late ({message})"


class Told(Struct, frozen=True):
    """What came of it: the messages that were acknowledged, and the seconds from the first sent to the last."""

    seconds: float
    acknowledged: list[str]
    refused: list[str]


def request(plan: Plan, number: int) -> Request:
    """The groups take turns, and in each its people."""
    group = number % plan.groups + 1
    people = persons(group)
    message = f"{plan.name}-{number}"
    return Request(
        key=message, do="wrote", place=channel(group), message=message, words=plan.words.format(message=message),
        account=account(people[number // plan.groups % len(people)]),
    )  # fmt: skip


def write(plan: Plan) -> Told:
    acknowledged: list[str] = []
    refused: list[str] = []
    with Client(Path(plan.folder)) as client:
        began = time.perf_counter()
        try:
            for number in range(min(plan.under_way, plan.replies)):
                client.put(request(plan, number))
            for number in range(plan.under_way, plan.replies + plan.under_way):
                answer = client.answer()
                (acknowledged if answer.ok else refused).append(answer.key or "?")
                if number < plan.replies:
                    client.put(request(plan, number))
        except Dropped:
            pass
        return Told(time.perf_counter() - began, acknowledged, refused)


# -- as a process of its own, from the other side


def begin(module: str, plan: Struct) -> subprocess.Popen[bytes]:
    """Have `module`, this one or its like, carry a plan out."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.msgpack.encode(plan))
    process.stdin.close()
    return process


def end(process: subprocess.Popen[bytes]) -> Told:
    """What came of it, when it is done."""
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read()
    if process.wait():
        raise RuntimeError(f"what was to come of {process.args} ended with {process.returncode}")
    return msgspec.json.decode(said, type=Told)


if __name__ == "__main__":
    told = write(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan))
    sys.stdout.buffer.write(msgspec.json.encode(told))
