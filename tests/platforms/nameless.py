"""What can be told of a series that was played: every recap, of each session and of all so far.

Nobody is named in managers', no account and no message is, whatever the programme; and every line of every recap, the
groups' own too, leads to what it rests on or says that it is a count. The first thing looked at is that there is
something to look at.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select

from adapters.port import Spoken
from bot.markdown import markdown
from bot.recaps import approval, compile_groups, reading, sources
from bot.recaps.wording import Draft
from bot.series.office import Office
from bot.shelf import Shelf
from bot.words import Speaker
from flows import recap as recaps
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.platforms.resting import followed


def recaps_hold(database: Database) -> int:
    """Returns how many of managers' were looked at."""
    led = Counter[str]()
    with database.write() as connection:
        unit = Unit(connection)
        names = _names(unit)
        told = [one for row in unit.all(select(t.series)) for one in _told(unit, row)]
        for draft in (*(draft for _, draft in told), *_of_groups(unit)):
            led += followed(unit, draft)
    assert all(spoken.blocks for spoken, _ in told)
    assert {"finding", "quote", "count"} <= led.keys(), led
    for spoken, draft in told:
        said = markdown(spoken)
        assert _found(said, names) == [], said
        # A link would lead to a message in a group, and so to who wrote it.
        assert [block for block in spoken.blocks if block.link is not None] == []
        assert re.search(r"https?://|person:\d", said) is None, said
        assert _found(draft.points, names) == []
    return len(told)


def _of_groups(unit: Unit) -> Iterator[Draft]:
    """As each group's next session would open with it."""
    held = unit.all(
        sources.sittings().where(t.sessions.c.phase == "finished", t.circles.c.kind != "everyone")
    )
    for session, recap in compile_groups(unit, Shelf(), held).items():
        yield Draft(recaps.dump(recap).decode(), None, "automatic", 1, session_id=session)


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
