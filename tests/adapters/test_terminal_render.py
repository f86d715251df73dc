"""What people see in the terminal, to the letter."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.port import Block, Label, Link, Outgoing, Rewrote, Spoken, TookBack, Wrote
from adapters.terminal import names, records
from adapters.terminal.render import View, lines
from adapters.terminal.screen import Screen, screen
from adapters.terminal.typeset import cells

OPENING = datetime(2026, 10, 13, 7, 0, tzinfo=UTC)
PEOPLE = {"kari": "Kari", "amir": "Amir", "liv": "Liv", "jon": "Jon"}
TITLE = Block("heading", "Session 1 of 3: Where we stand")
OSLO = ZoneInfo("Europe/Oslo")


def at(minute):
    return OPENING + timedelta(minutes=minute)


def said(minute, name, *words, sort="question", labels=(), about=None, place="fjord-1", rewrites=None):
    """Something that Runda says; a block is its words, or a Block."""
    blocks = tuple(each if isinstance(each, Block) else Block("line", each) for each in words)
    spoken = Spoken(sort, blocks, tuple(Label(each, each) for each in labels), about)
    token = f"{name} {minute} {words}"
    return records.of(Outgoing(token, names.address(place), spoken, rewrites), name, at(minute))


def wrote(minute, account, name, words, place="fjord-1", **more):
    address = names.address(place)
    return Wrote(key=name, place=address, account=account, message=name, words=words, at=at(minute), **more)


def edited(minute, account, name, words, revision=1):
    return Rewrote(
        key=f"{name} {revision}", place=names.address("fjord-1"), account=account, message=name, words=words,
        revision=revision, at=at(minute),
    )  # fmt: skip


def removed(minute, account, name):
    return TookBack(
        key=f"{name} gone", place=names.address("fjord-1"), account=account, message=name, at=at(minute)
    )


def ticked(minute, about):
    return said(minute, f"tick {about}", "Noted.", sort="receipt", about=about)


def shown(*thread, **look):
    return "\n".join(lines(thread, names=PEOPLE, zone=OSLO, **look))


def as_it_comes(*thread, **look):
    """Each record shown before the next one comes."""
    view = View(names=PEOPLE, zone=OSLO, **look)
    return "\n".join(line for record in thread for line in view.lines([record]))


def status(minute, words):
    return said(minute, "root", TITLE, words, sort="status", rewrites="root")


THREAD = (
    said(
        0, "root", TITLE,
        "When you are together, one of you writes “we are here”. Then we begin.", labels=["We are here"],
    ),
    wrote(2, "kari", "m0", "We are here"),
    status(2, "Question 1 of 3, until 09:20"),
    said(
        2, "q1", Block("heading", "Question 1 of 3"),
        "Which of the framework conditions on the map fits best with what you know, and what is missing from it?",
        Block("picture", "The map\nFour circles around a municipality.", file=b"<svg/>"),
        Block("item", "People and skills", number=1),
        Block("item", "Laws and rules, of which there are so many that nobody has read them from one end to the other",
              number=12),
        Block("item", "Something else"),
        labels=["Next", "Five more minutes"],
    ),
    wrote(3, "kari", "m1", "People and skills is right. But it says nothing about time, and time is what we all lack."),
    ticked(3, "m1"),
    wrote(4, "amir", "m2", "Rules. How much is rules,\n\nand how much is habit?"),
    edited(5, "amir", "m2", "Rules. How much is rules,\n\nand how much is just habit?"),
    ticked(5, "m2"),
    wrote(5, "liv", "m3", "oops"),
    ticked(5, "m3"),
    removed(6, "liv", "m3"),
    wrote(7, "jon", "m4", "next"),
    said(7, "taken", "Read as “next”.", sort="receipt", about="m4", labels=["That was an answer"]),
    status(7, "Question 2 of 3, until 09:30"),
    status(7, "Question 2 of 3, until 09:30"),
    said(8, "more", "Five more minutes, until 09:35.", sort="answer"),
    wrote(9, "jon", "m5", "Thanks", reply_to="more"),
)  # fmt: skip


def test_a_thread():
    assert (
        shown(*THREAD)
        == """\
