"""Who takes part in a series, and in what role; and who may set up series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from adapters.port import ADDS, Blank, Block, Label, Option, Sheet, Written
from bot.counter.acts import Act, runs, sees, sets_up
from bot.counter.sheets import blank, button, groups, heading, item, line, sheet
from bot.counter.visit import Next, Visit, Wrong, name_of, text_of, texts_of
from bot.counter.visitor import TAKING_PART
from bot.joining import codes
from bot.series import appointing, members, sharing
from bot.series.homes import UNLISTED, Where
from bot.series.office import Change
from flows.forms import At, Named, NamedGroup
from storage import tables as t

ROLES = ("coordinator", "manager", "note-taker")


def people(visit: Visit, number: int) -> Sheet:
    """Who takes part, by group, and who has a role."""
    office = visit.office(number)
    blocks = [heading(office.series.title)]
    seats = _seats(visit, number)
    for circle in office.circles("group"):
        names = seated(visit, circle)
        group = visit.say("counter.people.leaders", group=circle.name) if circle.leaders else circle.name
        blocks.append(item(f"{group}: {', '.join(names) or visit.say('counter.people.nobody')}"))
        blocks += _code_told(visit, number, circle)
    for circle in office.circles("everyone", "managers"):
        blocks += _code_told(visit, number, circle)
    for role in ("coordinator", "manager"):
        names = [seat.name for seat in seats if seat.role == role]
        word = visit.say(f"counter.roles.{role}")
        blocks.append(item(f"{word}: {', '.join(names) or visit.say('counter.people.nobody')}"))
    if sharing.managers_home(visit.connection, number) is not None:
        blocks.append(item(visit.say("counter.people.managers-place")))
    labels = [button(visit, f"counter.button.{act}", act, number) for act in _acts(visit, number)]
    labels.append(button(visit, "counter.button.back", "series", number))
    return sheet(visit, "counter.title.people", *blocks, labels=labels)


def seated(visit: Visit, circle: Any) -> list[str]:
    """Who sits there, by name."""
    seats = _seats(visit, circle.series_id)
    return [_named_in(visit, seat) for seat in seats if seat.circle_id == circle.id]


def _code_told(visit: Visit, number: int, circle: Any) -> list[Block]:
    """The code by which people, and a chat, come to a group on Telegram. Whoever has it may come in."""
    c = t.codes.c
    kept = visit.all(select(c.code).where(c.circle_id == circle.id)) if visit.visitor.runs(number) else []
    # Where nobody can be asked in, an address takes Runda to a chat, with the code.
    here = visit.visitor.place.platform in UNLISTED
    takes = visit.say("counter.people.take", group=circle.name)
    told = "counter.people.managers-code" if circle.kind == "managers" else "counter.people.code"
    return [
        Block("line", visit.say(told, group=circle.name, code=codes.shown(row.code)),
              labels=(Label(f"{ADDS}{row.code}", takes),) if here else ())
        for row in kept
    ]  # fmt: skip


def _acts(visit: Visit, number: int) -> tuple[str, ...]:
    if visit.visitor.runs(number):
        apart = ("leaders",) if _gap(visit, number) else ()
        more = "divide" if visit.office(number).series.undivided else "group"
        return ("add", "remove", more, "give", "take", "unit", *apart, "managers-place")
    return ("give",) if visit.visitor.appointed else ()


def _gap(visit: Visit, number: int) -> bool:
    return visit.works.shelf.programme(visit.unit, visit.office(number).series.content_id).gap


def _named_in(visit: Visit, seat: Any) -> str:
    if seat.role != "note-taker":
        return str(seat.name)
    return visit.say("counter.people.note-taker", name=seat.name)


def _seats(visit: Visit, number: int) -> list[Any]:
    m, p = t.memberships.c, t.people.c
    held = select(m.id, m.person_id, m.circle_id, m.role, p.name).join(t.people, p.id == m.person_id)
    return visit.all(held.where(m.series_id == number, m.until.is_(None)).order_by(m.id))


# -- accounts


def somebody(visit: Visit, name: str, key: str, *, required: bool = True) -> Blank:
    """A blank for somebody's account. Where the platform cannot show its people, those that the house knows there."""
    if visit.capabilities.sheets:
        return blank(visit, name, "person", key, required=required)
    return blank(visit, name, "choice", key, required=required, options=known_people(visit))


