"""One call of `advance`, while it lasts.

A turn carries the state as it becomes and the effects as they are asked for. It is the only thing here that
changes while it is used; it never outlives the call.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec.structs import replace

from flows import calendar
from flows.effects import Audience, Effect, Finish, Keep, Note, Outcome, Role, Say, Update
from flows.events import Published, Replied, Resumed
from flows.message import (
    Choice,
    Line,
    Message,
    Moment,
    Notes,
    Points,
    Text,
    choices,
    line,
    message,
    programme,
)
from flows.state import (
    ASKED_KEPT,
    FOUND_KEPT,
    WRITTEN_KEPT,
    Asked,
    Found,
    Handed,
    Scored,
    State,
    Written,
)

if TYPE_CHECKING:
    from flows.kinds.step import Step
    from flows.programme import Route

#: A live box of at least so many minutes gets a word one minute before its end.
WARNED_FROM = 4
#: A prompt that nobody has confirmed as delivered after so long is taken as delivered, so that no wait is endless.
UNDELIVERED = timedelta(minutes=10)
#: Async: after the last has answered, so long for a second thought.
SETTLE = timedelta(hours=1)
OFFICE = (time(8), time(16))
#: A deadline that was due in office hours may be settled so long after their end: nobody wakes to the second.
PUNCTUAL = calendar.PUNCTUAL
#: The slot of a word that goes before all that waits.
RESUMED = "resumed"
#: Deadlines of the whole window, not of one step.
REMINDERS = ("reminder", "last-call")

Which: TypeAlias = Literal["findings", "actions"]


class Turn:
    def __init__(self, route: Route, state: State, now: datetime) -> None:
        self.route, self.state, self.now = route, state, calendar.utc(now)
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

    @property
    def steered(self) -> bool:
        """One person's word moves it: in a meeting, or alone. A window of days is the whole group's."""
        return self.live or self.alone

    @property
    def alone(self) -> bool:
        """One person is the whole circle."""
        setting = self.state.setting
        return len(self.state.members) == 1 and not setting.groups and not setting.open_roster

    @property
    def going_on(self) -> bool:
        return self.state.going_on

    @property
    def all_answered(self) -> bool:
        """Everyone in the circle has. Everyone's own circle cannot know, nor can one that people still come into."""
        members = set(self.state.members)
        return bool(members) and not self.state.setting.open_roster and members <= set(self.state.answered)

    def stranger(self, person: int) -> str | None:
        """Why this person is not heard here. Whoever is in a group is heard in everyone's session."""
        heard = self.state.setting.groups or person in self.state.members
        return None if heard else "not a member of the circle"

    def own(self, *path: str) -> Text:
        """A text of the programme, in this round."""
        return programme("rounds", self.route.round, *path)

    # -- the state

    def set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)

    def due(self, name: str, at: datetime) -> None:
        """Set a deadline. While paused no time passes: what is left of it is set instead."""
        if self.state.phase == "paused":
            self.set(left={**self.state.left, name: self.seconds_to(at)})
        else:
            self.set(deadlines={**self.state.deadlines, name: at})

    def seconds_to(self, at: datetime) -> int:
        return max(int((at - self.now).total_seconds()), 0)

    def drop(self, *names: str) -> None:
        for field in ("deadlines", "left"):
            kept = {name: value for name, value in getattr(self.state, field).items() if name not in names}
            if len(kept) < len(getattr(self.state, field)):
                self.set(**{field: kept})

    # -- findings and actions

    def room(self, which: Which) -> bool:
        return len(getattr(self.state, which)) < FOUND_KEPT

    def found(self, which: Which, one: Found) -> None:
        """Record what is said of a finding or an action, if that is news. A new one needs `room`."""
        before: tuple[Found, ...] = getattr(self.state, which)
        if one in before:
            return
        known = any(each.reply == one.reply for each in before)
        after = tuple(one if each.reply == one.reply else each for each in before)
        self.set(**{which: after if known else (*before, one)})
        said = "withdrawn" if one.state == "gone" else one.state
        self.effects.append(Note("finding" if which == "findings" else "action", one.reply, said, one.words))

    def forget(self, reply: int) -> None:
        """A reply is gone, or was no answer: nothing rests on it any more."""
        for found in self.state.findings:
            if found.reply == reply:
                self.found("findings", Found(reply, "gone"))
            elif found.words == reply:
                # What it said first was not what the circle let out: back in, until someone says yes.
                self.found("findings", replace(found, state="no", words=None))
        for action in self.state.actions:
            if action.reply == reply:
                self.found("actions", Found(reply, "gone"))
        if any(one.reply == reply for one in self.state.written):
            self.set(written=tuple(one for one in self.state.written if one.reply != reply))
        for scored in self.state.scores:
            if reply in scored.by.values():
                by = {person: one for person, one in scored.by.items() if one != reply}
                self.set(
                    scores=tuple(replace(one, by=by) if one is scored else one for one in self.state.scores)
                )
        self.set(undos=tuple(undo for undo in self.state.undos if undo.reply != reply))

    # -- steps

    def open_step(self) -> None:
        self.over = False
        self.set(part="", since=None)
        self.step.opens(self)

    def go_to(self, step: int) -> None:
        """Leave the present step for another (from 0)."""
        self.close_step()
        self.set(step=step)
        self.open_step()

    def close_step(self) -> None:
        """Forget the step's own deadlines; the reminders are the whole window's."""
        for field in ("deadlines", "left"):
            values = getattr(self.state, field)
            self.set(**{field: {name: values[name] for name in values if name in REMINDERS}})
        self.set(part="")

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

    def ask(self, said: Message, part: str = "", at: int = 0) -> None:
        """Say something that people answer: of a step that asks several things, which (`at`, from 0).

        Its time box starts when the platform has delivered it.
        """
        before = self.state.prompt
        number = before.prompt + 1 if before else 1
        said = replace(said, tools=(*said.tools, *self.tools(said)))
        unseen = before is not None and (before.at is None or before.assumed)
        asked = (*self.state.asked, Asked(number, self.state.step, part=at))[-ASKED_KEPT:]
        self.set(asked=asked, part=part, answered=(), solos=())
        slot, stale = f"prompt:{number}", f"prompt:{number - 1}" if unseen else None
        self.effects.append(Say(said, prompt=number, slot=slot, supersedes=stale))
        self.due("undelivered", self.now + UNDELIVERED)

    def ask_each(self) -> None:
        """Ask what each answers alone, in the circle; over days also of each where they are alone."""
        self.ask(message("question", *self.step.asks_each(self), tools=self.step.privately()))
        for person in self.state.members:
            self.ask_alone(person)

    def ask_alone(self, person: int) -> None:
        """Of whoever comes late too. In a meeting people are there, and find the button beside the question."""
        asks, end = self.step.asks_each(self), self.state.ends_at
        if asks and end is not None and not self.live:
            until = line("ask.until", until=Moment(end))
            said = message("question", self.title(), *asks, until, tools=self.step.privately())
            self.say(said, "person", person=person)

    def tools(self, said: Message) -> tuple[Choice, ...]:
        """The control words that mean something beside this question of a meeting, and are not on it already."""
        if not self.live:
            return ()
        back = any(asked.step < self.state.step for asked in self.state.asked)
        helps = self.route.point(1, self.state.step) is not None
        words = ("next", "more", *(["back"] if back else []), "pause", *(["help"] if helps else []))
        known = {choice.press for choice in said.choices}
        return tuple(choice for choice in choices(*words) if choice.press not in known)

    def keep(self, event: Replied, role: Role, *, late: bool = False, asked: Asked | None = None) -> None:
        """File a reply under the prompt it answers, the present one unless said otherwise.

        What was written privately stays its author's own, whatever the step makes of other replies. What comes late is
        counted nowhere: that it is kept is all that there is to say of it.
        """
        if event.private and role != "control":
            role = "solo"
        asked = asked or self.state.prompt
        step = self.route.steps[asked.step].place(asked.part) if asked else None
        self.effects.append(Keep(event.reply, role, asked.prompt if asked else None, step, late))
        if late and role != "control":
            self.receipt(event)

    def answered(self, event: Replied) -> None:
        """Count the author among those who have answered, and receipt the first of several messages."""
        first = event.person not in self.state.answered
        self.counts(event.person)
        if first:
            self.receipt(event)

    def counts(self, person: int) -> None:
        if person not in self.state.answered:
            self.set(answered=(*self.state.answered, person))
        self.settle()

    def uncounts(self, person: int) -> None:
        """They have taken back what they had answered the present prompt with."""
        self.set(answered=tuple(one for one in self.state.answered if one != person))
        self.settle()

    def scored(self, step: int, person: int, reply: int) -> None:
        """Count a person's scores at a step (from 0), the latest only."""
        by = {**self.state.scored_by(step), person: reply}
        others = tuple(one for one in self.state.scores if one.step != step)
        self.set(scores=(*others, Scored(step, by)))

    # -- lines, and what is handed on

    def lines(self, step: int, part: int | None = None) -> tuple[int, ...]:
        """The replies that hold what was written at a step, or at a part of it (both from 0), in order."""
        here = (one for one in self.state.written if one.step == step and part in (None, one.part))
        return tuple(dict.fromkeys(one.reply for one in here))

    def writes(self, one: Written) -> None:
        """Add a line; one that is there already, or is more than is kept, changes nothing."""
        if one not in self.state.written and len(self.state.written) < WRITTEN_KEPT:
            self.set(written=(*self.state.written, one))

    def take(self, event: Published) -> None:
        """Remember what a circle hands on."""
        news = (Handed(event.circle, one.step, one.replies) for one in event.given)
        self.set(handed=(*self.state.handed, *news)[:WRITTEN_KEPT])

    def given(self, step: str) -> tuple[Handed, ...]:
        """What everyone has been handed of a step, by circle, in the order in which they came."""
        return tuple(one for one in self.state.handed if one.step == step)

    def show_note(self, step: int, *, anew: bool = False) -> None:
        """The circle's note of a step (from 0) stands in one message; `anew`: in a new one."""
        name = self.route.steps[step].id
        noted, slot = message("answer", line("note.noted"), Points((Notes(name),))), f"note:{name}"
        if step in self.state.noted and not anew:
            self.update(slot, noted)
        else:
            self.set(noted=tuple({*self.state.noted, step}))
            self.say(noted, slot=slot)

    def receipt(self, event: Replied) -> None:
        said = message("receipt", line("receipt.kept"), about=event.reply)
        self.effects.append(Say(said, "person" if event.private else "circle", person=event.person))

    def settle(self) -> None:
        """Async: when all have answered, leave time for a second thought, anew with all that is written."""
        if self.live or not self.going_on:
            return
        if self.all_answered:
            self.due("settle", self.days.next_open(self.now + SETTLE))
        else:
            self.drop("settle")

    # -- time

    @property
    def days(self) -> calendar.WorkingDays:
        return calendar.WorkingDays(self.state.setting.zone, *OFFICE)

    @property
    def window_closed(self) -> bool:
        """Async: the time that people were given is over; nothing more is asked."""
        end = self.state.ends_at
        return not self.live and end is not None and self.now >= end

    def waking(self, at: datetime) -> datetime:
        """That time; at the async pace, if it falls in quiet hours, when they end."""
        return at if self.live else self.days.next_open(at)

    def quiet_until(self) -> datetime | None:
        """Async: when posts may go out again; None if they may now."""
        opens = self.waking(self.now - PUNCTUAL)
        return opens if opens > self.now else None

    def partway(self, start: datetime, share: float) -> datetime:
        """Where that share of the working time has gone, from there to the end of the window."""
        end = self.state.ends_at or start
        try:
            return self.days.share(start, end, share)
        except calendar.NoWorkingTime:
            return end

    def box(self, start: datetime) -> None:
        """Start the present step's time box: minutes when live, its share of the window when not."""
        self.drop("undelivered")
        if self.live:
            end = start + self.step.span(self)
            # A box that was stretched before its question is known to have arrived stays as long.
            self.until(max(end, self.state.deadlines.get("box", end)))
        else:
            rest = self.route.minutes_from(self.state.step) or 1
            self.due("box", max(self.now, self.partway(start, (self.step.minutes or 1) / rest)))
        self.step.boxed(self, start)
        self.show_status()

    def until(self, end: datetime) -> None:
        """Live: end the present step then, with a word before."""
        self.due("box", end)
        self.drop("warning")
        if end - self.now >= timedelta(minutes=WARNED_FROM):
            self.due("warning", end - timedelta(minutes=1))

    def show_status(self) -> None:
        """The first message of the thread says where we are, and until when; never a stream of posts."""
        end = self.state.deadlines.get("box") or self.state.ends_at
        n, of = self.route.question(self.state.step)
        params: dict[str, Any] = {"n": n, "of": of, **({"until": Moment(end)} if end else {})}
        where = line(f"status.{self.step.WORD}" if end else "status.open", **params)
        self.update("root", message("status", self.title(), where))

    def goes_on(self, event: object) -> None:
        """A word that it does. Before what waited, if anything did; in another place, the first that is seen there."""
        after = event.after if isinstance(event, Resumed) else "pause"
        head = (self.title(),) if after == "moved" else ()
        slot = {"pause": None, "shut": RESUMED, "moved": "root"}[after]
        self.say(message("answer", *head, line("control.resumed")), slot=slot)

    def title(self) -> Line:
        setting = self.state.setting
        return line("meeting.title", number=setting.number, of=setting.of, title=self.own("title"))

    # -- the end

    def goodbye(self) -> None:
        """The break lasts until the next sitting, however early this one is done."""
        pause, end = self.state.setting.pause, max(self.now, self.state.ends_at or self.now)
        until = line("break.until", until=Moment(end + timedelta(minutes=pause)))
        self.say(message("question", until if pause else line("meeting.thanks")))

    def finish(self, outcome: Outcome) -> None:
        self.set(phase="finished", deadlines={}, left={}, part="", since=None)
        self.update("root", message("status", self.title(), line(f"finished.{outcome.replace(' ', '-')}")))
        self.effects.append(Finish(outcome))
