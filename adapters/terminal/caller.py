"""One connection to the terminal's door: lines in, answers out, and no more under way than can be answered."""

from __future__ import annotations

import asyncio
from typing import Protocol

from adapters.terminal import parse
from adapters.terminal.parse import Answer

#: Requests of one connection under way at the same time; more than that wait in the socket.
UNDER_WAY = 256
#: Bytes of one request: what `parse` takes at most, however it is escaped, and its other fields.
LONGEST_LINE = parse.LONGEST_WORDS * 12 + 4096


class Listener(Protocol):
    """Who takes what callers say."""

    def came(self, caller: Caller) -> None: ...

    def went(self, caller: Caller) -> None: ...

    def request(self, caller: Caller, line: bytes) -> None:
        """Take one line, and call `caller.answer` once for it, now or later."""


class Caller(asyncio.Protocol):
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._answers: list[bytes] = []
        self._under_way = 0
        self._stuffed = self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._listener.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._listener.went(self)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.strip():
                self._under_way += 1
                self._listener.request(self, line)
        if len(self._rest) > LONGEST_LINE:
            self._refuse()
        self._pace()

    def _refuse(self) -> None:
        """A line without an end: where the next one begins cannot be known."""
        self._rest = b""
        self._under_way += 1
        self._ended = True
        self.answer(
            Answer(None, ok=False, error="too-long", detail=f"a line takes {LONGEST_LINE} bytes at most")
        )

    def eof_received(self) -> bool:
        """The caller has said all, and still waits for the answers."""
        self._ended = True
        return bool(self._under_way or self._answers)

    def pause_writing(self) -> None:
        self._stuffed = True
        self._pace()

    def resume_writing(self) -> None:
        self._stuffed = False
        self._pace()

    def answer(self, answer: Answer) -> None:
        """Answer one request; nothing, where the caller has gone. Answers that are ready together go together."""
        self._under_way -= 1
        if not self._answers:
            asyncio.get_running_loop().call_soon(self._write)
        self._answers.append(parse.to_line(answer))

    def _write(self) -> None:
        answers, self._answers = self._answers, []
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.writelines(answers)
        if self._ended and not self._under_way:
            self._transport.close()
        else:
            self._pace()

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _pace(self) -> None:
        """Read on only while the caller takes its answers."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._ended or self._stuffed or self._under_way >= UNDER_WAY:
            transport.pause_reading()
        else:
            transport.resume_reading()
