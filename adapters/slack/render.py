"""What the house says, as Slack's blocks with the same in plain text beside them. Pure.

The rules:

- All words of a message stand in its plain text too: screen readers and notifications take that alone. So a part of
  a message holds no more than the text does (`limits.TEXT`), and everything else is far from its limit.
- What does not fit goes on in further parts, at most `MOST_PARTS` messages; what is longer still is a first message
  and a file that holds it all.
- Lines that follow each other share a section. A heading is a header; one that links to something is bold.
- A picture is shown where there is a file of it (`pictures`), and else is its words; in the plain text it always is.
- A button's press is its value. Its block says which message it belongs to, where one is continued in others, so
  that a press in the second part is known as one of the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from adapters.port import Block, Label, Link, Spoken
from adapters.slack import limits
from adapters.slack.pictures import shown
from adapters.slack.pictures import words as words_of
from adapters.slack.wording import cut, escape, length, marked, split

Json: TypeAlias = dict[str, Any]
#: Where a link leads; None where that cannot be known.
Leads: TypeAlias = Callable[[Link], str | None]
#: Slack's ids of files, by the drawings that they show.
Files: TypeAlias = Mapping[bytes, str]
NONE: Files = MappingProxyType({})

#: Messages that a long one may come to.
MOST_PARTS = 3
_TEXT = limits.TEXT - 100
#: Two sections fill a part. A piece of text is less than one, and may get something before it and a link behind it.
_SECTION = _TEXT // 2 - 50
_PIECE = _SECTION - 50
_BLOCKS = limits.BLOCKS - 2
_TOTAL = limits.BLOCKS_TOTAL - 200
#: Of a row of buttons, as JSON: their values count too, for all that is known.
_ROW = 6_000
_FILE_TITLE = 80
_LONG, _OF = "long", "of="
#: No block is called by more than this.
_MARK = "-" * (limits.BLOCK_ID // 2)
MORE = "…"


class Piece(NamedTuple):
    """A block, and what it says in plain text; `buttons`: it needs a name of its own."""

    block: Json
    text: str = ""
    buttons: bool = False

    def named(self, mark: str, index: int) -> Json:
        """The block, with names that no other block or button of its message has."""
        if not self.buttons:
            return self.block
        block = {**self.block, "block_id": f"{mark}~{index}"}
        if "accessory" in block:
            block["accessory"] = {**block["accessory"], "action_id": f"press-{index}"}
        else:
            rows = enumerate(block["elements"])
            block["elements"] = [{**each, "action_id": f"press-{index}-{number}"} for number, each in rows]
        return block


class Part(NamedTuple):
    """One message of a spoken one."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The plain text, as Slack takes it; never empty."""
        words = "\n".join(piece.text for piece in self.pieces if piece.text)
        return escape(words) or escape(_on_buttons(self.pieces)) or MORE

    def blocks(self, of: str | None = None, *, long: bool = False) -> list[Json]:
        """`of`: what the first message is called, in a part that continues it; `long`: it is that first one."""
        mark = f"{_OF}{of}" if of else _LONG if long else ""
        return [piece.named(mark, index) for index, piece in enumerate(self.pieces)]


class Rendered(NamedTuple):
    """The messages that a spoken one comes to; of more than `MOST_PARTS` the first is posted, and a file with all."""

    parts: tuple[Part, ...]
    #: All its words, and what they are about.
    whole: str
    title: str

    @property
    def long(self) -> bool:
        return len(self.parts) > 1

    @property
    def filed(self) -> bool:
        return len(self.parts) > MOST_PARTS

    @property
    def posted(self) -> tuple[Part, ...]:
        return shortened(self.parts, 1) if self.filed else self.parts


def render(spoken: Spoken, leads: Leads, files: Files = NONE) -> Rendered:
    words = list(pieces(spoken.blocks, leads, files))
    parts = pack([*words, *buttons(spoken.labels), *buttons(spoken.tools)])
    whole = "\n\n".join(piece.text for piece in words if piece.text)
    return Rendered(tuple(parts), whole, cut(whole.partition("\n")[0], _FILE_TITLE))


def shortened(parts: Sequence[Part], most: int) -> tuple[Part, ...]:
    """At most so many parts: what is over is left out, but for the buttons, and a sign stands where it was."""
    if len(parts) <= most:
        return tuple(parts)
    kept, over = parts[:most], parts[most:]
    ends = [piece for part in over for piece in part.pieces if piece.buttons and not piece.text]
    last = list(kept[-1].pieces)
    while len(pack([*last, _section(MORE, MORE), *ends])) > 1 and len(last) > 1:
        last.pop()
    return (*kept[:-1], pack([*last, _section(MORE, MORE), *ends])[0])


def pack(pieces: Iterable[Piece]) -> list[Part]:
    """Pieces in as few parts as hold them in their order; one at least."""
    parts: list[list[Piece]] = [[]]
    text = total = 0
    for piece in pieces:
        more, weight = length(escape(piece.text)) + 1, _weight(piece)
        full = len(parts[-1]) >= _BLOCKS or text + more > _TEXT or total + weight > _TOTAL
        if full and parts[-1]:
            parts.append([])
            text = total = 0
        parts[-1].append(piece)
        text, total = text + more, total + weight
    return [Part(tuple(part)) for part in parts]


def _weight(piece: Piece) -> int:
    """As JSON, with names that are as long as they can get."""
    return length(json.dumps(piece.named(_MARK, _BLOCKS), ensure_ascii=False)) + len(", ")


