"""What a person sees in a channel, as readable text: for golden transcripts of whole meetings, and for counting.

A line is `Name: text`; what belongs to a message stands indented below it; a thread's replies are drawn with a
bar. No times and no ids are in it, so that it reads the same each time.
"""

from __future__ import annotations

import json
import re
from collections import Counter

from tests.standins.slack import flatten
from tests.standins.slack.forms import Forms
from tests.standins.slack.people import Where, Who
from tests.standins.slack.state import IM, Channel, Message, View, Workspace
from tests.standins.slack.values import state

BAR = "  │ "
PERMALINK = re.compile(r"/archives/([A-Z0-9]+)/p(\d{10})(\d{6})")
#: As much of a message as a link to it shows.
GLIMPSE = 40


class Reading(Forms):
    """Reading back what has come of it all."""

    def posts(self, channel: Where, thread: str | None = None, deleted: bool = False) -> list[Message]:
        """The app's own messages in a channel, oldest first; of one thread only if given. Not ephemeral ones."""
        place = self.where(channel)
        bot = self.team_of(place).bot.id
        found = [m for m in place.messages.values() if m.user == bot and m.subtype != "channel_join"]
        return [m for m in found if (deleted or not m.deleted) and (thread is None or m.thread_ts == thread)]

    def whispers(self, channel: Where, user: Who | None = None) -> list[Message]:
        """What the app has shown to one person alone (or to any)."""
        found = self.where(channel).ephemerals
        return [m for m in found if not m.deleted and (user is None or m.seen_by == self.who(user).id)]

    def doubles(self) -> list[str]:
        """Metadata that more than one message was posted with, in any channel: nothing should be said twice."""
        marks = Counter(
            json.dumps(message.metadata, sort_keys=True)
            for team in self.workspaces.values()
            for channel in team.channels.values()
            for message in channel.messages.values()
            if message.metadata
        )
        return [mark for mark, times in marks.items() if times > 1]

    def text(self, message: Message) -> str:
        """One message as it is read."""
        team = next(each for each in self.workspaces.values() if message.channel in each.channels)
        return "\n".join(self._body(message, team))

    def transcript(self, channel: Where, user: Who | None = None) -> str:
        """The channel with its threads; ephemeral messages of everybody, or of `user` alone."""
        place = self.where(channel)
        team = self.team_of(place)
        seen = [m for m in place.ephemerals if user is None or m.seen_by == self.who(user).id]
        everything = sorted([*place.messages.values(), *seen], key=lambda m: m.ts)
        lines = [self._title(place, team), ""]
        for message in everything:
            if shown(message) and (not message.is_reply or message.subtype == "thread_broadcast"):
                lines += self._lines(message, team, broadcast=message.is_reply)
                if not message.is_reply:
                    under = [m for m in everything if m.is_reply and m.thread_ts == message.ts and shown(m)]
                    lines += [f"{BAR}{line}".rstrip() for each in under for line in self._lines(each, team)]
        return "\n".join(lines).rstrip() + "\n"

    def dm_transcript(self, user: Who) -> str:
        """The direct messages between a person and the app."""
        who = self.who(user)
        team = self.team_of(who)
        place = team.dm(team.bot.id, who.id)
        return self.transcript(place) if place else f"(nothing between {who.name} and {team.bot.name})\n"

    def view_text(self, view: View) -> str:
        """A modal or a home as the person sees it, with what is filled in and the errors beside it."""
        team = self.workspaces[view.team_id]
        values = state(view.blocks, view.filled)
        title = view.body.get("title", {}).get("text", "Home")
        lines = [f"<< {title} >>"]
        for block in view.blocks:
            lines += flatten.block(block, self._namer(team), values)
            if block["block_id"] in view.errors:
                lines.append(f"  ! {view.errors[block['block_id']]}")
        buttons = [view.body[name]["text"] for name in ("close", "submit") if view.body.get(name)]
        lines += [" ".join(f"[{each}]" for each in buttons)] if buttons else []
        return "\n".join(lines) + "\n"

    def _title(self, place: Channel, team: Workspace) -> str:
        if place.kind == IM:
            others = [team.users[each].name for each in place.members if each != team.bot.id]
            return f"# Direct messages: {', '.join(others)}"
        return f"# {place.name}{' (archived)' if place.is_archived else ''}"

    def _lines(self, message: Message, team: Workspace, broadcast: bool = False) -> list[str]:
        name = message.username or team.users[message.user].name
        whom = f" (only {team.users[message.seen_by].name} sees this)" if message.seen_by else ""
        body = self._body(message, team)
        if message.edited and not message.tombstone:
            body[-1] += " (edited)"
        if broadcast:
            body[0] += " (sent from a thread)"
        first = f"{name}{whom}: {body[0]}" if message.subtype != "me_message" else f"* {name} {body[0]}"
        lines = [first, *(f"    {line}".rstrip() for line in body[1:])]
        return lines + self._marks(message, team)

    def _body(self, message: Message, team: Workspace) -> list[str]:
        if message.tombstone:
            return ["This message was deleted."]
        namer = self._namer(team)
        lines = flatten.blocks(message.blocks, namer) if message.blocks else []
        lines = lines or flatten.mrkdwn(message.text, namer).splitlines()
        lines += [f"(file: {each['title']})" for each in message.files]
        return lines or [""]

    def _marks(self, message: Message, team: Workspace) -> list[str]:
        marks = [
            f":{name}: {', '.join(team.users[each].name for each in people)}"
            for name, people in message.reactions.items()
        ]
        return [f"    {'  '.join(marks)}"] if marks else []

    def _namer(self, team: Workspace) -> flatten.Namer:
        def name(inside: str) -> str:
            target, _, label = inside.partition("|")
            if target.startswith("@"):
                known = team.users.get(target[1:])
                return f"@{known.name if known else target[1:]}"
            if target.startswith("#"):
                return f"#{team.channels[target[1:]].name if target[1:] in team.channels else label}"
            if target.startswith("!"):
                return label or f"@{target[1:]}"
            return self._link(target, label, team)

        return name

    def _link(self, target: str, label: str, team: Workspace) -> str:
        found = PERMALINK.search(target)
        if found is None:
            return f"{label} (→ {target})" if label and label != target else target
        channel = team.channels.get(found.group(1))
        linked = channel.messages.get(f"{found.group(2)}.{found.group(3)}") if channel else None
        if linked is None:
            return f"{label} (→ nothing)"
        glimpse = (linked.text or " ".join(self._body(linked, team)))[:GLIMPSE].partition("\n")[0]
        return f"{label} (→ “{glimpse}”)"


def shown(message: Message) -> bool:
    return message.tombstone or not message.deleted
