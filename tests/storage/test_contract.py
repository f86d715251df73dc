"""What every engine promises to the rest of the house: the unit of work, and what can never happen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from storage import tables as t
from storage.database import Database
from storage.unit import Seat, StaleSession, Unit
from tests.storage import rows
from tests.storage.rows import NOW, START, World


@pytest.fixture
def world(database: Database) -> World:
    with database.write() as connection:
        return rows.make(connection, groups=3)


# -- transactions and times


def test_a_unit_is_written_whole_or_not_at_all(database: Database, world: World):
    def fails_at_the_log() -> None:
        with database.write() as connection:
            unit = Unit(connection)
            unit.add(t.replies, [rows.reply(world, 1)])
            unit.add(t.log, [rows.entry(world, "same"), rows.entry(world, "same")])
            unit.flush()

    with pytest.raises(IntegrityError):
        fails_at_the_log()
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.replies)).scalar() == 0


def test_reading_does_not_wait_for_a_writer(database: Database, world: World):
    with database.write() as writer:
        writer.execute(insert(t.replies).values(**rows.reply(world, 1)))
        with database.read() as reader:
            assert reader.execute(select(func.count()).select_from(t.replies)).scalar() == 0


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"), fold=1),  # the second of the two
        datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    ],
)
def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database, at: datetime):
    with database.write() as connection:
        connection.execute(insert(t.workers).values(id="w", seen_at=at))
        found = connection.execute(select(t.workers.c.seen_at)).scalar_one()
    assert found == at.astimezone(UTC)
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database):
    naive = datetime(2026, 3, 1)  # noqa: DTZ001
    with pytest.raises(StatementError, match="no time zone"), database.write() as connection:
        connection.execute(insert(t.workers).values(id="w", seen_at=naive))


def test_times_are_in_order_to_the_microsecond(database: Database):
    times = [START + timedelta(microseconds=each) for each in (10, 0, 999_999, 1_000_000)]
    with database.write() as connection:
        for number, at in enumerate(times):
            rows.put(connection, t.parked, raw="", reason="", at=at, key=str(number))
        assert list(connection.execute(select(t.parked.c.at).order_by(t.parked.c.at)).scalars()) == sorted(
            times
        )
        assert connection.execute(select(func.count()).where(t.parked.c.at <= times[0])).scalar() == 2


# -- what a unit reads


def test_an_event_is_known_by_its_key(database: Database, world: World):
    with database.write() as connection:
        unit = Unit(connection)
        unit.add(t.log, [rows.entry(world, "a"), rows.entry(world, None), rows.entry(world, None)])
        unit.flush()
        assert unit.known(["a", "b"]) == {"a"}
        assert unit.known([]) == set()


def test_what_only_one_person_sees_stays_so_beside_what_everybody_sees(database, world):
    """Rows that are written together do not give the same columns."""
    with database.write() as connection:
        unit = Unit(connection)
        everybody, one = rows.outgoing(world, 0), {**rows.outgoing(world, 1), "only": "U1"}
        unit.add(t.outbox, [everybody, one, {**everybody, "effect": 2}])
        unit.flush()
    with database.read() as connection:
        found = connection.execute(select(t.outbox.c.only).order_by(t.outbox.c.id)).scalars()
        assert list(found) == [None, "U1", None]


def test_what_was_erased_is_known_by_its_hash(database: Database):
    with database.write() as connection:
        connection.execute(insert(t.tombstones).values(hash="h", at=NOW))
        assert Unit(connection).buried(["h", "i"]) == {"h"}
        assert Unit(connection).buried([]) == set()


def test_a_session_is_read_with_its_series_and_meeting(database: Database, world: World):
    with database.write() as connection:
        found = Unit(connection).sessions(world.sessions[1:])
        assert list(found) == world.sessions[1:]
        row = found[world.sessions[1]]
        assert (row.version, row.phase, row.wake_at, row.starts_at) == (0, "planned", START, START)
        assert (row.number, row.circle_kind, row.content_id, row.zone) == (1, "group", "c1", "Europe/Oslo")


def test_the_content_that_a_meeting_opened_with_counts(database: Database, world: World):
    with database.write() as connection:
        content = {"id": "c2", "programme": "selfcheck", "version": 2, "body": "{}", "created_at": NOW}
        connection.execute(insert(t.contents).values(**content))
        connection.execute(update(t.meetings).values(content_id="c2"))
        assert Unit(connection).sessions(world.sessions[:1])[world.sessions[0]].content_id == "c2"


def test_sessions_are_due_from_their_moment_on(database: Database, world: World):
    with database.write() as connection:
        connection.execute(
            update(t.sessions).where(t.sessions.c.id == world.sessions[2]).values(wake_at=None)
        )
        unit = Unit(connection)
        assert unit.due(START - timedelta(microseconds=1), 10) == set()
        assert unit.due(START, 10) == set(world.sessions[:2])
        assert len(unit.due(START, 1)) == 1


def test_a_session_is_due_when_something_waits_for_it_once_it_is_open(database: Database, world: World):
    published = {
        "session_id": world.sessions[0], "meeting_id": world.meeting, "circle_id": world.circles[0],
        "findings": "[]", "waits_for": world.sessions[2],
    }  # fmt: skip
    early = START - timedelta(hours=1)
    with database.write() as connection:
        connection.execute(insert(t.publications).values(**published))
        assert Unit(connection).due(early, 10) == set()
        connection.execute(update(t.sessions).values(phase="running", state="{}"))
        assert Unit(connection).due(early, 10) == {world.sessions[2]}


def test_places_and_seats_are_found_by_channel_and_account(database: Database, world: World):
    with database.write() as connection:
        left = t.memberships.c.person_id == world.people[1]
        connection.execute(update(t.memberships).where(left).values(until=NOW))
        unit = Unit(connection)
        assert unit.places(
            [("terminal", "w", "autumn-1", ""), ("terminal", "w", "elsewhere", "")]
        ).keys() == {("terminal", "w", "autumn-1", "")}
        _, seats = unit.people(["kari0", "kari1", "nobody"])
        assert seats == {
            ("terminal", "w", "kari0"): [Seat(world.people[0], world.series, world.circles[0], "participant")]
        }
        assert (unit.places([]), unit.people([])) == ({}, ({}, {}))


def test_messages_are_found_by_place_and_the_platforms_id(database: Database, world: World):
    """The same id in two places is two messages, as on Telegram."""
    here, there = world.places[:2]
    with database.write() as connection:
        unit = Unit(connection)
        both = [rows.reply(world, 1, message="7"), rows.reply(world, 2, group=1, message="7")]
        unit.add(t.replies, both)
        unit.add(t.outbox, [rows.outgoing(world, 0, receipt="8", prompt=3, status="sent")])
        unit.flush()
        found = unit.replies([(here, "7"), (there, "7"), (there, "9")])
        assert {key: row.id for key, row in found.items()} == {(here, "7"): 1, (there, "7"): 2}
        prompts = unit.prompts([(here, "8"), (there, "8")])
        assert {key: row.prompt for key, row in prompts.items()} == {(here, "8"): 3}
        assert (unit.replies([]), unit.prompts([])) == ({}, {})


# -- what a unit writes


def test_flush_writes_all_that_was_collected(database: Database, world: World):
    with database.write() as connection:
        unit = Unit(connection)
        row = unit.sessions(world.sessions[:1])[world.sessions[0]]
        row.version, row.phase, row.state, row.wake_at = 1, "running", "{}", None
        unit.advanced(row, 0)
        unit.speaks(world.places[0], row.id)
        unit.add(t.replies, [rows.reply(world, 1), rows.reply(world, 2)])
        unit.add(t.findings, [{"reply_id": 1, "session_id": row.id, "state": "proposed"}])
        unit.add(t.actions, [{"reply_id": 2, "circle_id": world.circles[0], "state": "open"}])
        unit.refile(1, "note", 4, "aha", late=True)
        unit.judge("finding", 1, "reworded", 2)
        unit.judge("action", 2, "done", None)
        unit.flush()
    with database.read() as connection:
        assert Unit(connection).sessions([row.id])[row.id] == row
        kept = connection.execute(select(t.replies).where(t.replies.c.id == 1)).one()
        assert (kept.role, kept.prompt, kept.step, kept.late) == ("note", 4, "aha", True)
        finding = connection.execute(select(t.findings)).one()
        assert (finding.state, finding.words_id) == ("reworded", 2)
        assert connection.execute(select(t.actions.c.state)).scalar() == "done"
        spoken = select(t.places.c.session_id).where(t.places.c.id == world.places[0])
        assert connection.execute(spoken).scalar() == row.id


def test_a_judgement_without_words_keeps_those_there_are(database: Database, world: World):
    with database.write() as connection:
        unit = Unit(connection)
        unit.add(t.replies, [rows.reply(world, 1), rows.reply(world, 2)])
        finding = {"reply_id": 1, "session_id": world.sessions[0], "state": "reworded", "words_id": 2}
        unit.add(t.findings, [finding])
        unit.judge("finding", 1, "yes", None)
        unit.flush()
        found = connection.execute(select(t.findings)).one()
        assert (found.state, found.words_id) == ("yes", 2)


def test_a_second_flush_has_nothing_to_write(database: Database, world: World):
    with database.write() as connection:
        unit = Unit(connection)
        unit.add(t.log, [rows.entry(world, "a")])
        unit.flush()
        unit.flush()
        assert connection.execute(select(func.count()).select_from(t.log)).scalar() == 1


def test_the_sittings_of_a_circle_are_found_for_what_its_people_write_in_private(
    database: Database, world: World
):
    with database.write() as connection:
        unit = Unit(connection)
        mine = unit.sittings([world.circles[0]], ["planned"])
        assert [(row.id, row.circle_id) for row in mine] == [(world.sessions[0], world.circles[0])]
        assert unit.sittings([world.circles[0]], ["running"]) == []
        assert unit.sittings([], ["planned"]) == []


@pytest.mark.parametrize("stale", [0, 1, 2])
def test_a_session_that_another_unit_changed_is_stale(database: Database, world: World, stale: int):
    """Wherever in the batch it stands; and nothing of the batch is written."""

    def advance() -> None:
        with database.write() as connection:
            unit = Unit(connection)
            for number, row in enumerate(unit.sessions(world.sessions).values()):
                row.version, row.phase = 1, "running"
                unit.advanced(row, 5 if number == stale else 0)
            unit.flush()

    with pytest.raises(StaleSession):
        advance()
    with database.read() as connection:
        assert set(connection.execute(select(t.sessions.c.phase)).scalars()) == {"planned"}


# -- what can never happen


def twice(database: Database, table: object, row: dict[str, object], constraint: str, sqlite: str) -> None:
    """The row goes in once, and then the engine refuses it, by the name it gives to that rule."""
    says = sqlite if database.sqlite else constraint
    with database.write() as connection:
        connection.execute(insert(table).values(**row))
    with pytest.raises(IntegrityError, match=says), database.write() as connection:
        connection.execute(insert(table).values(**{**row, **({"id": 99} if table is t.replies else {})}))


def test_one_session_per_circle_and_meeting(database: Database, world: World):
    row = rows.session(world, world.circles[0], world.places[1])
    says = (
        "sessions.circle_id, sessions.meeting_id" if database.sqlite else "uq_sessions_circle_id_meeting_id"
    )
    with pytest.raises(IntegrityError, match=says), database.write() as connection:
        connection.execute(insert(t.sessions).values(**row))


def test_one_message_per_session_version_and_effect(database: Database, world: World):
    same = "outbox.session_id, outbox.version, outbox.effect"
    twice(database, t.outbox, rows.outgoing(world, 0), "uq_outbox_session_id_version_effect", same)


def test_one_reply_per_message_of_a_platform(database: Database, world: World):
    same = "replies.place_id, replies.message"
    twice(database, t.replies, rows.reply(world, 1), "uq_replies_place_id_message", same)


def test_one_entry_in_the_log_per_event(database: Database, world: World):
    twice(database, t.log, rows.entry(world, "a"), "uq_log_key", "log.key")


def test_nothing_points_at_what_is_not_there(database: Database, world: World):
    lost = {**rows.reply(world, 1), "person_id": 4711}
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(t.replies).values(**lost))


def test_with_a_reply_goes_what_was_made_of_it(database: Database, world: World):
    with database.write() as connection:
        connection.execute(insert(t.replies), [rows.reply(world, each) for each in (1, 2, 3, 4)])
        finding = {"session_id": world.sessions[0], "state": "reworded"}
        connection.execute(insert(t.findings).values(reply_id=1, **finding))
        connection.execute(insert(t.findings).values(reply_id=2, words_id=3, **finding))
        connection.execute(insert(t.actions).values(reply_id=4, circle_id=world.circles[0], state="open"))
    with database.write() as connection:
        connection.execute(delete(t.replies).where(t.replies.c.id.in_([1, 3, 4])))
    with database.read() as connection:
        assert [
            tuple(row) for row in connection.execute(select(t.findings.c.reply_id, t.findings.c.words_id))
        ] == [(2, None)]
        assert connection.execute(select(func.count()).select_from(t.actions)).scalar() == 0


def test_a_number_of_the_outbox_is_never_given_twice(database: Database, world: World):
    with database.write() as connection:
        first = rows.put(connection, t.outbox, **rows.outgoing(world, 0))
        connection.execute(delete(t.outbox))
        assert rows.put(connection, t.outbox, **rows.outgoing(world, 1)) > first


def test_there_is_room_for_the_longest_names(database: Database, world: World):
    """PostgreSQL refuses what is too long, SQLite does not: the engines would differ in what they park."""
    with database.write() as connection:
        connection.execute(insert(t.log).values(**rows.entry(world, "k" * 400)))
        connection.execute(insert(t.workers).values(id="h" * 63 + ":4194304:0123abcd", seen_at=NOW))


# -- at the same time

THREADS = 8


def test_one_message_in_flight_per_place(database: Database, world: World):
    """Eight couriers grab a message each, of the same place, without looking first: one gets it."""
    with database.write() as connection:
        waiting = [rows.outgoing(world, effect) for effect in range(THREADS)]
        ids = [rows.put(connection, t.outbox, **row) for row in waiting]
    together = Barrier(THREADS)

    def grab(number: int) -> str:
        together.wait(10)
        try:
            with database.write() as connection:
                mine = update(t.outbox).where(t.outbox.c.id == number)
                connection.execute(mine.values(status="sending"))
        except IntegrityError as refused:
            return "outbox.place_id" if "outbox.place_id" in str(refused.orig) else str(refused.orig)
        return "mine"

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(grab, ids))
    assert outcomes.count("mine") == 1
    refused = "outbox.place_id" if database.sqlite else "uq_outbox_in_flight"
    assert sum(refused in outcome for outcome in outcomes) == THREADS - 1


def test_an_event_that_comes_eight_times_at_once_is_taken_in_once(database: Database, world: World):
    together = Barrier(THREADS)

    def take(number: int) -> bool:
        together.wait(10)
        try:
            with database.write() as connection:
                unit = Unit(connection)
                if unit.known(["event"]):
                    return False
                unit.add(t.log, [rows.entry(world, "event")])
                unit.add(t.replies, [rows.reply(world, number, message="m")])
                unit.flush()
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(take, range(1, THREADS + 1))) == 1
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(t.replies)).scalar() == 1


def test_units_that_advance_one_session_come_one_after_the_other(database: Database, world: World):
    """Sixteen advances by eight threads: each sees the one before it, none is lost, none is stale."""

    def advance(_: int) -> None:
        with database.write() as connection:
            unit = Unit(connection)
            row = unit.sessions(world.sessions[:1])[world.sessions[0]]
            was, row.version = row.version, row.version + 1
            unit.advanced(row, was)
            unit.flush()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(advance, range(2 * THREADS)))
    with database.read() as connection:
        found = Unit(connection).sessions(world.sessions[:1])[world.sessions[0]]
    assert found.version == 2 * THREADS


def test_two_who_look_for_what_is_due_never_get_the_same(postgres_database: Database):
    """PostgreSQL: the second does not wait for the first, it gets others. (SQLite has one writer at a time.)"""
    with postgres_database.write() as connection:
        world = rows.make(connection, groups=5)
    with postgres_database.write() as one, postgres_database.write() as other:
        first = Unit(one).due(START, 3)
        second = Unit(other).due(START, 3)
        assert (len(first), len(second)) == (3, 2)
        assert first | second == set(world.sessions)


def test_looking_for_what_is_due_never_waits(postgres_database: Database):
    """Seen: a batch held one session and wanted another, which was due; who had claimed that one wanted the first,
    for which something had been published. PostgreSQL ended one of the two (deadlock detected).
    """
    with postgres_database.write() as connection:
        world = rows.make(connection, groups=2)
        waits, due = world.sessions
        connection.execute(update(t.sessions).values(phase="running", state="{}"))
        connection.execute(update(t.sessions).where(t.sessions.c.id == waits).values(wake_at=None))
        published = {"meeting_id": world.meeting, "circle_id": world.circles[1], "findings": "[]"}
        connection.execute(insert(t.publications).values(session_id=due, waits_for=waits, **published))
    with postgres_database.write() as batch, postgres_database.write() as clock:
        Unit(batch).sessions([waits])
        assert Unit(clock).due(START, 10) == {due}
    with postgres_database.write() as clock:
        assert Unit(clock).due(START, 10) == {waits, due}


def test_a_second_writer_waits_until_the_first_is_done(sqlite_database: Database):
    """SQLite: what is due is claimed by having begun to write."""
    with sqlite_database.write() as connection:
        world = rows.make(connection)
    with ThreadPoolExecutor(1) as pool:
        with sqlite_database.write() as connection:
            assert Unit(connection).due(START, 3) == set(world.sessions)
            late = pool.submit(_due_of, sqlite_database)
            connection.execute(update(t.sessions).values(wake_at=None))
            assert not late.done()
        assert late.result(10) == set()


def _due_of(database: Database) -> set[int]:
    with database.write() as connection:
        return Unit(connection).due(START, 3)
