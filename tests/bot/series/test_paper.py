"""What a table wrote on paper."""

from datetime import timedelta

import pytest

from bot.series import changes, members, paper
from bot.series.office import open_office
from bot.series.overview import needs
from bot.series.problems import SeriesProblem
from flows.forms import Named, NamedGroup
from storage import tables as t
from tests.bot.a_series import (
    OPENS,
    do,
    looking,
    made,
    rows,
    sessions,
    works,
)
from tests.flows.catalogues import catalogue


def test_what_a_table_wrote_is_entered_at_once_without_names_and_late_when_it_is_late(database):
    made(database, answering="table", note_taker=["Kari"])
    house = works(database)
    with pytest.raises(SeriesProblem, match="has not opened for Group 1"):
        entered(database, house, {1: ["Too early"]}, OPENS)
    house.take_due(OPENS)
    written, wrong = paper.read("1 The ferry\n1. The school\n\n5) Kari calls them\nno number")
    assert wrong == ["no number"]
    assert entered(database, house, written, OPENS, heads=5) == "3 lines of Group 1 are entered."
    kept = [row for row in rows(database, t.replies) if row.step]
    assert [(row.step, row.words) for row in kept] == [
        ("map-fits", "The ferry"), ("map-fits", "The school"), ("next-steps", "Kari calls them"),
    ]  # fmt: skip
    assert [row.role for row in kept] == ["answer", "answer", "action"]
    assert {(row.private, row.late) for row in kept} == {(False, False)}
    assert [row.state for row in rows_of(database, t.actions)] == ["open"]
    asked = rows(database, t.outbox, t.outbox.c.session_id == 1, t.outbox.c.prompt.is_not(None))
    assert [row.status for row in asked] == ["dropped"] * (len(asked) - 1) + ["queued"]
    assert not rows(database, t.outbox, t.outbox.c.sort == "receipt")
    with pytest.raises(SeriesProblem, match="no question 9"):
        entered(database, house, {9: ["Nowhere"]}, OPENS)
    do(
        database,
        members.add_group,
        NamedGroup("Elv", (Named("Ida"), Named("Nils"), Named("Else"))),
        now=OPENS,
    )
    with pytest.raises(SeriesProblem, match="has not opened for Elv"):
        entered(database, house, {1: ["It came later"]}, OPENS, group="Elv")
    do(database, changes.cancel, 1, now=OPENS)
    entered(database, house, {2: ["After it was over"]}, OPENS + timedelta(hours=1))
    (last,) = [row for row in rows(database, t.replies) if row.words.startswith("After")]
    assert (last.step, last.late) == ("local-conditions", True)
    assert "not settled" not in waiting(database)
    met = sessions(database, 2)[0].starts_at
    house.take_due(met)
    assert "Group 2 has not begun" in waiting(database)
    do(database, changes.cancel, 2, now=met)
    assert "Group 1 has met again with 1 action that is not settled." in waiting(database)


def waiting(database):
    return "\n".join(looking(database, lambda office: list(needs(office, catalogue("en").say))))


def entered(database, house, written, now, heads=None, group="1"):
    with database.write() as connection:
        office = open_office(connection, "Runda", "north", "test", now)
        return paper.enter(house, office, 1, office.circle(group), written, heads)


def rows_of(database, table):
    with database.read() as connection:
        return list(connection.execute(table.select()))
