"""Forms whose fields are columns: how a row is read, and that a recap has all of the table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.message import Heading, Points, programme, text
from flows.reading import cells
from flows.recap import Said, compile_group, dump, load, parts, without
from tests.flows.stage import selfcheck

AT = datetime(2026, 11, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("The county – money – ten pilots", ("The county", "money", "ten pilots")),
        ("The county; money |ten pilots", ("The county", "money", "ten pilots")),
        ("Well-being - trains - less sick-leave – by 2030", ("Well-being", "trains", "less sick-leave – by 2030")),
        ("The county", ("The county",)),
        ("The county –  – ten pilots", ("The county", "", "ten pilots")),
    ],
)  # fmt: skip
def test_a_row_is_read_as_people_write_it(words: str, read: tuple[str, ...]) -> None:
    assert cells(words, 3) == read


def test_the_team_map_is_whole_in_the_recap() -> None:
    rows = [
        Said(reply=n, person=1 + n % 2, step="team-map.ask", role="note", size=40, sent_at=AT)
        for n in range(1, 8)
    ]
    recap = compile_group(selfcheck().route(3), rows)
    head = tuple(programme("rounds", "team", "team-map", each) for each in ("actor", "role", "ambition"))
    shown = parts(load(dump(recap)))
    [table] = [part for part in shown if isinstance(part, Points) and part.columns]
    assert (table.columns, len(table.items)) == (head, 7)
    before = shown[shown.index(table) - 1]
    assert before == Heading(programme("rounds", "team", "team-map", "ask"), "team-map")
    less = [part for part in parts(without(recap, {3})) if isinstance(part, Points) and part.columns]
    assert [len(part.items) for part in less] == [6]
    assert Heading(text("recap.unanswered")) in shown
