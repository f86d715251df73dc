"""The commands that look after the database, as the operator types them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select, text

from adapters.port import Address, Wrote
from bot.cli import Caller, runda
from storage import parked
from storage import tables as t
from storage.backup import delivery_held
from storage.database import Database, sole_server
from tests.bot.a_series import made
from tests.databases import address
from tests.storage import rows
from tests.storage.rows import NOW


class Clock:
    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a command of these never sleeps, not even {seconds} s")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs `runda` in an empty folder, without anybody's environment."""
    monkeypatch.chdir(tmp_path)
    for variable in ("DATABASE_URL", "RUNDA_DATA"):
        monkeypatch.delenv(variable, raising=False)

    def command(*words: object) -> Result:
        given = [str(word) for word in words]
        return CliRunner().invoke(runda, given, obj=Caller(clock=Clock()), prog_name="runda")

    return command


@pytest.fixture
def on(run: Callable[..., Result], database: Database) -> Callable[..., Result]:
    """Runs `runda` on the database of the test."""
    return lambda *words: run("--database", address(database.url), *words)


def the(path: Path) -> Database:
    return Database(f"sqlite:///{path}")


# -- migrate


def test_migrate_makes_the_database_and_then_has_nothing_to_do(run: Any):
    made, again = run("migrate"), run("migrate")
    assert (made.exit_code, again.exit_code) == (0, 0)
    assert made.output == "The tables are made (0001): sqlite:///runda-data/runda.db\n"
    assert again.output == "sqlite:///runda-data/runda.db is of this version already (tables 0001).\n"


def test_migrate_makes_the_tables_on_either_engine(run: Any, empty_database: Database):
    result = run("--database", address(empty_database.url), "migrate")
    assert (result.exit_code, result.output.startswith("The tables are made (0001)")) == (0, True)
    empty_database.check()


