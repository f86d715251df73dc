"""Opening the database: SQLite by default, PostgreSQL by URL; the same statements on both.

SQLite has one writer: WAL, foreign keys on, every commit on the disk before it is acknowledged
(`synchronous=FULL`), and a transaction that will write says so when it begins. PostgreSQL has many: rows are
locked while they change, and due rows are claimed with SKIP LOCKED.
"""

from __future__ import annotations

import fcntl
import secrets as randomness
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, ProgrammingError

from storage.prepared import say
from storage.tables import secrets
from storage.upsert import insert_into

#: The newest migration. A test holds it to what the migrations say.
HEAD = "0001"
#: Milliseconds that a writer waits for another one on the same file.
BUSY = 10_000
#: What the database raises when it is in trouble itself: full, read-only, gone, or two units in each other's way.
#: Whatever was to be done is not done, is no fault of it, and can be done again.
TROUBLE = (OperationalError, InterfaceError)


NO_DRIVER = "PostgreSQL's driver is not installed: pip install '.[postgres]' in Runda's folder"
#: What was given is not repeated: a password may stand in it.
NO_DATABASE = (
    "The database's URL is none that Runda can use. Write it like postgresql://NAME:PASSWORD@HOST/DATABASE"
)


class DatabaseProblem(Exception):
    """The database cannot be used as it is. The message says what was wrong and what to do."""


def _read(url: str) -> URL:
    """Raises DatabaseProblem for what is no URL, and for one of another database than the two that are tried."""
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        # What stands where a port should is told by the error as it is: part of a password, maybe.
        raise DatabaseProblem(NO_DATABASE) from None
    if read.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseProblem(NO_DATABASE)
    return read


class Database:
    """One database, opened once per process by the composition root."""

    def __init__(self, url: str, *, lasting: bool = True) -> None:
        """`url` is SQLAlchemy's: `sqlite:///runda.db`, `postgresql://…`. Nothing is read or made yet.

        What is committed outlives the process; and a power cut, unless a SQLite file is not `lasting`.
        Raises DatabaseProblem.
        """
        self.url = _read(url)
        #: The engine, as SQLAlchemy calls it.
        self.dialect = self.url.get_backend_name()
        self.sqlite = self.dialect == "sqlite"
        options: dict[str, Any] = {} if self.sqlite else {"pool_size": 5, "pool_pre_ping": True}
        try:
            # What people wrote is among the parameters, and has no place in an error.
            self.engine = create_engine(self.url, hide_parameters=True, **options)
        except ModuleNotFoundError as missing:
            raise DatabaseProblem(NO_DRIVER) from missing
        except ArgumentError:  # a driver that SQLAlchemy has not heard of
            raise DatabaseProblem(NO_DATABASE) from None
        if self.sqlite:
            _tune(self.engine, _WAITS[lasting])

    @property
    def path(self) -> Path | None:
        """The file, where there is one."""
        name = self.url.database
        return Path(name) if self.sqlite and name and name != ":memory:" else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Committed, and durable, when the block ends."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look that keeps no writer waiting."""
        whole: dict[str, Any] = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(looking=True, **whole) as connection:
            yield connection

    def check(self) -> None:
        """Raise DatabaseProblem unless the tables are of this version."""
        found = self.revision()
        if found is None:
            raise DatabaseProblem(f"{self} holds no Runda tables yet. Make them with: runda migrate")
        if found > HEAD:
            raise DatabaseProblem(
                f"{self} was made by a newer Runda (tables {found}, this one knows {HEAD}); it was left as it is. "
                "Install that version again, or restore a backup from before."
            )
        if found < HEAD:
            raise DatabaseProblem(f"{self} has tables {found}, this Runda needs {HEAD}. Run: runda migrate")

    def revision(self) -> str | None:
        """The migration that the tables are at; None where there are none. Neither makes nor changes a file."""
        if self.path is not None:
            return version_of(self.path) if self.path.exists() else None
        try:
            with self.read() as connection:
                return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError) as problem:
            if "alembic_version" in str(problem):
                return None
            raise DatabaseProblem(f"{self} cannot be opened: {problem.orig}") from problem

    def secret(self, name: str) -> str:
        """A random secret of this installation, made when it is first asked for."""
        made = insert_into(secrets, self.dialect).values(name=name, value=randomness.token_hex(32))
        with self.write() as connection:
            connection.execute(made.on_conflict_do_nothing())
            return str(connection.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar_one())

    def forget(self) -> None:
        """What has been deleted is gone from SQLite's files too, the write-ahead log among them, as far as nobody
        reads it just then. PostgreSQL does this by itself, in its own time (VACUUM)."""
        if self.sqlite:
            with closing(self.engine.raw_connection()) as raw:
                raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # type: ignore[union-attr]

    def close(self) -> None:
        self.engine.dispose()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)


def version_of(file: Path) -> str | None:
    """The migration that a SQLite file's tables are at; None where there are none. Raises DatabaseProblem."""
    try:
        with closing(read_only(file)) as looking:
            found = looking.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as problem:
        if "no such table" in str(problem):
            return None
        raise DatabaseProblem(f"{file} cannot be read as a database: {problem}.") from problem
    return str(found[0]) if found else None


def read_only(file: Path) -> sqlite3.Connection:
    """To look at a SQLite file, which may be in use."""
    # A file that nobody uses has no -wal beside it; opened as one that may be in use, it would get one.
    unused = "" if file.with_name(f"{file.name}-wal").exists() else "&immutable=1"
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro{unused}", uri=True)


#: What is deleted is overwritten in the file as well: erased words are in it nowhere.
_PRAGMAS = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY}",
    "secure_delete=ON",
)
#: Whether a commit waits for the disk (`synchronous`), by whether it is to last.
_WAITS = {True: "FULL", False: "OFF"}


def _tune(engine: Engine, waits: str) -> None:
    @event.listens_for(engine, "connect")
    def connected(raw: Any, _: object) -> None:
        raw.isolation_level = None  # this module says BEGIN itself
        for pragma in (*_PRAGMAS, f"synchronous={waits}"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        looking = connection.get_execution_options().get("looking")
        say(connection, "BEGIN" if looking else "BEGIN IMMEDIATE")


class AlreadyServed(DatabaseProblem):
    """Another process serves this file."""


@contextmanager
def sole_server(database: Database) -> Iterator[None]:
    """Hold a SQLite file for one `runda serve`; PostgreSQL takes as many as one likes.

    The lock is the operating system's: it goes with the process, however that ends.
    """
    if database.path is None:
        yield
        return
    lock: IO[str] = open(f"{database.path}.lock", "w")  # noqa: SIM115 - held as long as the block runs
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        lock.close()
        raise AlreadyServed(
            f"Another runda serve is using {database.path}. A SQLite file has one server at a time: stop the other "
            "one, or set DATABASE_URL to a PostgreSQL database, which takes several."
        ) from taken
    try:
        yield
    finally:
        lock.close()
