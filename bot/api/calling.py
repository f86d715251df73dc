"""Calls to webhooks: each act once or more, under the same name, until it is taken or given up.

    the audit log -> a row for each webhook -> claimed (committed) -> called -> what became of it (committed)

A claim is a row whose time has been put off for a while: whoever dies with one leaves it to be found. Calls do not
wait for each other, so they may come in another order: they say where to read how it stands now.

A call that is not taken is tried again, later each time, for some three days. Then the webhook is stopped, and the
coordinators of the series are told. Nobody is sent on to another address, and what is answered is not read.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import aiohttp
from aiohttp import AddrInfoType
from sqlalchemy import exists, func, or_, select, update

from bot.api import acts, webhooks
from bot.api.webhooks import SECRET
from bot.calendars.feeds import mark_of
from bot.clock import Clock
from bot.recaps import managers, sending
from bot.trouble import in_short
from flows.message import line, message
from storage import tables as t
from storage.audit import log_act
from storage.backup import delivery_held
from storage.database import Database
from storage.unit import Unit
from storage.upsert import insert_into

log = logging.getLogger(__name__)

#: Seconds between looks at what there is to tell.
LOOK = 5
#: Seconds that a receiver has to answer, and after which a claim is another's.
ANSWER, LEASE = 15, timedelta(seconds=60)
#: How long after a try that failed the next one is; after the last one it is given up. Some three days in all.
AGAIN = tuple(
    timedelta(seconds=each)
    for each in (10, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # fmt: skip
#: Calls at a time.
AT_ONCE = 20
#: Numbers of the audit log that transactions which are not over yet may still fill in.
BEHIND = 1000
ME = "Runda"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One claimed call. `tries`: this one included."""

    id: int
    webhook: int
    organisation: int
    url: str
    private: bool
    tries: int
    name: str
    body: bytes
    object: str


