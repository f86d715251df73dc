"""What a coordinator should know before a plan is made: not wrong, but perhaps not meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.series import dates
from flows.forms import Sentence

if TYPE_CHECKING:
    from bot.series.planning import Plan


def on_dates(made: Plan, given: int) -> Iterator[Sentence]:
    from flows.check.problem import counted  # among what reads files: a house that runs has read them

    rounds, held = len(made.content.programme.rounds), len(made.sittings)
    if given > rounds:
        used = "only the first is used" if rounds == 1 else f"only the first {rounds} are used"
        words = f"The programme has {counted(rounds, 'round')}. Of {given} dates, {used}."
        yield Sentence(words, "too-many-dates", n=rounds)
    if held < rounds:
        without = ", ".join(str(number) for number in range(held + 1, rounds + 1))
        words = (
            f"The programme has {counted(rounds, 'round')}, and dates for {held}. Without a date: {without}."
        )
        yield Sentence(words, "too-few-dates", without=without)
    form = made.content.programme.form(made.wish.form)
    if form.breaks and len({each.moment.on for each in made.sittings}) > 1:
        words = "This form has breaks, as for one day, but its sessions are on several days."
        yield Sentence(words, "breaks")
    for each in made.sittings:
        if why := dates.closed_day(each.moment.on, made.zone, made.closed):
            words = f"Session {each.number}: {each.moment.on} is {why}."
            yield Sentence(words, "closed-day", number=each.number, on=each.moment.on)
    yield from _overlaps(made)


def _overlaps(made: Plan) -> Iterator[Sentence]:
    for earlier, later in zip(made.sittings, made.sittings[1:], strict=False):
        if made.ends(earlier) > later.at:
            words = f"Session {later.number} begins before session {earlier.number} is over."
            yield Sentence(words, "overlap", number=later.number, before=earlier.number)


def on_roles(made: Plan) -> Iterator[Sentence]:
    if not made.wish.coordinator:
        words = "There is no coordinator: nobody is told when a session is missed, or a message cannot be delivered."
        yield Sentence(words, "no-coordinator")
    if made.wish.answering == "table" and not made.wish.undivided:
        for group in made.groups:
            if not group.note_takers:
                words = f"{group.name} has no note-taker; whoever of them writes, answers for the table."
                yield Sentence(words, "no-note-taker", group=group.name)
    managers, runs = ({one.key for one in named} for named in (made.wish.manager, made.wish.coordinator))
    for name in sorted(one.name for one in made.people if one.key in managers):
        words = f"{name} is a manager and takes part: what is said in the group is seen by a manager."
        yield Sentence(words, "manager-too", name=name)
    for name in sorted(one.name for one in made.people if one.key in runs):
        words = f"{name} coordinates the series and takes part: the group is told so when it opens."
        yield Sentence(words, "coordinator-too", name=name)
    for name in sorted(one.name for one in made.wish.coordinator if one.key in managers):
        words = (
            f"{name} coordinates the series and is a manager of it: a manager sees what waits for approval."
        )
        yield Sentence(words, "manager-coordinates", name=name)


def on_homes(made: Plan) -> Iterator[Sentence]:
    """Where everyone meets on one platform, those who are on another are not there."""
    homes = made.homes
    there = homes.of_everyone(made.groups, meets=False) if made.plenums else None
    for group in made.groups if there is not None else ():
        home = homes.of_group(group)
        if there is not None and home is not None and home.platform != there.platform:
            words = f"{group.name} is not on {there.platform}, where everyone meets: it does not see what is said."
            yield Sentence(words, "elsewhere", group=group.name)


def on_dividing(made: Plan) -> Iterator[Sentence]:
    """Where people are divided later: what comes of that before they are."""
    if not made.wish.undivided:
        return
    if not made.content.programme.rounds[0].prework:
        words = "Session 1 is for groups: nobody is asked anything before they are divided."
        yield Sentence(words, "nothing-before")
    elif made.wish.pace == "live":
        words = "Session 1 goes over days, not minutes: each is asked privately, before there are groups."
        yield Sentence(words, "days-before")


def on_arena(arena: str | None) -> Iterator[Sentence]:
    if arena == "elected":
        words = (
            "An elected body must be called lawfully, and its meetings are open: Runda helps in a meeting, it does not "
            "replace one. No case that is to be decided is treated here."
        )
        yield Sentence(words, "elected")
    if arena == "partners":
        words = "With people from outside, what is written is no internal document: it may be given out on request."
        yield Sentence(words, "partners")
