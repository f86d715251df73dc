"""Managers' answers as rows: what a group has not been told yet, and how they are taken out.

A later answer to the same finding counts instead of an earlier one. An answer goes with its finding, and with the
manager who is erased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, delete, or_, select, update

from flows.recap import Answered
from storage import tables as t
from storage.unit import SessionRow, Unit

#: Corrections of what was posted are counted from here (`bot.desk`).
CORRECTIONS = 100_000

# -- what a group is told


def told_at(unit: Unit, rows: Collection[SessionRow]) -> dict[int, tuple[Answered, ...]]:
    """For sessions that open: what their circle has been answered and has not been told; from now on it has been."""
    circles = {row.circle_id: row.id for row in rows}
    r, f, s = t.responses.c, t.findings.c, t.sessions.c
    waiting = (
        select(r.id, r.reply_id, s.circle_id)
        .join(t.findings, f.reply_id == r.reply_id)
        .join(t.sessions, s.id == f.session_id)
        .where(s.circle_id.in_(list(circles)), r.session_id.is_(None), f.state != "withdrawn")
    )
    newest: dict[int, dict[int, int]] = defaultdict(dict)
    found = unit.all(waiting.order_by(r.id))
    for row in found:
        newest[row.circle_id][row.reply_id] = row.id
    for circle, session in circles.items():
        ids = [row.id for row in found if row.circle_id == circle]
        if ids:
            unit.run(update(t.responses).where(r.id.in_(ids)).values(session_id=session))
    return {
        circles[circle]: tuple(Answered(response, reply) for reply, response in sorted(answered.items()))
        for circle, answered in newest.items()
    }


# -- erasing


def forget(connection: Connection, person: int) -> int:
    """Take a manager's answers out, also of what was posted. Returns how many messages are written anew."""
    r, o = t.responses.c, t.outbox.c
    told = connection.execute(select(r.session_id).where(r.person_id == person, r.session_id.is_not(None)))
    sessions = sorted({row.session_id for row in told})
    connection.execute(delete(t.responses).where(r.person_id == person))
    posted = o.sort == "recap", o.kind == "say", o.effect < CORRECTIONS, o.session_id.in_(sessions)
    out = or_(o.status == "sent", o.attempts > 0), *posted
    rows = [
        _again(row._asdict(), person)
        for row in connection.execute(select(t.outbox).where(*out).order_by(o.id))
    ]
    if rows:
        connection.execute(t.outbox.insert(), rows)
    return len(rows)


def _again(row: Mapping[str, Any], person: int) -> dict[str, Any]:
    number = crc32(f"answers/{person}/{row['id']}".encode()) % CORRECTIONS
    same = ("organisation_id", "place_id", "session_id", "version", "sort", "slot", "body")
    return {name: row[name] for name in same} | {
        "effect": CORRECTIONS + number, "kind": "update", "target_id": row["id"], "status": "queued",
    }  # fmt: skip
