"""A round on paper: a page for each table, with room to write, in HTML that prints well.

What people answer alone and in private is on no sheet that lies on a table. A line, or a box, means nothing to whoever
hears the page read; the words beside it do, so they are left out there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from bot import page
from bot.documents.round import Question, Round

#: A page is so many lines high (A4 in forms.css), and a question so many characters wide.
ROWS, ACROSS = 45, 85
#: What stands there takes so many lines: what every page has, a question, a text under it, a finding, the actions.
HEAD, QUESTION, UNDER, FINDING, TABLE = 4.0, 1.6, 0.9, 1.6, 5.0
#: Lines to write on, at each place.
LEAST, MOST = 1, 6
#: Rows for actions.
ACTIONS = 3
_LINE = '<span class="line" aria-hidden="true"></span>\n'
_BOX = '<span class="box" aria-hidden="true"></span>'
_SHORT = '<span class="short" aria-hidden="true"></span>'


def to_form(shown: Round, organisation: str, tables: Sequence[str]) -> bytes:
    """`tables`: what the groups are called, each with a page of its own."""
    say = shown.texts.say
    sections = [
        page.Section(f"{table} – {shown.heading}", _head(shown), [*_questions(shown)], f"table-{number}")
        for number, table in enumerate(tables, 1)
    ]
    title = f"{shown.series}: {say('documents.sheet.title', round=shown.title)}"
    whole = page.document(shown.language, title, organisation, say("documents.sheet.contents"), sections)
    style = (files("bot.documents") / "forms.css").read_text("utf-8")
    return whole.replace("</style>", f"{style}</style>", 1).encode()


def _head(shown: Round) -> str:
    say = shown.texts.say
    blanks = (
        f"{escape(say('documents.sheet.date'))}: {_SHORT} {escape(say('documents.sheet.count'))}: {_SHORT}"
    )
    return f"<p>{escape(say('documents.sheet.about'))}</p>\n<p>{blanks}</p>\n"


def _questions(shown: Round) -> Iterator[page.Section]:
    asked = list(shown.questions)
    left = ROWS - HEAD - sum(map(_rows, asked))
    lines = int(left / max(sum(map(_blanks, asked)), 1))
    for each in asked:
        yield page.Section(each.words, "".join(_body(shown, each, max(LEAST, min(MOST, lines)))))


def _rows(asked: Question) -> float:
    """How high a question is, without the lines to write on."""
    under = len(asked.points) + bool(asked.note) + asked.private
    more = {"finding": FINDING * asked.most, "action": TABLE}.get(asked.kind, 0)
    return QUESTION + len(asked.words) // ACROSS + UNDER * under + more


def _blanks(asked: Question) -> int:
    """At how many places one writes on lines."""
    if asked.private or asked.kind in ("action", "level") or (asked.kind == "choose" and asked.points):
        return 0
    return {"finding": asked.most, "decide": 1}.get(asked.kind, max(len(asked.points), 1))


def _body(shown: Round, asked: Question, lines: int) -> Iterator[str]:
    say = shown.texts.say
    if asked.private:
        yield f"<p>{escape(say('documents.private'))}</p>\n"
    elif asked.kind == "action":
        yield _actions(shown)
    elif asked.kind == "finding":
        yield from (
            _finding(shown, number, lines, released=asked.released) for number in range(1, asked.most + 1)
        )
    elif asked.kind in ("choose", "decide"):
        yield f'<ul class="choices">{"".join(f"<li>{_BOX} {escape(each)}</li>" for each in asked.points)}</ul>\n'
        yield _LINE * (lines if asked.kind == "decide" or not asked.points else 0)
    elif asked.kind == "level":
        yield f"<ul>{''.join(f'<li>{escape(each)} {_SHORT}</li>' for each in asked.points)}</ul>\n"
    elif asked.points:
        yield from (f"<p>{escape(each)}</p>\n{_LINE * lines}" for each in asked.points)
    else:
        yield (f"<p>{escape(asked.note)}</p>\n" if asked.note else "") + _LINE * lines


def _finding(shown: Round, number: int, lines: int, *, released: bool) -> str:
    say = shown.texts.say
    verdicts = "".join(f"{_BOX} {escape(each)}" for each in say("documents.sheet.verdicts").split(", "))
    shared = f"<p>{escape(say('documents.sheet.share'))} {verdicts}</p>\n" if released else ""
    return f"<p>{number}.</p>\n{_LINE * max(lines - 1, 1)}{shared}"


def _actions(shown: Round) -> str:
    heads = (shown.texts.say(f"documents.sheet.{each}") for each in ("who", "what", "when"))
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    rows = "<tr><td></td><td></td><td></td></tr>\n" * ACTIONS
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody>\n</table>\n"
