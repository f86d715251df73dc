"""The terminal behind the port: hears at its door, and writes into the places' files.

The rules:

- A request is answered when `ear` has returned, and what it did then stands in the place for others to see. A
  crash between the two leaves the caller without an answer: the same request again finds the house knowing of
  it, and completes the place.
- Requests of one place are taken in one after the other, in the order in which they came; places do not wait
  for each other, whichever connection they came by.
- What Runda says is on the disk before it counts as sent. What people write is on the disk in the database
  before it is acknowledged, so its copy in the place, like a mark on it, need only survive the process.
- What was rewritten, edited or taken back is gone from the disk before that is answered or counts as sent. What
  a crash prevented is done before the door opens again.
- When the platform closes, what has not been answered is dropped: whoever sent it sends it again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.port import (
    Address,
    Bucket,
    Capabilities,
    Chose,
    Counter,
    Ear,
    Heard,
    Known,
    Learned,
    Outgoing,
    Reacted,
    Refused,
    Rewrote,
    Taken,
    TookBack,
    Wrote,
)
from adapters.terminal import blanking, names, parse, records
from adapters.terminal.caller import Caller
from adapters.terminal.door import Door
from adapters.terminal.parse import Answer, Unheard
from adapters.terminal.places import Places
from adapters.terminal.records import Ticked, sent_as

log = logging.getLogger(__name__)

#: Seconds that nobody new is let in after one could not be.
SHUT = 1.0


class Clock(Protocol):
    def now(self) -> datetime:
        """The present time: aware, UTC."""


class TerminalPlatform:
    """`adapters.port.Platform`, embedded."""

    name = names.NAME
    capabilities = Capabilities(buttons=False, look_up=True, threads=False, reactions=True)

    def __init__(self, folder: Path, clock: Clock) -> None:
        """`folder` is the terminal's own, in the data folder; made where it is missing. Raises OSError."""
        self.folder, self._clock = folder, clock
        self.places = Places(folder)
        for each in (folder, self.places.folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
            each.chmod(0o700)
        self._door: Door | None = None
        self._entering: set[asyncio.Task[object]] = set()
        self._callers: set[Caller] = set()
        self._lanes: dict[str, deque[tuple[Caller, Heard]]] = {}
        self._working: set[asyncio.Task[None]] = set()

    # -- what Runda says

    def buckets(self, _: Outgoing) -> tuple[Bucket, ...]:
        """A file takes whatever it is given."""
        return ()

    def look_up_bucket(self, _: Outgoing) -> str:
        return ""

    async def send(self, outgoing: Outgoing) -> Taken:
        """Write a message into its place. Raises Refused where it rewrites one that is not there, and OSError."""
        return Taken(await asyncio.to_thread(self._send, outgoing))

    def _send(self, outgoing: Outgoing) -> str:
        place, message = outgoing.place.channel, outgoing.message
        if message is not None and self.places.find(place, "id", message) is None:
            raise Refused("not-found", f"{place} holds no message {message}")
        record = records.of(outgoing, secrets.token_hex(8), self._clock.now())
        self.places.append(record, durable=not isinstance(record, Ticked))
        return sent_as(record)

    async def look_up(self, outgoing: Outgoing) -> Taken | None:
        found = await asyncio.to_thread(self._look_up, outgoing)
        return Taken(found) if found is not None else None

    def _look_up(self, outgoing: Outgoing) -> str | None:
        found = self.places.find(outgoing.place.channel, "token", outgoing.token)
        if found is None:
            return None
        if blanking.supersedes(found):  # whoever asks does not know how far it got
            self.places.settle(outgoing.place.channel)
        return sent_as(found)

    async def who(self, _: str, accounts: Collection[str]) -> list[Known]:
        """An account of the terminal is the name that somebody goes by."""
        return [Known(account=each, name=each) for each in accounts]

    async def members(self, _: Address) -> list[str]:
        """Anybody may come to a terminal's place."""
        return []

    # -- what people do

    async def listen(self, ear: Ear, _: Counter | None = None) -> None:
        """Open the door. Raises OSError, with what to do."""
        self._ear = ear
        self._door = Door(self.folder)
        await asyncio.to_thread(self._settle)
        self._open()

    def _settle(self) -> None:
        """Blank what a process that died did not come to. One file that cannot be is no reason to hear nobody."""
        for channel in self.places.names():
            try:
                self.places.settle(channel)
            except OSError as fault:
                log.error("words that were taken back may still be in a place: %s", fault.strerror)

    def _open(self) -> None:
        if self._door is not None:
            asyncio.get_running_loop().add_reader(self._door.socket, self._let_in, self._door)

    def _let_in(self, door: Door) -> None:
        """Take one who waits at the door. asyncio's own server forgets, unclosed, who comes while it closes."""
        loop = asyncio.get_running_loop()
        try:
            connection, _ = door.socket.accept()
        except BlockingIOError:  # has left again
            return
        except OSError as fault:  # too many open files: those who wait are let in when there are fewer
            log.error("a caller could not be let in: %s", fault.strerror)
            loop.remove_reader(door.socket)
            loop.call_later(SHUT, self._open)
            return
        connection.setblocking(False)  # noqa: FBT003 - its only parameter
        task = loop.create_task(loop.connect_accepted_socket(lambda: Caller(self), connection))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def close(self) -> None:
        """Shut the door, and drop what has not been answered."""
        if self._door is None:
            return
        door, self._door = self._door, None
        asyncio.get_running_loop().remove_reader(door.socket)
        await asyncio.gather(*self._entering, return_exceptions=True)
        for caller in tuple(self._callers):
            caller.hang_up()
        working = tuple(self._working)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        self._lanes.clear()
        door.close()

    def came(self, caller: Caller) -> None:
        self._callers.add(caller)

    def went(self, caller: Caller) -> None:
        self._callers.discard(caller)

    def request(self, caller: Caller, line: bytes) -> None:
        """Put a request into the lane of its place."""
        try:
            heard = parse.heard(line, self._clock.now())
        except Unheard as unheard:
            caller.answer(unheard.answer)
            return
        channel = heard.place.channel
        if channel not in self._lanes:
            self._lanes[channel] = deque()
            task = asyncio.create_task(self._work(channel))
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        self._lanes[channel].append((caller, heard))

    async def _work(self, channel: str) -> None:
        """Take in what waits in a lane, one after the other, until nothing does."""
        lane = self._lanes[channel]
        try:
            while lane:
                caller, heard = lane.popleft()
                caller.answer(await self._take(heard))
        finally:
            self._lanes.pop(channel, None)

    async def _take(self, heard: Heard) -> Answer:
        try:
            news = await self._ear(heard)
        except Exception as fault:  # noqa: BLE001 - whatever it was, the caller is told that it is not stored
            return Answer(heard.key, ok=False, error="not-stored", detail=type(fault).__name__)
        try:
            if isinstance(heard, Rewrote | TookBack):  # which wait for the disk
                await asyncio.to_thread(self._show, heard)
            elif news and isinstance(heard, Wrote):
                # It cannot stand there yet, and to look for it takes the longer the more stands there.
                self.places.append(heard, durable=False)
            else:
                self._show(heard)
        except OSError as fault:
            log.error("what was heard could not be shown in its place: %s", fault.strerror)
            return Answer(heard.key, ok=False, error="not-shown", detail=fault.strerror or "")
        return Answer(heard.key, ok=True)

    def _show(self, heard: Heard) -> None:
        """Let others in the place see it. A press is not a thing that is seen."""
        if not isinstance(heard, Chose | Reacted | Learned):
            self.places.append_once(heard)
