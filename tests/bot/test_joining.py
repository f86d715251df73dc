"""People and chats come in by codes and by a button; the same press again changes nothing."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import OperationalError

from adapters.port import Address, Chose, Known, Wrote
from bot.joining import binding, codes, linking, notice, seating
from bot.joining.door import Door
from bot.opening import Openings
from bot.rights.freezing import Frozen, Kept
from bot.series import sharing
from bot.series.office import open_office
from bot.shelf import Shelf
from bot.words import Speaker
from storage import tables as t
from storage.unit import Unit
from tests.bot.a_meeting import Clock
from tests.bot.a_series import NOW, made, rows, works

BOT = "42"
GROUP = "-1001000000234"
KARI, PER, SIV = "501", "502", "503"
NAMES = {KARI: "Kari Nes", PER: "Per", SIV: "Siv"}


class Chats:
    """What Telegram says of its chats."""

    def __init__(self, *, hears_all=True, topics=False):
        self.hears_all, self.topics = hears_all, topics

    async def about(self, place, account):
        return Known(account=account, name=NAMES[account], language="nn"), self.hears_all, self.topics


class Scene:
    """A series whose first group waits for a chat, and the door by which people come."""

    def __init__(self, database, **chats):
        self.database, self.chats, self.clock = database, Chats(**chats), Clock(NOW)
        self.handed_on, self.nudged, self.numbers = [], [], iter(range(1, 1000))
        made(database)
        with database.write() as connection:
            connection.execute(delete(t.memberships).where(t.memberships.c.role == "participant"))
            groups = select(t.circles).where(t.circles.c.kind == "group")
            self.group, self.other = (row.id for row in connection.execute(groups.order_by(t.circles.c.id)))
            (self.owner,) = connection.execute(select(t.organisations.c.id)).scalars()
            self.codes = {}
            for circle in (self.group, self.other):
                place, code = binding.wait(connection, self.owner, circle, BOT, NOW)
                self.codes[circle] = code
                mine = t.sessions.c.circle_id == circle
                connection.execute(update(t.sessions).where(mine).values(place_id=place))
            notice.acknowledge(connection, self.owner, "north", "test", NOW)

    @property
    def code(self):
        return self.codes[self.group]

    def press(self, press, *, account=KARI, channel=GROUP, thread="", message=None, key=None):
        heard = Chose(
            key=key or f"42:{next(self.numbers)}", place=Address("telegram", BOT, channel, thread),
            account=account, press=press, at=self.clock.now(), message=message,
        )  # fmt: skip
        self.hear(heard)
        return heard

    def alone(self, press, account=KARI):
        return self.press(press, account=account, channel=account)

    def hear(self, heard):
        async def ear(each):
            self.handed_on.append(each)

        async def scene(executor):
            door = Door(works(self.database), self.chats, ear, self.clock, executor, "Runda",
                        after=lambda: self.nudged.append(1))  # fmt: skip
            await door.hear(heard)

        with ThreadPoolExecutor(1) as executor:
            asyncio.run(scene(executor))

    def said(self):
        """The first key of what was queued, and where: a channel and thread."""
        with self.database.read() as connection:
            o, p = t.outbox.c, t.places.c
            wanted = select(o.body, o.kind, p.channel, p.thread).join(t.places, p.id == o.place_id)
            found = list(connection.execute(wanted.where(o.session_id.is_(None)).order_by(o.id)))
        return [(first_key(json.loads(row.body)["parts"][0]), row.channel, row.thread) for row in found]

    def members(self, circle=None):
        m, i = t.memberships.c, t.identities.c
        wanted = select(i.account).join(t.memberships, m.person_id == i.person_id)
        with self.database.read() as connection:
            wanted = wanted.where(m.circle_id == (circle or self.group), m.until.is_(None))
            return sorted(connection.execute(wanted).scalars())


def first_key(part):
    return (part.get("content") or part.get("text"))["key"]


@pytest.fixture
def scene(sqlite_database):
    return Scene(sqlite_database)


# -- the door


def test_everything_else_is_handed_on(scene):
    place = Address("telegram", BOT, GROUP)
    wrote = Wrote(key="1", place=place, account=KARI, message="1", words="code:X", at=NOW)
    chose = Chose(key="2", place=place, account=KARI, press="next", at=NOW)
    scene.hear(wrote)
    scene.hear(chose)
    assert scene.handed_on == [wrote, chose]
    assert scene.said() == []


def test_who_is_in_the_way_of_another_comes_in_all_the_same(scene, monkeypatch):
    """PostgreSQL ends one of two transactions that wait for each other."""
    trouble, take_in = [OperationalError("", {}, Exception("deadlock detected"))], seating.take_in

    def once(*args):
        if trouble:
            raise trouble.pop()
        return take_in(*args)

    monkeypatch.setattr(seating, "take_in", once)
    scene.alone(f"code:{scene.code}")
    assert scene.members() == [KARI]


def test_the_same_again_changes_nothing(scene):
    heard = scene.press(f"code:{scene.code}")
    said = scene.said()
    scene.hear(heard)
    assert scene.said() == said
    assert scene.nudged == [1]


@pytest.mark.parametrize("typed", ["k7qm-4x2p", " K7QM 4X2P", "K7QM4X2P"])
def test_a_code_is_the_same_however_it_is_typed(typed):
    assert codes.tidy(typed) == "K7QM4X2P"
    assert codes.shown(codes.tidy(typed)) == "K7QM-4X2P"


def test_a_code_that_is_none_is_answered(scene):
    scene.press("code:NOTACODE")
    scene.alone("code:NOTACODE")
    assert scene.said() == [("join.unknown-code", GROUP, ""), ("join.unknown-code", KARI, "")]


def test_a_code_can_be_replaced(scene):
    with scene.database.write() as connection:
        fresh = codes.replace(connection, scene.group, NOW)
        assert codes.of_group(connection, scene.group, NOW) == fresh != scene.code
    scene.press(f"code:{scene.code}")
    assert scene.said() == [("join.unknown-code", GROUP, "")]


# -- a chat for a group


def test_a_chat_becomes_the_home_of_a_group(scene):
    scene.press(f"code:{scene.code}")
    (home,) = rows(scene.database, t.places, t.places.c.channel == GROUP)
    (circle,) = rows(scene.database, t.circles, t.circles.c.id == scene.group)
    sessions = rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    assert (circle.home_id, home.threads, home.blocked) == (home.id, False, None)
    assert {each.place_id for each in sessions} == {home.id}
    assert scene.said() == [("join.place", GROUP, "")]


@pytest.mark.parametrize(
    ("topics", "thread", "threads"), [(True, "", True), (True, "7", False), (False, "", False)]
)
def test_a_forum_gives_each_meeting_a_topic_unless_the_group_has_its_own(database, topics, thread, threads):
    scene = Scene(database, topics=topics)
    scene.press(f"code:{scene.code}", thread=thread)
    (home,) = rows(database, t.places, t.places.c.channel == GROUP)
    assert (home.thread, home.threads) == (thread, threads)


def test_a_meeting_whose_time_could_not_come_is_woken(scene):
    with scene.database.write() as connection:
        mine = t.sessions.c.circle_id == scene.group
        connection.execute(update(t.sessions).where(mine).values(wake_at=None))
    scene.press(f"code:{scene.code}")
    sessions = rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    assert [each.wake_at for each in sessions] == [each.starts_at for each in sessions]


def test_what_waited_to_be_said_is_said_there(scene):
    (session, *_) = rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    with scene.database.write() as connection:
        row = {"organisation_id": scene.owner, "place_id": session.place_id, "session_id": session.id, "version": 9,
               "effect": 0, "kind": "say", "sort": "answer", "body": "{}", "status": "queued"}  # fmt: skip
        connection.execute(insert(t.outbox), row)
    scene.press(f"code:{scene.code}")
    (home,) = rows(scene.database, t.places, t.places.c.channel == GROUP)
    (waiting,) = rows(scene.database, t.outbox, t.outbox.c.session_id == session.id)
    assert waiting.place_id == home.id


def test_a_chat_is_the_home_of_one_group(scene):
    scene.press(f"code:{scene.code}")
    scene.press(f"code:{scene.codes[scene.other]}")
    assert scene.said()[-1] == ("join.taken", GROUP, "")


def test_a_forum_is_the_home_of_several(database):
    scene = Scene(database, topics=True)
    for code in scene.codes.values():
        scene.press(f"code:{code}")
    assert [key for key, *_ in scene.said()] == ["join.place", "join.place"]


def test_a_group_moves_to_another_topic(scene):
    """A topic that was deleted is mended so."""
    scene.press(f"code:{scene.code}", thread="7")
    scene.press(f"code:{scene.code}", thread="8")
    (place,) = {
        each.place_id for each in rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    }
    (home,) = rows(scene.database, t.places, t.places.c.id == place)
    assert home.thread == "8"


def test_nobody_elses_chat_becomes_a_home(scene):
    with scene.database.write() as connection:
        other = {"name": "Other", "language": "en", "zone": "UTC", "created_at": NOW}
        owner = connection.execute(
            insert(t.organisations).returning(t.organisations.c.id), other
        ).scalar_one()
        row = {
            "organisation_id": owner,
            "platform": "telegram",
            "workspace": BOT,
            "channel": GROUP,
            "thread": "",
        }
        connection.execute(insert(t.places), row)
    scene.press(f"code:{scene.code}")
    assert scene.said() == [("join.not-here", GROUP, "")]


def test_nothing_begins_before_the_notice_is_acknowledged(scene):
    with scene.database.write() as connection:
        connection.execute(delete(t.audit).where(t.audit.c.act == notice.ACT))
    scene.press(f"code:{scene.code}")
    assert scene.said() == [("join.not-acknowledged", GROUP, "")]
    with scene.database.write() as connection:
        notice.acknowledge(connection, scene.owner, "north", "person:1", NOW)
        notice.acknowledge(connection, scene.owner, "north", "person:1", NOW)
    assert len(rows(scene.database, t.audit, t.audit.c.act == notice.ACT)) == 1
    scene.press(f"code:{scene.code}")
    assert scene.said()[-1] == ("join.place", GROUP, "")


@pytest.mark.parametrize("status", ["finished", "cancelled"])
def test_a_series_that_is_over_takes_nobody_in(scene, status):
    with scene.database.write() as connection:
        connection.execute(update(t.series).values(status=status))
    scene.press(f"code:{scene.code}")
    scene.press(f"join:{scene.group}")
    assert scene.said() == [("join.over", GROUP, "")]
    assert scene.members() == []


# -- taking part


def test_the_button_makes_the_roster(scene):
    scene.press(f"code:{scene.code}")
    with scene.database.write() as connection:
        connection.execute(update(t.outbox).values(receipt="12", status="sent"))
    for account in (KARI, PER):
        scene.press(f"join:{scene.group}", account=account, message="12")
    assert scene.members() == [KARI, PER]
    *_, last = rows(scene.database, t.outbox, t.outbox.c.session_id.is_(None))
    assert last.kind == "update"
    names = [
        item["params"]["name"]["id"]
        for part in json.loads(last.body)["parts"]
        for item in part.get("items", ())
    ]
    assert len(names) == 2
    (person,) = rows(scene.database, t.people, t.people.c.name == "Kari Nes")
    assert person.language == "nn"


def test_pressing_twice_is_being_in_once(scene):
    scene.press(f"code:{scene.code}")
    for _ in range(2):
        scene.press(f"join:{scene.group}")
    assert scene.members() == [KARI]


def test_whoever_is_in_a_group_stays_in_it(scene):
    scene.press(f"code:{scene.code}")
    scene.press(f"code:{scene.codes[scene.other]}", channel="-2")
    scene.press(f"join:{scene.group}")
    scene.press(f"join:{scene.other}", channel="-2")
    scene.alone(f"code:{scene.codes[scene.other]}")
    assert (scene.members(), scene.members(scene.other)) == ([KARI], [])
    assert scene.said()[-1] == ("join.other-group", KARI, "")


def test_a_code_in_private_takes_the_person_in(scene):
    scene.alone(f"code:{scene.code}")
    scene.alone(f"code:{scene.code}")
    assert scene.members() == [KARI]
    assert scene.said() == [("join.in", KARI, ""), ("join.already", KARI, "")]
    (place,) = rows(scene.database, t.places, t.places.c.channel == KARI)
    assert place.person_id is not None


def test_a_place_that_was_there_before_the_person_becomes_theirs(scene):
    scene.alone("code:NOTACODE")
    scene.alone(f"code:{scene.code}")
    (place,) = rows(scene.database, t.places, t.places.c.channel == KARI)
    assert place.person_id is not None


def test_somebody_of_another_organisation_is_not_taken_in(scene):
    with scene.database.write() as connection:
        other = {"name": "Other", "language": "en", "zone": "UTC", "created_at": NOW}
        owner = connection.execute(
            insert(t.organisations).returning(t.organisations.c.id), other
        ).scalar_one()
        person = {"organisation_id": owner, "name": "Kari"}
        key = connection.execute(insert(t.people).returning(t.people.c.id), person).scalar_one()
        mine = {"person_id": key, "platform": "telegram", "workspace": BOT, "account": KARI}
        connection.execute(insert(t.identities), mine)
    scene.press(f"code:{scene.code}", account=PER)
    scene.press(f"join:{scene.group}")
    assert scene.members() == []


@pytest.mark.parametrize("press", ["join:", "join:x", "join:999999", "join:²"])
def test_a_button_of_no_group_takes_nobody_in(scene, press):
    scene.press(press)
    assert scene.members() == []


@pytest.mark.parametrize("channel", [KARI, "-100999"])
def test_the_button_counts_in_the_groups_own_chat_alone(scene, channel):
    """Story: what a press carries can be made up, and by a group's number anybody came into any group, in any chat."""
    scene.press(f"join:{scene.group}", channel=channel)
    scene.press(f"code:{scene.code}", account=PER)
    scene.press(f"join:{scene.group}", channel=channel)
    assert scene.members() == []
    scene.press(f"join:{scene.group}", thread="7")
    assert scene.members() == [KARI]


