"""Setting text in a terminal's columns: what letters it has, how wide they are, where lines end, what is quiet."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Style = Literal["", "bold", "dim"]
_CODES: dict[Style, str] = {"bold": "\x1b[1m", "dim": "\x1b[2m"}
_RESET = "\x1b[0m"
#: However narrow the terminal says it is, text is not set narrower.
NARROWEST = 20
#: Letters that turn the direction of what follows, and so could make it look like something else.
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: For terminals that lack them. Other letters lose their accents, or become a question mark.
_PLAINER = {
    "✓": "+", "→": "->", "·": "|", "•": "-", "–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "„": '"',
    "«": '"', "»": '"', "‘": "'", "’": "'", "\u00a0": " ", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O",
}  # fmt: skip


class Word(NamedTuple):
    """What is not broken at the end of a line."""

    text: str
    style: Style = ""


class Paragraph(NamedTuple):
    """Words that run on; `lead` stands before the first line, and the others are as far in."""

    words: list[Word]
    lead: str = ""


def words(text: str, style: Style = "") -> list[Word]:
    """The words of a text that somebody else may have written."""
    return [Word(each, style) for each in "".join(map(_tame, text)).split()]


def _tame(letter: str) -> str:
    """A letter that does nothing but stand there."""
    if letter in _TURNS:
        return ""
    return letter if letter.isprintable() or letter == "\u200d" else " "


def cells(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


class Page:
    """A terminal's width in columns, whether it has colours, and the letters it has."""

    def __init__(self, width: int, *, colour: bool, encoding: str) -> None:
        self.width, self.colour, self.encoding = max(width, NARROWEST), colour, encoding

    def block(self, margin: str, paragraphs: Iterable[Paragraph]) -> Iterator[str]:
        """Paragraphs beside a quiet margin, which stands at the first line."""
        beside, blank = Word(margin, "dim"), " " * cells(margin)
        for paragraph in paragraphs:
            lead = self.fit(paragraph.lead)
            fitted = [Word(self.fit(word.text), word.style) for word in paragraph.words]
            for row in _rows(fitted, self.width - len(blank) - cells(lead)):
                yield self._painted([beside], row, lead).rstrip()
                beside, lead = Word(blank), " " * cells(lead)

    def line(self, line: list[Word]) -> str:
        return self._painted([], [Word(self.fit(word.text), word.style) for word in line], "")

    def fit(self, text: str) -> str:
        """The text in letters that the terminal has."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(self._plainer, text))
        return text

    def _plainer(self, letter: str) -> str:
        bare = unicodedata.normalize("NFKD", letter)[0]
        for each in (letter, _PLAINER.get(letter, "?"), bare):
            try:
                each.encode(self.encoding)
            except UnicodeEncodeError:
                continue
            if each != "?":
                return each
        return "?"

    def _painted(self, before: list[Word], row: list[Word], lead: str) -> str:
        margin = "".join(self._paint(word.text, word.style) for word in before)
        return margin + lead + "".join(self._runs(row))

    def _runs(self, row: list[Word]) -> Iterator[str]:
        """The words of a line, those of one style painted together."""
        at = 0
        while at < len(row):
            style, end = row[at].style, at
            while end < len(row) and row[end].style == style:
                end += 1
            yield (" " if at else "") + self._paint(" ".join(word.text for word in row[at:end]), style)
            at = end

    def _paint(self, text: str, style: Style) -> str:
        code = _CODES.get(style) if self.colour and text.strip() else None
        return f"{code}{text}{_RESET}" if code else text


def _rows(line: list[Word], width: int) -> Iterator[list[Word]]:
    """Words in lines of that many columns. A word that is longer than a line is broken, unless it is a link."""
    row: list[Word] = []
    used = 0
    for word in (part for each in line for part in _broken(each, width)):
        needs = cells(word.text)
        if row and used + 1 + needs > width:
            yield row
            row, used = [], 0
        used += needs + (1 if row else 0)
        row.append(word)
    yield row


def _broken(word: Word, width: int) -> Iterator[Word]:
    if "://" in word.text or cells(word.text) <= width:
        yield word
        return
    part, used = "", 0
    for letter in word.text:
        if used + _cells(letter) > width:
            yield Word(part, word.style)
            part, used = "", 0
        part += letter
        used += _cells(letter)
    yield Word(part, word.style)
