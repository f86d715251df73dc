"""Changes that are cut off, or in each other's way."""

from datetime import date

import pytest
from sqlalchemy import update

from bot.series import changes, members, moving, pausing
from bot.series.deciding import ATTEMPTS, decide
from bot.series.moving import To
from bot.series.office import Office
from bot.work import Works
from flows import state as states
from flows.forms import Named, NamedGroup
from storage import tables as t
from storage.unit import StaleSession
from tests.bot.a_series import (
    OPENS,
    do,
    made,
    opened,
    rows,
    sessions,
    works,
)


def cut_off(*_):
    raise KeyboardInterrupt


def always_late(*_):
    raise StaleSession("another unit was first")


@pytest.mark.parametrize(("act", "args"), [(changes.cancel, ()), (members.join, ("Nora", "Group 1"))])
def test_a_change_that_is_cut_off_has_not_happened_and_can_be_made_again(database, monkeypatch, act, args):
    """Orders were given after the commit: a cancelled series ran on, and a newcomer's words were dropped."""
    made(database)
    opened(database)
    before = rows(database, t.series), sessions(database), rows(database, t.memberships)
    with monkeypatch.context() as patch:
        patch.setattr(Works, "settle", cut_off)
        with pytest.raises(KeyboardInterrupt):
            do(database, act, *args, now=OPENS)
    assert (rows(database, t.series), sessions(database), rows(database, t.memberships)) == before
    do(database, act, *args, now=OPENS)
    told = [states.load(row.state) for row in sessions(database, 1) if row.kind == "group"]
    assert (
        {each.phase for each in told} == {"finished"} if act is changes.cancel else len(told[0].members) == 5
    )


def test_a_change_that_meets_another_unit_is_made_anew(database, monkeypatch):
    made(database)
    opened(database)
    settle, met = Works.settle, []

    def busy(works, connection, orders, now):
        met.append(len(orders))
        if len(met) < ATTEMPTS:
            raise StaleSession("another unit was first")
        return settle(works, connection, orders, now)

    monkeypatch.setattr(Works, "settle", busy)
    do(database, pausing.pause, now=OPENS)
    assert met == [2] * ATTEMPTS
    assert [row.act for row in rows(database, t.audit)].count("series paused") == 1
    monkeypatch.setattr(Works, "settle", always_late)
    with pytest.raises(StaleSession):
        do(database, pausing.resume, now=OPENS)
    assert rows(database, t.series)[0].status == "paused"


def test_a_faulty_session_does_not_keep_the_others_from_being_told(database):
    made(database)
    first = opened(database)[0]
    with database.write() as connection:
        connection.execute(update(t.sessions).where(t.sessions.c.id == first.id).values(state='{"phase":1}'))
    done = decide(works(database), "Runda", "north", "test", changes.cancel, OPENS)
    assert done.outcomes == ("parked", "applied")
    assert [row.phase for row in sessions(database, 1)] == [first.phase, "finished"]
    assert [row.key for row in rows(database, t.parked)] == [f"order:{done.change.orders[0].key}"]
    assert rows(database, t.series)[0].status == "cancelled"


@pytest.mark.parametrize(
    "act",
    [
        (moving.move, 2, To(date(2026, 11, 10), following=True)),
        (moving.move, 3, To(date(2026, 11, 24))),
        (moving.undo,),
        (changes.confirm,),
    ],
)
def test_sessions_are_locked_in_the_order_of_their_ids_also_those_of_a_group_that_came_late(
    database, monkeypatch, act
):
    """Its session of the second meeting has a higher id than the others' of the third. Locked meeting by meeting, a
    command and a process that serves waited for each other in a ring."""
    made(database, **({"tentative": True} if act == (changes.confirm,) else {}))
    late = NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"), Named("Knut")))
    do(database, members.add_group, late)
    do(database, moving.move, 2, To(date(2026, 11, 5), following=True))
    locked, read = [], Office.sessions

    def sessions_(office, *of, lock=True, **more):
        found = read(office, *of, lock=lock, **more)
        locked.extend(each.id for each in found if lock and each.id not in locked)
        return found

    monkeypatch.setattr(Office, "sessions", sessions_)
    do(database, *act)
    assert len(locked) > 2
    assert locked == sorted(locked)
