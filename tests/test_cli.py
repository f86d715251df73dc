"""The command `runda`: shared options, errors in words, and what coordinators do with it."""

import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError, OperationalError

import bot.cli
from bot.cli import COMMANDS, EXIT_CODES, FAILED, MISUSED, TOLD, Caller, explained, machine_language, runda
from bot.library import shipped
from bot.settings import Settings
from flows.programme import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
NAMES = "Kari, Amir, Liv, Jon, Ola, Siri, Per, Eva"
DATES = ("--on", "2026-10-20", "--on", "2026-11-03", "--on", "2026-11-17", "--at", "09:00")
#: The day after NOW, and every fortnight after it.
TOMORROW = ("Friday 2026-10-02", "Friday 2026-10-16", "Friday 2026-10-30")


class Still:
    """A clock that stands."""

    def __init__(self, now=NOW):
        self.time = now

    def now(self):
        return self.time

    async def sleep(self, seconds):
        raise AssertionError("a command does not wait")


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """Away from anybody's own settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("RUNDA_DATA", "DATABASE_URL", "RUNDA_ORGANISATION", "RUNDA_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def run(*words, clock=None):
    """What was printed, and the exit code. A fault of ours is raised."""
    done = CliRunner().invoke(runda, list(words), obj=Caller(clock or Still()), catch_exceptions=False)
    return done.exit_code, done.output


def create(*words):
    return run("series", "create", "selfcheck", "--name", "North", "--coordinator", "Siri Vik", *words)


def told(code, *words):
    found, output = run(*words)
    assert found == code, output
    assert "Traceback" not in output
    return output


# -- the frame


def test_the_version_is_told_without_loading_anything_heavy():
    asked = "import sys; from bot.cli import runda; runda(['--version'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    version, loaded = done.stdout.splitlines()
    assert version == f"runda {bot.__version__}"
    assert not {"sqlalchemy", "pydantic", "alembic", "babel", "asyncio", "flows"} & set(loaded.split())


def test_help_names_the_environment_twin_of_every_setting():
    """What is no option of `runda` stands in the help of `runda serve`, which alone uses it."""
    given = {param.name for param in runda.params}
    for name, field in Settings.model_fields.items():
        twin = str(field.validation_alias or f"RUNDA_{name.upper()}")
        output = told(0, "--help") if name in given else told(0, "serve", "--help")
        assert twin in " ".join(output.split())
        assert field.description


def test_help_tells_the_exit_codes_and_every_command():
    output = " ".join(told(0, "--help").split())
    assert EXIT_CODES in output
    for listed in COMMANDS.values():
        for name, (_, line) in listed.items():
            assert f"{name} {line}" in output


@pytest.mark.parametrize("name", [name for listed in COMMANDS.values() for name in listed])
def test_every_command_is_where_the_table_says(name):
    with click.Context(runda) as ctx:
        command = runda.get_command(ctx, name)
    assert isinstance(command, click.Command)
    assert command.name == name
    done = CliRunner().invoke(command, ["--help"])
    assert done.exit_code == 0
    assert not re.search(r"[a-z,;]\.\.\.", done.output), "a line of help is cut off"


def test_an_unknown_command_is_a_wrong_use():
    assert "No such command 'dance'" in told(MISUSED, "dance")


def test_languages_are_those_of_programmes():
    assert set(bot.cli.SPOKEN) == set(LANGUAGES)


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "nb_NO.UTF-8"}, "nb"),
        ({"LANG": "no_NO"}, "nb"),
        ({"LC_ALL": "nn_NO.utf8", "LANG": "en_US.UTF-8"}, "nn"),
        ({"LC_MESSAGES": "sv-SE", "LANG": "nb_NO"}, "sv"),
        ({"LANG": "fi_FI.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_machines_own_language(environ, language):
    assert machine_language(environ) == language


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path):
    (tmp_path / ".env").write_text(
        "RUNDA_DATA=from-file\nRUNDA_ORGANISATION=File\nRUNDA_LANGUAGE=sv\n", "utf-8"
    )
    seen = []

    @click.command()
    @click.pass_obj
    def look(house):
        seen.append((str(house.settings.data), house.settings.organisation, house.language))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.cli.Commands, "get_command", lambda *_: look)
        runner = CliRunner(env={"RUNDA_DATA": "from-environment", "RUNDA_ORGANISATION": "Environment"})
        runner.invoke(runda, ["--data", "from-option", "look"], catch_exceptions=False)
    assert seen == [("from-option", "Environment", "sv")]


def test_every_error_that_is_told_is_there():
    """A name that was changed would bring the traceback back."""
    for module, name, code in TOLD:
        kind = getattr(__import__(module, fromlist=[name]), name)
        assert issubclass(kind, Exception)
        assert code in (FAILED, MISUSED, None)


def test_a_database_error_is_told_without_the_statement_and_what_is_in_it():
    problem = OperationalError(
        "INSERT INTO replies", {"words": "a secret"}, sqlite3.OperationalError("disk is full")
    )
    said = explained(problem)
    assert "disk is full" in said.message
    assert "secret" not in said.message
    assert "INSERT" not in said.message


def test_a_fault_of_ours_keeps_its_traceback():
    assert explained(KeyError("x")) is None
    assert explained(IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE"))) is None
    assert explained(BrokenPipeError()) is None


# -- databases that are not there, or not as they should be


def test_without_a_database_commands_say_how_to_make_one():
    output = told(FAILED, "series", "list")
    assert "There is no database at runda-data/runda.db. Make one with: runda migrate" in output


def test_a_database_without_tables_and_one_of_a_newer_version(tmp_path):
    (tmp_path / "runda-data").mkdir()
    file = tmp_path / "runda-data" / "runda.db"
    with sqlite3.connect(file) as raw:
        raw.execute("CREATE TABLE other (id INTEGER)")
    assert "Make them with: runda migrate" in told(FAILED, "series", "list")
    with sqlite3.connect(file) as raw:
        raw.execute("CREATE TABLE alembic_version (version_num TEXT)")
        raw.execute("INSERT INTO alembic_version VALUES ('9999')")
    assert "was made by a newer Runda" in told(FAILED, "series", "list")


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "runda-data").mkdir()
    (tmp_path / "runda-data" / "runda.db").write_text("nothing of the sort " * 100, "utf-8")
    assert "not a database" in told(FAILED, "series", "list")


@pytest.mark.parametrize("url", [
    "mysql://ann:hush@db/runda", "postgres://ann:hush@db/runda", "hush", "postgresql://ann@db:hush/runda",
    "postgresql+hush://ann@db/runda",
])  # fmt: skip
def test_a_database_that_runda_does_not_know(url):
    """A driver that nobody is to install was asked for, or there was a traceback."""
    output = told(FAILED, "--database", url, "series", "list")
    assert "Write it like postgresql://" in output
    assert "hush" not in output


def test_a_driver_or_a_library_that_is_not_installed_is_named_with_its_extra(monkeypatch, tmp_path):
    """`runda doctor` is the first thing to ask, and ended in a traceback without Slack's libraries."""
    for missing in ("psycopg", "adapters.slack.client", "adapters.telegram.client"):
        monkeypatch.setitem(sys.modules, missing, None)
    keys = "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\nTELEGRAM_BOT_TOKEN=1:x\n"
    (tmp_path / ".env").write_text(f"{keys}DATABASE_URL=postgresql://db/runda\n", "utf-8")
    output = told(FAILED, "doctor")
    for extra in ("postgres", "slack", "telegram"):
        assert f"pip install '.[{extra}]' in Runda's folder" in output


