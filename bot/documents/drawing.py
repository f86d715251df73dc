"""Drawings (SVG) as pictures of dots (PNG), for what shows no drawings."""

from __future__ import annotations

from bot.documents import NotInstalled

#: Dots from left to right: sharp on most screens, and a file that can be mailed.
WIDTH = 1600


def as_png(file: bytes) -> bytes:
    """A PNG as it is. Raises NotInstalled."""
    if not file.lstrip().startswith(b"<"):
        return file
    try:
        import resvg_py
    except ModuleNotFoundError as missing:
        raise NotInstalled("A picture from a drawing", missing) from missing
    return bytes(resvg_py.svg_to_bytes(svg_string=file.decode(), width=WIDTH, background="#ffffff"))
