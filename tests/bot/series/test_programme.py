"""What rounds that have not opened will say, and a round that is held once more."""

from dataclasses import replace
from datetime import date

from bot.series import texts
from bot.series.overview import view
from storage import tables as t
from tests.bot.a_series import (
    OPENS,
    do,
    looking,
    made,
    meetings,
    on,
    opened,
    refused,
    rows,
    sessions,
    works,
)


def test_a_newer_text_is_for_the_rounds_that_have_not_opened(database):
    made(database)
    opened(database)
    content = looking(database, texts.stored)
    titled = {
        **content.texts["en"]["rounds"],
        "resources": {**content.texts["en"]["rounds"]["resources"], "title": "Anew"},
    }
    newer = replace(content, texts={**content.texts, "en": {**content.texts["en"], "rounds": titled}})
    told = do(database, texts.rewrite, newer, now=OPENS).told
    assert told == ("The programme is changed. Sessions that will use it: 2, 3.",)
    assert "Anew" in [each.title for each in looking(database, view).meetings]
    first = meetings(database)[0]
    assert first.content_id not in (None, rows(database, t.series)[0].content_id)
    with refused("needs texts in en"):
        do(database, texts.rewrite, replace(newer, texts={"nb": content.texts["nb"]}), now=OPENS)
    other = newer.programme.model_copy(update={"programme": "another"})
    with refused("is not the programme of North"):
        do(database, texts.rewrite, replace(newer, programme=other), now=OPENS)


def test_a_round_is_held_once_more_on_a_date_of_its_own(database):
    made(database)
    told = do(database, texts.repeat, 2, on("2026-12-01")).told
    assert told[:2] == ("Session 4 is session 2 once more.", "Session 4 is on Tuesday 2026-12-01 at 09:00.")
    found = looking(database, view).meetings
    assert (found[3].title, found[3].moment.on) == (found[1].title, date(2026, 12, 1))
    at = sessions(database, 4)[0].starts_at
    assert works(database).take_due(at) >= 2
    assert {row.phase for row in sessions(database, 4)} == {"lobby"}
