"""A chat becomes the place where managers of a series read together: somebody has written their code there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.joining import notice
from bot.joining.binding import taken
from bot.joining.visit import OVER, Visit
from bot.series.office import Office
from bot.series.problems import SeriesProblem
from bot.series.sharing import share
from flows.forms import At
from storage import tables as t


def circle(visit: Visit, number: int) -> Any:
    """The circle of a series' managers, where that is one and the series is not over; None."""
    c, s = t.circles.c, t.series.c
    of = select(t.circles).join(t.series, s.id == c.series_id)
    return visit.one(of.where(c.id == number, c.kind == "managers", s.status.not_in(OVER)))


def bind(visit: Visit, managers: Any) -> str:
    """Returns what became of it: a key of the catalogue."""
    place, row = visit.place, visit.one(select(t.series).where(t.series.c.id == managers.series_id))
    if visit.private:
        return "join.managers-chat"
    if not notice.acknowledged(visit.connection, row.organisation_id, row.slug):
        return "join.not-acknowledged"
    there = visit.place_row(place)
    if there is not None and taken(visit, there.id, managers):
        return "join.managers-not-here"
    try:
        office = Office(visit.connection, row, visit.actor(), visit.now)
        share(office, At(place.channel, place.platform, place.workspace))
    except SeriesProblem:
        return "join.managers-not-here"
    return "join.managers-bound"
