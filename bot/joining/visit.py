"""Somebody who comes in: one heard event, one transaction, and what is answered to it.

Everything here is told by keys, in the outbox, like all that the house says. `key` names the answer, which goes to
the place where it was heard, or to the person alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from adapters.port import Address, Chose, Known
from bot.happenings import Happening, Order
from flows.events import Event
from flows.message import Message
from storage import tables as t
from storage.audit import log_act

_encode = msgspec.json.Encoder().encode

#: A series in which nobody comes in any more.
OVER = ("finished", "cancelled")
#: A session that people are in, or were in until the next one opens.
OPEN = ("lobby", "headcount", "running", "paused", "finished")


@dataclass(frozen=True, slots=True)
class Chat:
    """What the platform says of the place where it was heard."""

    hears_all: bool = True
    makes_topics: bool = False


@dataclass(slots=True)
class Visit:
    connection: Connection
    heard: Chose
    known: Known
    chat: Chat
    now: datetime
    #: What the sessions are told in the same transaction.
    happenings: list[Happening] = field(default_factory=list)
    said: bool = False

    @property
    def place(self) -> Address:
        return self.heard.place

    @property
    def private(self) -> bool:
        """A person's private chat is called as their account."""
        return self.place.channel == self.heard.account

    def all(self, statement: Any) -> list[Any]:
        return list(self.connection.execute(statement))

    def one(self, statement: Any) -> Any:
        return self.connection.execute(statement).first()

    # -- who

    def person(self) -> Any:
        """The row of the person who has this account; None."""
        i = t.identities.c
        mine = select(t.people).join(t.identities, i.person_id == t.people.c.id)
        return self.one(mine.where(i.platform == self.place.platform, i.workspace == self.place.workspace,
                                   i.account == self.heard.account))  # fmt: skip

    def actor(self) -> str:
        """For the audit log: who it is, without a name."""
        person = self.person()
        return f"person:{person.id}" if person is not None else f"account:{self.heard.account}"

    def record(self, organisation: int, act: str, what: str) -> int:
        return log_act(self.connection, organisation, self.actor(), act, what, self.now)

    # -- where

    def place_row(self, address: Address) -> Any:
        p = t.places.c
        return self.one(select(t.places).where(
            p.platform == address.platform, p.workspace == address.workspace, p.channel == address.channel,
            p.thread == address.thread,
        ))  # fmt: skip

    def make_place(self, organisation: int, address: Address, **more: Any) -> int:
        row = {"organisation_id": organisation, **address._asdict(), **more}
        return int(self.connection.execute(insert(t.places).returning(t.places.c.id), row).scalar_one())

    # -- what is answered

    def say(self, organisation: int, message: Message, place: int | None = None) -> None:
        """Queue an answer, where it was heard unless another place is named."""
        if place is None:
            row = self.place_row(self.place)
            place = row.id if row is not None else self.make_place(organisation, self.place)
        self._queue({"organisation_id": organisation, "place_id": place, "kind": "say"}, message)

    def rewrite(self, target: Any, message: Message) -> None:
        """Queue another wording of a message of ours."""
        row = {"organisation_id": target.organisation_id, "place_id": target.place_id, "kind": "update",
               "target_id": target.id}  # fmt: skip
        self._queue(row, message)

    def _queue(self, row: dict[str, Any], message: Message) -> None:
        more = {"session_id": None, "version": 0, "effect": 0, "sort": message.sort,
                "body": _encode(message).decode(), "status": "queued"}  # fmt: skip
        self.connection.execute(insert(t.outbox), row | more)
        self.said = True

    def order(self, act: str, number: int, sessions: Iterable[int], event: Event) -> None:
        self.happenings += [Order(f"{act}:{number}:{session}", session, event) for session in sessions]
