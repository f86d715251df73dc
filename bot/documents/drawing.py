"""Drawings (SVG) as pictures of dots (PNG), for what shows no drawings."""

from __future__ import annotations

import logging
from functools import cache

from bot.documents import NotInstalled

log = logging.getLogger(__name__)

#: Dots from left to right: sharp on most screens, and a file that can be mailed.
WIDTH = 1600
FONTS = "Install some; Debian and Ubuntu have fonts-dejavu-core"


def as_png(file: bytes) -> bytes:
    """A PNG as it is. Raises NotInstalled."""
    if not file.lstrip().startswith(b"<"):
        return file
    try:
        import resvg_py
    except ModuleNotFoundError as missing:
        raise NotInstalled("A picture from a drawing", missing) from missing
    drawing = file.decode()
    if "<text" in drawing and not _letters():
        raise NotInstalled("A picture with words", LookupError("there are no fonts"), FONTS)
    return bytes(resvg_py.svg_to_bytes(svg_string=drawing, width=WIDTH, background="#ffffff"))


def drawn(file: bytes) -> bytes | None:
    """As a chat shows it; None where what makes it is not installed: then its words say what it shows."""
    try:
        return as_png(file)
    except NotInstalled as missing:
        log.warning("drawings are told in words alone: %s", missing)
        return None


@cache
def _letters() -> bool:
    """Whether there is a font: without any, the words of a drawing are left out, and nobody is told."""
    import resvg_py

    sheet = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'
    bare, written = (
        bytes(resvg_py.svg_to_bytes(svg_string=sheet.format(each), font_family="sans-serif"))
        for each in ("", '<text y="8">M</text>')
    )
    return bare != written
