"""Every thread, as its members see it."""

from __future__ import annotations

from collections.abc import Callable

from adapters.terminal.records import Record
from bot.demo.director import Director, Position
from bot.demo.reading import EVER, Sitting, day_of, private, reader, records, sittings
from bot.demo.script import PLENUM
from bot.demo.sheet import Sheet
from bot.demo.stage import Stage
from bot.series.naming import slug


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
        self.sheet.title(title_of(self.stage, circles[0]), ruled=True)
        if circles[0].number == 1:
            self.sheet.say(self.stage.texts.say("demo.alone"), "dim")
        for sitting in circles:
            self.sheet.title(group_line(self.stage, sitting.group))
            self.sheet.lines(self.views[sitting.group].lines(thread_of(self.stage, sitting, listed)))

    def _of_those_who_run_it(self, listed: list[Sitting]) -> None:
        cast = self.stage.cast
        for key, name in (("coordinator", cast.coordinator), ("manager", cast.manager)):
            self.sheet.title(self.stage.texts.say(f"demo.{key}", name=name), ruled=True)
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
