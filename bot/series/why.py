"""Why a message came, or did not come: by which rule, and the rows behind it.

    what it came of (an event, an act, a change)  ->  the row of the outbox  ->  what became of it, and why

Nothing is logged for this. What became of a row is decided where it happens (`bot.claims`, `bot.courier`,
`bot.news`), and leaves a code in its `reason`; what it came of is found by its number, since each who speaks counts
from a number of their own. A reason is a code here, with a text under `why` in each language, true for its row.

Who was reminded is who has not answered, and that is nobody's business (`flows.sight`). So what people are told
alone is one entry however many they were, with the rows that it came of, and none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from bot.claims import IN_DOUBT, first_in_line
from bot.desk import CORRECTIONS
from bot.news import TAKING_PART
from bot.recaps.sending import FIRST
from bot.series.close_by import ENDED, RUNDA
from bot.series.office import ANNOUNCED, BEFORE, Office
from bot.whispers import FILES, MENTION, OVER, WHISPERS
from flows import state as states
from flows.calendar import WorkingDays
from flows.message import Line, Message, Text
from flows.turn import OFFICE, REMINDERS
from storage import tables as t
from storage.backup import held

#: Why a message was not sent, though nobody refused it.
DROPPED = (
    "superseded", "short", "not-alone", "may-have-arrived", "nothing-to-update", "nothing-to-say", "over", "undone",
    "redated", "not-theirs", "erased", "restored",
)  # fmt: skip
#: Why it waits, or waited, where its place is not at fault.
WAITED = (*IN_DOUBT, "asks-to-wait", "not-configured")
#: What somebody did who is told a word alone, where they did not just write elsewhere.
_WHISPERED = {FILES: "attached", OVER: "pressed", MENTION: "asked"}
#: What of no session is told to people alone, though they did not ask for anything.
_ALONE = {"series.divided": "decided", "series.undivided": "time-came"}
#: Entries that are shown at once.
MOST = 40

_message = msgspec.json.Decoder(Message).decode


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule by its name, a key of the texts, and what it says; `rows`: what it rests on."""

    key: str
    params: dict[str, Any] = field(default_factory=dict)
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A message: what it came of, what became of it, and the rows behind both, as «table:number»."""

    #: Its number; None for what people were told alone.
    id: int | None
    circle: str
    #: place, alone, runs: where a group is, to people alone, or to those who run the series.
    to: str
    sort: str
    came: Reason
    became: Reason
    rows: tuple[str, ...]


# -- reading


def explained(
    office: Office, circle: int | None = None, meeting: int | None = None, most: int = MOST
) -> list[Entry]:
    """The newest messages of a series, of one of its circles or meetings; the oldest of them first."""
    s = t.sessions.c
    mine = _rows().where(s.series_id == office.series.id)
    if circle is not None:
        mine = mine.where(s.circle_id == circle)
    if meeting is not None:
        mine = mine.where(s.meeting_id == meeting)
    rows = office.all(mine.order_by(t.outbox.c.id.desc()).limit(most))[::-1]
    runs = _runs(office)
    entries: dict[tuple[Any, ...], Entry] = {}
    for row, entry in zip(rows, explain(office.connection, rows, office.now, runs), strict=True):
        # However many were told the same alone, it is told once.
        one = (
            (row.id,)
            if entry.to != "alone"
            else (row.session_id, row.version, entry.came.key, entry.became.key)
        )
        entries.setdefault(one, entry)
    return list(entries.values())


def explain(
    connection: Connection, rows: Sequence[Any], now: datetime, runs: Iterable[int] = ()
) -> list[Entry]:
    """One for each of these rows of `all_rows`; `runs`: people who run the series."""
    look = _Look(connection, rows, now)
    return [look.entry(row, frozenset(runs)) for row in rows]


def all_rows(connection: Connection) -> list[Any]:
    """The outbox as it is explained."""
    return list(connection.execute(_rows().order_by(t.outbox.c.id)))


def _rows() -> Select[Any]:
    o, p, s, c = t.outbox.c, t.places.c, t.sessions.c, t.circles.c
    joined = t.outbox.join(t.places, p.id == o.place_id).outerjoin(t.sessions, s.id == o.session_id)
    wanted = select(t.outbox, p.platform, p.person_id, p.blocked, p.look_at, c.name.label("circle"))
    return wanted.select_from(joined.outerjoin(t.circles, c.id == s.circle_id))


def _runs(office: Office) -> set[int]:
    """Those who run the series and do not take part in it: what is told to them alone is of the series."""
    m = t.memberships.c
    roles = office.all(select(m.person_id, m.role).where(m.series_id == office.series.id))
    part = {row.person_id for row in roles if row.role in TAKING_PART}
    return {row.person_id for row in roles} - part


class _Look:
    """What several rows need to have looked up, at once."""

    def __init__(self, connection: Connection, rows: Sequence[Any], now: datetime) -> None:
        self.now, self.held = now, held(connection)
        k, a, o = t.log.c, t.audit.c, t.outbox.c
        of = k.session_id.in_({row.session_id for row in rows}), k.ignored.is_(None)
        events = select(k.id, k.session_id, k.version, k.event).where(
            *of, k.version.in_({row.version for row in rows})
        )
        self.events = {(row.session_id, row.version): row for row in connection.execute(events)}
        acts = {row.effect - ANNOUNCED for row in rows if ANNOUNCED <= row.effect < WHISPERS}
        done = connection.execute(select(a.id, a.actor, a.act).where(a.id.in_(acts)))
        self.acts = {row.id: row for row in done}
        places = {row.place_id for row in rows if row.status == "queued"}
        busy = select(o.place_id, func.max(o.id)).where(o.place_id.in_(places), o.status == "sending")
        self.flying: dict[int, int] = _pairs(connection.execute(busy.group_by(o.place_id)))
        self.heads: dict[int, int] = _pairs(connection.execute(first_in_line(places)))

    def entry(self, row: Any, runs: frozenset[int]) -> Entry:
        to = "runs" if row.person_id in runs else "alone" if row.person_id or row.only else "place"
        came, became = self._came(row), self._became(row)
        own = () if to == "alone" else (f"outbox:{row.id}", *became.rows)
        number = None if to == "alone" else int(row.id)
        return Entry(number, row.circle or "", to, row.sort, came, became, (*came.rows, *own))

    # -- what it came of

    def _came(self, row: Any) -> Reason:
        if row.effect and (row.target_id or row.effect >= CORRECTIONS):
            return _came("corrected", f"outbox:{row.target_id}" if row.target_id else "")
        if row.session_id is None:
            said = _key(row)
            return _came("rights" if said.startswith("rights.") else _ALONE.get(said, "asked"))
        session = f"session:{row.session_id}"
        if row.effect >= WHISPERS:
            return _came(_WHISPERED.get(_key(row), "whispered"), session)
        if row.effect >= ANNOUNCED:
            act = row.effect - ANNOUNCED
            return _came(_by(self.acts.get(act)), session, f"audit:{act}" if act in self.acts else "")
        if FIRST <= row.effect < 2 * FIRST:
            return _came("managers", session)
        return self._engine(row, session)

    def _engine(self, row: Any, session: str) -> Reason:
        """The event that the engine spoke at. What a place or a date made us say has none."""
        key = _key(row)
        if key in ("series.late-missed", "series.undivided-missed"):
            return _came("missed", session)
        if key.startswith(("place.", "person.")):
            return _came("news", session)
        event = self.events.get((row.session_id, row.version))
        if event is None:
            return _came("forgotten", session)
        kind = "reminder" if key.startswith("reminder") else msgspec.json.decode(event.event)["type"]
        return _came(kind, session, f"log:{event.id}")

    # -- what became of it

    def _became(self, row: Any) -> Reason:
        if row.status == "sent":
            return _sent(row)
        if row.status == "failed":
            return _became("failed", why=_why(row.reason))
        if row.status == "dropped":
            return _became(row.reason if row.reason in DROPPED else "dropped")
        if row.status == "sending":
            return _became("sending", at=row.claimed_at)
        return self._waits(row)

    def _waits(self, row: Any) -> Reason:
        """In the order in which a message is held up: all of it, its place, its turn, the platform's pace."""
        place = f"place:{row.place_id}"
        if self.held is not None:
            return _became("held", "hold:delivery")
        if row.blocked:
            return _became("shut", place, why=_why(row.blocked))
        before = self.flying.get(row.place_id) or self.heads[row.place_id]
        if before != row.id:
            return _became("behind", f"outbox:{before}", n=str(before))
        if row.not_before is None or row.not_before <= self.now:
            return _became("turn")
        if row.reason not in (None, *WAITED):
            return _became("shut", place, why=_why(row.reason))
        return _became(row.reason or "bucket", at=row.not_before)