def test_migrate_refuses_what_is_newer(on: Any, database: Database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    result = on("migrate")
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert result.exit_code == 1
    assert "was made by a newer Runda (tables 0999" in result.output


def test_migrate_waits_for_no_server_but_tells_of_it(run: Any, tmp_path: Path):
    database = the(tmp_path / "runda.db")
    with sole_server(database):
        result = run("--database", f"sqlite:///{tmp_path / 'runda.db'}", "migrate")
    assert (result.exit_code, "Another runda serve is using" in result.output) == (1, True)


# -- backup and restore


@pytest.fixture
def kept(run: Any, tmp_path: Path, sqlite_template: Path) -> Path:
    """The folder `runda-data` with a message that waits, and a backup of it."""
    (tmp_path / "runda-data").mkdir()
    path = tmp_path / "runda-data" / "runda.db"
    shutil.copy(sqlite_template, path)
    database = the(path)
    with database.write() as connection:
        world = rows.make(connection)
        connection.execute(insert(t.outbox).values(**rows.outgoing(world, 0)))
    database.close()
    assert run("backup", "monday.db").exit_code == 0
    return tmp_path / "monday.db"


def statuses(path: Path) -> list[str]:
    database = the(path)
    with database.read() as connection:
        found = list(connection.execute(select(t.outbox.c.status)).scalars())
    database.close()
    return found


@pytest.mark.usefixtures("kept")
def test_backup_says_what_it_made_and_what_it_holds(run: Any):
    result = run("backup", "tuesday.db")
    assert result.exit_code == 0
    assert re.match(r"tuesday\.db: 0\.\d MB\. It holds all that people have written", result.output)
    again = run("backup", "tuesday.db")
    assert (again.exit_code, "add --replace" in again.output) == (1, True)
    assert run("backup", "tuesday.db", "--replace").exit_code == 0


def test_backup_names_the_tool_for_postgresql(run: Any, postgres_database: Database):
    result = run("--database", address(postgres_database.url), "backup", "x.db")
    assert (result.exit_code, "pg_dump --format=custom --file=x.db" in result.output) == (1, True)


def test_a_restore_goes_from_the_refusal_to_the_confirmation(run: Any, kept: Path, tmp_path: Path):
    path = tmp_path / "runda-data" / "runda.db"
    refused = run("restore", kept)
    assert (refused.exit_code, "add --replace" in refused.output) == (1, True)

    restored = run("restore", kept, "--replace")
    assert restored.exit_code == 0
    assert "Messages that were waiting to be sent: 1\n  terminal autumn-0: 1\n" in restored.output
    assert "erased again" in restored.output
    held = the(path)
    with held.read() as connection:
        assert delivery_held(connection)
    held.close()

    unsaid = run("restore", "--confirm")
    assert (unsaid.exit_code, "--waiting send, or --waiting drop" in unsaid.output) == (2, True)
    assert statuses(path) == ["queued"]

    confirmed = run("restore", "--confirm", "--waiting", "drop")
    assert confirmed.exit_code == 0
    assert confirmed.output == "Delivery goes on. Messages that were waiting: 1; dropped.\n"
    assert statuses(path) == ["dropped"]
    assert run("restore", "--confirm").output == "Delivery is not held.\n"


def test_delivery_can_be_held_by_hand_and_let_go(on: Any, database: Database):
    with database.write() as connection:
        connection.execute(insert(t.outbox).values(**rows.outgoing(rows.make(connection), 0)))
    assert "waiting to be sent: 1" in on("restore", "--hold").output
    with database.read() as connection:
        assert delivery_held(connection)
    assert "sent now" in on("restore", "--confirm", "--waiting", "send").output
    with database.read() as connection:
        assert not delivery_held(connection)


def test_delivery_with_nothing_in_doubt_goes_on_without_a_choice(on: Any, database: Database):
    on("restore", "--hold")
    assert on("restore", "--confirm").output == "Delivery goes on. Messages that were waiting: 0.\n"
    with database.read() as connection:
        assert not delivery_held(connection)


@pytest.mark.parametrize(
    "words", [[], ["x.db", "--confirm"], ["--hold", "--confirm"], ["x.db", "--waiting", "send"]]
)
def test_restore_does_one_thing_at_a_time(run: Any, words: list[str]):
    assert run("restore", *words).exit_code == 2


# -- parked


def heard(words: str) -> str:
    place = Address("terminal", "w", "nowhere")
    wrote = Wrote(key="k1", place=place, account="kari0", message="m1", words=words, at=NOW)
    return msgspec.json.encode(wrote).decode()


def park(database: Database, key: str, raw: str) -> int:
    with database.write() as connection:
        parked.park(connection, key=key, raw=raw, reason="KeyError at work.py:1", at=NOW)
        return connection.execute(select(t.parked.c.id).where(t.parked.c.key == key)).scalar_one()


def test_parked_lists_without_words_unless_asked(on: Any, database: Database):
    assert on("parked").output == "Nothing is parked.\n"
    number = park(database, "a", heard("secret"))
    listed = on("parked")
    assert listed.exit_code == 0
    assert listed.output == f"{number:>5}  2026-09-01 07:00 UTC  KeyError at work.py:1  tries: 1\n"


def test_parked_words_are_shown_for_a_reason_that_is_written_down(on: Any, database: Database):
    """They were printed to whoever asked, thoughts that were written in private among them, without a trace."""
    made(database)
    park(database, "a", heard("secret"))
    for words in (["--show"], ["--show", "--reason", " "], ["--reason", "case 12"]):
        refused = on("parked", *words)
        assert (refused.exit_code, "secret" in refused.output) == (2, False)
    assert "secret" in on("parked", "--show", "--reason", "case 12").output
    with database.read() as connection:
        (row,) = connection.execute(select(t.audit).where(t.audit.c.act == "parked words shown"))
    assert (row.object, row.at) == ("case 12", NOW)


def test_what_is_mended_is_taken_in_through_the_same_door(on: Any, database: Database):
    """Nothing goes on at that place, so the event is ignored; but it was taken in, and is settled."""
    good, poisoned = park(database, "a", heard("words")), park(database, "b", "{}")
    result = on("parked", "retry", "--all")
    assert result.exit_code == 1
    assert f"{good:>5}  taken in\n" in result.output
    assert f"{poisoned:>5}  still parked: ValidationError" in result.output
    assert on("parked", "retry", poisoned).exit_code == 1
    with database.read() as connection:
        assert [(each.number, each.tries) for each in parked.waiting(connection)] == [(poisoned, 3)]


def test_what_is_given_up_is_dropped(on: Any, database: Database):
    number = park(database, "a", "{}")
    assert on("parked", "drop", number).output == f"{number:>5}  dropped\n"
    assert on("parked").output == "Nothing is parked.\n"


@pytest.mark.parametrize("words", [("retry", "4711"), ("drop", "4711"), ("retry",), ("retry", "1", "--all")])
def test_a_number_that_is_wrong_or_missing_is_misuse(on: Any, words: tuple[str, ...]):
    assert on("parked", *words).exit_code == 2
