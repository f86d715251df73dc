"""What the API answers, as data. docs/openapi.json is made from these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from bot.documents.text import Text
from bot.ideas.sluice import Status

Name = Annotated[
    str, Meta(description="What the series is called in addresses.", pattern="^[a-z0-9-]{1,60}$")
]
Number = Annotated[int, Meta(description="Which session of the series, from 1.", ge=1, le=999)]
Whole = Annotated[bool, Meta(description="It is of the whole series up to and including that session.")]
Cursor = Annotated[
    str | None, Meta(description="Where the next page begins: hand it in as `after`. Null: this is the last page.")
]  # fmt: skip
Href = Annotated[str, Meta(description="Where it is read.")]


class Series(Struct, frozen=True):
    """A series of sessions."""

    name: Name
    title: str
    status: Literal["planned", "running", "paused", "finished", "cancelled"]
    language: Literal["nb", "nn", "sv", "en"]
    #: As in the IANA database.
    zone: Annotated[str, Meta(description="The zone in which its local times are kept, such as Europe/Oslo.")]
    sessions: Href


class AllSeries(Struct, frozen=True):
    items: tuple[Series, ...]
    next: Cursor


class Session(Struct, frozen=True):
    """One session of everyone, or of a group that meets at another time. The same entry as in calendars."""

    id: Annotated[
        str, Meta(description="Keeps to the entry whatever happens to its date; the UID in calendars.")
    ]
    number: Number
    title: str
    group: Annotated[str | None, Meta(description="Null: all groups that have no entry of their own.")]
    starts_at: Annotated[datetime, Meta(description="In the series' zone.")]
    ends_at: datetime
    days: Annotated[bool, Meta(description="It is open for days, and people write when it suits them.")]
    status: Literal["tentative", "confirmed", "cancelled"]
    sequence: Annotated[
        int, Meta(description="Grows with every change of the entry, and may grow without one.")
    ]


class Schedule(Struct, frozen=True):
    items: tuple[Session, ...]


class Brief(Struct, frozen=True):
    """That there is a managers' recap, in this version."""

    series: Name
    number: Number
    whole: Whole
    version: int
    status: Annotated[
        Literal["approved", "counts"],
        Meta(description="counts: nobody approved it in time, and only numbers went out."),
    ]
    approved_at: datetime | None
    recap: Href


class Briefs(Struct, frozen=True):
    items: tuple[Brief, ...]
    next: Cursor


class Actions(Struct, frozen=True):
    """How many actions are in which state, from the beginning of the series."""

    open: int
    under_way: int
    done: int
    dropped: int


class Ideas(Struct, frozen=True):
    """How many of the organisation's ideas have one status. Never who left them, or what they say."""

    status: Status
    n: int
    since: Annotated[date, Meta(description="Since when the oldest has had it, in the series' zone.")]


class Units(Struct, frozen=True):
    """How many of those people are from one unit, such as a municipality. From five up, so never who."""

    unit: Annotated[str | None, Meta(description="Null: elsewhere, or it is not known where.")]
    n: Annotated[int, Meta(ge=5)]


class Counts(Struct, frozen=True):
    groups: Annotated[int, Meta(description="Groups that took part.")]
    of: Annotated[int, Meta(description="Groups that there are.")]
    people: Annotated[int | None, Meta(description="People who said something. Null: too few to be told.")]
    actions: Actions
    ideas: Annotated[
        tuple[Ideas, ...], Meta(description="Empty: none, or the programme does not ask for them.")
    ]
    units: Annotated[
        tuple[Units, ...],
        Meta(
            description="As managers were told it first. Empty: no unit has five, or fewer would be known by what is "
            "missing; the programme does not ask for it; or it is of the whole series, where each session has its own."
        ),
    ]


class Recap(Struct, frozen=True):
    """A managers' recap as it stands now: what has been taken back since it was approved is not in it."""

    series: Name
    number: Number
    whole: Whole
    version: int
    status: Literal["approved", "counts"]
    approved_at: datetime | None
    language: Literal["nb", "nn", "sv", "en"]
    counts: Counts
    lines: Annotated[tuple[Text, ...], Meta(description="As it reads, its title first.")]


class Problem(Struct, frozen=True):
    """Why there is no other answer (RFC 9457)."""

    title: str
    status: int
    detail: str