def known_people(visit: Visit) -> list[Option]:
    """The organisation's people on the visitor's platform, by account."""
    i, p, place = t.identities.c, t.people.c, visit.visitor.place
    here = i.platform == place.platform, i.workspace == place.workspace
    listed = select(i.account, p.name).join(t.people, p.id == i.person_id)
    mine = listed.where(*here, p.organisation_id == visit.organisation.id, p.erased_at.is_(None))
    return [Option(row.account, row.name) for row in visit.all(mine.order_by(p.name, i.id))]


def named(visit: Visit, blank_: str, account: str) -> Named:
    """Somebody as their platform knows them. Raises Wrong for who is not there, or no person."""
    found = visit.known.get(account)
    if found is None or found.gone:
        raise Wrong({blank_: visit.say("counter.fault.nobody")})
    if found.bot:
        raise Wrong({blank_: visit.say("counter.fault.bot", name=found.name)})
    place = visit.visitor.place
    return Named(found.name, at=At(account, place.platform, place.workspace), language=found.language)


def _needed(visit: Visit, written: Mapping[str, Written], name: str) -> str:
    """What was written there. Raises Wrong where it is nothing."""
    if not (found := text_of(written, name)):
        raise Wrong({name: visit.say("form.why.needed")})
    return found


def _carried(visit: Visit, number: int, change: Change) -> Next:
    return visit.carried(name_of("people", number), change)


# -- taking part


def add_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    options = list(groups(visit, office.circles("group"), everyone="counter.choice.smallest-group"))
    blanks = [
        somebody(visit, "who", "counter.blank.who"),
        blank(visit, "group", "choice", "counter.blank.group", options=options, value="all"),
        blank(visit, "instead", "choice", "counter.blank.instead", hint="counter.blank.instead-hint",
              options=_people([seat for seat in _seats(visit, number) if seat.role in TAKING_PART])),
    ]  # fmt: skip
    return sheet(
        visit, "counter.title.add", heading(office.series.title), blanks=blanks, submit="counter.button.add"
    )


