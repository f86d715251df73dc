"""What a coordinator should know before a plan is made: not wrong, but perhaps not meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.series import dates
from flows.check.problem import counted

if TYPE_CHECKING:
    from bot.series.planning import Plan


def on_dates(made: Plan, given: int) -> Iterator[str]:
    rounds, held = len(made.content.programme.rounds), len(made.sittings)
    if given > rounds:
        used = "only the first is used" if rounds == 1 else f"only the first {rounds} are used"
        yield f"The programme has {counted(rounds, 'round')}. Of {given} dates, {used}."
    if held < rounds:
        without = ", ".join(str(number) for number in range(held + 1, rounds + 1))
        yield f"The programme has {counted(rounds, 'round')}, and dates for {held}. Without a date: {without}."
    form = made.content.programme.form(made.wish.form)
    if form.breaks and len({each.moment.on for each in made.sittings}) > 1:
        yield "This form has breaks, as for one day, but its sessions are on several days."
    for each in made.sittings:
        if why := dates.closed_day(each.moment.on, made.zone):
            yield f"Session {each.number}: {each.moment.on} is {why}."
    yield from _overlaps(made)


def _overlaps(made: Plan) -> Iterator[str]:
    for earlier, later in zip(made.sittings, made.sittings[1:], strict=False):
        if made.ends(earlier) > later.at:
            yield f"Session {later.number} begins before session {earlier.number} is over."


def on_roles(made: Plan) -> Iterator[str]:
    if not made.wish.coordinator:
        yield "There is no coordinator: nobody is told when a session is missed, or a message cannot be delivered."
    if made.wish.answering == "table":
        for group in made.groups:
            if not group.note_takers:
                yield f"{group.name} has no note-taker; whoever of them writes, answers for the table."
    both = {one.name for one in made.wish.manager} & set(made.people)
    for name in sorted(both):
        yield f"{name} is a manager and takes part: what is said in the group is seen by a manager."


def on_arena(arena: str | None) -> Iterator[str]:
    if arena == "elected":
        yield (
            "An elected body must be called lawfully, and its meetings are open: Runda helps in a meeting, it does not "
            "replace one. No case that is to be decided is treated here."
        )
    if arena == "partners":
        yield "With people from outside, what is written is no internal document: it may be given out on request."
