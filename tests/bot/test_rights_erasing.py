"""«Erase me»: nothing of a person is left that the house can reach, and nothing comes back."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Text, insert, select

from adapters.port import Wrote
from adapters.terminal.places import Places
from bot.happenings import Order
from bot.rights import beyond, tombs
from bot.rights.showing import of_person
from bot.series import making
from bot.series.homes import Where
from bot.series.problems import NotFound, SeriesProblem
from flows.events import Joined
from flows.forms import Named
from flows.message import Name, line, message
from storage import tables as t
from tests.bot.a_meeting import OPENS, Played, first_meeting, planned
from tests.bot.a_person import begin, erase, erasing, finish, holds, number, posted
from tests.bot.a_series import rows

BERIT = "@berit"


@pytest.fixture
def played(story):
    """Two groups that have met once."""
    story.played.said = story.said
    return story.played


@pytest.fixture
def on_both(database, tmp_path):
    """The same, on both engines."""
    planned(database, tmp_path)
    with Played(database, OPENS[0] - timedelta(minutes=1), 1_000) as played:
        played.said = first_meeting(played)
        yield played


def opened(played):
    """The second meeting is under way in the first group, and has begun with its recap."""
    played.go(OPENS[1])
    played.say("north-1", "amir", "We are here")


def test_nothing_is_left_in_any_table_nor_in_what_was_posted(on_both):
    played = on_both
    opened(played)
    played.say("@kari", "kari", "Kari thinks this alone")
    assert posted(played, "kari is proud")
    assert posted(played, "tighter than the law in north-1")
    assert holds(played.database, "kari", "tighter than the law in north-1")
    erase(played, "Kari")
    assert holds(played.database, "kari", "tighter than the law in north-1") == []
    assert posted(played, "kari is proud", "Kari thinks", "tighter than the law in north-1") == []


def test_the_others_words_stand_as_they_were(played):
    opened(played)
    before = {row.id: row.words for row in rows(played.database, t.replies)}
    kari = number(played.database, "Kari")
    theirs = {row.id for row in rows(played.database, t.replies, t.replies.c.person_id != kari)}
    erase(played, "Kari")
    after = {row.id: row.words for row in rows(played.database, t.replies)}
    assert after == {key: words for key, words in before.items() if key in theirs}
    assert posted(played, "amir")


def test_the_recap_that_opens_the_next_meeting_is_without_her(played):
    erase(played, "Kari")
    opened(played)
    recap = played.post("north-1", "# Last time")
    assert "amir is proud" in recap
    assert "kari" not in recap.casefold()


def test_a_recap_that_was_posted_loses_her_lines_and_nothing_takes_their_place(played):
    opened(played)
    before = played.post("north-1", "# Last time").splitlines()
    erase(played, "Kari")
    after = played.post("north-1", "# Last time").splitlines()
    assert any("kari" in line for line in before)
    assert [line for line in after if line not in before] == []
    assert not any("kari" in line for line in after)


LATE = {
    "edited": lambda played, message: played.rewrite("north-1", "kari", message, "Kari says it again."),
    "taken back": lambda played, message: played.take_back("north-1", "kari", message),
    "repeated": lambda played, message: _again(played, message),
    "new": lambda played, _: played.say("north-1", "kari", "Kari is back."),
    "in private": lambda played, _: played.say("@kari", "kari", "Kari is back."),
}


def _again(played, message):
    played._hear(Wrote(key=f"other-{message}", place=played._place("north-1"), account="kari", message=message,
                       words="Kari says it again.", at=played.clock.at))  # fmt: skip


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("when", ["begun", "done"])
def test_a_late_event_brings_nothing_back(played, late, when):
    kari = number(played.database, "Kari")
    begin(played, kari)
    if when == "done":
        finish(played)
    LATE[late](played, played.said["kari-1"])
    finish(played)
    assert rows(played.database, t.replies, t.replies.c.person_id == kari) == []
    assert holds(played.database, "kari") == []
    assert posted(played, "kari is proud", "back", "again") == []


def test_who_comes_back_and_edits_an_old_private_message_does_not_bring_it_back(played):
    """Her place was forgotten and is made anew: the message is known by its address all the same."""
    opened(played)
    old = played.say("@kari", "kari", "Kari thinks this alone")
    erase(played, "Kari")
    owner = rows(played.database, t.organisations)[0].id
    with played.database.write() as connection:
        key = connection.execute(
            insert(t.people).returning(t.people.c.id), {"organisation_id": owner, "name": "K"}
        ).scalar()
        series = connection.execute(select(t.series.c.id)).scalar()
        circle = connection.execute(select(t.circles.c.id).where(t.circles.c.name == "Fjord")).scalar()
        connection.execute(
            insert(t.identities).values(person_id=key, platform="terminal", workspace="local", account="kari")
        )
        connection.execute(insert(t.places).values(organisation_id=owner, platform="terminal", workspace="local",
                                                   channel="@kari", person_id=key))  # fmt: skip
        connection.execute(insert(t.memberships).values(person_id=key, series_id=series, circle_id=circle,
                                                        role="participant", since=played.clock.at))  # fmt: skip
    (running,) = [row for row in rows(played.database, t.sessions) if row.phase == "running"]
    played.run(played.house.intake.put(Order("came-back", running.id, Joined(key))))
    played.rewrite("@kari", "kari", old, "Old words in a new edit.")
    assert holds(played.database, "Old words") == []
    played.say("@kari", "kari", "Something new.")
    assert holds(played.database, "Something new") != []


def test_an_account_that_was_erased_is_known_by_its_hash_alone(played):
    erase(played, "Kari")
    with played.database.read() as connection:
        asked = [("terminal", "local", "kari"), ("terminal", "local", "amir"), ("slack", "local", "kari")]
        assert tombs.erased(connection, asked) == {asked[0]}


def test_begun_twice_it_is_begun_once_and_nobody_unknown_is_erased(played):
    kari = number(played.database, "Kari")
    assert begin(played, kari)
    assert not begin(played, kari)
    with pytest.raises(NotFound):
        begin(played, 4_711)
    assert [row.person_id for row in rows_of(played, t.erasures)] == [kari]


def rows_of(played, table):
    with played.database.read() as connection:
        return list(connection.execute(select(table)))


def test_her_group_does_not_wait_for_her(played):
    opened(played)
    kari = number(played.database, "Kari")
    begin(played, kari)
    (row,) = [row for row in rows(played.database, t.sessions) if row.phase == "running"]
    assert f'"members":[{kari},' not in row.state
    seats = rows(played.database, t.memberships, t.memberships.c.person_id == kari)
    assert all(seat.until is not None for seat in seats)


def test_what_she_has_cast_in_a_vote_that_goes_on_is_not_counted_everyones_too(played):
    opened(played)
    played.say("north-2", "sigrid", "We are here")
    kari, tor = number(played.database, "Kari"), number(played.database, "Tor")
    held = [row for row in rows(played.database, t.sessions) if row.phase == "running"]
    assert len(held) == 2
    with played.database.write() as connection:
        for row in held:
            state = msgspec.json.decode(row.state) | {
                "options": [4, 5],
                "votes": {f"{kari}": [4], f"{tor}": [5]},
            }
            text = msgspec.json.encode(state).decode()
            connection.execute(t.sessions.update().where(t.sessions.c.id == row.id).values(state=text))
        # The other group's circle is everyone's here: she is none of its members.
        theirs = t.circles.c.id == next(row.circle_id for row in held if f"[{kari}," not in row.state)
        connection.execute(t.circles.update().where(theirs).values(kind="everyone", number=9))
    begin(played, kari)
    after = [row for row in rows(played.database, t.sessions) if row.phase == "running"]
    assert [msgspec.json.decode(row.state)["votes"] for row in after] == [{f"{tor}": [5]}] * 2


def test_approved_recaps_have_a_new_version_and_coordinators_are_told_what_was_out(on_both):
    played = on_both
    from tests.bot.a_story import Story

    story = Story(played, played.said)
    story.approve()
    with story.office() as (office, _):
        from bot.rights.days import note

        note(office, "archive exported", "9 files")
    assert "kari" in "".join(played.posts("@per")).casefold() or "north-1" in "".join(played.posts("@per"))
    erase(played, "Kari")
    versions = [row for row in rows(played.database, t.recaps) if row.session_id is None and row.version]
    assert [(row.version, row.status) for row in versions] == [(1, "approved"), (2, "lessened")]
    assert versions[1].approved_at == versions[0].approved_at
    told = [text for text in played.posts(BERIT) if "erased" in text]
    assert len(told) == 1
    assert "version 1 is replaced by version 2" in told[0]
    assert "Files were made" in told[0]
    assert "kari" not in told[0].casefold()
    assert story.approve()[-1] != "It goes to nobody a second time."


def test_what_cannot_be_reached_is_listed(played):
    kari = number(played.database, "Kari")
    with played.database.write() as connection:
        first = connection.execute(select(t.places.c.id).where(t.places.c.channel == "north-1")).scalar()
        connection.execute(t.places.update().where(t.places.c.id == first).values(platform="slack"))
    with played.database.read() as connection:
        listed = beyond.listed(connection, kari)
    keys = [text.key for text in listed]
    assert keys == ["rights.beyond-messages", "rights.beyond-platform", "rights.beyond-others", "rights.beyond-backups",
                    "rights.beyond-log"]  # fmt: skip
    assert listed[0].params["n"] > 0


def test_not_even_the_bytes_of_the_database_hold_it(story):
    """Somebody who reads the file without SQLite finds nothing either, there or in the log beside it."""
    path = story.database.path

    def whole():
        return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))

    assert b"kari is proud of the ferry" in whole()
    story.played.rewrite("north-1", "kari", story.said["kari-2"], "kari has thought again about the school.")
    erase(story.played, "Kari")
    for words in (b"kari is proud", b"kari has thought", b"tighter than the law in north-1", b"@kari"):
        assert words not in whole()
    assert b"amir is proud" in whole()


def test_events_that_could_not_be_taken_in_and_what_was_begun_go_too(played):
    kari, at = number(played.database, "Kari"), played.clock.at
    mine = {
        "type": "wrote",
        "place": ["terminal", "local", "north-1", ""],
        "account": "kari",
        "words": "parked words",
    }
    sheet = {"type": "answers", "session": 1, "person": kari, "written": {"a": "parked sheet"}}
    other = {**mine, "account": "amir", "words": "other words"}
    elsewhere = {**mine, "place": ["slack", "T1", "C1", ""], "words": "namesake words"}
    with played.database.write() as connection:
        for key, raw in enumerate((mine, sheet, other, elsewhere)):
            text = msgspec.json.encode(raw).decode()
            connection.execute(insert(t.parked).values(key=f"key-{key}", raw=text, reason="x", at=at))
        draft = {"platform": "terminal", "workspace": "local", "what": "setup", "sheet": "s", "at": at}
        connection.execute(insert(t.drafts), [{**draft, "account": "kari", "written": "draft words"},
                                              {**draft, "account": "amir", "written": "kept draft"}])  # fmt: skip
        connection.execute(insert(t.buckets), [{"name": "terminal/local/kari", "closed_until": at},
                                               {"name": "terminal/local/amir", "closed_until": at}])  # fmt: skip
        owner = connection.execute(select(t.organisations.c.id)).scalar()
        connection.execute(
            insert(t.audit).values(organisation_id=owner, actor="account:kari", act="x", object="y", at=at)
        )
        connection.execute(insert(t.log), [{"key": "terminal:42:7:kari:3", "event": "{}", "at": at},
                                           {"key": "terminal:42:7:amir:3", "event": "{}", "at": at}])  # fmt: skip
    erase(played, "Kari")
    assert holds(played.database, "parked words", "parked sheet", "draft words") == []
    assert len(holds(played.database, "other words", "namesake words", "kept draft")) == 3
    assert {row.name for row in rows_of(played, t.buckets)} == {"terminal/local/amir"}
    assert len(rows(played.database, t.log, t.log.c.key == "terminal:42:7:amir:3")) == 1


def test_a_message_with_her_name_in_it_is_written_anew(played):
    """The coordinator was told that she had left the channel."""
    kari = number(played.database, "Kari")
    body = msgspec.json.encode(message("answer", line("person.went", who=Name("person", kari)))).decode()
    with played.database.write() as connection:
        home = connection.execute(select(t.places).where(t.places.c.channel == BERIT)).one()
        connection.execute(insert(t.outbox).values(organisation_id=home.organisation_id, place_id=home.id, version=0,
                                                   effect=0, kind="say", sort="answer", body=body,
                                                    status="queued"))  # fmt: skip
    played.settle()
    assert posted(played, "Kari")
    erase(played, "Kari")
    assert posted(played, "Kari") == []
    (told,) = [text for text in played.posts(BERIT) if "has left the channel" in text]
    assert told.startswith("–")


def test_the_terminals_files_lose_what_she_wrote_and_keep_what_others_did(played, tmp_path):
    folder = tmp_path / "terminal"
    places = Places(folder)
    places.folder.mkdir(parents=True)
    for channel, account, words in (("north-1", "kari", "Kari in a file"), ("north-1", "amir", "Amir in a file"),
                                    ("@kari", "kari", "Kari alone in a file")):  # fmt: skip
        heard = Wrote(key=f"{channel}{account}", place=played._place(channel), account=account, message=account,
                      words=words, at=played.clock.at)  # fmt: skip
        places.append(heard, durable=False)
    torn = b'{"type":"wrote","key":"x","place":["terminal","local","north-1",""],"account":"kari","mess\n'
    with places.path("north-1").open("ab") as file:
        file.write(torn)
    size = places.path("north-1").stat().st_size
    kari = number(played.database, "Kari")
    begin(played, kari)
    assert erasing(played, folder).go_on(kari, played.clock.at) in (True, False)
    played.settle()
    assert erasing(played, folder).go_on(kari, played.clock.at)
    left = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"kari" not in left.lower()
    assert [record.words for record in places.read("north-1")] == ["Amir in a file"]
    assert places.path("north-1").stat().st_size == size
    assert not places.path("@kari").exists()


def test_where_she_cannot_be_written_to_the_place_is_forgotten_all_the_same(played):
    opened(played)
    played.say("@kari", "kari", "Kari thinks this alone")
    kari = number(played.database, "Kari")
    with played.database.write() as connection:
        mine = t.places.c.channel == "@kari"
        connection.execute(t.places.update().where(mine).values(blocked="forbidden"))
    begin(played, kari)
    assert erasing(played).go_on(kari, played.clock.at)
    assert holds(played.database, "kari") == []


def test_a_place_that_never_answers_is_waited_for_a_week_and_no_longer(played):
    opened(played)
    kari = number(played.database, "Kari")
    with played.database.write() as connection:
        home = connection.execute(select(t.places).where(t.places.c.channel == "@kari")).one()
        body = msgspec.json.encode(message("answer", line("lobby.nobody"))).decode()
        connection.execute(insert(t.outbox).values(organisation_id=home.organisation_id, place_id=home.id, version=0,
                                                   effect=0, kind="update", sort="answer", body=body, status="queued",
                                                   not_before=played.clock.at + timedelta(days=99)))  # fmt: skip
    begin(played, kari)
    assert not erasing(played).go_on(kari, played.clock.at + timedelta(days=6))
    assert holds(played.database, "@kari")
    assert erasing(played).go_on(kari, played.clock.at + timedelta(days=7))
    assert holds(played.database, "kari") == []


def test_whoever_is_named_again_by_somebody_else_is_not_taken_in_unasked(played):
    erase(played, "Kari")
    with played.database.write() as connection:
        there = {"platform": "slack", "workspace": "T1", "account": "U9"}
        owner = connection.execute(select(t.organisations.c.id)).scalar()
        key = connection.execute(
            insert(t.people).returning(t.people.c.id), {"organisation_id": owner, "name": "Una"}
        ).scalar()
        connection.execute(insert(t.identities).values(person_id=key, **there))
    begin(played, key)
    una, where = Named("Una"), Where("slack", "T1", "U9")
    with pytest.raises(SeriesProblem, match="was erased"), played.database.write() as connection:
        making.people(connection, owner, [(una, where)])
    with played.database.write() as connection:
        assert tombs.welcome(connection, played.house.works.tomb, ("slack", "T1", "U9"))
        assert not tombs.welcome(connection, played.house.works.tomb, ("slack", "T1", "U9"))
        (again,) = making.people(connection, owner, [(una, where)])
        assert again != key
        (other,) = making.people(connection, owner, [(Named("Kari"), None)])
    (account,) = rows(played.database, t.identities, t.identities.c.person_id == other)
    assert account.account == "kari-2"


def test_what_she_marked_is_counted_anew(played):
    kari, amir = number(played.database, "Kari"), number(played.database, "Amir")
    (liv,) = rows(played.database, t.replies, t.replies.c.message == played.said["liv-note"])
    with played.database.write() as connection:
        for person in (kari, amir):
            connection.execute(insert(t.marks).values(reply_id=liv.id, person_id=person, signs=2))
        connection.execute(t.replies.update().where(t.replies.c.id == liv.id).values(reactions=2))
    with played.database.read() as connection:
        before = of_person(connection, kari, "author").marked
    assert before >= 1
    erase(played, "Kari")
    (after,) = rows(played.database, t.replies, t.replies.c.id == liv.id)
    assert after.reactions == 1
    left = {row.person_id for row in rows_of(played, t.marks)}
    assert amir in left
    assert kari not in left


# -- nothing is forgotten that somebody adds later

#: What is done with each column that points to a person.
POINTS = {
    "identities.person_id": "deleted", "places.person_id": "emptied, with the channel", "replies.person_id": "deleted",
    "memberships.person_id": "ended: a number", "recaps.approved_by": "stays: a number",
    "appointments.person_id": "ended: a number", "codes.person_id": "deleted", "marks.person_id": "deleted",
    "ideas.person_id": "deleted", "idea_news.person_id": "emptied, with the words",
    "pairs.one_id": "deleted", "pairs.other_id": "deleted", "responses.person_id": "deleted",
}  # fmt: skip
#: What is done with each column that has room for words.
ROOM = {
    "contents.body": "the programme's", "organisations.closed": "days on which nobody works",
    "sessions.state": "numbers", "replies.words": "deleted",
    "publications.findings": "numbers", "publications.given": "numbers", "recaps.points": "numbers",
    "recaps.words": "a coordinator's words go with the line", "recaps.said": "its lines are taken out",
    "outbox.body": "keys and numbers", "log.event": "numbers", "parked.raw": "emptied", "parked.reason": "no words",
    "ideas.words": "deleted", "ideas.whom": "deleted", "idea_news.words": "emptied",
    "drafts.sheet": "deleted", "drafts.written": "deleted", "installations.token": "not a person's",
    "installations.about": "not a person's", "holds.reason": "the operator's", "responses.words": "deleted",
}  # fmt: skip


def test_everything_that_points_to_a_person_is_dealt_with():
    """A new column that names a person is dealt with in `bot.rights.erasing`, and listed here."""
    named = {
        f"{table.name}.{column.name}"
        for table in t.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table is t.people
    }
    assert named == POINTS.keys()


def test_everything_that_has_room_for_words_is_dealt_with():
    """A new column that may hold what somebody wrote is dealt with in `bot.rights.erasing`, and listed here."""
    room = {
        f"{table.name}.{column.name}"
        for table in t.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Text)
    }
    assert room == ROOM.keys()
