"""What the house keeps, where, how long, and how it is taken out: for docs/public-bodies.md, and held by its tests.

Each table of the database stands in exactly one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.upkeep import DRAFTS

#: replies, recaps: until that day of the series; ideas: their own days; begun: days since it was last touched;
#: person: until somebody is erased; log: as long as the installation; house: nothing of anybody's.
Life = Literal["replies", "recaps", "ideas", "begun", "person", "log", "house"]

LIVES: dict[Life, str] = {
    "replies": "until the day of the replies",
    "recaps": "until the day of the recaps",
    "ideas": "as many days as replies, from when it is decided on",
    "begun": f"{DRAFTS.days} days after it was last touched",
    "person": "until the person is erased",
    "log": "as long as the installation",
    "house": "as long as the installation; nobody's words or names",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """`out`: what an erasure does with it."""

    what: str
    tables: tuple[str, ...]
    life: Life
    out: str


KEPT = (
    Kept("what people wrote, with their scores, findings and actions; what managers answered; who marked what, and "
         "who was to meet whom",
         ("replies", "scores", "findings", "actions", "responses", "marks", "pairs"), "replies", "deleted"),
    Kept("what happened in a session, as numbers; what groups handed on; which message shows which reply",
         ("log", "publications", "quotes"), "replies", "stays, as numbers without a name"),
    Kept("what Runda has to say, and said, as keys and numbers without words", ("outbox",), "replies",
         "messages that show the person's words or name are rewritten"),
    Kept("recaps that were approved, or sent as counts; the others go with the replies", ("recaps",), "recaps",
         "the lines go; a new version has none of them"),
    Kept("ideas, and what was written about them", ("ideas", "idea_news"), "ideas",
         "deleted, also where it was posted"),
    Kept("what somebody has begun to fill in, such as a series that is being set up", ("drafts",), "begun",
         "deleted; the person is taken out of what others have begun"),
    Kept("names, accounts, where somebody is reached alone, and codes",
         ("people", "identities", "places", "codes"), "person",
         "deleted or emptied; keyed hashes of accounts and messages stay"),
    Kept("who took part in which group, and who may set up series", ("memberships", "appointments"), "person",
         "ended; a number without a name stays"),
    Kept("events that could not be taken in, whole, until somebody settles them", ("parked",), "replies", "emptied"),
    Kept("who did what and when, without content; hashes of what was erased; who was erased, by number",
         ("audit", "tombstones", "erasures"), "log", "stays, as numbers without a name"),
    Kept("organisations and their units, programmes, plans, calendars' addresses, what other programs read and "
         "are told, workspaces, keys, and the running of it",
         ("organisations", "contents", "series", "meetings", "circles", "sessions", "feeds", "tokens", "webhooks",
          "calls", "units", "installations", "holds", "buckets", "workers", "secrets"), "house",
         "has nothing of the person's"),
)  # fmt: skip


def table() -> str:
    """In Markdown."""
    rows = [f"| {each.what} | {_named(each)} | {LIVES[each.life]} | {each.out} |" for each in KEPT]
    head = ["| What | In the tables | How long | When somebody is erased |", "| --- | --- | --- | --- |"]
    return "\n".join(head + rows)


def _named(each: Kept) -> str:
    return ", ".join(f"`{name}`" for name in each.tables)
