"""What rounds that have not opened will say, and a round that is held once more."""

from dataclasses import replace
from datetime import date

from sqlalchemy import update

from bot.series import texts, undoing
from bot.series.deciding import foreseen
from bot.series.office import open_office
from bot.series.overview import view
from storage import tables as t
from tests.bot.a_series import (
    NOW,
    OPENS,
    announced,
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
    assert do(database, undoing.undo, now=OPENS).told == (
        "The programme is as it was before. Sessions that will use it: 2, 3.",
    )
    assert rows(database, t.series)[0].content_id == first.content_id
    with refused("there is nothing to undo"):
        do(database, undoing.undo, now=OPENS)
    do(database, texts.rewrite, newer, now=OPENS)
    with refused("needs texts in en"):
        do(database, texts.rewrite, replace(newer, texts={"nb": content.texts["nb"]}), now=OPENS)
    other = newer.programme.model_copy(update={"programme": "another"})
    with refused("is not the programme of North"):
        do(database, texts.rewrite, replace(newer, programme=other), now=OPENS)
    works(database).take_due(sessions(database, 2)[0].starts_at)
    with refused("Session 2 has opened with the newer programme, and keeps it."):
        do(database, undoing.undo, now=OPENS)


def test_a_round_is_held_once_more_on_a_date_of_its_own(database):
    made(database)
    before = rows(database, t.series), meetings(database), sessions(database)
    do(database, texts.repeat, 2, on("2026-12-01"))
    with database.write() as connection:
        seen = foreseen(open_office(connection, "Runda", "north", "test", NOW), undoing.undo)
    assert seen.told == ("Session 4 is off the plan again. Nobody had been told of it.",)
    assert seen.heard == ()
    assert do(database, undoing.undo).told == seen.told
    assert (rows(database, t.series), meetings(database), sessions(database)) == before
    assert announced(database) == []
    told = do(database, texts.repeat, 2, on("2026-12-01")).told
    assert told[:2] == ("Session 4 is session 2 once more.", "Session 4 is on Tuesday 2026-12-01 at 09:00.")
    found = looking(database, view).meetings
    assert (found[3].title, found[3].moment.on) == (found[1].title, date(2026, 12, 1))
    with database.write() as connection:
        connection.execute(
            update(t.outbox).where(t.outbox.c.id == announced(database)[-1].id).values(status="sending")
        )
    with refused("The groups have heard of session 4. Cancel it instead."):
        do(database, undoing.undo)
    at = sessions(database, 4)[0].starts_at
    assert works(database).take_due(at) >= 2
    assert {row.phase for row in sessions(database, 4)} == {"lobby"}
