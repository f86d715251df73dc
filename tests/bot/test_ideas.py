"""The idea sluice: from anyone, assessed without a name, and with word back at each change of status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from adapters.port import Faults, Sheet
from bot.cli.ideas import _exported
from bot.counter.ideas import MOST, WORDS
from bot.ideas import keeping, sluice
from bot.rights import showing
from bot.rights.erasing import Erasing
from bot.rights.purging import Purging
from bot.words import Speaker
from flows.recap import IdeaCount
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_counter import Desk, presses, words
from tests.bot.a_person import holds
from tests.bot.a_series import rows
from tests.bot.test_counter_guided import Chat

NEED = "Young people have nowhere to meet after eight"
#: Who assesses besides Berit (U9), who sets up series; and who gives ideas: somebody whom nobody knew.
ASSESSOR, GIVER = "U8", "U11"


class Sluice(Desk):
    def hear(self, account: str) -> str:
        """What Runda says to them alone next, in words, as if it were sent now."""
        o, p = t.outbox.c, t.places.c
        waiting = select(t.outbox, p.platform, p.workspace, p.channel).join(t.places, p.id == o.place_id)
        waiting = waiting.where(o.status == "queued", p.channel == account).order_by(o.id)
        with self.database.write() as connection:
            unit = Unit(connection)
            queued = unit.all(waiting)
            said = Speaker(self.works.shelf).speak(unit, queued, self.clock.at)
            sent = update(t.outbox).where(o.id.in_([row.id for row in queued]))
            connection.execute(sent.values(status="sent", receipt="m", sent_at=self.clock.at))
        return "\n".join(block.words for each in said for block in each.spoken.blocks)

    def give(self, who: str = GIVER, **more: str) -> int:
        sheet = self.hand_in("idea", {"words": NEED, "whom": "those under eighteen", **more}, who=who)
        assert isinstance(sheet, Sheet), sheet
        return int(sheet.name.partition(":")[2])

    def next_day(self) -> int:
        self.clock.at += timedelta(days=1)
        return keeping.look(self.works, self.clock.at)

    def assess(self, idea: int, status: str, said: str = "", who: str = ASSESSOR) -> Sheet | Faults:
        handed = self.hand_in(f"idea-assess:{idea}", {"status": status, "words": said}, who=who)
        assert isinstance(handed, Sheet | Faults)
        return handed


@pytest.fixture
def desk(database: Database) -> Iterator[Sluice]:
    """On both engines. Berit sets up series; Eva assesses ideas."""
    desk = Sluice(database)
    desk.appoint(language="nb")
    named = desk.hand_in("assessor", {"who": ASSESSOR}, who="U9")
    assert "Eva Rud" in words(named)
    yield desk
    desk.close()


def test_a_strangers_idea_is_received_and_those_who_assess_are_told_and_see_no_name(desk: Sluice) -> None:
    home = desk.ask("home", who=GIVER)
    assert "ideas" in presses(home)
    assert "idea" in presses(desk.ask("ideas"))
    idea = desk.give()
    assert "mottatt" in desk.hear(GIVER)
    assert "Tor Aas" not in str(rows(desk.database, t.people))
    desk.next_day()
    for who in (ASSESSOR, "U9"):
        assert "ny idé" in desk.hear(who)
        page = desk.ask(f"idea-assess:{idea}", who=who)
        assert NEED in words(page)
        assert "those under eighteen" in words(page)
        assert GIVER not in str(page)
    assert "Tor" not in words(desk.ask("ideas", who=ASSESSOR))


def test_the_hour_tells_nobody_who_it_was(desk: Sluice) -> None:
    """Who sits beside somebody that writes, and hears of a new idea in the same minute, knows whose it is."""
    idea = desk.give()
    desk.hear(GIVER)
    desk.clock.at += timedelta(hours=5)
    assert keeping.look(desk.works, desk.clock.at) == 0
    assert desk.hear(ASSESSOR) == desk.hear("U9") == ""
    assert desk.next_day() == 2
    given = desk.clock.at - timedelta(days=1, hours=5)
    page = words(desk.ask(f"idea-assess:{idea}", who=ASSESSOR))
    assert "1. oktober" in page
    assert not re.search(r"\b\d\d[.:]\d\d\b", page)
    with desk.database.read() as connection:
        exported = json.dumps(list(_exported(connection, sluice.unnamed(connection, 1))))
    assert f"{given:%Y-%m-%d}" in exported
    assert f"{given:%H:}" not in exported


def test_the_page_has_room_for_those_that_wait_longest_and_the_latest_decided_on(desk: Sluice) -> None:
    given = [desk.give(words=f"Idea {n}") for n in range(MOST + 2)]
    for idea in (given[-1], given[-2]):
        desk.clock.at += timedelta(hours=1)
        desk.assess(idea, "goes-on")
    shown = [press for press in presses(desk.ask("ideas", who=ASSESSOR)) if press.startswith("idea-assess:")]
    assert shown == [f"idea-assess:{each}" for each in (*given[:-2], given[-2], given[-1])]


def test_the_giver_hears_of_each_change_with_the_reason_and_may_add(desk: Sluice) -> None:
    idea = desk.give()
    desk.hear(GIVER)
    told = []
    for status, said in (("assessing", ""), ("needs-more", "How many are they?")):
        desk.assess(idea, status, said)
        told.append(desk.hear(GIVER))
    assert "til vurdering" in told[0]
    assert "trenger mer" in told[1]
    assert told[1].endswith("How many are they?")
    more = desk.hand_in(f"idea-more:{idea}", {"words": "About forty."}, who=GIVER)
    assert "About forty." in words(more)
    assert "til vurdering" in desk.hear(GIVER)
    desk.next_day()
    assert "lagt til" in desk.hear(ASSESSOR)
    assert "About forty." in words(desk.ask(f"idea-assess:{idea}", who=ASSESSOR))
    desk.assess(idea, "not-now", "The hall is rebuilt in spring.")
    assert "ikke videre nå" in desk.hear(GIVER)
    assert f"idea-more:{idea}" not in presses(desk.ask(f"idea-mine:{idea}", who=GIVER))
    assert isinstance(desk.hand_in(f"idea-more:{idea}", {"words": "But"}, who=GIVER), Faults)


def test_what_needs_a_reason_is_not_said_without_one_and_nobody_assesses_their_own(desk: Sluice) -> None:
    idea = desk.give(ASSESSOR)
    assert "ikke" not in words(desk.ask(f"idea-mine:{idea}", who=ASSESSOR))
    assert NEED not in words(desk.ask(f"idea-assess:{idea}", who=ASSESSOR))
    desk.assess(idea, "goes-on", who=ASSESSOR)
    for status in sluice.BECAUSE:
        faults = desk.assess(idea, status, who="U9")
        assert isinstance(faults, Faults)
        assert "Idégiveren" in faults.by_blank["words"]
    assert [row.status for row in rows(desk.database, t.ideas)] == ["received"]


def test_others_see_neither_ideas_nor_who_gave_them(desk: Sluice) -> None:
    idea = desk.give()
    desk.assess(idea, "goes-on")
    desk.give("U1", words="Mine")
    forged = f"idea-mine:{'9' * 30}"
    for press in (f"idea-mine:{idea}", f"idea-assess:{idea}", f"idea-more:{idea}", "ideas", forged):
        assert NEED not in words(desk.ask(press, who="U1")), press
    assert {row.actor for row in rows(desk.database, t.audit)} == {"test", *_numbers(desk, "U9", ASSESSOR)}


def _numbers(desk: Sluice, *accounts: str) -> set[str]:
    with desk.database.read() as connection:
        i = t.identities.c
        found = connection.execute(select(i.person_id).where(i.account.in_(accounts)))
        return {f"person:{row.person_id}" for row in found}


def test_in_the_evening_nobody_is_woken_and_the_word_goes_out_in_the_morning(desk: Sluice) -> None:
    idea = desk.give()
    desk.hear(GIVER)
    desk.clock.at += timedelta(hours=11)
    desk.assess(idea, "investigating")
    assert keeping.look(desk.works, desk.clock.at) == 0
    assert desk.hear(GIVER) == ""
    desk.clock.at += timedelta(hours=12)
    assert keeping.look(desk.works, desk.clock.at) == 1
    assert desk.hear("U9") == "", "it waits for nobody any more"
    assert "utredet" in desk.hear(GIVER)
    assert keeping.look(desk.works, desk.clock.at) == 0


def test_numbers_are_by_status_and_age_and_of_nobody(desk: Sluice) -> None:
    first = desk.give()
    desk.clock.at += timedelta(days=3)
    desk.give()
    desk.assess(first, "assessing")
    desk.clock.at += timedelta(days=4)
    since = desk.clock.at - timedelta(days=4)
    with desk.database.read() as connection:
        found = sluice.counts(connection, 1)
    assert found == [IdeaCount("received", 1, since), IdeaCount("assessing", 1, since)]
    page = words(desk.ask("ideas", who="U9"))
    assert "mottatt: 1; den eldste i 4 dager" in page


def test_what_is_decided_goes_when_its_days_are_over_and_what_waits_stays(desk: Sluice) -> None:
    done, waits = desk.give(), desk.give(words="Another")
    desk.assess(done, "handed-over", "To the youth council")
    with desk.database.write() as connection:
        connection.execute(update(t.organisations).values(retention_days=30))
    keeping.look(desk.works, desk.clock.at + timedelta(days=29))
    assert len(rows(desk.database, t.ideas)) == 2
    keeping.look(desk.works, desk.clock.at + timedelta(days=30))
    assert [row.id for row in rows(desk.database, t.ideas)] == [waits]
    assert not holds(desk.database, "youth council")


def test_messages_of_no_session_go_when_their_days_are_over(desk: Sluice) -> None:
    """They used to stay for good. What shows a name, or words that are kept, stays for an erasure to find."""
    idea, loose, o = desk.give(), Purging(desk.works, Speaker(desk.works.shelf)).loose, t.outbox
    desk.hear(GIVER)
    (receipt,) = rows(desk.database, o, o.c.status == "sent")
    said = receipt._asdict()
    del said["id"]
    named = {"body": said["body"].replace('"parts":[', '"parts":[{"type":"name","of":"person","id":1},')}
    never = {"status": "dropped", "sent_at": None}
    with desk.database.write() as connection:
        for other in (named, never):
            connection.execute(o.insert(), said | other)
    desk.assess(idea, "needs-more", "What does it cost?")
    assert "What does it cost?" in desk.hear(GIVER)
    after = desk.clock.at + timedelta(days=30)
    loose(desk.clock.at + timedelta(days=13))
    assert rows(desk.database, t.log), "the same may come again"
    assert loose(after) == 0, "nobody has decided"
    assert not rows(desk.database, t.log), "what was heard is known for so long as nobody may ask for less"
    with desk.database.write() as connection:
        connection.execute(update(t.organisations).values(retention_days=30))
    again = said | {"kind": "update", "target_id": receipt.id, "status": "queued", "sent_at": None}
    with desk.database.write() as connection:
        connection.execute(o.insert(), again)
    assert (loose(after - timedelta(minutes=1)), loose(after)) == (0, 1), (
        "of it, something is to be said still"
    )
    with desk.database.write() as connection:
        connection.execute(o.delete().where(o.c.kind == "update"))
    assert loose(after) == 1
    assert [("feedback" in row.body, "person" in row.body) for row in rows(desk.database, o)] == [
        (False, True), (True, False)
    ]  # fmt: skip
    with desk.database.write() as connection:
        connection.execute(t.ideas.delete())
    assert loose(after) == 1


def _person(desk: Sluice, account: str) -> int:
    return next(int(row.person_id) for row in rows(desk.database, t.identities) if row.account == account)


def test_a_person_is_shown_their_ideas_and_erased_with_what_was_posted(desk: Sluice) -> None:
    idea, other = desk.give(), desk.give("U1", words="Longer opening hours")
    desk.assess(other, "not-now", "Too dear, says Eva")
    desk.assess(idea, "goes-on", "The library joins in")
    assert "Too dear" in desk.hear("U1")
    for who in (GIVER, ASSESSOR):
        with desk.database.read() as connection:
            found = showing.of_person(connection, _person(desk, who), "author").ideas
        assert {one.words.partition("\n")[0] for one in found} == (
            {NEED, "The library joins in"} if who == GIVER else {"Too dear, says Eva", "The library joins in"}
        )
    for who in (GIVER, ASSESSOR):
        person = _person(desk, who)
        with desk.database.write() as connection:
            assert Erasing(desk.works).begin(connection, person, "test", desk.clock.at)
    assert not holds(desk.database, NEED, "Too dear", "library")
    assert "Too dear" not in desk.hear("U1")
    (left,) = rows(desk.database, t.ideas)
    assert left.id == other


def test_the_word_alone_in_private_opens_it_where_no_sheets_are_shown(sqlite_database: Database) -> None:
    """On Telegram, question by question; a stranger is not let in there, where anybody can write to the bot."""
    chat = Chat(sqlite_database)
    chat.appoint_here("U9")
    chat.who = "U9"
    opened = chat.write("Idé")
    assert opened is not None
    assert "open:idea" in [label.press for label in opened.labels]
    chat.go_through("/idea", "A place to meet", "/skip:1", "/do:idea")
    assert [(row.words, row.whom) for row in rows(sqlite_database, t.ideas)] == [("A place to meet", "")]
    chat.who = "U11"
    chat.go_through("/idea", "Mine too", "/skip:1", "/do:idea")
    assert len(rows(sqlite_database, t.ideas)) == 1
    chat.close()


def test_what_is_written_after_the_command_is_understood_in_all_languages(desk: Sluice) -> None:
    for word in WORDS:
        assert [blank.name for blank in desk.ask(word, who=GIVER).blanks] == ["words", "whom"]
