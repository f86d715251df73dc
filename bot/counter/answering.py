"""What a person answers in private: who will see it is said first, then what is asked.

The sheet is made from what the engine asks now (`flows.answers`). Handing it in is one event like any other, taken
in with this visit's transaction; the engine decides what of it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select

from adapters.port import OPENS, Blank, Option, Sheet, Written
from bot.counter.acts import Act, somebody
from bot.counter.sheets import line, notice
from bot.counter.visit import Next, NotYours, Visit, Wrong, name_of, text_of
from bot.counter.visitor import TAKING_PART
from bot.happenings import Answers
from bot.series.office import UNDER_WAY
from flows import state as states
from flows.answers import OPEN, AnswerSheet, Item, answer_sheet, faults, too_late
from flows.language import Catalogue
from flows.message import Moment, Param, Quote, Text
from flows.programme import Route
from flows.state import State
from storage import tables as t


class Sitting(NamedTuple):
    """A sitting that has opened: its row, its steps, and where it stands."""

    row: Any
    route: Route
    state: State


def answer(visit: Visit, session: int = 0, prompt: int = 0) -> Sheet:
    """The sheet of the question whose button was pressed; otherwise of the one that is asked now."""
    live, asked = _asked(visit, session, prompt)
    if live is None or asked is None:
        return notice(visit, _words(visit, None, too_late(live.route if live else None)))
    blanks = tuple(_blank(visit, live, item) for item in asked.items)
    return Sheet(
        name=name_of("answer", live.row.id, asked.prompt), title=_words(visit, live, asked.title),
        blocks=(line(_words(visit, live, asked.sight)),), blanks=blanks, submit=visit.say("counter.button.hand-in"),
        cancel=visit.say("counter.button.leave"),
    )  # fmt: skip


def hand_in(visit: Visit, written: Mapping[str, Written], session: int, prompt: int) -> Next | None:
    live, asked = _asked(visit, session, prompt)
    if live is None or asked is None:
        return Next(name_of("answer", session, prompt))
    texts = {item.name: _filled_in(written, item) for item in asked.items}
    if wrong := faults(asked, texts):
        raise Wrong({name: _words(visit, live, why) for name, why in wrong.items()})
    person = visit.visitor.person
    assert person is not None, "somebody has been asked for"
    event = Answers(key=visit.key, session=live.row.id, person=person, prompt=asked.prompt,
                    place=_private_place(visit, person), written=texts, at=visit.now)  # fmt: skip
    visit.works.settle(visit.connection, [event], visit.now)
    # What was written may be what the next page asks about.
    _, then = _asked(visit, session, prompt)
    more = then is not None and {item.name for item in then.items} - texts.keys()
    return Next(name_of("answer", session, prompt)) if more else None


# -- which question


def _asked(visit: Visit, session: int, prompt: int) -> tuple[Sitting | None, AnswerSheet | None]:
    """The sitting and what it asks of the visitor. Raises NotYours for somebody who is not of its circle."""
    found = (session, prompt) if session else _pressed(visit) or (_mine(visit), 0)
    live = _sitting(visit, found[0])
    if live is None:
        return None, None
    person = visit.visitor.person
    if person is None or not _belongs(visit, live.row):
        raise NotYours("counter.refused.circle")
    return live, answer_sheet(live.route, live.state, found[1] or None, person)


def _pressed(visit: Visit) -> tuple[int, int] | None:
    """The sitting and the prompt of the message whose button was pressed."""
    if visit.message is None:
        return None
    o, p, place = t.outbox.c, t.places.c, visit.visitor.place
    ours = select(o.session_id, o.prompt).join(t.places, p.id == o.place_id)
    ours = ours.where(o.receipt == visit.message, p.platform == place.platform, p.workspace == place.workspace,
                      p.channel == place.channel, o.session_id.is_not(None))  # fmt: skip
    for row in visit.all(ours.limit(1)):
        return row.session_id, row.prompt or 0
    return None


def _mine(visit: Visit) -> int:
    """The sitting that the visitor is in; 0: none."""
    circles = {seat.circle_id for seat in visit.visitor.seats if seat.circle_id and seat.role in TAKING_PART}
    s = t.sessions.c
    going = select(s.id).where(s.circle_id.in_(circles), s.phase.in_(UNDER_WAY)).order_by(s.starts_at.desc())
    return next((row.id for row in visit.all(going.limit(1))), 0)


def _sitting(visit: Visit, session: int) -> Sitting | None:
    """A sitting of the visitor's organisation, if it has opened. Without a lock: this only looks."""
    s, mt, c, se = t.sessions.c, t.meetings.c, t.circles.c, t.series.c
    content = func.coalesce(mt.content_id, se.content_id).label("content_id")
    wanted = select(s.id, s.series_id, s.circle_id, s.state, mt.number, c.kind, c.until, content, se.zone)
    wanted = wanted.join_from(t.sessions, t.meetings, mt.id == s.meeting_id).join(
        t.series, se.id == s.series_id
    )
    wanted = wanted.join(t.circles, c.id == s.circle_id)
    mine = wanted.where(s.id == session, s.organisation_id == visit.organisation.id, s.state.is_not(None))
    for row in visit.all(mine):
        programme = visit.works.shelf.programme(visit.unit, row.content_id)
        route = programme.route(row.number, everyone=row.kind == "everyone")
        return Sitting(row, route, states.load(row.state))
    return None


