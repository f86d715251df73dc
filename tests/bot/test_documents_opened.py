"""Our files as LibreOffice opens them, where it is installed: nothing stands outside its page, no sign is missing.

It takes some twenty seconds, so it is run when asked for: RUNDA_TEST_OFFICE=1, with `soffice` and `pdftotext` there
(Debian and Ubuntu: libreoffice-writer, libreoffice-impress and poppler-utils).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot import library
from bot.documents.charts import CHART, illustrated
from bot.documents.round import round_of
from bot.shelf import Shelf
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_series import looking, made
from tests.bot.a_story import Story
from tests.bot.test_documents import _plain, counted

LACKS = [each for each in ("soffice", "pdftotext") if shutil.which(each) is None]
pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("RUNDA_TEST_OFFICE"), reason="it takes long: set RUNDA_TEST_OFFICE=1"
    ),
    pytest.mark.skipif(bool(LACKS), reason=f"not installed here: {', '.join(LACKS)}"),
]
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')


def opened(file: bytes, ending: str, folder: Path) -> str:
    """The pages that LibreOffice makes of it, word by word with their places."""
    (folder / f"a.{ending}").write_bytes(file)
    home = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    convert = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(folder), f"a.{ending}"]
    subprocess.run(convert, cwd=folder, check=True, capture_output=True, timeout=120)
    told = ["pdftotext", "-bbox", str(folder / "a.pdf"), "-"]
    return subprocess.run(told, check=True, capture_output=True, timeout=60).stdout.decode()


def held(pages: str) -> str:
    """Every word is inside its page, and made of signs that there are. Returns the words."""
    said: list[str] = []
    for width, height, inside in PAGE.findall(pages):
        for left, top, right, bottom, word in WORD.findall(inside):
            assert float(left) >= 0, word
            assert float(top) >= 0, word
            assert float(right) <= float(width), word
            assert float(bottom) <= float(height), word
            said.append(word)
    assert said
    assert "\ufffd" not in "".join(said)
    return " ".join(said)


def test_a_recap_in_word_has_all_its_words_and_its_charts(story: Story, tmp_path: Path) -> None:
    pytest.importorskip("docx", reason="it is in the extra `documents`")
    from bot.documents.word import to_docx

    document = counted(story)
    said = held(opened(to_docx(document), "docx", tmp_path))
    for block in illustrated(document).words.blocks:
        assert _plain(block.words.partition("\n")[0] if block.kind == CHART else block.words) in said


@pytest.mark.parametrize("programme", ["selfcheck", "culture", "network"])
def test_slides_have_all_their_words_on_the_screen(
    sqlite_database: Database, programme: str, tmp_path: Path
) -> None:
    pytest.importorskip("pptx", reason="it is in the extra `documents`")
    from bot.documents.slides import to_pptx

    rounds = len(library.read(programme).programme.rounds)
    made(sqlite_database, programme=programme, on=[f"2026-10-{6 + 7 * each:02d}" for each in range(rounds)])

    def look(office: Any) -> Any:
        return round_of(office, Unit(office.connection), Shelf(), 1)

    shown = looking(sqlite_database, look)
    said = held(opened(to_pptx(shown), "pptx", tmp_path))
    for each in shown.questions:
        assert _plain(each.words) in said
        assert all(_plain(point) in said for point in each.points)
