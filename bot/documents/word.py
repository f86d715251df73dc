"""A document as DOCX: real headings and lists, its language and title set, so that a screen reader finds its way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from adapters.port import Block
from bot.documents import NotInstalled
from bot.documents.charts import CHART, illustrated
from bot.documents.drawing import as_png
from bot.documents.recaps import Document

#: As Word calls them: with the country, since Word knows no language without one.
LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "sv": "sv-SE", "en": "en-GB"}
#: A4, in millimetres, and its margins.
PAPER = (210, 297)
MARGIN = 25
#: Ink as on our pages.
INK = (0x1D, 0x2A, 0x30)


def to_docx(document: Document) -> bytes:
    """Raises NotInstalled."""
    try:
        import docx
    except ModuleNotFoundError as missing:
        raise NotInstalled("DOCX", missing) from missing
    document = illustrated(document)
    file = docx.Document()
    _set_up(file, document)
    file.add_heading(document.title, 0)
    for line in (document.name, *document.about):
        file.add_paragraph(line)
    for heading, under in document.parts:
        if heading is not None:
            file.add_heading(heading.words, 1)
        for run in _runs(under):
            _write(file, run)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _set_up(file: Any, document: Document) -> None:
    from docx.shared import Mm

    section = file.sections[0]
    section.page_width, section.page_height = (Mm(each) for each in PAPER)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)
    about, locale = file.core_properties, LOCALES[document.language]
    about.title, about.author, about.language = (
        f"{document.title} – {document.name}",
        document.organisation,
        locale,
    )
    about.comments = ""
    for language in file.styles.element.xpath("//w:rPrDefault//w:lang"):
        language.set(_w("val"), locale)


def _w(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


# -- lists


def _runs(blocks: list[Block]) -> Iterator[list[Block]]:
    """What is written together: a list as long as it counts on, anything else by itself."""
    run: list[Block] = []
    for block in blocks:
        if run and not _goes_on(run[-1], block):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _goes_on(before: Block, block: Block) -> bool:
    if not before.kind == block.kind == "item":
        return False
    return block.number == (before.number + 1 if before.number is not None else None)


def _write(file: Any, run: list[Block]) -> None:
    first = run[0]
    if first.kind in ("picture", CHART):
        _picture(file, first)
        return
    style = {"item": "List Number" if first.number is not None else "List Bullet"}.get(first.kind)
    number = _counted_from(file, first.number) if first.number is not None else None
    for block in run:
        paragraph = file.add_paragraph(block.words, style)
        if number is not None:
            paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number


def _counted_from(file: Any, first: int) -> int:
    """A list of its own that begins there: one that has lost a line keeps the numbers of the others."""
    style = file.styles["List Number"].element.pPr.numPr.numId.val
    numbering = file.part.numbering_part.element
    abstract = numbering.num_having_numId(style).abstractNumId.val
    number = numbering.add_num(abstract)
    number.add_lvlOverride(ilvl=0).add_startOverride(first)
    return int(number.numId)


# -- pictures


def _picture(file: Any, block: Block) -> None:
    """With its alternative text, which also stands below it; of a chart the title, since the rest stands above it."""
    from docx.shared import Mm, RGBColor

    if block.kind == CHART:
        # The numbers that it shows, the chart and its title stand on one page.
        file.paragraphs[-1].paragraph_format.keep_with_next = True
    if block.file is not None:
        shown = file.add_picture(io.BytesIO(as_png(block.file)), width=Mm(PAPER[0] - 2 * MARGIN))
        shown._inline.docPr.set("descr", block.words)
        file.paragraphs[-1].paragraph_format.keep_with_next = True
    if block.kind == CHART:
        title = file.add_paragraph(style="Caption").add_run(block.words.partition("\n")[0])
        title.font.color.rgb, title.font.bold = RGBColor(*INK), False
    else:
        file.add_paragraph(block.words)
