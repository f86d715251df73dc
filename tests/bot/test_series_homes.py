"""Series where people have accounts and channels are there already: on one platform, or on two. On both engines."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update

from bot.series import changes, members, moving, pausing
from bot.series.moving import To
from bot.series.problems import SeriesProblem
from flows.forms import At, Named, NotSo, named
from storage import tables as t
from storage.database import Database
from tests.bot.a_series import NOW, announced, do, made, planned, rows, sessions

SLACK: dict[str, Any] = {
    "platform": "slack",
    "workspace": "T1",
    "people": None,
    "coordinator": ["Berit <U9>"],
}
FJORD = "Fjord@C1: Kari <U1>, Amir <U2>, Liv <U3>, Jon <U4>"
FJELL = "Fjell@C2: Ola <U5>, Siri <U6>, Per <U7>, Eva <U8>"
ON_TELEGRAM = "Fjell@telegram/777/-100: Ola <71>, Siri <72>, Per <73>, Eva <slack/T1/U8>"
SHARED = {**SLACK, "channel": "C0", "group": [FJORD.replace("@C1", ""), FJELL.replace("@C2", "")]}


def places(database: Database) -> set[tuple[str, str, str, bool]]:
    """Where circles live: platform, workspace, channel, and whether meetings open threads there."""
    found = rows(database, t.places, t.places.c.person_id.is_(None))
    return {(row.platform, row.workspace, row.channel, row.threads) for row in found}


def accounts(database: Database) -> dict[str, tuple[str, str, str]]:
    people = {row.id: row.name for row in rows(database, t.people)}
    return {
        people[row.person_id]: (row.platform, row.workspace, row.account)
        for row in rows(database, t.identities)
    }


def test_groups_have_channels_of_their_own_and_everyone_another(database: Database) -> None:
    made(database, **SLACK, group=[FJORD, FJELL], everyone="C0", form="plenum")
    assert places(database) == {("slack", "T1", channel, True) for channel in ("C0", "C1", "C2")}
    assert accounts(database)["Kari"] == ("slack", "T1", "U1")
    private = {
        row.channel: row.threads for row in rows(database, t.places, t.places.c.person_id.is_not(None))
    }
    assert private == {f"U{n}": False for n in range(1, 10)}
    (series,) = rows(database, t.series)
    assert (series.platform, series.workspace) == ("slack", "T1")


def test_managers_have_a_channel_that_is_no_home_of_a_group(database: Database) -> None:
    made(database, **SLACK, group=[FJORD, FJELL], everyone="C0", form="plenum", managers_place="C9")
    (theirs,) = rows(database, t.circles, t.circles.c.kind == "managers")
    (home,) = rows(database, t.places, t.places.c.id == theirs.home_id)
    assert (home.channel, theirs.name) == ("C9", "The managers")
    assert theirs.id not in {each.circle_id for each in rows(database, t.sessions)}


def test_groups_may_share_a_channel_with_threads_of_their_own(database: Database) -> None:
    made(database, **SHARED, form="plenum")
    assert places(database) == {("slack", "T1", "C0", True)}
    assert len({row.home_id for row in rows(database, t.circles)}) == 1
    assert len({row.place_id for row in sessions(database)}) == 1


def test_a_list_of_people_is_divided_in_the_shared_channel(database: Database) -> None:
    everybody = ", ".join(f"Anna <U{n}>" for n in range(1, 9))
    made(database, **{**SLACK, "people": everybody, "channel": "C0"})
    assert [row.kind for row in rows(database, t.circles)].count("group") == 2
    assert len({row.account for row in rows(database, t.identities)}) == 9


def test_one_series_may_be_on_two_platforms(database: Database) -> None:
    wanted = {
        **SLACK,
        "group": [FJORD, ON_TELEGRAM],
        "everyone": "C0",
        "form": "plenum",
        "acknowledged": True,
    }
    assert [str(each) for each in planned(**wanted).warnings][-1].startswith(
        "Fjell is not on slack, where everyone"
    )
    made(database, **wanted)
    assert places(database) == {
        ("slack", "T1", "C0", True), ("slack", "T1", "C1", True), ("telegram", "777", "-100", False),
    }  # fmt: skip
    assert accounts(database)["Ola"] == ("telegram", "777", "71")
    assert accounts(database)["Eva"] == ("slack", "T1", "U8")


def test_on_telegram_people_come_by_a_code_and_so_does_the_chat(database: Database) -> None:
    telegram = {
        "platform": "telegram",
        "workspace": "777",
        "people": None,
        "groups": "2",
        "acknowledged": True,
    }
    made(database, **telegram, coordinator=["Berit <9>"], form="short")
    groups = [row for row in rows(database, t.circles) if row.kind == "group"]
    homes = {row.id: row for row in rows(database, t.places)}
    assert [homes[row.home_id].blocked for row in groups] == ["unbound", "unbound"]
    assert {row.place_id for row in sessions(database)} == {row.home_id for row in groups}
    with database.read() as connection:
        assert len({row.circle_id for row in connection.execute(t.codes.select())}) == 2


def test_everyone_who_meets_gets_a_chat_by_a_code_too(database: Database) -> None:
    """Story: the groups' chats came by codes, and the plenum had no place and could not be planned at all."""
    telegram = {
        "platform": "telegram",
        "workspace": "777",
        "people": None,
        "groups": "2",
        "acknowledged": True,
    }
    made(database, **telegram, coordinator=["Berit <9>"], form="plenum")
    (everyone,) = (row for row in rows(database, t.circles) if row.kind == "everyone")
    homes = {row.id: row for row in rows(database, t.places)}
    assert homes[everyone.home_id].blocked == "unbound"
    assert {row.place_id for row in sessions(database) if row.kind == "everyone"} == {everyone.home_id}
    with database.read() as connection:
        assert len({row.circle_id for row in connection.execute(t.codes.select())}) == 3


