"""A message in Markdown, for files and for the command line.

What people write is shown as they wrote it: characters that mean something in Markdown are written so that they
do not. A list's numbers stand in bold, because Markdown counts for itself and would close the gaps.
"""

from __future__ import annotations

import re
from itertools import pairwise

from adapters.port import Block, Spoken

#: What would be read as markup anywhere in a line, and what only where a line begins.
_ANYWHERE = re.compile(r"[\\`*\[\]<]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_FIRST = re.compile(r"^(\s*)([#>+-]|[=~|])", re.MULTILINE)
_COUNTED = re.compile(r"^(\s*\d+)([.)])(?=\s|$)", re.MULTILINE)


def markdown(spoken: Spoken) -> str:
    """The first heading is the page's own, the others are below it. Ends with a line break."""
    blocks = list(spoken.blocks)
    title = next((block for block in blocks if block.kind == "heading"), None)
    shown = [_block(block, title=block is title) for block in blocks]
    gaps = ["\n" if one.kind == two.kind == "item" else "\n\n" for one, two in pairwise(blocks)]
    return (
        "".join(piece for pair in zip(shown, [*gaps, "\n"], strict=True) for piece in pair) if shown else ""
    )


def escaped(words: str) -> str:
    """Words as they are, whatever Markdown would make of them."""
    plain = _ANYWHERE.sub(lambda found: f"\\{found[0]}", words)
    plain = _FIRST.sub(r"\1\\\2", plain)
    return _COUNTED.sub(r"\1\\\2", plain)


def _block(block: Block, *, title: bool) -> str:
    if block.kind == "heading":
        return f"{'#' if title else '##'} {' '.join(escaped(block.words).split())}"
    lines = escaped(block.words).splitlines()
    if block.kind == "picture":
        first, *rest = lines
        return "  \n".join([f"**{first}**", *rest])
    if block.kind == "item":
        number = f"**{block.number}.** " if block.number is not None else ""
        return f"- {number}" + "  \n  ".join(lines)
    return "  \n".join(lines)
