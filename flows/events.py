"""What has happened to a session, in the past tense.

Events carry ids, times and readings, never words or names: the log of a session can be kept, replayed and
shown after every reply in it has been erased.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from flows.calendar import utc, zone_named
from flows.effects import Given, Role
from flows.reading import Count, Digits, Reading, Shape

Pace = Literal["live", "async"]
Answering = Literal["each", "table"]


class Seats(Struct, frozen=True):
    """A group, and who is in it from one unit."""

    circle: int
    people: tuple[int, ...]
    #: Where they are from, as a number of the caller's own; 0: it is not known.
    unit: int = 0
    #: It is a leaders' group.
    leaders: bool = False


class Profile(Struct, frozen=True):
    """What a circle agreed on at an earlier sitting: of a scale, the level of each item."""

    scale: str
    levels: dict[str, int]


class Setting(Struct, frozen=True, kw_only=True):
    """How this sitting is held; fixed when it opens."""

    pace: Pace
    answering: Answering
    #: IANA zone; quiet hours and shares of a window are local.
    zone: str
    #: Which meeting of the series this is, from 1, and how many there are.
    number: int
    of: int
    #: Live: the minutes set aside for the sitting, plenum included.
    minutes: int
    #: The sitting has a plenum, if there is time for it.
    plenum: bool = False
    #: A break of so many minutes follows this sitting (the one-day form).
    pause: int = 0
    #: Async: when the window closes.
    closes_at: datetime | None = None
    #: Minutes behind the agreed time, when the meeting opens late.
    late: int = 0
    #: The recap of this circle's last sitting, and its actions that are not settled.
    recap: int | None = None
    actions: tuple[int, ...] = ()
    #: Everyone's circle: how many groups may come, and who is in which.
    groups: int = 0
    seats: tuple[Seats, ...] = ()
    #: What everyone's sessions of earlier rounds handed on, by its step; the latest of each.
    given: tuple[Given, ...] = ()
    #: Who has met whom one to one, in earlier rounds.
    met: tuple[tuple[int, int], ...] = ()
    #: What this circle agreed on at its earlier sittings, the earliest first.
    profiles: tuple[Profile, ...] = ()
    #: Days after the series' last sitting that replies are kept, and approved recaps; None in it: until somebody
    #: decides. Told at the first sitting; None: it is not told.
    kept: tuple[int | None, int | None] | None = None
    #: People come in by themselves: whoever is in so far need not be all, nor somebody alone.
    open_roster: bool = False

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if self.closes_at is not None:
            utc(self.closes_at)
        elif self.pace == "async":
            raise ValueError(
                "an async sitting without `closes_at` would never end; say when its window closes"
            )


class Also(Struct, frozen=True):
    """One of a circle who has another part to play in the series."""

    person: int
    role: Literal["coordinator", "manager"]


class Opened(Struct, frozen=True, tag="opened"):
    """The time of the meeting has come."""

    setting: Setting
    members: tuple[int, ...] = ()
    #: Told when it opens, and not kept.
    also: tuple[Also, ...] = ()
    #: So is that what managers get is posted in a channel, where others may read it.
    managers_place: bool = False


class Meant(Struct, frozen=True):
    """What is known of a message that is spoken of: whose it is, how it counts, and which prompt it answers."""

    person: int
    role: Role = "answer"
    prompt: int | None = None
    late: bool = False


class Replied(Struct, frozen=True, tag="replied", kw_only=True):
    """A person wrote something. The words are in the reply's row."""

    person: int
    reply: int
    reading: Reading
    sent_at: datetime
    #: Written where only the bot and its author see it.
    private: bool = False
    #: It directly replies to this prompt, or to this other reply.
    prompt: int | None = None
    about: int | None = None
    #: What is known of that other reply. Where it is not said, it is the author's own.
    meant: Meant | None = None
    #: What the words look like, for a step that asks for a sentence or a name.
    shape: Shape | None = None

    def __post_init__(self) -> None:
        utc(self.sent_at)


class Edited(Struct, frozen=True, tag="edited"):
    person: int
    reply: int
    #: Where what it said was counted, as a vote is: what it says now.
    said: Replied | None = None


