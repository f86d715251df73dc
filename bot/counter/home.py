"""What concerns oneself: one's next meeting, the series that one runs, what waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from adapters.port import Address, Block, Label, Link, Sheet
from bot.counter import showing
from bot.counter.acts import Act, anybody
from bot.counter.linking import several_platforms
from bot.counter.sheets import button, heading, line, sheet
from bot.counter.visit import NotYours, Visit
from bot.counter.visitor import COORDINATOR, MANAGER, TAKING_PART
from bot.series import pausing
from bot.series.homes import DELETE_UNHEARD
from bot.series.office import UNDER_WAY, Office
from bot.series.overview import Listed, glance, listed, to_approve
from storage import tables as t

#: Series that a page has room for; more are found by their coordinators' own lists.
MOST = 20


def home(visit: Visit) -> Sheet:
    """What concerns the visitor: nothing of it is anybody else's."""
    if visit.visitor.person is None:
        return _stranger(visit)
    blocks = [*_taking_part(visit), *_running(visit), *_managing(visit), *_others(visit)]
    told = blocks or [line(visit.say("counter.home.nothing"))]
    return sheet(visit, "counter.title.home", *told, labels=_labels(visit))


def _stranger(visit: Visit) -> Sheet:
    """Whoever has an account where not everybody can walk in may leave an idea. Raises NotYours for others."""
    if visit.visitor.organisation is None or not visit.capabilities.members:
        raise NotYours("counter.refused.stranger")
    told = line(visit.say("counter.refused.stranger"))
    return sheet(visit, "counter.title.home", told, labels=[button(visit, "idea.button.ideas", "ideas")])


def _labels(visit: Visit) -> Iterator[Label]:
    yield button(visit, "idea.button.ideas", "ideas")
    if visit.visitor.appointed:
        begun = _draft(visit)
        yield button(visit, "counter.button.set-up-on" if begun else "counter.button.set-up", "setup")
    if len(visit.visitor.with_role(COORDINATOR)) > 1 and _live(visit, visit.visitor.with_role(COORDINATOR)):
        yield button(visit, "counter.button.everywhere", "live")
    if visit.visitor.appointed:
        yield button(visit, "counter.button.appointed", "appointed")
    if several_platforms(visit):
        yield button(visit, "join.link.open", "link")
    yield button(visit, "counter.button.kept", "kept")


def _draft(visit: Visit) -> bool:
    d, place = t.drafts.c, visit.visitor.place
    mine = d.platform == place.platform, d.workspace == place.workspace, d.account == visit.visitor.account
    return bool(visit.all(select(d.sheet).where(*mine, d.what == "setup")))


def _live(visit: Visit, series: set[int]) -> bool:
    s = t.sessions.c
    return bool(visit.all(select(s.id).where(s.series_id.in_(series), s.phase.in_(UNDER_WAY)).limit(1)))


def _office(visit: Visit, row: Any) -> Office:
    visit.zone = row.zone
    return Office(visit.connection, row, visit.visitor.actor, visit.now)


def _series(visit: Visit, *roles: str) -> list[Any]:
    """The series that are not over in which the visitor has one of these roles."""
    s = t.series.c
    mine = visit.visitor.with_role(*roles)
    wanted = select(t.series).where(s.id.in_(mine), s.status != "cancelled").order_by(s.id.desc()).limit(MOST)
    return visit.all(wanted)


# -- where one takes part


def _taking_part(visit: Visit) -> Iterator[Block]:
    for row in _series(visit, *TAKING_PART):
        office = _office(visit, row)
        circles = {
            seat.circle_id for seat in visit.visitor.seats if seat.series_id == row.id and seat.circle_id
        }
        yield heading(row.title)
        for circle in office.circles("group"):
            if circle.id in circles:
                yield from _my_group(visit, office, circle)


def _my_group(visit: Visit, office: Office, circle: Any) -> Iterator[Block]:
    """The group, where to write if it is in a meeting, otherwise when it meets next."""
    mt = t.meetings.c
    numbers = {
        row.id: row.number
        for row in visit.all(select(mt.id, mt.number).where(mt.series_id == office.series.id))
    }
    sittings = sorted(office.sessions(circle=circle.id, lock=False), key=lambda row: row.starts_at)
    now = next((each for each in sittings if each.phase in UNDER_WAY), None)
    if now is not None:
        which = numbers[now.meeting_id]
        words = visit.say("counter.home.now", group=circle.name, number=which)
        paper = button(visit, "counter.button.paper", "paper", office.series.id, which, circle.number)
        table = office.series.answering == "table"
        yield Block("line", words, link=_root(visit, now.id), labels=(paper,) if table else ())
        return
    ahead = next((each for each in sittings if each.phase == "planned" and each.starts_at > visit.now), None)
    if ahead is None or office.paused:
        over = bool(sittings) and all(each.phase in ("finished", "cancelled") for each in sittings)
        yield line(visit.say("counter.home.over" if over else "counter.home.none-ahead", group=circle.name))
        return
    key = "counter.home.next" if ahead.wake_at else "counter.home.next-tentative"
    words = visit.say(key, group=circle.name, number=numbers[ahead.meeting_id], when=ahead.starts_at)
    yield line(words, button(visit, "counter.button.seat", "seat", office.series.id, ahead.id))


