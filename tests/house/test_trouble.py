"""When the disk, the database, an event or a platform is at fault: nothing acknowledged is lost, the rest goes on."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from adapters.port import Address, Later, Refused, Rewrote
from bot.cli import Caller, runda
from bot.happenings import Order
from flows.events import Resumed
from storage import tables as t
from tests.databases import address
from tests.house.rig import NINE, driven, planned, replayed, rows, standing

LONG = "We need people who stay. " * 200


# -- the disk


@contextmanager
def full(database):
    """The disk takes no page more than it holds."""
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    with _pragma(database, f"max_page_count={pages}", f"max_page_count={2**31}"):
        yield


@contextmanager
def read_only(database):
    """As where the file may not be written: SQLite says the same of it."""
    with _pragma(database, "query_only=ON", "query_only=OFF"):
        yield


@contextmanager
def _pragma(database, trouble, mended):
    """Set on each connection that is taken in hand, however many there are."""
    now = [trouble]

    def taken(raw, *_):
        raw.execute(f"PRAGMA {now[0]}")

    event.listen(database.engine, "checkout", taken)
    try:
        yield
    finally:
        now[0] = mended
        with database.engine.connect():
            pass


@driven
@pytest.mark.parametrize(("trouble", "named"), [(full, "full"), (read_only, "readonly")])
async def test_a_disk_that_takes_nothing_costs_nothing_acknowledged_and_goes_on_when_mended(
    trouble, named, sqlite_database, caplog
):
    planned(sqlite_database)
    async with standing(sqlite_database) as rig:
        await rig.settle()
        await rig.say("north-1", "kari", "we are here")
        acknowledged, refused = [], []
        with trouble(sqlite_database):
            for _ in range(12):
                told = rig.wrote("north-1", "amir", LONG)
                try:
                    await rig.house.intake.put(told)
                    acknowledged.append(told)
                except OperationalError:
                    refused.append(told)
        assert refused
        assert named in caplog.text
        for told in refused:
            assert await rig.hear(told) == "applied"
        await rig.go(minutes=90)
    assert sorted(
        row.message for row in rows(sqlite_database, t.replies, t.replies.c.words == LONG)
    ) == sorted(each.message for each in (*acknowledged, *refused))
    assert rows(sqlite_database, t.parked) == []
    assert {row.phase for row in rows(sqlite_database, t.sessions)} == {"finished"}
    replayed(sqlite_database)


@driven
async def test_a_message_whose_receipt_the_disk_does_not_take_is_not_sent_again(sqlite_database, caplog):
    """The platform has it, and we cannot write that down: its place waits, and nothing is said twice."""
    planned(sqlite_database)
    async with standing(sqlite_database) as rig:
        trouble = read_only(sqlite_database)
        rig.chat.after = lambda outgoing: trouble.__enter__() if outgoing.place.channel == "north-1" else None
        with pytest.raises(OperationalError):
            await rig.settle()
        assert [post.place for post in rig.chat.posts].count("north-1") == 1
        assert "readonly" in caplog.text
        rig.chat.after = lambda _: None
        trouble.__exit__(None, None, None)
        await rig.settle()
        assert await rig.say("north-1", "kari", "we are here") == "applied"
    assert {row.status for row in rows(sqlite_database, t.outbox)} == {"sent"}
    assert rig.outbox("north-1")[0].receipt == "m1"


@driven
async def test_connections_that_break_park_nothing(postgres_database):
    planned(postgres_database)
    async with standing(postgres_database) as rig:
        await rig.settle()
        for number in range(4):
            with postgres_database.write() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                connection.exec_driver_sql(
                    f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            told = [rig.wrote("north-1", "kari", f"{number}, {each}") for each in range(5)]
            outcomes = await asyncio.gather(*(rig.house.intake.put(each) for each in told))
            assert outcomes == ["applied"] * 5
    assert rows(postgres_database, t.parked) == []


@driven
async def test_a_connection_that_breaks_within_a_unit_of_work_parks_nothing(postgres_database, again):
    planned(postgres_database)
    async with standing(postgres_database) as rig:
        await rig.settle()
        cut = [1, 2]

        @event.listens_for(postgres_database.engine, "before_cursor_execute")
        def executing(connection, _, statement, *__):
            if statement.startswith("INSERT INTO log") and cut:
                cut.pop()
                backend = connection.connection.dbapi_connection.info.backend_pid
                with again(postgres_database).write() as other:
                    other.exec_driver_sql(f"SELECT pg_terminate_backend({backend})")

        told = [rig.wrote("north-1", "kari", f"What I think is {each}.") for each in range(3)]
        assert await asyncio.gather(*map(rig.house.intake.put, told)) == ["applied"] * 3
        assert cut == []
    assert rows(postgres_database, t.parked) == []
    replayed(postgres_database)


# -- events


def poisoned(rig, place, who, message):
    """An edit whose number no column of a database takes."""
    return Rewrote(key=f"poison-{message}", place=Address("terminal", "local", place), account=who, message=message,
                   words="Other words.", revision=2**63, at=rig.clock.at)  # fmt: skip


@driven
async def test_one_poisoned_event_of_a_batch_is_parked_and_the_rest_goes_on(database):
    planned(database)
    async with standing(database) as rig:
        await rig.settle()
        first = rig.wrote("north-1", "kari", "We are at home here.")
        await rig.hear(first)
        told = [rig.wrote("north-1", "amir", "I think so."), poisoned(rig, "north-1", "kari", first.message),
                rig.wrote("north-2", "tor", "We are elsewhere.")]  # fmt: skip
        outcomes = await asyncio.gather(*(rig.house.intake.put(each) for each in told))
        assert outcomes == ["applied", "parked", "applied"]
        await rig.settle()
    (parked,) = rows(database, t.parked)
    assert parked.key == f"terminal:poison-{first.message}"
    assert "Other words" not in parked.reason
    assert len(rows(database, t.replies)) == 3
    replayed(database)


def break_content(database, called):
    """That series' programme cannot be read any more. Returns how to mend it."""
    (series,) = rows(database, t.series, t.series.c.slug == called)
    (content,) = rows(database, t.contents)
    meetings = update(t.meetings).where(t.meetings.c.series_id == series.id)
    with database.write() as connection:
        connection.execute(t.contents.insert().values(**{**content._mapping, "id": "broken", "body": "{"}))
        connection.execute(update(t.series).where(t.series.c.id == series.id).values(content_id="broken"))
        connection.execute(meetings.where(t.meetings.c.content_id.is_not(None)).values(content_id="broken"))

    def mend():
        with database.write() as connection:
            connection.execute(
                update(t.contents).where(t.contents.c.id == "broken").values(body=content.body)
            )

    return mend


