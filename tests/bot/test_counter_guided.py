"""Sheets as a conversation, where a platform shows none: in a private chat, a question at a time."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select, update

from adapters.port import Address, Chose, Heard, Spoken, Wrote
from bot import library
from bot.counter.guided import Guide
from bot.counter.paging import Pages
from bot.series import appointing, making
from bot.series.homes import Where
from bot.upkeep import Upkeep
from bot.words import Speaker
from flows.forms import Named
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_counter import PEOPLE, Desk
from tests.bot.a_series import NOW, meetings, rows, sessions

BOT = "777"


class Chat(Desk):
    """Somebody in their private chat with Runda, on a platform without sheets."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, name="telegram", workspace=BOT)
        self.platform.capabilities = replace(self.platform.capabilities, sheets=False, members=False)
        self.passed_on: list[Heard] = []
        self.guide = Guide(self.counter, self._ear)
        self.speaker = Speaker(self.works.shelf)
        self.speaker.pages = Pages(self.counter)
        self.numbers = itertools.count(1)

    def appoint_here(self, account: str) -> None:
        """As `runda coordinator add --platform telegram` does."""
        with self.database.write() as connection:
            tenant = making.tenant(connection, "Runda", "nb", "Europe/Oslo")
            owner = making.organisation(connection, tenant, NOW)
            one = Named(PEOPLE[account], language="nb")
            appointing.appoint(connection, owner, one, Where("telegram", BOT, account), "test", NOW)

    async def _ear(self, heard: Heard) -> None:
        self.passed_on.append(heard)

    def hear(self, heard: Heard) -> list[Spoken]:
        async def hearing() -> None:
            await self.guide.hear(heard)

        asyncio.run(hearing())
        return self.delivered()

    def press(self, press: str, *, key: str = "", place: str = "") -> Spoken | None:
        """Returns the last message that came of it."""
        heard = Chose(key=key or f"p{next(self.numbers)}", place=Address("telegram", BOT, place or self.who),
                      account=self.who, press=f"open:{press}", at=self.clock.at)  # fmt: skip
        return next(reversed(self.hear(heard)), None)

    def write(self, words: str, *, reply_to: str | None = None) -> Spoken | None:
        number = next(self.numbers)
        heard = Wrote(key=f"w{number}", place=Address("telegram", BOT, self.who), account=self.who,
                      message=f"u{number}", words=words, at=self.clock.at, reply_to=reply_to, private=True)  # fmt: skip
        return next(reversed(self.hear(heard)), None)

    def delivered(self) -> list[Spoken]:
        """What is queued for a private place, in words; then it has been sent."""
        o, p = t.outbox.c, t.places.c
        waiting = select(t.outbox, p.platform, p.workspace, p.channel, p.thread, p.threads).join(
            t.places, p.id == o.place_id
        )
        with self.database.write() as connection:
            queued = list(connection.execute(waiting.where(o.status == "queued").order_by(o.id)))
            said = [each.spoken for each in self.speaker.speak(Unit(connection), queued, self.clock.at)]
            for row in queued:
                sent = {"status": "sent", "receipt": f"m{row.id}"}
                connection.execute(update(t.outbox).where(o.id == row.id).values(**sent))
        return [each for each in said if each.blocks]

    def go_through(self, *answers: str) -> Spoken | None:
        """A press for what begins with one of ours, otherwise words."""
        spoken = None
        for each in answers:
            spoken = self.press(each.removeprefix("/")) if each.startswith("/") else self.write(each)
        return spoken


def text(spoken: Spoken | None) -> str:
    assert spoken is not None
    return "\n".join(block.words for block in spoken.blocks)


def presses(spoken: Spoken | None) -> dict[str, str]:
    """What the buttons say, and what they press."""
    assert spoken is not None
    labels = [*spoken.labels, *(label for block in spoken.blocks for label in block.labels)]
    return {label.words: label.press.removeprefix("open:") for label in labels}


@pytest.fixture
def chat(sqlite_database: Database) -> Iterator[Chat]:
    chat = Chat(sqlite_database)
    chat.appoint_here("U9")
    yield chat
    chat.close()


def set_up(chat: Chat) -> Spoken | None:
    """A series with two groups that people come into by a code."""
    return chat.go_through(
        "/setup", "North", "/pick:1:selfcheck", "/keep:2", "/do:setup",
        "/pick:0:short", "/keep:1", "/skip:2", "/keep:3", "/keep:4", "/pick:5:no", "/do:setup-how",
        "2", "/done:1", "/done:2", "/do:setup-who",
        "20.10.2026", "/keep:1", "/keep:2", "/skip:3", "/do:setup-when",
        "/pick:0:yes",
    )  # fmt: skip


