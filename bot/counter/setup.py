"""Setting up a series: what, how, who, when; then a page that shows the plan, and nothing is made before that.

What has been filled in is kept from step to step, so that somebody who stops half-way can go on later, from
wherever they are. It is thrown away when the series is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from adapters.port import Blank, Block, Known, Label, Option, Sheet, Written
from bot import library
from bot.counter.acts import Act, sets_up
from bot.counter.dates import read
from bot.counter.people import known_people, named
from bot.counter.sheets import blank, button, choice, heading, item, line, sheet
from bot.counter.visit import Gone, Next, Visit, Wrong, name_of, text_of, texts_of
from bot.counter.visitor import visitor
from bot.joining import notice
from bot.series import making
from bot.series.grouping import GROUP
from bot.series.homes import TELEGRAM
from bot.series.planning import Plan, Tenant, Wish, plan
from bot.series.problems import SeriesProblem
from flows.calendar import UnknownZone
from flows.forms import CREATE, WHEN, At, Field, Form, Named, NamedGroup, When
from storage import tables as t

#: What a draft of a series is kept as.
WHAT = "setup"
#: How the people are grouped: divided, or all in one.
DIVIDED, ONE = "divided", "one"
#: What is chosen from lists of accounts, and asked about on the platform.
LISTS = ("people", "coordinator", "manager", "note_taker")
#: The steps, and the acts that they are.
STEPS = {"what": "setup", "how": "setup-how", "who": "setup-who", "when": "setup-when"}

_FIELDS: dict[str, Field] = {field.name: field for field in (*CREATE.fields, *WHEN.fields)}
_APART = _FIELDS["apart"]
_WHAT = CREATE.only("name", "language")
_GROUPS = CREATE.only("groups")
_HOW = CREATE.only("form", "pace", "window", "answering", "arena", "tentative")


# -- what has been filled in


def draft(visit: Visit) -> dict[str, Any]:
    """By blank; people as lists of account, name and language."""
    found = visit.all(select(t.drafts.c.written).where(*_mine(visit)))
    kept: dict[str, Any] = msgspec.json.decode(found[0].written) if found else {}
    return kept


def _mine(visit: Visit) -> tuple[Any, ...]:
    d, place = t.drafts.c, visit.visitor.place
    return (d.platform == place.platform, d.workspace == place.workspace,
            d.account == visit.visitor.account, d.what == WHAT)  # fmt: skip


def _keep(visit: Visit, step: str, filled: Mapping[str, Any]) -> None:
    written = msgspec.json.encode(draft(visit) | dict(filled)).decode()
    place = visit.visitor.place
    row = {"sheet": step, "written": written, "at": visit.now}
    changed = visit.connection.execute(update(t.drafts).where(*_mine(visit)).values(**row))
    if not changed.rowcount:
        whose = {"platform": place.platform, "workspace": place.workspace, "account": visit.visitor.account}
        visit.connection.execute(insert(t.drafts).values(**whose, what=WHAT, **row))


# -- programmes


@cache
def shipped(name: str) -> library.Content:
    return library.read(name)


def _stored(visit: Visit) -> dict[str, str]:
    """The newest content of each programme that the organisation has used, by its name."""
    c, s = t.contents.c, t.series.c
    used = select(c.programme, c.id).join(t.series, s.content_id == c.id)
    mine = used.where(s.organisation_id == visit.organisation.id).order_by(s.id)
    return {row.programme: row.id for row in visit.all(mine) if row.programme not in library.shipped()}


def content(visit: Visit, name: str) -> library.Content:
    """Raises Gone for a programme that is not there."""
    if name in library.shipped():
        return shipped(name)
    stored = _stored(visit)
    if name not in stored:
        raise Gone
    return visit.works.shelf.content(visit.unit, stored[name])


def _programmes(visit: Visit) -> Iterator[Option]:
    for name in [*library.shipped(), *_stored(visit)]:
        found = content(visit, name)
        texts: Any = found.texts.get(visit.language) or found.texts[found.programme.languages[0]]
        yield Option(name, str(texts["title"]))


# -- the steps


def what(visit: Visit) -> Sheet:
    kept = draft(visit)
    programmes = list(_programmes(visit))
    chosen = kept.get("programme") or programmes[0].value
    blanks = [
        blank(visit, "name", "line", "form.series-create.name", required=True, value=kept.get("name")),
        blank(visit, "programme", "choice", "counter.blank.programme", required=True, options=programmes,
              value=chosen),
        choice(visit, _FIELDS["language"], kept.get("language") or visit.organisation.language),
    ]  # fmt: skip
    labels = [button(visit, "counter.button.drop", "setup-drop")] if kept else []
    return _step(visit, "counter.setup.what", blanks, labels)


def how(visit: Visit) -> Sheet:
    kept = _begun(visit)
    found = content(visit, kept["programme"])
    forms = [Option(name, _form(visit, found, name)) for name in found.programme.forms]
    blanks = [
        blank(visit, "form", "choice", "form.series-create.form", options=forms,
              value=kept.get("form") if kept.get("form") in found.programme.forms else forms[0].value),
        choice(visit, _FIELDS["pace"], kept.get("pace")),
        blank(visit, "window", "number", "form.series-create.window", value=kept.get("window")),
        choice(visit, _FIELDS["answering"], kept.get("answering")),
        choice(visit, _FIELDS["arena"], kept.get("arena")),
        blank(visit, "tentative", "flag", "form.series-create.tentative", value=bool(kept.get("tentative"))),
    ]  # fmt: skip
    return _step(visit, "counter.setup.how", blanks, [button(visit, "counter.button.back", "setup")])


def _form(visit: Visit, found: library.Content, name: str) -> str:
    form = found.programme.form(name)
    return visit.say("counter.setup.form", name=name, n=form.minutes)


def who(visit: Visit) -> Sheet:
    kept = _begun(visit)
    blanks = [*(_groups(visit, kept) if visit.capabilities.members else _by_code(visit, kept))]
    blanks += [
        _accounts(visit, "coordinator", "form.series-create.coordinator", kept, usual=visit.visitor.account),
        _accounts(visit, "manager", "form.series-create.manager", kept),
    ]
    if kept.get("answering") == "table" and visit.capabilities.members:
        blanks.append(_accounts(visit, "note_taker", "form.series-create.note_taker", kept))
    return _step(visit, "counter.setup.who", blanks, [button(visit, "counter.button.back", "setup-how")])


def _by_code(visit: Visit, kept: Mapping[str, Any]) -> Iterator[Blank]:
    """Where nobody can list people: how many groups, which they come into by themselves."""
    yield blank(visit, "groups", "number", "counter.blank.groups", hint="counter.blank.groups-hint", required=True,
                value=kept.get("groups") or "1")  # fmt: skip


def _groups(visit: Visit, kept: Mapping[str, Any]) -> list[Blank]:
    return [
        blank(visit, "channel", "place", "counter.blank.channel", required=True, value=kept.get("channel")),
        _accounts(visit, "people", "counter.blank.people", kept, hint="counter.blank.people-hint"),
        blank(visit, "split", "choice", "counter.blank.split", value=kept.get("split") or DIVIDED, options=[
            Option(DIVIDED, visit.say("counter.choice.divided")), Option(ONE, visit.say("counter.choice.one-group"))
        ]),
    ]  # fmt: skip


def _accounts(
    visit: Visit, name: str, key: str, kept: Mapping[str, Any], *, hint: str = "", usual: str = ""
) -> Blank:  # fmt: skip
    value = tuple(one[0] for one in kept[name]) if name in kept else (usual,) if usual else ()
    if visit.capabilities.sheets:
        return blank(visit, name, "people", key, hint=hint, value=value)
    return blank(visit, name, "choices", key, hint=hint, options=known_people(visit), value=value)


def when(visit: Visit) -> Sheet:
    kept = _begun(visit)
    apart = [Option(n, visit.say("counter.choice.weeks", n=int(n))) for n in _APART.choices]
    blanks = [
        blank(visit, "first", "date", "counter.blank.first", required=True, value=kept.get("first")),
        blank(visit, "at", "time", "form.series-create.at", required=True, value=kept.get("at") or "09:00"),
        blank(visit, "apart", "choice", "counter.blank.apart", options=apart, value=kept.get("apart") or _APART.usual),
        blank(visit, "others", "area", "counter.blank.others", hint="counter.blank.others-hint",
              value=kept.get("others")),
    ]  # fmt: skip
    return _step(visit, "counter.setup.when", blanks, [button(visit, "counter.button.back", "setup-who")])


def _begun(visit: Visit) -> dict[str, Any]:
    """Raises Gone where nothing is being set up, or not any more."""
    kept = draft(visit)
    if "programme" not in kept:
        raise Gone
    return kept


def _step(visit: Visit, key: str, blanks: list[Blank], labels: list[Label]) -> Sheet:
    return sheet(visit, "counter.title.set-up", line(visit.say(key)), blanks=blanks,
                 submit="counter.button.onwards", labels=labels)  # fmt: skip


# -- handed in


def _as_text(written: Mapping[str, Written], form: Form) -> dict[str, Any]:
    """What was written in the fields of a form: flags as they are, all else as text."""
    return {
        field.name: bool(written.get(field.name)) if field.kind == "flag" else text_of(written, field.name)
        for field in form.fields
    }


def _take_what(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken = {**_as_text(written, _WHAT), "programme": text_of(written, "programme")}
    read(visit, _WHAT, taken)
    content(visit, taken["programme"])
    return taken


def _take_how(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken = _as_text(written, _HOW)
    read(visit, _HOW, taken)
    return taken


def _take_who(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken: dict[str, Any] = {name: _people(visit, texts_of(written, name), name) for name in LISTS}
    needed = ["coordinator"]
    if visit.capabilities.members:
        taken |= {"channel": text_of(written, "channel"), "split": text_of(written, "split")}
        if not taken["people"]:
            taken["people"] = [_kept(one) for one in visit.members if not (one.bot or one.gone)]
        needed += ["channel", "people"]
    else:
        taken |= {"groups": text_of(written, "groups")}
        read(visit, _GROUPS, taken)
        needed += ["groups"]
    missing = [name for name in needed if not taken[name]]
    if missing:
        raise Wrong({name: visit.say("form.why.needed") for name in missing})
    return taken


def _people(visit: Visit, accounts: tuple[str, ...], name: str) -> list[list[str | None]]:
    """As drafts keep them. Raises Wrong for bots, and for people who are not there any more."""
    for account in accounts:
        named(visit, name, account)
    return [_kept(visit.known[account]) for account in accounts]


def _kept(one: Known) -> list[str | None]:
    return [one.account, one.name, one.language]


def _take_when(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken = _as_text(written, WHEN)
    read(visit, WHEN, _lines(taken))
    return taken


def _lines(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The dates that stand on lines of their own, each by itself."""
    return {**kept, "others": kept["others"].splitlines()}


