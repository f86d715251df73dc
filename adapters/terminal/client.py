"""The caller's end of the socket: for `runda say` and `runda chat`, for loads and for tests."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from adapters.terminal import parse
from adapters.terminal.door import knock
from adapters.terminal.parse import Answer, Request


class Dropped(ConnectionError):
    """Whether the last requests were taken in is unknown. Send them again as they were."""

    def __init__(self) -> None:
        super().__init__("The connection broke before Runda had answered; the same again counts once")


class Client:
    """One connection. Several requests may be under way: `put` them all, and take each `answer` as it comes."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the terminal's own. Raises NobodyServes."""
        self._socket = knock(folder)
        self._lines = self._socket.makefile("rb")

    def put(self, request: Request) -> None:
        """Raises Dropped."""
        try:
            self._socket.sendall(parse.to_line(request))
        except OSError as broken:
            raise Dropped from broken

    def answer(self) -> Answer:
        """The next answer, to whichever request was done first. Raises Dropped."""
        try:
            line = self._lines.readline()
        except OSError as broken:
            raise Dropped from broken
        if not line.endswith(b"\n"):
            raise Dropped
        return parse.answer(line)

    def ask(self, request: Request) -> Answer:
        """Send one request and wait for its answer. Raises Dropped."""
        self.put(request)
        while (answer := self.answer()).key not in (request.key, None):
            pass
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