09:00  Runda
       Session 1 of 3: Where we stand
       When you are together, one of you writes “we are here”. Then we begin.
       → write: we are here

09:02  Kari: We are here
09:02  · Question 1 of 3, until 09:20

09:02  Runda
       Question 1 of 3
       Which of the framework conditions on the map fits best with what you know, and
       what is missing from it?
       [The map]
       Four circles around a municipality.
       1. People and skills
       12. Laws and rules, of which there are so many that nobody has read them from one
           end to the other
       • Something else
       → write: next · five more minutes

09:03  Kari: People and skills is right. But it says nothing about time, and time is
       what we all lack. ✓
09:04  Amir: Rules. How much is rules,
       and how much is just habit? (changed) ✓
09:05  Liv: (taken back)
09:07  Jon: next
09:07  Runda → Jon: Read as “next”.
       → write: that was an answer
09:07  · Question 2 of 3, until 09:30
09:08  Runda: Five more minutes, until 09:35.
09:09  Jon → Runda: Thanks"""
    )


def test_a_narrow_terminal_without_the_letters():
    assert (
        shown(*THREAD[3:7], width=40, encoding="ascii")
        == """\
09:02  Runda
       Question 1 of 3
       Which of the framework conditions
       on the map fits best with what
       you know, and what is missing
       from it?
       [The map]
       Four circles around a
       municipality.
       1. People and skills
       12. Laws and rules, of which
           there are so many that nobody
           has read them from one end to
           the other
       - Something else
       -> write: next | five more
          minutes

09:03  Kari: People and skills is right.
       But it says nothing about time,
       and time is what we all lack. +
09:04  Amir: Rules. How much is rules,
       and how much is habit?"""
    )


def test_nothing_is_said_by_colour_alone():
    coloured, plain = shown(*THREAD, colour=True), shown(*THREAD)
    assert coloured != plain
    assert coloured.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "") == plain
    assert "\x1b[2m(changed) ✓\x1b[0m" in coloured
    assert "\x1b[1mSession 1 of 3: Where we stand\x1b[0m" in coloured


def test_what_comes_of_a_message_that_has_been_shown_is_told_by_itself():
    thread = [
        wrote(3, "kari", "m1", "The ferry"),
        ticked(3, "m1"),
        edited(4, "kari", "m1", "The ferry, and the road"),
        said(5, "note", "The note:", Block("item", "The ferry"), Block("item", "The road")),
        said(
            6,
            "note",
            "The note:",
            Block("item", "The ferry boat"),
            Block("item", "The road"),
            rewrites="note",
        ),
        removed(7, "kari", "m1"),
        said(8, "note", Block("item", "The road"), rewrites="note"),
        said(9, "note", rewrites="note"),
    ]
    assert (
        as_it_comes(*thread)
        == """\
09:03  Kari: The ferry
09:03  ✓ Kari
09:04  Kari: The ferry, and the road (changed) ✓

09:05  Runda
       The note:
       • The ferry
       • The road

09:06  Runda: The ferry boat (changed)
09:07  Kari: (taken back)
09:08  Runda: The road (changed)
09:09  Runda: (taken back)"""
    )
    assert (
        shown(*thread)
        == """\
09:03  Kari: (taken back)
09:05  Runda: (taken back)"""
    )


def test_only_the_author_changes_a_message_and_only_forwards():
    thread = [
        wrote(0, "kari", "m1", "one"),
        edited(1, "kari", "m1", "three", revision=3),
        edited(2, "kari", "m1", "two", revision=2),
        edited(3, "amir", "m1", "Amir's", revision=4),
        removed(3, "amir", "m1"),
        wrote(4, "liv", "m2", "gone"),
        removed(5, "liv", "m2"),
        edited(6, "liv", "m2", "back again", revision=9),
        ticked(7, "m2"),
    ]
    assert (
        shown(*thread)
        == """\
