"""What the house says, on its way to Slack: new messages, rewritten ones, marks, and what is shown to one alone.

The rules:

- A message is one request, and carries its token. One that is continued is posted first part first; each further
  part carries the name of the first and its number (`1700000000.000100/2`), and so does the file, in its name.
- If a further part does not arrive, the whole is unclear: whoever looks it up (`looking`) posts what is missing.
- A rewritten message never gets more parts than it had, as nobody would know of them: what does not fit is left
  out, with a sign. Parts that are not needed any more are deleted, so that nothing stands there that was taken back.
- What is shown to one alone, or is a mark, cannot be looked up. To do it again is harmless.
"""

from __future__ import annotations

import logging
from datetime import datetime

from adapters.port import Bucket, Later, Outgoing, Refused, Shut, Taken
from adapters.slack import names
from adapters.slack.client import Client, Json
from adapters.slack.errors import Unclear
from adapters.slack.looking import MARGIN, Finder, Rest, file_name
from adapters.slack.pictures import UNSEEN, Pictures
from adapters.slack.render import MOST_PARTS, Rendered, render, shortened
from adapters.slack.workspaces import Installation, Workspaces

log = logging.getLogger(__name__)

#: The mark that says: it has been taken in.
TICK = "white_check_mark"
#: What a mark cannot be put on is not worth a word: the message is gone, is full of marks, or has this one.
MARKED = frozenset(("message_not_found", "already_reacted", "too_many_emoji", "too_many_reactions", "not_reactable",
                    "thread_locked", "no_access", "missing_scope"))  # fmt: skip
#: Nobody is called to a page by what stands in a message.
UNFOLDED = {"unfurl_links": False, "unfurl_media": False}

# Slack's tiers are at least so many a minute, and about one message a second in a channel, with bursts
# (https://docs.slack.dev/apis/web-api/rate-limits). How large those may be it does not say.
TIER3, TIER4, MINUTE = 50, 100, 60
CHANNEL = (5, 5.0)
#: chat.postMessage in a workspace: several hundred a minute.
POSTS = 240


def is_mark(outgoing: Outgoing) -> bool:
    """A receipt that says nothing but that it is one."""
    spoken = outgoing.spoken
    return spoken.sort == "receipt" and bool(spoken.about) and not spoken.labels and outgoing.message is None


def buckets(outgoing: Outgoing) -> tuple[Bucket, ...]:
    if is_mark(outgoing):
        return (Bucket(bucket(outgoing, "reactions.add"), TIER3, MINUTE),)
    if outgoing.message is not None:
        return (Bucket(bucket(outgoing, "chat.update"), TIER3, MINUTE),)
    if _alone(outgoing):
        return (Bucket(bucket(outgoing, "chat.postEphemeral"), TIER4, MINUTE),)
    posts = Bucket(bucket(outgoing, "chat.postMessage"), POSTS, MINUTE)
    return Bucket(bucket(outgoing, outgoing.place.channel), *CHANNEL), posts


def bucket(outgoing: Outgoing, what: str) -> str:
    """The name of a bucket: of a channel, or of a method, in one workspace."""
    return f"{names.NAME}/{outgoing.place.workspace}/{what}"


def _alone(outgoing: Outgoing) -> bool:
    return outgoing.only is not None and not names.is_person(outgoing.place.channel)


