"""What platforms tell of places and people: a channel was closed, somebody has gone.

A place that takes nothing stops what goes on there: clocks stand still, nothing opens, what is queued waits, and
those who run the series are told by whatever way is left. When it takes messages again, all of it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from adapters.port import Learned, Reacted
from bot.desk import Desk, Live
from flows import effects as fx
from flows import events as e
from flows.message import Message, Name, Text, line, message
from storage import tables as t

#: A place that takes nothing is tried again so often.
PROBE = timedelta(minutes=15)
#: Sittings that people are in.
GOING_ON = ("lobby", "headcount", "running", "paused")
TAKING_PART = ("participant", "note-taker")
#: What is of use while a meeting lasts.
PASSING = ("question", "answer", "status", "receipt")


def sessions_about(desk: Desk, learned: Iterable[Learned]) -> set[int]:
    """The sessions that this news may move, or whose coordinators are told of it."""
    return {session for each in learned for session in _SESSIONS[each.what](desk, each)}


def take(desk: Desk, each: Learned | Reacted) -> str:
    """Carry out what follows. Returns "applied", or why nothing does."""
    if isinstance(each, Reacted):
        return _reacted(desk, each)
    return _TAKES[each.what](desk, each)


# -- places


def _places(each: Learned) -> Any:
    """Those that the news is about: a channel with its threads, or all of the workspace."""
    p = t.places.c
    whole = p.platform == each.place.platform, p.workspace == each.place.workspace
    if each.what in ("cut", "back"):
        return whole
    # A topic that is closed or gone is no matter of the others in its chat.
    one = (p.thread == each.place.thread,) if each.why.startswith("topic-") else ()
    return (*whole, p.channel == each.place.channel, *one)


def _there(desk: Desk, each: Learned) -> list[int]:
    s, c, p = t.sessions.c, t.circles.c, t.places.c
    held = (
        select(s.id, s.phase)
        .join(t.circles, c.id == s.circle_id)
        .join(t.places, or_(p.id == s.place_id, p.id == c.home_id))
        .where(*_places(each), s.phase.in_((*GOING_ON, "planned")))
    )
    return sorted({row.id for row in desk.unit.all(held)})


def _shut(desk: Desk, each: Learned) -> str:
    p, i = t.places.c, t.installations.c
    why = each.why or "unknown"
    news = select(p.id).where(*_places(each), or_(p.blocked.is_(None), p.blocked != why))
    if not desk.unit.all(news.limit(1)):
        return "it is known that nothing is taken there"
    desk.unit.run(update(t.places).where(*_places(each)).values(blocked=why, look_at=desk.now + PROBE))
    if each.what == "cut":
        here = i.platform == each.place.platform, i.workspace == each.place.workspace
        desk.unit.run(update(t.installations).where(*here).values(cut=why))
    held = [live for live in _live(desk, _there(desk, each)) if live.row.phase in GOING_ON]
    for live in held:
        desk.apply(live, e.Paused(unreachable=True))
    _tell_series(desk, each, "place.shut", why=Text(f"delivery.why.{why}"))
    return "applied"


def _open(desk: Desk, each: Learned) -> str:
    p, i, o = t.places.c, t.installations.c, t.outbox.c
    shut = [row.id for row in desk.unit.all(select(p.id).where(*_places(each), p.blocked.is_not(None)))]
    if not shut:
        return "nothing was shut there"
    desk.unit.run(update(t.places).where(p.id.in_(shut)).values(blocked=None, look_at=None))
    _forget_the_past(desk, shut)
    desk.unit.run(update(t.outbox).where(o.place_id.in_(shut), o.status == "queued").values(not_before=None))
    if each.what == "back":
        here = i.platform == each.place.platform, i.workspace == each.place.workspace
        desk.unit.run(update(t.installations).where(*here).values(cut=None, ended_at=None))
    runs = _running(desk, _live(desk, _there(desk, each)))
    for live in runs:
        if live.row.phase == "planned":
            # Whether that is too late is found out when its turn comes.
            live.row.wake_at, live.changed = live.row.starts_at, True
            live.row.version += 1
        elif live.state is not None and live.state.held:
            desk.apply(live, e.Resumed("shut"))
    _tell_series(desk, each, "place.open")
    return "applied"


def _forget_the_past(desk: Desk, places: Sequence[int]) -> None:
    """What was said to somebody alone in a meeting that is over is not told them afterwards; its recap is.

    That a meeting was missed or cancelled still waits for those who run the series.
    """
    o, s, p, m = t.outbox.c, t.sessions.c, t.places.c, t.memberships.c
    run = select(m.person_id).where(m.role.not_in(TAKING_PART), m.until.is_(None))
    alone = select(p.id).where(p.id.in_(places), p.person_id.is_not(None))
    others = alone.where(p.person_id.not_in(run))
    held = select(s.id).where(s.phase == "finished")
    never = select(s.id).where(s.phase.in_(("cancelled", "missed")))
    over = or_(
        and_(o.place_id.in_(alone), o.session_id.in_(held)),
        and_(o.place_id.in_(others), o.session_id.in_(never)),
    )
    stale = o.status == "queued", o.sort.in_(PASSING), over
    desk.unit.run(update(t.outbox).where(*stale).values(status="dropped", reason="over"))


def _running(desk: Desk, lives: Sequence[Live]) -> list[Live]:
    """Those whose coordinators have not paused them, and whose date is certain."""
    s, m = t.series.c, t.meetings.c
    free = (
        select(t.sessions.c.id)
        .join(t.series, s.id == t.sessions.c.series_id)
        .join(t.meetings, m.id == t.sessions.c.meeting_id)
        .where(
            t.sessions.c.id.in_([live.row.id for live in lives]),
            s.status != "paused",
            or_(t.sessions.c.phase != "planned", m.status.not_in(("tentative", "cancelled"))),
        )
    )
    runs = {row.id for row in desk.unit.all(free)}
    return [live for live in lives if live.row.id in runs and (live.row.wake_at is None)]


def _moved(desk: Desk, each: Learned) -> str:
    if each.to is None:
        return "where to is not said"
    p = t.places.c
    taken = select(p.id).where(p.platform == each.to.platform, p.workspace == each.to.workspace,
                               p.channel == each.to.channel)  # fmt: skip
    if desk.unit.all(taken.limit(1)):
        return "it has moved already"
    held = [
        live
        for live in _live(desk, _there(desk, each))
        if live.row.phase in ("lobby", "headcount", "running")
    ]
    desk.unit.run(update(t.places).where(*_places(each)).values(channel=each.to.channel, moved_at=desk.now))
    for live in held:
        # No time has passed; but what was asked cannot be answered by a reply there, nor its buttons found.
        desk.apply(live, e.Paused(unreachable=True))
        desk.apply(live, e.Resumed("moved"))
    return "applied"


def _threads(desk: Desk, each: Learned) -> str:
    """From the next meeting on, each has a thread of its own there."""
    p, c = t.places.c, t.circles.c
    homes = select(p.id).join(t.circles, c.home_id == p.id).where(p.thread == "", ~p.threads, *_places(each))
    found = [row.id for row in desk.unit.all(homes)]
    desk.unit.run(update(t.places).where(p.id.in_(found)).values(threads=True))
    return "applied" if found else "no group has its home there, or each meeting has a thread already"


# -- people


def _theirs(desk: Desk, each: Learned) -> list[int]:
    """The sessions of the circles that somebody is in."""
    person = desk.people.get(_account(each))
    s, m = t.sessions.c, t.memberships.c
    mine = select(m.circle_id).where(m.person_id == person, m.until.is_(None), m.circle_id.is_not(None))
    held = select(s.id).where(s.circle_id.in_(mine), s.phase.in_((*GOING_ON, "planned", "finished")))
    return sorted(row.id for row in desk.unit.all(held)) if person is not None else []


def _gone(desk: Desk, each: Learned) -> str:
    """An account was closed: nobody waits for its answers. Roles stay until somebody has taken them over."""
    person = desk.people.get(_account(each))
    if person is None:
        return "nobody that we know"
    m = t.memberships.c
    seats = desk.unit.all(select(t.memberships).where(m.person_id == person, m.until.is_(None)))
    sits = {seat.circle_id for seat in seats if seat.role in TAKING_PART}
    lives = _live(desk, _theirs(desk, each))
    told = {live.row.series_id: live for live in lives}
    for live in lives:
        if live.state is not None and live.row.circle_id in sits:
            desk.apply(live, e.Left(person))
    ended = [seat.id for seat in seats if seat.role in TAKING_PART]
    desk.unit.run(update(t.memberships).where(m.id.in_(ended)).values(until=desk.now))
    desk.unit.run(update(t.places).where(t.places.c.person_id == person).values(blocked="gone"))
    for live in told.values():
        _tell(desk, live, message("answer", line("person.gone", who=Name("person", person))))
    return "applied"


def _went(desk: Desk, each: Learned) -> str:
    """Somebody of a group has left its channel: they cannot read it any more, and still belong to the group."""
    person = desk.people.get(_account(each))
    lives = [live for live in _live(desk, _theirs(desk, each)) if live.row.phase != "finished"]
    here = set(_there(desk, each))
    told = {live.row.series_id: live for live in lives if live.row.id in here}
    for live in told.values():
        _tell(desk, live, message("answer", line("person.went", who=Name("person", person or 0))))
    return "applied" if told else "nobody that belongs there"


def _came(_: Desk, __: Learned) -> str:
    return "who comes to a channel is not yet in its group"


def _reacted(desk: Desk, each: Reacted) -> str:
    """Marks of the others in the circle weigh when a recap is made; one's own do not."""
    r, s, p, seats = t.replies.c, t.sessions.c, t.places.c, desk.seats.get(_account(each), ())
    on = (
        select(r.id)
        .join(t.sessions, s.id == r.session_id)
        .join(t.places, p.id == r.place_id)
        .where(
            p.platform == each.place.platform, p.workspace == each.place.workspace,
            p.channel == each.place.channel, r.message == each.message, ~r.private,
            r.person_id != desk.people.get(_account(each), 0),
            s.circle_id.in_({seat.circle_id for seat in seats if seat.circle_id and seat.role in TAKING_PART}),
        )
    )  # fmt: skip
    found = [row.id for row in desk.unit.all(on)]
    for reply in found:
        _mark(desk, reply, desk.people[_account(each)], 1 if each.added else -1)
    return "applied" if found else "no message of theirs that we know"


