"""A unit of work: what one transaction reads and writes, one statement a table, however many events it settles.

Reads lock what will change, always in the order of ids, so that two units never wait for each other in a ring.
Writes are collected, and go out together in `flush`. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import tables as t

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
    platform: str
    workspace: str


#: Parents before children.
_TABLES = t.metadata.sorted_tables
_ids: Any = bindparam("ids", expanding=True)
_session = (
    select(
        t.sessions.c.id, t.sessions.c.organisation_id, t.sessions.c.series_id, t.sessions.c.circle_id,
        t.sessions.c.meeting_id, t.sessions.c.place_id, t.sessions.c.version, t.sessions.c.phase,
        t.sessions.c.state, t.sessions.c.starts_at, t.sessions.c.wake_at, t.meetings.c.number,
        func.coalesce(t.meetings.c.content_id, t.series.c.content_id), t.circles.c.kind,
        t.series.c.language, t.series.c.zone, t.series.c.platform, t.series.c.workspace,
    )
    .join(t.meetings, t.meetings.c.id == t.sessions.c.meeting_id)
    .join(t.series, t.series.c.id == t.sessions.c.series_id)
    .join(t.circles, t.circles.c.id == t.sessions.c.circle_id)
    .order_by(t.sessions.c.id)
)  # fmt: skip
_by_id = _session.where(t.sessions.c.id.in_(_ids)).with_for_update(of=t.sessions)
_due = (
    select(t.sessions.c.id)
    .where(t.sessions.c.wake_at <= bindparam("now"), t.sessions.c.id.not_in(bindparam("but", expanding=True)))
    .order_by(t.sessions.c.wake_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
#: A session that has not opened yet takes in what was published when it opens. Those that somebody else holds are
#: left to the next look: waiting for one, with others in hand, two units could wait for each other.
_waited_for = (
    select(t.sessions.c.id)
    .where(
        t.sessions.c.id.in_(
            select(t.publications.c.waits_for).where(t.publications.c.waits_for.is_not(None))
        ),
        t.sessions.c.state.is_not(None),
        t.sessions.c.id.not_in(bindparam("but", expanding=True)),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_known = select(t.log.c.key).where(t.log.c.key.in_(bindparam("keys", expanding=True)))
_buried = select(t.tombstones.c.hash).where(t.tombstones.c.hash.in_(bindparam("hashes", expanding=True)))
_places = select(t.places).where(t.places.c.channel.in_(bindparam("channels", expanding=True)))
_seats = (
    select(t.identities.c.platform, t.identities.c.workspace, t.identities.c.account, t.identities.c.person_id,
           t.memberships.c.series_id, t.memberships.c.circle_id, t.memberships.c.role)
    .outerjoin(
        t.memberships,
        (t.memberships.c.person_id == t.identities.c.person_id) & t.memberships.c.until.is_(None),
    )
    .where(t.identities.c.account.in_(bindparam("accounts", expanding=True)))
)  # fmt: skip
_replies = select(t.replies).where(
    t.replies.c.place_id.in_(bindparam("places", expanding=True)),
    t.replies.c.message.in_(bindparam("messages", expanding=True)),
)
_prompts = select(t.outbox.c.place_id, t.outbox.c.receipt, t.outbox.c.session_id, t.outbox.c.prompt).where(
    t.outbox.c.place_id.in_(bindparam("places", expanding=True)),
    t.outbox.c.receipt.in_(bindparam("messages", expanding=True)),
    t.outbox.c.kind == "say",  # a rewrite has the receipt of what it rewrote
)
_advanced = (
    update(t.sessions)
    .where(t.sessions.c.id == bindparam("b_id"), t.sessions.c.version == bindparam("b_was"))
    .values(version=bindparam("b_version"), phase=bindparam("b_phase"), state=bindparam("b_state"),
            wake_at=bindparam("b_wake_at"))
)  # fmt: skip
_kept = (
    update(t.replies)
    .where(t.replies.c.id == bindparam("b_id"))
    .values(role=bindparam("b_role"), prompt=bindparam("b_prompt"), step=bindparam("b_step"),
            late=bindparam("b_late"))
)  # fmt: skip
_speaks = update(t.places).where(t.places.c.id == bindparam("b_id")).values(session_id=bindparam("b_session"))
#: The sittings of these circles, for what their people write in private.
_sittings = select(t.sessions.c.id, t.sessions.c.circle_id, t.sessions.c.phase, t.sessions.c.starts_at).where(
    t.sessions.c.circle_id.in_(bindparam("circles", expanding=True)),
    t.sessions.c.phase.in_(bindparam("phases", expanding=True)),
)
_superseded = (
    update(t.outbox)
    .where(
        t.outbox.c.session_id == bindparam("b_session"),
        t.outbox.c.slot == bindparam("b_slot"),
        t.outbox.c.status == "queued",
    )
    .values(status="dropped", reason="superseded")
)
_judged = {
    "finding": update(t.findings)
    .where(t.findings.c.reply_id == bindparam("b_id"))
    .values(state=bindparam("b_state"), words_id=func.coalesce(bindparam("b_words"), t.findings.c.words_id)),
    "action": update(t.actions)
    .where(t.actions.c.reply_id == bindparam("b_id"))
    .values(state=bindparam("b_state")),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One membership of one person, as found by an account."""

    person_id: int
    series_id: int
    circle_id: int | None
    role: str