def continued_from(block: str) -> tuple[str | None, bool]:
    """What the name of a block with buttons says: the message that its own continues, and whether it is long."""
    mark = block.rpartition("~")[0]
    return (mark.removeprefix(_OF), True) if mark.startswith(_OF) else (None, mark == _LONG)


# -- pieces


class _Text(NamedTuple):
    """Words on their way into a section, and what they are of it: that says what stands before the next."""

    markup: str
    plain: str
    kind: Literal["line", "item", "head"] = "line"

    def space(self, before: str) -> str:
        """Items stand together, and so does a heading with what it is of."""
        return "\n" if before == "head" or before == self.kind == "item" else "\n\n"


def pieces(blocks: Iterable[Block], leads: Leads, files: Files = NONE) -> Iterator[Piece]:
    """The blocks of the house as pieces, each within its limits."""
    waiting: list[_Text] = []
    for block in blocks:
        if file := shown(block, files):
            yield from _sections(waiting)
            waiting = []
            yield _picture(block, file)
        elif (
            block.kind == "heading"
            and block.link is None
            and 0 < length(block.words.strip()) <= limits.HEADER
        ):
            yield from _sections(waiting)
            waiting = []
            yield _header(block.words)
        else:
            waiting += _texts(block, leads)
        if block.labels:
            yield from _sections(waiting, block.labels)
            waiting = []
    yield from _sections(waiting)


def _texts(block: Block, leads: Leads) -> list[_Text]:
    if not block.words.strip():
        return []
    if block.kind == "picture":
        title, alt = words_of(block)
        return [_Text(_bold(each), each, "head") for each in split(title, _PIECE)] + _lines(alt)
    if block.kind == "heading":
        texts = [_Text(_bold(each), each, "head") for each in split(block.words, _PIECE)]
    elif block.kind == "item":
        lead = f"{block.number}. " if block.number is not None else "• "
        words = split(block.words, _PIECE)
        texts = [_Text(lead + marked(words[0]), lead + words[0], "item")]
        texts += [_Text(marked(each), each, "item") for each in words[1:]]
    else:
        texts = _lines(block.words)
    return _linked(texts, block.link, leads)


def _lines(words: str) -> list[_Text]:
    return [_Text(marked(each), each) for each in split(words, _PIECE)]


def _bold(words: str) -> str:
    """Slack takes no line break within stars."""
    return "\n".join(f"*{marked(line).replace('*', '')}*" for line in words.splitlines() if line.strip(" *"))


def _linked(texts: list[_Text], link: Link | None, leads: Leads) -> list[_Text]:
    """A link is called by the time of what it leads to, which Slack shows in the reader's zone and language."""
    address = leads(link) if link is not None and texts else None
    if link is None or address is None:
        return texts
    seen = f"{int(link.at.timestamp())}^{{date_short_pretty}} {{time}}^{escape(address)}|{link.at:%Y-%m-%d %H:%M} UTC"
    return [*texts[:-1], texts[-1]._replace(markup=f"{texts[-1].markup} (<!date^{seen}>)")]


def _sections(texts: Sequence[_Text], labels: Sequence[Label] = ()) -> Iterator[Piece]:
    """Texts in as few sections as hold them; buttons stand beside or under the last."""
    markup = plain = before = ""
    made: list[Piece] = []
    for text in texts:
        space = text.space(before) if markup else ""
        if markup and length(markup) + length(text.markup) + 2 > _SECTION:
            made.append(_section(markup, plain))
            markup, plain, space = "", "", ""
        markup, plain, before = markup + space + text.markup, plain + space + text.plain, text.kind
    if markup:
        made.append(_section(markup, plain))
    if len(labels) == 1 and made:
        last = made.pop()
        made.append(Piece({**last.block, "accessory": button(labels[0])}, last.text, buttons=True))
        labels = ()
    yield from made
    yield from buttons(labels)


def _section(markup: str, plain: str) -> Piece:
    # Verbatim: nobody is called, and no channel linked, by what somebody happened to write.
    return Piece({"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}, plain)


def _picture(block: Block, file: str) -> Piece:
    title, alt = words_of(block)
    called = {"type": "plain_text", "text": title, "emoji": True}
    picture = {"type": "image", "slack_file": {"id": file}, "title": called, "alt_text": alt}
    return Piece(picture, f"{title}\n{alt}")


def _header(words: str) -> Piece:
    said = " ".join(words.split())
    return Piece({"type": "header", "text": {"type": "plain_text", "text": said, "emoji": True}}, said)


# -- buttons


def buttons(labels: Iterable[Label]) -> Iterator[Piece]:
    """Rows of buttons, as many as there must be."""
    row: list[Json] = []
    weight = 0
    for label in labels:
        made = button(label)
        more = length(json.dumps(made, ensure_ascii=False))
        if row and (len(row) >= limits.ELEMENTS or weight + more > _ROW):
            yield Piece({"type": "actions", "elements": row}, buttons=True)
            row, weight = [], 0
        row.append(made)
        weight += more
    if row:
        yield Piece({"type": "actions", "elements": row}, buttons=True)


def button(label: Label) -> Json:
    """Raises ValueError where the press is longer than Slack keeps."""
    if not 0 < length(label.press) <= limits.BUTTON_VALUE:
        raise ValueError(f"a press has 1 to {limits.BUTTON_VALUE} characters")
    words = {"type": "plain_text", "text": cut(label.words, limits.BUTTON) or MORE, "emoji": True}
    return {"type": "button", "text": words, "value": label.press}


def _on_buttons(pieces: Iterable[Piece]) -> str:
    rows = (piece.block.get("elements", ()) for piece in pieces if piece.buttons)
    return " · ".join(each["text"]["text"] for row in rows for each in row)
