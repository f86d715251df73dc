"""From what a coordinator asks for to a plan. Reads and writes nothing, so a plan can be shown and thrown away.

A plan that can be made may still be unwise: seven in a group, a meeting on a Sunday, more dates than rounds.
That is told as warnings, and the coordinator decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from adapters.terminal.names import NAME as TERMINAL
from bot import library
from bot.opening import WINDOW_DAYS
from bot.series import advice, dates
from bot.series.dates import Sitting
from bot.series.grouping import Group, form_groups, unpeopled
from bot.series.holidays import Closed
from bot.series.homes import TELEGRAM, Homes, with_accounts
from bot.series.problems import NotFound, SeriesProblem
from flows.calendar import WorkingDays, zone_named
from flows.forms import At, Named, NamedGroup, Sentence, Values, When
from flows.programme import Round
from flows.turn import OFFICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for, as `flows.forms.CREATE` reads it. Empty `language` and `zone`: the organisation's."""

    name: str
    people: tuple[Named, ...] = ()
    group: tuple[NamedGroup, ...] = ()
    #: So many groups without people, who come in by themselves.
    groups: int | None = None
    #: They are divided into groups later.
    undivided: bool = False
    on: tuple[When, ...] = ()
    at: time | None = None
    rule: str | None = None
    start: date | None = None
    which: str | None = None
    zone: str | None = None
    language: str | None = None
    pace: str = "live"
    window: int | None = None
    answering: str = "each"
    form: str | None = None
    arena: str | None = None
    note_taker: tuple[Named, ...] = ()
    coordinator: tuple[Named, ...] = ()
    manager: tuple[Named, ...] = ()
    tentative: bool = False
    platform: str = "terminal"
    workspace: str | None = None
    #: The channel of all groups that have none of their own, and that of everyone.
    channel: At | None = None
    everyone: At | None = None
    #: Where managers' recaps are posted, beside those who get them alone.
    managers_place: At | None = None
    #: What the docs say of Telegram and public bodies has been read.
    acknowledged: bool = False

    @classmethod
    def of(cls, values: Values) -> Wish:
        """From the values of the form; lists of names written in several goes are one list."""
        flat: dict[str, Any] = {
            role: tuple(one for listed in values[role] for one in listed)
            for role in ("note_taker", "coordinator", "manager")
        }
        people = values["people"] or ()
        taking_part = [*people, *(one for group in values["group"] for one in group.people)]
        if values["platform"] != TERMINAL:
            flat = {role: with_accounts(named, taking_part) for role, named in flat.items()}
        return cls(**{**values, **flat, "people": people})


