"""docs/public-bodies.md says what the code does: its blocks are made from it, and its other claims are tried here.

`RUNDA_UPDATE=1` rewrites the blocks.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.cli import COMMANDS
from bot.rights import beyond, checklist, days, kept
from bot.series.making import come_from
from storage import tables as t
from tests.bot.a_person import erase, number
from tests.bot.test_rights_days import at_the_end, decide
from tests.flows.catalogues import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "public-bodies.md"
#: Texts of what cannot be reached, in the order in which they are listed.
BEYOND = ("messages", "platform", "files", "posts", "others", "backups", "log")


def blocks():
    say = catalogue("en").say
    warned = days.WARN.days
    life = (
        f"Days are counted from a series' last session, and move with it: from {days.LEAST} to {days.MOST:,} of them. "
        f"Coordinators are told {warned} days before. Where nobody has decided, it is kept until somebody does."
    )
    told = {"messages": {"platform": "Slack", "n": 2}, "platform": {"platform": "Slack"}, "files": {"n": 2}}
    listed = [f"- {say(f'rights.beyond-{each}', **told.get(each, {}))}" for each in BEYOND]
    items = [f"- `{item}`: {say(f'rights.checklist.{item}')}" for item in checklist.ITEMS]
    return {"kept": kept.table(), "days": life, "beyond": "\n".join(listed), "checklist": "\n".join(items)}


def test_the_blocks_are_what_the_code_says():
    page = PAGE.read_text("utf-8")
    made = page
    for name, block in blocks().items():
        marked = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        assert re.search(marked, made, re.DOTALL), name
        made = re.sub(
            marked, lambda found, block=block: f"{found[1]}\n{block}\n\n{found[2]}", made, flags=re.DOTALL
        )
    if os.environ.get("RUNDA_UPDATE"):
        PAGE.write_text(made, "utf-8")
    assert page == made, "rewrite it: RUNDA_UPDATE=1 python3 -m tests tests/bot/test_rights_docs.py"


def test_every_table_stands_in_one_row():
    named = [name for each in kept.KEPT for name in each.tables]
    assert sorted(named) == sorted(t.metadata.tables)


def test_every_command_of_the_page_is_there():
    page = PAGE.read_text("utf-8")
    known = {name for listed in COMMANDS.values() for name in listed}
    said = set(re.findall(r"runda ([a-z]+)", page))
    assert said <= known
    assert {"people", "retention", "archive", "audit", "checklist"} <= said


def test_everything_that_is_beyond_reach_stands_on_the_page(story):
    keys = {key for key in catalogue("en").entries if key.startswith("rights.beyond-")}
    assert keys == {f"rights.beyond-{each}" for each in BEYOND}
    with story.database.read() as connection:
        listed = [text.key for text in beyond.listed(connection, number(story.database, "Kari"))]
    assert [key.removeprefix("rights.beyond-") for key in listed] == ["others", "backups", "log"]


# -- how long


def counted(story, name):
    with story.database.read() as connection:
        return connection.execute(select(func.count()).select_from(t.metadata.tables[name])).scalar()


def of_sessions(story, name):
    table = t.metadata.tables[name]
    with story.database.read() as connection:
        return connection.execute(select(func.count()).where(table.c.session_id.is_not(None))).scalar()


@pytest.mark.parametrize("row", kept.KEPT, ids=lambda row: row.tables[0])
def test_it_is_kept_as_long_as_the_page_says(story, row):
    story.approve()
    decide(story, replies=30, recaps=60)
    before = {name: counted(story, name) for name in row.tables}
    at_the_end(story, 30)
    at_the_end(story, 30)
    after = {name: counted(story, name) for name in row.tables}
    if row.life == "replies":
        assert {name: _left(story, name) for name in row.tables} == dict.fromkeys(row.tables, 0)
    elif row.life == "recaps":
        assert after["recaps"] == 1
        at_the_end(story, 60)
        at_the_end(story, 60)
        assert counted(story, "recaps") == 0
    else:
        assert {name for name in before if after[name] < before[name]} <= {"workers", "buckets"}


def _left(story, name):
    """What is left that is the series': that recaps went out is, until they go themselves."""
    if name == "log":
        return of_sessions(story, "log")
    if name == "outbox":
        o = t.outbox.c
        with story.database.read() as connection:
            other = select(func.count()).where(o.session_id.is_not(None), o.sort != "recap")
            return connection.execute(other).scalar()
    if name == "parked":
        with story.database.read() as connection:
            return connection.execute(select(func.count()).where(t.parked.c.raw != "")).scalar()
    return counted(story, name)


# -- what an erasure does


def test_what_the_page_says_is_deleted_is_deleted(story):
    kari = number(story.database, "Kari")
    with story.database.write() as connection:
        come_from(connection, 1, "Nordvik", [kari])
    erase(story.played, "Kari")
    gone = [row for row in kept.KEPT if row.out.startswith("deleted")]
    assert len(gone) == 4
    with story.database.read() as connection:
        for name in ("replies", "identities", "places", "codes", "marks"):
            mine = t.metadata.tables[name].c.person_id == kari
            assert connection.execute(select(func.count()).where(mine)).scalar() == 0, name
        met = t.pairs.c.one_id == kari
        assert connection.execute(select(func.count()).select_from(t.pairs).where(met)).scalar() == 0
        left = select(t.people.c.name, t.people.c.unit_id).where(t.people.c.id == kari)
        assert tuple(connection.execute(left).one()) == ("", None)
        ended = select(func.count()).where(t.memberships.c.person_id == kari, t.memberships.c.until.is_(None))
        assert connection.execute(ended).scalar() == 0
        assert connection.execute(select(func.count()).select_from(t.tombstones)).scalar() > 0


def test_an_erasure_takes_effect_at_once(story):
    """Before anything has been rewritten, the account is nobody's."""
    from tests.bot.a_person import begin

    begin(story.played, number(story.database, "Kari"))
    story.played.clock.at += timedelta(seconds=1)
    before = counted(story, "replies")
    story.played.say("north-1", "kari", "Kari says one thing more.")
    assert counted(story, "replies") == before
