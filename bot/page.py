"""A series on one page of HTML: nothing to fetch, readable without scripts and on paper.

What people wrote is text, whatever signs are in it. Headings go down one level at a time, so that a reader who
jumps from one to the next misses nothing; everything that colour or place says, words say too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from itertools import groupby

from adapters.terminal.records import Piece, Record
from adapters.terminal.thread import Entry, Message, Thread

BOT = "Runda"
#: What stands before a drawing in its file, and means nothing on a page.
_PROLOG = re.compile(rb"^\s*(<\?xml.*?\?>)?\s*(<!--.*?-->)?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it, in HTML, and sections below it. `anchor`: it is in the contents."""

    title: str
    body: str = ""
    parts: Sequence[Section] = ()
    anchor: str = ""


def document(language: str, title: str, about: str, contents: str, sections: Sequence[Section]) -> str:
    """The whole page. All texts but `Section.body` are escaped here."""
    style = (files("bot") / "page.css").read_text("utf-8")
    listed = "".join(
        f'<li><a href="#{each.anchor}">{escape(each.title)}</a></li>' for each in sections if each.anchor
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{escape(title)}</h1>\n<p>{escape(about)}</p>\n</header>\n"
        f'<nav aria-labelledby="contents">\n<h2 id="contents">{escape(contents)}</h2>\n<ul>{listed}</ul>\n</nav>\n'
        f"<main>\n{''.join(_section(each, 2) for each in sections)}</main>\n</body>\n</html>\n"
    )


def _section(section: Section, level: int) -> str:
    anchor = f' id="{section.anchor}"' if section.anchor else ""
    parts = "".join(_section(each, level + 1) for each in section.parts)
    return (
        f"<section{anchor}>\n<h{level}>{escape(section.title)}</h{level}>\n{section.body}{parts}</section>\n"
    )


def picture(svg: bytes, alt: str) -> str:
    """A drawing, and in words what is on it."""
    drawing = _PROLOG.sub(b"", svg, count=1).decode()
    return f"<figure>\n{drawing}\n<figcaption>{escape(alt)}</figcaption>\n</figure>\n"


# -- threads


@dataclass(slots=True)
class Talk:
    """One thread, fed record by record, as HTML. `when` gives a time as people read it, and as machines do."""

    names: Mapping[str, str]
    texts: Mapping[str, str]
    when: Callable[[Record | Entry | Message], tuple[str, str]]
    #: What the page calls messages: their own ids are different each time.
    anchors: dict[str, str] = field(default_factory=dict)
    #: An anchor to the picture.
    picture: str = ""
    _thread: Thread = field(default_factory=Thread)

    def html(self, records: Iterable[Record]) -> str:
        entries = [entry for entry in self._thread.take(records) if entry.kind != "tick"]
        return f'<ol class="thread">\n{"".join(map(self._entry, entries))}</ol>\n'

    def _entry(self, entry: Entry) -> str:
        if entry.kind == "status":
            return f'<li class="status">{self._time(entry)} {escape(entry.message.status)}</li>\n'
        message = entry.message
        kinds = ["runda" if message.author is None else "person", *(["alone"] if message.owner else [])]
        anchor = self.anchors.setdefault(message.id, f"m{len(self.anchors) + 1}")
        named = f' id="{anchor}"' if entry.kind == "said" else ""
        return (
            f'<li{named} class="{" ".join(kinds)}">\n<p class="who">{self._time(entry)} {self._head(message)}</p>\n'
            f"{self._words(message)}</li>\n"
        )

    def _time(self, entry: Entry) -> str:
        shown, exact = self.when(entry)
        return f'<time datetime="{exact}">{shown}</time>'

    def _head(self, message: Message) -> str:
        said = f"<strong>{escape(self._name(message.author))}</strong>"
        about = self._thread.messages.get(message.about or "")
        if about is not None:
            said += f' <a href="#{self.anchors.get(about.id, "")}">→ {escape(self._name(about.author))}</a>'
        if message.owner is not None:
            reader = message.owner if message.author is None else None
            said += f" ({escape(self.texts['alone'].replace('{name}', self._name(reader)))})"
        return said

    def _name(self, account: str | None) -> str:
        return BOT if account is None else self.names.get(account, account)

    def _words(self, message: Message) -> str:
        if not message.pieces:
            return f"<p><em>({escape(self.texts['removed'])})</em></p>\n"
        marks = f" <em>({escape(self.texts['edited'])})</em>" if message.edited else ""
        if message.ticked:
            marks += f' <span class="tick" role="img" aria-label="{escape(self.texts["noted"])}">✓</span>'
        *before, last = list(pieces(message.pieces, heading="p", link=self._link, picture=self.picture))
        choices = f'<p class="choices">→ {escape(self.texts["write"])}: {self._choices(message)}</p>\n'
        return "".join(before) + _with(last, marks) + (choices if message.labels else "")

    def _choices(self, message: Message) -> str:
        return " · ".join(escape(label.words[:1].lower() + label.words[1:]) for label in message.labels)

    def _link(self, piece: Piece) -> str:
        if piece.earlier is None or piece.earlier.posted not in self.anchors:
            return ""
        return f' <a href="#{self.anchors[piece.earlier.posted]}">({escape(self.texts["link"])})</a>'


def _with(html: str, marks: str) -> str:
    """Marks at the end of the last paragraph or line of a list."""
    at = max(html.rfind("</p>"), html.rfind("</li>"))
    return f"{html[:at]}{marks}{html[at:]}" if marks else html


def pieces(
    said: Sequence[Piece], *, heading: str, link: Callable[[Piece], str] = lambda _: "", picture: str = ""
) -> Iterator[str]:
    """A message's pieces as HTML. `heading`: the element of a heading, `p` where it is no heading of the page."""
    for kind, group in groupby(said, lambda piece: piece.kind):
        if kind == "item":
            yield _list(list(group))
            continue
        for piece in group:
            if kind == "heading":
                mark = ' class="heading"' if heading == "p" else ""
                yield f"<{heading}{mark}>{_lines(piece.words)}{link(piece)}</{heading}>\n"
            elif kind == "picture" and picture:
                title, _, alt = piece.words.partition("\n")
                yield f'<p><a href="#{picture}">{escape(title)}</a>. {_lines(alt)}</p>\n'
            else:
                yield f"<p>{_lines(piece.words)}</p>\n"


def _list(items: Sequence[Piece]) -> str:
    """Numbers stand as they are: a list that has lost a line keeps those of the others."""
    if items[0].number is None:
        return f"<ul>\n{''.join(f'<li>{_lines(each.words)}</li>' for each in items)}\n</ul>\n"
    listed = "".join(f'<li value="{each.number}">{_lines(each.words)}</li>' for each in items)
    return f"<ol>\n{listed}\n</ol>\n"


def _lines(words: str) -> str:
    return "<br>".join(escape(line) for line in words.splitlines())
