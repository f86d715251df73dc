"""`runda coordinator`: the first who may set up series from a chat is named at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from bot.cli import Caller, ideas, runda
from bot.ideas import sluice
from storage import tables as t
from storage.database import Database
from tests.bot.a_meeting import Clock
from tests.bot.a_series import NOW, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def run(folder: Path, *args: str, **env: str) -> Result:
    return CliRunner().invoke(
        runda, ["--data", str(folder), "--language", "nb", *args], obj=Caller(Clock(NOW)), env=env
    )


def told(folder: Path, *args: str) -> str:
    result = run(folder, *args)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_first_is_named_and_listed_and_lets_go(folder: Path) -> None:
    where = ("--platform", "slack", "--workspace", "T1")
    assert (
        told(folder, "coordinator", "add", "U1", *where, "--name", "Siri Vik")
        == "Siri Vik may set up series.\n"
    )
    assert told(folder, "coordinator", "list").split() == ["Siri", "Vik", "slack", "T1", "U1"]
    again = run(folder, "coordinator", "add", "U1", *where, "--name", "Siri Vik")
    assert (again.exit_code, "may set up series already" in again.output) == (2, True)
    alone = run(folder, "coordinator", "remove", "U1", *where)
    assert (alone.exit_code, "Appoint another first" in alone.output) == (2, True)
    told(folder, "coordinator", "add", "U2", *where)
    assert told(folder, "coordinator", "remove", "U1", *where) == "Siri Vik may set up series no more.\n"
    assert run(folder, "coordinator", "remove", "U1", *where).exit_code == 2
    database = Database(f"sqlite:///{folder / 'runda.db'}")
    assert [row.act for row in rows(database, t.audit)] == ["appointed", "appointed", "appointed no more"]
    database.close()


def test_the_workspace_need_not_be_said_where_there_is_one_and_gives_the_organisation(folder: Path) -> None:
    assert "Start runda serve with its keys" in run(folder, "coordinator", "add", "U1").output
    told(folder, "migrate")
    database = Database(f"sqlite:///{folder / 'runda.db'}")
    with database.write() as connection:
        row = {"name": "Fjellvik", "language": "nn", "zone": "Europe/Oslo", "created_at": NOW}
        owner = connection.execute(insert(t.organisations).returning(t.organisations.c.id), row).scalar_one()
        connection.execute(insert(t.installations), {
            "organisation_id": owner, "platform": "slack", "workspace": "T1", "name": "F", "about": "{}",
            "installed_at": NOW,
        })  # fmt: skip
    told(folder, "coordinator", "add", "U1")
    (appointed,) = rows(database, t.appointments)
    assert appointed.organisation_id == owner
    database.close()


def test_nobody_is_listed_where_nobody_is(folder: Path) -> None:
    told(folder, "migrate")
    assert "Nobody may set up series" in told(folder, "coordinator", "list")


TELEGRAM = ("--platform", "telegram", "--workspace", "777", "--groups", "2", "--acknowledged")
DATES = ("--on", "2026-10-13", "--at", "09:00")


def test_on_telegram_the_bot_is_the_workspace_and_its_token_tells_which(folder: Path) -> None:
    """Story: «In which workspace of telegram is 0?», and to start runda serve, which did not help."""
    north = ("series", "create", "selfcheck", "--name", "North", "--coordinator", "Siri <9>", *DATES)
    there = ("--platform", "telegram", "--groups", "2", "--acknowledged")
    berit = ("coordinator", "add", "9", "--platform", "telegram")
    for command in ((*north, *there), berit):
        refused = run(folder, *command)
        assert (refused.exit_code, "the bot is the workspace" in refused.output) == (2, True)
        assert run(folder, *command, TELEGRAM_BOT_TOKEN="777:AAExample").exit_code == 0
    database = Database(f"sqlite:///{folder / 'runda.db'}")
    assert [row.workspace for row in rows(database, t.series)] == ["777"]
    assert {row.workspace for row in rows(database, t.identities)} == {"777"}
    database.close()


def test_codes_are_shown_and_replaced(folder: Path) -> None:
    north = ("--name", "North", "--coordinator", "Siri <9>")
    made = told(folder, "series", "create", "selfcheck", *north, *TELEGRAM, *DATES)
    assert "by codes: runda series codes north" in made
    before = told(folder, "series", "codes", "north").splitlines()
    assert [line.split()[:2] for line in before] == [["Gruppe", "1"], ["Gruppe", "2"]]
    after = told(folder, "series", "codes", "north", "--replace", "Gruppe 1").splitlines()
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)


def test_a_series_elsewhere_has_no_codes(folder: Path) -> None:
    people = ("--people", "Kari, Amir, Liv, Jon")
    told(folder, "series", "create", "selfcheck", "--name", "North", *people, *DATES, "--coordinator", "Siri")
    assert "none has a code" in told(folder, "series", "codes", "north")


def test_ideas_are_assessed_at_the_command_line_without_names(folder: Path) -> None:
    where = ("--platform", "slack", "--workspace", "T1")
    told(folder, "coordinator", "add", "U1", *where, "--name", "Siri Vik")
    assert told(folder, "idea", "assessor", "U2", *where, "--name", "Eva Rud") == "Eva Rud assesses ideas.\n"
    assert "Eva" not in told(folder, "coordinator", "list")
    assert told(folder, "idea", "list") == "There are no ideas yet.\n"
    added = told(folder, "idea", "add", "A place to meet", "--for", "the young", "--by", "Siri Vik")
    assert added == "Idea 1 is received.\n"
    assert "who has it now, or why not" in run(folder, "idea", "decide", "1", "not-now").output
    told(folder, "idea", "decide", "1", "not-now", "--words", "No room this year")
    listed = told(folder, "idea", "list")
    assert "not-now" in listed
    assert "not-now: 1, the oldest for 0 days" in listed
    everything = listed + told(folder, "idea", "show", "1") + told(folder, "idea", "list", "--json")
    assert everything.count("No room this year") == 2
    assert "Siri" not in everything
    assert run(folder, "idea", "show", "2").exit_code == 2
    assert "no more" in told(folder, "idea", "assessor", "U2", *where, "--end")


def test_the_command_knows_what_those_who_assess_can_say() -> None:
    assert ideas.VERDICTS == sluice.VERDICTS
