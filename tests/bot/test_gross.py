"""The gross list in the coordinator's hands: in the chat and at the command line, posted, and in the next round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from adapters.port import Faults
from bot.cli import Caller, runda
from storage import tables as t
from storage.database import Database
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_meeting import OPENS, Played
from tests.bot.a_series import made

PROGRAMME = """
programme: gross
languages: [en]
forms: {long: {minutes: 60, plenum: true}}
rounds:
  - round: first
    steps: [{form: need, fields: [what], share: true, minutes: 5}]
    plenum: [{share: shared, minutes: 2}, {gross: needs, of: need.what, minutes: 5}]
  - round: second
    steps: [{choose: ours, of: needs}]
texts:
  en:
    title: Needs
    rounds:
      first:
        {title: Needs, theme: needs, need: {ask: What do we need?, what: The need}, needs: All, shared: Heard}
      second: {title: One need, theme: one need, ours: Which is ours?}
"""
GROUPS = {"north-1": "kari", "north-2": "tor", "north-3": "ola"}
NEEDS = {"north-1": "Young people move", "north-2": "The young leave us", "north-3": "The ferry is late"}


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path) -> Iterator[Any]:
    """Three groups have said what they need, and all is in one list in plenum."""
    (tmp_path / "gross.yaml").write_text(PROGRAMME, "utf-8")
    made(sqlite_database, programme=str(tmp_path / "gross.yaml"), on=["2026-10-20", "2026-11-03"],
         coordinator=["Berit"], group=["Fjord: Kari, Amir", "Fjell: Tor, Liv", "Elv: Ola, Siri"])  # fmt: skip
    with Played(sqlite_database, OPENS[0], 1) as played:
        played.go(OPENS[0])
        for channel, who in GROUPS.items():
            for said in ("We are here", NEEDS[channel], "next"):
                played.say(channel, who, said)
        played.say("north-everyone", "kari", "next")
        desk = Desk(sqlite_database, played.clock.at, name="terminal", workspace="local")
        yield SimpleNamespace(played=played, desk=desk)
        desk.close()


def listed(played: Played) -> str:
    """The list as it stands in plenum now."""
    played.settle()
    return next(post for post in reversed(played.posts("north-everyone")) if "ferry" in post.lower())


def test_the_coordinator_merges_renames_and_sizes_and_the_next_round_chooses_from_it(desk: Any) -> None:
    played, counter = desk.played, desk.desk
    assert "gross:1:1" in presses(counter.ask("meeting:1:1", who="berit"))
    numbers = {one.words.partition(". ")[2]: one.value for one in counter.ask("gross:1:1").blanks[0].options}
    young, leave, ferry = (numbers[need] for need in NEEDS.values())
    for written in (
        {"line": leave, "what": "merge", "into": young},
        {"line": young, "what": "large"},
        {"line": ferry, "what": "words", "words": "The ferry does not meet the bus"},
    ):
        assert "changed" in words(counter.hand_in("gross:1:1", written))
    now = listed(played)
    assert "The young leave us" not in now
    assert "Young people move" in now
    assert "The ferry does not meet the bus" in now
    assert f"part of {young}" in words(counter.ask("gross:1:1"))
    again = counter.hand_in("gross:1:1", {"line": ferry, "what": "merge", "into": leave})
    assert "part of another" in str(again)
    assert isinstance(counter.hand_in("gross:1:1", {"line": ferry, "what": "words"}), Faults)
    played.go(OPENS[1])  # long after the session was over
    counter.hand_in("gross:1:1", {"line": ferry, "what": "words", "words": "A ferry that meets the bus"})
    played.say("north-1", "kari", "We are here")
    asked = "\n".join(played.posts("north-1"))
    assert "The ferry does not meet the bus" in asked  # it had begun when the list was changed once more
    assert "The young leave us" not in asked


def test_at_the_command_line_too_and_after_the_session(desk: Any) -> None:
    def told(*args: str) -> str:
        url = str(desk.played.database.url)
        call = ["--database", url, "series", "gross", "north", "1", *args]
        return CliRunner().invoke(runda, call, obj=Caller(desk.played.clock)).output

    lines = told().splitlines()
    number = next(line.split(".")[0].strip() for line in lines if "ferry" in line)
    desk.played.go(OPENS[1] - (OPENS[1] - OPENS[0]) / 2)
    assert "list is changed" in told(number, "--words", "A ferry that meets the bus", "--size", "small")
    assert "A ferry that meets the bus (small)" in told()
    desk.played.go(OPENS[1])
    desk.played.say("north-3", "ola", "We are here")
    assert "A ferry that meets the bus" in "\n".join(desk.played.posts("north-3"))
    assert "Say what becomes" in told(number)
    told(number, "--restore")
    assert "The ferry is late" in told()
    assert "no such line" in told("9", "--size", "small")


def test_only_who_runs_the_series_has_the_list(desk: Any) -> None:
    assert "ferry" not in words(desk.desk.ask("gross:1:1", who="kari"))
    assert "ferry" not in words(desk.desk.ask("gross:1:2", who="berit"))


def taken_back(played: Played, channel: str, words: str) -> None:
    r = t.replies.c
    with played.database.read() as connection:
        wrote = connection.execute(select(r.message).where(r.words == words)).scalar_one()
    played.take_back(channel, GROUPS[channel], wrote)
    played.settle()


def test_what_is_taken_back_leaves_the_list_as_the_coordinator_has_it(desk: Any) -> None:
    """The list is posted several times over: what was in an earlier one, and is not now, brings that back nowhere."""
    played, counter = desk.played, desk.desk
    lines = {
        one.words.partition(". ")[2]: one.value
        for one in counter.ask("gross:1:1", who="berit").blanks[0].options
    }
    young, leave, ferry = (lines[need] for need in NEEDS.values())
    counter.hand_in("gross:1:1", {"line": leave, "what": "merge", "into": young})
    counter.hand_in("gross:1:1", {"line": ferry, "what": "words", "words": "A ferry that meets the bus"})
    before = listed(played)
    taken_back(played, "north-2", NEEDS["north-2"])
    assert listed(played) == before


def test_other_words_for_a_line_go_with_what_somebody_wrote(desk: Any) -> None:
    """Whoever takes their need back takes it off the list, however the coordinator has put it, and for good."""
    played, counter = desk.played, desk.desk
    lines = {
        one.words.partition(". ")[2]: one.value
        for one in counter.ask("gross:1:1", who="berit").blanks[0].options
    }
    ferry = {"line": lines[NEEDS["north-3"]], "what": "words"}
    for said in ("The boat does not meet the bus", "A ferry that meets the bus"):
        counter.hand_in("gross:1:1", {**ferry, "words": said})
    assert "A ferry that meets the bus" in listed(played)
    taken_back(played, "north-3", NEEDS["north-3"])
    assert not [post for post in played.posts("north-everyone") if "meets the bus" in post]
    with played.database.read() as connection:
        left = connection.execute(select(t.replies.c.words).where(t.replies.c.message.startswith("list:")))
        assert not left.all()
    played.go(OPENS[1])
    played.say("north-1", "kari", "We are here")
    asked = "\n".join(played.posts("north-1"))
    assert NEEDS["north-1"] in asked
    assert "bus" not in asked
