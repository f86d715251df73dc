"""Which workspaces have installed Runda: `adapters.slack.workspaces.Keeper` over the table of installations.

- A token is kept encrypted, with a key that is in the settings and nowhere else. The token of the settings is not
  kept: its workspace is, so that Slack may be away when Runda starts.
- Each workspace has an organisation: the one of the settings where the token is from there, otherwise one of its own,
  and whoever installed it is appointed.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.series.appointing import appoint
from bot.series.homes import Where
from bot.series.problems import SeriesProblem
from bot.settings import Misconfigured, Settings
from flows.forms import Named
from storage import tables as t
from storage.audit import log_act
from storage.database import Database

if TYPE_CHECKING:
    from adapters.slack.workspaces import Installation

T = TypeVar("T")

PLATFORM = "slack"
#: Of an organisation that a workspace makes, until somebody says otherwise.
LANGUAGE, ZONE = "nb", "Europe/Oslo"
MAKE_KEY = (
    "python3 -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())' makes one"
)
NO_KEY = f"RUNDA_KEY is no key: {MAKE_KEY}"


class Vault:
    """Encrypts tokens. Raises Misconfigured where the key is none."""

    def __init__(self, key: str) -> None:
        from cryptography.fernet import Fernet

        try:
            self._fernet = Fernet(key)
        except ValueError as fault:
            raise Misconfigured(NO_KEY) from fault

    def lock(self, words: str, now: int) -> str:
        """`now`: in seconds since 1970."""
        return self._fernet.encrypt_at_time(words.encode(), now).decode()

    def unlock(self, locked: str, now: int = 0, seconds: int | None = None) -> str | None:
        """None: it was locked with another key, or longer ago."""
        from cryptography.fernet import InvalidToken

        try:
            if seconds is None:
                return self._fernet.decrypt(locked.encode()).decode()
            return self._fernet.decrypt_at_time(locked.encode(), seconds, now).decode()
        except InvalidToken:
            return None


class Seal:
    """`adapters.slack.installing.Seal`: a word that nobody else can make, with its time in it."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self.vault, self.clock = vault, clock

    def make(self) -> str:
        return self.vault.lock(secrets.token_hex(16), self._now())

    def holds(self, sealed: str, seconds: int) -> bool:
        return self.vault.unlock(sealed, self._now(), seconds) is not None

    def _now(self) -> int:
        return int(self.clock.now().timestamp())


