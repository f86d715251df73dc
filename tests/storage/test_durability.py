"""What has been acknowledged is on the disk, and trouble with the disk is told, and loses nothing of it."""

from __future__ import annotations

import itertools
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import tables as t
from storage.database import AlreadyServed, Database, DatabaseProblem, sole_server
from storage.migrate import upgrade
from tests.databases import Postgres, address
from tests.storage.rows import NOW


def add(database: Database, number: int, words: str = "") -> None:
    with database.write() as connection:
        row = {"key": str(number), "raw": words, "reason": "", "at": NOW}
        connection.execute(insert(t.parked).values(**row))


def stored(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(t.parked)).scalar_one()


@pytest.mark.usefixtures("usual")
def test_a_commit_on_sqlite_is_durable_against_a_power_cut(sqlite_database: Database):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    with sqlite_database.write() as one, sqlite_database.read() as other:
        for connection in (one, other):  # each of the pool
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}
            assert found == wanted
    with (
        closing(Database(address(sqlite_database.url), lasting=False)) as passing,
        passing.read() as connection,
    ):
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 0


def test_a_commit_on_postgresql_is_durable_against_a_power_cut(postgres_database: Database):
    """As far as it is ours: we never ask for less than the server's own `synchronous_commit`."""
    with postgres_database.write() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_a_full_disk_is_told_and_loses_nothing_acknowledged(sqlite_database: Database, again: Any):
    @event.listens_for(sqlite_database.engine, "connect")
    def confine(raw: Any, _: object) -> None:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count={pages + 30}")

    acknowledged = 0
    with pytest.raises(OperationalError, match="database or disk is full"):  # noqa: PT012 - how many fit is not given
        for number in itertools.count():
            add(sqlite_database, number, "words " * 500)
            acknowledged += 1
    assert acknowledged > 5
    assert stored(again(sqlite_database)) == acknowledged


def test_a_house_with_a_full_disk_goes_on_when_there_is_room(sqlite_database: Database, again: Any):
    """The failed unit leaves nothing behind: no lock, no half of itself, in the same process."""
    add(sqlite_database, 1)
    with sqlite_database.write() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(OperationalError, match="full"):
        add(sqlite_database, 2, "words " * 5000)
    with sqlite_database.write() as connection:
        connection.execute(text("PRAGMA max_page_count=100000"))
    add(sqlite_database, 3, "words " * 5000)
    with again(sqlite_database).read() as connection:
        assert list(connection.execute(select(t.parked.c.key).order_by(t.parked.c.id)).scalars()) == [
            "1",
            "3",
        ]


def test_a_read_only_file_is_told_and_loses_nothing(sqlite_database: Database):
    add(sqlite_database, 1)
    closed = Database(f"sqlite:///file:{sqlite_database.path}?mode=ro&uri=true")
    with pytest.raises(OperationalError, match="readonly database"):
        add(closed, 2)
    assert stored(closed) == 1
    closed.close()


def test_a_read_only_postgresql_is_told_and_loses_nothing(postgres: Postgres):
    with postgres.database() as database:
        add(database, 1)
        postgres.sql(f"ALTER DATABASE {database.url.database} SET default_transaction_read_only = on")
        database.close()
        with pytest.raises(DBAPIError, match="read-only transaction"):
            add(database, 2)
        assert stored(database) == 1


@pytest.mark.parametrize("content", [b"not a database, but longer than a hundred bytes " * 20, b"\0" * 4096])
def test_what_is_no_database_is_told_and_left_as_it_is(tmp_path: Any, content: bytes):
    path = tmp_path / "runda.db"
    path.write_bytes(content)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(DatabaseProblem, match=r"runda\.db"):
        upgrade(database)
    assert path.read_bytes() == content
    database.close()


def test_a_folder_that_is_not_there_is_told(tmp_path: Any):
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'runda.db'}")
    with pytest.raises(DatabaseProblem, match="no Runda tables yet"):
        database.check()
    assert list(tmp_path.iterdir()) == []


# -- one server for a file

_SERVES = """
import sys, time
from storage.database import Database, sole_server
with sole_server(Database(sys.argv[1])):
    print("serving", flush=True)
    sys.stdin.read()
"""


def test_a_second_server_on_a_file_is_refused_until_the_first_is_dead(sqlite_database: Database):
    address = sqlite_database.url.render_as_string()
    first = subprocess.Popen(
        [sys.executable, "-c", _SERVES, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with first:
        assert first.stdout is not None
        assert first.stdout.readline() == "serving\n"
        with (
            pytest.raises(AlreadyServed, match=r"stop the other one, or set DATABASE_URL"),
            sole_server(sqlite_database),
        ):
            pass
        first.kill()
        first.wait()
    with sole_server(sqlite_database):
        add(sqlite_database, 1)


def test_postgresql_takes_several_servers(postgres_database: Database):
    with sole_server(postgres_database), sole_server(postgres_database):
        add(postgres_database, 1)
