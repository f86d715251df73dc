"""A chat becomes the home of a group: somebody who has the group's code has written it there.

- The group's sessions that are still to come are held there, and so is what was waiting to be said.
- A chat is the home of one group at a time; a forum may be that of several, since each meeting has its own topic.
- The code again, in another chat or topic, moves the group there: that mends a topic that was deleted.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, literal, or_, select, update

from bot.joining import codes, notice
from bot.joining.crowding import crowds
from bot.joining.visit import OVER, Visit
from flows.events import Paused, Resumed
from flows.message import Line, Text, message
from storage import tables as t

#: Sessions that are held where their group is at home from now on. What is over stays where it was.
TO_COME = ("planned", "missed", "lobby", "headcount", "running", "paused")
UNDER_WAY = ("lobby", "headcount", "running", "paused")
#: Circles whose meetings are held in a chat.
MEETING = ("group", "everyone")
#: Why nothing is sent to a group that has no chat yet: a key under `delivery.why`.
UNBOUND = "unbound"
#: Begins the channel of a group that has no chat: no platform calls one so.
NO_CHAT = "no-chat:"


def wait(
    connection: Connection, organisation: int, circle: int, workspace: str, now: datetime,
    draw: codes.Draw = secrets.randbelow,
) -> tuple[int, str]:  # fmt: skip
    """A group, or everyone, that has no chat yet, and a code by which it gets one.

    Returns the place where all waits until then.
    """
    code = codes.of_group(connection, circle, now, draw)
    row = {"organisation_id": organisation, "platform": notice.PLATFORM, "workspace": workspace,
           "channel": f"{NO_CHAT}{circle}", "thread": "", "blocked": UNBOUND}  # fmt: skip
    place = int(connection.execute(insert(t.places).returning(t.places.c.id), row).scalar_one())
    connection.execute(update(t.circles).where(t.circles.c.id == circle).values(home_id=place))
    return place, code


def bind(visit: Visit, group: Any) -> str:
    """Returns what became of it: a key of the catalogue."""
    if not notice.acknowledged(visit.connection, group.organisation_id, group.slug):
        return "join.not-acknowledged"
    there = visit.place_row(visit.place)
    if there is not None and (there.organisation_id != group.organisation_id or there.person_id is not None):
        return "join.not-here"
    if _for_managers(visit):
        return "join.not-here"
    threads = visit.chat.makes_topics and not visit.place.thread
    if there is not None and not threads and taken(visit, there.id, group):
        return "join.taken"
    if there is None:
        place = visit.make_place(group.organisation_id, visit.place, threads=threads)
    else:
        place = int(there.id)
        visit.connection.execute(update(t.places).where(t.places.c.id == place).values(threads=threads))
    visit.record(group.organisation_id, "chat bound", f"{group.slug} circle:{group.id}")
    _move(visit, group, place, threads=threads)
    _tell_crowded(visit, group)
    return "join.bound"


def _tell_crowded(visit: Visit, group: Any) -> None:
    """The coordinators learn when more groups share a chat than can meet there at the same time."""
    here = crowds(visit.connection, visit.place.platform, visit.place.workspace, series=group.series_id)
    m, p = t.memberships.c, t.places.c
    mine = select(p.id).join(t.memberships, m.person_id == p.person_id)
    mine = mine.where(m.series_id == group.series_id, m.role == "coordinator", m.until.is_(None))
    mine = mine.where(p.platform == visit.place.platform)
    for crowd in (one for one in here if one.channel == visit.place.channel):
        for place in visit.all(mine.order_by(p.id)):
            said = message("answer", Line(Text("counter.setup.crowded", {"n": crowd.groups})))
            visit.say(group.organisation_id, said, place.id)


def _for_managers(visit: Visit) -> bool:
    """Managers of a series that is not over read there: no group talks in that chat, in whatever topic."""
    c, s, p = t.circles.c, t.series.c, t.places.c
    read = select(c.id).join(t.series, s.id == c.series_id).join(t.places, p.id == c.home_id)
    here = (p.platform == visit.place.platform, p.workspace == visit.place.workspace,
            p.channel == visit.place.channel)  # fmt: skip
    return bool(visit.all(read.where(*here, c.kind == "managers", s.status.not_in(OVER)).limit(1)))


def taken(visit: Visit, place: int, group: Any) -> bool:
    """Another group of a series that is not over lives there, or somebody else's meeting is held there.

    Before they are divided, all who take part (number 0) are everyone: they may share a chat.
    """
    c, s, n = t.circles.c, t.series.c, t.sessions.c
    same = and_(c.series_id == group.series_id, or_(c.number == 0, literal(group.number) == 0))
    others = select(c.id).join(t.series, s.id == c.series_id)
    others = others.where(
        c.home_id == place,
        c.id != group.id,
        c.kind.in_(MEETING),
        c.until.is_(None),
        s.status.not_in(OVER),
        ~same,
    )
    held = select(n.id).join(t.circles, c.id == n.circle_id)
    held = held.where(n.place_id == place, n.circle_id != group.id, n.phase.in_(UNDER_WAY), ~same)
    return bool(visit.all(others.limit(1)) or visit.all(held.limit(1)))


def _move(visit: Visit, group: Any, place: int, *, threads: bool) -> None:
    """The group lives there from now on, with all that is still to come."""
    c, n, o, p, s = t.circles.c, t.sessions.c, t.outbox.c, t.places.c, t.series.c
    run = visit.connection.execute
    coming = visit.all(
        select(n.id, n.phase, n.place_id, p.blocked, s.status)
        .join(t.places, p.id == n.place_id)
        .join(t.series, s.id == n.series_id)
        .where(n.circle_id == group.id, n.phase.in_(TO_COME))
        .order_by(n.id)
        .with_for_update(of=t.sessions)
    )
    left = {each.place_id for each in coming} | ({group.home_id} if group.home_id else set())
    left.discard(place)
    run(update(t.circles).where(c.id == group.id).values(home_id=place))
    run(update(t.sessions).where(n.id.in_([each.id for each in coming])).values(place_id=place))
    theirs: ColumnElement[bool] = o.session_id.in_([each.id for each in coming])
    if not threads and not _shared(visit, left, group.id):
        theirs = or_(theirs, o.session_id.is_(None))
    waiting = o.place_id.in_(left), o.status == "queued", theirs
    run(update(t.outbox).where(*waiting).values(place_id=place, not_before=None))
    now = [each for each in coming if each.phase in UNDER_WAY and each.place_id != place]
    if now and not threads:
        run(update(t.places).where(p.id == place).values(session_id=now[-1].id))
    _wake(visit, group, [each.id for each in coming])
    audit = visit.record(group.organisation_id, "group moved", f"{group.slug} circle:{group.id}")
    # What stood still because of its place goes on here; what went on stands still for no time. A pause stays one.
    goes = [each.id for each in now if each.phase != "paused"]
    stood = [
        each.id
        for each in now
        if each.phase == "paused" and each.blocked is not None and each.status != "paused"
    ]
    visit.order("left", audit, goes, Paused(unreachable=True))
    visit.order("bound", audit, sorted([*goes, *stood]), Resumed("moved"))


def _shared(visit: Visit, places: set[int], group: int) -> bool:
    """Others live in a place that the group leaves: what waits there is theirs as well."""
    c = t.circles.c
    return bool(visit.all(select(c.id).where(c.home_id.in_(places), c.id != group).limit(1)))


def _wake(visit: Visit, group: Any, sessions: list[int]) -> None:
    """Meetings whose time could not come, because there was nowhere to hold them."""
    n, m, s = t.sessions.c, t.meetings.c, t.series.c
    certain = select(m.id).join(t.series, s.id == m.series_id)
    certain = certain.where(
        m.series_id == group.series_id, m.status.in_(("confirmed", "open")), s.status != "paused"
    )
    stood = n.id.in_(sessions), n.phase == "planned", n.wake_at.is_(None), n.meeting_id.in_(certain)
    visit.connection.execute(
        update(t.sessions).where(*stood).values(wake_at=n.starts_at, version=n.version + 1)
    )
