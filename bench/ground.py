"""What a town's channels and people are called. Whoever only writes there, in a process of their own, reads no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.terminal import names

#: People in a group: what the self-check asks for.
PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a town lies: a platform, and what groups' channels, people and their private places are called there."""

    platform: str
    workspace: str
    channel: Callable[[int], str]
    account: Callable[[int], str]
    private: Callable[[int], str]
    #: Each meeting opens a thread.
    threads: bool = False


def channel(group: int) -> str:
    return f"town-{group}"


def account(person: int) -> str:
    return f"person-{person}"


TERMINAL = Ground(
    names.NAME, names.WORKSPACE, channel, account, lambda person: names.private(account(person))
)


def persons(group: int) -> range:
    """The people of a group; both count from 1."""
    return range((group - 1) * PEOPLE + 1, group * PEOPLE + 1)
