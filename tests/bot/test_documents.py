"""Recaps as files, read back by others than those who wrote them: zip and XML, HTML's parser, csv, json, and pypdf."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from adapters.port import Block, Spoken, Tally
from bot.cli import MISUSED, Caller
from bot.cli import runda as command
from bot.documents import NotInstalled, charts, drawing, recaps, text, web, word
from bot.documents.recaps import Document
from bot.recaps import desk
from bot.shelf import Shelf
from bot.words import Speaker
from tests.bot.a_story import NAMES, Story

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SAID = (f"{W}t", f"{W}br")


def group(story: Story) -> Document:
    with story.office(write=False) as (office, unit):
        return recaps.of_group(office, unit, Speaker(Shelf()), "coordinator", 1, "Fjord")


def managers(story: Story) -> Document:
    with story.office(write=False) as (office, unit):
        return recaps.of_managers(office, unit, Speaker(Shelf()), "coordinator", 1)


def words(document: Document) -> list[str]:
    return [_plain(block.words) for block in document.words.blocks]


def _plain(said: str) -> str:
    return " ".join(said.split())


def in_order(said: str, listed: list[str]) -> None:
    """All of these stand there, in this order."""
    at, whole = 0, _plain(said)
    for each in listed:
        found = whole.find(each, at)
        assert found >= 0, f"{each!r} is not there, or not in its place"
        at = found + len(each)


# -- the same words, whatever the file


class _Texts(HTMLParser):
    """What a reader hears of a page's main part."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if re.fullmatch(r"h\d", tag):
            self.headings.append(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_html_and_markdown_say_the_same_in_the_same_order(story: Story) -> None:
    document = group(story)
    assert len(words(document)) > 8
    in_order(text.to_markdown(document).decode().replace("\\", ""), words(document))
    page = _Texts()
    page.feed(web.to_html(document).decode())
    in_order(" ".join(page.said), words(document))
    levels = [int(each[1]) for each in page.headings]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_spreadsheet_has_a_row_for_each_line_and_takes_none_for_a_formula(story: Story) -> None:
    document = group(story)
    file = text.to_csv(document)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert [_plain(row["text"]) for row in rows] == [
        _plain(block.words) for block in document.words.blocks[1:] if block.kind != "heading"
    ]
    assert {row["session"] for row in rows} == {"1"}
    evil = (document.words.blocks[0], Block("item", '=HYPERLINK("x")'), Block("item", "-1+1"))
    told = text.to_csv(replace(document, words=Spoken("recap", evil))).decode()
    assert ",'-1+1" in told
    assert "\"'=HYPERLINK" in told


def test_json_has_every_piece_with_what_it_is(story: Story) -> None:
    document = group(story)
    read = json.loads(text.to_json(document))
    assert (read["schema"], read["kind"], read["group"], read["session"]) == (1, "group", "Fjord", 1)
    assert read["version"] is None, "it has not gone out"
    assert [_plain(each["words"]) for each in read["text"]] == words(document)


# -- Word


def docx(document: Document) -> zipfile.ZipFile:
    pytest.importorskip("docx", reason="it is in the extra `documents`")
    from bot.documents.word import to_docx

    return zipfile.ZipFile(io.BytesIO(to_docx(document)))


def paragraphs(file: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Style and words of each."""
    body = ElementTree.fromstring(file.read("word/document.xml"))
    found = []
    for each in body.iter(f"{W}p"):
        style = each.find(f"{W}pPr/{W}pStyle")
        said = "".join(
            "\n" if part.tag == f"{W}br" else part.text or "" for part in each.iter() if part.tag in SAID
        )
        found.append((style.get(f"{W}val", "") if style is not None else "", said))
    return found


def test_word_has_real_headings_and_lists_and_knows_its_language(story: Story) -> None:
    document = group(story)
    file = docx(document)
    found = paragraphs(file)
    in_order(" ".join(said for _, said in found), words(document))
    assert found[0] == ("Title", document.title)
    headings = [block.words for block in document.words.blocks[1:] if block.kind == "heading"]
    assert [said for style, said in found if style == "Heading1"] == headings
    items = [block.words for block in document.words.blocks if block.kind == "item"]
    assert [said for style, said in found if style.startswith("List")] == items
    styles = ElementTree.fromstring(file.read("word/styles.xml"))
    assert {each.get(f"{W}val") for each in styles.iter(f"{W}lang")} == {"en-GB"}
    about = file.read("docProps/core.xml").decode()
    assert "<dc:language>en-GB</dc:language>" in about
    assert document.title in about


def test_numbers_in_word_stay_as_they_are_when_a_line_is_gone(story: Story) -> None:
    listed = (Block("heading", "Title"), *(Block("item", f"line {n}", number=n) for n in (1, 2, 4, 5)),
              Block("line", "between"), Block("item", "again", number=1))  # fmt: skip
    file = docx(replace(group(story), words=Spoken("recap", listed)))
    body = ElementTree.fromstring(file.read("word/document.xml"))
    numbering = ElementTree.fromstring(file.read("word/numbering.xml"))
    starts = {
        num.get(f"{W}numId"): int(start.get(f"{W}val", ""))
        for num in numbering.iter(f"{W}num")
        if (start := num.find(f"{W}lvlOverride/{W}startOverride")) is not None
    }
    counted: dict[str, int] = {}
    shown = []
    for each in body.iter(f"{W}numId"):
        number = each.get(f"{W}val", "")
        counted[number] = counted.get(number, starts[number] - 1) + 1
        shown.append(counted[number])
    assert shown == [1, 2, 4, 5, 1]


def test_a_picture_in_word_has_its_text_for_whoever_does_not_see_it(story: Story) -> None:
    pytest.importorskip("resvg_py", reason="it is in the extra `documents`")
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3"/></svg>'
    blocks = (Block("heading", "Title"), Block("picture", "A map\nwith a town", file=drawing))
    file = docx(replace(group(story), words=Spoken("recap", blocks)))
    shown = file.read("word/document.xml").decode()
    assert 'descr="A map' in shown
    assert file.read("word/media/image1.png").startswith(b"\x89PNG")


# -- PDF


def test_pdf_is_tagged_has_its_language_and_reads_in_the_order_of_the_markdown(story: Story) -> None:
    pytest.importorskip("weasyprint", reason="it is in the extra `documents`, and needs Pango")
    pypdf = pytest.importorskip("pypdf", reason="it is in requirements/test.in")
    document = group(story)
    file = pypdf.PdfReader(io.BytesIO(web.to_pdf(web.to_html(document))))
    in_order(" ".join(page.extract_text() for page in file.pages), words(document))
    root = file.trailer["/Root"]
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"]) == (True, "en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert file.metadata.title == document.title
    assert re.search(rb"pdfuaid:part>1<|pdfuaid:part=\"1\"", root["/Metadata"].get_data())
    tags = {each.get("/S") for each in _elements(root["/StructTreeRoot"])}
    assert {"/H1", "/H2", "/P", "/L", "/LI"} <= tags


def _elements(element: object) -> list[dict[str, object]]:
    """Every element of the tree; marked content is a number there."""
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, list):
        return [one for each in element for one in _elements(each)]
    if not isinstance(element, dict):
        return []
    return [element, *(_elements(element["/K"]) if "/K" in element else [])]


# -- charts

#: The numbers of a recap in lines that say them, as `bot.words` makes them.
COUNTED = (
    Block("heading", "How is it here?"),
    Block("item", "Trust – 2: 3, 3: 4 (last time: 1: 3, 2: 4)", tally=Tally("levels", (("Trust", 2.6, 1.6),))),
    Block("item", "Risk – not shown, since it would tell what each one gave", tally=Tally("levels", ())),
    Block("item", "Joy – 1: 2, 4: 5", tally=Tally("levels", (("Joy", 3.1, None),))),
    Block("heading", "Levels"),
    Block("item", "Need: 3", tally=Tally("agreed", (("Need", 3, None),))),
    Block("item", "Team: 1", tally=Tally("agreed", (("Team", 1, None),))),
    Block("line", "Actions: 3 done, 1 open.", tally=Tally("actions", (("done", 3, None), ("open", 1, None)))),
    Block("heading", "Since last time"),
    Block("line", "Actions as they stood then: 4 open.", tally=Tally("actions-before", (("open", 4, None),))),
)  # fmt: skip
#: What is to be seen on the charts, in their order: title, and what each bar says.
SEEN = [
    "Averages of what was answered\nTrust: 2.6 (last time 1.6); Joy: 3.1",
    "What was agreed, and what is weakest\nNeed: 3; Team: 1 (weakest)",
    "How actions stand\ndone: 3 (last time 0); open: 1 (last time 4)",
]


def counted(story: Story) -> Document:
    document = group(story)
    return replace(document, words=Spoken("recap", (document.words.blocks[0], *COUNTED)))


def test_a_chart_stands_after_the_lines_whose_numbers_it_shows_and_says_them(story: Story) -> None:
    pytest.importorskip("pygal", reason="it is in the extra `documents`")
    blocks = charts.illustrated(counted(story)).words.blocks
    drawn = [
        (blocks[at - 1].words[:7], block) for at, block in enumerate(blocks) if block.kind == charts.CHART
    ]
    assert [block.words for _, block in drawn] == SEEN
    assert [before for before, _ in drawn] == ["Joy – 1", "Team: 1", "Actions"]
    again = [
        block.file for block in charts.illustrated(counted(story)).words.blocks if block.kind == charts.CHART
    ]
    assert [block.file for _, block in drawn] == again
    # Read without colour: every number stands beside its bar, and there is ink, paper and a hatch.
    for _, block in drawn:
        assert block.file is not None
        svg = block.file.decode()
        assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == {charts.INK, charts.PAPER}
        said = " ".join("".join(ElementTree.fromstring(svg).itertext()).split())
        assert all(number in said for number in re.findall(r": (\S+?)[ ;]", block.words))
        assert "url(#hatch)" in svg
        assert "<script" not in svg


def test_what_cannot_be_compared_is_not_drawn(story: Story) -> None:
    document = counted(story)
    alone = (COUNTED[0], COUNTED[1], COUNTED[2])
    assert charts.illustrated(replace(document, words=Spoken("recap", alone))).words.blocks == alone
    equal = tuple(Block("item", n, tally=Tally("agreed", ((n, 2, None),))) for n in ("one", "other"))
    *_, chart = charts.illustrated(replace(document, words=Spoken("recap", equal))).words.blocks
    assert "weakest)" not in chart.words


def test_the_managers_recap_draws_what_it_says_of_actions(story: Story) -> None:
    """From the recap itself: two rounds, so that there is something to compare."""
    story.approve()
    told = [block.tally for block in managers(story).words.blocks if block.tally is not None]
    assert told == [Tally("actions", (("open", 2, None),))]


def test_charts_have_their_text_in_every_file_that_shows_them(story: Story) -> None:
    pytest.importorskip("pygal", reason="it is in the extra `documents`")
    html = web.to_html(counted(story)).decode()
    alts = [unescape(each) for each in re.findall(r'<img [^>]*alt="([^"]*)"', html)]
    assert alts == [each.replace("\n", ". ") for each in SEEN]
    shown = docx(counted(story))
    described = re.findall(r'descr="([^"]*)"', shown.read("word/document.xml").decode())
    assert [unescape(each).replace("\n", " ") for each in described] == [
        each.replace("\n", " ") for each in SEEN
    ]
    assert len([name for name in shown.namelist() if name.startswith("word/media/")]) == len(SEEN)
    # Files for programs have the lines, which say the same.
    assert "Averages" not in text.to_markdown(counted(story)).decode()


def test_a_pdf_with_charts_keeps_its_order_and_tells_what_they_show(story: Story) -> None:
    pytest.importorskip("weasyprint", reason="it is in the extra `documents`, and needs Pango")
    pypdf = pytest.importorskip("pypdf", reason="it is in requirements/test.in")
    document = counted(story)
    file = pypdf.PdfReader(io.BytesIO(web.to_pdf(web.to_html(document))))
    in_order(" ".join(page.extract_text() for page in file.pages), words(document))
    figures = [
        each for each in _elements(file.trailer["/Root"]["/StructTreeRoot"]) if each.get("/S") == "/Figure"
    ]
    assert [each["/Alt"] for each in figures] == [each.replace("\n", ". ") for each in SEEN]
    listed = (document.words.blocks[0], Block("item", "one", number=2), Block("item", "then", number=5))
    file = pypdf.PdfReader(
        io.BytesIO(web.to_pdf(web.to_html(replace(document, words=Spoken("recap", listed)))))
    )
    # Numbers stand beside the lines, which is not where a page has them in its order.
    assert {"2.", "5."} <= set(" ".join(page.extract_text() for page in file.pages).split())


def test_without_the_library_there_is_the_page_without_charts(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda _: None)
    document = counted(story)
    assert charts.illustrated(document) is document
    assert "<img" not in web.to_html(document).decode()


def test_without_a_font_no_picture_with_words_is_made(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygal", reason="it is in the extra `documents`")
    pytest.importorskip("resvg_py", reason="it is in the extra `documents`")
    monkeypatch.setattr(drawing, "_letters", lambda: False)
    with pytest.raises(NotInstalled, match="fonts-dejavu-core"):
        word.to_docx(counted(story))


# -- who gets which


def test_a_groups_document_is_the_version_that_went_out_last(story: Story) -> None:
    assert group(story).name == "Recap of Fjord, session 1, not posted"
    story.open_second()
    posted = group(story)
    assert (posted.version, posted.name) == (1, "Recap of Fjord, session 1, version 1")


def test_what_is_held_and_what_is_not_approved_is_in_no_file(story: Story) -> None:
    story.group(desk.hold)
    with pytest.raises(Exception, match="is held, so it is in no file"):
        group(story)
    with pytest.raises(Exception, match="runda recap approve north 1"):
        managers(story)


def test_the_managers_document_names_nobody(story: Story) -> None:
    story.approve()
    document = managers(story)
    said = (
        text.to_markdown(document).decode() + web.to_html(document).decode() + text.to_json(document).decode()
    )
    assert "Nobody in north-1 asked." in said
    assert not [name for name in NAMES if re.search(rf"\b{name}\b", said)]
    assert document.version == 1


# -- the command


@pytest.fixture
def runda(story: Story, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)

    def run(*given: str) -> Result:
        assert story.database.path is not None
        options = ["--data", str(story.database.path.parent), "document", *given]
        return CliRunner().invoke(command, options, obj=Caller(story.played.clock))

    return run


def test_the_command_writes_the_kind_that_the_name_ends_in(
    runda: Callable[..., Result], tmp_path: Path
) -> None:
    for name, begins in (("a.md", b"# Last time"), ("a.html", b"<!DOCTYPE html>"), ("deep/a.json", b"{")):
        done = runda("recap", "north", "--group", "Fjord", "--out", name)
        assert done.exit_code == 0, done.output
        assert done.stdout == f"{name}\n"
        assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--group", "Fjord", "--out", "a.odt"), "There is: .html, .pdf, .docx, .md, .csv, .json."),
        (("--managers", "--out", "a.md"), "is not approved, so it is in no file"),
        (("--out", "a.md"), "Say which group is meant"),
        (("--group", "Fjord", "--managers", "--out", "a.md"), "one of them only"),
    ],
)
def test_the_command_tells_wrong_use_and_writes_nothing(
    runda: Callable[..., Result], tmp_path: Path, given: tuple[str, ...], told: str
) -> None:
    done = runda("recap", "north", *given)
    assert done.exit_code == MISUSED
    assert told in done.output
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize(("library_", "name"), [("docx", "a.docx"), ("weasyprint", "a.pdf")])
def test_what_is_not_installed_is_told_with_what_to_do(
    runda: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, library_: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, library_, None)
    done = runda("recap", "north", "--group", "Fjord", "--out", name)
    assert done.exit_code == MISUSED
    assert "Run: pip install '.[documents]'" in done.output
