"""The last page of setting up a series: the plan that comes of what was filled in; handed in, it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, select

from adapters.port import Block, Sheet, Written
from bot import library
from bot.counter.acts import Act, sets_up
from bot.counter.begun import (
    GROUPS_FORM,
    HOW_FORM,
    LATER,
    LISTS,
    ONE,
    STEPS,
    begun,
    content,
    lines_of,
    mine,
)
from bot.counter.sheets import blank, button, heading, item, line, sheet
from bot.counter.visit import Gone, Next, Visit, Wrong, name_of
from bot.counter.visitor import visitor
from bot.joining import notice
from bot.joining.crowding import crowds
from bot.series import making
from bot.series.grouping import GROUP
from bot.series.homes import TELEGRAM
from bot.series.planning import Plan, Tenant, Wish, plan
from bot.series.problems import SeriesProblem
from flows.calendar import UnknownZone
from flows.forms import WHEN, At, Named, NamedGroup, When
from storage import tables as t

# -- from what was filled in to a plan


def wish(visit: Visit) -> tuple[Wish, library.Content]:
    """Raises Gone where a step has not been filled in."""
    kept = begun(visit)
    if not {"pace", "coordinator", "first"} <= kept.keys():
        raise Gone
    found, place = content(visit, kept["programme"]), visit.visitor.place
    if kept["form"] not in found.programme.forms:
        # Another programme was chosen since.
        kept["form"] = ""
    listed = {name: tuple(_named(visit, one) for one in kept[name]) for name in LISTS}
    if kept["answering"] != "table":
        listed["note_taker"] = ()
    language = kept["language"] or visit.organisation.language
    asked = Wish(
        **{**HOW_FORM.read(kept), **listed, **_where(visit, kept, listed["people"], language)}, name=kept["name"],
        language=language, on=tuple(_dates(kept, found)), at=WHEN.read(lines_of(kept))["at"], platform=place.platform,
        workspace=place.workspace,
        # It is asked for on the page that the plan is shown on.
        acknowledged=place.platform == TELEGRAM,
    )  # fmt: skip
    return asked, found


def _where(visit: Visit, kept: Mapping[str, Any], people: tuple[Named, ...], language: str) -> dict[str, Any]:
    """The groups: so many that people come into by themselves, or those of a channel, divided or as one."""
    if "groups" in kept:
        return GROUPS_FORM.read(kept) if kept["groups"] else {"undivided": True}
    place = visit.visitor.place
    channel = At(kept["channel"], place.platform, place.workspace)
    where: dict[str, Any] = {"channel": channel}
    if shared := kept.get("managers_place"):
        where["managers_place"] = At(shared, place.platform, place.workspace)
    if kept["split"] == LATER:
        return {**where, "undivided": True}
    if kept["split"] != ONE:
        return where
    return {**where, "people": (), "group": (NamedGroup(GROUP[language].format(n=1), people),)}


def _named(visit: Visit, kept: list[Any]) -> Named:
    account, name, language = kept
    place = visit.visitor.place
    return Named(name, at=At(account, place.platform, place.workspace), language=language)


def _dates(kept: Mapping[str, Any], found: library.Content) -> Iterator[When]:
    """The first date, and then those that were written, or so many weeks apart as there are rounds."""
    values = WHEN.read(lines_of(kept))
    first: date = values["first"]
    yield When(first)
    yield from (each for each in values["others"] if each.on != first or each.at is not None)
    if not values["others"] and not found.programme.form(kept["form"] or None).breaks:
        apart = timedelta(weeks=int(values["apart"]))
        yield from (When(first + n * apart) for n in range(1, len(found.programme.rounds)))


def planned(visit: Visit) -> Plan:
    """Raises SeriesProblem and Gone."""
    owner = visit.organisation
    asked, found = wish(visit)
    try:
        return plan(asked, found, Tenant(owner.name, owner.language, owner.zone), visit.now)
    except UnknownZone as problem:
        raise SeriesProblem(str(problem)) from problem


# -- the page that shows it


def check(visit: Visit) -> Sheet:
    """The plan, with what should be known of it; what cannot be done, and the way back to where it was said."""
    steps = [button(visit, f"counter.button.step-{step}", act) for step, act in STEPS.items()]
    try:
        made = planned(visit)
    except SeriesProblem as problem:
        why = line(visit.tell(problem.why or ""))
        return sheet(visit, "counter.title.check", line(visit.say("counter.setup.cannot")), why, labels=steps)
    visit.zone = made.zone
    blocks, blanks = list(_told(visit, made)), []
    if TELEGRAM in made.platforms:
        blocks += [line(part) for part in visit.say(notice.TEXT).split("\n\n")]
        blanks = [blank(visit, "acknowledged", "flag", notice.TICK)]
    return sheet(
        visit, "counter.title.check", *blocks, blanks=blanks, submit="counter.button.make", labels=steps
    )


def _told(visit: Visit, made: Plan) -> Iterator[Block]:
    rounds = made.content.programme.rounds
    texts: Any = made.content.texts[made.language]
    yield heading(made.wish.name)
    yield line(visit.say("counter.setup.in-short", pace=visit.say(f"form.choice.{made.wish.pace}"),
                         language=visit.say(f"form.choice.{made.language}"), minutes=made.minutes))  # fmt: skip
    for each in made.sittings:
        title = texts["rounds"][rounds[each.number - 1].round]["title"]
        yield item(visit.say("counter.setup.meeting", number=each.number, title=title, when=each.moment))
    for group in made.groups:
        yield item(f"{group.name}: {', '.join(one.name for one in group.people)}")
    for role, people in (("coordinator", made.wish.coordinator), ("manager", made.wish.manager)):
        if people:
            yield item(f"{visit.say(f'counter.roles.{role}')}: {', '.join(one.name for one in people)}")
    if made.wish.managers_place is not None:
        yield item(visit.say("counter.people.managers-place"))
    for warning in made.warnings:
        yield line(visit.say("counter.setup.mind", what=visit.tell(warning)))


def make(visit: Visit, written: Mapping[str, Written]) -> Next:
    made = planned(visit)
    if TELEGRAM in made.platforms and not written.get("acknowledged"):
        raise Wrong({"acknowledged": visit.say("form.why.needed")})
    owner = visit.organisation
    called = making.make(visit.connection, made, owner.name, visit.visitor.actor, visit.now)
    visit.connection.execute(delete(t.drafts).where(*mine(visit)))
    s = t.series.c
    number = visit.all(select(s.id).where(s.organisation_id == owner.id, s.slug == called))[0].id
    _seen_anew(visit)
    told = visit.say("counter.setup.made"), *_crowded(visit, made, number)
    return Next(name_of("series", number), told)


def _crowded(visit: Visit, made: Plan, series: int) -> Iterator[str]:
    """Chats that more groups share than can meet there at the same time."""
    if TELEGRAM in made.platforms:
        for crowd in crowds(visit.connection, TELEGRAM, made.homes.workspace, series=series):
            yield visit.say("counter.setup.crowded", n=crowd.groups)


def _seen_anew(visit: Visit) -> None:
    """Whoever made it may be its coordinator from now on."""
    owner = visit.organisation
    again = visitor(visit.connection, visit.visitor.place, visit.visitor.account, owner.name)
    visit.visitor.seats = again.seats


def drop_sheet(visit: Visit) -> Sheet:
    return sheet(
        visit, "counter.title.set-up", line(visit.say("counter.setup.drop")), submit="counter.button.drop"
    )


def drop(visit: Visit, _: Mapping[str, Written]) -> Next:
    visit.connection.execute(delete(t.drafts).where(*mine(visit)))
    return Next("home", (visit.say("counter.setup.dropped"),))


ACTS = (
    Act("setup-check", sets_up, check, make),
    Act("setup-drop", sets_up, drop_sheet, drop),
)