def test_a_session_under_way_hears_of_who_comes(scene):
    scene.press(f"code:{scene.code}")
    (first, *_) = rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    works(scene.database).take_due(first.starts_at, only=first.id)
    scene.clock.at = first.starts_at + timedelta(minutes=1)
    scene.press(f"join:{scene.group}")
    (row,) = rows(scene.database, t.sessions, t.sessions.c.id == first.id)
    (person,) = rows(scene.database, t.people, t.people.c.name == "Kari Nes")
    assert json.loads(row.state)["members"] == [person.id]


def test_in_privacy_mode_the_chat_is_told_what_that_means(scene):
    for hears_all, thread in ((True, "7"), (False, "8")):
        scene.chats.hears_all = hears_all
        scene.press(f"code:{scene.code}", thread=thread)
    bodies = [row.body for row in rows(scene.database, t.outbox, t.outbox.c.session_id.is_(None))]
    assert ["join.privacy-mode" in body for body in bodies] == [False, True]


# -- the same person on two platforms


def person_of(scene, account):
    (row,) = rows(scene.database, t.identities, t.identities.c.account == account)
    return row.person_id


def code_for(scene, person):
    with scene.database.write() as connection:
        return codes.of_person(connection, person, scene.clock.now())


@pytest.fixture
def elsewhere(scene):
    """Somebody who takes part on the terminal, and has got a code there."""
    with scene.database.write() as connection:
        person = connection.execute(select(t.people.c.id).where(t.people.c.name == "Liv")).scalar_one()
        seat = {
            "person_id": person,
            "series_id": 1,
            "circle_id": scene.other,
            "role": "note-taker",
            "since": NOW,
        }
        connection.execute(insert(t.memberships), seat)
    return person


