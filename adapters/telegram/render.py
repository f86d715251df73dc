"""From words to what Telegram takes. Pure.

Words are text until the very last moment, when they are escaped and tags put around them: nothing that anybody
writes is read as HTML, and every tag is closed (https://core.telegram.org/bots/api#html-style). A text is measured
without its tags, as Telegram does, and parted between paragraphs, lines, sentences or words, in that order.

A picture carries its words where they are short enough to stand below it, with the buttons; otherwise it goes
before them with its title. What it shows is always told in words. A file comes after what is said of it. Buttons
stand under the last words. What can be said in private only is an address, so that one touch leads there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Literal, NamedTuple, TypeAlias

from adapters.port import ADDS, OPENS, Block, Label, Spoken
from adapters.telegram import names, presses

#: Characters of a message, of a caption, of a topic's name (telegram.constants). Letters outside of the basic plane
#: count as two, to be sure.
LONGEST, CAPTION, TOPIC = 4096, 1024, 128
#: Buttons of a message, and beside each other (Bot API); characters that people can read on one, and on a row. All
#: buttons of a row are as wide as its longest; EDGES: characters of room that each takes beside its words.
MOST_BUTTONS, MOST_IN_ROW, BUTTON, ROW, EDGES = 100, 8, 64, 52, 2
#: What is said where nothing is left: an empty message is refused.
NOTHING = "–"

#: The texts that are added here, for whoever has no catalogue: those under `telegram.` in it.
LABELS = {
    "link": "see",
    "reply": "To answer, reply to this message, or write /answer and your words.",
}


class Button(NamedTuple):
    words: str
    data: str = ""
    url: str = ""


Keyboard: TypeAlias = tuple[tuple[Button, ...], ...]


class Part(NamedTuple):
    """One message of Telegram's: words (HTML), or a photograph or file with words below it.

    `own`: it is rewritten with the others, and so part of what the house calls the message.
    """

    html: str
    kind: Literal["text", "photo", "document"] = "text"
    file: bytes = b""
    name: str = ""
    own: bool = True


class Rendered(NamedTuple):
    """A message of ours as one or more of Telegram's, in order, and its buttons: they stand under the last words."""

    parts: tuple[Part, ...]
    labels: tuple[tuple[Label, ...], ...] = ()

    @property
    def last(self) -> int:
        """Which part has the buttons."""
        return max(index for index, part in enumerate(self.parts) if part.kind != "document")


class Span(NamedTuple):
    """Letters of one style."""

    text: str
    tag: str = ""
    href: str = ""

    def html(self) -> str:
        told = escape(self.text, quote=False)
        if self.tag == "a":
            return f'<a href="{escape(self.href)}">{told}</a>'
        return f"<{self.tag}>{told}</{self.tag}>" if self.tag else told


class Paragraph(NamedTuple):
    """What runs on; `close`: it stands right under the one before, as lines of a list do."""

    spans: tuple[Span, ...]
    close: bool = False

    @property
    def length(self) -> int:
        return sum(units(span.text) for span in self.spans)


def render(
    spoken: Spoken, *, texts: Mapping[str, str] = LABELS, chat: int = 0, most: int | None = None,
    ask_reply: bool = False,
) -> Rendered:  # fmt: skip
    """A message of ours, in at most so many messages that are rewritten with it.

    `texts` are those under `telegram.`; `ask_reply`: only replies to it are heard there. Pictures are photographs
    (PNG, JPEG) by now.
    """
    files = [Part("", "document", block.file, block.words) for block in spoken.blocks
             if block.kind == "file" and block.file]  # fmt: skip
    shown = [block for block in spoken.blocks if block.kind == "picture" and block.file]
    paragraphs = [each for block in spoken.blocks for each in _paragraphs(block, chat, texts)]
    if ask_reply:
        paragraphs.append(Paragraph((Span(texts["reply"], "i"),)))
    words = _at_most(paragraphs, None if most is None else max(most - len(files), 1))
    if len(shown) == len(words) == 1 and sum(each.length + 2 for each in paragraphs) <= CAPTION:
        said = [_photo(shown[0], words[0])]
    else:
        said = [*(_photo(block, _heading(block), own=False) for block in shown), *map(Part, words)]
    return Rendered((*said, *files), tuple(_rows(spoken)))


def plain(words: str) -> Part:
    """A short text of ours, as it stands."""
    return Part(Span(words).html())


def title(spoken: Spoken) -> str:
    """What a topic that begins with this message is called: its first two lines, whose it is and which meeting."""
    lines = [" ".join(_tame(block.words).split()) for block in spoken.blocks]
    return _cut(" – ".join([line for line in lines if line][:2]) or NOTHING, TOPIC)


# -- words


def units(text: str) -> int:
    """Characters as Telegram may count them."""
    return len(text) + sum(1 for letter in text if letter > "\uffff")


def _paragraphs(block: Block, chat: int, texts: Mapping[str, str]) -> Iterator[Paragraph]:
    words = _tame(block.words)
    if not words or block.kind == "file":
        return
    if block.kind == "picture":
        head, _, told = words.partition("\n")
        yield Paragraph((Span(head, "b"),))
        if told.strip():
            yield Paragraph((Span(told.strip()),), close=True)
        return
    lead = (f"{block.number}. " if block.number is not None else "• ") if block.kind == "item" else ""
    spans = [Span(lead)] if lead else []
    spans.append(Span(words, "b" if block.kind == "heading" else ""))
    url = names.link(chat, block.link.place.thread, block.link.message) if block.link else None
    if url:
        spans += [Span(" ("), Span(texts["link"], "a", url), Span(")")]
    yield Paragraph(tuple(spans), close=bool(lead))