def _take(step: str, follows: str, take: Callable[..., dict[str, Any]]) -> Callable[..., Next]:
    def taking(visit: Visit, written: Mapping[str, Written]) -> Next:
        _keep(visit, step, take(visit, written))
        return Next(follows)

    return taking


# -- from what was filled in to a plan


def wish(visit: Visit) -> tuple[Wish, library.Content]:
    """Raises Gone where a step has not been filled in."""
    kept = _begun(visit)
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
        **{**_HOW.read(kept), **listed, **_where(visit, kept, listed["people"], language)}, name=kept["name"],
        language=language, on=tuple(_dates(kept, found)), at=WHEN.read(_lines(kept))["at"], platform=place.platform,
        workspace=place.workspace,
        # It is asked for on the page that the plan is shown on.
        acknowledged=place.platform == TELEGRAM,
    )  # fmt: skip
    return asked, found


def _where(visit: Visit, kept: Mapping[str, Any], people: tuple[Named, ...], language: str) -> dict[str, Any]:
    """The groups: so many that people come into by themselves, or those of a channel, divided or as one."""
    if kept.get("groups"):
        return _GROUPS.read(kept)
    place = visit.visitor.place
    channel = At(kept["channel"], place.platform, place.workspace)
    if kept["split"] != ONE:
        return {"channel": channel}
    return {"channel": channel, "people": (), "group": (NamedGroup(GROUP[language].format(n=1), people),)}