def test_a_setting_that_cannot_be_used_is_called_as_in_the_file(tmp_path):
    (tmp_path / ".env").write_text("RUNDA_LANGUAGE=no\nRUNDA_PORT=many\n", "utf-8")
    output = told(MISUSED, "doctor")
    assert "RUNDA_LANGUAGE: Input should be 'nb', 'nn', 'sv' or 'en'" in output
    assert "RUNDA_PORT: " in output


def test_what_is_no_token_is_told_without_showing_it(tmp_path):
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=secretive\n", "utf-8")
    output = told(MISUSED, "doctor")
    assert "TELEGRAM_BOT_TOKEN: it is a number, a colon and a word" in output
    assert "secretive" not in output


def test_a_setting_that_is_left_empty_is_not_set(tmp_path):
    """An empty key, as in a file that is to be filled in, ended in a traceback of Telegram's library."""
    (tmp_path / ".env").write_text(
        "TELEGRAM_BOT_TOKEN=\nSLACK_BOT_TOKEN=\nRUNDA_PORT=\nRUNDA_LANGUAGE=\n", "utf-8"
    )
    output = told(FAILED, "doctor")
    assert "Make one with: runda migrate" in output
    assert not {"Telegram", "Slack"} & set(output.split())


def test_a_data_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "runda-data").write_text("a file", "utf-8")
    assert "runda-data" in create("--people", NAMES, *DATES)[1]
    assert create("--people", NAMES, *DATES)[0] == FAILED