def command(database, clock, *words):
    """`runda WORDS` on this database."""
    return CliRunner().invoke(runda, ["--database", address(database.url), *words], obj=Caller(clock))


@driven
async def test_what_a_broken_programme_parks_is_shown_and_taken_in_when_it_is_mended(database):
    planned(database)
    planned(database, name="South", group=["Fjord: Kari, Amir, Liv, Jon"])
    async with standing(database) as rig:
        await rig.settle()
    mend = break_content(database, "north")
    async with standing(database, chat=rig.chat) as rig:
        told = [rig.wrote("north-1", "kari", "Secret words."), rig.wrote("south-1", "kari", "Other words.")]
        outcomes = await asyncio.gather(*(rig.house.intake.put(each) for each in told))
        assert outcomes == ["parked", "applied"]
    clock = rig.clock
    shown = await asyncio.to_thread(command, database, clock, "parked")
    assert "Secret" not in shown.output
    assert "tries: 1" in shown.output
    again = await asyncio.to_thread(command, database, clock, "parked", "retry", "--all")
    assert (again.exit_code, "still parked" in again.output) == (1, True)
    mend()
    again = await asyncio.to_thread(command, database, clock, "parked", "retry", "--all")
    assert (again.exit_code, "taken in" in again.output) == (0, True)
    assert (await asyncio.to_thread(command, database, clock, "parked")).output == "Nothing is parked.\n"
    assert sorted(row.words for row in rows(database, t.replies)) == ["Other words.", "Secret words."]
    replayed(database)


