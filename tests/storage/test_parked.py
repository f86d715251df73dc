"""Parked events: kept whole, tried again, and forgotten when they are settled."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from storage import parked
from storage import tables as t
from storage.database import Database, DatabaseProblem
from tests.storage.rows import NOW

LATER = NOW.replace(hour=9)


def park(
    database: Database, key: str = "e1", raw: str = '{"words":"secret"}', reason: str = "KeyError"
) -> int:
    with database.write() as connection:
        parked.park(connection, key=key, raw=raw, reason=reason, at=NOW)
        return connection.execute(select(t.parked.c.id).where(t.parked.c.key == key)).scalar_one()


def waiting(database: Database) -> list[parked.Parked]:
    with database.read() as connection:
        return parked.waiting(connection)


def rows_of(database: Database) -> list[tuple[str, bool]]:
    """What is held, and whether it is settled."""
    with database.read() as connection:
        found = connection.execute(select(t.parked.c.raw, t.parked.c.settled_at).order_by(t.parked.c.id))
        return [(row.raw, row.settled_at is not None) for row in found]


def test_a_parked_event_is_listed_without_what_it_holds(database: Database):
    number = park(database)
    assert waiting(database) == [parked.Parked(number, "e1", NOW, "KeyError", 1)]
    with database.read() as connection:
        assert parked.content(connection, number) == '{"words":"secret"}'


def test_an_event_that_is_brought_again_is_parked_once(database: Database):
    number = park(database)
    assert park(database, reason="ValueError") == number
    (event,) = waiting(database)
    assert (event.tries, event.reason, event.at) == (2, "ValueError", NOW)


def test_an_event_that_fails_again_after_it_was_settled_waits_again(database: Database):
    number = park(database)
    with database.write() as connection:
        parked.settle(connection, number, at=LATER)
    assert waiting(database) == []
    assert park(database) == number
    assert rows_of(database) == [('{"words":"secret"}', False)]


def test_what_no_database_can_hold_as_it_is_can_still_be_parked(database: Database):
    """PostgreSQL has no NUL in its texts: such words are what is parked there, so parking itself has to do."""
    raw = msgspec.json.encode({"words": "a\0b"}).decode()
    number = park(database, raw=raw)
    with database.read() as connection:
        assert msgspec.json.decode(parked.content(connection, number)) == {"words": "a\0b"}


def test_an_event_that_is_taken_in_is_settled_and_forgotten(database: Database):
    number, taken = park(database), []
    assert parked.retry(database, number, taken.append, at=LATER) is None
    assert taken == ['{"words":"secret"}']
    assert rows_of(database) == [("", True)]


def test_what_takes_an_event_in_has_the_database_to_itself(database: Database):
    """SQLite has one writer: held open around `take`, a transaction of ours would make it wait for ever."""

    def take(_: str) -> None:
        with database.write() as connection:
            connection.execute(insert(t.tombstones).values(hash="h", at=NOW))

    assert parked.retry(database, park(database), take, at=LATER) is None


def test_an_event_that_fails_stays_with_the_reason_and_no_words(database: Database):
    def take(raw: str) -> None:
        raise ValueError(f"cannot read {raw}")

    number = park(database)
    reason = parked.retry(database, number, take, at=LATER)
    assert reason is not None
    assert reason.startswith("ValueError at test_parked.py:")
    assert "secret" not in reason
    (event,) = waiting(database)
    assert (event.reason, event.tries) == (reason, 2)


@pytest.mark.parametrize("trouble", [DatabaseProblem("full"), OperationalError("", {}, Exception("full"))])
def test_trouble_with_the_database_is_not_the_events_fault(database: Database, trouble: Exception):
    def take(_: str) -> None:
        raise trouble

    number = park(database)
    with pytest.raises(type(trouble)):
        parked.retry(database, number, take, at=LATER)
    assert waiting(database)[0].tries == 1


def test_a_given_up_event_is_forgotten(database: Database):
    number = park(database)
    with database.write() as connection:
        parked.settle(connection, number, at=LATER)
    assert (waiting(database), rows_of(database)) == ([], [("", True)])


def test_a_number_that_nobody_knows_or_that_is_settled_is_told(database: Database):
    number = park(database)
    with database.write() as connection:
        parked.settle(connection, number, at=LATER)
    for each in (number, number + 1):
        with pytest.raises(parked.NotParked, match=rf"number {each}\. See .* runda parked"):
            parked.retry(database, each, print, at=LATER)
    with pytest.raises(parked.NotParked), database.write() as connection:
        parked.settle(connection, number, at=LATER)


def test_those_that_wait_are_listed_oldest_first(database: Database):
    with database.write() as connection:
        for key, at in (("b", LATER), ("a", NOW)):
            parked.park(connection, key=key, raw="", reason="", at=at)
    assert [each.key for each in waiting(database)] == ["a", "b"]


def test_a_reason_names_the_engines_error_and_never_its_values(database: Database):
    park(database, key="same")
    try:
        with database.write() as connection:
            row = {"key": "same", "raw": "secret", "reason": "", "at": NOW}
            connection.execute(insert(t.parked).values(**row))
    except IntegrityError as problem:
        reason = parked.reason_of(problem)
    assert reason.split(" at ")[0] in ("IntegrityError", "UniqueViolation")
    assert "secret" not in reason


def test_a_reason_without_a_place_is_the_kind_alone():
    assert parked.reason_of(KeyError("secret")) == "KeyError"