# -- planning


def test_a_series_is_planned_listed_and_shown():
    code, output = create("--people", NAMES, *DATES)
    assert code == 0
    assert "   1.  Tuesday 2026-10-20 at 09:00, until 09:25  Where we stand" in output
    assert "(the clock is put back on 2026-10-25; sessions keep their local time)" in output
    assert "It is called north." in output
    assert "Mind:" not in output
    assert "north" in told(0, "series", "list")
    shown = told(0, "series", "show", "north")
    assert "Next: session 1, Tuesday 2026-10-20 at 09:00" in shown
    assert "  Coordinators: Siri Vik" in shown
    told(0, "series", "pause", "north", "--until", "2026-10-26")
    falls = "until 2026-10-26\n  Look at this: Session 1, Tuesday 20 October at 09:00, falls in the pause"
    assert falls in told(0, "series", "list")


def test_a_new_organisation_is_named_in_case_it_is_a_slip():
    assert "Runda is a new organisation here." in create("--people", NAMES, *DATES)[1]
    assert "new organisation" not in create("--people", NAMES, *DATES)[1]


def test_a_plan_names_each_groups_place_once_it_is_made():
    words = ("--group", "Fjord: Kari, Amir", "--group", "Fjell: Ola, Per", *DATES, "--form", "plenum")
    assert "  Fjord: Kari, Amir\n" in create(*words, "--dry-run")[1]
    output = create(*words)[1]
    assert "  Fjord (north-1): Kari, Amir\n" in output
    assert "  Fjell (north-2): Ola, Per\n" in output
    assert "  Everyone (north-everyone): all of them\n" in output
    assert "runda chat north-1 --as NAME" in output
    assert "north-1" in told(0, "chat")
    assert "north-everyone" in told(0, "chat")


def test_somebody_must_run_a_series():
    output = told(MISUSED, "series", "create", "selfcheck", "--name", "North", "--people", NAMES, *DATES)
    assert "--coordinator: is needed" in output
    assert "There is no database" in told(FAILED, "series", "list")


def test_dates_may_be_written_with_the_day_first():
    output = create("--people", NAMES, "--on", "20.10.2026", "--on", "3.11.2026 10:00", "--at", "09:00")[1]
    assert "   1.  Tuesday 2026-10-20 at 09:00" in output
    assert "   2.  Tuesday 2026-11-03 at 10:00" in output
    moved = ("series", "move", "north", "2", "--to", "10.11.2026")
    shown = told(0, *moved, "--following", "--dry-run")
    assert "Told of it: " in shown
    assert "this was a dry run" in shown
    assert "to Tuesday 2026-11-10 at 10:00" in told(0, *moved)


def test_public_holidays_between_sessions_are_told_as_such():
    days = ("--on", "2026-12-15", "--on", "2027-01-12", "--at", "09:00")
    assert (
        "(no working day between these sessions: 2026-12-25, Christmas Day; 2027-01-01, New Year's Day)"
        in create("--people", NAMES, *days)[1]
    )


