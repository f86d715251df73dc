"""Files for an archive, the audit log, minutes and the checklist."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import PurePosixPath

import pytest
from sqlalchemy import insert, select

from bot.rights import archive, audit, checklist
from bot.rights.archive import Archiving, packed
from bot.rights.minutes import minutes
from bot.series.problems import NotFound, SeriesProblem
from bot.shelf import Shelf
from bot.words import Speaker
from flows.sight import NotYours
from storage import tables as t
from tests.bot.a_person import within
from tests.bot.a_series import rows

PEOPLE = ("kari", "amir", "liv", "tor", "sigrid", "ola", "per", "eva")


def files(story, viewer="coordinator"):
    with story.office() as (office, unit):
        return Archiving(office, unit, Speaker(Shelf()), viewer).files()


def export(story):
    with story.office() as (office, unit):
        return Archiving(office, unit, Speaker(Shelf()), "coordinator").export()


@pytest.fixture
def approved(story):
    from bot.recaps import desk

    with story.database.write() as connection:
        connection.execute(t.series.update().values(case_number="2026/1234"))
        berit = connection.execute(select(t.people.c.id).where(t.people.c.name == "Berit")).scalar()
    from bot.recaps import approval

    story.managers(approval.approve, berit)
    story.group(desk.approve, berit)
    story.played.settle()
    return story


# -- files


def test_every_approved_recap_is_there_in_three_forms_and_nothing_else(approved):
    assert {str(path) for path in files(approved)} == {
        "archive.json", "audit.csv", "audit.json",
        *(f"groups/session-1-fjord-v1.{end}" for end in ("md", "html", "json")),
        *(f"managers/session-1-v1.{end}" for end in ("md", "html", "json")),
    }  # fmt: skip


def test_each_document_says_what_it_is(approved):
    found = files(approved)
    document = json.loads(found[PurePosixPath("managers/session-1-v1.json")])
    assert {key: document[key] for key in ("kind", "session", "held", "version", "status", "approver", "case_number",
                                           "organisation", "series", "language", "group")} == {
        "kind": "managers", "session": 1, "held": "2026-10-20", "version": 1, "status": "approved", "approver": "Berit",
        "case_number": "2026/1234", "organisation": "Runda", "series": "North", "language": "en", "group": None,
    }  # fmt: skip
    assert document["approved_at"].endswith("Z") or "+00:00" in document["approved_at"]
    words = found[PurePosixPath("managers/session-1-v1.md")].decode()
    for told in ("2026/1234", "Berit", "Series: North", "Rules are tighter than the law in north-1."):
        assert told in words
    assert not within(words, *PEOPLE)


def test_each_says_of_itself_what_it_is(approved):
    """A group's did not say whose it was, nor in which version; and the whole series' was called after its title."""
    (row,) = rows(
        approved.database, t.recaps, t.recaps.c.session_id.is_(None), t.recaps.c.status == "approved"
    )
    whole = {"id": row.id + 999, "whole": True, "version": 7}
    with approved.database.write() as connection:
        connection.execute(t.recaps.insert(), row._asdict() | whole)
    found = files(approved)
    for path, told in (
        ("groups/session-1-fjord-v1", "Recap of Fjord, session 1, version 1"),
        ("managers/session-1-v1", "Managers' recap of session 1, version 1"),
        ("managers/series-1-v7", "Managers' recap of the whole series until session 1, version 7"),
    ):
        for end in ("md", "html"):
            assert told in unescape(found[PurePosixPath(f"{path}.{end}")].decode())


class Reading(HTMLParser):
    """What stands on a page, its language, and its headings with their levels."""

    def __init__(self):
        super().__init__()
        self.text, self.headings, self.language = [], [], None

    def handle_starttag(self, tag, attrs):
        if tag == "html":
            self.language = dict(attrs)["lang"]
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append(int(tag[1:]))

    def handle_data(self, data):
        self.text.append(data)


def test_a_page_says_the_same_as_the_text_and_its_headings_go_down_one_at_a_time(approved):
    found = files(approved)
    page = Reading()
    page.feed(found[PurePosixPath("managers/session-1-v1.html")].decode())
    said = json.loads(found[PurePosixPath("managers/session-1-v1.json")])["text"]
    whole = " ".join(page.text)
    assert page.language == "en"
    for block in said:
        for line in block["words"].splitlines():
            assert line in whole
    assert page.headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))


def test_what_people_wrote_is_only_text_on_a_page(approved):
    finding = next(
        row for row in rows(approved.database, t.replies) if row.role == "finding" and "north-1" in row.words
    )
    with approved.database.write() as connection:
        bad = "<script>alert(1)</script> in north-1"
        connection.execute(t.replies.update().where(t.replies.c.id == finding.id).values(words=bad))
    page = files(approved)[PurePosixPath("managers/session-1-v1.html")].decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_contents_name_every_document_with_its_hash(approved):
    found = files(approved)
    contents = json.loads(found[PurePosixPath("archive.json")])
    assert contents["case_number"] == "2026/1234"
    assert contents["programme"] == "talk"
    assert len(contents["sessions"]) == 3
    listed = {one["path"]: one["sha256"] for one in contents["documents"]}
    documents = {
        str(path): hashlib.sha256(body).hexdigest() for path, body in found.items() if len(path.parts) > 1
    }
    assert listed == documents


def test_twice_the_same_is_the_same_bytes(approved):
    first, second = files(approved), files(approved)
    assert first == second
    assert packed(first) == packed(second)
    approved.played.clock.at += timedelta(days=3)
    assert packed(files(approved)) == packed(first)


def test_after_an_export_only_the_log_is_different(approved):
    first = export(approved)
    second = export(approved)
    changed = {str(path) for path in first if first[path] != second[path]}
    assert first.keys() == second.keys()
    assert changed == {"audit.csv", "audit.json"}
    assert [row.act for row in rows(approved.database, t.audit)].count(archive.EXPORTED) == 2
    assert second[PurePosixPath("audit.csv")].startswith(first[PurePosixPath("audit.csv")])


def test_after_an_erasure_only_what_had_the_line_is_different(approved):
    from tests.bot.a_person import erase

    before = files(approved)
    erase(approved.played, "Kari")
    after = files(approved)
    assert {str(path) for path in after.keys() - before.keys()} == {
        f"{where}-v2.{end}"
        for where in ("managers/session-1", "groups/session-1-fjord")
        for end in ("md", "html", "json")
    }
    assert not any(b"tighter than the law in north-1" in body for body in after.values())
    assert any(b"tighter than the law in north-2" in body for body in after.values())
    assert json.loads(after[PurePosixPath("managers/session-1-v2.json")])["status"] == "lessened"
    assert b"without what has been erased since" in after[PurePosixPath("managers/session-1-v2.md")]


def test_a_packed_archive_has_the_files_and_no_times(approved):
    found = files(approved)
    with zipfile.ZipFile(io.BytesIO(packed(found))) as archived:
        assert {name: archived.read(name) for name in archived.namelist()} == {
            str(p): b for p, b in found.items()
        }
        assert {info.date_time for info in archived.infolist()} == {archive.NO_TIME}


def test_what_is_not_approved_is_not_archived(story):
    assert {str(path) for path in files(story)} == {"archive.json", "audit.csv", "audit.json"}


@pytest.mark.parametrize("viewer", ["author", "circle", "series", "manager", "other"])
def test_only_those_who_answer_for_it_are_handed_the_log(approved, viewer):
    with pytest.raises(NotYours):
        files(approved, viewer)


# -- the log


def test_the_log_of_a_series_has_its_acts_and_no_others(approved):
    owner = rows(approved.database, t.organisations)[0].id
    with approved.database.write() as connection:
        for what in ("north-2", "northern/1", "south", "north_", "north 9", "north/9"):
            row = {
                "organisation_id": owner,
                "actor": "x",
                "act": "y",
                "object": what,
                "at": approved.played.clock.at,
            }
            connection.execute(insert(t.audit), row)
    with approved.database.read() as connection:
        found = [each.object for each in audit.acts(connection, "coordinator", owner, "north")]
        whole = audit.acts(connection, "operator", owner)
    assert found == ["north", "north/1/managers v1", "north/1/group-1 v1", "north 9", "north/9"]
    assert len(whole) == len(found) + 4


def test_as_csv_it_can_be_read_back_and_no_cell_is_a_formula():
    from datetime import UTC, datetime

    at = datetime(2026, 10, 1, 8, tzinfo=UTC)
    acts = [
        audit.Act(1, at, '=HYPERLINK("x")', 'with "quotes", and\nlines', "-1"),
        audit.Act(2, at, "a", "b", "c"),
    ]
    read = list(csv.reader(io.StringIO(audit.as_csv(acts))))
    assert read[0] == ["number", "at", "actor", "act", "object"]
    assert read[1][2:] == ['\'=HYPERLINK("x")', 'with "quotes", and\nlines', "'-1"]
    assert read[2] == ["2", "2026-10-01T08:00:00+00:00", "a", "b", "c"]
    assert [one["act"] for one in json.loads(audit.as_json(acts))] == [one.act for one in acts]


# -- minutes


def elected(story, arena="elected"):
    with story.database.write() as connection:
        connection.execute(t.series.update().values(arena=arena))


def taken(story, viewer="coordinator", number=1):
    with story.office(write=False) as (office, _):
        return minutes(office, Shelf(), viewer, number)


def test_minutes_say_when_where_how_many_what_and_never_who(story):
    elected(story)
    said = "\n".join(block.words for block in taken(story).blocks)
    for told in ("Minutes of session 1", "Series: North", "Fjord", "Fjell", "20 October 2026", "terminal, north-1",
                 "3 participants", "1 coordinator", "liv notes it down.", "Rules are tighter than the law in north-1.",
                 "Nobody in north-2 asked.", "ola calls the county by May."):  # fmt: skip
        assert told in said, told
    # «liv notes it down» is what she wrote, not who wrote it: no name stands beside anything.
    assert not within(said, "Kari", "Amir", "Tor", "Sigrid", "Berit", "Per", "Eva")
    assert "is proud of" not in said
    assert "2: Nobody" not in said


def test_minutes_have_no_more_than_one_is_told_of_who_sat_there(story):
    """Whoever has left before is not counted, nor whoever has come since."""
    elected(story)
    with story.database.write() as connection:
        opened = connection.execute(
            select(t.sessions.c.starts_at).order_by(t.sessions.c.starts_at).limit(1)
        ).scalar()
        seats = connection.execute(select(t.memberships).where(t.memberships.c.role == "participant")).all()
        gone, come = seats[0], seats[1]
        m = t.memberships
        connection.execute(m.update().where(m.c.id == gone.id).values(until=opened - timedelta(hours=1)))
        connection.execute(m.update().where(m.c.id == come.id).values(since=opened + timedelta(hours=1)))
    said = [block.words for block in taken(story).blocks]
    assert said.count("1 participant") + said.count("2 participants") + said.count("3 participants") == 2
    assert "3 participants" in said
    assert "1 participant" in said


@pytest.mark.parametrize("arena", [None, "staff", "partners"])
def test_there_are_minutes_of_an_elected_body_only(story, arena):
    elected(story, arena)
    with pytest.raises(SeriesProblem, match="not a series of an elected body"):
        taken(story)


def test_there_are_no_minutes_before_it_has_met(story):
    elected(story)
    with pytest.raises(SeriesProblem, match="has not been held"):
        taken(story, number=2)


@pytest.mark.parametrize("viewer", ["series", "manager", "other"])
def test_minutes_are_not_a_way_around_the_table(story, viewer):
    elected(story)
    with pytest.raises(NotYours):
        taken(story, viewer)


def test_an_archive_of_an_elected_body_has_its_minutes(approved):
    elected(approved)
    found = files(approved)
    assert PurePosixPath("minutes/session-1.md") in found
    assert b"do not replace the minutes" in found[PurePosixPath("minutes/session-1.html")]


# -- the checklist


def test_nothing_is_settled_until_somebody_says_so(story):
    with story.office() as (office, _):
        assert {each.on for each in checklist.stands(office)} == {None}
        checklist.acknowledge(office, "union", date(2026, 9, 30))
        checklist.acknowledge(office, "officer", date(2026, 10, 1))
        checklist.acknowledge(office, "union", date(2026, 10, 2))
        stands = {each.item: each.on for each in checklist.stands(office)}
    assert stands == {"union": date(2026, 10, 2), "safety": None, "officer": date(2026, 10, 1), "informed": None,
                      "days": None}  # fmt: skip
    acts = [row.object for row in rows(story.database, t.audit) if row.act == "checklist"]
    assert acts == ["north/union 2026-09-30", "north/officer 2026-10-01", "north/union 2026-10-02"]


def test_what_is_not_on_the_list_and_what_is_still_to_come_is_refused(story):
    with story.office() as (office, _):
        with pytest.raises(NotFound):
            checklist.acknowledge(office, "lawyer", date(2026, 9, 30))
        with pytest.raises(SeriesProblem, match="still to come"):
            checklist.acknowledge(office, "union", office.now.date() + timedelta(days=1))
        assert {each.on for each in checklist.stands(office)} == {None}


@pytest.mark.parametrize("language", ["nb", "nn", "sv", "en"])
def test_the_checklist_is_told_in_every_language(story, language):
    with story.office() as (office, _):
        checklist.acknowledge(office, "safety", date(2026, 9, 30))
        told = checklist.told(office, Shelf().catalogue(language, "Europe/Oslo"))
    assert len(told) == 1 + len(checklist.ITEMS)
    assert sum("2026" in line for line in told) == 1


def test_a_move_before_it_can_still_be_undone(story):
    """The checklist is no change of the plan."""
    with story.office() as (office, _):
        before = office.last_act()
        checklist.acknowledge(office, "safety", date(2026, 9, 30))
        assert office.last_act() == before


def test_a_recap_that_is_only_held_or_edited_is_not_archived(story):
    from bot.recaps import desk

    story.group(desk.hold)
    assert story.versions() == [(1, "held")]
    assert {str(path) for path in files(story)} == {"archive.json", "audit.csv", "audit.json"}


def test_what_was_written_alone_is_not_in_the_minutes(story):
    elected(story)
    with story.database.write() as connection:
        note = t.replies.c.message == story.said["liv-note"]
        connection.execute(t.replies.update().where(note).values(private=True))
    assert "liv notes it down." not in "\n".join(block.words for block in taken(story).blocks)
