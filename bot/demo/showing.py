"""What is printed: the moments that matter, as they are played, or every thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import func, select

from adapters.terminal.records import Piece, Posted, Record
from bot.demo.director import Director, Position
from bot.demo.reading import (
    EVER,
    Sitting,
    day_of,
    private,
    reader,
    records,
    since_message,
    sittings,
    without_status,
)
from bot.demo.script import PLENUM
from bot.demo.sheet import Sheet
from bot.demo.stage import Stage, local
from bot.series.naming import slug
from storage import tables as t

# -- the moments


class Moments:
    """The default: the end of the first meeting, the opening of the second, and the managers' page."""

    def __init__(self, stage: Stage, director: Director, sheet: Sheet) -> None:
        self.stage, self.director, self.sheet = stage, director, sheet
        self.group = next(iter(stage.cast.groups))

    async def play(self) -> None:
        await self.director.play(self._over(1))
        first = self._sitting(1)
        self._last_minutes(first)
        later = self._next(first)
        if later is not None:
            await self.director.play(self._beyond_recap(2))
            self._date_line(first, later)
            self._opening(self._sitting(2))
        await self.director.play(lambda _: self._manager_has_read())
        self._managers()
        await self.director.play()

    # -- what is waited for

    def _over(self, number: int) -> Callable[[dict[int, Position]], bool]:
        return lambda at: any(
            each.number == number and each.group == self.group and each.phase == "finished"
            for each in at.values()
        )

    def _beyond_recap(self, number: int) -> Callable[[dict[int, Position]], bool]:
        """The group has looked back, and goes on."""
        steps = self.stage.programme.route(number).steps
        back = {each.id for each in steps if each.WORD in ("recap", "follow-up")}

        def beyond(at: dict[int, Position]) -> bool:
            return any(
                each.number == number and each.group == self.group and each.phase not in ("lobby",)
                and each.step not in back
                for each in at.values()
            )  # fmt: skip

        return beyond

    def _manager_has_read(self) -> bool:
        return bool(self._of_manager())

    # -- what is shown

    def _last_minutes(self, first: Sitting) -> None:
        texts, name = self.stage.texts, self.stage.cast.groups[self.group][0]
        of = max(each.number for each in sittings(self.stage))
        self.sheet.gap()
        self.sheet.say(self.stage.said.say("title"), "bold")
        self.sheet.say(
            texts.say("demo.last-minutes", number=first.number, of=of, when=first.starts_at, group=name)
        )
        self.sheet.gap()
        found = records(self.stage, first.channel, since=first.starts_at)
        message = first.asked(self.stage, "release") or first.asked(self.stage, "finding")
        self._show(since_message(found, message))

    def _date_line(self, first: Sitting, later: Sitting) -> None:
        self.sheet.between(date_line(self.stage, first.starts_at, later.starts_at))

    def _opening(self, second: Sitting) -> None:
        found = records(self.stage, second.channel, since=second.starts_at)
        message, end = second.asked(self.stage, "recap"), second.asked(self.stage, "follow-up")
        shown = since_message(found, message)
        if end is not None:
            shown = shown[: len(shown) - len(since_message(shown, end))]
        self._show(self._shortened(each) for each in shown)

    def _managers(self) -> None:
        cast = self.stage.cast
        self.sheet.title(self.stage.texts.say("demo.for-managers", name=cast.coordinator))
        self._show(self._of_manager())
        if held := held_back(self.stage, 1):
            self.sheet.gap()
            self.sheet.say(self.stage.texts.say("demo.held-back", n=held), margin="       ")

    def _show(self, found: Iterable[Record]) -> None:
        self.sheet.lines(reader(self.stage, self.sheet.screen).lines(without_status(found)))

    def _of_manager(self) -> Sequence[Record]:
        found = self.stage.terminal.places.read(f"@{slug(self.stage.cast.manager)}")
        return [each for each in found if isinstance(each, Posted)][:1]

    # -- a recap, shortened

    def _shortened(self, record: Record) -> Record:
        """The recap with one of its questions in full; the others are like it. Links lead nowhere on paper."""
        if not isinstance(record, Posted) or record.sort != "recap":
            return record
        pieces = tuple(replace(piece, earlier=None) for piece in record.pieces)
        return replace(record, pieces=tuple(self._cut(pieces)))

    def _cut(self, pieces: tuple[Piece, ...]) -> Iterator[Piece]:
        said = self.stage.said
        round_ = self.stage.programme.rounds[0]
        asked = {said.say(f"rounds.{round_.round}.{step.id}") for step in round_.steps if step.WORD == "ask"}
        seen = [piece.words for piece in pieces if piece.kind == "heading" and piece.words in asked]
        section = ""
        for piece in pieces:
            if piece.kind == "heading":
                section = piece.words
                if section in seen[1:2]:
                    yield Piece("line", self.stage.texts.say("demo.more-questions", n=len(seen) - 1))
            if section not in seen[1:]:
                yield piece

    # -- rows

    def _sitting(self, number: int) -> Sitting:
        return next(
            each for each in sittings(self.stage) if (each.number, each.group) == (number, self.group)
        )

    def _next(self, first: Sitting) -> Sitting | None:
        later = [each for each in sittings(self.stage) if each.number == first.number + 1]
        return next((each for each in later if each.group == self.group), None)