09:00  Kari: three (changed)
09:04  Liv: (taken back)"""
    )


def test_the_same_record_twice_is_one():
    thread = [wrote(0, "kari", "m1", "one"), ticked(1, "m1"), said(2, "q", "Two"), status(3, "Three")]
    assert as_it_comes(*(record for record in thread for _ in range(2))) == as_it_comes(*thread)


def test_a_rewriting_that_changes_nothing_is_not_shown():
    assert as_it_comes(said(0, "q", "One"), said(1, "q", "One", rewrites="q")) == "09:00  Runda: One"


def test_what_is_about_a_message_elsewhere_is_left_out():
    assert shown(ticked(0, "nowhere"), removed(1, "kari", "nowhere"), status(2, "Nowhere")) == ""


def test_who_alone_sees_it_and_who_i_am():
    thread = [
        said(0, "p1", "You wrote this to yourself:", "The distances.", place="@kari"),
        wrote(1, "kari", "m1", "Mine", place="@kari", private=True),
        said(2, "p2", "Only you.", place="@kari"),
        wrote(3, "kari", "m2", "Ours"),
    ]
    assert (
        shown(*thread)
        == """\
09:00  Runda (to Kari alone)
       You wrote this to yourself:
       The distances.

09:01  Kari (to Runda alone): Mine
09:02  Runda (to Kari alone): Only you.
09:03  Kari: Ours"""
    )
    nynorsk = {"you": "Du", "private": "berre til deg", "alone": "berre til {name}"}
    assert (
        shown(*thread, me="kari", labels=nynorsk)
        == """\
09:00  Runda (berre til deg)
       You wrote this to yourself:
       The distances.

09:01  Du (berre til Runda): Mine
09:02  Runda (berre til deg): Only you.
09:03  Du: Ours"""
    )


def test_days_are_told_apart_where_somebody_can_name_them():
    thread = [
        wrote(0, "kari", "m1", "one"),
        wrote(24 * 60, "kari", "m2", "two"),
        wrote(24 * 60, "kari", "m3", "three"),
    ]
    view = View(names=PEOPLE, zone=OSLO, day=lambda day: f"{day:%d.%m}")
    assert (
        "\n".join(view.lines(thread))
        == """\
– 13.10 –

09:00  Kari: one

– 14.10 –

09:00  Kari: two
09:00  Kari: three"""
    )


def linked(words, hours):
    return Block(
        "heading", words, link=Link(names.address("fjord-1"), "note", at(7) - timedelta(hours=hours))
    )


RECAP = said(
    0, "recap", Block("heading", "Since last time"), linked("What is special\nabout conditions here?", 0),
    Block("item", "The distances"), linked("How long are the nights?", 24 * 14), linked("Late", 9), sort="recap",
)  # fmt: skip


def test_a_heading_tells_when_more_of_it_was_said():
    read = [records.from_line(records.to_line(RECAP))]
    view = View(names=PEOPLE, zone=OSLO, day=lambda day: f"{day.day} {day:%B}", apart=False)
    assert (
        "\n".join(view.lines(read))
        == """\