@dataclass(frozen=True, slots=True)
class Tenant:
    """What the organisation says where the wish says nothing."""

    name: str
    language: str
    zone: str
    #: Nothing has been planned for it before.
    new: bool = False
    #: When it is closed.
    closed: tuple[Closed, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A series as it will be made."""

    wish: Wish
    content: library.Content
    language: str
    zone: str
    groups: tuple[Group, ...]
    sittings: tuple[Sitting, ...]
    warnings: tuple[Sentence, ...]
    #: When the organisation is closed.
    closed: tuple[Closed, ...] = ()

    @property
    def homes(self) -> Homes:
        return Homes(self.wish)

    @property
    def minutes(self) -> int:
        return self.content.programme.form(self.wish.form).minutes

    @property
    def numbered(self) -> list[tuple[int, Group]]:
        """The groups from 1 on; 0: all who take part, where they are divided later."""
        return list(enumerate(self.groups, 0 if self.wish.undivided else 1))

    @property
    def several(self) -> bool:
        """There are several groups, or will be."""
        return len(self.groups) > 1 or self.wish.undivided

    @property
    def plenums(self) -> set[int]:
        """The rounds in which everyone meets: there are several groups, and the form has time for it."""
        programme = self.content.programme
        if not self.several or not programme.form(self.wish.form).plenum:
            return set()
        return {number for number, each in enumerate(programme.rounds, 1) if each.plenum}

    def pace(self, number: int) -> str:
        return pace_of(self.wish.pace, self.content.programme.rounds[number - 1], self.wish)

    def ends(self, sitting: Sitting) -> datetime:
        """When a sitting is over: its minutes when live, its window when not."""
        return ends(sitting, self.pace(sitting.number), self.minutes, self.wish.window, self.zone)

    @property
    def platforms(self) -> set[str]:
        """Where its circles live. Raises SeriesProblem where one has no channel, and gets none later."""
        homes = self.homes
        there = [homes.of_everyone(self.groups, meets=bool(self.plenums)), *map(homes.of_group, self.groups)]
        return {home.platform if home is not None else self.wish.platform for home in there}

    @property
    def people(self) -> list[Named]:
        return [one for group in self.groups for one in group.people]


def pace_of(pace: str, round_: Round, series: Any) -> str:
    """Of one session. What each answers privately before there are groups goes over days, whatever the pace."""
    return "async" if series.undivided and round_.prework else pace


def ends(sitting: Sitting, pace: str, minutes: int, window: int | None, zone: str) -> datetime:
    if pace == "live":
        return sitting.at + timedelta(minutes=minutes)
    return WorkingDays(zone, *OFFICE).window_end(sitting.at, window or WINDOW_DAYS)


@cache
def _zones() -> frozenset[str]:
    """All that there are, by their names. Looked through once: hundreds of files."""
    return frozenset(available_timezones())


def plan(wish: Wish, content: library.Content, tenant: Tenant, now: datetime) -> Plan:
    """Raises SeriesProblem (WhichTime among them), UnknownZone, UnreadableRule."""
    programme = content.programme
    zone = zone_named(wish.zone or tenant.zone, _zones()).key
    language, foreign = _language(wish, content, tenant)
    if wish.form and wish.form not in programme.forms:
        raise NotFound("form", wish.form, programme.forms)
    _fits_arena(wish, programme.rounds)
    form = programme.form(wish.form)
    today = now.astimezone(zone_named(zone)).date()
    asked = dates.whens(wish.on, wish.at, wish.rule, wish.start, today)
    fold = dates.FOLDS[wish.which] if wish.which else None
    sittings = dates.sittings(asked, len(programme.rounds), form, zone, fold)
    for each in sittings:
        dates.refuse_past(each.number, each.at, now, zone)
    unlisted = wish.groups or (wish.undivided and not wish.people)
    if unlisted and (wish.people or wish.group or wish.platform != TELEGRAM):
        words = "Groups that people come into by themselves are on Telegram; elsewhere name the people."
        raise SeriesProblem(Sentence(words, "groups-by-code"))
    formed, warned = form_groups(
        wish.people,
        wish.group or unpeopled(wish.groups, language),
        wish.note_taker,
        programme.group,
        language,
        undivided=wish.undivided,
    )
    made = Plan(wish, content, language, zone, formed, tuple(sittings), (), tenant.closed)
    _settled(made)
    warnings = (
        *foreign,
        *warned,
        *advice.on_dates(made, len(asked)),
        *advice.on_roles(made),
        *advice.on_homes(made),
        *advice.on_dividing(made),
        *advice.on_arena(wish.arena),
    )
    return replace(made, warnings=warnings)


def _settled(made: Plan) -> None:
    """Raises SeriesProblem where a circle has no channel, or somebody no account; and for Telegram unread."""
    homes = made.homes
    if not made.wish.acknowledged and TELEGRAM in made.platforms:
        words = (
            "A series on Telegram begins only when its coordinator has read what the docs say of Telegram and public "
            "bodies, and it is settled there. Then say --acknowledged."
        )
        raise SeriesProblem(Sentence(words, "telegram"))
    for group in made.groups:
        for one in group.people:
            homes.of_person(one, group)
    for one in (*made.wish.coordinator, *made.wish.manager):
        homes.of_person(one)
    homes.of_managers(made.groups)


def _language(wish: Wish, content: library.Content, tenant: Tenant) -> tuple[str, list[Sentence]]:
    """The series' language: one that the programme has texts in."""
    has = content.programme.languages
    if wish.language and wish.language not in has:
        words = f"The programme has no texts in {wish.language}; choose one of {', '.join(has)}."
        raise SeriesProblem(Sentence(words, "no-language", language=wish.language))
    language = wish.language or tenant.language
    if language in has:
        return language, []
    words = f"The programme has no texts in {language}, which {tenant.name} uses; {has[0]} is used."
    return has[0], [Sentence(words, "other-language", language=has[0])]


def _fits_arena(wish: Wish, rounds: Sequence[Round]) -> None:
    if wish.arena == "elected" and "async" in {pace_of(wish.pace, each, wish) for each in rounds}:
        words = (
            "An elected body meets openly, and so that all hear each other at the same time (kommuneloven §§ 11-5 "
            "and 11-7). Its rounds cannot be held over days in a thread: choose the live pace, with groups from the "
            "start."
        )
        raise SeriesProblem(Sentence(words, "elected-async"))