def test_the_organisations_own_closed_days_are_pointed_out_and_not_obeyed():
    assert "No days are named" in told(0, "series", "closed")
    assert told(0, "series", "closed", "--add", "2026-10-05..2026-10-09", "--add", "2026-11-02") == (
        "2026-10-05..2026-10-09\n2026-11-02..2026-11-02\n"
    )
    made = create("--people", NAMES, "--on", "2026-10-07", "--on", "2026-12-28", "--at", "09:00")[1]
    assert "Mind: Session 1: 2026-10-07 is a day on which the organisation is closed." in made
    assert "Mind: Session 2: 2026-12-28 is between Christmas and New Year." in made
    told(0, "series", "closed", "--remove", "2026-10-05..2026-10-09")
    moved = told(0, "series", "move", "north", "1", "--to", "2026-11-02")
    assert "Mind: 2026-11-02 is a day on which the organisation is closed." in moved
    assert "is no stretch of days" in told(MISUSED, "series", "closed", "--add", "2026-10-09..2026-10-05")


@pytest.mark.parametrize(
    ("words", "way"),
    [
        (("series", "create", "selfcheck", "--data", "x"), "runda --data FOLDER series create …"),
        (("series", "list", "--organisation=x"), "runda --organisation NAME series list …"),
        (("simulate", "--database", "x"), "runda --database URL simulate …"),
        (("chat", "--version"), "runda --version chat …"),
    ],
)
def test_an_option_of_all_commands_comes_before_the_command(words, way):
    output = told(MISUSED, *words)
    assert (
        f"Error: {words[-2] if words[-1] == 'x' else words[-1].split('=')[0]} comes before the command"
        in output
    )
    assert way in " ".join(output.split())
    assert "Did you mean" not in output


def test_another_unknown_option_is_told_as_such():
    assert "No such option '--peple'" in told(MISUSED, "series", "create", "selfcheck", "--peple", "x")


def test_a_dry_run_makes_nothing():
    assert "Nothing was made: this was a dry run." in create("--people", NAMES, *DATES, "--dry-run")[1]
    assert "has no series yet. Plan one: runda series create --help" in told(0, "series", "list")


def test_people_can_stand_in_a_file(tmp_path):
    (tmp_path / "people.txt").write_text("# who\nKari Vik (Health)\n\nAmir\nLiv\nJon\n", "utf-8")
    assert "Group 1 (north-1): Kari Vik, Amir, Liv, Jon" in create("--people", "people.txt", *DATES)[1]


def test_a_file_of_people_that_cannot_be_used(tmp_path):
    (tmp_path / "latin.txt").write_bytes("Pål".encode("latin-1"))
    assert create("--people", "latin.txt", *DATES)[0] == MISUSED
    assert "Save it as UTF-8" in create("--people", "latin.txt", *DATES)[1]
    assert "there is no file list/people" in create("--people", "list/people", *DATES)[1]


def test_seven_people_are_one_group_with_a_warning():
    code, output = create("--people", "A, B, C, D, E, F, G", *DATES)
    assert code == 0
    assert "Mind: 7 people cannot be divided into groups of four to six" in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ["--people: nobody is named", "--on: no date is given"]),
        (
            ("--people", NAMES, "--on", "2026-13-01", "--at", "9"),
            ["--on: '2026-13-01' is no date", "--at: '9' is no"],
        ),
        (
            ("--people", NAMES, "--on", "30.2.2027", "--on", "1.1.2270", "--at", "09:00"),
            [
                "--on: '30.2.2027' is no date of the calendar; write it like 2026-10-13 or 13.10.2026",
                "--on: 2270-01-01 lies outside 1970-2199; check the year",
            ],
        ),
        (("--people", NAMES, "--on", "2026-10-20"), ["--at: is needed"]),
        (("--people", NAMES, "--rule", "sometimes"), ["cannot be read", "Write it like"]),
        (("--people", NAMES, *DATES, "--zone", "Oslo"), ["Did you mean Europe/Oslo?"]),
        (("--people", NAMES, *DATES, "--form", "long"), ["There is no form called long. There is: short"]),
        (("--people", NAMES, *DATES, "--pace", "slow"), ["'slow' is not one of 'live', 'async'"]),
        (("--people", NAMES, *DATES, "--arena", "elected", "--pace", "async"), ["choose the live pace"]),
        (("--people", "Kari, Kari", *DATES), ["Kari is listed twice"]),
        (
            ("--people", NAMES, "--on", "2027-03-28", "--at", "02:30"),
            [
                "02:30 on 2027-03-28 does not exist in Europe/Oslo",
                "such as 01:30 or 03:30",
                "Say it with --at.",
            ],
        ),
        (
            ("--people", NAMES, "--on", "2026-10-25", "--at", "02:30"),
            ["comes twice", "at 00:30 UTC, the second at 01:30 UTC", "Say --which first or --which second."],
        ),
        (("--people", NAMES, "--on", "2026-09-01", "--at", "09:00"), ["has passed. Choose a later date"]),
    ],
)
def test_wrong_use_is_told_with_a_way_out(words, said):
    code, output = create(*words)
    assert code == MISUSED
    assert "Traceback" not in output
    for each in said:
        assert each in output