def test_an_account_that_nobody_knew_is_one_more_of_the_person(scene, elsewhere):
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    assert person_of(scene, KARI) == elsewhere
    assert [key for key, *_ in scene.said()] == ["join.linked-there", "join.linked"]
    homes = rows(scene.database, t.places, t.places.c.person_id == elsewhere)
    assert {home.platform for home in homes} == {"terminal", "telegram"}


def test_a_person_who_was_known_becomes_part_of_the_other(scene, elsewhere):
    scene.press(f"code:{scene.code}")
    scene.press(f"join:{scene.group}")
    former = person_of(scene, KARI)
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    assert person_of(scene, KARI) == elsewhere
    mine = rows(
        scene.database, t.memberships, t.memberships.c.person_id == elsewhere, t.memberships.c.until.is_(None)
    )
    assert [(each.circle_id, each.role) for each in mine] == [(scene.other, "note-taker")]
    (left,) = rows(scene.database, t.people, t.people.c.id == former)
    assert (left.name, left.erased_at) == ("", NOW)


def test_what_they_wrote_and_sit_in_moves_with_them(scene, elsewhere):
    scene.press(f"code:{scene.code}")
    scene.press(f"join:{scene.group}")
    former = person_of(scene, KARI)
    with scene.database.write() as connection:
        connection.execute(
            update(t.memberships).where(t.memberships.c.person_id == elsewhere).values(until=NOW)
        )
    (first, *_) = rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    works(scene.database).take_due(first.starts_at, only=first.id)
    scene.clock.at = first.starts_at + timedelta(minutes=1)
    (home,) = rows(scene.database, t.places, t.places.c.channel == GROUP)
    with scene.database.write() as connection:
        reply = {"id": 7, "organisation_id": scene.owner, "session_id": first.id, "person_id": former,
                 "place_id": home.id, "message": "3", "role": "answer", "late": False, "private": False,
                 "words": "Hei", "sent_at": NOW}  # fmt: skip
        connection.execute(insert(t.replies), reply)
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    (reply,) = rows(scene.database, t.replies)
    (row,) = rows(scene.database, t.sessions, t.sessions.c.id == first.id)
    assert reply.person_id == elsewhere
    assert json.loads(row.state)["members"] == [elsewhere]


