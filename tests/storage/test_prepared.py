"""Statements that are put into SQL once: the same in and out as SQLAlchemy's own, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from storage import tables as t
from storage.database import Database
from storage.prepared import Prepared, listed, paired
from tests.storage import rows
from tests.storage.rows import NOW

WORKERS = select(t.workers.c.id, t.workers.c.seen_at).order_by(t.workers.c.id)
SECRETS = {"a": "x", "b": "y", "c": 'it\'s "so"'}
ADD = Prepared(insert(t.workers), ("id", "seen_at"))


def test_times_go_in_and_come_out_as_they_do_elsewhere(database: Database):
    oslo = datetime(2026, 10, 13, 9, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    with database.write() as connection:
        ADD.write(connection, [{"id": "a", "seen_at": oslo}])
        connection.execute(insert(t.workers), [{"id": "b", "seen_at": oslo}])
        found = Prepared(WORKERS).rows(connection)
        assert found == [tuple(row) for row in connection.execute(WORKERS)]
        assert found == [("a", oslo), ("b", oslo)]
        assert {at.tzinfo for _, at in found} == {UTC}


def test_a_time_without_a_zone_is_refused(database: Database):
    with pytest.raises(ValueError, match="no time zone"), database.write() as connection:
        ADD.write(connection, [{"id": "a", "seen_at": datetime(2026, 10, 13)}])  # noqa: DTZ001


def test_nothing_and_yes_stay_what_they_are(database: Database):
    with database.write() as connection:
        world = rows.make(connection)
        reply = {**rows.reply(world, 1), "prompt": None, "late": True}
        Prepared(insert(t.replies), tuple(reply)).write(connection, [reply])
        read = Prepared(select(t.replies.c.prompt, t.replies.c.late, t.replies.c.private))
        assert read.rows(connection) == [(None, True, False)]


@pytest.mark.parametrize(
    ("wanted", "found"), [(["a", "c"], ["a", "c"]), ([], []), (['it\'s "so"'], ['it\'s "so"'])]
)
def test_a_list_is_one_parameter(database: Database, wanted: list[str], found: list[str]):
    among = Prepared(WORKERS.where(listed(t.workers.c.id, "ids")))
    others = Prepared(WORKERS.where(~listed(t.workers.c.id, "ids")))
    every = ["a", "b", "c", 'it\'s "so"']
    with database.write() as connection:
        ADD.write(connection, [{"id": one, "seen_at": NOW} for one in every])
        assert [name for name, _ in among.rows(connection, ids=wanted)] == found
        assert [name for name, _ in others.rows(connection, ids=wanted)] == [
            o for o in every if o not in found
        ]


def test_lists_of_two_columns_belong_together(database: Database):
    there = Prepared(
        select(t.secrets.c.name).where(paired((t.secrets.c.name, "names"), (t.secrets.c.value, "values")))
    )
    with database.write() as connection:
        connection.execute(insert(t.secrets), [{"name": one, "value": said} for one, said in SECRETS.items()])
        found = there.rows(connection, names=["a", "b", "c", "c"], values=["x", "x", 'it\'s "so"', "y"])
    assert sorted(found) == [("a",), ("c",)]


def test_numbers_beyond_what_a_float_holds_are_listed(database: Database):
    with database.write() as connection:
        world = rows.make(connection)
        ids = [2**62 + 1, 2**62 + 2]
        made = [{**rows.reply(world, 1), "id": one, "message": str(one)} for one in ids]
        connection.execute(insert(t.replies), made)
        read = Prepared(select(t.replies.c.id).where(listed(t.replies.c.id, "ids")))
        assert read.rows(connection, ids=[ids[0]]) == [(ids[0],)]


def test_how_many_rows_changed(database: Database):
    seen = update(t.workers).where(t.workers.c.id == bindparam("b_id")).values(seen_at=bindparam("b_seen"))
    with database.write() as connection:
        ADD.write(connection, [{"id": "a", "seen_at": NOW}])
        changes = [{"b_id": one, "b_seen": NOW} for one in ("a", "gone")]
        assert Prepared(seen).write(connection, changes) in (1, -1)


def test_errors_are_sqlalchemys_and_hold_no_values(database: Database):
    twice = [{"id": "something that somebody wrote", "seen_at": NOW}] * 2
    with pytest.raises(IntegrityError) as refused, database.write() as connection:
        ADD.write(connection, twice)
    assert refused.value.params is None
    with database.read() as connection:
        assert Prepared(WORKERS).rows(connection) == []


def test_who_listens_to_statements_hears_these(database: Database):
    heard: list[str] = []
    with database.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
        ADD.write(connection, [{"id": "a", "seen_at": NOW}])
    assert [statement.split("(")[0].strip() for statement in heard] == ["INSERT INTO workers"]


def test_a_lost_connection_is_not_used_again(postgres_database: Database):
    with pytest.raises(OperationalError) as lost:
        _read_when_cut(postgres_database)
    assert lost.value.connection_invalidated
    with postgres_database.read() as connection:
        assert Prepared(WORKERS).rows(connection) == []


def _read_when_cut(database: Database) -> None:
    with database.write() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with database.write() as other:
            other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
        Prepared(WORKERS).rows(connection)
