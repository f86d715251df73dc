"""The migrations make what the code says, on both engines; all or nothing; and never touch what is newer."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text

import storage
from storage import migrate
from storage import tables as t
from storage.database import HEAD, Database, DatabaseProblem
from storage.migrate import upgrade
from tests.databases import Postgres, address
from tests.storage import rows

HERE = Path(storage.__file__).parent / "migrations"


# -- what they make


def test_the_newest_migration_is_the_one_that_the_code_expects():
    config = Config()
    config.set_main_option("script_location", migrate.MIGRATIONS)
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_migration_means_the_same_in_five_years():
    """It imports nothing of ours that may change."""
    for path in (HERE / "versions").glob("*.py"):
        assert "import storage" not in path.read_text("utf-8")
        assert "from storage" not in path.read_text("utf-8")


def test_alembic_sees_no_difference_from_the_tables_in_the_code(database: Database):
    with database.read() as connection:
        looking = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(looking, t.metadata) == []


def test_migrated_tables_are_to_the_letter_what_the_code_says(empty_database: Database):
    """alembic does not compare everything: not what a partial index leaves out, nor what a deletion takes along."""
    with empty_database.write() as connection:
        t.metadata.create_all(connection)
    said = _schema(empty_database)
    with empty_database.write() as connection:
        t.metadata.drop_all(connection)
    upgrade(empty_database)
    assert _schema(empty_database) == said


def _schema(database: Database) -> dict[str, Any]:
    """Name -> definition, as the engine tells it, of all tables, columns, constraints and indexes."""
    statements = _SQLITE if database.sqlite else _POSTGRES
    found = {}
    with database.read() as connection:
        for statement in statements:
            for name, told in connection.execute(text(statement)):
                lines = sorted(line.strip().rstrip(",") for line in str(told).splitlines())
                found[name] = lines
    assert len(found) > len(t.metadata.tables)
    return {name: told for name, told in found.items() if "alembic_version" not in name}


_SQLITE = ["SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"]
_POSTGRES = [
    "SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT 'constraint ' || conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace""",
    """SELECT 'column ' || table_name || ' ' || column_name, concat_ws(' ', data_type, character_maximum_length,
    is_nullable, column_default) FROM information_schema.columns WHERE table_schema = 'public'""",
]


def test_every_constraint_has_a_name_that_a_migration_can_use(database: Database):
    nameless = []
    with database.read() as connection:
        looking = inspect(connection)
        for table in t.metadata.tables:
            key, parents = looking.get_pk_constraint(table), looking.get_foreign_keys(table)
            constraints = [key, *parents, *looking.get_unique_constraints(table)]
            nameless += [table for each in constraints if not each["name"]]
    # SQLite has no place for the name of a key whose numbers are never given twice.
    assert nameless == (["outbox"] if database.sqlite else [])


# -- when they run


def test_an_empty_database_is_made_and_a_second_time_nothing_is_done(empty_database: Database):
    assert migrate.version(empty_database) is None
    assert upgrade(empty_database) is None
    empty_database.check()
    before = _everything(empty_database)
    assert upgrade(empty_database) == HEAD
    assert _everything(empty_database) == before


def test_a_database_in_use_is_left_as_it_is(database: Database):
    with database.write() as connection:
        rows.make(connection, groups=2)
    before = _everything(database)
    migrate.run(database)  # all the way through alembic, too
    assert upgrade(database) == HEAD
    assert _everything(database) == before


def test_a_missing_database_is_told_with_the_way_out(empty_database: Database):
    with pytest.raises(DatabaseProblem, match="runda migrate"):
        empty_database.check()


def test_nothing_is_loaded_and_no_file_is_made_only_to_look(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'runda.db'}")
    assert migrate.version(database) is None
    assert list(tmp_path.iterdir()) == []
    looks = "import sys; from storage.migrate import upgrade; sys.exit('alembic' in sys.modules)"
    subprocess.run([sys.executable, "-c", looks], check=True)


def test_two_who_migrate_at_once_make_the_tables_once(postgres: Postgres):
    """Two replicas that start together: the second waits, and finds the work done."""
    with postgres.database(tables=False) as database:
        others = [Database(address(database.url)) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_migrate_in_a_process, [address(each.url) for each in others]))
        database.check()


def _migrate_in_a_process(url: str) -> None:
    migrates = (
        "import sys; from storage import database, migrate; migrate.upgrade(database.Database(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", migrates, url], check=True, capture_output=True)


