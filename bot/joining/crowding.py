"""Groups that share one chat share its pace: eight messages a minute for all its topics together.

Told when a series is set up, when a chat is bound, and by `runda doctor`. A live meeting needs three or four in its
busiest minute: a question, what changes in the first message, an answer to a button. Receipts give way.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from bot.joining.visit import OVER
from storage import tables as t

#: Groups that can meet in one chat at the same time, and be heard without waiting.
ROOM = 2


class Crowd(NamedTuple):
    """A chat in which more groups are at home than it has room for at the same time."""

    channel: str
    groups: int


def crowds(
    connection: Connection, platform: str, workspace: str, *, series: int | None = None
) -> list[Crowd]:
    """Of a series, or of all that are not over. Where groups meet at different times it will do all the same."""
    c, s, p = t.circles.c, t.series.c, t.places.c
    many = func.count(c.id.distinct())
    here = (
        select(p.channel, many)
        .select_from(t.circles)
        .join(t.series, s.id == c.series_id)
        .join(t.places, p.id == c.home_id)
    )
    here = here.where(
        c.kind == "group",
        c.until.is_(None),
        s.status.not_in(OVER),
        p.platform == platform,
        p.workspace == workspace,
    ).group_by(p.channel)
    if series is not None:
        mine = select(p.channel).join(t.circles, c.home_id == p.id).where(c.series_id == series)
        here = here.where(p.channel.in_(mine))
    found = connection.execute(here.having(many > ROOM).order_by(p.channel))
    return [Crowd(channel, number) for channel, number in found]