def test_a_page_is_a_message_with_buttons(chat: Chat) -> None:
    spoken = chat.press("home")
    assert "Du er ikke med i noen møteserie nå." in text(spoken)
    assert presses(spoken)["Sett opp en serie"] == "setup"
    assert [row.session_id for row in rows(chat.database, t.outbox)] == [None]
    assert "møteserie" not in rows(chat.database, t.outbox)[0].body


def test_a_series_is_set_up_question_by_question(chat: Chat) -> None:
    first = chat.press("setup")
    assert "Steg 1 av 4" in text(first)
    assert "1 av 3: Hva møteserien heter" in text(first)
    made = set_up(chat)
    assert "Møteserien er satt opp." in text(made)
    (series,) = rows(chat.database, t.series)
    assert (series.platform, series.workspace, series.title) == ("telegram", BOT, "North")
    assert [row.name for row in rows(chat.database, t.circles) if row.kind == "group"] == [
        "Gruppe 1",
        "Gruppe 2",
    ]
    people = chat.press("people:1")
    code = rows_of_codes(chat)[0]
    assert f"Koden til Gruppe 1 er {code[:4]}-{code[4:]}." in text(people)
    assert (
        rows(chat.database, t.drafts, t.drafts.c.what == "guided") == []
        if hasattr(t.drafts.c, "id")
        else True
    )


def test_a_group_that_comes_late_gets_a_code_as_the_others_did(chat: Chat) -> None:
    set_up(chat)
    said = text(chat.go_through("/group:1", "Elv"))
    assert "Elv er med fra og med økt 1" in said
    assert f"Koden til Elv er {rows_of_codes(chat)[2][:4]}-" in said
    (elv,) = rows(chat.database, t.circles, t.circles.c.name == "Elv")
    homes = {row.id: row.blocked for row in rows(chat.database, t.places)}
    assert [homes[row.place_id] for row in sessions(chat.database) if row.circle_id == elv.id] == [
        "unbound"
    ] * 3


def test_managers_get_a_chat_by_a_code_and_lose_it_again(chat: Chat) -> None:
    set_up(chat)
    asked = text(chat.press("managers-place:1"))
    assert "Du får en kode, som skrives der." in asked
    said = text(chat.press("do:managers-place:1"))
    code = rows_of_codes(chat)[-1]
    assert f"Koden til lederne er {code[:4]}-{code[4:]}. Skriv den etter /runda i chatten deres" in said
    assert "Hvis du avslutter det" in text(chat.press("managers-place:1"))
    assert "bare hver for seg" in text(chat.press("do:managers-place:1"))
    assert code not in rows_of_codes(chat)
    assert not rows(chat.database, t.circles, t.circles.c.kind == "managers")


def test_a_pause_is_asked_for_and_shown_before_it_begins(chat: Chat) -> None:
    set_up(chat)
    shown = text(chat.go_through("/pause:1", "26.10.2026", "/pick:1:yes", "/do:pause:1"))
    assert "Den fortsetter av seg selv mandag 26. oktober." in shown
    assert "til tirsdag 27. oktober kl. 09:00" in shown
    assert "Møteserien står på pause." in text(chat.press("do:pauses:1:20261026:1"))
    assert {f"{row.starts_at:%m-%d}" for row in sessions(chat.database, 1)} == {"10-27"}


def rows_of_codes(chat: Chat) -> list[str]:
    with chat.database.read() as connection:
        return [row.code for row in connection.execute(select(t.codes).order_by(t.codes.c.circle_id))]


def test_telegram_must_be_acknowledged_before_a_series_is_made(chat: Chat) -> None:
    chat.press("setup")
    set_up_to_the_last(chat)
    no = chat.press("pick:0:no")
    assert rows(chat.database, t.series) == []
    assert "Dette må fylles ut." in text(no)
    assert "Møteserien er satt opp." in text(chat.press("pick:0:yes"))


def set_up_to_the_last(chat: Chat) -> None:
    chat.go_through(
        "North", "/pick:1:selfcheck", "/keep:2", "/do:setup",
        "/pick:0:short", "/keep:1", "/skip:2", "/keep:3", "/keep:4", "/pick:5:no", "/do:setup-how",
        "1", "/done:1", "/done:2", "/do:setup-who",
        "20.10.2026", "/keep:1", "/keep:2", "/skip:3", "/do:setup-when",
    )  # fmt: skip


