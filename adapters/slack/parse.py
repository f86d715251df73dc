"""What Slack tells by its Events API: an event in its envelope, as `Heard`, `Asked` or `Nothing`. Pure.

The rules:

- `EVENTS` is all that is understood, by the names that a manifest subscribes to; a test holds slack-manifest.yaml
  to it. Mentions are messages too, and are subscribed to as those only: otherwise each would count twice.
- What is written is heard wherever we hear it, with its thread if it has one. Whether anything is made of it is for
  the house to say.
- Whatever bots say is nothing, and so is what Slack says itself (somebody joined, a topic was set).
- An edit is one if its author made it and its words are others. Slack tells of links that it unfolded in the same
  way. The root of a thread that was deleted is told as changed, into a tombstone.
- Time is the message's own, and a revision counts from it, in microseconds, to when Slack tells of the edit: what
  Slack says of the edit itself is a whole second, and somebody may correct twice in one.

https://docs.slack.dev/reference/events
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from adapters.port import Address, Asked, Heard, Learned, News, Reacted, Rewrote, TookBack, Wrote
from adapters.slack import names
from adapters.slack.wording import plain

Json: TypeAlias = dict[str, Any]

#: Subtypes of messages that people write. The others are Slack's own, or a bot's.
WRITTEN = frozenset((None, "file_share", "thread_broadcast", "me_message"))
#: The account that Slack itself speaks by.
SLACKBOT = "USLACKBOT"


class Nothing(NamedTuple):
    """There is nothing to hear in it, and why."""

    why: str


Said: TypeAlias = Heard | Asked | Nothing


class Envelope(NamedTuple):
    """An event with what stands around it. `us` is our own account there; "" where it is not known."""

    body: Json
    event: Json
    workspace: str
    us: str

    @property
    def key(self) -> str:
        return str(self.body["event_id"])

    @property
    def at(self) -> datetime:
        """When Slack says that it happened."""
        if stamp := self.event.get("event_ts"):
            return names.moment(stamp)
        return datetime.fromtimestamp(self.body["event_time"], UTC)

    def place(self, channel: str, thread: str = "") -> Address:
        return Address(names.NAME, self.workspace, channel, thread)


def workspace(body: Json) -> str:
    """The workspace in which we hear it: in a channel that two share, not always the one it comes from."""
    for authorization in body.get("authorizations") or ():
        if authorization.get("team_id"):
            return str(authorization["team_id"])
    return str(body.get("team_id") or "")


def event(body: Json, accounts: Mapping[str, str]) -> Said:
    """What an `event_callback` says; `accounts` is our own account by workspace."""
    told = body.get("event") or {}
    read = _READERS.get(told.get("type", ""))
    if read is None:
        return Nothing("another event")
    where = workspace(body)
    try:
        return read(Envelope(body, told, where, accounts.get(where, "")))
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        return Nothing(f"unreadable: {type(fault).__name__}")


# -- messages


def _message(envelope: Envelope) -> Said:
    told = envelope.event
    if told["channel_type"] not in ("channel", "group", "im"):
        return Nothing("a conversation of several")
    subtype = told.get("subtype")
    if subtype == "message_changed":
        return _changed(envelope)
    if subtype == "message_deleted":
        return _deleted(envelope, told["previous_message"])
    return _wrote(envelope) if subtype in WRITTEN else Nothing(f"subtype {subtype}")


def _wrote(envelope: Envelope) -> Said:
    told = envelope.event
    if reason := _not_a_persons(told, envelope.us):
        return Nothing(reason)
    words, files = plain(told.get("text") or "", bot=envelope.us), len(told.get("files") or ())
    called = bool(envelope.us) and f"<@{envelope.us}" in (told.get("text") or "")
    if not words and not files and not called:
        return Nothing("no words")
    place, private = _where(envelope, told, told["user"])
    return Wrote(
        key=envelope.key, place=place, account=told["user"], words=words, files=files, private=private, called=called,
        message=names.message(told["channel"], told["ts"]), at=names.moment(told["ts"]),
        reply_to=_replies_to(told) if private else None,
    )  # fmt: skip


def _replies_to(told: Json) -> str | None:
    """In private a thread is the message that it hangs on; elsewhere it is a place."""
    thread = told.get("thread_ts")
    return names.message(told["channel"], thread) if thread and thread != told["ts"] else None


def _changed(envelope: Envelope) -> Said:
    now, before = envelope.event["message"], envelope.event.get("previous_message") or {}
    if now.get("subtype") == "tombstone":
        return _deleted(envelope, before)
    if reason := _not_a_persons(now, envelope.us):
        return Nothing(reason)
    edited = now.get("edited") or {}
    if edited.get("user") != now["user"]:
        return Nothing("not edited by its author")
    if now.get("text") == before.get("text"):
        return Nothing("the words are the same")
    place, _ = _where(envelope, now, now["user"])
    return Rewrote(
        key=envelope.key, place=place, account=now["user"], at=names.moment(edited["ts"]),
        message=names.message(envelope.event["channel"], now["ts"]),
        words=plain(now.get("text") or "", bot=envelope.us), revision=revision(now["ts"], envelope.at),
    )  # fmt: skip


def revision(written: str, told: datetime) -> int:
    """Grows with every edit, from 1."""
    return max(1, (told - names.moment(written)) // timedelta(microseconds=1))


def _deleted(envelope: Envelope, before: Json) -> Said:
    """Slack does not say who deleted it; whoever wrote it no longer stands by it."""
    if reason := _not_a_persons(before, envelope.us):
        return Nothing(reason)
    place, _ = _where(envelope, before, before["user"])
    return TookBack(key=envelope.key, place=place, account=before["user"], at=envelope.at,
                    message=names.message(envelope.event["channel"], before["ts"]))  # fmt: skip


def _not_a_persons(message: Json, us: str) -> str:
    if message.get("bot_id") or message.get("bot_profile") or message.get("user") == us:
        return "a bot's"
    return "" if message.get("user") not in (None, SLACKBOT) else "nobody's"


def _where(envelope: Envelope, message: Json, author: str) -> tuple[Address, bool]:
    """The place, and whether it is the author's private one, which has no threads for us."""
    if envelope.event["channel_type"] == "im":
        return envelope.place(author), True
    return envelope.place(envelope.event["channel"], message.get("thread_ts") or ""), False