class Installations:
    def __init__(self, database: Database, clock: Clock, settings: Settings, vault: Vault | None) -> None:
        self.database, self.clock, self.settings, self.vault = database, clock, settings, vault
        token = settings.slack_bot_token
        self._own = token.get_secret_value().strip() if token else ""

    async def installed(self) -> list[Installation]:
        return await asyncio.to_thread(self._installed, None)

    async def find(self, workspace: str) -> Installation | None:
        found = await asyncio.to_thread(self._installed, workspace)
        return found[0] if found else None

    async def keep(self, installation: Installation) -> bool:
        try:
            return await asyncio.to_thread(self._write, lambda c: self._keep(c, installation))
        except IntegrityError:
            # Another process was told of it at the same time, and made the rows.
            return await asyncio.to_thread(self._write, lambda c: self._keep(c, installation))

    async def end(self, workspace: str) -> None:
        """Its token is forgotten; that it was installed is not."""
        gone = *_here(workspace), t.installations.c.ended_at.is_(None)
        await asyncio.to_thread(self._write, lambda c: self._end(c, *gone))

    # -- in a thread

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self.database.write() as connection:
            return work(connection)

    def _installed(self, workspace: str | None) -> list[Installation]:
        i = t.installations.c
        rows = select(t.installations).where(i.platform == PLATFORM, i.ended_at.is_(None)).order_by(i.id)
        rows = rows.where(i.workspace == workspace) if workspace is not None else rows
        with self.database.read() as connection:
            found = [self._read(row) for row in connection.execute(rows)]
        return [each for each in found if each is not None]

    def _read(self, row: Any) -> Installation | None:
        from adapters.slack.workspaces import Installation

        if row.token is None:
            token: str | None = self._own
        else:
            token = self.vault.unlock(row.token) if self.vault is not None else None
        about = msgspec.json.decode(row.about, type=dict[str, Any])
        return Installation(workspace=row.workspace, name=row.name, token=token, **about) if token else None

    def _keep(self, connection: Connection, installation: Installation) -> bool:
        own = installation.token == self._own
        if not own and self.vault is None:
            raise Misconfigured(f"A token cannot be kept without RUNDA_KEY: {MAKE_KEY}")
        now = int(self.clock.now().timestamp())
        locked = None if own or self.vault is None else self.vault.lock(installation.token, now)
        about = {name: getattr(installation, name) for name in ("account", "bot", "url", "scopes")}
        values = {"name": installation.name[:200], "token": locked, "about": msgspec.json.encode(about).decode(),
                  "ended_at": None, "cut": None}  # fmt: skip
        known = connection.execute(select(t.installations).where(*_here(installation.workspace))).first()
        if own:
            self._end_others(connection, installation.workspace)
        if known is not None:
            connection.execute(
                update(t.installations).where(t.installations.c.id == known.id).values(**values)
            )
            if known.ended_at is not None:
                self._record(connection, "installed", known.organisation_id, installation)
            self._appoint(connection, known.organisation_id, installation)
            return bool(known.cut or known.ended_at)
        owner = self._organisation(connection, installation, own=own)
        made = {"organisation_id": owner, "platform": PLATFORM, "workspace": installation.workspace,
                "installed_at": self.clock.now()}  # fmt: skip
        connection.execute(insert(t.installations).values(**made, **values))
        self._record(connection, "installed", owner, installation)
        self._appoint(connection, owner, installation)
        return False

    def _appoint(self, connection: Connection, owner: int, installation: Installation) -> None:
        """Whoever installed it may set up series."""
        if installation.by is None:
            return
        account, name = installation.by
        where = Where(PLATFORM, installation.workspace, account)
        # Where they may already, nothing changes.
        with contextlib.suppress(SeriesProblem):
            appoint(connection, owner, Named(name), where, _actor(installation), self.clock.now())

    def _end_others(self, connection: Connection, workspace: str) -> None:
        """The settings name one token: a workspace that they named before is none of ours any more."""
        i = t.installations.c
        others = (i.platform == PLATFORM, i.workspace != workspace, i.token.is_(None), i.ended_at.is_(None))
        self._end(connection, *others)

    def _end(self, connection: Connection, *these: Any) -> None:
        """Slack does not say who has taken it out."""
        i = t.installations.c
        ended = update(t.installations).where(*these).values(ended_at=self.clock.now(), token=None)
        for row in connection.execute(ended.returning(i.organisation_id, i.workspace)).all():
            self._record(connection, "uninstalled", row.organisation_id, row)

    def _record(self, connection: Connection, act: str, owner: int, which: Any) -> None:
        """`which`: an installation, or its row."""
        here = f"{PLATFORM}/{which.workspace}"
        log_act(connection, owner, _actor(which), act, here, self.clock.now())

    def _organisation(self, connection: Connection, installation: Installation, *, own: bool) -> int:
        o = t.organisations.c
        name = self.settings.organisation if own else installation.name[:180] or installation.workspace
        found = connection.execute(select(o.id).where(o.name == name)).scalar()
        if found is not None and own:
            return int(found)
        if found is not None:
            name = f"{name} ({installation.workspace})"
        row = {"name": name, "language": self.settings.language or LANGUAGE, "zone": ZONE,
               "created_at": self.clock.now()}  # fmt: skip
        return int(connection.execute(insert(t.organisations).values(**row).returning(o.id)).scalar_one())


def _actor(installation: Any) -> str:
    """For the audit log: who did it, without a name; it is forgotten with the account."""
    by = getattr(installation, "by", None)
    return f"account:{by[0]}" if by is not None else PLATFORM


def _here(workspace: str) -> tuple[Any, ...]:
    i = t.installations.c
    return i.platform == PLATFORM, i.workspace == workspace