class Sender:
    def __init__(self, client: Client, workspaces: Workspaces, finder: Finder, pictures: Pictures) -> None:
        self.client, self.workspaces, self.finder, self.pictures = client, workspaces, finder, pictures
        #: The time in each workspace by Slack's own clock, as far as it has told; and, by token, what it was before
        #: messages were sent of which it is not clear whether they arrived.
        self._seen: dict[str, datetime] = {}
        self._tried: dict[str, datetime | None] = {}

    def saw(self, workspace: str, at: datetime) -> None:
        """Slack has told of something that happened then: what is sent from now on is later."""
        self._seen[workspace] = max(at, self._seen.get(workspace, at))

    async def send(self, outgoing: Outgoing) -> Taken:
        """Raises Refused, Shut, Later and OSError."""
        there = await self.installation(outgoing.place.workspace)
        if is_mark(outgoing):
            return await self._mark(there, outgoing)
        if outgoing.message is not None or _alone(outgoing):
            rendered = render(outgoing.spoken, self.workspaces.leads)
            again = self._rewrite if outgoing.message is not None else self._whisper
            return await again(there, outgoing, rendered)
        before = self._seen.get(there.workspace)
        try:
            taken = await self._say(there, outgoing)
        except OSError:
            self._tried.setdefault(outgoing.token, before)
            raise
        self._tried.pop(outgoing.token, None)
        return taken

    async def installation(self, workspace: str) -> Installation:
        """Raises Shut."""
        there = await self.workspaces.find(workspace)
        if there is None:
            raise Shut("uninstalled", workspace, whole=True)
        return there

    # -- new messages

    async def _say(self, there: Installation, outgoing: Outgoing) -> Taken:
        """With its pictures, as soon as Slack can show them."""
        files = await self.pictures.of(there, outgoing.spoken)
        try:
            return await self._post(there, outgoing, render(outgoing.spoken, self.workspaces.leads, files))
        except Refused as refused:
            if not files or str(refused) != UNSEEN:
                raise
        self.pictures.not_yet(outgoing.token, bucket(outgoing, "pictures"))
        return await self._post(there, outgoing, render(outgoing.spoken, self.workspaces.leads))

    async def _post(self, there: Installation, outgoing: Outgoing, rendered: Rendered) -> Taken:
        place, part = outgoing.place, rendered.posted[0]
        answer = await self._one(there, outgoing, place.channel, place.thread, outgoing.token, part.text,
                                 part.blocks(long=rendered.long))  # fmt: skip
        self.saw(place.workspace, names.moment(answer["ts"]))
        name = names.message(answer["channel"], answer["ts"], long=rendered.long)
        if rendered.long:
            try:
                await self._continue(there, outgoing, names.posted(place, name), rendered, Rest({}, ()))
            except (Later, Shut, OSError) as fault:
                raise Unclear("only a part of a message has arrived") from fault
        return Taken(name, answer["ts"] if outgoing.opens else "", names.moment(answer["ts"]))

    async def _one(
        self, there: Installation, outgoing: Outgoing, channel: str, thread: str, token: str, text: str,
        blocks: list[Json],
    ) -> Json:  # fmt: skip
        metadata = {"event_type": names.METADATA, "event_payload": {"token": token}}
        return await self.client.call(
            there.token, "chat.postMessage", bucket(outgoing, outgoing.place.channel), channel=channel, text=text,
            blocks=blocks, metadata=metadata, **_inside(thread), **UNFOLDED,
        )  # fmt: skip

    async def _continue(
        self, there: Installation, outgoing: Outgoing, first: names.Posted, rendered: Rendered, known: Rest
    ) -> None:
        """Post the further parts that are not known to be there, and the file."""
        name, thread = names.message(first.channel, first.ts, long=True), _under(outgoing, first)
        for number, part in enumerate(rendered.posted[1:], 2):
            if number not in known.parts:
                try:
                    await self._one(there, outgoing, first.channel, thread, f"{first.ts}/{number}", part.text,
                                    part.blocks(name))  # fmt: skip
                except Refused as refused:
                    log.error("the rest of a message was refused: %s", refused)
        if rendered.filed and not known.files:
            await self._upload(there, outgoing, first, rendered)

    async def _upload(
        self, there: Installation, outgoing: Outgoing, first: names.Posted, rendered: Rendered
    ) -> None:
        """The whole of a message as a text file beneath it."""
        try:
            await self.client.call(
                there.token, "files.upload_v2", bucket(outgoing, "files"), content=rendered.whole,
                filename=file_name(first.ts), title=rendered.title, channel=first.channel,
                **_inside(_under(outgoing, first)),
            )  # fmt: skip
        except Refused as refused:
            log.error("the file of a long message was refused: %s", refused)

    async def _whisper(self, there: Installation, outgoing: Outgoing, rendered: Rendered) -> Taken:
        """Shown to one person, until they look away: Slack keeps it nowhere."""
        place = outgoing.place
        said: list[str] = []
        for part in shortened(rendered.parts, MOST_PARTS):
            answer = await self.client.call(
                there.token, "chat.postEphemeral", bucket(outgoing, "chat.postEphemeral"), channel=place.channel,
                user=outgoing.only, text=part.text, blocks=part.blocks(), **_inside(place.thread),
            )  # fmt: skip
            said.append(str(answer["message_ts"]))
        return Taken(names.whispered(said[0]))

    async def _mark(self, there: Installation, outgoing: Outgoing) -> Taken:
        about = str(outgoing.spoken.about)
        on = names.posted(outgoing.place, about)
        try:
            await self.client.call(there.token, "reactions.add", bucket(outgoing, "reactions.add"), channel=on.channel,
                                   timestamp=on.ts, name=TICK)  # fmt: skip
        except (Refused, Shut) as refused:
            if str(refused).partition(":")[0] not in MARKED:
                raise
        return Taken(names.receipt(about))

    # -- rewriting

    async def _rewrite(self, there: Installation, outgoing: Outgoing, rendered: Rendered) -> Taken:
        name = str(outgoing.message)
        first = names.posted(outgoing.place, name)
        if first.fleeting:
            return Taken(name)
        rest = await self.finder.rest(there, first, _under(outgoing, first)) if first.long else Rest({}, ())
        numbers = sorted(rest.parts)
        parts = shortened(rendered.parts, 1 + len(numbers))
        await self._update(there, outgoing, first, first.ts, parts[0].text, parts[0].blocks(long=first.long))
        for number, part in zip(numbers, parts[1:], strict=False):
            await self._update(there, outgoing, first, rest.parts[number], part.text, part.blocks(name))
        for number in numbers[len(parts) - 1 :]:
            await self._away(there, outgoing, "chat.delete", channel=first.channel, ts=rest.parts[number])
        # The new file comes first: if it all breaks off between the two, the next attempt replaces both.
        if rest.files and rendered.long:
            await self._upload(there, outgoing, first, rendered)
        for file in rest.files:
            await self._away(there, outgoing, "files.delete", file=file)
        return Taken(name)

    async def _update(
        self,
        there: Installation,
        outgoing: Outgoing,
        first: names.Posted,
        ts: str,
        text: str,
        blocks: list[Json],
    ) -> None:
        """Slack keeps the metadata of a message that is updated without any."""
        await self.client.call(there.token, "chat.update", bucket(outgoing, "chat.update"), channel=first.channel,
                               ts=ts, text=text, blocks=blocks)  # fmt: skip

    async def _away(self, there: Installation, outgoing: Outgoing, method: str, **which: str) -> None:
        """Delete a part; that somebody has done so before is as well."""
        try:
            await self.client.call(there.token, method, bucket(outgoing, method), **which)
        except Refused as refused:
            if refused.reason != "lost":
                log.error("a part of a message could not be deleted: %s", refused)

    # -- after a crash

    async def look_up(self, outgoing: Outgoing) -> Taken | None:
        """The message, if Slack has it; what is missing of a long one is posted. Raises as `send`."""
        if outgoing.message is not None or is_mark(outgoing) or _alone(outgoing):
            return None
        there = await self.installation(outgoing.place.workspace)
        found = await self.finder.find(there, outgoing, self._since(outgoing))
        if found is None:
            return None
        rendered = render(outgoing.spoken, self.workspaces.leads)
        if rendered.long:
            rest = await self.finder.rest(there, found, _under(outgoing, found))
            await self._continue(there, outgoing, found, rendered, rest)
        name = names.message(found.channel, found.ts, long=rendered.long)
        self._tried.pop(outgoing.token, None)
        return Taken(name, found.ts if outgoing.opens else "", names.moment(found.ts))

    def _since(self, outgoing: Outgoing) -> datetime | None:
        """Before when the message cannot have been posted, by Slack's clock."""
        tried = self._tried.get(outgoing.token)
        if tried is not None:
            return tried
        return outgoing.since - MARGIN if outgoing.since is not None else None


def _under(outgoing: Outgoing, first: names.Posted) -> str:
    """The thread that a message goes on in: its own, where it is in none. A private place has no threads."""
    return outgoing.place.thread or ("" if names.is_private(first.channel) else first.ts)


def _inside(thread: str) -> dict[str, str]:
    return {"thread_ts": thread} if thread else {}
