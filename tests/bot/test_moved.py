"""A meeting that is moved: all that speaks of its date agrees, on each platform, and nothing is sent twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.port import Address, Capabilities, Outgoing, Taken
from bot.calendars.entries import listing
from bot.series import moving
from bot.series.moving import To
from bot.series.overview import glance, view
from bot.shelf import Shelf
from storage import tables as t
from tests.bot.a_meeting import OPENS, PROGRAMME, Memory, Played
from tests.bot.a_series import NOW, do, looking, made, rows

#: Where the two groups are, and where they are told things alone.
SLACK = {"platform": "slack", "workspace": "T1", "coordinator": ["Berit <U9>"], "manager": ["Eva <U8>"],
         "group": ["Fjord@C1: Kari <U1>, Amir <U2>, Liv <U3>", "Fjell@C2: Tor <U4>, Ida <U5>, Ola <U6>"]}  # fmt: skip
TELEGRAM = SLACK | {"platform": "telegram", "workspace": "777", "acknowledged": True}
#: 10 November 2026, 13:00 in Oslo, instead of 3 November at nine.
LATER = datetime(2026, 11, 10, 12, tzinfo=UTC)


class There(Memory):
    """A platform in memory: with threads that a meeting's first message opens, or without."""

    def __init__(self, name: str) -> None:
        super().__init__(1)
        self.name, self.tokens = name, Counter[str]()
        self.capabilities = Capabilities(
            buttons=False, look_up=name == "slack", threads=name == "slack", reactions=True, quietly=True
        )

    async def send(self, outgoing: Outgoing) -> Taken:
        self.tokens[outgoing.token] += 1
        taken = await super().send(outgoing)
        return Taken(taken.message, thread=taken.message) if outgoing.opens else taken


class Elsewhere(Played):
    """The house on another platform; people write in the thread of their meeting, where there is one."""

    thread = ""

    def _place(self, channel: str) -> Address:
        return Address(self.platform.name, self.where, channel, self.thread)

    @property
    def where(self) -> str:
        return str(SLACK["workspace"] if self.platform.name == "slack" else TELEGRAM["workspace"])


@pytest.mark.parametrize("series", [SLACK, TELEGRAM], ids=["slack", "telegram"])
def test_all_that_speaks_of_a_moved_meeting_agrees_and_nothing_is_sent_twice(
    sqlite_database: Any, tmp_path: Path, series: dict[str, Any]
) -> None:
    database, platform = sqlite_database, There(series["platform"])
    (tmp_path / "talk.yaml").write_text(PROGRAMME, "utf-8")
    made(database, programme=str(tmp_path / "talk.yaml"), **series)
    played = Elsewhere(database, NOW, 1)
    played.platform = platform
    with played:
        hold_the_first(played)
        do(
            database,
            moving.move,
            2,
            To(date(2026, 11, 10), LATER.time().replace(hour=13)),
            now=played.clock.at,
        )
        agree(database, played.clock.at)
        before = len(played.posts("C1"))
        played.go(OPENS[1] + timedelta(hours=12))
        assert len(played.posts("C1")) == before + 1  # the news of the move, and nothing on the old date
        played.go(LATER)
        come(played)
        opened = [text for text in played.posts("C1") if "Session 2 of 3" in text and "What is new" in text]
        assert len(opened) == 1
        assert sum("the school" in text for text in played.posts("C1")[before:]) == 1  # its recap, once
        played.go(LATER + timedelta(hours=3))
    assert set(platform.tokens.values()) == {1}
    moved = rows(database, t.outbox, t.outbox.c.body.contains("series.moved"))
    assert [row.status for row in moved] == ["sent", "sent"]


def hold_the_first(played: Elsewhere) -> None:
    """The first meeting of the first group, as short as it can be."""
    played.go(OPENS[0])
    come(played)
    played.say("C1", "U1", "We are proud of the school.")
    for _ in range(5):
        played.say("C1", "U2", "next")
    played.go(OPENS[0] + timedelta(hours=3))


def come(played: Elsewhere) -> None:
    """To the meeting that has just opened there."""
    roots = rows(played.database, t.outbox, t.outbox.c.slot == "root", t.outbox.c.receipt.is_not(None))
    first = [row for row in roots if row.receipt in played.platform.posts["C1"]]
    played.thread = first[-1].receipt if played.platform.capabilities.threads else ""
    played.say("C1", "U1", "We are here")


def agree(database: Any, now: datetime) -> None:
    """Sessions, the overview, both kinds of calendar and the next opening say the same date."""

    def look(office: Any) -> tuple[set[datetime], ...]:
        second = view(office).meetings[1].moment
        entries = [
            listing(office.connection, Shelf(), office.series, circle, "x").entries for circle in (None, 1)
        ]
        return (
            {datetime.combine(second.on, second.at)}, {entry.start for each in entries for entry in each[1:2]},
            {each.starts_at for each in office.sessions(office.meeting(2).id, lock=False)},
            {each.wake_at for each in office.sessions(office.meeting(2).id, lock=False)},
        )  # fmt: skip

    shown, *times = looking(database, look, now=now)
    assert shown == {datetime(2026, 11, 10, 13)}  # noqa: DTZ001 - as it stands on the wall
    assert times == [{LATER}] * 3
    following = looking(database, glance, now=now).next
    assert (following.on, following.at.hour) == (date(2026, 11, 10), 13)
