"""The threads as they are shown, and where in them the moments are."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from adapters.terminal.records import Posted, Record, Rewritten
from adapters.terminal.render import View
from adapters.terminal.screen import Screen
from bot import library
from bot.demo.script import PLENUM
from bot.demo.stage import ZONE, Stage
from bot.series.naming import slug
from flows import state as states
from flows.language import Catalogue
from storage import tables as t

#: Later than anything that is played.
EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One circle's way through one round. `group` is its key in the script."""

    id: int
    number: int
    group: str
    channel: str
    starts_at: datetime
    state: states.State | None

    def asked(self, stage: Stage, word: str) -> str | None:
        """Runda's last message that asked at a step of that kind."""
        route = stage.programme.route(self.number, everyone=self.group == PLENUM)
        prompts = [
            each.prompt
            for each in (self.state.asked if self.state else ())
            if word == route.steps[each.step].WORD
        ]
        return question(stage, self.id, prompts[-1]) if prompts else None


def sittings(stage: Stage) -> list[Sitting]:
    """Every session of the series, by meeting, the groups before everyone."""
    s, c = t.sessions.c, t.circles.c
    found = (
        select(
            s.id,
            s.state,
            s.starts_at,
            t.meetings.c.number,
            c.kind,
            c.number.label("group"),
            t.places.c.channel,
        )
        .select_from(t.sessions.join(t.meetings).join(t.circles).join(t.places, t.places.c.id == s.place_id))
        .order_by(t.meetings.c.number, c.kind.desc(), c.number)
    )
    with stage.database.read() as connection:
        return [_sitting(stage, row) for row in connection.execute(found)]


def _sitting(stage: Stage, row: Any) -> Sitting:
    group = PLENUM if row.kind == "everyone" else list(stage.cast.groups)[row.group - 1]
    state = states.load(row.state) if row.state else None
    return Sitting(row.id, row.number, group, row.channel, row.starts_at, state)


def question(stage: Stage, session: int, prompt: int) -> str | None:
    """What the platform calls the message in which that was asked."""
    o = t.outbox.c
    with stage.database.read() as connection:
        posted = select(o.receipt).where(o.session_id == session, o.prompt == prompt)
        found: str | None = connection.execute(posted).scalar()
    return found


# -- records


def records(stage: Stage, *channels: str, since: datetime, until: datetime = EVER) -> list[Record]:
    """What was said in these places in that time, in the order of time."""
    places = [stage.terminal.places.read(channel) for channel in channels]
    merged = heapq.merge(*places, key=lambda record: record.at)
    return [record for record in merged if since <= record.at < until]


def without_status(found: Iterable[Record]) -> Iterator[Record]:
    """Less what only says where the session is."""
    return (each for each in found if not (isinstance(each, Posted | Rewritten) and each.sort == "status"))


def since_message(found: Sequence[Record], message: str | None) -> list[Record]:
    """From one of Runda's messages on; from the beginning, if it is not there."""
    for index, each in enumerate(found):
        if isinstance(each, Posted) and each.id == message:
            return list(found[index:])
    return list(found)


def private(stage: Stage, group: str) -> list[str]:
    """The places where people of a group are reached alone."""
    return [f"@{slug(name)}" for name in stage.cast.groups[group][1].values()] if group != PLENUM else []


# -- a reader


def reader(
    stage: Stage, shown: Screen, me: str | None = None, day: Callable[[date], str] | None = None
) -> View:
    """Somebody who reads threads in the series' language and zone."""
    labels = library.bot_texts(stage.play.language).get("terminal", {})
    return View(names=stage.cast.names, zone=ZoneInfo(ZONE), labels=labels, me=me, day=day, **shown._asdict())


def day_of(language: str) -> Callable[[date], str]:
    """A date as the language writes it."""
    texts = Catalogue(language, {"day": "{day:day}"}, "UTC")
    return lambda day: texts.say("day", day=datetime.combine(day, time(), UTC))
