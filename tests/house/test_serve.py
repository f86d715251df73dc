"""The installed command from outside: planned, started, spoken to, stopped, killed, started again."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import traceback
import warnings
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.terminal.client import Client
from adapters.terminal.parse import Request
from adapters.terminal.places import Places
from adapters.terminal.records import Posted, Ticked
from bot.cli import runda
from bot.series.moving import start
from storage import tables as t
from storage.database import Database
from tests.databases import address
from tests.house import rig as series
from tests.house.keeping import wait_for
from tests.house.rig import replayed, rows

ROOT = Path(__file__).resolve().parents[2]
FJORD = "Fjord: Kari, Amir, Liv, Jon"
HERE = "we are here"


class Outside:
    """A data folder, and the command `runda` on it, in processes of its own."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RUNDA_")
        }
        self.environment |= {
            "RUNDA_DATA": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
            "LANG": "en_US.UTF-8",
        }
        self.environment.pop("DATABASE_URL", None)
        if url:
            self.environment["DATABASE_URL"] = url
        self.places = Places(folder / "data" / "terminal")

    def typed(self, *words: str, exits: int = 0) -> str:
        """Run a command to its end. Returns what it said, on either stream."""
        done = subprocess.run(
            self._command(*words), **self._where(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout + done.stderr

    def runda(self, *words: str, exits: int = 0) -> str:
        """The same in a child of this process, which need not read every module first: most of what it would do."""
        with (self.folder / "said").open("w+b") as said, warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # later Pythons tell of threads; ours hold nothing
            child = os.fork()
            if not child:
                self._become(words, said.fileno())
            _, status = os.waitpid(child, 0)
            said.seek(0)
            told = said.read().decode()
        assert os.waitstatus_to_exitcode(status) == exits, told
        return told

    def _become(self, words: tuple[str, ...], said: int) -> None:
        """In the child: the command, alone in the world. Never returns."""
        signal.alarm(60)
        status = 70
        try:
            sys.stdout = sys.stderr = os.fdopen(said, "w", closefd=False)
            os.chdir(self.folder)
            os.environ.clear()
            os.environ.update(self.environment)
            runda(list(words), prog_name="runda")
        except SystemExit as done:
            status = int(done.code or 0)
        except BaseException:  # noqa: BLE001 - a child must not run on in the test's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)

    @contextmanager
    def serving(self):
        """`runda serve`, from when it says that it runs. Killed in the end, if it is not gone by then."""
        log = self.folder / f"serve-{len(list(self.folder.glob('serve-*')))}"
        with log.open("w") as said:
            process = subprocess.Popen(self._command("serve"), **self._where(), stdout=said, stderr=said)
        try:
            wait_for(lambda: "Runda is running" in log.read_text() or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            process.log = log
            yield process
        finally:
            process.kill()
            process.wait(timeout=60)

    def given(self, template: Path) -> Path:
        """A database that is there already."""
        (self.folder / "data").mkdir()
        return Path(shutil.copy(template, self.folder / "data" / "runda.db"))

    def say(self, who: str, words: str) -> None:
        """As `runda say`, without a process of its own."""
        key = f"{who}-{words}"[:60]
        said = Request(key=key, do="wrote", place="north-1", account=who.lower(), message=key, words=words)
        with Client(self.folder / "data" / "terminal") as line:
            assert line.ask(said).ok

    def heard(self, place: str) -> str:
        """All that has been said in a place, as it is shown."""
        return "\n".join(str(record) for record in self.places.read(place))

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "bot", *words]

    def _where(self):
        return {"cwd": self.folder, "env": self.environment}


@pytest.fixture
def outside(tmp_path):
    return Outside(tmp_path)


def planned(outside):
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    return outside.typed("series", "create", "selfcheck", "--name", "North", "--group", FJORD, "--on", tomorrow,
                         "--at", "09:00", "--coordinator", "Berit", "--form", "short")  # fmt: skip


def test_a_meeting_from_outside_over_a_stop_and_a_kill(outside):
    assert "It is called north" in planned(outside)
    outside.runda("series", "start", "north", "1")
    assert "Nobody serves" in outside.runda("say", "north-1", "--as", "Kari", "Anybody there?", exits=1)
    with outside.serving() as house:
        wait_for(lambda: HERE in outside.heard("north-1"))
        outside.typed("say", "north-1", "--as", "Kari", "We are here")
        wait_for(lambda: "Question 1 of 3" in outside.heard("north-1"))
        outside.runda("say", "@amir", "--as", "Amir", "To myself.")
        assert "north" in outside.runda("series", "show", "north")
        assert "Runda is running" in outside.typed("doctor")
        refused = outside.typed("serve", exits=1)
        assert "Another runda serve is using" in refused
        assert "Traceback" not in refused
        house.send_signal(signal.SIGTERM)
        assert house.wait(timeout=60) == 0
        assert "Stopping" in house.log.read_text()
    assert "Runda is not running" in outside.runda("doctor", "--health", exits=1)
    with outside.serving() as house:
        outside.runda("say", "north-1", "--as", "Liv", "Said after the stop.")
        house.kill()
    with outside.serving():
        outside.runda("say", "north-1", "--as", "Jon", "Said after the kill.", "--key", "jon-1")
        outside.runda("say", "north-1", "--as", "Jon", "Said after the kill.", "--key", "jon-1")
        wait_for(lambda: marks(outside, "north-1") == 2)
    check(outside, Database(f"sqlite:///{outside.folder / 'data' / 'runda.db'}"))


def marks(outside, place):
    """Messages of people that Runda has marked as taken in."""
    return sum(isinstance(record, Ticked) for record in outside.places.read(place))


def check(outside, database):
    said = [row.words for row in rows(database, t.replies)]
    assert sorted(said) == ["Said after the kill.", "Said after the stop.", "To myself.", "We are here"]
    for place in outside.places.names():
        tokens = [record.token for record in outside.places.read(place) if hasattr(record, "token")]
        assert len(tokens) == len(set(tokens))
    asked = [record for record in outside.places.read("north-1") if isinstance(record, Posted)]
    assert sum("Question 1 of 3" in str(record) for record in asked) == 1
    replayed(database)
    database.close()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(outside, sqlite_template):
    file = outside.given(sqlite_template)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    said = outside.runda("serve", exits=1)
    assert "newer Runda" in said
    assert "Traceback" not in said
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_a_folder_that_cannot_be_written_is_told_in_words(outside, sqlite_template):
    """Not even the lock can be made: a folder stands in its place. (For root, no file is read-only.)"""
    outside.given(sqlite_template).with_suffix(".db.lock").mkdir()
    said = outside.runda("serve", exits=1)
    assert "runda.db.lock" in said
    assert "Traceback" not in said


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="limits of a running process are set on Linux only"
)
def test_a_serving_process_whose_disk_is_full_says_so_and_goes_on_when_there_is_room(
    outside, sqlite_template
):
    file = outside.given(sqlite_template)
    with closing(Database(f"sqlite:///{file}")) as database:
        begun(database)
    with outside.serving() as house:
        wait_for(lambda: HERE in outside.heard("north-1"))
        outside.say("Kari", "We are here")
        wait_for(lambda: "Question 1 of 3" in outside.heard("north-1"))
        size = file.with_name("runda.db-wal").stat().st_size
        _, most = resource.prlimit(house.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (size, most))
        refused = outside.runda("say", "north-1", "--as", "Kari", "Is there room?", "--key", "room", exits=1)
        assert "Traceback" not in refused
        assert re.search("could not be stored: .*(full|I/O)", house.log.read_text())
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (most, most))
        outside.runda("say", "north-1", "--as", "Kari", "Is there room?", "--key", "room")
        house.send_signal(signal.SIGTERM)
        assert house.wait(timeout=60) == 0
    with closing(Database(f"sqlite:///{file}")) as database:
        assert [row.words for row in rows(database, t.replies)] == ["We are here", "Is there room?"]
        replayed(database)


def test_one_postgresql_takes_two_serving_processes(tmp_path, postgres_database):
    outside = Outside(tmp_path, address(postgres_database.url))
    begun(postgres_database)
    with outside.serving() as one, outside.serving() as other:
        wait_for(lambda: HERE in outside.heard("north-1"))
        outside.say("Kari", "We are here")
        one.kill()
        one.wait(timeout=60)
        outside.say("Amir", "The other one hears me.")
        other.send_signal(signal.SIGTERM)
        assert other.wait(timeout=60) == 0
    assert sorted(row.words for row in rows(postgres_database, t.replies)) == [
        "The other one hears me.",
        "We are here",
    ]
    assert len(rows(postgres_database, t.log, t.log.c.event.contains('"opened"'))) == 1


def begun(database):
    """A meeting that opens as soon as somebody serves."""
    now = datetime.now(UTC)
    on = [f"{now + timedelta(days=1):%Y-%m-%d}"]
    series.planned(database, now=now, on=on, group=[FJORD], form="short")
    series.change(database, start, 1, now=now)
