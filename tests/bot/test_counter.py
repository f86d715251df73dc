"""The counter, by stories: what coordinators, managers and participants do by forms and pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.port import Sheet
from tests.bot.a_counter import Desk, presses, words


@pytest.fixture
def desk(database) -> Iterator[Desk]:
    desk = Desk(database)
    yield desk
    desk.close()


def set_up(desk: Desk, **more) -> Sheet:
    """A series of six in a channel, through all steps. Returns the page of the series."""
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4", "U5", "U6", "B1"]
    what = {"name": "North", "programme": "selfcheck", "language": "nb", **more.pop("what", {})}
    how = {"pace": "live", "answering": "each", "arena": "staff", "form": "", **more.pop("how", {})}
    who = {"channel": "C1", "people": (), "split": "divided", "coordinator": ("U9",), "manager": ("U8",),
           **more.pop("who", {})}  # fmt: skip
    when = {"first": "2026-10-20", "at": "09:00", "apart": "2", "others": "", **more.pop("when", {})}
    for name, written in (("setup", what), ("setup-how", how), ("setup-who", who), ("setup-when", when)):
        sheet = desk.hand_in(name, written)
        assert isinstance(sheet, Sheet), sheet
    assert sheet.name == "setup-check", words(sheet)
    made = desk.hand_in("setup-check")
    assert isinstance(made, Sheet), made
    return made


def test_a_series_is_set_up_in_four_steps_and_shown_before_anything_is_made(desk):
    desk.appoint()
    assert "setup" in presses(desk.ask("home"))
    page = set_up(desk)
    print(words(page), presses(page))
    assert page.name == "series:1"
