"""One's own seat in a group: saying that one cannot come to its next session, and leaving.

Neither needs anybody's leave. Who cannot come says so to the group, which is told by name, because they would miss
them; nobody else is. Who leaves has what they said kept, until they have it erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from adapters.port import Option, Sheet, Written
from bot.counter.acts import Act, somebody
from bot.counter.sheets import blank, button, heading, line, sheet
from bot.counter.visit import Gone, Next, Visit, Wrong, name_of, text_of
from bot.counter.visitor import TAKING_PART
from bot.rights.days import note
from bot.series import members, signing
from bot.series.office import Office
from flows.message import Moment, Name, message
from flows.message import line as text_line
from storage import tables as t

#: What one has answered where people sign up.
_ANSWERS = {True: "signup.comes", False: "signup.away", None: "signup.open"}


def seat(visit: Visit, series: int, session: int) -> Sheet:
    """The group's next session, and what one may do about it."""
    office, sitting, number = _sitting(visit, series, session)
    told = visit.say("counter.seat.next", group=sitting.name, number=number, when=sitting.starts_at)
    if _has_told(visit, office, number):
        acts, blocks = ["quit"], [line(told), line(visit.say("counter.seat.told"))]
    else:
        acts, blocks = ["absent", "quit"], [line(told)]
    if signing.asks(office, visit.works.shelf, office.meeting(number)):
        acts.insert(0, "coming")
        answer = signing.signed(visit.connection, [sitting]).get(visit.visitor.person or 0)
        blocks.append(line(visit.say(_ANSWERS[answer])))
    labels = [button(visit, f"counter.button.{act}", act, series, session) for act in acts]
    return sheet(visit, "counter.title.seat", heading(office.series.title), *blocks,
                 labels=[*labels, button(visit, "counter.button.home", "home")])  # fmt: skip


def _sitting(visit: Visit, series: int, session: int) -> tuple[Office, Any, int]:
    """The series, a session of the visitor's own group that has not begun, and its number. Raises Gone."""
    office, mt = visit.office(series), t.meetings.c
    mine = {
        each.circle_id
        for each in visit.visitor.seats
        if each.role in TAKING_PART and each.series_id == series
    }
    for each in office.sessions(lock=False):
        if each.id == session and each.circle_id in mine and each.phase == "planned":
            return office, each, visit.all(select(mt.number).where(mt.id == each.meeting_id))[0].number
    raise Gone


def _has_told(visit: Visit, office: Office, number: int) -> bool:
    a = t.audit.c
    mine = a.actor == visit.visitor.actor, a.act == signing.CANNOT_COME, a.object == _noted(office, number)
    return bool(visit.all(select(a.id).where(a.organisation_id == visit.organisation.id, *mine).limit(1)))


def _noted(office: Office, number: int) -> str:
    return f"{office.series.slug}/{number}"


# -- coming, where people sign up


def coming_sheet(visit: Visit, series: int, session: int) -> Sheet:
    office, sitting, number = _sitting(visit, series, session)
    asks = visit.say("signup.ask", number=number, at=sitting.starts_at)
    options = [Option("yes", visit.say("signup.yes")), Option("no", visit.say("signup.no"))]
    comes = blank(visit, "comes", "choice", "signup.blank", required=True, options=options)
    told = heading(office.series.title), line(asks), line(visit.say("signup.seen"))
    return sheet(visit, "counter.title.seat", *told, blanks=[comes], submit="counter.button.hand-in")


def coming(visit: Visit, written: Mapping[str, Written], series: int, session: int) -> Next:
    office, sitting, number = _sitting(visit, series, session)
    if not signing.asks(office, visit.works.shelf, office.meeting(number)):
        raise Gone
    if (comes := text_of(written, "comes")) not in ("yes", "no"):
        raise Wrong({"comes": visit.say("form.why.needed")})
    _sign(visit, sitting, comes=comes == "yes")
    return Next(name_of("seat", series, session))


def _sign(visit: Visit, sitting: Any, *, comes: bool) -> None:
    person = visit.visitor.person
    assert person is not None, "somebody has been asked for"
    signing.sign(visit.connection, visit.works.ids, sitting, person, comes=comes, now=visit.now)


# -- not coming


def absent_sheet(visit: Visit, series: int, session: int) -> Sheet:
    office, sitting, number = _sitting(visit, series, session)
    asks = visit.say("counter.seat.absent", group=sitting.name, number=number, when=sitting.starts_at)
    return sheet(
        visit, "counter.title.seat", heading(office.series.title), line(asks), submit="counter.button.tell"
    )


def absent(visit: Visit, _: Mapping[str, Written], series: int, session: int) -> Next:
    office, sitting, number = _sitting(visit, series, session)
    if not _has_told(visit, office, number):
        person = visit.visitor.person
        assert person is not None, "somebody has been asked for"
        told = text_line(
            "person.absent", who=Name("person", person), number=number, at=Moment(sitting.starts_at)
        )
        office.announce(message("answer", told), [sitting], note(office, signing.CANNOT_COME, f"{number}"))
        if signing.asks(office, visit.works.shelf, office.meeting(number)):
            _sign(visit, sitting, comes=False)
    return Next(name_of("seat", series, session))


# -- leaving


def quit_sheet(visit: Visit, series: int, session: int) -> Sheet:
    office, sitting, _ = _sitting(visit, series, session)
    return sheet(visit, "counter.title.seat", heading(office.series.title),
                 line(visit.say("counter.seat.quit", group=sitting.name)), submit="counter.button.quit")  # fmt: skip


def quit_(visit: Visit, _: Mapping[str, Written], series: int, session: int) -> Next:
    office, _sat, _number = _sitting(visit, series, session)
    assert visit.visitor.person is not None, "somebody has been asked for"
    change = members.leave(office, visit.visitor.person)
    visit.visitor.seats = [each for each in visit.visitor.seats
                           if each.series_id != series or each.role not in TAKING_PART]  # fmt: skip
    return visit.carried("home", change)


ACTS = (
    Act("seat", somebody, seat),
    Act("coming", somebody, coming_sheet, coming),
    Act("absent", somebody, absent_sheet, absent),
    Act("quit", somebody, quit_sheet, quit_),
)