# -- all or nothing


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of ours, to add to."""
    return Path(shutil.copytree(HERE, tmp_path / "migrations"))


def second(migrations: Path, does: str) -> None:
    lines = [
        "import sqlalchemy as sa",
        "from alembic import op",
        "revision = '0002'",
        "down_revision = '0001'",
    ]
    lines += ["def upgrade():", *(f"    {line}" for line in does.splitlines())]
    (migrations / "versions" / "0002_next.py").write_text("\n".join(lines), "utf-8")


def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(database: Database, migrations: Path):
    with database.write() as connection:
        rows.make(connection)
    before = _everything(database)
    second(
        migrations,
        "op.create_table('extra', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "op.execute(\"UPDATE people SET name = 'gone'\")\n"
        "raise RuntimeError('half way')",
    )
    with pytest.raises(RuntimeError, match="half way"):
        migrate.run(database, migrations)
    assert _everything(database) == before
    database.check()


def test_altering_a_parent_keeps_its_children(sqlite_database: Database, migrations: Path):
    """Seen elsewhere: with foreign keys on, SQLite deletes the children when the copied parent is dropped."""
    with sqlite_database.write() as connection:
        world = rows.make(connection, groups=2)
        connection.execute(t.replies.insert().values(**rows.reply(world, 1)))
        finding = {"reply_id": 1, "session_id": world.sessions[0], "state": "proposed"}
        connection.execute(t.findings.insert().values(**finding))
    second(
        migrations,
        "with op.batch_alter_table('replies', recreate='always') as table:\n"
        "    table.alter_column('words', nullable=True)",
    )
    migrate.run(sqlite_database, migrations)
    with sqlite_database.write() as connection:
        assert connection.execute(select(func.count()).select_from(t.findings)).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1  # on again


def test_a_migration_that_leaves_children_without_parents_is_undone(
    sqlite_database: Database, migrations: Path
):
    with sqlite_database.write() as connection:
        rows.make(connection)
    second(migrations, "op.execute('DELETE FROM people')")
    with pytest.raises(
        DatabaseProblem, match=r"in identities, memberships that point at nothing; it was undone"
    ):
        migrate.run(sqlite_database, migrations)
    with sqlite_database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.people)).scalar() == 1


def test_a_draft_holds_what_the_code_says_and_the_database_lacks(sqlite_database: Database, migrations: Path):
    with sqlite_database.write() as connection:
        connection.execute(text("DROP INDEX ix_outbox_target"))
    written = migrate.draft(sqlite_database, migrations, "Find targets")
    assert written.name == f"{int(HEAD) + 1:04}_find_targets.py"
    migrate.run(sqlite_database, migrations)
    with sqlite_database.read() as connection:
        found = "SELECT sql FROM sqlite_master WHERE name = 'ix_outbox_target'"
        assert "WHERE target_id IS NOT NULL" in str(connection.execute(text(found)).scalar())


# -- a newer database


NEWER = "0999"


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_newer_sqlite_file_is_refused_and_not_a_byte_is_changed(sqlite_database: Database, journal: str):
    path = sqlite_database.path
    assert path is not None
    _make_newer(sqlite_database)
    sqlite_database.close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA journal_mode={journal}")
    raw.close()
    before = _files(path.parent)
    with pytest.raises(DatabaseProblem, match=f"newer Runda.*{NEWER}.*left as it is"):
        upgrade(sqlite_database)
    sqlite_database.close()
    assert _files(path.parent) == before


def test_a_newer_sqlite_file_after_a_crash_is_not_even_tidied(sqlite_database: Database, tmp_path: Path):
    """What a killed server has left beside the file stays there: it may be the only copy of the last replies."""
    _make_newer(sqlite_database)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    assert sqlite_database.path is not None
    for each in ("", "-wal", "-shm"):
        shutil.copy(f"{sqlite_database.path}{each}", crashed / f"runda.db{each}")
    before = _files(crashed)
    database = Database(f"sqlite:///{crashed / 'runda.db'}")
    with pytest.raises(DatabaseProblem, match=NEWER):
        upgrade(database)
    database.close()
    after = _files(crashed)
    assert {name: after[name] for name in ("runda.db", "runda.db-wal")} == {
        name: before[name] for name in ("runda.db", "runda.db-wal")
    }


def test_a_newer_postgresql_database_is_refused_and_left_as_it_is(postgres: Postgres):
    with postgres.database() as database:
        with database.write() as connection:
            rows.make(connection)
        _make_newer(database)
        before = _everything(database)
        with pytest.raises(DatabaseProblem, match=f"newer Runda.*{NEWER}.*left as it is"):
            upgrade(database)
        assert _everything(database) == before


def _make_newer(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :newer"), {"newer": NEWER})
    with pytest.raises(DatabaseProblem, match=NEWER):
        database.check()


def _files(folder: Path) -> dict[str, str]:
    return {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest()
        for each in folder.iterdir()
        if each.is_file()
    }


def _everything(database: Database) -> list[object]:
    """All definitions and all rows."""
    with database.read() as connection:
        held: list[object] = [
            (table.name, [tuple(row) for row in connection.execute(table.select())])
            for table in t.metadata.sorted_tables
        ]
        held.append(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    return [*held, _schema(database)]
