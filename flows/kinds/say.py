"""Saying something, and showing a picture: steps that do not wait."""

from __future__ import annotations

from typing import ClassVar

from flows.kinds.step import Slug, Step
from flows.message import Choice, Line, Picture, line, message, programme
from flows.turn import Turn


class Say(Step):
    """Say a text of the programme: the theme, the time, how notes are used.

    Asks nothing; goes on at once. Shown to the circle. Hands nothing to the recap.
    """

    WORD: ClassVar[str] = "say"
    WAITS: ClassVar[bool] = False

    say: Slug

    def opens(self, turn: Turn) -> None:
        turn.say(message("question", Line(turn.own(self.id))))
        turn.over = True


class ShowPicture(Step):
    """Show a picture of the programme, with its text alternative.

    The help to a numbered point is given when somebody asks for it («3?»), never by itself.
    Goes on at once. Hands nothing to the recap.
    """

    WORD: ClassVar[str] = "picture"
    WAITS: ClassVar[bool] = False
    TEXT: ClassVar[bool] = False

    picture: Slug

    def opens(self, turn: Turn) -> None:
        points = range(1, turn.route.points(self.picture) + 1)
        help_way = [line("picture.help")] if points else []
        label = "pictures", self.picture, "points"
        tools = tuple(Choice(f"help:{n}", programme(*label, n, "label")) for n in points)
        turn.say(message("question", Picture(self.picture), *help_way, tools=tools))
        turn.over = True