def test_marks_of_both_are_marks_of_one(scene, elsewhere):
    scene.press(f"code:{scene.code}")
    scene.press(f"join:{scene.group}")
    scene.press(f"join:{scene.group}", account=PER)
    former, writer = person_of(scene, KARI), person_of(scene, PER)
    (first, *_) = rows(scene.database, t.sessions, t.sessions.c.circle_id == scene.group)
    with scene.database.write() as connection:
        for number, marked in (
            (7, {former: 1, elsewhere: 2}),
            (8, {former: 1}),
            (9, {former: 0, elsewhere: 1}),
        ):
            reply = {"id": number, "organisation_id": scene.owner, "session_id": first.id, "person_id": writer,
                     "place_id": first.place_id, "message": str(number), "role": "answer", "late": False,
                     "private": False, "words": "Hei", "sent_at": NOW,
                     "reactions": sum(signs > 0 for signs in marked.values())}  # fmt: skip
            connection.execute(insert(t.replies), reply)
            for person, signs in marked.items():
                mark = {"reply_id": number, "person_id": person, "signs": signs}
                connection.execute(insert(t.marks), mark)
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    with scene.database.read() as connection:
        k = t.marks.c
        marks = [tuple(row) for row in connection.execute(select(t.marks).order_by(k.reply_id))]
    assert marks == [(7, elsewhere, 3), (8, elsewhere, 1), (9, elsewhere, 1)]
    assert [row.reactions for row in rows(scene.database, t.replies)] == [1, 1, 1]