@driven
async def test_a_series_that_cannot_be_opened_holds_up_no_other_and_opens_when_it_is_mended(database, caplog):
    planned(database)
    planned(database, name="South", group=["Fjord: Kari, Amir, Liv, Jon"])
    mend = break_content(database, "north")
    async with standing(database) as rig:
        await rig.settle()
        assert [post.place for post in rig.chat.posts] == ["south-1"]
        assert "cannot be opened" in caplog.text
        caplog.clear()
        await rig.settle()
        assert caplog.text == ""
        mend()
        rig.clock.at += timedelta(minutes=2)
        await rig.settle()
        assert {post.place for post in rig.chat.posts} == {"south-1", "north-1", "north-2", "north-everyone"}
    replayed(database)


@driven
async def test_a_receipt_that_cannot_be_taken_in_does_not_stop_its_place(database):
    planned(database, group=["Fjord: Kari, Amir, Liv, Jon"])
    mend = []
    async with standing(database) as rig:
        await rig.settle()

        def breaks(outgoing):
            if "Question 1 of 3" in str(outgoing.spoken) and not mend:
                mend.append(break_content(database, "north"))
                rig.house.shelf._contents.clear()

        rig.chat.after = breaks
        await rig.say("north-1", "kari", "we are here")
        statuses = [row.status for row in rig.outbox("north-1")]
        assert "sending" not in statuses
        assert "queued" not in statuses
        (asked,) = [row for row in rig.outbox("north-1") if row.prompt == 1]
        assert asked.status == "sent"
        assert [row.key for row in rows(database, t.parked)] == [f"sent:{asked.id}:receipt"]
        mend[0]()
        again = await asyncio.to_thread(command, database, rig.clock, "parked", "retry", "--all")
        assert again.exit_code == 0
        (session,) = rows(database, t.sessions)
        assert session.wake_at == rig.clock.at + timedelta(minutes=1)
    replayed(database)


# -- platforms


def on(place, words, problem):
    """That trouble, when these words are sent to that place."""

    def happens(outgoing):
        if outgoing.place.channel == place and words in str(outgoing.spoken):
            raise problem

    return happens


@driven
async def test_a_question_that_is_refused_pauses_its_session_and_tells_the_coordinator(database):
    planned(database)
    async with standing(database) as rig:
        await rig.settle()
        rig.chat.before = on("north-1", "Question 1 of 3", Refused("archived"))
        await rig.say("north-1", "kari", "we are here")
        await rig.say("north-2", "tor", "we are here")
        (failed,) = rows(database, t.outbox, t.outbox.c.status == "failed")
        assert (failed.prompt, failed.reason) == (1, "archived")
        (told,) = rig.chat.said("@berit")
        assert "the place is archived" in told
        assert any("Question 1 of 3" in words for words in rig.chat.said("north-2"))
        assert rig.outbox("north-1")[-1].status == "sent"
        assert [row.phase for row in rows(database, t.sessions, t.sessions.c.id == failed.session_id)] == [
            "paused"
        ]
        rig.chat.before = lambda _: None
        await rig.hear(Order("resumed:1", failed.session_id, Resumed()))
        assert [words for words in rig.chat.said("north-1") if "Question 1 of 3" in words]
    replayed(database)


@driven
async def test_a_place_that_must_wait_waits_alone_and_over_a_restart(database):
    planned(database)
    async with standing(database) as rig:
        rig.chat.before = on("north-1", "", Later("terminal:north-1", 30))
        await rig.settle()
        assert {post.place for post in rig.chat.posts} == {"north-2", "north-everyone"}
    async with standing(database, at=NINE + timedelta(seconds=20), chat=rig.chat) as rig:
        rig.chat.before = lambda _: None
        await rig.settle()
        assert rig.chat.said("north-1") == []
        await rig.say("north-2", "tor", "we are here")
        assert len(rig.chat.said("north-2")) > 1
        await rig.go(minutes=0.2)
        assert [post.at for post in rig.chat.posts if post.place == "north-1"] == [
            NINE + timedelta(seconds=30)
        ]
    (bucket,) = rows(database, t.buckets)
    assert (bucket.name, bucket.closed_until) == ("terminal:north-1", NINE + timedelta(seconds=30))


@driven
async def test_a_message_that_the_platform_never_got_goes_out_a_little_later_once(database):
    planned(database)
    async with standing(database) as rig:
        rig.chat.before = on("north-1", "", ConnectionResetError())
        await rig.settle()
        rig.chat.before = lambda _: None
        await rig.go(minutes=1)
        assert [post.at for post in rig.chat.posts if post.place == "north-1"] == [
            NINE + timedelta(seconds=2)
        ]


