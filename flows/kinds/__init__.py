"""The kinds of step, one idea a file. `KINDS` is the list that programmes, checks and docs all read."""

from __future__ import annotations

from flows.kinds.action import FollowUp, PlanActions
from flows.kinds.ask import Ask
from flows.kinds.choose import Choose, Decide
from flows.kinds.finding import PutForward, Release
from flows.kinds.form import Form, Pitch
from flows.kinds.level import Level
from flows.kinds.note import Note
from flows.kinds.pairs import Pairs
from flows.kinds.plenum import Share
from flows.kinds.recap import Break, LookBack
from flows.kinds.respond import Gross, Respond
from flows.kinds.say import Say, ShowPicture
from flows.kinds.scale import Scale
from flows.kinds.sentence import Again, Sentence
from flows.kinds.spread import Spread
from flows.kinds.step import Step
from flows.kinds.wait import Wait

#: In the order in which a round usually has them.
KINDS: tuple[type[Step], ...] = (
    LookBack, FollowUp, Say, ShowPicture, Ask, Wait, Scale, Spread, Level, Choose, Form, Sentence, Again, Note,
    PutForward, Release, Pitch, Decide, PlanActions, Break, Share, Gross, Respond, Pairs,
)  # fmt: skip
BY_WORD: dict[str, type[Step]] = {kind.WORD: kind for kind in KINDS}

#: Kinds that stand in everyone's part of a round, under `plenum`.
IN_PLENUM = (
    "say", "picture", "share", "ask", "spread", "choose", "form", "sentence", "gross", "respond", "pairs", "decide",
    "note", "break",
)  # fmt: skip
#: Kinds that stand only there.
ONLY_IN_PLENUM = ("share", "gross", "respond", "pairs")
