"""Every line that docs/traps.md quotes stands in its transcript, and each of those is played and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.flows.stage import TRANSCRIPTS

PAGE = Path(__file__).parents[2] / "docs" / "traps.md"
ROWS = re.findall(
    r"^\| (\d+) \| ([^|]+) \| (\w+) \| `([^`]+)` \|$", PAGE.read_text("utf-8"), flags=re.MULTILINE
)


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 20
    assert len(ROWS) == PAGE.read_text("utf-8").count("\n| ") - 2


@pytest.mark.parametrize(("number", "trap", "transcript", "quoted"), ROWS)
def test_the_line_stands_in_its_transcript(number: str, trap: str, transcript: str, quoted: str) -> None:
    written = (TRANSCRIPTS / f"{transcript}.txt").read_text("utf-8")
    assert any(line.startswith(" ") and quoted in line for line in written.splitlines()), f"{number}: {trap}"
