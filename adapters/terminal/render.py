"""How a thread looks in a terminal. Pure: records in, lines out.

    09:03  Kari: People and skills fits best. In home care we are four on paper and
           three at work. (changed) ✓

    09:05  Runda
           Question 2 of 3
           What is special about conditions here?
           → write: next · five more minutes

The rules:

- What has happened to a message is shown where the message stands: its last words, «(changed)», «(taken back)»,
  the mark that Runda has it. Only what had been shown before is told in lines of its own.
- The status of a session is one quiet line each time it changes; the message that it is written into keeps
  what it said first.
- Where more of something stands in an earlier message, that one's time is told: «(see 09:07)».
- Nothing is said by colour alone.
- What people write is text: it moves no cursor and changes no colour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo

from adapters.port import Label
from adapters.terminal.records import Piece, Record
from adapters.terminal.screen import WIDEST
from adapters.terminal.thread import Entry, Message, Thread
from adapters.terminal.typeset import Page, Paragraph, Word, words

BOT = "Runda"
TICK = Word("✓", "dim")

#: The texts that a thread needs besides its own, for whoever has no catalogue: those under `terminal.` in it.
LABELS = {
    "you": "You",
    "private": "to you alone",
    "alone": "to {name} alone",
    "edited": "changed",
    "removed": "taken back",
    "link": "see",
    "write": "write",
}


class View:
    """One reader's view of a thread, or of several in order of time. It is fed records as they come."""

    def __init__(
        self,
        *,
        names: Mapping[str, str],
        zone: tzinfo | None = None,
        labels: Mapping[str, str] | None = None,
        width: int = WIDEST,
        colour: bool = False,
        encoding: str = "utf-8",
        me: str | None = None,
        day: Callable[[date], str] | None = None,
        apart: bool = True,
    ) -> None:
        """`names` is by account; an account without one is shown as it is. `zone`: None is the machine's own.

        `labels` are the texts under `terminal.`. `width` is in columns, and `encoding` what the terminal takes.
        `me` is the reader's account. `day` puts a date in words; where it is given, the days are told
        `apart`, each by a line of its own.
        """
        self.names, self.zone, self.me, self.day, self.apart = names, zone, me, day, apart
        self.texts = {**LABELS, **(labels or {})}
        self.page = Page(width, colour=colour, encoding=encoding)
        self._thread = Thread()
        self._date: date | None = None
        #: Whether the last entry stands by itself; None: nothing stands above.
        self._tall: bool | None = None

    @property
    def messages(self) -> Mapping[str, Message]:
        """All messages as they stand, by id, in the order in which they came."""
        return self._thread.messages

    def lines(self, records: Iterable[Record]) -> Iterator[str]:
        """The lines of these records, after all that have been given before."""
        for entry in self._thread.take(records):
            yield from self._separation(entry)
            yield from self._entry(entry)

    # -- from entries to lines

    def _separation(self, entry: Entry) -> Iterator[str]:
        today = entry.at.astimezone(self.zone).date()
        tall = entry.kind in ("said", "again") and entry.message.tall
        if self.day is not None and self.apart and today != self._date:
            yield from () if self._date is None else ("",)
            yield self.page.line(words(f"– {self.day(today)} –", "dim"))
            yield ""
        elif self._tall is not None and (tall or self._tall):
            yield ""
        self._date, self._tall = today, tall

    def _entry(self, entry: Entry) -> Iterator[str]:
        margin = f"{entry.at.astimezone(self.zone):%H:%M}  "
        if entry.kind == "status":
            told = [Paragraph([Word("·", "dim"), *words(entry.message.status, "dim")])]
        elif entry.kind == "tick":
            told = [Paragraph([TICK, *words(self._name(entry.message.author), "dim")])]
        else:
            told = list(self._told(entry.message, entry.at))
        return self.page.block(margin, told)

    def _told(self, message: Message, at: datetime) -> Iterator[Paragraph]:
        paragraphs = [each for piece in message.pieces for each in self._paragraphs(piece, at)]
        if not paragraphs:
            paragraphs = [Paragraph(words(f"({self.texts['removed']})", "dim"))]
        elif message.edited:
            paragraphs[-1].words.extend(words(f"({self.texts['edited']})", "dim"))
        if message.ticked:
            paragraphs[-1].words.append(TICK)
        head = list(self._head(message))
        if message.tall:
            yield Paragraph(head)
        else:
            head[-1] = head[-1]._replace(text=f"{head[-1].text}:")
            paragraphs[0] = Paragraph([*head, *paragraphs[0].words])
        yield from paragraphs
        if message.labels:
            yield self._choices(message.labels)

    def _paragraphs(self, piece: Piece, at: datetime) -> list[Paragraph]:
        paragraphs = list(_paragraphs(piece))
        if piece.earlier is not None and paragraphs:
            seen = f"({self.texts['link']} {self._when(piece.earlier.then, at)})"
            paragraphs[-1].words.extend(words(seen, "dim"))
        return paragraphs

    def _when(self, then: datetime, now: datetime) -> str:
        """A time of the same day, or with its day."""
        local, today = then.astimezone(self.zone), now.astimezone(self.zone).date()
        if local.date() == today:
            return f"{local:%H:%M}"
        return f"{self.day(local.date()) if self.day else local.date().isoformat()}, {local:%H:%M}"

    def _head(self, message: Message) -> Iterator[Word]:
        """Whose message it is, whom it answers, and who alone sees it."""
        yield from words(self._name(message.author), "bold") or [Word("?")]
        if message.about is not None and (about := self.messages.get(message.about)):
            yield Word("→", "dim")
            yield from words(self._name(about.author), "dim")
        if message.owner is not None:
            yield from words(f"({self._sight(message)})", "dim")

    def _sight(self, message: Message) -> str:
        reader = message.owner if message.author is None else None
        if reader is not None and reader == self.me:
            return self.texts["private"]
        return self.texts["alone"].replace("{name}", self._name(reader))

    def _name(self, account: str | None) -> str:
        if account is None:
            return BOT
        return self.texts["you"] if account == self.me else self.names.get(account, account)

    def _choices(self, labels: Iterable[Label]) -> Paragraph:
        """Buttons as the words that do the same."""
        line = words(f"{self.texts['write']}:", "dim")
        for index, label in enumerate(labels):
            line += [Word("·", "dim")] if index else []
            line += words(label.words[:1].lower() + label.words[1:])
        return Paragraph(line, "→ ")


def lines(
    records: Iterable[Record],
    *,
    names: Mapping[str, str],
    zone: tzinfo | None = None,
    labels: Mapping[str, str] | None = None,
    width: int = WIDEST,
    colour: bool = False,
    encoding: str = "utf-8",
    me: str | None = None,
) -> Iterator[str]:
    """A whole thread at once; its arguments are those of `View`."""
    view = View(names=names, zone=zone, labels=labels, width=width, colour=colour, encoding=encoding, me=me)
    return view.lines(records)


def _paragraphs(piece: Piece) -> Iterator[Paragraph]:
    """A block's lines, each with what stands before it."""
    lead = (f"{piece.number}. " if piece.number is not None else "• ") if piece.kind == "item" else ""
    for index, line in enumerate(piece.words.splitlines()):
        title = piece.kind == "picture" and not index
        if told := words(f"[{line}]" if title else line, "bold" if title or piece.kind == "heading" else ""):
            yield Paragraph(told, lead)
            lead = " " * len(lead)
