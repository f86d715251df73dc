"""The default output: the moments that matter, each when it has been played."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import func, select

from adapters.terminal.records import Piece, Posted, Record
from bot.demo.director import Director, Position
from bot.demo.reading import (
    Sitting,
    reader,
    records,
    since_message,
    sittings,
    without_status,
)
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
        pieces = [replace(piece, earlier=None) for piece in record.pieces]
        return replace(record, pieces=tuple(self._cut(pieces)))

    def _cut(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        round_ = self.stage.programme.rounds[0]
        asked = [
            self.stage.said.say(f"rounds.{round_.round}.{step.id}")
            for step in round_.steps
            if step.WORD == "ask"
        ]
        sections = _sections(pieces)
        questions = [each for each in sections if each[0].words in asked]
        kept = {self.stage.texts.say(f"recap.{key}") for key in ("findings", "others", "actions")}
        cut = [each for each in sections[1:] if each not in questions[:1] and each[0].words not in kept]
        for section in sections:
            if section not in cut:
                yield from section
            elif section is cut[0]:
                more = "demo.more-questions" if len(cut) < len(questions) else "demo.more-and-plenum"
                yield Piece("line", self.stage.texts.say(more, n=len(questions) - 1))
        # The question that comes with the recap stands in its last section, whatever that is.
        if sections[-1] in cut:
            yield pieces[-1]

    # -- rows

    def _sitting(self, number: int) -> Sitting:
        return next(
            each for each in sittings(self.stage) if (each.number, each.group) == (number, self.group)
        )

    def _next(self, first: Sitting) -> Sitting | None:
        later = [each for each in sittings(self.stage) if each.number == first.number + 1]
        return next((each for each in later if each.group == self.group), None)


def _sections(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Each heading with what stands under it."""
    sections: list[list[Piece]] = []
    for piece in pieces:
        if piece.kind == "heading" or not sections:
            sections.append([])
        sections[-1].append(piece)
    return sections


def date_line(stage: Stage, before: datetime, after: datetime) -> str:
    """What has passed between two meetings."""
    if local(before).date() == local(after).date():
        return stage.texts.say("demo.after-the-break", when=after)
    changed = local(before).utcoffset() != local(after).utcoffset()
    return stage.texts.say("demo.two-weeks-clocks" if changed else "demo.two-weeks", when=after)


# -- around it


def held_back(stage: Stage, number: int) -> int:
    """How many findings of a meeting somebody said no to."""
    held = select(func.count()).select_from(t.findings.join(t.sessions).join(t.meetings))
    with stage.database.read() as connection:
        found = connection.execute(held.where(t.meetings.c.number == number, t.findings.c.state == "no"))
        return int(found.scalar_one())


def counts(stage: Stage) -> tuple[int, int, int]:
    """How much was said by people, how much by Runda, and over how many meetings."""
    r, o = t.replies.c, t.outbox.c
    with stage.database.read() as connection:
        people = connection.execute(select(func.count(r.id))).scalar()
        said: Any = select(func.count(o.id)).where(o.status == "sent", o.kind == "say", o.sort != "receipt")
        runda = connection.execute(said).scalar()
    held = max(each.number for each in sittings(stage))
    return int(people or 0), int(runda or 0), held
