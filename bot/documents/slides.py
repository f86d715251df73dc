"""A round for the room's screen (PPTX): a question on each slide, a picture with its text, and notes for who speaks.

Sizes follow the length of the text, so that nothing runs over the edge: a slide is read from the back of the room, and
a text that would be small is shown in fewer words by the programme, not by us.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from bot.documents import NotInstalled
from bot.documents.drawing import as_png
from bot.documents.round import Picture, Question, Round
from bot.documents.word import INK, LOCALES

#: A slide, in millimetres (16:9), and its margin.
WIDTH, HEIGHT, MARGIN = 338, 190, 18
#: Points of type for a text of at most so many characters; longer ones have the last.
SIZES = ((90, 44), (160, 36), (260, 30), (420, 24), (10_000, 18))
#: Of lists: points of type for so many characters in all.
LISTED = ((300, 24), (600, 20), (10_000, 16))


def to_pptx(shown: Round) -> bytes:
    """Raises NotInstalled."""
    try:
        import pptx
        from pptx.util import Mm
    except ModuleNotFoundError as missing:
        raise NotInstalled("PPTX", missing) from missing
    file = pptx.Presentation()
    file.slide_width, file.slide_height = Mm(WIDTH), Mm(HEIGHT)
    about = file.core_properties
    about.title, about.author, about.language = shown.heading, shown.series, LOCALES[shown.language]
    deck = _Deck(file, shown)
    deck.first()
    for each in shown.shown:
        if isinstance(each, Picture):
            deck.picture(each)
        else:
            deck.question(each)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


class _Deck:
    def __init__(self, file: Any, shown: Round) -> None:
        self.file, self.shown, self.say = file, shown, shown.texts.say

    def first(self) -> None:
        slide = self._slide(self.shown.heading, 40, top=55, height=50)
        self._text(slide, [self.shown.series], 24, top=110, height=20)
        self._notes(slide, [self.shown.welcome])

    def question(self, asked: Question) -> None:
        size, listed = _size(asked.words, SIZES), asked.points
        slide = self._slide(asked.words, min(size, 28) if listed else size, height=42 if listed else 130)
        if listed:
            self._text(slide, listed, _size("".join(listed), LISTED), top=62, height=105, numbered=True)
        if asked.ends:
            (low, least), (high, most) = asked.ends
            ends = self.say("documents.scale", low=low, least=least, high=high, most=most)
            self._text(slide, [ends], 18, top=168, height=14)
        self._notes(slide, [*self._how(asked)])

    def _how(self, asked: Question) -> Iterator[str]:
        yield self.say("documents.minutes", n=asked.minutes)
        if asked.alone:
            yield self.say("documents.alone", n=asked.alone)
        if asked.private:
            yield self.say("documents.private")
        if asked.note:
            yield self.say("documents.note", words=asked.note)

    def picture(self, drawn: Picture) -> None:
        """The text of a picture stands beside it as a list, for whoever cannot make out what is in it."""
        from pptx.util import Mm

        slide = self._slide(drawn.title, 28, height=20)
        labels = [label for label, _ in drawn.points if label]
        room = WIDTH - 2 * MARGIN - (90 if labels else 0)
        shape = slide.shapes.add_picture(
            io.BytesIO(as_png(drawn.file)), Mm(MARGIN), Mm(40), height=Mm(HEIGHT - 50)
        )
        if shape.width > Mm(room):
            shape.height, shape.width = int(shape.height * Mm(room) / shape.width), Mm(room)
        shape.name = drawn.title
        shape._element.nvPicPr.cNvPr.set("descr", drawn.alt)
        if labels:
            left = WIDTH - MARGIN - 84
            self._text(slide, labels, 16, top=44, height=120, left=left, width=84, numbered=True)
        told = [f"{n}. {label}: {help_}" for n, (label, help_) in enumerate(drawn.points, 1) if help_]
        self._notes(slide, [drawn.alt, *([self.say("documents.points"), *told] if told else [])])

    # -- shapes

    def _slide(self, title: str, size: int, *, top: int = 18, height: int = 130) -> Any:
        """A slide whose title is the text itself: whoever lists the slides reads the questions."""
        from pptx.enum.text import MSO_ANCHOR

        only_a_title = self.file.slide_layouts[5]
        slide = self.file.slides.add_slide(only_a_title)
        shape = slide.shapes.title
        _place(shape, MARGIN, top, WIDTH - 2 * MARGIN, height)
        shape.text_frame.word_wrap = True
        shape.text_frame.vertical_anchor = MSO_ANCHOR.TOP if height < 60 else MSO_ANCHOR.MIDDLE
        self._write(shape.text_frame, [title], size, bold=True)
        return slide

    def _text(
        self, slide: Any, lines: Sequence[str], size: int, *, top: int, height: int, left: int = MARGIN,
        width: int = WIDTH - 2 * MARGIN, numbered: bool = False,
    ) -> None:  # fmt: skip
        box = slide.shapes.add_textbox(0, 0, 0, 0)
        _place(box, left, top, width, height)
        box.text_frame.word_wrap = True
        self._write(box.text_frame, lines, size, numbered=numbered)

    def _write(
        self, frame: Any, lines: Sequence[str], size: int, *, bold: bool = False, numbered: bool = False
    ) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        for at, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.space_after = Pt(size // 4)
            if numbered:
                _number(paragraph, size)
            run = paragraph.add_run()
            run.text, run.font.size, run.font.bold = line, Pt(size), bold
            run.font.color.rgb = RGBColor(*INK)  # type: ignore[no-untyped-call]
            run._r.get_or_add_rPr().set("lang", LOCALES[self.shown.language])

    def _notes(self, slide: Any, lines: Sequence[str]) -> None:
        slide.notes_slide.notes_text_frame.text = "\n".join(line for line in lines if line)


def _place(shape: Any, left: int, top: int, width: int, height: int) -> None:
    from pptx.util import Mm

    shape.left, shape.top, shape.width, shape.height = Mm(left), Mm(top), Mm(width), Mm(height)


def _number(paragraph: Any, size: int) -> None:
    """A list that counts, as the program that shows it counts."""
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    properties = paragraph._p.get_or_add_pPr()
    indent = Pt(size * 2)
    properties.set("marL", str(int(indent)))
    properties.set("indent", str(-int(indent)))
    counted = properties.makeelement(qn("a:buAutoNum"), {"type": "arabicPeriod"})
    properties.append(counted)


def _size(words: str, sizes: Sequence[tuple[int, int]]) -> int:
    return next(size for most, size in sizes if len(words) <= most)
