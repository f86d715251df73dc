"""What runs all the time is found by an index, so that it costs the same with ten groups and with ten thousand.

Asked of each engine itself: the statements are run, and explained with the values that they were run with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, func, select, update

from bot.claims import _HEADS
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.storage.rows import NOW

#: Ways to walk through all of something that is short: what waits, what is in flight, and a list that was handed in.
SHORT = (
    "SCAN waiting USING INDEX ix_outbox_waiting",
    "SCAN outbox USING INDEX uq_outbox_in_flight",
    "SCAN CONSTANT ROW",
    "SCAN (subquery",
    "SCAN json_each",
)

#: Each is handed a unit. Two values at least: an engine treats a list of one as a single value.
STATEMENTS: dict[str, Callable[[Unit], object]] = {
    "known events": lambda unit: unit.known(["a", "b"]),
    "erased messages": lambda unit: unit.buried(["a", "b"]),
    "sessions": lambda unit: unit.sessions([1, 2]),
    "due sessions": lambda unit: unit.due(NOW, 200),
    "places": lambda unit: unit.places([("terminal", "w", "a", ""), ("terminal", "w", "b", "")]),
    "people": lambda unit: unit.people(["a", "b"]),
    "replies": lambda unit: unit.replies([(1, "a"), (2, "b")]),
    "prompts": lambda unit: unit.prompts([(1, "a"), (2, "b")]),
    "heads of the lanes": lambda unit: unit.all(_HEADS.params(now=NOW, most=50)),
    "claims": lambda unit: unit.all(select(t.outbox.c.id).where(t.outbox.c.status == "sending")),
    "messages of a slot": lambda unit: unit.all(
        select(t.outbox.c.receipt).where(t.outbox.c.session_id.in_([1, 2]), t.outbox.c.slot == "status")
    ),
    "quotes of a reply": lambda unit: unit.all(select(t.quotes).where(t.quotes.c.reply_id.in_([1, 2]))),
    "members": lambda unit: unit.all(select(t.memberships).where(t.memberships.c.circle_id.in_([1, 2]))),
    "private places": lambda unit: unit.all(select(t.places).where(t.places.c.person_id.in_([1, 2]))),
    "reaching people": lambda unit: unit.run(
        update(t.places).where(t.places.c.person_id == 1).values(session_id=None)
    ),
    "what becomes of an erased reply": lambda unit: unit.all(
        select(t.findings.c.reply_id).where(t.findings.c.words_id == 1)
    ),
    "erasing": lambda unit: unit.run(delete(t.replies).where(t.replies.c.id == 1)),
    "next deadline": lambda unit: unit.all(
        select(func.min(t.sessions.c.wake_at)).where(t.sessions.c.wake_at.is_not(None))
    ),
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_an_index_finds(database: Database, what: str):
    with database.write() as connection:
        statements = _recorded(connection, lambda: STATEMENTS[what](Unit(connection)))
        plans = [line for each in statements for line in _plan(connection, *each)]
    assert plans
    walked = [line for line in plans if line.startswith(("SCAN", "Seq Scan"))]
    assert [line for line in walked if not line.startswith(SHORT)] == []


def test_what_no_index_finds_is_seen(database: Database):
    """So that the test above cannot hold for nothing."""
    with database.write() as connection:
        every = select(t.replies.c.id).where(t.replies.c.words == "words")
        statements = _recorded(connection, lambda: connection.execute(every))
        plans = [line for each in statements for line in _plan(connection, *each)]
    assert any(line.startswith(("SCAN", "Seq Scan")) for line in plans)


def _recorded(connection: Connection, act: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements as the engine was handed them, with their values."""
    found: list[tuple[str, Any]] = []

    def record(_: Any, __: Any, statement: str, values: Any, ___: Any, ____: Any) -> None:
        found.append((statement, values))

    event.listen(connection, "before_cursor_execute", record)
    try:
        act()
    finally:
        event.remove(connection, "before_cursor_execute", record)
    return found


def _plan(connection: Connection, statement: str, values: Any) -> list[str]:
    """One line per step. PostgreSQL is told not to walk through a table unless it has no other way."""
    if connection.dialect.name == "sqlite":
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    told = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
    return [row[0].strip(" ->") for row in told]
