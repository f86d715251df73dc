"""Setting up a series: what, how, who, when; then a page that shows the plan, and nothing is made before that.

What has been filled in is kept from step to step, so that somebody who stops half-way can go on later, from
wherever they are. It is thrown away when the series is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.port import Blank, Block, Known, Label, Option, Sheet, Written
from bot import library
from bot.counter.acts import Act, sets_up
from bot.counter.begun import (
    APART,
    DIVIDED,
    FIELDS,
    GROUPS_FORM,
    HOW_FORM,
    LATER,
    LISTS,
    ONE,
    WHAT_FORM,
    begun,
    content,
    draft,
    keep,
    lines_of,
    programmes,
)
from bot.counter.dates import read
from bot.counter.people import known_people, managers_place, named
from bot.counter.sheets import blank, button, choice, line, sheet
from bot.counter.visit import Next, Visit, Wrong, text_of, texts_of
from flows.forms import WHEN, Form

# -- the steps


def what(visit: Visit) -> Sheet:
    kept = draft(visit)
    there = list(programmes(visit))
    chosen = kept.get("programme") or there[0].value
    blanks = [
        blank(visit, "name", "line", "form.series-create.name", required=True, value=kept.get("name")),
        blank(visit, "programme", "choice", "counter.blank.programme", required=True, options=there,
              value=chosen),
        choice(visit, FIELDS["language"], kept.get("language") or visit.organisation.language),
    ]  # fmt: skip
    labels = [button(visit, "counter.button.drop", "setup-drop")] if kept else []
    return _step(visit, "counter.setup.what", blanks, labels)


def how(visit: Visit) -> Sheet:
    kept = begun(visit)
    found = content(visit, kept["programme"])
    forms = [Option(name, _form(visit, found, name)) for name in found.programme.forms]
    blanks = [
        blank(visit, "form", "choice", "form.series-create.form", options=forms,
              value=kept.get("form") if kept.get("form") in found.programme.forms else forms[0].value),
        choice(visit, FIELDS["pace"], kept.get("pace")),
        blank(visit, "window", "number", "form.series-create.window", value=kept.get("window")),
        choice(visit, FIELDS["answering"], kept.get("answering")),
        choice(visit, FIELDS["arena"], kept.get("arena")),
        blank(visit, "tentative", "flag", "form.series-create.tentative", value=bool(kept.get("tentative"))),
    ]  # fmt: skip
    told = (library.text_of(found, visit.language, key) for key in ("about", "source"))
    labels = [button(visit, "counter.button.back", "setup")]
    return _step(visit, "counter.setup.how", blanks, labels, *(line(words) for words in told if words))


def _form(visit: Visit, found: library.Content, name: str) -> str:
    form = found.programme.form(name)
    title = library.form_title(found, visit.language, name)
    return visit.say("counter.setup.form", name=title, n=form.minutes)


def who(visit: Visit) -> Sheet:
    kept = begun(visit)
    blanks = [*(_groups(visit, kept) if visit.capabilities.members else _by_code(visit, kept))]
    blanks += [
        _accounts(visit, "coordinator", "form.series-create.coordinator", kept, usual=visit.visitor.account),
        _accounts(visit, "manager", "form.series-create.manager", kept),
        *([managers_place(visit, kept.get("managers_place"))] if visit.capabilities.members else []),
    ]
    if kept.get("answering") == "table" and visit.capabilities.members:
        blanks.append(_accounts(visit, "note_taker", "form.series-create.note_taker", kept))
    return _step(visit, "counter.setup.who", blanks, [button(visit, "counter.button.back", "setup-how")])


def _by_code(visit: Visit, kept: Mapping[str, Any]) -> Iterator[Blank]:
    """Where nobody can list people: how many groups, which they come into by themselves. None: divided later."""
    yield blank(visit, "groups", "number", "counter.blank.groups", hint="counter.blank.groups-hint",
                value=kept.get("groups", "1"))  # fmt: skip


def _groups(visit: Visit, kept: Mapping[str, Any]) -> list[Blank]:
    return [
        blank(visit, "channel", "place", "counter.blank.channel", required=True, value=kept.get("channel")),
        _accounts(visit, "people", "counter.blank.people", kept, hint="counter.blank.people-hint"),
        blank(visit, "split", "choice", "counter.blank.split", value=kept.get("split") or DIVIDED, options=[
            Option(DIVIDED, visit.say("counter.choice.divided")), Option(ONE, visit.say("counter.choice.one-group")),
            Option(LATER, visit.say("counter.choice.later")),
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
    kept = begun(visit)
    apart = [Option(n, visit.say("counter.choice.weeks", n=int(n))) for n in APART.choices]
    blanks = [
        blank(visit, "first", "date", "counter.blank.first", required=True, value=kept.get("first")),
        blank(visit, "at", "time", "form.series-create.at", required=True, value=kept.get("at") or "09:00"),
        blank(visit, "apart", "choice", "counter.blank.apart", options=apart, value=kept.get("apart") or APART.usual),
        blank(visit, "others", "area", "counter.blank.others", hint="counter.blank.others-hint",
              value=kept.get("others")),
    ]  # fmt: skip
    return _step(visit, "counter.setup.when", blanks, [button(visit, "counter.button.back", "setup-who")])


def _step(visit: Visit, key: str, blanks: list[Blank], labels: list[Label], *told: Block) -> Sheet:
    return sheet(visit, "counter.title.set-up", line(visit.say(key)), *told, blanks=blanks,
                 submit="counter.button.onwards", labels=labels)  # fmt: skip


# -- handed in


def _as_text(written: Mapping[str, Written], form: Form) -> dict[str, Any]:
    """What was written in the fields of a form: flags as they are, all else as text."""
    return {
        field.name: bool(written.get(field.name)) if field.kind == "flag" else text_of(written, field.name)
        for field in form.fields
    }


def _take_what(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken = {**_as_text(written, WHAT_FORM), "programme": text_of(written, "programme")}
    read(visit, WHAT_FORM, taken)
    content(visit, taken["programme"])
    return taken


def _take_how(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken = _as_text(written, HOW_FORM)
    read(visit, HOW_FORM, taken)
    return taken


def _take_who(visit: Visit, written: Mapping[str, Written]) -> dict[str, Any]:
    taken: dict[str, Any] = {name: _people(visit, texts_of(written, name), name) for name in LISTS}
    needed = ["coordinator"]
    if visit.capabilities.members:
        taken |= {name: text_of(written, name) for name in ("channel", "split", "managers_place")}
        if not taken["people"]:
            taken["people"] = [_kept(one) for one in visit.members if not (one.bot or one.gone)]
        needed += ["channel", "people"]
    else:
        taken |= {"groups": text_of(written, "groups")}
        read(visit, GROUPS_FORM, taken)
    missing = [name for name in needed if not taken[name]]
    if missing:
        raise Wrong({name: visit.say("form.why.needed") for name in missing})
    if taken.get("managers_place") and taken["managers_place"] == taken["channel"]:
        raise Wrong({"managers_place": visit.say("counter.told.not-managers")})
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
    read(visit, WHEN, lines_of(taken))
    return taken


def _take(step: str, follows: str, take: Callable[..., dict[str, Any]]) -> Callable[..., Next]:
    def taking(visit: Visit, written: Mapping[str, Written]) -> Next:
        keep(visit, step, take(visit, written))
        return Next(follows)

    return taking


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
        other="managers_place",
    ),
    Act("setup-when", sets_up, when, _take("setup-when", "setup-check", _take_when)),
)
