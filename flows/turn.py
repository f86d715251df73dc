"""One call of `advance`, while it lasts.

A turn carries the state as it becomes and the effects as they are asked for. It is the only thing here that
changes while it is used; it never outlives the call.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from flows import calendar
from flows.effects import Audience, Effect, Finish, Keep, Note, Outcome, Role, Say, Update
from flows.events import Replied
from flows.message import Line, Message, Moment, Text, line, message, programme
from flows.state import Asked, Found, State

if TYPE_CHECKING:
    from flows.kinds.step import Step
    from flows.programme import Route

#: A live box of at least so many minutes gets a word one minute before its end.
WARNED_FROM = 4
#: A prompt that nobody has confirmed as delivered after so long starts its box anyway, so that no wait is endless.
UNDELIVERED = timedelta(minutes=10)
#: Async: after the last has answered, so long for a second thought.
SETTLE = timedelta(hours=1)
OFFICE = (time(8), time(16))


class Turn:
    def __init__(self, route: Route, state: State, now: datetime) -> None:
        self.route, self.state, self.now = route, state, now
        self.effects: list[Effect] = []
        #: The present step has what it came for.
        self.over = False

    # -- where we are

    @property
    def step(self) -> Step:
        return self.route.steps[self.state.step]

    @property
    def live(self) -> bool:
        return self.state.setting.pace == "live"

    @property
    def table(self) -> bool:
        return self.state.setting.answering == "table"

    def own(self, *path: str) -> Text:
        """A text of the programme, in this round."""
        return programme("rounds", self.route.round, *path)

    # -- the state

    def set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)

    def due(self, name: str, at: datetime) -> None:
        self.set(deadlines={**self.state.deadlines, name: at})

    def drop(self, *names: str) -> None:
        if not self.state.deadlines.keys().isdisjoint(names):
            self.set(deadlines={k: v for k, v in self.state.deadlines.items() if k not in names})

    def judge(self, which: str, reply: int, state: str, *, words: int | None = None) -> None:
        """Record what was said of a finding or an action ("findings", "actions")."""
        found: tuple[Found, ...] = getattr(self.state, which)
        known = any(one.reply == reply for one in found)
        changed = tuple(Found(reply, state) if one.reply == reply else one for one in found)
        self.set(**{which: changed if known else (*found, Found(reply, state))})
        self.effects.append(Note("finding" if which == "findings" else "action", reply, state, words))

    def forget(self, reply: int) -> None:
        """A reply is gone, or was no answer: nothing rests on it any more."""
        state = self.state
        self.set(
            findings=tuple(found for found in state.findings if found.reply != reply),
            actions=tuple(found for found in state.actions if found.reply != reply),
            undo=None if state.undo and state.undo.reply == reply else state.undo,
        )

    # -- steps

    def open_step(self) -> None:
        self.over = False
        self.set(part="")
        self.step.opens(self)

    def close_step(self) -> None:
        """Forget the step's own deadlines; the reminders are the whole window's."""
        kept = {"reminder", "last-call"} & self.state.deadlines.keys()
        self.set(deadlines={name: self.state.deadlines[name] for name in kept}, part="")

    # -- what is said

    def say(
        self, said: Message, to: Audience = "circle", *, person: int | None = None, slot: str | None = None
    ) -> None:
        self.effects.append(Say(said, to, person=person, slot=slot))

    def tell(self, key: str, **params: Any) -> None:
        """A word to those who run the series."""
        self.say(message("answer", line(key, **params)), "coordinators")

    def update(self, slot: str, said: Message) -> None:
        self.effects.append(Update(slot, said))

    def ask(self, said: Message, part: str = "") -> None:
        """Say something that people answer. Its time box starts when the platform has delivered it."""
        number = len(self.state.asked) + 1
        asked = (*self.state.asked, Asked(number, self.state.step))
        self.set(asked=asked, part=part, answered=(), solos=())
        self.effects.append(Say(said, prompt=number, slot=f"prompt:{number}"))
        self.due("undelivered", self.now + UNDELIVERED)

    def keep(self, event: Replied, role: Role, *, late: bool = False, asked: Asked | None = None) -> None:
        """File a reply under the prompt it answers, the present one unless said otherwise."""
        asked = asked or self.state.prompt
        step = self.route.steps[asked.step].id if asked else None
        self.effects.append(Keep(event.reply, role, asked.prompt if asked else None, step, late))

    def answered(self, event: Replied) -> None:
        """Count the author among those who have answered, and receipt the first of several messages."""
        if event.person not in self.state.answered:
            self.set(answered=(*self.state.answered, event.person))
            receipt = message("receipt", line("receipt.kept"), about=event.reply)
            self.effects.append(Say(receipt, "person" if event.private else "circle", person=event.person))
        if not self.live and self.state.members and set(self.state.members) <= set(self.state.answered):
            self.due("settle", self.days.next_open(self.now + SETTLE))

    # -- time

    @property
    def days(self) -> calendar.WorkingDays:
        return calendar.WorkingDays(self.state.setting.zone, *OFFICE)

    def box(self, start: datetime) -> None:
        """Start the present step's time box: minutes when live, its share of the window when not."""
        self.drop("undelivered")
        minutes = self.step.minutes
        if not self.live:
            self._share(start)
        elif minutes:
            self.until(start + timedelta(minutes=minutes))
        self.step.boxed(self, start)
        self.show_status()

    def until(self, end: datetime) -> None:
        self.due("box", end)
        self.drop("warning")
        if end - self.now >= timedelta(minutes=WARNED_FROM):
            self.due("warning", end - timedelta(minutes=1))

    def _share(self, start: datetime) -> None:
        closes = self.state.setting.closes_at
        if closes is None:
            return
        rest = self.route.minutes_from(self.state.step) or 1
        self.due("box", self.days.share(start, closes, (self.step.minutes or 1) / rest))

    def show_status(self) -> None:
        """The first message of the thread says where we are, and until when; never a stream of posts."""
        end = self.state.deadlines.get("box") or self.state.ends_at
        n, of = self.route.question(self.state.step)
        params: dict[str, Any] = {"n": n, "of": of, **({"until": Moment(end)} if end else {})}
        where = line(f"status.{self.step.WORD}" if end else "status.open", **params)
        self.update("root", message("status", self.title(), where))

    def title(self) -> Line:
        setting = self.state.setting
        return line("meeting.title", number=setting.number, of=setting.of, title=self.own("title"))

    def finish(self, outcome: Outcome) -> None:
        self.set(phase="finished", deadlines={}, part="")
        self.update("root", message("status", self.title(), line(f"finished.{outcome.replace(' ', '-')}")))
        self.effects.append(Finish(outcome))
