"""A unit of work: what one transaction reads and writes, one statement a table, however many events it settles.

Reads lock what will change, always in the order of ids, so that two units never wait for each other in a ring.
Writes are collected, and go out together in `flush`. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Select, Table

from storage import statements
from storage import tables as t
from storage.upsert import insert_into

Address: TypeAlias = tuple[str, str, str, str]  # platform, workspace, channel, thread
Account: TypeAlias = tuple[str, str, str]  # platform, workspace, account
Rows: TypeAlias = list[dict[str, Any]]


@dataclass(slots=True)
class SessionRow:
    """A session, with what `advance` needs to know of its series and its meeting."""

    id: int
    organisation_id: int
    series_id: int
    circle_id: int
    meeting_id: int
    place_id: int
    version: int
    phase: str
    state: str | None
    starts_at: datetime
    wake_at: datetime | None
    number: int
    content_id: str
    circle_kind: str
    language: str
    zone: str
    #: Of the place that it speaks in now.
    platform: str
    workspace: str
    #: Its meeting opens a thread of its own there.
    threads: bool
    #: Why nothing can be sent there.
    blocked: str | None
    #: The people of its series are not in groups yet.
    undivided: bool
    #: live, async
    pace: str


class PlaceRow(NamedTuple):
    """Where people write."""

    id: int
    platform: str
    workspace: str
    channel: str
    thread: str
    #: The one person whose private place it is.
    person_id: int | None
    session_id: int | None
    #: Meetings open threads there, and what is written outside of them is for nobody.
    threads: bool
    organisation_id: int


class ReplyRow(NamedTuple):
    """A reply, as far as what is said of it later needs to know it."""

    place_id: int
    message: str
    id: int
    session_id: int
    person_id: int
    revision: int
    words: str
    role: str
    prompt: int | None
    late: bool


class PromptRow(NamedTuple):
    """A message of our own; `receipt` is the platform's id of it."""

    place_id: int
    receipt: str
    session_id: int | None
    prompt: int | None


class SittingRow(NamedTuple):
    id: int
    circle_id: int
    phase: str
    starts_at: datetime


class Seat(NamedTuple):
    """One membership of one person, as found by an account."""

    person_id: int
    series_id: int
    circle_id: int | None
    role: str


#: Parents before children.
_AFTER_PARENTS = {table: place for place, table in enumerate(t.metadata.sorted_tables)}


