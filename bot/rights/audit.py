"""The audit log: who did what to which series, and when; never what anybody said. In words, as CSV and as JSON.

Rows hold numbers and no names, and so do files of them. In words those are named who act in a role of that series:
coordinators, managers, and whoever may set up series. Whoever else acts is somebody who takes part, and so is everybody
in what one does as such; whom an act is about is named as long as we know their name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, or_, select

from bot.series.moving import ALONG, MOVED, Earlier
from bot.series.signing import CANNOT_COME
from flows import sight
from flows.calendar import resolve
from flows.language import Catalogue
from flows.sight import Viewer
from storage import tables as t

#: Roles in which somebody acts by name.
OFFICES = ("coordinator", "manager")
#: What people do because they take part, whatever else they are.
OF_PART = frozenset({CANNOT_COME, "person joined"})
_NUMBERS = re.compile(r"(?:session )?(\d+(?:, \d+)*)")
#: In an act on a session, after its number.
_GROUP, _CIRCLE, _PERSON = (re.compile(rf"{word}(\d+)") for word in ("group-", "circle:", "person:"))


class Act(Struct, frozen=True):
    """One row. Times are UTC; people are numbers."""

    number: int
    at: datetime
    actor: str
    act: str
    object: str


def acts(connection: Connection, viewer: Viewer, organisation: int, slug: str | None = None) -> list[Act]:
    """Of one series, the oldest first; without a series, all of the organisation. Raises NotYours."""
    sight.require(viewer, "audit")
    a = t.audit.c
    mine = select(t.audit).where(a.organisation_id == organisation)
    if slug is not None:
        named = (a.object.startswith(f"{slug}{sign}", autoescape=True) for sign in (" ", "/"))
        mine = mine.where(or_(a.object == slug, *named))
    rows = connection.execute(mine.order_by(a.id))
    return [Act(row.id, row.at.astimezone(UTC), row.actor, row.act, row.object) for row in rows]


def as_csv(found: Sequence[Act]) -> str:
    """With a heading; lines end as RFC 4180 has it."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(Act.__struct_fields__)
    for one in found:
        write.writerow([one.number, one.at.isoformat(), *map(_plain, (one.actor, one.act, one.object))])
    return out.getvalue()


