"""One act for all groups that are in a meeting: of a series, or of all the series that one runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select

from adapters.port import Option, Sheet, Written
from bot.counter import showing
from bot.counter.acts import Act, runs, somebody
from bot.counter.sheets import blank, button, heading, item, line, sheet
from bot.counter.visit import Next, NotYours, Visit, Wrong, name_of, text_of
from bot.counter.visitor import COORDINATOR
from bot.series.deciding import tell_all
from bot.series.office import ANNOUNCED, UNDER_WAY, Office
from bot.series.overview import view
from flows.controls import MORE_AT_MOST
from flows.events import Closed, Event, Gathered, Paused, Resumed, Stretched
from flows.message import Quote, message
from flows.message import line as text_line
from storage import tables as t

#: What can be done to all at once, in the order in which it is offered.
DOINGS = ("more", "gather", "say", "pause", "resume", "stop")
#: Minutes that are offered.
MINUTES = 5
#: Characters of what is said to all: a paragraph.
LONGEST = 1000

_encode = msgspec.json.Encoder().encode


def may(visit: Visit, series: int = 0) -> None:
    """A coordinator of that series, or of any."""
    if series:
        return runs(visit, series)
    somebody(visit)
    if not visit.visitor.with_role(COORDINATOR):
        raise NotYours("counter.refused.runs-any")
    return None


def live(visit: Visit, series: int = 0) -> Sheet:
    """Who is in a meeting now, and what can be done for all of them."""
    blocks, there = [], 0
    for office in _offices(visit, series):
        sittings = _sittings(office)
        if not sittings:
            continue
        there += len(sittings)
        blocks.append(heading(office.series.title))
        blocks += [item(words) for words in _stand(visit, office, {each.circle_id for each in sittings})]
    if not there:
        labels = [button(visit, "counter.button.home", "home")]
        return sheet(
            visit, "counter.title.everywhere", line(visit.say("counter.everywhere.nobody")), labels=labels
        )
    options = [Option(each, visit.say(f"counter.everywhere.{each}")) for each in DOINGS]
    blanks = [
        blank(visit, "what", "choice", "counter.blank.what", required=True, options=options),
        blank(visit, "minutes", "number", "counter.blank.minutes", value=str(MINUTES)),
        blank(visit, "words", "area", "counter.blank.words", hint="counter.blank.words-hint"),
    ]
    return sheet(
        visit, "counter.title.everywhere", *blocks, blanks=blanks, submit="counter.button.everywhere-do"
    )


def _offices(visit: Visit, series: int) -> list[Office]:
    if series:
        return [visit.office(series)]
    return [visit.office(each) for each in sorted(visit.visitor.with_role(COORDINATOR))]


def _sittings(office: Office) -> list[Any]:
    return [each for each in office.sessions(lock=False) if each.phase in UNDER_WAY]


def _stand(visit: Visit, office: Office, circles: set[int]) -> Iterable[str]:
    c = t.circles.c
    names = {row.name for row in visit.all(select(c.name).where(c.id.in_(circles)))}
    visit.zone = office.series.zone
    for meeting in view(office).meetings:
        for circle in meeting.circles:
            if circle.name in names and meeting.status == "open":
                yield showing.stands(visit, circle)


# -- doing it


def do(visit: Visit, written: Mapping[str, Written], series: int = 0) -> Next:
    what = text_of(written, "what")
    if what not in DOINGS:
        raise Wrong({"what": visit.say("form.why.needed")})
    offices = _offices(visit, series)
    reached = (
        _say(visit, offices, written)
        if what == "say"
        else _order(visit, offices, _event(visit, what, written), what)
    )
    page = name_of("live", *([series] if series else []))
    return Next(page, (visit.say("counter.everywhere.done", n=reached),))


def _event(visit: Visit, what: str, written: Mapping[str, Written]) -> Event:
    if what != "more":
        plain: dict[str, Event] = {
            "gather": Gathered(),
            "pause": Paused(),
            "resume": Resumed(),
            "stop": Closed(),
        }
        return plain[what]
    minutes = text_of(written, "minutes") or str(MINUTES)
    if not (minutes.isascii() and minutes.isdecimal()) or not 0 < int(minutes) <= MORE_AT_MOST:
        raise Wrong({"minutes": visit.say("form.why.number", written=minutes)})
    return Stretched(int(minutes))


def _order(visit: Visit, offices: Sequence[Office], event: Event, what: str) -> int:
    """Returns how many sittings it meant something to."""
    orders = []
    for office in offices:
        sittings = _sittings(office)
        if sittings:
            office.order(
                f"all-{what}", office.record(f"all: {what}", f"{len(sittings)} groups"), sittings, event
            )
            orders += office.orders
    outcomes = tell_all(visit.works, visit.connection, tuple(orders), visit.now)
    return sum(outcome == "applied" for outcome in outcomes)


def _say(visit: Visit, offices: Sequence[Office], written: Mapping[str, Written]) -> int:
    """The coordinator's own words, where each group is. They are kept as one reply of theirs, and erased as one."""
    words = text_of(written, "words")
    if not words or len(words) > LONGEST:
        raise Wrong({"words": visit.say("counter.fault.words", n=LONGEST)})
    reached, reply = 0, None
    for office in offices:
        sittings = _sittings(office)
        if not sittings:
            continue
        reply = reply or _kept(visit, sittings[0], words)
        audit = office.record("all: say", f"{len(sittings)} groups")
        said = message("answer", text_line("counter.said", words=Quote(reply)))
        visit.connection.execute(insert(t.outbox), [
            {"organisation_id": each.organisation_id, "place_id": each.place_id, "session_id": each.id,
             "version": each.version, "effect": ANNOUNCED + audit, "kind": "say", "sort": said.sort,
             "body": _encode(said).decode(), "status": "queued"}
            for each in sittings
        ])  # fmt: skip
        reached += len(sittings)
    return reached


def _kept(visit: Visit, sitting: Any, words: str) -> int:
    p, person, reply = t.places.c, visit.visitor.person, visit.works.ids()
    mine = visit.all(select(p.id).where(p.person_id == person).order_by(p.id))
    row = {
        "id": reply, "organisation_id": visit.organisation.id, "session_id": sitting.id, "person_id": person,
        "place_id": mine[0].id if mine else sitting.place_id, "message": f"said:{reply}", "revision": 0,
        "role": "aside", "late": False, "private": True, "words": words, "sent_at": visit.now,
    }  # fmt: skip
    visit.connection.execute(insert(t.replies), row)
    return reply


ACTS = (Act("live", may, live, do),)
