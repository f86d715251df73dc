"""Who takes part, and in what role. People who have begun together stay together: nobody else is moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, insert, select, update

from adapters.terminal.names import NAME as TERMINAL
from bot.joining.binding import wait
from bot.series import making
from bot.series.dates import Sitting
from bot.series.grouping import in_words
from bot.series.homes import TELEGRAM, Where, not_managers
from bot.series.making import add, add_sessions, channel_of, people, places
from bot.series.office import UNDER_WAY, Change, Office
from bot.series.problems import NotFound, SeriesProblem
from bot.series.sharing import managers_home
from bot.shelf import Shelf
from flows import groups
from flows.calendar import resolve
from flows.events import Joined, Left
from flows.forms import Named, NamedGroup, NotSo, Sentence, called, named
from storage import tables as t
from storage.unit import Unit

#: Roles of a series as a whole; a note-taker's is one of a group.
OF_SERIES = ("coordinator", "manager")
GROUP_ADDED = "group added"
TAKING_PART = ("participant", "note-taker")

#: Somebody by name as it is written in forms, by name and account, or by the person's number.
Who: TypeAlias = str | Named | int


def join(office: Office, who: Who, group: str | None = None, instead_of: Who | None = None) -> Change:
    """Take somebody in: in the smallest group, unless one is named. Raises SeriesProblem.

    `instead_of`: whose seat they take, with the role that goes with it; who had it leaves.
    """
    _not_while_divided(office)
    former = seat_of(office, instead_of, TAKING_PART) if instead_of is not None else None
    circles = office.circles("group")
    asked = office.circle(group) if group is not None else None
    if former is not None:
        asked = next(circle for circle in circles if circle.id == former.circle_id)
    key, name = _person(office, who, asked or (circles[0] if circles else None))
    seated = [[seat.person_id for seat in seats(office, circle.id)] for circle in circles]
    if any(key in people for people in seated):
        words = f"{name} takes part in {office.series.title} already."
        raise SeriesProblem(Sentence(words, "in-already", name=name))
    if asked is not None:
        chosen = asked
    else:
        change = groups.join(seated, key)
        chosen = circles[change.index]
        office.told += [in_words(warning) for warning in change.warnings if not office.series.undivided]
    audit = office.record("person added", f"person:{key}")
    seat_in(office, key, chosen.id, former.role if former is not None else "participant")
    office.order("joined", audit, _under_way(office, chosen.id), Joined(key))
    if former is not None:
        _goes(office, former)
        words = f"{name} is in {chosen.name}, instead of {former.name}. What {former.name} has said is kept."
        return office.done(
            Sentence(words, "joined-instead", name=name, group=chosen.name, former=former.name)
        )
    words = f"{name} is in {chosen.name}. Nobody else has moved."
    return office.done(Sentence(words, "joined", name=name, group=chosen.name))


def leave(office: Office, who: Who) -> Change:
    """Take somebody out of their group. What they have said stays; erasing it is another matter."""
    _not_while_divided(office)
    seat = seat_of(office, who, TAKING_PART)
    _goes(office, seat)
    left = len(seats(office, seat.circle_id))
    if left < groups.LOW and not office.series.undivided:
        warning = groups.GroupWarning(groups.SMALL, left, groups.LOW)
        empty = Sentence("Nobody is left in that group.", "group-empty")
        office.told.append(in_words(warning) if left else empty)
    words = f"{seat.name} is out of {office.series.title}. What {seat.name} has said is kept."
    return office.done(Sentence(words, "left", name=seat.name))


def _not_while_divided(office: Office) -> None:
    """Those who are not in groups yet may be divided at this moment: then they sit in one when this goes on."""
    if office.series.undivided:
        office.sessions()


def _goes(office: Office, seat: Row[Any]) -> None:
    audit = office.record("person removed", f"person:{seat.person_id}")
    unseat(office, seat.id)
    office.order("left", audit, _under_way(office, seat.circle_id), Left(seat.person_id))


def give_role(office: Office, role: str, who: Who, instead_of: Who | None = None) -> Change:
    """Give a role, or hand it over from somebody. A note-taker is one of the group. Raises SeriesProblem."""
    if role == "note-taker":
        return _note_taker(office, who)
    key, name = _person(office, who, None)
    former = seat_of(office, instead_of, (role,)) if instead_of else None
    if any(seat.person_id == key for seat in _with_role(office, role)):
        words = f"{name} is {role} of {office.series.title} already."
        raise SeriesProblem(Sentence(words, "role-already", name=name))
    office.record(f"{role} named", f"person:{key}")
    seat_in(office, key, None, role)
    if former is not None:
        unseat(office, former.id)
        words = f"{name} is {role} of {office.series.title}, instead of {former.name}."
        return office.done(Sentence(words, f"{role}-instead", name=name, former=former.name))
    return office.done(Sentence(f"{name} is {role} of {office.series.title}.", f"{role}-named", name=name))


def take_role(office: Office, role: str, who: Who) -> Change:
    """Take a role from somebody. The last coordinator hands over instead. Raises SeriesProblem."""
    if role == "note-taker":
        seat = seat_of(office, who, (role,))
        unseat(office, seat.id)
        seat_in(office, seat.person_id, seat.circle_id, "participant")
    else:
        seat = seat_of(office, who, (role,))
        if role == "coordinator" and len(_with_role(office, role)) == 1:
            words = f"{seat.name} is the only coordinator. Name another, instead of {seat.name}."
            raise SeriesProblem(Sentence(words, "last-coordinator", name=seat.name))
        unseat(office, seat.id)
    office.record(f"{role} no more", f"person:{seat.person_id}")
    words = f"{seat.name} is no {role} of {office.series.title} any more."
    return office.done(Sentence(words, f"{role}-no-more", name=seat.name))


def _note_taker(office: Office, who: Who) -> Change:
    """The group has one note-taker; who was it before takes part as the others do."""
    seat = seat_of(office, who, TAKING_PART)
    if seat.role == "note-taker":
        raise SeriesProblem(Sentence(f"{seat.name} is note-taker already.", "role-already", name=seat.name))
    office.record("note-taker named", f"person:{seat.person_id}")
    for other in seats(office, seat.circle_id):
        if other.role == "note-taker":
            unseat(office, other.id)
            seat_in(office, other.person_id, seat.circle_id, "participant")
    unseat(office, seat.id)
    seat_in(office, seat.person_id, seat.circle_id, "note-taker")
    return office.done(Sentence(f"{seat.name} writes for the group.", "note-taker-named", name=seat.name))


def add_group(office: Office, named: NamedGroup, note_taker: Named | None = None) -> Change:
    """A group more, late: it is in every meeting that has not begun, and has missed those before.

    `named.at` is its channel; on the terminal it gets one, and on Telegram a code by which it is brought one. Raises
    SeriesProblem.
    """
    office.refuse_cancelled()
    if office.series.undivided:
        raise office.no_groups()
    there = office.circles("group")
    if named.name.casefold() in {each.name.casefold() for each in there}:
        words = f"There is a group called {named.name} already. Choose another name."
        raise SeriesProblem(Sentence(words, "group-already", group=named.name))
    number = max((each.number for each in there), default=0) + 1
    row = make_group(office, named, number)
    key = row["id"]
    office.record(GROUP_ADDED, f"group-{number}")
    circle = next(each for each in office.circles("group") if each.id == key)
    for one in named.people:
        person, _ = _person(office, one, circle)
        _refuse_seated(office, person, one.name)
        writes = note_taker is not None and note_taker.key == one.key
        seat_in(office, person, key, "note-taker" if writes else "participant")
    numbers = _ahead(office, row)
    if named.people and len(named.people) < groups.LOW:
        office.told.append(in_words(groups.GroupWarning(groups.SMALL, len(named.people), groups.LOW)))
    words = (
        f"{named.name} takes part from session {numbers[0]} on."
        if numbers
        else f"{named.name} has no session left."
    )
    return office.done(
        Sentence(
            words,
            "group-added" if numbers else "group-too-late",
            group=named.name,
            number=min(numbers, default=0),
        )
    )


def make_group(
    office: Office, named: NamedGroup, number: int, usual: int | None = None
) -> dict[str, Any]:  # fmt: skip
    """A group without its people. `usual`: the place where it is at home, unless another is named.

    Raises SeriesProblem.
    """
    owner = office.series.organisation_id
    home = _home(office, named, number) if named.at is not None or usual is None else None
    shared = managers_home(office.connection, office.series.id)
    if shared is not None and home == Where(shared.platform, shared.workspace, shared.channel):
        raise not_managers(home)
    place = places(office.connection, owner, [(home, None)])[0] if home is not None else usual
    row = {
        "series_id": office.series.id,
        "kind": "group",
        "number": number,
        "name": named.name,
        "home_id": place,
    }
    key = add(office.connection, t.circles, [row])[0]
    if place is None:
        row["home_id"], _ = wait(office.connection, owner, key, office.whereabouts.workspace, office.now)
    return {**row, "id": key, "organisation_id": owner}


def come_from(office: Office, unit: str | None, people_: Sequence[Who]) -> Change:
    """These who take part are from there: two of the same unit are kept apart where pairs are drawn, and managers are
    told how many came from each where the programme asks for it. None: it is not known. Raises SeriesProblem."""
    try:
        unit = called(" ".join((unit or "").split())) or None
    except NotSo as wrong:
        raise SeriesProblem(wrong.why) from wrong
    seats = [seat_of(office, who, TAKING_PART) for who in people_]
    making.come_from(
        office.connection, office.series.organisation_id, unit, [seat.person_id for seat in seats]
    )
    for seat in seats:
        office.record("unit set", f"person:{seat.person_id}")
    names = ", ".join(seat.name for seat in seats)
    if unit is None:
        return office.done(
            Sentence(f"Where they are from is not known any more: {names}.", "unit-none", names=names)
        )
    return office.done(Sentence(f"From {unit}: {names}.", "unit-set", unit=unit, names=names))


def lead(office: Office, shelf: Shelf, groups: Collection[str]) -> Change:
    """These groups, by name or number, are the leaders', and no others: from the next meeting that opens. Raises
    SeriesProblem."""
    if groups and not shelf.programme(Unit(office.connection), office.series.content_id).gap:
        words = "The programme shows nothing of leaders beside the others, so no group needs to be theirs."
        raise SeriesProblem(Sentence(words, "no-gap"))
    theirs = {circle.id: circle.name for circle in map(office.circle, groups)}
    c = t.circles.c
    all_groups = update(t.circles).where(c.series_id == office.series.id, c.kind == "group")
    office.connection.execute(all_groups.values(leaders=c.id.in_(theirs)))
    office.record("leaders' groups set", f"{len(theirs)} groups")
    if not theirs:
        return office.done(Sentence("No group is the leaders'.", "leaders-none"))
    named = ", ".join(theirs.values())
    words = f"Leaders sit in {named}. Where at least five of them answer, and five others, both are shown."
    return office.done(Sentence(words, "leaders-set", groups=named))


def _home(office: Office, named: NamedGroup, number: int) -> Where | None:
    """None where it gets one later, with its people."""
    where = office.whereabouts
    if named.at is not None:
        platform = named.at.platform or where.platform
        return Where(platform, named.at.workspace or where.workspace, named.at.id)
    if where.platform == TELEGRAM and not named.people:
        return None
    if where.platform != TERMINAL:
        words = f"{named.name} needs a channel of its own. Write it like “{named.name}@CHANNEL: names”."
        raise SeriesProblem(Sentence(words, "no-channel", group=named.name))
    return where._replace(id=channel_of(office.series.slug, number))


def _refuse_seated(office: Office, person: int, name: str) -> None:
    if any(seat.person_id == person and seat.role in TAKING_PART for seat in _all_seats(office)):
        words = f"{name} takes part in {office.series.title} already."
        raise SeriesProblem(Sentence(words, "in-already", name=name))


def ahead(office: Office, *, lock: bool = True) -> list[tuple[Row[Any], Sitting]]:
    """What a group that comes now would be in: the meetings that have not begun, with the date of those who keep it."""
    dates = {each.meeting_id: each.starts_at for each in office.sessions(lock=lock) if not each.own_date}
    of = {
        each: office.moment(each) for each in office.meetings() if each.status in ("tentative", "confirmed")
    }
    return [(each, Sitting(each.number, at, dates.get(each.id) or resolve(at))) for each, at in of.items()]


def _ahead(office: Office, circle: dict[str, Any]) -> list[int]:
    """Sessions of its own at the dates of those that have not begun. Returns the numbers of their meetings."""
    found = ahead(office)
    for each, new in found:
        wakes = each.status == "confirmed" and not office.paused
        add_sessions(office.connection, [new], [each.id], {each.number: [circle]}, confirmed=wakes)
    return [each.number for each, _ in found]


# -- rows


def _person(office: Office, who: Who, circle: Row[Any] | None) -> tuple[int, str]:
    """The person and their name, or a new one; a new name is told of, since it may be a slip of the keyboard.

    Somebody who is named with an account is on the platform of the circle's home, or of the series.
    """
    owner, p = office.series.organisation_id, t.people.c
    ours = office.all(select(p.id, p.name).where(p.organisation_id == owner))
    if isinstance(who, int):
        for row in ours:
            if row.id == who:
                return who, row.name
        raise SeriesProblem(Sentence("That person belongs to another organisation.", "not-ours"))
    one = named(who) if isinstance(who, str) else who
    where = _account(office, one, circle)
    if where is None and one.name.casefold() not in {row.name.casefold() for row in ours}:
        office.told.append(Sentence(f"{one.name} was not known here before.", "new-name", name=one.name))
    return people(office.connection, owner, [(one, where)])[0], one.name


def _account(office: Office, one: Named, circle: Row[Any] | None) -> Where | None:
    """None on the terminal. Raises SeriesProblem where an account is missing."""
    home = office.home(circle) if circle is not None else office.whereabouts
    if one.at is None:
        if home.platform == TERMINAL:
            return None
        words = f"{one.name} has no account on {home.platform}. Write it in angle brackets: {one.name} <ID>."
        raise SeriesProblem(Sentence(words, "no-account", name=one.name))
    platform = one.at.platform or home.platform
    workspace = one.at.workspace or (home.workspace if platform == home.platform else "")
    if not workspace:
        words = (
            f"In which workspace of {platform} is {one.at.id}? Write it as {platform}/WORKSPACE/{one.at.id}."
        )
        raise SeriesProblem(Sentence(words, "no-workspace"))
    return Where(platform, workspace, one.at.id)


def seats(office: Office, circle: int | None) -> list[Row[Any]]:
    return [seat for seat in _all_seats(office) if seat.circle_id == circle and seat.role in TAKING_PART]


def _with_role(office: Office, role: str) -> list[Row[Any]]:
    return [seat for seat in _all_seats(office) if seat.role == role]


def _all_seats(office: Office) -> list[Row[Any]]:
    m, p = t.memberships.c, t.people.c
    seats = select(t.memberships, p.name).join(t.people, p.id == m.person_id)
    return office.all(seats.where(m.series_id == office.series.id, m.until.is_(None)).order_by(m.id))


def seat_of(office: Office, who: Who, roles: tuple[str, ...]) -> Row[Any]:
    held = [seat for seat in _all_seats(office) if seat.role in roles]
    name = who.name if isinstance(who, Named) else who
    for seat in held:
        if seat.person_id == name or (isinstance(name, str) and seat.name.casefold() == name.casefold()):
            return seat
    what = "participant" if roles == TAKING_PART else roles[0]
    raise NotFound(what, str(name), [seat.name for seat in held])


def seat_in(office: Office, key: int, circle: int | None, role: str) -> None:
    row = {
        "person_id": key,
        "series_id": office.series.id,
        "circle_id": circle,
        "role": role,
        "since": office.now,
    }
    office.connection.execute(insert(t.memberships), row)


def unseat(office: Office, seat: int) -> None:
    office.connection.execute(
        update(t.memberships).where(t.memberships.c.id == seat).values(until=office.now)
    )


def _under_way(office: Office, circle: int | None) -> list[Row[Any]]:
    """The group's sessions that know their members: those that have opened, until the next one opens."""
    return [each for each in office.sessions(circle=circle) if each.phase in (*UNDER_WAY, "finished")]
