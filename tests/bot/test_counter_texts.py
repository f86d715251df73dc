"""What the counter says: every sheet opens in four languages, and whatever a coordinator is told can be said."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

import bot
import flows
from bot.counter.acts import acts
from flows.language import keys, placeholders
from flows.programme import LANGUAGES
from storage import tables as t
from storage.database import Database
from tests.bot.a_counter import Desk, presses, words
from tests.bot.test_counter import opened, set_up
from tests.flows.catalogues import catalogue, texts

ROOM = Path(bot.__file__).parent
#: Where sentences are made that a chat says too.
SOURCES = (*sorted((ROOM / "series").glob("*.py")), *sorted((ROOM / "recaps").glob("*.py")),
           *sorted((ROOM / "ideas").glob("*.py")), Path(flows.__file__).parent / "forms.py")  # fmt: skip
#: What makes sentences: words, and a code for them.
MAKERS = ("Sentence", "NotSo")
#: Characters of a title that Slack shows, and bytes of a button that Telegram takes.
TITLE, BUTTON = 24, 64


def sentences() -> Iterator[tuple[str, set[str], str]]:
    """Every code that a sentence is made with, with the names of its parameters and where it stands."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS and len(node.args) > 1:
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                for code in _codes(node.args[1]):
                    yield code, given, f"{path.name}:{node.lineno}"


def _codes(node: ast.expr) -> Iterator[str]:
    """Codes that are written out; of those that are put together, all that can come of it."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*_codes(node.body), *_codes(node.orelse))
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        known = {
            "stands.": ("missed", "cancelled"), "now-": ("before", "after"), None: ("coordinator", "manager"),
        }  # fmt: skip
        for each in known[parts[0]]:
            yield "".join(each if part is None else str(part) for part in parts)


#: Codes that a variable holds, and those that are said at the command line only.
HELD = {"moved", "moved-alone", "undone", "undone-quietly", "twice", "no-such-time", "note-taker-no-more"}
TERMINAL_ONLY = {
    "name",
    "at",
    "group",
    "two-lists",
    "nobody",
    "two-ways",
    "no-date",
    "no-time",
    "time-in-rule",
}


def test_whatever_a_coordinator_is_told_has_its_words() -> None:
    known = catalogue("en").entries
    for code, given, where in sentences():
        if code in TERMINAL_ONLY:
            continue
        key = next(
            (each for each in (f"counter.told.{code}", f"form.why.{code}", code) if each in known), None
        )
        if code == "stands.step":
            continue
        assert key is not None, (code, where)
        asked = placeholders(known[key])  # type: ignore[arg-type]
        assert asked <= given | {"n"}, (code, where, asked - given)


def test_nothing_is_told_that_nobody_says() -> None:
    said = {code for code, _, _ in sentences()} | HELD | {"other", "left-alone"}
    told = {key.removeprefix("counter.told.") for key in keys(texts("en")) if key.startswith("counter.told.")}
    assert told - said == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_short_enough_for_every_platform(language: str) -> None:
    titles = {
        key: text
        for key, text in catalogue(language).entries.items()
        if key.startswith(("counter.title.", "idea.title."))
    }
    assert len(titles) > 20
    assert {key: text for key, text in titles.items() if len(str(text)) > TITLE} == {}


NUMBERS = {
    "series": ":1", "meeting": ":1:2", "move": ":1:2", "start": ":1:2", "confirm": ":1", "cancel": ":1:2", "stop": ":1",
    "pause": ":1", "resume": ":1", "undo": ":1", "people": ":1", "add": ":1", "remove": ":1", "give": ":1",
    "take": ":1", "preview": ":1:2", "recaps": ":1", "recap": ":1:1:1", "hold": ":1:1:1", "release": ":1:1:1",
    "anew": ":1:1:1", "approve": ":1:1:0", "edit": ":1:1:1", "released": ":1", "read": ":1:1", "live": ":1",
    "rules": ":1", "days": ":1", "settle": ":1", "acts": ":1", "seat": ":1:3", "absent": ":1:3", "quit": ":1:3",
    "idea-mine": ":1", "idea-more": ":1", "idea-assess": ":1", "gross": ":1:1", "coming": ":1:3",
    "why": ":1:2", "paper": ":1:1:1", "moves": ":1:2:20261110:0:0:1",
    "repeat": ":1:1", "repeats": ":1:1:20261201:0",
    "closed": ":1", "close": ":1", "closes": ":1:20261005:20261009", "reopen": ":1:20261005:20261009",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_opens_in_every_language(sqlite_database: Database, language: str) -> None:
    """Nothing is missing, and no button is too long to carry."""
    desk = Desk(sqlite_database)
    desk.appoint()
    desk.platform.channels["C1"] = ["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U10"]
    set_up(desk)
    opened(desk)
    for account, known in desk.platform.known.items():
        desk.platform.known[account] = type(known)(account=account, name=known.name, language=language)
    with sqlite_database.write() as connection:
        connection.execute(update(t.people).values(language=language))
    for who in ("U9", "U1", "U8", "U11"):
        for name in acts():
            sheet = desk.ask(name + NUMBERS.get(name, ""), who=who)
            assert words(sheet).strip()
            assert all(len(f"open:{press}".encode()) <= BUTTON for press in presses(sheet)), presses(sheet)
            assert all(
                blank.label and all(option.words for option in blank.options) for blank in sheet.blanks
            )
    desk.close()


def test_every_act_has_its_place(sqlite_database: Database) -> None:
    """Every button that is shown leads somewhere, as far as one can see from the first pages."""
    desk = Desk(sqlite_database)
    desk.appoint()
    set_up(desk)
    opened(desk)
    seen: set[str] = set()
    waiting = ["home"]
    while waiting:
        press = waiting.pop()
        seen.add(press)
        sheet = desk.ask(press)
        if press not in ("recap:1:1:0",):
            assert sheet.name == press, (press, words(sheet))
        waiting += [each for each in presses(sheet) if each not in seen and each not in waiting]
    named = {press.partition(":")[0] for press in seen}
    assert {
        "series",
        "meeting",
        "move",
        "start",
        "cancel",
        "pause",
        "people",
        "add",
        "give",
        "live",
        "kept",
        "mine",
        "erase",
        "rules",
        "settle",
        "acts",
    } <= named
    desk.close()
