"""The director: looks where each session is, cues what people write there, and moves the clock on.

    quiet -> where is everyone? -> the next cue, or the next deadline, whichever is first -> quiet

What people write at a step is cued when their session has come to it, and dropped when it has gone on: people
talk about what they are asked. The director remembers nothing that the house does not: a new one on the same
folder goes on where the old one was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from adapters.terminal.parse import Request
from bot.demo.approval import Approvals
from bot.demo.people import People
from bot.demo.reading import question
from bot.demo.script import PLENUM, Line
from bot.demo.stage import Stage
from flows import state as states
from flows.programme import Route
from storage import tables as t

#: Every session that has opened.
_OPENED = (
    select(
        t.sessions.c.id, t.sessions.c.phase, t.sessions.c.state, t.meetings.c.number, t.circles.c.kind,
        t.circles.c.number.label("group"), t.places.c.channel,
    )
    .select_from(t.sessions.join(t.meetings).join(t.circles))
    .join(t.places, t.places.c.id == t.sessions.c.place_id)
    .where(t.sessions.c.state.is_not(None))
    .order_by(t.sessions.c.id)
)  # fmt: skip
_QUEUED = select(t.outbox.c.id).where(t.outbox.c.status == "queued").limit(1)
#: Fjell takes its time.
SLOWER = {"fjell": 1.2}


class Position(NamedTuple):
    """Where a session is. `prompt` counts, so that a question that is asked again is another position."""

    session: int
    number: int
    group: str
    phase: str
    step: str = ""
    part: str = ""
    prompt: int = 0


@dataclass(slots=True)
class Cues:
    """What is still to be said at a position, the next one at `at`."""

    position: Position
    lines: deque[Line]
    at: datetime
    state: states.State


@dataclass(slots=True)
class Director:
    stage: Stage
    #: Somebody real is to say this; nothing goes on until `answer` is called.
    wanted: Line | None = None
    #: What people have been about to send, for whoever counts it afterwards.
    journal: Callable[[Request], None] = lambda _: None
    positions: dict[int, Position] = field(default_factory=dict)
    _approvals: Approvals = field(init=False)
    _cues: dict[int, Cues] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _of: Cues = field(init=False)
    _people: People | None = None
    _rows: dict[int, Any] = field(default_factory=dict)
    #: When the coordinator will next do something.
    _act_at: datetime | None = None

    def __post_init__(self) -> None:
        self._approvals = Approvals(self.stage)

    async def play(self, until: Callable[[dict[int, Position]], bool] = lambda _: False) -> None:
        """Play on until that holds, until somebody real is to speak, or until nothing more will happen."""
        if self._people is None:
            self._people = await People.at(self.stage.terminal.folder)
            self._said = set(_said(self.stage))
        while True:
            await self.quiet()
            if self._look():
                # What the clockwork does once a minute; here, when a group has finished.
                await self.stage.house.timekeeper.keep_up()
                self._act_at = self._approvals.next_at()
                await self.quiet()
            if until(self.positions) or not await self._next() or self.wanted is not None:
                return self._nothing_parked()

    def _nothing_parked(self) -> None:
        """What the house could not take in would be missing from what is shown."""
        with self.stage.database.read() as connection:
            if reason := connection.execute(select(t.parked.c.reason).limit(1)).scalar():
                raise RuntimeError(f"the house could not take in what was said: {reason}")

    async def answer(self, words: str | None) -> None:
        """What the person says to what was `wanted`; None: nothing."""
        line, self.wanted = self.wanted, None
        assert line is not None
        if words:
            await self._send(self._of, line, words)
            await self.quiet()

    async def close(self) -> None:
        if self._people is not None:
            await self._people.close()

    async def quiet(self) -> None:
        """Nothing is due, nothing waits to be sent."""
        house = self.stage.house
        while True:
            while self._queued() and await house.courier.round():
                pass
            if not await house.timekeeper.tick():
                return

    def _queued(self) -> bool:
        """There is something to send: asked before the courier is, who would have to begin a transaction."""
        with self.stage.database.read() as connection:
            return connection.execute(_QUEUED).first() is not None

    # -- one thing after the other

    async def _next(self) -> bool:
        """The next cue, the next deadline or the coordinator's next act. False: none of them is left."""
        waiting = [cues for cues in self._cues.values() if cues.lines]
        cue = min(waiting, key=lambda cues: (cues.at, cues.position.session), default=None)
        due, act = self.stage.house.timekeeper.next_due(), self._act_at
        moments = [at for at in (cue.at if cue else None, due, act) if at is not None]
        if not moments:
            return False
        now = min(moments)
        self.stage.clock.move(now)
        if cue is not None and cue.at == now and now != due:
            await self._say(cue)
        elif act == now and now != due:
            self._approvals.act()
            self._act_at = self._approvals.next_at()
        return True

    async def _say(self, cues: Cues) -> None:
        line = cues.lines.popleft()
        if cues.lines:
            cues.at += self._wait(cues.position, cues.lines[0])
        self._said.add(line.key)
        if line.words is None:
            self.wanted, self._of = line, cues
        else:
            await self._send(cues, line, line.words)

    async def _send(self, cues: Cues, line: Line, words: str) -> None:
        assert self._people is not None
        request = self._request(cues, line, words)
        self.journal(request)
        answer = await self._people.send(request)
        if not answer.ok:
            raise RuntimeError(f"the door refused {request.key}: {answer.error} {answer.detail}")

    def _request(self, cues: Cues, line: Line, words: str) -> Request:
        account = self.stage.cast.account(line.who)
        place = f"@{account}" if line.private else self._rows[cues.position.session].channel
        replies = self._question(cues, line.step) if line.step else None
        return Request(
            key=line.key, do=line.do, place=place, account=account, message=line.message or line.key,
            words=words, revision=1 if line.do == "rewrote" else 0, reply_to=replies, at=self.stage.clock.now(),
        )  # fmt: skip

    # -- where everyone is

    def _look(self) -> bool:
        """Cue what is said where sessions are now. Returns whether one has finished."""
        finished = False
        for position, state in self._read():
            if self.positions.get(position.session) == position:
                continue
            self.positions[position.session] = position
            self._cue(position, state)
            finished |= position.phase == "finished"
        return finished

    def _cue(self, position: Position, state: states.State) -> None:
        before = self._cues[position.session].lines if position.session in self._cues else ()
        wanted = [line for line in before if line.sticks] + self._lines(position, state)
        lines = deque(line for line in wanted if line.key not in self._said)
        wait = self._wait(position, lines[0]) if lines else timedelta()
        self._cues[position.session] = Cues(position, lines, self.stage.clock.now() + wait, state)

    def _read(self) -> Iterator[tuple[Position, states.State]]:
        """The sessions that have opened, as far as they are not as they were, in the order of their ids."""
        with self.stage.database.read() as connection:
            rows = connection.execute(_OPENED).all()
        for row in rows:
            before = self._rows.get(row.id)
            if before is None or before.state != row.state:
                self._rows[row.id] = row
                state = states.load(row.state)
                yield self._position(row, state), state

    def _position(self, row: Any, state: states.State) -> Position:
        keys = list(self.stage.cast.groups)
        group = PLENUM if row.kind == "everyone" else keys[row.group - 1]
        if row.phase not in ("running", "paused"):
            return Position(row.id, row.number, group, row.phase)
        step = self._route(row.number, group).steps[state.step].id
        prompt = state.prompt.prompt if state.prompt else 0
        return Position(row.id, row.number, group, row.phase, step, state.part, prompt)

    def _lines(self, position: Position, state: states.State) -> list[Line]:
        script, route = self.stage.script, self._route(position.number, position.group)
        if position.phase == "lobby":
            return script.here(position.number, position.group)
        if position.phase == "finished":
            return script.late(position.number, route.round, position.group)
        if position.phase != "running":
            return []
        step = route.steps[state.step]
        return script.lines(position.number, route.round, position.group, step, state.part, state.step)

    def _route(self, number: int, group: str) -> Route:
        return self.stage.programme.route(number, everyone=group == PLENUM)

    def _wait(self, position: Position, line: Line) -> timedelta:
        return timedelta(seconds=int(line.wait * SLOWER.get(position.group, 1.0)))

    def _question(self, cues: Cues, step: str) -> str | None:
        """Runda's message in which a step's question was last asked."""
        route = self._route(cues.position.number, cues.position.group)
        asked = [each.prompt for each in cues.state.asked if route.steps[each.step].id == step]
        return question(self.stage, cues.position.session, asked[-1]) if asked else None


def _said(stage: Stage) -> Iterator[str]:
    """The keys of all that stands in the places already."""
    for channel in stage.terminal.places.names():
        for record in stage.terminal.places.read(channel):
            if key := getattr(record, "key", None):
                yield key