class Removed(Struct, frozen=True, tag="removed"):
    """The author took a reply back, or it was erased."""

    person: int
    reply: int
    #: What it said, where that was counted.
    said: Replied | None = None


class Pressed(Struct, frozen=True, tag="pressed"):
    """A button. `press` is what the choice carried: a word, or a word with a number, `help:3` or `next:<prompt>`."""

    person: int
    press: str
    about: int | None = None
    #: The prompt whose button it was. A press has no time of its own; this tells an early one from a late one.
    prompt: int | None = None
    #: Pressed where only the bot and this person see it.
    private: bool = False
    #: What is known of the reply that it is about. Where it is not said, it is this person's own.
    meant: Meant | None = None


class Filled(Struct, frozen=True, tag="filled", kw_only=True):
    """A person handed in what they filled in privately (`flows.answers`). The words and values are in rows."""

    person: int
    prompt: int
    sent_at: datetime
    #: By item: the replies that hold what was written there. An item that was left empty is not here.
    words: dict[str, tuple[int, ...]] = {}
    #: By item: the replies that were chosen among those that it offered.
    picked: dict[str, tuple[int, ...]] = {}
    #: The reply under which the values of what was chosen are stored, and the items that were.
    chosen: int | None = None
    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        utc(self.sent_at)
        if (self.chosen is None) != (not self.items):
            raise ValueError("what was chosen needs a reply to be stored under, and items that it answers")


class Attached(Struct, frozen=True, tag="attached"):
    """A person sent pictures or files, and no words with them."""

    person: int


class TimeCame(Struct, frozen=True, tag="time-came"):
    """At least one deadline may be due."""


class Joined(Struct, frozen=True, tag="joined"):
    person: int


class Left(Struct, frozen=True, tag="left"):
    person: int


class Delivered(Struct, frozen=True, tag="delivered"):
    """The platform has a prompt, since `at`."""

    prompt: int
    at: datetime

    def __post_init__(self) -> None:
        utc(self.at)


class DeliveryFailed(Struct, frozen=True, tag="delivery-failed"):
    """The platform refused a prompt for good. `reason` is a code of ours."""

    prompt: int
    reason: str


class Paused(Struct, frozen=True, tag="paused"):
    """A coordinator paused the series, and with it this session; or, `unreachable`, its place takes nothing now."""

    unreachable: bool = False


class Resumed(Struct, frozen=True, tag="resumed", omit_defaults=True):
    """It goes on: after a pause; where its place was shut, and takes messages again; or in another place, where
    nothing is to be seen of what was said before."""

    after: Literal["pause", "shut", "moved"] = "pause"


class Stretched(Struct, frozen=True, tag="stretched"):
    """A coordinator gave every live group more minutes."""

    minutes: int


class Gathered(Struct, frozen=True, tag="gathered"):
    """A coordinator called all groups together: what this one has so far is what it brings."""


class Published(Struct, frozen=True, tag="published"):
    """A group has finished its part, and this is what it released to everyone."""

    circle: int
    findings: tuple[int, ...]
    given: tuple[Given, ...] = ()


class Curated(Struct, frozen=True, tag="curated", omit_defaults=True):
    """A coordinator merged a line of a gross list (counted from 1) into another, called it small or large, or said it
    in other words. What is not said stays as it was; where nothing is, the line is put back as it was written."""

    line: int
    into: int | None = None
    size: Literal["small", "large"] | None = None
    #: The reply that has them.
    words: int | None = None


class Closed(Struct, frozen=True, tag="closed"):
    """A coordinator ended the sitting."""


Event: TypeAlias = (
    Opened | Replied | Edited | Removed | Pressed | Filled | Attached | TimeCame | Joined | Left | Delivered
    | DeliveryFailed | Paused | Resumed | Stretched | Gathered | Curated | Published
    | Closed
)  # fmt: skip


def hushed(event: Replied) -> Replied:
    """The event as it may be written down where its words are not kept, or where the number in it is a score.

    The engine makes the same of both, so that the log still replays.
    """
    return replace(event, reading=Digits()) if isinstance(event.reading, Count | Digits) else event
