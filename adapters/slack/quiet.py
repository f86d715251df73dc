"""What the libraries for Slack may write into the log: what went wrong, and nothing of what it went wrong with.

They put payloads, addresses with tickets in them and whole answers into their messages. Those all stand behind a
colon or a bracket, or in a traceback, and are cut off.
"""

from __future__ import annotations

import logging
import re

_SAID = re.compile(r"[^:({\[]*")
NAME = "adapters.slack.library"


class _Silencer(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        found = _SAID.match(str(record.msg))
        record.msg, record.args = (found[0] if found else "").strip(), ()
        record.exc_info = record.exc_text = record.stack_info = None
        return bool(record.msg)


def logger() -> logging.Logger:
    """To be handed to the libraries; they make their own after its example."""
    quiet = logging.getLogger(NAME)
    quiet.setLevel(logging.ERROR)
    if not quiet.filters:
        quiet.addFilter(_Silencer())
    return quiet