def test_there_is_a_way_back_and_a_last_look(chat: Chat) -> None:
    set_up(chat)
    first = chat.press("move:1:2")
    assert "Økt 2 er tirsdag 3. november kl. 09:00 nå." in text(first)
    assert presses(first)["Som det er"] == "keep:0"
    second = chat.write("4.11.2026")
    assert "2 av 3: Klokkeslettet" in text(second)
    back = chat.press(presses(second)["Tilbake"])
    assert "1 av 3: Den nye datoen" in text(back)
    chat.write("5.11.2026")
    third = chat.write("10:00")
    assert presses(third)["Gruppe 2"] == "pick:2:2"
    look = chat.press("pick:2:all")
    assert "Den nye datoen: 5.11.2026" in text(look)
    assert "For hvem: Alle gruppene" in text(look)
    assert [row.local_date.day for row in meetings(chat.database)] == [20, 3, 17]
    sure = chat.press(presses(look)["Neste steg"])
    assert "Får vite det: Gruppe 1, Gruppe 2." in text(sure)
    assert {row.starts_at.day for row in sessions(chat.database, 2)} == {3}
    done = chat.press(presses(sure)["Flytt"])
    assert "Økt 2 er flyttet fra tirsdag 3. november kl. 09:00 til torsdag 5. november kl. 10:00." in text(
        done
    )
    assert {row.starts_at.day for row in sessions(chat.database, 2)} == {5}


def test_what_is_wrong_is_said_and_asked_again(chat: Chat) -> None:
    set_up(chat)
    chat.go_through("/move:1:2", "31.2.2026", "kvart over ni", "/pick:2:all")
    wrong = chat.press("do:move:1:2")
    assert "Det er ingen dato." in text(wrong)
    time = chat.write("5.11.2026")
    assert "Det er ikke et klokkeslett." in text(time)
    look = chat.write("10:00")
    assert "Stemmer dette?" in text(look)
    assert "flyttet" in text(chat.press("do:move:1:2"))


def test_nothing_is_lost_when_one_stops_half_way(chat: Chat) -> None:
    set_up(chat)
    chat.go_through("/move:1:2", "5.11.2026")
    chat.clock.at += timedelta(days=2)
    assert chat.write("10:00") is None
    assert [each.words for each in chat.passed_on if isinstance(each, Wrote)] == ["10:00"]
    home = chat.press("home")
    again = chat.press(presses(home)["Fortsett der du slapp"])
    assert "2 av 3: Klokkeslettet" in text(again)
    chat.go_through("10:00", "/pick:2:all", "/do:move:1:2", "/do:moves:1:2:20261105:11000:0:0")
    assert {row.starts_at.day for row in sessions(chat.database, 2)} == {5}


def test_one_can_leave_it(chat: Chat) -> None:
    set_up(chat)
    chat.go_through("/move:1:2", "5.11.2026")
    assert "Avbrutt. Ingenting er endret." in text(chat.press("cancel"))
    assert chat.write("10:00") is None
    assert "1 av 3: Den nye datoen" in text(chat.press("do:move:1:2"))
    assert {row.starts_at.day for row in sessions(chat.database, 2)} == {3}


def test_brought_again_it_is_done_and_said_once(database: Database) -> None:
    """On both engines."""
    chat = Chat(database)
    chat.appoint_here("U9")
    set_up(chat)
    pages = t.outbox.c.body.contains('"page"')
    before = len(rows(chat.database, t.outbox, pages))
    chat.press("stop:1", key="a")
    chat.press("do:stop:1", key="b")
    chat.press("do:stop:1", key="b")
    assert chat.press("stop:1", key="a") is None
    assert len(rows(chat.database, t.outbox, pages)) == before + 2
    assert len(rows(chat.database, t.audit, t.audit.c.act == "series cancelled")) == 1
    chat.close()


def test_an_answer_that_is_told_again_under_another_number_is_heard_once(chat: Chat) -> None:
    """Story: what somebody kept for themselves was there twice, when Telegram told of it again after the question."""
    set_up(chat)
    chat.press("move:1:2")
    answer = Wrote(key="w1", place=Address("telegram", BOT, chat.who), account=chat.who, message="u1",
                   words="5.11.2026", at=chat.clock.at, private=True)  # fmt: skip
    assert "2 av 3: Klokkeslettet" in text(chat.hear(answer)[-1])
    assert chat.hear(replace(answer, key="w2")) == []
    chat.press("cancel")
    assert chat.hear(replace(answer, key="w3")) == []
    assert chat.passed_on == []


def test_an_old_button_asks_again_and_changes_nothing(chat: Chat) -> None:
    set_up(chat)
    chat.go_through("/move:1:2", "5.11.2026")
    assert "2 av 3: Klokkeslettet" in text(chat.press("pick:2:all"))
    assert "2 av 3: Klokkeslettet" in text(chat.press("do:move:1:2"))
    assert rows(chat.database, t.audit, t.audit.c.act == "meeting moved") == []