def test_an_unknown_and_a_faulty_programme(tmp_path):
    assert "Did you mean `selfcheck`?" in told(
        MISUSED, "series", "create", "selfchek", "--name", "x", "--people", NAMES, *DATES
    )
    (tmp_path / "bad.yaml").write_text("programme: bad\nrounds: []\n", "utf-8")
    output = told(MISUSED, "series", "create", "bad.yaml", "--name", "x", "--people", NAMES, *DATES)
    assert "bad.yaml" in output


def test_a_doubtful_time_is_settled_by_saying_which():
    code, output = create("--people", NAMES, "--on", "2026-10-25", "--at", "02:30", "--which", "second")
    assert code == 0
    assert "Sunday 2026-10-25 at 02:30" in output
    assert "Mind: Session 1: 2026-10-25 is a Sunday." in output


# -- changing


@pytest.fixture
def north():
    assert create("--people", NAMES, *DATES)[0] == 0


@pytest.mark.usefixtures("north")
def test_what_a_coordinator_does_is_told_in_lines():
    said = {
        ("move", "north", "2", "--to", "2026-11-05"): "moves from Tuesday 2026-11-03 at 09:00 to Thursday 2026-11-05",
        ("undo", "north"): "Session 2 is on Tuesday 2026-11-03 at 09:00 again.",
        ("pause", "north"): "North is paused.",
        ("resume", "north"): "North goes on. Next: Tuesday 2026-10-20 at 09:00.",
        ("add", "north", "Nora", "--group", "2"): "Nora is in Group 2.",
        ("remove", "north", "Nora"): "Nora is out of North.",
        ("role", "north", "coordinator", "Åse", "--instead-of", "Siri Vik"): "Åse is coordinator of North, instead of",
        ("role", "north", "manager", "Bo"): "Bo is manager of North.",
        ("role", "north", "manager", "Bo", "--end"): "Bo is no manager of North any more.",
        ("managers-place", "north", "ledelsen"): "Managers' recaps are posted in ledelsen too.",
        ("managers-place", "north", "--end"): "Managers get their recaps in private only.",
        ("start", "north", "1", "--group", "Group 1"): "Session 1 opens now, as soon as Runda is running.",
        ("cancel", "north", "2"): "Session 2 is cancelled.",
        ("cancel", "north", "--all"): "North is cancelled.",
    }  # fmt: skip
    for words, line in said.items():
        assert line in told(0, "series", *words)


@pytest.mark.usefixtures("north")
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("show", "nort"), "There is no series called nort. Did you mean north? There is: north."),
        (("move", "north", "2"), "--to: is needed"),
        (("move", "north", "2", "--to", "tomorrow"), "'tomorrow' is no date"),
        (("move", "north", "0", "--to", "2026-11-05"), "0 is not in the range"),
        (("move", "north", "9", "--to", "2026-11-05"), "North has no session 9. There is: 1, 2, 3."),
        (("move", "north", "1", "--to", "2027-03-28", "--at", "02:30"), "does not exist"),
        (
            ("move", "north", "1", "--to", "2026-10-25", "--at", "02:30"),
            "Say --which first or --which second.",
        ),
        (("cancel", "north"), "Say which session to cancel, or --all"),
        (("cancel", "north", "1", "--all"), "Say which session to cancel, or --all"),
        (("role", "north", "king", "Kari"), "'king' is not one of 'coordinator'"),
        (("role", "north", "manager", "A", "--end", "--instead-of", "B"), "say one of them"),
        (("managers-place", "north", "north-1"), "Name a channel of the managers' own"),
        (("managers-place", "north"), "Say in which channel, or --end."),
        (("confirm", "north"), "there is nothing to confirm"),
        (("undo", "north"), "there is nothing to undo"),
    ],
)
def test_what_cannot_be_done_is_a_wrong_use(words, line):
    assert line in told(MISUSED, "series", *words)


