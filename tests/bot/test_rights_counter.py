"""At the counter: «show me» and «erase me», one's own seat, and what a coordinator decides for a series."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from adapters.port import Chose, Faults, Sheet, Spoken, Wrote
from bot.counter.guided import Guide
from bot.rights import days
from bot.rights.look import Rights
from storage import tables as t
from storage.database import Database
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_person import holds
from tests.bot.a_series import rows, sessions
from tests.bot.test_counter import opened, set_up
from tests.bot.test_counter_guided import Chat, text
from tests.bot.test_counter_guided import presses as pressed


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    """A series set up by Berit (U9), under way; Kari (U1) has said something to her group."""
    desk = Desk(sqlite_database)
    desk.appoint()
    for account, known in desk.platform.known.items():
        desk.platform.known[account] = replace(known, language="en")
    set_up(desk)
    opened(desk)
    says(desk, "U1", "Kari says **that** the ferry runs.")
    yield desk
    desk.close()


def person(desk: Desk, account: str) -> int:
    (row,) = rows(desk.database, t.identities, t.identities.c.account == account)
    return int(row.person_id)


def says(desk: Desk, account: str, what: str) -> None:
    who = person(desk, account)
    (mine,) = [one for one in sessions(desk.database, 1) if f'"members":[{who},' in one.state or f",{who}," in one.state
               or f",{who}]" in one.state]  # fmt: skip
    row = {"id": 4_711, "organisation_id": mine.organisation_id, "session_id": mine.id, "person_id": who,
           "place_id": mine.place_id, "message": "u1", "role": "answer", "late": False, "private": False,
           "words": what, "sent_at": desk.clock.at}  # fmt: skip
    with desk.database.write() as connection:
        connection.execute(insert(t.replies), row)


# -- oneself


def test_one_is_shown_what_is_kept_from_ones_own_page(desk: Desk) -> None:
    assert "kept" in presses(desk.ask("home", who="U1"))
    assert {"mine", "erase"} <= set(presses(desk.ask("kept")))
    told = words(desk.ask("mine"))
    assert "Kari says **that** the ferry runs." in told
    assert "Kari Vik" in told
    assert "Account: U1 (slack, T1)" in told
    assert "Amir" not in told


def test_nobody_is_shown_another_and_strangers_are_shown_nothing(desk: Desk) -> None:
    assert "ferry" not in words(desk.ask("mine", who="U2"))
    assert "ferry" not in words(desk.ask("mine", who="U9"))
    stranger = desk.ask("mine", who="U11")
    assert "does not know you" in words(stranger)
    assert "mine" not in presses(desk.ask("kept"))


def test_what_is_long_stands_on_several_pages(desk: Desk) -> None:
    who, mine = person(desk, "U1"), rows(desk.database, t.replies)[0]
    more = [
        {**mine._mapping, "id": n, "message": f"m{n}", "person_id": who, "words": f"Word {n}"}
        for n in range(60)
    ]
    with desk.database.write() as connection:
        connection.execute(insert(t.replies), more)
    shown, at = [], "mine"
    for _ in range(4):
        page = desk.ask(at, who="U1")
        shown.append(words(page))
        at = next((each for each in presses(page) if each.startswith("mine:") and each > at), "")
        if not at:
            break
    assert len(shown) > 2
    assert all(sum(f"Word {n}\n" in f"{page}\n" for page in shown) == 1 for n in range(60))


def test_what_cannot_be_reached_is_told_before_and_then_the_account_is_nobodys(desk: Desk) -> None:
    asked = desk.ask("erase", who="U1")
    assert asked.submit
    assert "1 message that you wrote in Slack" in words(asked)
    assert "Backups of the database" in words(asked)
    assert holds(desk.database, "ferry")
    done = desk.hand_in("erase", key="once")
    assert isinstance(done, Sheet)
    assert "the last it says to you" in words(done)
    assert words(desk.hand_in("erase", key="once")) == words(done)
    assert "does not know you" in words(desk.ask("home"))
    for _ in range(3):
        Rights(desk.works).look(desk.clock.at)
        desk.clock.at += timedelta(days=8)  # what nobody delivers here is not waited for
    assert holds(desk.database, "ferry", "Kari", "Kari Vik", "U1") == []


def test_whoever_runs_a_series_alone_is_told_so_before(desk: Desk) -> None:
    assert "Nobody else coordinates North" in words(desk.ask("erase", who="U9"))
    assert "Nobody else" not in words(desk.ask("erase", who="U1"))


# -- in words


class Slack(Desk):
    """What is heard in a private chat on a platform that shows sheets."""

    def hear(self, account: str, what: str, *, private: bool = True) -> list[object]:
        passed: list[object] = []

        async def ear(heard: object) -> None:
            passed.append(heard)

        place = self.place()._replace(channel=account if private else "C1")
        heard = Wrote(key=f"w{next(self.keys)}", place=place, account=account, message="u9", words=what,
                      at=self.clock.at, private=private)  # fmt: skip
        asyncio.run(Guide(self.counter, ear, sheets=True).hear(heard))  # type: ignore[arg-type]
        return passed


@pytest.mark.parametrize("asked", ["vis meg", "Slett meg!", "«Visa mig»", "erase me"])
def test_asked_for_in_words_the_way_is_answered_where_sheets_are_shown(
    sqlite_database: Database, asked: str
) -> None:
    desk = Slack(sqlite_database)
    desk.appoint()
    assert desk.hear("U9", asked) == []
    (said,) = rows(desk.database, t.outbox)
    assert '"name":"kept"' in said.body
    (place,) = rows(desk.database, t.places, t.places.c.id == said.place_id)
    assert place.channel == "U9"
    assert len(desk.hear("U9", asked, private=False)) == 1
    assert len(desk.hear("U9", f"{asked} that we are many")) == 1
    assert len(rows(desk.database, t.outbox)) == 1
    desk.close()


@pytest.fixture
def chat(sqlite_database: Database) -> Iterator[Chat]:
    chat = Chat(sqlite_database)
    chat.appoint_here("U9")
    chat.who = "U9"
    yield chat
    chat.close()


def erases(chat: Chat) -> list[Spoken]:
    """They confirm it. Returns all that is said then, old messages that are written anew included."""
    heard = Chose(key="sure", place=chat.place(), account=chat.who, press="open:do:erase", at=chat.clock.at)
    return chat.hear(heard)


def test_where_there_are_no_sheets_it_is_answered_at_once(chat: Chat) -> None:
    shown = chat.write("Vis meg")
    assert "Berit Haug" in text(shown)
    asks = chat.write("slett meg")
    assert pressed(asks)["Slett alt"] == "do:erase"
    *again, last = erases(chat)
    assert "det siste" in text(last)
    # What had been shown is written anew, and says nothing any more.
    assert len(again) == 2
    assert not any("Berit" in text(each) for each in again)
    Rights(chat.works).look(chat.clock.at)
    assert holds(chat.database, "Berit", "Berit Haug", "U9") == []


def test_what_others_were_shown_or_have_begun_to_fill_in_loses_a_person_too(chat: Chat) -> None:
    """A page that was posted names her, and so does a series that somebody sets up."""
    chat.appoint_here("U1")
    chat.press("appointed")
    asked = chat.press("dismiss")
    assert "Kari Vik" in str(asked)
    with chat.database.write() as connection:
        draft = {"platform": "telegram", "workspace": "777", "account": "U9", "what": "setup", "sheet": "setup-who",
                 "written": '{"people":[["U1","Kari Vik",null],["U2","Amir Ali",null]],"name":"North"}',
                 "at": chat.clock.at}  # fmt: skip
        connection.execute(insert(t.drafts), draft)
    chat.who = "U1"
    said = erases(chat)
    assert len(said) == 3
    assert not any("Kari" in str(each) for each in said)
    Rights(chat.works).look(chat.clock.at)
    assert holds(chat.database, "Kari Vik", "U1") == []
    assert holds(chat.database, "Amir Ali")


# -- one's own seat


def seat(desk: Desk, account: str) -> str:
    return next(each for each in presses(desk.ask("home", who=account)) if each.startswith("seat:"))


def ahead(desk: Desk) -> None:
    """Nothing is under way; the next meeting is before them."""
    with desk.database.write() as connection:
        connection.execute(
            t.sessions.update().where(t.sessions.c.phase == "running").values(phase="finished")
        )


def test_whoever_cannot_come_tells_the_group_once(desk: Desk) -> None:
    ahead(desk)
    where = seat(desk, "U1")
    absent = where.replace("seat", "absent")
    assert absent in presses(desk.ask(where))
    before = len(rows(desk.database, t.outbox))
    told = desk.hand_in(absent)
    assert isinstance(told, Sheet)
    assert "has been told" in words(told)
    desk.hand_in(absent)
    said = rows(desk.database, t.outbox)[before:]
    assert [f'"id":{person(desk, "U1")}' in row.body for row in said if "person.absent" in row.body] == [True]
    (noted,) = rows(desk.database, t.audit, t.audit.c.act == "cannot come")
    assert noted.object == "north/2"


def test_one_leaves_by_oneself_and_nobody_elses_group(desk: Desk) -> None:
    ahead(desk)
    where = seat(desk, "U1").replace("seat", "quit")
    theirs = next(seat(desk, each) for each in ("U2", "U3", "U4", "U5", "U6", "U7", "U10")
                  if seat(desk, each) != seat(desk, "U1"))  # fmt: skip
    for act in ("quit", "absent"):
        assert "not there" in words(desk.ask(theirs.replace("seat", act), who="U1"))
    assert isinstance(desk.hand_in(where), Sheet)
    (mine,) = rows(desk.database, t.memberships, t.memberships.c.person_id == person(desk, "U1"))
    assert mine.until is not None
    assert not any(each.startswith("seat:") for each in presses(desk.ask("home")))
    assert "ferry" in words(desk.ask("mine"))


def test_a_substitute_takes_the_seat_with_its_role(desk: Desk) -> None:
    kari = person(desk, "U1")
    with desk.database.write() as connection:
        connection.execute(
            t.memberships.update().where(t.memberships.c.person_id == kari).values(role="note-taker")
        )
    (before,) = rows(desk.database, t.memberships, t.memberships.c.person_id == kari)
    done = desk.hand_in("add:1", {"who": "U11", "group": "all", "instead": f"{kari}"}, who="U9")
    assert isinstance(done, Sheet), done
    assert "instead of Kari Vik" in words(done)
    (after,) = rows(desk.database, t.memberships, t.memberships.c.person_id == person(desk, "U11"))
    assert (after.circle_id, after.role) == (before.circle_id, "note-taker")
    (gone,) = rows(desk.database, t.memberships, t.memberships.c.person_id == kari)
    assert gone.until is not None
    (state,) = [one.state for one in sessions(desk.database, 1) if one.circle_id == before.circle_id]
    members = state.partition('"members":[')[2].partition("]")[0].split(",")
    assert f"{after.person_id}" in members
    assert f"{kari}" not in members


# -- a series


def test_a_coordinator_decides_how_long_it_is_kept(desk: Desk) -> None:
    assert "until somebody decides" in words(desk.ask("rules:1", who="U9"))
    wrong = desk.hand_in("days:1", {"replies": "3", "recaps": "x"})
    assert isinstance(wrong, Faults)
    assert set(wrong.by_blank) == {"replies", "recaps"}
    shown = desk.hand_in("days:1", {"replies": "60", "recaps": ""})
    assert isinstance(shown, Sheet)
    (series,) = rows(desk.database, t.series)
    assert (series.retention_days, series.recaps_days) == (60, None)
    with desk.database.read() as connection:
        [countdown] = days.countdowns(connection, series.id)
    assert f"{countdown.left('replies', desk.clock.at)} days" in words(shown)
    assert f"{countdown.left('replies', desk.clock.at)} days" in words(desk.ask("kept"))
    desk.hand_in("days:1", {"replies": "60", "recaps": ""})
    assert len(rows(desk.database, t.audit, t.audit.c.act == "replies kept")) == 1
    desk.hand_in("days:1", {"replies": "", "recaps": ""})
    assert rows(desk.database, t.series)[0].retention_days is None
    assert "until somebody decides" in words(desk.ask("kept", who="U1"))


def test_a_coordinator_says_what_is_settled_and_sees_who_did_what(desk: Desk) -> None:
    late = desk.hand_in("settle:1", {"item": "union", "to": "2030-01-01"}, who="U9")
    assert isinstance(late, Faults)
    shown = desk.hand_in("settle:1", {"item": "union", "to": "2026-09-30"})
    assert isinstance(shown, Sheet)
    assert "talked over with them: 30 September 2026" in words(shown)
    told = words(desk.ask("acts:1"))
    assert "Berit Haug (coordinator) settled: The employees' representatives have been told" in told
    assert "person:" not in told


@pytest.mark.parametrize("act", ["rules:1", "days:1", "settle:1", "acts:1"])
def test_it_is_for_the_series_coordinators_alone(desk: Desk, act: str) -> None:
    for account in ("U1", "U8", "U11"):
        refused = desk.ask(act, who=account)
        assert "north" not in words(refused).casefold(), account
        assert not refused.submit
