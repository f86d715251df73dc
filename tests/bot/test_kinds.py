"""Scores, spreads, votes and what is handed on, through the house as it is wired: what people read in the end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.port import Address, Chose
from storage import tables as t
from storage.database import Database
from tests.bot.a_meeting import Played
from tests.bot.a_series import made

PROGRAMME = """
programme: check
languages: [en]
forms: {long: {minutes: 60, plenum: true}}
rounds:
  - round: first
    steps:
      - {scale: climate, items: [trust, conflict], reversed: [conflict], minutes: 5}
      - {sentence: need, share: true, minutes: 5}
    plenum:
      - {share: shared, minutes: 2}
      - {spread: seen, of: climate, minutes: 5}
      - {choose: work-with, of: climate, minutes: 3}
      - {ask: together, minutes: 5}
  - round: second
    steps: [{recap: last-time}, {choose: ours, of: need}, {ask: since}]
texts:
  en:
    title: The check in {place}
    rounds:
      first:
        title: What it is like in {place}
        theme: what it is like
        climate:
          {ask: What is it like?, low: not at all, high: very, items: {trust: We trust, conflict: We quarrel}}
        need: What do we need?
        shared: What do you recognise?
        seen: What surprises you?
        work-with: What shall we work on?
        together: What do we do together?
      second: {title: Since then, theme: since then, ours: Which need is ours?, since: What has happened?}
"""
OPENS = datetime(2026, 10, 20, 7, tzinfo=UTC)
AGAIN = datetime(2026, 11, 3, 8, tzinfo=UTC)
GROUPS = {"north-1": ("kari", "amir", "liv"), "north-2": ("tor", "sigrid", "ola")}


@pytest.fixture
def played(sqlite_database: Database, tmp_path: Path):  # type: ignore[no-untyped-def]
    database = sqlite_database
    (tmp_path / "check.yaml").write_text(PROGRAMME, "utf-8")
    made(database, programme=str(tmp_path / "check.yaml"), on=["2026-10-20", "2026-11-03"],
         group=["Fjord: Kari, Amir, Liv", "Fjell: Tor, Sigrid, Ola"], coordinator=["Berit"])  # fmt: skip
    with Played(database, OPENS, 1) as house:
        house.go(OPENS)
        yield house


def alone(database: Database, account: str) -> str:
    """The channel in which somebody is reached alone."""
    p, i = t.places.c, t.identities.c
    with database.read() as connection:
        found = select(p.channel).join(t.identities, i.person_id == p.person_id).where(i.account == account)
        return str(connection.execute(found).scalar_one())


def everyones(played: Played) -> str:
    (channel,) = [name for name in played.platform.posts if name not in GROUPS and not name.startswith("@")
                  and any("check" in post or "like" in post for post in played.posts(name))]  # fmt: skip
    return channel


def groups_done(played: Played, scores: dict[str, str]) -> None:
    for channel, people in GROUPS.items():
        played.say(channel, people[0], "We are here")
        for person in people:
            if person in scores:
                played.say(alone(played.database, person), person, scores[person])
        played.say(channel, people[0], "next")
        played.say(channel, people[1], f"We need time in {channel}")
        played.say(channel, people[0], "it is there")
        played.say(channel, people[0], "next")


SCORES = {"kari": "3 0", "amir": "3 1", "liv": "2 0", "tor": "1 0", "sigrid": "2 ?", "ola": "3 0"}


def test_scores_are_rows_of_their_own_and_their_spread_is_read_by_all(played: Played) -> None:
    groups_done(played, SCORES)
    with played.database.read() as connection:
        given = connection.execute(select(t.scores.c.item, t.scores.c.value)).all()
        words = [row.words for row in connection.execute(select(t.replies.c.words))]
        logged = [row.event for row in connection.execute(select(t.log.c.event))]
    assert len(given) == 12
    assert sorted(row.value for row in given if row.item == "trust") == [1, 2, 2, 3, 3, 3]
    assert not {"3 0", "3 1", "2 ?"} & set(words)
    assert not any('"numbers":[3' in event for event in logged)
    plenum = everyones(played)
    kari = GROUPS["north-1"][0]
    played.say(plenum, kari, "next")
    shown = "\n".join(played.posts(plenum))
    assert "We trust – 1: 1, 2: 2, 3: 3" in shown
    assert "We quarrel (little is good here) – 0: 4, 1: 1" in shown
    assert "We need time in north-2" in shown
    assert "Runda" in shown.splitlines()[0]


def test_one_score_taken_back_takes_the_spread_away(played: Played) -> None:
    groups_done(played, SCORES)
    plenum = everyones(played)
    played.say(plenum, "kari", "next")
    with played.database.read() as connection:
        r, i = t.replies.c, t.identities.c
        mine = select(r.message).join(t.identities, i.person_id == r.person_id).where(i.account == "liv")
        (message,) = [row.message for row in connection.execute(mine.where(r.role == "score"))]
    played.take_back(alone(played.database, "liv"), "liv", message)
    shown = "\n".join(played.posts(plenum))
    assert "1: 1, 2: 2, 3: 3" not in shown
    assert "not shown" in shown


def test_numbers_that_are_changed_count_until_the_group_moves_on(played: Played) -> None:
    """A change used to be kept as words and to change no score, and had the posted spread written anew."""
    kari = alone(played.database, "kari")
    played.say("north-1", "kari", "We are here")
    written = played.say(kari, "kari", "0 1")
    played.rewrite(kari, "kari", written, "three")
    assert "Write 2 numbers in order" in played.posts(kari)[-1]
    played.rewrite(kari, "kari", written, SCORES["kari"])
    groups_done(played, {name: score for name, score in SCORES.items() if name != "kari"})
    plenum = everyones(played)
    played.say(plenum, "kari", "next")
    shown, kept = played.posts(plenum), values(played, t.scores.c.value)
    rewritten = values(played, t.outbox.c.kind).count("update")
    assert "We trust – 1: 1, 2: 2, 3: 3" in "\n".join(shown)
    played.rewrite(kari, "kari", written, "0 1")
    assert "it is not counted" in played.posts(kari)[-1]
    assert (played.posts(plenum), values(played, t.scores.c.value)) == (shown, kept)
    assert values(played, t.outbox.c.kind).count("update") == rewritten, "the spread was written anew"
    assert not {"three", "0 1", SCORES["kari"]} & set(values(played, t.replies.c.words))


def test_what_a_group_has_seen_stays_when_it_goes_back(sqlite_database: Database, tmp_path: Path) -> None:
    """Whoever changes a message of before does not change what was shown; numbers written anew wait for their turn."""
    (tmp_path / "own.yaml").write_text(
        """