def _sent(row: Any) -> Reason:
    """A reason that is left on it is why it had to wait first."""
    if row.reason in WAITED:
        return _became(f"sent-{row.reason}", at=row.sent_at)
    return _became("sent-later" if row.reason else "sent", at=row.sent_at)


def _came(code: str, *rows: str) -> Reason:
    return Reason(f"why.came.{code}", rows=tuple(filter(None, rows)))


def _became(code: str, *rows: str, **params: Any) -> Reason:
    return Reason(f"why.became.{code}", params, rows)


def _silent(code: str, **params: Any) -> Reason:
    return Reason(f"why.silent.{code}", params)


def _by(act: Any) -> str:
    """What Runda does by itself, or for a group, is in the audit log too."""
    if act is None or act.actor != RUNDA:
        return "decided"
    return "replied" if act.act == ENDED else "time-came"


def _pairs(rows: Iterable[Any]) -> dict[int, int]:
    return {row[0]: row[1] for row in rows}


def _key(row: Any) -> str:
    """The key of a message's first words; empty, where it begins with something else."""
    first = next(iter(_message(row.body).parts), None)
    return first.content.key if isinstance(first, Line) and isinstance(first.content, Text) else ""


def _why(reason: str | None) -> Reason:
    return Reason(f"delivery.why.{reason or 'unknown'}")


