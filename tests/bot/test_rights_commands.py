"""`runda people`, `retention`, `archive`, `audit` and `checklist`, as they are given at the command line."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from click.testing import CliRunner

from bot.cli import Caller
from bot.cli import runda as command
from storage import tables as t
from tests.bot.a_person import finish, holds, number
from tests.bot.a_series import rows


@pytest.fixture
def runda(story):
    def run(*words):
        folder = story.database.path.parent
        return CliRunner().invoke(
            command, ["--data", str(folder), "--language", "en", *words], obj=Caller(story.played.clock)
        )

    return run


def acts(story):
    return [(row.act, row.object) for row in rows(story.database, t.audit)]


def test_what_is_kept_of_somebody_is_printed_and_that_it_was_asked_for_is_written_down(story, runda):
    result = runda("people", "show", "Kari", "--reason", "asked by e-mail, case 12")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# What Runda has of you\n")
    assert "kari is proud of the ferry." in result.stdout
    kari = number(story.database, "Kari")
    assert ("person shown", f"asked by e-mail, case 12 person:{kari}") in acts(story)
    assert f"person:{kari}" in result.stdout.split("What the log says of you")[1]


@pytest.mark.usefixtures("story")
def test_as_json_and_in_another_language(runda):
    told = json.loads(runda("people", "show", "kari", "--reason", "x", "--json").stdout)
    assert told["name"] == "Kari"
    assert runda("people", "show", "kari", "--reason", "x", "--in", "nn").stdout.startswith(
        "# Det Runda har om deg"
    )


@pytest.mark.parametrize(
    "words", [("show", "Kari"), ("show", "Kari", "--reason", "  "), ("erase", "Kari", "--yes")]
)
def test_without_a_reason_nothing_is_shown_or_erased(story, runda, words):
    before = len(rows(story.database, t.replies))
    result = runda("people", *words)
    assert result.exit_code == 2
    assert "is proud" not in result.output
    assert [act for act, _ in acts(story) if act.startswith(("person", "eras"))] == []
    assert len(rows(story.database, t.replies)) == before


@pytest.mark.usefixtures("story")
def test_somebody_unknown_is_told_with_who_there_is(runda):
    result = runda("people", "show", "Karri", "--reason", "x")
    assert result.exit_code == 2
    assert "Did you mean Kari?" in result.output


def test_of_two_with_one_name_it_is_said_which(story, runda):
    with story.database.write() as connection:
        p = t.people
        amir = connection.execute(p.select().where(p.c.name == "Amir")).one()
        connection.execute(p.update().where(p.c.id == amir.id).values(name="Kari"))
    result = runda("people", "show", "Kari", "--reason", "x")
    assert result.exit_code == 2
    assert f"person:{amir.id}" in result.output
    assert runda("people", "show", f"person:{amir.id}", "--reason", "x").exit_code == 0


def test_an_erasure_is_told_first_and_done_only_on_yes(story, runda):
    told = runda("people", "erase", "Kari", "--reason", "asked in person")
    assert told.exit_code == 0
    assert "Runda cannot reach this:" in told.output
    assert "Nothing was erased." in told.output
    assert holds(story.database, "kari is proud of the ferry")
    kari = number(story.database, "Kari")
    done = runda("people", "erase", "Kari", "--reason", "asked in person", "--yes")
    assert done.exit_code == 0, done.output
    assert f"person:{kari}" in done.output
    story.played.settle()
    finish(story.played)
    assert holds(story.database, "kari") == []
    assert [act for act, _ in acts(story) if "eras" in act] == [
        "erasure asked for", "erasure asked for", "erasure begun", "erasure done",
    ]  # fmt: skip


@pytest.mark.usefixtures("story")
def test_the_last_coordinator_can_be_erased_and_it_is_said_what_that_means(runda):
    result = runda("people", "erase", "Berit", "--reason", "x")
    assert "Nobody else coordinates North." in result.output
    assert "Nobody else" not in runda("people", "erase", "Kari", "--reason", "x").output


@pytest.mark.usefixtures("story")
def test_an_account_that_was_never_erased_needs_no_welcome(runda):
    assert runda("people", "welcome", "slack/T1/U9", "--reason", "x").exit_code == 2
    assert runda("people", "welcome", "slack", "--reason", "x").exit_code == 2


def test_days_are_shown_decided_and_refused(story, runda):
    assert "kept until somebody decides. Say --replies DAYS." in runda("retention", "north").output
    told = runda("retention", "north", "--replies", "60").output
    assert "replies: kept until" in told
    assert "backups until you delete them" in told
    assert runda("retention", "--recaps", "3650").exit_code == 0
    both = runda("retention").output
    assert "recaps: kept until" in both
    assert "replies: kept until" in both
    refused = runda("retention", "north", "--replies", "3")
    assert refused.exit_code == 2
    assert "from 14 to 36500 days" in refused.output
    assert ("replies kept", "north/60 days") in acts(story)


def test_an_archive_is_a_folder_or_one_file(story, runda, tmp_path):
    story.approve()
    result = runda("archive", "north", "--case", "2026/1234", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "managers" / "session-1-v1.md").read_text().count("2026/1234") == 1
    assert "managers/session-1-v1.html" in result.output
    assert runda("archive", "north", "--out", str(tmp_path / "a.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archived:
        first = archived.read("managers/session-1-v1.json")
    assert first == (tmp_path / "out" / "managers" / "session-1-v1.json").read_bytes()
    assert [act for act, _ in acts(story)].count("archive exported") == 2
    assert ("case number", "north/2026/1234") in acts(story)
    assert runda("archive", "north").exit_code == 2
    assert runda("archive", "north", "--case", "9" * 61).exit_code == 2


@pytest.mark.usefixtures("story")
def test_the_log_is_listed_and_written(runda):
    assert "test planned the series\n" in runda("audit", "north").output
    assert re.search(
        r"(?m)^20\d\d-\d\d-\d\d \d\d:\d\d  north +test planned the series$", runda("audit").output
    )
    assert runda("audit", "north", "--csv").stdout_bytes.startswith(b"number,at,actor,act,object\r\n")
    assert json.loads(runda("audit", "--json").stdout)[0]["act"] == "series created"
    assert runda("audit", "--csv", "--json").exit_code == 2
    assert runda("audit", "south").exit_code == 2


@pytest.mark.usefixtures("story")
def test_the_checklist_is_shown_and_ticked_off(runda):
    before = runda("checklist", "north").output
    assert before.count("not settled yet") == 5
    after = runda("checklist", "north", "--done", "safety", "--on", "2026-09-30").output
    assert after.count("not settled yet") == 4
    assert "The safety representative has been told: 30 September 2026" in after
    assert runda("checklist", "north", "--on", "2026-09-30").exit_code == 2


def test_what_an_operator_does_to_all_of_it_is_in_the_log(story, runda, tmp_path):
    assert runda("backup", str(tmp_path / "b.db")).exit_code == 0
    assert runda("restore", "--hold").exit_code == 0
    assert runda("restore", "--confirm").exit_code == 0
    assert [act for act, _ in acts(story)][-3:] == ["backup made", "delivery held", "delivery let go"]


def test_a_backup_that_is_put_back_names_those_who_are_to_be_erased_again(story, runda, tmp_path):
    assert runda("backup", str(tmp_path / "b.db")).exit_code == 0
    kari = number(story.database, "Kari")
    assert runda("people", "erase", "Kari", "--reason", "x", "--yes").exit_code == 0
    story.played.house.database.close()
    result = runda("restore", str(tmp_path / "b.db"), "--replace")
    assert result.exit_code == 0, result.output
    assert f"They are: person:{kari}." in result.output
    assert [act for act, _ in acts(story)][-1] == "backup restored"


def test_nobody_is_found_by_no_name(story, runda):
    """Those who have been erased have none."""
    with story.database.write() as connection:
        connection.execute(t.people.update().where(t.people.c.name == "Amir").values(name=""))
    for called in ("", "  "):
        assert runda("people", "show", called, "--reason", "x").exit_code == 2
