"""One message in words, block by block: lines, lists, pictures, how scores are spread, and recaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.port import OPENS, Block, Label, Link, Spoken, Tally
from bot.recaps import wording
from bot.rights import freezing
from bot.shelf import Shelf
from bot.words.contents import Contents
from bot.words.gathering import LEADS, Rows, in_content
from bot.words.voices import Voice
from flows import levels
from flows import message as m
from flows.reading import cells
from storage.unit import Unit

#: What becomes of what one writes is told before anything is asked. Whoever comes later finds it by this.
KEPT = f"{OPENS}kept"

#: Characters of a line of a recap in a chat, about forty words: a whole recap there has about 150 (programmes.md).
LINE = 240

#: Texts of a recap that count: what they count, and which parameter names it; how actions stand, and of each state.
_COUNTED = {"manager.held": ("groups", "option"), "level.item": ("agreed", "item")}
_STATES, _STATE = ("manager.actions", "manager.actions-before"), "manager.state."


@dataclass(frozen=True, slots=True)
class Said:
    """A message in words, and the replies that it shows."""

    spoken: Spoken
    quotes: tuple[int, ...]
    #: The account that alone is to see it, where the platform can.
    only: str | None = None


class Saying:
    """One message on its way into words."""

    def __init__(self, shelf: Shelf, unit: Unit, voice: Voice, rows: Rows, now: datetime) -> None:
        self.shelf, self.unit, self.voice, self.rows = shelf, unit, voice, rows
        self.contents = Contents(shelf, voice, rows, now)
        #: The session that a recap which is being said tells of.
        self.told = 0
        #: By the identity of each block that shows replies: the block, and those.
        self.rests: dict[int, tuple[Block, tuple[int, ...]]] = {}

    def say(self, said: m.Message, *, posted: bool = False, named: bool = False) -> Said:
        """`posted`: it rewrites a message that is there, and has to say something. `named`: it says whose it is, and
        leads to what becomes of what is written beneath it."""
        blocks = tuple(self._blocks(said.parts))
        if named and self.voice.circle:
            blocks = (Block("heading", self.voice.circle), *blocks)
        if posted and not blocks:
            blocks = (Block("line", self.voice.bot.say("reply.gone")),)
        labels = tuple(Label(choice.press, self.contents.text(choice.text)) for choice in said.choices)
        tools = tuple(Label(choice.press, self.contents.text(choice.text)) for choice in said.tools)
        tools += (Label(KEPT, self.voice.bot.say("counter.button.kept")),) if named else ()
        about = self.rows.replies.get(said.about) if said.about else None
        spoken = Spoken(said.sort, blocks, labels, about.message if about is not None else None, tools,
                        self.voice.language)  # fmt: skip
        # A receipt that offers something is for the one who wrote.
        alone = about is not None and said.sort == "receipt" and labels
        return Said(
            spoken, tuple(self.contents.shown), self.rows.accounts.get(said.about or 0) if alone else None
        )

    def _blocks(self, parts: Sequence[m.Part]) -> list[Block]:
        """The parts in words. A list that has lost all its lines takes what introduced it along."""
        blocks: list[Block] = []
        opening = 0
        for part in parts:
            row = self._recap(part)
            short = isinstance(part, m.Recap) and part.short
            said = list(self._stored(row, short=short) if row else self._part(part))
            if isinstance(part, m.Points) and not said:
                del blocks[opening:]
            if isinstance(part, m.Heading):
                opening = len(blocks)
            blocks += said
            if isinstance(part, m.Points):
                opening = len(blocks)
        return blocks

    def _part(self, part: m.Part) -> Iterator[Block]:
        if isinstance(part, m.Line) and isinstance(part.content, m.Text) and part.content.key in LEADS:
            yield Block("line", self.contents.text(part.content), link=self._sitting(LEADS[part.content.key]))
        elif isinstance(part, m.Line):
            for words, replies in self.contents.resting(part.content):
                yield self._block(replies, "line", words, tally=self._tally(part.content))
        elif isinstance(part, m.Heading):
            link = self.rows.links.get((self.told, f"note:{part.note}")) if part.note else None
            yield Block("heading", self.contents.text(part.text), link=link)
        elif isinstance(part, m.Points):
            yield from self._points(part)
        elif isinstance(part, m.Picture):
            yield self._picture(part.id)
        elif isinstance(part, m.Levels):
            yield from self._levels(part)

    def _sitting(self, everyone: bool) -> Link | None:
        """The way to a sitting. None leads from one platform to another."""
        link = self.rows.sittings.get((self.voice.session or 0, everyone))
        return link if link is not None and link.place[:2] == self.voice.read else None

    def _points(self, part: m.Points) -> Iterator[Block]:
        numbers = part.numbers or (range(1, len(part.items) + 1) if part.numbered else ())
        for index, item in enumerate(part.items):
            for words, replies in self.contents.resting(item):
                shown = self._row(words, part.columns)
                yield self._block(replies, "item", shown, number=numbers[index] if numbers else None)

    def _row(self, words: str, columns: Sequence[m.Text]) -> str:
        """A row of a table in one line: chats have no room for columns, and a cell is read with what it is."""
        if not columns:
            return words
        first, *rest = cells(words, len(columns))
        named = zip(columns[1:], rest, strict=False)
        return " · ".join(
            (first, *(f"{self.contents.text(column)}: {cell}" for column, cell in named if cell))
        )

    def _block(self, replies: tuple[int, ...], kind: str, words: str, **more: Any) -> Block:
        block = Block(kind, words, **more)
        self.rests[id(block)] = block, replies
        return block

    def _levels(self, part: m.Levels) -> Iterator[Block]:
        """How scores are spread, or that it may not be shown; what it rests on is remembered, for corrections."""
        self.contents.shown.update(dict.fromkeys((*part.replies, *part.before)))
        for item, name in zip(part.items, part.names, strict=True):
            shown = self._spread(part.replies, name)
            words = self._spread_in_words(shown) if shown else self.voice.bot.say("levels.hidden")
            turned = f" ({self.voice.bot.say('levels.reversed')})" if name in part.reversed else ""
            if part.leaders:
                yield self._side_by_side(part, f"{self.contents.text(item)}{turned}", name)
                continue
            before = self._spread(part.before, name) if shown and self._comparable(part) else None
            key = "levels.first" if part.first else "levels.before"
            last = self.voice.bot.say(key, spread=self._spread_in_words(before)) if before else ""
            since = f" ({last})" if last else ""
            named = f"{self.contents.text(item)}{turned}"
            average = (
                (named, levels.average(shown), levels.average(before) if before else None) if shown else None
            )
            yield Block(
                "item", f"{named} – {words}{since}", tally=Tally("levels", (average,)) if average else None
            )

    def _side_by_side(self, part: m.Levels, named: str, name: str) -> Block:
        """The leaders and the others; neither, where one of them may not be shown, and never all together."""
        leaders, others = (self._spread(side, name) for side in levels.sides(part.replies, part.leaders))
        say = self.voice.bot.say
        if leaders is None or others is None:
            return Block("item", f"{named} – {say('levels.hidden')}")
        words = say(
            "levels.sides", leaders=self._spread_in_words(leaders), others=self._spread_in_words(others)
        )
        counts = (
            (say("levels.leaders", item=named), levels.average(leaders), None),
            (say("levels.others", item=named), levels.average(others), None),
        )
        return Block("item", f"{named} – {words}", tally=Tally("levels", counts))

    def _tally(self, content: m.Content) -> Tally | None:
        """What a text of a recap counts, if it does."""
        if not isinstance(content, m.Text):
            return None
        if named := _COUNTED.get(content.key):
            of, what = named
            return Tally(of, ((str(self.contents.param(content.params[what])), _n(content), None),))
        if content.key not in _STATES:
            return None
        told = (each for each in in_content(content) if isinstance(each, m.Text))
        states = ((each.key.rpartition(".")[2], each) for each in told if each.key.startswith(_STATE))
        counts = ((self.voice.bot.say(f"action.state.{name}"), _n(each), None) for name, each in states
                  if "n" in each.params)  # fmt: skip
        return Tally(content.key.rpartition(".")[2], tuple(counts))

    def _spread(self, replies: Sequence[int], item: str) -> dict[int, int] | None:
        there = [self.rows.scores[each] for each in replies if each in self.rows.scores]
        return (
            levels.spread([scores.get(item) for scores in there], len(replies), len(there)) if there else None
        )

    def _comparable(self, part: m.Levels) -> bool:
        def people(replies: Sequence[int]) -> set[int]:
            return {row.person_id for each in replies if (row := self.rows.replies.get(each)) is not None}

        return bool(part.before) and levels.comparable(people(part.before), people(part.replies))

    def _spread_in_words(self, spread: Mapping[int, int]) -> str:
        return ", ".join(self.voice.bot.say("levels.share", value=value, n=n) for value, n in spread.items())

    def _picture(self, name: str) -> Block:
        """A picture is never sent without the text that says the same."""
        voice = self.voice
        title, alt = (voice.programme.say(f"pictures.{name}.{key}") for key in ("title", "alt"))
        file = self.shelf.picture(self.unit, voice.content_id, name, voice.language)
        return Block("picture", f"{title}\n{alt}", file=file)

    def _recap(self, part: m.Part) -> Any:
        return self.rows.recaps.get(part.id) if isinstance(part, m.Recap) else None

    def _stored(self, row: Any, *, short: bool) -> list[Block]:
        """A recap, less what has gone since it was made, in a coordinator's words where there are any.

        In a chat a line is cut where it is long; who opens the recap, or has a file made of it, reads all.
        """
        contents = self.contents
        most = None if contents.kept or isinstance(row, wording.Draft) else LINE
        if frozen := getattr(row, "said", None):
            return freezing.blocks(frozen, most)
        there = wording.Sources(self.rows.replies, self.rows.findings, self.rows.actions)
        shown = wording.shown(row, there, short=short)
        contents.worded, contents.headed, self.told = shown.worded, shown.headed, row.session_id or 0
        contents.most = most
        blocks = self._blocks(shown.parts)
        contents.worded, contents.headed, contents.most, self.told = {}, {}, None, 0
        return blocks


def _n(content: m.Text) -> int:
    """How many a text says."""
    n = content.params["n"]
    assert isinstance(n, int), "a count is a number"
    return n