class Calls:
    """`url`: where the world finds this server; `after`: there is something to send to coordinators."""

    def __init__(
        self, database: Database, executor: Executor, clock: Clock, url: str,
        after: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.database, self.executor, self.clock, self.after = database, executor, clock, after
        self.url, self.mark, self.own = url, mark_of(database), database.secret(SECRET)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell what there is to tell, until the block ends."""
        task = asyncio.create_task(self._run(), name="calls")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            try:
                while await self.look():
                    pass
            except Exception as problem:  # noqa: BLE001 - the next look is in seconds
                log.error("calls to webhooks failed: %s", in_short(problem))
            await self.clock.sleep(LOOK)

    async def look(self) -> int:
        """Tell what there is to tell now. Returns how many calls were tried."""
        due = await self._in_thread(lambda: self._claim(self.clock.now()))
        if due:
            outcomes = await asyncio.gather(*(self._call(each) for each in due))
            now = self.clock.now()
            told = await self._in_thread(
                lambda: [self._settle(each, why, now) for each, why in zip(due, outcomes, strict=True)]
            )
            if any(told):
                self.after()
        return len(due)

    # -- rows

    def _claim(self, now: datetime) -> list[Call]:
        w = t.webhooks.c
        with self.database.read() as connection:
            if not connection.execute(select(w.id).where(w.until.is_(None)).limit(1)).first():
                return []
        with self.database.write() as connection:
            unit = Unit(connection)
            if delivery_held(connection):
                return []
            for hook in unit.all(select(t.webhooks).where(w.until.is_(None)).order_by(w.id)):
                self._note(unit, hook, now)
            rows = unit.all(_due(now).limit(AT_ONCE))
            claimed = update(t.calls).where(t.calls.c.id.in_([row.id for row in rows]))
            unit.run(claimed.values(not_before=now + LEASE, attempts=t.calls.c.attempts + 1))
            return [self._made(row) for row in rows]

    def _note(self, unit: Unit, hook: Any, now: datetime) -> None:
        """A row for each act that this webhook has not been told of. Whoever else notes it changes nothing."""
        a, k = t.audit.c, t.calls.c
        last = select(func.max(k.audit_id)).where(k.webhook_id == hook.id).scalar_subquery()
        noted = exists().where(k.webhook_id == hook.id, k.audit_id == a.id)
        new = select(a.id).where(
            a.organisation_id == hook.organisation_id, a.id > func.coalesce(last, 0) - BEHIND, a.at >= hook.since,
            a.act.in_(acts.KINDS), ~noted,
            or_(a.act != "recap approved", *map(a.object.contains, (acts.MANAGERS, acts.WHOLE))),
        )  # fmt: skip
        rows = [
            {
                "webhook_id": hook.id,
                "audit_id": each.id,
                "status": "waiting",
                "attempts": 0,
                "not_before": now,
            }
            for each in unit.all(new.order_by(a.id))
        ]
        if rows:
            insert = insert_into(t.calls, self.database.dialect).values(rows)
            unit.run(insert.on_conflict_do_nothing())

    def _made(self, row: Any) -> Call:
        name = f"msg_{self.mark}_{row.webhook_id}_{row.audit_id}"
        return Call(row.id, row.webhook_id, row.organisation_id, row.url, row.private, row.attempts + 1, name,
                    acts.body(row, self.url), row.object)  # fmt: skip

    def _settle(self, call: Call, why: str | None, now: datetime) -> int:
        """`why`: it was not taken. Returns how many coordinators are told."""
        with self.database.write() as connection:
            mine = update(t.calls).where(t.calls.c.id == call.id, t.calls.c.status == "waiting")
            if why is None:
                connection.execute(mine.values(status="done"))
                return 0
            if call.tries <= len(AGAIN):
                connection.execute(mine.values(not_before=now + AGAIN[call.tries - 1]))
                return 0
            connection.execute(mine.values(status="failed"))
            return self._give_up(Unit(connection), call, now)

    def _give_up(self, unit: Unit, call: Call, now: datetime) -> int:
        """Stop the webhook, and tell those who run the series that the call was about."""
        if not webhooks.stop(unit.connection, call.organisation, call.webhook, now):
            return 0
        log_act(unit.connection, call.organisation, ME, "webhook given up", f"webhook:{call.webhook}", now)
        return _tell(unit, call)

    # -- the world

    async def _call(self, call: Call) -> str | None:
        """Why it was not taken; None: it was."""
        why = webhooks.refused(call.url, private=call.private) or await self._posted(call)
        if why is not None:
            log.warning("webhook %d, try %d: %s", call.webhook, call.tries, why)
        return why

    async def _posted(self, call: Call) -> str | None:
        sign = webhooks.signed(webhooks.key(self.own, call.webhook), call.name, call.body, self.clock.now())
        headers = {**sign, "Content-Type": "application/json", "User-Agent": ME}
        connector = aiohttp.TCPConnector(socket_factory=None if call.private else _public, force_close=True)
        timeout = aiohttp.ClientTimeout(total=ANSWER)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                session.post(call.url, data=call.body, headers=headers, allow_redirects=False) as answer,
            ):
                return None if 200 <= answer.status < 300 else f"answered {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            return type(problem).__name__

    def _in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self.executor, work)


def _public(address: AddrInfoType) -> socket.socket:
    """A socket to the open internet alone. It is asked last, so it does not matter how the address was written."""
    family, kind, protocol, _, where = address
    if not webhooks.public(str(where[0])):
        raise OSError("it leads to a private network")
    return socket.socket(family, kind, protocol)


# -- statements


def _due(now: datetime) -> Any:
    k, w, a = t.calls.c, t.webhooks.c, t.audit.c
    due = select(
        k.id, k.webhook_id, k.audit_id, k.attempts, w.organisation_id, w.url, w.private, a.act, a.object, a.at
    )
    due = due.join(t.webhooks, w.id == k.webhook_id).join(t.audit, a.id == k.audit_id)
    due = due.where(k.status == "waiting", k.not_before <= now, w.until.is_(None)).order_by(k.id)
    return due.with_for_update(skip_locked=True, of=t.calls)


def _tell(unit: Unit, call: Call) -> int:
    """The coordinators of the series, in private, once."""
    s, m = t.series.c, t.meetings.c
    of_it = select(m.id).join(t.series, s.id == m.series_id)
    mine = s.organisation_id == call.organisation, s.slug == acts.about(call.object)[0]
    first = next(iter(unit.all(of_it.where(*mine).order_by(m.number).limit(1))), None)
    if first is None:
        return 0
    meeting = managers.meeting(unit, first.id)
    unit.all(select(t.sessions.c.id).where(t.sessions.c.id == meeting.anchor).with_for_update())
    to = sending.private_places(unit, meeting.series_id, meeting.platform, "coordinator")
    said = message("status", line("webhook.given-up", n=call.webhook))
    # Versions of recaps are counted from 0; webhooks stand on the other side of it.
    return sending.queue(unit, meeting, -call.webhook, said, list(to.values()))
