"""Installing Runda in many workspaces: Bolt's own flow, over the house's table of installations.

    /slack/install -> Slack asks whoever came there -> /slack/oauth_redirect -> a token for that workspace

What Slack sends along to prove that it was we who asked (the state) is sealed with the house's key and good for ten
minutes, so nothing is kept of those who never come back; Bolt holds it against a cookie of the same browser. A code
of Slack's is good for once.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from slack_bolt.error import BoltError
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as Installed
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.port import Later, Refused, Shut
from adapters.slack import quiet
from adapters.slack.client import Client
from adapters.slack.people import known
from adapters.slack.scopes import SCOPES
from adapters.slack.workspaces import Installation, Workspaces, meet

#: Seconds that somebody may think it over.
STATE = 600
REDIRECT = "/slack/oauth_redirect"


class Seal(Protocol):
    """Makes what nobody else can make, and knows it again for a while."""

    def make(self) -> str: ...

    def holds(self, sealed: str, seconds: int) -> bool: ...


class _States(AsyncOAuthStateStore):
    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._used: set[str] = set()

    @property
    def logger(self) -> logging.Logger:
        return quiet.logger()

    async def async_issue(self, *_: Any, **__: Any) -> str:
        return self._seal.make()

    async def async_consume(self, state: str) -> bool:
        fresh = state not in self._used and self._seal.holds(state, STATE)
        self._used = {each for each in self._used if self._seal.holds(each, STATE)} | {state}
        return fresh


class _Store(AsyncInstallationStore):
    """Bolt's store, in front of ours. Bolt asks it nothing but to save: what comes in is authorized elsewhere."""

    def __init__(
        self, client: Client, workspaces: Workspaces, arrived: Callable[[Installation], Awaitable[None]]
    ) -> None:
        self._client, self._workspaces, self._arrived = client, workspaces, arrived

    @property
    def logger(self) -> logging.Logger:
        return quiet.logger()

    async def async_save(self, installation: Installed) -> None:
        """Raises BoltError, which makes a page that says so."""
        if installation.bot_token is None or installation.is_enterprise_install:
            raise BoltError("Runda is installed in one workspace at a time")
        try:
            there = await meet(self._client, installation.bot_token)
            name = await self._name(there, installation.user_id)
        except (Refused, Shut, Later, OSError) as fault:
            raise BoltError(str(fault)) from fault
        await self._arrived(there.by_whom(installation.user_id, name))

    async def _name(self, there: Installation, account: str) -> str:
        answer = await self._client.call(there.token, "users.info", user=account)
        return known(answer["user"]).name

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        there = await self._workspaces.find(team_id or "")
        if there is None:
            return None
        return Bot(team_id=there.workspace, bot_token=there.token, bot_id=there.bot, bot_user_id=there.account,
                   installed_at=0.0)  # fmt: skip

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        await self._workspaces.end(team_id or "")


def flow(
    client: Client, workspaces: Workspaces, seal: Seal, arrived: Callable[[Installation], Awaitable[None]],
    *, client_id: str, client_secret: str, url: str,
) -> AsyncOAuthFlow:  # fmt: skip
    """`url` is where the world finds us; `arrived` is called when a workspace has let us in. Needs an event loop."""
    settings = AsyncOAuthSettings(
        client_id=client_id, client_secret=client_secret, scopes=list(SCOPES), user_scopes=[],
        redirect_uri=f"{url.rstrip('/')}{REDIRECT}", redirect_uri_path=REDIRECT,
        authorization_url=client.address.removesuffix("api/") + "oauth/v2/authorize",
        installation_store=_Store(client, workspaces, arrived), state_store=_States(seal),
        state_expiration_seconds=STATE, install_page_rendering_enabled=False, logger=quiet.logger(),
    )  # fmt: skip
    return AsyncOAuthFlow(client=client.web(), logger=quiet.logger(), settings=settings)
