"""Following a place in the terminal, and writing there at the same time."""

from __future__ import annotations

import contextlib
import heapq
import math
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time

import click

from adapters.terminal.parse import Request
from adapters.terminal.places import Places, Tail
from adapters.terminal.render import View
from adapters.terminal.screen import screen
from adapters.terminal.thread import Message
from bot.cli import Caller, Told
from bot.cli.sending import COMMANDS, deliver, folder, readable, request
from bot.library import bot_texts
from flows.calendar import zone_named
from flows.language import Catalogue

#: Seconds between two looks at what is new.
EVERY = 0.2
#: Seconds between two attempts to reach a house that is down.
AGAIN = 1.0
PROMPT = "> "


def view(caller: Caller, names: dict[str, str], account: str, zone: str | None) -> View:
    """`zone`: of the series' times, so that a message and the times in it agree; None: the machine's own."""
    labels = bot_texts(caller.language).get("terminal", {})
    shown = screen(sys.stdout, os.environ)._asdict()
    local = zone_named(zone) if zone else None
    return View(names=names, zone=local, labels=labels, me=account, day=_day(caller.language), **shown)


def _day(language: str) -> Callable[[date], str]:
    """A date as the language writes it."""
    texts = Catalogue(language, {"day": "{day:day}"}, "UTC")
    return lambda day: texts.say("day", day=datetime.combine(day, time(), UTC))


class Chat:
    """One person in one place. What is new is shown by a thread beside the one that reads what is typed."""

    def __init__(self, caller: Caller, place: str, account: str, view: View) -> None:
        self.caller, self.place, self.account, self.view = caller, place, account, view
        self.private = f"@{account}"
        places = Places(folder(caller))
        self._tails = [Tail(places.path(each)) for each in dict.fromkeys((place, self.private))]
        self._typing = sys.stdin.isatty() and sys.stdout.isatty()
        #: A line is being typed now, below what is shown.
        self._open = False
        self._showing = threading.Lock()
        self._over = threading.Event()

    def run(self) -> None:
        """Until the end of what is typed."""
        if self._typing:
            with contextlib.suppress(ImportError):  # for the arrow keys
                import readline  # noqa: F401
            click.echo(COMMANDS, err=True)
        self.show()
        follower = threading.Thread(target=self._follow, daemon=True)
        follower.start()
        try:
            for line in self._typed():
                self.typed(line)
        except KeyboardInterrupt:
            click.echo()
        finally:
            self._over.set()
            follower.join()
        self.show()

    def _follow(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            while not self._over.wait(EVERY):
                self.show()

    def show(self) -> None:
        """Show what is new."""
        with self._showing:
            records = heapq.merge(*(tail.new() for tail in self._tails), key=lambda record: record.at)
            self._print(list(self.view.lines(records)))

    def _print(self, lines: list[str], *, err: bool = False) -> None:
        """Above the line that is being typed."""
        if not lines:
            return
        click.echo("\r\x1b[J" * self._open + "\n".join(lines), err=err)
        if self._open:
            readline = sys.modules.get("readline")
            click.echo(PROMPT + (readline.get_line_buffer() if readline else ""), nl=False)

    # -- what is typed

    def _typed(self) -> Iterator[str]:
        if not self._typing:
            yield from sys.stdin
            return
        while (line := self._line()) is not None:
            rows = math.ceil((len(PROMPT) + len(line)) / shutil.get_terminal_size().columns) or 1
            click.echo(f"\x1b[{rows}A\r\x1b[J", nl=False)  # it comes again, as a message
            yield line

    def _line(self) -> str | None:
        self._open = True
        try:
            return input(PROMPT)
        except EOFError:
            click.echo()
            return None
        finally:
            self._open = False

    def typed(self, line: str) -> None:
        """A message, or a command."""
        words = readable(line).strip()
        command, _, rest = words.partition(" ")
        try:
            if command in _DO:
                _DO[command](self, rest.strip())
            elif words.startswith("/") and not words.startswith("//"):
                self._note(COMMANDS)
            elif words:
                said = words[1:] if words.startswith("//") else words
                self._send(request(self.caller, self.place, self.account, words=said))
        except Told as told:
            self._note(told.message)

    def _private(self, words: str) -> None:
        self._send(request(self.caller, self.private, self.account, words=words))

    def _edit(self, words: str) -> None:
        if last := self._last():
            where = {"message": last.id, "revision": last.revision + 1, "words": words}
            self._send(request(self.caller, self._place(last), self.account, do="rewrote", **where))

    def _undo(self, _: str) -> None:
        if last := self._last():
            self._send(request(self.caller, self._place(last), self.account, do="took-back", message=last.id))

    def _last(self) -> Message | None:
        """The last of my messages that still stands."""
        self.show()
        mine = [each for each in self.view.messages.values() if each.author == self.account and each.pieces]
        if not mine:
            self._note("You have written nothing here that could be changed.")
            return None
        return mine[-1]

    def _place(self, message: Message) -> str:
        return self.private if message.owner else self.place

    def _send(self, request: Request) -> None:
        """Send it, however long it takes: what has been typed is not lost while the house is down."""
        waits = False
        while True:
            try:
                deliver(folder(self.caller), request)
            except ConnectionError as nobody:
                if not waits:
                    self._note(f"{nobody}. Your message waits here; Ctrl-C leaves it unsent.")
                waits = True
                self._over.wait(AGAIN)
            else:
                return self.show()

    def _note(self, words: str) -> None:
        """Something that only the person at the keyboard sees."""
        with self._showing:
            self._print([words], err=True)


_DO: dict[str, Callable[[Chat, str], None]] = {
    "/edit": Chat._edit,
    "/undo": Chat._undo,
    "/private": Chat._private,
}
