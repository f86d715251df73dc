"""Whether Slack has a message of ours: found by the token in its metadata.

Where Slack rations look-ups (apps that are handed out to many, without being in its marketplace: one request a minute,
15 messages), one page has to do. A thread is told from its beginning, so it begins shortly before the message was
first sent; a channel is told from its end.

https://docs.slack.dev/reference/methods/conversations.replies, and the same with conversations.history
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from adapters.port import Outgoing
from adapters.slack import limits, names
from adapters.slack.client import Client, Json
from adapters.slack.workspaces import Installation

#: What our clock and Slack's may differ by.
MARGIN = timedelta(seconds=30)
#: Where one page has to do: by then a long message stands as a whole, or nobody will make it so.
CONTINUED = timedelta(hours=1)


class Rest(NamedTuple):
    """What continues a message: time stamps by number of part, and the ids of files that hold all of it."""

    parts: dict[int, str]
    files: tuple[str, ...]


class Finder:
    def __init__(self, client: Client, *, rationed: bool) -> None:
        self.client, self.rationed = client, rationed
        self._private: dict[tuple[str, str], str] = {}

    async def find(
        self, there: Installation, outgoing: Outgoing, since: datetime | None
    ) -> names.Posted | None:
        """The message with this token, posted no earlier than `since`. Raises Later, Shut and OSError."""
        channel, thread = await self._channel(there, outgoing), outgoing.place.thread
        async for message in self._messages(there, channel, thread, since):
            if token(message) == outgoing.token:
                return names.Posted(channel, message["ts"])
        return None

    async def rest(self, there: Installation, first: names.Posted, thread: str) -> Rest:
        """What continues a message. Raises Later, Shut and OSError."""
        parts: dict[int, str] = {}
        files: list[str] = []
        begin = names.moment(first.ts)
        async for message in self._messages(there, first.channel, thread, begin, begin + CONTINUED):
            ts, _, number = (token(message) or "").partition("/")
            if ts == first.ts and number.isdecimal():
                parts[int(number)] = message["ts"]
            named = [file for file in message.get("files") or () if file.get("name") == file_name(first.ts)]
            files += [file["id"] for file in named]
        return Rest(parts, tuple(files))

    async def _channel(self, there: Installation, outgoing: Outgoing) -> str:
        """Slack's own name of a private place."""
        channel = outgoing.place.channel
        if not names.is_person(channel):
            return channel
        key = there.workspace, channel
        if key not in self._private:
            opened = await self._ask(there, "conversations.open", users=channel)
            self._private[key] = str(opened["channel"]["id"])
        return self._private[key]

    async def _messages(
        self,
        there: Installation,
        channel: str,
        thread: str,
        since: datetime | None,
        until: datetime | None = None,
    ) -> AsyncIterator[Json]:
        asked: Json = {"channel": channel, "include_all_metadata": True, "inclusive": True}
        asked["limit"] = limits.RATIONED_PAGE if self.rationed else limits.PAGE
        asked |= {"ts": thread} if thread else {}
        asked |= {"oldest": names.stamp(since)} if since is not None else {}
        if self.rationed and until is not None and not thread:
            asked["latest"] = names.stamp(until)
        while True:
            page = await self._ask(there, method(thread), **asked)
            for message in page.get("messages") or ():
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if self.rationed or not cursor:
                return
            asked["cursor"] = cursor

    async def _ask(self, there: Installation, method: str, **asked: Any) -> Json:
        bucket = f"{names.NAME}/{there.workspace}/{method}"
        return await self.client.call(there.token, method, bucket, **asked)


def method(thread: str) -> str:
    """What tells of a place's messages."""
    return "conversations.replies" if thread else "conversations.history"


def token(message: Json) -> str | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload.get("token") if metadata.get("event_type") == names.METADATA else None


def file_name(ts: str) -> str:
    """What the file is called that holds the whole of the message with this time stamp."""
    return f"runda-{ts}.txt"
