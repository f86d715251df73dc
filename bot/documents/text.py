"""A document as text: Markdown for people, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import msgspec
from msgspec import Struct

from adapters.port import Block, Spoken
from bot.documents.recaps import Document
from bot.markdown import markdown

SCHEMA = 1


class Text(Struct, frozen=True, omit_defaults=True):
    """A piece of a recap: `kind` is heading, line, item or picture."""

    kind: str
    words: str
    number: int | None = None


class Shape(Struct, frozen=True, kw_only=True):
    """What a document is in JSON. `version`: null where it has not gone out."""

    schema: int = SCHEMA
    kind: str
    organisation: str
    series: str
    session: int
    group: str | None
    version: int | None
    approved_at: datetime | None
    language: str
    text: tuple[Text, ...]


def to_markdown(document: Document) -> bytes:
    title, *rest = document.words.blocks
    told = (Block("item", line) for line in (document.name, *document.about))
    return markdown(Spoken("recap", (title, *told, *rest))).encode()


def shape(document: Document) -> Shape:
    return Shape(
        kind=document.kind, organisation=document.organisation, series=document.series, session=document.session,
        group=document.group, version=document.version, approved_at=document.approved_at, language=document.language,
        text=tuple(Text(one.kind, one.words, one.number) for one in document.words.blocks),
    )  # fmt: skip


def to_json(document: Document) -> bytes:
    return msgspec.json.format(msgspec.json.encode(shape(document)), indent=2) + b"\n"


def to_csv(document: Document) -> bytes:
    """A row for each line under its heading. Spreadsheets know by the mark at the beginning that it is UTF-8."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(("session", "group", "version", "heading", "number", "text"))
    whose = document.session, _plain(document.group or ""), document.version or ""
    for heading, under in document.parts:
        head = _plain((heading or document.words.blocks[0]).words)
        write.writerows((*whose, head, one.number or "", _plain(one.words)) for one in under)
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell
