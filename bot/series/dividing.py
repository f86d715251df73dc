"""People who were one circle so far are divided into groups: into so many, or as the coordinator says who sits where.

- Until then they go through what each answers alone (`Round.prework`); a session that needs groups does not open.
- What they have been through stays where it was said. What was to come for all of them becomes the first group's, and
  each of the other groups gets the same.
- The coordinators are reminded, once, some days before the first session that needs groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from adapters.port import OPENS
from bot.joining import codes
from bot.joining.binding import UNBOUND
from bot.recaps.sending import private_places
from bot.rights.days import note
from bot.series import signing
from bot.series.grouping import GROUP, SEED, in_words
from bot.series.homes import TELEGRAM
from bot.series.making import add
from bot.series.members import TAKING_PART, make_group, seat_in, seat_of, seats, unseat
from bot.series.office import BEFORE, UNDER_WAY, Change, Office
from bot.series.problems import SeriesProblem
from bot.series.undoing import forget
from bot.shelf import Shelf
from bot.work import Works
from flows import groups
from flows.calendar import WorkingDays
from flows.forms import NamedGroup, Sentence
from flows.message import Choice, Message, Moment, Name, Points, Text, line, message
from flows.programme import GroupSize, Programme
from storage import tables as t
from storage.unit import Unit

#: How far ahead is looked, and how many working days before the session coordinators are reminded: time enough to
#: make channels, and to tell people.
AHEAD, BEFOREHAND = timedelta(days=14), 2
RUNDA, REMINDED = "Runda", "division reminded"

#: A group that is to be: its name, the seats of its people, and its home where it is to have one of its own.
_Part: TypeAlias = tuple[NamedGroup, list[Row[Any]]]

_encode = msgspec.json.Encoder().encode


def divide(office: Office, shelf: Shelf, n: int | None = None, named: Sequence[NamedGroup] = ()) -> Change:
    """Divide all who take part: as they are `named`, otherwise into `n` groups, or as many as suit their number.

    The same call gives the same groups; people of the same unit come into different ones. Raises SeriesProblem.
    """
    whole = _undivided(office)
    sitting = seats(office, whole.id)
    if not sitting:
        raise SeriesProblem(Sentence("Nobody takes part yet, so there is nobody to divide.", "nobody-yet"))
    size = programme_of(office, shelf).group
    parts = _as_named(office, sitting, named) if named else _evenly(office, sitting, n, size)
    made = [_make(office, whole, number, *part) for number, part in enumerate(parts, 1)]
    _hand_over(office, whole, made, [[seat.person_id for seat in theirs] for _, theirs in parts])
    office.record("people divided", f"{len(made)} groups")
    for (group, theirs), row in zip(parts, made, strict=True):
        _tell(office, row["id"], theirs)
        names = ", ".join(seat.name for seat in theirs)
        office.told.append(Sentence(f"{group.name}: {names}", "divided-group", group=group.name, names=names))
    office.told += [in_words(each) for each in _outside(parts, size)]
    if waiting := [part.name for (part, _), row in zip(parts, made, strict=True) if _waits(office, row)]:
        named_ = ", ".join(waiting)
        words = f"No chat yet: {named_}. Take Runda to one with the group's code."
        office.told.append(Sentence(words, "divided-chats", groups=named_))
    words = f"Groups of {office.series.title}: {len(made)}."
    return office.done(Sentence(words, "divided", n=len(made)))


def programme_of(office: Office, shelf: Shelf) -> Programme:
    return shelf.programme(Unit(office.connection), office.series.content_id)


def _undivided(office: Office) -> Row[Any]:
    """The circle of all who take part. Raises SeriesProblem where it cannot be divided, or not now.

    Its code and the sessions are locked first: whoever comes in or divides at the same time is done, or waits.
    """
    office.refuse_cancelled()
    c = t.circles.c
    all_of_them = select(c.id).where(c.series_id == office.series.id, c.kind == "group", c.number == 0)
    office.all(select(t.codes.c.code).where(t.codes.c.circle_id.in_(all_of_them)).with_for_update())
    sessions = office.sessions()
    whole = next((each for each in office.circles("group") if each.number == 0), None)
    if whole is None:
        words = f"{office.series.title} has its groups already. Take somebody out of one, and add them to another."
        raise SeriesProblem(Sentence(words, "divided-already"))
    numbers = {each.id: each.number for each in office.meetings()}
    for each in sessions:
        if each.circle_id == whole.id and each.phase in UNDER_WAY:
            number = numbers[each.meeting_id]
            words = f"Session {number} is going on. Divide people when it is over, or end it first."
            raise SeriesProblem(Sentence(words, "divide-later", number=number))
    return whole


# -- who sits where


def _evenly(office: Office, sitting: Sequence[Row[Any]], n: int | None, size: GroupSize) -> list[_Part]:
    people = {seat.person_id: seat for seat in sitting}
    if n is not None and not 1 <= n <= len(people):
        words = f"{len(people)} people cannot be divided into {n} groups. Give a smaller number."
        raise SeriesProblem(Sentence(words, "too-many-groups", people=len(people), n=n))
    split = groups.evenly(len(people), n) if n else groups.sizes(len(people), size.low, size.high)
    p = t.people.c
    from_ = select(p.id, p.unit_id).where(p.id.in_(people), p.unit_id.is_not(None))
    units = {row.id: str(row.unit_id) for row in office.all(from_)}
    order = {person: index for index, person in enumerate(people)}
    divided = groups.split(list(people), split.sizes, keep_apart=units, seed=SEED)
    called = GROUP[office.series.language]
    return [
        (
            NamedGroup(called.format(n=number), ()),
            [people[each] for each in sorted(theirs, key=order.__getitem__)],
        )
        for number, theirs in enumerate(divided, 1)
    ]


def _as_named(office: Office, sitting: Sequence[Row[Any]], named: Sequence[NamedGroup]) -> list[_Part]:
    """Raises SeriesProblem for a name that two groups have, and for who is in two of them, or in none."""
    parts = [(group, [seat_of(office, one, TAKING_PART) for one in group.people]) for group in named]
    names = [group.name.casefold() for group in named]
    for group in named:
        if names.count(group.name.casefold()) > 1:
            words = f"There is a group called {group.name} already. Choose another name."
            raise SeriesProblem(Sentence(words, "group-already", group=group.name))
    listed = [seat.person_id for _, theirs in parts for seat in theirs]
    for seat in sitting:
        if listed.count(seat.person_id) > 1:
            words = f"{seat.name} is listed twice. Write each once; tell namesakes apart by surname."
            raise SeriesProblem(Sentence(words, "listed-twice", name=seat.name))
    if left := ", ".join(seat.name for seat in sitting if seat.person_id not in listed):
        words = f"In none of the groups: {left}. Say where they sit too."
        raise SeriesProblem(Sentence(words, "in-none", names=left))
    return parts


def _outside(parts: Sequence[_Part], size: GroupSize) -> Iterator[groups.GroupWarning]:
    """Said once, of the group farthest outside: who sits where is told as well."""
    sizes = [len(theirs) for _, theirs in parts]
    if min(sizes) < size.low:
        yield groups.GroupWarning(groups.SMALL, min(sizes), size.low)
    if max(sizes) > size.high:
        yield groups.GroupWarning(groups.LARGE, max(sizes), size.high)


# -- rows


def _make(
    office: Office, whole: Row[Any], number: int, group: NamedGroup, theirs: Sequence[Row[Any]]
) -> dict[str, Any]:  # fmt: skip
    """A group with its people. Where each meeting opens a thread of its own, all of them live where all of them did."""
    p = t.places.c
    shared = office.all(select(p.id, p.platform).where(p.id == whole.home_id, p.threads))
    row = make_group(office, replace(group, people=()), number, shared[0].id if shared else None)
    if shared and shared[0].platform == TELEGRAM:
        codes.of_group(office.connection, row["id"], office.now)
    for seat in theirs:
        unseat(office, seat.id)
        seat_in(office, seat.person_id, row["id"], seat.role)
    return row


def _hand_over(
    office: Office, whole: Row[Any], made: Sequence[dict[str, Any]], people: Sequence[Sequence[int]]
) -> None:  # fmt: skip
    """What is to come is the groups', and who has said of it that they come has said so there; of one group alone
    nobody meets as everyone."""
    coming = [each for each in office.sessions(circle=whole.id) if each.phase in BEFORE]
    first, *others = made
    office.set_sessions([each.id for each in coming], circle_id=first["id"], place_id=first["home_id"])
    kept = ("organisation_id", "series_id", "meeting_id", "phase", "starts_at", "wake_at", "own_date")
    for row, theirs in zip(others, people[1:], strict=True):
        new = add(office.connection, t.sessions, [
            {name: getattr(each, name) for name in kept} | {"circle_id": row["id"], "place_id": row["home_id"]}
            for each in coming
        ])  # fmt: skip
        for each, sitting in zip(coming, new, strict=True):
            signing.follow(office.connection, each.id, sitting, theirs)
    over = [whole.id]
    for everyone in office.circles("everyone") if not others else ():
        over.append(everyone.id)
        forget(office, [each for each in office.sessions(circle=everyone.id) if each.phase in BEFORE])
    run, c, f = office.connection.execute, t.circles.c, t.feeds.c
    run(update(t.circles).where(c.id.in_(over)).values(until=office.now, close_until=None, asks_at=None))
    # Each group has its own; who comes late comes into one of them.
    run(delete(t.codes).where(t.codes.c.circle_id.in_(over)))
    run(update(t.feeds).where(f.circle_id.in_(over)).values(circle_id=None))
    office.set_series(undivided=False)


def _waits(office: Office, row: dict[str, Any]) -> bool:
    p = t.places.c
    return bool(office.all(select(p.id).where(p.id == row["home_id"], p.blocked == UNBOUND)))


# -- what is told


def _tell(office: Office, circle: int, theirs: Sequence[Row[Any]]) -> None:
    """Each alone, wherever the group is going to meet: where they sit, and with whom."""
    names = Points(tuple(Text("join.name", {"name": Name("person", seat.person_id)}) for seat in theirs))
    said = message("answer", line("series.divided", group=Name("circle", circle)), names)
    _say(office, said, TAKING_PART, [seat.person_id for seat in theirs])


def _say(office: Office, said: Message, roles: Sequence[str], people: Sequence[int] | None = None) -> int:
    """To these of those who have one of the roles, each alone. Returns how many can be reached."""
    where: dict[int, int | None] = {}
    for role in roles:
        where |= private_places(Unit(office.connection), office.series.id, office.series.platform, role)
    rows = [
        {"organisation_id": office.series.organisation_id, "place_id": place, "session_id": None, "version": 0,
         "effect": 0, "kind": "say", "sort": said.sort, "body": _encode(said).decode(), "status": "queued"}
        for person, place in sorted(where.items())
        if place is not None and (people is None or person in people)
    ]  # fmt: skip
    if rows:
        office.connection.execute(insert(t.outbox), rows)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Reminding:
    """Called once a minute, from a worker thread; holds no state of its own."""

    works: Works

    def look(self, now: datetime) -> int:
        """Remind where it is time. Returns how many messages were queued."""
        with self.works.database.read() as connection:
            series = {row.series_id for row in self._due(connection, now)}
        told = 0
        for each in sorted(series):
            with self.works.database.write() as connection:
                row = connection.execute(
                    select(t.series).where(t.series.c.id == each).with_for_update()
                ).one()
                office = Office(connection, row, RUNDA, now)
                told += sum(_remind(office, one) for one in self._due(connection, now, each)[:1])
        return told

    def _due(self, connection: Connection, now: datetime, series: int | None = None) -> list[Any]:
        near = [row for row in connection.execute(_near(now, series)) if self._needs_groups(connection, row)]
        return [row for row in near if _is_time(row, now) and not _reminded(connection, row)]

    def _needs_groups(self, connection: Connection, row: Any) -> bool:
        programme = self.works.shelf.programme(Unit(connection), row.content)
        return programme.lacks_groups(row.number, undivided=True)


def _near(now: datetime, series: int | None) -> Select[Any]:
    """Confirmed sessions of people who are not in groups yet, the next first."""
    n, m, s, c = t.sessions.c, t.meetings.c, t.series.c, t.circles.c
    content = func.coalesce(m.content_id, s.content_id).label("content")
    near = select(n.series_id, n.starts_at, m.number, s.slug, s.zone, s.organisation_id, content)
    near = near.join_from(t.sessions, t.meetings, m.id == n.meeting_id).join(t.series, s.id == n.series_id)
    near = near.join(t.circles, c.id == n.circle_id).where(
        s.undivided, c.kind == "group", n.phase == "planned", m.status == "confirmed",
        s.status.not_in(("paused", "cancelled")), n.starts_at > now, n.starts_at <= now + AHEAD,
        *([n.series_id == series] if series is not None else []),
    )  # fmt: skip
    return near.order_by(n.starts_at, n.id)


def _is_time(row: Any, now: datetime) -> bool:
    days, from_ = WorkingDays(row.zone), row.starts_at
    for _ in range(BEFOREHAND):
        from_ = days.one_working_day_before(from_)
    return bool(now >= from_ and days.next_open(now) == now)


def _reminded(connection: Connection, row: Any) -> bool:
    a = t.audit.c
    mine = (
        a.organisation_id == row.organisation_id,
        a.act == REMINDED,
        a.object == f"{row.slug}/{_named(row)}",
    )
    return connection.execute(select(a.id).where(*mine)).first() is not None


def _named(row: Any) -> str:
    return f"{row.number} {row.starts_at:%Y-%m-%d %H:%M}"


def _remind(office: Office, row: Any) -> int:
    note(office, REMINDED, _named(row))
    asks = line("series.undivided", number=row.number, at=Moment(row.starts_at))
    button = Choice(f"{OPENS}divide:{office.series.id}", Text("counter.button.divide"))
    return _say(office, message("answer", asks, choices=(button,)), ("coordinator",))
