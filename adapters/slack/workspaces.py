"""The workspaces that have installed Runda: what must be known of each, and where it is kept.

What is kept where is the house's business (`Keeper`); this holds them in memory, since every message asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from adapters.port import Link
from adapters.slack import names
from adapters.slack.client import Client


class Installation(Struct, frozen=True, kw_only=True):
    """One workspace. `account` is our own there, `url` its web address, `token` what we speak with."""

    workspace: str
    name: str
    token: str
    account: str
    bot: str = ""
    url: str = ""
    scopes: tuple[str, ...] = ()
    #: Who installed it just now: the account, and the name. Not kept with it.
    by: tuple[str, str] | None = None

    def by_whom(self, account: str, name: str) -> Installation:
        return replace(self, by=(account, name))

    def __repr__(self) -> str:
        """Without the token."""
        return f"Installation({self.workspace})"


class Keeper(Protocol):
    """Where installations are remembered."""

    async def installed(self) -> list[Installation]:
        """All that have not ended."""

    async def find(self, workspace: str) -> Installation | None: ...

    async def keep(self, installation: Installation) -> bool:
        """Remember it as it is now. Returns whether it had been cut off, or ended."""

    async def end(self, workspace: str) -> None: ...


class Forgetful:
    """Remembers nothing: for one workspace whose token is in the settings, and for tests."""

    async def installed(self) -> list[Installation]:
        return []

    async def find(self, workspace: str) -> Installation | None:
        return None

    async def keep(self, installation: Installation) -> bool:
        return False

    async def end(self, workspace: str) -> None:
        return None


class Workspaces:
    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self._known: dict[str, Installation] = {}
        #: Our own account in each.
        self._accounts: dict[str, str] = {}

    @property
    def accounts(self) -> Mapping[str, str]:
        return self._accounts

    def all(self) -> Iterable[Installation]:
        return self._known.values()

    def get(self, workspace: str) -> Installation | None:
        return self._known.get(workspace)

    async def find(self, workspace: str) -> Installation | None:
        """Another process may have taken part in installing it."""
        known = self._known.get(workspace)
        if known is None and (known := await self.keeper.find(workspace)) is not None:
            self.add(known)
        return known

    async def load(self) -> None:
        for installation in await self.keeper.installed():
            self.add(installation)

    async def keep(self, installation: Installation) -> bool:
        """As `Keeper.keep`."""
        had_gone = await self.keeper.keep(installation)
        self.add(installation)
        return had_gone

    async def end(self, workspace: str) -> None:
        """It has been taken away, and its token is worth nothing."""
        await self.keeper.end(workspace)
        self._known.pop(workspace, None)
        self._accounts.pop(workspace, None)

    def add(self, installation: Installation) -> None:
        self._known[installation.workspace] = installation
        self._accounts[installation.workspace] = installation.account

    def leads(self, link: Link) -> str | None:
        """A link's address in a browser."""
        known = self._known.get(link.place.workspace)
        private = names.is_person(link.place.channel) and ":" not in link.message
        return names.permalink(known.url, link) if known is not None and known.url and not private else None


async def meet(client: Client, token: str) -> Installation:
    """Which workspace a token is for, and who we are there. Raises Refused, Shut, Later and OSError."""
    said, headers = await client.ask(token, "auth.test")
    scopes = headers.get("x-oauth-scopes") or headers.get("X-OAuth-Scopes") or ""
    return Installation(
        workspace=said["team_id"], name=said.get("team", ""), token=token, account=said["user_id"],
        bot=said.get("bot_id") or "", url=said.get("url", ""),
        scopes=tuple(filter(None, (each.strip() for each in scopes.split(",")))),
    )  # fmt: skip