def add(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    one, group = named(visit, "who", _needed(visit, written, "who")), text_of(written, "group")
    office, former = visit.office(number), text_of(written, "instead")
    group = "" if group == "all" or former else group
    return _carried(visit, number, members.join(office, one, group or None, int(former) if former else None))


def remove_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    seats = [seat for seat in _seats(visit, number) if seat.role in TAKING_PART]
    blanks = [blank(visit, "who", "choice", "counter.blank.who", required=True, options=_people(seats))]
    told = line(visit.say("counter.people.removing"))
    return sheet(visit, "counter.title.remove", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.remove")  # fmt: skip


def remove(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    who = int(_needed(visit, written, "who"))
    return _carried(visit, number, members.leave(visit.office(number), who))


def group_sheet(visit: Visit, number: int) -> Sheet:
    """A group that comes late. Where nobody can list people, they come into it by a code."""
    office = visit.office(number)
    blanks = [blank(visit, "name", "line", "counter.blank.group-name", required=True)]
    if visit.capabilities.members:
        blanks += [
            blank(visit, "channel", "place", "counter.blank.channel", required=True),
            blank(visit, "people", "people", "counter.blank.people", hint="counter.blank.people-hint"),
        ]
    its = [
        item(visit.say("counter.told.dated", number=each.number, to=sitting.at))
        for each, sitting in members.ahead(office, lock=False)
    ]
    told = line(visit.say("counter.people.late")), *its, line(visit.say("counter.nobody-told"))
    return sheet(visit, "counter.title.group", heading(office.series.title), *told, blanks=blanks,
                 submit="counter.button.group")  # fmt: skip


def group(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    name, place = _needed(visit, written, "name"), visit.visitor.place
    if not visit.capabilities.members:
        return _carried(visit, number, members.add_group(visit.office(number), NamedGroup(name, ())))
    channel = At(_needed(visit, written, "channel"), place.platform, place.workspace)
    there = [one.account for one in visit.members if not (one.bot or one.gone)]
    people = tuple(named(visit, "people", each) for each in texts_of(written, "people") or there)
    if not people:
        raise Wrong({"people": visit.say("form.why.needed")})
    return _carried(visit, number, members.add_group(visit.office(number), NamedGroup(name, people, channel)))


def _people(seats: list[Any]) -> list[Option]:
    return [Option(str(seat.person_id), seat.name) for seat in seats]


# -- roles


def give_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    roles = ROLES if visit.visitor.runs(number) else ROLES[:1]
    holders = [seat for seat in _seats(visit, number) if seat.role in ("coordinator", "manager")]
    former = [Option(f"{seat.role}.{seat.person_id}", _holder(visit, seat)) for seat in holders]
    blanks = [
        blank(visit, "role", "choice", "counter.blank.role", required=True, options=_roles(visit, roles)),
        somebody(visit, "who", "counter.blank.who"),
        blank(visit, "instead", "choice", "counter.blank.instead", options=former),
    ]
    return sheet(visit, "counter.title.give", heading(office.series.title), blanks=blanks if former else blanks[:2],
                 submit="counter.button.give")  # fmt: skip


def _roles(visit: Visit, roles: tuple[str, ...]) -> list[Option]:
    return [Option(role, visit.say(f"counter.roles.{role}")) for role in roles]


def _holder(visit: Visit, seat: Any) -> str:
    return f"{seat.name} ({visit.say(f'counter.roles.{seat.role}')})"


def give(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    role, who = _needed(visit, written, "role"), _needed(visit, written, "who")
    if role not in (ROLES if visit.visitor.runs(number) else ROLES[:1]):
        raise Wrong({"role": visit.say("form.why.choice", written=role)})
    of, _, former = text_of(written, "instead").partition(".")
    if former and of != role:
        raise Wrong({"instead": visit.say("counter.fault.other-role")})
    office, one = visit.office(number), named(visit, "who", who)
    known = _known(visit, one)
    instead = int(former) if former else None
    return _carried(visit, number, members.give_role(office, role, known or one, instead))


def _known(visit: Visit, one: Named) -> int | None:
    """The person with that account, if the house knows them."""
    i, at = t.identities.c, one.at
    assert at is not None, "whoever is named here has an account"
    mine = i.platform == at.platform, i.workspace == at.workspace, i.account == at.id
    found = visit.all(select(i.person_id).where(*mine))
    return int(found[0].person_id) if found else None


def take_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    holders = [seat for seat in _seats(visit, number) if seat.role in ROLES]
    options = [Option(f"{seat.role}.{seat.person_id}", _holder(visit, seat)) for seat in holders]
    blanks = [blank(visit, "role", "choice", "counter.blank.whose-role", required=True, options=options)]
    return sheet(visit, "counter.title.take", heading(office.series.title), blanks=blanks,
                 submit="counter.button.take")  # fmt: skip


def take(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    role, _, person = _needed(visit, written, "role").partition(".")
    return _carried(visit, number, members.take_role(visit.office(number), role, int(person)))


# -- where people are from


def unit_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    seats = [seat for seat in _seats(visit, number) if seat.role in TAKING_PART]
    blanks = [
        blank(visit, "who", "choices", "counter.blank.people", required=True, options=_people(seats)),
        blank(visit, "unit", "line", "counter.blank.unit", hint="counter.blank.unit-hint"),
    ]
    told = line(visit.say("counter.people.units"))
    return sheet(visit, "counter.title.unit", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.hand-in")  # fmt: skip


def come_from(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    _needed(visit, {"who": next(iter(texts_of(written, "who")), "")}, "who")
    who = tuple(map(int, texts_of(written, "who")))
    change = members.come_from(visit.office(number), text_of(written, "unit") or None, who)
    return _carried(visit, number, change)


# -- which groups are the leaders'


def leaders_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    there = office.circles("group")
    value = tuple(str(each.number) for each in there if each.leaders)
    blanks = [
        blank(visit, "leaders", "choices", "counter.blank.leaders", options=groups(visit, there), value=value)
    ]
    told = line(visit.say("counter.people.leading"))
    return sheet(visit, "counter.button.leaders", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.hand-in")  # fmt: skip


def lead(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    change = members.lead(visit.office(number), visit.works.shelf, texts_of(written, "leaders"))
    return _carried(visit, number, change)


# -- where managers read together


def managers_place(visit: Visit, value: str | None = None) -> Blank:
    """A blank for the channel that their recaps are posted in."""
    return blank(visit, "managers_place", "place", "form.series-create.managers_place",
                 hint="counter.blank.managers-place-hint", value=value)  # fmt: skip


def managers_place_sheet(visit: Visit, number: int) -> Sheet:
    if not visit.capabilities.members:
        return _managers_by_code(visit, number)
    office, there, place = (
        visit.office(number),
        sharing.managers_home(visit.connection, number),
        visit.visitor.place,
    )
    here = there is not None and (there.platform, there.workspace) == (place.platform, place.workspace)
    blanks = [managers_place(visit, there.channel if there is not None and here else None)]
    told = line(visit.say("counter.people.sharing"))
    return sheet(visit, "counter.button.managers-place", heading(office.series.title), told, blanks=blanks,
                 submit="counter.button.hand-in")  # fmt: skip


def _managers_by_code(visit: Visit, number: int) -> Sheet:
    """Where nobody can choose a channel, a code takes the recaps there; and they are taken back from there."""
    office, there = visit.office(number), sharing.waiting(visit.connection, number)
    told = line(
        visit.say("counter.people.sharing-by-code" if there is None else "counter.people.sharing-ends")
    )
    return sheet(visit, "counter.button.managers-place", heading(office.series.title), told,
                 submit="counter.button.hand-in" if there is None else "counter.button.dismiss")  # fmt: skip


def share(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    office, place = visit.office(number), visit.visitor.place
    if not visit.capabilities.members and sharing.waiting(visit.connection, number) is None:
        return _carried(visit, number, sharing.invite(office))
    if not (channel := text_of(written, "managers_place")):
        return _carried(visit, number, sharing.keep_private(office))
    return _carried(visit, number, sharing.share(office, At(channel, place.platform, place.workspace)))


# -- who may set up series


def appointed(visit: Visit) -> Sheet:
    """Who may set up series."""
    names = dict.fromkeys(
        row.name for row in appointing.appointments(visit.connection, visit.organisation.id)
    )
    labels = [
        button(visit, "counter.button.appoint", "appoint"),
        *([button(visit, "counter.button.dismiss", "dismiss")] if len(names) > 1 else []),
        button(visit, "counter.button.home", "home"),
    ]
    return sheet(visit, "counter.title.appointed", line(visit.say("counter.appointed.who")), *map(item, names),
                 labels=labels)  # fmt: skip


def appoint_sheet(visit: Visit) -> Sheet:
    blanks = [somebody(visit, "who", "counter.blank.who")]
    told = line(visit.say("counter.appointed.means"))
    return sheet(visit, "counter.title.appoint", told, blanks=blanks, submit="counter.button.appoint")


def appoint(visit: Visit, written: Mapping[str, Written]) -> Next:
    one = named(visit, "who", _needed(visit, written, "who"))
    place = visit.visitor.place
    where = Where(place.platform, place.workspace, text_of(written, "who"))
    said = appointing.appoint(
        visit.connection, visit.organisation.id, one, where, visit.visitor.actor, visit.now
    )
    return Next("appointed", (visit.tell(said),))


def dismiss_sheet(visit: Visit) -> Sheet:
    rows = appointing.appointments(visit.connection, visit.organisation.id)
    names = {row.person_id: row.name for row in rows}
    options = [Option(str(person), name) for person, name in names.items()]
    blanks = [blank(visit, "who", "choice", "counter.blank.who", required=True, options=options)]
    return sheet(visit, "counter.title.dismiss", blanks=blanks, submit="counter.button.dismiss")


def dismiss(visit: Visit, written: Mapping[str, Written]) -> Next:
    who, owner = int(_needed(visit, written, "who")), visit.organisation.id
    said = appointing.dismiss(visit.connection, owner, who, visit.visitor.actor, visit.now)
    # Whoever gives it up has no business on that page any more.
    return Next("home" if who == visit.visitor.person else "appointed", (visit.tell(said),))


ACTS = (
    Act("people", sees, people),
    Act("add", runs, add_sheet, add, accounts=("who",)),
    Act("remove", runs, remove_sheet, remove),
    Act("group", runs, group_sheet, group, accounts=("people",), channel="channel"),
    Act("give", sees, give_sheet, give, accounts=("who",)),
    Act("take", runs, take_sheet, take),
    Act("unit", runs, unit_sheet, come_from),
    Act("leaders", runs, leaders_sheet, lead),
    Act("managers-place", runs, managers_place_sheet, share, other="managers_place"),
    Act("appointed", sets_up, appointed),
    Act("appoint", sets_up, appoint_sheet, appoint, accounts=("who",)),
    Act("dismiss", sets_up, dismiss_sheet, dismiss),
)