# -- what has not come


def silences(
    office: Office, circle: int | None = None, meeting: int | None = None
) -> Iterator[tuple[str, int, Reason]]:
    """Why nothing is said now, or what comes by the clock: circle, number of its meeting, and the reason."""
    meetings = {each.id: each for each in office.meetings()}
    shut = select(t.places.c.id).where(t.places.c.blocked.is_not(None))
    blocked = {row.id for row in office.all(shut)}
    for row in office.sessions(meeting, circle, lock=False):
        date = meetings[row.meeting_id]
        if row.phase in BEFORE or row.state is None:
            reasons = [_before(office, row, date, shut=row.place_id in blocked)]
        else:
            reasons = list(_begun(states.load(row.state), row.kind, office.now))
        yield from ((row.name, date.number, each) for each in reasons)


def _before(office: Office, row: Any, meeting: Any, *, shut: bool) -> Reason:
    if row.phase != "planned":
        return _silent(row.phase, at=row.starts_at)
    if office.paused:
        until = office.series.paused_until
        return _silent("paused-until", until=until) if until else _silent("paused")
    if meeting.status == "tentative":
        return _silent("tentative")
    return _silent("shut") if shut or row.wake_at is None else _silent("waits", at=row.wake_at)


def _begun(state: states.State, kind: str, now: datetime) -> Iterator[Reason]:
    if state.phase != "running":
        # A pause of the group's own has an end; a coordinator's, or its place's, has none of its own.
        still = "paused-itself" if state.phase == "paused" else state.phase
        yield _silent("held" if state.held else still)
        return
    if state.setting.pace == "live":
        yield _silent("clock", at=state.wake_at) if state.wake_at else _silent("idle")
        return
    if (opens := WorkingDays(state.setting.zone, *OFFICE).next_open(now)) > now:
        yield _silent("quiet", at=opens)
    if kind != "everyone":
        at = min((state.deadlines[each] for each in REMINDERS if each in state.deadlines), default=None)
        yield _silent("reminder", at=at) if at else _silent("reminded")


# -- in words


def in_words(say: Callable[..., str], entry: Entry) -> str:
    """An entry in one language. `say`: of a catalogue, with `now` if it needs that."""
    sort = say(f"why.sort.{entry.sort}")
    what = say("why.numbered", sort=sort, id=str(entry.id)) if entry.id else sort
    to = say(f"why.to.{entry.to}", circle=entry.circle)
    return say("why.entry", what=what, to=to, came=_word(say, entry.came), became=_word(say, entry.became))


def _word(say: Callable[..., str], said: Reason) -> str:
    params = {name: say(one.key) if isinstance(one, Reason) else one for name, one in said.params.items()}
    return say(said.key, **params)


def silence_in_words(say: Callable[..., str], circle: str, number: int, said: Reason) -> str:
    return say("why.silence", circle=circle, number=number, why=_word(say, said))
