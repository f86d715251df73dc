"""What a public body is to know of Telegram, and that a coordinator has acknowledged it.

The words stand in the catalogues under `telegram.notice`. A series begins on Telegram only when one of those who run
it has acknowledged them; that is kept in the audit log, with who it was and when.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from storage import tables as t
from storage.audit import log_act

#: Where it is asked for.
PLATFORM = "telegram"
#: The text to be acknowledged, and the words of the tick or option that does it.
TEXT, TICK = "telegram.notice", "telegram.acknowledge"
ACT = "telegram notice acknowledged"


def acknowledge(connection: Connection, organisation: int, series: str, actor: str, now: datetime) -> None:
    """`series` is what commands call it. Once is enough."""
    if not acknowledged(connection, organisation, series):
        log_act(connection, organisation, actor, ACT, series, now)


def acknowledged(connection: Connection, organisation: int, series: str) -> bool:
    a = t.audit.c
    told = select(a.id).where(a.organisation_id == organisation, a.act == ACT, a.object == series)
    return connection.execute(told.limit(1)).first() is not None
