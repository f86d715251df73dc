"""Days on which the whole organisation is closed: named, and taken back, with the sessions on them shown first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import select

from adapters.port import Block, Sheet, Written
from bot.counter.acts import Act, runs
from bot.counter.dates import read
from bot.counter.sheets import blank, button, item, line, sheet
from bot.counter.visit import Gone, Next, Visit, name_of, text_of
from bot.counter.visitor import COORDINATOR
from bot.series import making
from bot.series.holidays import Closed
from flows.forms import Field, Form
from storage import tables as t

CLOSED = Form(
    "series-closed",
    (
        Field("first", "date", "The first day on which it is closed.", required=True),
        Field("last", "date", "The last one. Usually the same."),
    ),
)


def closed(visit: Visit, number: int) -> Sheet:
    """Those that are named, each with a way to take it back; and a way to name more."""
    named = [
        item(visit.say("counter.closed.one", first=each.first, last=each.last),
             button(visit, "counter.button.reopen", "reopen", number, *_days(each)))
        for each in visit.office(number).closed
    ]  # fmt: skip
    labels = [
        button(visit, "counter.button.add", "close", number),
        button(visit, "counter.button.back", "rules", number),
    ]
    return sheet(visit, "counter.title.closed", line(visit.say("counter.closed.how")), *named, labels=labels)


def close_sheet(visit: Visit, _: int) -> Sheet:
    blanks = [
        blank(visit, name, "date", f"counter.blank.closed-{name}", required=name == "first")
        for name in ("first", "last")
    ]
    return sheet(visit, "counter.title.closed", line(visit.say("counter.closed.how")), blanks=blanks,
                 submit="counter.button.onwards")  # fmt: skip


def close(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    values = read(visit, CLOSED, {name: text_of(written, name) for name in ("first", "last")})
    first, last = sorted((values["first"], values["last"] or values["first"]))
    return Next(name_of("closes", number, *_days(Closed(first, last))))


def _days(each: Closed) -> tuple[str, str]:
    return f"{each.first:%Y%m%d}", f"{each.last:%Y%m%d}"


def _closed(first: int, last: int) -> Closed:
    """Raises Gone for numbers that say no days."""
    try:
        return Closed.read(f"{first}..{last}")
    except ValueError as problem:
        raise Gone from problem


def _meant(which: str) -> Callable[..., Sheet]:
    """The days, and the sessions on them of the series that the visitor runs: none is moved."""

    def ask(visit: Visit, number: int, first: int, last: int) -> Sheet:
        days = _closed(first, last)
        told = visit.say(f"counter.closed.{which}", first=days.first, last=days.last)
        return sheet(visit, "counter.title.closed", line(told), *_on(visit, days),
                     line(visit.say("counter.nobody-told")), submit=f"counter.button.{which}",
                     labels=[button(visit, "counter.button.back", "closed", number)])  # fmt: skip

    return ask


def _on(visit: Visit, days: Closed) -> Iterator[Block]:
    m, s, mine = t.meetings.c, t.series.c, visit.visitor.with_role(COORDINATOR)
    there = select(s.title, m.number, m.local_date).join(t.meetings, m.series_id == s.id)
    ahead = m.status.in_(("tentative", "confirmed")), s.status != "cancelled"
    on_them = m.local_date.between(days.first, days.last)
    ours = there.where(s.organisation_id == visit.organisation.id, s.id.in_(mine), on_them, *ahead)
    for each in visit.all(ours.order_by(m.local_date, s.id)):
        yield item(visit.say("counter.closed.on", title=each.title, number=each.number, at=each.local_date))


def _decided(*, close: bool) -> Callable[..., Next]:
    def do(visit: Visit, _: Mapping[str, Written], number: int, first: int, last: int) -> Next:
        owner, days = visit.organisation, [_closed(first, last)]
        tenant = making.tenant(visit.connection, owner.name, owner.language, owner.zone)
        more, less = (days, []) if close else ([], days)
        making.close(visit.connection, tenant, more, less, visit.visitor.actor, visit.now)
        return Next(name_of("closed", number))

    return do


ACTS = (
    Act("closed", runs, closed),
    Act("close", runs, close_sheet, close),
    Act("closes", runs, _meant("closes"), _decided(close=True)),
    Act("reopen", runs, _meant("reopen"), _decided(close=False)),
)
