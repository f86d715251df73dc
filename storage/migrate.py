"""Making the tables, and bringing them up to this version.

- Everything happens in one transaction: the tables are of the new version, or they are as they were.
- A database of a newer version is refused, and not a byte of it is changed. To look is not to touch: a SQLite
  file is looked at read-only, as opening it for use may already write to it.
- On SQLite foreign keys are off while tables are changed. A table is changed there by copying it and dropping
  the old one, and with foreign keys on that deletes the rows that point to it. That nothing points into the
  void afterwards is checked before the commit.
- alembic takes a while to load, so it is not loaded before there is something to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from storage.database import HEAD, Database, DatabaseProblem
from storage.tables import in_postgresqls_words

if TYPE_CHECKING:
    from alembic.config import Config

#: Where the migrations lie; alembic finds them in an installed package too.
MIGRATIONS = "storage:migrations"
#: PostgreSQL's advisory lock that a migration holds: "Runda" in ASCII.
LOCK = 0x52_75_6E_64_61


def upgrade(database: Database) -> str | None:
    """Bring the tables to this version. Returns the version that was found; None where there were no tables.

    Does nothing where they are of this version already. Raises DatabaseProblem.
    """
    found = version(database)
    if found is not None and found > HEAD:
        raise DatabaseProblem(
            f"{database} was made by a newer Runda (tables {found}, this one knows {HEAD}); it was left as it "
            "is. Install that version again, or restore a backup from before."
        )
    if found != HEAD:
        run(database)
    return found


def version(database: Database) -> str | None:
    """The migration that the tables are at; None where there are none. Neither makes nor changes a file."""
    return database.revision()


def run(database: Database, migrations: str | Path = MIGRATIONS, to: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction."""
    from alembic import command

    with _changing(database) as connection:
        command.upgrade(_config(connection, migrations), to)


def draft(database: Database, folder: Path, says: str) -> Path:
    """For developers: write the next migration, from what the tables in the code say and `database` lacks."""
    from alembic import command
    from alembic.script import Script

    in_postgresqls_words()
    with _changing(database) as connection:
        written = command.revision(
            _config(connection, folder), says, autogenerate=True, rev_id=f"{int(HEAD) + 1:04}"
        )
    assert isinstance(written, Script)
    return Path(written.path)


def _config(connection: Connection, migrations: str | Path) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _changing(database: Database) -> Iterator[Connection]:
    """A transaction in which tables may be changed, and that nobody else's migration runs beside."""
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if not database.sqlite:
            with connection.begin():
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
                yield connection
            return
        driver.execute("PRAGMA foreign_keys=OFF")  # past SQLAlchemy: within a transaction it has no effect
        try:
            with connection.begin():
                yield connection
                _nothing_dangles(connection)
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _nothing_dangles(connection: Connection) -> None:
    wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if wrong:
        tables = ", ".join(sorted({row[0] for row in wrong}))
        raise DatabaseProblem(
            f"The migration would leave {len(wrong)} rows in {tables} that point at nothing; it was undone. "
            "Please report this, with the version that you came from."
        )