def _root(visit: Visit, session: int) -> Link | None:
    """The first message of a meeting, which its thread hangs on."""
    o, p = t.outbox.c, t.places.c
    first = select(o.receipt, o.sent_at, p.platform, p.workspace, p.channel, p.thread)
    first = first.join(t.places, p.id == o.place_id).where(
        o.session_id == session, o.slot == "root", o.kind == "say", o.receipt.is_not(None)
    )
    for row in visit.all(first.limit(1)):
        return Link(Address(row.platform, row.workspace, row.channel, row.thread), row.receipt, row.sent_at)
    return None


# -- what one runs


def _running(visit: Visit) -> Iterator[Block]:
    for row in _series(visit, COORDINATOR):
        office = _office(visit, row)
        yield heading(visit.say("counter.home.runs", title=row.title))
        yield line(_line(visit, glance(office)), button(visit, "counter.button.open", "series", row.id))
        yield from showing.troubles(visit, office)
        yield from _waiting(visit, office)


def _line(visit: Visit, found: Listed) -> str:
    status = showing.status(visit, found)
    if found.next is None:
        return status
    return visit.say("counter.home.state", status=status, when=found.next)


def _waiting(visit: Visit, office: Office) -> Iterator[Block]:
    """Where nobody has come, what has been missed, and the recaps that managers wait for."""
    for each in office.meetings():
        if each.status == "missed":
            dates = button(visit, "counter.button.move", "move", office.series.id, each.number)
            yield line(visit.say("counter.home.missed", number=each.number), dates)
    for falls in pausing.falling(office):
        dates = button(visit, "counter.button.move", "move", office.series.id, falls.number)
        yield line(visit.say("counter.told.falls", number=falls.number, to=falls.at), dates)
    c = t.circles.c
    names = {
        row.id: row.name for row in visit.all(select(c.id, c.name).where(c.series_id == office.series.id))
    }
    for one in office.sessions(lock=False):
        if one.phase == "lobby":
            yield line(visit.say("counter.home.lobby", group=names[one.circle_id]))
    yield from _to_approve(visit, office)


def _to_approve(visit: Visit, office: Office) -> Iterator[Block]:
    for number in to_approve(office):
        read = button(visit, "counter.button.read", "recap", office.series.id, number, 0)
        yield line(visit.say("counter.home.to-approve", number=number), read)


# -- what one reads, and what others run


def _managing(visit: Visit) -> Iterator[Block]:
    for row in _series(visit, MANAGER):
        _office(visit, row)
        yield heading(visit.say("counter.home.manages", title=row.title))
        yield line(
            visit.say("counter.home.recaps"), button(visit, "counter.button.recaps", "released", row.id)
        )


def _others(visit: Visit) -> Iterator[Block]:
    """Whoever may set up series sees them all."""
    if not visit.visitor.appointed:
        return
    mine = visit.visitor.with_role(COORDINATOR)
    others = [each for each in listed(visit.connection, visit.organisation.name, visit.now)
              if each.id not in mine and each.status not in ("cancelled", "finished")]  # fmt: skip
    if others:
        yield heading(visit.say("counter.home.others"))
    for each in others[-MOST:]:
        visit.zone = each.zone
        words = visit.say("counter.home.other", title=each.title, state=_line(visit, each))
        yield line(words, button(visit, "counter.button.open", "series", each.id))


# -- help


def help_(visit: Visit) -> Sheet:
    """What can be written in a group, and where the rest is."""
    labels = [button(visit, "counter.button.home", "home"), button(visit, "counter.button.kept", "kept")]
    by_command = visit.visitor.place.platform in DELETE_UNHEARD
    heard = visit.say("control.heard-by-command" if by_command else "control.heard")
    return sheet(visit, "counter.title.help", line(heard), line(visit.say("control.help")), labels=labels)


ACTS = (
    Act("help", anybody, help_),
    Act("home", anybody, home),
)