def _mark(desk: Desk, reply: int, person: int, by: int) -> None:
    """However many signs somebody puts on a message, it is one person who marked it."""
    k, r = t.marks.c, t.replies.c
    theirs = k.reply_id == reply, k.person_id == person
    before = desk.unit.all(select(k.signs).where(*theirs))
    if before:
        desk.unit.run(update(t.marks).where(*theirs).values(signs=max(before[0].signs + by, 0)))
    elif by > 0:
        desk.unit.run(insert(t.marks).values(reply_id=reply, person_id=person, signs=by))
    people = select(func.count()).where(k.reply_id == reply, k.signs > 0).scalar_subquery()
    desk.unit.run(update(t.replies).where(r.id == reply).values(reactions=people))


# -- telling


def _account(each: Learned | Reacted) -> tuple[str, str, str]:
    return each.place.platform, each.place.workspace, each.account or ""


def _live(desk: Desk, ids: Sequence[int]) -> list[Live]:
    return [desk.sessions[each] for each in ids if each in desk.sessions]


def _tell_series(desk: Desk, each: Learned, key: str, **params: Text) -> None:
    """Tell the coordinators of every series that lives there, once each. A whole workspace goes by its platform."""
    first = {live.row.series_id: live for live in reversed(_live(desk, _there(desk, each)))}
    whole = Text(f"rights.platform.{each.place.platform}") if each.what in ("cut", "back") else None
    for live in first.values():
        where = whole or Name("circle", live.row.circle_id)
        _tell(desk, live, message("answer", line(key, where=where, **params)))


def _tell(desk: Desk, live: Live, said: Message) -> None:
    live.row.version += 1
    live.changed = True
    desk.carry_out(live, (fx.Say(said, "coordinators"),), None)


_SESSIONS: dict[str, Callable[[Desk, Learned], Iterable[int]]] = {
    "shut": _there, "cut": _there, "open": _there, "back": _there, "went": _theirs, "gone": _theirs,
    "came": lambda *_: (), "threads": lambda *_: (), "moved": _there,
}  # fmt: skip
_TAKES: dict[str, Callable[[Desk, Learned], str]] = {
    "shut": _shut, "cut": _shut, "open": _open, "back": _open, "moved": _moved, "gone": _gone, "went": _went,
    "came": _came, "threads": _threads,
}  # fmt: skip
