"""Word of an idea, through the outbox: the giver learns what became of it, those who assess that there is more to read.

What waits is a row of its news without `told_at`. It is told in working hours: nothing that was decided in the evening
wakes anybody, and nothing stands in the way of what somebody is asked in a meeting meanwhile. The giver's own act is
answered at once; those who assess hear of it on the next working day, so that the hour does not tell who it was.

A message holds the number of the news and no words: they are looked up when it is sent, and gone when they are erased.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from bot.ideas.sluice import WAITING
from flows.calendar import WorkingDays
from flows.message import Choice, Feedback, Line, Message, Moment, Text, line, message
from storage import tables as t

#: What opens an idea at the counter: for its giver, and for those who assess.
MINE, ASSESS = "open:idea-mine", "open:idea-assess"
#: News that one look tells.
AT_ONCE = 100

_encode = msgspec.json.Encoder().encode


def assessors(connection: Connection, organisation: int) -> dict[int, str]:
    """Who assesses ideas: those who are named for it, and those who may set up series. Names by person."""
    a, p = t.appointments.c, t.people.c
    held = select(p.id, p.name).join(t.appointments, a.person_id == p.id)
    held = held.where(a.organisation_id == organisation, a.until.is_(None)).order_by(a.id)
    return {row.id: row.name for row in connection.execute(held)}


def receipt(connection: Connection, idea: Any) -> None:
    """To the giver, for what they have just done."""
    _queue(connection, idea.organisation_id, [idea.person_id], _to_giver(idea, None))


def tell(connection: Connection, now: datetime, idea: int | None = None) -> int:
    """Tell what is untold and may be told now; of one idea, or of all. Returns how many messages there are."""
    n = t.idea_news.c
    locked = _untold(idea).with_for_update(of=t.idea_news, skip_locked=True)
    ready = [row for row in connection.execute(locked) if _may_be_told(row, now)][:AT_ONCE]
    done = update(t.idea_news).where(n.id.in_([row.id for row in ready]))
    connection.execute(done.values(told_at=now))
    return sum(_tell_one(connection, row) for row in ready)


def due(connection: Connection, now: datetime) -> bool:
    """Whether there is anything that may be told now."""
    return any(_may_be_told(row, now) for row in connection.execute(_untold(None)))


def _untold(idea: int | None) -> Select[Any]:
    n, i, o = t.idea_news.c, t.ideas.c, t.organisations.c
    found = select(n.id, n.idea_id, n.person_id, n.status, n.words, n.at, i.organisation_id,
                   i.person_id.label("giver"), i.given_at, i.status.label("now"), o.zone)  # fmt: skip
    found = found.join(t.ideas, i.id == n.idea_id).join(t.organisations, o.id == i.organisation_id)
    of_it = [n.idea_id == idea] if idea is not None else []
    return found.where(n.told_at.is_(None), *of_it).order_by(n.id)


def _may_be_told(news: Any, now: datetime) -> bool:
    """In working hours; to those who assess not on the day itself, whose hour would tell who it was."""
    zone = ZoneInfo(news.zone)
    early = news.person_id == news.giver and now.astimezone(zone).date() <= news.at.astimezone(zone).date()
    return not early and WorkingDays(news.zone).next_open(now) == now


def _tell_one(connection: Connection, news: Any) -> int:
    if news.person_id != news.giver:
        return _queue(connection, news.organisation_id, [news.giver], _to_giver(news, news.id))
    new = news.status == "received" and not news.words
    if new and news.now != "received":
        return 0  # somebody has found it on the page meanwhile
    to = [each for each in assessors(connection, news.organisation_id) if each != news.giver]
    key = "idea.new" if new else "idea.more"
    opens = Choice(f"{ASSESS}:{news.idea_id}", Text("counter.button.read"))
    return _queue(connection, news.organisation_id, to, message("answer", line(key), choices=(opens,)))


def _to_giver(about: Any, news: int | None) -> Message:
    """`about`: an idea, or a line of its news."""
    idea = about.id if news is None else about.idea_id
    told = [line(f"idea.now.{about.status}", at=Moment(about.given_at))]
    told += [Line(Feedback(news))] if news is not None else []
    key = "idea.button.more" if about.status in WAITING else "counter.button.open"
    return message("answer", *told, choices=(Choice(f"{MINE}:{idea}", Text(key)),))


def _queue(connection: Connection, organisation: int, people: Iterable[int], said: Message) -> int:
    """To each of them once, where Runda reaches them alone; preferably where something can be said."""
    p = t.places.c
    alone = select(p.id, p.person_id).where(p.person_id.in_(list(people)), p.thread == "")
    found = connection.execute(alone.order_by(p.blocked.is_(None), p.id.desc()))
    places = {row.person_id: row.id for row in found}
    rows = [_row(organisation, place, said) for place in places.values()]
    if rows:
        connection.execute(insert(t.outbox), rows)
    return len(rows)


def _row(organisation: int, place: int, said: Message) -> dict[str, Any]:
    return {"organisation_id": organisation, "place_id": place, "version": 0, "effect": 0, "kind": "say",
            "sort": said.sort, "body": _encode(said).decode(), "status": "queued"}  # fmt: skip
