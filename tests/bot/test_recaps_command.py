"""`runda recap`, as a coordinator gives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from click.testing import CliRunner, Result

from bot.cli import Caller
from bot.cli import runda as command
from bot.cli.recaps import NOTHING_YET
from bot.recaps import desk
from storage import tables as t
from storage.database import Database
from tests.bot.a_meeting import OPENS, Clock, planned
from tests.bot.a_series import rows
from tests.bot.a_story import Story


@pytest.fixture
def runda(story: Story) -> Callable[..., Result]:
    """The command, as the coordinator at the command line gives it."""
    file = story.database.path
    assert file is not None

    def run(*words: str) -> Result:
        house = Caller(story.played.clock)
        return CliRunner().invoke(command, ["--data", str(file.parent), "recap", *words], obj=house)

    return run


def test_the_command_shows_a_session_as_markdown_and_where_it_stands_apart(
    runda: Callable[..., Result],
) -> None:
    result = runda("show", "north")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# Last time we talked about what works\n")
    assert "# Recap for managers: What works\n\nWaits for the coordinator's approval.\n" in result.stdout
    assert "- **1.** Rules are tighter than the law in north-1." in result.stdout
    assert result.stderr.splitlines()[0] == (
        "Session 1, Fjord: made by rule: waits for session 2, Tuesday 2026-11-03 at 09:00"
    )
    assert "Session 1, managers: waits for approval" in result.stderr


def test_what_is_read_at_the_command_line_stands_in_the_log_without_what_it_says(
    story: Story, runda: Callable[..., Result]
) -> None:
    """Reading used to leave no trace, though the table of who sees what said that the operator could not."""
    runda("show", "north", "--group", "Fjord")
    runda("show", "north", "2")
    runda("edit", "north", "--group", "Fjord", "--restore", "1")
    logged = [(row.act, row.object) for row in rows(story.database, t.audit) if row.act.startswith("recap")]
    assert logged == [("recaps read", f"north/session {number}") for number in (1, 2, 1)]


def test_the_command_holds_releases_edits_and_approves(story: Story, runda: Callable[..., Result]) -> None:
    assert "Version 1 is held" in runda("hold", "north", "--group", "Fjord").stdout
    assert "made by rule when it goes out. It goes out when session 2 opens." in (
        runda("release", "north", "--group", "Fjord").stdout
    )
    edited = runda("edit", "north", "--group", "Fjord", "--drop", "3", "--say", "1", "Rules are a challenge.")
    assert "- **1.** Rules are a challenge." in edited.stdout
    assert edited.stderr == "Left out: 3\nVersion 3 is edited. It goes out when session 2 opens.\n"
    assert "Version 4 is approved." in runda("approve", "north", "--group", "Fjord").stdout
    assert "It goes to 2 of 2 managers now." in runda("approve", "north").stdout
    story.played.settle()
    assert len(story.played.posts("@per")) == 1
    listed = runda("list", "north").stdout.splitlines()
    assert listed[0] == "Session 1, Tuesday 2026-10-20 at 09:00"
    assert listed[1] == "  Fjord: version 4, approved: waits for session 2, Tuesday 2026-11-03 at 09:00"
    assert re.fullmatch(
        r"  managers: version 1, approved, went out to Per Tuesday 2026-10-20 at 09:\d\d; went out to Eva .*",
        listed[3],
    )


def test_the_command_makes_files_of_what_went_out(
    story: Story, runda: Callable[..., Result], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert runda("export", "north", "--out", str(out)).stdout .splitlines() == [
        f"{out}/groups/session-1-fjord-not-posted.md", f"{out}/groups/session-1-fjell-not-posted.md",
    ]  # fmt: skip
    assert "liv notes it down" in (out / "groups/session-1-fjord-not-posted.md").read_text("utf-8")
    rmtree(out)
    story.approve()
    story.group(desk.hold, group="Fjell")
    story.open_second()
    result = runda("export", "north", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.md")) == [
        "groups/session-1-fjord-v1.md", "managers/session-1-v1.md",
    ]  # fmt: skip
    of_group = (out / "groups/session-1-fjord-v1.md").read_text("utf-8")
    assert of_group.rstrip() in story.recap().replace("\n\nWhat have you thought about since then?\n", "")
    of_managers = (out / "managers/session-1-v1.md").read_text("utf-8")
    assert of_managers.rstrip() in story.played.posts("@per")[0]
    assert [row.object for row in rows(story.database, t.audit) if row.act == "recaps exported"] == [
        "north/2 files", "north/2 files",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("hold", "north"), 2, "Say which group is meant: Fjord, Fjell."),
        (("show", "south"), 2, "There is no series called south."),
        (("show", "north", "2", "--managers"), 2, "No group has finished session 2"),
        (("show", "north", "--group", "Fjord", "--managers"), 2, "one of them only"),
        (("edit", "north", "--group", "Fjord"), 2, "Say --drop, --say or --restore"),
        (("edit", "north", "--managers", "--anew"), 2, "Say --drop, --say or --restore"),
        (("approve", "north", "--by", "Per"), 2, "There is no coordinator called Per."),
    ],
)
def test_the_command_says_what_is_wrong(
    runda: Callable[..., Result], words: tuple[str, ...], code: int, told: str
) -> None:
    result = runda(*words)
    assert result.exit_code == code, result.output
    assert told in result.output


def test_before_any_meeting_there_is_nothing_and_that_is_said(
    sqlite_database: Database, tmp_path: Path
) -> None:
    planned(sqlite_database, tmp_path)
    run = CliRunner()
    house = Caller(Clock(OPENS[0] - timedelta(days=1)))
    shown = run.invoke(command, ["--data", str(tmp_path), "recap", "show", "north"], obj=house)
    assert shown.exit_code == 2
    assert "No group has finished a session in which something was said" in shown.output
    listed = run.invoke(command, ["--data", str(tmp_path), "recap", "list", "north"], obj=Caller(house.clock))
    assert listed.output == f"{NOTHING_YET}\n"