def test_a_note_to_oneself_is_not_taken_for_an_answer(chat: Chat) -> None:
    """Nothing is asked, or it replies to a message of the meeting: then it is the meeting's."""
    set_up(chat)
    assert chat.write("Bare til meg.") is None
    chat.press("move:1:2")
    with chat.database.write() as connection:
        place = connection.execute(select(t.places.c.id).where(t.places.c.channel == "U9")).scalar_one()
        session = sessions(chat.database)[0].id
        row = {"organisation_id": 1, "place_id": place, "session_id": session, "version": 0, "effect": 5, "kind": "say",
               "sort": "question", "body": "{}", "status": "sent", "receipt": "q1"}  # fmt: skip
        connection.execute(t.outbox.insert(), row)
    assert chat.write("Også bare til meg.", reply_to="q1") is None
    assert len(chat.passed_on) == 2


def test_a_press_in_a_group_is_answered_in_private(chat: Chat) -> None:
    spoken = chat.press("home", place="-1001")
    assert spoken is not None
    (row,) = rows(chat.database, t.outbox)
    (place,) = rows(chat.database, t.places, t.places.c.id == row.place_id)
    assert (place.channel, place.person_id) == ("U9", 1)


def test_a_stranger_is_answered_and_told_no_names(chat: Chat) -> None:
    chat.who = "12345"
    said = text(chat.press("setup"))
    assert "for dem som har fått det ansvaret" in said
    assert "Berit" not in said
    assert rows(chat.database, t.people, t.people.c.name == "12345") == []


def test_what_is_not_ours_is_handed_on(chat: Chat) -> None:
    chat.hear(
        Chose(key="x", place=Address("telegram", BOT, "-1"), account="U9", press="next", at=chat.clock.at)
    )
    chat.hear(Wrote(key="y", place=Address("telegram", BOT, "-1"), account="U9", message="1", words="Hei",
                    at=chat.clock.at))  # fmt: skip
    assert [each.key for each in chat.passed_on] == ["x", "y"]


PRESSES = [
    "home", "setup", "move:1:2", "pause:1", "do:pause:1", "do:move:1:2", "keep:0", "keep:1", "skip:1", "back:1",
    "back:3", "done:2", "pick:0:x", "pick:2:all", "pick:2:#0", "pick", "on", "cancel", "give:1", "pick:0:manager",
    "pick:1:U9",
]  # fmt: skip
TYPED = ("5.11.2026", "10:00", "Nei", "")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*(f"/{each}" for each in PRESSES), *TYPED]), max_size=12))
def test_whatever_is_pressed_and_written_is_answered_or_handed_on(sqlite_chat: Any, heard: list[str]) -> None:
    for each in heard:
        before = len(sqlite_chat.passed_on)
        spoken = sqlite_chat.go_through(each)
        assert spoken is not None or len(sqlite_chat.passed_on) == before + 1 or each.startswith("/")
        if spoken is not None:
            assert all(len(label.press.encode()) <= 64 for label in spoken.labels)


@pytest.fixture(scope="module")
def sqlite_chat(sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("guided") / "runda.db")
    database = Database(f"sqlite:///{file}")
    chat = Chat(database)
    chat.appoint_here("U9")
    set_up(chat)
    yield chat
    chat.close()
    database.close()


def test_a_private_message_costs_a_look_where_nothing_is_asked(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Story: each answer that was written in private was first taken for ours, in transactions of its own."""
    set_up(chat)
    begun: list[int] = []
    write = chat.database.write
    monkeypatch.setattr(chat.database, "write", lambda: begun.append(1) or write())
    handed_on = len(chat.passed_on)
    place = Address("telegram", BOT, chat.who)
    wrote = Wrote(
        key="w1", place=place, account=chat.who, message="u1", words="Til meg selv.", at=chat.clock.at
    )
    asyncio.run(chat.guide.hear(wrote))
    assert (len(chat.passed_on) - handed_on, begun) == (1, [])


def test_what_was_begun_and_left_for_a_week_is_thrown_away(chat: Chat) -> None:
    set_up(chat)
    chat.press("move:1:2")
    upkeep = Upkeep(chat.database, chat.works.shelf, itertools.count(9000).__next__)
    for days, kept in ((6, True), (8, False)):
        upkeep.look(chat.clock.at + timedelta(days=days))
        with chat.database.read() as connection:
            assert bool(list(connection.execute(select(t.drafts)))) is kept


def test_a_form_is_called_as_its_programme_has_it(chat: Chat) -> None:
    """Story: «short» was offered in every language."""
    chat.press("setup")
    asked = chat.go_through("North", "/pick:1:selfcheck", "/keep:2", "/do:setup")
    assert "Korte økter, 25 minutter i hver økt" in presses(asked)
    found = library.read("selfcheck")
    assert library.form_title(found, "sv", "one-day") == "Alla pass på en dag"
    assert library.form_title(found, "sv", "unheard-of") == "unheard-of"
