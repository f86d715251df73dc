"""Two platforms at the counter: a code is given on one, and typed on the other."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from adapters.port import Faults, Sheet
from bot.joining import codes
from storage import tables as t
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_series import NOW, rows


@pytest.fixture
def desk(database) -> Iterator[Desk]:
    desk = Desk(database)
    desk.appoint()
    yield desk
    desk.close()


def elsewhere(desk: Desk) -> int:
    """Somebody who is known on Telegram."""
    with desk.database.write() as connection:
        (owner,) = connection.execute(select(t.organisations.c.id)).scalars()
        person = {"organisation_id": owner, "name": "Berit H."}
        key = connection.execute(insert(t.people).returning(t.people.c.id), person).scalar_one()
        mine = {"person_id": key, "platform": "telegram", "workspace": "42", "account": "501"}
        connection.execute(insert(t.identities), mine)
        for platform, channel in (("telegram", "-100777"), ("slack", "C1")):
            place = {"organisation_id": owner, "platform": platform, "workspace": "42", "channel": channel,
                     "thread": ""}  # fmt: skip
            connection.execute(insert(t.places), place)
    return int(key)


def test_it_is_offered_where_there_are_several_platforms(desk):
    assert "link" not in presses(desk.ask("home"))
    elsewhere(desk)
    assert "link" in presses(desk.ask("home"))


def test_a_code_is_given(desk):
    page = desk.hand_in("link", {"code": ""})
    assert isinstance(page, Sheet)
    (row,) = _codes(desk)
    assert codes.shown(row.code) in words(page)
    desk.clock.at += codes.SOON
    assert codes.shown(row.code) not in words(desk.ask("link-code"))


def test_a_code_that_was_given_elsewhere_links(desk):
    person = elsewhere(desk)
    with desk.database.write() as connection:
        code = codes.of_person(connection, person, NOW)
    page = desk.hand_in("link", {"code": f"/runda {codes.shown(code)}"})
    assert "den samme personen" in words(page)
    (mine,) = rows(desk.database, t.identities, t.identities.c.account == "U9")
    assert mine.person_id == person


@pytest.mark.parametrize("typed", ["NOTACODE", "x"])
def test_a_code_that_is_none_is_refused(desk, typed):
    refused = desk.hand_in("link", {"code": typed})
    assert isinstance(refused, Faults)
    assert "virker ikke" in refused.by_blank["code"]


def test_whoever_is_unknown_has_no_code_to_give_and_can_use_one(desk):
    person = elsewhere(desk)
    assert isinstance(desk.hand_in("link", {"code": ""}, who="U2"), Faults)
    with desk.database.write() as connection:
        code = codes.of_person(connection, person, NOW)
    desk.hand_in("link", {"code": code}, who="U2")
    (mine,) = rows(desk.database, t.identities, t.identities.c.account == "U2")
    assert mine.person_id == person


def _codes(desk: Desk):
    with desk.database.read() as connection:
        return list(connection.execute(select(t.codes)))
