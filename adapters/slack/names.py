"""What places and messages are called: Slack's own names, and how the house knows them. Pure.

- A private place is called by the person (`U…`), as the house knows it; Slack calls the same conversation `D…`,
  and rewrites and finds messages only by that. So a message in private is called `D…:ts`, and one elsewhere `ts`.
- A message that was continued in further ones is called by its first, with `+` behind it.
- A receipt is a mark on a person's message: it is called by that one, with `#tick` behind it. What was shown to one
  person alone has `#alone` behind it. Neither can be rewritten.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from adapters.port import Address, Link

NAME = "slack"
#: The kind of metadata on what we post: its payload holds an opaque token and nothing else.
METADATA = "runda"
_LONG, _TICK, _ALONE = "+", "#tick", "#alone"
_ID = re.compile(r"[A-Z][A-Z0-9]{1,40}", re.ASCII)


class Posted(NamedTuple):
    """A message: Slack's channel and time stamp, whether it goes on in others, and whether Slack keeps it."""

    channel: str
    ts: str
    long: bool = False
    fleeting: bool = False


def message(channel: str, ts: str, *, long: bool = False) -> str:
    """What the house calls a message in one of Slack's channels."""
    name = f"{channel}:{ts}" if is_private(channel) else ts
    return name + _LONG if long else name


def receipt(about: str) -> str:
    return about + _TICK


def whispered(ts: str) -> str:
    return ts + _ALONE


def posted(place: Address, name: str) -> Posted:
    """Where the message is that the house calls so, in this place."""
    fleeting = name.endswith((_TICK, _ALONE))
    channel, _, ts = name.partition("#")[0].rpartition(":")
    return Posted(
        channel or place.channel, ts.removesuffix(_LONG), long=ts.endswith(_LONG), fleeting=fleeting
    )


def is_private(channel: str) -> bool:
    """A conversation between one person and us, as Slack calls it."""
    return channel.startswith("D")


def is_person(channel: str) -> bool:
    """A private place, as the house calls it."""
    return channel.startswith(("U", "W"))


def is_id(text: str) -> bool:
    """Whether Slack could call somebody, or something, so."""
    return _ID.fullmatch(text) is not None


def moment(ts: str) -> datetime:
    """A message's time stamp is its time. Raises ValueError."""
    return datetime.fromtimestamp(float(ts), UTC)


def stamp(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


def permalink(url: str, link: Link) -> str:
    """Where a message is read in a browser; `url` is the workspace's (https://example.slack.com/).

    Made as chat.getPermalink answers (https://docs.slack.dev/reference/methods/chat.getPermalink).
    """
    there = posted(link.place, link.message)
    thread = link.place.thread
    inside = f"?thread_ts={thread}&cid={there.channel}" if thread and thread != there.ts else ""
    return f"{url.rstrip('/')}/archives/{there.channel}/p{there.ts.replace('.', '')}{inside}"
