"""Whatever is said, Telegram takes it: within its limits, in HTML that it reads, and with all its words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.port import Address, Block, Label, Link, Spoken
from adapters.telegram import names, presses, render
from adapters.telegram.render import LABELS, Button, Part
from tests.adapters.test_telegram_parse import NOW
from tests.standins.telegram.entities import parse_html, units

SUPER = -1_001_000_000_234
THERE = Address("telegram", "42", str(SUPER))


def line(words, kind="line", **more):
    return Block(kind, words, **more)


def said(*blocks, **more):
    return Spoken(more.pop("sort", "question"), blocks, **more)


def texts(spoken, **more):
    return tuple(part.html for part in render.render(spoken, **more).parts)


PNG = b"\x89PNG"
WORDS = st.text(st.characters(codec="utf-8"), max_size=300) | st.text("ab <>&\"'./🎉\n", max_size=9000)
BLOCKS = st.builds(
    Block, st.sampled_from(["line", "heading", "item", "picture"]), WORDS, st.none() | st.integers(1, 99),
    st.none() | st.builds(Link, st.just(THERE), st.just("12"), st.just(NOW)), st.none() | st.just(b"\x89PNG"),
)  # fmt: skip
LABELED = st.builds(Label, st.text(max_size=80), st.text(max_size=90))
SPOKEN = st.builds(
    Spoken, st.sampled_from(["question", "answer", "recap", "status"]),
    st.lists(BLOCKS, max_size=6).map(tuple), st.lists(LABELED, max_size=120).map(tuple), st.none(),
    st.lists(LABELED, max_size=9).map(tuple),
)  # fmt: skip


@given(SPOKEN, st.booleans(), st.none() | st.integers(1, 2))
def test_whatever_is_said_telegram_takes_it(spoken, ask_reply, most):
    rendered = render.render(spoken, chat=SUPER, ask_reply=ask_reply, most=most)
    own = [part for part in rendered.parts if part.own]
    assert most is None or len(own) <= max(most, sum(part.kind == "document" for part in own) + 1)
    for part in rendered.parts:
        text, _ = parse_html(part.html)  # raises what Telegram would refuse
        assert text.strip() or part.kind != "text"
        assert units(text) <= (4096 if part.kind == "text" else 1024)
    assert rendered.parts[rendered.last].kind != "document"
    keyboard = render.keyboard(rendered.labels, username="RundaBot", group=True)
    buttons = [button for row in keyboard for button in row]
    assert len(buttons) <= 100
    assert all(len(row) <= 8 for row in keyboard)
    assert all(button.words.strip() and bool(button.data) != bool(button.url) for button in buttons)
    assert all(len(button.data.encode()) <= 64 for button in buttons)


@given(st.lists(BLOCKS.filter(lambda block: block.link is None and block.file is None), max_size=6))
def test_no_word_is_lost(blocks):
    found = [parse_html(html)[0] for html in texts(said(*blocks))]
    wanted = re.findall(r"[a-z]", "".join(block.words for block in blocks))
    assert re.findall(r"[a-z]", "".join(found)) == wanted


@pytest.mark.parametrize(
    ("blocks", "html"),
    [
        ([line("Hei")], "Hei"),
        ([line("a <b> & c")], "a &lt;b&gt; &amp; c"),
        ([line("Title", "heading"), line("More")], "<b>Title</b>\n\nMore"),
        (
            [line("What"), line("one", "item", number=1), line("two", "item", number=2)],
            "What\n1. one\n2. two",
        ),
        ([line("one", "item")], "• one"),
        ([line("The map\nEight points.", "picture", file=b"<svg/>")], "<b>The map</b>\nEight points."),
        ([line("The map", "picture")], "<b>The map</b>"),
        ([line(" "), line("x\x07\x7fy")], "xy"),
        ([], "–"),
    ],
)
def test_how_it_looks(blocks, html):
    assert texts(said(*blocks)) == (html,)


def test_an_earlier_message_is_linked_where_it_has_an_address():
    blocks = (line("Notes", "heading", link=Link(THERE._replace(thread="3"), "12.13", NOW)),)
    seen = '<a href="https://t.me/c/1000000234/3/12">see</a>'
    assert texts(said(*blocks), chat=SUPER) == (f"<b>Notes</b> ({seen})",)
    assert texts(said(*blocks), chat=-77) == ("<b>Notes</b>",)


def test_where_only_replies_are_heard_it_says_so():
    (html,) = texts(said(line("Why?")), ask_reply=True)
    assert html == f"Why?\n\n<i>{LABELS['reply']}</i>"


def test_a_long_text_is_parted_between_paragraphs():
    blocks = [line("a" * 3000), line("b" * 3000), line("c" * 100)]
    assert [html[0] + html[-1] for html in texts(said(*blocks))] == ["aa", "bc"]


def test_a_long_paragraph_is_parted_where_it_hurts_least():
    sentences = "This is one. " * 500
    found = texts(said(line(sentences)))
    assert all(text.endswith("one.") for text in found)


def test_letters_outside_of_the_basic_plane_count_as_two():
    found = texts(said(line("🎉" * 3000)))
    assert [units(text) for text in found] == [4096, 1904]


def test_a_text_with_room_for_fewer_messages_is_cut():
    blocks = [line(letter * 3000, "heading") for letter in "abc"]
    one, two = texts(said(*blocks), most=2)
    assert one.startswith("<b>aaa")
    assert two.endswith("bbb</b>\n…")


# -- buttons


def labels(*pressed):
    return tuple(Label(press, press.title()) for press in pressed)


def test_buttons_of_a_piece_carry_its_number():
    spoken = said(
        line("one", "item", number=1, labels=labels("yes")), labels=labels("done"), tools=labels("next")
    )
    rows = render.render(spoken).labels
    assert [[label.words for label in row] for row in rows] == [["1. Yes"], ["Done"], ["Next"]]


def test_short_buttons_stand_beside_each_other():
    rows = render.render(said(labels=tuple(Label(str(n), str(n)) for n in range(12)))).labels
    assert [len(row) for row in rows] == [8, 4]


def test_what_is_asked_in_private_is_an_address_in_a_group():
    rows = (labels("open:home", "next"),)
    home = Button("Open:Home", url="https://t.me/RundaBot?start=open-home")
    assert render.keyboard(rows, username="RundaBot", group=True) == ((home, Button("Next", data="next")),)
    (private,) = render.keyboard(rows, username="RundaBot")
    assert [button.data for button in private] == ["open:home", "next"]


def test_a_code_is_an_address_that_takes_runda_to_a_group():
    ((button,),) = render.keyboard((labels("add:K7QM4X2P"),), username="RundaBot")
    assert button.url == "https://t.me/RundaBot?startgroup=K7QM4X2P&admin=manage_topics"


def test_messages_that_are_one_are_carried_by_their_button():
    ((button,),) = render.keyboard((labels("next"),), others=(5, 6))
    assert presses.read(button.data) == ("next", (5, 6))


def test_what_cannot_be_carried_is_left_out():
    assert render.keyboard((labels("x" * 65), labels("^x"), labels(""))) == ()


# -- pictures and topics


def test_a_picture_carries_its_words_where_they_are_short_enough():
    (one,) = render.render(said(line("The <map>\nEight points.", "picture", file=PNG))).parts
    assert one == Part("<b>The &lt;map&gt;</b>\nEight points.", "photo", PNG, "picture.png")


@pytest.mark.parametrize("blocks", [[line("Map\nEight", "picture", file=PNG), line("x" * 1020)],
                                    [line("Map", "picture", file=PNG), line("Map", "picture", file=PNG)]])  # fmt: skip
def test_otherwise_pictures_go_before_their_words_with_their_titles(blocks):
    *photos, words = render.render(said(*blocks)).parts
    assert {(part.html, part.own) for part in photos} == {("Map", False)}
    assert (words.kind, words.html[:10]) == ("text", "<b>Map</b>")


def test_a_file_comes_last_and_the_buttons_stand_above_it():
    rendered = render.render(said(line("r.docx", "file", file=b"PK"), line("Recap"), labels=labels("done")))
    assert [part.kind for part in rendered.parts] == ["text", "document"]
    assert (rendered.last, rendered.parts[1].name, rendered.parts[0].html) == (0, "r.docx", "Recap")


@pytest.mark.parametrize(
    ("blocks", "title"),
    [
        ([line(" "), line("Vest"), line("Session 1\nof 3"), line("x")], "Vest – Session 1 of 3"),
        ([], "–"),
        ([line("x" * 200)], "x" * 127 + "…"),
    ],
)
def test_a_topic_is_called_after_its_first_lines(blocks, title):
    assert render.title(said(*blocks)) == title


@pytest.mark.parametrize("numbers", [(7,), (5, 6, 7)])
@pytest.mark.parametrize("chat", [SUPER, -77, 501])
def test_messages_have_names(chat, numbers):
    assert names.numbers(chat, names.message(chat, *numbers)) == numbers


@pytest.mark.parametrize("name", ["", "x", "5.x", "g"])
def test_what_is_no_name_of_a_message(name):
    assert names.numbers(SUPER, name) == ()
