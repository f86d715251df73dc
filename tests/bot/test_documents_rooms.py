"""Slides for the room's screen and sheets for its tables, of the programmes that come with Runda."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.documents.forms import to_form
from bot.documents.round import Picture, Round, round_of
from bot.shelf import Shelf
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_series import PEOPLE, Tenant, looking, made

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
TABLES = ["Fjord", "Fjell"]
SHOWN = {"selfcheck": "nb", "culture": "nn", "network": "sv", "training": "en"}
LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "sv": "sv-SE", "en": "en-GB"}
#: Points to millimetres.
MM = 25.4 / 72
SHELF = Shelf()


def rounds(database: Database, called: str) -> list[Round]:
    def read(office: Any) -> list[Round]:
        return [round_of(office, Unit(office.connection), SHELF, each.number) for each in office.meetings()]

    return list(looking(database, read, called=called))


@pytest.fixture(scope="module")
def shipped(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Round]]]:
    """The rounds of the programmes with most to show, each in a language of its own, by name."""
    import shutil

    path = tmp_path_factory.mktemp("rounds") / "runda.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    found = {}
    for programme, language in SHOWN.items():
        tenant = Tenant("Runda", language, "Europe/Oslo")
        called = _made(database, programme, tenant)
        found[programme] = rounds(database, called)
    yield found
    database.close()


def _made(database: Database, programme: str, tenant: Tenant) -> str:
    from bot.series import making
    from tests.bot.a_series import NOW, planned

    with database.write() as connection:
        plan = planned(programme=programme, tenant=tenant, people=PEOPLE, language=tenant.language)
        return making.make(connection, plan, "Runda", "test", NOW)


# -- slides


class Slide:
    """A slide as it is in the file: its texts by shape, its notes, its pictures' descriptions."""

    def __init__(self, file: zipfile.ZipFile, number: int) -> None:
        self.tree = ElementTree.fromstring(file.read(f"ppt/slides/slide{number}.xml"))
        notes = ElementTree.fromstring(file.read(f"ppt/notesSlides/notesSlide{number}.xml"))
        self.notes = " ".join(each.text or "" for each in notes.iter(f"{A}t"))
        self.shapes = [Shape(each) for each in self.tree.iter(f"{P}sp")]
        self.pictures = [
            str(each.get("descr")) for pic in self.tree.iter(f"{P}pic") for each in pic.iter(f"{P}cNvPr")
        ]

    @property
    def title(self) -> str:
        return next(each.said for each in self.shapes if each.title)


class Shape:
    def __init__(self, tree: ElementTree.Element) -> None:
        self.title = any(each.get("type") == "title" for each in tree.iter(f"{P}ph"))
        self.lines = ["".join(t.text or "" for t in p.iter(f"{A}t")) for p in tree.iter(f"{A}p")]
        self.said = "\n".join(self.lines)
        self.languages = {each.get("lang") for each in tree.iter(f"{A}rPr")}
        self.size = max((int(each.get("sz", "0")) / 100 for each in tree.iter(f"{A}rPr")), default=0)
        (area,) = tree.iter(f"{A}ext")
        self.width, self.height = (int(area.get(each, "0")) / 36000 for each in ("cx", "cy"))

    def needs(self) -> float:
        """How high its text is, in millimetres, in a typeface of ordinary width."""
        from PIL import ImageFont

        font = ImageFont.load_default(self.size) if not FONTS else ImageFont.truetype(FONTS[0], self.size)
        rows = 0
        for line in self.lines:
            room, left = (self.width - 6) / MM - 2 * self.size * (len(self.lines) > 1), 0.0
            rows += 1
            for word in line.split():
                long = font.getlength(f"{word} ")
                if left and left + long > room:
                    rows, left = rows + 1, 0.0
                left += long
        return (rows * 1.2 + len(self.lines) * 0.25) * self.size * MM


FONTS = sorted(str(each) for each in Path("/usr/share/fonts").rglob("LiberationSans-Bold.ttf"))