def _reacted(*, added: bool) -> Callable[[Envelope], Said]:
    """Slack tells the channel of what was marked, and not the thread."""

    def read(envelope: Envelope) -> Said:
        told = envelope.event
        if told["item"].get("type") != "message" or told["user"] == envelope.us:
            return Nothing("no mark of a person's on a message")
        channel, ts = told["item"]["channel"], told["item"]["ts"]
        return Reacted(key=envelope.key, place=envelope.place(channel), account=told["user"],
                       message=names.message(channel, ts), added=added, at=envelope.at)  # fmt: skip

    return read


# -- what becomes of places, people and the workspace


def _learned(envelope: Envelope, what: News, place: Address, **more: Any) -> Learned:
    return Learned(key=envelope.key, what=what, place=place, at=envelope.at, **more)


def _news(what: News, why: str = "") -> Callable[[Envelope], Said]:
    """Of a channel."""
    return lambda envelope: _learned(envelope, what, envelope.place(envelope.event["channel"]), why=why)


def _joined(envelope: Envelope) -> Said:
    place, who = envelope.place(envelope.event["channel"]), envelope.event["user"]
    return (
        _learned(envelope, "open", place)
        if who == envelope.us
        else _learned(envelope, "came", place, account=who)
    )


def _left(envelope: Envelope) -> Said:
    place, who = envelope.place(envelope.event["channel"]), envelope.event["user"]
    if who == envelope.us:
        return _learned(envelope, "shut", place, why="removed")
    return _learned(envelope, "went", place, account=who)


def _readdressed(envelope: Envelope) -> Said:
    """A private channel that is shared with another workspace gets another name."""
    was, now = (envelope.event[f"{which}_channel_id"] for which in ("old", "new"))
    return _learned(envelope, "moved", envelope.place(was), to=envelope.place(now))


def _person(envelope: Envelope) -> Said:
    person = envelope.event["user"]
    if not person.get("deleted") or person.get("is_bot"):
        return Nothing("nobody has left")
    return _learned(envelope, "gone", envelope.place(person["id"]), account=person["id"])


def _revoked(envelope: Envelope) -> Said:
    if not (envelope.event.get("tokens") or {}).get("bot"):
        return Nothing("not ours")
    return _learned(envelope, "cut", envelope.place(""), why="revoked")


def _uninstalled(envelope: Envelope) -> Said:
    return _learned(envelope, "cut", envelope.place(""), why="uninstalled")


def _home(envelope: Envelope) -> Said:
    told = envelope.event
    if told.get("tab") != "home":
        return Nothing("the other tab")
    return Asked(place=envelope.place(told["user"]), account=told["user"], press="open:home", at=envelope.at)


def _of_channels(what: str, read: Callable[[Envelope], Said]) -> dict[str, Callable[[Envelope], Said]]:
    """Public channels and private ones are told of by names of their own."""
    return {f"channel_{what}": read, f"group_{what}": read}


_READERS: dict[str, Callable[[Envelope], Said]] = {
    "message": _message,
    "app_home_opened": _home,
    "reaction_added": _reacted(added=True),
    "reaction_removed": _reacted(added=False),
    "member_joined_channel": _joined,
    "member_left_channel": _left,
    "channel_id_changed": _readdressed,
    "user_change": _person,
    "tokens_revoked": _revoked,
    "app_uninstalled": _uninstalled,
    **_of_channels("archive", _news("shut", "archived")),
    **_of_channels("unarchive", _news("open")),
    **_of_channels("deleted", _news("shut", "deleted")),
    **_of_channels("left", _news("shut", "removed")),
}

#: The events that are understood, as a manifest subscribes to them.
EVENTS = frozenset(_READERS) - {"message"} | {"message.channels", "message.groups", "message.im"}
