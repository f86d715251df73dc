"""What was sent in one place, as every platform would show it and in every language: words, buttons, and ways to write.

From the rows of an outbox, so it is what the engine said to people who answered, with their words in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import unescape

from sqlalchemy import func, select, update

from adapters.port import OPENS, Address, Label, Outgoing, Spoken
from adapters.telegram.render import LONGEST, keyboard, render
from adapters.terminal import records
from adapters.terminal.render import lines
from bot.library import bot_catalogue
from bot.shelf import Shelf
from bot.words import Speaker
from flows.language import Catalogue
from flows.reading import Control, Count, Reading, Verdict, understand
from storage import tables as t
from storage.database import Database
from storage.unit import Unit

NOW = datetime(2027, 6, 1, 9, tzinfo=UTC)
PLACE = Address("terminal", "", "north")
_BARE = re.compile(r"\W+")


def shown_everywhere(database: Database, languages: Sequence[str]) -> int:
    """Look at every message of the outbox in each language. Returns how many were looked at."""
    seen = 0
    for language in languages:
        bot = bot_catalogue(language, "Europe/Oslo")
        with database.write() as connection:
            connection.execute(update(t.series).values(language=language))
            connection.execute(update(t.people).values(language=None))
            said = _spoken(Unit(connection))
        for spoken in said:
            on_telegram(spoken)
            in_a_terminal(spoken)
            for label in spoken.labels:
                can_be_written(label, bot)
        seen += len(said)
    return seen


def _spoken(unit: Unit) -> list[Spoken]:
    """Each message once, though it was said to several, or several times."""
    o = t.outbox.c
    once = select(func.min(o.id)).where(o.kind == "say", o.session_id.is_not(None)).group_by(o.body)
    rows = unit.all(select(t.outbox).where(o.id.in_(once)).order_by(o.id))
    return [each.spoken for each in Speaker(Shelf()).speak(unit, rows, NOW) if each.spoken.blocks]


def _bare(text: str) -> str:
    return _BARE.sub("", text)


def on_telegram(spoken: Spoken) -> None:
    """All of its words in messages that are not too long, and all of its buttons with something to carry."""
    rendered = render(spoken)
    text = _bare(unescape(re.sub(r"<[^>]+>", "", "".join(part.html for part in rendered.parts))))
    assert all(_bare(block.words) in text for block in spoken.blocks), spoken
    assert all(len(part.html) <= 2 * LONGEST for part in rendered.parts), spoken
    offered = {button.words for row in keyboard(rendered.labels, username="RundaBot") for button in row}
    assert {label.words for label in (*spoken.labels, *spoken.tools)} <= offered, spoken


def in_a_terminal(spoken: Spoken) -> None:
    """All of its words, and what can be written."""
    record = records.of(Outgoing("token", PLACE, spoken), "m1", NOW)
    text = _bare(" ".join(lines([record], names={}))).casefold()
    if isinstance(record, records.Posted) and spoken.sort != "status":
        assert all(_bare(block.words).casefold() in text for block in spoken.blocks), spoken
        assert all(_bare(label.words).casefold() in text for label in spoken.labels), spoken


def can_be_written(label: Label, bot: Catalogue) -> None:
    """Who has no buttons writes what stands on it, and means the same."""
    press = label.press.partition(":")[0]
    if label.press.startswith(OPENS):
        return
    read = understand(label.words, bot.vocabulary())
    assert read in tuple(_meanings(press, label.words)), (label, read)


def _meanings(press: str, words: str) -> Iterator[Reading]:
    if press.startswith(("pick-", "level-")):
        yield Count(int(words))
    yield Control(press)  # type: ignore[arg-type]
    yield Verdict(None, press)  # type: ignore[arg-type]
