"""An erasure or a purge that is cut off anywhere is gone on from, and comes to the same end."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.rights import days, erasing, look, purging
from storage import tables as t
from tests.bot.a_meeting import OPENS, Played, first_meeting, planned
from tests.bot.a_person import begin, finish, holds, number, posted
from tests.bot.a_series import rows
from tests.bot.a_story import Story


class Cut(BaseException):
    """The process ends here: nothing catches this."""


@contextmanager
def cut_off_at(database, commit):
    """The process dies instead of the commit of that number, from 1. Nothing happens where there are fewer."""
    left = [commit]

    def before(connection):
        if not connection.get_execution_options().get("looking"):
            left[0] -= 1
            if left[0] == 0:
                raise Cut

    event.listen(database.engine, "commit", before)
    try:
        yield left
    finally:
        event.remove(database.engine, "commit", before)


@pytest.fixture
def played(database, tmp_path, monkeypatch):
    """Small units, so that there are many places to be cut off at."""
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    monkeypatch.setattr(purging, "AT_ONCE", 7)
    monkeypatch.setattr(purging, "IN_WORDS", 1)
    planned(database, tmp_path)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        played.said = first_meeting(played)
        Story(played, played.said).approve()
        yield played


def rights(played):
    return look.Rights(played.house.works)


def cut_off_everywhere(played, do):
    """Cut it off at its first commit, then at its second, and so on, until it comes to its end. Returns how often."""
    for commit in range(1, 200):
        with cut_off_at(played.database, commit):
            try:
                do()
            except Cut:
                continue
        return commit
    raise AssertionError("it never ends")


def test_an_erasure_that_is_cut_off_again_and_again_comes_to_its_end(played):
    kari = number(played.database, "Kari")
    with pytest.raises(Cut), cut_off_at(played.database, 1):
        begin(played, kari)
    assert number(played.database, "Kari") == kari
    assert begin(played, kari)
    tries = cut_off_everywhere(played, lambda: rights(played).erasing.go_on(kari, played.clock.at))
    assert tries > 4
    finish(played)
    assert holds(played.database, "kari", "tighter than the law in north-1") == []
    assert posted(played, "kari", "tighter than the law in north-1") == []
    managers = [
        row for row in rows(played.database, t.recaps) if row.session_id is None and row.status == "lessened"
    ]
    assert len(managers) == 1
    told = [text for text in played.posts("@berit") if "erased" in text]
    assert len(told) == 1
    acts = [row.act for row in rows(played.database, t.audit) if row.object == f"person:{kari}"]
    assert acts == ["erasure begun", "erasure done"]


def test_a_purge_that_is_cut_off_again_and_again_comes_to_its_end(played):
    with Story(played, played.said).office() as (office, _):
        days.decide(office, "replies", 14)
    played.clock.at += timedelta(days=60)
    works = rights(played).purging
    (series,) = rows(played.database, t.series)
    tries = cut_off_everywhere(played, lambda: works.replies(series.id, played.clock.at))
    assert tries > 4
    assert rows(played.database, t.replies) == []
    assert rows(played.database, t.log, t.log.c.session_id.is_not(None)) == []
    assert {row.phase for row in rows(played.database, t.sessions)} <= {"purged", "planned", "missed"}
    kept = rows(played.database, t.recaps)
    assert [row.status for row in kept] == ["approved"]
    assert "tighter than the law" in kept[0].said