def test_whom_both_have_met_is_met_once(scene, elsewhere):
    """Story: whoever was linked after they had met somebody kept that as a person who is no more."""
    scene.press(f"code:{scene.code}")
    scene.press(f"join:{scene.group}")
    scene.press(f"join:{scene.group}", account=PER)
    former, other = person_of(scene, KARI), person_of(scene, PER)
    session = rows(scene.database, t.sessions)[0].id
    with scene.database.write() as connection:
        for two in ((former, other), (elsewhere, other), (elsewhere, former)):
            one, two_ = sorted(two)
            connection.execute(insert(t.pairs), {"session_id": session, "one_id": one, "other_id": two_})
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    assert [{row.one_id, row.other_id} for row in rows(scene.database, t.pairs)] == [{elsewhere, other}]


def test_everything_of_a_person_is_moved():
    """A new column that names a person is either moved by a link, or listed here with the reason."""
    handled = {*map(str, linking.THEIRS), "memberships.person_id", "codes.person_id", "marks.person_id",
               "pairs.one_id", "pairs.other_id"}  # fmt: skip
    named = {
        f"{table.name}.{column.name}"
        for table in t.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table is t.people
    }
    assert named == handled


def test_what_an_erasure_finds_by_number_is_found_by_the_number_that_stays(scene, elsewhere):
    """Messages that say the name, and lines of recaps that outlive their replies."""
    scene.press(f"code:{scene.code}")
    scene.press(f"join:{scene.group}")
    former = person_of(scene, KARI)
    (meeting, *_) = rows(scene.database, t.meetings)
    said = Frozen((Kept("line", "Hei", of=(former,)), Kept("line", "Hallo", of=(former, elsewhere))))
    recap = {"id": 7, "organisation_id": scene.owner, "meeting_id": meeting.id, "version": 1, "points": "{}",
             "status": "approved", "said": msgspec.json.encode(said).decode(), "made_at": NOW}  # fmt: skip
    with scene.database.write() as connection:
        connection.execute(insert(t.recaps), recap)
    before = naming(scene, former)
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    assert before
    assert (naming(scene, former), before - naming(scene, elsewhere)) == (set(), set())
    (row,) = rows(scene.database, t.recaps)
    assert [line["of"] for line in json.loads(row.said)["lines"]] == [[elsewhere], [elsewhere]]