def _named(visit: Visit, kept: list[Any]) -> Named:
    account, name, language = kept
    place = visit.visitor.place
    return Named(name, at=At(account, place.platform, place.workspace), language=language)


def _dates(kept: Mapping[str, Any], found: library.Content) -> Iterator[When]:
    """The first date, and then those that were written, or so many weeks apart as there are rounds."""
    values = WHEN.read(_lines(kept))
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
    for warning in made.warnings:
        yield line(visit.say("counter.setup.mind", what=visit.tell(warning)))


def make(visit: Visit, written: Mapping[str, Written]) -> Next:
    made = planned(visit)
    if TELEGRAM in made.platforms and not written.get("acknowledged"):
        raise Wrong({"acknowledged": visit.say("form.why.needed")})
    owner = visit.organisation
    called = making.make(visit.connection, made, owner.name, visit.visitor.actor, visit.now)
    visit.connection.execute(delete(t.drafts).where(*_mine(visit)))
    s = t.series.c
    number = visit.all(select(s.id).where(s.organisation_id == owner.id, s.slug == called))[0].id
    _seen_anew(visit)
    return Next(name_of("series", number), (visit.say("counter.setup.made"),))


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
    visit.connection.execute(delete(t.drafts).where(*_mine(visit)))
    return Next("home", (visit.say("counter.setup.dropped"),))


ACTS = (
    Act("setup", sets_up, what, _take("setup", "setup-how", _take_what)),
    Act("setup-how", sets_up, how, _take("setup-how", "setup-who", _take_how)),
    Act(
        "setup-who",
        sets_up,
        who,
        _take("setup-who", "setup-when", _take_who),
        accounts=LISTS,
        channel="channel",
    ),
    Act("setup-when", sets_up, when, _take("setup-when", "setup-check", _take_when)),
    Act("setup-check", sets_up, check, make),
    Act("setup-drop", sets_up, drop_sheet, drop),
)