def _plain(cell: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


def as_json(found: Sequence[Act]) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


# -- in words


@dataclass(frozen=True, slots=True)
class _Series:
    slug: str
    zone: str
    #: Names of its groups by their number, and of all its circles by their row's.
    groups: dict[int, str]
    circles: dict[int, str]


#: What is no series' own.
_NONE = _Series("", "UTC", {}, {})


class Told:
    """Puts the acts of one organisation into words."""

    def __init__(self, connection: Connection, organisation: int, texts: Catalogue) -> None:
        self.texts = texts
        p, m, s, a = t.people.c, t.memberships.c, t.series.c, t.appointments.c
        ours = connection.execute(select(p.id, p.name).where(p.organisation_id == organisation))
        self.names = {row.id: row.name for row in ours if row.name}
        held = select(s.slug, m.person_id, m.role).join(t.series, s.id == m.series_id).order_by(m.id)
        held = held.where(s.organisation_id == organisation, m.role.in_(OFFICES))
        #: Whoever may set up series.
        self.appointed = set(
            connection.execute(select(a.person_id).where(a.organisation_id == organisation)).scalars()
        )
        #: The role that each has, or had last: in a series, and in any ("").
        self.offices: dict[tuple[str, int], str] = {}
        for row in connection.execute(held):
            self.offices |= {(slug, row.person_id): row.role for slug in (row.slug, "")}
        self.series = {each.slug: each for each in _all_series(connection, organisation)}

    def line(self, act: Act) -> str:
        """Who did what. What has no words of its own is told as it stands in the log."""
        return f"{self._who(act)} {self._did(act)}"

    def called(self, act: Act) -> str:
        """The series that an act is about, as commands call it; "" for none."""
        slug = re.split("[ /]", act.object, maxsplit=1)[0]
        return slug if slug in self.series else ""

    def _who(self, act: Act) -> str:
        kind, _, number = act.actor.partition(":")
        if kind != "person" or not number.isdecimal():
            return act.actor
        person = int(number)
        role = self.offices.get((self.called(act), person), "")
        acts = (role or person in self.appointed) and act.act not in OF_PART
        if not acts or person not in self.names:
            return self.texts.say("audit.part")
        name = str(self.names[person])
        return f"{name} ({self.texts.say(f'counter.roles.{role}').lower()})" if role else name

    def _did(self, act: Act) -> str:
        series, called = self.series.get(self.called(act), _NONE), kind(act.act)
        if f"audit.act.{called}" in self.texts:
            with suppress(LookupError, ValueError):  # a row that does not read as its act has it
                return self._in_words(series, called, act.object.removeprefix(series.slug).lstrip(" /"))
        return f"{act.act}, {act.object}".rstrip(", ")

    def _in_words(self, series: _Series, kind: str, rest: str) -> str:
        params = self._params(series, kind, rest)
        if kind == "meeting-moved" and "group" in params:
            kind = "meeting-moved-alone"
        if kind == "series-paused" and "day" in params:
            kind = "series-paused-until"
        return self.texts.say(f"audit.act.{kind}", **self._gone() | params)

    def _gone(self) -> dict[str, str]:
        """What is said where a name is not known any more."""
        return {"group": self.texts.say("audit.group-gone"), "person": self.texts.say("audit.person-gone")}

    def _params(self, series: _Series, kind: str, rest: str) -> dict[str, Any]:
        found: dict[str, Any] = {"what": rest, **_date(series, kind, rest)}
        if number := _NUMBERS.match(rest):
            found["number"] = number[1]
        for pattern, names in ((_GROUP, series.groups), (_CIRCLE, series.circles)):
            if (group := pattern.search(rest)) and int(group[1]) in names:
                found["group"] = names[int(group[1])]
        if kind in ("meeting-moved", "paper-entered") and (which := rest.split()[1]).isdecimal():
            found["group"] = series.groups.get(int(which), which)
        if (person := _PERSON.search(rest)) and int(person[1]) in self.names:
            found["person"] = self.names[int(person[1])]
        if kind.startswith("recap-"):
            found["recap"] = self._recap(found, rest)
        if kind == "checklist":
            found["settled"] = self.texts.say(f"rights.checklist.{rest.split()[0]}")
        return found

    def _recap(self, found: dict[str, Any], rest: str) -> str:
        whole = "/series" in rest
        whose = found.get("group") or self.texts.say("audit.whole" if whole else "audit.managers")
        return self.texts.say("audit.recap", number=found.get("number", ""), whose=whose)


def kind(act: str) -> str:
    """What the words of an act are found by."""
    return re.sub("[^a-z]+", "-", MOVED if act == ALONG else act)


def _all_series(connection: Connection, organisation: int) -> Iterable[_Series]:
    s, c = t.series.c, t.circles.c
    rows = connection.execute(select(s.id, s.slug, s.zone).where(s.organisation_id == organisation))
    circles = list(connection.execute(
        select(c.id, c.series_id, c.kind, c.number, c.name).join(t.series, s.id == c.series_id)
        .where(s.organisation_id == organisation)
    ))  # fmt: skip
    for row in rows:
        mine = [each for each in circles if each.series_id == row.id]
        groups = {each.number: each.name for each in mine if each.kind == "group"}
        yield _Series(row.slug, row.zone, groups, {each.id: each.name for each in mine})


def _date(series: _Series, kind: str, rest: str) -> dict[str, date]:
    """When a meeting was before it moved, of which date people were asked, or until when the series was paused."""
    if kind == "meeting-moved":
        return {"day": resolve(Earlier.read(rest).moment(series.zone))}
    if kind.startswith("sign-up-"):
        return {"day": date.fromisoformat(rest.split()[1])}
    until = rest.removeprefix("until ")
    return {"day": date.fromisoformat(until)} if kind == "series-paused" and until else {}