def naming(scene, person):
    return {row.id for row in rows(scene.database, t.outbox) if f'"of":"person","id":{person}}}' in row.body}


def test_a_persons_code_is_good_once_and_soon(scene, elsewhere):
    code = code_for(scene, elsewhere)
    scene.alone(f"code:{code}")
    scene.alone(f"code:{code}", PER)
    late = code_for(scene, elsewhere)
    scene.clock.at += codes.SOON
    scene.alone(f"code:{late}", SIV)
    assert [key for key, *_ in scene.said()][-2:] == ["join.unknown-code", "join.unknown-code"]


def test_a_persons_code_in_a_group_is_burnt(scene, elsewhere):
    code = code_for(scene, elsewhere)
    scene.press(f"code:{code}")
    scene.alone(f"code:{code}")
    assert [key for key, *_ in scene.said()] == ["join.not-private", "join.unknown-code"]


def test_ones_own_code_links_nothing(scene, elsewhere):
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    scene.alone(f"code:{code_for(scene, elsewhere)}")
    assert scene.said()[-1] == ("join.same", KARI, "")


def test_a_group_that_people_come_into_by_themselves_never_counts_as_complete(database):
    """Story: at the async pace, the first one to come in and answer was everyone, and the meeting moved on."""
    scene = Scene(database)
    with database.write() as connection:
        connection.execute(delete(t.codes).where(t.codes.c.circle_id == scene.other))
        unit = Unit(connection)
        s = t.sessions.c
        planned = unit.all(select(s.id).where(s.circle_id.in_((scene.group, scene.other))))
        held = unit.sessions([row.id for row in planned])
        opened = Openings(unit, Shelf(), iter(range(1, 9)).__next__, NOW).prepare(list(held.values()))
    assert {held[key].circle_id: each.setting.open_roster for key, each in opened.items()} == {
        scene.group: True, scene.other: False,
    }  # fmt: skip


def test_the_first_message_tells_how_one_takes_something_back_there(scene):
    """Story: on Telegram it told people to delete their message, which no bot is told of."""
    body = json.dumps(
        {
            "sort": "question",
            "parts": [{"type": "line", "content": {"type": "text", "key": "meeting.privacy"}}],
        }
    )
    told = {}
    with scene.database.write() as connection:
        unit, s = Unit(connection), t.sessions.c
        for each in unit.all(select(t.sessions).where(s.circle_id.in_((scene.group, scene.other)))):
            if each.circle_id == scene.other:  # this one is on the terminal
                connection.execute(
                    update(t.places).where(t.places.c.id == each.place_id).values(platform="terminal")
                )
            row = SimpleNamespace(kind="say", slot="root", body=body, session_id=each.id, place_id=each.place_id,
                                  organisation_id=scene.owner)  # fmt: skip
            (said,) = Speaker(Shelf()).speak(unit, [row], NOW)
            told[each.circle_id] = " ".join(block.words for block in said.spoken.blocks)
    assert "reply to it with /takeback" in told[scene.group]
    assert "change or delete your message" in told[scene.other]


@pytest.fixture
def everyone(scene):
    """Everyone's circle, waiting for a chat, and its code."""
    with scene.database.write() as connection:
        (circle,) = connection.execute(select(t.circles.c.id).where(t.circles.c.kind == "everyone")).scalars()
        place, code = binding.wait(connection, scene.owner, circle, BOT, NOW)
        connection.execute(update(t.sessions).where(t.sessions.c.circle_id == circle).values(place_id=place))
    return circle, code


def test_everyone_gets_a_chat_by_a_code(scene, everyone):
    circle, code = everyone
    scene.press(f"code:{code}")
    (place,) = rows(scene.database, t.places, t.places.c.channel == GROUP)
    assert {row.place_id for row in rows(scene.database, t.sessions, t.sessions.c.circle_id == circle)} <= {
        place.id
    }
    assert rows(scene.database, t.circles, t.circles.c.id == circle)[0].home_id == place.id
    assert scene.said() == [("join.place", GROUP, "")]