def test_people_are_known_again_by_their_account(database: Database) -> None:
    made(database, **SHARED)
    made(
        database,
        **{**SHARED, "name": "South", "group": ["Fjord: Kari Vik <U1>, Amir <U2>, Nora <U20>, Per <U7>"]},
    )
    assert len(rows(database, t.people, t.people.c.name.in_(("Kari", "Kari Vik")))) == 1
    assert len(rows(database, t.identities)) == 10


def test_who_has_a_role_may_be_named_by_name_alone_if_they_take_part(database: Database) -> None:
    made(database, **{**SHARED, "coordinator": ["Kari"], "note_taker": ["Amir"], "answering": "table"})
    roles = {row.role: row.person_id for row in rows(database, t.memberships)}
    names = {row.id: row.name for row in rows(database, t.people)}
    assert (names[roles["coordinator"]], names[roles["note-taker"]]) == ("Kari", "Amir")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"group": [FJORD, FJELL], "form": "plenum"}, "say in which channel everyone meets"),
        ({"group": ["Fjord: Kari <U1>"]}, "Fjord has no channel"),
        ({"group": ["Fjord@C1: Kari"]}, "Kari has no account on slack"),
        ({"group": [FJORD], "coordinator": ["Nils"]}, "Nils has no account on slack"),
        ({"group": [FJORD], "workspace": None}, "In which workspace of slack is C1?"),
        (
            {"group": ["Fjell@telegram/-1: Ola <7>"], "acknowledged": True},
            "In which workspace of telegram is -1?",
        ),
        ({"group": [ON_TELEGRAM]}, "begins only when its coordinator has read"),
        ({"group": ["Fjord@C1: Kari <U1>, Kari V <U1>"]}, "Kari V is listed twice"),
        ({**SHARED, "managers_place": "C0"}, "Name a channel of the managers' own"),
        (
            {"group": [FJORD, FJELL], "everyone": "C0", "managers_place": "C2"},
            "C2 is where a group of the series",
        ),
        ({"groups": "2", "channel": "C0"}, "are on Telegram; elsewhere name the people"),
    ],
)
def test_what_is_missing_is_said(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(SeriesProblem, match=re.escape(why)):
        planned(**{**SLACK, **changed})


def test_an_account_of_another_organisation_is_refused(database: Database) -> None:
    made(database, **SHARED)
    with pytest.raises(SeriesProblem, match="belongs to another organisation"):
        made(database, organisation="Elsewhere", **{**SHARED, "channel": "C7"})
    with pytest.raises(SeriesProblem, match="The place C0 belongs to another organisation"):
        made(
            database,
            organisation="Elsewhere",
            **{**SHARED, "group": ["Fjord: Nora <U20>"], "coordinator": []},
        )


def test_a_shared_channel_hears_a_change_once(database: Database) -> None:
    made(database, **SHARED)
    do(database, moving.move, 2, To(date(2026, 11, 10)))
    assert len(announced(database)) == 1
    do(database, pausing.pause)
    assert len(announced(database)) == 2
    with database.write() as connection:  # who has heard of a pause hears of its end
        connection.execute(update(t.outbox).values(status="sent"))
    do(database, pausing.resume)
    do(database, changes.cancel, 3)
    assert len(announced(database)) == 4


def test_a_move_that_nobody_has_been_told_of_is_undone_quietly_in_a_shared_channel(
    database: Database,
) -> None:
    made(database, **SHARED)
    do(database, moving.move, 2, To(date(2026, 11, 10)))
    assert "Nobody had been told" in do(database, moving.undo).told[0]
    assert [row.status for row in announced(database)] == ["dropped"]


def test_newcomers_have_accounts_where_their_group_is(database: Database) -> None:
    made(database, **{**SLACK, "group": [FJORD, ON_TELEGRAM], "acknowledged": True, "form": "short"})
    do(database, members.join, "Nora <U20>", "Fjord")
    do(database, members.join, "Nils <79>", "Fjell")
    do(database, members.give_role, "manager", "Per <U30>")
    assert accounts(database)["Nora"] == ("slack", "T1", "U20")
    assert accounts(database)["Nils"] == ("telegram", "777", "79")
    with pytest.raises(SeriesProblem, match="Ida has no account on telegram"):
        do(database, members.join, "Ida", "Fjell")
    with pytest.raises(SeriesProblem, match="In which workspace of telegram is 80"):
        do(database, members.join, "Ida <telegram/80>", "Fjord")
    do(database, members.leave, Named("Nils"))


def test_a_person_of_another_organisation_has_no_role_here(database: Database) -> None:
    made(database, **SHARED)
    with database.write() as connection:
        row = {"name": "Elsewhere", "language": "sv", "zone": "Europe/Stockholm", "created_at": NOW}
        other = connection.execute(insert(t.organisations).returning(t.organisations.c.id), row).scalar_one()
        person = {"organisation_id": other, "name": "Nils"}
        key = connection.execute(insert(t.people).returning(t.people.c.id), person).scalar_one()
    with pytest.raises(SeriesProblem, match="belongs to another organisation"):
        do(database, members.give_role, "manager", key)


# -- as it is written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Kari <U1>", Named("Kari", at=At("U1"))),
        ("Kari Vik (Health) <slack/U1>", Named("Kari Vik", "Health", At("U1", "slack"))),
        ("Kari<telegram/777/42>", Named("Kari", at=At("42", "telegram", "777"))),
    ],
)
def test_people_are_written_with_their_accounts(written: str, read: Named) -> None:
    assert named(written) == read


@pytest.mark.parametrize("written", ["Kari <>", "Kari <U1", "<U1>", "Kari <a/b/c/d>", "Kari <a//b>"])
def test_what_is_no_account_is_said_so(written: str) -> None:
    with pytest.raises(NotSo):
        named(written)


@given(
    st.from_regex(r"[A-Za-zÆØÅæøå]+( [A-Za-zÆØÅæøå]+)?", fullmatch=True),
    st.from_regex(r"[A-Z0-9-]{1,12}", fullmatch=True),
)
def test_a_name_and_an_account_are_read_back_as_they_were_written(name: str, account: str) -> None:
    assert named(f"{name} <{account}>") == Named(name, at=At(account))


def test_who_was_known_by_an_account_alone_gets_a_name(database: Database) -> None:
    made(database, **{**SHARED, "coordinator": ["U9 <U9>"]})
    do(database, members.give_role, "manager", "Berit Haug <U9>")
    assert "Berit Haug" in accounts(database)
    assert "U9" not in accounts(database)
