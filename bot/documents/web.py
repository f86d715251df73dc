"""A document as a page of HTML; and as PDF, which is that page printed (PDF/UA-1: tagged, with its language)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any

from adapters.port import Block
from adapters.terminal.records import Piece
from bot import page
from bot.documents import NotInstalled
from bot.documents.charts import CHART, illustrated
from bot.documents.recaps import Document


def to_html(document: Document) -> bytes:
    document = illustrated(document)
    about = "".join(page.pieces([Piece("item", line) for line in document.about], heading="h3"))
    (_, first), *parts = document.parts
    sections = [page.Section(document.name, about + _body(first), anchor="document")]
    for number, (heading, under) in enumerate(parts, 1):
        assert heading is not None, "only the first part has none"
        sections.append(page.Section(heading.words, _body(under), anchor=f"part-{number}"))
    whole = page.document(
        document.language, document.title, document.organisation, document.contents, sections
    )
    return whole.encode()


def _body(blocks: list[Block]) -> str:
    shown = groupby(blocks, lambda one: one.kind == CHART)
    return "".join("".join(map(_chart, same) if drawn else _said(same)) for drawn, same in shown)


def _said(blocks: Iterable[Block]) -> Iterator[str]:
    return page.pieces([Piece(one.kind, one.words, one.number) for one in blocks], heading="h3")


def _chart(block: Block) -> str:
    """Its file is in the page itself; what is to be seen is its text."""
    title, _, alt = block.words.partition("\n")
    shown = f"data:image/svg+xml;base64,{b64encode(block.file or b'').decode()}"
    caption = f"<figcaption>{escape(title)}</figcaption>"
    return f'<figure>\n<img src="{shown}" alt="{escape(title)}. {escape(alt)}">\n{caption}\n</figure>\n'


def to_pdf(html: bytes) -> bytes:
    """Any page of ours. Nothing is fetched for it. Raises NotInstalled."""
    return bytes(laid_out(html).write_pdf(pdf_variant="pdf/ua-1"))


def laid_out(html: bytes) -> Any:
    """The page on sheets of paper (`weasyprint.Document`)."""
    try:
        from weasyprint import HTML, urls
    except (ModuleNotFoundError, OSError) as missing:
        raise NotInstalled("PDF", missing) from missing
    # What a page shows is in the page itself.
    nothing = urls.URLFetcher(allowed_protocols=("data",))
    page_ = HTML(string=html.decode(), url_fetcher=nothing)
    # With the hints, a list's numbers are those that are written there.
    return page_.render(pdf_variant="pdf/ua-1", presentational_hints=True)