def slides(shown: Round) -> list[Slide]:
    pytest.importorskip("pptx", reason="it is in the extra `documents`")
    pytest.importorskip("resvg_py", reason="it is in the extra `documents`")
    from bot.documents.slides import to_pptx

    file = zipfile.ZipFile(io.BytesIO(to_pptx(shown)))
    names = [each for each in file.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", each)]
    return [Slide(file, number) for number in range(1, len(names) + 1)]


@pytest.fixture(scope="module")
def mapped(shipped: dict[str, list[Round]]) -> list[Slide]:
    """Those of the round that has a picture."""
    return slides(shipped["selfcheck"][0])


def test_a_round_has_a_slide_for_each_question_with_notes_for_whoever_leads_it(
    shipped: dict[str, list[Round]], mapped: list[Slide]
) -> None:
    shown = shipped["selfcheck"][0]
    first, *rest = mapped
    assert first.title == shown.heading
    assert shown.welcome.split(".")[0] in first.notes
    titles = [each.title if isinstance(each, Picture) else each.words for each in shown.shown]
    assert [each.title for each in rest] == titles
    asked = next(iter(shown.questions))
    assert asked.note
    assert asked.note in rest[1].notes
    assert shown.texts.say("documents.minutes", n=6) in rest[1].notes


def test_a_picture_is_shown_with_its_text_and_the_help_to_it(
    shipped: dict[str, list[Round]], mapped: list[Slide]
) -> None:
    shown = shipped["selfcheck"][0]
    picture = next(each for each in shown.shown if isinstance(each, Picture))
    slide = mapped[1]
    assert slide.pictures == [picture.alt]
    labels = [label for label, _ in picture.points]
    assert len(labels) == 8
    assert any(each.lines == labels for each in slide.shapes)
    assert all(" ".join(help_.split()) in " ".join(slide.notes.split()) for _, help_ in picture.points)


def test_no_text_runs_over_the_edge_and_each_knows_its_language(
    shipped: dict[str, list[Round]], mapped: list[Slide]
) -> None:
    others = [each for programme, listed in shipped.items() for each in listed if programme != "selfcheck"]
    for shown, deck in ((shipped["selfcheck"][0], mapped), *((each, slides(each)) for each in others)):
        for number, slide in enumerate(deck, 1):
            for shape in slide.shapes:
                where = f"{shown.series}, {shown.heading}, slide {number}: {shape.said[:40]}"
                assert shape.needs() <= shape.height, where
                assert shape.languages == {LOCALES[shown.language]}


# -- sheets


class Page(HTMLParser):
    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.said, self.language, self.fetched = "", "", []
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.language = dict(attrs).get("lang", self.language)
        self.fetched += [
            value for name, value in attrs if name == "src" or (name == "href" and value[0] != "#")
        ]

    def handle_data(self, data: str) -> None:
        self.said += data


def test_a_sheet_for_each_table_asks_what_the_round_asks(shipped: dict[str, list[Round]]) -> None:
    for listed in shipped.values():
        for shown in listed:
            page = Page(to_form(shown, "Runda", TABLES))
            assert (page.language, page.fetched) == (shown.language, [])
            for asked in shown.questions:
                assert page.said.count(asked.words) >= len(TABLES)
            assert all(f"{table} – {shown.heading}" in page.said for table in TABLES)


def test_what_is_answered_alone_is_on_no_sheet(shipped: dict[str, list[Round]]) -> None:
    shown = shipped["culture"][0]
    scale = next(shown.questions)
    assert (scale.private, len(scale.points)) == (True, 10)
    page = Page(to_form(shown, "Runda", TABLES))
    assert shown.texts.say("documents.private") in page.said
    assert not [each for each in scale.points if each in page.said]


def test_a_sheet_is_one_page_for_each_table(shipped: dict[str, list[Round]]) -> None:
    pytest.importorskip("weasyprint", reason="it is in the extra `documents`, and needs Pango")
    from bot.documents.web import laid_out

    densest = [max(each, key=lambda shown: len(to_form(shown, "Runda", ["T"]))) for each in shipped.values()]
    for shown in densest:
        assert len(laid_out(to_form(shown, "Runda", TABLES)).pages) == len(TABLES), (
            f"{shown.series} {shown.heading}"
        )


def test_what_a_group_is_called_is_text(sqlite_database: Database) -> None:
    made(sqlite_database)
    (shown, *_) = rounds(sqlite_database, "north")
    assert b"<b>" not in to_form(shown, "<b>Runda", ["<b>Fjord & co"])
