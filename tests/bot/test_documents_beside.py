"""The managers' recap as a file beside its message: for those who are told alone, where a platform takes files."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select, update

from adapters.terminal import TerminalPlatform
from bot.claims import Claims
from bot.documents import NotInstalled, beside
from bot.documents.recaps import Document
from bot.shelf import Shelf
from bot.words import Speaker
from storage import tables as t
from tests.bot.a_story import Story


class TakesFiles(TerminalPlatform):
    capabilities = replace(TerminalPlatform.capabilities, files=True)


def to_managers(story: Story, folder: Path, *, files: bool = True) -> list[Document | None]:
    """What would go out now beside recaps, by person."""
    takes = (TakesFiles if files else TerminalPlatform)(folder, story.played.clock)
    claims = Claims(story.database, Speaker(Shelf()), {"terminal": takes}, "one", "mark")
    claimed = claims.claim(story.played.clock.at, 50, Counter()).parcels
    return [each.document for each in claimed if each.row.person_id is not None and each.row.sort == "recap"]


def test_an_approved_recap_has_its_file_and_only_where_files_are_taken(story: Story, tmp_path: Path) -> None:
    pytest.importorskip("docx", reason="it is in the extra `documents`")
    story.approve_quietly()
    per, eva = to_managers(story, tmp_path)
    assert per is not None
    assert per == eva
    file = beside.beside(per)
    assert (file.kind, file.words) == ("file", "managers-recap-of-session-1-version-1.docx")
    with zipfile.ZipFile(io.BytesIO(file.file or b"")) as packed:
        assert "session 1, version 1" in packed.read("word/document.xml").decode()


def test_the_file_is_of_the_version_that_its_message_tells_of(story: Story, tmp_path: Path) -> None:
    """A message is corrected also where somebody is no manager any more: no later version comes with it."""
    story.approve_quietly()
    with story.database.write() as connection:
        approved = connection.execute(select(t.recaps).where(t.recaps.c.status == "approved")).one()._asdict()
        connection.execute(
            insert(t.recaps), {**approved, "id": 9_000_001, "version": approved["version"] + 1}
        )
    assert [each and each.version for each in to_managers(story, tmp_path)] == [1, 1]


def test_without_what_makes_docx_it_is_a_page(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: object) -> bytes:
        raise NotInstalled("DOCX", ModuleNotFoundError("docx"))

    monkeypatch.setattr(beside, "to_docx", missing)
    story.approve_quietly()
    per, _ = to_managers(story, tmp_path)
    assert per is not None
    beside.beside.cache_clear()
    file = beside.beside(per)
    assert file.words.endswith(".html")
    assert (file.file or b"").startswith(b"<!DOCTYPE html>")


def test_a_platform_that_takes_none_and_bare_counts_have_no_file(story: Story, tmp_path: Path) -> None:
    story.approve_quietly()
    assert to_managers(story, tmp_path, files=False) == [None, None]
    with story.database.write() as connection:
        connection.execute(update(t.outbox).where(t.outbox.c.status == "sending").values(status="queued"))
        connection.execute(update(t.recaps).values(status="counts"))
    assert to_managers(story, tmp_path) == [None, None]
