"""What managers can be told of a series that was played: every recap of theirs, of each session and of all so far.

Nobody is named in it, no account and no message is, whatever the programme. The first thing looked at is that there
is something to look at.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select

from adapters.port import Spoken
from bot.markdown import markdown
from bot.recaps import approval, reading, wording
from bot.recaps.wording import Draft
from bot.series.office import Office
from bot.shelf import Shelf
from bot.words import Speaker
from flows import recap as recaps
from storage import tables as t
from storage.database import Database
from storage.unit import Unit


def nobody_is_named_to_managers(database: Database) -> int:
    """Returns how many recaps were looked at."""
    with database.write() as connection:
        unit = Unit(connection)
        names = _names(unit)
        told = [one for row in unit.all(select(t.series)) for one in _told(unit, row)]
    assert all(spoken.blocks for spoken, _ in told)
    for spoken, draft in told:
        said = markdown(spoken)
        assert _found(said, names) == [], said
        # A link would lead to a message in a group, and so to who wrote it.
        assert [block for block in spoken.blocks if block.link is not None] == []
        assert re.search(r"https?://|person:\d", said) is None, said
        assert _found(draft.points, names) == []
        for one in wording.lines(recaps.load(draft.points)):
            assert one.rests, "a line that rests on nothing"
    return len(told)


def _names(unit: Unit) -> set[str]:
    """As people, and their accounts, are called; and the groups, which may be of few."""
    people = {row.name for row in unit.all(select(t.people.c.name))}
    accounts = {row.account for row in unit.all(select(t.identities.c.account))}
    groups = {row.name for row in unit.all(select(t.circles.c.name).where(t.circles.c.kind != "everyone"))}
    return people | accounts | groups


def _told(unit: Unit, series: Any) -> Iterator[tuple[Spoken, Draft]]:
    office = Office(unit.connection, series, "test", series.created_at)
    speaker, ids = Speaker(Shelf()), itertools.count(10**9).__next__
    for meeting in office.meetings():
        for whole in (False, True)[: meeting.number]:  # of the first there is no whole yet
            desk = approval.open_desk(office, unit, Shelf(), ids, "coordinator", meeting.number, whole=whole)
            draft = desk.draft()
            yield reading.say(speaker, unit, draft, desk.session, office.now), draft


def _found(said: str, names: Collection[str]) -> list[str]:
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)]