programme: own
languages: [en]
forms: {long: {minutes: 60}}
rounds: [{round: first, steps: [{scale: climate, items: [trust]}, {spread: seen, of: climate}, {ask: last}]}]
texts: {en: {title: Own, rounds: {first: {title: Own, theme: own, seen: Seen?, last: Last?,
  climate: {ask: How is it?, low: bad, high: good, items: {trust: Trust}}}}}}
""",
        "utf-8",
    )
    people = ("kari", "amir", "liv", "tor", "ola")
    made(sqlite_database, programme=str(tmp_path / "own.yaml"), on=["2026-10-20"], coordinator=["Berit"],
         group=["Fjord: Kari, Amir, Liv, Tor, Ola"])  # fmt: skip
    with Played(sqlite_database, OPENS, 1) as house:
        house.go(OPENS)
        house.say("north-1", "kari", "We are here")
        given = {who: house.say(alone(sqlite_database, who), who, "2") for who in people[1:]}
        given["kari"] = house.say(alone(sqlite_database, "kari"), "kari", "1")
        house.say("north-1", "kari", "next")
        assert any("Trust – 1: 1, 2: 4" in post for post in house.posts("north-1"))
        house.say("north-1", "kari", "back")
        house.rewrite(alone(sqlite_database, "kari"), "kari", given["kari"], "2")
        assert sorted(values(house, t.scores.c.value)) == [1, 2, 2, 2, 2]
        house.take_back(alone(sqlite_database, "amir"), "amir", given["amir"])
        assert not any("Trust – 1" in post for post in house.posts("north-1"))


def values(played: Played, column: Any) -> list[Any]:
    with played.database.read() as connection:
        return list(connection.execute(select(column)).scalars())


def test_four_of_six_are_too_few(played: Played) -> None:
    groups_done(played, {name: SCORES[name] for name in ("kari", "amir", "tor", "ola")})
    plenum = everyones(played)
    played.say(plenum, "kari", "next")
    assert "Fewer than five have answered" in "\n".join(played.posts(plenum))


def test_numbers_said_aloud_are_not_stored(played: Played) -> None:
    played.say("north-1", "kari", "We are here")
    played.say("north-1", "kari", "3 1")
    played.say("north-1", "kari", "2")
    with played.database.read() as connection:
        assert [row.words for row in connection.execute(select(t.replies.c.words))] == ["We are here"]
        logged = "".join(row.event for row in connection.execute(select(t.log.c.event)))
    assert '"number":2' not in logged
    assert '"numbers":[3' not in logged
    assert any("meant for Runda alone" in post for post in played.posts(alone(played.database, "kari")))


def test_what_was_chosen_and_handed_on_is_there_in_the_next_round(played: Played) -> None:
    groups_done(played, SCORES)
    plenum = everyones(played)
    for _ in range(2):
        played.say(plenum, "kari", "next")
    pressed = Chose(key="press", place=Address("terminal", "local", plenum), account="kari", press="pick-2",
                    message=played._question(plenum, "work-with"), at=played.clock.at)  # fmt: skip
    played._hear(pressed)
    played.say(alone(played.database, "amir"), "amir", "2")
    assert any("Your vote is counted" in post for post in played.posts(alone(played.database, "amir")))
    played.say(plenum, "tor", "next")
    assert any("We quarrel" in post and "chosen" in post for post in played.posts(plenum))
    played.go(AGAIN)
    played.say("north-1", "kari", "We are here")
    played.say("north-1", "kari", "next")
    shown = "\n".join(played.posts("north-1"))
    assert "Chosen by everyone: What shall we work on?" in shown
    assert "**1.** We need time in north-1\n- **2.** We need time in north-2" in shown


def test_a_vote_that_is_edited_is_a_new_vote_until_it_is_over(played: Played) -> None:
    """A change used to be kept in the words, and to change no vote."""
    groups_done(played, SCORES)
    plenum, amir = everyones(played), alone(played.database, "amir")
    for _ in range(2):
        played.say(plenum, "kari", "next")
    cast = played.say(amir, "amir", "2")
    for unread in ("9", "the first"):
        played.rewrite(amir, "amir", cast, unread)
        assert "what you answered before stands" in played.posts(amir)[-1]
    played.rewrite(amir, "amir", cast, "1")
    assert "1" in values(played, t.replies.c.words)
    played.say(plenum, "tor", "next")
    shown = played.posts(plenum)
    assert any("We trust" in post and "chosen" in post for post in shown)
    played.rewrite(amir, "amir", cast, "2")
    assert "it is not counted" in played.posts(amir)[-1]
    assert played.posts(plenum) == shown
    assert not {"9", "the first", "2"} & set(values(played, t.replies.c.words))


def test_a_vote_that_is_taken_back_is_none_and_other_words_become_one_until_it_is_over(
    played: Played,
) -> None:
    """What was deleted used to count all the same; and a number that was first written wrongly never did."""
    groups_done(played, SCORES)
    plenum = everyones(played)
    for _ in range(2):
        played.say(plenum, "kari", "next")
    home = {who: alone(played.database, who) for who in SCORES}
    said = {who: played.say(home[who], who, "2") for who in ("amir", "sigrid", "liv")}
    said["liv-after"] = played.say(home["liv"], "liv", "1")
    played.take_back(home["liv"], "liv", said["liv"])
    assert "is not counted" not in played.posts(home["liv"])[-1], "a later word counts"
    played.take_back(home["amir"], "amir", said["amir"])
    assert "is not counted" in played.posts(home["amir"])[-1]
    said["kari"] = played.say(home["kari"], "kari", "the first")
    said["tor"] = played.say(plenum, "tor", "the second")
    played.rewrite(plenum, "tor", said["tor"], "2")
    assert "cannot be counted" in played.posts(home["tor"])[-1], "the vote is secret"
    played.rewrite(home["kari"], "kari", said["kari"], "9")
    played.rewrite(home["kari"], "kari", said["kari"], "1")
    assert "Your vote is counted" in played.posts(home["kari"])[-1]
    played.say(plenum, "tor", "next")
    shown = played.posts(plenum)
    assert any("We trust" in post and "chosen" in post for post in shown), "two votes to one"
    played.take_back(home["liv"], "liv", said["liv-after"])
    assert "what was counted there stands" in played.posts(home["liv"])[-1]
    assert played.posts(plenum) == shown
    assert "the second" in values(played, t.replies.c.words)


def test_who_is_drawn_twice_in_a_sitting_has_met_once(sqlite_database: Database, tmp_path: Path) -> None:
    """Somebody goes back when pairs have been drawn, and the same two are drawn again."""
    (tmp_path / "two.yaml").write_text(
        """
