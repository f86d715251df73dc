"""What the demo prints around the threads: sentences, titles and lists, in the terminal's own width and letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from adapters.terminal.screen import Screen
from adapters.terminal.typeset import Page, Paragraph, Style, Word, words

Echo = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where lines go, and how wide they are."""

    echo: Echo
    screen: Screen = field(default_factory=Screen)

    def lines(self, lines: Iterable[str]) -> None:
        """Lines of a thread, without the blank one that may stand before them."""
        blank = True
        for line in lines:
            if line or not blank:
                self.echo(line)
            blank = False

    def say(self, text: str, style: Style = "", margin: str = "") -> None:
        """A text of our own, in lines of that width."""
        self._block(margin, Paragraph(words(text, style)))

    def title(self, text: str, *, ruled: bool = False) -> None:
        """A heading; `ruled`: of the upper kind."""
        self.gap()
        self.say(text, "bold")
        if ruled:
            self.say("–" * min(len(text), self.screen.width), "dim")
        self.gap()

    def between(self, text: str) -> None:
        """What happens outside of the threads."""
        self.gap()
        *before, last = words(text)
        # No dash stands alone on a line.
        said = [Word("—"), *before, Word(f"{last.text} —")]
        self._block("", Paragraph(said))
        self.gap()

    def gap(self) -> None:
        self.echo("")

    def _block(self, margin: str, paragraph: Paragraph) -> None:
        page = Page(self.screen.width, colour=self.screen.colour, encoding=self.screen.encoding)
        for line in page.block(margin, [paragraph]):
            self.echo(line)
