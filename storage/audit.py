"""The audit log: who did what to what, and when; never what anybody said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from storage.tables import audit

#: Characters of what it was done to; the rest is left out.
LONGEST = 120

_ADDED = insert(audit).returning(audit.c.id)


def log_act(connection: Connection, organisation: int, actor: str, act: str, what: str, now: datetime) -> int:
    """Write it down in an organisation's log. Returns the row's id.

    `actor` is "person:7", "account:U123", "operator:ada" or the like, `what` the name or number of a thing.
    """
    row = {"organisation_id": organisation, "actor": actor, "act": act, "object": what[:LONGEST], "at": now}
    return int(connection.execute(_ADDED, row).scalar_one())