class Unit:
    """One transaction's reads and collected writes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._reset()

    def _reset(self) -> None:
        self._inserts: dict[Table, Rows] = {}
        self._sessions: Rows = []
        self._kept: Rows = []
        self._judged: dict[str, Rows] = {"finding": [], "action": []}
        self._speaks: Rows = []
        self._superseded: Rows = []

    # -- reads

    def known(self, keys: Collection[str]) -> set[str]:
        """Which of these events have been taken in already."""
        return {row[0] for row in self.connection.execute(_known, {"keys": list(keys)})} if keys else set()

    def buried(self, hashes: Collection[str]) -> set[str]:
        """Which of these messages have been erased."""
        return (
            {row[0] for row in self.connection.execute(_buried, {"hashes": list(hashes)})}
            if hashes
            else set()
        )

    def sessions(self, ids: Collection[int]) -> dict[int, SessionRow]:
        """Sessions by id, locked until the transaction ends."""
        if not ids:
            return {}
        return {
            row[0]: SessionRow(*tuple(row)) for row in self.connection.execute(_by_id, {"ids": list(ids)})
        }

    def due(self, now: datetime, most: int, but: Collection[int] = ()) -> set[int]:
        """Sessions whose deadline has come, or for whom something has been published; locked, without `but`."""
        these = {"most": most, "but": list(but)}
        due = {row[0] for row in self.connection.execute(_due, {"now": now, **these})}
        return due | {row[0] for row in self.connection.execute(_waited_for, these)}

    def places(self, channels: Collection[str]) -> dict[Address, Any]:
        if not channels:
            return {}
        found = self.connection.execute(_places, {"channels": list(channels)})
        return {(row.platform, row.workspace, row.channel, row.thread): row for row in found}

    def people(self, accounts: Collection[str]) -> tuple[dict[Account, int], dict[Account, list[Seat]]]:
        """Who these accounts are, and what they are members of now: whoever has left is still somebody."""
        known: dict[Account, int] = {}
        seats: dict[Account, list[Seat]] = {}
        if accounts:
            for row in self.connection.execute(_seats, {"accounts": list(accounts)}):
                account = (row[0], row[1], row[2])
                known[account] = row[3]
                if row[4] is not None:
                    seats.setdefault(account, []).append(Seat(*row[3:]))
        return known, seats

    def sittings(self, circles: Collection[int], phases: Collection[str]) -> list[Any]:
        """Sessions of these circles in these phases: id, circle, phase and start."""
        if not circles:
            return []
        return list(self.connection.execute(_sittings, {"circles": list(circles), "phases": list(phases)}))

    def replies(self, messages: Collection[tuple[int, str]]) -> dict[tuple[int, str], Any]:
        """Replies by place and the platform's message id."""
        if not messages:
            return {}
        found = self.connection.execute(_replies, _pairs(messages))
        return {(row.place_id, row.message): row for row in found}

    def prompts(self, messages: Collection[tuple[int, str]]) -> dict[tuple[int, str], Any]:
        """Messages of our own by place and receipt: session and prompt."""
        if not messages:
            return {}
        found = self.connection.execute(_prompts, _pairs(messages))
        return {(row.place_id, row.receipt): row for row in found}

    def all(self, statement: Select[Any], **params: Any) -> list[Any]:
        return list(self.connection.execute(statement, params))

    # -- writes

    def add(self, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        self._inserts.setdefault(table, []).extend(rows)

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
            insert = sqlite.insert if self.connection.dialect.name == "sqlite" else postgresql.insert
            self.connection.execute(insert(t.quotes).on_conflict_do_nothing(), rows)

    def judge(self, what: str, reply: int, state: str, words: int | None) -> None:
        """What became of a finding or an action."""
        self._judged[what].append({"b_id": reply, "b_state": state, "b_words": words})

    def speaks(self, place: int, session: int) -> None:
        """From now on, what is written in this place is for this session."""
        self._speaks.append({"b_id": place, "b_session": session})

    def supersedes(self, session: int, slot: str) -> None:
        """What was to be said in this slot, and has not been sent, is not worth sending any more."""
        self._superseded.append({"b_session": session, "b_slot": slot})

    def run(self, statement: Any, rows: Rows | dict[str, Any] | None = None) -> None:
        """A write of its own, for what is rare."""
        self.connection.execute(statement, rows or {})

    def flush(self) -> None:
        """Write everything collected: a statement a table. Raises StaleSession where another unit was first."""
        if self._sessions:
            changed = self.connection.execute(_advanced, self._sessions).rowcount
            if changed not in (-1, len(self._sessions)):
                raise StaleSession(f"{len(self._sessions) - changed} sessions were changed by another unit")
        for table in _TABLES:
            if rows := self._inserts.get(table):
                self.connection.execute(table.insert(), rows)
        later = (
            (_kept, self._kept),
            (_speaks, sorted(self._speaks, key=lambda row: row["b_id"])),
            (_superseded, self._superseded),
            *((_judged[w], r) for w, r in self._judged.items()),
        )
        for statement, changes in later:
            if changes:
                self.connection.execute(statement, changes)
        self._reset()


def _pairs(messages: Collection[tuple[int, str]]) -> dict[str, list[Any]]:
    """Places and messages apart: an index serves two lists, and not a list of pairs. More may be found than asked."""
    return {
        "places": list({place for place, _ in messages}),
        "messages": [message for _, message in messages],
    }


class StaleSession(Exception):
    """A session was read before, and written after, another unit changed it. The unit is run again."""