def date_line(stage: Stage, before: datetime, after: datetime) -> str:
    """What has passed between two meetings."""
    if local(before).date() == local(after).date():
        return stage.texts.say("demo.after-the-break", when=after)
    changed = local(before).utcoffset() != local(after).utcoffset()
    return stage.texts.say("demo.two-weeks-clocks" if changed else "demo.two-weeks", when=after)


# -- everything


class Threads:
    """Every thread, as those see it who are in it, session by session, and each when it has been played."""

    def __init__(self, stage: Stage, director: Director, sheet: Sheet) -> None:
        self.stage, self.director, self.sheet = stage, director, sheet
        self.views = {group: reader(stage, sheet.screen) for group in (*stage.cast.groups, PLENUM)}

    async def play(self) -> None:
        listed = sittings(self.stage)
        for number in sorted({each.number for each in listed}):
            await self.director.play(self._opened(number + 1))
            self._meeting([each for each in sittings(self.stage) if each.number == number], listed)
        self._of_those_who_run_it(listed)

    def _opened(self, number: int) -> Callable[[dict[int, Position]], bool]:
        return lambda at: any(each.number == number for each in at.values())

    def _meeting(self, circles: list[Sitting], listed: list[Sitting]) -> None:
        self.sheet.title(title_of(self.stage, circles[0]))
        if circles[0].number == 1:
            self.sheet.say(self.stage.texts.say("demo.alone"), "dim")
        for sitting in circles:
            self.sheet.title(group_line(self.stage, sitting.group))
            self.sheet.lines(self.views[sitting.group].lines(thread_of(self.stage, sitting, listed)))

    def _of_those_who_run_it(self, listed: list[Sitting]) -> None:
        cast = self.stage.cast
        for key, name in (("coordinator", cast.coordinator), ("manager", cast.manager)):
            self.sheet.title(self.stage.texts.say(f"demo.{key}", name=name))
            mine = records(self.stage, f"@{slug(name)}", since=listed[0].starts_at)
            day = day_of(self.stage.play.language)
            self.sheet.lines(reader(self.stage, self.sheet.screen, day=day).lines(mine))


def thread_of(stage: Stage, sitting: Sitting, listed: list[Sitting]) -> list[Record]:
    """What was said in one sitting and about it, until the next one of that circle opens."""
    later = (each for each in listed if each.group == sitting.group and each.number == sitting.number + 1)
    until = next((each.starts_at for each in later), EVER)
    channels = (sitting.channel, *private(stage, sitting.group))
    return records(stage, *channels, since=sitting.starts_at, until=until)


def title_of(stage: Stage, sitting: Sitting) -> str:
    rounds = stage.programme.rounds
    title = stage.said.say(f"rounds.{rounds[sitting.number - 1].round}.title")
    of = max(each.number for each in sittings(stage))
    return stage.texts.say("demo.meeting", number=sitting.number, of=of, title=title, when=sitting.starts_at)


def group_line(stage: Stage, group: str) -> str:
    if group == PLENUM:
        return stage.texts.say("demo.everyone")
    name, people = stage.cast.groups[group]
    return stage.texts.say("demo.in-group", group=name, people=", ".join(people.values()))


# -- around it


def held_back(stage: Stage, number: int) -> int:
    """How many findings of a meeting somebody said no to."""
    s, m, f = t.sessions.c, t.meetings.c, t.findings.c
    held = select(func.count(f.reply_id)).select_from(t.findings.join(t.sessions).join(t.meetings))
    with stage.database.read() as connection:
        found = connection.execute(
            held.where(m.number == number, f.state == "no", f.session_id == s.id)
        ).scalar()
    return int(found or 0)


def counts(stage: Stage) -> tuple[int, int, int]:
    """How much was said by people, how much by Runda, and over how many meetings."""
    r, o = t.replies.c, t.outbox.c
    with stage.database.read() as connection:
        people = connection.execute(select(func.count(r.id))).scalar()
        said: Any = select(func.count(o.id)).where(o.status == "sent", o.kind == "say", o.sort != "receipt")
        runda = connection.execute(said).scalar()
    held = max(each.number for each in sittings(stage))
    return int(people or 0), int(runda or 0), held
