"""A platform that says yes to whatever it is asked: enough for a house, or a bare bot, to start.

What is said during a measurement is answered with yes as well; nothing is kept. The platforms as they are, with
their refusals and their pace, stand in `tests/standins`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: By the end of the address; whatever is not here is answered with `others`.
Answers = Mapping[str, Mapping[str, Any]]


@contextmanager
def saying_yes(answers: Answers, others: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Gives the address without a stroke at its end, and what has been asked: a set that grows."""
    asked: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            what = self.path.rpartition("/")[2]
            body = json.dumps(answers.get(what, others)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            asked.add(what)

        do_GET = do_POST  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
