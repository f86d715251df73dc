"""What the terminal at the other end of a stream can show."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import NamedTuple, TextIO

#: Columns: a line longer than this is hard to read, however wide the terminal is.
WIDEST = 88


class Screen(NamedTuple):
    width: int = WIDEST
    colour: bool = False
    encoding: str = "utf-8"


def screen(stream: TextIO, environ: Mapping[str, str]) -> Screen:
    """Colours only where somebody looks, and never where NO_COLOR is set (https://no-color.org)."""
    looked_at = stream.isatty()
    colour = looked_at and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    columns = shutil.get_terminal_size((WIDEST, 24)).columns if looked_at else WIDEST
    return Screen(min(columns, WIDEST), colour, stream.encoding or "ascii")
