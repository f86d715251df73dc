"""How long ideas are kept, and how they are taken out.

An idea that has been decided on is kept as many days as the organisation keeps replies, counted from the decision; one
that waits is kept until it has been decided on. With an erasure go a person's own ideas, with all that was written of
them, and what they wrote of others' ideas, in what was posted too.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, false, or_, select, update

from bot.ideas import telling
from bot.ideas.sluice import WAITING
from bot.work import Works
from storage import tables as t

#: Ideas that one unit deletes.
AT_ONCE = 200


def look(works: Works, now: datetime) -> int:
    """Tell what is untold, and delete what has had its day. Returns how many messages there are."""
    with works.database.read() as connection:
        untold, past = telling.due(connection, now), _past(connection, now)
    if not untold and not past:
        return 0
    with works.database.write() as connection:
        connection.execute(delete(t.ideas).where(t.ideas.c.id.in_(past)))
        told = telling.tell(connection, now)
    if past:
        works.database.forget()
    return told


def _past(connection: Connection, now: datetime) -> list[int]:
    i, o = t.ideas.c, t.organisations.c
    days = connection.execute(select(o.id, o.retention_days).where(o.retention_days.is_not(None)))
    over = [
        and_(i.organisation_id == row.id, i.since <= now - timedelta(days=row.retention_days)) for row in days
    ]
    decided = select(i.id).where(i.status.not_in(WAITING), or_(false(), *over))
    return list(connection.execute(decided.order_by(i.since).limit(AT_ONCE)).scalars())


def forget(connection: Connection, person: int) -> int:
    """Take out what somebody gave and wrote. Returns how many messages are written anew."""
    n, i = t.idea_news.c, t.ideas.c
    own = select(i.id).where(i.person_id == person)
    told = select(n.id).where(or_(n.idea_id.in_(own), n.person_id == person), n.words != "")
    gone = [row.id for row in connection.execute(told)]
    connection.execute(delete(t.ideas).where(i.person_id == person))
    connection.execute(update(t.idea_news).where(n.person_id == person).values(words="", person_id=None))
    return _rewrite(connection, gone)


def _rewrite(connection: Connection, news: Collection[int]) -> int:
    """What was posted with these words is said again without them."""
    o = t.outbox.c
    shows = [o.body.contains(f'"type":"feedback","news":{each}}}') for each in news]
    if not shows:
        return 0
    out = or_(o.status == "sent", o.attempts > 0)
    rows = connection.execute(select(t.outbox).where(o.kind == "say", out, or_(*shows)).order_by(o.id))
    again = [_again(row) for row in rows]
    if again:
        connection.execute(t.outbox.insert(), again)
    return len(again)


def _again(row: Any) -> dict[str, Any]:
    same = ("organisation_id", "place_id", "version", "effect", "sort", "body")
    return {name: getattr(row, name) for name in same} | {
        "kind": "update",
        "target_id": row.id,
        "status": "queued",
    }
