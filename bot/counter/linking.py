"""The same person on two platforms: a code from here that is written there, or one from there that is written here."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from adapters.port import Address, Chose, Known, Sheet, Written
from adapters.terminal.names import NAME as TERMINAL
from bot.counter.acts import Act, anybody, somebody
from bot.counter.sheets import blank, button, line, sheet
from bot.counter.visit import Next, Visit, Wrong, text_of
from bot.joining import codes, linking
from bot.joining.visit import Chat
from bot.joining.visit import Visit as Arrival
from storage import tables as t


def several_platforms(visit: Visit) -> bool:
    """Whether the organisation's groups meet on more than one chat platform."""
    p = t.places.c
    there = select(p.platform).where(p.organisation_id == visit.organisation.id, p.person_id.is_(None))
    return len(visit.all(there.where(p.platform != TERMINAL).distinct().limit(2))) > 1


def link_sheet(visit: Visit) -> Sheet:
    """Asks for a code from elsewhere; without one, it gives one."""
    asked = blank(visit, "code", "line", "join.link.code", hint="join.link.code-hint")
    how = line(visit.say("join.link.how"))
    return sheet(visit, "join.link.title", how, blanks=[asked], submit="join.link.go")


def link(visit: Visit, written: Mapping[str, Written]) -> Next:
    typed = text_of(written, "code").strip()
    if typed:
        return _typed(visit, typed.rpartition(" ")[2])
    if visit.visitor.person is None:
        raise Wrong({"code": visit.say("join.link.none")})
    codes.of_person(visit.connection, visit.visitor.person, visit.now)
    return Next("link-code")


def _typed(visit: Visit, typed: str) -> Next:
    found = codes.find(visit.connection, typed, visit.now)
    if found is None or found.purpose != codes.PERSON:
        raise Wrong({"code": visit.say("join.unknown-code")})
    arrival = _arrival(visit)
    became = linking.link(arrival, found)
    visit.works.settle(visit.connection, arrival.happenings, visit.now)
    return Next("home", (visit.say(became),))


def _arrival(visit: Visit) -> Arrival:
    """The visitor as somebody who comes in by a code, in private."""
    visitor = visit.visitor
    alone = Address(visitor.place.platform, visitor.place.workspace, visitor.account)
    heard = Chose(key=visit.key, place=alone, account=visitor.account, press="", at=visit.now)
    known = Known(account=visitor.account, name=visitor.name or visitor.account, language=visitor.language)
    return Arrival(visit.connection, heard, known, Chat(), visit.now)


def code_page(visit: Visit) -> Sheet:
    """The code, as long as it is good."""
    c = t.codes.c
    mine = select(c.code).where(c.person_id == visit.visitor.person, c.used_at.is_(None), c.until > visit.now)
    code = next((codes.shown(row.code) for row in visit.all(mine)), None)
    told = visit.say("join.link.yours", code=code) if code else visit.say("join.link.none")
    home = button(visit, "counter.button.home", "home")
    return sheet(visit, "join.link.title", line(told), labels=[home])


ACTS = (Act("link", anybody, link_sheet, link), Act("link-code", somebody, code_page))
