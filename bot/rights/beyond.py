"""What cannot be reached when somebody is erased: told to them before, and listed to whoever asks on their behalf."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from adapters.terminal.names import NAME as TERMINAL
from bot.rights import person as persons
from bot.rights.lessening import exports
from bot.series.office import PURGED
from flows.message import Text
from storage import tables as t
from storage.unit import Unit

if TYPE_CHECKING:
    from flows.language import Catalogue


def listed(connection: Connection, person: int) -> list[Text]:
    """One text for each thing, none of them with a name or a word in it."""
    return [*_messages(connection, person), *_files(connection, person), *_posts(connection, person),
            Text("rights.beyond-others"), Text("rights.beyond-backups"), Text("rights.beyond-log")]  # fmt: skip


def told(connection: Connection, person: int, say: Catalogue, now: datetime) -> list[str]:
    return [_said(each, say, now) for each in listed(connection, person)]


def _said(each: Text, say: Catalogue, now: datetime) -> str:
    """A text may have a text in it."""
    inner = {
        name: _said(one, say, now) if isinstance(one, Text) else one for name, one in each.params.items()
    }
    return say.say(each.key, now=now, **inner)


def _messages(connection: Connection, person: int) -> Iterator[Text]:
    """The person's own messages on a platform that is not ours are theirs to delete there."""
    r, p = t.replies.c, t.places.c
    wrote = select(p.platform, func.count(r.id)).join(t.places, p.id == r.place_id)
    wrote = wrote.where(r.person_id == person, p.platform != TERMINAL)
    count = dict(tuple(row) for row in connection.execute(wrote.group_by(p.platform).order_by(p.platform)))
    known = {each.platform for each in persons.identities(connection, person)} - {TERMINAL}
    for platform in sorted(known | count.keys()):
        yield Text(
            "rights.beyond-messages",
            {"platform": Text(f"rights.platform.{platform}"), "n": count.get(platform, 0)},
        )
        yield Text("rights.beyond-platform", {"platform": Text(f"rights.platform.{platform}")})


def _files(connection: Connection, person: int) -> Iterator[Text]:
    unit = Unit(connection)
    theirs = unit.all(select(t.series).where(t.series.c.id.in_(persons.series_of(person))))
    if made := sum(len(exports(unit, each)) for each in theirs):
        yield Text("rights.beyond-files", {"n": made})


def _posts(connection: Connection, person: int) -> Iterator[Text]:
    """Where the replies were deleted because their days were over, nothing tells which messages show them, but of
    recaps that are kept in words."""
    s = t.sessions.c
    over = select(func.count()).select_from(t.sessions)
    mine = s.series_id.in_(persons.series_of(person)), s.phase == PURGED
    if connection.execute(over.where(*mine)).scalar():
        yield Text("rights.beyond-posts")
