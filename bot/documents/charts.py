"""What a recap counts, as pictures: averages and how they have changed, what is weakest, and how actions stand.

A chart shows the numbers of lines that stand above it, and no others: what may not be told is not drawn either. It is
read without colour: what is now is dark, what was before is hatched, and every bar has its number. Its text says all of
it. The library is imported when something is drawn.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import groupby
from typing import Any

from adapters.port import Block, Spoken, Tally
from bot.documents.recaps import Document
from flows.language import Catalogue
from flows.levels import weakest

#: A block that is a chart: its words are its title, a line break, and what is to be seen.
CHART = "chart"
#: Dots: of the whole, of a bar with its room, and of what stands around them.
WIDTH, BAR, AROUND = 1000, 46, 70
#: Characters of a name beside a bar; the line above has the whole.
NAME = 36
INK, PAPER, TYPE = "#1d2a30", "#ffffff", 22
_FONTS = "DejaVu Sans, Liberation Sans, Noto Sans, Arial, sans-serif"
_HATCH = (
    '<pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="9" height="9" fill="{PAPER}"/><line x1="2" y1="0" x2="2" y2="9" stroke="{INK}" stroke-width="3"/>'
    "</pattern>"
)
#: When it was drawn, and what a page would run: the same chart shall be the same bytes, and does nothing.
_LEFT_OUT = re.compile(r"<!--.*?-->|<script.*?</script>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bars:
    """`before`: of each, None where it is not known. `marked`: the names whose bars are hatched."""

    title: str
    names: tuple[str, ...]
    now: tuple[float, ...]
    before: tuple[float | None, ...]
    marked: tuple[str, ...] = ()


def illustrated(document: Document) -> Document:
    """The document with its charts, each after the last of the lines whose numbers it shows.

    Where the library is not installed, as it is: the lines say the same.
    """
    if find_spec("pygal") is None:
        return document
    blocks: list[Block] = []
    shown = document.words.blocks
    actions = [
        block.tally for block in shown if block.tally is not None and block.tally.of.startswith("actions")
    ]
    for of, group in groupby(shown, lambda block: block.tally.of if block.tally is not None else ""):
        same = list(group)
        blocks += same
        if of.startswith("actions"):
            tallies = actions if of == actions[-1].of else []
        else:
            tallies = [block.tally for block in same if block.tally is not None]
        blocks += [_block(each, document.texts) for each in _bars(of, tallies, document.texts)]
    return replace(document, words=Spoken(document.words.sort, tuple(blocks)))


def _bars(of: str, tallies: Sequence[Tally], texts: Catalogue) -> Iterator[Bars]:
    """None where there is nothing to compare."""
    listed = [each for tally in tallies for each in tally.counts]
    counts = _over_time(tallies) if of.startswith("actions") else listed
    if len(counts) < 2:
        return
    names, now, before = (tuple(each) for each in zip(*counts, strict=True))
    least = weakest(dict(zip(names, now, strict=True))) if of == "agreed" else ()
    title = texts.say(f"documents.chart.{of.removesuffix('-before')}")
    yield Bars(title, names, now, before, least if len(least) < len(names) else ())


def _over_time(tallies: Sequence[Tally]) -> list[tuple[str, float, float | None]]:
    """How actions stand in each state, and how they stood."""
    found = {tally.of: {name: n for name, n, _ in tally.counts} for tally in tallies}
    now, before = found.get("actions", {}), found.get("actions-before")
    names = dict.fromkeys((*now, *(before or {})))
    return [(name, now.get(name, 0), before.get(name, 0) if before is not None else None) for name in names]


def _block(bars: Bars, texts: Catalogue) -> Block:
    return Block(CHART, f"{bars.title}\n{_in_words(bars, texts)}", file=_drawn(bars, texts).encode())


def _in_words(bars: Bars, texts: Catalogue) -> str:
    """What is to be seen, for whoever does not see it."""

    def one(name: str, now: float, before: float | None) -> str:
        said = f"{name}: {_figure(now, texts)}"
        if name in bars.marked:
            said = f"{said} ({texts.say('documents.chart.weakest')})"
        last = texts.say("documents.chart.before", n=_figure(before, texts)) if before is not None else ""
        return f"{said} ({last})" if last else said

    return "; ".join(map(one, bars.names, bars.now, bars.before))


def _figure(number: float, texts: Catalogue) -> str:
    from babel.numbers import format_decimal

    return format_decimal(
        number, format="#,##0.#", locale=texts.language if texts.language != "nb" else "nb_NO"
    )


# -- drawing


def _library() -> Any:
    import pygal

    # It hooks itself into every import that follows, for plugins that we do not have, and Python warns of the hook.
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != pygal.__name__]
    return pygal


def _drawn(bars: Bars, texts: Catalogue) -> str:
    pygal = _library()
    two = any(each is not None for each in bars.before)
    rows = len(bars.names) * (2 if two else 1)
    sizes = {f"{each}_font_size": TYPE for each in ("label", "major_label", "value", "value_label", "legend")}
    style = pygal.style.Style(
        background=PAPER, plot_background=PAPER, foreground=INK, foreground_strong=INK, foreground_subtle=INK,
        font_family=_FONTS, opacity="1", opacity_hover="1", transition="0s", colors=(INK, "url(#hatch)"),
        value_colors=(INK, INK), **sizes,
    )  # fmt: skip
    chart = pygal.HorizontalBar(
        style=style, width=WIDTH, height=BAR * rows + (AROUND if two else AROUND // 2), js=[], explicit_size=True,
        disable_xml_declaration=True, print_values=True, print_values_position="top", show_legend=two,
        legend_at_bottom=True, show_x_labels=False, show_x_guides=False, show_y_guides=False, margin=8,
        truncate_label=NAME, truncate_legend=-1, range=(0, _longest(bars)), defs=[_HATCH],
        value_formatter=lambda value: _beside(_figure(value, texts)),
    )  # fmt: skip
    chart.uuid = "bars"
    chart.config.css.append(f"inline:#chart-bars .reactive, .legend rect {{stroke: {INK}; stroke-width: 2}}")
    # The first is at the top.
    chart.x_labels = [_short(name) for name in reversed(bars.names)]
    chart.add(texts.say("documents.chart.now"), [_bar(bars, name, n, texts) for name, n in _upwards(bars)])
    if two:
        chart.add(texts.say("documents.chart.then"), list(reversed(bars.before)))
    return _LEFT_OUT.sub("", chart.render(is_unicode=True))


def _upwards(bars: Bars) -> Iterator[tuple[str, float]]:
    return reversed(list(zip(bars.names, bars.now, strict=True)))


def _bar(bars: Bars, name: str, n: float, texts: Catalogue) -> Any:
    if name not in bars.marked:
        return n
    said = _beside(f"{_figure(n, texts)} {texts.say('documents.chart.weakest')}")
    return {"value": n, "style": "fill: url(#hatch)", "formatter": lambda _: said}


def _longest(bars: Bars) -> float:
    """With room for the number beside the longest bar."""
    return max((*bars.now, *(each for each in bars.before if each is not None), 1)) * 1.25


def _beside(words: str) -> str:
    """The library puts the middle of it at the bar's end; so half of it is room."""
    return "\u00a0" * (2 * len(words) + 1) + words


def _short(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1].rstrip()}…"
