"""The last change of a series, taken back: the audit log has what it takes, with the act itself.

    act                      kept with it              taken back
    meeting moved, along     where it was              until it has begun; who has heard hears of this too
    meeting cancelled        how it stood              the same
    series paused            until when                the same; another end is the end before
    meeting added            the programme before it   until a message of it has gone out, or somebody has signed up
    group added              its number                the same; also until somebody has come in by code
    programme changed        the programme before it   until a session has opened with it

What was added is gone as if it had never been: nobody has heard of it. Only a calendar that was read in between may
show it until it is read again. Sessions are locked before the log is read, so that two who take a change back at once
do not take back two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, delete, select

from bot.joining.binding import NO_CHAT
from bot.series import moving, pausing, texts
from bot.series.changes import CANCELLED
from bot.series.dates import refuse_past
from bot.series.members import GROUP_ADDED
from bot.series.moving import ADDED, ALONG, MOVED, redated, spoken, tell_each, withdraw
from bot.series.office import Change, Office
from bot.series.problems import SeriesProblem
from flows.calendar import local_moment
from flows.forms import Sentence
from flows.message import Moment, line
from storage import tables as t


def undoable(office: Office) -> bool:
    """Whether the last change is one of those that can be taken back."""
    last = office.last_act()
    return (
        last is not None and last.act in _BACK and (last.act != CANCELLED or _stood(office, last) is not None)
    )


def undo(office: Office) -> Change:
    """Take the last change back. Who has been told of it is told of this too. Raises SeriesProblem."""
    office.sessions()
    last = office.last_act()
    if last is None or not undoable(office):
        raise moving.nothing_to_undo(office)
    return _BACK[last.act](office, last)


# -- a session that was cancelled


def _stood(office: Office, act: Row[Any]) -> tuple[int, str] | None:
    """The number of a session that was cancelled, and how it stood; None where somebody was in it."""
    number, _, status = office.of(act).partition(" ")
    return (int(number), status) if status else None


def _on_again(office: Office, act: Row[Any]) -> Change:
    number, status = _stood(office, act) or (0, "")
    meeting = office.meeting(number)
    sessions = [each for each in office.sessions(meeting.id) if each.phase == "cancelled"]
    for each in sessions:
        refuse_past(number, each.starts_at, office.now, office.series.zone)
    audit = office.record("cancelling undone", str(number))
    office.set_meetings([meeting.id], status=status)
    wakes = status != "tentative" and not office.paused
    unaware, news, told = withdraw(office, act.id), [], []
    for at in sorted({each.starts_at for each in sessions}):
        then = [each for each in sessions if each.starts_at == at]
        office.set_sessions([each.id for each in then], phase="planned", wake_at=at if wakes else None)
        redated(office, [each.id for each in then], at)
        heard = [one for one in then if (one.home_id or one.place_id) not in unaware and one.kind == "group"]
        news.append((line("counter.told.undone", number=number, to=Moment(at)), heard))
        local = local_moment(at, office.series.zone)
        quiet = "" if heard else " Nobody had been told."
        words = f"Session {number} is on {spoken(local)} again.{quiet}"
        told.append(Sentence(words, "undone" if heard else "undone-quietly", number=number, to=local))
    tell_each(office, news, audit)
    return office.done(*told)


# -- what was added


def _not_added(office: Office, act: Row[Any]) -> Change:
    """A round that had no date has none again, and one that was to be held once more is not."""
    number, _, before = office.of(act).partition(" ")
    meeting = office.meeting(int(number))
    sessions = office.sessions(meeting.id)
    if _heard(office, sessions):
        words = f"The groups have heard of session {number}. Cancel it instead."
        raise SeriesProblem(Sentence(words, "added-heard", number=meeting.number))
    office.record("adding undone", number)
    forget(office, sessions)
    office.connection.execute(delete(t.meetings).where(t.meetings.c.id == meeting.id))
    if before:
        texts.use_again(office, before)
    words = f"Session {number} is off the plan again. Nobody had been told of it."
    return office.done(Sentence(words, "added-undone", number=meeting.number))


def _no_group(office: Office, act: Row[Any]) -> Change:
    number = int(office.of(act).removeprefix("group-"))
    group = next(each for each in office.circles("group") if each.number == number)
    sessions = office.sessions(circle=group.id)
    if _heard(office, sessions):
        words = f"{group.name} has heard of it. Take its people out instead."
        raise SeriesProblem(Sentence(words, "group-heard", group=group.name))
    office.record("group undone", f"group-{number}")
    forget(office, sessions)
    run, c, p = office.connection.execute, t.circles.c, t.places.c
    for table in (t.memberships, t.codes, t.feeds):
        run(delete(table).where(table.c.circle_id == group.id))
    run(delete(t.circles).where(c.id == group.id))
    run(delete(t.places).where(p.id == group.home_id, p.channel.startswith(NO_CHAT)))
    words = f"{group.name} is taken out again, with all its sessions. Nobody there had been told."
    return office.done(Sentence(words, "group-undone", group=group.name))


def _heard(office: Office, sessions: Sequence[Row[Any]]) -> bool:
    """Something has been said of these sessions, or is being said now; or somebody has signed up to one."""
    o, r, ids = t.outbox.c, t.replies.c, [each.id for each in sessions]
    said = select(o.status).where(o.session_id.in_(ids)).with_for_update()
    begun = any(each.phase != "planned" for each in sessions)
    signed = office.all(select(r.id).where(r.session_id.in_(ids)).limit(1))
    return begun or bool(signed) or any(row.status not in ("queued", "dropped") for row in office.all(said))


def forget(office: Office, sessions: Sequence[Row[Any]]) -> None:
    """With what was to be said of them."""
    o, s, ids = t.outbox.c, t.sessions.c, [each.id for each in sessions]
    office.connection.execute(delete(t.outbox).where(o.session_id.in_(ids)))
    office.connection.execute(delete(t.sessions).where(s.id.in_(ids)))


# -- a newer programme


def _as_it_was(office: Office, act: Row[Any]) -> Change:
    newer = office.series.content_id
    opened = [each.number for each in office.meetings() if each.content_id == newer]
    if opened:
        words = f"Session {opened[0]} has opened with the newer programme, and keeps it."
        raise SeriesProblem(Sentence(words, "programme-opened", number=opened[0]))
    office.record("programme change undone")
    texts.use_again(office, office.of(act))
    numbers = ", ".join(map(str, texts.ahead(office)))
    words = f"The programme is as it was before. Sessions that will use it: {numbers or 'none'}."
    return office.done(Sentence(words, "programme-undone", numbers=numbers or "-"))


_BACK: dict[str, Callable[[Office, Row[Any]], Change]] = {
    MOVED: lambda office, _: moving.undo(office),
    ALONG: lambda office, _: moving.undo(office),
    pausing.PAUSED: lambda office, _: pausing.undo(office),
    CANCELLED: _on_again,
    ADDED: _not_added,
    GROUP_ADDED: _no_group,
    texts.CHANGED: _as_it_was,
}