def _tame(words: str) -> str:
    """Letters that Telegram would refuse, or that do something else than stand there, are left out."""
    shown = (letter for letter in words if letter == "\n" or letter >= " ")
    return "".join(
        letter for letter in shown if not "\ud800" <= letter <= "\udfff" and letter != "\x7f"
    ).strip()


def parts(paragraphs: Iterable[Paragraph], longest: int = LONGEST) -> Iterator[str]:
    """Paragraphs in as few messages as they need, in HTML."""
    html, used = "", 0
    for paragraph in (piece for each in paragraphs for piece in _pieces(each, longest) if piece.length):
        gap = ("\n" if paragraph.close else "\n\n") if html else ""
        if used + len(gap) + paragraph.length > longest:
            yield html
            html, used, gap = "", 0, ""
        html += gap + "".join(span.html() for span in paragraph.spans)
        used += len(gap) + paragraph.length
    if html:
        yield html


def _at_most(paragraphs: Sequence[Paragraph], most: int | None) -> tuple[str, ...]:
    """The texts; if there are too many, the first ones, and a sign that there was more."""
    texts = tuple(parts(paragraphs)) or (NOTHING,)
    if most is None or len(texts) <= most:
        return texts
    *before, last = tuple(parts(paragraphs, LONGEST - 2))[:most]
    return (*before, f"{last}\n…")


def _pieces(paragraph: Paragraph, longest: int) -> Iterator[Paragraph]:
    """The paragraph, or if it is too long for a message by itself, pieces of it."""
    if paragraph.length <= longest:
        yield paragraph
        return
    spans: list[Span] = []
    room = longest
    for span in paragraph.spans:
        rest = span.text
        while units(rest) > room:
            head, rest = _part(rest, room)
            spans.append(span._replace(text=head))
            yield Paragraph(tuple(each for each in spans if each.text.strip()))
            spans, room = [], longest
        spans.append(span._replace(text=rest))
        room -= units(rest)
    if any(each.text.strip() for each in spans):
        yield Paragraph(tuple(spans))


def _part(text: str, room: int) -> tuple[str, str]:
    """The head of a text, in so many characters, and the rest; parted where it hurts least."""
    head = _head(text, room)
    for mark in ("\n\n", "\n", ". ", " "):
        at = head.rfind(mark)
        if at >= len(head) // 2:
            return head[: at + len(mark)].rstrip(), text[at + len(mark) :].lstrip()
    return head, text[len(head) :]


def _head(text: str, room: int) -> str:
    used = 0
    for at, letter in enumerate(text):
        used += units(letter)
        if used > room:
            return text[:at]
    return text


def _cut(text: str, longest: int) -> str:
    return text if units(text) <= longest else f"{_head(text, longest - 1).rstrip()}…"


def _photo(block: Block, html: str, *, own: bool = True) -> Part:
    assert block.file is not None
    return Part(html, "photo", block.file, "picture.png", own)


def _heading(block: Block) -> str:
    return escape(_cut(_tame(block.words.partition("\n")[0]), CAPTION), quote=False)


# -- buttons


def _rows(spoken: Spoken) -> Iterator[tuple[Label, ...]]:
    """Those of each piece in a row of its own, with its number; then those of the message, then the tools."""
    for block in spoken.blocks:
        lead = f"{block.number}. " if block.number is not None and block.labels else ""
        yield from _packed([Label(each.press, lead + each.words) for each in block.labels])
    yield from _packed(spoken.labels)
    yield from _packed(spoken.tools)


def _packed(labels: Sequence[Label]) -> Iterator[tuple[Label, ...]]:
    """As many beside each other as can be read on a telephone."""
    row: list[Label] = []
    widest = 0
    for label in labels:
        words = _cut(" ".join(_tame(label.words).split()) or NOTHING, BUTTON)
        wide = max(widest, len(words))
        if row and ((len(row) + 1) * (wide + EDGES) > ROW or len(row) == MOST_IN_ROW):
            yield tuple(row)
            row, wide = [], len(words)
        row.append(Label(label.press, words))
        widest = wide
    if row:
        yield tuple(row)


def keyboard(
    rows: Sequence[Sequence[Label]], *, username: str = "", group: bool = False, others: tuple[int, ...] = ()
) -> Keyboard:
    """Buttons with what they carry; what cannot be carried is left out. `others`: messages that are one with theirs."""
    made: list[tuple[Button, ...]] = []
    left = MOST_BUTTONS
    for row in rows:
        buttons = tuple(each for label in row if (each := _button(label, username, others, group=group)))[
            :left
        ]
        left -= len(buttons)
        if buttons:
            made.append(buttons)
    return tuple(made)


def _button(label: Label, username: str, others: tuple[int, ...], *, group: bool) -> Button | None:
    leads = label.press.startswith(ADDS) or (group and label.press.startswith(OPENS))
    if leads and (url := presses.address(username, label.press)):
        return Button(label.words, url=url)
    data = presses.data(label.press, others)
    return Button(label.words, data=data) if data else None