class Unit:
    """One transaction's reads and collected writes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        #: Something has been put into the outbox.
        self.said = False
        self._reset()

    def _reset(self) -> None:
        self._inserts: dict[Table, Rows] = {}
        self._sessions: Rows = []
        self._kept: Rows = []
        self._judged: dict[str, Rows] = {"finding": [], "action": []}
        self._speaks: Rows = []
        self._superseded: Rows = []
        self._sent: Rows = []
        self._failed: Rows = []

    # -- reads

    def known(self, keys: Collection[str]) -> set[str]:
        """Which of these events have been taken in already."""
        return {key for (key,) in statements.known.rows(self.connection, keys=keys)} if keys else set()

    def buried(self, hashes: Collection[str]) -> set[str]:
        """Which of these messages have been erased."""
        return {one for (one,) in statements.buried.rows(self.connection, hashes=hashes)} if hashes else set()

    def any_buried(self) -> bool:
        """Whether anything has ever been erased."""
        return bool(statements.any_buried.rows(self.connection))

    def sessions(self, ids: Collection[int]) -> dict[int, SessionRow]:
        """Sessions by id, locked until the transaction ends."""
        found = statements.sessions.rows(self.connection, ids=ids) if ids else ()
        return {row[0]: SessionRow(*row) for row in found}

    def due(self, now: datetime, most: int, but: Collection[int] = ()) -> set[int]:
        """Sessions whose deadline has come, or for whom something has been published; locked, without `but`."""
        due = statements.due.rows(self.connection, now=now, most=most, but=but)
        waited_for = statements.waited_for.rows(self.connection, most=most, but=but)
        return {session for (session,) in (*due, *waited_for)}

    def places(self, wanted: Collection[Address]) -> dict[Address, PlaceRow]:
        channels, threads = [each[2] for each in wanted], [each[3] for each in wanted]
        found = statements.places.rows(self.connection, channels=channels, threads=threads) if wanted else ()
        return {(row[1], row[2], row[3], row[4]): PlaceRow(*row) for row in found}

    def people(self, accounts: Collection[str]) -> tuple[dict[Account, int], dict[Account, list[Seat]]]:
        """Who these accounts are, and what they are members of now: whoever has left is still somebody."""
        known: dict[Account, int] = {}
        seats: dict[Account, list[Seat]] = {}
        for row in statements.seats.rows(self.connection, accounts=accounts) if accounts else ():
            account = (row[0], row[1], row[2])
            known[account] = row[3]
            if row[4] is not None:
                seats.setdefault(account, []).append(Seat(*row[3:]))
        return known, seats

    def sittings(self, circles: Collection[int], phases: Collection[str]) -> list[SittingRow]:
        """Sessions of these circles in these phases."""
        found = statements.sittings.rows(self.connection, circles=circles, phases=phases) if circles else ()
        return [SittingRow(*row) for row in found]

    def replies(self, messages: Collection[tuple[int, str]]) -> dict[tuple[int, str], ReplyRow]:
        """Replies by place and the platform's message id."""
        found = statements.replies.rows(self.connection, **_apart(messages)) if messages else ()
        return {(row[0], row[1]): ReplyRow(*row) for row in found}

    def prompts(self, messages: Collection[tuple[int, str]]) -> dict[tuple[int, str], PromptRow]:
        """Messages of our own by place and receipt: session and prompt."""
        found = statements.prompts.rows(self.connection, **_apart(messages)) if messages else ()
        return {(row[0], row[1]): PromptRow(*row) for row in found}

    def all(self, statement: Select[Any], **params: Any) -> list[Any]:
        return list(self.connection.execute(statement, params))

    # -- writes

    def add(self, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        self._inserts.setdefault(table, []).extend(rows)
        self.said = self.said or table is t.outbox

    def advanced(self, row: SessionRow, was: int) -> None:
        """A session's new state; `was` is the version it was read at."""
        self._sessions.append(
            {
                "b_id": row.id, "b_was": was, "b_version": row.version, "b_phase": row.phase,
                "b_state": row.state, "b_wake_at": row.wake_at,
            }
        )  # fmt: skip

    def refile(self, reply: int, role: str, prompt: int | None, step: str | None, *, late: bool) -> None:
        """How a reply that is stored already counts from now on."""
        self._kept.append({"b_id": reply, "b_role": role, "b_prompt": prompt, "b_step": step, "b_late": late})

    def quotes(self, shown: Iterable[tuple[int, int]]) -> None:
        """Which replies a message of the outbox shows. What an earlier attempt may have shown stays."""
        rows = [{"outbox_id": message, "reply_id": reply} for message, reply in shown]
        if rows:
            insert = insert_into(t.quotes, self.connection.dialect.name)
            self.connection.execute(insert.on_conflict_do_nothing(), rows)

    def judge(self, what: str, reply: int, state: str, words: int | None) -> None:
        """What became of a finding or an action."""
        self._judged[what].append({"b_id": reply, "b_state": state, "b_words": words})

    def speaks(self, place: int, session: int | None) -> None:
        """From now on, what is written in this place is for this session; None: for that in its thread."""
        self._speaks.append({"b_id": place, "b_session": session})

    def sent(self, message: int, receipt: str, at: datetime) -> None:
        """The platform has taken a message of the outbox, and calls it so."""
        self._sent.append({"b_id": message, "b_receipt": receipt, "b_at": at})

    def failed(self, message: int, reason: str) -> None:
        """The platform will never take it."""
        self._failed.append({"b_id": message, "b_reason": reason})

    def supersedes(self, session: int, slot: str) -> None:
        """What was to be said in this slot, and has not been sent, is not worth sending any more."""
        self._superseded.append({"b_session": session, "b_slot": slot})

    def run(self, statement: Any, rows: Rows | dict[str, Any] | None = None) -> None:
        """A write of its own, for what is rare."""
        self.connection.execute(statement, rows or {})

    def flush(self) -> None:
        """Write everything collected: a statement a table. Raises StaleSession where another unit was first."""
        if self._sessions:
            changed = statements.advanced.write(self.connection, self._sessions)
            if changed not in (-1, len(self._sessions)):
                raise StaleSession(f"{len(self._sessions) - changed} sessions were changed by another unit")
        for table in sorted(self._inserts, key=_AFTER_PARENTS.__getitem__):
            # In the order in which they were collected; rows of one kind give the same columns.
            for columns, rows in groupby(self._inserts[table], key=tuple):
                statements.new(table, columns).write(self.connection, list(rows))
        later = (
            (statements.sent, sorted(self._sent, key=_number)),
            (statements.failed, sorted(self._failed, key=_number)),
            (statements.kept, self._kept),
            (statements.speaks, sorted(self._speaks, key=_number)),
            (statements.superseded, self._superseded),
            *((statements.judged[what], rows) for what, rows in self._judged.items()),
        )
        for statement, changes in later:
            if changes:
                statement.write(self.connection, changes)
        self._reset()


def _number(row: dict[str, Any]) -> Any:
    return row["b_id"]


def _apart(messages: Collection[tuple[int, str]]) -> dict[str, list[Any]]:
    return {"places": [place for place, _ in messages], "messages": [message for _, message in messages]}


class StaleSession(Exception):
    """A session was read before, and written after, another unit changed it. The unit is run again."""
