"""What has been filled in of a series that is being set up, and the programmes that it may go through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from adapters.port import Option
from bot import library
from bot.counter.visit import Gone, Visit
from bot.series import texts
from bot.series.office import Office
from flows.forms import CREATE, WHEN, Field
from storage import tables as t

#: What a draft of a series is kept as.
WHAT = "setup"
#: How the people are grouped: divided, all in one, or divided later.
DIVIDED, ONE, LATER = "divided", "one", "later"
#: What is chosen from lists of accounts, and asked about on the platform.
LISTS = ("people", "coordinator", "manager", "note_taker")
#: The steps, and the acts that they are.
STEPS = {"what": "setup", "how": "setup-how", "who": "setup-who", "when": "setup-when"}

FIELDS: dict[str, Field] = {field.name: field for field in (*CREATE.fields, *WHEN.fields)}
APART = FIELDS["apart"]
WHAT_FORM = CREATE.only("name", "language")
GROUPS_FORM = CREATE.only("groups")
HOW_FORM = CREATE.only("form", "pace", "window", "answering", "arena", "tentative")


# -- what has been filled in


def draft(visit: Visit) -> dict[str, Any]:
    """By blank; people as lists of account, name and language."""
    found = visit.all(select(t.drafts.c.written).where(*mine(visit)))
    kept: dict[str, Any] = msgspec.json.decode(found[0].written) if found else {}
    return kept


def mine(visit: Visit) -> tuple[Any, ...]:
    d, place = t.drafts.c, visit.visitor.place
    return (d.platform == place.platform, d.workspace == place.workspace,
            d.account == visit.visitor.account, d.what == WHAT)  # fmt: skip


def keep(visit: Visit, step: str, filled: Mapping[str, Any]) -> None:
    written = msgspec.json.encode(draft(visit) | dict(filled)).decode()
    place = visit.visitor.place
    row = {"sheet": step, "written": written, "at": visit.now}
    changed = visit.connection.execute(update(t.drafts).where(*mine(visit)).values(**row))
    if not changed.rowcount:
        whose = {"platform": place.platform, "workspace": place.workspace, "account": visit.visitor.account}
        visit.connection.execute(insert(t.drafts).values(**whose, what=WHAT, **row))


# -- programmes


@cache
def shipped(name: str) -> library.Content:
    return library.read(name)


def _stored(visit: Visit) -> dict[str, str]:
    """The newest content of each programme that the organisation has used, by its name."""
    c, s = t.contents.c, t.series.c
    used = select(c.programme, c.id).join(t.series, s.content_id == c.id)
    mine = used.where(s.organisation_id == visit.organisation.id).order_by(s.id)
    return {row.programme: row.id for row in visit.all(mine) if row.programme not in library.shipped()}


def content(visit: Visit, name: str) -> library.Content:
    """Raises Gone for a programme that is not there."""
    if name in library.shipped():
        return shipped(name)
    stored = _stored(visit)
    if name not in stored:
        raise Gone
    return visit.works.shelf.content(visit.unit, stored[name])


def programmes(visit: Visit) -> Iterator[Option]:
    for name in [*library.shipped(), *_stored(visit)]:
        yield Option(name, library.text_of(content(visit, name), visit.language, "title"))


def newer(visit: Visit, office: Office) -> library.Content | None:
    """The programme of a series as it would be set up today, if that is a later version than it has."""
    was = texts.stored(office).programme
    try:
        found = content(visit, was.programme)
    except Gone:
        return None
    return found if found.programme.version > was.version else None


def begun(visit: Visit) -> dict[str, Any]:
    """Raises Gone where nothing is being set up, or not any more."""
    kept = draft(visit)
    if "programme" not in kept:
        raise Gone
    return kept


def lines_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The dates that stand on lines of their own, each by itself."""
    return {**kept, "others": kept["others"].splitlines()}
