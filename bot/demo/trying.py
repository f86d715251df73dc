"""`runda try`: you are one of the five, and your words are in the recap.

The meeting is the real one, made short: the colleagues take two questions while you come in, you are asked the
third and what you put forward, and two weeks later you read what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from adapters.terminal.records import Piece, Posted, Record
from bot.demo.director import Director, Position
from bot.demo.reading import reader, records, since_message, sittings, without_status
from bot.demo.script import Cast, Line, Script
from bot.demo.sheet import Sheet
from bot.demo.showing import date_line
from bot.demo.stage import Stage, staged
from flows.reading import Control, Help, understand

if TYPE_CHECKING:
    from bot.demo.play import Play
    from flows.kinds.step import Step

GROUP, ME = "fjord", "kari"
#: In the first round: the question that is yours, which colleagues answer it before and after you, and the rest.
QUESTION, BEFORE, AFTER = "innovation-for-us", ("liv",), ("jon",)
FINDING, COLLEAGUE = "aha", "jon"
#: Beside a line of yours. Where the terminal lacks the arrow, two signs stand for it.
ARROW, PLAIN_ARROW = "←", "<-"

#: Shows a prompt and returns what was typed. Raises EOFError.
Typed = Callable[[str], str]


class ShortScript(Script):
    """The same words, fewer of them, and a place for the person's own."""

    def lines(self, number: int, round_: str, group: str, step: Step, part: str, at: int) -> list[Line]:
        told = super().lines(number, round_, group, step, part, at)
        where = f"{number}.{at}.{part}"
        if number > 1:
            return []
        if step.WORD == "ask" and step.id == QUESTION and part == "shared":
            mine = [self._mine(f"{where}.mine")]
            return [*_by(told, BEFORE), *mine, *_by(told, AFTER), self._next(f"{where}.next")]
        if part == "alone" and step.id == QUESTION:
            return []
        if step.WORD == "ask" or (step.WORD == "note" and step.id.startswith(QUESTION)):
            return [self._next(f"{where}.next")]
        if step.WORD == "note":
            return [*told, self._next(f"{where}.next")]
        if step.WORD == "finding":
            return [self._mine(f"{where}.mine"), *_by(told, (COLLEAGUE,)), self._next(f"{where}.next")]
        if step.WORD == "release":
            return [Line(f"{where}.yes", COLLEAGUE, self.texts.say("choice.release-all"), 5.0)]
        return [*told[:1], self._next(f"{where}.next")]

    def late(self, number: int, round_: str, group: str) -> list[Line]:
        return []

    def _mine(self, key: str) -> Line:
        return Line(key, ME, None, 5.0)

    def _next(self, key: str) -> Line:
        return Line(key, COLLEAGUE, self.texts.say("choice.next"), 5.0)


def _by(lines: Iterable[Line], who: tuple[str, ...]) -> list[Line]:
    return [line for line in lines if line.who in who and line.do == "wrote"]


def try_out(play: Play, cast: Cast, folder: Path, sheet: Sheet, typed: Typed) -> None:
    """Raises EOFError where nothing more is typed. Between what is played, no loop runs: typing is waited for."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            stage = runner.run(stack.enter_async_context(staged(play, folder, cast, script=ShortScript)))
            _Visit(stage, sheet, typed, runner).go()
        finally:
            runner.run(stack.aclose())


class _Visit:
    def __init__(self, stage: Stage, sheet: Sheet, typed: Typed, runner: asyncio.Runner) -> None:
        self.stage, self.sheet, self.typed, self.runner = stage, sheet, typed, runner
        self.director = Director(stage)
        #: What the person has said.
        self.said: list[str] = []

    def go(self) -> None:
        try:
            self._first_meeting()
            self._jump()
            self._recap()
        finally:
            self.runner.run(self.director.close())

    def _first_meeting(self) -> None:
        self._play()
        self.sheet.between(self._text("before"))
        self._show(self._since(1, "ask"))
        self._ask("answer")
        self._play()
        self.sheet.gap()
        self._show(self._since(1, "finding"))
        self._ask("finding")
        self._play(lambda at: any(each.phase == "finished" for each in at.values()))
        self.sheet.between(self._text("onwards"))

    def _jump(self) -> None:
        self.typed(self._text("jump") + " ")
        first, second = sittings(self.stage)[:2]
        self.sheet.between(date_line(self.stage, first.starts_at, second.starts_at))

    def _recap(self) -> None:
        self._play(lambda at: any((each.number, each.phase) == (2, "running") for each in at.values()))
        self._show(self._marked(each) for each in self._since(2, "recap"))
        self.sheet.gap()
        self.sheet.say(self._text("end" if self.said else "nothing"))

    # -- one thing after the other

    def _play(self, until: Callable[[dict[int, Position]], bool] = lambda _: False) -> None:
        self.runner.run(self.director.play(until))

    def _ask(self, key: str) -> None:
        """Have the person type, until it is an answer, or nothing; show it, and what was said to it."""
        before = len(self._thread(1))
        self.sheet.gap()
        self.sheet.say(self._text(key), "dim")
        while isinstance(self._read(words := self.typed("> ").strip()), Control | Help):
            self.sheet.say(self._text("steered"), "dim")
        self.said += [words] if words else []
        self.runner.run(self.director.answer(words or None))
        self._show(self._thread(1)[before:])

    def _read(self, words: str) -> object:
        return understand(words, self.stage.texts.vocabulary())

    def _text(self, key: str) -> str:
        return self.stage.texts.say(f"demo.try.{key}")

    # -- the thread

    def _since(self, number: int, word: str) -> list[Record]:
        """The thread from the last question of a kind on."""
        sitting = sittings(self.stage)[number - 1]
        return since_message(self._thread(number), sitting.asked(self.stage, word))

    def _thread(self, number: int) -> list[Record]:
        sitting = sittings(self.stage)[number - 1]
        return records(self.stage, sitting.channel, since=sitting.starts_at)

    def _show(self, found: Iterable[Record]) -> None:
        me = self.stage.cast.account(ME)
        self.sheet.lines(reader(self.stage, self.sheet.screen, me).lines(without_status(found)))

    def _marked(self, record: Record) -> Record:
        """A recap in which the person's own words are pointed at."""
        if not isinstance(record, Posted):
            return record
        return replace(record, pieces=tuple(self._pointed(piece) for piece in record.pieces))

    def _pointed(self, piece: Piece) -> Piece:
        piece = replace(piece, earlier=None)
        mine = piece.kind == "item" and piece.words in {" ".join(said.split()) for said in self.said}
        arrow = ARROW if ARROW.encode(self.sheet.screen.encoding, "ignore") else PLAIN_ARROW
        return replace(piece, words=f"{piece.words}  {arrow} {self._text('yours')}") if mine else piece
