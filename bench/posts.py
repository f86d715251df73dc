"""What a platform posts, from a process of its own: `python3 -m bench.posts`, by HTTP.

As many connections as posts are under way at a time; each sends the next as soon as the last is answered. A post is
acknowledged by an answer of 200. Ends when all are answered, or when whoever takes them is gone.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from bench.load import Told

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD_ENDS = b"\r\n\r\n"


class Post(Struct, frozen=True, array_like=True):
    """A whole request, and what the message in it is called."""

    message: str
    request: bytes


class Plan(Struct, frozen=True, kw_only=True):
    host: str
    port: int
    under_way: int
    posts: list[Post]


def request(host: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]  # fmt: skip
    return "\r\n".join(lines).encode() + _HEAD_ENDS + body


class _Line:
    """A connection with one post under way."""

    def __init__(self, plan: Plan) -> None:
        self.socket = socket.create_connection((plan.host, plan.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.message, self._got = "", b""

    def put(self, post: Post) -> None:
        self.message, self._got = post.message, b""
        self.socket.sendall(post.request)

    def status(self) -> int | None:
        """Read on. None: not all of the answer is here. Raises ConnectionError where nobody is there any more."""
        got = self.socket.recv(65536)
        if not got:
            raise ConnectionError
        self._got += got
        head, ends, body = self._got.partition(_HEAD_ENDS)
        length = _LENGTH.search(head)
        if not ends or len(body) < (int(length[1]) if length else 0):
            return None
        return int(head[9:12])


def post(plan: Plan) -> Told:
    """Raises ConnectionError where nobody was there from the beginning."""
    acknowledged: list[str] = []
    refused: list[str] = []
    left = iter(plan.posts)
    lines = [_Line(plan) for _ in range(plan.under_way)]
    with selectors.DefaultSelector() as answers:
        began = time.perf_counter()
        waiting = sum(_next(line, left, answers) for line in lines)
        try:
            while waiting:
                for ready, _ in answers.select():
                    line: _Line = ready.data
                    status = line.status()
                    if status is not None:
                        (acknowledged if status == 200 else refused).append(line.message)
                        answers.unregister(line.socket)
                        waiting -= 1
                        waiting += _next(line, left, answers)
        except ConnectionError:
            pass
        seconds = time.perf_counter() - began
    for line in lines:
        line.socket.close()
    return Told(seconds, acknowledged, refused)


def _next(line: _Line, left: Iterator[Post], answers: selectors.BaseSelector) -> bool:
    """Whether there was anything left to send."""
    found = next(left, None)
    if found is None:
        return False
    line.put(found)
    answers.register(line.socket, selectors.EVENT_READ, line)
    return True


if __name__ == "__main__":
    told = post(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan))
    sys.stdout.buffer.write(msgspec.json.encode(told))
