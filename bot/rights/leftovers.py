"""Where else than in replies somebody's words, name or account may stand, and how they are taken out of there.

- Events that could not be taken in are kept whole until somebody settles them.
- What somebody has begun to fill in is kept under their account; what others have may name them.
- Names of events (`log.key`) and of buckets may hold the number of a private chat, which is the account.
- A message of Runda's that says a name is rewritten, as one that shows a reply is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec
from sqlalchemy import Connection, delete, or_, select, update

from bot.desk import CORRECTIONS
from bot.rights import person as persons
from storage import tables as t

#: In place of the account that alone was shown a message.
NOBODY = "-"
#: What the body of a message that is a page has in it (`flows.message.Page`).
PAGE = '"type":"page"'


# -- events that could not be taken in


def parked_of(connection: Connection, person: int, accounts: Sequence[Any]) -> list[Any]:
    """The rows of parked events that are theirs: heard from one of their accounts, or filled in by them."""
    p = t.parked.c
    mine = {(each.platform, each.workspace, each.account) for each in accounts}
    waiting = connection.execute(select(t.parked).where(p.settled_at.is_(None)).order_by(p.id))
    return [row for row in waiting if _is_theirs(row.raw, person, mine)]


def _is_theirs(raw: str, person: int, accounts: set[tuple[str, str, str]]) -> bool:
    try:
        event = msgspec.json.decode(raw)
    except ValueError:  # of an older version, or half of one: whoever is named in it may be meant
        return any(f'"{account}"' in raw for _, _, account in accounts)
    if not isinstance(event, dict):
        return False
    place, account = event.get("place"), event.get("account")
    if isinstance(place, list) and account is not None:
        return (*place[:2], account) in accounts
    return event.get("type") == "answers" and event.get("person") == person


def settle_parked(connection: Connection, person: int, accounts: Sequence[Any], at: datetime) -> None:
    ids = [row.id for row in parked_of(connection, person, accounts)]
    gone = {"settled_at": at, "raw": "", "key": None}
    connection.execute(update(t.parked).where(t.parked.c.id.in_(ids)).values(**gone))


# -- what is kept under an account


def forget_account(connection: Connection, person: int, each: Any) -> None:
    """`each` is a row of identities, or what looks like one."""
    d, o, b, a = t.drafts.c, t.outbox.c, t.buckets.c, t.audit.c
    here = d.platform == each.platform, d.workspace == each.workspace, d.account == each.account
    connection.execute(delete(t.drafts).where(*here))
    there = select(t.places.c.id).where(
        t.places.c.platform == each.platform, t.places.c.workspace == each.workspace
    )
    shown = o.only == each.account, o.place_id.in_(there)
    connection.execute(
        update(t.outbox).where(*shown, o.status == "queued").values(status="dropped", reason="erased")
    )
    connection.execute(update(t.outbox).where(*shown).values(only=NOBODY))
    paced = (
        b.name.startswith(f"{each.platform}/", autoescape=True),
        b.name.endswith(f"/{each.account}", autoescape=True),
    )
    connection.execute(delete(t.buckets).where(*paced))
    organisation = persons.row(connection, person).organisation_id
    came = a.organisation_id == organisation, a.actor == f"account:{each.account}"
    connection.execute(update(t.audit).where(*came).values(actor=f"person:{person}"))
    _forget_names_of_events(connection, person, each)


def forget_in_drafts(connection: Connection, accounts: Sequence[Any], name: str) -> None:
    """Take somebody out of what others have begun to fill in: a series that is being set up, with its people."""
    d = t.drafts.c
    for each in accounts:
        here = d.platform == each.platform, d.workspace == each.workspace
        named = re.compile(
            "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in (each.account, name) if one), re.I
        )
        for row in list(connection.execute(select(t.drafts).where(*here))):
            if named.search(row.written):
                left = msgspec.json.encode(_without(msgspec.json.decode(row.written), named)).decode()
                mine = *here, d.account == row.account, d.what == row.what
                connection.execute(update(t.drafts).where(*mine).values(written=left))


def _without(node: Any, named: re.Pattern[str]) -> Any:
    """Of a list, what names them is left out; a text that does is emptied."""
    if isinstance(node, dict):
        return {key: _without(value, named) for key, value in node.items()}
    if isinstance(node, list):
        return [_without(each, named) for each in node if not _names(each, named)]
    return "" if isinstance(node, str) and named.search(node) else node


def _names(node: Any, named: re.Pattern[str]) -> bool:
    """A text, or a row of them such as an account and its name."""
    row = node.values() if isinstance(node, dict) else node if isinstance(node, list) else [node]
    return any(isinstance(each, str) and named.search(each) for each in row)


def _forget_names_of_events(connection: Connection, person: int, each: Any) -> None:
    """The events stay, known by nothing: what they were about has its tombstone."""
    k = t.log.c
    theirs = select(t.sessions.c.id).where(t.sessions.c.series_id.in_(persons.series_of(person)))
    held = or_(k.session_id.in_(theirs), k.session_id.is_(None))
    named = (
        k.key.startswith(f"{each.platform}:", autoescape=True),
        k.key.contains(each.account, autoescape=True),
    )
    found = connection.execute(select(k.id, k.key).where(held, *named))
    ids = [row.id for row in found if each.account in row.key.split(":")]
    connection.execute(update(t.log).where(k.id.in_(ids)).values(key=None))


# -- names in what was posted


def rewrite_named(connection: Connection, person: int) -> int:
    """Queue anew every message of Runda's that says the name, which is empty by now. Returns how many.

    A page does not tell whom it names: what it says is made when it is sent, so all of them are made anew.
    """
    o = t.outbox.c
    owner = persons.row(connection, person).organisation_id
    said = or_(o.body.contains(f'"of":"person","id":{person}}}'), o.body.contains(PAGE))
    out = or_(o.status == "sent", o.attempts > 0)
    sent = select(t.outbox).where(o.organisation_id == owner, out, said).order_by(o.id)
    newest = {_message(row): row for row in connection.execute(sent)}
    rows = [again(row, f"name/{person}") for row in newest.values()]
    if rows:
        connection.execute(t.outbox.insert(), rows)
    return len(rows)


def _message(row: Any) -> tuple[Any, ...]:
    return (row.session_id, row.slot, row.place_id) if row.slot else (row.target_id or row.id,)


def again(row: Any, why: str) -> dict[str, Any]:
    """The message of a row of the outbox, to be said anew in its place."""
    number = crc32(f"{why}/{row.id}".encode()) % CORRECTIONS
    return {
        "organisation_id": row.organisation_id, "place_id": row.place_id, "session_id": row.session_id,
        "version": row.version, "effect": CORRECTIONS + number, "kind": "update", "sort": row.sort, "slot": row.slot,
        "body": row.body, "target_id": row.id if row.kind == "say" else row.target_id, "status": "queued",
    }  # fmt: skip


def blank_pairs(connection: Connection, person: int, names: Iterable[str]) -> None:
    """A circle of one or two is called after who is in it."""
    c, m = t.circles.c, t.memberships.c
    theirs = select(m.circle_id).where(m.person_id == person, m.circle_id.is_not(None))
    small = c.id.in_(theirs), c.kind.in_(("person", "pair"))
    held = list(connection.execute(select(c.id, c.name).where(*small)))
    ids = [row.id for row in held if any(name and name.casefold() in row.name.casefold() for name in names)]
    connection.execute(update(t.circles).where(c.id.in_(ids)).values(name="–"))
