"""What people and places are called on the terminal."""

from __future__ import annotations

from adapters.port import Address

NAME = "terminal"
#: There is one workspace: the machine.
WORKSPACE = "local"
#: The database's columns hold no longer names than this.
LONGEST = 64


def address(channel: str) -> Address:
    """Where `runda chat CHANNEL` leads."""
    return Address(NAME, WORKSPACE, channel)


def private(account: str) -> str:
    """The channel where a person is reached alone."""
    return f"@{account}"


def owner(channel: str) -> str | None:
    """Whose private place it is; None where several people talk."""
    return channel[1:] if channel.startswith("@") else None
