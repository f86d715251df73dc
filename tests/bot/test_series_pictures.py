"""A coordinator's own picture: for the sessions that have not opened, with its texts, and never without them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.series import pictures
from bot.series.problems import NotFound, SeriesProblem
from bot.shelf import Shelf
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_series import do, made, rows

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><title>{title}</title><text>{points.1.label}</text></svg>'
TEXTS = {
    "title": "Our map",
    "alt": "A map of the valley",
    "points": {1: {"label": "School & ferry", "help": "Small."}},
}


def shown(database: Database, content_id: str, language: str = "en") -> tuple[str, str]:
    """What the picture says in words, and what it looks like."""
    shelf = Shelf()
    with database.read() as connection:
        unit = Unit(connection)
        texts = shelf.programme_texts(unit, content_id, language, "UTC")
        return texts.say("pictures.map.alt"), shelf.picture(unit, content_id, "map", language).decode()


def series(database: Database) -> Any:
    return rows(database, t.series)[0]


def test_another_picture_is_shown_with_its_own_texts_in_every_language(database: Database) -> None:
    made(database)
    before = series(database).content_id
    do(database, pictures.put_up, "map", "our.svg", SVG, pictures.read_texts(TEXTS))
    after = series(database).content_id
    for language in ("en", "nn"):
        alt, drawn = shown(database, after, language)
        assert alt == "A map of the valley"
        assert "<title>Our map</title><text>School &amp; ferry</text>" in drawn
    assert shown(database, before)[0] != "A map of the valley"


def test_a_session_that_has_opened_keeps_its_picture(database: Database) -> None:
    made(database)
    pinned = series(database).content_id
    with database.write() as connection:
        connection.execute(
            t.meetings.update().where(t.meetings.c.number == 1).values(content_id=pinned, status="open")
        )
    told = do(database, pictures.put_up, "map", "our.png", b"\x89PNG", pictures.read_texts(TEXTS)).told
    assert told == ("The picture map is now our.png. Sessions that will show it: 2, 3.",)
    assert rows(database, t.meetings)[0].content_id == pinned


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({"title": "Our map"}, "alt"),
        ({**TEXTS, "points": {1: {"label": "School"}}}, "points.1.help"),
        ({**TEXTS, "points": {2: {"label": "School", "help": "Small."}}}, "numbered 1, 2, 3"),
        ({**TEXTS, "caption": "x"}, "caption"),
    ],
)
def test_a_picture_without_its_texts_is_refused(texts: dict[str, Any], named: str) -> None:
    with pytest.raises(SeriesProblem, match=named):
        pictures.read_texts(texts)


def test_a_picture_that_is_not_there_or_cannot_be_shown_is_told(database: Database) -> None:
    made(database)
    texts = pictures.read_texts(TEXTS)
    with pytest.raises(NotFound, match="Did you mean map"):
        do(database, pictures.put_up, "mop", "our.svg", SVG, texts)
    with pytest.raises(SeriesProblem, match=r"\.svg, \.png"):
        do(database, pictures.put_up, "map", "our.pptx", b"PK", texts)