@driven
async def test_a_message_that_the_platform_took_before_the_line_broke_is_found_there(database):
    planned(database)
    async with standing(database) as rig:
        rig.chat.after = on("north-1", "", ConnectionResetError())
        await rig.settle()
        assert [row.status for row in rig.outbox("north-1")] == ["sent"]
        await rig.go(minutes=1)
        assert len([post for post in rig.chat.posts if post.place == "north-1"]) == 1


@driven
async def test_nothing_is_sent_again_before_the_platform_could_be_asked(database):
    """The line broke after the message was taken, and stays broken for a while, over a restart too."""
    planned(database)
    async with standing(database) as rig:
        rig.chat.after = on("north-1", "", ConnectionResetError())
        rig.chat.looking = on("north-1", "", ConnectionResetError())
        await rig.go(minutes=1)
        assert [row.status for row in rig.outbox("north-1")] == ["queued"]
    async with standing(database, at=NINE + timedelta(minutes=5), chat=rig.chat) as rig:
        await rig.settle()
        rig.chat.after = rig.chat.looking = lambda _: None
        await rig.go(minutes=30)
        assert [row.status for row in rig.outbox("north-1")][:1] == ["sent"]
        assert len([post for post in rig.chat.posts if post.was is None and post.place == "north-1"]) == 1


@driven
async def test_what_was_on_its_way_when_the_process_died_is_looked_up_first(database):
    """Claims that a dead process left: one that the platform has, and one that it has not."""
    planned(database)
    async with standing(database) as rig:
        await rig.house.timekeeper.tick()
        claimed = rig.house.courier.claims.claim(rig.clock.now(), 50, Counter())
        for parcel in claimed.parcels[:1]:
            await rig.chat.send(parcel.outgoing)
    async with standing(database, chat=rig.chat) as rig:
        await rig.settle()
        await rig.say("north-1", "kari", "we are here")
    assert {row.status for row in rows(database, t.outbox)} == {"sent"}
    assert len({post.place for post in rig.chat.posts}) == 3


@driven
@pytest.mark.parametrize("body", ["{", '{"sort": "question", "parts": [["no such part"]]}', "unknown text"])
async def test_a_message_that_there_are_no_words_for_stops_no_other(body, database):
    planned(database)
    async with standing(database) as rig:
        await rig.house.timekeeper.tick()
        first = rig.outbox("north-1")[0]
        spoilt = first.body.replace("meeting.title", "meeting.nonsense") if body == "unknown text" else body
        with database.write() as connection:
            connection.execute(update(t.outbox).where(t.outbox.c.id == first.id).values(body=spoilt))
        await rig.settle()
        assert {post.place for post in rig.chat.posts} == {"north-2", "north-everyone"}
        await rig.say("north-1", "kari", "we are here")
        assert any("Question 1 of 3" in words for words in rig.chat.said("north-1"))
    assert [row.id for row in rows(database, t.outbox, t.outbox.c.status == "failed")] == [first.id]


@asynccontextmanager
async def delivering(rig):
    """The courier goes its rounds by itself."""
    running = asyncio.create_task(rig.house.courier.run())
    try:
        yield
    finally:
        await rig.house.courier.stop()
        await running


async def until(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@driven
async def test_a_platform_that_hangs_in_one_place_holds_up_no_other(database):
    planned(database)
    async with standing(database) as rig:
        rig.chat.stuck["north-1"] = asyncio.Event()
        async with delivering(rig):
            await rig.house.timekeeper.tick()
            await until(lambda: rig.chat.said("north-2"))
            await rig.house.intake.put(rig.wrote("north-2", "tor", "we are here"))
            await until(lambda: len(rig.chat.said("north-2")) > 3)
            assert rig.chat.said("north-1") == []
            rig.chat.stuck.pop("north-1").set()
            await until(lambda: rig.chat.said("north-1"))


@driven
async def test_a_message_on_its_way_arrives_before_the_house_is_closed(database):
    planned(database)
    async with standing(database) as rig:
        gate = rig.chat.stuck["north-1"] = asyncio.Event()
        async with delivering(rig):
            await rig.house.timekeeper.tick()
            await until(lambda: "north-1" in rig.chat._busy)
            asyncio.get_running_loop().call_later(0.05, gate.set)
    assert [row.status for row in rig.outbox("north-1")] == ["sent"]