programme: two
languages: [en]
forms: {long: {minutes: 60, plenum: true}}
rounds:
  - round: first
    steps: [{ask: one, minutes: 5}]
    plenum: [{share: shared, minutes: 2}, {pairs: meet, minutes: 5}, {ask: last, minutes: 5}]
texts: {en: {title: Two, rounds: {first: {title: Two, theme: two, one: One, shared: Heard, meet: Who?, last: Last}}}}
""",
        "utf-8",
    )
    made(sqlite_database, programme=str(tmp_path / "two.yaml"), on=["2026-10-20"], coordinator=["Berit"],
         group=["Fjord: Kari, Amir", "Fjell: Tor, Liv"])  # fmt: skip
    with Played(sqlite_database, OPENS, 1) as house:
        house.go(OPENS)
        for channel, who in (("north-1", "kari"), ("north-2", "tor")):
            for said in ("We are here", "Hello", "next"):
                house.say(channel, who, said)
        house.say("north-everyone", "kari", "next")
        for said in ("next", "back", "next"):
            if said == "next":
                house.say("north-everyone", "kari", "yes")
                house.say("north-everyone", "tor", "yes")
            house.say("north-everyone", "kari", said)
        assert len([post for post in house.posts("north-everyone") if "Last" in post]) == 2
        with sqlite_database.read() as connection:
            assert not connection.execute(select(t.parked)).all()
            assert len(connection.execute(select(t.pairs)).all()) == 1
