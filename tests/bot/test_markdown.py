"""Messages in Markdown: as people wrote them, whatever Markdown would make of it."""

from __future__ import annotations

import pytest

from adapters.port import Block, Spoken
from bot.markdown import escaped, markdown


def test_a_message_becomes_headings_paragraphs_and_lists() -> None:
    spoken = Spoken("recap", (
        Block("heading", "Last time"), Block("line", "Made automatically"), Block("heading", "Most important"),
        Block("item", "Rules"), Block("item", "Time\nand courage"), Block("line", "And more."),
    ))  # fmt: skip
    assert markdown(spoken) == (
        "# Last time\n\nMade automatically\n\n## Most important\n\n- Rules\n- Time  \n  and courage\n\nAnd more.\n"
    )


def test_numbers_of_a_list_stay_as_they_are_where_a_line_is_missing() -> None:
    spoken = Spoken("recap", (Block("item", "Rules", number=1), Block("item", "Time", number=3)))
    assert markdown(spoken) == "- **1.** Rules\n- **3.** Time\n"


def test_a_picture_is_shown_by_its_text() -> None:
    assert markdown(Spoken("question", (Block("picture", "The map\nEight points.", file=b"<svg/>"),))) == (
        "**The map**  \nEight points.\n"
    )


def test_nothing_said_is_nothing_written() -> None:
    assert markdown(Spoken("recap", ())) == ""


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("# not a heading", r"\# not a heading"),
        ("one\n- two", "one\n\\- two"),
        ("2. two", r"2\. two"),
        ("3) three", r"3\) three"),
        ("a *b* `c`", r"a \*b\* \`c\`"),
        ("_slanted_ but file_name", r"\_slanted\_ but file_name"),
        ("<script>", r"\<script>"),
        ("> quoted", r"\> quoted"),
        ("[text](address)", r"\[text\](address)"),
        ("R&D &amp; more", r"R&D \&amp; more"),
        ("5 - 3 = 2, at 09.30", "5 - 3 = 2, at 09.30"),
    ],
)
def test_words_are_shown_as_they_were_written(words: str, written: str) -> None:
    assert escaped(words) == written