09:00  Runda
       Since last time
       What is special
       about conditions here? (see 09:07)
       • The distances
       How long are the nights? (see 29 September, 09:07)
       Late (see 00:07)"""
    )
    assert "(sjå 2026-09-29, 09:07)" in shown(*read, labels={"link": "sjå"})
    assert "\x1b[2m(see 09:07)\x1b[0m" in shown(*read, colour=True)


def test_the_day_of_an_earlier_message_is_the_reader_s():
    """Before midnight in UTC, and after it in Oslo; a rewriting is told on its own day."""
    thread = [
        said(0, "recap", linked("Late", 9)),
        said(24 * 60, "recap", linked("Later", 9), rewrites="recap"),
    ]
    assert shown(*thread[:1]) == "09:00  Runda: Late (see 00:07)"
    assert "".join(lines(thread[:1], names=PEOPLE, zone=UTC)) == "07:00  Runda: Late (see 2026-10-12, 22:07)"
    assert as_it_comes(*thread).splitlines()[-1] == "09:00  Runda: Later (see 2026-10-13, 00:07) (changed)"


def test_the_days_need_not_be_told_apart():
    view = View(names=PEOPLE, zone=OSLO, day=lambda day: f"{day:%d.%m}", apart=False)
    thread = [wrote(0, "kari", "m1", "one"), wrote(24 * 60, "kari", "m2", "two")]
    assert list(view.lines(thread)) == ["09:00  Kari: one", "09:00  Kari: two"]


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("\x1b[31mred\x1b[0m\x07", "[31mred [0m"),
        ("\x9b2J gone \r\b\b", "2J gone"),
        ("abc \u202edesrever\u2066", "abc desrever"),
        ("a\tb\u2028c", "a b\n       c"),
        ("日本語 👩\u200d💻", "日本語 👩\u200d💻"),
    ],
)
def test_what_people_write_moves_no_cursor(words, seen):
    assert shown(wrote(0, "kari", "m1", words)) == f"09:00  Kari: {seen}"


def test_a_name_that_is_not_known_and_one_that_cannot_be_shown():
    assert shown(wrote(0, "ola", "m1", "Hi"), wrote(0, "\x1b", "m2", "Hi")) == "09:00  ola: Hi\n09:00  ?: Hi"


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("utf-8", "«Ærlig» – blåbærgrøt 日 ✓"),
        ("latin-1", "«Ærlig» - blåbærgrøt ? +"),
        ("ascii", '"Aerlig" - blabaergrot ? +'),
    ],
)
def test_letters_that_the_terminal_lacks(encoding, seen):
    line = shown(wrote(0, "kari", "m1", "«Ærlig» – blåbærgrøt 日"), ticked(0, "m1"), encoding=encoding)
    assert line == f"09:00  Kari: {seen}"
    line.encode(encoding)


def test_a_link_is_left_whole_and_other_long_words_are_not():
    link, long = "https://example.org/" + "a" * 90, "b" * 100
    first, second, third, fourth = shown(wrote(0, "kari", "m1", f"{link} {long}"), width=88).splitlines()
    assert (first, second) == ("09:00  Kari:", f"       {link}")
    assert third.strip() + fourth.strip() == long
    assert len(third) == 88


@given(
    words=st.text(max_size=300),
    width=st.integers(0, 120),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1"]),
)
def test_no_line_is_wider_than_the_terminal(words, width, encoding):
    thread = [
        wrote(0, "kari", "m1", words),
        said(0, "q", Block("item", words, number=1), "", words, labels=[words]),
    ]
    for line in lines(thread, names={}, zone=UTC, width=width, encoding=encoding):
        assert cells(line) <= max(width, 20) or "://" in line
        assert line.isprintable() or "\u200d" in line
        line.encode(encoding)


class Stream(io.StringIO):
    def __init__(self, *, tty, encoding="utf-8"):
        super().__init__()
        self.tty, self.called = tty, encoding

    def isatty(self):
        return self.tty

    @property
    def encoding(self):
        return self.called


@pytest.mark.parametrize(
    ("stream", "environ", "seen"),
    [
        (Stream(tty=True), {}, Screen(50, colour=True, encoding="utf-8")),
        (Stream(tty=True), {"NO_COLOR": "1"}, Screen(50, colour=False, encoding="utf-8")),
        (Stream(tty=True), {"TERM": "dumb"}, Screen(50, colour=False, encoding="utf-8")),
        (Stream(tty=False), {}, Screen(88, colour=False, encoding="utf-8")),
        (Stream(tty=False, encoding=None), {}, Screen(88, colour=False, encoding="ascii")),
    ],
)
def test_what_a_stream_can_show(monkeypatch, stream, environ, seen):
    monkeypatch.setenv("COLUMNS", "50")
    assert screen(stream, environ) == seen
