"""Whole conversations, as people would see them, compared line by line. How they are written: tests/flows/stage.py."""

from __future__ import annotations

import os

import pytest

from flows.state import dump
from tests.flows.stage import TRANSCRIPTS, play

UPDATE = bool(os.environ.get("RUNDA_UPDATE"))
FILES = sorted(TRANSCRIPTS.glob("*.txt"))


def test_there_are_transcripts() -> None:
    assert len(FILES) >= 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_conversation_goes_as_written(path) -> None:  # type: ignore[no-untyped-def]
    written = path.read_text()
    came, stage = play(written)
    if UPDATE:
        path.write_text(came)
    else:
        assert came.splitlines() == written.splitlines(), (
            f"if this is right, RUNDA_UPDATE=1 pytest {__file__}"
        )
    replayed = stage.replayed()
    assert replayed is not None
    assert stage.state is not None
    assert dump(replayed) == dump(stage.state)
