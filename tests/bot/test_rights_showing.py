"""«Show me»: all that is kept of a person, and nothing of anybody else's."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from bot.rights import showing
from bot.rights.showing import as_json, as_text, of_person
from bot.shelf import Shelf
from flows import sight
from flows.sight import NotYours
from storage import tables as t
from tests.bot.a_meeting import OPENS
from tests.bot.a_person import number, within
from tests.bot.a_series import rows

LANGUAGES = ("nb", "nn", "sv", "en")


@pytest.fixture
def played(story):
    """After the first meeting, with what was said at the beginning of the second."""
    story.approve()
    story.open_second()
    story.played.say("@kari", "kari", "Kari thinks this alone")
    return story.played


def shown(played, name="Kari", viewer="author"):
    with played.database.read() as connection:
        return of_person(connection, number(played.database, name), viewer)


def test_every_word_of_hers_is_there_and_where_it_stands(played):
    found = shown(played)
    kari = found.person
    assert found.name == "Kari"
    assert [(each.platform, each.account) for each in found.accounts] == [("terminal", "kari")]
    assert {row.words for row in rows(played.database, t.replies, t.replies.c.person_id == kari)} == {
        one.words for one in found.written
    }
    (finding,) = [one for one in found.written if one.role == "finding"]
    assert finding.state == "yes"
    assert {each.recap for each in finding.recaps} == {"group", "managers"}
    assert finding.posted > 0
    (alone,) = [one for one in found.written if one.alone]
    assert (alone.words, alone.recaps, alone.posted) == ("Kari thinks this alone", (), 0)


def test_nobody_elses_words_names_or_accounts_are_there(played):
    told = as_json(shown(played))
    others = [row.words for row in rows(played.database, t.replies) if row.words not in told]
    kari = number(played.database, "Kari")
    mine = {row.words for row in rows(played.database, t.replies, t.replies.c.person_id == kari)}
    assert [words for words in others if words in mine] == []
    assert not within(told, "amir", "liv", "tor", "sigrid", "ola", "berit", "per", "eva")


def test_what_is_shown_as_json_says_it_all(played):
    found = shown(played)
    told = json.loads(as_json(found))
    assert told["person"] == found.person
    assert len(told["written"]) == len(found.written)
    assert told["written"][0]["recaps"] is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_as_a_text_it_is_in_her_language_with_her_words_as_they_are(played, language):
    found = shown(played)
    told = as_text(found, Shelf().catalogue(language, "Europe/Oslo"), played.clock.at)
    assert told.startswith("# ")
    assert told.count("\n## ") == 4
    for one in found.written:
        assert one.words in told
    assert len({as_text(found, Shelf().catalogue(each, "UTC"), played.clock.at) for each in LANGUAGES}) == 4


def test_drafts_votes_parked_events_and_roles_are_there(played):
    kari = number(played.database, "Kari")
    at = played.clock.at
    raw = {"type": "wrote", "key": "k", "place": ["terminal", "local", "north-1", ""], "account": "kari",
           "message": "m",
           "words": "Kari says what was not taken in", "at": at.isoformat()}  # fmt: skip
    with played.database.write() as connection:
        owner = connection.execute(select(t.organisations.c.id)).scalar()
        connection.execute(insert(t.drafts).values(platform="terminal", workspace="local", account="kari",
                                                   what="guided", sheet="s",
                                                   written='{"a": "Kari has begun this"}', at=at))  # fmt: skip
        connection.execute(insert(t.drafts).values(platform="terminal", workspace="local", account="amir",
                                                   what="guided", sheet="s",
                                                   written='{"a": "Amir has begun this"}', at=at))  # fmt: skip
        for account in ("kari", "amir"):
            connection.execute(insert(t.parked).values(key=account, raw=json.dumps(raw | {"account": account}),
                                                       reason="x", at=at))  # fmt: skip
        connection.execute(insert(t.appointments).values(organisation_id=owner, person_id=kari, since=at))
        (session,) = [row for row in rows(played.database, t.sessions) if row.phase == "running"][:1]
        state = json.loads(session.state) | {"options": [4, 5, 6], "votes": {str(kari): [1, 2]}}
        connection.execute(
            t.sessions.update().where(t.sessions.c.id == session.id).values(state=json.dumps(state))
        )
    found = shown(played)
    assert [one.written for one in found.begun] == ['{"a": "Kari has begun this"}']
    assert len(found.waiting) == 1
    assert [vote.options for vote in found.votes] == [(1, 2)]
    assert [part.role for part in found.parts] == ["participant", "appointed"]
    told = as_text(found, Shelf().catalogue("en", "Europe/Oslo"), at)
    assert "you have chosen 2, 3" in told
    assert "may set up series" in told


def test_the_rows_of_the_log_about_her_are_there_and_no_others(played):
    kari = number(played.database, "Kari")
    with played.database.write() as connection:
        owner = connection.execute(select(t.organisations.c.id)).scalar()
        for actor, what in (("x", f"north person:{kari}"), (f"person:{kari}", "north"),
                            ("x", f"person:{kari} person:9"),
                            ("x", f"person:{kari}1"), ("x", "north"), (f"person:{kari}1", "north")):  # fmt: skip
            row = {
                "organisation_id": owner,
                "actor": actor,
                "act": "done",
                "object": what,
                "at": played.clock.at,
            }
            connection.execute(insert(t.audit), row)
    about = [(row.actor, row.object) for row in shown(played).log]
    assert about == [
        ("x", f"north person:{kari}"),
        (f"person:{kari}", "north"),
        ("x", f"person:{kari} person:9"),
    ]


def test_scores_are_there_by_item(played):
    kari = number(played.database, "Kari")
    (mine, *_) = rows(played.database, t.replies, t.replies.c.person_id == kari)
    with played.database.write() as connection:
        connection.execute(insert(t.scores), [{"reply_id": mine.id, "item": "trust", "value": 4},
                                              {"reply_id": mine.id, "item": "time", "value": None}])  # fmt: skip
        connection.execute(t.replies.update().where(t.replies.c.id == mine.id).values(words="", role="score"))
    found = shown(played)
    (scored,) = [one for one in found.written if one.scores]
    assert scored.scores == {"trust": 4, "time": None}
    assert "time: ?, trust: 4" in as_text(found, Shelf().catalogue("en", "UTC"), played.clock.at)


@pytest.mark.parametrize("viewer", ["circle", "series", "coordinator", "manager", "other"])
def test_nobody_else_is_shown_it(played, viewer):
    with pytest.raises(NotYours):
        shown(played, viewer=viewer)


def test_the_operator_sees_it_on_request_and_only_because_the_table_says_so(played, monkeypatch):
    assert shown(played, viewer="operator") == shown(played)
    cell = sight.TABLE["solo"]
    monkeypatch.setitem(sight.TABLE, "solo", sight.Row(what=cell.what, why=cell.why, author="yes"))
    with pytest.raises(NotYours):
        shown(played, viewer="operator")


def test_a_day_later_it_is_the_same(played):
    """Looking changes nothing."""
    before = shown(played)
    played.clock.at = max(played.clock.at, OPENS[1]) + timedelta(days=1)
    assert shown(played) == before
    assert showing.as_json(before) == as_json(shown(played))


def test_what_a_manager_answered_is_shown_to_that_manager_and_to_no_other(played):
    per = number(played.database, "Per")
    (finding,) = rows(played.database, t.replies, t.replies.c.role == "finding", t.replies.c.words.contains("north-1"),
                      t.replies.c.words.contains("tighter"))  # fmt: skip
    with played.database.write() as connection:
        owner = connection.execute(select(t.organisations.c.id)).scalar()
        connection.execute(insert(t.responses).values(organisation_id=owner, reply_id=finding.id, person_id=per,
                                                      verdict="not-now", words="The budget is spent",
                                                       at=played.clock.at))  # fmt: skip
    found = shown(played, "Per")
    assert [(one.verdict, one.words) for one in found.answered] == [("not-now", "The budget is spent")]
    assert "not now): The budget is spent" in as_text(
        found, Shelf().catalogue("en", "Europe/Oslo"), played.clock.at
    )
    assert shown(played, "Eva").answered == shown(played).answered == ()