@pytest.mark.usefixtures("north")
def test_sessions_under_way_are_told_by_the_command_itself():
    """Whoever serves sees it in the database: the paused session, and what it has to say."""
    from sqlalchemy import select

    from storage import tables as t
    from storage.database import Database
    from tests.bot.a_series import works

    database = Database("sqlite:///runda-data/runda.db")
    opens = datetime(2026, 10, 20, 7, 0, tzinfo=UTC)
    works(database).take_due(opens)
    output = run("series", "cancel", "north", "1", clock=Still(opens + timedelta(minutes=1)))[1]
    assert "Session 1 is ended." in output
    with database.read() as connection:
        phases = connection.execute(select(t.sessions.c.phase).order_by(t.sessions.c.id)).scalars().all()
    assert phases[:2] == ["finished", "finished"]
    database.close()


def test_organisations_do_not_see_each_other():
    create("--people", NAMES, *DATES)
    assert "There is no series called north. There is none yet." in told(
        MISUSED, "--organisation", "Elsewhere", "series", "show", "north"
    )
    assert "Elsewhere has no series yet" in told(0, "--organisation", "Elsewhere", "series", "list")


# -- in advance


@pytest.mark.usefixtures("north")
def test_a_series_is_simulated():
    output = told(0, "simulate", "north")
    assert "Session 1, Tuesday 2026-10-20 at 09:00" in output
    assert "    09:00  Session 1 of 3: Where we stand" in output
    assert "(the clock is put back on 2026-10-25" in output
    assert "Not shown, because it depends on what people write" in output


def test_the_programmes_tell_what_they_are_for_and_where_they_come_from(tmp_path):
    output = told(0, "--language", "sv", "programmes")
    assert [line.partition(":")[0] for line in output.splitlines() if line[:1].strip()] == shipped()
    assert "Distriktssenteret" in output
    assert "3 rounds; nb, nn, sv, en" in output
    assert list(tmp_path.iterdir()) == []


def test_a_programme_is_simulated_without_any_database(tmp_path):
    output = told(0, "--language", "nb", "simulate", "selfcheck", *DATES, "--form", "plenum")
    assert "Økt 1 av 3: Kartlegge status" in output
    assert "In Gruppe 1, Gruppe 2:" in output
    assert "In Alle:" in output
    assert "[how many of the leaders gave which number" in told(0, "simulate", "culture")
    assert list(tmp_path.iterdir()) == []


def test_a_programme_without_dates_is_simulated_from_tomorrow(tmp_path):
    output = told(0, "simulate", "selfcheck")
    assert "Mind:" not in output
    assert [line for line in output.splitlines() if line.startswith("Session ")] == [
        f"Session {number}, {day} at 09:00" for number, day in enumerate(TOMORROW, 1)
    ]
    assert "at 13:30" in told(0, "simulate", "selfcheck", "--at", "13:30")
    assert list(tmp_path.iterdir()) == []


def test_a_form_of_one_day_is_simulated_on_one_day():
    output = told(0, "simulate", "selfcheck", "--form", "one-day")
    days = [line for line in output.splitlines() if line.startswith("Session ")]
    assert len(days) == 3
    assert all(TOMORROW[0] in day for day in days)


def test_what_is_wrong_with_the_dates_of_a_simulation_is_told():
    assert "does not exist" in told(MISUSED, "simulate", "selfcheck", "--on", "2027-03-28", "--at", "02:30")
    assert "Mind: The programme has 3 rounds, and dates for 1." in told(
        0, "simulate", "selfcheck", "--on", "2027-03-24", "--at", "09:00"
    )