def test_everyone_and_a_group_do_not_meet_in_one_chat(scene, everyone):
    """Story: a group was let into the chat where everyone meets, and each heard what was said to the other."""
    scene.press(f"code:{everyone[1]}")
    scene.press(f"code:{scene.code}")
    assert scene.said()[-1][0] == "join.taken"


def test_before_they_are_divided_all_who_take_part_share_everyones_chat(scene, everyone):
    with scene.database.write() as connection:
        connection.execute(update(t.circles).where(t.circles.c.id == scene.group).values(number=0))
    scene.press(f"code:{scene.code}")
    scene.press(f"code:{everyone[1]}")
    assert [key for key, *_ in scene.said()] == ["join.place", "join.place"]
    scene.press(f"code:{scene.codes[scene.other]}")
    assert scene.said()[-1][0] == "join.taken"


def test_nobody_comes_into_a_group_by_everyones_code(scene, everyone):
    scene.alone(f"code:{everyone[1]}")
    assert scene.said() == [("join.by-group", KARI, "")]
    assert scene.members() == []


def test_the_coordinator_is_told_when_a_chat_has_too_many_groups(database):
    """Two meet in one forum without waiting for each other; the third is one too many, and is let in all the same."""
    scene = Scene(database, topics=True)
    with database.write() as connection:
        series = connection.execute(
            select(t.circles.c.series_id).where(t.circles.c.id == scene.group)
        ).scalar_one()
        berit = connection.execute(select(t.people.c.id).limit(1)).scalar_one()
        place = {"organisation_id": scene.owner, "platform": "telegram", "workspace": BOT, "channel": SIV,
                 "thread": "", "person_id": berit}  # fmt: skip
        connection.execute(insert(t.places), place)
        connection.execute(insert(t.memberships), {"person_id": berit, "series_id": series, "role": "coordinator",
                                                   "since": NOW})  # fmt: skip
        third = {"series_id": series, "kind": "group", "number": 3, "name": "Tredje"}
        circle = connection.execute(insert(t.circles).returning(t.circles.c.id), third).scalar_one()
        codes_ = [
            scene.code,
            scene.codes[scene.other],
            binding.wait(connection, scene.owner, circle, BOT, NOW)[1],
        ]
    told = []
    for code in codes_:
        scene.press(f"code:{code}")
        told.append(scene.said().count(("counter.setup.crowded", SIV, "")))
    assert told == [0, 0, 1]


# -- where managers read together


def managers(scene):
    """Their code, and then where they read."""

    def look():
        with scene.database.read() as connection:
            (series,) = connection.execute(select(t.series)).all()
            return sharing.managers_home(connection, series.id)

    with scene.database.write() as connection:
        office = open_office(connection, "Runda", "north", "test", NOW)
        sharing.invite(office)
        return codes.of_group(connection, sharing.waiting(connection, office.series.id).id, NOW), look


def test_the_code_of_the_managers_takes_their_recaps_to_a_chat_of_their_own_once(scene):
    code, there = managers(scene)
    scene.alone(f"code:{code}")
    assert (scene.said()[-1][0], there()) == ("join.managers-chat", None)
    scene.press(f"code:{scene.code}")
    scene.press(f"code:{code}")
    assert (scene.said()[-1][0], there()) == ("join.managers-not-here", None)
    assert not heard_of_managers(scene)
    scene.press(f"code:{code}", channel="-100999")
    assert scene.said()[-1] == ("join.managers-bound", "-100999", "")
    assert there().channel == "-100999"
    assert heard_of_managers(scene)
    scene.press(f"code:{code}", channel="-100998", account=PER)
    assert scene.said()[-1][0] == "join.unknown-code"
    assert there().channel == "-100999"
    scene.press(f"code:{scene.codes[scene.other]}", channel="-100999")
    assert scene.said()[-1][0] == "join.not-here", "no group talks where managers read"


def heard_of_managers(scene):
    """Whether a group that opens now is told that managers read together."""
    with scene.database.read() as connection:
        openings = Openings(Unit(connection), Shelf(), iter(range(9)).__next__, NOW)
        return openings._shared({row.id for row in connection.execute(select(t.series))}) != set()
