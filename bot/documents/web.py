"""A document as a page of HTML; and as PDF, which is that page printed (PDF/UA-1: tagged, with its language)."""

from __future__ import annotations

from typing import Any

from adapters.port import Block
from adapters.terminal.records import Piece
from bot import page
from bot.documents import NotInstalled
from bot.documents.recaps import Document


def to_html(document: Document) -> bytes:
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
    return "".join(page.pieces([Piece(one.kind, one.words, one.number) for one in blocks], heading="h3"))


def to_pdf(html: bytes) -> bytes:
    """Any page of ours. Nothing is fetched for it. Raises NotInstalled."""
    return bytes(laid_out(html).write_pdf(pdf_variant="pdf/ua-1"))


def laid_out(html: bytes) -> Any:
    """The page on sheets of paper (`weasyprint.Document`)."""
    try:
        from weasyprint import HTML
    except (ModuleNotFoundError, OSError) as missing:
        raise NotInstalled("PDF", missing) from missing
    return HTML(string=html.decode(), url_fetcher=_nothing).render(pdf_variant="pdf/ua-1")


def _nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a page of ours fetches nothing, and not {url}")