def _belongs(visit: Visit, row: Any) -> bool:
    # What people went through before they were divided is that of all of them.
    everyone = row.kind == "everyone" or row.until is not None
    return any(
        seat.series_id == row.series_id
        and seat.role in TAKING_PART
        and (everyone or seat.circle_id == row.circle_id)
        for seat in visit.visitor.seats
    )


def _private_place(visit: Visit, person: int) -> int:
    """Where the visitor is reached alone, on the platform they stand on; anywhere, if they are not."""
    p, place = t.places.c, visit.visitor.place
    mine = visit.all(select(t.places).where(p.person_id == person).order_by(p.id))
    here = [row for row in mine if (row.platform, row.workspace) == (place.platform, place.workspace)]
    return int((here or mine)[0].id)


# -- in words


def _blank(visit: Visit, live: Sitting, item: Item) -> Blank:
    options = tuple(Option(each.code, _words(visit, live, each.text)) for each in item.options)
    kind: Any = {"text": "area", "choice": "choice", "choices": "choices"}[item.sort]
    hint = _words(visit, live, item.help) if item.help else ""
    return Blank(name=item.name, kind=kind, label=_words(visit, live, item.text), hint=hint, required=item.required,
                 options=options)  # fmt: skip


def _filled_in(written: Mapping[str, Written], item: Item) -> str:
    """Of several that were chosen, their codes with spaces between."""
    value = written.get(item.name)
    return " ".join(value) if isinstance(value, tuple) else text_of(written, item.name)


def _words(visit: Visit, live: Sitting | None, text: Text) -> str:
    """The programme's own texts in the visitor's language, as far as it has them; the rest is the house's."""
    if text.key.startswith("programme:") and live is not None:
        texts: Catalogue = visit.works.shelf.programme_texts(
            visit.unit, live.row.content_id, visit.language, live.row.zone
        )
        return texts.say(text.key.removeprefix("programme:"), place=visit.organisation.name)
    return visit.say(text.key, **{name: _param(visit, live, value) for name, value in text.params.items()})


def _param(visit: Visit, live: Sitting | None, value: Param) -> Any:
    """Somebody's own words, where they choose among what they have written; a text in a text."""
    if isinstance(value, Text):
        return _words(visit, live, value)
    if isinstance(value, Quote):
        visit.quotes.append(value.reply)
        own = visit.all(select(t.replies.c.words).where(t.replies.c.id == value.reply))
        return own[0].words if own else ""
    return value.at if isinstance(value, Moment) else value


if OPENS + "answer" != OPEN:
    raise ValueError(f"the engine asks for {OPEN}, which is no act here")

ACTS = (Act("answer", somebody, answer, hand_in),)
